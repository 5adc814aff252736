#!/bin/sh
# binary.sh: is the program built as hard as its compiler can?
#
#	tests/hardening/binary.sh PROGRAM
#
# Reads the program with readelf and objdump.  The last line is
# "N passed, N failed".
set -u
program=$1
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() {
	name=$1
	shift
	if "$@" > "$work/said" 2>&1; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL $name"
	head -n 5 "$work/said"
}

not() {
	! "$@"
}

# has_lines FILE: true, and they are shown.
has_lines() {
	cat "$1"
	[ -s "$1" ]
}

LC_ALL=C readelf -W -h -l -d "$program" > "$work/elf" 2> /dev/null
LC_ALL=C readelf -W --dyn-syms "$program" > "$work/symbols" 2> /dev/null
LC_ALL=C objdump -d --no-show-raw-insn "$program" > "$work/code" \
    2> /dev/null

check "a program at any address" \
    grep -Eq '^ *Type: +DYN' "$work/elf"
check "which is no library" \
    grep -Eq 'FLAGS_1.*PIE' "$work/elf"
check "nothing written where it is relocated" \
    not grep -q TEXTREL "$work/elf"
check "a table of relocations that is closed" \
    grep -Eq '^ *GNU_RELRO' "$work/elf"
check "and is filled before it is closed" \
    grep -Eq 'FLAGS_1.*NOW' "$work/elf"
check "a stack that does not execute" \
    grep -Eq '^ *GNU_STACK .* RW +0x' "$work/elf"
check "nothing that is written executes" \
    not grep -Eq '^ *LOAD .* RWE' "$work/elf"
check "libraries from the system alone" \
    not grep -Eq 'RPATH|RUNPATH' "$work/elf"
check "stacks that notice being written over" \
    grep -q __stack_chk_fail "$work/symbols"
check "library calls that know their room" \
    grep -Eq '__(memcpy|snprintf|vsnprintf|read|strcpy)_chk' "$work/symbols"

# Of the two others there is no word in the program.  A function takes its
# frame page by page, and begins where it may be jumped to.
case $(uname -m) in
x86_64)
	grep -E 'sub +\$0x[0-9a-f]{4,8},%rsp' "$work/code" |
	    grep -v 'sub *\$0x1000,' > "$work/leaps"
	check "frames that cannot leap over a guard" not has_lines "$work/leaps"
	grep -A 1 '^[0-9a-f]* <main>:' "$work/code" > "$work/main"
	check "functions marked as such" grep -q endbr64 "$work/main"
	;;
esac

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
