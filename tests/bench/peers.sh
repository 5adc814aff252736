#!/bin/sh
# peers.sh: the same lab through other programs that carry data, in turn.
#
#	sh tests/bench/peers.sh BUILD_FOLDER [OBJECTS [RUNS]]
#
# OBJECTS is 20000 unless said, RUNS (of which the median counts) 5.  Each run
# takes a lab as files (an object a file, and the attachments) to another place
# and unpacks it there; then its next day, with 1 % changed.  The peers take
# turns at each step, so that a busy machine is busy for all.  Data and results
# stay below BUILD_FOLDER/peers.  Figures only, as the tables of
# docs/performance.md; nothing here passes or fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
b=${1:-build}
objects=${2:-20000}
runs=${3:-5}
satchel=$(realpath "$b/satchel")

. tests/bench/lib.sh

missing=
for pair in jq:jq tar:tar zstd:zstd minisign:minisign git:git restic:restic \
    borg:borgbackup; do
	command -v "${pair%:*}" > /dev/null || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] || die "to be installed first:$missing"

mkdir -p "$b/peers"
root=$(realpath "$b/peers")
work=$root/work
peers="satchel sealed tar git restic borg"
HOME=$work/user
XDG_STATE_HOME=$work/state
GIT_CONFIG_GLOBAL=/dev/null
GIT_AUTHOR_NAME=lab
GIT_AUTHOR_EMAIL=lab@lab.example
GIT_COMMITTER_NAME=lab
GIT_COMMITTER_EMAIL=lab@lab.example
RESTIC_PASSWORD=secret
RESTIC_CACHE_DIR=$work/restic.cache
BORG_PASSPHRASE=secret
BORG_BASE_DIR=$work/borg.base
BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
LC_ALL=C
export HOME XDG_STATE_HOME GIT_CONFIG_GLOBAL GIT_AUTHOR_NAME \
    GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL RESTIC_PASSWORD \
    RESTIC_CACHE_DIR BORG_PASSPHRASE BORG_BASE_DIR \
    BORG_RELOCATED_REPO_ACCESS_IS_OK LC_ALL
unset SATCHEL_HOME

# --- the data ----------------------------------------------------------------

# records LINES FOLDER: each line a file, named by its uid.
records() {
	awk -F '"' -v to="$2" '{
		file = to "/" $4 ".json"
		print > file
		close(file)
	}' "$1"
}

# attachments LINES FOLDER: those that are named.
attachments() {
	grep -o '"file":"att/[^"]*"' "$1" | cut -d '"' -f 4 | sort -u |
	    (cd "$data" && xargs -r cp --parents -p -t "$2")
}

data() {
	data=$root/data-$objects
	[ -e "$data/done" ] && return
	rm -rf "$data"
	"$root/gen" -n "$objects" -o "$data" || die "no data"
	mkdir -p "$data/tree/records"
	records "$data/lab1.jsonl" "$data/tree/records"
	attachments "$data/lab1.jsonl" "$data/tree"
	: > "$data/done"
}

# The tree on the next day.
next_day() {
	grep -v '"deleted":true,' "$data/lab2.jsonl" > "$work/changed"
	grep '"deleted":true,' "$data/lab2.jsonl" | cut -d '"' -f 4 |
	    sed "s|.*|$work/tree/records/&.json|" | xargs -r rm -f
	records "$work/changed" "$work/tree/records"
	attachments "$work/changed" "$work/tree"
}

# --- measuring ---------------------------------------------------------------

quiet() {
	"$@" < /dev/null >> "$work/log" 2>&1 || die "$*: see $work/log"
}

# took RESULT COMMAND...: seconds, peak KiB, seconds of processors.
took() {
	result=$work/results/$1
	shift
	quiet "$root/timer" "$result" "$@"
}

# bytes RESULT PATH... : all files below.
bytes() {
	result=$work/results/$1.bytes
	shift
	find "$@" -type f -printf '%s\n' |
	    awk '{ n += $1 } END { print n + 0 }' > "$result"
}

# grown RESULT PATH: what there is more than in $before.
grown() {
	bytes "$1" "$2"
	echo "$(($(cat "$work/results/$1.bytes") - before))" > \
	    "$work/results/$1.bytes"
}

# --- satchel, plain and sealed (encrypted) -----------------------------------

sat() {
	quiet "$satchel" --home "$@"
}

