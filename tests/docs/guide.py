#!/usr/bin/env python3
"""guide.py: the commands of a guide are run, and say what it shows.

    tests/docs/guide.py PROGRAM GUIDE.md...

Blocks that begin with ```console are run from top to bottom:

    lab-a$ command          as the account of that site, /home/lab-a
    $ command               as nobody in particular
    what it prints          until the next prompt; "..." is anything
    (exit 3)                how it ends, if not with 0

A line that ends in a backslash goes on in the next one.  Between blocks a
comment that no reader sees does what the story tells:

    <!-- test: COMMAND -->      it must succeed; "at SITE WORD..." in it is as
                                the account of that site
    <!-- test? COMMAND -->      if it fails, the next block is left out, and
                                that is said
    <!-- later: 2 days -->      the clocks of all sites go on

/media, /mnt, /srv, /backup and /home are folders below a scratch folder; one of
them may stand for a medium, so all of "safe on this disk" and "safe to remove"
are one to it, and of the drop "stick" the latter is taken for said (what is
said of media is tested in tests/media and tests/cli).  White space is not compared; dates, sizes, ids, keys and the number of
a process are compared by their form, and an id, once shown, stands for the one
that this run has: so a command may name it.

The last line is "N passed, N failed".
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SECONDS = 60
PLACES = ("media", "mnt", "srv", "backup", "home")
PLACE = r"(?<![\w./-])/(?=(?:%s)\b)" % "|".join(PLACES)
BEGIN = """umask 022
at() (
	export HOME="%s/home/$1"
	shift
	exec "$@"
)
"""
CLOCK = ["faketime", "--exclude-monotonic", "-f"]
PROMPT = re.compile(r"([a-z][a-z0-9-]*)?\$ (.*)")

# What differs from run to run: a name, how it looks, is it an id?
FORMS = [
    ("key", r"(?<!\w)RW[A-Za-z0-9+/]{54}", True),
    ("digits", r"(?<!\d)\d{5}(?: \d{5}){7} \d\d(?!\d)", True),
    ("id", r"(?<![0-9a-f])[0-9a-f]{16}(?:[0-9a-f]{16}){0,3}(?![0-9a-f])",
     True),
    ("key_id", r"(?<!\w)[0-9A-F]{16}(?!\w)", True),
    ("date", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", False),
    ("size", r"\d+(?:\.\d)? (?:bytes|KiB|MiB|GiB)", False),
    ("process", r"process \d+", False),
    ("seconds", r"(?<!\d)1[789]\d{8}(?!\d)", False),
]
FORM = re.compile("|".join("(?P<%s>%s)" % f[:2] for f in FORMS))
IS_ID = {f[0]: f[2] for f in FORMS}
LOOKS = {f[0]: f[1] for f in FORMS}


def squeezed(text):
    return " ".join(text.split())


ON_NO_STICK = re.compile(r"^(drop stick: )(\d)", re.MULTILINE)

class Ids:
    """Which id of this run stands for one that a guide shows."""

    def __init__(self):
        self.of = {}

    def into(self, command):
        return FORM.sub(lambda m: self.of.get(m.group(), m.group()), command)

    def match(self, shown, said):
        """Is it what the guide shows?  New ids are learnt."""
        pattern, learnt, at = [], [], 0
        for m in FORM.finditer(shown):
            pattern.append(plain(shown[at:m.start()]))
            if IS_ID[m.lastgroup] and m.group() in self.of:
                pattern.append(re.escape(self.of[m.group()]))
            else:
                pattern.append("(%s)" % LOOKS[m.lastgroup])
                learnt.append((m.group(), IS_ID[m.lastgroup]))
            at = m.end()
        pattern.append(plain(shown[at:]))
        found = re.fullmatch("".join(pattern), said)
        if found is None:
            return False
        new = {text: now for (text, is_id), now in
               zip(learnt, found.groups()) if is_id}
        if set(new.values()) & set(self.of.values()):
            return False
        self.of.update(new)
        return True


def plain(text):
    """Of the guide's own words: three dots are anything."""
    return "(?:.*)".join(re.escape(t) for t in text.split("..."))


class Step:
    def __init__(self, line, kind, text, site=None):
        self.line, self.kind, self.text, self.site = line, kind, text, site
        self.shown, self.exit = "", 0


def steps_of(path):
    steps, console, fence, more = [], False, False, False
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fence = not fence
            console = fence and line == "```console"
            more = False
            if console:
                steps.append(Step(number, "block", line))
        elif not fence:
            comment(steps, number, line)
        elif console:
            more = in_block(steps, number, line, more)
    return steps


