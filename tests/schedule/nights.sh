# nights.sh: two sites and a drop; nothing but timers starts `satchel sync`.
# run.sh says how it is run: before and beside a systemd of its own.
# shellcheck source=/dev/null
. "$CLI_DIR/lib.sh"

# A site of a user, whose paths hold all that a unit must quote; and one of
# root, in a folder that services see only if it is bound.
user=$(id -un 34)
odd='/srv/a b%h$d"q'"'"'\x'
drop='/srv/drop %n$'
HOME=$SCRATCH/root
XDG_STATE_HOME=$SCRATCH/root/state
PATH=/srv/bin:$PATH
export HOME XDG_STATE_HOME PATH
mkdir -p "$HOME" /srv/bin "$odd" "$drop" /srv/state
chmod 1777 "$drop"
chown "$user" "$odd" /srv/state
cat > /srv/bin/sendmail <<'MAIL'
#!/bin/sh
echo "$*" > /srv/mail
cat >> /srv/mail
MAIL
chmod 755 /srv/bin/sendmail

# a WORD...: as the user of site a.
a() {
	setpriv --reuid "$user" --regid "$user" --clear-groups \
	    env HOME=/srv XDG_STATE_HOME=/srv/state \
	    "$SATCHEL" --home "$odd/home" "$@"
}
b() {
	"$SATCHEL" --home "$SCRATCH/b" "$@"
}

cp "$SATCHEL" /srv/satchel		# where the user can reach it
SATCHEL=/srv/satchel
need a init --name lab-a
need b init --name lab-b
a site card > a.card
b site card > b.card
cp b.card /srv/b.card
need a peer add /srv/b.card --fingerprint "$(b site fingerprint)"
need b peer add a.card --fingerprint "$(a site fingerprint)"
need a drop add share "$drop" --peers lab-b
need b drop add share "$drop" --peers lab-a
thing s1 7.2 > /srv/lines.jsonl
need a lab load /srv/lines.jsonl

# as_root WORD...: root schedules what is the user's.
as_root() {
	XDG_STATE_HOME=/srv/state "$SATCHEL" --home "$odd/home" "$@"
}
# missed SITE: the timer elapsed three days ago.  What a timer makes up for
# waits for the random delay, too: not here.
missed() {
	touch -d '3 days ago' "/var/lib/systemd/timers/stamp-satchel-$1.timer"
	mkdir -p "/etc/systemd/system/satchel-$1.timer.d"
	printf '[Timer]\nRandomizedDelaySec=0\nAccuracySec=1us\n' > \
	    "/etc/systemd/system/satchel-$1.timer.d/now.conf"
}

# It was installed before the computer starts, and three nights were missed.
check 'install for another user, before systemd runs' \
    as_root schedule install --dir /etc/systemd/system --daily 02:30
check 'the unit is run as that user' grep -qx "User=$user" \
    /etc/systemd/system/satchel-lab-a.service
missed lab-a
: > ready

# until N COMMAND...: try for N tenths of a second.
until_so() {
	left=$1
	shift
	while ! "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}
is_up() {
	systemctl is-active -q satchel-test.target 2> /dev/null
}
until_so 300 is_up || exit 1
: > up

# Within a chroot the kernel makes no name space of users (user_namespaces(7)),
# and units that ask for one do not start.
printf '[Service]\nType=oneshot\nPrivateUsers=yes\nExecStart=/bin/true\n' \
    > /run/systemd/system/private.service
systemctl daemon-reload
systemctl start private.service 2> /dev/null || {
	: > no-users
	end
	exit 0
}

ended() {
	at=$(systemctl show -P ExecMainExitTimestampMonotonic "$1")
	[ "${at:-0}" -gt 0 ] &&
	    [ "$(systemctl show -P ActiveState "$1")" != activating ]
}
show() {
	echo "$1: $(systemctl show -P Result -P ExecMainStatus "$1" |
	    tr '\n' ' ')"
}
result() {
	until_so 200 ended "$1"
	show "$1"
	[ "$(systemctl show -P Result "$1")" = success ]
}

check 'a night that was missed is made up for' result satchel-lab-a.service
check 'by the timer' test "$(systemctl show -P TriggeredBy \
    satchel-lab-a.service)" = satchel-lab-a.timer
published() {
	ls "$drop"/lab-a_to_lab-b_*.satchel
}
check 'it has published its bundle' published
check 'and written its report' test -s "$odd/home/sync.json"
check 'all is well there' json "$odd/home/sync.json" '.well == true'

# --- installed while systemd runs
missed lab-b
check 'install starts the timer' b schedule install --every 6h --mail-to \
    'admin%x@lab.example'
check 'the night runs, as root' result satchel-lab-b.service
got() {
	b lab dump | grep '"s1"'
}
check 'the data has come' got
b schedule show --json > show.json 2> err
check 'when it runs next is known' json show.json \
    '.schedules[0].next != null and .schedules[0].covers == true'
