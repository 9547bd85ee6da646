#!/bin/sh
# Compiles Python, and those of its libraries that need security updates, from the sources of a newer Debian inside an
# old one; release.sh runs it in its chroot. Each becomes a package of that system, so that it is known what is bundled.
# What is there in the newest version, made as written here, is not compiled again.
set -eu
work=/opt/source
out=$work/out
here=$(dirname "$0")
older="-include $here/older-glibc.h"
recipe=$(cat "$0" "$here"/older-glibc.* | sha256sum)

compile() { # in the unpacked source: build and install below $out
    case $1 in
        openssl)
            # certificates and settings are those of the system it will run on
            ./Configure linux-x86_64 --prefix=/usr/local --libdir=lib --openssldir=/etc/ssl no-module no-tests
            make --silent -j"$(nproc)" && make --silent install_sw DESTDIR="$out" ;;
        expat)
            cd expat && ./buildconf.sh && ./configure --quiet --disable-static --without-docbook --without-examples \
                --without-tests --without-xmlwf
            make --silent install DESTDIR="$out" ;;
        sqlite3)
            ./configure --quiet --disable-static --disable-tcl --disable-readline --enable-fts5 --enable-rtree \
                CFLAGS="-O2 $older"
            make --silent install DESTDIR="$out" ;;
        xz-utils)
            ./configure --quiet --disable-static --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
                --disable-lzma-links --disable-scripts --disable-doc
            make --silent -j"$(nproc)" install DESTDIR="$out" ;;
        zlib)
            ./configure --prefix=/usr/local && make --silent -j"$(nproc)" install DESTDIR="$out" ;;
        python3.11)
            gcc -O2 -fPIC -Wall -Werror -c "$here/older-glibc.c" -o "$work/older-glibc.o" # outside the tree, which is cleaned
            ./configure --quiet --enable-shared --enable-optimizations --disable-test-modules \
                --without-static-libpython --with-openssl=/usr/local --with-system-expat \
                CFLAGS="$older" LIBS="$work/older-glibc.o -ldl"
            # the patches want it compiled as a part of the interpreter, as Debian does
            printf '*shared*\npyexpat pyexpat.c -DPy_BUILD_CORE_MODULE -lexpat\n' > Modules/Setup.local
            make --silent -j"$(nproc)" && make --silent install DESTDIR="$out"
            # a module whose library is missing is left out without an error
            LD_LIBRARY_PATH=$out/usr/local/lib "$out/usr/local/bin/python3.11" -c "$(cat << 'END'
import bz2, ctypes, hashlib, lzma, pyexpat, sqlite3, ssl, zlib
print(ssl.OPENSSL_VERSION, pyexpat.EXPAT_VERSION, sqlite3.sqlite_version, zlib.ZLIB_RUNTIME_VERSION)
END
)" ;;
    esac
}

unpack() { # the source with Debian's patches; of Python's, only those for security
    if [ "$1" = python3.11 ]; then
        mkdir tree && cd tree
        tar xf ../*.orig.tar.* --strip-components=1
        tar xf ../*.debian.tar.*
        # those before the first concern where Debian puts things
        sed -e '/^#/d' -e 's/ .*//' debian/patches/series | sed -n '/CVE-/,$p' > ../applied
        while read -r change; do patch --silent -p1 < "debian/patches/$change"; done < ../applied
    else
        dpkg-source --extract ./*.dsc tree
    fi
}

if [ $# = 2 ]; then # one step, in a process of its own: `set -e` means nothing in a function whose failure is caught
    "$@"
    exit
fi
for source in openssl expat sqlite3 xz-utils zlib python3.11; do
    version=""
    rm -rf "$work" && mkdir -p "$work" && cd "$work"
    for offered in $(apt-cache showsrc "$source" | sed -n 's/^Version: //p' | sort -V -u -r); do
        [ "$(cat "/usr/share/doc/own-$source/made" 2>/dev/null || :)" != "$offered $recipe" ] || continue 2
        if apt-get -q source --download-only "$source=$offered" > log 2>&1; then version=$offered && break; fi
        echo "make release: WARNING: the mirror does not hold $source $offered, which it lists" >&2
    done
    [ -n "$version" ] || { echo "make release: no source of $source from $(sed -n 's/^deb-src //p' /etc/apt/sources.list | tr '\n' ';')" >&2; exit 1; }
    echo "compiling $source $version"
    { sh "$0" unpack "$source" && cd tree && sh "$0" compile "$source"; } > log 2>&1 || {
        tail -n 30 "$work/log" >&2
        echo "make release: $source $version could not be compiled; all of it is in the chroot's $work/log" >&2
        exit 1
    }
    mkdir -p "$out/DEBIAN" "$out/usr/share/doc/own-$source"
    cp "$work/tree/debian/copyright" "$out/usr/share/doc/own-$source/"
    echo "$version $recipe" > "$out/usr/share/doc/own-$source/made"
    [ ! -e "$work/applied" ] || cp "$work/applied" "$out/usr/share/doc/own-$source/patches"
    cat > "$out/DEBIAN/control" << END
Package: own-$source
Source: $source
Version: $version
Architecture: amd64
Maintainer: nobody <nobody@localhost>
Description: $source, to be bundled
END
    dpkg-deb --build -Znone "$out" "$work/package.deb" > /dev/null
    dpkg --install "$work/package.deb" > /dev/null
    ldconfig
    cd / && rm -rf "$work"
done
