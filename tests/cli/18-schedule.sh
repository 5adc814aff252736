# Nights that come by themselves: units and lines for cron, as systemd, cron
# and a shell read them.  tests/schedule runs them.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# In a path: what systemd, cron or a shell makes something of.
odd="$SCRATCH/a b%h\$d\"q'u\\x"
plain=$SCRATCH/plain
mkdir "$odd" "$plain" units
need sat "$odd/home" init --name lab-a
need sat "$plain/home" init --name lab.b
need sat "$plain/home" site card --out b.card
need sat "$odd/home" peer add b.card --fingerprint \
    "$(sat "$plain/home" site fingerprint)"
mkdir "$odd/drop"
need sat "$odd/home" drop add share "$odd/drop" --peers lab.b

install() {
	sat "$odd/home" schedule install --dir units "$@"
}
unit=units/satchel-lab-a.service

# --- what is written
check 'print writes nothing' install --print
check 'not one file' test -z "$(ls units)"
check 'nor a promise' expect_exit 0 sat "$odd/home" schedule show --dir units
check 'and says so' grep -qx 'nothing is scheduled' out
check 'install' install --daily 03:15 --mail-to 'a%b@lab.example'
check 'the timer is enabled' test -e \
    units/timers.target.wants/satchel-lab-a.timer
check 'it runs at the time' grep -qx 'OnCalendar=\*-\*-\* 03:15:00' \
    units/satchel-lab-a.timer
check 'and makes up for missed nights' grep -qx 'Persistent=yes' \
    units/satchel-lab-a.timer
cp -r units first
check 'again' install --daily 03:15 --mail-to 'a%b@lab.example'
check 'changes nothing' diff -r --no-dereference first units
save_json show.json "$odd/home" schedule show --dir units
check 'show knows it' json show.json '.schedules[0].covers and
    (.schedules[0].files | length) == 3 and .cadence == 86400'

# The command in the second line does the same again.
sed -n 's/^# with: satchel //p' $unit > again
check 'the unit says how it was made' sh -c \
    "eval \"set -- \$(cat again)\"; exec \"$SATCHEL\" \"\$@\""
check 'which is so' diff -r --no-dereference first units

# --- drops that come later: a service does not reach them
mkdir "$odd/more"
later() {
	sleep 1.1			# the log counts seconds
	sat "$odd/home" drop add more "$odd/more" --peers lab.b
}
check 'a drop is added' expect_exit 0 later
check 'it says what to do' grep -q "schedule install' again" err
save_json show.json "$odd/home" schedule show --dir units
check 'show sees it' json show.json '.schedules[0].covers == false'
save_json doctor.json "$odd/home" doctor
check 'and doctor' json doctor.json 'any(.findings[];
    .what | test("a drop was added after"))'
need sh -c "eval \"set -- \$(cat again)\"; exec \"$SATCHEL\" \"\$@\""
save_json show.json "$odd/home" schedule show --dir units
check 'install again' json show.json '.schedules[0].covers'
save_json doctor.json "$odd/home" doctor
check 'mends it' json doctor.json 'all(.findings[];
    .what | test("a drop was added after") | not)'

# --- the times
# written OPTION VALUE CALENDAR DELAY PROMISE LINE-FOR-CRON
written() {
	install "$1" "$2" > /dev/null 2>&1 || return 1
	grep -qxF "OnCalendar=$3" units/satchel-lab-a.timer || return 1
	grep -qx "RandomizedDelaySec=$4s" units/satchel-lab-a.timer ||
	    return 1
	sat "$odd/home" schedule show --dir units --json |
	    grep -q "\"cadence\":$5," || return 1
	[ "$6" != none ] || {
		fails E_USAGE 2 sat "$plain/home" schedule install --print \
		    --cron --dir units "$1" "$2"
		return
	}
	sat "$plain/home" schedule install --print --cron --system \
	    --dir units "$1" "$2" | grep -qF "$6 $(id -un) XDG_STATE_HOME="
}
while IFS='|' read -r option value calendar delay cadence cron; do
	check "$option $value" written "$option" "$value" "$calendar" "$delay" \
	    "$cadence" "$cron"
