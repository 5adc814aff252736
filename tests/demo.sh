#!/bin/sh
# demo.sh: the demo is a test too.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if TMPDIR=$folder sh "$(dirname "$0")/../examples/demo.sh" "$1"; then
	echo "1 passed, 0 failed"
else
	echo "0 passed, 1 failed"
	exit 1
fi
