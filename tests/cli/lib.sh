# lib.sh: what the cases share; read by each with `. "$CLI_DIR/lib.sh"`.
#
# The current folder is the case's scratch folder.  A site is a folder in it.
#
#	check NAME COMMAND...		one named check; it passes on exit 0
#	need COMMAND...			a step without which the case is void
#	sat SITE WORD...		satchel --home SITE WORD...
#	expect_exit N COMMAND...	true if it exits with N (also '[45]', '0|11')
#	fails NAMES N COMMAND...	exit N, and standard error starts with
#					"satchel: NAME: " for one of NAMES (a|b)
#	not COMMAND...			true if it fails
#	unchanged SITE COMMAND...	COMMAND holds, and the dump is as before
#	json FILE EXPRESSION		true if jq's EXPRESSION is true of FILE
#	end				the last line of each case
#
# What a command said is in out and err (fails, expect_exit), also printed
# when a check fails.
# shellcheck shell=sh
set -u

LAB=$ROOT/examples/lab
export LAB
: > out
: > err

record() {
	printf '%s %s\n' "$1" "$2" >> "$RESULTS"
	if [ "$1" = fail ]; then
		printf 'FAIL %s: %s\n' "$(basename "$SCRATCH")" "$2"
	elif [ "${V:-0}" = 1 ]; then
		printf 'ok   %s: %s\n' "$(basename "$SCRATCH")" "$2"
	fi
}

check() {
	check_name=$1
	shift
	if "$@" > check.log 2>&1; then
		record pass "$check_name"
		return 0
	fi
	record fail "$check_name"
	printf '     %s\n' "$*"
	for check_file in check.log out err; do
		cut -c 1-160 "$check_file" | head -n 6 |
		    sed "s/^/     $check_file: /"
	done
	return 1
}

need() {
	if ! "$@" > need.out 2> need.err; then
		record fail "needed: $*"
		cut -c 1-160 need.out need.err | head -n 8 | sed 's/^/     /'
		echo end >> "$RESULTS"
		exit 1
	fi
}

end() {
	echo end >> "$RESULTS"
}

sat() {
	sat_site=$1
	shift
	"$SATCHEL" --home "$sat_site" "$@"
}

expect_exit() {
	expected=$1
	shift
	got=0
	"$@" > out 2> err || got=$?
	# shellcheck disable=SC2254
	case $got in
	$expected) return 0 ;;
	esac
	case "|$expected|" in
	*"|$got|"*) return 0 ;;
	esac
	echo "exit $got, expected $expected"
	return 1
}

fails() {
	names=$1
	shift
	expect_exit "$@" || return 1
	grep -Eq "^satchel: ($names): ." err && return 0
	echo "standard error does not start with satchel: $names:"
	return 1
}

not() {
	! "$@"
}

json() {
	[ "$(jq -s length "$1")" = 1 ] && jq -e "$2" "$1" > /dev/null && return
	echo "$1: not so: $2"
	return 1
}

# save_json FILE SITE WORD...: the document of a command, whatever its exit.
save_json() {
	json_file=$1
	shift
	sat "$@" --json > "$json_file" 2> err
	return 0
}

# dump SITE: all of a lab, on standard output.
dump() {
	sat "$1" lab dump --deleted
}

unchanged() {
	kept=$1
	shift
	dump "$kept" > before.jsonl || return 1
	"$@" || return 1
	dump "$kept" > after.jsonl || return 1
	cmp before.jsonl after.jsonl
}

# same_bytes FILE FILE, without a word when they are.
same_bytes() {
	cmp "$1" "$2"
}

# is_empty FILE
is_empty() {
	[ -f "$1" ] && [ ! -s "$1" ]
}

# agree SITE SITE: dumps and attachments are the same bytes.
agree() {
	rm -rf agree
	mkdir agree
	for agree_site in "$1" "$2"; do
		mkdir "agree/$agree_site"
		sat "$agree_site" lab dump --deleted > \
		    "agree/$agree_site.jsonl" || return 1
		sat "$agree_site" lab dump --attachments \
		    "agree/$agree_site" > /dev/null || return 1
	done
	cmp "agree/$1.jsonl" "agree/$2.jsonl" &&
	    diff -r "agree/$1" "agree/$2"
}

digest() {
	sat "$1" status --json | jq -r .digest
}

same_digest() {
	[ -n "$(digest "$1")" ] && [ "$(digest "$1")" = "$(digest "$2")" ]
}

