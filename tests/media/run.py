#!/usr/bin/env python3
"""Media that fill up, lie, break and are pulled (tests/media/README.md).

    run.py BUILD_FOLDER [--all] [CASE...]

Without --all a stick is pulled at every fourth call.  The last line is "N passed, N failed"; exit 77: nothing could be mounted."""
import errno
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import mounts
from mounts import Image, Liar, Missing, Tmpfs, ran
from sites import (Sites, check_finals, check_next, check_whole, finals,
                   hidden, name_of)

BLOCK = 4096
NOISE = 300_000                 # bytes that make a chain of two files
CHAIN = ("--max-size", "256K")
cases = []


def case(function):
    cases.append(function)
    return function


class World:
    """The folder of this run: sites on one file system, media on others."""

    def __init__(self, build, step):
        self.step = step
        self.satchel = os.path.abspath(os.path.join(build, "satchel"))
        self.liar_program = os.path.abspath(
            os.path.join(build, "tests/media/liar"))
        where = "/media" if os.path.isdir("/media") else "/mnt"
        ran("mount", "-t", "tmpfs", "tmpfs", where)
        self.top = tempfile.mkdtemp(prefix="satchel-", dir=where)
        self.count = itertools.count()

    def folder(self, name):
        path = os.path.join(self.top, f"{name}{next(self.count)}")
        os.mkdir(path)
        return path

    def sites(self, objects=20, attached=0):
        made = Sites(self.satchel, self.folder("sites"))
        made.load("a", objects, attached)
        return made

    def liar(self):
        return Liar(self.folder("stick"), self.liar_program)


# --- a stick that lies ------------------------------------------------------

MEANT = {
    errno.EIO: {"E_IO", "E_MEDIA_GONE"},
    errno.ENOSPC: {"E_NOSPACE"},
    errno.EROFS: {"E_READONLY"},
    errno.ENOTCONN: {"E_MEDIA_GONE"},
    errno.ENODEV: {"E_MEDIA_GONE"},
}


def attempt(sites, stick, text, means):
    """One export with one fault; 1 if it was met, 0 if the run was over
    before.  What must hold after it is checked here."""
    stick.tell(text)
    done = sites.export(stick.point, *CHAIN)
    calls = stick.calls()
    stick.tell("good")
    name = name_of(done)
    assert name in means | {"OK"}, f"{text}: {name}: {done.stderr}"
    check_finals(sites, stick.point, 2 if name == "OK" else None)
    if name == "OK":
        assert "safe to remove" in done.stderr
        assert done.stdout.split() == finals(stick.point)
    else:
        assert "safe" not in done.stderr.split("\n")[-1], done.stderr
    for path in finals(stick.point):
        os.unlink(path)
    check_next(sites, stick.point)
    return any(x.endswith(" failed") for x in calls)


def each_call(world, operations, errnums, how="fail"):
    """The first, second, third ... call fails, until none does."""
    stick, met = world.liar(), 0
    try:
        sites = world.sites(attached=NOISE)
        for op, errnum in itertools.product(operations, errnums):
            for k in itertools.count(1):
                if not attempt(sites, stick, f"{how} {op} {k} {errnum}",
                               MEANT[errnum]):
                    break
                met += 1
    finally:
        stick.unmount()
    assert met >= len(operations) * len(errnums), f"only {met} faults met"
    return f"{met} faults"


@case
def input_output_errors(world):
    return each_call(world, ("create", "write", "fsync", "read", "rename",
                             "fsyncdir"), (errno.EIO,))


@case
def input_output_errors_from_then_on(world):
    return each_call(world, ("write", "fsync", "read", "fsyncdir"),
                     (errno.EIO,), "fail+")


@case
def full_and_read_only_in_mid_run(world):
    return each_call(world, ("create", "write", "rename"),
                     (errno.ENOSPC, errno.EROFS), "fail+")


@case
def pulled_at_each_call(world):
    """From the K-th call of any kind on nothing answers; then it is back."""
    stick, met = world.liar(), 0
    try:
        sites = world.sites(attached=NOISE)
        for k in itertools.count(1, world.step):
            errnum = (errno.ENOTCONN, errno.ENODEV)[met % 2]
            if not attempt(sites, stick, f"gone {k} {errnum}",
                           {"E_MEDIA_GONE"}):
                break
            met += 1
    finally:
        stick.unmount()
    assert met * world.step > 50, f"only {met}"
    return f"{met} moments"


