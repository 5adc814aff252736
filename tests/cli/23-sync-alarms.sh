# Nights in which not all is well: what is said, by which exit, and that the
# rest is done all the same.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
drops a:b b:a

# mailed FILE NAME: a mail that Python reads, about an error of that name.
mailed() {
	python3 - "$1" "$2" <<'END'
import email, email.policy, sys
with open(sys.argv[1], 'rb') as f:
    mail = email.message_from_binary_file(f, policy=email.policy.default)
assert not mail.defects, mail.defects
assert mail['Subject'].startswith('satchel'), mail['Subject']
assert mail['Auto-Submitted'] == 'auto-generated'
assert mail.get_content_type() == 'text/plain'
text = mail.get_content()
assert sys.argv[2] + ': ' in text, text
assert '\n  next: ' in text, text
assert all(c == '\n' or c.isprintable() for c in text), ascii(text)
END
}

# alarmed NAME EXIT SITE [WORD...]: a night with an alarm: the error, the mail
# and the document say the same.
alarmed() {
	name=$1 code=$2 site=$3
	shift 3
	fails "$name" "$code" sat "$site" sync --mail-summary mail \
	    --report rep.json "$@" || return 1
	[ ! -s out ] || return 1
	mailed mail "$name" || return 1
	json rep.json '.well == false and .exit == '"$code"' and
	    .error.name == "'"$name"'" and (.alarms | length > 0) and
	    .alarms[0].name == "'"$name"'" and .alarms[0].exit == '"$code"' and
	    (.alarms[0].next | length > 0)'
}

# --- nights that could not begin
need sat new init --name new
check 'without a drop' fails E_CONFIG 2 sat new sync --verbose \
    --mail-summary mail
check 'it is not said to be well' grep -qx 'new: not all is well' out
check 'nor in the mail' grep -qx \
    'Subject: satchel new: the sync failed (E_CONFIG)' mail
mkdir "$SCRATCH/no
site"
for home in no/such/ "$SCRATCH/no
site/." no_site; do
	rm mail
	check "no site in $home" fails 'E_CONFIG|E_IO' '2|3' sat "$home" sync \
	    --mail-summary mail
	check 'the mail names the folder' grep -Eqx \
	    'Subject: satchel (such|no[?]site|no_site): the sync failed .*' mail
	check 'in one line' test "$(sed -n 2p mail)" = 'MIME-Version: 1.0'
done

# --- one lock
lock=a/sync.lock
need quiet a
check 'the lock is for its owner alone' test "$(stat -c %a $lock)" = 600
(
	exec 9>> "$lock"
	flock 9
	printf '4711 %s\n' $(($(date +%s) - 7500)) > "$lock"
	exec sleep 300
) &
holder=$!
tries=0
while flock -n "$lock" true; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || break
	sleep 0.05
done
check 'a second sync' fails E_LOCKED 14 sat a sync --mail-summary mail \
    --report rep.json
check 'says who has it, and for how long' \
    grep -q '(process 4711, for 2 h 5 min) is working on' err
check 'and what to do' grep -q -- '--wait SECONDS' err
check 'so does the mail' mailed mail E_LOCKED
check 'and the report' json rep.json '.error.name == "E_LOCKED" and
    .exit == 14 and .well == false'
check '--wait 1 gives up' fails E_LOCKED 14 sat a sync --wait 1
check 'a part of a night is a night' fails E_LOCKED 14 sat a drop prune nightly
check 'other work goes on' expect_exit 0 load a "$(thing l 1)"
(sleep 1; kill "$holder") &
check '--wait 60 waits' expect_exit 0 sat a sync --wait 60
wait
check 'and works' lies 1 'a_to_b_??????'
need nights b a b