# sites NAME...: make sites, and make each a peer of each other.
sites() {
	mkdir -p cards drop
	for site in "$@"; do
		need sat "$site" init --name "$site"
		need sat "$site" site card --out "cards/$site"
	done
	for site in "$@"; do
		for other in "$@"; do
			[ "$site" = "$other" ] || know "$site" "$other"
		done
	done
}

# know SITE OTHER: SITE pins OTHER's card.
know() {
	need sat "$1" peer add "cards/$2" --fingerprint \
	    "$(sat "$2" site fingerprint)"
}

# load SITE LINE...: load lines of JSON.
load() {
	load_site=$1
	shift
	printf '%s\n' "$@" > load.jsonl
	sat "$load_site" lab load load.jsonl
}

# thing UID VALUE [MODIFIED]: a line, good enough for most cases.
thing() {
	printf '{"uid":"%s","type":"Analysis","title":"%s","modified":"%s",' \
	    "$1" "$1" "${3:-2026-01-01T00:00:00Z}"
	printf '"fields":{"Result":"%s","Unit":"mg/L"}}\n' "$2"
}

# result SITE UID: the Result that the dump shows.
result() {
	sat "$1" lab dump | jq -r --arg uid "$2" \
	    'select(.uid == $uid) | .fields.Result'
}

shows() {
	shown=$(result "$1" "$2")
	[ "$shown" = "$3" ] && return 0
	echo "$1 shows $2 = \"$shown\", expected \"$3\""
	return 1
}

# export_to SITE PEER [WORD...]: export into drop/; the paths are in $sent.
export_to() {
	from=$1 to=$2
	shift 2
	sent=$(sat "$from" export --to "$to" --out drop "$@" 2> err)
}

# silent SITE PEER: nothing is due.
silent() {
	export_to "$1" "$2" || return 1
	[ -z "$sent" ] && return 0
	echo "$1 still writes $sent"
	return 1
}

# carry SITE PEER: export and import; the exit code is the import's.
carry() {
	export_to "$1" "$2" || return 99
	[ -n "$sent" ] || return 0
	# shellcheck disable=SC2086
	sat "$2" import $sent
}

# settle SITE SITE: to and fro until both are silent, at most four times.
# True if they are; conflicts met on the way do not matter.
settle() {
	turn=0
	while [ "$turn" -lt 4 ]; do
		carry "$1" "$2" > settle.log 2>&1 || [ $? -eq 11 ] || return 1
		quiet=$sent
		carry "$2" "$1" > settle.log 2>&1 || [ $? -eq 11 ] || return 1
		[ -n "$quiet$sent" ] || return 0
		turn=$((turn + 1))
	done
	echo "$1 and $2 do not fall silent"
	return 1
}

# database SITE SQL: behind satchel's back.
database() {
	python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.executescript(sys.argv[2])' "$1/store.db" "$2"
}

# --- nights: all sites have the drop share/ under the name "nightly"

# drops SITE:PEERS...: sites, who know each other, and their drop.
drops() {
	mkdir -p share
	for pair in "$@"; do
		need sat "${pair%%:*}" drop add nightly share \
		    --peers "${pair#*:}"
	done
}

# quiet SITE [WORD...]: a night in which all is well says nothing at all.
quiet() {
	expect_exit 0 sat "$1" sync --mail-summary mail || return 1
	if [ -s out ] || [ -s err ] || [ -e mail ]; then
		echo "it says something"
		return 1
	fi
}

# nights SITE...: a quiet night at each, in this order.
nights() {
	for night_site in "$@"; do
		quiet "$night_site" || {
			echo "at $night_site"
			return 1
		}
	done
}

# lying [PATTERN]: the names of files that lie in the drop.
lying() {
	find share -maxdepth 1 -type f -name "${1:-*}.satchel" \
	    -printf '%f\n' | LC_ALL=C sort
}

# lies N [PATTERN]: so many files lie in the drop.
lies() {
	[ "$(lying "${2:-*}" | wc -l)" -eq "$1" ] && return 0
	lying "${2:-*}"
	return 1
}

# lines_of TEXT: how many lines.
lines_of() {
	printf '%s' "$1" | grep -c .
}

# flip FILE OFFSET: change one byte.
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o' $(((byte + 1) % 256)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}

size_of() {
	wc -c < "$1" | tr -d ' '
}
