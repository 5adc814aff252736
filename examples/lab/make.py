#!/usr/bin/env python3
"""Write the example lab: lab.jsonl, changes-a.jsonl, changes-b.jsonl, att/.

    python3 examples/lab/make.py [FOLDER]

Nothing is needed but Python 3.  The output is the same bytes on every run and
every machine: uids are hashes of names, numbers come from one seed, dates are
counted from one day, and PNG and PDF files are stored without compression.
The laboratory, its clients and all people are invented.
"""

import os
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from maker import changes, pictures, samples, setup
from maker.core import RANDOM, Lab, text_json


def write_files(lab, folder):
    """All that is below att/."""
    def put(name, data):
        with open(os.path.join(folder, "att", name), "wb") as out:
            out.write(data)
    for number in (1, 2):
        put("icp-run-%d.csv" % number, pictures.icp_run(RANDOM, number))
    put("ic-run-3.csv", pictures.ic_run(RANDOM))
    put("icp-1.json", pictures.icp_log(RANDOM))
    put("note.txt", pictures.NOTE.encode())
    for number in range(1, 5):
        put("chromatogram-%d.png" % number, pictures.plot(RANDOM, number))
    for number, sample in samples.certified(lab):
        put("certificate-%d.pdf" % number,
            pictures.pdf(samples.certificate(lab, sample)))


def write_lines(path, lines):
    """JSON lines."""
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for line in lines:
            out.write(text_json(line) + "\n")


def main():
    """Make it all."""
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(
        os.path.abspath(__file__))
    os.makedirs(os.path.join(folder, "att"), exist_ok=True)
    lab = Lab()
    setup.make_all(lab)
    samples.make_all(lab)
    write_lines(os.path.join(folder, "lab.jsonl"), lab.objects.values())
    write_files(lab, folder)
    for name, lines in (("a", changes.at_site_a(lab)),
                        ("b", changes.at_site_b(lab))):
        write_lines(os.path.join(folder, "changes-%s.jsonl" % name), lines)


if __name__ == "__main__":
    main()
