# How far long work is: on a terminal, and not in a log.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# on_terminal COLUMNS SITE WORD...: `seen` is what was on the terminal.
on_terminal() {
	columns=$1
	home=$2
	shift 2
	python3 "$CLI_DIR/terminal.py" "$columns" seen \
	    "$SATCHEL" --home "$home" "$@" > out
}

# is_shown WORD...: each of them as a line that was written over, with how far
# it is; nothing of them is left, and nothing else was wrong.
is_shown() {
	for shown in "$@"; do
		grep -Eq "^~$shown: [0-9]+ %" seen || return 1
		not grep -q "^=$shown" seen || return 1
	done
	not grep '^!' seen
}

# is_plain FILE: lines of text, without a control character.
is_plain() {
	[ "$(tr -d '\n[:print:]' < "$1" | wc -c)" -eq 0 ]
}

# quiet SITE WORD...: in a log nothing says how far it is.
quiet() {
	expect_exit 0 sat "$@" && is_plain err && not grep -q ' %' err
}

# lines WHAT SITE WORD...: with --progress whole lines in a log.
lines() {
	what=$1
	shift
	expect_exit 0 sat "$@" --progress && is_plain err &&
	    grep -Eq "^$what: 100 %, .* in [0-9]+ s\$" err
}

sites a b
awk 'BEGIN {
	for (i = 0; i < 20000; i++)
		printf "{\"uid\":\"u%05d\",\"type\":\"T\",\"title\":\"%d\"}\n",
		    i, i * i
	print "{\"uid\":\"big\",\"type\":\"T\",\"attachments\":[{\"file\":\"f\"}]}"
}' > many.jsonl
head -c 12000000 /dev/urandom > f

# --- on a terminal
check 'a load' on_terminal 132 a lab load many.jsonl
check 'is shown' is_shown loading
check 'the expected end' grep -Eq '^~.* left \(end ..:..(:..)?\)' seen
check 'bytes, objects and the rate' grep -Eq \
    '^~loading: .* [0-9]+ objects, .* [KM]iB, .* [KM]iB/s$' seen
check 'an export' on_terminal 80 a export --to b --out drop
check 'is shown, and that it is read back' is_shown exporting 'reading back'
check 'the last word is another' sh -c \
    'tail -n 1 seen | grep -Eq "^=(safe|in memory)"'
file=$(cat out)
check 'a verification, on a narrow one' on_terminal 30 b verify "$file"
check 'has room for what matters most' is_shown reading checking
check 'and for no more' not grep -Eq '^~.{30}' seen
check 'an import' on_terminal 80 b import "$file"
check 'is shown' is_shown reading importing
check 'a dump' on_terminal 80 b lab dump
check 'is shown' is_shown dumping
check 'and its lines are as ever' sh -c 'wc -l < out | grep -qx 20001'

# --- in a log
sites c
know a c
know c a
need sat a export --to c --out drop
for verb in "a lab load many.jsonl" "a lab dump" \
    "a export --to b --out drop --full" "c verify drop"; do
	# shellcheck disable=SC2086
	check "in a log nothing: $verb" quiet $verb
done
check 'unless it is asked for: load' lines loading a lab load many.jsonl
check 'dump' lines dumping a lab dump
check 'export' lines 'reading back' a export --to b --out drop --full
check 'import' lines importing c import drop
check 'nothing of it is JSON' save_json doc.json a export --to b --out drop \
    --full --progress
check 'which is one document' json doc.json '.error == null'

end
