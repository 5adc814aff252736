# A site, its card, its peers; help, usage and JSON of every command.
# shellcheck source=lib.sh
. "$CLI_DIR/lib.sh"

# --- init
check 'init' expect_exit 0 sat a init --name a
check 'init shows the fingerprint' grep -q '[0-9]\{5\}' out
check 'init twice is refused' fails 'E_[A-Z_]+' 2 sat a init --name a
check 'init wants a name' fails E_USAGE 2 sat x1 init
for name in '' '../x' 'a b' '-a' 'é' 'a/b' \
    'a23456789012345678901234567890123'; do
	check "a site cannot be named \"$name\"" \
	    fails 'E_[A-Z_]+' 2 sat x2 init "--name=$name"
done
check 'nothing is left of a refused init' test ! -e x2
check 'a name of 32 characters' expect_exit 0 \
    sat long init --name A.2345678901234567890123456789-1
check 'no site: an error with a name' \
    fails 'E_[A-Z_]+' 2 sat nowhere status
check 'looking for a site makes none' test ! -e nowhere

secret_files() {
	grep -rlaE 'AGE-SECRET-KEY-1|minisign (encrypted )?secret key' a
}
check 'there are secret keys' test -n "$(secret_files)"
# shellcheck disable=SC2046
check 'secret keys are for their owner alone' \
    test -z "$(find $(secret_files) -perm /077)"

satchel_home() {
	SATCHEL_HOME=$PWD/a "$SATCHEL" site fingerprint
}
check 'SATCHEL_HOME picks the site' test \
    "$(satchel_home)" = "$(sat a site fingerprint)"

# --- cards and fingerprints
need sat b init --name b
need sat c init --name c
mkdir cards
check 'a card in a file' expect_exit 0 sat a site card --out cards/a
check 'nothing on standard output then' is_empty out
sat b site card > cards/b
need sat c site card --out cards/c
members='README.txt manifest.json SUMS SUMS.minisig'
check 'a card is a tar of four members' test \
    "$(tar tf cards/a | tr '\n' ' ')" = "$members "
check 'standard output holds the same kind' test \
    "$(tar tf cards/b | tr '\n' ' ')" = "$members "
digits=$(sat a site fingerprint)
plain_digits=$(printf '%s' "$digits" | tr -d ' -')
check 'a fingerprint is digits' not expr "$plain_digits" : '.*[^0-9]'
check 'enough of them' test "${#plain_digits}" -ge 20
check 'one line of them' test "$(sat a site fingerprint | wc -l)" -eq 1
check 'always the same' test "$digits" = "$(sat a site fingerprint)"
check 'another site has another' test \
    "$digits" != "$(sat b site fingerprint)"
check 'site show' expect_exit 0 sat a site show
check 'it names the site' grep -q '\<a\>' out

# --- peer add
peers() {
	sat b peer list --json | jq -r '[.. | .name? // empty] | join(" ")'
}
check 'no terminal, no digits: refused' \
    fails E_USAGE 2 sat b peer add cards/a
check 'not added' test -z "$(peers)"

