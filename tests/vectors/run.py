"""Adversarial vectors: files with one fault each, written by a second
implementation, against satchel.

    python3 tests/vectors/run.py PROGRAM [PATTERN]

PATTERN is a regular expression for the ids and titles.  V=1 names every
vector, KEEP=1 keeps the scratch folder.  The last line is "N passed, N
failed".
"""

import os
import shutil
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import suite
import world

GROUPS = ("good", "container", "compression", "manifest", "records", "json_",
          "trust", "encryption", "order", "paths", "keys")


# What two processors do at a time.
PARTS = (("refused",), ("accepted", "commands"))


def start(base, folder, part):
    """Run some methods in a process of their own: (its id, a pipe)."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid != 0:
        os.close(theirs)
        return pid, ours
    run = suite.Run(base, folder, sys.argv[2] if sys.argv[2:] else "")
    try:
        os.makedirs(folder)
        for name in part:
            getattr(run, name)()
        os.write(theirs, b"%d %d" % (run.passed, run.failed))
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(0)


def finish(pid, pipe):
    """Its counts; one that did not come to its end has failed."""
    said = os.read(pipe, 100)
    os.close(pipe)
    os.waitpid(pid, 0)
    return tuple(map(int, said.split())) if said else (0, 1)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip())
        return 2
    if not shutil.which("zstd"):
        print("zstd is missing (apt-get install zstd)")
        return 77
    for name in GROUPS:
        __import__(name)
    folder = tempfile.mkdtemp(prefix="satchel-vectors.")
    try:
        base = world.make(os.path.abspath(sys.argv[1]),
                          os.path.join(folder, "base"))
        sys.stdout.flush()
        parts = [start(base, os.path.join(folder, part[0]), part)
                 for part in PARTS]
        passed, failed = map(sum, zip(*[finish(*p) for p in parts]))
    finally:
        if os.environ.get("KEEP") != "1":
            shutil.rmtree(folder)
        else:
            print("kept: " + folder)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
