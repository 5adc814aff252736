#!/bin/sh
# run.sh: speed and memory, beside the yardstick (yard.c) in turn.
#
#	sh tests/bench/run.sh BUILD_FOLDER [OBJECTS [RUNS]]
#
# OBJECTS is 50000 unless said, RUNS (of which the median counts) 5.  With
# SCALE=200000 in the environment a lab of that size follows; there what is
# long is run once.  Data and results stay below BUILD_FOLDER/bench.
# Figures only: nothing here passes or fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
b=${1:-build}
objects=${2:-50000}
runs=${3:-5}
satchel=$(realpath "$b/satchel")
mkdir -p "$b/bench"
root=$(realpath "$b/bench")
export XDG_STATE_HOME="$root/state"
unset SATCHEL_HOME

. tests/bench/lib.sh
. tests/bench/runs.sh

# data OBJECTS: kept until the generator changes.
data() {
	d=$root/data-$1
	stamp="$1 $(cat tests/bench/gen.c tests/bench/kinds.c \
	    tests/bench/content.c tests/bench/dice.c | cksum)"
	[ "$(cat "$d/stamp" 2> /dev/null)" = "$stamp" ] && return
	rm -rf "$d"
	"$root/gen" -n "$1" -o "$d" || die "no data"
	echo "$stamp" > "$d/stamp"
}

# Two sites that trust each other; their homes are copied, never used twice.
sites() {
	for s in a b; do
		sat "$s.new" init --name "lab-$s"
		sat "$s.new" site card --out "$work/$s.card"
	done
	sat a.new peer add "$work/b.card" --fingerprint "$(digits b.new)"
	sat b.new peer add "$work/a.card" --fingerprint "$(digits a.new)"
}

# fresh FROM TO: a copy, or the thing itself where it is used only once.
fresh() {
	rm -rf "${work:?}/$2"
	if [ "$long" -gt 1 ]; then
		cp -a "$work/$1" "$work/$2" || die "cannot copy $1"
	else
		mv "$work/$1" "$work/$2" || die "cannot move $1"
	fi
}

# repeat N COMMAND...
repeat() {
	n=$1
	shift
	while [ "$n" -gt 0 ]; do
		"$@"
		n=$((n - 1))
	done
}

# --- what is measured --------------------------------------------------------

load() {
	rm -rf "$work/a" "$work"/y.db*
	cp -a "$work/a.new" "$work/a"
	took load "$satchel" --home "$work/a" lab load "$d/lab1.jsonl"
	took load.yard "$root/yard" make "$d/lab1.jsonl" "$work/y.db"
}

