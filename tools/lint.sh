#!/bin/sh
# lint.sh: both compilers, the layers, headers alone, sizes; and that the
# tree is clean.
#
# Layers (docs/architecture.md): an include may point only downwards.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
complain() {
	echo "lint: $*"
	bad=1
}

rooms=$(make -s --eval 'print: ; @echo $(ROOMS)' print)
# files SUFFIX ROOMS: those that exist.
files() {
	suffix=$1
	shift
	for room in "$@"; do
		[ ! -d "$room" ] || find "$room" -maxdepth 1 -name "*$suffix"
	done | LC_ALL=C sort
}

flags=$(make -s --eval 'print: ; @echo $(CSTD) $(WARN) -I.' print)
for cc in gcc clang; do
	command -v "$cc" > /dev/null || {
		complain "$cc is missing"
		continue
	}
	# shellcheck disable=SC2086
	for f in $(files .c $rooms cli tests/unit tests/fuzz tests/sim \
	    tests/fault tests/hardening tests/power tests/mutants); do
		# shellcheck disable=SC2086
		$cc $flags -O2 -fsyntax-only "$f" || complain "$cc: $f"
	done
done

# shellcheck disable=SC2086
for h in $(files .h $rooms cli); do
	# shellcheck disable=SC2086
	printf '#include "%s"\nint x;\n' "$h" |
	    gcc $flags -fsyntax-only -xc - || complain "$h does not stand alone"
done

# allowed FOLDER ROOMS-IT-MAY-INCLUDE
allowed() {
	grep -n '#include "\.\./' "$1"/*.[ch] 2> /dev/null |
	    sed -n 's|:.*"\(\.\./\)*\([a-z]*\)/.*| \2|p' | sort -u |
	    while read -r file room; do
		case " $2 " in
		*" $room "*) ;;
		*) echo "lint: $file includes $room/" ;;
		esac
	done
}
layers=$(
	allowed base ""
	allowed format "base"
	allowed store "base"
	allowed exporter "base format store"
	allowed importer "base format store"
	allowed carry "base format store exporter importer"
	allowed mirror "base format store"
	allowed mirror/senaite "base format store"
	allowed cli "base format store exporter importer carry mirror"
)
[ -z "$layers" ] || complain "$layers"

# Below cli/ nothing prints or exits.
# shellcheck disable=SC2086
if grep -nE '\b(printf|puts|perror|exit|abort|fprintf)\(' \
    $(files .c $rooms); then
	complain "printing or exiting below cli/"
fi

# shellcheck disable=SC2046,SC2086
awk '
{
	n = 0
	for (i = 1; i <= length($0); i++)
		n = substr($0, i, 1) == "\t" ? n + 8 - n % 8 : n + 1
	if (n > 80)
		print FILENAME ":" FNR ": " n " columns"
}
FNR == 1 { if (NR > 1 && lines > 760) print file ": " lines " lines"
	file = FILENAME }
{ lines = FNR }
/^\{/ { start = FNR }
/^\}/ { if (start && FNR - start > 80)
	print FILENAME ":" start ": a function of " FNR - start " lines"
	start = 0 }
' $(files '.[ch]' $rooms cli) > /tmp/satchel-lint.$$
[ ! -s /tmp/satchel-lint.$$ ] || {
	cat /tmp/satchel-lint.$$
	complain "sizes"
}
rm -f /tmp/satchel-lint.$$

[ "$bad" -eq 0 ] && echo "lint: clean"
exit "$bad"
