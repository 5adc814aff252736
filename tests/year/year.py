#!/usr/bin/env python3
"""A year in a minute: five sites and a hub on one drop, the real program under
libfaketime, night after night, with all that goes wrong in a year; each night's
exit and alarms are compared with what its events explain (oracle.py), and at
the end all sites must agree, nothing be lost, and the drop be clean.

    year.py PROGRAM [--nights N] [--seed S] [--verbose]

Where a file system of limited size can be mounted (as root, or in a user
namespace) the drop lies on one, and is full for some nights; else this is
skipped, and said so.
"""
import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter

import oracle
from drop import Drop
from events import LONELY, Calendar, Vandal
from lab import Lab
from place import Done, Failed, Site, library

DAY = 86400
START = 1767225600              # 2026-01-01
NAMES = ("lab-hub", "lab-a", "lab-b", "lab-c", "lab-d", "lab-e")
PROMISE = NAMES[:4]             # the others promise nothing
KEEPER = "lab-e"                # keeps files for two days more
SETTLE = 8                      # nights after the last day
DROP_SIZE = 64 << 20
INSIDE = "YEAR_INSIDE"          # environment: in a mount namespace already


class Year:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.dice = random.Random(args.seed)
        self.share = os.path.join(folder, "share")
        os.mkdir(self.share)
        self.mounted = os.environ.get(INSIDE) == "yes" and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DROP_SIZE}", "none",
             self.share], check=False).returncode == 0
        self.drop = Drop(os.path.join(self.share, "drop"))
        os.mkdir(self.drop.path)
        self.sites = [Site(args.program, folder, n, START) for n in NAMES]
        self.hub = self.sites[0]
        self.lab = Lab(self.dice)
        self.past = oracle.Past()
        self.happened = Counter()
        self.alarms, self.seconds, self.written = Counter(), [], Counter()
        self.most_files = self.most_bytes = self.checks = 0

    # --- the beginning ---------------------------------------------------

    def set_up(self):
        digits = {}
        for s in self.sites:
            s.must(START, "init", "--name", s.name)
            s.must(START, "site", "card", "--out", s.folder + "/card")
            digits[s] = s.must(START, "site", "fingerprint").strip()
            s.id = s.ask(START, "status")["id"]
        self.by_id = {s.id: s for s in self.sites}
        for s in self.sites:
            s.peers = [p for p in self.sites if p is not s and
                       (s.is_hub or p.is_hub or
                        {s.name, p.name} == {"lab-a", "lab-b"})]
            for p in s.peers:
                s.must(START, "peer", "add", p.folder + "/card",
                       "--fingerprint", digits[p])
            keep = ["--keep", "2"] if s.name == KEEPER else []
            s.must(START, "drop", "add", "nightly", self.drop.path, "--peers",
                   ",".join(p.name for p in s.peers), *keep)
            if s.name in PROMISE:
                s.must(START, "site", "set", "cadence=1d")
        self.calendar = Calendar(self.dice, self.args.nights, self.sites)
        self.vandal = Vandal(self.dice, self.drop,
                             self.file_of_a_stranger(digits[self.hub]))

    def file_of_a_stranger(self, digits):
        """A bundle for the hub by a site that it does not know."""
        other = Site(self.args.program, self.folder, "lab-x", START)
        other.must(START, "init", "--name", other.name)
        other.must(START, "peer", "add", self.hub.folder + "/card",
                   "--fingerprint", digits)
        Lab(random.Random(0)).day(other, START)
        path = other.must(START, "export", "--to", "lab-hub", "--out",
                          other.folder, "--heartbeat").strip()
        with open(path, "rb") as f:
            return f.read()

    # --- a night ---------------------------------------------------------

    def night(self, n):
        start = START + n * DAY
        acts = self.calendar.acts[n] if n < self.args.nights else []
        before = self.happened.copy()
        evening = start + 22 * 3600
        self.vandal.morning(n)
        if n < self.args.nights:
            self.by_calendar(n, start + 7 * 3600)
        self.by_day(n, acts, start + 9 * 3600)
        order = self.dice.sample(self.sites, len(self.sites))
        todo = [(int(at * len(order)), kind) for kind, at in acts]
        if any(kind == "at once" for _, kind in todo) and self.is_plain(n):
            self.sync_at_once(order, evening)
            order = []
        for slot, site in enumerate(order):
            now = evening + slot * 420 + self.dice.randrange(300)
            kinds = [kind for at, kind in todo if at == slot]
            for kind in kinds:
                if kind not in ("killed", "twice", "at once", "clash") and \
                        "ballast" not in self.drop.made:
                    self.happened[kind] += self.vandal.act(kind, n, self.sites)
            if n >= self.args.nights or site not in self.calendar.missed[n]:
                self.site_night(site, n, now, kinds)
                self.lose_last_receipts(site, n)
            else:
                self.happened["missed"] += 1
        for kind in {kind for _, kind in todo}:
            if self.happened[kind] == before[kind]:
                self.calendar.draw_act(n + 1, kind)
        self.after(n)

    def lose_last_receipts(self, site, n):
        """Nobody notices but their sender, who promises nothing, and has
        nothing else to send any more: only it can send another."""
        if site.name != "lab-d" or n not in (self.args.nights + 2,
                                             self.args.nights + 3):
            return
        for f in self.drop.files():
            if f.sender == site.id:
                self.drop.remove(f.name)

    def is_plain(self, n):
        """A damaged file that its sender removes at the same moment may be
        met, or not."""
        c = self.calendar
        return not (c.full[n] or c.absent[n] or c.missed[n] or
                    "rotten" in self.drop.made.values())

    def by_day(self, n, acts, now):
        if n >= self.args.nights:
            if n < self.args.nights + SETTLE - 5:
                self.happened["resolved"] += self.lab.resolve(self.hub, now)
            if n == self.args.nights + 2:
                self.lab.load(self.hub, [self.lab.new(self.hub)], now)
            return
        for i, s in enumerate(self.sites):
            if s.name != "lab-a" or n not in self.calendar.silent:
                self.lab.day(s, now + i * 600)
        if n % 7 == 0:
            self.happened["resolved"] += self.lab.resolve(self.hub, now + 7200)
        if any(kind == "clash" for kind, _ in acts):
            self.lab.clash(self.dice.sample(self.sites[2:], 2), now + 9000)
            self.happened["clash"] += 1

    def by_calendar(self, n, now):
        c = self.calendar
        if n == c.together:
            self.hub.must(now, "drop", "set", "nightly", "together=yes")
        if n == c.backup:
            c.restored.backup()
        if n == c.restore:
            self.restore(c.restored, now)
        if c.full[n] and self.mounted:
            self.drop.made["ballast"] = "foreign"

    def fill(self):
        """To the last block."""
        with open(self.drop.at("ballast"), "ab") as f:
            st = os.fstatvfs(f.fileno())
            if st.f_bavail > 0:
                os.posix_fallocate(f.fileno(), os.path.getsize(f.name),
                                   st.f_bavail * st.f_bsize)

    def restore(self, site, now):
        site.put_back(now)
        report, _ = site.sync(now)
        if report["error"]["name"] != "E_ROLLED_BACK":
            raise Failed(f"{site.name}: put back, and {report['error']}")
        site.must(now + 60, "site", "restored", "--reason", "disk replaced")
        self.happened["restored"] += 1

    def after(self, n):
        self.drop.remove("ballast")
        files, size = self.drop.usage()
        self.most_files = max(self.most_files, files)
        self.most_bytes = max(self.most_bytes, size)
        self.checks += 1

    # --- one site --------------------------------------------------------

    def site_night(self, site, n, now, kinds):
        before = self.drop.files()
        if n < self.args.nights and site in self.calendar.absent[n]:
            self.without_drop(site, now)
            return
        if "killed" in kinds:
            self.happened["killed"] += site.sync_killed(
                now - 60, self.dice.random() * 0.05)
        if "ballast" in self.drop.made:
            self.fill()
        expected = oracle.of_night(site, self.drop, before, now)
        if "twice" in kinds:
            report = self.sync_twice(site, now)
        else:
            report, done = site.sync(now, self.dice.random() < 0.2)
            self.seconds.append(done.seconds)
        if "ballast" in self.drop.made:
            self.expect_no_space(site, report, expected)
        self.judge(site, report, expected, before)
        self.check_drop(site, report, before)
        self.check_asked(site, report)

    def without_drop(self, site, now):
        """The share is not mounted: its folder is empty, or not there."""
        away = self.drop.path + ".away"
        os.rename(self.drop.path, away)
        is_empty = self.dice.random() < 0.5
        if is_empty:
            os.mkdir(self.drop.path)
        report, _ = site.sync(now)
        if is_empty:
            os.rmdir(self.drop.path)
        os.rename(away, self.drop.path)
        self.happened["not mounted"] += 1
        self.judge(site, report, oracle.of_absence(site, now), [])

    def sync_twice(self, site, now):
        p = site.sync_stopped(now)
        if p.poll() is None:
            report, second = site.sync(now + 1)
            named = str(p.pid) in second.err
            os.kill(p.pid, signal.SIGCONT)

            # Stopped just before it left its note, it has no name.
            if report["error"]["name"] != "E_LOCKED" or \
                    (not named and "process" in second.err):
                raise Failed(f"{site.name}: two at once: {second.err}")
            self.happened["twice"] += named
        out, err = site.end(p)
        return site.check(Done(p.returncode, out, err), as_json=True)

    def sync_at_once(self, order, now):
        """All at the same moment.  What each has read only it can say."""
        before = self.drop.files()
        running = [(s, s.start(s.sync_args("--json"), now)) for s in order]
        done = []
        for s, p in running:
            out, err = s.end(p)
            done.append((s, Done(p.returncode, out, err)))
        files = {f.name: f for f in before + self.drop.files()}
        for s, d in done:
            report = s.check(d, as_json=True)
            names = {os.path.basename(b["file"]) for b in report["bundles"]
                     if b["result"] not in ("refused", "other")}
            expected = oracle.of_night(s, self.drop, [
                f for f in files.values() if f.name in names], now)
            self.judge(s, report, expected, list(files.values()))
        self.happened["at once"] += 1

    def expect_no_space(self, site, report, expected):
        """Whoever has something to write, and made no room, cannot."""
        drop = report["drops"][0]
        owes = site.name in PROMISE or site.unsent
        (expected.must if owes and drop["removed"] == 0 else
         expected.may).add(("E_NOSPACE", ""))
        self.happened["full"] += 1

    def judge(self, site, report, expected, files):
        """The alarms are those expected, no more and no less."""
        found = {self.key_of(a, site, files) for a in report["alarms"]}
        if report["error"] is not None and not report["alarms"]:
            found.add((report["error"]["name"], ""))
        missing = expected.must - found
        strange = found - expected.must - expected.may
        if missing or strange:
            raise Failed(
                f"{site.name}, {report['started']}: missing {missing}, "
                f"unexpected {strange}\n  " + "\n  ".join(
                    [a["message"] for a in report["alarms"]] +
                    [f"in the drop: {f}" for f in files if site.id in f.to] +
                    [f"applied: {x}" for x in site.knows.applied.items()]))
        self.alarms.update(name for name, _ in found)
        self.past.note(site)
        for d in report["drops"]:
            for f in d["published"]:
                self.written[f["kind"]] += 1
                self.written["bytes"] += f["size"]
            if d["published"] and ("E_NOSPACE", "") not in found:
                site.unsent = False
        self.checks += 1
        if self.args.verbose:
            print(report["started"], site.name, report["exit"], sorted(found))

    def key_of(self, alarm, site, files):
        for name in self.drop.made:
            if f'"{name}"' in alarm["message"] or \
                    alarm["about"] == self.drop.at(name):
                return "broken", name
        if alarm["name"] == "E_NOSPACE":
            return "E_NOSPACE", ""
        if alarm["name"] == "E_GAP":
            for f in files:
                if self.drop.at(f.name) == alarm["about"]:
                    return "E_GAP", f.sender
        if alarm["name"] == "E_STALE_SOURCE" and \
                alarm["about"].startswith("peer "):
            name = alarm["about"].removeprefix("peer ")
            return alarm["name"], next(p.id for p in site.peers
                                       if p.name == name)
        return alarm["name"], alarm["about"]

    def check_drop(self, site, report, before):
        """It took away nothing that somebody needs, and left nothing that
        nobody does."""
        now = self.drop.files()
        names = {f.name for f in now}
        for d in report["drops"]:
            for f in d["published"]:
                if os.path.basename(f["file"]) not in names:
                    raise Failed(f"{site.name} wrote {f['file']}, and it is "
                                 "not there")
        for f in before:
            if f.name in names or f.name in self.drop.made:
                continue
            if f.sender != site.id or oracle.is_needed(
                    f, now, self.past, site.knows.gaps):
                mine = [g for g in before + now if g.sender == site.id]
                raise Failed(f"{site.name} removed {f.name}, which somebody "
                             f"needs; before and after: {mine}")
        if site.name == KEEPER:
            return
        mine = [f for f in self.drop.files(made=False) if f.sender == site.id]
        for f in mine:
            rest = [g for g in mine if g is not f]
            if not oracle.is_needed(f, rest, oracle.Past(),
                                    site.knows.gaps):
                raise Failed(f"{site.name} left {f}, of {mine}")

    def check_asked(self, site, report):
        """What is missing is asked for where its sender will see it."""
        asked = {to for f in self.drop.files(made=False) for to in f.to
                 if f.sender == site.id and f.kind == "request"}
        gaps = {stream[0] for stream in site.knows.gaps}
        full = any(a["name"] == "E_NOSPACE" for a in report["alarms"])
        if gaps - asked and not full:
            raise Failed(f"{site.name} does not ask for what is missing")
        self.happened["asked"] += len(gaps)

    # --- the end ---------------------------------------------------------

    def run(self):
        self.set_up()
        for n in range(self.args.nights + SETTLE):
            try:
                self.night(n)
            except Failed as e:
                raise Failed(f"night {n}: {e}") from e
        self.check_end(START + (self.args.nights + SETTLE) * DAY)

    def check_end(self, now):
        dumps, digests = set(), set()
        for s in self.sites:
            dumps.add(s.must(now, "lab", "dump", "--deleted"))
            status = s.ask(now, "status")
            digests.add((status["digest"], status["conflicts"]))
            self.expect(f"{s.name}: status is well", not any(
                p["gaps"] or p["due"] or p["wanted"] or p["uncovered"] or
                p["silent"] for p in status["peers"]) and not any(
                d["to_read"] or d["broken"] or d["waiting_for"]
                for d in status["drops"]))
            s.must(now, "doctor")
        self.expect("all sites agree", len(dumps) == 1)
        self.expect("digests are equal, nothing is in conflict",
                    len(digests) == 1 and digests.pop()[1] == 0)
        lost = self.lab.lost(dumps.pop(), self.hub, now)
        self.expect(f"nothing is lost ({lost[:5]})", not lost)
        files = self.drop.files()
        pairs = Counter((f.sender, to) for f in files for to in f.to)
        self.expect("a drop with a last receipt for each",
                    all(f.kind == "receipt" for f in files) and
                    set(pairs.values()) == {1})
        self.expect("nothing half written", not self.drop.parts() and
                    not any(n.endswith(".part") for s in self.sites
                            for _, _, names in os.walk(s.home)
                            for n in names))
        self.expect("all clashes were in conflict", not self.lab.clashed)
        wanted = set(LONELY) | {"missed", "not mounted", "restored", "asked",
                                "E_GAP", "E_MEDIA_GONE", "E_STALE_SOURCE"}
        if self.mounted:
            wanted |= {"full", "E_NOSPACE"}
        absent = wanted - set(self.happened) - set(self.alarms)
        self.expect(f"all happened (not {absent})", not absent)

    def expect(self, what, is_so):
        if not is_so:
            raise Failed(f"at the end: not so: {what}")
        self.checks += 1

    def table(self, seconds):
        nights = self.args.nights + SETTLE
        ms = sorted(1000 * s for s in self.seconds)
        files = self.written["bundle"] + self.written["receipt"]
        rows = [
            ("nights, syncs", f"{nights}, {len(ms)}"),
            ("objects, versions", f"{len(self.lab.uids)}, "
             f"{len(self.lab.parents)}"),
            ("bundles, receipts", f"{self.written['bundle']}, "
             f"{self.written['receipt']}"),
            ("bytes written", f"{self.written['bytes']:,}"),
            ("a night", f"{files / nights:.1f} files, "
             f"{self.written['bytes'] / nights:,.0f} bytes"),
            ("the drop at most", f"{self.most_files} files, "
             f"{self.most_bytes:,} bytes"),
            ("a sync, median, 99 %, longest",
             f"{statistics.median(ms):.0f}, {ms[len(ms) * 99 // 100]:.0f}, "
             f"{ms[-1]:.0f} ms"),
            ("all of it", f"{seconds:.0f} s")]
        rows += [(name, count) for name, count in
                 sorted(self.alarms.items())]
        rows += [(f"event: {name}", count) for name, count in
                 sorted(self.happened.items())]
        for name, value in rows:
            print(f"| {name} | {value} |")