@case
def nothing_is_tried_again_after_a_failed_sync(world):
    stick = world.liar()
    try:
        sites = world.sites()
        for k in 1, 2:
            stick.tell(f"fail fsync {k} {errno.EIO}")
            done = sites.export(stick.point)
            calls = stick.calls()
            at = next(i for i, x in enumerate(calls)
                      if x.endswith(" failed"))
            what = calls[at].split()[1]
            after = {x.split()[0] for x in calls[at + 1:] if what in x}
            assert name_of(done) == "E_IO", done.stderr
            assert after <= {"getattr", "flush", "unlink"}, after
            assert "unlink" in after
            check_next(sites, stick.point)
    finally:
        stick.unmount()


def lies(world, texts):
    """Each must be found by reading back: nothing gets a final name."""
    stick, found = world.liar(), 0
    try:
        sites = world.sites(attached=NOISE)
        for text in texts:
            stick.tell(text)
            done = sites.export(stick.point, *CHAIN)
            assert name_of(done) == "E_WRITE_VERIFY", f"{text}: {done.stderr}"
            assert not finals(stick.point), f"{text}: {os.listdir(stick.point)}"
            stick.tell("good")
            check_next(sites, stick.point)
            found += 1
    finally:
        stick.unmount()
    return f"{found} lies"


@case
def fake_capacity(world):
    """The chain takes some 78 blocks: what is beyond is lost, or goes over
    what was written first, also of the file before."""
    return lies(world, [f"{how} {n}" for how in ("hold", "wrap")
                        for n in (1, 2, 40, 62, 63, 64, 70, 74)])


@case
def bits_that_flip_and_writes_that_change(world):
    return lies(world, [f"{how} {at}" for how in ("flip", "zero")
                        for at in places(how)])


def places(how):
    """Bytes of both files; of noise, which is hardly ever 0."""
    if how == "zero":
        return 200_000, 230_000
    return 0, 511, 512, 100_000, 250_000, 257 * 1024, 290_000


@case
def files_that_come_back_short(world):
    return lies(world, [f"cut {n}" for n in (0, 1, 511, 512, 5000, 43_000)])


# --- no room ----------------------------------------------------------------

@case
def no_room_is_found_before_the_first_byte(world):
    """Of every size of medium: all of the chain, or not a byte."""
    sites = world.sites(attached=NOISE)
    small = Tmpfs(world.folder("small"), "40k")
    fitted = 0
    try:
        for size in range(64, 384, 16):
            small.remount(f"size={size}k")
            done = sites.export(small.point, *CHAIN)
            if done.returncode == 0:
                check_finals(sites, small.point, 2)
                fitted += 1
            else:
                assert name_of(done) == "E_NOSPACE", done.stderr
                assert "bytes free" in done.stderr and "needed" in done.stderr
                assert not os.listdir(small.point)
            for path in finals(small.point):
                os.unlink(path)
        assert 0 < fitted < 10, fitted
    finally:
        small.unmount()
    return f"{fitted} of 20 sizes are enough"


@case
def no_room_leaves_the_store_as_it_was(world):
    """The sequence is not used, and a request is not thought answered."""
    sites = world.sites(attached=NOISE)
    small = Tmpfs(world.folder("small"), "64k")
    try:
        before = sites.must("a", "log")
        for words in (), CHAIN:
            done = sites.export(small.point, *words)
            assert name_of(done) == "E_NOSPACE", done.stderr
            assert sites.must("a", "log") == before
            assert not os.listdir(small.point)
        small.remount("size=1m")
        done = sites.export(small.point)
        assert done.stdout.endswith("_000001.satchel\n"), done.stdout
    finally:
        small.unmount()


@case
def no_room_in_the_home(world):
    """The spool is on the home's disk: that, too, is looked at before."""
    home = Tmpfs(world.folder("home"), "16m")
    try:
        sites = Sites(world.satchel, home.point)
        sites.load("a", 20, 4_000_000)
        stick = world.folder("plain")
        used = os.statvfs(home.point)
        used = (used.f_blocks - used.f_bavail) * used.f_frsize
        home.remount(f"size={used + 1_000_000}")
        for place in stick, home.point:
            done = sites.export(place)
            assert name_of(done) == "E_NOSPACE", done.stderr
            assert "needed" in done.stderr, done.stderr
            assert not finals(place) and not hidden(place)
        home.remount("size=32m")
        assert sites.export(stick).returncode == 0
    finally:
        home.unmount()