# --- the share is not mounted
mv share mounted
check 'no folder' alarmed E_MEDIA_GONE 3 a
check 'it says which drop' grep -q 'drop "nightly"' err
mkdir share
check 'an empty mount point' alarmed E_MEDIA_GONE 3 a
need load a "$(thing m 1)"
check 'in which nothing is written' alarmed E_MEDIA_GONE 3 a
check 'nothing at all' test -z "$(find share -mindepth 1)"
check 'the document says so' json rep.json '.drops[0].there == false'
check 'words too' sh -c '"$SATCHEL" --home a sync --verbose 2> /dev/null |
    grep -q "nightly: not there"'
cp mounted/.satchel-drop share/
sed -i '2s/./z/' share/.satchel-drop
check 'a mark that is none' alarmed E_CONFIG 2 a
mkdir empty
need sat a drop add spare empty --peers b
cp empty/.satchel-drop share/
check 'another drop' alarmed E_CONFIG 2 a
check 'the spare one is served all the same' test -n "$(find empty \
    -name 'a_to_b_*')"
rm share/.satchel-drop
need sat a drop set nightly removable=yes
check 'a drop that may be absent' quiet a
rm -r share
check 'or gone' quiet a
mv mounted share
need sat a drop set nightly removable=no
need sat a drop remove spare
check 'it is back' nights a b a

# --- a file that stays broken
need load a "$(thing broken 1)"
need quiet a
whole=$(lying 'a_to_b_??????')
mv "share/$whole" kept
head -c 4000 kept > "share/$whole"
check 'half a file may be in the making' quiet b
need database b 'UPDATE drop_file SET first=first-86300 WHERE what=5'
check 'nearly' quiet b
need database b 'UPDATE drop_file SET first=first-200 WHERE what=5'
check 'then it is an alarm' alarmed E_TRUNCATED '4' b
check 'that names it' grep -q "\"$whole\", there since" err
cp kept "share/$whole"
check 'the rest comes' quiet b
check 'and is read' shows b broken 1
need nights a b

# --- files that are refused
know_nobody() {
	need sat nobody init --name nobody
	need sat nobody site card --out cards/nobody
	know nobody b
	need load nobody "$(thing n 1)"
	need sat nobody export --to b --out share
}
know_nobody
check 'of a stranger' quiet b
need database b 'UPDATE drop_file SET first=first-90000 WHERE what=5'
check 'is an alarm after a day' alarmed E_UNKNOWN_KEY 7 b
rm share/nobody*
check 'until it is gone' quiet b
need load a "$(thing damaged 1)"
need quiet a
whole=$(lying 'a_to_b_??????')
cp "share/$whole" kept
flip "share/$whole" 2060
need load b "$(thing from-b 1)"
check 'a damaged one is one at once' alarmed E_HASH 4 b
check 'it is told as import tells it' grep -q "share/$whole" err
check 'nothing of it is applied' shows b damaged ''
check 'but the rest is done' test -n "$(lying 'b_to_a_??????')"
check 'again each night' alarmed E_HASH 4 b
need load a "$(thing healed 1)"
check 'a newer one takes its place' quiet a
check 'and heals it' quiet b
check 'all of it' shows b damaged 1
need nights a b a

# --- a gap: asked for, answered, healed
mkdir -p att chain
head -c 300000 /dev/urandom > att/one
head -c 300000 /dev/urandom > att/two
for n in one two; do
	printf '{"uid":"g-%s","type":"T","attachments":[{"name":"x",' "$n"
	printf '"file":"att/%s"}]}\n' "$n"
done > gap.jsonl
need sat a lab load gap.jsonl
need sat a export --to b --out chain --max-size 400K
second=$(find chain -name 'a_to_b*' | sort | tail -n 1)
check 'a chain of some' test "$(find chain -name 'a_to_b*' | wc -l)" -gt 1
cp "$second" share/
check 'a link of it alone is a gap' alarmed E_GAP 8 b
check 'b asks for the rest' lies 1 'b_to_a_*.request'
asked=$(lying '*.request')
check 'the report names the request' json rep.json '.bundles[] |
    select(.result == "gap") | .request | endswith(".request.satchel")'
