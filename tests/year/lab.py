"""What people do at the sites by day, and what must never be lost of it.

Each version has a mark of its own, and whoever makes one was shown one: so it
is known what each version has replaced, whatever the program thinks."""
import json
import os

from place import Failed, date

WORDS = ("serum plasma blood urine swab culture sodium potassium glucose "
         "normal high low repeated haemolysed pending verified").split()


class Lab:
    def __init__(self, dice):
        self.dice = dice
        self.uids = []
        self.parents = {}       # mark: marks that it replaced
        self.uid_of = {}        # mark: the object
        self.count = 0
        self.clashed = set()

    def mark(self, uid, parents):
        """A new version; of a deletion the date is the mark."""
        self.count += 1
        return self.note(f"m{self.count}", uid, parents)

    def note(self, mark, uid, parents):
        self.parents[mark] = list(parents)
        self.uid_of[mark] = uid
        return mark

    # --- lines -----------------------------------------------------------

    def text(self):
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(5, 60)))

    def line(self, uid, mark, attachments=()):
        return {"uid": uid, "type": "Sample", "title": uid,
                "fields": {"mark": mark, "Remarks": self.text(),
                           "Result": f"{self.dice.random() * 9:.2f}"},
                "attachments": list(attachments)}

    def attachment(self, site):
        path = os.path.join(site.folder, "scan.bin")
        with open(path, "wb") as f:
            f.write(self.dice.randbytes(self.dice.randint(500, 20000)))
        return {"name": "scan.bin", "media_type": "application/octet-stream",
                "file": path}

    def new(self, site):
        uid = f"{site.name}-{len(self.uids):05d}"
        self.uids.append(uid)
        with_file = self.dice.random() < 0.06
        return self.line(uid, self.mark(uid, []),
                         [self.attachment(site)] if with_file else [])

    def edit(self, site, uid):
        """None: the site does not show it."""
        shown = site.shown(uid)
        if shown is None:
            return None
        mark, files = shown
        keep = [{k: a[k] for k in ("name", "media_type", "blake2b")}
                for a in files]
        return self.line(uid, self.mark(uid, [mark]), keep)

    def delete(self, site, uid):
        shown = site.shown(uid)
        if shown is None:
            return None
        self.count += 1
        when = date(978307200 + self.count).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"uid": uid, "type": "Sample", "deleted": True,
                "time": self.note(when, uid, [shown[0]])}

    def load(self, site, lines, now):
        if not lines:
            return
        path = os.path.join(site.folder, "day.jsonl")
        with open(path, "w") as f:
            f.writelines(json.dumps(line) + "\n" for line in lines)
        site.must(now, "lab", "load", path)
        site.unsent = True

    # --- a day -----------------------------------------------------------

    def day(self, site, now):
        """New, changed and deleted samples at a site; one change an object."""
        dice, lines, touched = self.dice, [], set()
        if dice.random() < 0.25:
            return
        for _ in range(dice.randint(1, 4)):
            lines.append(self.new(site))
            touched.add(lines[-1]["uid"])
        for _ in range(dice.choice((0, 1, 1, 2))):
            uid = dice.choice(self.uids[-200:])
            if uid not in touched:
                act = self.delete if dice.random() < 0.12 else self.edit
                lines.append(act(site, uid))
                touched.add(uid)
        self.load(site, [line for line in lines if line], now)

    def clash(self, sites, now):
        """Two sites change one object that both show alike."""
        dice = self.dice
        for uid in dice.sample(self.uids, len(self.uids)):
            a, b = (s.shown(uid) for s in sites)
            if a is not None and a == b:
                for s in sites:
                    self.load(s, [self.edit(s, uid)], now)
                self.clashed.add(uid)
                return

    # --- conflicts -------------------------------------------------------

    def marks(self, site, uid, now):
        sides = site.ask(now, "conflicts", "show", uid)["siblings"]
        return [mark_of(s["content"]) for s in sides]

    def resolve(self, hub, now):
        """The hub decides all that it has, with a state of its own."""
        found = hub.ask(now, "conflicts", "list")["conflicts"]
        for conflict in found:
            uid = conflict["uid"]
            marks = self.marks(hub, uid, now)
            path = os.path.join(hub.folder, "merge.json")
            with open(path, "w") as f:
                json.dump(self.line(uid, self.mark(uid, marks)), f)
            hub.must(now, "conflicts", "resolve", uid, "--merge", path,
                     "--reason", "asked both sites")
            self.clashed.discard(uid)
            hub.unsent = True
        return len(found)

    # --- the end ---------------------------------------------------------

    def lost(self, dump, hub, now):
        """Marks that neither stand in the dump nor were replaced by one that
        does.  Deletions at several sites are no conflict; one is dumped."""
        reached = set()
        self.reach(reached, [mark_of(json.loads(line))
                             for line in dump.splitlines()])
        for mark in set(self.parents) - reached:
            self.reach(reached, self.marks(hub, self.uid_of[mark], now))
        return sorted(set(self.parents) - reached)

    def reach(self, reached, todo):
        while todo:
            mark = todo.pop()
            if mark not in reached:
                reached.add(mark)
                if mark not in self.parents:
                    raise Failed(f"nobody loaded {mark}")
                todo.extend(self.parents[mark])


def mark_of(content):
    """Of a line, or of a version."""
    inner = content.get("fields", {})
    if "deleted" in content or "time" in content:
        return content["time"]
    return inner["mark"] if "mark" in inner else inner["fields"]["mark"]
