"""Group R: records (rows R1 to R15), and what is carried as it is."""

import os
import pty
import re
import subprocess

import bundle
from bundle import File, canon, hash32
from suite import accepted, command, dump, must, refused
from world import EXITS, MINE, next_bundle, thing

MAX = 2 ** 53 - 1


def lined(id_, what, error, change, **more):
    """The record lines changed: change(w, f) gets a good bundle whose lines
    are [head b1, version b1, head b2, version b2]."""
    def make(w):
        f = next_bundle(w)
        change(w, f)
        return f
    refused(id_, what, error, make, **more)


def versioned(id_, what, error, change, **more):
    """A member of the version of b1 changed; f.dot(n) of the sender."""
    def make(w):
        f = next_bundle(w)
        change(w, f.records[0][1][0])
        return f
    refused(id_, what, error, make, **more)


# --- R1, R2: lines

def replaced(at, line):
    return lambda w, f: f.lines.__setitem__(at, line)


lined("R1", "a line of another form", "E_RECORD",
      replaced(0, b'{"kind":"alien","uid":"b1"}'))
lined("R1", "an empty object", "E_RECORD", replaced(1, b"{}"))
for what, line in (("a list", b"[]"), ("a text", b'"x"'), ("null", b"null"),
                   ("a number", b"1")):
    lined("R1", "a line that is " + what, "E_RECORD", replaced(1, line))
lined("R1", "no versions", "E_RECORD", lambda w, f: f.lines.pop())
lined("R1", "no head", "E_RECORD", lambda w, f: f.lines.pop(0))
lined("R1", "a version too many", "E_RECORD",
      lambda w, f: f.lines.append(f.lines[-1]))
lined("R1", "a head after a head", "E_RECORD",
      lambda w, f: f.lines.insert(0, f.lines[0]))

SAMPLES = {"null": None, "true": True, "-1": -1, "1.5": 1.5, "a text": "x",
           "a list": [], "an object": {}, "an object of null": {"x": None}}
for field in ("uid", "versions"):
    for what, value in list(SAMPLES.items()) + [("missing", None)]:
        if (field, what) == ("uid", "a text"):
            continue		# a good uid

        def change(w, f, field=field, value=value, what=what):
            head = {"uid": "b1", "versions": 1}
            head[field] = value
            if what == "missing":
                del head[field]
            f.lines[0] = canon(head)
        lined("R2", "head: %s is %s" % (field, what), "E_RECORD", change,
              family=True)
for field in ("content", "context", "dot", "label", "born", "stamps"):
    for what, value in SAMPLES.items():
        versioned("R2", "%s is %s" % (field, what), "E_RECORD",
                  lambda w, v, k=field, x=value: v.update({k: x}),
                  family=True)
for field in ("content", "dot", "label"):
    versioned("R2", "no " + field, "E_RECORD",
              lambda w, v, k=field: v.pop(k))
versioned("R2", "an unknown field", "E_RECORD",
          lambda w, v: v.update(zzz=1))
versioned("R2", "an x- field", "E_RECORD",
          lambda w, v: v.update({"x-a": 1}))
lined("R2", "head with an unknown field", "E_RECORD",
      replaced(0, b'{"uid":"b1","versions":1,"x":1}'))
lined("R2", "head and version in one", "E_RECORD", lambda w, f: replaced(
    1, canon(dict(f.records[0][1][0], uid="b1")))(w, f))
for versions in (0, 1025, 2 ** 53):
    lined("R2", "%d versions" % versions, "E_RECORD",
          replaced(0, canon({"uid": "b1", "versions": versions})))


def content(id_, what, error, **change):
    """A member of the content changed; None: taken out."""
    def edit(w, v):
        for key, value in change.items():
            v["content"][key] = value
            if value is None:
                del v["content"][key]
    versioned(id_, "content: " + what, error, edit)


