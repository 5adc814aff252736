# An excerpt (--type, --since, --until) merges and moves no watermark.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
need load a '{"uid":"cl1","type":"Client"}' '{"uid":"cl2","type":"Client"}' \
    '{"uid":"sa1","type":"Sample"}' '{"uid":"me1","type":"Method"}'
types() {
	sat "$1" lab dump | jq -r .type | sort -u | tr '\n' ' '
}

check 'export --type' export_to a b --type Client
check 'one file' test "$(lines_of "$sent")" -eq 1
excerpt=$sent
check 'verify' expect_exit 0 sat b verify "$excerpt"
check 'import' expect_exit 0 sat b import "$excerpt"
check 'that type alone' test "$(types b)" = 'Client '
check 'twice is harmless' unchanged b expect_exit 0 sat b import "$excerpt"
check 'two types' export_to a b --type Client --type Method
check 'import' expect_exit 0 sat b import "$sent"
check 'both' test "$(types b)" = 'Client Method '

# --- the watermark is where it was
sat b export --to a --out drop --heartbeat > out 2> err
# shellcheck disable=SC2046
check 'the receipt after it' expect_exit 0 sat a import $(cat out)
save_json doc.json a status
check 'acknowledges nothing' json doc.json '.peers[0] |
    (.acknowledged == 0 or .acknowledged == null) and .due > 0'
check 'so the next bundle has all' carry a b
check 'b has all' agree a b
check 'they fall silent' settle a b

# --- the same between two watermarks
need load a '{"uid":"cl3","type":"Client"}' '{"uid":"sa2","type":"Sample"}'
need export_to a b --type Sample
check 'an excerpt of what is new' expect_exit 0 sat b import "$sent"
check 'then the rest' carry a b
check 'nothing is left out' agree a b
check 'silent' settle a b

# --- by date: of labels, for people
check '--since the future: nothing to carry' expect_exit 0 \
    sat a export --to b --out drop --since 2999-01-01T00:00:00Z --dry-run
check '--since and --until of all times' export_to a b \
    --since 1971-01-01T00:00:00Z --until 2999-01-01T00:00:00Z
check 'import' unchanged b expect_exit 0 sat b import "$sent"
check '--since nonsense' fails E_USAGE 2 \
    sat a export --to b --out drop --since yesterday
check '--until before --since' not sat a export --to b --out drop \
    --since 2026-02-01T00:00:00Z --until 2026-01-01T00:00:00Z
check '--type that is none' fails E_USAGE 2 \
    sat a export --to b --out drop --type 'a b'

# --- a deletion in an excerpt
need sat a lab delete cl1
need export_to a b --type Client
check 'a tombstone travels in an excerpt' expect_exit 0 sat b import "$sent"
check 'it is gone' test -z "$(sat b lab dump | grep '"uid":"cl1"')"
check 'agree at last' settle a b
check 'as bytes' agree a b
end