full_export() {
	rm -f "$work/out"/* "$work/y.bundle"
	took export "$satchel" --home "$work/a" export --to lab-b \
	    --out "$work/out"
	took export.yard "$root/yard" export "$work/y.db" "$work/y.bundle"
	bundle=$(echo "$work/out"/*.satchel)
	[ -z "$tree" ] || took export.tar sh -c 'tar -cf - -C "$1" . |
	    zstd -3 -q -f -o "$2" && minisign -S -s "$3" -m "$2" && sync "$2"' \
	    - "$tree" "$work/tar.zst" "$work/minisign.key"
}

verify() {
	took verify "$satchel" --home "$work/b.new" verify "$bundle"
	took verify.yard "$root/yard" verify "$work/y.bundle"
}

full_import() {
	rm -rf "$work/b" "$work"/z.db*
	cp -a "$work/b.new" "$work/b"
	took import "$satchel" --home "$work/b" import "$bundle"
	took import.yard "$root/yard" import "$work/y.bundle" "$work/z.db"
}

nothing() {
	took nothing "$satchel" --home "$work/a" export --to lab-b \
	    --out "$work/out"
	took nothing.yard "$root/yard" export "$work/y.db" "$work/y.none" \
	    "$seq"
}

load2() {
	fresh a a2
	fresh y.db y2.db
	took load2 "$satchel" --home "$work/a2" lab load "$d/lab2.jsonl"
	took load2.yard "$root/yard" make "$d/lab2.jsonl" "$work/y2.db"
}

export2() {
	rm -f "$work/out"/* "$work/y2.bundle"
	took export2 "$satchel" --home "$work/a2" export --to lab-b \
	    --out "$work/out"
	took export2.yard "$root/yard" export "$work/y2.db" \
	    "$work/y2.bundle" "$seq"
	bundle2=$(echo "$work/out"/*.satchel)
}

import2() {
	fresh b b2
	fresh z.db z2.db
	took import2 "$satchel" --home "$work/b2" import "$bundle2"
	took import2.yard "$root/yard" import "$work/y2.bundle" "$work/z2.db"
}

# The peer of a full export: a tree of files, where the tools are there.
extract() {
	tree=
	[ "$long" -gt 1 ] || return
	for tool in tar zstd minisign split; do
		command -v "$tool" > /dev/null || return
	done
	tree=$work/tree
	mkdir -p "$tree/records"
	split -l 1 -a 6 -d "$d/lab1.jsonl" "$tree/records/"
	cp -a "$d/att" "$tree/att"
	minisign -G -W -f -p "$work/minisign.pub" -s "$work/minisign.key" \
	    > /dev/null 2>> "$work/log"
}

# measure OBJECTS LONG: how often what is long is run.
measure() {
	long=$2
	work=$root/work-$1
	rm -rf "$work" "$XDG_STATE_HOME"
	mkdir -p "$work/results" "$work/out"
	data "$1"
	sites
	extract
	repeat "$long" load
	repeat "$long" full_export
	repeat "$long" verify
	repeat "$long" full_import
	seq=$("$root/yard" seq "$work/y.db")
	sat b receipt --to lab-a --out "$work/receipt.satchel"
	sat a import "$work/receipt.satchel"
	repeat "$runs" nothing
	for y in y z; do
		ln -s "$y.db.att" "$work/${y}2.db.att"
	done
	bytes=$(stat -c %s "$bundle")
	repeat "$long" load2
	repeat "$runs" export2
	repeat "$long" import2
	bytes2=$(stat -c %s "$bundle2")
}

# --- what is printed ---------------------------------------------------------

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

# size WHAT BYTES PEER TARGET
size() {
	echo "$2 $3" | awk -v what="$1" -v target="$4" '{
		printf "%-32s %-25d %-25d %5.3f  %s\n", what, $1, $2, \
		    $1 / $2, target
	}'
}

# peak WHAT RESULT: most of all runs.
peak() {
	awk -v what="$1" '
	FILENAME ~ /yard$/ { if ($2 > yard) yard = $2; next }
	{ if ($2 > own) own = $2 }
	END {
		printf "%-32s %-25.1f %-25.1f %5.2f  < 64\n", \
		    what " peak MiB", own / 1024, yard / 1024, own / yard
	}' "$work/results/$2" "$work/results/$2.yard"
}

report() {
	printf '\n%s objects; %s CPUs, load %s\n\n' "$1" "$(nproc)" \
	    "$(cut -d ' ' -f 1-2 /proc/loadavg)"
	printf '%-32s %-25s %-25s %5s  %s\n' what satchel peer ratio target
	row 'full export s' export export.yard '<= 1.3'
	row '  against tar|zstd|minisign' export export.tar '<= 0.8'
	row 'full import s' import import.yard '<= 1.5'
	row 'verify s' verify verify.yard -
	row 'lab load s' load load.yard -
	row '  against import' load import '<= 1'
	row 'nothing-changed export s' nothing nothing.yard '<= 0.020 s'
	row 'day-2 load s' load2 load2.yard -
	row 'day-2 export s' export2 export2.yard '<= 0.060 s'
	row 'day-2 import s' import2 import2.yard -
	size 'bundle bytes' "$bytes" "$(stat -c %s "$work/y.bundle")" \
	    '<= 1.01'
	[ -z "$tree" ] || size '  against tar|zstd' "$bytes" \
	    "$(stat -c %s "$work/tar.zst")" '<= 0.92'
	size 'day-2 bundle bytes' "$bytes2" \
	    "$(stat -c %s "$work/y2.bundle")" -
	for what in load export verify import nothing load2 export2 import2; do
		peak "$what" "$what"
	done
}

# Only results and log stay.
tidy() {
	find "$work" -mindepth 1 -maxdepth 1 ! -name results ! -name log \
	    -exec rm -rf {} +
}

program timer timer
program gen gen kinds content dice
program yard yard shelf scan
measure "$objects" "$runs"
report "$objects"
tidy
if [ -n "${SCALE:-}" ]; then
	measure "$SCALE" 1
	report "$SCALE"
	tidy
fi
