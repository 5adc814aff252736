#!/bin/sh
# secrets.sh: no key, passphrase or password is left in memory that is let go,
# in what is said, in the log, or on a command line; run.sh runs it, as
# tests/cli/run.sh runs a case.  WATCHER is the library that looks.
# shellcheck source=/dev/null
. "$ROOT/tests/cli/lib.sh"
program=$SATCHEL
PASS='correct horse battery staple'
PASSWORD='Tr0ub4dor-and-more'
TOKEN='dG9rZW4tb2YtdGhlLXRlc3Q'

# masked BYTES-ON-STDIN: as WATCH has them.
masked() {
	python3 -c 'import sys
data = sys.stdin.buffer.read()
sys.stdout.write("".join("%02x" % (b ^ 0xa7) for b in data) + ",")'
}

basic=$(printf 'user:%s' "$PASSWORD" | base64)
WATCH=$(for text in "$PASS" "$PASSWORD" "$TOKEN" "$basic"; do
	printf %s "$text" | masked
done)
export WATCH

# From here on each satchel is looked at.  run.log keeps all that was said,
# and all command lines.
cat > satchel <<-END
	#!/bin/sh
	echo "\$*" >> "$PWD/run.log"
	WATCH_COUNT="$PWD/count" LD_PRELOAD="$WATCHER" "$program" "\$@" \
	    > "$PWD/said" 2> "$PWD/erred"
	code=\$?
	cat "$PWD/said" "$PWD/erred" >> "$PWD/run.log"
	cat "$PWD/said"
	cat "$PWD/erred" >&2
	exit \$code
END
chmod +x satchel
SATCHEL=$PWD/satchel

# leaves N WORD...: satchel ends with N (a pattern), having used a secret, and
# left none.
leaves() {
	expect_exit "$@" || return 1
	[ "$(cat count)" -gt 4 ] && return 0
	echo "no secret was used"
	return 1
}

# Secret keys, too, from when they are there: as they stand in their files, and
# the bytes that are meant.
add_keys() {
	WATCH=$WATCH$(tail -n 1 "$1/keys/sign.key" | tail -c 61 | masked)
	WATCH=$WATCH$(tail -n 1 "$1/keys/age.key" | tail -c 50 | masked)
	WATCH=$WATCH$(tail -n 1 "$1/keys/sign.key" | base64 -d |
	    tail -c +63 | head -c 32 | masked)
	WATCH=$WATCH$(tail -n 1 "$1/keys/age.key" | python3 -c 'import sys
digits = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
data = sys.stdin.read().strip().rsplit("1", 1)[1][:52]
bits = "".join(format(digits.index(c), "05b") for c in data)
sys.stdout.buffer.write(int(bits[:256], 2).to_bytes(32, "big"))' | masked)
}

pair() {
	printf '%s\n' "$PASS" > pass
	printf 'wrong %s\n' "$PASS" > wrong
	leaves 0 sat open init --name open &&
	    leaves 0 sat locked init --name locked --passphrase-file pass ||
	    return 1
	add_keys open
	leaves 0 sat open site card --out open.card &&
	    leaves 0 sat locked site card --out locked.card \
	    --passphrase-file pass &&
	    know open locked.card locked && know locked open.card open &&
	    sat open peer set locked encrypt=yes &&
	    sat locked peer set open encrypt=yes
}

know() {
	digits=$("$program" --home "$3" site fingerprint)
	sat "$1" peer add "$2" --fingerprint "$digits"
}

there_and_back() {
	mkdir drop
	load open "$(thing c1 1)" &&
	    leaves 0 sat open export --to locked --out drop &&
	    leaves 0 sat locked import drop --passphrase-file pass &&
	    load locked "$(thing c1 2)" &&
	    leaves 0 sat locked export --to open --out drop \
	    --passphrase-fd 3 3< pass && leaves 0 sat open import drop
}

refused() {
	leaves 10 sat locked site card --passphrase-file wrong &&
	    leaves 10 sat locked export --to open --full --out drop \
	    --passphrase-file wrong || return 1
	mkdir damaged
	for file in drop/*; do
		cp "$file" damaged/ && flip "damaged/${file##*/}" 20000
	done
	leaves '[457]' sat locked import damaged --passphrase-file pass
	rm -rf damaged

	# A key file whose end is missing, and one of another site.
	cp open/keys/sign.key sign.key
	head -c 200 sign.key > open/keys/sign.key
	leaves 10 sat open site card
	sat other init --name other && cat other/keys/sign.key > \
	    open/keys/sign.key && leaves 10 sat open site card
	cat sign.key > open/keys/sign.key
}

# A mirror whose server says no, or is no server at all; over TLS, too.
serve() {
	python3 "$ROOT/tests/hardening/refuser.py" "$@" > port < /dev/null &
	server=$!
	tries=0
	until [ -s port ] || [ "$tries" -gt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	[ -s port ]
}

mirrors() {
	printf '%s\n' "$PASSWORD" > password
	printf '%s\n' "$TOKEN" > token
	chmod 600 password token
	leaves 0 sat "m$1" init --name "m$1" --instance senaite \
	    --url "$2" --user user --password-file password --ca "$3" &&
	    leaves 13 sat "m$1" doctor && leaves 13 sat "m$1" notice &&
	    sat "m$1" mirror set token-file="$PWD/token" \
	    password-file= user= && leaves 13 sat "m$1" notice
}

plain_mirror() {
	serve || return 1
	mirrors plain "http://127.0.0.1:$(cat port)/x" cert.pem
	rc=$?
	kill "$server"
	return "$rc"
}

tls_mirror() {
	rm -f port
	serve cert.pem key.pem || return 1
	mirrors tls "https://127.0.0.1:$(cat port)/x" cert.pem
	rc=$?
	kill "$server"
	return "$rc"
}

# Nothing of it in any file that satchel wrote or said, but the key files.
nowhere_else() {
	for text in "$PASS" "$PASSWORD" "$TOKEN" "$basic"; do
		! grep -rlaF -e "$text" run.log drop open locked other mplain \
		    mtls ./*.card state || return 1
	done
	! grep -rlaF -e "$(tail -n 1 open/keys/sign.key)" \
	    -e "$(tail -n 1 open/keys/age.key)" run.log drop open/store.db \
	    state ./*.card
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout key.pem -out cert.pem -days 3650 -subj /CN=127.0.0.1 \
    -addext subjectAltName=IP:127.0.0.1 > openssl.log 2>&1
check "keys are made and loaded" pair
check "there and back, encrypted" there_and_back
check "what is refused leaves nothing" refused
check "a password for a mirror" plain_mirror
check "a password for a mirror, over TLS" tls_mirror
check "no secret is written or said" nowhere_else
check "no core is kept" \
    python3 "$ROOT/tests/hardening/core.py" "$program" open
end
