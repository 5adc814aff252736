# A year of nights, under libfaketime; a month of it is in `make test`.
YEAR_SEED ?= 1
YEAR_NIGHTS ?= 365

check-year: $(B)/satchel
	@python3 tests/year/year.py $(B)/satchel --seed $(YEAR_SEED) \
	    --nights $(YEAR_NIGHTS)

.PHONY: check-year
