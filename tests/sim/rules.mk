# The simulator: the real store, exporter and importer over databases in
# memory; steps.c and memo.c stand before functions that change anything or
# cost much.  sim-mutants is the same over objects with wrong designs in them
# (base/mutant.h).

SIM_SRC = $(sort $(wildcard tests/sim/*.c))
SIM_OBJ = $(filter-out %/main.o %/mutants.o,$(SIM_SRC:%.c=$(B)/%.o))
SIM_WRAP = sqlite3_step sqlite3_exec write fsync rename renameat2 link \
	unlink open64 file_same_device crypto_sign_verify_detached \
	crypto_core_ed25519_is_valid_point
SIM_LD = $(SIM_WRAP:%=-Wl,--wrap=%)
MUTANT_SRC = $(shell grep -l 'base/mutant\.h' $(LIB_SRC)) tests/sim/mutants.c
MUTANT_OBJ = $(MUTANT_SRC:%.c=$(B)/mutant/%.o)
SIM_HISTORIES ?= 50000
SIM_JOBS ?= 2

$(B)/tests/sim/sim: $(SIM_OBJ) $(B)/tests/sim/main.o $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(SIM_LD) $(LIBS)

$(B)/tests/sim/sim-mutants: $(SIM_OBJ) $(MUTANT_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(SIM_LD) $(LIBS)

$(B)/mutant/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DSATCHEL_MUTANTS -MMD -MP -c -o $@ $<

-include $(SIM_SRC:%.c=$(B)/%.d) $(MUTANT_OBJ:.o=.d)

TEST_BIN += $(B)/tests/sim/sim $(B)/tests/sim/sim-mutants

check-sim: $(B)/tests/sim/sim $(B)/tests/sim/sim-mutants
	for f in general conflicts restore several files kills; do \
		$(B)/tests/sim/sim --jobs $(SIM_JOBS) --focus $$f \
		    $(SIM_HISTORIES) || exit 1; \
	done
	$(B)/tests/sim/sim-mutants --jobs $(SIM_JOBS) 4000

.PHONY: check-sim
