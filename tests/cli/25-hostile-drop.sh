# A drop in which anybody writes anything: each night is done all the same,
# nothing of others is touched, and what is said can be shown on a terminal.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
drops a:b b:a
need load a "$(thing x 1)"
need nights a
sent=share/$(lying)

# night SITE: as quiet, and within what is patient.
night() {
	quiet_exit=0
	timeout 60 "$SATCHEL" --home "$1" sync > out 2> err || quiet_exit=$?
	[ "$quiet_exit" -eq 0 ] && [ ! -s out ] && [ ! -s err ]
}

# plain_text FILE: nothing in it moves a cursor or changes a colour.
plain_text() {
	python3 -c 'import sys
text = open(sys.argv[1], encoding="utf-8").read()
sys.exit(any(not (c == "\n" or c.isprintable()) for c in text))' "$1"
}

# --- what is no file, and files that are nothing of ours
cp "$sent" away
ln -s "$PWD/away" share/a_to_b_900001.satchel
ln -s /etc/passwd share/a_to_b_900002.satchel
ln -s nowhere share/a_to_b_900003.satchel
ln -s share share/loop
mkfifo share/a_to_b_900004.satchel
mkdir share/a_to_b_900005.satchel share/deep
cp away share/deep/a_to_b_900006.satchel
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(
    "share/a_to_b_900007.satchel")'
made=0
if [ "$(id -u)" = 0 ] &&
    mknod share/a_to_b_900008.satchel c 1 5 2> /dev/null; then
	made=1
fi
truncate -s 100G share/a_to_b_900009.satchel
head -c 5000 /dev/urandom > share/a_to_b_900010.satchel
: > share/a_to_b_900011.satchel
echo 'a line' > share/notes.txt
cp away share/.hidden.satchel
cp away share/.a_to_b_000001.satchel.part
echo theirs > share/.c_to_b_000001.satchel.0123456789abcdef.part
for name in "$(printf 'new\nline')" "$(printf '\033[2J\033]0;title\007')" \
    "$(printf 'bad\377\376')" "$(printf '\342\200\256rtl')" '-rf' '--json' \
    '*' '$(touch owned)' '`touch owned`' "it's" ' ' '%s%n' "$(
    printf '%0250d' 7)"; do
	printf x > "share/$name"
done
find share -mindepth 1 ! -name 'a_to_b_00000?.*' ! -name 'b_to_a_*' \
    -printf '%P %y %s\0' | sort -z > before
check 'a night at b' night b
check 'what is for it was read' shows b x 1
check 'nights at both' night a
check 'and again' night b
find share -mindepth 1 ! -name 'a_to_b_00000?.*' ! -name 'b_to_a_*' \
    -printf '%P %y %s\0' | sort -z > after
check 'nothing of others was touched' same_bytes before after
check 'nor was anything run' test ! -e owned
[ $made = 1 ] || echo '25-hostile-drop: a device: skipped: not permitted'
save_json doc.json b sync
check 'the document counts them' json doc.json '.well and
    (.drops[0].foreign >= 17) and .drops[0].broken == 0'

# --- copies and files that begin like ours, under such names
wild=$(printf 'x\nsatchel: E_OK: \033[31m\377 %%s')
need load a "$(thing y 1)"
need night a
sent=share/$(lying 'a_to_b_0*')
cp "$sent" "share/$wild"
cp "$sent" 'share/it is a copy'
rm "$sent"
check 'a copy will do, whatever it is called' night b
check 'it is read' shows b y 1
check 'both' night a
head -c 4000 "share/$wild" > 'share/half' 2> /dev/null ||
    head -c 4000 away > share/half
mv share/half "share/$wild-half"
check 'a half is passed over' night b
need database b 'UPDATE drop_file SET first=first-90000'
check 'and told of after a day' fails E_TRUNCATED 4 sat b sync \
    --mail-summary mail --report rep.json --verbose
