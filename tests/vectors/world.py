"""The reader that vectors meet: a home made once by satchel, copied for each
batch, and compared after every vector.

What is compared is all that a refusal must leave alone: every row of the
store but the log and the list of gaps (docs/format.md 15 says what may be
remembered), the guard file, the keys, the files of the home, the spool, and
the bundle itself.
"""

import copy
import glob
import json
import os
import resource
import shutil
import sqlite3
import subprocess

import bundle

HERE = os.path.dirname(os.path.abspath(__file__))
FORMAT = os.path.join(HERE, "../../docs/format.md")
HEARD = ("seen_generation", "seen_sequence", "last_heard")
ADDRESS_SPACE = 160 << 20	# of a run under limits; it starts in 64 MiB, and
				# a thread of glibc's malloc may reserve as much
MINE = {"uid": "own-1", "type": "Client", "title": "Ours",
        "fields": {"Name": "Reader's own", "Result": "0.10"}}


class Failed(Exception):
    """A check did not hold."""


def must(true, what):
    if not true:
        raise Failed(what)


def read_tables():
    """{name: exit code} and {rung: names} as docs/format.md has them."""
    with open(FORMAT, encoding="utf-8") as f:
        text = f.read().split("## 15. Order of checks")[1]
    exits, rungs = {}, {}
    for line in text.split("## 16.")[0].splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if cells[0].isdigit():
            for name in cells[1].split():
                exits[name.strip("`")] = int(cells[0])
        elif cells[0][:1] == "L" and cells[0][1:].isdigit():
            rungs[int(cells[0][1:])] = cells[3].replace("`", "").split()
    return exits, rungs


EXITS, RUNGS = read_tables()


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def document(self):
        return json.loads(self.out)

    def error(self):
        """The name on standard error, or None."""
        if not self.err.startswith(b"satchel: "):
            return None
        return self.err[9:].split(b":")[0].decode()


def limits():
    """Of a child: memory and processor time, not a clock."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


class World:
    """A folder with sites in it; `satchel` runs there."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        os.makedirs(folder, exist_ok=True)
        # Its shadow memory is larger than any limit.
        with open(program, "rb") as f:
            self.has_asan = b"__asan_init" in f.read()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def run(self, *words, home="reader", limited=False, **more):
        """more: of subprocess.run, `env` besides."""
        env = {"PATH": os.environ["PATH"], "HOME": self.folder,
               "XDG_STATE_HOME": self.path("state"), "LC_ALL": "C.UTF-8"}
        env.update(more.pop("env", {}))
        for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if key in os.environ:
                env[key] = os.environ[key]
        if limited and not self.has_asan:
            more["preexec_fn"] = limits
        more.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(
            [self.program, "--home", self.path(home)] + list(words),
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=300, check=False, **more)
        return Result(done.returncode, done.stdout, done.stderr)

    def need(self, *words, **more):
        done = self.run(*words, **more)
        must(done.code == 0, "satchel %s: exit %d: %s" % (
            " ".join(words), done.code, done.err.decode("utf-8", "replace")))
        return done

    def copy(self, folder):
        """All of it in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True,
                        ignore=lambda _, names: {"t"} & set(names))
        os.makedirs(os.path.join(folder, "t"))
        other = copy.copy(self)
        other.folder = folder
        return other

    # What must stay as it was

    def rows(self, home="reader"):
        """Every row of every table, log and gaps apart; of the peers, what
        was heard of them apart."""
        db = sqlite3.connect("file:%s?mode=ro" % self.path(home, "store.db"),
                             uri=True)
        try:
            tables = [name for (name,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type='table' "
                "ORDER BY name")]
            rows = {name: db.execute("SELECT * FROM \"%s\"" % name).fetchall()
                    for name in tables}
            columns = [row[1] for row in db.execute(
                "PRAGMA table_info(peer)") if row[1] not in HEARD]
            rows["peer"] = db.execute("SELECT %s FROM peer" % ",".join(
                columns)).fetchall()
            rows["heard"] = db.execute("SELECT id,%s FROM peer" % ",".join(
                HEARD)).fetchall()
            return rows
        finally:
            db.close()

    def state(self, home="reader"):
        """(what must not change, the log, the gaps)"""
        rows = self.rows(home)
        log, gaps = rows.pop("log"), rows.pop("gap")
        files = sorted(os.path.relpath(p, self.folder) for p in glob.glob(
            self.path(home, "**"), recursive=True))
        kept = {}
        for path in sorted(glob.glob(self.path(home, "keys", "*")) +
                           glob.glob(self.path("state", "satchel", "*"))):
            with open(path, "rb") as f:
                kept[path] = f.read()
        return (rows, files, kept), log, gaps


def pinned(world, site):
    """Pin a site's card, written here, by the digits computed here."""
    path = world.write("card", bundle.File(site, [], "card").data)
    return world.need("peer", "add", path, "--fingerprint",
                      bundle.fingerprint(site))


