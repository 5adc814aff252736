"""Groups K and F: key files, the environment, the command line (rows K1 to
K6, F1 to F6)."""

import base64
import json
import os
import resource
import subprocess
import time

import age
import ed25519
from bundle import secret_file
from suite import EXITS, command, dump, must
from world import next_bundle

SIGN, AGE = "reader/keys/sign.key", "reader/keys/age.key"
PASS = "correct horse battery"


def read(w, name):
    with open(w.path(name), "rb") as f:
        return f.read()


def put(w, name, data, mode=0o600):
    if os.path.lexists(w.path(name)):
        os.unlink(w.path(name))
    w.write(name, data)
    os.chmod(w.path(name), mode)


def uses_sign(w, *words):
    return w.run("site", "card", "--out", w.path("t/card"), *words)


def uses_age(w, *words):
    path = w.write("t/x", next_bundle(w, encryption="age").data)
    return w.run("verify", path, *words)


def refuses(w, result, errors, what):
    must(result.error() in errors and result.code == EXITS[result.error()],
         "%s: exit %d, %r" % (what, result.code, result.err[:200]))
    must(not os.path.exists(w.path("t/card")), what + ": it was used")


def body_of(text):
    return base64.b64decode(text.split(b"\n")[1])


@command("K2", "every character of the signing key changed, every cut")
def _(w):
    good = read(w, SIGN)
    start = good.index(b"\n") + 1
    for i in range(start, len(good) - 1, 5):
        other = b"B" if good[i:i + 1] == b"A" else b"A"
        put(w, SIGN, good[:i] + other + good[i + 1:])
        result = uses_sign(w)
        if start + 8 <= i < start + 72 and result.code == 0:
            os.unlink(w.path("t/card"))
            continue		# salt and costs, which an open key has not
        refuses(w, result, ("E_KEYFILE", "E_LIMIT", "E_PASSPHRASE"),
                "character %d" % i)
    for i in list(range(0, start, 9)) + list(range(start, len(good) - 1, 23)):
        put(w, SIGN, good[:i])
        refuses(w, uses_sign(w), ("E_KEYFILE",), "cut at %d" % i)
    for what, data in (("a line too many", good + good),
                       ("noise", os.urandom(300)), ("1 MiB", b"x" * 1048576)):
        put(w, SIGN, data)
        refuses(w, uses_sign(w), ("E_KEYFILE",), what)
    put(w, SIGN, good)
    must(uses_sign(w).code == 0, "the good one")


@command("K2", "every character of the age key changed, every cut")
def _(w):
    good = read(w, AGE)
    start = good.index(b"AGE-SECRET")
    for i in range(start, len(good) - 1, 4):
        other = b"Q" if good[i:i + 1] != b"Q" else b"P"
        put(w, AGE, good[:i] + other + good[i + 1:])
        refuses(w, uses_age(w), ("E_KEYFILE",), "character %d" % i)
    for what, data in (("empty", b""), ("cut off", good[:-9]),
                       ("two keys", good + good[start:]),
                       ("in small letters", good.lower()),
                       ("noise", b"\xff" * 200)):
        put(w, AGE, data)
        refuses(w, uses_age(w), ("E_KEYFILE",), what)
    put(w, AGE, good)
    must(uses_age(w).code == 0, "the good one")


def rebuilt(w, **more):
    """Our signing key file with some fields that are something else."""
    body = body_of(read(w, SIGN))
    key = body[62:126]
    return secret_file(key[:32], key[32:], body[54:62], **more)


@command("K2", "the second implementation writes key files that satchel takes")
def _(w):
    # An open key may go without its sum.
    must(rebuilt(w, sum=bytes(32)) == read(w, SIGN), "the same bytes")
    put(w, SIGN, rebuilt(w))
    must(uses_sign(w).code == 0, "with a sum")


