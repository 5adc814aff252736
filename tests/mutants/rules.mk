# The program of the mutants.  Its linker options let it leave out single
# checks of the reader, to see that it then finds mutants accepted (holes.h).
MUTANTS = $(B)/tests/mutants/mutants
MUTANTS_OBJ = $(MUTANTS:=.o) $(addprefix $(B)/tests/mutants/,mutate.o holes.o \
	seeded.o)
MUTANTS_HOLES = -Wl,--wrap=minisign_verify -Wl,--wrap=reader_valid \
	-Wl,--wrap=tar_parse

TEST_BIN += $(MUTANTS)

$(MUTANTS): $(MUTANTS_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) $(MUTANTS_HOLES) -pthread -o $@ $^ $(LIBS)

-include $(MUTANTS_OBJ:.o=.d)

# All that there are of single changes, and more of several at once.
check-mutants: $(MUTANTS)
	MUTANTS_COUNT=2400000 $(MUTANTS)

.PHONY: check-mutants
