# Fuzz targets.  Here: with a driver that replays the corpus, an ordinary
# test.  run.sh builds them in a folder of its own with FUZZ_MAIN= and libFuzzer
# (FUZZ_LINK), and searches.
FUZZ_MAIN ?= tests/fuzz/standalone.c
FUZZ_LINK ?= $(LDHARDEN)
FUZZ_SRC = $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_KIT = $(filter-out $(FUZZ_SRC) tests/fuzz/standalone.c, \
	$(sort $(wildcard tests/fuzz/*.c))) $(FUZZ_MAIN)
FUZZ_BIN = $(FUZZ_SRC:%.c=$(B)/%)
TEST_BIN += $(FUZZ_BIN)

$(FUZZ_BIN): $(B)/%: $(B)/%.o $(FUZZ_KIT:%.c=$(B)/%.o) $(CLI_OBJ) \
    $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(FUZZ_LINK) $(FUZZ_WRAP) -pthread -o $@ $^ $(LIBS)

# It gives the answers itself, at once.
$(B)/tests/fuzz/fuzz_answer: FUZZ_WRAP = -Wl,--wrap=http_run,--wrap=nanosleep

-include $(FUZZ_BIN:=.d) $(FUZZ_KIT:%.c=$(B)/%.d)

fuzz-targets: $(FUZZ_BIN)

fuzz:
	@sh tests/fuzz/run.sh $(FUZZ_SECONDS)

fuzz-smoke:
	@sh tests/fuzz/run.sh 60

.PHONY: fuzz-targets fuzz fuzz-smoke
