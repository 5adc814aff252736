#!/bin/sh
# demo.sh: two labs and a stick, in two minutes' reading.
#
#	sh examples/demo.sh build/satchel
#
# Every step is checked; the first one that is not as told ends the demo with
# exit 1.  All is done in a new folder below /tmp, which is kept.
set -eu

usage() {
	echo "usage: demo.sh PROGRAM" >&2
	exit 2
}

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	usage
fi
case $0 in
*/*) examples=$(cd "${0%/*}" && pwd) ;;
*) examples=$(pwd) ;;
esac
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/satchel-demo.XXXXXX")
ln -s "$examples/lab" "$work/lab"
cd "$work"
mkdir stick

# Nothing outside of the folder is touched, and no other site is picked.
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
unset SATCHEL_HOME

step_number=0

# step TITLE: a heading; the words that explain it follow on standard input.
step() {
	step_number=$((step_number + 1))
	printf '\n== %d. %s\n\n' "$step_number" "$1"
	cat
	echo
}

good() {
	printf '   ok: %s\n' "$1"
}

die() {
	printf '\ndemo: not as told: %s\n' "$1" >&2
	printf 'demo: the two labs are in %s\n' "$work" >&2
	exit 1
}

# show_command WORD...: as one would type it, folded at 80 columns.
show_command() {
	line='$'
	for word in "$@"; do
		case $word in
		*' '*) word="\"$word\"" ;;
		esac
		if [ $((${#line} + ${#word})) -gt 76 ]; then
			printf '%s \\\n' "$line"
			line='   '
		fi
		line="$line $word"
	done
	printf '%s\n' "$line"
}

# run_for EXIT LAB WORD...: show a command, run it, expect that exit code.
run_for() {
	expected=$1 lab=$2
	shift 2
	show_command satchel --home "$lab" "$@"
	got=0
	"$program" --home "$lab" "$@" > said 2>&1 || got=$?
	fold -s -w 80 said
	[ "$got" -eq "$expected" ] ||
	    die "satchel $1 at $lab: exit $got, expected $expected"
}

run() {
	run_for 0 "$@"
}

# quiet LAB WORD...: the same without a word, for the checks.
quiet() {
	lab=$1
	shift
	"$program" --home "$lab" "$@" || die "satchel $* at $lab: exit $?"
}

# send LAB PEER: export to the stick; $sent is the file, or nothing.
send() {
	show_command satchel --home "$1" export --to "$2" --out stick
	sent=$("$program" --home "$1" export --to "$2" --out stick) ||
	    die "export at $1: exit $?"
	if [ -z "$sent" ]; then
		echo "   (nothing to send)"
		return
	fi
	echo "$sent"
	[ -s "$sent" ] || die "$sent was not written"
}

# whole_dump LAB: all that a lab says, tombstones and attachments included.
whole_dump() {
	rm -rf "dump-$1" "dump-$1.jsonl"
	quiet "$1" lab dump --deleted --attachments "dump-$1" > "dump-$1.jsonl"
}

# agree: both labs say the same, byte for byte.
agree() {
	whole_dump lab-a
	whole_dump lab-b
	# Both dumps name their files below their own folder.
	for lab in lab-a lab-b; do
		sed "s/dump-$lab/files/g" "dump-$lab.jsonl" > "$lab.jsonl"
	done
	cmp lab-a.jsonl lab-b.jsonl || die "the two dumps differ"
	diff -r dump-lab-a dump-lab-b || die "the attachments differ"
}

count() {
	quiet "$1" lab dump | wc -l | tr -d ' '
}

no_conflicts() {
	quiet "$1" conflicts list --json | tr -d ' \n' |
	    grep -q '"conflicts":\[\]' || die "$1 still lists a conflict"
}

# uid_of FILE PATTERN: of the only line that matches.
uid_of() {
	uid=$(sed -n "/$2/s/^{\"uid\":\"\\([0-9a-f]*\\)\".*/\\1/p" "$1")
	case $uid in
	'' | *[!0-9a-f]*) die "$1: no single line with $2" ;;
	esac
	echo "$uid"
}

cat <<TEXT
Satchel carries a lab's data between sites that share no network.  This is
what two administrators do, lab-a and lab-b, with a USB stick: the folder
stick/.  Lines that start with "\$" are the commands they type.  All of it
happens in $work.
TEXT

step "Two sites" <<'TEXT'
Each lab makes its site: a store for its data, and keys that never leave it.
TEXT
run lab-a init --name lab-a
run lab-b init --name lab-b

step "Who is who" <<'TEXT'
Each writes its card (public keys) to the stick.  A stick can be swapped on the
way, so the other side adds a card only with the digits of its fingerprint,
which the two read to each other over the phone.
TEXT
run lab-a site card --out stick/lab-a.card
run lab-b site card --out stick/lab-b.card
run lab-a site fingerprint
run lab-b site fingerprint
digits_a=$(quiet lab-a site fingerprint)
digits_b=$(quiet lab-b site fingerprint)
[ "$digits_a" != "$digits_b" ] || die "both sites have one fingerprint"
run lab-b peer add stick/lab-a.card --fingerprint "$digits_a"
run lab-a peer add stick/lab-b.card --fingerprint "$digits_b"

step "A lab's data" <<'TEXT'
lab-a loads a small food and water laboratory: clients, samples, results with
their review histories, instrument runs, chromatograms, certificates.
TEXT
run lab-a lab load lab/lab.jsonl
objects=$(wc -l < lab/lab.jsonl | tr -d ' ')
[ "$(count lab-a)" -eq "$objects" ] || die "lab-a has not $objects objects"
good "lab-a has $objects objects, lab-b has $(count lab-b)"

