"""Group C: the container (rows C1 to C22)."""

import bz2
import io
import lzma
import os
import socket
import struct
import zipfile

import bundle
from bundle import END, File, header, member
from suite import EXITS, check_text, command, must, refused
from world import next_bundle


def raw(id_, what, error, change, **more):
    """A good file whose bytes are changed after all was signed."""
    refused(id_, what, error, lambda w: change(next_bundle(w).data), **more)


def before_manifest(data):
    """Where the header of manifest.json begins."""
    return data.index(b"manifest.json\0")


def parts(id_, what, error, change):
    """The list of members, changed after signing."""
    def make(w):
        f = next_bundle(w)
        change(f.parts)
        return b"".join(f.parts)
    refused(id_, what, error, make)


# --- whole files

raw("C1", "an empty file", "E_TRUNCATED", lambda d: b"")
raw("C2", "1,024 zero bytes", "E_FORMAT", lambda d: bytes(1024))
raw("C2", "zeros as long as a bundle", "E_FORMAT", lambda d: bytes(len(d)))
for cut in (1, 511, 512, 1024, -1, -511, -512, -513, -1023):
    raw("C4", "cut at %d" % cut, "E_TRUNCATED", lambda d, n=cut: d[:n])
raw("C4", "cut in the first data member", "E_TRUNCATED",
    lambda d: d[:before_manifest(d) - 700])
raw("C5", "no end of the archive", "E_TRUNCATED", lambda d: d[:-1024])
raw("C5", "half of the end of the archive", "E_TRUNCATED",
    lambda d: d[:-512])
raw("C6", "a byte after the end", "E_TRAILER", lambda d: d + b"x")
raw("C6", "a zero byte after the end", "E_TRAILER", lambda d: d + b"\0")
raw("C6", "512 zero bytes after the end", "E_TRAILER",
    lambda d: d + bytes(512))
raw("C6", "a second archive after the end", "E_TRAILER", lambda d: d + d)
raw("C6", "the second zero block is none", "E_TRAILER",
    lambda d: d[:-1] + b"x")
raw("C6", "a gzip file after the end", "E_TRAILER",
    lambda d: d + bundle.gzip(d))


# --- members

def swap(list_, i, k):
    list_[i], list_[k] = list_[k], list_[i]


parts("C9", "a member that SUMS does not list, first", "E_FORMAT",
      lambda p: p.insert(0, member("evil", b"x")))
parts("C9", "one more data member", "E_HASH",
      lambda p: p.insert(2, member("000002.records.jsonl.zst", b"x")))
parts("C9", "a foreign member before the manifest", "E_FORMAT",
      lambda p: p.insert(2, member("evil", b"x")))
parts("C9", "a member after the signature", "E_FORMAT",
      lambda p: p.insert(5, member("evil", b"x")))
parts("C9", "a member between SUMS and its signature", "E_FORMAT",
      lambda p: p.insert(4, member("evil", b"x")))
for index, what in enumerate(("README.txt", "a data member", "the manifest",
                              "SUMS", "SUMS.minisig")):
    parts("C10", "without " + what, "E_HASH" if index == 1 else "E_FORMAT",
          lambda p, i=index: p.pop(i))
    parts("C10", what + " twice", "E_FORMAT",
          lambda p, i=index: p.insert(i, p[i]))
    if index > 0:
        parts("C10", what + " before the one before it", "E_FORMAT",
              lambda p, i=index: swap(p, i, i - 1))


def resealed(id_, what, error):
    """A fault in the list of members, with SUMS and signature to match."""
    def decorate(change):
        def make(w):
            f = next_bundle(w)
            change(f)
            return f
        return refused(id_, what, error, make)
    return decorate


@resealed("C9", "a data member that the manifest does not count, signed",
          "E_MANIFEST")
def _(f):
    f.entries.insert(2, ("000002.records.jsonl.zst", f.stored[0][1]))


@resealed("C10", "SUMS lists a member that is not there", "E_HASH")
def _(f):
    f.sums = bundle.sums_of(f.entries + [("000002.records.jsonl.zst", b"")])


@resealed("C10", "SUMS lists a member twice", "E_HASH")
def _(f):
    f.sums = bundle.sums_of(f.entries[:2] + f.entries[1:])


@resealed("C10", "SUMS lists members in another order", "E_HASH")
def _(f):
    f.sums = bundle.sums_of(f.entries[::-1])


@resealed("C10", "SUMS with CR LF", "E_VERSION")
def _(f):
    f.sums = f.sums.replace(b"\n", b"\r\n")


@resealed("C10", "SUMS without its last line end", "E_HASH")
def _(f):
    f.sums = f.sums[:-1]


@resealed("C10", "SUMS of 512 KiB and one", "E_LIMIT")
def _(f):
    f.sums = f.sums.ljust(524289, b"\n")


