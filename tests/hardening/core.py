"""core.py PROGRAM HOME: is a core kept when the program breaks?  Exit 1: yes.

The program reads lines from a pipe when it is hit, with as large a limit for
cores as it may have.
"""
import os
import resource
import signal
import subprocess
import sys


def confined(pid):
    with open("/proc/%d/status" % pid) as status:
        return "NoNewPrivs:\t1" in status.read()


limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
run = subprocess.Popen([sys.argv[1], "--home", sys.argv[2], "lab", "load",
                        "-"], stdin=subprocess.PIPE)
while not confined(run.pid):
    pass
run.send_signal(signal.SIGSEGV)
status = os.waitpid(run.pid, 0)[1]
sys.exit(0 if os.WIFSIGNALED(status) and not os.WCOREDUMP(status) else 1)
