# senaite.sh: SENAITEs of the emulation tests/senaite, and sites beside them;
# read by the cases with `. "$CLI_DIR/senaite.sh"`, behind lib.sh.
#
#	serve NAME WORD...		start one (its server.py gets WORD...)
#	mirror NAME			make the home beside it, and NAME.card
#	acquaint NAME NAME		each pins the other's card
#	ask NAME PATH [BODY]		GET or POST outside SENAITE's addresses
#	path_of NAME TITLE		of the object of this title there
#	same_labs NAME NAME [WORD]	they hold the same; see senaite_same.py
# shellcheck shell=sh

# Servers end when their standard input does: with this shell.
mkfifo in
exec 3<> in
printf 'admin\n' > password
chmod 600 password

serve() {
	serve_name=$1
	shift
	python3 "$ROOT/tests/senaite/server.py" "$@" < in 3>&- \
	    > "$serve_name.port" 2> "$serve_name.log" &
	tries=0
	until grep -q listening "$serve_name.port"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || return 1
		sleep 0.1
	done
}

port_of() {
	sed -n 's/^listening //p' "$1.port"
}

ask() {
	python3 - "http://127.0.0.1:$(port_of "$1")$2" "${3:-}" <<'END'
import sys, urllib.request
body = sys.argv[2].encode() or None
print(urllib.request.urlopen(sys.argv[1], body).read().decode())
END
}

mirror() {
	need sat "$1" init --name "$1" --instance senaite --user admin \
	    --url "http://127.0.0.1:$(port_of "$1")/senaite" \
	    --password-file password
	need sat "$1" site card --out "$1.card"
}

acquaint() {
	need sat "$1" peer add "$2.card" \
	    --fingerprint "$(sat "$2" site fingerprint)"
	need sat "$2" peer add "$1.card" \
	    --fingerprint "$(sat "$1" site fingerprint)"
}

path_of() {
	ask "$1" '/_lab?brief=1' | jq -r --arg t "$2" \
	    '[.objects[] | select(.title == $t) | .path] | first // ""'
}

same_labs() {
	python3 "$CLI_DIR/senaite_same.py" \
	    "http://127.0.0.1:$(port_of "$1")/_lab" \
	    "http://127.0.0.1:$(port_of "$2")/_lab" "${3:-}"
}
