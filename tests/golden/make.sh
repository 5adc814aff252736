#!/bin/sh
# make.sh: how the committed bundles were made.  No part of the tests.
#
#	sh tests/golden/make.sh BUILD_FOLDER OUT
#
# OUT must not exist.  Keys, ids and dates are new with every run, so a run
# makes another set of vectors.  Good files are never made again; a new bad
# file for the committed reader is sealed by make.c with keys/sender.sign.key.
set -eu
b=$(cd "$1" && pwd)
mkdir "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state"
mkdir "$out/good" "$out/bad" "$out/keys" "$work/drop"
cc -std=c11 -D_GNU_SOURCE -I"$here/../.." -o "$work/seal" "$here/make.c" \
    "$b/libsatchel.a" -lsodium
cd "$work"

sat() {
	sat_site=$1
	shift
	"$b/satchel" --home "$sat_site" "$@" 2>> log
}

know() {
	sat "$1" peer add "$2.card" \
	    --fingerprint "$(sat "$2" site fingerprint)" >> log
}

load() {
	load_site=$1
	shift
	printf '%s\n' "$@" > load.jsonl
	sat "$load_site" lab load load.jsonl >> log
}

# entry DAY WHO WHAT: of a review history.
entry() {
	printf '{"time":"2026-01-%sT00:00:00Z","actor":"%s","action":"%s"}' \
	    "$1" "$2" "$3"
}

# result VALUE DAY HISTORY: the analysis that both sites edit.
result() {
	printf '{"uid":"a1","type":"Analysis","title":"pH","modified":'
	printf '"2026-01-%sT00:00:00Z","fields":{"Result":"%s"},' "$2" "$1"
	printf '"history":[%s]}' "$3"
}
created=$(entry 01 ana create)

# carry FROM TO: true also if it leaves conflicts.
carry() {
	sent=$(sat "$1" export --to "$2" --out drop --heartbeat)
	sat "$2" import "$sent" >> log || [ $? -eq 11 ]
}

# --- sites: the reader trusts the sender alone
for site in sender reader other stranger; do
	sat "$site" init --name "$site" >> log
	sat "$site" site card --out "$site.card" >> log
	for file in sign.key sign.pub age.key age.pub; do
		cp "$site/keys/$file" "$out/keys/$site.$file"
	done
done
know sender reader
know sender other
know other sender
know other reader
know stranger reader
know reader sender
know reader stranger
sat reader peer remove stranger >> log
tar -cf - reader | gzip -9n > "$out/reader.tar.gz"
cp -a reader reader2

# --- good
give() {
	name=$1
	shift
	sat sender export --to reader --out "$out/good/$name.satchel" "$@" \
	    >> log
}

sat sender receipt --to reader --out "$out/good/receipt.satchel" >> log
give empty --heartbeat
load sender '{"uid":"c0","type":"Client","title":"Harbour"}'
give record
mkdir att
printf 'first attachment\n' > att/one
printf '{"uid":"%s","type":"Client","title":"Harbour","attachments":[%s]}\n' \
    c1 '{"file":"att/one","media_type":"text/plain","name":"one"}' > lines
sat sender lab load - < lines >> log
give mini
give gzip --compress gzip
sat sender peer set reader encrypt=yes >> log
give encrypted
sat sender peer set reader encrypt=no >> log
head -c 3000 /dev/zero | tr '\0' 'x' > att/two
: > att/none
printf '{"uid":"s1","type":"Sample","parent":"c1","attachments":[%s,%s]}\n' \
    '{"file":"att/two","media_type":"text/plain","name":"two"}' \
    '{"file":"att/none","media_type":"text/plain","name":"none"}' > lines
sat sender lab load - < lines >> log
load sender "$(result 7.0 01 "$created")" \
    '{"uid":"a2","type":"Analysis","title":"Zn \u6c34","fields":{"R":0.10}}' \
    '{"uid":"a3","type":"Analysis","title":"gone"}'
carry sender other
load sender "$(result 7.2 02 "$created,$(entry 02 ana edit)")"
sat sender lab delete a3 >> log
load other "$(result 7.4 03 "$created,$(entry 03 bo edit)")" \
    '{"uid":"m1","type":"Method","title":"of the other site"}'
carry other sender
give full
give excerpt --type Client --type Sample

sat sender export --to reader --type Method \
    --out "$out/bad/E_SCOPE-forward.satchel" >> log

# Two links: the second begins where the first ended.
give chain-1
sat reader2 import "$out/good/chain-1.satchel" >> log || [ $? -eq 11 ]
carry reader2 sender
load sender '{"uid":"c2","type":"Client","title":"Quay"}'
give chain-2
echo 'import good/chain-1.satchel' > "$out/good/chain-2.setup"

