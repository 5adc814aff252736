# The guides of docs/senaite.md, each with SENAITEs of the emulation.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"
# shellcheck source=senaite.sh
. "$CLI_DIR/senaite.sh"

# What SENAITE numbers by itself, and where it is one folder for all.
work=Client,AnalysisRequest,Batch,Worksheet
setup=Method,Instrument,Calculation,AnalysisService,AnalysisCategory
setup=$setup,AnalysisProfile,AnalysisSpec,SampleType,SamplePoint,SampleMatrix
setup=$setup,SampleCondition,ContainerType,AttachmentType,Department
setup=$setup,LabContact,LabProduct,Manufacturer,Supplier

# everyone SITE 'KEY = VALUE'...: into [peers] of its mirror.ini.
everyone() {
	everyone_ini=$1/mirror.ini
	shift
	for line in "$@"; do
		sed -i "s/^\[peers\]\$/&\n$line/" "$everyone_ini" || return 1
	done
}

# edit NAME PATH FIELD VALUE: what a person does.
edit() {
	ask "$1" /_lab "{\"op\":\"edit\",\"path\":\"$2\",
	    \"fields\":{\"$3\":\"$4\"}}"
}

# sample NAME CLIENT [TO]: make one; its path.
sample() {
	ask "$1" /_lab "{\"op\":\"sample\",\"client\":\"$2\",
	    \"sample_type\":\"H2O\",\"services\":[\"Ca\",\"Cu\"],
	    \"to\":\"${3:-published}\"}" | jq -r '.[0].path'
}

# field NAME PATH FIELD: its value, "absent" if there is no such object.
field() {
	ask "$1" /_lab | jq -r --arg p "$2" --arg f "$3" \
	    '[.objects[] | select(.path == $p) | .fields[$f]] |
	    if length == 0 then "absent" else first end'
}

# count_of NAME TYPE: how many objects are of it.
count_of() {
	ask "$1" '/_lab?brief=1' | jq --arg t "$2" \
	    '[.objects[] | select(.type == $t)] | length'
}

# --- migrate an instance
need serve old --companion --seed 1
need serve new --companion --seed 2 --empty
need ask old /_lab '{"op":"user","name":"rosa","password":"x",
    "roles":["Analyst"]}'
