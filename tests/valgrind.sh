#!/bin/sh
# valgrind.sh: the unit tests under valgrind; any error or leak fails.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
for t in "$1"/tests/unit/test_*; do
	case ${t##*/} in
	*.*) continue ;;
	esac
	if valgrind -q --error-exitcode=9 --leak-check=full \
	    --errors-for-leak-kinds=definite "$t" > /dev/null; then
		passed=$((passed + 1))
	else
		echo "valgrind: ${t##*/}"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
