"""Group Q: sequence, replay, what sites know of each other (rows Q1 to Q11,
W3 to W6)."""

import os
import sqlite3

from bundle import File, Site, canon, hash32
from suite import accepted, command, dump, must, refused
from world import EXITS, next_bundle, thing

MAX = 2 ** 53 - 1


@command("Q1", "the same file again and again, under other names")
def _(w):
    path = w.path("first")
    before = w.state()
    for i in range(3):
        result = w.run("import", "--json", path)
        must(result.code == 0 and
             result.document["bundles"][0]["result"] == "already",
             "%d: %r" % (result.code, result.out))
        os.rename(path, w.path("t/other name %d" % i))
        path = w.path("t/other name %d" % i)
    must(w.state() == before, "something changed")


@command("Q2", "an older file after a newer one changes no object")
def _(w):
    older, newer = next_bundle(w), next_bundle(w, sequence=3, until=9)
    w.need("import", w.write("t/newer", newer.data))
    before = dump(w)
    w.need("import", w.write("t/older", older.data))
    must(dump(w) == before, "the dump")
    rows = w.rows()
    must([row for row in rows["applied"] if row[3] == 9], "the watermark")


refused("Q3", "a bundle that begins above what we have", "E_GAP",
        lambda w: next_bundle(w, since=4))
refused("Q3", "a bundle that begins at the end of all numbers", "E_GAP",
        lambda w: next_bundle(w, since=MAX, until=MAX))
refused("Q3", "another filter, which is another stream", "E_GAP",
        lambda w: next_bundle(w, filter=["Analysis"]))
refused("Q3", "a new life of the sender, not from its beginning", "E_GAP",
        lambda w: reborn(w, since=3, until=4))
refused("Q4", "until below since", "E_MANIFEST",
        lambda w: next_bundle(w, since=3, until=2))


def reborn(w, **more):
    """The sender in its next generation."""
    site = Site("sender", w.sender.seed)
    site.__dict__.update(w.sender.__dict__, generation=2, n=0, sequence=0,
                         head="0" * 64, nonce="b" * 16)
    records = [("n1", [site.version("n1", thing("n1"))])]
    return File(site, [w.reader], records=records,
                **dict({"since": 0, "until": 1}, **more))


accepted("Q5", "until at the end of all numbers",
         lambda w: next_bundle(w, until=MAX))
accepted("Q5", "a file number at the end of all numbers",
         lambda w: next_bundle(w, sequence=MAX))


@accepted("Q5", "a version at the end of all numbers")
def _(w):
    f = next_bundle(w)
    f.records[1][1][0]["dot"][3] = MAX
    return f


# --- Q6: what the sender claims to know of us

def stated(id_, what, error, **make):
    """Lists of the manifest: each is made from the world."""
    def build(w):
        f = next_bundle(w)
        for key, rows in make.items():
            f.manifest[key] = sorted(f.manifest[key] + rows(w), key=canon)
        return f
    refused(id_, what, error, build)


def life(w, generation=1, nonce=None):
    return [w.reader.id, generation, nonce or w.reader.actor[2]]


def our_head(w):
    return next(row[4] for row in w.exported.manifest["heads"]
                if row[0] == w.reader.id)


H = "ab" * 32
stated("Q6", "one more version of ours than there is", "E_ROLLED_BACK",
       heads=lambda w: [life(w) + [3, H]])
stated("Q6", "all the versions that we shall ever make", "E_ROLLED_BACK",
       heads=lambda w: [life(w) + [MAX, H]])
stated("Q6", "a later life of ours", "E_ROLLED_BACK",
       heads=lambda w: [life(w, 2, "c" * 16) + [1, H]])
stated("Q6", "a file of ours that we have not written", "E_ROLLED_BACK",
       heard=lambda w: [[w.reader.id, life(w), 2, H]])
stated("Q6", "another file than the one that we wrote", "E_ROLLED_BACK",
       heard=lambda w: [[w.reader.id, life(w), 1, H]])
stated("Q6", "a file of a later life of ours", "E_ROLLED_BACK",
       heard=lambda w: [[w.reader.id, life(w, 2, "c" * 16), 1, H]])
stated("Q7", "another head for our newest version", "E_ROLLED_BACK",
       heads=lambda w: [life(w) + [2, H]])