# --- by hand: open a good file, change it, seal it
open() {
	rm -rf u
	mkdir u
	tar -C u -xf "$out/good/$1.satchel"
}

# edit JQ: the manifest.
edit() {
	jq -Scj "$1" u/manifest.json > new
	mv new u/manifest.json
}

# seal PATH [FIRST_LINE]
seal() {
	(
		cd u
		out_file=$out/$1.satchel
		first_line=${2:-# satchel bundle/1}
		set -- 0*
		[ -e "$1" ] || set --
		../seal "$out/keys/sender.sign.key" "$first_line" \
		    README.txt "$@" manifest.json > "$out_file"
	)
}

setup() {
	printf '%s\n' "$2" > "$out/bad/$1.setup"
}

# lines SED: of the records of a mini bundle; totals follow.
lines() {
	(
		cd u
		zstd -dq --rm ./*.records.jsonl.zst
		sed -i "$1" ./*.records.jsonl
		zstd -q --rm --no-check ./*.records.jsonl
	)
}

open chain-2
edit '.heard=[] | .receipts=[]'
seal good/chain-2
open receipt
edit '.kind="request" | .wanted=["'"$(b2sum -l 256 att/two | cut -c 1-64)"'"]'
seal good/request '# satchel receipt/1'
open mini
edit '.["x-note"]={"any":["thing"]}'
seal good/x-field

# --- bad: bytes
mini=$out/good/mini.satchel
empty=$out/good/empty.satchel
head -c $(($(wc -c < "$mini") / 2)) "$mini" \
    > "$out/bad/E_TRUNCATED-half.satchel"
: > "$out/bad/E_TRUNCATED-empty.satchel"

# poke BASE NAME OFFSET TEXT
poke() {
	cp "$1" "$out/bad/$2.satchel"
	printf '%s' "$4" | dd of="$out/bad/$2.satchel" bs=1 seek="$3" \
	    conv=notrunc 2>> log
}

# header_of FILE MEMBER: where its header is, the last so called.
header_of() {
	LC_ALL=C grep -abo "$2" "$1" | tail -n 1 | cut -d : -f 1
}
first=$(LC_ALL=C grep -abo '000001\.blobs' "$mini" | head -n 1 |
    cut -d : -f 1)
sig=$(header_of "$empty" 'SUMS\.minisig')
poke "$mini" E_HASH-member $((first + 512 + 20)) '~'
poke "$mini" E_HEADER-mode $((first + 104)) '7'
poke "$empty" E_HEADER-padding $((512 + 600)) 'x'
poke "$empty" E_FORMAT-readme 600 '~'
poke "$empty" E_SIGFORMAT-comment $((sig + 512 + 20)) 'S'
(cat "$empty"; printf x) > "$out/bad/E_TRAILER-more.satchel"
printf '{"uid":"c1","type":"Client"}\n%01024d' 0 \
    > "$out/bad/E_FORMAT-json.satchel"
cp sender.card "$out/bad/E_FORMAT-card.satchel"
open receipt
cp "$out/good/mini.satchel" keep
tar -C u -xf keep 000001.blobs.tar.zst
seal bad/E_FORMAT-data-in-receipt '# satchel receipt/1'
head -c "$sig" "$empty" > "$out/bad/E_SIGNATURE-swapped.satchel"
tail -c +$(($(header_of "$out/good/receipt.satchel" 'SUMS\.minisig') + 1)) \
    "$out/good/receipt.satchel" >> "$out/bad/E_SIGNATURE-swapped.satchel"
open receipt
seal bad/E_SIGNATURE-kind

# --- bad: manifests
manifest() {
	open "${3:-empty}"
	edit "$2"
	seal "bad/$1"
}
manifest E_MANIFEST-members '.totals.members=3'
manifest E_MANIFEST-field '.extra=1'
open empty
jq -Sj . u/manifest.json > new && mv new u/manifest.json
seal bad/E_MANIFEST-space
manifest E_VERSION-format '.format=2'
manifest E_VERSION-critical '.critical=["x-note"]'
open empty
seal bad/E_VERSION-sums '# satchel bundle/2'
manifest E_LIMIT-unpacked '.totals.unpacked=1'
manifest E_UNKNOWN_KEY-from '.from.site="0000000000000000"'
manifest E_WRONG_DEST-other '.to[0].site="0000000000000000"'
cp "$out/good/chain-2.satchel" "$out/bad/E_GAP-chain.satchel"
reader=$(sat reader2 site show --json | jq -c '[.id,.generation,.nonce]')
site=$(sat reader2 site show --json | jq -c .id)
zeros=$(printf '%064d' 0)
manifest E_ROLLED_BACK-heard \
    ".heard=[[$site,$reader,9,\"$zeros\"]]"
manifest E_ROLLED_BACK-heads \
    ".heads=(.heads+[$reader+[7,\"$zeros\"]]|sort)"
manifest E_FORK-sequence '.created="2026-01-01T00:00:00Z"'
setup E_FORK-sequence 'import good/empty.satchel'
manifest E_FORK-head ".sequence=900 | .heads[0][4]=\"$zeros\"" record
setup E_FORK-head 'import good/record.satchel'

# --- bad: who
sat stranger export --to reader --heartbeat \
    --out "$out/bad/E_UNKNOWN_KEY-stranger.satchel" >> log
cp "$out/good/empty.satchel" "$out/bad/E_REVOKED-peer.satchel"
setup E_REVOKED-peer 'peer revoke sender'
sat reader2 export --to sender --heartbeat \
    --out "$out/bad/E_WRONG_DEST-own.satchel" >> log
setup E_SCOPE-forward 'peer set sender forward=no'
cp "$out/good/record.satchel" "$out/bad/E_POLICY-plain.satchel"
setup E_POLICY-plain 'peer set sender encrypt=required'

# --- bad: data members
open record
printf x >> u/000001.records.jsonl.zst
seal bad/E_DECOMPRESS-more
open record
(cd u && zstd -dq --rm 000001.records.jsonl.zst &&
    zstd -q --rm --check 000001.records.jsonl)
seal bad/E_DECOMPRESS-checksum
open record
(cd u && zstd -dq --rm 000001.records.jsonl.zst &&
    head -c 4194305 /dev/zero > 000001.records.jsonl &&
    zstd -q --rm --no-check 000001.records.jsonl)
seal bad/E_LIMIT-member
records() {
	open record
	lines "$2"
	seal "bad/$1"
}
records E_JSON-space '3s/"label":/"label": /'
records E_JSON-escape '3s/Harbour/\\u0048arbour/'
records E_RECORD-first '1s/"member":1/"member":2/'
open record
edit '.totals.records=2'
seal bad/E_RECORD-totals
open record
lines '3s/Harbour/Harbor/g'
edit '.sequence=900'
lines '1s/"sequence":[0-9]*/"sequence":900/'
seal bad/E_FORK-version
setup E_FORK-version 'import good/record.satchel'

# --- bad: packs
pack() {
	open mini
	(
		cd u
		zstd -dq --rm 000001.blobs.tar.zst
		printf '%s' "$2" | dd of=000001.blobs.tar bs=1 seek="$3" \
		    conv=notrunc 2>> ../log
		zstd -q --rm --no-check 000001.blobs.tar
	)
	seal "bad/$1"
}
pack E_HASH-blob F 512
pack E_TRAILER-pack x 1600
open mini
rm u/000001.blobs.tar.zst
mv u/000002.records.jsonl.zst u/000001.records.jsonl.zst
lines '1s/"member":2/"member":1/'
edit '.totals.members=1 | .totals.blobs=0 | .totals.blob_bytes=0'
seal bad/E_GAP-blob

# --- bad: age
# locked NAME RECIPIENT DAMAGE: mini, encrypted by stock age.
locked() {
	open mini
	(
		cd u
		for member in 0*; do
			age -r "$(cat "$out/keys/$2.age.pub")" \
			    -o "$member.age" "$member"
			rm "$member"
		done
	)
	edit '.encryption="age"'
	eval "${3:-:}"
	seal "$1"
}
locked good/stock-age reader
locked bad/E_NOT_FOR_US-recipient other
locked bad/E_DECRYPT-chunk reader \
    'printf "~~~~" >> u/000001.blobs.tar.zst.age'

# --- what the good ones give
for file in "$out"/good/*.satchel; do
	name=$(basename "$file" .satchel)
	rm -rf r
	mkdir r
	tar -C r -xpzf "$out/reader.tar.gz"
	if [ -e "$out/good/$name.setup" ]; then
		# shellcheck disable=SC2046
		(cd "$out" && XDG_STATE_HOME="$work/r/state" "$b/satchel" \
		    --home "$work/r/reader" $(cat "good/$name.setup")) >> log ||
		    [ $? -eq 11 ]
	fi
	code=0
	XDG_STATE_HOME="$work/r/state" sat r/reader import "$file" >> log ||
	    code=$?
	[ "$code" -eq 0 ] || echo "$code" > "$out/good/$name.exit"
	sat r/reader lab dump --deleted > "$out/good/$name.dump"
done
