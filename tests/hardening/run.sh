#!/bin/sh
# run.sh: how the program was built, what a command can reach, and where
# secrets stay.
#
#	tests/hardening/run.sh BUILD_FOLDER
#
# The last line is "N passed, N failed"; exit 77 for a build that watches
# itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
ROOT=$PWD
b=$(cd "$1" && pwd)
if readelf -W --syms "$b/satchel" |
    grep -Eq '__asan_init|__ubsan_handle|__gcov_init'; then
	echo "this build watches itself, and is not hardened"
	exit 77
fi
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/satchel-hardening.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
RESULTS=$SCRATCH/results
WATCHER=$b/tests/hardening/watch.so
SATCHEL=$b/satchel
HOME=$SCRATCH/user
XDG_STATE_HOME=$SCRATCH/state
LC_ALL=C.UTF-8
TZ=UTC0
export ROOT SCRATCH RESULTS SATCHEL WATCHER HOME XDG_STATE_HOME LC_ALL TZ
unset SATCHEL_HOME SOURCE_DATE_EPOCH
mkdir "$HOME"
passed=0
failed=0

# add LINE: of a part, "N passed, N failed".
add() {
	case $1 in
	*" passed, "*" failed"*)
		more=${1#*, }
		passed=$((passed + ${1%% *}))
		failed=$((failed + ${more%% *}))
		;;
	*)
		failed=$((failed + 1))
		;;
	esac
}

part() {
	out=$("$@" 2>&1)
	code=$?
	[ "$code" -ne 77 ] || {
		echo "skipped: $out"
		return 77
	}
	[ "$code" -eq 0 ] || echo "$out"
	add "$(echo "$out" | tail -n 1)"
}

part sh tests/hardening/binary.sh "$SATCHEL"
LANDLOCK=yes
part "$b/tests/hardening/confined" || LANDLOCK=no
export LANDLOCK

case_of() {
	: > "$RESULTS"
	mkdir "$SCRATCH/$1"
	(cd "$SCRATCH/$1" && sh "$ROOT/tests/hardening/$1.sh" < /dev/null)
	grep -q '^end$' "$RESULTS" || echo fail >> "$RESULTS"
	good=$(grep -c '^pass' "$RESULTS")
	bad=$(grep -c '^fail' "$RESULTS")
	add "$good passed, $bad failed"
}
case_of places
case_of secrets

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
