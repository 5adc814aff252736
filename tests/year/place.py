"""A site: the real program in a home of its own, at a day of our choosing."""
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from datetime import datetime, timezone

from oracle import Knowledge

LIBRARY = "faketime/libfaketime.so.1"


class Failed(Exception):
    pass


def library():
    found = glob.glob("/usr/lib/*/" + LIBRARY)
    return found[0] if found else None


def date(now):
    return datetime.fromtimestamp(now, timezone.utc)


class Done:
    def __init__(self, code, out, err, seconds=0.0):
        self.code, self.out, self.err = code, out, err
        self.seconds = seconds


class Site:
    def __init__(self, program, folder, name, born):
        self.program, self.name, self.born = program, name, born
        self.is_hub = name == "lab-hub"
        self.folder = os.path.join(folder, name)
        self.home = os.path.join(self.folder, "home")
        self.report = os.path.join(self.folder, "report.json")
        self.mail = os.path.join(self.folder, "mail.txt")
        self.id, self.peers, self.knows = None, [], Knowledge()
        self.unsent = False     # loaded, and not yet in the drop
        os.makedirs(self.folder)

    # --- running ---------------------------------------------------------

    def start(self, args, now):
        env = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "TZ": "UTC",
            "XDG_STATE_HOME": os.path.join(self.folder, "state"),
            "LD_PRELOAD": library(), "NO_FAKE_STAT": "1",
            "FAKETIME": date(now).strftime("@%Y-%m-%d %H:%M:%S"),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                            ":verify_asan_link_order=0"
        }
        return subprocess.Popen(
            [self.program, "--home", self.home, *args], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def end(self, p):
        out, err = p.communicate()
        # The library's, which it cannot take away within the fence.
        for name in (f"faketime_shm_{p.pid}", f"sem.faketime_sem_{p.pid}"):
            if os.path.exists("/dev/shm/" + name):
                os.unlink("/dev/shm/" + name)
        return out.decode(), err.decode()

    def run(self, now, *args):
        begin = time.monotonic()
        p = self.start(args, now)
        out, err = self.end(p)
        return Done(p.returncode, out, err, time.monotonic() - begin)

    def must(self, now, *args):
        done = self.run(now, *args)
        if done.code != 0:
            raise Failed(f"{self.name}: {' '.join(args)}: exit {done.code}: "
                         f"{done.err}")
        return done.out

    def ask(self, now, *args):
        return json.loads(self.must(now, *args, "--json"))

    # --- a night ---------------------------------------------------------

    def sync_args(self, *more):
        return ["sync", "--report", self.report, "--mail-summary", self.mail,
                *more]

    def sync(self, now, as_json=False):
        """One sync, and its report; what it says is checked."""
        done = self.run(now, *self.sync_args(*["--json"] * as_json))
        return self.check(done, as_json), done

    def check(self, done, as_json=False):
        """Do standard output, standard error, mail, report and exit say one
        thing?"""
        try:
            with open(self.report) as f:
                report = json.load(f)
        except FileNotFoundError:
            raise Failed(f"{self.name}: exit {done.code}, no report; "
                         f"{done.err}") from None
        os.unlink(self.report)
        names = [a["name"] for a in report["alarms"]]
        if report["error"] is not None and not names:
            names = [report["error"]["name"]]
        quiet = done.code == 0
        errors = [line.split(": ")[1] for line in done.err.splitlines()
                  if line.startswith("satchel: E_")]
        wanted = report["alarms"][0]["exit"] if report["alarms"] else (
            report["error"]["exit"] if report["error"] else
            11 if report["conflicts"] else 0)
        if as_json and json.loads(done.out) != report:
            raise Failed(f"{self.name}: --json and --report differ")
        if not as_json and done.out != "":
            raise Failed(f"{self.name}: not quiet: {done.out}")
        if not names and done.err != "":
            raise Failed(f"{self.name}: not quiet: {done.err}")
        if errors != names or done.code != wanted:
            raise Failed(f"{self.name}: exit {done.code}, said {errors}, "
                         f"reported {names}")
        if os.path.exists(self.mail) == quiet:
            raise Failed(f"{self.name}: exit {done.code}, and the mail is "
                         f"{'there' if quiet else 'not there'}")
        return report

    def sync_killed(self, now, after):
        p = self.start(self.sync_args(), now)
        time.sleep(after)
        p.kill()
        self.end(p)
        return p.returncode == -signal.SIGKILL

    def sync_stopped(self, now):
        """Begin, and stop once the lock is held.  None: it was quicker."""
        p = self.start(self.sync_args("--json"), now)
        lock = os.path.join(self.home, "sync.lock")
        while p.poll() is None:
            try:
                with open(lock) as f:
                    held = f.read().split()
            except FileNotFoundError:
                continue
            if held and held[0] == str(p.pid):
                os.kill(p.pid, signal.SIGSTOP)
                break
        return p

    # --- what it holds ---------------------------------------------------

    def shown(self, uid):
        """(mark, attachments) of a live object, as an editor sees it."""
        db = sqlite3.connect(f"file:{self.home}/store.db?mode=ro", uri=True)
        try:
            row = db.execute('SELECT fields, attachments FROM "lab_Sample" '
                             "WHERE uid=?", (uid,)).fetchone()
        except sqlite3.OperationalError as e:
            if "no such table" not in str(e):
                raise
            row = None
        finally:
            db.close()
        if row is None:
            return None
        return json.loads(row[0])["mark"], json.loads(row[1] or "[]")

    # --- backup ----------------------------------------------------------

    def backup(self):
        """The home alone: the guard is elsewhere, and stays."""
        to = self.folder + "/backup"
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.home, to)
        self.knew = self.knows.copy()

    def put_back(self, now):
        shutil.rmtree(self.home)
        shutil.copytree(self.folder + "/backup", self.home)
        self.knows = self.knew.copy()
        self.knows.stated = {p.id: ((0, 0), now) for p in self.peers}
