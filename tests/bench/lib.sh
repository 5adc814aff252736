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

# medians FILE...: seconds, least, most, seconds of processors, peak MiB
medians() {
	awk '
	{ t[NR] = $1; c[NR] = $3 + $4; if ($2 > peak) peak = $2 }
	function middle(a, n, i, j, x) {
		for (i = 2; i <= n; i++) {
			x = a[i]
			for (j = i - 1; j > 0 && a[j] > x; j--)
				a[j + 1] = a[j]
			a[j + 1] = x
		}
		return (a[int((n + 1) / 2)] + a[int(n / 2) + 1]) / 2
	}
	END {
		m = middle(t, NR)
		print m, t[1], t[NR], middle(c, NR), peak / 1024
	}' "$@"
}
