# One bundle for several addressees.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c
need load a "$(thing s1 1)"
need carry a b
need carry b a

# to_both WORD...: export for b and c.
to_both() {
	sent=$(sat a export --to b c --out drop "$@" 2> err) && return 0
	sent=$(sat a export --to b --to c --out drop "$@" 2> err)
}
need load a "$(thing s2 2)"
check 'export to two' to_both
check 'one file' test "$(lines_of "$sent")" -eq 1
both=$sent
for site in b c; do
	check "verify at $site" expect_exit 0 sat $site verify "$both"
	check "import at $site" expect_exit 0 sat $site import "$both"
	check "$site agrees" agree a $site
done
check 'the lowest watermark counts: c has all' shows c s1 1
check 'b tells a' carry b a
check 'c tells a' carry c a
check 'then a is silent' silent a b
check 'to both' to_both
check 'as well' test -z "$sent"
need load b "$(thing s3 3)"
need carry b a
check 'what came from b is in a bundle for both' to_both
check 'c gets it' expect_exit 0 sat c import "$sent"
check 'c shows it' shows c s3 3
check 'b takes it without a change' unchanged b \
    expect_exit 0 sat b import "$sent"

# --- encrypted to both
need sat a peer set b encrypt=yes
need load a "$(thing s4 4)"
check 'one encrypted, one not: refused' not to_both
check 'with a name' grep -Eq '^satchel: E_(POLICY|USAGE|CONFIG): ' err
need sat a peer set c encrypt=yes
check 'both encrypted' to_both
for site in b c; do
	check "$site opens it" expect_exit 0 sat $site import "$sent"
	check "$site has it" shows $site s4 4
done
check 'a stranger among them' fails 'E_[A-Z_]+' '[27]' \
    sat a export --to b --to nobody --out drop
check 'one of them twice' fails 'E_[A-Z_]+' '[27]' \
    sat a export --to b --to b --out drop
need settle a b
need settle a c
check 'all agree' agree b c
end
