"""The proof of the second implementation: what it writes is applied and is
what was meant; what satchel writes it reads, and they agree.

Group G has no rows of faults.  It stands for all others: a writer whose good
files were refused would prove nothing with its bad ones.
"""

import os
import subprocess

import bundle
import readback
import world
from bundle import File, canon, hash32
from suite import accepted, command, dump, must
from world import next_bundle, thing

BLOB = b"time,signal\n0,1.50\n"
BIG = b"x" * 70000 + b"y" * 3000


def attached(w):
    """Two records, one with attachments that are whole and in parts."""
    s = w.sender
    content = thing("b1")
    content["fields"]["attachments"] = [
        {"blake2b": hash32(data).hex(), "media_type": "text/csv",
         "name": "run.csv", "size": len(data)} for data in (BLOB, BIG)]
    records = [("b1", [s.version("b1", content)]),
               ("a1", [s.version("a1", {"deleted": True, "history": [],
                                        "type": "Analysis"},
                                 context={"except": [],
                                          "vector": [s.dot(1)]})])]
    name = hash32(BIG).hex()
    return records, [(hash32(BLOB).hex(), BLOB), (name + ".000000", BIG[:300]),
                     (name + ".000001", BIG[300:])]


def full(w, to=None, **more):
    records, blobs = attached(w)
    f = File(w.sender, to or [w.reader], records=records, blobs=blobs, since=3,
             until=5, **more)
    f.totals["blobs"] = 2
    return f


