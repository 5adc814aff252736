# Kill and failure loops (tests/fault/README.md).  The program under test is
# linked in: a run is a fork of it, not a start.
FAULT_BIN = $(B)/tests/fault/fault
FAULT_OBJ = $(patsubst %,$(B)/tests/fault/%.o,check fault memory scenario \
	state trace world)
TEST_BIN += $(FAULT_BIN)

$(B)/tests/fault/main.o: cli/main.c tests/fault/satchel.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -include tests/fault/satchel.h \
	    -Dmain=satchel_main -MMD -MP -c -o $@ $<

$(FAULT_BIN): $(FAULT_OBJ) $(B)/tests/fault/main.o $(CLI_OBJ) \
    $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

check-fault: $(FAULT_BIN)
	$(FAULT_BIN) all

-include $(FAULT_OBJ:.o=.d) $(B)/tests/fault/main.d
.PHONY: check-fault