check 'on standard error: so that a terminal is not misled' plain_text err
check 'each error is one line' test "$(grep -c '^satchel: ' err)" -eq 1
check 'in words' plain_text out
check 'in the mail' plain_text mail
check 'in the report' json rep.json '.alarms | length == 1'
check 'drop show' sh -c '"$SATCHEL" --home b drop show nightly > out'
check 'is plain, too' plain_text out
save_json doc.json b drop show nightly
check 'and as JSON' json doc.json '.files | length > 0'
rm "share/$wild-half"
check 'when it is gone all is well' night b

# --- copies of our own files go when the file may; what we wrote, not more
need load a "$(thing z 1)"
need night a
sent=share/$(lying 'a_to_b_0*' | tail -n 1)
cp "$sent" share/backup
head -c 3000 "$sent" > share/part-of-it
check 'read' night b
check 'what all have is gone' night a
check 'with its copy' test ! -e share/backup -a ! -e "$sent"
check 'what is not whole stays' test -e share/part-of-it
rm share/part-of-it

# --- what was read long ago is put back; what is lost is written again
cp away share/replay
check 'an old file' night b
check 'of ours' night a
check 'does no harm' shows b x 1
need load a "$(thing lost 1)"
for how in 'rm "$1"' 'truncate -s 100 "$1"' ': > "$1"' \
    'echo x > "$1"' 'mv "$1" .'; do
	need night a
	one=share/$(lying 'a_to_b_0*' | grep -v receipt | tail -n 1)
	check "a file before: $how" test -s "$one"
	sh -c "$how" sh "$one"
	check "a file after: $how" night a
	check "it lies there again: $how" test -n "$(lying 'a_to_b_0*' |
	    grep -v receipt)"
	rm -f "$one"
done
check 'b gets it' night b
check 'at last' shows b lost 1
need night a

# --- while it is read, files change
(
	while [ ! -e stop ]; do
		head -c 2000 away > share/changing
		cat away > share/changing
		rm -f share/changing
		mv share/there share/here 2> /dev/null || cp away share/there
		ln -sf away share/turning
		cp away share/turning.new && mv share/turning.new share/turning
	done
) 2> /dev/null &
writer=$!
for n in 1 2 3 4 5; do
	need load a "$(thing busy "$n")"
	sat a sync > /dev/null 2> err || [ $? -lt 10 ] || break
	sat b sync > /dev/null 2>> err || [ $? -lt 10 ] || break
done
: > stop
wait $writer
rm -f share/changing share/there share/here share/turning*
check 'no night was a bug' not grep -q E_INTERNAL err
check 'when it is calm' night a
check 'all' night b
check 'is there' shows b busy 5
need night a

# --- a folder full of junk
python3 - <<'END'
for i in range(5000):
    with open(f'share/junk-{i}', 'wb') as f:
        f.write(b'%d' % i)
END
check 'five thousand files' night a
need load a "$(thing junk 1)"
check 'more' night a
check 'and more' night b
check 'hide nothing' shows b junk 1
find share -name 'junk-*' -delete
check 'they go' night b
check 'and are forgotten' test "$(sat b drop show nightly --json |
    jq .others)" -lt 100

# --- a file that cannot be read, for who is not root
if [ "$(id -u)" != 0 ]; then
	cp away share/secret
	chmod 0 share/secret
	check 'a file that cannot be read' night b
	need database b 'UPDATE drop_file SET first=first-90000'
	check 'is told of after a day' expect_exit 3 sat b sync
	rm -f share/secret
fi
check 'the last night' night a

# --- their own marks and temporaries
check 'a temporary of others is there still' test -e \
    share/.c_to_b_000001.satchel.0123456789abcdef.part
printf x > share/.a_to_b_000099.satchel.0123456789abcdef.part
check 'one that we left' night a
check 'is swept' test ! -e share/.a_to_b_000099.satchel.0123456789abcdef.part
rm share/.satchel-drop
mkfifo share/.satchel-drop
check 'a mark that would block' fails E_CONFIG 2 timeout 60 "$SATCHEL" \
    --home a sync
end