def enter():
    """Into a mount namespace of our own, if there is a way."""
    if INSIDE in os.environ:
        return
    for how in (["unshare", "--mount"],
                ["unshare", "--map-root-user", "--mount"]):
        if subprocess.run([*how, "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            os.environ[INSIDE] = "yes"
            os.execvp(how[0], [*how, sys.executable, *sys.argv])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("--nights", type=int, default=365)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--verbose", action="store_true")
    args = p.parse_args()
    if args.nights < 30:
        p.error("in fewer than 30 nights not all can happen")
    args.program = os.path.abspath(args.program)
    if library() is None:
        print("libfaketime is not here (Debian: faketime)")
        return 77
    enter()
    print(f"seed {args.seed}, {args.nights} nights")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="satchel-year.", dir=memory)
    begin, year = time.monotonic(), None
    try:
        year = Year(args, folder)
        year.run()
    except Failed as e:
        print(f"{e}\nagain: python3 tests/year/year.py {args.program} "
              f"--nights {args.nights} --seed {args.seed}")
        print(f"{year.checks if year else 0} passed, 1 failed")
        return 1
    finally:
        if year is not None and year.mounted:
            subprocess.run(["umount", year.share], check=False)
        shutil.rmtree(folder)
    year.table(time.monotonic() - begin)
    if not year.mounted:
        print("skipped: a full drop (no file system of limited size can be "
              "mounted here)")
    print(f"{year.checks} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
