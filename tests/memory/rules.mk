# Memory: what a run costs is measured by the timer of tests/bench.
MEMORY_TIMER = $(B)/tests/memory/timer

TEST_BIN += $(MEMORY_TIMER)

$(MEMORY_TIMER): tests/bench/timer.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(CFLAGS) -o $@ $<

# Needs disk and time: see the head of large.py for what makes it smaller.
check-memory: $(B)/satchel $(MEMORY_TIMER)
	@python3 tests/memory/bombs.py $(B)
	@python3 tests/memory/large.py $(B)

.PHONY: check-memory
