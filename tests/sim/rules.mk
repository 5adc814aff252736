# The simulator: the real store, exporter and importer over databases in
# memory, and steps.c before the functions that change anything.

SIM_SRC = $(sort $(wildcard tests/sim/*.c))
SIM_OBJ = $(SIM_SRC:%.c=$(B)/%.o)
SIM_WRAP = sqlite3_step sqlite3_exec write fsync rename renameat2 link \
	unlink open64 file_same_device crypto_sign_verify_detached \
	crypto_core_ed25519_is_valid_point
SIM_LD = $(SIM_WRAP:%=-Wl,--wrap=%)

$(B)/tests/sim/sim: $(SIM_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(SIM_LD) $(LIBS)

-include $(SIM_OBJ:.o=.d)

TEST_BIN += $(B)/tests/sim/sim
