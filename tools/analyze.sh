#!/bin/sh
# analyze.sh: clang's analyzer and gcc's -fanalyzer over the program.
#
#	sh tools/analyze.sh [FILE...]
#
# Exit 1: something was found.
#
# Left out are words of leaks: clang knows nothing of the cleanup attribute,
# and gcc 12 loses sight of what is kept in an array of owned pointers.  Leaks
# are looked for by LeakSanitizer, in `make check-san`.
set -u
cd "$(dirname "$0")/.." || exit 1
flags=$(make -s --eval 'print: ; @echo $(CSTD) -I.' print)
[ $# -gt 0 ] || set -- $(make -s --eval 'print: ; @echo $(LIB_SRC) $(CLI_SRC)' \
    print)
found=$(mktemp)
trap 'rm -f "$found"' EXIT

for file in "$@"; do
	# shellcheck disable=SC2086
	clang --analyze $flags -Xclang -analyzer-output=text -o /dev/null \
	    "$file" 2>&1 | grep -E '(warning|error):' |
	    grep -v 'Potential leak of memory'
	# shellcheck disable=SC2086
	gcc -fanalyzer -Wno-analyzer-malloc-leak -O1 $flags -S -o /dev/null \
	    "$file" 2>&1 | grep -E '(warning|error):'
done > "$found"
if [ -s "$found" ]; then
	cat "$found"
	exit 1
fi
echo "analyze: clean"
