"""Small files that would be large: each is refused within 64 MiB of memory
and a second of processor time, both set as limits of the process; or, where
it is within the limits of the format, taken within 64 MiB.

    python3 tests/memory/bombs.py BUILD_FOLDER [PATTERN]

All are signed by a peer that is trusted: a file of anyone else gets no
further than its signature.  Files and keys are made by the second writer of
tests/vectors.  PATTERN is a regular expression for the titles.  The last line
is "N passed, N failed".
"""

import os
import re
import shutil
import struct
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "../vectors")]

import bundle
import world
from bound import Bounded, Failed
from bundle import canon
from world import EXITS, next_bundle, thing

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PLAIN = 4 * MIB			# the most that a data member may hold
PROCESSOR = 1			# seconds
ROWS = []


def refused(title, error):
    """The function makes a file, or bytes, that are refused so."""
    return lambda make: ROWS.append((title, error, make))


def taken(title):
    return refused(title, None)


# --- files

def packed(w, data, unpacked=PLAIN, **more):
    """A bundle with one record chunk that is `data` as stored, of which the
    manifest states so many bytes."""
    f = next_bundle(w, **more)
    f.packed = [data]
    f.totals["unpacked"] = unpacked
    return f


def holding(w, *records):
    """A bundle of (uid, [version lines])."""
    f = next_bundle(w)
    f.lines = [line for uid, versions in records for line in
               [canon({"uid": uid, "versions": len(versions)})] + versions]
    f.totals.update(records=len(records), versions=sum(
        len(v) for _, v in records))
    return f


def version(w, content, n=1, **more):
    """A line with content that is text."""
    dot = canon(w.sender.dot(w.sender.n + n))
    more = {k: canon(v) for k, v in more.items()}
    more.update(content=content, dot=dot, label=b"1772600000")
    return b"{%s}" % b",".join(b'"%s":%s' % (k.encode(), more[k])
                               for k in sorted(more))


def content(field):
    """An object with one field, which is text."""
    return (b'{"fields":{"fields":{"x":%s}},"history":[],"type":"Sample"}' %
            field)


def one(field):
    return lambda w: holding(w, ("x1", [version(w, content(field))]))


