# The lab's lines: load, dump, show, delete (design section 11).
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

need sat a init --name a
need sat b init --name b

# exactly UID LINE: the dump has this very line for the object.
exactly() {
	printf '%s\n' "$2" > expected.line
	sat a lab dump | grep -aF "\"uid\":\"$1\"" > found.line
	cmp expected.line found.line
}

# --- values come back exactly
check 'load of a plain line' expect_exit 0 load a '{"uid":"m1","type":"X"}'
check 'it has the keys that were loaded' \
    exactly m1 '{"type":"X","uid":"m1"}'

check 'white space, any order of keys' expect_exit 0 load a \
    ' { "uid" : "v1" ,	"type":"X", "fields" : { "b":[ ] , "a":{ } } } '
check 'become canonical' \
    exactly v1 '{"fields":{"a":{},"b":[]},"type":"X","uid":"v1"}'

numbers='"a":0.10,"b":-0.0,"c":1E+2,"d":1e-400,"e":12345678901234567890123'
numbers="$numbers"',"f":9007199254740993.0,"g":100.000,"h":-0,"i":1e0'
check 'numbers of all forms' expect_exit 0 load a \
    "{\"type\":\"X\",\"uid\":\"n1\",\"fields\":{$numbers}}"
check 'keep their digits' \
    exactly n1 "{\"fields\":{$numbers},\"type\":\"X\",\"uid\":\"n1\"}"

empties='"a":[],"b":{},"c":"","d":null,"e":[true,false,[[],[[]],{}]],"f":[""]'
check 'empty values' expect_exit 0 load a \
    "{\"uid\":\"e1\",\"type\":\"X\",\"fields\":{$empties},\"parent\":null}"
check 'stay empty' exactly e1 \
    "{\"fields\":{$empties},\"parent\":null,\"type\":\"X\",\"uid\":\"e1\"}"

check 'escapes of all forms' expect_exit 0 load a \
    '{"uid":"s1","type":"X","fields":{"t":"\u00e9\/\ud83e\uddea\u0041\u001f"}}'
check 'are those of RFC 8785' exactly s1 \
    '{"fields":{"t":"é/🧪A\u001f"},"type":"X","uid":"s1"}'
short='"t":"\b\f\n\r\t\"\\\u007f"'
check 'control characters' expect_exit 0 load a \
    "{\"uid\":\"s2\",\"type\":\"X\",\"fields\":{$short}}"
check 'have their short escapes' exactly s2 "$(printf '%s' \
    "{\"fields\":{$short},\"type\":\"X\",\"uid\":\"s2\"}" |
    sed "s/.u007f/$(printf '\177')/")"
check 'four bytes, any script' expect_exit 0 load a \
    '{"uid":"s3","type":"X","title":"Ω≈ç 例示 🧪𝔘 ﷽ é"}'
check 'text stays as it is, not normalised' exactly s3 \
    '{"title":"Ω≈ç 例示 🧪𝔘 ﷽ é","type":"X","uid":"s3"}'
check 'keys of many scripts' expect_exit 0 load a \
    '{"uid":"k1","type":"X","fields":{"🧪":1,"ﬁ":2,"z":3,"é":4,"":5,"Z":6}}'
check 'are sorted by their UTF-8 bytes' exactly k1 \
    '{"fields":{"":5,"Z":6,"z":3,"é":4,"ﬁ":2,"🧪":1},"type":"X","uid":"k1"}'

# --- large and deep
big=$(printf '%01048576d' 7)
printf '{"uid":"big","type":"X","fields":{"t":"é%s"}}\n' "$big" > big.jsonl
check 'a text of 1 MiB' expect_exit 0 sat a lab load big.jsonl
printf '{"fields":{"t":"é%s"},"type":"X","uid":"big"}\n' "$big" > big.want
sat a lab dump | grep -aF '"uid":"big"' > big.found
check 'comes back exactly' same_bytes big.want big.found
printf '{"uid":"huge","type":"X","fields":{"t":"' > huge.jsonl
head -c 5000000 /dev/zero | tr '\0' x >> huge.jsonl
printf '"}}\n' >> huge.jsonl
check 'a line over 4 MiB' unchanged a fails E_LIMIT 6 \
    sat a lab load huge.jsonl

nested() {
	printf '{"uid":"%s","type":"X","fields":{"n":' "$1"
	printf "%0$2d" 0 | tr 0 '['
	printf "%0$2d" 0 | tr 0 ']'
	printf '}}\n'
}
nested deep 48 > deep.jsonl
check '50 levels' expect_exit 0 sat a lab load deep.jsonl
check 'come back exactly' exactly deep "{\"fields\":{\"n\":$(
    printf '%048d' 0 | tr 0 '[')$(printf '%048d' 0 | tr 0 ']'
    )},\"type\":\"X\",\"uid\":\"deep\"}"