@case
def read_only_is_found_before_the_first_byte(world):
    sites = world.sites()
    disc = Tmpfs(world.folder("disc"), "1m")
    try:
        disc.remount("ro")
        before = sites.must("a", "log")
        done = sites.export(disc.point)
        assert name_of(done) == "E_READONLY", done.stderr
        assert sites.must("a", "log") == before
        disc.remount("rw")
        assert sites.export(disc.point).returncode == 0
    finally:
        disc.unmount()


# --- FAT32 and exFAT --------------------------------------------------------

def on_image(world, kind, test):
    image = Image(world.folder("stick"), world.folder("image"), kind)
    image.make(64 << 20)
    how = image.mount()
    try:
        test(world, image)
    finally:
        image.unmount()
    return f"mounted by {how}"


def there_and_back(world, stick):
    """A chain goes over by the stick, put in again in between; the receipt
    comes back by it.  Names that differ by case are one."""
    sites = world.sites(attached=NOISE)
    done = sites.export(stick.point, *CHAIN)
    assert done.stderr.endswith("safe to remove\n"), done.stderr
    names = [os.path.basename(x) for x in finals(stick.point)]
    assert len(names) == 2
    stick.unmount()
    stick.mount()
    check_finals(sites, stick.point, 2)
    assert [os.path.basename(x) for x in finals(stick.point)] == names
    sites.must("b", "import", stick.point)
    sites.agree()
    sites.must("b", "export", "--to", "lab-a", "--out", stick.point)
    sites.must("a", "import", stick.point)
    assert sites.export(stick.point).stdout == ""

    upper = os.path.join(stick.point, "MINE.SATCHEL")
    lower = os.path.join(stick.point, "mine.satchel")
    sites.must("a", "export", "--to", "lab-b", "--full", "--out", lower)
    done = sites.export(upper, "--full")
    assert name_of(done) == "E_USAGE", done.stderr
    check_whole(sites, lower)


def forbidden_names(world, stick):
    sites = world.sites()
    before = sites.must("a", "log")
    for name in ('a:b', 'a?b', 'a*', '"a"', 'a|b', 'a<b', 'a\\b', 'a\tb',
                 'a.satchel.', 'a ', 'NUL', 'com1.satchel'):
        done = sites.export(os.path.join(stick.point, name))
        assert name_of(done) == "E_USAGE", f"{name}: {done.stderr}"
        assert "cannot hold a file" in done.stderr, done.stderr
    assert sites.must("a", "log") == before
    assert not finals(stick.point) and not hidden(stick.point)


@case
def fat32_there_and_back(world):
    return on_image(world, "fat32", there_and_back)


@case
def exfat_there_and_back(world):
    return on_image(world, "exfat", there_and_back)


@case
def fat32_forbidden_names(world):
    return on_image(world, "fat32", forbidden_names)


@case
def exfat_forbidden_names(world):
    return on_image(world, "exfat", forbidden_names)


def part_of(stick, least):
    """Is a file in the making that long?"""
    try:
        return any(os.path.getsize(os.path.join(stick.point, x)) >= least
                   for x in hidden(stick.point))
    except OSError:
        return False


@case
def exfat_pulled_while_it_is_written(world):
    """The process behind the file system is killed in the middle of a file:
    write, fsync, rename and unlink all fail.  Then it is put in again."""
    sites = world.sites(attached=12_000_000)
    stick = Image(world.folder("stick"), world.folder("image"), "exfat")
    stick.make(64 << 20)
    if stick.mount() != "FUSE":
        stick.unmount()
        raise Missing("the kernel's exFAT cannot be pulled")
    left = 0
    try:
        done = sites.run("b", "export", "--to", "lab-a", "--heartbeat",
                         "--out", stick.point)
        assert done.returncode == 0, done.stderr
        old = finals(stick.point)
        for least in 1, 1_000_000, 6_000_000:
            run = sites.start("a", "export", "--to", "lab-b", "--out",
                              stick.point)
            mounts.wait_for(lambda n=least: part_of(stick, n) or
                            run.poll() is not None, "nothing is written")
            stick.pull()
            said = run.communicate()[1]
            assert run.returncode == 3, said
            assert said.startswith("satchel: E_MEDIA_GONE: "), said
            assert "safe" not in said
            stick.unmount()
            stick.mount()
            left += len(hidden(stick.point))
            assert finals(stick.point) == old
            done = sites.run("a", "import", *old)
            assert done.returncode == 0, done.stderr
            check_next_beside(sites, stick.point, old)
        stick.unmount()
        ran("fsck.exfat", "-n", stick.file)
    finally:
        stick.unmount()
    return f"{left} files were left in the making"


