# Damaged, forged, foreign bundles: the right exit code, and nothing changed.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c
need sat a lab load "$LAB/lab.jsonl"
need export_to a b
good=$sent
need load b "$(thing mine 1)"
mkdir -p t u

# refused NAME NAMES EXITS FILE: verify and import both refuse it, alike.
refused() {
	check "$1: verify" unchanged b fails "$2" "$3" sat b verify "$4"
	verify_exit=$got
	check "$1: import" unchanged b fails "$2" "$3" sat b import "$4"
	check "$1: the same exit code" test "$verify_exit" -eq "$got"
}

# any FILE: neither verify nor import takes it; no check of its own.
any() {
	fails 'E_[A-Z_]+' '[4567]' sat b verify "$1" &&
	    fails 'E_[A-Z_]+' '[4567]' sat b import "$1"
}

# --- cut off
size=$(size_of "$good")
: > t/empty.satchel
refused 'an empty file' 'E_TRUNCATED' 4 t/empty.satchel
for length in 1 511 512 1024 $((size / 3)) $((size / 2)) $((size - 2048)) \
    $((size - 1024)) $((size - 512)) $((size - 1)); do
	head -c "$length" "$good" > t/cut.satchel
	refused "cut off after $length of $size bytes" \
	    'E_TRUNCATED|E_FORMAT|E_HEADER|E_TRAILER' '[45]' t/cut.satchel
done
cut_in_data=$((size / 2))
head -c "$cut_in_data" "$good" > t/cut.satchel
check 'a file cut in its data is truncated' \
    fails E_TRUNCATED 4 sat b verify t/cut.satchel

# --- one byte
all_flips() {
	offset=0
	while [ "$offset" -lt "$size" ]; do
		cp "$good" t/flip.satchel
		flip t/flip.satchel "$offset"
		any t/flip.satchel || return 1
		offset=$((offset + size / 40 + 1))
	done
}
check 'a flipped byte, anywhere' unchanged b all_flips
tail_flips() {
	for back in 1 1023 1024 1025 1100 1300 1500 1537 1600 2048 2100 2600 \
	    3000 4000; do
		cp "$good" t/flip.satchel
		flip t/flip.satchel $((size - back))
		any t/flip.satchel || return 1
	done
}
check 'a flipped byte in manifest, SUMS, signature, end' \
    unchanged b tail_flips
cp "$good" t/flip.satchel
flip t/flip.satchel $((size / 2))
refused 'a flipped byte of the data' E_HASH 4 t/flip.satchel

# --- more than it should be
(cat "$good"; printf x) > t/more.satchel
refused 'a byte after the end' E_TRAILER 5 t/more.satchel
(cat "$good"; head -c 512 /dev/zero) > t/more.satchel
refused 'zeros after the end' E_TRAILER 5 t/more.satchel
cat "$good" "$good" > t/more.satchel
refused 'a second bundle after the end' E_TRAILER 5 t/more.satchel

# --- not a bundle
head -c 4096 /dev/zero > t/foreign
refused 'zeros' 'E_FORMAT|E_HEADER' 5 t/foreign
cp "$LAB/lab.jsonl" t/foreign
refused 'JSON lines' 'E_FORMAT|E_HEADER' 5 t/foreign
cp "$LAB/att/chromatogram-1.png" t/foreign.satchel
refused 'a picture with our name' 'E_FORMAT|E_HEADER' 5 t/foreign.satchel
gzip -c "$good" > t/foreign.satchel
refused 'a bundle in gzip' 'E_FORMAT|E_HEADER' 5 t/foreign.satchel
tar -C "$LAB" -cf t/foreign.satchel att
refused 'another tar' 'E_FORMAT|E_HEADER' 5 t/foreign.satchel
refused 'a card' 'E_[A-Z_]+' '[57]' cards/a

# --- put together again with stock tar
(cd u && tar xf "../$good")
stock() {
	file=$1
	shift
	(cd u && tar --format=ustar --owner=0 --group=0 --numeric-owner \
	    --mode=0644 --mtime=@0 -cf "../t/$file" "$@")
}
tar tf "$good" > names
# shellcheck disable=SC2046
stock unsigned.satchel $(grep -v '^SUMS.minisig$' names)
refused 'without the signature' 'E_[A-Z_]+' '[457]' t/unsigned.satchel
# shellcheck disable=SC2046
stock order.satchel $(sort -r names)
refused 'members in another order' 'E_[A-Z_]+' '[457]' t/order.satchel
echo hello > u/extra
# shellcheck disable=SC2046
stock extra.satchel extra $(cat names)
refused 'one more member' 'E_[A-Z_]+' '[457]' t/extra.satchel
rm u/extra

