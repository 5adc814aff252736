# Nights: two sites and a hub on one drop; what one night does and says.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

for site in a b hub; do
	need sat "$site" init --name "$site"
	mkdir -p cards
	need sat "$site" site card --out "cards/$site"
done
for site in a b; do
	know "$site" hub
	know hub "$site"
done
drops a:hub b:hub hub:a,b

# --- an empty night
check 'the first nights' nights a b hub
check 'wrote nothing' lies 0

# --- a change goes round
need load a "$(thing x 1)"
check 'a night at a' quiet a
check 'one file for the hub' test "$(lying)" = a_to_hub_000001.satchel
check 'twice is as once' quiet a
check 'not one file more' test "$(lying)" = a_to_hub_000001.satchel
check 'at the hub' quiet hub
check 'it is there' shows hub x 1
check 'a receipt, and a bundle for b' test "$(lying 'hub*' | tr '\n' ' ')" = \
    'hub_to_a_000001.receipt.satchel hub_to_b_000002.satchel '
check 'at b, and on' nights b hub a
check 'b has it' shows b x 1
check 'what all have is gone' lies 0 'a_*'
check 'all agree' same_digest a b
check 'all' same_digest b hub
check 'only receipts lie there' test -z "$(lying | grep -v receipt)"
lying > before
for round in 1 2 3; do
	check "they fall silent ($round)" nights a b hub
done
lying > after
check 'and write nothing more' same_bytes before after

# --- changes at all, in one night, in any order
for site in a b hub; do
	need load "$site" "$(thing "at-$site" 1)"
done
check 'nights in the other order' nights hub b a hub b a b hub
check 'agree' same_digest a b
check 'all do' same_digest a hub
check 'and nothing but receipts lies there' test -z "$(lying |
    grep -v receipt)"

# --- whatever the umask, the other accounts can read what lies in a drop
# closed SITE WORD...: as one who lets nobody read what he writes.
closed() {
	(umask 077 && sat "$@")
}
mkdir open
chmod 755 open
need closed a drop add open open --peers hub
need load a "$(thing open 1)"
check 'a night' expect_exit 0 closed a sync --report open.json
need load a "$(thing open 2)"
check 'a part of one' expect_exit 0 closed a drop publish open
check 'it wrote' test "$(find open -name '*.satchel' | wc -l)" -eq 2
check 'for all to read' test -z "$(find open ! -perm -044)"
check 'but not the report' test -z "$(find open.json -perm /077)"
check 'nor the home' test -z "$(find a -maxdepth 0 -perm /077)"
need sat a drop remove open

# --- missed nights: what is newest replaces what was not read
for night in 1 2 3 4 5; do
	need load a "$(thing "missed-$night" "$night")"
	check "a, while nobody listens ($night)" quiet a
	check "one bundle lies there ($night)" lies 1 'a_to_hub_??????'
done
check 'the hub catches up in one night' quiet hub
check 'with all of it' shows hub missed-5 5
check 'and the first' shows hub missed-1 1
check 'b too' nights b hub a
check 'they agree again' same_digest a b

# --- what was done, for who asks
need load a "$(thing said 1)"
check '--verbose says what was done' expect_exit 0 sat a sync --verbose
check 'what was written' grep -q 'for hub: .*/share/a_to_hub_' out
check 'that all is well' grep -q 'a: all is well' out
check 'who is waited for' grep -q '1 wait for the receipt of hub' out
check 'drop show says it, too' sh -c '"$SATCHEL" --home a drop show nightly |
    grep -q "1 wait for the receipt of hub"'
save_json doc.json hub sync --report rep.json
check 'a document' json doc.json '.error == null and .exit == 0 and .well and
    .site == "hub" and (.started | length) == 20 and (.ended | length) == 20
    and .conflicts == 0 and .alarms == []'
check 'of what was imported' json doc.json '.bundles | length == 1 and
    .[0].from == "a" and .[0].result == "applied" and .[0].applied == 1'