nested deeper 500 > deeper.jsonl
check '500 levels' unchanged a fails 'E_JSON|E_LIMIT' '[56]' \
    sat a lab load deeper.jsonl
nested deepest 900000 > deepest.jsonl
check '900,000 levels' unchanged a fails 'E_JSON|E_LIMIT' '[56]' \
    sat a lab load deepest.jsonl

# --- the dump as a whole
check 'uids of several kinds' expect_exit 0 load a \
    '{"uid":"b","type":"X"}' '{"uid":"B","type":"X"}' \
    '{"uid":"10","type":"X"}' '{"uid":"9","type":"X"}'
sat a lab dump | jq -r .uid > uids
LC_ALL=C sort uids > uids.sorted
check 'a dump is sorted by the bytes of the uid' same_bytes uids uids.sorted
need sat a lab load big.jsonl
digest a > digest.1
check 'status states a digest' grep -Eq '^[0-9a-f]{64}$' digest.1
check 'loading what is there' expect_exit 0 sat a lab load big.jsonl deep.jsonl
digest a > digest.2
check 'changes nothing' same_bytes digest.1 digest.2
sat a lab dump > dump.1
check 'loading its own dump' expect_exit 0 sat a lab load dump.1
digest a > digest.2
check 'changes nothing either' same_bytes digest.1 digest.2
need load a '{"uid":"y1","type":"Y"}'
check '--type' test "$(sat a lab dump --type Y)" = '{"type":"Y","uid":"y1"}'
check '--type of nothing' test -z "$(sat a lab dump --type Z)"

# --- later states of an object
step() {
	printf '{"action":"%s","actor":"ann","time":"2026-01-0%sT00:00:00Z",' \
	    "$1" "$2"
	printf '"state":"%s","comments":"µ"}' "$3"
}
one=$(step create 1 new)
two=$(step submit 2 'done')
need load a "{\"uid\":\"h1\",\"type\":\"X\",\"title\":\"t\",\"history\":[$one]}"
need load a "{\"uid\":\"h1\",\"type\":\"X\",\"history\":[$two]}"
sat a lab dump | grep '"uid":"h1"' > h1
check 'a key that is not loaded again is gone' json h1 'has("title") | not'
check 'but history only grows' json h1 \
    '[.history[].action] == ["create", "submit"]'
need load a "{\"uid\":\"h2\",\"type\":\"X\",\"history\":[$two,$one]}"
sat a lab dump | grep '"uid":"h2"' > h2
check 'history is sorted by time' json h2 \
    '[.history[].action] == ["create", "submit"]'
same=$(step zulu 1 new)
need load a "{\"uid\":\"h3\",\"type\":\"X\",\"history\":[$same,$one]}"
sat a lab dump | grep '"uid":"h3"' > h3
check 'of one time, it keeps its order' json h3 \
    '[.history[].action] == ["zulu", "create"]'

# --- show, delete
check 'show' expect_exit 0 sat a lab show s3
check 'it shows the title' grep -aq 'Ω≈ç 例示' out
check 'show of nothing' fails 'E_[A-Z_]+' '[25]' sat a lab show nothing
save_json doc.json a lab show s3
check 'show --json' json doc.json '.error == null'
check 'delete several' expect_exit 0 sat a lab delete b B
check 'they are gone' not exactly b '{"type":"X","uid":"b"}'
check 'but not without a trace' test "$(sat a lab dump --deleted |
    jq -s '[.[] | select(.deleted == true) | .uid] == ["B","b"]')" = true
check 'a plain dump has none' not grep -q '"deleted"' "$(
    sat a lab dump > plain.jsonl; echo plain.jsonl)"
check 'delete of nothing: all or nothing' unchanged a \
    fails 'E_[A-Z_]+' '[25]' sat a lab delete 10 nothing
check 'a line that deletes' expect_exit 0 load a \
    '{"uid":"9","type":"X","deleted":true,"time":"2026-02-01T00:00:00Z"}'
check 'keeps its time' test "$(sat a lab dump --deleted | grep '"uid":"9"')" \
    = '{"deleted":true,"time":"2026-02-01T00:00:00Z","type":"X","uid":"9"}'
check 'what is deleted may be loaded again' expect_exit 0 load a \
    '{"uid":"9","type":"X"}'
check 'and lives' exactly 9 '{"type":"X","uid":"9"}'

