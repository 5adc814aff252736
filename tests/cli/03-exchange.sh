# A full exchange and the way back; receipts; silence; what export writes.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
need sat a lab load "$LAB/lab.jsonl"
objects=$(wc -l < "$LAB/lab.jsonl")

# --- export
check 'export' expect_exit 0 sat a export --to b --out drop
sent=$(cat out)
check 'standard output is the path of one file' \
    test "$(lines_of "$sent")" -eq 1
check 'it is there' test -f "$sent"
check 'named <from>_to_<to>_<sequence>.satchel' expr "$sent" : \
    'drop/a_to_b_[0-9]*\.satchel$'
check 'nothing else is in the folder' test "$(find drop -type f)" = "$sent"
check 'nobody is told a progress that is not a terminal' \
    not grep -q '%' err
first=$sent

# --- verify, inspect, preview
check 'verify' unchanged b expect_exit 0 sat b verify "$first"
for word in complete valid authentic applicable; do
	check "verify says $word" grep -qi "$word" out
done
save_json doc.json b verify "$first"
check 'verify --json' json doc.json '.error == null and
    (.bundles | length) == 1 and (.bundles[0] | .complete and .valid and
    .authentic and .applicable and .error == null and .from == "a")'
check 'inspect' unchanged b expect_exit 0 sat b inspect "$first"
check 'inspect --cover' expect_exit 0 sat b inspect --cover "$first"
save_json doc.json b inspect "$first"
check 'inspect --json' json doc.json '.error == null'
check 'import --dry-run' unchanged b \
    expect_exit 0 sat b import --dry-run "$first"
save_json doc.json b import --dry-run "$first"
check 'import --dry-run --json' json doc.json '.error == null and
    .bundles[0].error == null'

# --- import
save_json doc.json b import "$first"
check 'import --json' json doc.json ".error == null and
    (.bundles | length) == 1 and (.bundles[0] | .result == \"applied\" and
    .from == \"a\" and .received == $objects and .applied == $objects and
    .same == 0 and .held == 0 and .refused == 0 and .conflicts == 0 and
    .error == null)"
check 'both say the same' agree a b
check 'and state one digest' same_digest a b
check 'import again' unchanged b expect_exit 0 sat b import "$first"
save_json doc.json b import "$first"
check 'says already' json doc.json '.bundles[0].result == "already" and
    .error == null'
check 'verify of it still passes' expect_exit 0 sat b verify "$first"

# --- receipts
status_of() {
	save_json doc.json "$1" status
	json doc.json ".peers[] | select(.name == \"$2\") | $3"
}
check 'without a receipt a peer may have nothing' status_of a b '.due > 0'
check 'so export sends it again' export_to a b
check 'in a new file' test "$sent" != "$first"
check 'b owes a receipt' export_to b a
check 'and writes it' test "$(lines_of "$sent")" -eq 1
receipt=$sent
check 'a small one' test "$(size_of "$receipt")" -lt 16384
check 'verify of a receipt' expect_exit 0 sat a verify "$receipt"
save_json doc.json a import "$receipt"
check 'import of a receipt' json doc.json '.error == null and
    (.bundles[0].result | . == "receipt" or . == "applied")'
check 'moves the watermark' status_of a b '.due == 0 and .acknowledged > 0'
check 'a has nothing to say' silent a b
check 'b has nothing to say' silent b a
check 'silence is exit 0, and no file' expect_exit 0 \
    sat a export --to b --out drop
save_json doc.json a export --to b --out drop
check 'in JSON an empty list' json doc.json '.files == [] and .error == null'
check 'a heartbeat is written all the same' export_to a b --heartbeat
check 'one file' test "$(lines_of "$sent")" -eq 1
check 'it is imported' expect_exit 0 sat b import "$sent"
check 'and calls for no receipt' silent b a

# --- the way back
need load b "$(thing new1 1.10)"
need sat b lab load "$LAB/changes-b.jsonl"
check 'b sends its changes' carry b a
check 'a has them' agree a b
need load a "$(thing new1 2.20)"
check 'a edits what came from b' carry a b
check 'b has it, without a conflict' shows b new1 2.20
check 'they fall silent' settle a b
check 'and agree' agree a b
check 'by digest too' same_digest a b

# --- attachments and deletions
mkdir att
head -c 100000 /dev/urandom > att/x
holds() {
	printf '{"uid":"%s","type":"A","attachments":[{"name":"x",' "$1"
	printf '"media_type":"application/octet-stream","file":"att/x"}]}'
}
need load b "$(holds att1)"
export_to b a
carried=$(size_of "$sent")
need sat a import "$sent"
check 'an attachment travels' agree a b
need settle a b
need load b "$(holds att2)"
export_to b a
check 'but only once' test "$(size_of "$sent")" -lt $((carried - 90000))
need sat a import "$sent"
check 'the second object has it too' agree a b
need load a "$(holds att3)"
export_to a b
check 'nor is it sent to where it came from' \
    test "$(size_of "$sent")" -lt $((carried - 90000))
need sat b import "$sent"
check 'b has all three' agree a b
need sat a lab delete att1 new1
check 'deletions travel' carry a b
check 'and leave equal tombstones' agree a b
check 'they are gone' test -z "$(sat b lab dump | grep '"uid":"att1"')"
check 'still silent at last' settle a b

# --- a receipt that goes alone
need load a "$(thing new2 3)"
need carry a b
check 'receipt' expect_exit 0 sat b receipt --to a --out drop/alone
check 'prints its path' test "$(cat out)" = drop/alone
check 'is imported' expect_exit 0 sat a import drop/alone
check 'and moves the watermark' silent a b
save_json doc.json b receipt --to a --out drop
check 'receipt --json' json doc.json '.error == null and
    (.files | length) == 1'

# --- what export writes, and what not
check 'export --full sends everything again' export_to a b --full
check 'more than nothing' test "$(size_of "$sent")" -gt 20000
check 'b has it already' unchanged b expect_exit 0 sat b import "$sent"
need load a "$(thing new3 4)"
mkdir empty
check 'export --dry-run' expect_exit 0 \
    sat a export --to b --out empty --dry-run
check 'writes nothing' test -z "$(find empty -type f)"
check 'export to a file' expect_exit 0 \
    sat a export --to b --out empty/mine.satchel
check 'has that name' test "$(cat out)" = empty/mine.satchel
b2sum empty/mine.satchel > sum
check 'a file that exists is not written over' fails 'E_[A-Z_]+' '[23]' \
    sat a export --to b --out empty/mine.satchel --full
check 'it is as it was' b2sum -c --quiet sum
check 'no such folder' fails 'E_IO|E_USAGE' '[23]' \
    sat a export --to b --out no/such/folder/x.satchel
check 'no temporary is left' test \
    "$(find empty drop -name '.*' -type f | wc -l)" -eq 0
check 'no such peer' fails 'E_[A-Z_]+' '[27]' \
    sat a export --to nobody --out drop
check 'a number is never used twice' test -z "$(find drop -name '*.satchel' \
    -exec basename {} \; | sort | uniq -d)"
save_json doc.json a export --to b --out drop
check 'export --json' json doc.json '(.files | length) == 1 and
    (.files[0] | type) == "string" and .error == null'

# --- the log
check 'log' expect_exit 0 sat b log
check 'it has lines' test "$(wc -l < out)" -gt 3
check 'log --since the future' expect_exit 0 \
    sat b log --since 2999-01-01T00:00:00Z
check 'has none' is_empty out
check 'log --since nonsense' fails E_USAGE 2 sat b log --since yesterday
end
