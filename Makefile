# Satchel.  `make` builds build/satchel; the two commands of the project are
# `make demo` and `make test`.  Everything built goes below build/.
#
#	make                 the program
#	make demo            install what is missing, build, show the main job
#	make test            install what is missing, build, all tests
#	make check           all tests, nothing installed
#	make check-san       all tests with ASan and UBSan (in build/san)
#	make check-valgrind  the unit tests under valgrind
#	make check-sim       50,000 histories of each focus, all wrong designs
#	make check-mutants   two million changed files, none of them taken
#	make check-media     a stick pulled at every call, and all that lies
#	make check-power     100,000 distinct states after a power cut
#	make check-memory    20 GiB and a million objects in 64 MiB of memory
#	make check-year      a year of nights of six sites on one drop
#	make check-fault     every fault at every call (hours)
#	make check-deb       the Debian package: built, judged, installed
#	make check-reproducible  twice built, elsewhere, the same bytes
#	make bench-peers     beside tar, git, restic and borg
#	make bench-drop      a night on a drop of 100,000 files
#	make analyze         clang's and gcc's analyzers over the program
#	make lint            gcc and clang, layers, headers alone, sizes
#	make fuzz            each fuzzer for FUZZ_SECONDS (clang; build/fuzz)
#	make fuzz-smoke      each for a minute
#	make live-senaite    between real SENAITEs (Python 2.7, some 40 min)
#	make coverage        lines and branches that the tests reach
#	make bench           speed and memory, as ratios to peers
#	make install         PREFIX=/usr/local DESTDIR=
#	make deb             install what is missing, build/deb/satchel_*.deb
#	make clean

PREFIX ?= /usr/local
DESTDIR ?=
BASHDIR ?= share/bash-completion/completions
ZSHDIR ?= share/zsh/site-functions
CC ?= cc
B ?= build
FUZZ_SECONDS ?= 60

CSTD = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual \
	-Wformat=2 -Wundef -Wvla -Werror
CFLAGS ?= -O2 -g

# A build that watches itself (sanitizers, coverage) goes without: HARDEN=
# LDHARDEN=.  What only some compilers or processors have is asked for.  And
# the place where it is built is none of the program's business.
has = $(shell $(CC) -O2 -Werror $(1) -include stdlib.h -fsyntax-only \
	-xc /dev/null 2> /dev/null && echo '$(1)')
ifeq ($(origin HARDEN),undefined)
HARDEN := -U_FORTIFY_SOURCE $(firstword \
	$(call has,-D_FORTIFY_SOURCE=3) -D_FORTIFY_SOURCE=2) \
	-fstack-protector-strong $(call has,-fstack-clash-protection) \
	$(call has,-fcf-protection) -fPIE \
	-ffile-prefix-map='$(CURDIR)=.'
endif
LDHARDEN ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack

# That a run is kept to its files is no matter of the compiler, and stays
# whatever HARDEN is; but a build that watches itself writes where no command
# may.
FENCE ?= $(if $(findstring -fsanitize,$(CFLAGS))$(findstring \
	--coverage,$(CFLAGS)),,-DSATCHEL_FENCE)
ALL_CFLAGS = $(CSTD) $(WARN) $(HARDEN) $(FENCE) -pthread -I. $(CFLAGS)
LIBS = -larchive -lsqlite3 -ljansson -lsodium -lcurl -linih -lzstd -lz

ROOMS = base format store exporter importer carry mirror mirror/senaite
LIB_SRC = $(sort $(wildcard $(ROOMS:=/*.c)))
CLI_SRC = $(sort $(wildcard cli/*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/test_*.c)) tests/unit/age_vectors.c
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ = $(filter-out $(B)/cli/main.o,$(CLI_SRC:%.c=$(B)/%.o))
UNIT_BIN = $(UNIT_SRC:%.c=$(B)/%)

SAN = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -O1 -g

.DEFAULT_GOAL = all
all: $(B)/satchel

$(B)/satchel: $(B)/cli/main.o $(CLI_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

$(B)/libsatchel.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcsD $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(CLI_OBJ) $(B)/libsatchel.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $(LDHARDEN) -o $@ $< $(CLI_OBJ) \
	    $(B)/libsatchel.a $(LIBS)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(B)/cli/main.d $(UNIT_BIN:=.d)

# Suites with programs or targets of their own keep their rules beside them;
# what `make test` needs built is added to TEST_BIN.
-include $(sort $(wildcard tests/*/rules.mk))

demo:
	@sh tools/setup.sh build
	@$(MAKE) --no-print-directory -s all
	@sh examples/demo.sh $(B)/satchel

test:
	@sh tools/setup.sh test
	@$(MAKE) --no-print-directory -s check

tests: all $(UNIT_BIN) $(TEST_BIN)

check: tests
	@sh tests/run.sh $(B)

check-san:
	$(MAKE) --no-print-directory B=build/san CFLAGS="$(SAN)" HARDEN= \
	    LDHARDEN= check

check-valgrind: tests
	@sh tests/valgrind.sh $(B)

lint:
	@sh tools/lint.sh

analyze:
	@sh tools/analyze.sh

check-reproducible:
	@sh tools/reproducible.sh

.PHONY: analyze check-reproducible

# Exit 77 is "skipped": no Python 2.7 here.
live-senaite: all
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/live/senaite/run.py \
	    $(B)/satchel || [ $$? -eq 77 ]

bench: all
	@sh tests/bench/run.sh $(B)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/doc/satchel/pictures \
	    $(DESTDIR)$(PREFIX)/share/doc/satchel/examples/monitor \
	    $(DESTDIR)$(PREFIX)/$(BASHDIR) $(DESTDIR)$(PREFIX)/$(ZSHDIR)
	install -m 755 $(B)/satchel $(DESTDIR)$(PREFIX)/bin/satchel
	install -m 644 docs/satchel.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/satchel-bundle.5 \
	    $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 README.md CHANGES.md LICENSE docs/*.md \
	    $(DESTDIR)$(PREFIX)/share/doc/satchel/
	install -m 644 docs/pictures/*.svg \
	    $(DESTDIR)$(PREFIX)/share/doc/satchel/pictures/
	install -m 644 examples/monitor/*.sh \
	    $(DESTDIR)$(PREFIX)/share/doc/satchel/examples/monitor/
	install -m 644 packaging/completions/satchel.bash \
	    $(DESTDIR)$(PREFIX)/$(BASHDIR)/satchel
	install -m 644 packaging/completions/_satchel \
	    $(DESTDIR)$(PREFIX)/$(ZSHDIR)/_satchel

deb:
	@sh tools/setup.sh deb
	@sh packaging/deb.sh $(B)

clean:
	rm -rf $(B)

.PHONY: all demo test tests check check-san check-valgrind lint bench \
	live-senaite install deb clean