check 'the next night, too' alarmed E_GAP 8 b
check 'but asks no more' test "$(lying '*.request')" = "$asked"
check 'a reads it and answers' quiet a
check 'with what b lacks' lies 1 'a_to_b_??????'
check 'b is healed' quiet b
check 'of all' agree a b
check 'and its request is gone' nights a b
check 'when nothing is missing any more' lies 0 '*.request'

# --- a drop that cannot be written
need load a "$(thing ro 1)"
if [ "$(id -u)" != 0 ]; then
	chmod a-w share
	check 'read-only' alarmed E_READONLY 3 a
	chmod u+w share
	check 'later it can' quiet a
elif mount --bind share share 2> /dev/null; then
	mount -o remount,ro,bind share
	check 'read-only' alarmed E_READONLY 3 a
	need load b "$(thing ro-b 1)"
	check 'and for b, who reads it' expect_exit 3 sat b sync
	umount share
	check 'later it can' quiet a
else
	echo '23-sync-alarms: a read-only mount: skipped: not permitted'
	check 'later it can' quiet a
fi
check 'and all is as it should be' nights b a b

# --- a drop that is full
mkdir small
if [ "$(id -u)" = 0 ] &&
    mount -t tmpfs -o size=96k satchel-test small 2> /dev/null; then
	for site in a b; do
		other=$(echo ab | tr -d $site)
		need sat "$site" drop add full small --peers "$other"
	done
	head -c 120000 /dev/urandom > att/large
	need load a '{"uid":"full","type":"T","attachments":[{"name":"x",'"$(
	    printf '"file":"att/large"}]}')"
	check 'no room' alarmed E_NOSPACE 3 a
	check 'no name for what is not whole' test -z "$(find small -type f \
	    -name '*to*' ! -name '*.receipt.satchel')"
	check 'the other drop has it' nights b a b
	check 'so nothing is lost' shows b ro 1
	check 'and then there is nothing due' nights a b
	for site in a b; do
		need sat "$site" drop remove full
	done
	umount small
else
	echo '23-sync-alarms: a full drop: skipped: no tmpfs can be mounted'
fi

# --- a site that was put back, and its guard with it
need nights a b
mkdir second
for site in a b; do
	need sat "$site" drop add second second --peers "$(echo ab |
	    tr -d $site)"
done
cp -r a kept-a
cp -r state kept-state
need load a "$(thing later 1)"
need quiet a
rm -r a state
mv kept-a a
cp -r kept-state state
lying > before
rm -f second/a_to_b_*
need database a 'UPDATE peer SET stated=100000'
check 'finds a file of its own that it does not know' alarmed E_ROLLED_BACK 8 a
check 'is told what to do' grep -q "site restored --reason" err
lying > after
check 'and writes nothing' same_bytes before after
check 'into no drop' test -z "$(find second -name '*.satchel')"
need database a 'UPDATE peer SET stated=NULL'
check 'until it is said to be restored' expect_exit 0 \
    sat a site restored --reason 'the disk was replaced'
check 'then its nights go on' nights a
need load a "$(thing other 1)"
check 'and b has both' nights b a b
check 'what was written before' shows b later 1
check 'and after' shows b other 1
check 'they agree' same_digest a b

# --- a peer that promised to write and does not
need sat b site set cadence=1d
need database b 'UPDATE drop_peer SET written=written-43300'
need nights b a
need database a 'UPDATE peer SET added=1,last_heard=last_heard-200000'
check 'a silent peer' alarmed E_STALE_SOURCE 9 a
check 'is named' grep -q 'nothing has come from b' err
check 'until it writes' sh -c '"$SATCHEL" --home b receipt --to a --out share'
check 'then all is well' quiet a
need database b 'UPDATE drop_peer SET written=written-43300'
lying > before
check 'who promised writes before it is late' quiet b
lying > after
check 'though nothing is due' not same_bytes before after
end
