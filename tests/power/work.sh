#!/bin/sh
# work.sh: the runs that lose power.  Called by the program `power`.
#
#	work.sh fixtures		make what all share, in $WORK/fix
#	work.sh base NAME		$ROOT as it is before the run
#	work.sh run NAME		the run; under the recorder if
#					RECORDER is set
#	work.sh result NAME		what can be seen of $ROOT after it; all
#					runs of NAME end with the same text
#
# $ROOT holds disk/ (the home's disk, with the guard's folder) and stick/.
# lab-a and lab-b are peers; `sat` is the site that lives in $ROOT.
set -eu

FIX=$WORK/fix
DISK=$ROOT/disk
STICK=$ROOT/stick
HOME=$WORK/user
XDG_STATE_HOME=$DISK/var/state
export HOME XDG_STATE_HOME
unset SATCHEL_HOME SOURCE_DATE_EPOCH

# --- tools

# at SITE WORD...: a site of the fixtures.
at() {
	at_site=$1
	shift
	XDG_STATE_HOME=$FIX/$at_site.state "$SATCHEL" \
	    --home "$FIX/$at_site" "$@"
}

# watched COMMAND...: below the recorder, if there is one.
watched() {
	if [ -n "${RECORDER:-}" ]; then
		LD_PRELOAD=$RECORDER "$@"
	else
		"$@"
	fi
}

# sat WORD...: the site that is watched.
sat() {
	watched "$SATCHEL" --home "$DISK/labs/one" "$@"
}

# folder PATH: a person makes one, right before.
folder() {
	[ -d "$1" ] || POWER_SILENT=1 watched mkdir -p "$1"
}

# code N|N... WORD...: sat, which ends with one of these.
code() {
	code_want=$1
	shift
	code_got=0
	sat "$@" || code_got=$?
	case "|$code_want|" in
	*"|$code_got|"*) return 0 ;;
	esac
	echo "work.sh: exit $code_got, not $code_want: $*" >&2
	return 1
}

# thing UID RESULT UNIT [FILE]
thing() {
	printf '{"uid":"%s","type":"Analysis","title":"%s","fields":' "$1" "$1"
	printf '{"Result":"%s","Unit":"%s"}' "$2" "$3"
	[ -z "${4:-}" ] || printf ',"attachments":[{"name":"%s",%s}]' "$4" \
	    "\"media_type\":\"text/plain\",\"file\":\"$4\""
	printf '}\n'
}

# things FIRST LAST RESULT
things() {
	n=$1
	while [ "$n" -le "$2" ]; do
		thing "$(printf 'r%03d' "$n")" "$3" mg
		n=$((n + 1))
	done
}

# keep SITE NAME: the site as it is now.
keep() {
	cp -a "$FIX/$1" "$FIX/$2"
	cp -a "$FIX/$1.state" "$FIX/$2.state"
}

# place SITE: it lives on the disk from now on.
place() {
	mkdir -p "$DISK/labs" "$DISK/var"
	cp -a "$FIX/$1" "$DISK/labs/one"
	cp -a "$FIX/$1.state" "$XDG_STATE_HOME"
}

# --- what all share

bytes() {
	head -c "$2" /dev/urandom > "$FIX/$1"
}

fixture_data() {
	bytes att1 9000
	bytes att2 41000
	for n in 1 2 3 4 5 6; do
		bytes "big$n" 70000
		thing "big$n" 1 mg "big$n"
	done > "$FIX/big.jsonl"
	{
		things 1 25 1
		thing with1 1 mg att1
		thing with2 1 mg att2
		thing same2 1 mg att2
	} > "$FIX/first.jsonl"
	{
		things 1 12 2
		things 40 60 1
		thing with1 2 mg att2
		printf '{"uid":"%s","type":"Analysis","deleted":true,%s}\n' \
		    r020 '"time":"2026-02-01T00:00:00Z"' \
		    r021 '"time":"2026-02-01T00:00:00Z"'
	} > "$FIX/second.jsonl"
	{
		thing r003 7 mg
		thing r004 7 kg
		thing r005 1 kg
	} > "$FIX/theirs.jsonl"
	printf 'secret\n' > "$FIX/password"
	chmod 600 "$FIX/password"
}

# know SITE OTHER
know() {
	at "$1" peer add "$FIX/$2.card" \
	    --fingerprint "$(at "$2" site fingerprint)"
}

fixture_sites() {
	for site in a b; do
		at "$site" init --name "lab-$site"
		at "$site" site card --out "$FIX/$site.card"
	done
	keep a a-alone
	know a b
	know b a
	keep a a-empty
	keep b b-empty
	XDG_STATE_HOME=$FIX/m.state "$SATCHEL" --home "$FIX/m" init \
	    --name lab-m --instance senaite --url https://lims.example/s \
	    --user sync --password-file "$FIX/password"
}

# What goes to and fro, and the sites at each step.
fixture_exchange() {
	mkdir "$FIX/go1" "$FIX/back1" "$FIX/go2" "$FIX/chain"
	at a lab load "$FIX/first.jsonl"
	keep a a-first
	at a export --to lab-b --out "$FIX/go1"
	at b import "$FIX/go1"
	keep b b-first
	at b receipt --to lab-a --out "$FIX/back1"
	keep b b-told
	keep a a-told
	at a import "$FIX/back1"
	at a lab load "$FIX/second.jsonl"
	keep a a-second
	at a export --to lab-b --out "$FIX/go2"
	keep a a-sent
	at b lab load "$FIX/theirs.jsonl"
	keep b b-edited
	at b import "$FIX/go2" || [ $? -eq 11 ]
	keep b b-torn
	keep a-empty a-big
	at a-big lab load "$FIX/big.jsonl"
	keep a-big a-chain
	at a-chain export --to lab-b --out "$FIX/chain" --max-size 256K
}

