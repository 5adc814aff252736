# Sticks that lie, fill up and are pulled (run.py).  The lying file system
# needs libfuse3-dev; without it those cases are skipped.
MEDIA_LIAR = $(B)/tests/media/liar

ifneq ($(wildcard /usr/include/fuse3/fuse.h),)
TEST_BIN += $(MEDIA_LIAR)
endif

$(MEDIA_LIAR): tests/media/liar.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -g -isystem /usr/include/fuse3 -o $@ $< \
	    -lfuse3

check-media: all $(TEST_BIN)
	@python3 tests/media/run.py $(B) --all

.PHONY: check-media