last=${plain_digits#"${plain_digits%?}"}
wrong=${digits%?}$(((last + 1) % 10))
check 'one wrong digit: refused' \
    fails 'E_[A-Z_]+' '2|7' sat b peer add cards/a --fingerprint "$wrong"
check 'still not added' test -z "$(peers)"
check "another site's digits: refused" fails 'E_[A-Z_]+' 7 \
    sat b peer add cards/a --fingerprint "$(sat c site fingerprint)"
check 'too few digits: refused' \
    fails 'E_[A-Z_]+' '[27]' sat b peer add cards/a --fingerprint 12345
check 'empty digits: refused' \
    fails 'E_[A-Z_]+' '[27]' sat b peer add cards/a --fingerprint ''
check 'right digits' \
    expect_exit 0 sat b peer add cards/a --fingerprint "$digits"
check 'added' test "$(peers)" = a
check 'digits without blanks will do' expect_exit 0 \
    sat c peer add cards/a --fingerprint "$plain_digits"
check 'the same card again' \
    expect_exit 0 sat b peer add cards/a --fingerprint "$digits"
check 'added once' test "$(peers)" = a
check 'one is not the peer of oneself' not \
    sat a peer add cards/a --fingerprint "$digits"
check 'a name of my own for it' expect_exit 0 sat b peer add cards/c \
    --as partner --fingerprint "$(sat c site fingerprint)"
check 'the list has it' expr "$(peers)" : '.*partner'

# --- bad cards
cp cards/a bad
flip bad 700
check 'a card with a flipped byte' fails 'E_[A-Z_]+' '[457]' \
    sat b peer add bad --fingerprint "$digits"
size=$(size_of cards/a)
offset=$((size / 2))
cp cards/a bad
flip bad "$offset"
check 'and with another' fails 'E_[A-Z_]+' '[457]' \
    sat b peer add bad --fingerprint "$digits"
head -c $((size - 512)) cards/a > bad
check 'a truncated card' fails 'E_[A-Z_]+' '[45]' \
    sat b peer add bad --fingerprint "$digits"
(cat cards/a; echo) > bad
check 'a card with something after it' fails E_TRAILER 5 \
    sat b peer add bad --fingerprint "$digits"
check 'not a card at all' fails E_FORMAT 5 \
    sat b peer add "$LAB/att/certificate-1.pdf" --fingerprint "$digits"
check 'nor this, which is larger' fails 'E_FORMAT|E_LIMIT' '[56]' \
    sat b peer add "$LAB/lab.jsonl" --fingerprint "$digits"
check 'no such card' fails E_IO 3 \
    sat b peer add missing --fingerprint "$digits"

# --- peer show, set, revoke, remove
check 'peer show' expect_exit 0 sat b peer show a
check 'peer show of a stranger' fails 'E_[A-Z_]+' 2 sat b peer show zz
check 'peer set' expect_exit 0 sat b peer set a encrypt=yes
check 'peer set a bad value' \
    fails 'E_[A-Z_]+' 2 sat b peer set a encrypt=maybe
check 'peer set an unknown key' fails 'E_[A-Z_]+' 2 sat b peer set a colour=red
check 'peer set without a value' fails 'E_[A-Z_]+' 2 sat b peer set a encrypt
check 'peer revoke' expect_exit 0 sat b peer revoke partner
check 'peer remove' expect_exit 0 sat b peer remove a
check 'it is gone' not expr "$(peers)" : '\(.* \)*a\( .*\)*$'
check 'peer remove of a stranger' fails 'E_[A-Z_]+' 2 sat b peer remove a

# --- help, usage, JSON
commands='init;lab load;lab dump;lab show;lab delete;site card;site show
site fingerprint;site restored;peer add;peer list;peer show;peer set
peer revoke;peer remove;export;verify;inspect;import;receipt
conflicts list;conflicts show;conflicts resolve;status;log;doctor
notice;project;mirror show;mirror set'
printf '%s\n' "$commands" | tr ';' '\n' > commands
while read -r words; do
	# shellcheck disable=SC2086
	check "$words --help" expect_exit 0 "$SATCHEL" $words --help
	check "$words --help has text, at most 80 columns" \
	    awk 'length > 80 { bad = 1 } END { exit bad || NR < 2 }' out
	check "$words --help: no error" is_empty err
	# shellcheck disable=SC2086
	check "$words --no-such-option" \
	    fails E_USAGE 2 sat b $words --no-such-option
done < commands
check 'help of all' expect_exit 0 "$SATCHEL" --help
check 'it names every command' test -z \
    "$(cut -d ' ' -f 1 commands | sort -u | while read -r word; do
	grep -qw -- "$word" out || echo "$word"
    done)"
check 'no command' fails E_USAGE 2 "$SATCHEL"
check 'an unknown command' fails E_USAGE 2 sat b frobnicate
check 'an unknown second word' fails E_USAGE 2 sat b peer frobnicate
check 'export wants --to' fails E_USAGE 2 sat b export --out .
check 'export wants --out' fails E_USAGE 2 sat b export --to partner
check 'an option given twice' fails E_USAGE 2 \
    sat b export --to partner --out . --out .
check 'import wants a path' fails E_USAGE 2 sat b import
check 'verify wants a path' fails E_USAGE 2 sat b verify
check 'show wants a uid' fails E_USAGE 2 sat b lab show
check 'restored wants a reason' fails E_USAGE 2 sat b site restored

while read -r words; do
	# shellcheck disable=SC2086
	save_json doc.json b $words
	check "$words --json is a document with an error" \
	    json doc.json 'type == "object" and has("error")'
done <<'WORDS'
status
log
peer list
peer show partner
site show
site fingerprint
conflicts list
lab show nothing
export --to nobody --out .
import missing
verify missing
peer show nobody
WORDS
code=0
sat b export --to nobody --out . --json > doc.json 2> err || code=$?
check 'an error in JSON has its exit code' json doc.json \
    ".error.exit == $code and $code == 2"
check 'and its name, message, next' json doc.json '.error | (.name |
    startswith("E_")) and (.message | length > 0) and has("next")'
check 'and standard error still says it' grep -q '^satchel: E_' err
save_json doc.json b status
check 'status has its keys' json doc.json '.error == null and
    has("site") and has("objects") and has("digest") and has("conflicts")
    and (.peers | type == "array")'
end