fixtures() {
	mkdir "$FIX" "$HOME"
	fixture_data
	fixture_sites
	fixture_exchange
}

# --- the runs

base() {
	mkdir -p "$DISK" "$STICK"
	case $1 in
	init | init-mirror) ;;
	set) place m ;;
	peer) place a-alone ;;
	load) place a-empty ;;
	update | delete | export | export-stick) place a-first ;;
	export-again) place a-second ;;
	chain | chain-stick) place a-big ;;
	import | gap | import-chain) place b-empty ;;
	receipt) place b-first ;;
	import-receipt) place a-told ;;
	import-update | day) place b-edited ;;
	night)
		place b-edited
		sat drop add nightly "$STICK" --peers lab-a > /dev/null
		;;
	resolve) place b-torn ;;
	restored) place a-second ;;
	esac
	case $1 in
	import) cp "$FIX"/go1/* "$STICK" ;;
	import-update | day) cp "$FIX"/go2/* "$STICK" ;;
	night) cp "$FIX"/go2/* "$FIX"/back1/* "$STICK" ;;
	gap) cp "$FIX"/chain/*2.satchel "$STICK" ;;
	import-chain) cp "$FIX"/chain/* "$STICK" ;;
	import-receipt) cp "$FIX"/back1/* "$STICK" ;;
	esac
}

# Again after a cut: what was done already may say so.
run() {
	case $1 in
	init) code '0|2' init --name lab-one ;;
	init-mirror)
		folder "$DISK/labs/one"
		code '0|2' init --name lab-one --instance senaite \
		    --url https://lims.example/s --user sync \
		    --password-file "$FIX/password"
		;;
	set)
		code 0 mirror set page=40 timeout=30
		code 0 mirror set full-every=3
		;;
	peer)
		code 0 peer add "$FIX/b.card" \
		    --fingerprint "$(at b site fingerprint)"
		;;
	load) code 0 lab load "$FIX/first.jsonl" ;;
	update) code 0 lab load "$FIX/second.jsonl" ;;
	delete) code 0 lab delete r001 r002 with1 ;;
	export | export-again) code 0 export --to lab-b --out "$STICK" ;;
	export-stick)
		folder "$STICK/new"
		code 0 export --to lab-b --out "$STICK/new"
		;;
	chain | chain-stick)
		code 0 export --to lab-b --out "$STICK" --max-size 256K
		;;
	import | import-chain | import-receipt) code 0 import "$STICK" ;;
	import-update) code '0|11' import "$STICK" ;;
	gap) code 8 import "$STICK" ;;
	receipt) code 0 receipt --to lab-a --out "$STICK" ;;
	resolve)
		code '0|2' conflicts resolve --disjoint
		code '0|2' conflicts resolve r003 --take lab-b --reason yes
		;;
	restored) code 0 site restored --reason 'a new disk' ;;
	day)
		code '0|11' import "$STICK"
		code 0 lab load "$FIX/first.jsonl"
		code 0 export --to lab-a --out "$STICK"
		;;
	night)
		code 0 drop set nightly path="$STICK"
		code '0|11' sync --report "$STICK/report"
		;;
	esac
}

# --- what can be seen

# The peer SITE that takes all that is in the FOLDER of the stick.
taken_by() {
	cp -a "$FIX/$1" "$ROOT/peer"
	cp -a "$FIX/$1.state" "$ROOT/peer.state"
	(
		XDG_STATE_HOME=$ROOT/peer.state
		peer_code=0
		"$SATCHEL" --home "$ROOT/peer" import "${2:-$STICK}" \
		    > /dev/null || peer_code=$?
		[ "$peer_code" -eq 0 ] || [ "$peer_code" -eq 11 ]
		"$SATCHEL" --home "$ROOT/peer" lab dump --deleted
	)
	rm -r "$ROOT/peer" "$ROOT/peer.state"
}

result() {
	if [ "$1" = delete ]; then
		# The time of a deletion is when it was done.
		sat lab dump --deleted | jq -c 'del(.time)'
		return
	fi
	sat lab dump --deleted
	sat status --json | jq -c '[.digest, .conflicts, .objects,
	    [.peers[] | [.name, .acknowledged, .due, .gaps]]]'
	case $1 in
	init | init-mirror) sat site card > /dev/null ;;
	set) sat mirror show ;;
	peer) sat peer list ;;
	export) taken_by b-empty ;;
	export-stick) taken_by b-empty "$STICK/new" ;;
	export-again) taken_by b-told ;;
	chain | chain-stick) taken_by b-empty ;;
	gap) find "$STICK" -name '*.request.satchel' | grep -q . ;;
	receipt) taken_by a-told ;;
	day) taken_by a-sent ;;
	night)
		taken_by a-sent
		find "$STICK" -name 'lab-b_to_lab-a_*' | wc -l
		;;
	restored) sat export --to lab-b --out "$STICK" > /dev/null ;;
	esac
}

what=$1
shift
"$what" "$@"
