# Satchel.  `make` builds build/satchel; the two commands of the project are
# `make demo` and `make test`.  Everything built goes below build/.
#
#	make                 the program
#	make demo            install what is missing, build, show the main job
#	make test            install what is missing, all tests
#	make check           all tests, nothing installed
#	make check-san       all tests with ASan and UBSan
#	make check-valgrind  unit tests under valgrind
#	make lint            both compilers, layers, headers alone, style
#	make fuzz            the fuzzers for FUZZ_SECONDS each (clang)
#	make bench           speed and memory, as ratios to peers
#	make install         PREFIX=/usr/local DESTDIR=

PREFIX ?= /usr/local
CC ?= cc
B ?= build

CSTD = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual \
	-Wformat=2 -Wundef -Wvla -Werror
CFLAGS ?= -O2 -g
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDHARDEN ?= -pie -Wl,-z,relro,-z,now
ALL_CFLAGS = $(CSTD) $(WARN) $(HARDEN) -pthread -I. $(CFLAGS)
LIBS = -larchive -lsqlite3 -ljansson -lsodium -lzstd -lz

ROOMS = base format store exporter importer
LIB_SRC = $(sort $(wildcard $(ROOMS:=/*.c)))
CLI_SRC = $(sort $(wildcard cli/*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/test_*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ = $(CLI_SRC:%.c=$(B)/%.o)
UNIT_BIN = $(UNIT_SRC:%.c=$(B)/%)

all: $(B)/satchel

$(B)/satchel: $(CLI_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

$(B)/libsatchel.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(B)/libsatchel.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $(LDHARDEN) -o $@ $< $(B)/libsatchel.a $(LIBS)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_BIN:=.d)

clean:
	rm -rf $(B)

.PHONY: all clean
