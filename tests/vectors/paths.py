"""Groups P and L: paths and sizes (rows P1 to P5, L1 to L4), and what comes
from outside beside a bundle."""

import os
import subprocess

import bundle
from bundle import hash32, header
from suite import EXITS, accepted, command, dump, must, refused
from world import next_bundle

NAMES = (b"../x", b"/etc/passwd", b"a/../../x", b"C:\\x", b"a//b", b"",
         b"./x", b"a/", b"x" * 64, b"x" * 100, b"\xff", b"\xc3\xa4",
         b"a\nb", b"\x1b[2J", b"-rf", b".hidden", b"a b", b"manifest.json ",
         b"MANIFEST.JSON")
for name in NAMES:
    # A name of the right form is not the one that must come here.
    form = "E_FORMAT" if name == b"MANIFEST.JSON" else "E_HEADER"

    def make(w, name=name):
        f = next_bundle(w)
        f.parts.insert(1, header(name, 1) + b"x" + bundle.pad(1))
        return b"".join(f.parts)
    refused("P1", "a member named %r" % name, form, make)
refused("P1", "a data member named ../000001.records.jsonl.zst", "E_HEADER",
        lambda w: bundle_with_name(w, b"../000001.records.jsonl.zst"))


def bundle_with_name(w, name):
    f = next_bundle(w)
    f.parts[1] = header(name, len(f.stored[0][1])) + f.stored[0][1] + \
        bundle.pad(len(f.stored[0][1]))
    return b"".join(f.parts)


DISPLAY = ["../../../../tmp/x", "/etc/cron.d/x", "CON", "a.", "x" * 300, "",
           ".", "..", "a/b", "a\0b", "\x1b[2J", "-rf", "a\nb", "NUL.txt"]


def named(w):
    f = next_bundle(w)
    f.blobs = [(hash32(b"abc").hex(), b"abc")]
    f.records[0][1][0]["content"]["fields"]["attachments"] = [
        {"name": name, "blake2b": hash32(b"abc").hex(), "size": 3}
        for name in DISPLAY]
    return f


def written_inside(w, f):
    """Attachments go below the folder named, whatever they are called."""
    os.makedirs(w.path("out/deep/down"))
    outside = tree(w)
    seen = dump(w, "--attachments", w.path("out/deep/down"))["b1"]
    names = [a["name"] for a in seen["attachments"]]
    must(names == DISPLAY, "the names: %r" % names)
    must(all(path.startswith("out/deep/down/") for path in
             tree(w) - outside), "outside: %r" % (tree(w) - outside))
    for a in seen["attachments"]:
        path = os.path.join(w.path("out/deep/down"), a["file"])
        must(os.path.realpath(path).startswith(w.path("out/deep/down/")),
             a["file"])
        with open(path, "rb") as file:
            must(file.read() == b"abc", path)


def tree(w):
    return {os.path.relpath(os.path.join(folder, name), w.folder)
            for folder, folders, names in os.walk(w.folder)
            for name in folders + names}


accepted("P2", "attachments with names that are paths", named,
         check=written_inside)


# --- P3, P4: what is in the way

@command("P3", "an export never writes over what is there, nor through a link")
def _(w):
    w.write("there", b"mine")
    os.symlink("there", w.path("link"))
    os.symlink("nowhere", w.path("dangling"))
    for name in ("there", "link", "dangling"):
        result = w.run("export", "--to", "sender", "--full", "--out",
                       w.path(name))
        must(result.code == EXITS["E_USAGE"], "%s: %d %r" % (
            name, result.code, result.err))
    with open(w.path("there"), "rb") as f:
        must(f.read() == b"mine", "it was written over")
    must(not os.path.lexists(w.path("nowhere")), "through the link")


for kind in ("a file", "gone", "a link to nowhere"):
    @command("P4", "a spool that is " + kind)
    def _(w, kind=kind):
        spool = w.path("reader", "spool")
        os.rmdir(spool)
        if kind == "a file":
            w.write("reader/spool", b"")
        elif kind == "a link to nowhere":
            os.symlink(w.path("nowhere"), spool)
        path = w.write("t/x", next_bundle(w).data)
        before = w.state()
        result = w.run("import", path)
        must(result.code == EXITS["E_IO"] and result.error() == "E_IO",
             "exit %d: %r" % (result.code, result.err))
        must(w.state() == before, "something changed")


@command("P4", "a spool that others can list: nothing has a name in it")
def _(w):
    spool = w.path("reader", "spool")
    os.chmod(spool, 0o777)
    log = w.path("t/trace")
    path = w.write("t/x", next_bundle(w).data)
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=openat,open,creat,mkdir,link,"
         "linkat,symlink,rename,renameat2", "-o", log, w.program, "--home",
         w.path("reader"), "import", path],
        env={"XDG_STATE_HOME": w.path("state")}, stdout=subprocess.DEVNULL,
        check=False)
    must(done.returncode == 0, "exit %d" % done.returncode)
    with open(log, encoding="utf-8", errors="replace") as f:
        lines = [line for line in f if spool in line]
    must(lines and all("O_TMPFILE" in line and "0600" in line or
                       "O_DIRECTORY|" in line or "O_RDONLY" in line or
                       "O_PATH" in line for line in lines), "%r" % lines)


