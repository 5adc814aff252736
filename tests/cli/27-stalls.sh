# What must not stop the exchange of two living sites.  Each obstacle stays
# where it is and nothing new is loaded: do both have everything after a few
# nights, is nothing waited for any more, and is all quiet then?
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# Mounts of its own, so that nothing stays mounted whatever becomes of this.
if [ -z "${STALLS_ALONE:-}" ]; then
	as_root=
	[ "$(id -u)" = 0 ] || as_root=--map-root-user
	export STALLS_ALONE=no
	# shellcheck disable=SC2086
	if unshare $as_root --mount --propagation private true \
	    2> /dev/null; then
		STALLS_ALONE=yes
		exec unshare $as_root --mount --propagation private sh "$0"
	fi
fi

dates=no
faketime -f +1d true 2> /dev/null && dates=yes

# section NAME: in a folder of its own, on the first day.
section() {
	cd "$SCRATCH" || exit 1
	mkdir "$1"
	cd "$1" || exit 1
	: > out
	: > err
	day=0
}

# can_mount: a small file system where one may be mounted; else why not.
can_mount() {
	[ "$STALLS_ALONE" = yes ] && mkdir -p probe &&
	    mount -t tmpfs -o size=64k satchel-test probe 2> /dev/null &&
	    umount probe && return 0
	echo "27-stalls: $1: skipped: nothing can be mounted"
	return 1
}

can_date() {
	[ "$dates" = yes ] && return 0
	echo "27-stalls: $1: skipped: no faketime"
	return 1
}

# dated SITE WORD...: as sat, so many days from now.
dated() {
	[ "$dates" = yes ] || {
		sat "$@"
		return
	}
	dated_site=$1
	shift
	NO_FAKE_STAT=1 ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
	    faketime --exclude-monotonic -f "+${day}d" \
	    "$SATCHEL" --home "$dated_site" "$@"
}

# night SITE: one, well or not; what was done is in SITE.json.
night() {
	night_exit=0
	dated "$1" sync --json > "$1.json" 2> err || night_exit=$?
	[ -s "$1.json" ]
}

# dull SITE: a night that reads and writes nothing, and waits for nobody.
dull() {
	night "$1" && [ $night_exit -eq 0 ] && jq -e '.bundles == [] and
	    ([.drops[] | .published[], .waiting_for[]] == [])' \
	    "$1.json" > /dev/null
}

# settled N SITE...: by the N-th day all have the same, and all is dull.
settled() {
	last_day=$((day + $1))
	shift
	while [ "$day" -lt "$last_day" ]; do
		day=$((day + 1))
		all_dull=yes
		for one in "$@"; do
			dull "$one" || all_dull=no
		done
		[ $all_dull = yes ] || continue
		for one in "$@"; do
			agree "$1" "$one" || return 1
		done
		return 0
	done
	for one in "$@"; do
		jq -c '[.site, .exit, [.alarms[].message],
		    [.drops[] | .published[].file, .waiting_for]]' "$one.json"
	done
	return 1
}

# alarm SITE NAME: a night with this alarm, and no other.
alarm() {
	night "$1" || return 1
	json "$1.json" '[.alarms[].name] | unique == ["'"$2"'"]'
}

# well SITE: a night without an alarm.
well() {
	night "$1" && [ $night_exit -eq 0 ]
}

# safe SITE: the night says that its drop can be taken out.
safe() {
	json "$1.json" '.drops[0].safe_to_remove'
}

# burden SITE NAME [BYTES]: load an object with an attachment.
burden() {
	head -c "${3:-300000}" /dev/urandom > "$2.bin"
	load "$1" "$(printf '{"uid":"%s","type":"T","attachments":[' "$2"
	    printf '{"name":"x","file":"%s.bin"}]}' "$2")"
}

# bundles FOLDER SITE: the bundles of a site in a drop.
bundles() {
	find "$1" -maxdepth 1 -name "$2_to_*" ! -name '*.re*' | LC_ALL=C sort
}

# --- damage in the middle: the head and the tail stay good

