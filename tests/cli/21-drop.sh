# Drops: made, shown, changed, forgotten; what is refused.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c
mkdir share other
check 'no drops at first' test "$(sat a drop list --json | jq -c .drops)" = '[]'
check 'a person is told so' sh -c '"$SATCHEL" --home a drop list |
    grep -qx "no drops yet"'

# --- add
check 'drop add' expect_exit 0 sat a drop add nightly share --peers b,c
check 'the folder is marked' grep -qx 'satchel drop 1' share/.satchel-drop
check 'nothing else is in it' test "$(find share -type f | wc -l)" -eq 1
check 'again: the name is taken' fails E_USAGE 2 \
    sat a drop add nightly other --peers b
check 'so is the folder' fails E_USAGE 2 sat a drop add more share --peers b
check 'by whatever name' fails E_USAGE 2 \
    sat a drop add more ./other/../share/ --peers b
ln -s share link
check 'through a link' fails E_USAGE 2 sat a drop add more link --peers b
# row NAME PATH PEERS...: is refused.
row() {
	check "drop add $*" fails E_USAGE 2 sat a drop add "$@"
}
row more other
row more other --peers nobody
row more other --peers b,,c
row more other --peers ''
row more other --peers b --keep -1
row more other --peers b --keep 36501
row more other --peers b --keep often
row more no/such --peers b
row more cards/a --peers b
row 'mo re' other --peers b
row ../more other --peers b
row more
mkdir a/below
for place in / . a a/below a/keys link/../..; do
	row more "$place" --peers b
	check 'it says why' grep -q 'cannot be a drop: .* home of this site' err
	check 'it has no mark' test ! -e "$place/.satchel-drop"
done
mkdir cc
check 'a name that only begins so' expect_exit 0 sat c drop add more cc \
    --peers b
check 'what is moved is looked at, too' fails E_USAGE 2 \
    sat c drop set more path=c
check 'nothing was made by that' test "$(sat a drop list --json |
    jq '.drops | length')" -eq 1
check 'nor marked' test ! -e other/.satchel-drop
check 'another site takes the mark that is there' \
    expect_exit 0 sat b drop add vault share --peers a --keep 3 --together \
    --removable
check 'its own name counts at each' test "$(sat b drop list --json |
    jq -r '.drops[].name')" = vault
printf x > other/.satchel-drop
check 'a mark that is none' fails E_CONFIG 2 \
    sat a drop add more other --peers b
rm other/.satchel-drop

# --- show
save_json doc.json a drop show nightly
check 'show, as JSON' json doc.json '.error == null and .drops[0] ==
    {"name": "nightly", "path": "'"$PWD/share"'", "keep": 0,
    "together": false, "removable": false, "reached": null,
    "peers": ["b", "c"]} and .files == [] and .others == 0 and
    .waiting_for == []'
save_json doc.json b drop list
check 'settings of the other' json doc.json '.drops[0] | .keep == 3 and
    .together and .removable and .peers == ["a"]'
check 'show what is not' fails E_USAGE 2 sat a drop show more
check 'remove what is not' fails E_USAGE 2 sat a drop remove more
check 'sync what is not' fails E_USAGE 2 sat a sync --drop more
check 'it says what there is' grep -q 'drop list' err

# --- set
check 'set' expect_exit 0 sat a drop set nightly keep=7 together=yes \
    removable=yes peers=c
save_json doc.json a drop show nightly
check 'is set' json doc.json '.drops[0] | .keep == 7 and .together and
    .removable and .peers == ["c"]'
check 'the log says so' test "$(sat a log --json | jq -c '[.entries[] |
    select(.event | startswith("drop")) | .event]')" = \
    '["drop add","drop set"]'
for bad in keep=-1 keep=36501 keep= keep together=1 removable=maybe peers= \
    peers=nobody name=x path=no/such path=cards/a x=y =; do
	check "set $bad" fails E_USAGE 2 sat a drop set nightly "$bad"
	check "set path=other keep=1 $bad" fails E_USAGE 2 \
	    sat a drop set nightly path=other keep=1 "$bad"
done
check 'no mark is left by that' test ! -e other/.satchel-drop
check 'and nothing of it' test "$(sat a drop show nightly --json |
    jq '.drops[0].keep')" -eq 7
need sat a drop set nightly path=other
check 'it moves; the new place is marked' test -e other/.satchel-drop
need sat a drop set nightly path=share peers=b,c together=no keep=0 \
    removable=no

# --- remove
need load a "$(thing x 1)"
need sat a drop publish nightly
find share | sort > before
check 'remove' expect_exit 0 sat a drop remove nightly
find share | sort > after
check 'what lies there stays' same_bytes before after
check 'it is forgotten' test "$(sat a drop list --json | jq -c .drops)" = '[]'
check 'without a drop there is no night' fails E_CONFIG 2 sat a sync
check 'it says how to make one' grep -q 'drop add' err
check 'add it again' expect_exit 0 sat a drop add nightly share --peers b,c
check 'and it goes on' quiet a
check 'with what lies there' lies 2

# --- parts of a night
need load a "$(thing y 1)"
check 'prune writes nothing' expect_exit 0 sat a drop prune nightly
check 'so it is as before' lies 2
check 'collect neither' expect_exit 0 sat b drop collect vault
check 'b has it' shows b x 1
check 'and wrote nothing' lies 0 'b_*'
check 'publish' expect_exit 0 sat a drop publish nightly
check 'puts it there, and takes nothing away' lies 4
check 'which is said' grep -q '2 written' out
check 'prune takes away what is not needed' expect_exit 0 \
    sat a drop prune nightly
check 'namely the older two' test "$(lying | tr -d '\n')" = \
    a_to_b_000003.satchela_to_c_000004.satchel
check 'a part needs a name' fails E_USAGE 2 sat a drop prune
check 'of a drop' fails E_USAGE 2 sat a drop prune more
end
