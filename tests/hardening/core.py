"""core.py PROGRAM HOME: is a core kept when the program breaks?  Exit 1: yes.

The program reads lines from a pipe when it is hit: it has taken what was in
it.  Until then it has as large a limit for cores as it may have.
"""
import array
import fcntl
import os
import resource
import signal
import subprocess
import sys
import termios


def bytes_in(pipe):
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
run = subprocess.Popen([sys.argv[1], "--home", sys.argv[2], "lab", "load",
                        "-"], stdin=subprocess.PIPE)
os.write(run.stdin.fileno(), b"{")
while bytes_in(run.stdin) > 0 and run.poll() is None:
    pass
run.send_signal(signal.SIGSEGV)
status = os.waitpid(run.pid, 0)[1]
sys.exit(0 if os.WIFSIGNALED(status) and not os.WCOREDUMP(status) else 1)
