"""Group E: encryption with age (rows E1 to E12)."""

import os

import age
from bundle import File
from suite import EXITS, accepted, command, must, refused
from world import next_bundle, thing


def sealed(id_, what, error, make_member, **more):
    """The bytes of the one member are those of make_member(w, packed)."""
    def make(w):
        f = next_bundle(w, encryption="age")
        name = "000001.records.jsonl.zst.age"
        f.stored = [(name, make_member(w, f.packed[0]))]
        return f
    refused(id_, what, error, make, **more)


class Parts:
    """An age file in pieces."""

    def __init__(self, w, data, recipients=None):
        self.file_key, self.nonce = os.urandom(16), os.urandom(16)
        self.stanzas = [age.stanza(self.file_key, r) for r in
                        recipients or [w.reader.age_public]]
        key = age.payload_key(self.file_key, self.nonce)
        self.chunks = age.write_chunks(key, data)
        self.key, self.header, self.tail = key, None, b""

    def join(self):
        if self.header is None:
            self.header = age.write_header(self.stanzas, self.file_key)
        return self.header + self.nonce + b"".join(self.chunks) + self.tail


def pieces(id_, what, error, change, **more):
    def make_member(w, packed):
        parts = Parts(w, packed)
        change(parts)
        return parts.join()
    sealed(id_, what, error, make_member, **more)


# --- E1, E2: the stanzas

sealed("E1", "for another site only", "E_NOT_FOR_US",
       lambda w, d: age.encrypt(d, [w.other.age_public]))
sealed("E1", "for the sender itself only", "E_NOT_FOR_US",
       lambda w, d: age.encrypt(d, [w.sender.age_public]))
accepted("E1", "for 63 others and us", lambda w: many(w, 63))


def many(w, others):
    f = next_bundle(w, encryption="age")
    keys = [age.x25519(bytes([i]) * 32, age.NINE) for i in range(others)]
    f.stored = [("000001.records.jsonl.zst.age", age.encrypt(
        f.packed[0], keys + [w.reader.age_public]))]
    return f


def stanza(index, change):
    """change(args, body) gives the stanza that is written."""
    def edit(parts):
        args, body = parts.stanzas[index]
        parts.stanzas[index] = change(args, body)
    return edit


def flipped(data, bit=0):
    return bytes([data[0] ^ 1 << bit]) + data[1:]


pieces("E2", "the wrapped key flipped", "E_NOT_FOR_US",
       stanza(0, lambda a, b: (a, flipped(b))))
pieces("E2", "the share flipped", "E_NOT_FOR_US", stanza(
    0, lambda a, b: ([a[0], age.b64(flipped(age.unb64(a[1])))], b)))
for size in (0, 16, 31, 33, 48, 64):
    pieces("E2", "a wrapped key of %d bytes" % size, "E_DECRYPT",
           stanza(0, lambda a, b, n=size: (a, (b * 2)[:n])))
for size in (0, 31, 33):
    pieces("E2", "a share of %d bytes" % size, "E_DECRYPT", stanza(
        0, lambda a, b, n=size: ([a[0], age.b64(
            (age.unb64(a[1]) * 2)[:n]) or b""], b)))
for what, share in (("zeros", bytes(32)), ("one", b"\1" + bytes(31)),
                    ("p - 1", (age.PRIME - 1).to_bytes(32, "little"))):
    pieces("E2", "a share of low order: " + what, "E_DECRYPT", stanza(
        0, lambda a, b, s=share: ([a[0], age.b64(s)], b)))
pieces("E2", "a stanza with three arguments", "E_DECRYPT",
       stanza(0, lambda a, b: (a + [b"x"], b)))
pieces("E2", "a stanza without a share", "E_DECRYPT",
       stanza(0, lambda a, b: (a[:1], b)))
pieces("E2", "no stanza", "E_DECRYPT", lambda p: p.stanzas.clear())
pieces("E2", "a passphrase stanza beside ours", "E_DECRYPT",
       lambda p: p.stanzas.append(
           ([b"scrypt", age.b64(bytes(16)), b"10"], bytes(32))))
pieces("E2", "a passphrase stanza alone", "E_NOT_FOR_US", stanza(
    0, lambda a, b: ([b"scrypt", age.b64(bytes(16)), b"30"], b)))
accepted("E2", "an unknown stanza is passed over", lambda w: unknown(w))