content("R2", "no type", "E_RECORD", type=None)
content("R2", "no history", "E_RECORD", history=None)
content("R2", "no fields", "E_RECORD", fields=None)
content("R2", "fields and deleted", "E_RECORD", deleted=True)
content("R2", "an unknown member", "E_RECORD", other=1)
content("R2", "deleted is false", "E_RECORD", deleted=False, fields=None)
content("R2", "time without deleted", "E_RECORD", time="2026-01-01")
content("R2", "time is a number", "E_RECORD", deleted=True, fields=None,
        time=1)
for value in ("", "a b", "\u0430", "a" * 65, "a..b", "-a", 1, {}):
    content("R2", "type %s" % canon(value).decode()[:20], "E_RECORD",
            type=value)
for value in ([], "x", 1):
    content("R2", "fields is %r" % (value,), "E_RECORD", fields=value)
for name, value in (("uid", "x"), ("type", "x"), ("deleted", True),
                    ("fields.a", 1), ("history", [1]), ("fields", []),
                    ("fields", "x")):
    content("R2", "fields.%s is %r" % (name, value), "E_RECORD",
            fields={name: value})
ENTRY = ["2026-01-01T00:00:00Z", 0, {"a": 1}]
for what, value in (
        ("is an object", {}), ("an entry is no list", [1]),
        ("an entry too short", [ENTRY[:2]]),
        ("an entry too long", [ENTRY + [1]]),
        ("time is a number", [[1, 0, {}]]),
        ("rank is a text", [["t", "0", {}]]),
        ("rank is negative", [["t", -1, {}]]),
        ("rank 2^24", [["t", 1 << 24, {}]]), ("an entry twice", [ENTRY] * 2),
        ("in another order", [["b", 0, 1], ["a", 0, 1]]),
        ("ranks in another order", [["a", 1, 1], ["a", 0, 2]])):
    content("R2", "history " + what, "E_RECORD", history=value)
content("R2", "4,097 attachments", "E_LIMIT", fields={
    "attachments": [{"name": "x"}] * 4097})
content("R2", "3 MiB and one byte", "E_LIMIT",
        fields={"title": "t" * (3 << 20)})

# The first line says whose, for whom and which member it is.
for key, value in (("from", "someone"), ("key", "0" * 16), ("member", 2),
                   ("satchel", "records/2"), ("sequence", 1),
                   ("to", ["someone"]), ("x", 1)):
    def change(w, f, key=key, value=value):
        first, rest = f.plain[0][1].split(b"\n", 1)
        first = dict(bundle.json.loads(first), **{key: value})
        f.plain[0][1] = canon(first) + b"\n" + rest
    lined("R2", "first line: %s is %r" % (key, value), "E_RECORD", change)
lined("R2", "no first line", "E_RECORD", lambda w, f: f.plain[0].__setitem__(
    1, f.plain[0][1].split(b"\n", 1)[1]))
lined("R2", "an empty chunk", "E_RECORD",
      lambda w, f: f.plain[0].__setitem__(1, b""))


@refused("R2", "a chunk of another file of the same sender", "E_RECORD")
def _(w):
    f, other = next_bundle(w), next_bundle(w, sequence=9)
    f.plain = other.plain
    return f