def comment(steps, number, line):
    m = re.fullmatch(r"<!-- (test:|test\?|later:) (.*) -->", line)
    if m is not None:
        steps.append(Step(number, m.group(1), m.group(2)))


def in_block(steps, number, line, more):
    """Does the command go on in the next line?"""
    m = PROMPT.fullmatch(line)
    last = steps[-1] if steps else None
    if more:
        last.text += "\n" + line
    elif m is not None:
        steps.append(Step(number, "run", m.group(2), m.group(1)))
    elif re.fullmatch(r"\(exit \d+\)", line):
        last.exit = int(line[6:-1])
    else:
        last.shown += line + "\n"
    return (more or m is not None) and line.endswith("\\")


class Guide:
    def __init__(self, program, path, scratch):
        self.path, self.scratch, self.seconds = path, scratch, 0
        self.ids, self.passed, self.failed = Ids(), 0, 0
        self.bin = os.path.join(scratch, "bin")
        os.mkdir(self.bin)
        os.symlink(program, os.path.join(self.bin, "satchel"))
        os.symlink(os.path.join(ROOT, "examples"),
                   os.path.join(scratch, "examples"))
        for place in PLACES:
            os.mkdir(os.path.join(scratch, place))

    def env(self, site):
        env = {"PATH": self.bin + ":" + os.environ["PATH"], "TZ": "UTC0",
               "LC_ALL": "C.UTF-8", "NO_FAKE_STAT": "1",
               "ASAN_OPTIONS": "verify_asan_link_order=0",
               "HOME": os.path.join(self.scratch, "home", site or "nobody")}
        return env

    def run(self, command, site):
        """What it says, and how it ends."""
        command = re.sub(PLACE, self.scratch + "/", self.ids.into(command))
        words = ["sh", "-c", BEGIN % self.scratch + command]
        if self.seconds != 0:
            words = [*CLOCK, "+%ds" % self.seconds, *words]
        done = subprocess.run(
            words, cwd=self.scratch,
            env=self.env(site), stdin=subprocess.DEVNULL, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode("utf-8", "replace")
        said = said.replace("safe on this disk", "safe to remove")
        said = ON_NO_STICK.sub(r"\1safe to remove; \2", said)
        return said.replace(self.scratch + "/", "/"), done.returncode

    def fail(self, step, said, code):
        self.failed += 1
        print("FAIL %s:%d: %s" % (self.path, step.line, step.text))
        print("     exit %d, the guide says %d" % (code, step.exit))
        print("--- the guide\n%s--- this run\n%s---" % (step.shown, said))

    def later(self, words):
        number, unit = words.split()
        self.seconds += int(number) * {"hour": 3600, "day": 86400}[
            unit.rstrip("s")]

    def one(self, step):
        """False: the next block cannot be run here."""
        said, code = self.run(step.text, step.site)
        if step.kind == "test?" and code != 0:
            print("     skipped: %s:%d: cannot be done here: %s" % (
                self.path, step.line, step.text))
            return False
        if code == step.exit and (step.kind != "run" or self.ids.match(
                squeezed(step.shown), squeezed(said))):
            self.passed += step.kind == "run"
        else:
            self.fail(step, said, code)
        return True

    def go(self):
        can, leave_out = True, False
        for step in steps_of(self.path):
            if step.kind == "block":
                leave_out, can = not can, True
            elif step.kind == "later:":
                self.later(step.text)
            elif step.kind != "run" or not leave_out:
                can = self.one(step) and can


def unmount(scratch):
    with open("/proc/self/mounts", encoding="utf-8") as f:
        places = [line.split()[1] for line in f]
    for place in reversed(places):
        if place.startswith(scratch + "/"):
            subprocess.run(["umount", place], check=False)


def main():
    program = os.path.abspath(sys.argv[1])
    for tool in ("jq", CLOCK[0]):
        if shutil.which(tool) is None:
            print("%s is missing (apt-get install %s)" % (tool, tool))
            return 2
    passed = failed = 0
    for path in sys.argv[2:]:
        scratch = tempfile.mkdtemp(prefix="satchel-guide.")
        try:
            guide = Guide(program, path, scratch)
            guide.go()
        finally:
            unmount(scratch)
            shutil.rmtree(scratch, ignore_errors=True)
        passed += guide.passed
        failed += guide.failed
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed > 0 or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
