# Promises and silence; attachments that are asked for; what doctor finds.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# shown SITE WORD...: a document of it, in doc.json.
shown() {
	save_json doc.json "$@"
}

# --- setting
sites a b
check 'nothing is promised at first' test \
    "$(sat a site show --json | jq .cadence)" = null
for bad in cadence=1 cadence=59m cadence=367d cadence=daily cadence= cadence \
    cadence=-1d other=1d; do
	check "site set $bad is refused" fails E_USAGE 2 sat a site set "$bad"
done
check 'site set cadence=1d' expect_exit 0 sat a site set cadence=1d
check 'site show says it' test \
    "$(sat a site show --json | jq .cadence)" = 86400
check 'and the log' test "$(sat a log --json | jq -c \
    '.entries[-1] | [.event, .detail.set]')" = '["site-set","cadence=1d"]'
for bad in silent-after=1 silent-after=often silent-after=; do
	check "peer set $bad is refused" fails E_USAGE 2 sat b peer set a "$bad"
done
for pair in 3d:259200 never:0 auto:null 90m:5400; do
	check "peer set silent-after=${pair%:*}" test "$(sat b peer set a \
	    "silent-after=${pair%:*}" --json | jq .silent_after)" = "${pair#*:}"
done
check 'peer show says it' sh -c '"$SATCHEL" --home b peer show a |
    grep -q "silent-after 90m"'
need sat b peer set a silent-after=auto

# --- a promise travels; without one nothing is in the file
need load a "$(thing u1 1)"
check 'a file' carry a b
shown b status
check 'status says what is promised' json doc.json '.peers[0] |
    .cadence == 86400 and .silent == false and .silent_since == null and
    .heard != null'
need export_to b a
check 'who promises nothing writes nothing of it' not grep -aq cadence "$sent"
need sat a import "$sent"

# --- silence
check 'all is well' expect_exit 0 sat b doctor
need database b 'UPDATE peer SET added=1, last_heard=strftime("%s") - 172790'
check 'a day and 23 hours are no silence' expect_exit 0 sat b doctor
need database b 'UPDATE peer SET last_heard=strftime("%s") - 172900'
check 'two days are: exit 9' fails E_STALE_SOURCE 9 sat b doctor
check 'it says which peer and what to do' grep -q \
    'alarm E_STALE_SOURCE: nothing was heard of "a" since' out
check 'status says it, exit 0' expect_exit 0 sat b status
check 'since when' grep -q 'SILENT since 20' out
shown b status
check 'in JSON' json doc.json '.error == null and (.peers[0] | .silent and
    .silent_since > .heard)'
need sat b peer set a silent-after=never
check 'not if never' expect_exit 0 sat b doctor
need sat b peer set a silent-after=auto
need export_to a b --heartbeat
need sat b import "$sent"
check 'a file ends it' expect_exit 0 sat b doctor
need sat a site set cadence=none
need sat b import "$(sat a receipt --to b --out drop 2> err)"
need database b 'UPDATE peer SET last_heard=5, added=1'
check 'a promise is taken back by a receipt' expect_exit 0 sat b doctor
check 'status too' test "$(sat b status --json | jq '.peers[0].cadence')" = null

# --- an attachment that is asked for
mkdir lost req answer
head -c 3000000 /dev/urandom > lost/att
need load a '{"uid":"g1","type":"G","attachments":[{"name":"n",'\
'"media_type":"a/b","file":"lost/att"}]}'
need settle a b
need database b 'DELETE FROM part WHERE id/16777216 IN (SELECT id FROM blob);
    DELETE FROM blob'
need load a '{"uid":"g2","type":"G","attachments":[{"name":"m",'\
'"media_type":"a/b","file":"lost/att"}]}'
need export_to a b
check 'what b is thought to have is not there: a gap' fails E_GAP 8 \
    sat b import --requests req "$sent"
request=$(find req -type f)
check 'status: gaps' test "$(sat b status --json |
    jq -c '.peers[0] | [.gaps, .gap_ranges[0].generation]')" = '[1,1]'
check 'in words' sh -c '"$SATCHEL" --home b status |
    grep -q "missing: what a wrote after its sequence [0-9]* up to [0-9]*"'
check 'the request is read, by import' expect_exit 0 sat a import "$request"
shown a status
check 'a knows what is wanted' json doc.json '.peers[0].wanted == 1'
check 'in words' sh -c '"$SATCHEL" --home a status |
    grep -q "it asked for 1 attachment "'
