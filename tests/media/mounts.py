"""Media to write on: mounted in a name space of this run's own, so that
nothing stays mounted whatever becomes of it."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

SECONDS = 10                    # until a mount is there or gone


class Missing(Exception):
    """A mount that cannot be had here; says why."""


def alone():
    """Run this program again in a mount name space of its own."""
    if os.environ.get("MEDIA_ALONE"):
        return
    os.environ["MEDIA_ALONE"] = "1"
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", *as_root, "--mount", "--propagation", "private"]
    if not shutil.which("unshare") or subprocess.run(
            [*words, "true"], capture_output=True).returncode:
        print("no name space of mounts can be had here (unshare --mount)")
        sys.exit(77)
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def need(*programs):
    for name in programs:
        if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Missing(f"{name} is not installed")


def ran(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"{words[0]}: {done.stderr.strip() or done.stdout}")
    return done.stdout.strip()


def wait_for(true, what):
    end = time.monotonic() + SECONDS
    while not true():
        if time.monotonic() > end:
            raise Missing(what)
        time.sleep(0.01)


def is_mounted(point):
    with open("/proc/self/mountinfo") as lines:
        return any(line.split(" ")[4] == point for line in lines)


class Mount:
    """One medium; a way to mount it, and the process that stands for it."""

    def __init__(self, point):
        self.point = point
        self.process = None
        os.makedirs(point, exist_ok=True)

    def started(self, *words):
        said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(words, stdout=said, stderr=said)
        wait_for(lambda: is_mounted(self.point) or
                 self.process.poll() is not None, f"{words[0]} hangs")
        if not is_mounted(self.point):
            said.seek(0)
            why = said.read().strip().split("\n")[-1]
            raise Missing(f"{words[0]}: {why or 'does not mount'}")

    def unmount(self):
        if is_mounted(self.point):
            ran("umount", self.point)
        if self.process:
            self.process.wait(SECONDS)
            self.process = None

    def pull(self):
        """The process is gone, and with it the medium."""
        self.process.kill()
        self.process.wait(SECONDS)


class Tmpfs(Mount):
    def __init__(self, point, size):
        super().__init__(point)
        ran("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", point)

    def remount(self, how):
        ran("mount", "-o", f"remount,{how}", self.point)


class Liar(Mount):
    """tests/media/liar.c."""

    def __init__(self, point, program):
        if not os.path.exists(program):
            raise Missing("libfuse3-dev was not there when this was built")
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            raise Missing("/dev/fuse cannot be used here")
        super().__init__(point)
        self.started(program, point)

    def tell(self, text):
        os.setxattr(self.point, "user.liar", text.encode())

    def calls(self):
        return os.getxattr(self.point, "user.liar").decode().splitlines()


class Image(Mount):
    """A file with a file system in it, as stock tools make and check it."""

    def __init__(self, point, folder, kind):
        super().__init__(point)
        self.kind = kind
        self.loop = None
        self.file = os.path.join(folder, kind + ".img")

    def make(self, size):
        with open(self.file, "wb") as f:
            f.truncate(size)
        if self.kind == "exfat":
            need("mkfs.exfat", "fsck.exfat")
            ran("mkfs.exfat", "-L", "CARRY", self.file)
        else:
            need("mkfs.vfat")
            ran("mkfs.vfat", "-F", "32", "-n", "CARRY", self.file)

    def mount(self):
        """By the kernel; else through FUSE.  Says which."""
        kernel = {"exfat": "exfat", "fat32": "vfat"}[self.kind]
        try:
            ran("mount", "-t", kernel, "-o", "loop", self.file, self.point)
            return "kernel"
        except Missing:
            pass
        if self.kind == "exfat":
            need("mount.exfat-fuse", "losetup")
            self.loop = ran("losetup", "-f", "--show", self.file)
            try:
                self.started("mount.exfat-fuse", "-d", self.loop, self.point)
            finally:            # it goes with the last who has it open
                ran("losetup", "-d", self.loop)
        else:
            need("fusefat")
            self.started("fusefat", "-f", "-o", "rw+", self.file, self.point)
        return "FUSE"
