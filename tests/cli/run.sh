#!/bin/sh
# run.sh: the black-box tests of the command line.
#
#	tests/cli/run.sh PROGRAM [PATTERN]
#
# Runs each [0-9][0-9]-*.sh (whose name holds PATTERN, a glob) in a scratch
# folder of its own.  KEEP=1 keeps these folders, V=1 names every check.  Needs
# jq, minisign, age, zstd and what Debian always has.  The last line is
# "N passed, N failed"; exit 1 if a check failed, 2 if nothing could run.
set -u

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
	echo "usage: run.sh PROGRAM [PATTERN]" >&2
	exit 2
fi
for tool in jq minisign age zstd b2sum flock; do
	if ! command -v "$tool" > /dev/null; then
		echo "run.sh: $tool is missing (apt-get install $tool)" >&2
		exit 2
	fi
done

CLI_DIR=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$CLI_DIR/../.." && pwd)
SATCHEL=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
TOP=$(mktemp -d "${TMPDIR:-/tmp}/satchel-cli.XXXXXX")
pattern=${2:-}
export CLI_DIR ROOT SATCHEL

LC_ALL=C.UTF-8
TZ=UTC0
export LC_ALL TZ
unset SATCHEL_HOME SOURCE_DATE_EPOCH
umask 022

tidy() {
	[ "${KEEP:-0}" = 1 ] || rm -rf "$TOP"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

passed=0 failed=0 cases=0
for file in "$CLI_DIR"/[0-9][0-9]-*.sh; do
	name=$(basename "$file" .sh)
	# shellcheck disable=SC2254
	case $name in
	*$pattern*) ;;
	*) continue ;;
	esac
	cases=$((cases + 1))

	# A home of its own, so that a guard file cannot go astray.
	SCRATCH=$TOP/$name
	RESULTS=$TOP/$name.results
	mkdir -p "$SCRATCH/user"
	: > "$RESULTS"
	HOME=$SCRATCH/user XDG_STATE_HOME=$SCRATCH/state
	export SCRATCH RESULTS HOME XDG_STATE_HOME
	(cd "$SCRATCH" && timeout "${CASE_SECONDS:-300}" sh "$file" \
	    < /dev/null)
	code=$?

	# A case that did not reach its end has failed, whatever it counted.
	if ! grep -q '^end$' "$RESULTS"; then
		echo "FAIL $name: ended early (exit $code)"
		echo fail >> "$RESULTS"
	fi
	good=$(grep -c '^pass' "$RESULTS")
	bad=$(grep -c '^fail' "$RESULTS")
	printf '%-24s %3d passed, %d failed\n' "$name" "$good" "$bad"
	passed=$((passed + good))
	failed=$((failed + bad))
	[ "${KEEP:-0}" = 1 ] || rm -rf "$SCRATCH"
done

[ "${KEEP:-0}" != 1 ] || echo "kept: $TOP"
if [ "$cases" -eq 0 ]; then
	echo "run.sh: no case matches \"$pattern\"" >&2
	exit 2
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
