"""type.py SHELL SETUP KEYS EXPECTED: type KEYS (\\t: the tab key) into an
interactive shell after SETUP; the line that it makes of them must be EXPECTED,
as echo prints it.  Exit 0 if so."""
import os
import pty
import select
import sys


def read_until(fd, mark, seen=b""):
    while mark not in seen:
        if not select.select([fd], [], [], 10)[0]:
            break
        try:
            seen += os.read(fd, 4096)
        except OSError:
            break
    return seen


def read_quietly(fd):
    """What comes until nothing came for a while: a completion was done."""
    seen = b""
    while select.select([fd], [], [], 0.7)[0]:
        seen += os.read(fd, 4096)
    return seen


def main():
    shell, setup, keys, expected = sys.argv[1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", PS1="> ", HISTFILE="/dev/null")
        words = shell.split()
        os.execvp(words[0], words)
    os.write(fd, setup.encode() + b"; echo rea''dy\n")
    said = read_until(fd, b"ready\r")
    for part in keys.replace("\\t", "\t\0").split("\0"):
        os.write(fd, part.encode())
        said += read_quietly(fd)

    # To the begin of the line, and have it echoed.
    os.write(fd, b"\x01echo 'go''t' \n")
    line = b"got " + expected.encode()
    said = read_until(fd, line, said)
    os.write(fd, b"exit\n")
    os.close(fd)
    os.waitpid(pid, 0)
    if line not in said:
        print(said.decode(errors="replace"))
        return 1
    return 0


sys.exit(main())