check 'the promise is kept in mind' json show.json '.cadence == 21600'
check 'nobody gets a mail when all is well' test ! -e /srv/mail

# --- what the service can do, seen from within
inside() {
	{
		sed -e '/^ExecStart=/d' -e '/^OnSuccess/d' -e '/^OnFailure/d' \
		    "/etc/systemd/system/$1.service"
		echo "ExecStart=$2"
		echo "StandardOutput=truncate:/srv/inside"
	} > /etc/systemd/system/inside.service
	systemctl daemon-reload
	systemctl start inside.service
}
fenced() {
	inside "$1" "$2" || true
	grep 'the kernel keeps each run' /srv/inside
}
check 'Landlock holds within the filter of calls (user)' fenced \
    satchel-lab-a "$(sed -n 's/^ExecStart=\(.*\) sync .*/\1 doctor/p' \
    /etc/systemd/system/satchel-lab-a.service)"
check 'and of root' fenced satchel-lab-b \
    "$(sed -n 's/^ExecStart=\(.*\) sync .*/\1 doctor/p' \
    /etc/systemd/system/satchel-lab-b.service)"
mkdir /home/other
for site in lab-a lab-b; do
	check "$site: a probe runs" inside "satchel-$site" \
	    "/usr/bin/touch '/srv/drop %%n\$\$/x'"
	check "$site cannot write elsewhere" not inside "satchel-$site" \
	    '/usr/bin/touch /srv/elsewhere'
	check "$site sees no other home" not inside "satchel-$site" \
	    '/usr/bin/test -e /home/other'
	check "$site has no network" not inside "satchel-$site" \
	    '/usr/bin/python3 -c "import socket; socket.socket()"'
	rm -f "$drop/x"
done

# --- drops that come later, and a night that is not well
mkdir /srv/second
need b drop add second /srv/second --peers lab-a
b schedule show --json > show.json 2> err
check 'a drop that was added is not reached' json show.json \
    '.schedules[0].covers == false'
rm -r /srv/second
missed lab-b
check 'install again' b schedule install --every 6h --mail-to \
    'admin%x@lab.example'
b schedule show --json > show.json 2> err
check 'reaches it' json show.json '.schedules[0].covers == true'
failed() {
	until_so 200 ended satchel-lab-b.service
	show satchel-lab-b.service
	[ "$(systemctl show -P Result satchel-lab-b.service)" = exit-code ]
}
check 'a drop that is away is an alarm' failed
check 'which is mailed' until_so 100 test -s /srv/mail
check 'to whom it was said' test "$(head -n 1 /srv/mail)" = \
    '-i admin%x@lab.example'
check 'with a subject' grep -q '^Subject: .' /srv/mail

# --- and away
check 'remove' b schedule remove
check 'the timer has gone' not systemctl is-active -q satchel-lab-b.timer
check 'and its files' test -z "$(find /etc/systemd -name '*lab-b*' ! -name '*.d')"
check 'those of others have not' test -e \
    /etc/systemd/system/satchel-lab-a.service

# --- a user's own
need as_root schedule remove
XDG_RUNTIME_DIR=/run/user/34
export XDG_RUNTIME_DIR
mkdir -p /run/user/34
chown "$user" /run/user /run/user/34
cat > /etc/systemd/system/manager.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
User=$user
Delegate=yes
Environment=HOME=/srv/state XDG_RUNTIME_DIR=/run/user/34
ExecStart=/usr/lib/systemd/systemd --user --unit=satchel-test.target
UNIT
systemctl daemon-reload
need systemctl start manager.service
of_user() {
	setpriv --reuid "$user" --regid "$user" --clear-groups \
	    env HOME=/srv/state "$@"
}
user_is_up() {
	of_user systemctl --user is-active -q satchel-test.target 2> /dev/null
}
check 'a manager of the user is up' until_so 100 user_is_up
own() {
	of_user env XDG_STATE_HOME=/srv/state "$SATCHEL" --home "$odd/home" \
	    "$@"
}
rm "$odd/home/sync.json"
check 'install for a user' own schedule install --no-promise
user_ended() {
	at=$(of_user systemctl --user show -P ExecMainExitTimestampMonotonic \
	    satchel-lab-a.service)
	[ "${at:-0}" -gt 0 ]
}
of_user systemctl --user start satchel-lab-a.service
check 'its service runs' until_so 200 user_ended
check 'well' test "$(of_user systemctl --user show -P Result \
    satchel-lab-a.service)" = success
check 'and has done a night' test -s "$odd/home/sync.json"
own schedule show --json > show.json
check 'its timer is waiting' json show.json '.schedules[0].scope == "user" and
    .schedules[0].next != null'
check 'remove it' own schedule remove
check 'it is gone' not test -e \
    /srv/state/.config/systemd/user/satchel-lab-a.service
end
