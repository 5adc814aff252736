#!/bin/sh
# run.sh: all tests; the last line is "N passed, N failed".
#
#	sh tests/run.sh BUILD_FOLDER
set -u
cd "$(dirname "$0")/.." || exit 1
b=${1:-build}
jobs=$(nproc)
[ "$jobs" -le 8 ] || jobs=8
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# suite NAME COMMAND...: its last line is "N passed, N failed".  Of one that
# passed, only the lines that say "skipped:" are shown.
suite() {
	name=$1
	shift
	start=$(date +%s)
	"$@" > "$out" 2>&1 < /dev/null
	code=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$out" | tail -n 1)
	p=${line%% passed*}
	f=${line#*passed, }
	f=${f%% failed*}
	if [ "$code" -eq 77 ]; then
		printf '%-28s skipped: %s\n' "$name" "$(tail -n 1 "$out")"
		return
	fi
	if [ -z "$line" ]; then
		p=0
		f=1
	elif [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	[ "$f" -eq 0 ] || cat "$out"
	printf '%-28s %s passed, %s failed (%s s)\n' "$name" "$p" "$f" \
	    "$(($(date +%s) - start))"
	[ "$f" -ne 0 ] || sed -n '/skipped:/s/^[[:space:]]*/    /p' "$out"
	passed=$((passed + p))
	failed=$((failed + f))
}

for t in "$b"/tests/unit/test_*; do
	case ${t##*/} in
	*.*) continue ;;
	esac
	suite "unit ${t##*/test_}" "$t"
done
for t in "$b"/tests/fuzz/fuzz_*; do
	case ${t##*/} in
	*.*) continue ;;
	esac
	name=${t##*/fuzz_}
	suite "fuzz corpus $name" "$t" "tests/fuzz/corpus/$name"
done
suite "C2SP age vectors" sh tests/live/age_vectors.sh "$b/tests/unit/age_vectors"
suite "golden bundles" sh tests/golden/golden.sh "$b"
suite "adversarial vectors" python3 tests/vectors/run.py "$b/satchel"
suite "mutants" "$b/tests/mutants/mutants"
suite "power cuts" "$b/tests/power/power" "$b/satchel" \
    "$b/tests/power/recorder.so" tests/power/work.sh
suite "histories" "$b/tests/sim/sim" --jobs "$jobs" 2000
suite "wrong designs" "$b/tests/sim/sim-mutants" --jobs "$jobs" 1000
suite "a month of nights" python3 tests/year/year.py "$b/satchel" --nights 30
suite "memory" python3 tests/memory/bombs.py "$b"
suite "SENAITE server" python3 tests/senaite/test_server.py
suite "hardening" sh tests/hardening/run.sh "$b"
suite "command line" sh tests/cli/run.sh "$b/satchel"
suite "guides" sh tests/docs/run.sh "$b/satchel"
suite "nights by a timer" sh tests/schedule/run.sh "$b/satchel"
suite "packaging" sh tests/packaging/run.sh "$b"
suite "media" python3 tests/media/run.py "$b"
suite "kill and failure loops" "$b/tests/fault/fault"
suite "demo" sh tests/demo.sh "$b/satchel"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
