#!/bin/sh
# run.sh: nights that a real systemd starts.
#
#	tests/schedule/run.sh PROGRAM
#
# A systemd of its own runs as the first process of its own namespaces
# (processes, mounts, control groups, network), with the few units that it
# needs and with what `satchel schedule install` writes; the one that may run
# this computer is left alone.  Needs root, and a kernel that allows it: else
# exit 77.  KEEP=1 keeps the scratch folder.  The last line is "N passed, N
# failed".
set -u

here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
SATCHEL=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
CLI_DIR=$ROOT/tests/cli
LC_ALL=C.UTF-8
TZ=UTC0
export ROOT SATCHEL CLI_DIR LC_ALL TZ
unset SATCHEL_HOME SOURCE_DATE_EPOCH XDG_STATE_HOME XDG_CONFIG_HOME \
    XDG_RUNTIME_DIR

skip() {
	echo "$*"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip "systemd as a first process needs root"
[ -x /usr/lib/systemd/systemd ] || skip "no systemd is installed here"
! readelf -W --syms "$SATCHEL" | grep -Eq '__asan_init|__gcov_init' ||
    skip "this build writes where no service may"

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/satchel-schedule.XXXXXX")
RESULTS=$SCRATCH/results
export SCRATCH RESULTS
: > "$RESULTS"
chmod 755 "$SCRATCH"

# Does it start at all?  Then "up" is there.
boot() {
	timeout -k 5 120 unshare -p -f -m -C -u -i -n --mount-proc \
	    --kill-child sh "$here/boot.sh" "$1" > "$SCRATCH/log" 2>&1 &
	booted=$!
	tries=0
	while kill -0 "$booted" 2> /dev/null && ! grep -q '^end$' "$RESULTS"
	do
		tries=$((tries + 1))
		[ "$tries" -lt 1100 ] || break
		sleep 0.1
	done
	kill "$booted"
	wait "$booted"
}
trap '[ "${KEEP:-0}" = 1 ] || rm -rf "$SCRATCH"' EXIT
boot "$here/nights.sh" 2> /dev/null

[ -e "$SCRATCH/up" ] || grep -q '^fail' "$RESULTS" ||
    skip "no systemd can be started here: $(tail -n 1 "$SCRATCH/log")"
[ ! -e "$SCRATCH/no-users" ] ||
    skip "no name space of users can be had here (a chroot?)"
grep -q '^end$' "$RESULTS" || {
	echo "FAIL ended early"
	tail -n 20 "$SCRATCH/log"
	echo fail >> "$RESULTS"
}
[ "${KEEP:-0}" != 1 ] || echo "kept: $SCRATCH"
cat "$SCRATCH/said" 2> /dev/null
good=$(grep -c '^pass' "$RESULTS")
bad=$(grep -c '^fail' "$RESULTS")
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