FIELDS = {"another algorithm": {"alg": b"EX"},
          "another key derivation": {"kdf": b"Xx"},
          "another checksum": {"chk": b"Xx"},
          "a wrong sum": {"sum": bytes(31) + b"\1"}}
for what, fields in FIELDS.items():
    @command("K2", "a signing key with " + what)
    def _(w, fields=fields, what=what):
        put(w, SIGN, rebuilt(w, **fields))
        refuses(w, uses_sign(w), ("E_KEYFILE", "E_PASSPHRASE"), what)
for field, value in (("mem", 1 << 40), ("ops", 1 << 40), ("mem", 2 ** 64 - 1),
                     ("mem", (1 << 30) + 1)):
    @command("K3", "a locked key that costs %s=%d" % (field, value))
    def _(w, field=field, value=value):
        put(w, SIGN, rebuilt(w, kdf=b"Sc", **{field: value}))
        put(w, "pass", PASS.encode())
        result = w.run("site", "card", "--out", w.path("t/card"),
                       "--passphrase-file", w.path("pass"), limited=True)
        refuses(w, result, ("E_LIMIT",), field)


@command("K3", "a locked age key that costs 2^21")
def _(w):
    data = (b"age-encryption.org/v1\n-> scrypt " + age.b64(bytes(16)) +
            b" 21\n" + age.b64(bytes(32)) + b"\n--- " + age.b64(bytes(32)) +
            b"\n" + bytes(60))
    put(w, AGE, data)
    put(w, "pass", PASS.encode())
    path = w.write("t/x", next_bundle(w, encryption="age").data)
    result = w.run("verify", path, "--passphrase-file", w.path("pass"),
                   limited=True)
    refuses(w, result, ("E_LIMIT",), "the work factor")


@command("K4", "a secret half and a public half of two keys")
def _(w):
    seed = bytes(range(32))
    body = body_of(read(w, SIGN))
    for what, data in (
            ("in the file", secret_file(seed, body[94:126], body[54:62])),
            ("beside the public file", secret_file(
                seed, ed25519.public(seed), body[54:62]))):
        put(w, SIGN, data)
        refuses(w, uses_sign(w), ("E_KEYFILE",), what)
    put(w, AGE, (b"# x\n" + age.recipient(
        bytes(32), "age-secret-key-").upper().encode() + b"\n"))
    refuses(w, uses_age(w), ("E_KEYFILE",), "the age key")


for name, use in ((SIGN, uses_sign), (AGE, uses_age)):
    @command("K5", "%s for others, a link, a FIFO, gone" % name)
    def _(w, name=name, use=use):
        good = read(w, name)
        for mode in (0o644, 0o660, 0o604, 0o601):
            put(w, name, good, mode)
            refuses(w, use(w), ("E_PERMS",), "mode %o" % mode)
        put(w, name, good)
        os.rename(w.path(name), w.path("elsewhere"))
        os.symlink(w.path("elsewhere"), w.path(name))
        refuses(w, use(w), ("E_PERMS",), "a link")
        os.unlink(w.path(name))
        refuses(w, use(w), ("E_KEYFILE",), "gone")
        os.mkfifo(w.path(name), 0o600)
        refuses(w, use(w), ("E_KEYFILE",), "a FIFO")


def locked(w):
    """A home whose keys are under PASS."""
    put(w, "pass", PASS.encode() + b"\n")
    w.need("init", "--name", "locked", "--passphrase-file", w.path("pass"),
           home="locked")


