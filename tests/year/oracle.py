"""Which alarms a night must raise, from what lies in the drop and from the
rules of the design: written anew, in other words than the program's."""
import copy

DAY = 86400
TAKEN = {True: 7 * DAY, False: 14 * DAY}    # by a peer that promises, or not
SLACK = 180             # seconds about a limit in which both is right


class Knowledge:
    """What a site has read and heard.  It goes with a home: a backup has that
    of its day."""

    def __init__(self):
        self.applied = {}       # stream: until
        self.gaps = {}          # stream: where a refused bundle begins
        self.read = set()       # keys of files
        self.seen = {}          # site: the newest file's age
        self.heard = {}         # site: when
        self.cadence = {}       # site: seconds
        self.stated = {}        # site: how far it has ours, and since when
        self.broken = {}        # name: first seen

    def copy(self):
        return copy.deepcopy(self)

    def hear(self, f, now):
        """Its sender lives, if it is the newest of it."""
        if f.age <= self.seen.get(f.sender, (0, 0)):
            return False
        self.seen[f.sender] = f.age
        self.heard[f.sender] = now
        return True

    def take(self, f, me, now):
        """One file for this site.  True: a gap."""
        if f.key in self.read:
            return False
        newest = self.hear(f, now)
        for (to, life, until) in f.receipts:
            if newest and to == me and \
                    (life, until) > self.stated.get(f.sender, ((0, 0), 0))[0]:
                self.stated[f.sender] = ((life, until), now)
        if f.kind == "bundle":
            have = self.applied.get(f.stream, 0)
            if f.since > have:
                self.gaps[f.stream] = f.since
                return True
            self.applied[f.stream] = max(f.until, have)
            if f.until >= self.gaps.get(f.stream, 0):
                self.gaps.pop(f.stream, None)
        self.read.add(f.key)
        if newest:
            self.cadence[f.sender] = f.cadence
        return False


class Expected:
    def __init__(self):
        self.must, self.may = set(), set()

    def due(self, alarm, late):
        """late: seconds past the limit."""
        if late > SLACK:
            self.must.add(alarm)
        elif late >= -SLACK:
            self.may.add(alarm)


def collect(site, files, now, out):
    """In order; and again what a later one has made fit."""
    due = sorted((f for f in files if site.id in f.to),
                 key=lambda f: (f.sender, f.life, f.sequence))
    while due:
        left = [f for f in due if site.knows.take(f, site.id, now)]
        if len(left) == len(due):
            break
        due = left
    out.must.update(("E_GAP", f.sender) for f in due)


def watch(site, now, out):
    """Silence, for longer than twice what was promised; and a peer that may
    live and takes nothing: the program knows whether anything waits."""
    for peer in site.peers:
        cadence = site.knows.cadence.get(peer.id, 0)
        heard = max(site.knows.heard.get(peer.id, 0), site.born)
        if cadence > 0:
            out.due(("E_STALE_SOURCE", peer.id),
                    now - heard - 2 * cadence)
        step = site.knows.stated.get(peer.id, ((0, 0), site.born))[1]
        if now - step > TAKEN[cadence > 0] - SLACK:
            out.may.add(("E_STALE_SOURCE", "drop nightly"))


def look(site, drop, now, out):
    """What begins like ours, and is not good, is an alarm after a day."""
    bad = {n for n, what in drop.made.items() if what == "broken" or
           (what == "stranger" and site.is_hub)}
    broken = site.knows.broken
    for name in set(broken) - bad:
        del broken[name]
    for name in bad:
        first = broken.setdefault(name, now)
        out.due(("broken", name), now - first - DAY)
    for name, f in drop.rotten.items():
        if drop.made.get(name) == "rotten" and site.id in f.to and \
                f.key not in site.knows.read:
            out.must.add(("broken", name))


def of_night(site, drop, files, now):
    """What a site's sync must say that finds the drop there.  `files`: what it
    can read.  What it learns is remembered."""
    out = Expected()
    drop.forget()
    look(site, drop, now, out)
    collect(site, files, now, out)
    watch(site, now, out)
    return out


def of_absence(site, now):
    out = Expected()
    out.must.add(("E_MEDIA_GONE", "drop nightly"))
    watch(site, now, out)
    return out


class Past:
    """What each site ever had, whatever it was put back to since."""

    def __init__(self):
        self.applied, self.seen = {}, {}

    def note(self, site):
        for stream, until in site.knows.applied.items():
            key = (site.id, stream)
            self.applied[key] = max(until, self.applied.get(key, 0))
        for sender, age in site.knows.seen.items():
            key = (site.id, sender)
            self.seen[key] = max(age, self.seen.get(key, (0, 0)))


def is_needed(f, left, past, gaps):
    """Does anybody need a file that its sender removed, or left?  `left`: what
    else lies there; gaps: the streams in which something is missing at the
    sender."""
    if f.kind == "bundle":
        if all(past.applied.get((to, f.stream), 0) >= f.until for to in f.to):
            return False
        return not any(g.kind == "bundle" and g.stream == f.stream and
                   g.to == f.to and g.sequence > f.sequence and
                   g.since <= f.since and g.until >= f.until for g in left)
    newer = [g for g in left if g.sender == f.sender and g.age > f.age and
             set(f.to) <= set(g.to)]
    if f.kind == "request" and any(s[0] in f.to for s in gaps):
        return not any(g.kind == "request" for g in newer)
    return not newer and not all(
        past.seen.get((to, f.sender), (0, 0)) >= f.age for to in f.to)