done << 'END'
--daily|02:30|*-*-* 02:30:00|900|86400|30 2 * * *
--daily|23:59|*-*-* 23:59:00|900|86400|59 23 * * *
--every|1d|*-*-* 02:30:00|900|86400|30 2 * * *
--every|24h|*-*-* 02:30:00|900|86400|30 2 * * *
--every|7d|Mon *-*-* 02:30:00|900|604800|30 2 * * 1
--every|6h|*-*-* 00/6:00:00|900|21600|0 */6 * * *
--every|1h|*-*-* 00/1:00:00|360|3600|0 */1 * * *
--every|60m|*-*-* 00/1:00:00|360|3600|0 */1 * * *
--every|15m|*-*-* *:00/15:00|90|3600|*/15 * * * *
--calendar|weekly|weekly|900|0|none
END
for bad in '--daily 24:00' '--daily 2:30' '--daily 02:30x' '--every 5h' \
    '--every 0h' '--every 7m' '--every 2d' '--every h' '--every 1w' \
    '--every 6h --daily 02:30' '--mail-to -x@y' '--mail-to a,b --mail-to c' \
    '--user --system'; do
	# shellcheck disable=SC2086
	check "refused: $bad" fails E_USAGE 2 install $bad
done
check 'refused: an address with a space' fails E_USAGE 2 install --mail-to \
    'a b@lab.example'

# --- other sites' files, and foreign ones
check 'remove' expect_exit 0 sat "$odd/home" schedule remove --dir units
check 'takes all files away' test -z "$(find units ! -type d)"
save_json show.json "$odd/home" schedule show --dir units
check 'and the promise' json show.json '.cadence == 0'
check 'again: nothing to do' expect_exit 0 sat "$odd/home" schedule remove \
    --dir units
need sat "$odd/home" schedule install --dir units --every 6h --no-promise
save_json show.json "$odd/home" schedule show --dir units
check '--no-promise' json show.json '.cadence == 0'
rm -r units
for foreign in satchel-lab-a.service satchel-lab-a.timer \
    satchel-lab-a-mail.service timers.target.wants/satchel-lab-a.timer; do
	mkdir -p units/timers.target.wants
	echo '[Unit]' > "units/$foreign"
	cp -r units before
	check "a foreign $foreign" fails E_USAGE 2 install
	check 'is not removed either' expect_exit '[02]' sat "$odd/home" \
	    schedule remove --dir units
	check 'nothing is touched' diff -r before units
	rm -r units before
done
mkdir -p units/satchel-lab-a.service
check 'a folder in the place of a unit' fails E_USAGE 2 install
rm -r units
mkdir units
need sat twin init --name lab-a
need sat twin schedule install --dir units
check 'a site of the same name' fails E_USAGE 2 install
check 'is named' grep -qF "$SCRATCH/twin" err
need sat twin schedule remove --dir units

# --- keys with a passphrase, which nobody is there to type at night
echo 'correct horse' > pass
chmod 600 pass
need sat locked init --name lab-l --passphrase-file pass
check 'keys with a passphrase' fails E_PASSPHRASE 10 sat locked schedule \
    install --dir units
need sat locked schedule install --dir units --passphrase-file pass
check 'it is read from a file' grep -qF \
    " --passphrase-file \"$SCRATCH/pass\"" units/satchel-lab-l.service
need sat locked schedule remove --dir units

# --- the mirror of an instance: it needs the network, and its secrets
echo secret > secret
chmod 600 secret
need sat mirror init --name lab-m --instance senaite --url \
    https://lims.example/senaite --user satchel --password-file \
    "$SCRATCH/secret"
need sat mirror schedule install --dir units
has() {
	grep -qxF "$1" units/satchel-lab-m.service
}
check 'a mirror has the network' has \
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX'
check 'its own' not has 'PrivateNetwork=yes'
[ "$(id -u)" -ne 0 ] ||
	check 'waits for it' has 'After=network-online.target'
