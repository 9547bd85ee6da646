#!/bin/sh
# Builds the packages of a release: inside an old Debian, so that they run on every system whose glibc is as old or newer
# (the interpreter is what decides it, so it is compiled there; the wheels ask for less). Needs root and a mirror.
# What takes long is kept under .cache, and made anew where its sources have changed. The result is in dist/release.
set -eu
cd "$(dirname "$0")/.."
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${DEBIAN_SECURITY_MIRROR:-$mirror-security}
old=bullseye         # glibc 2.31
maintained=bookworm  # has Python 3.11, and security updates until June 2028
root=$PWD/.cache/rootfs/$old-release
wheels=$PWD/.cache/wheels
fail() { echo "make release: $*" >&2; exit 1; }
inside() { env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 PYTHONHASHSEED=0 \
    DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH="$epoch" chroot "$root" "$@"; }
step() { echo "make release: $* ($(date +%T))"; }
epoch=$(git log -1 --format=%ct)

[ "$(id -u)" = 0 ] || fail "chroot and debootstrap need root"
[ -z "$(git status --porcelain)" ] || fail "only what is committed is released; git status names what is not"

mkdir -p .cache
if [ ! -e "$root/.ready" ]; then
    step "a Debian $old from $mirror"
    rm -rf "$root"
    debootstrap --variant=minbase "$old" "$root" "$mirror" > "$PWD/.cache/debootstrap.log" \
        || { tail -n 5 "$PWD/.cache/debootstrap.log" >&2; fail "no $old from $mirror; DEBIAN_MIRROR names another"; }
    cat > "$root/etc/apt/sources.list" << END
deb $mirror $old main
deb-src $mirror $maintained main
deb-src $security $maintained-security main
END
    echo 'APT::Sandbox::User "root";' > "$root/etc/apt/apt.conf.d/sandbox"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    inside apt-get -qq update
    inside apt-get -qq install -y --no-install-recommends apt-utils autoconf automake binutils ca-certificates \
        dpkg-dev g++ gcc libbz2-dev libffi-dev libtool make patch rpm tcl xz-utils > "$PWD/.cache/debootstrap.log"
    touch "$root/.ready"
fi
mounted() { grep -q " $root/proc " /proc/self/mounts; }
clean() { ! mounted || umount "$root/proc"; }
trap clean EXIT
trap 'exit 1' HUP INT TERM
mounted || mount -t proc proc "$root/proc"

step "Python and its libraries from the sources of $maintained"
rm -f "$root/opt/"older-glibc.*
cp packaging/interpreter.sh packaging/older-glibc.* "$root/opt/"
inside apt-get -qq update
inside sh /opt/interpreter.sh

step "wheels"
mkdir -p "$wheels"
fetch() { .venv-build/bin/pip download --quiet --disable-pip-version-check --only-binary :all: --dest "$wheels" "$@"; }
fetch --require-hashes -r packaging/lock/build.txt
fetch --no-deps -r packaging/lock/torch.txt
rm -rf "$root/wheels" "$root/build"
cp -r "$wheels" "$root/wheels"
mkdir "$root/build"
git archive HEAD | tar -x -C "$root/build"

step "freeze and pack"
inside sh -euc '
    cd /build
    export PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_DISABLE_PIP_VERSION_CHECK=1
    python3.11 -m venv .venv-build
    .venv-build/bin/pip install --quiet --require-hashes -r packaging/lock/build.txt
    .venv-build/bin/pip install --quiet --no-deps --no-build-isolation --editable .
    .venv-build/bin/python packaging/build.py freeze
    .venv-build/bin/python packaging/build.py pack'

rm -rf dist/release
mkdir -p dist
cp -r "$root/build/dist" dist/release
.venv-build/bin/python packaging/build.py repo --out dist/release
step "done"
cat dist/release/SHA256SUMS
