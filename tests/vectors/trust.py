"""Groups S and T: signatures, and who is trusted (rows S1 to S14, T1 to
T10)."""

import base64
import hashlib

import age
import bundle
import ed25519
from bundle import File, Site, minisign, sig_text
from suite import EXITS, command, dump, must, refused
from world import next_bundle, pinned


def signed(id_, what, error, make_sig):
    """SUMS.minisig replaced: make_sig(w, f) gives its bytes."""
    def make(w):
        f = next_bundle(w)
        f.sig = make_sig(w, f)
        return f
    refused(id_, what, error, make)


def retyped(id_, what, error, change):
    signed(id_, what, error, lambda w, f: change(minisign(w.sender, f.sums)))


def swapped(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


# --- the form

retyped("S1", "an empty signature", "E_SIGFORMAT", lambda t: b"")
retyped("S1", "only comments", "E_SIGFORMAT", lambda t: b"\n".join(
    t.split(b"\n")[::2]) + b"\n")
retyped("S1", "513 bytes", "E_LIMIT", lambda t: t.ljust(513, b"\n"))
for what, change in (
        ("another untrusted comment", lambda t: swapped(
            t, b"comment: satchel", b"comment: Satchel")),
        ("another trusted comment", lambda t: swapped(
            t, b"trusted comment: satchel\n" + t.split(b"\n")[3],
            b"trusted comment: satchex\n" + t.split(b"\n")[3])),
        ("CR LF", lambda t: t.replace(b"\n", b"\r\n")),
        ("a space at the end of a line", lambda t: swapped(
            t, b"\n", b" \n")),
        ("no line end at the end", lambda t: t[:-1]),
        ("a line too many", lambda t: t + b"\n"),
        ("lines in another order", lambda t: b"\n".join(
            t.split(b"\n")[i] for i in (2, 3, 0, 1)) + b"\n"),
        ("in hex", lambda t: swapped(t, t.split(b"\n")[1], base64.b64decode(
            t.split(b"\n")[1]).hex().encode())),
        ("the first signature in small letters", lambda t: swapped(
            t, t.split(b"\n")[1], t.split(b"\n")[1].lower())),
        ("no padding", lambda t: t.replace(b"=", b"")),
        ("the URL alphabet", lambda t: swapped(
            t, t.split(b"\n")[3], t.split(b"\n")[3][:-3] + b"-_=")),
        ("bits after the end", lambda t: swapped(
            t, t.split(b"\n")[1], t.split(b"\n")[1][:-2] +
            bytes([t.split(b"\n")[1][-2] + 1]) + b"=")),
        ("17 signatures", lambda t: t[:242] + t * 16)):
    retyped("S8", what, "E_LIMIT" if what == "17 signatures" else
            "E_SIGFORMAT", change)


# --- the algorithm

def digest(f):
    return hashlib.blake2b(f.sums).digest()


def both(w, first, alg=b"ED"):
    """Whatever the first signature is, the second one fits it."""
    return sig_text(w.sender.key_id, first, ed25519.sign(
        w.sender.seed, first + b"satchel"), alg)


signed("S6", "the legacy algorithm, over SUMS", "E_SIGFORMAT",
       lambda w, f: both(w, ed25519.sign(w.sender.seed, f.sums), b"Ed"))
signed("S14", "the legacy algorithm, over the digest", "E_SIGFORMAT",
       lambda w, f: both(w, ed25519.sign(w.sender.seed, digest(f)), b"Ed"))
signed("S14", "over SUMS, called prehashed", "E_SIGNATURE",
       lambda w, f: both(w, ed25519.sign(w.sender.seed, f.sums)))
signed("S14", "over the digest of the digest", "E_SIGNATURE",
       lambda w, f: both(w, ed25519.sign(
           w.sender.seed, hashlib.blake2b(digest(f)).digest())))
for alg in (b"\0\0", b"eD", b"Sc", b"Ec"):
    signed("S6", "algorithm %r" % alg, "E_SIGFORMAT",
           lambda w, f, a=alg: both(w, ed25519.sign(
               w.sender.seed, digest(f)), a))
signed("S5", "Ed25519ph of SUMS", "E_SIGNATURE", lambda w, f: both(
    w, ed25519.sign(w.sender.seed, hashlib.sha512(f.sums).digest(),
                    ed25519.DOM_PH)))
signed("S5", "Ed25519ph of the digest", "E_SIGNATURE", lambda w, f: both(
    w, ed25519.sign(w.sender.seed, hashlib.sha512(digest(f)).digest(),
                    ed25519.DOM_PH)))


def malleated(signature, times=1):
    s = ed25519.number(signature[32:]) + times * ed25519.L
    return signature[:32] + s.to_bytes(32, "little")


def good(w, f):
    first = ed25519.sign(w.sender.seed, digest(f))
    return first, ed25519.sign(w.sender.seed, first + b"satchel")


for times in (1, 2, 7):
    signed("S4", "S + %d L in the first signature" % times, "E_SIGNATURE",
           lambda w, f, n=times: both(w, malleated(good(w, f)[0], n)))
    signed("S4", "S + %d L in the second signature" % times, "E_SIGNATURE",
           lambda w, f, n=times: sig_text(
               w.sender.key_id, good(w, f)[0], malleated(good(w, f)[1], n)))
signed("S4", "S with its top bit", "E_SIGNATURE", lambda w, f: both(
    w, good(w, f)[0][:63] + bytes([good(w, f)[0][63] | 0x80])))
signed("S7", "R and S of zeros", "E_SIGNATURE",
       lambda w, f: both(w, bytes(64)))
for point in ed25519.small_order():
    signed("S7", "S = 0 and R = %s..." % point.hex()[:8], "E_SIGNATURE",
           lambda w, f, p=point: both(w, p + bytes(32)))
signed("S7", "R that is not canonical", "E_SIGNATURE", lambda w, f: both(
    w, b"\xff" * 32 + good(w, f)[0][32:]))
signed("S12", "the second signature is of other bytes", "E_SIGNATURE",
       lambda w, f: sig_text(w.sender.key_id, good(w, f)[0], ed25519.sign(
           w.sender.seed, good(w, f)[0])))
signed("S12", "the second signature is the first", "E_SIGNATURE",
       lambda w, f: sig_text(w.sender.key_id, good(w, f)[0], good(w, f)[0]))
signed("S12", "the second signature is by another peer", "E_SIGNATURE",
       lambda w, f: sig_text(w.sender.key_id, good(w, f)[0], ed25519.sign(
           w.other.seed, good(w, f)[0] + b"satchel")))

# --- the signer

signed("S2", "a key that nobody knows", "E_UNKNOWN_KEY",
       lambda w, f: minisign(w.stranger, f.sums))
signed("S2", "another peer's key", "E_UNKNOWN_KEY",
       lambda w, f: minisign(w.other, f.sums))


def relabelled(site, key_id, message):
    other = Site("x", site.seed)
    other.key_id = key_id
    return minisign(other, message)


signed("S2", "a stranger's key under the sender's key id", "E_SIGNATURE",
       lambda w, f: relabelled(w.stranger, w.sender.key_id, f.sums))
signed("S2", "another peer's key under the sender's key id", "E_SIGNATURE",
       lambda w, f: relabelled(w.other, w.sender.key_id, f.sums))
signed("S2", "the sender's key under a stranger's key id", "E_UNKNOWN_KEY",
       lambda w, f: relabelled(w.sender, w.stranger.key_id, f.sums))
signed("S3", "the signature of another bundle", "E_SIGNATURE",
       lambda w, f: minisign(w.sender, next_bundle(w, sequence=9).sums))
signed("S3", "the signature of manifest.json", "E_SIGNATURE",
       lambda w, f: minisign(w.sender, f.manifest_bytes))
for word in ("receipt", "card"):
    signed("S6", "the signature of the same SUMS as a %s's" % word,
           "E_SIGNATURE", lambda w, f, k=word: minisign(
               w.sender, bundle.sums_of(f.entries, k)))


@refused("S2", "re-signed by another peer as its own", "E_RECORD")
def _(w):
    # The manifest speaks for "other"; the records were made for "sender".
    f = next_bundle(w)
    chunk = f.plain
    g = File(w.other, [w.reader], records=f.records, since=0, until=2)
    g.plain = chunk
    return g


refused("T2", "a revoked key", "E_REVOKED", next_bundle,
        setup=[("peer", "revoke", "sender")])
refused("T2", "a revoked key, before the day of the revocation", "E_REVOKED",
        lambda w: next_bundle(w, created="2001-01-01T00:00:00Z"),
        setup=[("peer", "revoke", "sender")])
refused("T2", "a removed peer", "E_UNKNOWN_KEY", next_bundle,
        setup=[("peer", "remove", "sender")])


@command("T1", "a site that trusts nobody trusts nobody")
def _(w):
    w.need("init", "--name", "lonely", home="lonely")
    path = w.write("t/x", next_bundle(w).data)
    for words in (("verify", path), ("import", path),
                  ("import", "--dry-run", path)):
        result = w.run(*words, home="lonely")
        must(result.code == EXITS["E_UNKNOWN_KEY"] and
             result.error() == "E_UNKNOWN_KEY", "%r" % result.err)


# --- cards

def card(id_, what, error, make, digits=None):
    """A card that is not pinned: make(w) gives (bytes or File, digits)."""
    def run(w):
        made, digits = make(w)
        data = made if isinstance(made, bytes) else made.data
        path, before = w.write("t/card", data), w.state()
        result = w.run("peer", "add", path, "--fingerprint", digits)
        must(result.code == EXITS[error] and result.error() == error,
             "exit %d: %r" % (result.code, result.err))
        must(b"\x1b" not in result.err, "%r" % result.err)
        must(w.state() == before, "something changed")
    command(id_, what, run)


def of(site, change=None, **more):
    """The card of a site, changed before it is signed, and its digits."""
    f = File(site, [], "card", **more)
    if change is not None:
        change(f)
    return f, bundle.fingerprint(site)


card("T7", "a card that promises files", "E_MANIFEST",
     lambda w: of(Site("weak"), cadence=3600))


def keyed(public):
    """A site whose Ed25519 key is this; signed with a key that it is not."""
    site = Site("weak")
    site.public = public
    return site


for i, point in enumerate(ed25519.small_order()):
    card("T7", "a key of small order: %s..." % point.hex()[:8],
         "E_TRUSTSTORE", lambda w, p=point: of(keyed(p)))
card("T7", "a key with a part of small order", "E_TRUSTSTORE",
     lambda w: of(keyed(ed25519.mixed_order(bytes(32)))))
for what, key in (("y = p", ed25519.P), ("y = p + 3", ed25519.P + 3),
                  ("y = 2^255 - 1", 2 ** 255 - 1), ("y = 2", 2)):
    card("T7", "no point or not canonical: " + what, "E_TRUSTSTORE",
         lambda w, k=key: of(keyed(k.to_bytes(32, "little"))))


def low_order_age(value):
    site = Site("weak")
    site.age_public = value.to_bytes(32, "little")
    return of(site)


LOW = [0, 1, age.PRIME - 1, age.PRIME, age.PRIME + 1] + [
    ed25519.number(bytes.fromhex(u)) for u in (
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
for value in LOW:
    card("E11", "an age key of low order: %d..." % (value % 10 ** 6),
         "E_TRUSTSTORE", lambda w, v=value: low_order_age(v))
for what, change in (
        ("in capitals", lambda t: t.upper()),
        ("one letter wrong", lambda t: t[:-1] + ("q" if t[-1] != "q" else
                                                 "p")),
        ("cut off", lambda t: t[:-1]), ("of another kind", lambda t:
                                        "agx" + t[3:])):
    card("T7", "an age key " + what, "E_TRUSTSTORE",
         lambda w, c=change: of(w.stranger, lambda f: f.manifest.update(
             age=c(f.manifest["age"]))))


def edited(what, error, change):
    card("T10", "a card " + what, error, lambda w: of(w.stranger, change))


edited("without a key", "E_MANIFEST", lambda f: f.manifest.pop("minisign"))
edited("with a field too many", "E_MANIFEST",
       lambda f: f.manifest.update(sequence=1))
edited("whose site has a Cyrillic letter", "E_MANIFEST",
       lambda f: f.manifest["from"].update(site="l\u0430b"))
edited("whose name has a zero-width space", "E_MANIFEST",
       lambda f: f.manifest["from"].update(name="lab\u200b-a"))
edited("whose name clears the screen", "E_MANIFEST",
       lambda f: f.manifest["from"].update(name="\x1b[2J"))
edited("whose key id is another", "E_TRUSTSTORE",
       lambda f: f.manifest["from"].update(key="0" * 16))
edited("signed by another key", "E_SIGNATURE", lambda f: setattr(
    f, "sig", relabelled(Site("x"), f.site.key_id, f.sums)))
edited("signed as a receipt", "E_FORMAT", lambda f: setattr(
    f, "sums", bundle.sums_of(f.entries, "receipt")))
edited("over 64 KiB", "E_LIMIT",
       lambda f: f.manifest.update({"x-pad": "p" * 65536}))
edited("with bytes after its end", "E_TRAILER", lambda f: setattr(
    f, "data", b"".join(f.parts) + b"x"))
edited("with a key of another algorithm", "E_TRUSTSTORE",
       lambda f: f.manifest.update(minisign=base64.b64encode(
           b"EX" + f.site.key_id + f.site.public).decode()))
card("T10", "a bundle for a card", "E_FORMAT", lambda w: (
    next_bundle(w), bundle.fingerprint(w.sender)))
card("T10", "a receipt for a card", "E_FORMAT", lambda w: (
    File(w.sender, [w.reader], "receipt"), bundle.fingerprint(w.sender)))

# --- fingerprints


def wrong_digits(id_, what, error, change):
    card(id_, what, error, lambda w: (
        of(w.stranger)[0], change(bundle.fingerprint(w.stranger))))


for at in (0, 17, 39, 40, 41):
    wrong_digits("T9", "digit %d is wrong" % (at + 1), "E_USAGE",
                 lambda d, i=at: d[:i] + str((int(d[i]) + 1) % 10) +
                 d[i + 1:])


def groups_swapped(digits):
    """Two different groups of five change places."""
    groups = [digits[i:i + 5] for i in range(0, 40, 5)]
    other = next(i for i in range(1, 8) if groups[i] != groups[0])
    groups[0], groups[other] = groups[other], groups[0]
    return "".join(groups) + digits[40:]


wrong_digits("T9", "two groups change places", "E_USAGE", groups_swapped)
wrong_digits("T9", "the digits of another site", "E_TRUSTSTORE",
             lambda d: bundle.fingerprint(Site("x")))
wrong_digits("T9", "no digits", "E_USAGE", lambda d: "")
wrong_digits("T9", "a digit too few", "E_USAGE", lambda d: d[:-1])
wrong_digits("T9", "a digit too many", "E_USAGE", lambda d: d + "0")
wrong_digits("T9", "digits of another alphabet", "E_USAGE",
             lambda d: d.translate({48 + i: 0x660 + i for i in range(10)}))

# --- the same key or site again


def other_site_same_key(w):
    site = Site("twin", w.sender.seed)
    site.key_id, site.age_secret = w.sender.key_id, w.sender.age_secret
    site.age_public = w.sender.age_public
    return of(site)


card("T6", "the sender's key for another site", "E_TRUSTSTORE",
     other_site_same_key)


def same_site_other_key(w):
    site = Site("sender")
    site.id = w.sender.id
    return of(site)


card("T6", "the sender's site with another key", "E_TRUSTSTORE",
     same_site_other_key)


def our_site(w):
    site = Site("mirror")
    site.id = w.reader.id
    return of(site)


card("T6", "our own site with another key", "E_TRUSTSTORE", our_site)


def same_name(w):
    return of(Site("sender"))


card("T6", "another site by the name of a peer", "E_USAGE", same_name)


@command("T6", "a key id that another peer has cannot be taken")
def _(w):
    site = Site("imitator")
    site.key_id = w.sender.key_id
    made, digits = of(site)
    before = w.state()
    result = w.run("peer", "add", w.write("t/card", made.data),
                   "--fingerprint", digits)
    must(result.code == EXITS["E_TRUSTSTORE"], "exit %d" % result.code)
    must(w.state() == before, "something changed")


@command("T6", "the same card again changes nothing")
def _(w):
    before = w.state()
    pinned(w, w.sender)
    must(w.state() == before, "something changed")


@command("T8", "a store that is no store, cut off, of another program")
def _(w):
    dump(w)
    with open(w.path("reader", "store.db"), "rb") as f:
        whole = f.read()
    path = w.write("t/x", next_bundle(w).data)
    for what, data, errors in (
            ("empty", b"", ("E_DAMAGED",)),
            ("cut off", whole[:8192], ("E_DAMAGED",)),
            ("noise", b"\xff" * len(whole), ("E_DAMAGED",)),
            ("of another program", whole[:68] + b"\0\0\0\1" + whole[72:],
             ("E_DAMAGED",)),
            ("of a later schema", whole[:60] + b"\0\0\0\x63" + whole[64:],
             ("E_VERSION",))):
        w.write("reader/store.db", data)
        for words in (("import", path), ("peer", "list"), ("verify", path)):
            result = w.run(*words)
            must(result.error() in errors, "%s: %s: exit %d, %r" % (
                what, words[0], result.code, result.err))
        with open(w.path("reader", "store.db"), "rb") as f:
            must(f.read() == data, "%s: the store was written" % what)