@refused("R2", "two chunks that change places", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.chunks = [f.lines[:2], f.lines[2:]]
    f.plain.reverse()
    return f


# --- R3, R4: references

def linked(*pairs):
    def make(w):
        s = w.sender
        return File(s, [w.reader], records=[
            (uid, [s.version(uid, thing(uid, parent=to, fields={
                "Ref": {"uid": to}}))]) for uid, to in pairs],
                    since=3, until=3 + len(pairs))
    return make


def holds(*uids):
    def check(w, f):
        seen = dump(w)
        must(all(uid in seen for uid in uids), "%r" % sorted(seen))
    return check


accepted("R3", "a reference to what is nowhere is no gap",
         linked(("b1", "nowhere")), check=holds("b1"))
accepted("R4", "references in a circle", linked(("b1", "b2"), ("b2", "b1")),
         check=holds("b1", "b2"))
accepted("R4", "an object that is its own parent", linked(("b1", "b1")),
         check=holds("b1"))

# --- R5, R6: objects and ids


@refused("R5", "the same object twice", "E_RECORD")
def _(w):
    f = next_bundle(w)
    uid, versions = f.records[0]
    f.records.append((uid, [w.sender.version(uid, thing(uid, "9"))]))
    return f


@refused("R5", "an object that is here, twice", "E_RECORD")
def _(w):
    f = next_bundle(w)
    seen = {"except": [], "vector": [w.sender.dot(1)]}
    f.records = [("a1", [dict(f.records[i][1][0], context=seen)])
                 for i in (0, 1)]
    return f


@refused("R5", "an object that is here and the same, twice", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.records = [w.first[0], w.first[0]] + f.records
    return f


@refused("R5", "a version twice in a record", "E_RECORD")
def _(w):
    f = next_bundle(w)
    uid, versions = f.records[0]
    f.records[0] = (uid, versions * 2)
    return f


@refused("R5", "versions in another order", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.records = [("b1", [f.records[1][1][0], f.records[0][1][0]])]
    return f


@refused("R5", "a version that another one replaces", "E_RECORD")
def _(w):
    f = next_bundle(w)
    one, two = f.records[0][1][0], f.records[1][1][0]
    two = dict(two, context={"except": [], "vector": [one["dot"]]})
    f.records = [("b1", [one, two])]
    return f


for uid in ("", "../x", "a..b", "a b", "-a", "a\x07", "a\u0301", "\u0430",
            "a" * 256, "a" * 10240, "a\x00b", "a%", "a\\b"):
    lined("R6", "uid %s" % canon(uid).decode()[:20], "E_RECORD",
          lambda w, f, u=uid: replaced(0, canon(
              {"uid": u, "versions": 1}))(w, f))

# --- R7, R8: what is carried byte for byte

# What moves a cursor or turns a direction; a terminal adds CR to LF.
UNSAFE = "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"


def on_terminal(w, *words):
    """What a command writes when its standard output is a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [w.program, "--home", w.path("reader")] + list(words), stdout=theirs,
        stdin=subprocess.DEVNULL, env={"XDG_STATE_HOME": w.path("state")})
    os.close(theirs)
    out = b""
    try:
        while True:
            block = os.read(ours, 65536)
            if not block:
                break
            out += block
    except OSError:		# EIO: the other end is closed
        pass
    os.close(ours)
    must(done.wait() == 0 and out, "%s on a terminal" % " ".join(words))
    return out.decode()


TEXTS = ["NaN", "1e999", "<0.5", "0.10", "1,5", " 1", "", "-0"]
ACTIVE = ["<script>alert(1)</script>", "=HYPERLINK(\"http://x\")",
          "\x1b[2J\x1b]0;owned\x07", "a\u202eb\u2066c", "@SUM(A1)", "a\rb\nc",
          "\x00\x01\x7f\x85\uffff\U0010ffff", "\\u0041"]


def texts(values):
    def make(w):
        f = next_bundle(w)
        f.records[0][1][0]["content"]["fields"].update(
            fields={"t%d" % i: t for i, t in enumerate(values)},
            title=values[-1])
        return f

    def check(w, f):
        line = dump(w)["b1"]
        must(line["fields"] == {"t%d" % i: t for i, t in enumerate(values)},
             "%r" % line)
        for verb in ("show", "dump"):
            shown = on_terminal(w, "lab", verb, *["b1"][:verb == "show"])
            must(not re.search(UNSAFE, shown), "%s: %r" % (verb, shown))
    return {"make": make, "check": check}


accepted("R7", "results are text, never numbers", **texts(TEXTS))
accepted("R8", "active text is carried, and shown escaped", **texts(ACTIVE))

NUMBERS = [b"0.10", b"0.1", b"1e-1", b"1e-400", b"9007199254740993.0",
           b"-0", b"1E+400", b"9" * 400, b"9223372036854775808", b"0.0"]


@command("J5", "numbers keep the digits that they came with")
def _(w):
    f = next_bundle(w)
    text = b"[" + b",".join(NUMBERS) + b"]"
    f.lines[1] = f.lines[1].replace(b'"Result":"1"', b'"Result":' + text)
    w.need("import", w.write("t/numbers", f.data))
    must(b'"Result":' + text in w.need("lab", "dump").out, "the dump")


# --- R9 to R14


def against(w, uid, value, **more):
    """The sender's own creation of an object that the reader has."""
    s = w.sender
    return File(s, [w.reader], records=[
        (uid, [s.version(uid, thing(uid, value), **more)])],
                since=3, until=4)


def both_there(w, f):
    listed = w.run("conflicts", "list", "--json").document["conflicts"]
    must([row["uid"] for row in listed] == ["own-1"], "%r" % listed)
    shown = w.need("conflicts", "show", "own-1").out
    must(b"0.10" in shown and b"9" in shown, "both values: %r" % shown)
    must(dump(w)["own-2"]["fields"] == MINE["fields"], "the other object")


accepted("R9", "another value for what the reader made itself",
         lambda w: against(w, "own-1", "9"), exit=11, check=both_there)


@refused("R10", "what another site made, from a peer that may not forward",
         "E_SCOPE", setup=[("peer", "set", "sender", "forward=no")])
def _(w):
    f = next_bundle(w)
    f.records.append(("o1", [w.other.version("o1", thing("o1"))]))
    return f


@refused("R10", "one of 2,000 records that another site made", "E_SCOPE",
         setup=[("peer", "set", "sender", "forward=no")])
def _(w):
    f, s = next_bundle(w), w.sender
    n, head = s.n, s.head
    f.records = [("r%04d" % i, [s.version("r%04d" % i, thing("r"))])
                 for i in range(1999)]
    s.n, s.head = n, head
    f.records.insert(1000, ("o1", [w.other.version("o1", thing("o1"))]))
    return f


accepted("R10", "what the reader made comes back, forward=no", lambda w: File(
    w.sender, [w.reader], records=w.exported.records, since=3, until=5),
         setup=[("peer", "set", "sender", "forward=no")])
MISSING = hash32(b"nowhere").hex()


def with_blob(w, hex_, blobs=()):
    f = next_bundle(w)
    f.blobs = [(hash32(b).hex(), b) for b in blobs]
    f.records[0][1][0]["content"]["fields"]["attachments"] = [
        {"name": "x", "blake2b": hex_}]
    return f


refused("R12", "an attachment that is nowhere", "E_GAP",
        lambda w: with_blob(w, MISSING))
refused("R12", "an attachment that is not the one carried", "E_GAP",
        lambda w: with_blob(w, MISSING, [b"another"]))
accepted("R12", "an attachment that nothing names", lambda w: File(
    w.sender, [w.reader], blobs=[b"alone"], since=3, until=3))


def packed(id_, what, error, entries, counted=None):
    """A blob pack of these entries."""
    def make(w):
        f = next_bundle(w)
        f.blobs = [(n, c) for n, c in entries]
        if counted is not None:
            f.totals["blob_bytes"] = counted
        return f
    refused(id_, what, error, make)


NAME = hash32(b"abc").hex()
packed("R12", "a blob under another hash", "E_HASH", [(NAME, b"abd")])
packed("R12", "a blob under a name in capitals", "E_HEADER",
       [(NAME.upper(), b"abc")])
for name in ("x", NAME[:63], NAME + ".", NAME + ".0", NAME + ".00000",
             NAME + ".0000000", NAME + ".-00001", NAME + ".000000.gz",
             NAME + ".999999999", "..", "a/b"):
    packed("R12", "an entry named %s" % name.replace(NAME, "HASH"),
           "E_HEADER", [(name, b"abc")])
packed("R12", "parts without the first", "E_GAP", [(NAME + ".000001", b"c")])
packed("R12", "parts with a hole", "E_GAP",
       [(NAME + ".000000", b"a"), (NAME + ".000002", b"c")])
packed("R12", "a byte count that is wrong", "E_RECORD", [(NAME, b"abc")], 4)


@refused("R12", "a pack with bytes after its end", "E_TRAILER")
def _(w):
    f = next_bundle(w)
    f.blobs = [(NAME, b"abc")]
    f.plain[0][1] += b"\0"
    return f


@refused("R12", "a pack without its end", "E_TRUNCATED")
def _(w):
    f = next_bundle(w)
    f.blobs = [(NAME, b"abc")]
    f.plain[0][1] = f.plain[0][1][:-1024]
    return f


@refused("R12", "a pack with an entry of mode 0755", "E_HEADER")
def _(w):
    f = next_bundle(w)
    f.blobs = [(NAME, b"abc")]
    f.plain[0][1] = bundle.member(NAME, b"abc", mode=b"000755 \0") + \
        bundle.END
    return f


@refused("R12", "lines in a member that is named a pack", "E_HEADER")
def _(w):
    f = next_bundle(w)
    f.plain[0][0] = "blobs.tar"
    return f


@refused("R12", "a pack in a member that is named records", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.blobs = [(NAME, b"abc")]
    f.plain[0][0] = "records.jsonl"
    return f


def gone(w, f):
    must(dump(w)["t1"].get("deleted") is True, "the tombstone")


accepted("R13", "a deletion of what was never seen", lambda w: File(
    w.sender, [w.reader], records=[("t1", [w.sender.version("t1", {
        "deleted": True, "history": [], "type": "Analysis"})])],
    since=3, until=4), check=gone)

# --- R15: dots, contexts, births, stamps

DOTS = {"another site": lambda d: [1] + d[1:], "no list": lambda d: "x",
        "too short": lambda d: d[:3], "too long": lambda d: d + [1],
        "generation 0": lambda d: [d[0], 0] + d[2:],
        "counter 0": lambda d: d[:3] + [0],
        "counter -1": lambda d: d[:3] + [-1],
        "counter 2^53": lambda d: d[:3] + [MAX + 1],
        "counter 1.0": lambda d: d[:3] + [1.0],
        "a nonce in capitals": lambda d: d[:2] + ["A" * 16, 1],
        "a site in capitals": lambda d: ["A"] + d[1:]}
for what, bad in DOTS.items():
    for field in ("dot", "born"):
        versioned("R15", "%s: %s" % (field, what), "E_RECORD",
                  lambda w, v, k=field, b=bad: v.update(
                      {k: b(w.sender.dot(1))}), family=True)
    for field in ("vector", "except"):
        def change(w, v, field=field, bad=bad):
            context = {"except": [], "vector": [w.sender.dot(1)]}
            context[field] = [bad(w.sender.dot(1))]
            v["context"] = context
        versioned("R15", "%s: %s" % (field, what), "E_RECORD", change,
                  family=True)
    versioned("R15", "stamps: " + what, "E_RECORD",
              lambda w, v, b=bad: v.update(
                  context={"except": [], "vector": [w.sender.dot(1)]},
                  stamps={"title": b(w.sender.dot(1))}), family=True)


def context(what, vector, except_=None, **more):
    """Of b1, whose dot is the sender's 4; d: dots of the sender."""
    def change(w, v):
        d = w.sender.dot
        v["context"] = {"except": except_(d, w) if except_ else [],
                        "vector": vector(d, w)}
        v.update({k: x(d, w) for k, x in more.items()})
    versioned("R15", what, "E_RECORD", change)


context("the context names the version's own dot", lambda d, w: [d(4)])
context("the context names a later one of its author", lambda d, w: [d(9)])
context("an actor twice in the vector", lambda d, w: [d(1), d(2)])
context("a dot twice in the vector", lambda d, w: [d(1), d(1)])
context("the vector in another order", lambda d, w: sorted(
    [d(1), w.other.dot(1)], reverse=True))
context("an exception above the vector", lambda d, w: [d(1)],
        lambda d, w: [d(2)])
context("an exception of another actor", lambda d, w: [d(1)],
        lambda d, w: [w.other.dot(1)])
context("an exception twice", lambda d, w: [d(3)], lambda d, w: [d(1), d(1)])
context("born later than it is", lambda d, w: [d(1)],
        born=lambda d, w: d(9))
context("born of what it has not seen", lambda d, w: [d(1)],
        born=lambda d, w: w.other.dot(1))
context("born of what is excepted", lambda d, w: [d(2)],
        lambda d, w: [d(1)], born=lambda d, w: d(1))
context("born of itself, written out", lambda d, w: [d(1)],
        born=lambda d, w: d(4))
context("a stamp later than it is", lambda d, w: [d(1)],
        stamps=lambda d, w: {"title": d(9)})
context("a stamp of what it has not seen", lambda d, w: [d(1)],
        stamps=lambda d, w: {"title": w.other.dot(1)})
versioned("R15", "a context without except", "E_RECORD",
          lambda w, v: v.update(context={"vector": [w.sender.dot(1)]}))
versioned("R15", "a context with more", "E_RECORD", lambda w, v: v.update(
    context={"except": [], "vector": [w.sender.dot(1)], "x": 1}))
versioned("R15", "a deletion with stamps", "E_RECORD", lambda w, v: v.update(
    content={"deleted": True, "history": [], "type": "Analysis"},
    context={"except": [], "vector": [w.sender.dot(1)]},
    stamps={"title": w.sender.dot(1)}))
for label in (-1, 1.0, "1", 253402300800, 2 ** 53):
    versioned("R15", "label %r" % label, "E_RECORD",
              lambda w, v, x=label: v.update(label=x))

# Versions that speak of the reader's own future.
AHEAD = {"a version of ours that we have not made": lambda w, v: v.update(
             dot=w.reader.actor + [9]),
         "a context with a version of ours that we have not made":
         lambda w, v: v.update(context={"except": [], "vector": [
             w.reader.actor + [3]]}),
         "a context with all that we shall ever make":
         lambda w, v: v.update(context={"except": [], "vector": [
             w.reader.actor + [MAX]]})}
for what, change in AHEAD.items():
    versioned("Q6", what, "E_ROLLED_BACK", change)


# --- the last of everything: what a peer may send must leave us able to work

@command("R15", "the latest label and the highest rank: we can still edit")
def _(w):
    f = next_bundle(w)
    v = f.records[0][1][0]
    v["label"] = 253402300799
    v["content"]["history"] = [["2026-01-01T00:00:00Z", (1 << 24) - 1, {}]]
    w.need("import", w.write("t/last", f.data))
    line = dump(w)["b1"]
    for i in range(3):
        line["title"] = "edit %d" % i
        line["history"] = line["history"] + [
            {"time": "2026-01-01T00:00:00Z", "comments": "%d" % i}]
        w.need("lab", "load", w.write("t/edit.jsonl", canon(line) + b"\n"))
    must(dump(w)["b1"]["title"] == "edit 2", "the edits")
    path = w.need("export", "--to", "sender", "--full", "--out",
                  w.path("t")).out.decode().strip()
    copy = w.copy(w.folder + "-peer")
    result = copy.run("verify", path)
    must(result.code == EXITS["E_WRONG_DEST"], "%r" % result.err)