check 'of the drop' json doc.json '.drops | length == 1 and (.[0] |
    .name == "nightly" and .there and .unread == 0 and .broken == 0 and
    .foreign == 0 and .own == 2 and (.own_bytes > 0) and
    (.published | length == 2) and (.waiting_for | length == 1))'
check 'of what was written' json doc.json '.drops[0].published |
    map([.to, .kind, .records]) |
    sort == [["a","receipt",0],["b","bundle",1]]'
check 'of who is waited for' json doc.json '.drops[0].waiting_for[0] |
    .peer == "b" and .files == 1 and .bytes > 0 and (.since | length) == 20'
check 'the report is the same document' test \
    "$(jq -Sc . rep.json)" = "$(jq -Sc . doc.json)"
check 'and is for others to read' test "$(stat -c %a rep.json)" = 644
need sat hub sync --report rep.json
check 'the next one replaces it' json rep.json '.bundles == []'
check 'nothing is left beside it' test -z "$(find . -maxdepth 1 \
    -name '.rep*')"

# --- places that are none
mkdir place
mkfifo fifo
ln -s rep.json to-report
for place in place fifo to-report no/such; do
	check "--report $place" fails 'E_USAGE|E_IO' '2|3' \
	    sat hub sync --report "$place"
done
for place in place fifo to-report; do
	check "--mail-summary $place, though all is well" fails E_USAGE 2 \
	    sat hub sync --mail-summary "$place"
	check "$place is still there" test -e "$place" -o -p "$place"
done
check 'a link is not followed' test -L to-report
echo kept > mail
check 'an old mail goes when all is well' quiet hub

need nights a

# --- several drops
mkdir second
need sat a drop add second second --peers hub
need sat hub drop add second second --peers a
need load a "$(thing two 1)"
check 'only the drop that is named' expect_exit 0 sat a sync --drop second
check 'has the bundle' test -n "$(find second -name 'a_to_hub_*')"
check 'the other not' test -z "$(lying 'a_to_hub_*' | grep -v receipt)"
check 'all of them' nights hub a hub
check 'and both are pruned' test -z "$(find second share -name 'a_to_hub_*' |
    grep -v receipt)"

# --- a conflict is no alarm, but a person must know
need load a "$(thing two A)"
need load hub "$(thing two B)"
need quiet a
check 'a conflict is exit 11' expect_exit 11 sat hub sync --mail-summary mail
check 'it is in the mail' grep -q '^Subject: satchel hub: 1 in conflict$' mail
check 'which says what to do' grep -q 'conflicts list' mail
check 'nothing else is said' test ! -s out -a ! -s err
need sat hub conflicts resolve two --take a --reason checked
check 'and then it is quiet' nights hub a b hub
check 'everywhere' shows b two A

# --- days that are kept
need sat a drop set nightly keep=2
need load a "$(thing keep 1)"
check 'kept for two days' nights a hub a a
check 'though all have it' lies 1 'a_to_hub_??????'
check 'show says that it may go' sh -c '"$SATCHEL" --home a drop show nightly |
    grep -q "(may go)"'
need database a 'UPDATE drop_file SET freed=freed-172700 WHERE freed>0'
check 'not a minute less' quiet a
check 'is it there' lies 1 'a_to_hub_??????'
need database a 'UPDATE drop_file SET freed=freed-172900 WHERE freed>0'
check 'but no longer' quiet a
check 'it is gone' lies 0 'a_to_hub_??????'
need sat a drop set nightly keep=0

# --- one file for all
need sat hub drop set nightly together=yes
need load hub "$(thing together 1)"
need quiet hub
check 'one file for both' test "$(lying 'hub_to_?+?_??????' | wc -l)" -eq 1
check 'is read by both' nights a b
check 'b has it, too' shows b together 1
need quiet hub
check 'and goes when both have it' lies 0 'hub_to_?+?_??????'
need load hub "$(thing together 2)"
check 'one of them' nights hub a hub
check 'does not free it' lies 1 'hub_to_?+?_??????'
need sat hub peer revoke b
check 'unless the other is revoked' quiet hub
check 'then nobody waits for it' lies 0 'hub_to_?+?_??????'
end
