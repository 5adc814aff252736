# Edits on both sides: kept, listed, shown, decided; the decision travels.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

sites a b c

# list SITE: "uid kind sites" a line, sorted.
list() {
	sat "$1" conflicts list --json |
	    jq -r '.conflicts[] | [.uid, .kind, (.sites | sort | join("+"))] |
	    join(" ")' | sort
}

# conflicts SITE TEXT: the list is this text.
conflicts() {
	[ "$(list "$1")" = "$2" ] && return 0
	echo "$1 lists:"
	list "$1"
	return 1
}

# row UID RESULT UNIT [MODIFIED]
row() {
	printf '{"uid":"%s","type":"Analysis","modified":"%s","fields":' \
	    "$1" "${4:-2026-01-01T00:00:00Z}"
	printf '{"Result":"%s","Unit":"%s"}}\n' "$2" "$3"
}

for uid in clash disj gone equal dates dead merge; do
	need load a "$(row $uid 1 mg)"
done
need settle a b
need settle a c
check 'no conflict to begin with' conflicts a ''

# --- edits on both sides
need load a "$(row clash 7.2 mg)" "$(row disj 2 mg)" "$(row gone 9 mg)" \
    "$(row equal 5 mg)" "$(row dates 1 mg 2026-02-01T00:00:00Z)" \
    "$(row merge 3 mg)"
need sat a lab delete dead
need load b "$(row clash 7.4 mg)" "$(row disj 1 g)" "$(row equal 5 mg)" \
    "$(row dates 1 mg 2026-03-01T00:00:00Z)" "$(row merge 4 g)"
need sat b lab delete gone dead
need export_to a b
from_a=$sent
need export_to b a
from_b=$sent
check 'verify never says conflict' expect_exit 0 sat b verify "$from_a"
save_json doc.json b import "$from_a"
check 'import counts them' json doc.json '.error == null and
    .bundles[0].result == "applied" and .bundles[0].conflicts == 4'
check 'import on the other side is exit 11' expect_exit 11 \
    sat a import "$from_b"
check 'that is no error' not grep -q '^satchel: E_' err
listed='clash clash a+b
disj disjoint a+b
gone edit-delete a+b
merge clash a+b'
check 'listed by kind, with both sites' conflicts a "$listed"
check 'the same on the other side' conflicts b "$listed"
check 'both dumps agree' agree a b
check 'and the digests' same_digest a b
list a > list.a
check 'equal edits are none, nor dates alone, nor two deletions' \
    not grep -Eq 'equal|dates|dead' list.a
check 'status counts them' test "$(sat a status --json |
    jq .conflicts)" -eq 4
check 'importing it again adds none' unchanged b \
    expect_exit 0 sat b import "$from_a"
check 'an edit is not hidden by a deletion' shows b gone 9

# --- list, show
check 'conflicts list' expect_exit 0 sat b conflicts list
check 'names the object' grep -q clash out
check 'conflicts show' expect_exit 0 sat b conflicts show clash
check 'shows the one value' grep -q '7\.2' out
check 'and the other' grep -q '7\.4' out
check 'and the field that clashes' grep -q Result out
save_json doc.json b conflicts show clash
check 'conflicts show --json' json doc.json '.error == null'
check 'show of what is not there' fails 'E_[A-Z_]+' '[25]' \
    sat b conflicts show nothing

# --- resolve
check 'a decision wants a reason' unchanged b fails E_USAGE 2 \
    sat b conflicts resolve clash --take a
check 'and one way' unchanged b fails E_USAGE 2 \
    sat b conflicts resolve clash --reason x
check 'not two' unchanged b fails E_USAGE 2 \
    sat b conflicts resolve clash --take a --merge x --reason x
check 'of a site that has one' unchanged b fails 'E_[A-Z_]+' '[25]' \
    sat b conflicts resolve clash --take c --reason x
check 'of something that is there' unchanged b fails 'E_[A-Z_]+' '[25]' \
    sat b conflicts resolve nothing --take a --reason x
check 'conflicts are still there' conflicts b "$listed"
check 'resolve --take' expect_exit 0 \
    sat b conflicts resolve clash --take a --reason 'read again'
check 'the value is taken' shows b clash 7.2
row merge 3.5 kg > merged.jsonl
check 'resolve --merge' expect_exit 0 sat b conflicts resolve merge \
    --merge merged.jsonl --reason 'mean of both'
