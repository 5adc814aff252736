# Programs that see what is left open to a confined command.
HARDENING = $(B)/tests/hardening/confined
TEST_BIN += $(HARDENING)

$(HARDENING): $(B)/%: $(B)/%.o $(CLI_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

-include $(HARDENING:=.d)