pair_begin() {
	mkdir -p "$p/out1" "$p/out2"
	for s in a b; do
		sat "$p/$s" init --name "lab-$s"
		sat "$p/$s" site card --out "$p/$s.card"
	done
	for s in a:b b:a; do
		sat "$p/${s%:*}" peer add "$p/${s#*:}.card" --fingerprint \
		    "$("$satchel" --home "$p/${s#*:}" site fingerprint)"
	done
}

# pair_pack DAY, pair_unpack DAY
pair_pack() {
	took "$peer.load$1" "$satchel" --home "$p/a" lab load \
	    "$data/lab$1.jsonl"
	took "$peer.export$1" "$satchel" --home "$p/a" export --to lab-b \
	    --out "$p/out$1"
	bytes "$peer.pack$1" "$p/out$1"
}

pair_unpack() {
	took "$peer.unpack$1" "$satchel" --home "$p/b" import "$p/out$1"
	sat "$p/b" receipt --to lab-a --out "$p/receipt$1"
	sat "$p/a" import "$p/receipt$1"
}

satchel_begin() {
	pair_begin
}

sealed_begin() {
	pair_begin
	sat "$p/a" peer set lab-b encrypt=required
	sat "$p/b" peer set lab-a encrypt=required
}

satchel_pack() {
	pair_pack "$1"
}

satchel_unpack() {
	pair_unpack "$1"
}

sealed_pack() {
	pair_pack "$1"
}

sealed_unpack() {
	pair_unpack "$1"
}

# --- tar, with its list of what was seen -------------------------------------

tar_begin() {
	mkdir -p "$p/to"
	minisign -G -W -f -p "$p/pub" -s "$p/key" > /dev/null 2>> "$work/log"
}

# shellcheck disable=SC2016
tar_pack() {
	took "tar.pack$1" sh -c 'tar -cf - -g "$1/seen" -C "$2" . |
	    zstd -3 -q -f -o "$1/$3.tar.zst" &&
	    minisign -S -s "$1/key" -m "$1/$3.tar.zst" &&
	    sync "$1/$3.tar.zst" "$1/$3.tar.zst.minisig"' - "$p" \
	    "$work/tree" "$1"
	bytes "tar.pack$1" "$p/$1.tar.zst" "$p/$1.tar.zst.minisig"
}

# shellcheck disable=SC2016
tar_unpack() {
	took "tar.unpack$1" sh -c 'minisign -V -q -p "$1/pub" \
	    -m "$1/$2.tar.zst" && zstd -d -q -c "$1/$2.tar.zst" |
	    tar -xf - -g /dev/null -C "$1/to" && sync -f "$1/to"' - "$p" "$1"
}

# --- git ---------------------------------------------------------------------

git_begin() {
	quiet git init -q -b main --bare "$p/a"
	quiet git --git-dir "$p/a" config gc.auto 0
}

# shellcheck disable=SC2016
git_pack() {
	took "git.pack$1" sh -c 'git --git-dir "$1/a" --work-tree "$2" \
	    add -A && git --git-dir "$1/a" --work-tree "$2" commit -q -m "$3" &&
	    git --git-dir "$1/a" bundle create -q "$1/$3.bundle" $4 main &&
	    sync "$1/$3.bundle" && git --git-dir "$1/a" tag -f "day$3"' - \
	    "$p" "$work/tree" "$1" "$([ "$1" = 1 ] || echo ^day1)"
	bytes "git.pack$1" "$p/$1.bundle"
}

# shellcheck disable=SC2016
git_unpack() {
	if [ "$1" = 1 ]; then
		took git.unpack1 sh -c 'git clone -q -b main "$1/1.bundle" \
		    "$1/to" && sync -f "$1/to"' - "$p"
	else
		took git.unpack2 sh -c 'git -C "$1/to" pull -q --ff-only \
		    "$1/2.bundle" main && sync -f "$1/to"' - "$p"
	fi
}

# --- restic, borg: repositories, encrypted always ----------------------------

restic_begin() {
	quiet restic init -q -r "$p/repo"
	bytes restic.empty "$p/repo"
}

restic_pack() {
	bytes restic.before "$p/repo"
	before=$(cat "$work/results/restic.before.bytes")
	took "restic.pack$1" sh -c 'cd "$2" && restic -q -r "$1" backup . &&
	    sync -f "$1"' - "$p/repo" "$work/tree"
	grown "restic.pack$1" "$p/repo"
}

restic_unpack() {
	took "restic.unpack$1" sh -c 'restic -q -r "$1/repo" restore latest \
	    --target "$1/to" && sync -f "$1/to"' - "$p"
}

borg_begin() {
	quiet borg init -e repokey-blake2 "$p/repo"
	mkdir "$p/to"
}

borg_pack() {
	bytes borg.before "$p/repo"
	before=$(cat "$work/results/borg.before.bytes")
	took "borg.pack$1" sh -c 'cd "$2" && borg create --compression \
	    zstd,3 "$1::day$3" . && sync -f "$1"' - "$p/repo" "$work/tree" "$1"
	grown "borg.pack$1" "$p/repo"
}

borg_unpack() {
	took "borg.unpack$1" sh -c 'cd "$1/to" && borg extract \
	    "$1/repo::day$2" && sync -f .' - "$p" "$1"
}

# --- a run -------------------------------------------------------------------

# Each peer in turn.
turn() {
	for peer in $peers; do
		p=$work/$peer
		mkdir -p "$p"
		sync -f "$work"
		"${peer}_$1" "${2:-}"
	done
}

# same FOLDER: the peer has what the tree has.
same() {
	diff -r -x .git "$work/tree" "$1" > /dev/null ||
	    die "$1 is not what was sent"
}

check_all() {
	same "$work/tar/to"
	same "$work/git/to"
	same "$work/restic/to"
	same "$work/borg/to"
	for s in satchel sealed; do
		[ "$("$satchel" --home "$work/$s/a" status --json |
		    jq .digest)" = "$("$satchel" --home "$work/$s/b" status \
		    --json | jq .digest)" ] || die "$s: the sites differ"
	done
}

run() {
	find "$work" -mindepth 1 -maxdepth 1 ! -name results ! -name log \
	    -exec rm -rf {} +
	mkdir -p "$HOME" "$work/results"
	cp -a "$data/tree" "$work/tree"
	turn begin
	turn pack 1
	turn unpack 1
	[ "$1" -gt 1 ] || check_all
	next_day
	turn pack 2
	turn unpack 2
}

# --- what is printed ---------------------------------------------------------

# joined RESULT RESULT: two steps of a run as one.
joined() {
	paste "$work/results/$1" "$work/results/$2" | awk '{
		print $1 + $5, ($2 > $6 ? $2 : $6), $3 + $7, $4 + $8 }'
}

