#!/bin/sh
# age_vectors.sh PROGRAM: fetch the C2SP age vectors (npm package cctv-age)
# into a temporary folder and run PROGRAM, built from
# tests/unit/age_vectors.c, on them.  Exit 77: skipped, nothing was tested.
set -eu

version=0.2.0
sha256=94a2a220a95b158a69997e84405bb5d4ef84adf05d15bf341b83ec3ba9dd846e
count=143

program=${1:?usage: age_vectors.sh PROGRAM}
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
if [ ! -x "$program" ]; then
	echo "age_vectors: $program is not there; build it first" >&2
	exit 2
fi
if ! command -v npm >/dev/null; then
	echo "age_vectors: skipped, npm is not installed" >&2
	exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
if ! npm pack --silent "cctv-age@$version" >/dev/null 2>npm.log; then
	cat npm.log >&2
	echo "age_vectors: skipped, npm cannot fetch cctv-age" >&2
	exit 77
fi
echo "$sha256  cctv-age-$version.tgz" | sha256sum --check --quiet
tar -xzf "cctv-age-$version.tgz" package/index.js

# The package is a script with a line for each vector, in base64; it is read,
# not run.
mkdir vectors
sed -n 's/^var \([a-z0-9_]*\)_default = __toBinary("\(.*\)");$/\1 \2/p' \
    package/index.js |
while read -r name base64; do
	echo "$base64" | base64 -d >"vectors/$name"
done
found=$(find vectors -type f | wc -l)
if [ "$found" -ne "$count" ]; then
	echo "age_vectors: $found vectors in the package, expected $count" >&2
	exit 1
fi
"$program" vectors
