#!/bin/sh
# run.sh: what the documents say is so.
#
#	tests/docs/run.sh PROGRAM
#
# The commands of the guides are run (guide.py), and what the documents refer to
# is there (refs.py).  The last line is "N passed, N failed".
set -u
here=$(dirname "$0")
root=$here/../..
program=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# A tmpfs that stands for a small stick needs a mount of our own.
alone=
for way in 'unshare -m' 'unshare -rm'; do
	# shellcheck disable=SC2086
	if $way true 2> /dev/null; then
		alone=$way
		break
	fi
done

{
	python3 "$here/refs.py"
	# shellcheck disable=SC2086
	$alone python3 "$here/guide.py" "$program" "$root/docs/sticks.md" \
	    "$root/docs/drops.md" "$root/docs/operations.md"
} > "$out" 2>&1
grep -vE '^[0-9]+ passed' "$out"
awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3; n++ }
    END { if (n != 2) f++; printf "%d passed, %d failed\n", p, f; exit f > 0 }' \
    "$out"