def check_full(w, f):
    """The dump is what was meant, and the attachments are their bytes."""
    seen = dump(w, "--attachments", w.path("out"))
    must(set(seen) == {"a1", "a2", "a3", "b1", "own-1", "own-2"}, seen)
    must(seen["a1"] == {"deleted": True, "type": "Analysis", "uid": "a1"},
         seen["a1"])
    must(seen["b1"]["fields"] == {"Name": "b1", "Result": "1"}, seen["b1"])
    found = {}
    for folder, _, names in os.walk(w.path("out")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            found[hash32(data)] = data
    must(set(found.values()) == {BLOB, BIG}, "the attachments")


for packing in ("zstd", "gzip"):
    for secrecy in ("none", "age"):
        accepted("G1", "records, a deletion, attachments in parts: %s, %s" % (
            packing, secrecy), lambda w, p=packing, e=secrecy: full(
                w, compression=p, encryption=e), check=check_full)


def stock(words, data):
    return subprocess.run(words, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


@accepted("G2", "compressed by stock zstd, encrypted to several")
def _(w):
    f = full(w, [w.reader, w.other], encryption="age")
    f.packed = [stock(["zstd", "-qc", "--no-check", "--stream-size=%d" %
                       len(data)], data) for _, data in f.plain]
    return f


def check_kind(word):
    def check(w, f):
        rows = w.rows()
        must([canon([f.manifest["sequence"]])] == [canon([n]) for _, n, _ in
             rows["file_in"] if n == f.manifest["sequence"]], "file_in")
        must(word != "request" or rows["acked"], "the statement")
    return check


for kind in ("receipt", "request"):
    @accepted("G3", "a " + kind, check=check_kind(kind))
    def _(w, kind=kind):
        f = File(w.sender, [w.reader], kind,
                 receipts=[[w.reader.id, w.reader.actor, ["*"], 2]])
        if kind == "request":
            f.manifest["wanted"] = [hash32(b"x").hex()]
        return f

accepted("G3", "an excerpt", lambda w: File(
    w.sender, [w.reader], "excerpt", records=[
        ("e1", [w.sender.version("e1", thing("e1"))])]),
    check=lambda w, f: must("e1" in dump(w), "e1"))
accepted("G3", "an empty bundle", lambda w: File(
    w.sender, [w.reader], since=3, until=3))


@accepted("G4", "a record of two versions over two chunks, a pack between",
          exit=11)
def _(w):
    s = w.sender
    versions = [s.version("b1", thing("b1", "1")),
                dict(s.version("b1", thing("b1", "2")))]
    f = File(s, [w.reader], records=[("b1", versions)], blobs=[BLOB],
             since=3, until=5)
    pack = f.plain[0]
    f.plain = [["records.jsonl", f.first_line(1) + b"\n" +
                b"".join(line + b"\n" for line in f.lines[:2])], pack,
               ["records.jsonl", f.first_line(3) + b"\n" +
                f.lines[2] + b"\n"]]
    return f


@command("G5", "a chain of two, the blob of the second begun in the first")
def _(w):
    records, blobs = attached(w)
    s = w.sender
    one = File(s, [w.reader], blobs=blobs[:2], since=3, until=3)
    one.totals["blobs"] = 1
    two = File(s, [w.reader], records=records, blobs=blobs[2:], since=3,
               until=5, sequence=3)
    for i, f in enumerate((one, two)):
        w.need("import", w.write("t/%d" % i, f.data))
    check_full(w, two)


@command("G6", "a card written here is pinned by the digits computed here")
def _(w):
    # make() pinned two such cards; satchel must print the same digits.
    for site in (w.sender, w.other):
        shown = w.need("peer", "show", "--json", site.name).document
        must(shown["fingerprint"].replace(" ", "") ==
             bundle.fingerprint(site), shown)
        must(shown["key"] == site.key_hex and shown["id"] == site.id, shown)


# --- satchel writes, the second reader reads

@command("G7", "satchel's bundle: signature, sums, manifest, records")
def _(w):
    f = w.exported
    seen = dict(f.records)
    must(set(seen) == {"own-1", "own-2"}, seen)
    version = seen["own-1"][0]
    must(version["content"]["fields"]["fields"] == world.MINE["fields"],
         version)
    head = "0" * 64
    for uid in ("own-1", "own-2"):
        v = seen[uid][0]
        head = hash32(canon([head, v["dot"], uid, hash32(canon(
            v["content"])).hex()])).hex()
    must(w.reader.actor + [2, head] in f.manifest["heads"], "the head")
    must(f.manifest["heard"] == [[w.sender.id, w.sender.actor, 1,
                                  f.manifest["heard"][0][3]]], "heard")
    must(f.manifest["receipts"] == [[w.sender.id, w.sender.actor, ["*"], 3]],
         "receipts")


def exported(w, *words):
    """The sender's peer writes; the second reader takes it apart."""
    paths = w.need("export", "--to", "sender", "--out", w.path("t"),
                   *words).out.decode().split()
    out = []
    for path in paths:
        with open(path, "rb") as file:
            out.append(readback.Read(file.read(), w.reader.card["minisign"],
                                     w.sender.age_secret))
    return out


@command("G8", "satchel's bundles: zstd, gzip, with attachments, in a chain")
def _(w):
    data, lines = {os.urandom(100000) for _ in range(4)}, b""
    for i, content in enumerate(data):
        w.write("run.%d" % i, content)
        lines += canon(dict(world.MINE, uid="run-%d" % i, attachments=[
            {"name": "run", "media_type": "x/y", "file": "run.%d" % i}]))
        lines += b"\n"
    w.need("lab", "load", w.write("more.jsonl", lines))
    for words in ((), ("--compress", "gzip")):
        (f,) = exported(w, "--full", *words)
        must(set(f.whole_blobs().values()) == data, "the blobs")
        must({uid for uid, _ in f.records} == set(dump(w)), "the records")
    links = exported(w, "--full", "--max-size", "256K")
    must(len(links) > 1, "%d links" % len(links))
    found = set()
    for i, f in enumerate(links):
        must(i == 0 or f.manifest["since"] ==
             links[i - 1].manifest["until"], "ranges")
        found |= set(f.whole_blobs().values())
    must(found == data, "the blobs of the chain")


@command("G8", "satchel's bundle, encrypted, above a receipt")
def _(w):
    line = canon(dict(world.MINE, uid="own-4")) + b"\n"
    w.need("lab", "load", w.write("more.jsonl", line))
    w.need("lab", "delete", "own-1")
    w.need("peer", "set", "sender", "encrypt=yes")
    receipt = File(w.sender, [w.reader], "receipt", receipts=[
        [w.reader.id, w.reader.actor, ["*"],
         w.exported.manifest["until"]]])
    w.need("import", w.write("t/receipt", receipt.data))
    (f,) = exported(w)
    must(f.manifest["encryption"] == "age" and f.members[0][0].endswith(
        ".age"), "encrypted")
    must({uid: "deleted" in vs[0]["content"] for uid, vs in f.records} ==
         {"own-1": True, "own-4": False}, f.records)


@command("G8", "what satchel promises stands in each of its files")
def _(w):
    def said(path):
        with open(path.decode().strip(), "rb") as file:
            return readback.Read(file.read(), w.reader.card["minisign"]
                                 ).manifest.get("cadence")
    out = ("--to", "sender", "--out", w.path("t"))
    must(said(w.need("receipt", *out).out) is None, "none was promised")
    w.need("site", "set", "cadence=36h")
    for words in (("receipt",), ("export", "--full"),
                  ("export", "--type", "Client")):
        must(said(w.need(*words, *out).out) == 36 * 3600, words)
    w.need("site", "card", "--out", w.path("t/card"))
    with open(w.path("t/card"), "rb") as file:
        must("cadence" not in readback.Read(file.read()).manifest, "a card")
    w.need("site", "set", "cadence=none")
    must(said(w.need("receipt", *out).out) is None, "taken back")


@command("G9", "satchel's receipt and request")
def _(w):
    path = w.need("receipt", "--to", "sender", "--out",
                  w.path("t")).out.decode().strip()
    with open(path, "rb") as file:
        f = readback.Read(file.read(), w.reader.card["minisign"])
    must(f.manifest["kind"] == "receipt" and not f.members, f.manifest)
    late = next_bundle(w, since=9, until=9)
    w.run("import", w.write("t/late.satchel", late.data))
    (name,) = [n for n in os.listdir(w.path("t")) if "request" in n]
    with open(w.path("t", name), "rb") as file:
        f = readback.Read(file.read(), w.reader.card["minisign"])
    must(f.manifest["kind"] == "request" and f.manifest["wanted"] == [],
         f.manifest)
