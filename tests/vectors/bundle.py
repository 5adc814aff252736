"""Files of bundle format 1, written from docs/format.md alone.

A `File` is made in stages, each computed from the one before when it is first
asked for: chunks, plain, stored, manifest, manifest_bytes, entries, sums,
sig, parts, data.  A fault is put in by asking for a stage, changing it, and
letting the later ones follow; so all that is around the fault is right, its
hashes and its signature included.
"""

import base64
import hashlib
import json
import os
import struct
import zlib
from functools import cache, cached_property

import age
import ed25519

README = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../docs/format.md")
CREATED = "2026-03-04T05:06:07Z"


def hash32(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def canon(value):
    """Canonical JSON (format.md 1.1) of what has no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True,
                      separators=(",", ":")).encode()


def dict_of(value):
    return value if isinstance(value, dict) else {}


@cache
def readme():
    """The constant text of README.txt, out of the specification."""
    with open(README, encoding="utf-8") as f:
        text = f.read().split("### 3.2 README.txt")[1]
    text = text.split("```\n")[1].encode()
    assert len(text) == 591
    return text


# --- sites, keys, signatures

class Site:
    """Who writes: keys, one life, and the chain of its versions."""

    def __init__(self, name, seed=None):
        self.name = name
        self.seed = seed or os.urandom(32)
        self.key_id = os.urandom(8)
        self.public = ed25519.public(self.seed)
        self.age_secret = os.urandom(32)
        self.age_public = age.x25519(self.age_secret, age.NINE)
        self.id = os.urandom(8).hex()
        self.generation = 1
        self.nonce = os.urandom(8).hex()
        self.n = 0
        self.head = "0" * 64
        self.sequence = 0

    @property
    def actor(self):
        return [self.id, self.generation, self.nonce]

    @property
    def key_hex(self):
        return self.key_id[::-1].hex().upper()

    def dot(self, n):
        return self.actor + [n]

    def version(self, uid, content, **more):
        """The next version of this site, its dot and head used up."""
        self.n += 1
        version = {"content": content, "dot": self.dot(self.n),
                   "label": 1772600000 + self.n}
        version.update(more)
        self.head = hash32(canon([
            self.head, version["dot"], uid,
            hash32(canon(content)).hex()])).hex()
        return version

    def heads(self):
        return [self.actor + [self.n, self.head]] if self.n else []


def public_text(key_id, public):
    return base64.b64encode(b"Ed" + key_id + public)


def public_file(site):
    return b"untrusted comment: minisign public key %s\n%s\n" % (
        site.key_hex.encode(), public_text(site.key_id, site.public))


def secret_file(seed, public, key_id, **more):
    """A minisign secret key file without a passphrase; more: fields that
    are to be something else."""
    part = {"alg": b"Ed", "kdf": b"\0\0", "chk": b"B2", "salt": bytes(32),
            "ops": 0, "mem": 0, "id": key_id, "key": seed + public}
    part.update(more)
    part.setdefault("sum", hash32(part["alg"] + part["id"] + part["key"]))
    line = (part["alg"] + part["kdf"] + part["chk"] + part["salt"] +
            struct.pack("<QQ", part["ops"], part["mem"]) + part["id"] +
            part["key"] + part["sum"])
    return (b"untrusted comment: minisign encrypted secret key\n" +
            base64.b64encode(line) + b"\n")


def sig_text(key_id, first, second, alg=b"ED"):
    return (b"untrusted comment: satchel\n" +
            base64.b64encode(alg + key_id + first) +
            b"\ntrusted comment: satchel\n" +
            base64.b64encode(second) + b"\n")


def minisign(site, message):
    first = ed25519.sign(site.seed, hashlib.blake2b(message).digest())
    second = ed25519.sign(site.seed, first + b"satchel")
    return sig_text(site.key_id, first, second)


# --- fixed digits

def fingerprint(site):
    """The 42 digits of section 13."""
    n = int.from_bytes(hash32(
        b"satchel card fingerprint v1\0" + site.id.encode() + b"\0" +
        site.public + site.age_public), "big")
    digits = "%040d" % (n % 10 ** 40)
    return digits + "%02d" % (98 - int(digits) * 100 % 97)


# --- tar

def header(name, size, /, **more):
    """The one header of section 3.1; more: fields by name that are to be
    something else, before the checksum is made."""
    part = {"name": name.encode() if isinstance(name, str) else name,
            "mode": b"000644 \0", "uid": b"000000 \0", "gid": b"000000 \0",
            "size": b"%011o " % size, "mtime": b"0" * 11 + b" ",
            "type": b"0", "link": b"", "magic": b"ustar\00000",
            "uname": b"", "gname": b"", "major": b"000000 \0",
            "minor": b"000000 \0", "prefix": b"", "rest": b"",
            "sum": b"%06o\0 "}
    part.update(more)
    width = (("name", 100), ("mode", 8), ("uid", 8), ("gid", 8),
             ("size", 12), ("mtime", 12), ("sum", 8), ("type", 1),
             ("link", 100), ("magic", 8), ("uname", 32), ("gname", 32),
             ("major", 8), ("minor", 8), ("prefix", 155), ("rest", 12))
    style = part["sum"]
    part["sum"] = b" " * 8
    block = b"".join(part[key].ljust(n, b"\0") for key, n in width)
    assert len(block) == 512
    total = style % sum(block) if b"%" in style else style
    return block[:148] + total.ljust(8, b"\0") + block[156:]


def pad(size):
    return b"\0" * (-size % 512)


def member(name, content, /, **more):
    return header(name, len(content), **more) + content + pad(len(content))


END = bytes(1024)


def tar(entries):
    return b"".join(member(n, c) for n, c in entries) + END


# --- compression

def zstd_header(size, window=None):
    """Magic, descriptor with the content size in 4 bytes, single segment
    unless there is a window byte."""
    if window is None:
        return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", size)
    return b"\x28\xb5\x2f\xfd\x80" + bytes([window]) + struct.pack("<I", size)


def zstd_block(kind, size, data, last):
    """kind 0: raw, 1: one byte repeated, 2: compressed, 3: reserved."""
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + data


def zstd(data):
    """A frame of raw blocks; runs of one byte become RLE blocks."""
    out, step = [zstd_header(len(data))], 4096
    for at in range(0, max(len(data), 1), step):
        block = data[at:at + step]
        last = at + step >= len(data)
        run = len(block) > 1 and block == block[:1] * len(block)
        out.append(zstd_block(1 if run else 0, len(block),
                              block[:1] if run else block, last))
    return b"".join(out)


GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"


def deflate(data):
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


def gzip(data, head=GZIP_HEADER, crc=None, size=None, body=None):
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    return (head + (deflate(data) if body is None else body) +
            struct.pack("<II", crc, size & 0xffffffff))


# --- files

class File:
    """A file of any kind, good as it is."""

    def __init__(self, site, to, kind="bundle", records=(), blobs=(), **more):
        """to: sites with name, id and age_public.  records: (uid,
        [versions]); blobs: contents, or (name, content) of pack entries.
        more: since, until, compression, encryption, and fields of the
        manifest."""
        self.site = site
        self.to = sorted(to, key=lambda s: s.id)
        self.kind = kind
        self.records = list(records)
        self.blobs = [b if isinstance(b, tuple) else (hash32(b).hex(), b)
                      for b in blobs]
        self.more = more
        self.heads = site.heads()
        self.sequence = more.get("sequence") or site.sequence + 1
        self.compression = more.get("compression", "zstd")
        self.encrypted = more.get("encryption") == "age"

    @property
    def has_data(self):
        return self.kind in ("bundle", "excerpt")

    # Plain bytes

    def first_line(self, number):
        return canon({"from": self.site.id, "key": self.site.key_hex,
                      "member": number, "satchel": "records/1",
                      "sequence": self.sequence,
                      "to": [s.id for s in self.to]})

    @cached_property
    def lines(self):
        """The record lines, without the first."""
        out = []
        for uid, versions in self.records:
            out.append(canon({"uid": uid, "versions": len(versions)}))
            out += [canon(v) for v in versions]
        return out

    @cached_property
    def chunks(self):
        """Lines of each record chunk, in order."""
        return [self.lines] if self.lines else []

    @cached_property
    def plain(self):
        """[kind, bytes] of each data member."""
        out = [["blobs.tar", tar(self.blobs)]] if self.blobs else []
        for lines in self.chunks:
            first = self.first_line(len(out) + 1)
            out.append(["records.jsonl", b"".join(
                line + b"\n" for line in [first] + lines)])
        return out

    @cached_property
    def packed(self):
        """The compressed bytes of each."""
        squeeze = zstd if self.compression == "zstd" else gzip
        return [squeeze(data) for _, data in self.plain]

    @cached_property
    def stored(self):
        """(name, bytes as stored) of each."""
        suffix = {"zstd": ".zst", "gzip": ".gz"}[self.compression]
        keys = [s.age_public for s in self.to]
        out = []
        for i, (kind, _) in enumerate(self.plain):
            name = "%06d.%s%s" % (i + 1, kind, suffix)
            data = self.packed[i]
            if self.encrypted:
                name, data = name + ".age", age.encrypt(data, keys)
            out.append((name, data))
        return out

    # The manifest

    @cached_property
    def totals(self):
        versions = [vs for _, vs in self.records]
        return {"blob_bytes": sum(len(c) for _, c in self.blobs),
                "blobs": len(self.blobs),
                "deleted": sum(all("deleted" in dict_of(v.get("content"))
                                   for v in vs) for vs in versions),
                "members": len(self.stored),
                "records": len(self.records),
                "unpacked": sum(len(data) for _, data in self.plain),
                "versions": sum(len(vs) for vs in versions)}

    @cached_property
    def manifest(self):
        s = self.site
        m = {"created": CREATED, "critical": [], "format": 1,
             "from": {"generation": s.generation, "key": s.key_hex,
                      "name": s.name, "nonce": s.nonce, "site": s.id},
             "kind": self.kind}
        if self.kind == "card":
            m["age"] = age.recipient(s.age_public)
            m["minisign"] = public_text(s.key_id, s.public).decode()
        else:
            m.update(heads=self.heads, heard=[], receipts=[],
                     sequence=self.sequence,
                     to=[{"name": t.name, "site": t.id} for t in self.to])
        if self.has_data:
            m.update(compression=self.compression, filter=["*"],
                     encryption="age" if self.encrypted else "none",
                     totals=self.totals)
        if self.kind == "bundle":
            m.update(since=0, until=len(self.records))
        if self.kind == "request":
            m["wanted"] = []
        m.update(self.more)
        return m

    @cached_property
    def manifest_bytes(self):
        return canon(self.manifest)

    # The container

    @cached_property
    def entries(self):
        """(name, content) of what SUMS lists."""
        return ([("README.txt", readme())] + self.stored +
                [("manifest.json", self.manifest_bytes)])

    @cached_property
    def sums(self):
        word = {"receipt": "receipt", "request": "receipt",
                "card": "card"}.get(self.kind, "bundle")
        return sums_of(self.entries, word)

    @cached_property
    def sig(self):
        return minisign(self.site, self.sums)

    @cached_property
    def parts(self):
        """A block of bytes for each member, then the end."""
        return [member(n, c) for n, c in self.entries +
                [("SUMS", self.sums), ("SUMS.minisig", self.sig)]] + [END]

    @cached_property
    def data(self):
        return b"".join(self.parts)


def sums_of(entries, word="bundle"):
    return b"# satchel %s/1\n" % word.encode() + b"".join(
        b"BLAKE2b-256 (%s) = %s\n" % (n.encode(), hash32(c).hex().encode())
        for n, c in entries)
