# Two sites, each beside a SENAITE (the test server of tests/senaite): notice,
# export, import, project, and what happens when something is in the way.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"
# shellcheck source=senaite.sh
. "$CLI_DIR/senaite.sh"

# holds NAME TITLE: how many objects have this title there.
holds() {
	ask "$1" '/_lab' | jq -r --arg t "$2" \
	    '[.. | objects | select(.title? == $t)] | length'
}

need serve a --companion --seed 1
need serve b --companion --seed 2 --empty
mirror a
mirror b
acquaint a b
mkdir drop

# --- doctor and notice
check 'doctor' expect_exit 0 sat a doctor
check 'it names the version' grep -q '^good .*SENAITE 2\.6' out
check 'and the mode' grep -q '^good .*companion' out
check 'notice' expect_exit 0 sat a notice --json --progress
check 'it reads all of it' json out '.notice | .full and .created > 80 and
    .unread == 0'
check 'with progress' grep -q '^noticing: ' err
check 'status shows it' test "$(sat a status --json |
    jq -r '.mirror | .mode + " " + (.last_full | length | tostring)')" = \
    'companion 20'
check 'it is in the log' test "$(sat a log --json |
    jq '[.entries[] | select(.event == "notice")] | length')" = 1
check 'notice again' expect_exit 0 sat a notice --json
check 'reads nothing' json out '.notice.read == 0'
client=/clients/client-1
need ask a /_lab "{\"op\":\"edit\",\"path\":\"$client\",
    \"title\":\"Title One\",\"fields\":{\"Name\":\"Title One\"}}"
check 'a change at the screens' expect_exit 0 sat a notice --json
check 'is noticed' json out '.notice.changed == 1 and .notice.created == 0'

# --- to the other
check 'export' expect_exit 0 sat a export --to b --out drop
check 'standard output is the path alone' test "$(cat out)" = "$(ls -d drop/*)"
check 'import' expect_exit '0|11|12' sat b import drop --json
cp out doc.json
check 'it is projected' json doc.json '.project.created > 80 and
    .mirror.mode == "companion" and (.bundles[0] |
    .received == .applied + .same + .held + .refused)'
check 'it says how, before' grep -q '^writing into SENAITE' err
check 'and what is not carried' grep -q 'not carried: .' err
check 'the other SENAITE has it' test "$(holds b 'Title One')" -gt 0
check 'nothing is due then' expect_exit '0|12' sat b project --json
check 'nothing written' json out '.project.created == 0'
check 'nor is anything new there' expect_exit 0 sat b notice --json
check 'what was written is not noticed again' json out \
    '.notice.created == 0 and .notice.changed == 0'

# --- and back
need ask b /_lab "{\"op\":\"edit\",\"path\":\"$client\",
    \"title\":\"Title Two\",\"fields\":{\"Name\":\"Title Two\"}}"
rm drop/*
check 'export notices first' expect_exit 0 sat b export --to a --out drop
check 'says so on standard error' grep -q '^noticed: ' err
check 'not on standard output' not grep -q noticed out
check 'the first takes it' expect_exit '0|11|12' sat a import drop
check 'and has it' test "$(holds a 'Title Two')" -gt 0

# --- what is refused
rm drop/*
need ask a /_lab '{"op":"add","parent":"/clients","type":"Client",
    "title":"Refused Client","fields":{"Name":"Refused Client"}}'
need sat a export --to b --out drop
need ask b /_control '{"path":"/push","body":"Refused Client","times":0,
    "do":"failure","message":"not today"}'
check 'a refused object: exit 12' expect_exit 12 sat b import drop --json
cp out doc.json
check 'named' grep -q '^satchel: E_DEST_REJECTED: ' err
check 'counted' json doc.json '.bundles[0].refused +
    .bundles[0].held >= 1 and .error.exit == 12'
check 'the store has it' test "$(sat b lab dump --type Client |
    grep -c 'Refused Client')" -eq 1
check 'status --refused' expect_exit 0 sat b status --refused
check 'by type and reason' grep -q '^Client: 1 ' out
check 'the receipt does not wait' expect_exit 0 sat b receipt --to a --out .
need ask b /_control '{"do":"clear"}'
check 'project tries again' expect_exit '0|12' sat b project
check 'and it is there' test "$(holds b 'Refused Client')" -gt 0

# --- a server that is in the way
need ask b /_control '{"path":"/@@API","times":0,"do":"login-page"}'
check 'notice' fails 'E_DEST_[A-Z]*' 13 sat b notice
check 'export' fails 'E_DEST_[A-Z]*' 13 sat b export --to a --out drop
need ask b /_control '{"do":"clear"}'

# --- a SENAITE without the add-on
need serve c --seed 3 --empty
mirror c
need sat a peer add c.card --fingerprint "$(sat c site fingerprint)"
need sat c peer add a.card --fingerprint "$(sat a site fingerprint)"
need sat a export --to c --out drop
check 'not all goes into it' expect_exit 12 sat c import drop --json
cp out doc.json
check 'what is not carried is said' grep -q 'not carried: .*history' err
check 'written, and held in part' json doc.json '.mirror.mode == "plain" and
    .project.partly > 0 and .project.refused > 0'
check 'the bundle counts them' json doc.json '[.bundles[] |
    select(.result == "applied")] | length == 1 and (.[0] | .refused > 0 and
    .applied > 0 and .received == .applied + .same + .held + .refused)'
left=$(jq .project.left doc.json)
save_json doc.json c status --refused
check 'status has them all' json doc.json '.mirror as $m |
    $m.partly > 0 and $m.refused > 0 and $m.due <= '"$left"' and
    (.refused | length) == $m.refused + $m.partly + $m.lossy +
    $m.waiting + $m.unread'
check 'each with a reason' json doc.json 'all(.refused[]; .uid != "" and
    (.why | length) > 0 and (.why[0].reason | length) > 0)'
check 'as text' expect_exit 0 sat c status --refused
check 'at most ten uids of each' awk '/^    / && NF > 11 { bad = 1 }
    END { exit bad }' out

# --- deletions
# Samples, with what is inside of them.
need ask b /_lab "$(ask b '/_lab?brief=1' | jq -c '[.. | objects |
    select(.type? == "AnalysisRequest") | .uid] | unique |
    map({"op": "delete", "uid": .})')"
check 'many deletions at once are not believed' fails E_MASS_DELETE 7 \
    sat b notice --full
check 'the way out is said' grep -q 'accept-deletions' err
check 'export does not go on' fails E_MASS_DELETE 7 \
    sat b export --to a --out drop
check 'until somebody says so' expect_exit 0 \
    sat b notice --full --accept-deletions 1000
end
