# A folder: all that is for this site, in any order, beside anything else.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c
mkdir mix elsewhere
for n in 1 2 3 4 5; do
	need load a "$(thing "f$n" "$n")" "$(thing same "$n")"
	need sat a export --to b --out "mix/$((9 - n)).satchel"
done
need load a "$(thing for-c 1)"
need sat a export --to c --out mix/0.satchel
need load c "$(thing from-c 1)"
need sat c export --to b --out mix/zz
echo 'shopping list' > mix/notes.txt
echo 'not a bundle' > mix/broken.satchel
: > mix/empty
cp "$LAB/att/certificate-1.pdf" mix/
cp mix/8.satchel mix/.a_to_b_1.satchel.part
mkdir mix/folder mix/.Trash-1000
ln -s /etc/passwd mix/link.satchel
head -c 3000 /dev/zero > 'mix/System Volume Information'
find mix | sort > mix.before

check 'import of a folder' expect_exit 0 sat b import mix
check 'all for b is applied' test "$(sat b lab dump | wc -l)" -eq 7
check 'the newest state is shown' shows b same 5
check 'what came from c too' shows b from-c 1
check 'what is for c is not' shows b for-c ''
find mix | sort > mix.after
check 'the folder is as it was' same_bytes mix.before mix.after
save_json doc.json b import mix
check 'again: all of it is already here' json doc.json '.error == null and
    ([.bundles[] | select(.from == "a" or .from == "c") | .result] |
    length >= 6 and all(. == "already" or . == "other" or . == "receipt"))'
check 'c takes what is for it, and skips its own' expect_exit 0 sat c import mix
check 'with all that a has' test "$(sat c lab dump | wc -l)" -eq 8
check 'bundles of its own are skipped' unchanged a \
    expect_exit 0 sat a import mix

# --- one bad apple
need load a "$(thing f6 6)"
need sat a export --to b --out elsewhere/good.satchel
need load c "$(thing from-c 2)"
need sat c export --to b --out elsewhere/bad.satchel
cp elsewhere/bad.satchel damaged
offset=1600
while [ "$offset" -lt "$(size_of damaged)" ]; do
	cp damaged elsewhere/bad.satchel
	flip elsewhere/bad.satchel "$offset"
	check "one with byte $offset damaged gives the exit code" \
	    fails 'E_[A-Z_]+' '[457]' sat b import elsewhere
	offset=$((offset + 400))
done
head -c 4000 damaged > elsewhere/bad.satchel
check 'one cut off gives the exit code' \
    fails 'E_[A-Z_]+' '[457]' sat b import elsewhere
check 'the rest is applied' shows b f6 6
check 'of the damaged one nothing' shows b from-c 1
need sat c export --to b --out elsewhere/again.satchel
rm elsewhere/bad.satchel
check 'a good copy heals it' expect_exit 0 sat b import elsewhere
check 'now it is here' shows b from-c 2

# --- doubled, under any names; what is known is not read again
mkdir doubled
need load a "$(thing f7 7)"
need sat a export --to b --out doubled/one
cp doubled/one doubled/another
cp doubled/one 'doubled/Kopie von one (2).pdf'
cp mix/8.satchel doubled/old
flip doubled/old 1600
check 'copies' expect_exit 0 sat b import doubled --json
check 'are applied once' json out '[.bundles[].result] | sort ==
    ["already","already","already","applied"]'
check 'an old one is told by its tail alone' json out '[.bundles[] |
    select(.file == "doubled/old") | .result] == ["already"]'
check 'by name it is read' fails E_HEADER 5 sat b import doubled/old

# --- a copy that grows
mkdir growing
need load a "$(thing f8 "$(head -c 60000 /dev/urandom | base64 -w 0)")"
need sat a export --to b --out elsewhere/grown.satchel
need load a "$(thing f9 9)"
need sat a export --to b --out growing/z
{
	head -c 20000 elsewhere/grown.satchel
	while [ ! -f go ]; do sleep 0.1; done
	tail -c +20001 elsewhere/grown.satchel
} > growing/a &
while [ "$(size_of growing/a)" -lt 20000 ]; do sleep 0.1; done
check 'while it is copied it is refused' \
    fails E_TRUNCATED 4 sat b import growing
check 'and said that it may not be whole yet' \
    grep -q 'still being copied' err
check 'what is whole is applied' shows b f9 9
: > go
wait
check 'when it is whole' expect_exit 0 sat b import growing --json
check 'it is taken' json out '[.bundles[].result] | sort ==
    ["already","applied"]'

# --- several paths, an empty folder
mkdir nothing
check 'an empty folder' expect_exit 0 sat b import nothing
check 'a folder and a file' expect_exit 0 sat b import nothing mix/8.satchel
check 'no such folder' fails E_IO 3 sat b import no/such

# --- a chain in the wrong order of names
mkdir att chain shuffled
head -c 900000 /dev/urandom > att/x
need load a '{"uid":"x1","type":"A","attachments":[{"name":"x",'"$(
    printf '"media_type":"a/b","file":"att/x"}]}')"
need sat a export --to b --out chain --max-size 300K
number=99
for file in chain/*; do
	cp "$file" "shuffled/$number"
	number=$((number - 1))
done
check 'a chain under other names' expect_exit 0 sat b import shuffled
check 'is applied in order' settle a b
check 'as a whole' agree a b

# --- conflicts: exit 11 for the folder
need load a "$(thing same A)"
need load b "$(thing same B)"
mkdir last
need sat a export --to b --out last
check 'a conflict is exit 11' expect_exit 11 sat b import last
check 'once' expect_exit 0 sat b import last
end