for first, error in ((b"# satchel bundle/2", "E_VERSION"),
                     (b"# satchel backup/1", "E_VERSION"),
                     (b"# satchel bundle/1 ", "E_VERSION"),
                     (b"# Satchel bundle/1", "E_FORMAT"),
                     (b"", "E_FORMAT")):
    @resealed("C10", "SUMS begins with %r" % first.decode(), error)
    def _(f, line=first):
        f.sums = line + f.sums[f.sums.index(b"\n"):]


for number in ("000000", "000002", "1", "0000001", "00000a", "000001 "):
    @resealed("C10", "first data member is numbered %r" % number,
              "E_HEADER" if " " in number else "E_FORMAT")
    def _(f, number=number):
        f.stored[0] = (number + f.stored[0][0][6:], f.stored[0][1])
for suffix in ("records.jsonl", "records.jsonl.xz", "records.json.zst",
               "records.jsonl.zst.age.age", "RECORDS.jsonl.zst", "zst"):
    @resealed("C10", "a data member named 000001.%s" % suffix, "E_FORMAT")
    def _(f, suffix=suffix):
        f.stored[0] = ("000001." + suffix, f.stored[0][1])
for suffix in ("records.jsonl.gz", "records.jsonl.zst.age"):
    @resealed("C10", "a data member named 000001.%s though the manifest says "
              "otherwise" % suffix, "E_MANIFEST")
    def _(f, suffix=suffix):
        f.stored[0] = ("000001." + suffix, f.stored[0][1])


@resealed("C10", "README.txt with one more line, signed", "E_HEADER")
def _(f):
    f.entries[0] = ("README.txt", f.entries[0][1] + b"Run evil.sh\n")


@resealed("C10", "README.txt with another word, signed", "E_FORMAT")
def _(f):
    f.entries[0] = ("README.txt", f.entries[0][1].replace(b"FILE", b"EVIL"))


# --- headers

# Faults of a header, by field; its checksum is right.
FIELDS = {
    "C11": [("pax header", {"type": b"x"}),
            ("global pax header", {"type": b"g"}),
            ("GNU long name", {"type": b"L"}),
            ("GNU long link", {"type": b"K"}), ("sparse", {"type": b"S"})],
    "C13": [("symbolic link", {"type": b"2", "link": b"/etc/passwd"}),
            ("hard link", {"type": b"1", "link": b"README.txt"}),
            ("folder", {"type": b"5"}), ("FIFO", {"type": b"6"}),
            ("character device", {"type": b"3"}),
            ("block device", {"type": b"4"}), ("old file", {"type": b"\0"}),
            ("contiguous file", {"type": b"7"}), ("type Z", {"type": b"Z"})],
    "C14": [("size in base 256", {"size": b"\x80" + bytes(10) + b"\x01"}),
            ("negative size", {"size": b"\xff" * 12}),
            ("size of 2^63 - 1", {"size": b"\x80\0\0\0\x7f" + b"\xff" * 7}),
            ("size of 8 GiB - 1", {"size": b"77777777777 "}),
            ("size without a space", {"size": b"000000000100"}),
            ("size with blanks", {"size": b"        100 "}),
            ("size with an 8", {"size": b"00000000008 "}),
            ("no size", {"size": b""})],
    "C15": [("mode 0755", {"mode": b"000755 \0"}),
            ("mode in another style", {"mode": b"0000644\0"}),
            ("owner 1000", {"uid": b"001750 \0"}),
            ("group 1000", {"gid": b"001750 \0"}),
            ("time 1", {"mtime": b"00000000001 "}),
            ("owner's name", {"uname": b"root"}),
            ("group's name", {"gname": b"root"}),
            ("GNU magic", {"magic": b"ustar  \0"}),
            ("no magic", {"magic": b""}),
            ("version 01", {"magic": b"ustar\00001"}),
            ("a device number", {"major": b"000001 \0"}),
            ("a prefix", {"prefix": b"../"}),
            ("junk at the end", {"rest": b"x"}),
            ("checksum in another style", {"sum": b"%07o\0"}),
            ("checksum with a leading blank", {"sum": b" %05o\0 "}),
            ("checksum off by one", {"sum": b"000001\0 "})],
}


def with_header(f, index, fields):
    """The file's members, one header changed after signing."""
    name, content = (f.entries + [("SUMS", f.sums)])[index]
    f.parts[index] = member(name, content, **fields)
    return b"".join(f.parts)


for row, cases in FIELDS.items():
    for what, fields in cases:
        for index, where in ((0, "README.txt"), (1, "a data member"),
                             (3, "SUMS")):
            # What is so large is over a limit, if it is canonical.
            limit = what == "size of 8 GiB - 1" and index > 0
            refused(row, "%s: %s" % (where, what),
                    "E_LIMIT" if limit else "E_HEADER",
                    lambda w, i=index, x=fields: with_header(
                        next_bundle(w), i, x), family=True)


def pax(records, size=None, type_=b"x"):
    size = len(records) if size is None else size
    return header("pax", size, type=type_) + records + bundle.pad(
        len(records))


