#!/bin/sh
# run.sh: what is installed, completions, the units of the package.
#
#	tests/packaging/run.sh BUILD_FOLDER
#
# `make check-deb` builds and installs the package itself (deb.sh).  Checks of
# zsh and systemd are left out, and it is said, where these are not installed.
# The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
b=$(cd "$1" && pwd)
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/satchel-packaging.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
RESULTS=$SCRATCH/results
SATCHEL=$b/satchel
HERE=$ROOT/tests/packaging
HOME=$SCRATCH/user
XDG_STATE_HOME=$SCRATCH/state
LC_ALL=C.UTF-8
TZ=UTC0
export ROOT SCRATCH RESULTS SATCHEL HERE HOME XDG_STATE_HOME LC_ALL TZ B="$b"
unset SATCHEL_HOME SOURCE_DATE_EPOCH MAKEFLAGS MAKELEVEL
mkdir "$HOME"
passed=0
failed=0

case_of() {
	: > "$RESULTS"
	mkdir "$SCRATCH/$1"
	(cd "$SCRATCH/$1" && sh "$HERE/$1.sh" < /dev/null)
	grep -q '^end$' "$RESULTS" || {
		echo "FAIL $1: ended early"
		echo fail >> "$RESULTS"
	}
	passed=$((passed + $(grep -c '^pass' "$RESULTS")))
	failed=$((failed + $(grep -c '^fail' "$RESULTS")))
}
shift
for name in "${@:-installed}" "${@:-completed}" "${@:-units}"; do
	[ -d "$SCRATCH/$name" ] || case_of "$name"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