@command("K1", "wrong passphrases")
def _(w):
    locked(w)
    for what, data, errors in (
            ("wrong", b"wrong", ("E_PASSPHRASE",)),
            ("empty", b"", ("E_PASSPHRASE",)),
            ("4 KiB", b"p" * 4096, ("E_PASSPHRASE", "E_LIMIT")),
            ("cut off by a zero byte", PASS.encode() + b"\0!",
             ("E_PASSPHRASE",)),
            ("not UTF-8", b"\xff\xfe", ("E_PASSPHRASE",)),
            ("in capitals", PASS.upper().encode(), ("E_PASSPHRASE",))):
        put(w, "try", data)
        result = w.run("site", "card", "--out", w.path("t/card"),
                       "--passphrase-file", w.path("try"), home="locked")
        refuses(w, result, errors, what)
    result = w.run("site", "card", "--out", w.path("t/card"), home="locked")
    refuses(w, result, ("E_PASSPHRASE",), "none and no terminal")
    w.need("site", "card", "--out", w.path("t/card"), "--passphrase-file",
           w.path("pass"), home="locked")


@command("K6", "no secret is in any output, log, or file but the keys")
def _(w):
    locked(w)
    w.need("site", "card", "--out", w.path("t/card"), "--passphrase-file",
           w.path("pass"), home="locked")
    put(w, "try", b"canary-of-a-passphrase")
    said = b""
    for words in (("site", "card"), ("receipt", "--to", "x", "--out", "."),
                  ("status",), ("log",), ("doctor",), ("peer", "list")):
        for more in ((), ("--json",)):
            extra = ("--passphrase-file", w.path("try")) if words[0] in (
                "site", "receipt") else ()
            result = w.run(*words + more + extra, home="locked")
            said += result.out + result.err
    secrets = [PASS.encode(), b"canary-of-a-passphrase",
               read(w, AGE).split(b"\n")[1],
               body_of(read(w, SIGN))[62:94]]
    secrets += [base64.b64encode(secrets[3])[:40], secrets[3].hex().encode()]
    for folder, _, names in os.walk(w.folder):
        for name in names:
            path = os.path.join(folder, name)
            if folder.endswith("keys") or name in ("pass", "try"):
                continue
            with open(path, "rb") as f:
                said += f.read()
    must(not [s for s in secrets if s in said], "a secret is out")


@command("X5", "no core file, though the caller allows one")
def _(w):
    def allow():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    # It waits for its passphrase: while it does, look and end it.
    locked(w)
    done = subprocess.Popen(
        [w.program, "--home", w.path("locked"), "site", "card", "--out",
         w.path("t/card"), "--passphrase-fd", "0"], preexec_fn=allow,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=w.path("t"),
        env={"XDG_STATE_HOME": w.path("state")})
    done.stdin.write(b"x")
    done.stdin.flush()
    # 1, which no file fits in, keeps a helper of the kernel's out, too.
    wait_for(lambda: core_limits(done.pid) in (["0", "0"], ["1", "1"]))
    done.send_signal(11)
    code = done.wait()
    done.stdin.close()
    must(code == -11, "it was not ended by the signal: %d" % code)
    must(not [n for n in os.listdir(w.path("t")) if "core" in n], "a core")


def core_limits(pid):
    with open("/proc/%d/limits" % pid, encoding="ascii") as f:
        return [line.split()[4:6] for line in f if "core file" in line][0]


def wait_for(what):
    for _ in range(3000):
        if what():
            return
        time.sleep(0.01)
    must(False, "it did not come to this")


# --- F: command line, environment, limits

for words in (("--passphrase", "x"), ("--password=x",), ("--key=x",)):
    @command("F2", "a secret on the command line: %s" % words[0])
    def _(w, words=words):
        result = w.run("site", "card", *words)
        must(result.code == EXITS["E_USAGE"], "%d %r" % (
            result.code, result.err))


@command("F2", "a passphrase in the environment is not looked at")
def _(w):
    locked(w)
    for name in ("SATCHEL_PASSPHRASE", "SATCHEL_PASSWORD", "PASSPHRASE"):
        result = w.run("site", "card", home="locked", env={name: PASS})
        must(result.error() == "E_PASSPHRASE", "%s: %r" % (name, result.err))