def card_of(world, home="reader"):
    """What satchel's own card says, read by the second reader."""
    import readback
    path = world.path("%s.card" % home)
    world.need("site", "card", "--out", path, home=home)
    with open(path, "rb") as f:
        return readback.Read(f.read()).manifest


class Reader:
    """The reader as an addressee."""

    def __init__(self, card):
        import age
        self.name, self.id = card["from"]["name"], card["from"]["site"]
        self.age_public = age.recipient_key(card["age"])
        self.actor = [self.id, card["from"]["generation"],
                      card["from"]["nonce"]]
        self.card = card


def thing(uid, value="1", **more):
    """The content of an object."""
    fields = {"fields": {"Name": uid, "Result": value}, "title": uid}
    fields.update(more)
    return {"fields": fields, "history": [], "type": "Analysis"}


def first_bundle(w):
    """What the reader has of the sender before any vector: three objects,
    sequence 1, changes up to 3."""
    s, records = w.sender, []
    for uid in ("a1", "a2", "a3"):
        records.append((uid, [s.version(uid, thing(uid))]))
    w.first = records
    return bundle.File(s, [w.reader], records=records, since=0, until=3)


def make(program, folder):
    """The world that all vectors start from: "reader" trusts "sender" and
    "other"; it holds objects of its own and of the sender."""
    w = World(program, folder)
    os.makedirs(w.path("t"))
    w.need("init", "--name", "reader")
    w.reader = Reader(card_of(w))
    w.sender, w.other, w.stranger = map(bundle.Site, (
        "sender", "other", "stranger"))
    pinned(w, w.sender)
    pinned(w, w.other)
    lines = b"".join(bundle.canon(dict(MINE, uid=uid)) + b"\n"
                     for uid in ("own-1", "own-2"))
    w.need("lab", "load", w.write("own.jsonl", lines))
    data = first_bundle(w).data
    done = w.run("import", w.write("first", data))
    must(done.code == 0, "the first bundle: " + done.err.decode())
    w.sender.sequence = 1
    w.exported = export(w)
    return w


def export(w):
    """What the reader sends the sender, read back."""
    import readback
    path = w.need("export", "--to", "sender", "--out",
                  w.path("t")).out.decode().strip()
    with open(path, "rb") as f:
        data = f.read()
    return readback.Read(data, w.reader.card["minisign"],
                         w.sender.age_secret)


def next_bundle(w, **more):
    """A good bundle that is next: two records, 4 and 5."""
    s = w.sender
    n, head = s.n, s.head
    records = [(uid, [s.version(uid, thing(uid))]) for uid in ("b1", "b2")]
    out = bundle.File(s, [w.reader], records=records,
                      **dict({"since": 3, "until": 5}, **more))
    s.n, s.head = n, head		# the next vector starts again
    return out
