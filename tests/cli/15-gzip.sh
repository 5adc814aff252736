# gzip instead of zstd, where the program offers it.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

if ! "$SATCHEL" export --help | grep -q -- '--compress'; then
	echo 'skipped: gzip, for export --help has no --compress'
	end
	exit 0
fi

sites a b
need sat a lab load "$LAB/lab.jsonl"
need export_to a b
mkdir x
check 'export --compress gzip' export_to a b --compress gzip
tar tf "$sent" | grep '^0' > names
check 'every data member is gzip' not grep -vq '\.gz$' names
check 'there are some' test "$(wc -l < names)" -ge 2
need tar -C x -xf "$sent"
check 'gzip -t' gzip -t x/0*.gz
check 'SUMS' sh -c 'cd x && b2sum -c --strict --quiet SUMS'
check 'the records are inside' sh -c \
    'gzip -dc x/0*.records.jsonl.gz | grep -q "\"Keyword\""'
check 'verify' expect_exit 0 sat b verify "$sent"
check 'import' expect_exit 0 sat b import "$sent"
check 'agree' agree a b
cp "$sent" bad.satchel
flip bad.satchel 3000
check 'a flipped byte' unchanged b fails 'E_[A-Z_]+' '[45]' \
    sat b import bad.satchel
need sat a peer set b encrypt=yes
check 'and encrypted' export_to a b --compress gzip --full
check 'as age files' test "$(tar tf "$sent" | grep -c '\.gz\.age$')" -ge 2
check 'import' unchanged b expect_exit 0 sat b import "$sent"
check 'zstd by its name' export_to a b --compress zstd --full
check 'import' unchanged b expect_exit 0 sat b import "$sent"
check 'an unknown one' fails E_USAGE 2 \
    sat a export --to b --out drop --full --compress lzma
end
