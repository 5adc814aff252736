# Lost, doubled, late and reordered bundles are harmless; a gap is refused.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
need load a "$(thing u1 1)" "$(thing u2 1)"
need settle a b

# --- lost
need load a "$(thing u1 2)"
need export_to a b
rm "$sent"
need load a "$(thing u2 2)"
need export_to a b
late=$sent
check 'the next bundle carries what a lost one did' \
    expect_exit 0 sat b import "$sent"
check 'all of it' agree a b

# --- late, doubled, out of order
need load a "$(thing u1 3)"
need export_to a b
one=$sent
need load a "$(thing u2 3)" "$(thing u3 3)"
need export_to a b
two=$sent
need load a "$(thing u1 4)"
need sat a lab delete u3
need export_to a b
three=$sent
check 'the newest first' expect_exit 0 sat b import "$three"
check 'is enough' agree a b
for file in "$two" "$one" "$late" "$three" "$one"; do
	check "then $(basename "$file"), late: nothing changes" \
	    unchanged b expect_exit 0 sat b import "$file"
done
check 'nothing older comes back' shows b u1 4
check 'nothing deleted comes back' shows b u3 ''
check 'all at once, in any order' unchanged b \
    expect_exit 0 sat b import "$two" "$three" "$one"
check 'they fall silent' settle a b
check 'no conflict came of it' test \
    "$(sat b conflicts list --json | jq -c .conflicts)" = '[]'

# --- a lost receipt
need load a "$(thing u1 5)"
need carry a b
need export_to b a
rm "$sent"
need load a "$(thing u1 6)"
check 'without a receipt, more is sent' carry a b
check 'b has it' shows b u1 6
check 'they fall silent again' settle a b

# --- a gap: the second link of a chain before the first
mkdir att
for n in 1 2 3; do
	head -c 400000 /dev/urandom > "att/$n"
	need load a "$(printf '{"uid":"g%s","type":"G","attachments":[%s]}' \
	    "$n" "$(printf '{"name":"n","media_type":"a/b","file":"%s"}' \
	    "att/$n")")"
done
mkdir chain req
need sat a export --to b --out chain --max-size 600K
ls chain > links
check 'a chain of several' test "$(wc -l < links)" -ge 2
touch files.before files.after before.jsonl after.jsonl
cp "chain/$(tail -n 1 links)" alone.satchel
find . -maxdepth 1 | sort > files.before
check 'a gap is refused' unchanged b fails E_GAP 8 \
    sat b import --requests req alone.satchel
check 'it says what is missing and what to do' \
    grep -Eqi 'miss|sequence|request' out err
check 'with a request' test "$(find req -type f | wc -l)" -eq 1
find . -maxdepth 1 | sort > files.after
check 'and nothing else' same_bytes files.before files.after
save_json doc.json b import --requests req alone.satchel
check 'import --json says gap' json doc.json '.bundles[0].result == "gap" and
    .bundles[0].error.name == "E_GAP" and .error.name == "E_GAP" and
    .error.exit == 8'
check 'verify says it too' fails E_GAP 8 sat b verify alone.satchel
save_json doc.json b verify alone.satchel
check 'authentic, but not applicable' json doc.json '.bundles[0] |
    .complete and .valid and .authentic and .applicable == false'
mkdir folder
cp alone.satchel folder/
check 'without --requests' expect_exit 8 sat b import folder/alone.satchel
check 'the request lies beside the bundle' \
    test "$(find folder -type f | wc -l)" -eq 2
check '--dry-run writes none' test "$(rm -f folder/* req/*
    cp alone.satchel folder/
    sat b import --dry-run folder/alone.satchel > out 2> err
    find folder -type f | wc -l)" -eq 1
sat b import --requests req alone.satchel > out 2>&1
request=$(find req -type f | head -n 1)
mkdir answer
check 'export --for answers it' expect_exit 0 \
    sat a export --to b --for "$request" --out answer
# shellcheck disable=SC2046
check 'which is imported' expect_exit 0 sat b import $(cat out)
check 'and closes the gap' agree a b
check 'the link that was refused is now old' unchanged b \
    expect_exit 0 sat b import alone.satchel
check 'silent at last' settle a b
check 'export --for something else' fails 'E_[A-Z_]+' '[2-8]' \
    sat a export --to b --for "$LAB/lab.jsonl" --out answer
end