stated("Q7", "our generation with another nonce", "E_FORK",
       heads=lambda w: [life(w, 1, "c" * 16) + [1, H]])


@refused("Q7", "another head for a version of its own that we know",
         "E_FORK")
def _(w):
    f = next_bundle(w)
    f.manifest["heads"] = [w.sender.actor + [3, H]]
    return f


@refused("Q7", "another life of the sender with the same generation",
         "E_FORK")
def _(w):
    f = next_bundle(w, since=0)
    f.manifest["from"]["nonce"] = "d" * 16
    return f


accepted("Q7", "our head and our file as they are", lambda w: next_bundle(
    w, heads=sorted([life(w) + [2, our_head(w)], w.sender.heads()[0]],
                    key=canon),
    heard=[[w.reader.id, life(w), 1, w.exported.id]]))


# --- Q8: one dot, two versions

def same_dot(what, change):
    def make(w):
        f = next_bundle(w)
        uid, versions = w.exported.records[0]
        version = dict(versions[0])
        change(w, version)
        f.records.append((uid, [version]))
        return f
    refused("Q8", what, "E_FORK", make)


same_dot("our own version with another content",
         lambda w, v: v.update(content=thing("own-1", "9")))
same_dot("our own version as a deletion", lambda w, v: v.update(
    content={"deleted": True, "history": [], "type": "Client"}))
same_dot("our own version with another label",
         lambda w, v: v.update(label=1))
same_dot("our own version with a context", lambda w, v: v.update(
    context={"except": [], "vector": [w.sender.dot(1)]}))
same_dot("our own version with another birth", lambda w, v: v.update(
    born=w.sender.dot(1),
    context={"except": [], "vector": [w.sender.dot(1)]}))


@refused("Q8", "the sender's own version with another content", "E_FORK")
def _(w):
    f = next_bundle(w)
    f.records.append(("a1", [dict(w.first[0][1][0],
                                  content=thing("a1", "9"))]))
    return f


# --- Q9 to Q11

@command("Q9", "two files of a chain under each other's names")
def _(w):
    s, chain = w.sender, []
    n, head = s.n, s.head
    for sequence, uid in ((2, "b1"), (3, "b2")):
        chain.append(File(s, [w.reader], since=sequence + 1,
                          until=sequence + 2, sequence=sequence,
                          records=[(uid, [s.version(uid, thing(uid))])]))
    s.n, s.head = n, head
    folder = w.path("t/chain")
    os.mkdir(folder)
    for name, f in zip(("2-of-2", "1-of-2"), chain):
        w.write(os.path.join(folder, name), f.data)
    w.need("import", folder)
    must({"b1", "b2"} <= set(dump(w)), "both")


def knows(*uids):
    return lambda w, f: must(all(u in dump(w) for u in uids), dump(w))


accepted("Q10", "a new life of the sender", reborn, check=knows("n1", "a1"))


@command("Q10", "a file of the life before comes after the new one's")
def _(w):
    w.need("import", w.write("t/new", reborn(w).data))
    w.need("import", w.write("t/old", next_bundle(w).data))
    must({"n1", "b1"} <= set(dump(w)), "both")


@command("Q11", "an empty bundle moves the date of the last import alone")
def _(w):
    f = File(w.sender, [w.reader], since=3, until=3)
    before = dump(w)
    w.need("import", w.write("t/x", f.data))
    must(dump(w) == before, "the dump")
    shown = w.need("status", "--json").document["peers"]
    must([p for p in shown if p["name"] == "sender" and p["last_import"]],
         "%r" % shown)


@command("Q11", "a receipt for more than there is: exports still work")
def _(w):
    for sequence, until in ((2, MAX), (3, 0)):
        f = File(w.sender, [w.reader], "receipt", sequence=sequence,
                 receipts=[[w.reader.id, w.reader.actor, ["*"], until]])
        w.need("import", w.write("t/receipt", f.data))
        for words in ((), ("--full",), ("--heartbeat",)):
            w.need("export", "--to", "sender", "--out", w.path("t"), *words)


