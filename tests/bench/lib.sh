# lib.sh: what the benches share.  Sourced from the top of the tree; $b is the
# build folder, $root where the bench keeps its programs.
# shellcheck shell=sh disable=SC2154

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# program NAME SOURCE...: one of ours, from tests/bench.
program() {
	name=$1
	shift
	for source in "$@"; do
		set -- "$@" "tests/bench/$source.c"
		shift
	done
	${CC:-cc} -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -O2 -pthread \
	    -o "$root/$name" "$@" "$b/libsatchel.a" -lsqlite3 -lsodium \
	    -lzstd -lz -lm || die "cannot build $name"
}