def unknown(w):
    f = next_bundle(w, encryption="age")
    parts = Parts(w, f.packed[0])
    parts.stanzas.insert(0, ([b"grease", b"x", b"y"], b"z" * 100))
    f.stored = [("000001.records.jsonl.zst.age", parts.join())]
    return f


# --- header

def header(what, error, change):
    def edit(parts):
        parts.header = change(age.write_header(parts.stanzas,
                                               parts.file_key))
    pieces("E6", "header: " + what, error, edit)


def mac_flipped(text):
    return text[:-10] + (b"A" if text[-10:-9] != b"A" else b"B") + text[-9:]


header("another MAC", "E_DECRYPT", mac_flipped)
header("no MAC", "E_DECRYPT", lambda t: t[:-45] + b"\n")
header("age v2", "E_DECRYPT", lambda t: t.replace(b"/v1", b"/v2", 1))
header("CR LF", "E_DECRYPT", lambda t: t.replace(b"\n", b"\r\n"))
header("another stanza after the MAC was made", "E_DECRYPT",
       lambda t: t.replace(b"--- ", b"-> x\n\n--- "))
header("armor", "E_DECRYPT",
       lambda t: b"-----BEGIN AGE ENCRYPTED FILE-----\n" + t)
header("padding in base64", "E_DECRYPT",
       lambda t: t.replace(b"\n--- ", b"=\n--- "))
pieces("E6", "another file key than the MAC's", "E_DECRYPT", lambda p:
       setattr(p, "header", age.write_header(p.stanzas, bytes(16))))
sealed("E6", "no bytes", "E_DECRYPT", lambda w, d: b"")
sealed("E6", "plain though it is named encrypted", "E_DECRYPT",
       lambda w, d: d)

# --- E3 to E5: the payload, of three chunks


LONG = None


def long_payload(w):
    """Three chunks under one key, made once: this is slow."""
    global LONG
    if LONG is None:
        s = w.sender
        n, head = s.n, s.head
        big = os.urandom(70000).hex()
        records = [("big", [s.version("big", thing("big", big))])]
        s.n, s.head = n, head
        f = File(s, [w.reader], records=records, since=3, until=4,
                 encryption="age", sequence=77)
        LONG = records, Parts(w, f.packed[0])
        assert len(LONG[1].chunks) == 3
    return LONG


def long_file(w, change):
    records, whole = long_payload(w)
    f = File(w.sender, [w.reader], records=records, since=3, until=4,
             encryption="age", sequence=77)
    parts = object.__new__(Parts)
    parts.__dict__.update(whole.__dict__, chunks=list(whole.chunks))
    change(parts)
    f.stored = [("000001.records.jsonl.zst.age", parts.join())]
    return f


def chunked(id_, what, change):
    refused(id_, "payload: " + what, "E_DECRYPT",
            lambda w: long_file(w, change))


def reseal(parts, index, last):
    """The last chunk sealed again as number `index`, final or not."""
    plain = age.unseal(parts.key, age.chunk_nonce(2, True), parts.chunks[2])
    return age.seal(parts.key, age.chunk_nonce(index, last), plain)


accepted("E3", "three chunks as they are", lambda w: long_file(
    w, lambda p: None))
chunked("E3", "chunks swapped", lambda p: p.chunks.insert(
    0, p.chunks.pop(1)))
chunked("E3", "the first dropped", lambda p: p.chunks.pop(0))
chunked("E3", "the middle dropped", lambda p: p.chunks.pop(1))
chunked("E3", "the first doubled", lambda p: p.chunks.insert(0, p.chunks[0]))
chunked("E3", "a bit of the second", lambda p: p.chunks.__setitem__(
    1, flipped(p.chunks[1])))
chunked("E3", "another nonce", lambda p: setattr(p, "nonce", bytes(16)))
chunked("E4", "the last dropped", lambda p: p.chunks.pop())
chunked("E4", "the last doubled", lambda p: p.chunks.append(p.chunks[2]))
chunked("E4", "the last is not final", lambda p: p.chunks.__setitem__(
    2, reseal(p, 2, False)))
chunked("E4", "final too early", lambda p: p.chunks.insert(
    2, reseal(p, 2, True)))
chunked("E4", "a good chunk after the final one", lambda p: p.chunks.append(
    reseal(p, 3, False)))
chunked("E4", "a byte after the final one",
        lambda p: setattr(p, "tail", b"x"))
chunked("E4", "an empty final chunk after a full one", lambda p: (
    p.chunks.__delitem__(slice(1, 3)), p.chunks.append(age.seal(
        p.key, age.chunk_nonce(1, True), b""))))