def zstd_zeros(size, stated):
    """Runs of 128 KiB of zeros, four bytes each."""
    run = bundle.zstd_block(1, 131072, b"\0", 0)
    return (bundle.zstd_header(stated) + run * (size // 131072 - 1) +
            bundle.zstd_block(1, 131072, b"\0", 1))


def deflate_zeros(size):
    """Flushed after each MiB, so that one is like the other."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    first, again = (squeeze.compress(bytes(MIB)) +
                    squeeze.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (size // MIB - 1) + squeeze.flush()


def gzip_zeros(size, stated):
    return bundle.GZIP_HEADER + deflate_zeros(size) + struct.pack(
        "<II", 0, stated)


def numbered(n):
    """Keys, ascending."""
    return b",".join(b'"k%06d":0' % i for i in range(n))


# --- compression

for stated, error, how in ((GIB, "E_LIMIT", "says so"),
                           (MIB, "E_DECOMPRESS", "says 1 MiB")):
    refused("Z1 Z2 zstd: 1 GiB in 32 KiB, and %s" % how, error)(
        lambda w, n=stated: packed(w, zstd_zeros(GIB, n)))
    refused("Z1 Z2 gzip: 1 GiB in 1 MiB, and %s" % how, error)(
        lambda w, n=stated: packed(w, gzip_zeros(GIB, n),
                                   compression="gzip"))
refused("Z1 1 GiB, and the manifest says so", "E_LIMIT")(
    lambda w: packed(w, zstd_zeros(GIB, GIB), unpacked=GIB))
refused("Z2 zstd: a window of 2 GiB", "E_DECOMPRESS")(
    lambda w: packed(w, bundle.zstd_header(MIB, window=21 << 3) +
                     bundle.zstd_block(1, 131072, b"\0", 1)))
refused("Z7 gzip: 900,000 empty blocks", "E_DECOMPRESS")(
    lambda w: packed(w, bundle.GZIP_HEADER + b"\0\0\0\xff\xff" * 900000 +
                     bytes(8), compression="gzip"))
refused("Z7 zstd: 1,500,000 empty blocks", "E_DECOMPRESS")(
    lambda w: packed(w, bundle.zstd_header(MIB) +
                     bundle.zstd_block(0, 0, b"", 0) * 1500000))
refused("Z9 gzip: a file name of 4 MiB", "E_DECOMPRESS")(
    lambda w: packed(w, b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"n" * PLAIN +
                     b"\0" + bytes(8), compression="gzip"))
taken("Z8 3 MiB of one letter")(one(b'"%s"' % (b"a" * (3 * MIB - 100))))


# --- container

@refused("20,000 data members", "E_LIMIT")
def _(w):
    f = next_bundle(w)
    f.stored = [("%06d.records.jsonl.zst" % (i + 1), b"")
                for i in range(20000)]
    return f


for title, index, name in (("a data member", 1, None),
                           ("manifest.json", 2, "manifest.json"),
                           ("SUMS", 3, "SUMS")):
    @refused("C20 the header of %s claims 8 GiB" % title, "E_LIMIT")
    def _(w, index=index, name=name):
        f = next_bundle(w)
        f.parts[index] = bundle.header(name or f.stored[0][0], 8 * GIB - 1)
        return b"".join(f.parts)


@refused("C19 200,000 pax headers in a chain", "E_HEADER")
def _(w):
    pax = bundle.header("pax", 6, type=b"x") + b"6 a=b\n".ljust(512, b"\0")
    return next_bundle(w).parts[0] + pax * 200000


refused("C20 a GNU long name of 64 MiB", "E_HEADER")(
    lambda w: next_bundle(w).parts[0] + bundle.header(
        "././@LongLink", 64 * MIB, type=b"L") + b"n" * 64 * MIB)


@refused("SUMS of 64 MiB", "E_LIMIT")
def _(w):
    f = next_bundle(w)
    f.sums = f.sums.ljust(64 * MIB, b"\n")
    return f


@refused("S13 1,000,000 lines of signatures", "E_LIMIT")
def _(w):
    f = next_bundle(w)
    f.sig = f.sig * 250000
    return f


# --- manifest

def stating(title, error, **fields):
    @refused(title, error)
    def _(w):
        f = next_bundle(w)
        f.manifest.update(fields)
        return f


def totalling(title, error, **totals):
    @refused(title, error)
    def _(w):
        f = next_bundle(w)
        f.totals.update(totals)
        return f


stating("M1 a manifest of 8 MiB", "E_LIMIT", **{"x-note": "x" * 8 * MIB})
stating("M11 10,000 addressees", "E_LIMIT", to=[
    {"name": "n%d" % i, "site": "%016x" % i} for i in range(10000)])
stating("M11 4,000 addressees", "E_LIMIT", to=[
    {"name": "n", "site": "%04x" % i} for i in range(4000)])
totalling("L3 1 PB unpacked", "E_LIMIT", unpacked=10 ** 15)
totalling("L3 2^53 - 1 data members", "E_LIMIT", members=2 ** 53 - 1)
totalling("L3 2^53 - 1 records", "E_RECORD", records=2 ** 53 - 1)
totalling("L3 1 PB of attachments", "E_RECORD", blob_bytes=10 ** 15)


@refused("J2 a manifest of 100,000 arrays in each other", "E_MANIFEST")
def _(w):
    f = next_bundle(w)
    f.manifest_bytes = b'{"x-a":' + b"[" * 100000 + b"]" * 100000 + b"}"
    return f


@taken("a manifest with 1,900 heads")
def _(w):
    f = next_bundle(w)
    f.manifest["heads"] = sorted(
        [["h%04d" % i, 1, "%016x" % i, 1, "0" * 64] for i in range(1900)] +
        f.manifest["heads"])
    return f


# --- encryption

for count in (65, 10000):
    @refused("E12 %d recipients" % count, "E_LIMIT")
    def _(w, count=count):
        f = next_bundle(w, encryption="age")
        name, data = f.stored[0]
        at = data.index(b"-> X25519")
        stanza = data[at:data.index(b"\n---")] + b"\n"
        f.stored[0] = (name, data[:at] + stanza * (count - 1) + data[at:])
        return f


@refused("E12 a header of 4 MiB", "E_LIMIT")
def _(w):
    f = next_bundle(w, encryption="age")
    name, data = f.stored[0]
    at = data.index(b"-> X25519")
    grease = b"-> grease\n" + (b"A" * 64 + b"\n") * 64000 + b"\n"
    f.stored[0] = (name, data[:at] + grease + data[at:])
    return f


# --- JSON

refused("J2 a value 73 levels deep", "E_JSON")(one(b"[" * 73 + b"]" * 73))
refused("J2 1,000,000 arrays in each other", "E_JSON")(
    one(b"[" * 1000000 + b"]" * 1000000))
taken("J3 1,000,000 empty arrays")(one(b"[" + b"[]," * 1000000 + b"0]"))
refused("J3 1,040,000 entries of history", "E_RECORD")(
    lambda w: holding(w, ("x1", [version(
        w, b'{"fields":{},"history":[%s[]],"type":"Sample"}' %
        (b"[]," * 1040000))])))
refused("J3 more content than a version may have", "E_LIMIT")(
    one(b'"%s"' % (b"a" * 3 * MIB)))
refused("J12 300,000 keys", "E_LIMIT")(
    lambda w: holding(w, ("x1", [version(w, content(
        b"{%s}" % numbered(300000)))])))
taken("J12 250,000 keys")(
    lambda w: holding(w, ("x1", [version(w, content(
        b"{%s}" % numbered(250000)))])))


# --- records

@refused("L2 130,000 objects without a version", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.lines = [b'{"uid":"%06d","versions":1}' % i for i in range(130000)]
    return f


def chunks(w, lines, records, deleted=0, **more):
    """A bundle of these lines, in as many chunks as they need."""
    f = next_bundle(w, **more)
    f.chunks, size = [[]], 0
    for line in lines:
        if size + len(line) > PLAIN - 4 * KIB:
            f.chunks.append([])
            size = 0
        f.chunks[-1].append(line)
        size += len(line) + 1
    f.manifest["heads"] = []
    f.totals.update(records=records, versions=len(lines) - records,
                    deleted=deleted)
    return f


@taken("L2 as many of the smallest records as 9 MiB hold")
def _(w):
    lines, count = [], 65000
    for i in range(count):
        lines.append(b'{"uid":"%05d","versions":1}' % i)
        lines.append(b'{"content":{"deleted":true,"history":[],"type":"A"},'
                     b'"dot":["a",1,"0123456789abcdef",%d],"label":0}' %
                     (i + 1))
    return chunks(w, lines, count, count)


def actor(i):
    return ["%05d" % i, 1, "0123456789abcdef"]


def versions(count, size, counter=1, **more):
    """Lines of one object with versions of as many sites, of `size` bytes
    each; more: other members of the versions."""
    body = {"fields": {"fields": {"x": "a" * size}}, "history": [],
            "type": "Sample"}
    line = canon(dict(more, content=body, label=1, dot="DOT"))
    return [canon({"uid": "x1", "versions": count})] + [
        line.replace(b'"DOT"', canon(actor(i) + [counter]))
        for i in range(count)]


def vector(first, count):
    return {"except": [],
            "vector": [actor(first + i) + [1] for i in range(count)]}


def siblings(title, error, count, size, **more):
    refused(title, error)(
        lambda w: chunks(w, versions(count, size, **more), 1))


MANY = vector(100, 13000)	# of nearly 500,000 bytes

siblings("L2 an object with versions of 90 MiB", "E_LIMIT", 30, 3 * MIB - KIB)
siblings("L2 an object with contexts of 28 MiB", "E_LIMIT", 60, 0,
         context=MANY)
siblings("L2 an object with versions of 8 MiB", None, 4, 2 * MIB - KIB)
siblings("L2 an object with 1,024 versions of 8 MiB", None, 1024,
         8 * KIB - 256)
siblings("L2 an object with contexts of 4 MiB", None, 8, 0, context=MANY)
siblings("L2 an object with 1,024 contexts of 4 MiB", None, 1024, 0,
         context=vector(2000, 110))
siblings("L2 an object with exceptions of 4 MiB", None, 8, 0, context={
    "except": [actor(100) + [i + 1] for i in range(13000)],
    "vector": [actor(100) + [20000]]})
siblings("L2 an object with stamps of 4 MiB", None, 8, 0,
         context=vector(100, 1), stamps={
             "k%05d" % i: actor(100) + [1] for i in range(9000)})


def replaced(title, count, size, **more):
    """What is there is of that size, and so is what replaces it."""
    taken(title)(lambda w: (
        chunks(w, versions(count, size, **more), 1),
        chunks(w, versions(count, size, 2, context=vector(
            0, 13000 if more else count)), 1, sequence=3, since=5, until=7)))


replaced("L2 8 MiB of versions replaced by 8 MiB", 4, 2 * MIB - 2 * KIB)
replaced("L2 4 MiB of contexts replaced by 4 MiB", 8, 0, context=MANY)


# --- running them

def kept(w):
    """What must not change.  A bomb that its sender signed is heard of it."""
    rows, files, keys = w.state()[0]
    rows.pop("heard")
    return rows, files, keys


def check(b, w, title, error, made):
    """verify and import of one file; what is taken is not kept."""
    path = w.write("t/bomb.satchel",
                   made if isinstance(made, bytes) else made.data)
    before, peak, cpu = kept(w), 0, 0
    for words in (("verify",), ("import",) if error else
                  ("import", "--dry-run")):
        run = b.run("reader", *words, path,
                    cpu=PROCESSOR if error else None)
        name = run.err.split(":")[1].strip() if run.err else None
        if (run.code, name) != (EXITS[error] if error else 0, error):
            raise Failed("%s: exit %d: %s" % (" ".join(words), run.code,
                                              run.err.strip()[:300]))
        peak, cpu = max(peak, run.peak), max(cpu, run.cpu)
    if kept(w) != before:
        raise Failed("something changed")
    print("%-13s%8.1f MiB%7.2f s  %s" % (error or "taken", peak / MIB, cpu,
                                         title))
    os.unlink(path)


def check_row(build, w, title, error, make):
    """A row that makes two files: the first is there already."""
    made = make(w)
    if not isinstance(made, tuple):
        check(Bounded(build, w.folder), w, title, error, made)
        return
    w = w.copy(w.path("again"))
    b = Bounded(build, w.folder)
    first = b.run("reader", "import", w.write("first", made[0].data))
    if first.code not in (0, EXITS["I_CONFLICTS"]):
        raise Failed("the first: exit %d: %s" % (first.code, first.err))
    check(b, w, title, error, made[1])
    shutil.rmtree(w.folder)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip())
        return 2
    with open(Bounded(sys.argv[1], HERE).program, "rb") as f:
        if b"__asan_init" in f.read():
            print("built with sanitizers, which need memory themselves")
            return 77
    pattern = sys.argv[2] if sys.argv[2:] else ""
    folder = tempfile.mkdtemp(prefix="satchel-bombs.")
    passed = failed = 0
    try:
        w = world.make(Bounded(sys.argv[1], folder).program, folder)
        for row in ROWS:
            if not re.search(pattern, row[0]):
                continue
            try:
                check_row(sys.argv[1], w, *row)
                passed += 1
            except (Failed, world.Failed) as why:
                failed += 1
                print("FAIL %s: %s" % (row[0], why))
    finally:
        shutil.rmtree(folder)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
