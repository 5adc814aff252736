# A bundle opens with stock tools, layer by layer.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
need sat a lab load "$LAB/lab.jsonl"
need export_to a b
bundle=$sent
mkdir x pack card receipt

# --- tar
check 'whole blocks' test $(($(size_of "$bundle") % 512)) -eq 0
check 'the end is 1,024 zero bytes' test -z \
    "$(tail -c 1024 "$bundle" | tr -d '\0')"
check 'tar lists it' expect_exit 0 tar tf "$bundle"
check 'without a warning' is_empty err
cp out names
check 'README.txt first' test "$(head -n 1 names)" = README.txt
check 'manifest, SUMS, signature last' test "$(tail -n 3 names |
    tr '\n' ' ')" = 'manifest.json SUMS SUMS.minisig '
sed '1d' names | head -n -3 > members
check 'between them numbered members' not grep -vqxE \
    '[0-9]{6}\.(blobs\.tar|records\.jsonl)\.zst' members
seq -f %06.0f 1 "$(wc -l < members)" > numbers
cut -c 1-6 members | cmp -s - numbers
check 'without a hole' test $? -eq 0
check 'plain files, no owner, no time' not grep -vqE \
    '^-rw-r--r-- 0/0 +[0-9]+ 1970-01-01 00:00 ' "$(
    tar --numeric-owner -tvf "$bundle" > listing; echo listing)"
need tar -C x -xf "$bundle"

# --- minisign, b2sum: the officer's check
tar -C card -xf cards/a
key=$(grep -aoE 'RW[A-Za-z0-9+/=]{54}' card/manifest.json | head -n 1)
age_key=$(grep -aoE 'age1[0-9a-z]{58}' card/manifest.json | head -n 1)
check 'the card has a minisign key' test -n "$key"
check 'and an age recipient' test -n "$age_key"
check 'minisign -VH' expect_exit 0 minisign -VHm x/SUMS -P "$key"
tar -C card -xf cards/b
other=$(grep -aoE 'RW[A-Za-z0-9+/=]{54}' card/manifest.json | head -n 1)
check "not with another's key" not minisign -VHm x/SUMS -P "$other"
check 'SUMS says what is signed' test "$(head -n 1 x/SUMS)" = \
    '# satchel bundle/1'
sums() {
	(cd "$1" && b2sum -c --strict --quiet SUMS)
}
check 'b2sum -c --strict' expect_exit 0 sums x
check 'without a warning' is_empty err
head -n -2 names > covered
sed -n 's/^BLAKE2b-256 (\(.*\)) = [0-9a-f]\{64\}$/\1/p' x/SUMS > summed
check 'SUMS lists every other member, in order' same_bytes covered summed
check 'as b2sum --tag -l 256 writes it' test "$(sed 1d x/SUMS)" = \
    "$(cd x && sed '1d' SUMS | sed 's/.*(\(.*\)).*/\1/' |
    xargs b2sum --tag -l 256)"

# --- zstd, records
check 'zstd tests every member' zstd -tq x/0*.zst
for member in x/0*.zst; do
	zstd -dcq "$member" > plain
	check "$(basename "$member"): at most 4 MiB unpacked" \
	    test "$(size_of plain)" -le 4194304
	case $member in
	*.records.*) cat plain >> records ;;
	*) tar -C pack -xf plain || echo bad >> pack.errors ;;
	esac
done
states_size() {
	zstd -lv "$1" 2> /dev/null | grep -q 'Decompressed Size: [0-9]'
}
check 'a frame states its size' states_size "$(find x -name '0*.zst' |
    head -n 1)"
check 'every record line is JSON' jq -c . records
check 'every object is there' test "$(jq -r \
    'select(.uid and .versions) | .uid' records | sort -u | wc -l)" -eq \
    "$(wc -l < "$LAB/lab.jsonl")"
check 'values keep their digits' grep -aqF '"Latitude":50.10,' records
check 'the first line says for whom' test "$(head -n 1 records |
    jq '.to | length')" -eq 1

# --- packs
check 'packs are tar' test ! -e pack.errors
by_name() {
	for file in pack/*; do
		[ "$(b2sum -l 256 "$file" | cut -c 1-64)" = \
		    "${file#pack/}" ] || return 1
	done
}
check 'attachments are named by their hash' by_name
jq -r '.attachments[]?.file' "$LAB/lab.jsonl" | sort -u | while read -r f; do
	b2sum -l 256 "$LAB/$f" | cut -c 1-64
done | sort -u > want
find pack -type f -exec basename {} \; | sort > got.hashes
check 'each distinct one once' same_bytes want got.hashes

# --- manifest
check 'the manifest is JSON' jq . x/manifest.json
check 'canonical: one line, no blanks' not grep -q '[[:space:]]"' \
    x/manifest.json
tar xOf cards/a README.txt > readme
check 'the README is the same in every file' same_bytes readme x/README.txt

# --- cards and receipts are the same container
check 'a card is a card' test "$(head -n 1 card/SUMS)" = '# satchel card/1'
check 'b2sum checks a card' expect_exit 0 sums card
check 'minisign checks a card, by its own key' \
    expect_exit 0 minisign -VHm card/SUMS -P "$other"
need sat b import "$bundle"
need sat b receipt --to a --out drop/receipt
tar -C receipt -xf drop/receipt
check 'a receipt is a receipt' test "$(head -n 1 receipt/SUMS)" = \
    '# satchel receipt/1'
check 'b2sum checks a receipt' expect_exit 0 sums receipt
check 'minisign checks a receipt' \
    expect_exit 0 minisign -VHm receipt/SUMS -P "$other"

# --- what stock tools refuse
printf 'x' >> x/README.txt
check 'b2sum sees a changed member' not sums x
sed -i '$d' x/SUMS
check 'minisign sees a changed SUMS' not minisign -VHm x/SUMS -P "$key"

# --- deterministic before encryption
need sat a export --to b --full --out drop/one.satchel
need sat a export --to b --full --out drop/two.satchel
blobs_of() {
	tar tf "$1" | grep blobs | while read -r name; do
		tar xOf "$1" "$name" | b2sum
	done
}
check 'the same packs on every export' test -n "$(blobs_of drop/one.satchel)"
check 'byte for byte' test "$(blobs_of drop/one.satchel)" = \
    "$(blobs_of drop/two.satchel)"
end