# --- the signature of another
need load a "$(thing later 1)"
need export_to a b
signature_at() {
	grep -abo 'SUMS\.minisig' "$1" | tail -n 1 | cut -d : -f 1
}
head -c "$(signature_at "$good")" "$good" > t/swap.satchel
tail -c +$(($(signature_at "$sent") + 1)) "$sent" >> t/swap.satchel
refused 'the signature of another bundle' E_SIGNATURE 7 t/swap.satchel

# --- not for us, not from a friend
need export_to a c
refused 'a bundle for another site' E_WRONG_DEST 7 "$sent"
check 'our own bundle' unchanged a \
    fails 'E_WRONG_DEST|E_UNKNOWN_KEY' 7 sat a import "$good"
need sat d init --name d
need sat d site card --out cards/d
know d b
need load d "$(thing forged 1)"
need export_to d b
refused 'a key that we do not know' E_UNKNOWN_KEY 7 "$sent"
know b d
need sat b verify "$sent"
need sat b peer revoke d
refused 'a revoked peer' E_REVOKED 7 "$sent"
check 'nor is anything sent to it' fails 'E_[A-Z_]+' 7 \
    sat b export --to d --out drop
need sat b peer remove d
refused 'a removed peer' E_UNKNOWN_KEY 7 "$sent"

# --- not a file
ln -s "../$good" t/link.satchel
check 'a symbolic link' unchanged b fails 'E_[A-Z_]+' '[35]' \
    sat b import t/link.satchel
mkfifo t/fifo.satchel
check 'a FIFO does not block' unchanged b fails 'E_[A-Z_]+' '[35]' \
    timeout 10 "$SATCHEL" --home b import t/fifo.satchel
check 'a device' unchanged b fails 'E_[A-Z_]+' '[345]' sat b import /dev/null
check 'a missing file' unchanged b fails 'E_IO' 3 sat b import t/missing
check 'verify of it' fails 'E_IO' 3 sat b verify t/missing

# --- several at once, and JSON
check 'verify of a good and a bad one: the bad one counts' \
    fails E_HASH 4 sat b verify "$good" t/flip.satchel
check 'one error line' test "$(grep -c '^satchel: E_' err)" -eq 1
check 'of two bad ones the first counts' fails 'E_HASH' 4 \
    sat b verify t/flip.satchel t/more.satchel
check 'two error lines' test "$(grep -c '^satchel: E_' err)" -eq 2
save_json doc.json b verify "$good" t/flip.satchel
check 'verify --json has one entry each' json doc.json \
    '(.bundles | length) == 2 and .bundles[0].error == null and
    .bundles[1].error.name == "E_HASH" and .error.name == "E_HASH"'
check 'a flipped byte: complete, not valid' json doc.json \
    '.bundles[1] | .complete and .valid == false and .applicable != true'
save_json doc.json b verify t/cut.satchel
check 'a cut file: not complete, the rest not reached' json doc.json \
    '.bundles[0] | .complete == false and .authentic == null and
    .applicable == null'
save_json doc.json b verify t/swap.satchel
check 'a false signature: not authentic' json doc.json \
    '.bundles[0] | .authentic == false and .applicable == null'
save_json doc.json b import t/more.satchel
check 'import --json' json doc.json '.bundles[0].result == "refused" and
    .bundles[0].error.name == "E_TRAILER" and .error.exit == 5'
# The name of a file is foreign text: no escape may reach a terminal.
cp t/more.satchel "$(printf 't/\033[2Jx.satchel')"
fails E_TRAILER 5 sat b import "$(printf 't/\033[2Jx.satchel')" > /dev/null
check 'escapes in a name are not printed' not grep -q "$(printf '\033')" err

# --- and the good one still is
cp "$good" 't/any name at all.bin'
check 'a renamed bundle is the same' expect_exit 0 \
    sat b verify 't/any name at all.bin'
check 'and is imported' expect_exit 0 sat b import 't/any name at all.bin'
check 'with its objects' test "$(sat b lab dump | wc -l)" -eq \
    $(($(wc -l < "$LAB/lab.jsonl") + 1))
end
