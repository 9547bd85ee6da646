#!/bin/sh
# Installs the Debian packages that a task of this project needs: system-packages.sh TASK
set -eu
case "${1:-}" in
    # pycurl is built from source where no wheel fits; manual and completions are tried with what reads them
    test)
        packages="libcurl4-openssl-dev libssl-dev gcc bash-completion fish man-db mandoc nginx-light openssl zsh"
        packages="$packages prometheus"  # rules and dashboard
        packages="$packages curl"  # the commands on the pages
        packages="$packages chromium chromium-driver"  # the page in a browser
        ;;
    package) packages="apt-utils binutils createrepo-c rpm xz-utils" ;;
    image) packages="buildah debootstrap" ;;
    test-package)
        packages="buildah crun debootstrap lintian podman rpm rpmlint systemd-container"
        packages="$packages aardvark-dns iproute2 iptables netavark"  # the network that the services of compose.yaml share
        ;;
    release) packages="apt-utils createrepo-c debootstrap" ;;
    *) echo "usage: $0 test|package|image|release|test-package" >&2; exit 2 ;;
esac
missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "please install:$missing" >&2; exit 1; }
apt-get -q update
# the tests want programs, not services that run from now on
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
fi
DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