for name in ("a\nb.satchel", "\x1b[2J.satchel", "-rf.satchel", "n" * 255,
             "a\u202eb", "%s%n.satchel", " "):
    @command("P5", "a good file and a bad one named %r" % name[:20])
    def _(w, name=name):
        path = w.write(os.path.join("t", name), b"")
        for verb in ("verify", "import"):
            result = w.run(verb, "--", name, cwd=w.path("t"))
            must(result.code == EXITS["E_TRUNCATED"], "%d %r" % (
                result.code, result.err))
            must(b"\x1b" not in result.err and b"\xe2\x80\xae" not in
                 result.err and result.err.count(b"\n") == 2,
                 "%r" % result.err)
        w.write(os.path.join("t", name), next_bundle(w).data)
        result = w.run("import", "--json", path)
        must(result.code == 0 and
             result.document["bundles"][0]["result"] == "applied",
             "%d %r" % (result.code, result.err))


@command("D10", "a folder of other things: only what begins like ours is read")
def _(w):
    for i in range(200):
        w.write("t/junk %d" % i, os.urandom(700))
    for name in (".Trash", "System Volume Information"):
        os.mkdir(w.path("t", name))
        w.write("t/%s/hidden.satchel" % name, next_bundle(w).data)
    os.mkfifo(w.path("t/fifo"))
    os.symlink("/dev/zero", w.path("t/zero"))
    w.write("t/.x.satchel.part", next_bundle(w).data)
    w.write("t/Z.SAT", next_bundle(w).data)
    result = w.run("import", "--json", w.path("t"))
    rows = result.document["bundles"]
    must(result.code == 0 and [r["result"] for r in rows] == ["applied"],
         "%d %r" % (result.code, rows))


# --- L: sizes

@refused("L2", "a data member as stored over its limit", "E_LIMIT",
         limited=True)
def _(w):
    f = next_bundle(w)
    f.stored[0] = (f.stored[0][0], bytes(4718593))
    return f


@refused("L2", "a member that claims 8 GiB - 1, nothing behind it",
         "E_LIMIT", limited=True)
def _(w):
    f = next_bundle(w)
    return f.parts[0] + header("000001.records.jsonl.zst", (1 << 33) - 1)


@refused("L2", "4,097 data members", "E_LIMIT", limited=True)
def _(w):
    f = next_bundle(w)
    f.stored = [("%06d.blobs.tar.zst" % i, b"") for i in range(1, 4098)]
    f.totals.update(members=4096, unpacked=0)
    return f


@refused("L2", "10,000 members of other names", "E_FORMAT", limited=True)
def _(w):
    return next_bundle(w).parts[0] + header("a", 0) * 10000


for total in ("unpacked", "members"):
    @refused("L3", "the manifest promises 9 PB in " + total, "E_LIMIT",
             limited=True)
    def _(w, total=total):
        f = next_bundle(w)
        f.totals[total] = 2 ** 53 - 1
        return f


@command("L4", "a sparse file of 1 PiB: refused before it is copied")
def _(w):
    path = w.write("t/x", next_bundle(w).data[:2048])
    try:
        os.truncate(path, 1 << 50)
    except OSError:
        os.truncate(path, 1 << 43)	# what ext4 takes
    before = w.state()
    result = w.run("import", path, limited=True)
    must(result.code == EXITS["E_NOSPACE"] and
         result.error() == "E_NOSPACE", "%d %r" % (result.code, result.err))
    must(w.state() == before, "something changed")


# --- the claims of docs/threat-model.md that need a hostile medium

READS = ("read", "pread64", "readv", "preadv", "copy_file_range", "sendfile")


@command("X4", "a bundle is read from its medium once, from front to back")
def _(w):
    data = next_bundle(w, compression="gzip").data + b""
    path = w.write("t/x", data)
    log = w.path("t/trace")
    result = subprocess.run(
        ["strace", "-f", "-qq", "-y", "-e", "trace=" + ",".join(READS) +
         ",mmap", "-o", log, w.program, "--home", w.path("reader"),
         "import", path], env={"XDG_STATE_HOME": w.path("state")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    must(result.returncode == 0, "%r" % result.stderr)
    with open(log, encoding="utf-8", errors="replace") as f:
        lines = [line for line in f if "<%s>" % path in line]
    must(lines and not any("mmap" in line for line in lines), "the calls")
    at = 0
    for line in lines:
        got = int(line.rsplit("=", 1)[1].split()[0])
        must("pread64" not in line or line.split(", ")[-1].split(")")[0] ==
             str(at), "read again: %r" % line)
        at += got
    must(at == len(data), "%d of %d bytes" % (at, len(data)))
