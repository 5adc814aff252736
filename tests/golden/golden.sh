#!/bin/sh
# golden.sh: the committed bundles.  Each good one is accepted and gives the
# committed dump; each bad one is refused with the name of its file.
#
#	sh tests/golden/golden.sh BUILD_FOLDER
#
# Every file meets a reader of its own, fresh from reader.tar.gz.  FILE.setup,
# where it is there, has satchel's arguments to run before, a command a line;
# good/NAME.exit the exit code of import if it is not 0.
set -u
b=${1:-build}
satchel=$(cd "$b" && pwd)/satchel || exit 1
cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

check() {
	check_name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		return 0
	fi
	failed=$((failed + 1))
	echo "FAIL $check_name"
	for check_file in err verify.err; do
		[ -s "$work/$check_file" ] && head -n 3 "$work/$check_file"
	done
	return 1
}

sat() {
	XDG_STATE_HOME="$work/state" "$satchel" --home "$work/reader" "$@"
}

dump() {
	sat lab dump --deleted
}

# A reader of its own for FILE, as its setup wants it.
fresh() {
	work=$scratch/work
	rm -rf "$work"
	mkdir -p "$work/requests"
	tar -C "$work" --no-same-owner -xpzf reader.tar.gz || return 1
	[ -e "${1%.satchel}.setup" ] || return 0
	while read -r words; do
		# shellcheck disable=SC2086
		sat $words > "$work/setup.out" 2>&1 || [ $? -eq 11 ] || return 1
	done < "${1%.satchel}.setup"
}

# run FILE: verify, then import; their exit codes and documents.
run() {
	fresh "$1" && dump > "$work/before" || return 1
	verify_code=0
	sat verify --json "$1" > "$work/verify" 2> "$work/verify.err" ||
	    verify_code=$?
	dump > "$work/between"
	import_code=0
	sat import --json --requests "$work/requests" "$1" \
	    > "$work/import" 2> "$work/err" || import_code=$?
	dump > "$work/after"
	check "$1: verify changes nothing" \
	    cmp -s "$work/before" "$work/between"
}

good() {
	want=0
	[ ! -e "${1%.satchel}.exit" ] || read -r want < "${1%.satchel}.exit"
	check "$1: setup" run "$1" || return
	check "$1: verify exits with $verify_code" test "$verify_code" -eq 0
	check "$1: import exits with $import_code, not $want" \
	    test "$import_code" -eq "$want"
	check "$1: the dump" cmp "$work/after" "${1%.satchel}.dump"
}

error_of() {
	jq -r '.error.name' "$1"
}

bad() {
	want=${1#bad/}
	want=${want%%-*}
	check "$1: setup" run "$1" || return
	name=$(error_of "$work/verify")
	check "$1: verify gives $name" test "$name" = "$want"
	name=$(error_of "$work/import")
	check "$1: import gives $name" test "$name" = "$want"
	check "$1: exit $verify_code and $import_code" \
	    test "$verify_code" -eq "$import_code" -a "$import_code" -ne 0
	check "$1: nothing changed" cmp -s "$work/before" "$work/after"
}

for file in good/*.satchel; do
	good "$file"
done
for file in bad/*.satchel; do
	bad "$file"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
