# Encryption: age, by the sender's choice or the receiver's demand.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c
mkdir att x y
printf 'SECRET-IN-A-FILE\n' > att/note
need load a "$(thing t1 SECRET-RESULT)" "$(printf '%s%s' \
    '{"uid":"t2","type":"A","attachments":[{"name":"n",' \
    '"media_type":"text/plain","file":"att/note"}]}')"

# --- the sender's choice
need export_to a b
check 'by default nothing is encrypted' not expr \
    "$(tar tf "$sent")" : '.*\.age'
plain=$sent
check 'encrypt=yes' expect_exit 0 sat a peer set b encrypt=yes
check 'a bundle is written' export_to a b
one=$sent
tar tf "$one" > names
check 'every data member is an age file' test \
    "$(grep -c '^0' names)" -eq "$(grep -c '^0.*\.age$' names)"
check 'there are some' test "$(grep -c '^0' names)" -ge 2
(cd x && tar xf "../$one")
check 'each begins as age v1 does' test \
    "$(head -q -n 1 x/0*.age | sort -u)" = 'age-encryption.org/v1'
check 'SUMS covers what is stored' sh -c \
    'cd x && b2sum -c --strict --quiet SUMS'
check 'the routing stays readable' grep -q '"b"' x/manifest.json
check 'uids and types do not' not grep -qaE 'SECRET|Analysis' x/manifest.json

# --- stock age opens it
identity() {
	grep -rla 'AGE-SECRET-KEY-1' "$1" | head -n 1
}
check 'the key file is an age identity' test -n "$(identity b)"
open_all() {
	for member in x/0*.age; do
		age -d -i "$(identity b)" -o y/plain "$member" || return 1
		case $member in
		*.records.*) zstd -dcq y/plain >> y/records ;;
		*.blobs.*) zstd -dcq y/plain >> y/blobs ;;
		esac
		rm y/plain
	done
}
check 'age -d opens every member' open_all
check 'the records are inside' grep -q SECRET-RESULT y/records
check 'and the attachment' grep -qa SECRET-IN-A-FILE y/blobs
member=$(find x -name '0*.age' | sort | head -n 1)
check 'another key opens none' not \
    age -d -i "$(identity c)" -o y/none "$member"
check 'nor the sender' not age -d -i "$(identity a)" -o y/none "$member"
check 'b verifies it' expect_exit 0 sat b verify "$one"
check 'b imports it' expect_exit 0 sat b import "$one"
check 'and agrees' agree a b

# --- never the same ciphertext twice
need sat a export --to b --out drop/one.satchel --full
need sat a export --to b --out drop/two.satchel --full
mkdir one two
tar -C one -xf drop/one.satchel
tar -C two -xf drop/two.satchel
differ() {
	for member in one/0*.age; do
		! cmp -s "$member" "two/${member#one/}" || return 1
	done
}
check 'encrypted twice, no member is the same' differ

# --- damaged inside, signature and all: any change is refused
cp drop/two.satchel bad.satchel
flip bad.satchel 3000
check 'a flipped byte' unchanged b fails 'E_[A-Z_]+' '[457]' \
    sat b import bad.satchel

# --- the receiver's demand
check 'encrypt=required' expect_exit 0 sat b peer set a encrypt=required
check 'a plain bundle is refused' unchanged b fails E_POLICY 7 \
    sat b import "$plain"
check 'verify refuses it too' fails E_POLICY 7 sat b verify "$plain"
save_json doc.json b verify "$plain"
check 'though it is authentic' json doc.json '.bundles[0] |
    .complete and .valid and .authentic and .applicable == false'
check 'an encrypted one is not' expect_exit 0 sat b import "$one"
need load b "$(thing t3 1)"
need export_to b a
check 'what is demanded is also given' expr "$(tar tf "$sent")" : '.*\.age'
check 'a imports it' expect_exit 0 sat a import "$sent"
need sat a peer set b encrypt=no
need load a "$(thing t4 1)"
need export_to a b
check 'plain again: refused' unchanged b fails E_POLICY 7 sat b import "$sent"
need sat a peer set b encrypt=required
need export_to a b
check 'encrypted again: accepted' expect_exit 0 sat b import "$sent"
check 'agree' agree a b
check 'a receipt is never encrypted, and accepted' settle a b

# --- not for us
need sat a peer set c encrypt=yes
need export_to a c
check 'a bundle for c tells b nothing' fails E_WRONG_DEST 7 \
    sat b import "$sent"
end
