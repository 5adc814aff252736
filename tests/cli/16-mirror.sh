# A mirror's home without a SENAITE: init, mirror.ini, what a lab refuses, and
# a server that cannot be reached.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# Nothing listens on port 9 of this computer.
url=http://127.0.0.1:9/senaite
printf 'geheim-4711\n' > password
chmod 600 password

# mirror NAME [WORD...]: make the home of a mirror.
mirror() {
	mirror_name=$1
	shift
	sat "$mirror_name" init --name "$mirror_name" --instance senaite \
	    --url "$url" --user satchel --password-file password "$@"
}

# --- init
check 'init of a mirror' expect_exit 0 mirror m
check 'it says what is next' grep -q 'satchel doctor' out
check 'mirror.ini is there' test -f m/mirror.ini
check 'for its owner alone' test -z "$(find m/mirror.ini -perm /077)"
check 'with the address' grep -qx "url = $url" m/mirror.ini
check 'and the whole path of the password' \
    grep -qx "password-file = $PWD/password" m/mirror.ini
check 'not the password' not grep -rq geheim m
check 'every key has words' test "$(grep -c '^# ' m/mirror.ini)" -gt 50
check 'at most 80 columns' not grep -q '.\{81\}' m/mirror.ini
check 'a lab has no mirror.ini' expect_exit 0 sat a init --name a
check 'indeed' test ! -e a/mirror.ini
save_json doc.json j init --name j --instance senaite --url "$url" \
    --user u --password-file password --ca "$LAB/lab.jsonl" \
    --proxy http://127.0.0.1:3128
check 'init --json' json doc.json '.instance == "senaite" and .error == null'
check 'ca and proxy' test "$(grep -c '^ca-file = /\|^proxy = http' \
    j/mirror.ini)" -eq 2

refuse() {
	refuse_name=$1 refuse_exit=$2
	shift 2
	fails "$refuse_name" "$refuse_exit" sat x init --name x "$@" &&
	    test ! -e x
}
s='--instance senaite'
# shellcheck disable=SC2086
{
check 'eden is not in this version' refuse E_USAGE 2 --instance eden
check 'nor another kind' refuse E_USAGE 2 --instance lims
check 'a lab has no url' refuse E_USAGE 2 --url "$url"
check 'a lab is not recovered' refuse E_USAGE 2 --recover
check 'a mirror needs a url' refuse E_USAGE 2 $s --user u \
    --password-file password
check 'a user' refuse E_USAGE 2 $s --url "$url" --password-file password
check 'a password' refuse E_USAGE 2 $s --url "$url" --user u
check 'a url with a user in it' refuse E_USAGE 2 $s \
    --url https://u:p@lims.example/ --user u --password-file password
check 'no address at all' refuse E_USAGE 2 $s --url lims --user u \
    --password-file password
check 'a password that is not there' refuse E_IO 3 $s --url "$url" \
    --user u --password-file nowhere
chmod 640 password
check 'a password that others can read' refuse E_PERMS 10 $s --url "$url" \
    --user u --password-file password
chmod 600 password
check 'settings of another home: not with these' refuse E_USAGE 2 $s \
    --config m/mirror.ini --user u
printf '[mirror]\nurl = https://x/y\ncolour = red\n' > bad.ini
check 'bad settings of another home' refuse E_CONFIG 2 $s --config bad.ini
check 'they say where' grep -q 'bad.ini", line 3: ' err
}
printf '# kept\n' >> m/mirror.ini
check 'settings of another home' expect_exit 0 sat r init --name r \
    --instance senaite --recover --config m/mirror.ini
check 'are the same file' cmp m/mirror.ini r/mirror.ini
check 'recovery says what is next' grep -q 'peer remove' out
check 'and is in the log' test \
    "$(sat r log --json | jq '.entries[0].detail.recover')" = true
printf 'token-4711\n' > token
chmod 600 token
check 'a token instead' expect_exit 0 sat t init --name t --instance senaite \
    --url "$url" --token-file token

