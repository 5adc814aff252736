"""What lies in the drop, as someone sees it who can read a manifest: no more
than tar and JSON, so that the program's own view is not asked."""
import json
import os
import stat
import tarfile


class File:
    """One file of Satchel's, by its manifest."""

    def __init__(self, name, path):
        with tarfile.open(path, "r:") as tar:
            m = json.load(tar.extractfile("manifest.json"))
        self.name = name
        self.size = os.stat(path).st_size
        self.kind = m["kind"]
        sender = m["from"]
        self.sender = sender["site"]
        self.life = (sender["generation"], sender["nonce"])
        self.sequence = m["sequence"]
        self.since, self.until = m.get("since", 0), m.get("until", 0)
        self.to = tuple(sorted(t["site"] for t in m["to"]))
        self.receipts = [(to, life[1], until) for to, life, _, until in
                         m.get("receipts", ())]
        self.cadence = m.get("cadence", 0)
        self.stream = (self.sender, *self.life, tuple(m.get("filter", ())))
        self.key = (self.sender, *self.life, self.sequence)
        self.age = (sender["generation"], self.sequence)

    def __repr__(self):
        return f"{self.name} ({self.since} to {self.until})"


class Drop:
    """The folder, and what the test itself has put there: `made` says of each
    such name what a site must take it for, or None where it is a copy."""

    def __init__(self, path):
        self.path = path
        self.made = {}
        self.rotten = {}        # name: the file that it was
        self.known = {}

    def at(self, name):
        return os.path.join(self.path, name)

    def files(self, made=True):
        """All whole files of Satchel's.  made: those that the test copied,
        too."""
        found = []
        for name in sorted(os.listdir(self.path)):
            if name.startswith(".") or self.made.get(name) is not None:
                continue
            if name in self.made and not made:
                continue
            st = os.stat(self.at(name), follow_symlinks=False)
            if not stat.S_ISREG(st.st_mode):
                continue
            key = (name, st.st_ino, st.st_mtime_ns, st.st_size)
            if key not in self.known:
                self.known[key] = File(name, self.at(name))
            found.append(self.known[key])
        return found

    def put(self, name, data, what):
        """what: None (whole), or "foreign", "broken", "stranger", "rotten"."""
        with open(self.at(name), "wb") as f:
            f.write(data)
        self.made[name] = what

    def remove(self, name):
        if os.path.isdir(self.at(name)):
            os.rmdir(self.at(name))
        elif os.path.lexists(self.at(name)):
            os.unlink(self.at(name))
        self.made.pop(name, None)

    def forget(self):
        """What was put there, and is there no more: a sender may remove its
        own, damaged or not."""
        for name in list(self.made):
            if not os.path.lexists(self.at(name)):
                del self.made[name]

    def parts(self):
        return [n for n in os.listdir(self.path) if n.endswith(".part")]

    def usage(self):
        """Files of Satchel's that sites have put there, and their bytes."""
        files = self.files(made=False)
        return len(files), sum(f.size for f in files)