check 'a dry run counts it' sh -c '"$SATCHEL" --home a export --to b --dry-run \
    --json | jq -e ".bundles[0].blobs == 1"'
check 'the next export carries it' expect_exit 0 sat a export --to b \
    --out answer
check 'b has it' expect_exit 0 sat b import answer
check 'as it was' agree a b
check 'and it is wanted no more' test \
    "$(sat a status --json | jq '.peers[0].wanted')" = 0
check 'they fall silent' settle a b

# nothing due, and wanted all the same
need database a 'INSERT INTO wanted SELECT 1, hash FROM blob LIMIT 1'
need export_to a b
check 'a file for what is wanted alone' test "$(lines_of "$sent")" = 1
check 'with it' test "$(sat b inspect --json "$sent" | jq .totals.blobs)" = 1
check 'once' silent a b

# --- doctor
check 'doctor --full' expect_exit 0 sat a doctor --full
check 'it looks at the store' grep -q 'good .*sound' out
need chmod 0640 a/keys/age.key
check 'a key that others may read' fails E_CONFIG 2 sat a doctor
check 'and how that is mended' grep -q 'next: chmod 600' out
need chmod 0600 a/keys/age.key
cp a/keys/sign.pub sign.pub
cp b/keys/sign.pub a/keys/sign.pub
check 'halves that do not belong together' fails E_CONFIG 2 sat a doctor
check 'named' grep -q 'mend .*E_KEYFILE' out
cp sign.pub a/keys/sign.pub
touch a/spool/left
check 'what a dead run left is a note' expect_exit 0 sat a doctor
check 'named' grep -q 'note .*dead runs left 1 file' out
rm a/spool/left
database a 'INSERT INTO log(time,event,detail) VALUES
    (strftime("%s") + 86400, "notice", "{}")'
check 'a clock that was put back' fails E_CLOCK 9 sat a doctor
database a 'INSERT INTO log(time,event,detail) VALUES
    (strftime("%s"), "notice", "{}")'
check 'and is right again' expect_exit 0 sat a doctor
need load b "$(thing u9 1)"
need database b 'UPDATE version SET label=strftime("%s") + 99999 WHERE object
    =(SELECT id FROM object WHERE uid="u9")'
need carry b a
check 'a change that is to come is a note' expect_exit 0 sat a doctor
check 'named' grep -q 'note .*which is to come' out
need sat a site set cadence=12h
check 'a promise that nothing sees to is a note' expect_exit 0 sat a doctor
check 'named' grep -q 'note .*nothing is scheduled' out
need database a 'INSERT INTO log(time,event,detail) VALUES
    (strftime("%s"), "scheduled", "{}")'
check 'with a schedule it is none' expect_exit 0 sat a doctor
check 'indeed' not grep -q 'nothing is scheduled' out

# drops
mkdir nightly
need sat a drop add night nightly --peers b
need sat a doctor
check 'a drop is well' sh -c '"$SATCHEL" --home a doctor |
    grep -q "good  drop \"night\" is there"'
check 'a promise without a night is a note' sh -c '"$SATCHEL" --home a doctor |
    grep -q "note .*no night.s work was done on any drop"'
touch nightly/.a_to_b.satchel.Xx.part
check 'what was begun and not ended' sh -c '"$SATCHEL" --home a doctor |
    grep -q "note .*1 file that a dead run began"'
rm nightly/.a_to_b.satchel.Xx.part
# unread N FILE: doctor says so of so many files of a drop.
unread() {
	sat a doctor | grep -q "note .* has $1 files* that other accounts may \
not read, such as \"$2\""
}
check 'what all can read is no news' not unread '.' '.*'
chmod 600 nightly/.satchel-drop
check 'a mark that others cannot read' unread 1 .satchel-drop
need sat a drop publish night
chmod 600 nightly/a_to_b_*
check 'and files of ours' unread 2 .satchel-drop
chmod 640 nightly/.satchel-drop
check 'a group is enough' unread 1 'a_to_b_.*'
rm nightly/.satchel-drop
check 'a drop that is not mounted' fails E_CONFIG 2 sat a doctor
need sat a drop set night removable=yes
check 'may be absent' expect_exit 0 sat a doctor
check 'status lists it' test "$(sat a status --json |
    jq -c '.drops | map([.name, .files])')" = '[["night",1]]'

# the database
size=$(size_of b/store.db)
dd if=/dev/urandom of=b/store.db bs=512 seek=$((size / 512 - 40)) count=40 \
    conv=notrunc 2> dd.err
check 'a damaged store is found' expect_exit '2|4' sat b doctor

end