# What a killed init left is thrown away; a mirror.ini alone is not ours.
mkdir -p k/.init l
: > k/.init/store.db
: > k/mirror.ini
: > l/mirror.ini
check 'init after a killed init' expect_exit 0 mirror k
check 'has its settings' grep -qx "url = $url" k/mirror.ini
check 'a foreign mirror.ini stays' fails E_USAGE 2 mirror l
check 'as it was' is_empty l/mirror.ini

# --- what is for mirrors alone
need sat b init --name b
need sat m site card --out m.card
need sat b site card --out b.card
need sat a peer add m.card --fingerprint "$(sat m site fingerprint)"
need sat b peer add m.card --fingerprint "$(sat m site fingerprint)"
need sat m peer add b.card --fingerprint "$(sat b site fingerprint)"
for words in notice project 'mirror show' 'mirror set page=5' \
    'status --refused' 'peer set m remote-prefix=B-'; do
	# shellcheck disable=SC2086
	check "a lab: $words" fails E_USAGE 2 sat a $words
done
check 'a lab has nothing of it' test ! -e a/mirror.ini -a ! -e a/mirror.lock
check 'a lab in JSON: no mirror' test "$(sat a status --json |
    jq .mirror)" = null

# --- mirror set and show, peer set and show
check 'mirror show' expect_exit 0 sat m mirror show
check 'the settings' grep -qx 'page = 50' out
check 'no password' not grep -q geheim out
check 'mirror set' expect_exit 0 sat m mirror set page=20 timeout=5 \
    'types=Client,Contact'
check 'it is said' grep -qx 'types = Client, Contact' out
check 'and written' grep -qx 'page = 20' m/mirror.ini
check 'comments stay' grep -qx '# kept' m/mirror.ini
cp m/mirror.ini before.ini
for words in page=0 page=-1 page=100000000000000000000 page=x colour=red \
    page 'url=lims' 'types=A,A' 'password=geheim' 'page=9 url='; do
	# shellcheck disable=SC2086
	check "mirror set $words" fails 'E_USAGE|E_CONFIG' 2 \
	    sat m mirror set $words
done
check 'changed nothing' cmp before.ini m/mirror.ini
check 'an empty value takes one out' expect_exit 0 sat m mirror set types=
check 'gone' not grep -q '^types' m/mirror.ini
save_json doc.json m mirror show
check 'mirror show --json' json doc.json '.mirror.page == "20" and
    .mirror.types == null and .peers["read-only"] == null'

check 'peer set' expect_exit 0 sat m peer set b remote-prefix=B- \
    read-only=Client,Contact settings=yes encrypt=yes
check 'it is in mirror.ini' grep -qxF '[peer b]' m/mirror.ini
check 'and said by peer show' expect_exit 0 sat m peer show b
check 'the prefix' grep -q '^remote-prefix  *B-$' out
check 'the rest too' grep -q '^encrypt  *yes$' out
save_json doc.json m peer show b
check 'in JSON' json doc.json '.mirror["read-only"] == "Client, Contact" and
    .mirror.skip == null and .encrypt == "yes"'
cp m/mirror.ini before.ini
check 'peer set a bad value' fails E_USAGE 2 \
    sat m peer set b encrypt=no remote-prefix=B/
check 'peer set a bad value at the end' fails E_USAGE 2 \
    sat m peer set b skip=Unit encrypt=maybe
check 'changed nothing' cmp before.ini m/mirror.ini
check 'nothing at all' test \
    "$(sat m peer show b --json | jq -r .encrypt)" = yes
need sat m peer set b remote-prefix= read-only= settings=
check 'taken out again' not grep -q '^remote-prefix' m/mirror.ini

# --- a server that does not answer
check 'notice: exit 13, nothing changed' unchanged m \
    fails E_DEST_UNAVAILABLE 13 sat m notice --json
check 'the password is not said' not grep -q geheim err
check 'notice --json' json out '.error.exit == 13 and .notice == null'
need sat m mirror set url=http://lims.invalid/senaite
check 'doctor: exit 13' fails E_DEST_UNAVAILABLE 13 sat m doctor
check 'it looked at the rest' test "$(grep -c '^good' out)" -ge 3
check 'and notes an open line' grep -q '^note .*clear text' out
need sat m mirror set "url=$url"
save_json doc.json m status
check 'status does not ask' json doc.json '.mirror.last_notice == null and
    .mirror.due == 0 and .error == null'