need edit old /bika_setup MemberDiscount 11.00
mirror old
mirror new
acquaint old new
mkdir stick
need sat old mirror set settings=yes registry=yes users=yes
need sat new peer set old settings=yes registry=yes users=yes
check 'migration: export' expect_exit 0 sat old export --to new --out stick
check 'verify' expect_exit 0 sat new verify stick
check 'import' expect_exit 0 sat new import stick
check 'nothing is refused' expect_exit 0 sat new status --refused
check 'nothing at all' not grep -q '^[A-Z][A-Za-z]*: ' out
check 'all is there' same_labs old new all
check 'the digests agree' same_digest old new
check 'the receipt' expect_exit 0 sat new receipt --to old --out stick
check 'is taken' expect_exit 0 sat old import stick
rm stick/*
need edit old /clients/client-1 Phone 0815
need ask old /_lab '{"op":"delete","path":"/clients/client-3/DU-0003"}'
need sample old /clients/client-2
check 'the last days: export' expect_exit 0 sat old export --to new \
    --out stick --json
check 'carries what changed' json out '.bundles | length == 1 and
    .[0].records < 20'
check 'import' expect_exit 0 sat new import stick
check 'all is there' same_labs old new all
check 'the digests agree' same_digest old new
check 'new ids go on after the old ones' test \
    "$(sample old /clients/client-1)" = "$(sample new /clients/client-1)"

# --- nightly backup, and restore
# Of the new server.
need sat vault init --name vault
need sat vault site card --out vault.card
acquaint new vault
need sat new mirror set settings=yes registry=yes users=yes
mkdir -p drop
check 'backup: export' expect_exit 0 sat new export --to vault --out drop
check 'import' expect_exit 0 sat vault import drop
check 'receipt' expect_exit 0 sat vault receipt --to new --out drop
check 'the digests agree' same_digest new vault
check 'readable as JSON lines' test "$(sat vault lab dump \
    --type AnalysisRequest | grep -c H2O)" -ge 5
need edit new /clients/client-1 Phone 4711
need sample new /clients/client-2 verified
check 'the next night: receipts' expect_exit 0 sat new import drop
check 'export' expect_exit 0 sat new export --to vault --out drop --json
check 'carries what changed' json out '.bundles | length == 1 and
    .[0].records < 20'
check 'import' expect_exit 0 sat vault import drop
check 'the digests agree' same_digest new vault

need serve again --companion --seed 3 --empty
mirror again
acquaint vault again
need everyone again 'settings = yes' 'registry = yes' 'users = yes'
rm -f stick/*
check 'restore: export' expect_exit 0 sat vault export --to again --full \
    --out stick
check 'import' expect_exit 0 sat again import stick
check 'all is there' same_labs new again all
check 'the digests agree' same_digest new again
check 'new ids go on after the old ones' test \
    "$(sample new /clients/client-1)" = \
    "$(sample again /clients/client-1)"

# --- two isolated labs
need serve a --companion --seed 4
need serve b --companion --seed 5
mirror a
mirror b
acquaint a b
rm -f stick/*
# swap CODE CODE: one stick, from a to b and back; exit codes of the imports.
swap() {
	rm -f stick/*
	expect_exit 0 sat a export --to b --out stick &&
	    expect_exit "$1" sat b import stick &&
	    expect_exit 0 sat b export --to a --out stick &&
	    expect_exit "$2" sat a import stick
}
need sat a peer set b remote-prefix=LB- "prefix-types=$work,$setup"
need sat b peer set a remote-prefix=LA- "prefix-types=$work,$setup"
check 'two labs: one stick' swap 0 0
check 'b has what is of a' same_labs a b within
check 'a has what is of b' same_labs b a within
check 'the digests agree' same_digest a b
check 'by its prefix' test "$(field b /clients/LA-client-1/LA-H2O-0001 \
    ClientSampleID)" = CS-000
check 'its own as before' test "$(field b /clients/client-1/H2O-0001 \
    ClientSampleID)" = CS-000
check 'both number on' test "$(sample a /clients/client-1)
$(sample b /clients/client-1)" = "/clients/client-1/H2O-0005
/clients/client-1/H2O-0005"
need sample b /clients/LA-client-2
need edit a /clients/client-1 Phone 'of a'
need edit b /clients/LA-client-3 Fax 'of b'
need edit b /clients/LA-client-2 Phone 'of b'
check 'edits both ways' swap 0 0
check 'b has what is of a' same_labs a b within
check 'a has what is of b' same_labs b a within
for site in a b; do
	check "no two prefixes at $site" test "$(ask "$site" '/_lab?brief=1' |
	    grep -c 'L[AB]-L[AB]-')" = 0
done
check 'a sample by b for a client of a' test "$(field a \
    /clients/client-2/LB-H2O-0006 Priority)" != absent
need edit a /clients/client-3 Phone 'a says'
need edit b /clients/LA-client-3 Phone 'b says'
need edit a /clients/client-2 Phone 'a says'
need edit b /clients/LA-client-2 Fax 'b says'
check 'one object at both: exit 11' swap 11 11
for site in a b; do
	check "$site lists the conflicts" expect_exit 0 sat "$site" \
	    conflicts list --json
	check 'both' json out '[.conflicts[] | .kind] | sort ==
	    ["clash", "disjoint"]'
done
uid=$(jq -r '.conflicts[] | select(.kind == "clash") | .uid' out)
check 'until then both show one of them' test \
    "$(field a /clients/client-3 Phone)" = \
    "$(field b /clients/LA-client-3 Phone)"
check 'b decides' expect_exit 0 sat b conflicts resolve "$uid" --take a \
    --reason 'asked the client'
check 'and joins different fields' expect_exit 0 sat b conflicts resolve \
    --disjoint
check 'and it travels' swap 0 0
for site in a b; do
	check "$site has none" expect_exit 0 sat "$site" conflicts list --json
	check 'none' json out '.conflicts == []'
done
check 'a shows it' test "$(field a /clients/client-3 Phone)" = 'a says'
check 'b shows it' test "$(field b /clients/LA-client-3 Phone)" = 'a says'
check 'both fields at a' test "$(field a /clients/client-2 Phone), $(
    field a /clients/client-2 Fax)" = 'a says, b says'
check 'and at b' test "$(field b /clients/LA-client-2 Phone), $(
    field b /clients/LA-client-2 Fax)" = 'a says, b says'
check 'the digests agree' same_digest a b

# --- five labs and a master
# north and east have a set-up of their own, the others begin with the
# master's.
labs='north east south west coast'
central=Method,Instrument,AnalysisService,Calculation
services=/bika_setup/bika_analysisservices
need serve master --companion --seed 20
mirror master
seed=20
for lab in $labs; do
	seed=$((seed + 1))
	case $lab in
	north|east) need serve "$lab" --companion --seed "$seed" ;;
	*) need serve "$lab" --companion --seed "$seed" --empty ;;
	esac
	mirror "$lab"
	acquaint master "$lab"
	need sat master peer set "$lab" \
	    "remote-prefix=$(printf '%.1s-' "$lab" | tr '[:lower:]' '[:upper:]')" \
	    "prefix-types=$work,$setup"
	need sat "$lab" mirror set "skip=$central"
	need everyone "$lab" 'types = -'
	need sat "$lab" peer set master "types=$central" \
	    "read-only=$central"
	mkdir -p "drop/$lab"
done
for lab in north east; do
	need sat "$lab" peer set master remote-prefix=M- \
	    "prefix-types=$setup"
done
# down, up: from the master to each lab; back.
down() {
	for lab in $labs; do
		expect_exit 0 sat master export --to "$lab" \
		    --out "drop/$lab" &&
		    expect_exit 0 sat "$lab" import "drop/$lab" || return 1
	done
}
up() {
	for lab in $labs; do
		expect_exit 0 sat "$lab" export --to master \
		    --out "drop/$lab" &&
		    expect_exit 0 sat master import "drop/$lab" || return 1
	done
}
check 'methods and services to five labs' down
check 'with what they refer to, and no more' test "$(
    for type in Method AnalysisService Department SampleType Client; do
	count_of south "$type"
    done | tr '\n' ' ')" = '1 6 1 0 0 '
check 'beside those of a lab' test "$(count_of north Method) $(
    field north "$services/M-analysisservice-1" Keyword)" = '2 Ca'

for lab in south west coast; do
	need ask "$lab" /_lab "[{\"op\":\"add\",\"parent\":\"/clients\",
	    \"type\":\"Client\",
	    \"fields\":{\"Name\":\"Kunde, $lab\",\"ClientID\":\"K\"}},
	    {\"op\":\"add\",\"parent\":\"/setup/sampletypes\",
	    \"type\":\"SampleType\",\"title\":\"Water\",
	    \"fields\":{\"prefix\":\"H2O\"}}]"
	need sample "$lab" /clients/client-1
	need sample "$lab" /clients/client-1 to_be_verified
done
check 'the work of five labs to the master' up
for lab in $labs; do
	check "the master has all of $lab" same_labs "$lab" master within
done
check 'by their prefixes' test "$(for lab in S W C; do
	field master "/clients/$lab-client-1" Name
    done | tr '\n' ' ')" = 'Kunde, south Kunde, west Kunde, coast '
check 'with results' test "$(field master \
    /clients/W-client-1/W-H2O-0001/Ca Result)" = 0.10

# write NAME PATH FIELD VALUE: by the API, as the lab's manager; its status.
write() {
	uid=$(ask "$1" '/_lab?brief=1' | jq -r --arg p "$2" \
	    '.objects[] | select(.path == $p) | .uid')
	curl -s -o write.out -w '%{http_code}' -u labman:labman \
	    -H 'Content-Type: application/json' \
	    -d "{\"uid\":\"$uid\",\"$3\":\"$4\"}" \
	    "http://127.0.0.1:$(port_of "$1")/senaite/@@API/senaite/v1/update"
}
is_central() {
	is_before=$(field "$1" "$2" "$3")
	[ "$(write "$@")" = 401 ] &&
	    [ "$(field "$1" "$2" "$3")" = "$is_before" ]
}
calcium=$services/analysisservice-1
check 'a lab writes its own' test "$(write south /clients/client-1 Phone 12
    field south /clients/client-1 Phone)" = 20012
check 'not a service' is_central south "$calcium" Price 5.00
check 'nor a method' is_central north /methods/M-method-1 Instructions other
check 'nor takes it out of use' not ask south /_lab "{\"op\":\"transition\",
    \"path\":\"$calcium\",\"name\":\"deactivate\"}"
need edit master "$calcium" Price 99.00

# --- methods handled centrally, with an update-only type
need sat coast peer set master update-only=AnalysisService
need ask master /_lab "{\"op\":\"add\",\"parent\":\"$services\",
    \"type\":\"AnalysisService\",\"title\":\"Zinc\",
    \"fields\":{\"Keyword\":\"Zn\",\"Price\":\"3.00\"}}"
new=$(path_of master Zinc)
check 'to the labs' down
check 'a price that the master changed' test "$(for lab in $labs; do
	case $lab in
	north|east) id=M-analysisservice-1 ;;
	*) id=analysisservice-1 ;;
	esac
	field "$lab" "$services/$id" Price
    done | tr '\n' ' ')" = '99.00 99.00 99.00 99.00 99.00 '
check 'a new service' test "$(field west "$new" Keyword)" = Zn
check 'not where nothing is made' test "$(field coast "$new" Keyword)" = absent
check 'which is no failure' expect_exit 0 sat coast status --json
check 'of none' json out '.mirror | .refused == 0 and .waiting == 0'
check 'still central' is_central west "$calcium" Price 5.00
need sat coast peer set master update-only=
check 'until it may be made' expect_exit 0 sat coast project
check 'then it is' test "$(field coast "$new" Keyword)" = Zn
check 'the labs give again' up
check 'and take' down
for lab in $labs; do
	check "$lab agrees with the master" same_digest master "$lab"
done
check 'each has its own samples alone' test "$(for lab in $labs; do
	count_of "$lab" AnalysisRequest
    done | tr '\n' ' ')" = '11 11 2 2 2 '
check 'and its own clients' test "$(for lab in $labs; do
	count_of "$lab" Client
    done | tr '\n' ' ')" = '3 3 1 1 1 '
check 'the master has all' test "$(count_of master AnalysisRequest) $(
    count_of master Client)" = '39 12'
end
