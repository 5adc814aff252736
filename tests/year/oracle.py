"""Which alarms a night must raise, from what lies in the drop and from the
rules of the design: written anew, in other words than the program's."""
import copy

DAY = 86400
SLACK = 180             # seconds about a limit in which both is right


class Knowledge:
    """What a site has read and heard.  It goes with a home: a backup has that
    of its day."""

    def __init__(self):
        self.applied = {}       # stream: until
        self.read = set()       # keys of files
        self.seen = {}          # site: the newest file's age
        self.heard = {}         # site: when
        self.cadence = {}       # site: seconds
        self.broken = {}        # name: first seen

    def copy(self):
        return copy.deepcopy(self)

    def take(self, f, now):
        """One file for this site.  True: a gap."""
        if f.key in self.read:
            return False
        newest = f.age > self.seen.get(f.sender, (0, 0))
        if newest:
            self.seen[f.sender] = f.age
            self.heard[f.sender] = now
        if f.kind == "bundle":
            if f.since > self.applied.get(f.stream, 0):
                return True
            self.applied[f.stream] = max(f.until,
                                         self.applied.get(f.stream, 0))
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
    mine = [f for f in files if site.id in f.to]
    for f in sorted(mine, key=lambda f: (f.sender, f.life, f.sequence)):
        if site.knows.take(f, now):
            out.must.add(("E_GAP", f.sender))


def watch(site, now, out):
    """Silence, for longer than twice what was promised."""
    for peer in site.peers:
        cadence = site.knows.cadence.get(peer.id, 0)
        heard = max(site.knows.heard.get(peer.id, 0), site.born)
        if cadence > 0:
            out.due(("E_STALE_SOURCE", peer.id),
                    now - heard - 2 * cadence)


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


def of_night(site, drop, files, now):
    """What a site's sync must say that finds the drop there.  `files`: what it
    can read.  What it learns is remembered."""
    out = Expected()
    look(site, drop, now, out)
    collect(site, files, now, out)
    watch(site, now, out)
    return out


def of_absence(site, now):
    out = Expected()
    out.must.add(("E_MEDIA_GONE", "drop nightly"))
    watch(site, now, out)
    return out


def may_be_gone(f, left, ever):
    """Was a file that its sender removed no longer needed?  `left`: what lies
    there still; ever(site, stream): how far that one ever came."""
    if f.kind == "bundle":
        if all(ever(to, f.stream) >= f.until for to in f.to):
            return True
        return any(g.kind == "bundle" and g.stream == f.stream and
                   g.to == f.to and g.sequence > f.sequence and
                   g.since <= f.since and g.until >= f.until for g in left)
    return any(g.sender == f.sender and set(f.to) <= set(g.to) and
               g.age > f.age for g in left)