case $SCRATCH in
/tmp/* | /var/tmp/* | /home/* | /root/*)
	check 'and reads its password' has \
	    "BindReadOnlyPaths=\"-$SCRATCH/secret\""
	;;
esac
need sat mirror schedule remove --dir units

# --- cron
plainly() {
	sat "$plain/home" schedule install --system --dir units "$@"
}
line=units/satchel-lab_b
check 'a unit first' plainly
check 'then a line for cron' plainly --cron --mail-to admin@lab.example
check 'in place of the units' test "$(find units ! -type d)" = $line
check 'and back' plainly
check 'in place of the line' test ! -e $line
need mkdir "$SCRATCH/p c%t'q"
need mv "$plain/home" "$SCRATCH/p c%t'q/home"
plain="$SCRATCH/p c%t'q"
rm -r units
mkdir units bin
PATH=$SCRATCH/bin:$PATH
export PATH
printf '#!/bin/sh\necho "$@" > "%s/mail"; cat >> "%s/mail"\n' "$SCRATCH" \
    "$SCRATCH" > bin/sendmail
chmod 755 bin/sendmail
check 'a line for an odd path' plainly --cron --mail-to admin@lab.example

# What Debian's cron makes of it: six fields away, \% is %.
sed -n '3s/^\([^ ]* \)\{6\}//p' $line | sed 's/\\%/%/g' > cron.sh
check 'every percent sign is escaped' test -z \
    "$(sed -n 3p $line | sed 's/\\%//g' | grep %)"
sh cron.sh > cron.out 2>&1
check 'cron runs a night' json "$plain/home/sync.json" '.site == "lab.b"'
check 'that is not well, and mailed' grep -q '^Subject: .' mail
check 'to whom it was said' grep -qx -e '-i admin@lab.example' mail
check 'a path that no cron can hold' fails E_CONFIG 2 sat "$odd/home" \
    schedule install --cron --dir units

# A user's crontab, kept by a crontab of our own.
cat > bin/crontab <<END
#!/bin/sh
case \$1 in
-l) cat "$SCRATCH/tab" ;;
-) cat > "$SCRATCH/tab" ;;
esac
END
chmod 755 bin/crontab
tabbed() {
	sat "$plain/home" schedule "$@" --user
}
if [ -e /run/systemd/system ]; then
	echo 'skipped: a crontab by default: systemd runs here'
else
	check 'where systemd does not run, a crontab' tabbed install
	check 'has three lines and an end' test "$(wc -l < tab)" = 4
	printf '@daily true\n%s\n@hourly true' "$(cat tab)" > tab.new
	mv tab.new tab
fi
check 'among lines of others' tabbed install --cron --every 6h
check 'they stay' test "$(grep -c '@.* true' tab)" = \
    "$([ -e /run/systemd/system ] && echo 0 || echo 2)"
check 'it is there once' test "$(grep -c 'sync --wait' tab)" = 1
save_json show.json "$plain/home" schedule show
check 'show knows it' json show.json \
    '.schedules[0].kind == "cron" and .schedules[0].scope == "user"'
check 'remove takes it out' tabbed remove
check 'and nothing else' not grep -qv '^@.* true$' tab
echo "# Written by \"satchel schedule install\" for the site in $(
    cd "$plain/home" && pwd)" > tab
check 'lines without their end' fails E_CONFIG 2 tabbed install --cron
check 'are left to a person' grep -q Written tab

# --- as systemd reads them
if ! command -v systemd-analyze > /dev/null; then
	echo 'skipped: units as systemd reads them: no systemd-analyze here'
	end
	exit 0
fi
rm -r units
mkdir units
need install --mail-to 'a%b@lab.example'
need plainly --cron
rm $line
need plainly
verify() {
	systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1 |
	    grep -v 'sendmail is not executable' > verified
	cat verified
	[ ! -s verified ]
}
check 'systemd finds no fault in them' verify ./units/satchel-lab-a.service \
    ./units/satchel-lab-a.timer ./units/satchel-lab-a-mail.service
check 'exposure of a site of root' systemd-analyze security --offline=true \
    --threshold=15 ./units/satchel-lab-a.service
sed -e '/^User=/d' -e '/^PrivateUsers=/d' -e 's/=CAP_DAC_OVERRIDE/=/' \
    -e 's/^Type=oneshot/&\nUser=nobody\nPrivateUsers=yes/' $unit > \
    units/of-user.service
check 'and of anyone else' systemd-analyze security --offline=true \
    --threshold=6 ./units/of-user.service
check 'a calendar is checked' fails E_USAGE 2 install --calendar sometimes
end