chunked("E5", "no chunk", lambda p: p.chunks.clear())
chunked("E5", "15 bytes of a chunk", lambda p: p.chunks.__setitem__(
    slice(0, 3), [p.chunks[2][:15]]))
chunked("E5", "cut off in the last", lambda p: p.chunks.__setitem__(
    2, p.chunks[2][:-1]))
chunked("E5", "cut off in the nonce", lambda p: (
    p.chunks.clear(), setattr(p, "nonce", bytes(15))))
pieces("E5", "an empty payload", "E_DECOMPRESS",
       lambda p: p.chunks.__setitem__(slice(None), [age.seal(
           p.key, age.chunk_nonce(0, True), b"")]))

# --- E7 to E12


@refused("E8", "the ciphertext of one member in place of the other's",
         "E_RECORD")
def _(w):
    f = next_bundle(w, encryption="age")
    f.chunks = [f.lines[:2], f.lines[2:]]
    (a, first), (b, second) = f.stored
    f.stored = [(a, second), (b, first)]
    return f


@refused("E8", "the ciphertext of another file", "E_RECORD")
def _(w):
    f = next_bundle(w, encryption="age")
    f.stored = next_bundle(w, encryption="age", sequence=9).stored
    return f


REQUIRED = [("peer", "set", "sender", "encrypt=required")]
refused("E9", "plain, from a peer that must encrypt", "E_POLICY",
        next_bundle, setup=REQUIRED)
refused("E9", "a plain excerpt, from a peer that must encrypt", "E_POLICY",
        lambda w: File(w.sender, [w.reader], "excerpt",
                       records=next_bundle(w).records), setup=REQUIRED)
accepted("E9", "encrypted, from a peer that must encrypt",
         lambda w: next_bundle(w, encryption="age"), setup=REQUIRED)
accepted("E9", "a receipt, from a peer that must encrypt", lambda w: File(
    w.sender, [w.reader], "receipt"), setup=REQUIRED)


@refused("E10", "for another site, though we can open it", "E_WRONG_DEST")
def _(w):
    f = next_bundle(w, encryption="age")
    f.to = [w.other]
    f.stored = [(f.stored[0][0], age.encrypt(
        f.packed[0], [w.reader.age_public]))]
    return f


@refused("E10", "made for another site, its records passed on to us",
         "E_RECORD")
def _(w):
    theirs = File(w.sender, [w.other], records=next_bundle(w).records,
                  since=3, until=5)
    f = next_bundle(w, encryption="age")
    f.plain = theirs.plain
    return f


@command("E11", "no key of low order is ever exported to")
def _(w):
    # Pinning is where it is refused (see trust.py); a store that holds one
    # all the same writes nothing.
    import sqlite3
    db = sqlite3.connect(w.path("reader", "store.db"))
    db.execute("UPDATE peer SET age=?, encrypt='yes' WHERE name='sender'",
               (age.recipient(bytes(32)),))
    db.commit()
    db.close()
    os.mkdir(w.path("none"))
    result = w.run("export", "--to", "sender", "--full", "--out",
                   w.path("none"))
    must(result.code == EXITS["E_TRUSTSTORE"], "%d: %r" % (
        result.code, result.err))
    must(os.listdir(w.path("none")) == [], "a file was written")


refused("E12", "65 recipients", "E_LIMIT", lambda w: many(w, 64))
pieces("E12", "a header over 64 KiB", "E_LIMIT", lambda p:
       p.stanzas.extend([([b"x"] + [b"y" * 60] * 20, b"")] * 60))
pieces("E12", "100,000 unknown stanzas", "E_LIMIT", lambda p:
       p.stanzas.extend([([b"x"], b"")] * 100000), limited=True)


@command("E13", "the same data encrypted twice gives other bytes")
def _(w):
    w.need("peer", "set", "sender", "encrypt=yes")
    seen = []
    for _ in range(2):
        path = w.need("export", "--to", "sender", "--full", "--out",
                      w.path("t")).out.decode().strip()
        with open(path, "rb") as f:
            import readback
            seen.append(readback.Read(f.read(), w.reader.card["minisign"],
                                      w.sender.age_secret))
    shares = [age.read_stanzas(data) for f in seen
              for _, data in f.members]
    for part in (lambda s: s[0][0][0][1], lambda s: s[0][0][1],
                 lambda s: s[3][:16], lambda s: s[3][16:48]):
        must(len({part(s) for s in shares}) == len(shares), "one twice")
