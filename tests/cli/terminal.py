"""terminal.py COLUMNS SEEN COMMAND...: COMMAND with standard error on a
terminal of so many columns.

It is stopped again and again, so that however fast it is, more time passes
than it waits between two looks at how far it is.  SEEN gets each line that was
on the terminal: "~" before one that was written over, "=" before one that
stays.  A control character that is neither return nor line feed, or a line
that was written over and reaches the last column, is "!" and the mistake.  The
exit status is COMMAND's.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

RUNS_S = 0.01
STOPS_S = 0.21


class Screen:
    """The line that the cursor is in."""

    def __init__(self, columns, seen):
        self.columns = columns
        self.seen = seen
        self.line = []
        self.at = 0
        self.is_over = False        # it began with a return

    def keep(self, mark):
        text = "".join(self.line).rstrip()
        if text:
            self.seen.write(mark + text + "\n")

    def put(self, c):
        self.line[self.at:self.at + 1] = [c]
        self.at += 1
        if self.is_over and self.at == self.columns:
            self.seen.write("!the last column is written\n")

    def take(self, data):
        for c in data.decode("latin-1"):
            if c == "\r":
                self.keep("~")
                self.at = 0
                self.is_over = True
            elif c == "\n":
                self.keep("=")
                self.line, self.at = [], 0
                self.is_over = False
            elif " " <= c <= "~":
                self.put(c)
            else:
                self.seen.write("!control character %r\n" % c)


def raw_terminal(columns):
    """Both ends; what is written comes out as it is."""
    master, slave = pty.openpty()
    mode = termios.tcgetattr(slave)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    fcntl.ioctl(slave, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    return master, slave


def read_some(master, screen):
    """What is there now."""
    while select.select([master], [], [], 0)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:             # the other end is closed
            return
        if not data:
            return
        screen.take(data)


def main(columns, seen, command):
    master, slave = raw_terminal(columns)
    with open(seen, "w", encoding="ascii") as out:
        screen = Screen(columns, out)
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stderr=slave)
        os.close(slave)
        while child.poll() is None:
            time.sleep(RUNS_S)
            child.send_signal(signal.SIGSTOP)
            read_some(master, screen)
            time.sleep(STOPS_S)
            child.send_signal(signal.SIGCONT)
        read_some(master, screen)
        screen.keep("=")
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
