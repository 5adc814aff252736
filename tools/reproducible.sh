#!/bin/sh
# reproducible.sh: the same source gives the same program.
#
#	sh tools/reproducible.sh
#
# Builds copies of the tree twice: in folders of other names, at other times,
# with another umask, zone, locale, number of jobs and, as root, user; and
# compares.  Exit 1: they differ.
set -eu
cd "$(dirname "$0")/.."
unset MAKEFLAGS MFLAGS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
one=$work/one
two="$work/another/place for the second"

# copy TO: what the program is made of; new files, in another order.
copy() {
	mkdir -p "$1"
	# shellcheck disable=SC2046
	tar -cf - Makefile $(make -s --eval 'print: ; @echo $(ROOMS) cli' \
	    print) | tar -xf - -C "$1" "$2"
}

copy "$one" --touch
(cd "$one" && umask 022 && TZ=UTC0 LC_ALL=C make -s -j2 all)

copy "$two" --no-same-permissions
find "$two" -type f -exec touch -d 2001-02-03 {} +
set --
if [ "$(id -u)" -eq 0 ]; then
	chown -R nobody "$work/another"
	set -- setpriv --reuid=nobody --clear-groups
fi
(cd "$two" && umask 077 && HOME=/nonexistent TZ=Pacific/Auckland \
    LC_ALL=C.UTF-8 "$@" make -s B=elsewhere/built all)

sha256sum "$one/build/satchel" "$two/elsewhere/built/satchel" |
    sed 's/ .*//'
cmp "$one/build/satchel" "$two/elsewhere/built/satchel"
echo "reproducible: the same bytes"
