# Line and branch coverage (tests/coverage/README.md).  -O0, so that what is
# counted is what is written; counters that threads do not lose.  What gcc
# warns of at -O0 alone is no news.
COVERAGE = -O0 -g -Wno-error --coverage -fprofile-update=atomic \
	-fprofile-abs-path

coverage:
	$(MAKE) --no-print-directory B=$(B)/coverage CC=gcc \
	    CFLAGS="$(COVERAGE)" HARDEN= LDHARDEN= tests
	@sh tests/coverage/run.sh $(B)/coverage

.PHONY: coverage
