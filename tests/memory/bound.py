"""Runs of satchel under a bound on memory, with what they cost.

What bites is RLIMIT_DATA: heap, anonymous mappings and stacks of threads
count, shared libraries and files do not (RLIMIT_AS counts those too, some
60 MiB before the first line of main; a memory cgroup counts the page cache,
and needs root).  Besides, the peak of resident memory must be below the
bound: `timer` (tests/bench/timer.c) is so small that what it held when it
forked does not count.
"""

import os
import resource
import subprocess

BOUND = 64 << 20


class Failed(Exception):
    """A run did not do what it must."""


class Run:
    """One finished command: code, out, err, wall, cpu (seconds), peak
    (bytes)."""

    def __init__(self, done, cost):
        self.code, self.out = done.returncode, done.stdout
        self.err = done.stderr.decode("utf-8", "replace")
        wall, peak, user, system = cost.split()
        self.wall, self.cpu = float(wall), float(user) + float(system)
        self.peak = int(peak) << 10


class Bounded:
    """satchel in a folder of its own."""

    def __init__(self, build, folder):
        self.program = os.path.join(os.path.abspath(build), "satchel")
        self.timer = os.path.join(os.path.abspath(build), "tests/memory",
                                  "timer")
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": folder,
                    "XDG_STATE_HOME": os.path.join(folder, "state"),
                    "TMPDIR": folder, "LC_ALL": "C.UTF-8"}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, home, *words, cpu=None, out=subprocess.PIPE):
        """Whatever the exit code.  cpu: seconds it may use at most."""
        def limit():
            resource.setrlimit(resource.RLIMIT_DATA, (BOUND, BOUND))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if cpu is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        cost = self.path("cost")
        done = subprocess.run(
            [self.timer, cost, self.program, "--home", self.path(home)] +
            list(words), env=self.env, cwd=self.folder, preexec_fn=limit,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
            check=False)
        with open(cost, encoding="ascii") as f:
            run = Run(done, f.read())
        os.unlink(cost)
        if run.peak >= BOUND:
            raise Failed("satchel %s: %d KiB of resident memory" % (
                " ".join(words), run.peak >> 10))
        return run

    def need(self, home, *words, **more):
        run = self.run(home, *words, **more)
        if run.code != 0:
            raise Failed("satchel %s: exit %d: %s" % (
                " ".join(words), run.code, run.err.strip()))
        return run

    def pair(self, *names):
        """Sites that trust each other."""
        for name in names:
            self.need(name, "init", "--name", name)
            self.need(name, "site", "card", "--out",
                      self.path(name + ".card"))
        for name in names:
            for other in names:
                if other != name:
                    digits = self.need(other, "site", "fingerprint").out
                    self.need(name, "peer", "add",
                              self.path(other + ".card"), "--fingerprint",
                              digits.decode().strip())