check 'the value is the one given' shows b merge 3.5
row other 3.5 kg > merged.jsonl
check 'resolve --merge of another object' unchanged b \
    fails 'E_[A-Z_]+' '[25]' sat b conflicts resolve gone \
    --merge merged.jsonl --reason x
check 'resolve --disjoint' expect_exit 0 sat b conflicts resolve --disjoint
check 'one side gave the result' shows b disj 2
check 'the other the unit' test "$(sat b lab dump |
    jq -r 'select(.uid == "disj") | .fields.Unit')" = g
check 'what clashes is left alone' conflicts b 'gone edit-delete a+b'
check 'the log has the reason' test "$(sat b log | grep -c 'read again')" -ge 1

# --- the decision travels
need export_to b a
check 'a imports the decisions, exit 0' expect_exit 0 sat a import "$sent"
check 'a has the value too' shows a clash 7.2
check 'a lists what is left' conflicts a 'gone edit-delete a+b'
check 'edit against deletion: the edit stays' expect_exit 0 \
    sat a conflicts resolve gone --take a --reason 'still needed'
check 'they fall silent' settle a b
check 'it lives at both' shows b gone 9
check 'no conflict is left at a' conflicts a ''
check 'nor at b' conflicts b ''
check 'they agree' agree a b

# --- the deletion taken
need load a "$(row gone 10 mg)"
need sat b lab delete gone
need export_to a b
from_a=$sent
need export_to b a
check 'a imports' expect_exit 11 sat a import "$sent"
check 'b imports' expect_exit 11 sat b import "$from_a"
check 'the deletion stays' expect_exit 0 \
    sat b conflicts resolve gone --take b --reason 'thrown away'
check 'they fall silent' settle a b
check 'gone at both' test -z "$(result a gone)$(result b gone)"
check 'they agree' agree a b

# --- history: the union, whatever is taken
entry() {
	printf '{"action":"%s","actor":"x","time":"%s","state":"s",' "$1" "$2"
	printf '"comments":""}'
}
old() {
	printf '{"uid":"hist","type":"X","title":"%s","history":[%s]}\n' "$1" "$2"
}
first=$(entry create 2026-01-01T00:00:00Z)
need load a "$(old 0 "$first")"
need settle a b
need load a "$(old A "$first,$(entry at-a 2026-01-03T00:00:00Z)")"
need load b "$(old B "$first,$(entry at-b 2026-01-02T00:00:00Z)")"
need export_to a b
check 'a third conflict' expect_exit 11 sat b import "$sent"
check 'the view has all entries' test "$(sat b lab dump |
    jq -c 'select(.uid == "hist") | [.history[].action]')" = \
    '["create","at-b","at-a"]'
check 'one side is taken' expect_exit 0 \
    sat b conflicts resolve hist --take a --reason x
check 'both keep the union' settle a b
check 'at a too' test "$(sat a lab dump |
    jq -c 'select(.uid == "hist") | [.title, .history[].action]')" = \
    '["A","create","at-b","at-a"]'

# --- three sites
need settle a c
need load a "$(row clash 1 mg)"
need load b "$(row clash 2 mg)"
need load c "$(row clash 3 mg)"
need export_to b a
check 'two of three' expect_exit 11 sat a import "$sent"
need export_to c a
check 'a third sibling is exit 11 again' expect_exit 11 sat a import "$sent"
check 'listed with three sites' conflicts a 'clash clash a+b+c'
check 'a decides for all' expect_exit 0 \
    sat a conflicts resolve clash --take c --reason 'the newest'
check 'with b' settle a b
check 'with c' settle a c
check 'b has it' shows b clash 3
check 'c has it' shows c clash 3
check 'a and c agree' agree a c
check 'no conflict is left' conflicts c ''

# --- the example's week of work
need sat a lab load "$LAB/lab.jsonl"
need settle a b
need sat a lab load "$LAB/changes-a.jsonl"
need sat b lab load "$LAB/changes-b.jsonl"
need export_to a b
check 'a week of work' expect_exit 11 sat b import "$sent"
check 'one clash, one pair of disjoint edits' test \
    "$(list b | cut -d ' ' -f 2 | sort | tr '\n' ' ')" = 'clash disjoint '
end