# --- CSV
printf 'uid,type,Name,Note\r\n' > rows.csv
printf 'r1,Row,"a, ""b""","two\nlines"\r\nr2,Row,Å µ,\r\n' >> rows.csv
check 'CSV' expect_exit 0 sat a lab load rows.csv
check 'columns become fields, quotes are undone' exactly r1 \
    '{"fields":{"Name":"a, \"b\"","Note":"two\nlines"},"type":"Row","uid":"r1"}'
check 'an empty cell is an empty text' exactly r2 \
    '{"fields":{"Name":"Å µ","Note":""},"type":"Row","uid":"r2"}'
printf 'id,type\nr3,Row\n' > bad.csv
check 'CSV without uid' unchanged a fails 'E_[A-Z_]+' '[25]' \
    sat a lab load bad.csv
printf 'uid,type,A\nr3,Row,1\nr4,Row\n' > bad.csv
check 'CSV with a short row' unchanged a fails 'E_[A-Z_]+' '[25]' \
    sat a lab load bad.csv
printf 'uid,type,A\nr3,Row,"1\n' > bad.csv
check 'CSV with an open quote' unchanged a fails 'E_[A-Z_]+' '[25]' \
    sat a lab load bad.csv
printf 'uid,type,A,A\nr3,Row,1,2\n' > bad.csv
check 'CSV with a column twice' unchanged a fails 'E_[A-Z_]+' '[25]' \
    sat a lab load bad.csv

# --- attachments
mkdir -p in/att
printf 'a;b\n1;2\n' > in/att/run.csv
head -c 300000 /dev/urandom > in/att/raw.bin
: > in/att/empty
attach() {
	printf '{"uid":"%s","type":"A","attachments":[' "$1"
	printf '{"name":"%s","media_type":"text/csv",%s}]}\n' "$2" "$3"
}
{
	attach a1 'run 1.csv' '"file":"att/run.csv"'
	attach a2 '../run.csv' '"file":"att/run.csv"'
	attach a3 raw '"file":"att/raw.bin"'
	attach a4 nothing '"file":"att/empty"'
} > in/files.jsonl
check 'attachments, relative to the file that names them' \
    expect_exit 0 sat a lab load in/files.jsonl
hash=$(b2sum -l 256 in/att/run.csv | cut -c 1-64)
sat a lab dump | grep '"uid":"a1"' > a1
check 'a dump says size and hash, and no file' json a1 ".attachments == [{
    name: \"run 1.csv\", media_type: \"text/csv\", size: 8,
    blake2b: \"$hash\"}]"
sat a lab dump --attachments files > with.jsonl
check 'each distinct one is written once' test \
    "$(find files -type f | wc -l)" -eq 3
