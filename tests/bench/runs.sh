# runs.sh: what is run and timed, for run.sh and drop.sh, which have
# set $satchel, $root and $work, and sourced lib.sh.
# shellcheck shell=sh disable=SC2154

# sat SITE WORD...
sat() {
	home=$1
	shift
	"$satchel" --home "$work/$home" "$@" < /dev/null >> "$work/log" 2>&1 ||
	    die "satchel $*: see $work/log"
}

digits() {
	"$satchel" --home "$work/$1" site fingerprint 2>> "$work/log"
}

# took RESULT COMMAND...: once all earlier writing is done.
took() {
	result=$work/results/$1
	shift
	sync -f "$work"
	"$root/timer" "$result" "$@" < /dev/null >> "$work/log" 2>&1 ||
	    die "$*: see $work/log"
}
