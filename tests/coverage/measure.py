#!/usr/bin/env python3
"""measure.py: what the tests reached, from the counters that gcc keeps.

    measure.py BUILD_FOLDER [ROOM...]

Per file: lines and branches, and those that were never reached, as
`12-14` (lines) and `20:1/4` (of 4 ways out of line 20, 1 never taken).  At
last a line for each room; exit 1 if one is below the floor.  What counts as
a branch: tests/coverage/README.md.
"""

import collections
import glob
import json
import os
import subprocess
import sys

ROOMS = ["format", "importer", "exporter", "store"]
FLOOR = {"lines": 90.0, "branches": 80.0}
GCOV_AT_ONCE = 20


class File:
    """The counts of one source file, over all objects that hold it."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.defaultdict(collections.Counter)

    def add(self, line):
        at = line["line_number"]
        self.lines[at] += line["count"]
        for i, branch in enumerate(line["branches"]):
            self.branches[at][i] += branch["count"]

    def unreached(self):
        """Lines; and {line: (ways never taken, ways)} of those reached."""
        lines = sorted(at for at, n in self.lines.items() if n == 0)
        ways = {}
        for at in sorted(self.branches):
            missing = sum(n == 0 for n in self.branches[at].values())
            if missing and self.lines[at]:
                ways[at] = (missing, len(self.branches[at]))
        return lines, ways

    def counts(self):
        """(lines reached, lines, ways taken, ways)"""
        ways = [n for b in self.branches.values() for n in b.values()]
        return (sum(n > 0 for n in self.lines.values()), len(self.lines),
                sum(n > 0 for n in ways), len(ways))


def gcov(notes):
    """What gcov says of these .gcno files, a document for each."""
    text = subprocess.run(
        ["gcov", "--json-format", "--branch-probabilities", "--stdout"]
        + notes, check=True, stdout=subprocess.PIPE).stdout.decode()
    return [json.loads(line) for line in text.splitlines() if line]


def measure(build, rooms):
    """{room: {path: File}}"""
    found = {room: collections.defaultdict(File) for room in rooms}
    notes = [n for room in rooms
             for n in sorted(glob.glob(os.path.join(build, room, "*.gcno")))]
    here = os.getcwd()
    for i in range(0, len(notes), GCOV_AT_ONCE):
        for document in gcov(notes[i:i + GCOV_AT_ONCE]):
            for source in document["files"]:
                path = os.path.relpath(os.path.join(here, source["file"]))
                room = os.path.dirname(path)
                for line in source["lines"] if room in found else []:
                    found[room][path].add(line)
    return found


def ranges(numbers):
    """[1, 2, 3, 7] is "1-3 7"."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in out)


def percent(some, all_):
    return 100.0 * some / all_ if all_ else 100.0


def row(name, counts):
    return "%-26s lines %6.2f %% of %5d   branches %6.2f %% of %5d" % (
        name, percent(*counts[:2]), counts[1],
        percent(*counts[2:]), counts[3])


def show(path, file):
    print(row(path, file.counts()))
    lines, ways = file.unreached()
    if lines:
        print("    lines    " + ranges(lines))
    if ways:
        print("    branches " + " ".join(
            "%d:%d/%d" % (at, *n) for at, n in ways.items()))


def main(build, rooms):
    found = measure(build, rooms)
    good = True
    for files in found.values():
        for path in sorted(files):
            show(path, files[path])
    print()
    for room, files in found.items():
        counts = [sum(c) for c in zip(*(f.counts() for f in files.values()))]
        counts = counts or [0, 0, 0, 0]
        enough = (counts[1] > 0
                  and percent(*counts[:2]) > FLOOR["lines"]
                  and percent(*counts[2:]) > FLOOR["branches"])
        print(row(room + "/", counts) + ("" if enough else "   too low"))
        good = good and enough
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:] or ROOMS))