damage_bytes() {
	printf bits | dd of="$1" bs=1 seek=$(($(size_of "$1") / 2)) \
	    conv=notrunc 2> /dev/null
}

damage_zeros() {
	dd if=/dev/zero of="$1" bs=1024 seek=4 conv=notrunc \
	    count=$(($(size_of "$1") / 1024 - 40)) 2> /dev/null
}

for how in bytes zeros; do
	section "one-$how"
	sites a b
	drops a:b b:a
	need burden a x
	need night a
	need damage_$how "$(bundles share a)"
	check "$how: one file is refused" alarm b E_HASH
	check "$how: and asked for" lies 1 'b_to_a_*.request'
	check "$how: it is written again" settled 4 a b
done

section chain
sites a b
drops a:b b:a
for n in 1 2 3; do
	need burden a "x$n" 200000
done
need sat a export --to b --out share --max-size 256K
check 'a chain' test "$(bundles share a | wc -l)" -ge 3
need damage_bytes "$(bundles share a | head -n 1)"
check 'its first file is written again' settled 5 a b

# --- no room for both directions
section room
if can_mount 'a drop too small for both'; then
	sites a b
	mkdir share
	need mount -t tmpfs -o size=420k satchel-test share
	drops a:b b:a
	need burden a of-a
	need burden b of-b
	check 'the first one fits' well a
	check 'the other does not' alarm b E_NOSPACE
	check 'but its receipt does' lies 1 'b_to_a_*.receipt'
	check 'so that both arrive' settled 4 a b
fi

# --- names that are taken
section squatted
sites a b
drops a:b b:a
for n in 1 2 3 4 5 6 7 8 9; do
	for pair in a_to_b b_to_a; do
		touch "share/${pair}_00000$n.satchel" \
		    "share/${pair}_00000$n.receipt.satchel"
	done
done
need load a "$(thing x 1)"
need load b "$(thing y 1)"
check 'names that are taken' well a
check 'are passed' test "$(find share -name 'a_to_b_*' -size +0 |
    wc -l)" -eq 1
check 'at both' settled 4 a b
check 'and left to whom they belong' test "$(find share -size 0 |
    wc -l)" -eq 36

section twins
mkdir cards share
for site in one two hub; do
	name=lab
	[ $site != hub ] || name=hub
	need sat $site init --name $name
	need sat $site site card --out cards/$site
done
for site in one two; do
	know $site hub
	need sat hub peer add cards/$site --as $site \
	    --fingerprint "$(sat $site site fingerprint)"
done
drops one:hub two:hub hub:one,two
for site in one two hub; do
	need load $site "$(thing "at-$site" 1)"
done
check 'a lab' well one
check 'and another of the same name' well two
check 'publish' test "$(bundles share lab | wc -l)" -eq 2
check 'and have everything' settled 5 one two hub

# --- two drops, of which the peer uses one
for used in first second; do
	section "only-$used"
	sites a b
	mkdir first second
	need sat a drop add first first --peers b
	need sat a drop add second second --peers b
	need sat b drop add only $used --peers a
	need sat a site set cadence=1d
	need load a "$(thing x 1)"
	need load b "$(thing y 1)"
	for day in 1 2 3 6; do
		night a && night b
	done
	check "only the $used of two drops" agree a b
	check "the $used: nothing of b waits" json b.json \
	    '.drops[0].waiting_for == []'
	check "the $used: nor of a" json a.json \
	    '[.drops[].waiting_for[]] == []'
	check "the $used: signs of life come" json b.json .well
done

# --- the answer went with a stick that is lost
section lost-stick
sites a b
drops a:b b:a
mkdir stick
need load a "$(thing x 1)"
need night a
need sat b import share
need sat b export --to a --out stick
check 'the receipt is on the stick' test -n "$(ls stick)"
rm -r stick
check 'a lost stick took nothing away' settled 4 a b

