# runs.sh: what is run, timed and printed, for run.sh and drop.sh, which have
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

# row WHAT RESULT PEER TARGET: medians, least..most, their ratio.
row() {
	[ -e "$work/results/$3" ] || return
	{
		sort -n "$work/results/$2"
		echo
		sort -n "$work/results/$3"
	} | awk -v what="$1" -v target="$4" '
	BEGIN { i = 1 }
	NF == 0 { i = 2; next }
	{ at[i, ++n[i]] = $1 }
	function median(i) {
		low = at[i, int((n[i] + 1) / 2)]
		return (low + at[i, int(n[i] / 2) + 1]) / 2
	}
	function text(i) {
		return sprintf("%.3f [%.3f..%.3f]", median(i), \
		    at[i, 1], at[i, n[i]])
	}
	END {
		printf "%-32s %-25s %-25s %5.2f  %s\n", what, \
		    text(1), text(2), median(1) / median(2), target
	}'
}
