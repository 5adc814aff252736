# What a confined command reaches, and what is preloaded to look for secrets.
HARDENING = $(B)/tests/hardening/confined
WATCHER = $(B)/tests/hardening/watch.so
TEST_BIN += $(HARDENING) $(WATCHER)

$(HARDENING): $(B)/%: $(B)/%.o $(CLI_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

$(WATCHER): $(B)/%.so: %.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(CFLAGS) -fPIC -shared -pthread -o $@ $< -ldl

-include $(HARDENING:=.d)
