"""Two sites that know each other, and what must hold of a medium."""
import json
import os
import random
import sqlite3
import subprocess

SECONDS = 30                    # for one command


class Sites:
    def __init__(self, satchel, folder):
        self.satchel = satchel
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": folder,
                    "XDG_STATE_HOME": os.path.join(folder, "state"),
                    "LC_ALL": "C.UTF-8"}
        for name in "a", "b":
            self.must(name, "init", "--name", "lab-" + name)
            self.must(name, "site", "card", "--out", self.path(name + ".card"))
        for name, other in "ab", "ba":
            self.must(name, "peer", "add", self.path(other + ".card"),
                      "--fingerprint", self.must(other, "site", "fingerprint"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def words(self, site, *words):
        return [self.satchel, "--home", self.path("home-" + site), *words]

    def start(self, site, *words):
        return subprocess.Popen(
            self.words(site, *words), env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, site, *words):
        return subprocess.run(
            self.words(site, *words), env=self.env, capture_output=True,
            stdin=subprocess.DEVNULL, text=True, timeout=SECONDS)

    def must(self, site, *words):
        done = self.run(site, *words)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def load(self, site, objects, attached=0):
        """So many objects, one of them with so many bytes of noise."""
        with open(self.path("noise"), "wb") as f:
            f.write(random.Random(attached).randbytes(attached))
        with open(self.path("lines"), "w") as f:
            for i in range(objects):
                line = {"uid": f"u{i}", "type": "Sample",
                        "fields": {"Result": str(i * i)}}
                if i == 0 and attached:
                    line["attachments"] = [
                        {"name": "noise", "media_type": "image/raw",
                         "file": "noise"}]
                f.write(json.dumps(line) + "\n")
        self.must(site, "lab", "load", self.path("lines"))

    def export(self, place, *words):
        return self.run("a", "export", "--to", "lab-b", "--out", place,
                        *words)

    def is_sound(self):
        """The store of the sender, looked at from outside."""
        db = sqlite3.connect(self.path("home-a/store.db"))
        try:
            found = db.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            db.close()
        assert found == "ok", found
        assert not os.listdir(self.path("home-a/spool")), "the spool is full"

    def agree(self):
        both = [json.loads(self.must(x, "status", "--json"))["digest"]
                for x in "ab"]
        assert both[0] == both[1], "the sites do not agree"


def name_of(done):
    """The name of the error that a run ended with; OK."""
    first = done.stderr.splitlines()[:1] if done.returncode else ["x: OK: "]
    return first[0].split(": ")[1] if first else "nothing"


def finals(place):
    return sorted(os.path.join(place, x) for x in os.listdir(place)
                  if x.endswith(".satchel") and not x.startswith("."))


def hidden(place):
    return sorted(x for x in os.listdir(place) if x.startswith("."))


def check_whole(sites, path):
    """Of a later file of a chain alone the other site says that one before
    it is missing, and no more."""
    done = sites.run("b", "verify", "--json", path)
    one = json.loads(done.stdout)["bundles"][0]
    assert one["authentic"] is True, f"{path}: {done.stdout}"
    assert done.returncode in (0, 8), f"{path}: {done.stdout}"


def check_finals(sites, place, want=None):
    """Whatever has its final name is whole, and the other site takes it."""
    files = finals(place)
    if want is not None:
        assert len(files) == want, f"{len(files)} files, expected {want}"
    for path in files:
        check_whole(sites, path)


def check_next(sites, place):
    """The next run is good, and leaves nothing of the last one behind."""
    done = sites.export(place)
    assert done.returncode == 0, f"the next run: {done.stderr}"
    assert done.stderr.endswith("safe to remove\n"), done.stderr
    assert not hidden(place), f"left behind: {hidden(place)}"
    check_finals(sites, place)
    for path in finals(place):
        os.unlink(path)
    sites.is_sound()
