#!/bin/sh
# places.sh: a confined command works with every version of Landlock, without
# it, and wherever people keep their files; run.sh runs it, as tests/cli/run.sh
# runs a case.
# shellcheck source=/dev/null
. "$ROOT/tests/cli/lib.sh"
program=$SATCHEL

# --- each command ---------------------------------------------------------

traced() {
	strace -f -qq -o trace -e trace=landlock_restrict_self,openat \
	    "$program" --home none "$@" > out 2> err
	code=$?
	grep -q '^[0-9 ]*landlock_restrict_self(.*) *= 0' trace ||
	    [ "$code" -eq 2 ]
}

# one_confined WORD...: with as many arguments as it takes.
one_confined() {
	for arguments in "" x "x x=y"; do
		# shellcheck disable=SC2086
		traced "$@" $arguments || return 1
		grep -q landlock_restrict_self trace && return 0
	done
	return 1
}

all_confined() {
	# schedule starts systemctl and crontab, which no fence may hold.
	"$program" help | sed -n 's/^  \([a-z ]*[a-z]\)   *[a-zA-Z].*/\1/p' |
	    grep -v '^schedule ' > commands
	[ "$(wc -l < commands)" -ge 29 ] || return 1
	while read -r words; do
		# shellcheck disable=SC2086
		one_confined $words || {
			echo "not confined: $words"
			return 1
		}
	done < commands
}

# --- each kernel ----------------------------------------------------------

# kernel RULE...: from here on satchel runs where system calls end so.
kernel() {
	rules=
	for rule in "$@"; do
		rules="$rules -e inject=$rule"
	done
	cat > satchel <<-END
		#!/bin/sh
		exec strace -f -qq -o trace -e trace=/landlock $rules \
		    "$program" "\$@"
	END
	chmod +x satchel
	SATCHEL=$PWD/satchel
}

# What two sites do, from their making on.
life() {
	rm -rf a b cards drop state
	sites a b || return 1
	load a "$(thing c1 1)" > /dev/null || return 1
	carry a b > life.log || return 1
	load b "$(thing c1 2)" > /dev/null || return 1
	settle b a || return 1
	agree a b
}

# doctor_says LEVEL: of its finding that names what a run may open.
doctor_says() {
	sat a doctor --json > doctor.json 2> err
	json doctor.json ".error == null and ([.findings[] |
	    select(.what | test(\"files that its command needs\"))] |
	    length == 1 and .[0].level == \"$1\")"
}

kernels() {
	for version in 1 2 3 4 5 6; do
		kernel "landlock_create_ruleset:retval=$version:when=1"
		check "Landlock $version" life
		check "Landlock $version is in force" doctor_says good
	done
	for rule in create_ruleset:error=ENOSYS \
	    create_ruleset:error=EOPNOTSUPP \
	    create_ruleset:error=EPERM:when=2 add_rule:error=ENOMEM:when=3 \
	    restrict_self:error=E2BIG; do
		kernel "landlock_$rule"
		check "no Landlock: $rule" life
		check "no Landlock is said: $rule" doctor_says note
	done
	SATCHEL=$program
}

# --- odd places -----------------------------------------------------------

# Home, keys and spool may be elsewhere, and behind links.
moved() {
	mkdir far && mv a far/ && mv far/a/spool far/a/keys far/ || return 1
	ln -s far/a a && ln -s ../keys far/a/keys &&
	    ln -s "$PWD/far/spool" far/a/spool || return 1
	load a "$(thing c2 7)" && export_to a b && sat b import "$sent"
}

# loads UID VALUE WORD...: a line on standard input arrives.
loads() {
	thing_uid=$1 thing_value=$2
	shift 2
	thing "$thing_uid" "$thing_value" > line.jsonl
	"$@" && shows a "$thing_uid" "$thing_value"
}

from_stdin() {
	sat a lab load "$1" < line.jsonl
}

from_pipe() {
	# shellcheck disable=SC2002
	cat line.jsonl | sat a lab load "$1"
}

from_descriptor() {
	sat a lab load /dev/fd/3 3< line.jsonl
}

locked() {
	echo "a passphrase" > pass
	sat c init --name c --passphrase-file pass &&
	    sat c site card --passphrase-file /dev/fd/3 3< pass > c1 &&
	    sat c site card --passphrase-fd 3 3< pass > c2 &&
	    sat c site card --passphrase-file /dev/stdin < pass > c3 &&
	    sat c site card --passphrase-file ./pass --out c4
}

# Into a folder that is made, and from there, named from the root.
attachments() {
	echo hello > hello.txt
	printf '{"uid":"t1","type":"T","attachments":[{"name":"h",%s}]}\n' \
	    '"media_type":"text/plain","file":"hello.txt"' > t.jsonl
	sat a lab load t.jsonl &&
	    sat a lab dump --type T --attachments "$PWD/files/deep" \
	    2> /dev/null && return 1
	mkdir files &&
	    sat a lab dump --type T --attachments "$PWD/files/deep" > t2.jsonl &&
	    sat b lab load t2.jsonl && sat b lab dump --type T \
	    --attachments files/again > /dev/null &&
	    diff -r files/deep files/again
}

here() {
	(cd drop && "$program" --home ../a export --to b --out . \
	    --full) > name && [ -f "drop/$(cat name)" ] &&
	    (cd b && "$program" --home . import "../drop/$(cat ../name)")
}

through_link() {
	ln -s drop door && sat a export --to b --full --out door > name &&
	    sat b import door/ && sat b verify "$(cat name)"
}

# Whoever has no HOME is looked up once, before.
without_home() {
	env -u HOME -u XDG_STATE_HOME "$program" --home a status
}

if [ "$LANDLOCK" = yes ] && strace -o /dev/null true 2> /dev/null; then
	check "every command is confined" all_confined
	kernels
else
	echo "skipped: kernels, for there is no Landlock or no ptrace here"
	need life
fi
check "a home in pieces" moved
check "lines from standard input" loads s1 1 from_stdin -
check "lines from /dev/stdin" loads s2 2 from_stdin /dev/stdin
check "lines from a pipe" loads s3 3 from_pipe /dev/stdin
check "lines from a descriptor" loads s4 4 from_descriptor
check "a passphrase from anywhere" locked
check "attachments into a new folder" attachments
check "here" here
check "through a link" through_link
check "without HOME" without_home
end