# row NAME RESULT BYTES OWN OWN-BYTES: OWN is what satchel's medians are.
row() {
	echo "$(medians "$work/results/$2") $3 $4 $5" | awk -v name="$1" '
	function ratio(own, other) {
		return other > 0 ? sprintf("%.2f", own / other) : "-"
	}
	{
		printf "| %s | %.2f (%.2f to %.2f) | %.2f | %s | %.0f |", \
		    name, $1, $2, $3, $4, $6 == "-" ? "" : \
		    sprintf("%.2f", $6 / 1048576), $5
		if ($7 == "-") {
			print " | | | |"
			next
		}
		print " " ratio($7, $1) " | " ratio($10, $4) " | " \
		    ($6 == "-" ? "" : ratio($12, $6)) " | " \
		    ratio($11, $5) " |"
	}'
}

# table TITLE STEP OWN PEER...: OWN is satchel or sealed.
table() {
	title=$1
	step=$2
	own=$3
	shift 3
	own_result=$own.$step
	own_bytes=$(cat "$work/results/$own_result.bytes" 2> /dev/null ||
	    echo -)
	printf '\n%s\n\n| %s | seconds | CPU s | MiB | peak MiB | time | ' \
	    "$title" "$step"
	printf 'CPU | bytes | memory |\n'
	echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	case $step in
	pack*)
		row "satchel export alone" "$own.export${step#pack}" \
		    "$own_bytes" - -
		row "satchel load and export" "$own_result" "$own_bytes" - -
		;;
	*)
		row "satchel import" "$own_result" - - -
		;;
	esac
	own_medians=$(medians "$work/results/$own_result")
	for other in "$@"; do
		row "$other" "$other.$step" "$(cat \
		    "$work/results/$other.$step.bytes" 2> /dev/null ||
		    echo -)" "$own_medians" "$own_bytes"
	done
}

report() {
	for s in satchel sealed; do
		for day in 1 2; do
			joined "$s.load$day" "$s.export$day" > \
			    "$work/results/$s.pack$day"
		done
	done
	echo "$objects objects, $(du -sm --apparent-size "$data/tree" |
	    cut -f 1) MiB of files; medians of $runs runs (least to most)."
	echo "The last four columns: satchel's figure, divided by the peer's."
	for step in pack1 unpack1 pack2 unpack2; do
		table "Plain, $step" "$step" satchel tar git
		table "Encrypted, $step" "$step" sealed restic borg
	done
}

mkdir -p "$work/results"
rm -rf "${work:?}"/*
mkdir -p "$work/results"
program timer timer
program gen gen kinds content dice
data
n=1
while [ "$n" -le "$runs" ]; do
	run "$n"
	n=$((n + 1))
done
report
find "$work" -mindepth 1 -maxdepth 1 ! -name results ! -name log \
    -exec rm -rf {} +