def check_next_beside(sites, place, old):
    """As check_next, with files of others there, which stay."""
    done = sites.export(place)
    assert done.returncode == 0, done.stderr
    assert not hidden(place), hidden(place)
    mine = [x for x in finals(place) if x not in old]
    assert len(mine) == 1 and set(old) < set(finals(place))
    done = sites.run("b", "verify", *mine)
    assert done.returncode == 0, done.stderr
    os.unlink(mine[0])
    sites.is_sound()


# --- which medium it was ----------------------------------------------------

def own_dev(world, *also):
    """A /dev of this name space, in which links can be made."""
    if os.geteuid() != 0:
        raise Missing("only root can have a /dev of its own")
    dev = world.folder("dev")
    ran("mount", "-t", "tmpfs", "tmpfs", dev)
    for name in ("null", "zero", "urandom", "fuse", *also):
        path = os.path.join(dev, os.path.basename(name))
        open(path, "w").close()
        ran("mount", "--bind", os.path.join("/dev", name), path)
    for name in "by-label", "by-uuid":
        os.makedirs(os.path.join(dev, "disk", name))
    ran("mount", "--rbind", dev, "/dev")


@case
def the_medium_is_named_and_missed(world):
    """Its label and serial, by the links of udev: in the result, in the log;
    it is missed until something is read from it again."""
    sites = world.sites()
    stick = Image(world.folder("stick"), world.folder("image"), "exfat")
    stick.make(16 << 20)
    if stick.mount() != "FUSE":
        stick.unmount()
        raise Missing("the kernel's exFAT has a label of its own")
    try:
        own_dev(world, stick.loop)
        os.symlink("../../" + os.path.basename(stick.loop),
                   "/dev/disk/by-label/LAB\\x20STICK")
        os.symlink("../../" + os.path.basename(stick.loop),
                   "/dev/disk/by-uuid/ABCD-1234")
        want = {"fs": "fuseblk", "label": "LAB STICK", "serial": "ABCD-1234"}
        done = json.loads(sites.must("a", "export", "--to", "lab-b", "--out",
                                     stick.point, "--json"))
        assert done["medium"] == want, done
        entry = json.loads(sites.must("a", "log", "--json"))["entries"][-1]
        assert entry["event"] == "export", entry
        assert entry["detail"]["medium"] == want, entry
        assert out(sites) == 1, "it is not missed"
        sites.must("b", "import", stick.point)
        sites.must("b", "export", "--to", "lab-a", "--out", stick.point)
        assert out(sites) == 1, "it came back by itself"
        sites.must("a", "import", stick.point)
        assert out(sites) == 0, "it is still missed"

        # The same of a stick that is a drop, by a night that writes nothing.
        for site, peer in ("a", "lab-b"), ("b", "lab-a"):
            sites.must(site, "drop", "add", "stick", stick.point, "--peers",
                       peer, "--removable")
        sites.load("a", 21)
        sites.must("a", "sync")
        assert out(sites) == 1, "a drop is not missed"
        sites.must("b", "sync")
        sites.must("a", "sync")
        assert out(sites) == 0, "a drop is still missed"
    finally:
        if os.path.isdir("/dev/disk/by-label"):
            ran("umount", "-R", "/dev")
        stick.unmount()


def out(sites):
    """How many media the sender misses."""
    db = sqlite3.connect(sites.path("home-a/store.db"))
    try:
        return db.execute("SELECT count(*) FROM medium WHERE back_at IS NULL"
                          ).fetchone()[0]
    finally:
        db.close()


# --- all of it --------------------------------------------------------------

def run_one(world, function):
    """1 passed, 0 failed, None skipped."""
    name = function.__name__.replace("_", " ")
    start = time.monotonic()
    try:
        said = function(world)
    except Missing as why:
        print(f"skipped: {name}: {why}")
        return None
    except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
        print(f"FAIL {name}: {why}")
        return 0
    took = time.monotonic() - start
    print(f"ok   {name}{': ' + said if said else ''} ({took:.1f} s)")
    return 1


def main():
    mounts.alone()
    words = [x for x in sys.argv[1:] if x != "--all"]
    wanted = words[1:]
    try:
        world = World(words[0], 1 if "--all" in sys.argv else 4)
    except Missing as why:
        print(f"nothing can be mounted here: {why}")
        return 77
    results = [run_one(world, x) for x in cases
               if not wanted or x.__name__ in wanted]
    shutil.rmtree(world.top, ignore_errors=True)
    print(f"{results.count(1)} passed, {results.count(0)} failed")
    return 1 if 0 in results else 0


if __name__ == "__main__":
    sys.exit(main())
