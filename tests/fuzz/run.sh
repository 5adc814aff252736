#!/bin/sh
# run.sh: search with every fuzz target, or with those named, in turn.
#
#	sh tests/fuzz/run.sh SECONDS [TARGET...]
#	sh tests/fuzz/run.sh replay TARGET FILE
#	sh tests/fuzz/run.sh minimise [TARGET...]
#
# Builds with clang and libFuzzer in build/fuzz.  What is found stays in
# build/fuzz/found, and the exit status is 1.  New inputs stay in
# build/fuzz/work/TARGET; `minimise` puts into the tree, of them and of what is
# there, some tens that reach most; files with names that are no hash stay:
# each made a target fail once, or breaks a rule of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1
b=${FUZZ_BUILD:-build/fuzz}
san="-fsanitize=fuzzer-no-link,address,undefined"
san="$san -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1"
export UBSAN_OPTIONS="print_stacktrace=1"

cc=$(command -v clang-14 || command -v clang) || {
	echo "no clang: apt-get install clang-14"
	exit 77
}
mkdir -p "$b/found" "$b/tmp" || exit 1
make -s B="$b" CC="$cc" CFLAGS="$san -O1 -g" HARDEN= LDHARDEN= FUZZ_MAIN= \
    FUZZ_LINK=-fsanitize=fuzzer fuzz-targets || exit 1
b=$(cd "$b" && pwd)
export TMPDIR="$b/tmp"

# Options of libFuzzer: some inputs need more room than others.
limits() {
	case $1 in
	reader | unpack | card | look) echo "-max_len=24576 -rss_limit_mb=2048" ;;
	*) echo "-max_len=8192 -rss_limit_mb=2048" ;;
	esac
}

# Files of a corpus in the tree: whole bundles are big.
most() {
	case $1 in
	reader | unpack | card | look) echo 24 ;;
	*) echo 40 ;;
	esac
}

targets() {
	if [ $# -gt 0 ]; then
		echo "$@"
		return
	fi
	for t in tests/fuzz/fuzz_*.c; do
		t=${t##*/fuzz_}
		echo "${t%.c}"
	done
}

# The number behind a word of libFuzzer's last lines.
number() {
	sed -n "s/.*$1:* *\([0-9][0-9]*\).*/\1/p" "$b/$2.log" | tail -n 1
}

replay() {
	# shellcheck disable=SC2046
	"$b/tests/fuzz/fuzz_$1" $(limits "$1") "$2"
}

minimise() {
	new=$b/tmp/corpus
	rm -rf "$new"
	mkdir -p "$new" "$b/work/$1"
	# shellcheck disable=SC2046
	"$b/tests/fuzz/fuzz_$1" $(limits "$1") -use_counters=0 \
	    -set_cover_merge=1 "$new" "tests/fuzz/corpus/$1" "$b/work/$1" \
	    > "$b/$1.log" 2>&1 || return 1
	# Those that reach most were written first.
	ls -tr "$new" | tail -n "+$(($(most "$1") + 1))" |
	    while read -r name; do rm "$new/$name"; done
	find "tests/fuzz/corpus/$1" -regextype posix-extended -type f \
	    -regex '.*/[0-9a-f]{40}' -delete
	mv "$new"/* "tests/fuzz/corpus/$1/"
	printf '%-12s %s files\n' "$1" "$(ls "tests/fuzz/corpus/$1" | wc -l)"
}

# A line of the table; 1 if something was found.
search() {
	mkdir -p "$b/work/$1"
	before=$(find "$b/work/$1" -type f | wc -l)
	# shellcheck disable=SC2046
	"$b/tests/fuzz/fuzz_$1" $(limits "$1") -max_total_time="$2" \
	    -timeout=20 -print_final_stats=1 -use_value_profile=1 \
	    -artifact_prefix="$b/found/$1-" "$b/work/$1" \
	    "tests/fuzz/corpus/$1" > "$b/$1.log" 2>&1
	code=$?
	after=$(find "$b/work/$1" -type f | wc -l)
	printf '%-12s %7s %11s %8s %6s  %s\n' "$1" "$2" \
	    "$(number stat::number_of_executed_units "$1")" \
	    "$(number ' ft' "$1")" "$((after - before))" \
	    "$([ "$code" -eq 0 ] && echo nothing || echo FOUND)"
	return "$code"
}

# Where it is, and how to see it again.
show() {
	file=$(sed -n 's/.*Test unit written to //p' "$b/$1.log" | tail -n 1)
	grep -E -m 3 'not so:|ERROR: |runtime error' "$b/$1.log"
	echo "    log: $b/$1.log"
	echo "    again: sh tests/fuzz/run.sh replay $1 $file"
}

case ${1:-} in
replay)
	replay "$2" "$3"
	exit
	;;
minimise)
	shift
	for t in $(targets "$@"); do
		minimise "$t" || exit 1
	done
	exit
	;;
esac
seconds=${1:-60}
[ $# -eq 0 ] || shift
found=0
printf '%-12s %7s %11s %8s %6s  %s\n' target seconds executions features \
    corpus found
for t in $(targets "$@"); do
	search "$t" "$seconds" && continue
	found=$((found + 1))
	show "$t"
done
[ "$found" -eq 0 ]