step "The first bundle" <<'TEXT'
lab-b has nothing yet, so everything goes: one signed, compressed file.  It is
written, read back and verified before it gets its name.
TEXT
send lab-a lab-b
[ -n "$sent" ] || die "lab-a sent nothing"
first=$sent
size_first=$(wc -c < "$first" | tr -d ' ')
good "$size_first bytes on the stick"

step "Verify, preview, import" <<'TEXT'
At lab-b nothing is believed.  "verify" checks the file and applies nothing;
"--dry-run" also shows what an import would do.
TEXT
run lab-b verify "$first"
run lab-b import --dry-run "$first"
[ "$(count lab-b)" -eq 0 ] || die "the dry run has changed lab-b"
good "lab-b is still empty"
run lab-b import "$first"
agree
good "both labs hold the same $objects objects, byte for byte"
run lab-b import "$first"
good "the same file again does no harm"

step "The receipt goes back" <<'TEXT'
lab-a knows what lab-b has only from lab-b: a signed receipt.  It rides in
every bundle; here it goes alone.  Until it arrives, lab-a would send
everything again, so that a lost stick loses nothing.
TEXT
show_command satchel --home lab-b receipt --to lab-a --out stick
receipt=$(quiet lab-b receipt --to lab-a --out stick)
echo "$receipt"
run lab-a import "$receipt"
send lab-a lab-b
[ -z "$sent" ] || die "lab-a still has something to send"
good "lab-a knows that lab-b has everything"

step "A week of work, apart" <<'TEXT'
Both labs go on: results, verified and published samples, a new sample at
lab-a, a new contact at lab-b; each side deletes something too.  And they
collide: one pH value is entered anew on both sides, 7.2 and 7.4, and of one
client lab-a changes the phone and lab-b the street.
TEXT
value=$(uid_of lab/changes-a.jsonl '"id":"pH".*"Result":"7\.2"')
plot_a=$(uid_of lab/lab.jsonl '"type":"Attachment","id":"attachment-8"')
plot_b=$(uid_of lab/lab.jsonl '"type":"Attachment","id":"attachment-9"')
run lab-a lab load lab/changes-a.jsonl
run lab-a lab delete "$plot_a"
run lab-b lab load lab/changes-b.jsonl
run lab-b lab delete "$plot_b"

step "Two sticks cross on the road" <<'TEXT'
Each sends only what changed since the other is known to have it.  Neither
waits for the other.
TEXT
send lab-a lab-b
from_a=$sent
send lab-b lab-a
from_b=$sent
[ -n "$from_a" ] || die "lab-a sent nothing"
[ -n "$from_b" ] || die "lab-b sent nothing"
size_next=$(wc -c < "$from_a" | tr -d ' ')
[ $((size_next * 2)) -lt "$size_first" ] ||
    die "the second bundle is not much smaller"
good "$size_next bytes from lab-a, where the first bundle had $size_first"
echo
echo "An import that meets edits of both sides keeps both and exits with 11."
echo
run_for 11 lab-b import "$from_a"
run_for 11 lab-a import "$from_b"
agree
good "both labs agree again, also on what is not settled"

step "A person decides" <<'TEXT'
No result is ever merged by a machine: lab-b looks at both pH values and takes
one, with a reason.  Edits of different fields do not contradict each other
and are settled at once.
TEXT
run lab-b conflicts list
run lab-b conflicts show "$value"
run lab-b conflicts resolve "$value" --take lab-a \
    --reason "the meter's own log says 7.2"
run lab-b conflicts resolve --disjoint
no_conflicts lab-b
good "lab-b has no conflict left"

step "The decision travels" <<'TEXT'
lab-b sends what it decided, and with it the receipt for what it got.  The
stick goes to and fro until neither side has anything to say.
TEXT
rounds=0
while :; do
	send lab-b lab-a
	from_b=$sent
	[ -z "$from_b" ] || run lab-a import "$from_b"
	send lab-a lab-b
	from_a=$sent
	[ -z "$from_a" ] || run lab-b import "$from_a"
	[ -n "$from_a$from_b" ] || break
	rounds=$((rounds + 1))
	[ "$rounds" -le 4 ] || die "the two sites do not fall silent"
done
for lab in lab-a lab-b; do
	quiet "$lab" lab dump --type Analysis | grep "\"uid\":\"$value\"" |
	    grep -q '"Result":"7.2"' || die "$lab does not say pH 7.2"
	no_conflicts "$lab"
done
good "both labs say pH 7.2, and neither lists a conflict"

step "Are they equal?" <<'TEXT'
Two labs agree exactly when their dumps are the same bytes: every object, its
history, every deletion, every attachment.
TEXT
agree
echo '$ cmp lab-a.jsonl lab-b.jsonl && diff -r dump-lab-a dump-lab-b'
good "$(wc -l < lab-a.jsonl | tr -d ' ') lines and \
$(find dump-lab-a -type f | wc -l | tr -d ' ') files are the same bytes"
run lab-a status
run lab-b status

cat <<TEXT

== What to try next

The labs are kept in $work: go there, and let
"satchel" stand for $program.
Set XDG_STATE_HOME to $work/state.

1. Encrypt:        satchel --home lab-a peer set lab-b encrypt=yes
                   and export again: "inspect" shows what stays readable.
2. Trust no one:   in a new folder, without Satchel:
                   tar xf BUNDLE && minisign -VHm SUMS -P KEY-OF-LAB-A &&
                   b2sum -c --strict SUMS
3. Lose a stick:   change something, export, throw the file away, export
                   again: the next bundle carries it all the same.
4. Make a conflict: delete at lab-a what you edit at lab-b, and exchange.
5. Read on:        man satchel (docs/satchel.1), man satchel-bundle
                   (docs/satchel-bundle.5), and docs/format.md.
TEXT
