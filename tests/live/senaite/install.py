"""Install SENAITE LIMS 2.6.0 from PyPI under Python 2.7, once, outside the
tree; make instances of it, start them and stop them.

Everything is kept in $XDG_CACHE_HOME/satchel/senaite-2.6.0 (default
~/.cache): wheels, one egg folder each (a flat site-packages confuses
z3c.autoinclude), and three fresh databases: `demo` with SENAITE's own
demonstration set-up, `empty` and `third` without, each a site of its own
making, so that their folders have different UIDs, as between real labs.
"""
import os
import shutil
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
COMPANION = os.path.normpath(os.path.join(
    HERE, "../../../mirror/senaite/companion"))
DEBIAN = """gcc libc6-dev libxml2-dev libxslt1-dev libjpeg-dev zlib1g-dev
libffi-dev libcairo2 libpango-1.0-0 libpangocairo-1.0-0
libgdk-pixbuf-2.0-0""".split()
SITE = "senaite"


class Missing(Exception):
    """Something that only a person can put here."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or \
        os.path.expanduser("~/.cache")
    return os.path.join(base, "satchel", "senaite-2.6.0")


def python2():
    """A CPython 2.7, or Missing."""
    names = [os.environ.get("PYTHON2"), "python2.7",
             os.path.expanduser("~/.pyenv/versions/2.7.18/bin/python2.7")]
    for name in names:
        if not name:
            continue
        try:
            out = subprocess.run(
                [name, "-c", "import ssl, sys; print(sys.version[:4])"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            continue
        if out.returncode == 0 and out.stdout.startswith("2.7"):
            return name
    raise Missing("no Python 2.7 here (SENAITE 2.x needs it); give it as "
                  "PYTHON2=/path/to/python2.7")


def run(args, log, **more):
    with open(log, "ab") as out:
        code = subprocess.run(args, stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, **more).returncode
    if code != 0:
        with open(log, errors="replace") as f:
            sys.stderr.write("".join(f.readlines()[-30:]))
        raise SystemExit("live-senaite: %s failed, see %s" % (args[0], log))


def say(text):
    print("live-senaite:", text, flush=True)


class Installation:
    """The programs, shared by all instances."""

    def __init__(self, folder=None):
        self.folder = folder or cache_folder()
        self.python = os.path.join(self.folder, "venv/bin/python")
        self.launcher = os.path.join(HERE, "launcher.py")
        self.log = os.path.join(self.folder, "install.log")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def ready(self, name):
        return os.path.exists(self.path("done." + name))

    def mark(self, name):
        open(self.path("done." + name), "w").close()

    def ensure(self):
        os.makedirs(self.folder, exist_ok=True)
        if not self.ready("eggs"):
            self.build()
            self.mark("eggs")
        for name in ("demo", "empty", "third"):
            if not self.ready(name):
                say("making the site of %s" % name)
                self.make_template(name)
                self.mark(name)

    def build(self):
        python = python2()
        absent = [p for p in DEBIAN if subprocess.run(
            ["dpkg", "-s", p], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode != 0]
        if absent and os.geteuid() == 0:
            run(["apt-get", "install", "-q", "-y"] + absent, self.log)
        elif absent:
            raise Missing("please install: " + " ".join(absent))
        say("fetching and building 311 packages (some minutes)")
        cwd = {"cwd": self.folder}
        run([python, "-m", "pip", "install", "-q", "--target", "vt",
             "virtualenv==16.7.12"], self.log, **cwd)
        run([python, "-m", "virtualenv", "-q", "--no-download", "venv"],
            self.log, env=dict(os.environ, PYTHONPATH=self.path("vt")), **cwd)
        pip = self.path("venv/bin/pip")
        run([pip, "install", "-q", "pip==20.3.4", "setuptools==44.1.1",
             "wheel==0.37.1"], self.log, **cwd)
        run([pip, "install", "-q", "cffi==1.15.1", "pycparser==2.21",
             "six==1.16.0"], self.log, **cwd)
        self.pyphen()
        run([pip, "wheel", "-q", "--no-deps", "--ignore-requires-python",
             "-f", "fixed", "-w", "wheels", "-r",
             os.path.join(HERE, "pins.txt")], self.log, **cwd)
        run([self.python, os.path.join(HERE, "eggs.py")], self.log, **cwd)

    def pyphen(self):
        """Its wheel says Python 3 but runs on 2.7."""
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
             "-d", "fixed", "pyphen==0.11.0"], self.log, cwd=self.folder)
        os.rename(self.path("fixed/pyphen-0.11.0-py3-none-any.whl"),
                  self.path("fixed/pyphen-0.11.0-py2-none-any.whl"))

    def make_template(self, name):
        folder = self.path("template", name)
        shutil.rmtree(folder, ignore_errors=True)
        instance = Instance(self, folder, 0)
        instance.configure()
        instance.console("site.py")
        if name == "demo":
            instance.console("demo.py")


class Instance:
    """One SENAITE on loopback.  companion: with the add-on."""

    def __init__(self, installation, folder, port, companion=False,
                 zone="UTC"):
        self.installation = installation
        self.folder = folder
        self.port = port
        self.companion = companion
        self.zone = zone
        self.process = None
        self.url = "http://127.0.0.1:%d/%s" % (port, SITE)

    def configure(self):
        etc = os.path.join(self.folder, "etc")
        if not os.path.isdir(etc):
            run([self.installation.python, self.installation.launcher,
                 "mkinst", "-d", self.folder, "-u", "admin:admin"],
                self.installation.log, env=self.environment())
        for part in ("var/blobstorage", "var/log", "var/cache",
                     "etc/package-includes"):
            os.makedirs(os.path.join(self.folder, part), exist_ok=True)
        os.chmod(os.path.join(self.folder, "var/blobstorage"), 0o700)
        for name in ("zope.conf", "zope.ini"):
            with open(os.path.join(HERE, name + ".in")) as f:
                text = f.read()
            with open(os.path.join(etc, name), "w") as f:
                f.write(text.replace("@FOLDER@", self.folder).replace(
                    "@PORT@", str(self.port)).replace("@ZONE@", self.zone))
        include = os.path.join(etc, "package-includes",
                               "satchel.companion-configure.zcml")
        if self.companion:
            with open(include, "w") as f:
                f.write('<include package="satchel.companion"/>\n')
        elif os.path.exists(include):
            os.remove(include)

    def environment(self):
        env = dict(os.environ, TZ=self.zone,
                   SENAITE_EGGS=self.installation.path("eggs"))
        if self.companion:
            env["SENAITE_EXTRA"] = os.path.join(COMPANION, "src")
        return env

    def fill(self, template):
        """A fresh copy of a template's database."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.installation.path("template", template),
                        self.folder)
        self.configure()

    def console(self, script):
        run([self.installation.python, self.installation.launcher, "console",
             "run", os.path.join(self.folder, "etc/zope.conf"),
             os.path.join(HERE, script)],
            os.path.join(self.folder, "var/log/console.log"),
            env=self.environment())

    def start(self):
        self.configure()
        log = open(os.path.join(self.folder, "var/log/out.log"), "ab")
        self.process = subprocess.Popen(
            [self.installation.python, self.installation.launcher, "serve",
             os.path.join(self.folder, "etc/zope.ini")], stdout=log,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=self.environment())
        log.close()
        for _ in range(180):
            try:
                urllib.request.urlopen(
                    self.url + "/@@API/senaite/v1/version", timeout=60).read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(1)
        raise SystemExit("live-senaite: no answer on port %d, see %s" % (
            self.port, os.path.join(self.folder, "var/log/out.log")))

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None
