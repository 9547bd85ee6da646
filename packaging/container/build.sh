#!/bin/sh
# Builds the image from packages of ours and a Debian made by debootstrap, by buildah: build.sh FOLDER [IMAGE [PACKAGES]].
# PACKAGES are those in FOLDER that the image has, taosanode_*.deb; 'taosanode*.deb' serves foundation models too. Needs
# no registry; where one is at hand, the Containerfile alone does the same on debian:12-slim.
set -eu
cd "$(dirname "$0")/../.."
packages=$1
image=${2:-taosanode:latest}
which=${3:-taosanode_*.deb}
base=.cache/rootfs/bookworm-slim
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [ ! -d "$base" ]; then
    rm -rf "$base.part"
    mkdir -p "$(dirname "$base")"
    debootstrap --variant=minbase bookworm "$base.part" "$mirror" > /dev/null
    chroot "$base.part" apt-get clean
    # what debian:12-slim leaves out too; copyright stays
    find "$base.part/usr/share/doc" -type f ! -name copyright -delete
    rm -rf "$base.part"/usr/share/man/* "$base.part"/usr/share/info/* "$base.part"/usr/share/locale/* \
        "$base.part"/var/lib/apt/lists/* "$base.part"/var/cache/apt/*.bin "$base.part"/var/log/*
    echo 'deb http://deb.debian.org/debian bookworm main' > "$base.part/etc/apt/sources.list"
    mv "$base.part" "$base"
fi
export BUILDAH_ISOLATION=chroot # works inside of containers too
container=$(buildah from scratch)
trap 'buildah rm "$container" > /dev/null' EXIT
buildah copy --quiet "$container" "$base" / > /dev/null
buildah commit --quiet "$container" localhost/taosanode-base > /dev/null
buildah build --quiet --format docker --layers=false --build-arg BASE=localhost/taosanode-base \
    --build-arg "PACKAGES=$which" --file packaging/container/Containerfile --tag "$image" "$packages"
