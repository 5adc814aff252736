"""What goes wrong, and when: a calendar that is drawn from the seed, in which
each kind of event stands at least once."""
import os
import tarfile

GOOD_START = 4                  # nights in which nothing happens
LONELY = ("lost", "doubled", "cut", "hostile", "rotten", "replayed", "killed",
          "twice", "at once", "clash")
HOSTILE = ("noise", "half a head", "link", "folder", "pipe", "control",
           "sparse", "stranger", "squat")


class Calendar:
    def __init__(self, dice, nights, sites):
        self.dice, self.nights, self.sites = dice, nights, sites
        self.missed = [set() for _ in range(nights)]
        self.absent = [set() for _ in range(nights)]
        self.full = [False] * nights
        self.acts = [[] for _ in range(nights)]
        self.calm = set()       # around a restore nothing else goes wrong
        self.restore = self.backup = self.together = None
        self.silent = range(0)
        self.draw()

    def at(self, part):
        """A night near a part of the year."""
        n = int(self.nights * part) + self.dice.choice((-1, 0, 1))
        return max(GOOD_START, min(n, self.nights - 3))

    def draw(self):
        hub, a, b, c, d, e = self.sites
        long = min(60, self.nights // 5)
        first = self.at(0.7)
        self.silent = range(first, first + long)
        for n in self.silent:
            self.missed[n].add(a)
        self.restore, self.restored = self.at(0.5), c
        self.backup = max(2, self.restore - 10)
        self.calm = set(range(self.restore - 3, self.restore + 3))
        self.together = self.at(0.6)
        self.draw_full(self.at(0.2), 3)
        self.draw_absent(self.at(0.3), self.sites, 2)
        self.draw_absent(self.at(0.9), [d], 1)
        self.draw_missed(self.at(0.14), b, 5)
        for kind in LONELY:
            self.draw_act(self.dice.randrange(GOOD_START, self.nights - 3),
                          kind)
        for i in range(len(HOSTILE) if self.nights > 100 else 4):
            self.draw_act(self.at((i + 1) / 12), "hostile")
        for n in range(GOOD_START, self.nights - 2):
            self.draw_night(n)

    def draw_night(self, n):
        """Some nights have a mishap, many have none."""
        roll = self.dice.random()
        if roll < 0.35:
            self.draw_act(n, self.dice.choice(LONELY))
        elif roll < 0.42:
            self.draw_missed(n, self.dice.choice(self.sites),
                             self.dice.randint(1, 5))
        elif roll < 0.45:
            self.draw_absent(n, self.dice.sample(self.sites, 2), 1)
        elif roll < 0.455:
            self.draw_full(n, 1)

    def free(self, first, count):
        return (n for n in range(first, min(first + count, self.nights - 2))
                if n not in self.calm)

    def draw_missed(self, n, site, count):
        for k in self.free(n, count):
            self.missed[k].add(site)

    def draw_absent(self, n, sites, count):
        for k in self.free(n, count):
            self.absent[k].update(sites)

    def draw_full(self, n, count):
        for k in self.free(n, count):
            self.full[k] = True

    def draw_act(self, n, kind):
        while n in self.calm and n < self.nights:
            n += 1
        if n < self.nights:
            self.acts[n].append((kind, self.dice.random()))


class Vandal:
    """Changes the drop behind everyone's back; who tidies up comes days
    later."""

    def __init__(self, dice, drop, stranger):
        self.dice, self.drop, self.stranger = dice, drop, stranger
        self.cut = {}           # name: the rest of the file
        self.tidy = []          # (night, name)
        self.stash = {}         # name: bytes, of files of earlier days
        self.hostile = 0

    def pick(self, kinds=("bundle", "receipt", "request")):
        files = [f for f in self.drop.files(made=False) if f.kind in kinds]
        return self.dice.choice(files) if files else None

    def bytes_of(self, f):
        with open(self.drop.at(f.name), "rb") as file:
            return file.read()

    def act(self, kind, night, sites):
        """False: there was nothing to do it to."""
        if kind == "hostile":
            return self.do_hostile(night, sites)
        f = self.pick(("bundle",) if kind == "rotten" else
                      ("bundle", "receipt", "request"))
        if f is None:
            return False
        return {"lost": self.lose, "doubled": self.double, "cut": self.do_cut,
                "rotten": self.rot, "replayed": self.replay}[kind](f, night)

    def lose(self, f, _night):
        self.drop.remove(f.name)
        return True

    def double(self, f, _night):
        self.drop.put(f"Copy of {f.name} ({self.dice.randrange(1000)})",
                      self.bytes_of(f), None)
        return True

    def replay(self, f, _night):
        """An old one comes back; this one may, later."""
        old = self.dice.choice(sorted(self.stash)) if self.stash else None
        self.stash[f"{f.name}-{_night}"] = self.bytes_of(f)
        if old is None:
            return False
        self.drop.put("restored-" + old, self.stash.pop(old), None)
        return True

    def do_cut(self, f, _night):
        data = self.bytes_of(f)
        at = self.dice.randrange(1024, len(data) - 512)
        os.truncate(self.drop.at(f.name), at)
        self.cut[f.name] = data[at:]
        self.drop.made[f.name] = "broken"
        return True

    def rot(self, f, night):
        """A byte of the data: head and tail are sound."""
        with tarfile.open(self.drop.at(f.name), "r:") as tar:
            member = tar.getmembers()[1]
        with open(self.drop.at(f.name), "r+b") as file:
            file.seek(member.offset_data + member.size // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 0x10]))
        self.drop.made[f.name] = "rotten"
        self.drop.rotten[f.name] = f
        self.tidy.append((night + 2, f.name))
        return True

    def do_hostile(self, night, sites):
        kind = HOSTILE[self.hostile % len(HOSTILE)]
        self.hostile += 1
        name = f"{kind.replace(' ', '-')}-{self.hostile}.satchel"
        made, what = None, "foreign"
        head = self.pick()
        if kind in ("link", "folder", "pipe"):
            self.make_odd(kind, name)
        elif kind == "sparse":
            self.drop.put(name, b"", what)
            os.truncate(self.drop.at(name), 1 << 40)
        elif kind == "half a head" and head is not None:
            made, what = self.bytes_of(head)[:4096] + bytes(4096), "broken"
        elif kind == "stranger":
            made, what = self.stranger, "stranger"
        elif kind == "control":
            name, made = "evil\n\x1b[2J\x07.satchel", b"x" * 3000
        elif kind == "squat":
            name, made = self.next_name(sites), self.dice.randbytes(2000)
        else:
            made = self.dice.randbytes(5000)
        if made is not None:
            self.drop.put(name, made, what)
        self.tidy.append((night + 4, name))
        return True

    def make_odd(self, kind, name):
        path = self.drop.at(name)
        if kind == "link":
            os.symlink("/etc/passwd", path)
        elif kind == "folder":
            os.mkdir(path)
        else:
            os.mkfifo(path)
        self.drop.made[name] = "foreign"

    def next_name(self, sites):
        """Of the bundle that a site will write next, perhaps."""
        files = [f for f in self.drop.files(made=False)
                 if f.sender == sites[1].id]
        number = max((f.sequence for f in files), default=0)
        return (f"{sites[1].name}_to_{sites[0].name}_"
                f"{number + 1:06d}.satchel")

    def morning(self, night):
        """Copies go on, and a person takes away what does not belong here."""
        for name, rest in self.cut.items():
            if os.path.exists(self.drop.at(name)):
                with open(self.drop.at(name), "ab") as file:
                    file.write(rest)
            self.drop.made.pop(name, None)
        self.cut = {}
        for when, name in list(self.tidy):
            if when <= night:
                self.drop.remove(name)
                self.tidy.remove((when, name))
        self.drop.forget()
