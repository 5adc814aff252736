"""The real thing: Satchel between real SENAITEs.

    python3 tests/live/senaite/run.py build/satchel [FOLDER]

Installs SENAITE 2.6.0 (install.py), starts instances on loopback, moves a
lab between them with bundles in companion, half and plain mode, compares
the sites object by object and field by field, and ends with a table.  Exit
0: all as it should be; 77: no Python 2.7 here.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import install  # noqa: E402
from compare import compare  # noqa: E402
from lab import Lab  # noqa: E402

say = install.say


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def peak_of(pid):
    """Peak of resident memory, KiB.  (What wait4 tells has in it what this
    program held when it forked.)"""
    try:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


class Site:
    """A satchel home beside a SENAITE."""

    peak = 0                            # of all runs of satchel, KiB

    def __init__(self, run, name, instance):
        self.run = run
        self.name = name
        self.instance = instance
        self.home = os.path.join(run.folder, "home-" + name)
        self.lab = Lab(instance.url)

    def satchel(self, *args, ok=(0,)):
        """Run a command; its JSON document."""
        env = dict(os.environ, XDG_STATE_HOME=self.run.folder + "/state")
        with tempfile.TemporaryFile("w+") as o, \
                tempfile.TemporaryFile("w+") as e:
            process = subprocess.Popen(
                [self.run.program] + list(args) + [
                    "--home", self.home, "--json"],
                stdout=o, stderr=e, stdin=subprocess.DEVNULL, env=env)
            while process.poll() is None:
                Site.peak = max(Site.peak, peak_of(process.pid))
                time.sleep(0.02)
            o.seek(0)
            e.seek(0)
            out, err = o.read(), e.read()
        if process.returncode not in ok:
            raise Failure("satchel %s: exit %d\n%s%s" % (
                " ".join(args), process.returncode, out[-2000:], err[-2000:]))
        value = json.loads(out) if out.strip() else {}
        value["exit"] = process.returncode
        return value

    def init(self, companion="auto", own="no"):
        """own: do our settings, registry and users travel?"""
        secret = os.path.join(self.run.folder, "password")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write("admin\n")
        self.satchel("init", "--name", self.name, "--instance", "senaite",
                     "--url", self.instance.url, "--user", "admin",
                     "--password-file", secret)
        self.satchel("mirror", "set", "companion=" + companion,
                     "settings=" + own, "registry=" + own, "users=" + own)

    def knows(self, other):
        card = os.path.join(self.run.folder, other.name + ".card")
        other.satchel("site", "card", "--out", card, ok=(0, 2))
        digits = other.satchel("site", "fingerprint")["fingerprint"]
        self.satchel("peer", "add", card, "--fingerprint", digits)

    def takes_settings_of(self, other):
        self.satchel("peer", "set", other.name, "settings=yes",
                     "registry=yes", "users=yes")

    def carry(self, other, ok=(0,)):
        """Export here, import there: one stick, one way."""
        stick = tempfile.mkdtemp(dir=self.run.folder)
        start = time.time()
        sent = self.satchel("export", "--to", other.name, "--out", stick)
        exported = time.time() - start
        got = other.satchel("import", stick, ok=ok)
        shutil.rmtree(stick)
        return {"export": sent, "import": got, "export_s": exported,
                "import_s": time.time() - start - exported}

    def status(self):
        return self.satchel("status")


class Failure(Exception):
    pass


class Run:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.rows = []
        self.bad = 0
        self.instances = []
        self.installation = install.Installation()

    # --- instances ---------------------------------------------------------

    def instance(self, name, template, companion, zone="UTC"):
        made = install.Instance(
            self.installation, os.path.join(self.folder, "senaite-" + name),
            free_port(), companion, zone)
        made.fill(template)
        self.instances.append(made)
        say("starting %s" % name)
        return made.start()

    def stop(self):
        for instance in self.instances:
            instance.stop()

    def with_companion(self, instance):
        """The same instance, read exactly."""
        if not instance.companion:
            instance.stop()
            instance.companion = True
            instance.start()
        return Lab(instance.url).documents()

    # --- findings ----------------------------------------------------------

    def row(self, what, good, figures):
        self.rows.append((what, "ok" if good else "FAILED", figures))
        self.bad += not good
        say("%-8s %s: %s" % ("ok" if good else "FAILED", what, figures))

    def expect(self, what, good, figures=""):
        self.row(what, bool(good), figures)

    def same(self, what, here, there, uids=None, skip=(), extra_ok=False,
             allowed=(), coarse=False):
        """Compare two labs and say so.  allowed: (type, field) that are
        known to differ, named in the row."""
        result = compare(here, there, uids, skip, coarse)
        known = [k for k in result.differ if k in allowed or
                 (k[0], "*") in allowed or ("*", k[1]) in allowed]
        unknown = len(result.differ) - len(known)
        good = not unknown and not result.missing and (
            extra_ok or not result.extra)
        self.row(what, good, "%d objects, %d of %d values equal%s" % (
            result.objects, result.equal, result.fields,
            "" if not known else "; known: " + ", ".join(
                "%s %s (%d)" % (k[0], k[1], result.differ[k])
                for k in sorted(known))))
        if not good:
            for line in result.lines():
                say("    " + line)
        return result

    def scenario(self, name, function):
        say("--- " + name)
        start = time.time()
        try:
            function()
        except Exception as e:
            traceback.print_exc()
            self.row(name, False, str(e)[:200].replace("\n", " "))
            return False
        say("    %.0f s" % (time.time() - start))
        return True

    def table(self):
        width = max(len(r[0]) for r in self.rows)
        print("\n| %-*s | result | figures |" % (width, "what"))
        print("| %s | --- | --- |" % ("-" * width))
        for what, good, figures in self.rows:
            print("| %-*s | %s | %s |" % (width, what, good, figures))
        print("\n%d passed, %d failed" % (len(self.rows) - self.bad,
                                          self.bad))


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    try:
        install.Installation().ensure()
    except install.Missing as e:
        print("live-senaite: skipped:", e)
        raise SystemExit(77)
    given = sys.argv[2] if len(sys.argv) > 2 else None
    folder = given or tempfile.mkdtemp(prefix="satchel-senaite.")
    os.makedirs(folder, exist_ok=True)
    run = Run(sys.argv[1], folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    import scenarios
    try:
        scenarios.all(run)
    finally:
        run.stop()
        if given is None and run.bad == 0:
            shutil.rmtree(folder, ignore_errors=True)
    run.table()
    raise SystemExit(1 if run.bad else 0)


if __name__ == "__main__":
    main()
