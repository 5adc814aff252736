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

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import suite
import world

GROUPS = ("good", "container", "compression", "manifest", "records", "json_",
          "trust", "encryption", "order", "paths", "keys")


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
        run = suite.Others(base, folder, sys.argv[2] if sys.argv[2:] else "")
        run.refused()
        run.accepted()
        run.commands()
    finally:
        if os.environ.get("KEEP") != "1":
            shutil.rmtree(folder)
        else:
            print("kept: " + folder)
    print("%d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
