#!/bin/sh
# deb.sh: build the Debian package from what is here, in a copy below
# BUILD/deb; the tree stays as it is.
#
#	packaging/deb.sh BUILD_FOLDER
#
# The same source gives the same bytes: dates come from debian/changelog.  The
# last line is the path of the package.
set -eu
cd "$(dirname "$0")/.."
work=$1/deb
version=$(sed -n 's/^#define SATCHEL_VERSION "\(.*\)"$/\1/p' cli/cmd.h)
named=$(sed -n '1s/^satchel (\([^)]*\)).*/\1/p' packaging/debian/changelog)
[ "$version" = "$named" ] || {
	echo "deb: cli/cmd.h says $version, packaging/debian/changelog $named" >&2
	exit 1
}

rm -rf "$work"
mkdir -p "$work/satchel-$version"
work=$(cd "$work" && pwd)
tar -cf - --exclude=__pycache__ --exclude=./.git --exclude=./build \
    --exclude=./tests . |
    tar -xf - -C "$work/satchel-$version"
cd "$work/satchel-$version"
mv packaging/debian debian
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp)
LC_ALL=C
umask 022
export SOURCE_DATE_EPOCH LC_ALL
unset CFLAGS CPPFLAGS LDFLAGS CC B DESTDIR PREFIX MAKEFLAGS MAKELEVEL
DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -uc -us -rfakeroot \
    > ../build.log 2>&1 || {
	tail -n 30 ../build.log >&2
	exit 1
}
cd ..
ls "$PWD"/satchel_*.deb
