"""The tables of vectors, and what is asserted of each.

    refused(id, what, error, make)	a file that is refused with that name
    accepted(id, what, make, check)	a file that is applied
    command(id, what, run)		anything else, with its own asserts

`make` gets the world and gives a File or bytes; `setup` are commands that the
reader runs before.  Refused vectors of one setup share a home, which is
compared after each; those of a `family` (fields times values) are imported in
one run, and the home is compared after it.
"""

import os
import re

import world
from world import EXITS, RUNGS, Failed, must

REFUSED, ACCEPTED, COMMANDS = [], [], []


class Vector:
    def __init__(self, id_, what, make, **more):
        self.id, self.what, self.make = id_, what, make
        self.error = more.pop("error", None)
        self.setup = tuple(more.pop("setup", ()))
        self.limited = more.pop("limited", False)
        self.check = more.pop("check", None)
        self.exit = more.pop("exit", 0)
        self.family = more.pop("family", False)
        assert not more, more

    def title(self):
        return "%s %s" % (self.id, self.what)


def refused(id_, what, error, make=None, **more):
    if make is None:
        return lambda f: refused(id_, what, error, f, **more)
    REFUSED.append(Vector(id_, what, make, error=error, **more))
    return make


def accepted(id_, what, make=None, **more):
    if make is None:
        return lambda f: accepted(id_, what, f, **more)
    ACCEPTED.append(Vector(id_, what, make, **more))
    return make


def command(id_, what, run=None):
    if run is None:
        return lambda f: command(id_, what, f)
    COMMANDS.append(Vector(id_, what, run))
    return run


# --- what is asserted

def check_text(error, err, path):
    """Standard error: name, rung, file, what to do next, and no byte that
    could move a cursor."""
    text = err.decode()		# UTF-8, or it fails here
    must(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text),
         "raw control characters: %r" % text)
    lines = text.split("\n")
    head = re.match(r"satchel: ([A-Z_]+): [a-z]+ \(L(\d+)\): (.*)", lines[0])
    must(head, "no rung: %r" % text)
    must(head.group(1) == error, "%r" % text)
    must(path in head.group(3), "no file name: %r" % text)
    must(lines[1].startswith("  next: "), "no next step: %r" % text)
    must(error in RUNGS[int(head.group(2))],
         "%s is no error of L%s" % (error, head.group(2)))


def check_row(row, vector, how):
    error = row["error"]
    must(error is not None, "%s accepts it" % how)
    must(error["name"] == vector.error and
         error["exit"] == EXITS[vector.error],
         "%s says %s: %s" % (how, error["name"], error["message"]))
    must(row["rung"] and error["next"], "%s: no rung or next step" % how)


def check_levels(row):
    """The four levels are climbed in order: after one that is false none is
    true but what was known before (docs/format.md 15.3)."""
    must(False in (row["complete"], row["authentic"], row["valid"],
                   row["applicable"]), "no level is false: %r" % row)
    must(row["complete"] or row["authentic"] is None, "authentic: %r" % row)
    must(row["authentic"] or row["valid"] is None, "valid: %r" % row)


# What a gap may move: its request is a file that was written.
GAP = {"actor", "file_out", "peer"}


def kept(table, rows, error, signed):
    """Of the site the newest life of ours that any file named may move; of
    a peer, if it signed the file, when it was heard."""
    if table == "heard" and signed:
        return []
    if table == "site":
        moved = {"latest", "sequence"} if error == "E_GAP" else {"latest"}
        return [row for row in rows[table] if row[0] not in moved]
    return [] if error == "E_GAP" and table in GAP else rows[table]


def check_kept(before, now, error, signed):
    """Nothing changed but the log, which says so."""
    (old, old_log, _), (state, log, _) = before, now
    must(state[1] == old[1], "files of the home: %r" %
         (set(state[1]) ^ set(old[1])))
    for table in state[0]:
        must(kept(table, state[0], error, signed) ==
             kept(table, old[0], error, signed),
             "table %s changed" % table)
    must(state[2] == old[2] or error == "E_GAP", "guard or keys changed")
    new = [row[2] for row in log[len(old_log):]]
    must(log[:len(old_log)] == old_log and set(new) <= (
        {"refused", "request"} if error == "E_GAP" else {"refused"}),
         "the log: %r" % new)


def check_file(shot):
    with open(shot.path, "rb") as f:
        must(f.read() == shot.data, "the file itself changed")


def check_seen(shot):
    check_row(shot.seen, shot.vector, "verify")
    check_levels(shot.seen)
    check_row(shot.tried, shot.vector, "a dry run")


def one_of_family(shot, row, text):
    check_seen(shot)
    check_row(row, shot.vector, "import")
    check_text(shot.vector.error, text, shot.path)
    check_file(shot)


# --- running them

class Shot:
    """A vector as a file, and what verify and a dry run say of it."""

    def __init__(self, vector, path, data):
        self.vector, self.path, self.data = vector, path, data
        self.seen = self.tried = None