@command("F4", "started without standard input, output, error")
def _(w):
    path = w.write("t/x", next_bundle(w).data)
    before = None
    for fds in ((0,), (1,), (2,), (0, 1, 2)):
        home = w.copy(w.folder + "-%s" % "".join(map(str, fds)))
        words = [home.program, "--home", home.path("reader"), "import", path]
        close = "".join(" %d>&-" % fd for fd in fds)
        subprocess.run(["sh", "-c", '"$@"' + close, "sh"] + words,
                       env={"XDG_STATE_HOME": home.path("state")},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, check=False)
        seen = dump(home)
        must("b1" in seen and (before is None or seen == before),
             "without %r: %r" % (fds, sorted(seen)))
        before = seen
        home.need("doctor")


@command("F5", "the same bytes in every locale")
def _(w):
    seen = set()
    for locale in ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "broken"):
        home = w.copy(w.folder + "-" + locale)
        os.mkdir(home.path("o"))
        path = home.need("export", "--to", "sender", "--full", "--out",
                         home.path("o"), env={
                             "LC_ALL": locale, "LANG": locale,
                             "SOURCE_DATE_EPOCH": "1800000000"}).out
        with open(path.decode().strip(), "rb") as f:
            seen.add(f.read())
    must(len(seen) == 1, "%d different files" % len(seen))


LIMITS = {"8 descriptors": (resource.RLIMIT_NOFILE, 8),
          "4 descriptors": (resource.RLIMIT_NOFILE, 4),
          "files of 4 KiB": (resource.RLIMIT_FSIZE, 4096),
          "files of no bytes": (resource.RLIMIT_FSIZE, 0),
          "a stack of 64 KiB": (resource.RLIMIT_STACK, 65536)}
for what, (limit, value) in LIMITS.items():
    @command("F6", "under a limit of " + what)
    def _(w, limit=limit, value=value):
        path = w.write("t/x", next_bundle(w).data)
        before = dump(w)

        def narrow():
            resource.setrlimit(limit, (value, value))
        result = w.run("import", path, preexec_fn=narrow)
        if result.code == 0:
            must("b1" in dump(w), "exit 0, and not applied")
        else:
            must(result.code > 0 and result.code in EXITS.values(),
                 "exit %d: %r" % (result.code, result.err))
            must(dump(w) == before, "half of it is there")
            must(w.run("import", path).code == 0, "the next run")


@command("F1", "options that are wrong")
def _(w):
    before = w.state()
    for words in (("import",), ("import", "x", "--dry"), ("export",),
                  ("import", "--wait", "-1", "x"),
                  ("import", "--wait", "1e9", "x"),
                  ("import", "--wait", "9" * 30, "x"),
                  ("import", "--wait", "", "x"),
                  ("export", "--to", "sender", "--out", "t", "--max-size",
                   "1" * 30), ("peer", "set", "sender", "encrypt=maybe"),
                  ("peer", "set", "sender", "forward"),
                  ("peer", "set", "sender", "x=y"),
                  ("peer", "set", "sender", "forward=no", "x=y"),
                  ("verify", "--home", w.path("reader"), "--home", "x", "y"),
                  ("nothing",), ("peer", "nothing"), ("",), ("--", "import"),
                  ("lab", "show", "a", "b")):
        result = w.run(*words)
        must(result.code == EXITS["E_USAGE"], "%r: exit %d: %r" % (
            words, result.code, result.err))
        must(b"next: " in result.err or result.err.count(b"\n") == 1,
             "%r" % result.err)
    must(w.state() == before, "something changed")


@command("F1", "every command answers --json with one document")
def _(w):
    for words in (("nothing",), ("import", "/nowhere"), ("peer", "show", "x"),
                  ("lab", "show", "x"), ("status",), ("log",)):
        result = w.run(*words + ("--json",))
        document = json.loads(result.out)
        must((document["error"] is None) == (result.code == 0) and
             (result.code == 0 or
              document["error"]["exit"] == result.code), "%r" % document)