parts("C12", "a pax header that sets size=0", "E_HEADER",
      lambda p: p.insert(1, pax(b"10 size=0\n")))
parts("C12", "a pax header that sets path", "E_HEADER",
      lambda p: p.insert(1, pax(b"20 path=/etc/passwd\n")))
parts("C12", "a global pax header first", "E_FORMAT",
      lambda p: p.insert(0, pax(b"10 size=0\n", type_=b"g")))
refused("C19", "200,000 pax headers in a chain", "E_HEADER",
        lambda w: b"".join(next_bundle(w).parts[:1]) +
        pax(b"6 a=b\n") * 200000, limited=True)
for size in (1 << 30, (1 << 33) - 1):
    parts("C20", "a pax header that claims %d bytes" % size, "E_HEADER",
          lambda p, n=size: p.insert(1, pax(b"6 a=b\n", n)))
parts("C20", "a pax header that claims 1 EiB", "E_HEADER",
      lambda p: p.insert(1, header("pax", 0, type=b"x", size=b"\x80\0\0\0" +
                                   struct.pack(">Q", 1 << 60))))
parts("C20", "a GNU long name of 64 MiB", "E_HEADER",
      lambda p: p.insert(1, header("././@LongLink", 64 << 20, type=b"L") +
                         b"n" * 4096))
raw("C16", "padding after README.txt", "E_HEADER",
    lambda d: d[:1535] + b"x" + d[1536:])
raw("C16", "padding after a data member", "E_HEADER",
    lambda d: d[:before_manifest(d) - 1] + b"x" + d[before_manifest(d):])
raw("C16", "padding after SUMS.minisig", "E_HEADER",
    lambda d: d[:-1025] + b"x" + d[-1024:])
raw("C17", "manifest.json, a zero byte, junk", "E_HEADER",
    lambda d: d.replace(b"manifest.json\0\0", b"manifest.json\0e"))


# --- other formats

def in_zip(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("x.satchel", data)
    return out.getvalue()


for what, change in (
        ("zip", in_zip), ("gzip", bundle.gzip), ("zstd", bundle.zstd),
        ("bzip2", bz2.compress), ("xz", lzma.compress),
        ("7z", lambda d: b"7z\xbc\xaf\x27\x1c" + d),
        ("rar", lambda d: b"Rar!\x1a\x07\x01\0" + d),
        ("xar", lambda d: b"xar!\0\x1c\0\x01" + d),
        ("cpio", lambda d: b"070701" + b"0" * 104 + d),
        ("mtree", lambda d: b"#mtree\n. type=dir\n"),
        ("ISO 9660", lambda d: bytes(32768) + b"\x01CD001\x01" + bytes(4096)),
        ("age", lambda d: b"age-encryption.org/v1\n" + d),
        ("another tar", lambda d: bundle.tar([("x.satchel", d)]))):
    raw("C18", "%s, named like a bundle" % what, "E_FORMAT", change)


@command("C18", "the program has no reader of archives in it")
def _(w):
    with open(w.program, "rb") as f:
        program = f.read()
    must(b"archive_write_new" in program, "libarchive's writer")
    must(b"archive_read" not in program, "a reader of libarchive")


# --- chains

@command("C21", "a chain: one missing, one twice, in any order")
def _(w):
    second = next_bundle(w, since=5, until=7, sequence=3)
    first = next_bundle(w)
    second.records = [("c1", second.records[0][1])]
    w.write("t/x-second.satchel", second.data)
    result = w.run("import", w.path("t"))
    must(result.code == EXITS["E_GAP"] and result.error() == "E_GAP",
         "the second link alone: %r" % result.err)
    must(b"after change 5" in result.err, "the gap: %r" % result.err)
    w.write("t/y-first.satchel", first.data)
    w.write("t/z-first.satchel", first.data)
    result = w.run("import", "--json", w.path("t"))
    results = sorted(row["result"] for row in result.document["bundles"]
                     if row["sequence"] in (2, 3))
    must(result.code == 0 and results == ["already", "applied", "applied"],
         "both: exit %d, %r" % (result.code, results))


# --- not files

def made(kind, path):
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(path)
    elif kind == "device":
        path = "/dev/zero"
    elif kind == "symbolic link":
        os.symlink("../first", path)
    elif kind == "symbolic link to a FIFO":
        os.mkfifo(path + ".fifo")
        os.symlink(path + ".fifo", path)
    return path


for kind in ("FIFO", "socket", "device", "symbolic link",
             "symbolic link to a FIFO"):
    @command("C22", "a %s in place of a file" % kind)
    def _(w, kind=kind):
        path, before = made(kind, w.path("t/x")), w.state()
        for verb in ("verify", "import"):
            result = w.run(verb, path)
            must(result.code == EXITS["E_FORMAT"], "%s: exit %d: %r" % (
                verb, result.code, result.err))
        check_text("E_FORMAT", result.err, path)
        must(w.state() == before, "something changed")
