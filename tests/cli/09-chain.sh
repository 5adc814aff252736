# A chain of bundles under --max-size; attachments that span bundles.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b
mkdir att chain
for n in 1 2 3 4 5 6 7 8; do
	head -c $((n * 150000)) /dev/urandom > "att/$n"
	printf '{"uid":"c%s","type":"G","title":"%s","attachments":' "$n" "$n"
	printf '[{"name":"%s","media_type":"a/b","file":"att/%s"}]}\n' "$n" "$n"
done > chain.jsonl
need sat a lab load chain.jsonl "$LAB/lab.jsonl"

check '--max-size' expect_exit 0 \
    sat a export --to b --out chain --max-size 300K
cp out links
count=$(wc -l < links)
check 'gives many files' test "$count" -ge 18
too_big() {
	find chain -type f -size +307200c
}
check 'none of them over it' test -z "$(too_big)"
check 'all that it wrote is on standard output' \
    test "$(find chain -type f | sort)" = "$(sort links)"
each() {
	while read -r link; do
		(mkdir one && cd one && tar xf "../$link" &&
		    b2sum -c --strict --quiet SUMS) || return 1
		rm -rf one
	done < links
}
check 'each can be checked alone' each
verify_all() {
	# shellcheck disable=SC2046
	unchanged b expect_exit 0 sat b verify $(cat links)
}
check 'verify sees the links one after the other' verify_all
check 'so does a dry run of the folder' unchanged b \
    expect_exit 0 sat b import --dry-run chain

mkdir least
check 'nor with the least --max-size' expect_exit 0 \
    sat a export --to b --out least --full --max-size 256K
check 'which is kept to' \
    test -z "$(find least -type f -size +262144c)"

# --- the same chain in one go, at a copy of b
cp -a b b2
cp -a state state2
import_folder() {
	(
		export XDG_STATE_HOME="$PWD/state2"
		sat b2 import chain
	)
}
check 'a folder is imported in order' expect_exit 0 import_folder
check 'and gives the whole' agree a b2

# --- one by one, with wrong turns
third=$(sed -n 3p links)
last=$(tail -n 1 links)
mkdir req
check 'the last link first is a gap' unchanged b \
    fails E_GAP 8 sat b import --requests req "$last"
number=0
while read -r link; do
	number=$((number + 1))
	check "link $number of $count" expect_exit 0 sat b import "$link"
	case $number in
	3)
		check 'a link twice is harmless' \
		    expect_exit 0 sat b import "$third" ;;
	7)
		dump b > half.jsonl
		check 'half a chain is not the whole' \
		    not cmp -s half.jsonl agree/a.jsonl
		check 'the last is still a gap' unchanged b fails E_GAP 8 \
		    sat b import --requests req "$last" ;;
	esac
done < links
check 'the attachments are the same bytes' agree a b
check 'they fall silent' settle a b
need load a "$(thing after 1)"
check 'and go on' carry a b
check 'as ever' agree a b

# --- sizes
mkdir none
check 'a size that no bundle has' fails 'E_USAGE|E_LIMIT' '[26]' \
    sat a export --to b --out none --full --max-size 1
for size in 12X -5 0 1.5M '' 99999999999999999999G; do
	check "--max-size \"$size\"" fails E_USAGE 2 \
	    sat a export --to b --out none --full "--max-size=$size"
done
check 'nothing was written' test -z "$(find none -type f)"
check '--max-size 4G is one file' expect_exit 0 \
    sat a export --to b --out drop --full --max-size 4G
check 'one' test "$(wc -l < out)" -eq 1
end