# --- many copies of a file in one drop
section copies
sites a b c
mkdir many few
need sat b drop add many many --peers a
need sat b drop add zfew few --peers c
need sat a drop add many many --peers b
need sat c drop add few few --peers b
need load a "$(thing x 1)"
need load c "$(thing y 1)"
need night a
need night c
python3 - "$(bundles many a)" <<'END'
import os, sys
for n in range(3000):
    os.link(sys.argv[1], f"many/copy-{n:04}")
END
check 'a night with 3000 copies' well b
check 'one of them is read' shows b x 1
check 'once' json b.json \
    '[.bundles[] | select(.from == "a" and .result == "applied")] |
    length == 1'
check 'the other drop is served' shows b y 1
check 'and all is settled' settled 4 a b c

section bad-copies
sites a b
drops a:b b:a
need burden a x
need night a
for n in 1 2 3; do
	cp "$(bundles share a | tail -n 1)" "share/$n"
	need damage_bytes "share/$n"
done
check 'damaged copies beside a good one stop nothing' settled 4 a b
check 'and go with it' test -z "$(bundles share a)$(ls share/[1-3] \
    2> /dev/null)"

# --- a stick whose mark is gone; what is said of one
section stick
if can_mount 'a stick' && [ -d /mnt ]; then
	sites a b
	need mount -t tmpfs -o size=64k satchel-test /mnt
	mkdir /mnt/stick
	need mount -t tmpfs -o size=120k /dev/stick /mnt/stick
	need sat a drop add stick /mnt/stick --peers b --removable
	need load a "$(thing x 1)"
	check 'a stick' well a
	check 'is safe to remove' safe a
	mv /mnt/stick/.satchel-drop mark
	check 'without its mark' alarm a E_MEDIA_GONE
	check 'a person is told what to do' json a.json \
	    '.alarms[0].next | contains("drop set stick path=")'
	check 'not safe then' not safe a
	cp mark /mnt/stick/.satchel-drop
	check 'with its mark' well a

	need burden a large 200000
	check 'when it is full' alarm a E_NOSPACE
	check 'it is not safe to remove' not safe a
	need umount /mnt/stick
	check 'not there' well a
	rmdir /mnt/stick
	check 'nor its folder' well a
	check 'of course not safe' not safe a
	umount /mnt
fi

section near
sites a b
mkdir near
need sat a drop add near near --peers b --removable
need load a "$(thing x 1)"
check 'a folder on the disk of the home' well a
check 'is not for removing' not safe a
need sat a sync --verbose
check 'nor in words' not grep -q 'safe to remove' need.out

# --- clocks
section year-2040
if can_date 'a night in 2040'; then
	sites a b
	drops a:b b:a
	need sat b site set cadence=1d
	need night b
	need night a
	day=1
	need load b "$(thing x 1)"
	need night b
	day=4900
	night a
	check 'a night in 2040' shows a x 1
	day=2
	night a
	day=5
	check 'hides no peer that falls silent' alarm a E_STALE_SOURCE
fi

# --- nobody fetches what lies there
section waits
if can_date 'a bundle that waits'; then
	sites a b
	drops a:b b:a
	need load a "$(thing x 1)"
	need night a
	day=13
	check 'a bundle waits for days' well a
	day=15
	check 'it is told of after two weeks' alarm a E_STALE_SOURCE
	need sat a drop set nightly removable=yes
	check 'not of a courier' well a
	need sat a drop set nightly removable=no
	need sat a peer set b silent-after=never
	check 'nor if nobody asks' well a
	need sat a peer set b silent-after=auto
	check 'but else' alarm a E_STALE_SOURCE
	check 'until it is fetched' settled 3 b a
fi

# --- peers that are none any more
section gone
sites a b c
drops a:b,c b:a c:a
need load b "$(thing x 1)"
check 'all of them' settled 5 a b c
check 'a receipt lies there' lies 1 'a_to_b_*'
need sat a peer remove b
check 'without b' well a
check 'it goes' lies 0 'a_to_b_*'
need load c "$(thing y 1)"
need night c
need sat a peer revoke c
night a
[ $dates = no ] || day=$((day + 2))
check 'files of one revoked are no alarm' well a
[ $dates = no ] || day=$((day + 1))
check 'night after night' well a
end
