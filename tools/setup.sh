#!/bin/sh
# setup.sh: install what is missing (Debian, as root or with sudo).
#
#	sh tools/setup.sh build    what building needs
#	sh tools/setup.sh test     what the tests need besides
#	sh tools/setup.sh deb      what packing for Debian needs besides
set -eu

build="gcc libc6-dev make libarchive-dev libsqlite3-dev libjansson-dev
	libsodium-dev libcurl4-openssl-dev libinih-dev libzstd-dev zlib1g-dev"
# Stock tools that prove each layer, and what the test scripts are written in.
test="minisign age zstd jq curl mandoc util-linux bsdutils strace procps
	python3 openssl systemd faketime libfuse3-dev exfat-fuse exfatprogs
	fusefat dosfstools"
deb="debhelper dpkg-dev fakeroot lintian systemd zsh"

want=$build
if [ "${1:-build}" = test ]; then
	want="$build $test"
	# The C2SP age vectors are a package of the npm registry.
	command -v npm > /dev/null || want="$want npm"
elif [ "${1:-build}" = deb ]; then
	want="$build $deb"
fi

missing=
for package in $want; do
	dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null |
	    grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo > /dev/null || {
		echo "setup: please install as root:$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "setup: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{
	$as_root apt-get -q update &&
	    $as_root apt-get -q install -y --no-install-recommends $missing
} > "$log" 2>&1 || {
	cat "$log" >&2
	echo "setup: could not install:$missing" >&2
	exit 1
}