check 'status --refused' expect_exit 0 sat m status --refused

mkdir drop
need load m "$(thing l1 1)"
check 'lab load is a change to be projected' test \
    "$(sat m status --json | jq .mirror.due)" = 1
check 'export looks first' fails E_DEST_UNAVAILABLE 13 \
    sat m export --to b --out drop
check 'it says how to go without' grep -q 'no-notice' err
check 'nothing was written' test -z "$(ls drop)"
check 'export --dry-run does not look' expect_exit 0 \
    sat m export --to b --dry-run
check 'export --no-notice' expect_exit 0 sat m export --to b --out drop \
    --no-notice
check 'the lab takes it' expect_exit 0 sat b import drop
check 'all of it' shows b l1 1
need load b "$(thing l2 2)"
rm drop/*
need export_to b m
check 'verify does not ask' expect_exit 0 sat m verify "$sent"
check 'import --dry-run does not ask' expect_exit 0 \
    sat m import --dry-run "$sent"
check 'import: exit 13' fails E_DEST_UNAVAILABLE 13 \
    sat m import "$sent" --json
cp out doc.json
check 'import --json' json doc.json '.error.exit == 13 and
    .mirror_error.name == "E_DEST_UNAVAILABLE" and .project == null'
check 'it is applied all the same' shows m l2 2
check 'but held' json doc.json '.bundles[0] | .result == "applied" and
    .applied == 0 and .held == .received - .same and .held > 0'
check 'it says what to do' grep -q 'satchel project' err
check 'a receipt does not wait' expect_exit 0 \
    sat m receipt --to b --out drop
check 'status: due' test "$(sat m status --json | jq .mirror.due)" = 2
check 'import --no-mirror, applied before' expect_exit 0 \
    sat m import --no-mirror "$sent"
check 'a lab is not asked for a mirror' expect_exit 0 \
    sat b import --no-mirror drop

# --- settings that are wrong
cp m/mirror.ini good.ini
printf 'junk\n' >> m/mirror.ini
lines=$(wc -l < m/mirror.ini)
check 'a bad line' fails E_CONFIG 2 sat m notice
check 'it is named' grep -q "line $lines: " err
check 'import changes nothing then' unchanged m \
    fails E_CONFIG 2 sat m import "$sent"
check 'doctor names it too' fails E_CONFIG 2 sat m doctor
check 'as a thing to mend' grep -q "^mend .*line $lines: " out
check 'status still works' expect_exit 0 sat m status
cp good.ini m/mirror.ini
chmod 604 password
check 'a password that others can read' fails E_PERMS 10 sat m notice
check 'doctor' fails E_CONFIG 2 sat m doctor
check 'says so' grep -q '^mend .*E_PERMS' out
chmod 600 password
chmod 660 m/mirror.ini
check 'settings that others can write' fails E_PERMS 10 sat m notice
rm m/mirror.ini
check 'no settings' fails E_CONFIG 2 sat m notice
check 'no settings to set' fails 'E_[A-Z]+' '[23]' sat m mirror set page=5
cp good.ini m/mirror.ini

# --- doctor of any home
check 'doctor of a lab' expect_exit 0 sat b doctor
check 'all is good' not grep -q '^mend' out
chmod 644 b/keys/age.key
check 'a key that others can read' fails E_CONFIG 2 sat b doctor
check 'how to mend it' grep -q 'next: chmod 600 ' out
chmod 600 b/keys/age.key
save_json doc.json b doctor
check 'doctor --json' json doc.json '.error == null and
    ([.findings[].level] - ["note"] | unique) == ["good"]'
check 'doctor where there is no site' fails E_CONFIG 2 sat nowhere doctor

# --- one run at a time
(
	exec 9> m/mirror.lock
	flock 9
	sleep 4
) &
sleep 0.5
check 'another run speaks with it' fails E_LOCKED 14 sat m notice
check 'import waits for it too' fails E_LOCKED 14 sat m import "$sent"
check 'status does not' expect_exit 0 sat m status
chmod 604 password
check '--wait waits, and comes to the next thing' fails E_PERMS 10 \
    sat m notice --wait 30
wait
end