@command("Q11", "receipts are taken in the order of their numbers")
def _(w):
    def taken(sequence, until):
        f = File(w.sender, [w.reader], "receipt", sequence=sequence,
                 receipts=[[w.reader.id, w.reader.actor, ["*"], until]])
        w.need("import", w.write("t/receipt", f.data))
        return [row[3] for row in w.rows()["acked"]]
    must(taken(9, 2) == [2], "the first")
    must(taken(5, 1) == [2], "an older one is passed over")
    must(taken(10, 1) == [1], "a newer one replaces it whole")


# --- clocks

def labelled(label):
    def make(w):
        f = next_bundle(w)
        f.records[0][1][0]["label"] = label
        return f
    return make


for label in (0, 1483228799, 2147483648, 4294967296, 253402300799):
    accepted("W6", "a version of second %d" % label, labelled(label),
             check=knows("b1"))


@command("W5", "a version of the year 9999 moves no clock of ours")
def _(w):
    w.need("import", w.write("t/x", labelled(253402300799)(w).data))
    line = canon({"uid": "mine", "type": "T", "fields": {}}) + b"\n"
    w.need("lab", "load", w.write("t/l.jsonl", line))
    for uid, label in read_labels(w):
        must(uid != "mine" or label < 253402300799, "our label")


def read_labels(w):
    rows = w.rows()
    names = {row[0]: row[1] for row in rows["object"]}
    return [(names[row[1]], row[4]) for row in rows["version"]]


@command("W3", "a clock of 1970 and one of 2100: what is in a bundle counts")
def _(w):
    path = w.write("t/x", next_bundle(w).data)
    for seconds in ("0", "4102444800"):
        result = w.run("verify", path, env={"SOURCE_DATE_EPOCH": seconds})
        must(result.code == 0, "%s: %r" % (seconds, result.err))


@command("M12", "two files of one number: which one was first stays")
def _(w):
    first, second = next_bundle(w), next_bundle(w, until=6)
    w.need("import", w.write("t/1", first.data))
    before = dump(w)
    result = w.run("import", w.write("t/2", second.data))
    must(result.code == EXITS["E_FORK"] and dump(w) == before,
         "%r" % result.err)
    must([row for row in w.rows()["file_in"] if row[1] == 2][0][2] ==
         hash32(first.sums), "its id")


# --- claims of docs/threat-model.md about our own disk

def altered(w, sql, *values):
    """A change in the store behind satchel's back."""
    db = sqlite3.connect(w.path("reader", "store.db"))
    try:
        must(db.execute(sql, values).rowcount > 0, "nothing to change")
        db.commit()
    finally:
        db.close()


def never_exported(w):
    os.mkdir(w.path("none"))
    result = w.run("export", "--to", "sender", "--full", "--out",
                   w.path("none"))
    must(result.code == EXITS["E_DAMAGED"] and
         result.error() == "E_DAMAGED", "%d: %r" % (result.code, result.err))
    must(os.listdir(w.path("none")) == [], "a file was written")


@command("X2", "an object that changed on our disk does not travel")
def _(w):
    altered(w, "UPDATE version SET content=replace(content,?,?)", "0.10",
            "0.11")
    never_exported(w)


@command("X2", "an attachment that changed on our disk does not travel")
def _(w):
    data = os.urandom(5000)
    w.write("run.bin", data)
    w.need("lab", "load", w.write("l.jsonl", canon({
        "uid": "run", "type": "T", "attachments": [
            {"name": "run", "media_type": "x/y", "file": "run.bin"}]}) +
        b"\n"))
    altered(w, "UPDATE part SET bytes=?", data[:-1] + bytes(
        [data[-1] ^ 1]))
    never_exported(w)


@command("X3", "the log is only added to, also by who opens the store")
def _(w):
    before = w.rows()["log"]
    must(before, "an empty log")
    for sql in ("DELETE FROM log", "UPDATE log SET detail='{}'",
                "UPDATE log SET time=0 WHERE id=1",
                "DELETE FROM log WHERE id=(SELECT max(id) FROM log)",
                "REPLACE INTO log(id,time,event,detail) "
                "VALUES(1,0,'x','{}')"):
        try:
            altered(w, sql)
        except sqlite3.IntegrityError:
            continue
        must(False, "it lets " + sql)
    must(w.rows()["log"] == before, "the log")