b2sum -l 256 in/att/* | cut -c 1-64 | sort > hashes.in
find files -type f -exec b2sum -l 256 {} + | cut -c 1-64 | sort > hashes.out
check 'with the same bytes' same_bytes hashes.in hashes.out
check 'a name is never a path' test ! -e run.csv

# The file that a dump names is relative to where the dump was told to write.
named=$(jq -r 'select(.uid == "a3") | .attachments[0].file' with.jsonl)
[ -f "$named" ] || mv with.jsonl files/
[ -f "$named" ] || mv files again
again=with.jsonl
[ -f "$again" ] || again=again/with.jsonl
check 'such a dump can be loaded elsewhere' \
    expect_exit 0 sat b lab load "$again"
sat a lab dump > a.jsonl
sat b lab dump > b.jsonl
check 'and gives the same dump' same_bytes a.jsonl b.jsonl

check 'an attachment by its hash alone' expect_exit 0 load a \
    "$(attach a5 copy "\"blake2b\":\"$hash\"")"
check 'if the store has it' unchanged a fails 'E_REF' 5 load a \
    "$(attach a6 copy "\"blake2b\":\"$(printf '%064d' 0)\"")"
check 'a hash that is none' unchanged a fails 'E_[A-Z_]+' 5 load a \
    "$(attach a6 copy '"blake2b":"xyz"')"
check 'a missing file' unchanged a fails 'E_REF|E_IO' '[35]' load a \
    "$(attach a6 copy '"file":"no/such/file"')"
check 'neither file nor hash' unchanged a fails 'E_[A-Z_]+' 5 load a \
    "$(attach a6 copy '"x":1')"
check 'a folder' unchanged a fails 'E_[A-Z_]+' '[35]' load a \
    "$(attach a6 copy '"file":"in"')"
check 'loading them again' unchanged a expect_exit 0 \
    sat a lab load in/files.jsonl

# --- bad lines: a name, the number of the line, and nothing changed
bad_line() {
	bad_name=$1 bad_errors=$2
	{
		printf '{"uid":"ok1","type":"X"}\n'
		cat
		printf '\n{"uid":"ok2","type":"X"}\n'
	} > bad.jsonl
	check "bad line: $bad_name" unchanged a \
	    fails "$bad_errors" '[56]' sat a lab load bad.jsonl
	check "it says which line: $bad_name" grep -aEq 'line 2|:2(:| |$)' err
}
text() {
	printf '%s' "$1"
}
start='{"uid":"q","type":"X"'
text "$start,\"title\":1,\"title\":2}" | bad_line 'a key twice' E_JSON
text "$start,\"fields\":{\"ab\":1,\"\\u0061b\":2}}" |
    bad_line 'a key twice, once escaped' E_JSON
text "$start" | bad_line 'cut off' E_JSON
text "$start} x" | bad_line 'something after it' E_JSON
text "$start}$start}" | bad_line 'two on a line' E_JSON
text "$start,\"fields\":{\"a\":01}}" | bad_line 'a number 01' E_JSON
text "$start,\"fields\":{\"a\":.5}}" | bad_line 'a number .5' E_JSON
text "$start,\"fields\":{\"a\":NaN}}" | bad_line 'NaN' E_JSON
text "$start,\"fields\":{\"a\":'x'}}" | bad_line 'single quotes' E_JSON
text "$start,}" | bad_line 'a comma too many' E_JSON
text "$start,\"title\":\"\\ud83e\"}" | bad_line 'a lone surrogate' E_JSON
text "$start,\"title\":\"\\x41\"}" | bad_line 'an unknown escape' E_JSON
printf '%s,"title":"\377"}' "$start" | bad_line 'a byte FF' E_JSON
printf '%s,"title":"\300\257"}' "$start" | bad_line 'overlong UTF-8' E_JSON
printf '%s,"title":"\355\240\200"}' "$start" |
    bad_line 'a surrogate in UTF-8' E_JSON
printf '%s,"title":"\364\220\200\200"}' "$start" |
    bad_line 'beyond U+10FFFF' E_JSON
printf '%s,"title":"a\001"}' "$start" | bad_line 'a raw control' E_JSON
text '{"type":"X"}' | bad_line 'no uid' 'E_JSON|E_RECORD'
text '{"uid":"q"}' | bad_line 'no type' 'E_JSON|E_RECORD'
text '[]' | bad_line 'not an object' 'E_JSON|E_RECORD'
text '{"uid":1,"type":"X"}' |
    bad_line 'a uid that is no text' 'E_JSON|E_RECORD'
text '{"uid":"q","type":null}' |
    bad_line 'a type that is no text' 'E_JSON|E_RECORD'
for uid in '' 'a b' '../x' 'é' '/x' "$(printf '%0300d' 0)"; do
	text "{\"uid\":\"$uid\",\"type\":\"X\"}" |
	    bad_line "the uid \"$(text "$uid" | head -c 9)\"" \
	    'E_JSON|E_RECORD|E_LIMIT'
done
text "$start,\"fields\":[]}" |
    bad_line 'fields that are no object' 'E_JSON|E_RECORD'
text "$start,\"history\":{}}" |
    bad_line 'a history that is no list' 'E_JSON|E_RECORD'
text "$start,\"attachments\":{}}" |
    bad_line 'attachments that are no list' 'E_JSON|E_RECORD'

printf '%s\n' '{"uid":"z1","type":"X"}' > z1.jsonl
printf 'x\n' > bad.jsonl
check 'one transaction over several files' unchanged a \
    fails E_JSON 5 sat a lab load z1.jsonl bad.jsonl
check 'no such file' fails E_IO 3 sat a lab load missing.jsonl
save_json doc.json a lab load bad.jsonl
check 'load --json on failure' json doc.json '.error.name == "E_JSON" and
    .error.exit == 5'
save_json doc.json a lab load deep.jsonl
check 'load --json' json doc.json '.error == null'

# --- the example
need sat c init --name c
check 'the example lab' expect_exit 0 sat c lab load "$LAB/lab.jsonl"
check 'all of it' test "$(sat c lab dump | wc -l)" -eq \
    "$(wc -l < "$LAB/lab.jsonl")"
save_json doc.json c status
check 'status counts them' json doc.json \
    ".objects == $(wc -l < "$LAB/lab.jsonl")"
by_meaning() {
	jq -cS -s 'sort_by(.uid)[] | del(.attachments)'
}
sat c lab dump | by_meaning > c.meaning
by_meaning < "$LAB/lab.jsonl" > lab.meaning
check 'the same by its meaning' same_bytes lab.meaning c.meaning
end
