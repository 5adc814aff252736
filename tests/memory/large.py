"""A lab of any size goes from one site to another in 64 MiB of memory.

    python3 tests/memory/large.py BUILD_FOLDER [attachments | records]

Loaded, exported, imported and dumped, each under the bound of bound.py; the
dumps must be the same.  In the environment:

    MEMORY_GIB       of attachments (20): sparse files, the largest 3/5 of it
    MEMORY_RECORDS   objects (1,000,000), every tenth with an attachment
    MEMORY_TMP       a folder on a disk (/var/tmp)

A store holds attachments as they are, so the first needs as many GiB free
and one more; the other 6 KiB an object.  The last line is "N passed, N
failed".
"""

import json
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bound import BOUND, Bounded, Failed

GIB = int(os.environ.get("MEMORY_GIB", "20"))
RECORDS = int(os.environ.get("MEMORY_RECORDS", "1000000"))
TMP = os.environ.get("MEMORY_TMP", "/var/tmp")
SMALL = 8			# files besides the largest
IN_FOLDER = 1000		# attachments in a folder
ROW = "%-13s%-8s%10s%10s%11s"


def line(uid, **more):
    more.update(uid=uid, type="Sample", title="Sample " + uid)
    return json.dumps(more) + "\n"


def sparse(path, size, name):
    """A file of `size` bytes, nearly all of them holes."""
    with open(path, "wb") as f:
        f.truncate(size)
        for at in (0, size // 3, size - len(name)):
            f.seek(at)
            f.write(name.encode())


def make_attachments(b):
    """Objects with large attachments; returns the bytes of them."""
    sizes = [(GIB << 30) * 3 // 5] + [(GIB << 30) * 2 // 5 // SMALL] * SMALL
    with open(b.path("lab.jsonl"), "w", encoding="ascii") as f:
        for i, size in enumerate(sizes):
            name = "large-%d" % i
            sparse(b.path(name), size, name)
            f.write(line("s%d" % i, attachments=[
                {"file": name, "name": name}]))
    return GIB << 30


def make_records(b):
    """Many objects, every tenth with a small attachment of its own."""
    size = 0
    with open(b.path("lab.jsonl"), "w", encoding="ascii") as f:
        for i in range(RECORDS):
            more = {"fields": {"Result": "%d.%02d" % (i % 977, i % 100),
                               "Remarks": "sample %d of the lab" % i}}
            if i % 10 == 0:
                folder = "att/%d" % (i // 10 // IN_FOLDER)
                os.makedirs(b.path(folder), exist_ok=True)
                name = "%s/%d" % (folder, i)
                with open(b.path(name), "w", encoding="ascii") as a:
                    size += a.write("result %d\n" % i * (i % 90 + 10))
                more["attachments"] = [{"file": name, "name": "r.txt"}]
            f.write(line("s%07d" % i, **more))
    return size + os.path.getsize(b.path("lab.jsonl"))


class Case:
    """One way from lab to lab."""

    def __init__(self, name, make, need, build, folder):
        self.name, self.make, self.need = name, make, need
        self.b = Bounded(build, folder)

    def step(self, what, *words, **more):
        run = self.b.need(*words, **more)
        print(ROW % (self.name, what, "%.1f s" % run.wall,
                     "%.1f s" % run.cpu, "%.1f MiB" % (run.peak / 1048576)))
        sys.stdout.flush()

    def dump(self, site):
        with open(self.b.path(site + ".dump"), "wb") as f:
            self.step("dump", site, "lab", "dump", out=f)

    def run(self):
        b = self.b
        free = shutil.disk_usage(b.folder).free
        if free < self.need:
            raise Failed("%d GiB are free in %s, %d needed: see MEMORY_TMP" % (
                free >> 30, TMP, self.need >> 30))
        b.pair("a", "b")
        os.mkdir(b.path("drop"))
        print("%s: %d MiB" % (self.name, self.make(b) >> 20))
        self.step("load", "a", "lab", "load", "lab.jsonl")
        self.step("export", "a", "export", "--to", "b", "--out", "drop")
        self.dump("a")
        shutil.rmtree(b.path("a"))
        sizes = [os.path.getsize(b.path("drop", name))
                 for name in os.listdir(b.path("drop"))]
        print("%s: %d bundles, %d MiB" % (self.name, len(sizes),
                                          sum(sizes) >> 20))
        self.step("import", "b", "import", "drop")
        self.dump("b")
        with open(b.path("a.dump"), "rb") as x, \
                open(b.path("b.dump"), "rb") as y:
            if os.path.getsize(x.name) == 0 or x.read() != y.read():
                raise Failed("the dumps differ")


def one(name, make, need, build):
    folder = tempfile.mkdtemp(prefix="satchel-memory.", dir=TMP)
    try:
        Case(name, make, need, build, folder).run()
    except Failed as why:
        print("FAIL %s: %s" % (name, why))
        return False
    finally:
        shutil.rmtree(folder)
    return True


def main():
    cases = {"attachments": (make_attachments, (GIB + 1) << 30),
             "records": (make_records, (6 << 10) * RECORDS + (1 << 28))}
    if len(sys.argv) not in (2, 3) or sys.argv[2:] and \
            sys.argv[2] not in cases:
        print(__doc__.strip())
        return 2
    print("bound: %d MiB" % (BOUND >> 20))
    print(ROW % ("", "", "wall", "processor", "peak"))
    done = [one(name, *cases[name], sys.argv[1])
            for name in sys.argv[2:] or cases]
    print("%d passed, %d failed" % (sum(done), len(done) - sum(done)))
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
