# Power cuts: what a run did is recorded (recorder.c) and cut.
POWER = $(B)/tests/power/power
POWER_OBJ = $(POWER:=.o) $(addprefix $(B)/tests/power/,disk.o program.o \
	rows.o run.o story.o)
POWER_RECORDER = $(B)/tests/power/recorder.so

TEST_BIN += $(POWER) $(POWER_RECORDER)

$(POWER): $(POWER_OBJ) $(B)/libsatchel.a
	$(CC) $(CFLAGS) $(LDHARDEN) -pthread -o $@ $^ $(LIBS)

# It is loaded before the program and its libraries: never with a sanitizer.
$(POWER_RECORDER): tests/power/recorder.c tests/power/record.h
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -fPIC -shared -pthread -o $@ $<

-include $(POWER_OBJ:.o=.d)

check-power: $(B)/satchel $(POWER) $(POWER_RECORDER)
	$(POWER) -n 100000 $(B)/satchel $(POWER_RECORDER) tests/power/work.sh

.PHONY: check-power
