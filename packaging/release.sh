#!/bin/sh
# Builds the packages of a release: inside an old Debian, so that they run on every system with glibc 2.30 or newer
# (the interpreter is what decides it, so it is compiled there; the wheels ask for less). Needs root and a mirror.
# What takes long is kept under .cache. The result is in dist/.
set -eu
cd "$(dirname "$0")/.."
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
old=bullseye            # glibc 2.31
source_suite=bookworm   # whose archive has the source of the interpreter
root=$PWD/.cache/rootfs/$old-release
wheels=$PWD/.cache/wheels
inside() { env -i PATH=/opt/python/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH="$epoch" chroot "$root" "$@"; }
epoch=$(git log -1 --format=%ct)

[ "$(id -u)" = 0 ] || { echo "make release: chroot and debootstrap need root" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || { echo "make release: only what is committed is released" >&2; exit 1; }

if [ ! -e "$root/opt/.ready" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase "$old" "$root" "$mirror"
    cat > "$root/etc/apt/sources.list" << END
deb $mirror $old main
deb-src $mirror $source_suite main
END
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    inside apt-get -q update
    inside apt-get -q install -y --no-install-recommends apt-utils binutils ca-certificates dpkg-dev g++ gcc make \
        libbz2-dev libexpat1-dev libffi-dev liblzma-dev libsqlite3-dev libssl-dev patch uuid-dev xz-utils zlib1g-dev
    touch "$root/opt/.ready"
fi
if [ ! -e "$root/opt/python/.done" ]; then
    # the sources of the newer Debian, with its security patches, but not those that change Python's layout
    inside sh -euc '
        rm -rf /opt/source && mkdir -p /opt/source && cd /opt/source
        apt-get -q source --download-only python3.11
        tar xf python3.11_*.debian.tar.*
        tar xf python3.11_*.orig.tar.* --strip-components=1
        sed -e "/^#/d" -e "s/ .*//" debian/patches/series | sed -n "/CVE-/,\$p" | while read -r change; do
            patch --silent -p1 < "debian/patches/$change"
        done
        ./configure --quiet --prefix=/opt/python --enable-shared --with-system-expat \
            LDFLAGS=-Wl,-rpath,/opt/python/lib > configure.out
        make --silent -j"$(nproc)" > make.out 2>&1
        make --silent install > install.out 2>&1
        cd / && rm -rf /opt/source
        touch /opt/python/.done'
fi

mkdir -p "$wheels"
.venv-build/bin/pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --dest "$wheels" -r packaging/lock/build.txt
rm -rf "$root/wheels" "$root/build"
cp -r "$wheels" "$root/wheels"
mkdir "$root/build"
git archive HEAD | tar -x -C "$root/build"

mount --bind /proc "$root/proc"
trap 'umount "$root/proc"' EXIT
inside sh -euc '
    cd /build
    python3.11 -m venv .venv-build
    .venv-build/bin/pip install --quiet --no-index --find-links /wheels --require-hashes -r packaging/lock/build.txt
    .venv-build/bin/pip install --quiet --no-index --no-deps --no-build-isolation --editable .
    .venv-build/bin/python packaging/build.py freeze
    .venv-build/bin/python packaging/build.py pack'

rm -rf dist
cp -r "$root/build/dist" dist
.venv-build/bin/python packaging/build.py repo
cat dist/SHA256SUMS
