#!/bin/sh
# drop.sh: a night on a drop where very many files of others lie, beside what
# only lists, asks for or reads them, in turn.
#
#	sh tests/bench/drop.sh BUILD_FOLDER [FILES [RUNS]]
#
# FILES is 100000 unless said, RUNS (of which the median counts) 5.  One of
# three is a bundle between other sites: copies of 300 different ones, by
# other names; five are for the site.  The first night sees the drop for the
# first time, imports the five and writes a receipt; the second finds all as it
# was; then, one file more; then, all there is as new to it again, as when a
# share gives other numbers to its files.  Figures only: nothing here passes or
# fails.  All files were just written, so they are read from memory.
set -u
cd "$(dirname "$0")/../.." || exit 1
b=${1:-build}
files=${2:-100000}
runs=${3:-5}
satchel=$(realpath "$b/satchel")
mkdir -p "$b/bench"
root=$(realpath "$b/bench")
work=$root/work-drop
drop=$work/drop
export XDG_STATE_HOME="$work/state"
unset SATCHEL_HOME

. tests/bench/lib.sh
. tests/bench/runs.sh

# --- the drop ----------------------------------------------------------------

know() {
	sat "$1" peer add "$work/$2.card" --fingerprint "$(digits "$2")"
}

sites() {
	for s in a b c d; do
		sat "$s" init --name "lab-$s"
		sat "$s" site card --out "$work/$s.card"
	done
	know a b
	know b a
	know c d
}

# write FROM TO OUT N: one that is like no other.
write() {
	echo "{\"uid\":\"$1$4\",\"type\":\"T\"}" > "$work/line"
	sat "$1" lab load "$work/line"
	sat "$1" export --to "lab-$2" --out "$3"
}

fill() {
	mkdir "$work/pool" "$drop"
	n=0
	while [ "$n" -lt 300 ]; do
		n=$((n + 1))
		write c d "$work/pool" "$n"
	done
	python3 tests/bench/crowd.py "$drop" "$((files - 5))" "$work/pool" ||
	    die "no drop"
	for n in 1 2 3 4 5; do
		write a b "$drop/holiday-$n.jpg" "$n"
	done
	sat b drop add nights "$drop" --peers lab-a
}

# --- what is measured --------------------------------------------------------

# Back to the day before the first night.
rewind() {
	rm -rf "$work/b" "$work/state" "$drop"/lab-b_to_* "$drop/one-more"
	cp -a "$work/b.new" "$work/b"
	cp -a "$work/state.new" "$work/state"
}

# others: those that the nights are measured by.
others() {
	took find find "$drop" -type f -size +1G
	took head sh -c 'find "$1" -type f -print0 |
	    xargs -0 head -q -c 512 > /dev/null' - "$drop"
	took sums sh -c 'find "$1" -type f -print0 |
	    xargs -0 b2sum -l 256 > /dev/null' - "$drop"
}

night() {
	took "$1" "$satchel" --home "$work/b" sync
}

nights() {
	rewind
	others
	night first
	night second
	sat a export --to lab-b --out "$drop/one-more" --full
	night more
	find "$drop" -maxdepth 1 -type f -name 'copy *' -exec touch {} +
	night touched
}

# beside NIGHT PEER: its time and processor time, divided by the peer's.
beside() {
	echo "$(medians "$work/results/$1") $(medians "$work/results/$2")" |
	    awk '{ printf "%.1f, %.1f", $1 / $6, $4 / $9 }'
}

# line WHAT RESULT RATIOS
line() {
	medians "$work/results/$2" | awk -v what="$1" -v ratios="$3" '{
		printf "| %s | %.2f (%.2f to %.2f) | %.2f | %.0f | %s |\n", \
		    what, $1, $2, $3, $4, $5, ratios
	}'
}

report() {
	printf '%s files; medians of %s runs (least to most)\n\n' "$files" \
	    "$(wc -l < "$work/results/first")"
	echo "| | seconds | CPU s | peak MiB | find | head | b2sum |"
	echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
	for night in "first:the first night" "second:nothing new" \
	    "more:one file more" "touched:a third looks new"; do
		result=${night%%:*}
		line "${night#*:}" "$result" "$(beside "$result" find) | $(
		    beside "$result" head) | $(beside "$result" sums)"
	done
	line "find, by size" find "| |"
	line "head, 512 bytes of each" head "| |"
	line "b2sum of all" sums "| |"
}

rm -rf "$work"
mkdir -p "$work/results"
program timer timer
sites
fill
cp -a "$work/b" "$work/b.new"
cp -a "$work/state" "$work/state.new"
while [ "$runs" -gt 0 ]; do
	nights
	runs=$((runs - 1))
done
report
find "$work" -mindepth 1 -maxdepth 1 ! -name results ! -name log \
    -exec rm -rf {} +