class Run:
    def __init__(self, base, folder, pattern):
        self.base, self.folder, self.pattern = base, folder, pattern
        self.sender = dict(base.sender.__dict__)
        self.passed = self.failed = self.copies = 0
        self.before = None		# the store before the vector
        self.verbose = os.environ.get("V") == "1"

    def wants(self, vector):
        return re.search(self.pattern, vector.title()) is not None

    def fresh(self, setup=()):
        self.copies += 1
        self.base.sender.__dict__.update(self.sender)
        w = self.base.copy(os.path.join(self.folder, "w%d" % self.copies))
        for words in setup:
            w.need(*words)
        return w

    def judge(self, title, act, *args):
        try:
            act(*args)
        except (Failed, AssertionError, ValueError, LookupError,
                OSError) as why:
            self.failed += 1
            print("FAIL %s: %s" % (title, why))
            return
        self.passed += 1
        if self.verbose:
            print("ok   %s" % title)

    def refused(self):
        batches = {}
        for vector in filter(self.wants, REFUSED):
            batches.setdefault(vector.setup, []).append(vector)
        for setup, vectors in batches.items():
            self.judge("a batch of %d" % len(vectors), self.batch,
                       self.fresh(setup), vectors)

    def write(self, w, vectors):
        shots = []
        for i, vector in enumerate(vectors):
            # Numbers of their own, so that one that is accepted is no fork
            # for the others.
            w.sender.__dict__.update(self.sender, sequence=1 + i)
            made = vector.make(w)
            data = made if isinstance(made, bytes) else made.data
            shots.append(Shot(vector, w.write("t/%04d.satchel" % i, data),
                              data))
        return shots

    def batch(self, w, vectors):
        """verify and a dry run of all at once; then an import of each, and
        one of all that are of a family."""
        shots = self.write(w, vectors)
        paths = [shot.path for shot in shots]
        listed, before = set(os.listdir(w.path("t"))), w.state()
        dump = w.need("lab", "dump", "--deleted").out
        seen = w.run("verify", "--json", *paths).document["bundles"]
        tried = w.run("import", "--dry-run", "--json",
                      *paths).document["bundles"]
        for shot, shot.seen, shot.tried in zip(shots, seen, tried):
            pass
        must(w.state() == before, "verify or a dry run changed the store")
        for shot in shots:
            if not shot.vector.family:
                self.before = before
                self.judge(shot.vector.title(), self.one_refused, w, shot)
                before = self.before
        family = [shot for shot in shots if shot.vector.family]
        if family:
            self.family_refused(w, family)
        left = set(os.listdir(w.path("t"))) - listed
        must(not left or any(v.error == "E_GAP" for v in vectors),
             "left in the folder: %r" % left)
        must(w.need("lab", "dump", "--deleted").out == dump, "the dump")

    def one_refused(self, w, shot):
        vector = shot.vector
        check_seen(shot)
        result = w.run("import", shot.path, limited=vector.limited)
        must(result.code == EXITS[vector.error], "exit %d: %s" % (
            result.code, result.err.decode("utf-8", "replace")))
        check_text(vector.error, result.err, shot.path)
        now = w.state()
        before, self.before = self.before, now
        check_kept(before, now, vector.error, shot.seen["authentic"] and
                   vector.error != "E_WRONG_DEST")
        check_file(shot)
        must(now[2] == before[2] or vector.error == "E_GAP", "a gap is noted")

    def family_refused(self, w, shots):
        before = w.state()
        result = w.run("import", "--json", *[shot.path for shot in shots])
        rows = result.document["bundles"]
        said = [b"satchel: " + text for text in
                result.err.split(b"satchel: ")[1:]]
        must(len(rows) == len(said) == len(shots), "%d of %d files" % (
            len(said), len(shots)))
        for shot, row, text in zip(shots, rows, said):
            self.judge(shot.vector.title(), one_of_family, shot, row, text)
        check_kept(before, w.state(), None,
                   any(shot.seen["authentic"] for shot in shots))

    def accepted(self):
        for vector in filter(self.wants, ACCEPTED):
            self.judge(vector.title(), self.one_accepted, vector)

    def one_accepted(self, vector):
        w = self.fresh(vector.setup)
        made = vector.make(w)
        data = made if isinstance(made, bytes) else made.data
        path = w.write("t/good.satchel", data)
        before = w.state()
        seen = w.run("verify", path, limited=vector.limited)
        must(seen.code == 0, "verify: exit %d: %s" % (seen.code, seen.err))
        must(w.state() == before, "verify changed the store")
        result = w.run("import", path, limited=vector.limited)
        must(result.code == vector.exit, "import: exit %d: %s" % (
            result.code, result.err))
        must(result.err == b"", "import: %r" % result.err)
        must(not os.listdir(w.path("reader", "spool")), "the spool")
        if vector.check is not None:
            vector.check(w, made)

    def commands(self):
        for vector in filter(self.wants, COMMANDS):
            self.judge(vector.title(),
                       lambda v=vector: v.make(self.fresh()))


def dump(w, *words):
    """The lab as {uid: line}."""
    lines = w.need("lab", "dump", "--deleted", *words).out.splitlines()
    values = [world.json.loads(line) for line in lines]
    return {value["uid"]: value for value in values}
