"""A second reader: takes a file of satchel's apart as docs/format.md says,
with none of satchel's code, and asserts what it must be."""

import base64
import hashlib
import json
import subprocess
import zlib

import age
import ed25519
from bundle import END, canon, hash32, header, pad, readme, sums_of


class Wrong(Exception):
    pass


def must(true, what):
    if not true:
        raise Wrong(what)


def take_tar(data):
    """[(name, content)] of an archive under the rules of section 3.1."""
    entries, at = [], 0
    while data[at:at + 512] != bytes(512):
        name = data[at:at + 100].rstrip(b"\0").decode()
        size = int(data[at + 124:at + 135], 8)
        must(data[at:at + 512] == header(name, size), "header of " + name)
        at += 512
        must(data[at + size:at + size + len(pad(size))] == pad(size),
             "padding of " + name)
        entries.append((name, data[at:at + size]))
        at += size + len(pad(size))
    must(data[at:] == END, "the end")
    return entries


def check_signature(sums, text, public_text):
    lines = text.split(b"\n")
    must(len(text) == 242 and len(lines) == 5 and lines[4] == b"" and
         lines[0] == b"untrusted comment: satchel" and
         lines[2] == b"trusted comment: satchel", "SUMS.minisig")
    line, second = base64.b64decode(lines[1]), base64.b64decode(lines[3])
    public = base64.b64decode(public_text)
    must(public[:2] == b"Ed" and line[:2] == b"ED" and
         line[2:10] == public[2:10], "key id")
    must(ed25519.verify(public[10:], hashlib.blake2b(sums).digest(),
                        line[10:]), "the signature")
    must(ed25519.verify(public[10:], line[10:] + b"satchel", second),
         "the second signature")
    return line[2:10][::-1].hex().upper()


def unpack(name, data, secret):
    if name.endswith(".age"):
        data, name = age.decrypt(data, secret), name[:-4]
    if name.endswith(".gz"):
        inflate = zlib.decompressobj(31)
        data = inflate.decompress(data) + inflate.flush()
        must(inflate.eof and not inflate.unused_data, "gzip")
        return data
    return subprocess.run(["zstd", "-dcq"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def read_records(lines):
    """[(uid, [version])]"""
    records = []
    for line in lines:
        value = json.loads(line)
        must(canon(value) == line, "a line that is not canonical")
        if "uid" in value:
            must(not records or
                 len(records[-1][1]) == records[-1][2], "versions")
            records.append((value["uid"], [], value["versions"]))
        else:
            records[-1][1].append(value)
    return [(uid, versions) for uid, versions, _ in records]


class Read:
    """What a good file holds; raises Wrong for any other."""

    def __init__(self, data, public_text=None, secret=None):
        """public_text: whose signature; None: a card, its own."""
        self.entries = take_tar(data)
        names = [n for n, _ in self.entries]
        by_name = dict(self.entries)
        self.members = self.entries[1:-3]
        must(names[0] == "README.txt" and names[-3:] ==
             ["manifest.json", "SUMS", "SUMS.minisig"], "members")
        must(by_name["README.txt"] == readme(), "README.txt")
        self.manifest = json.loads(by_name["manifest.json"])
        must(canon(self.manifest) == by_name["manifest.json"], "canonical")
        kind = self.manifest["kind"]
        word = {"excerpt": "bundle", "request": "receipt"}.get(kind, kind)
        must(by_name["SUMS"] == sums_of(self.entries[:-2], word), "SUMS")
        self.id = hash32(by_name["SUMS"]).hex()
        key = check_signature(by_name["SUMS"], by_name["SUMS.minisig"],
                              public_text or self.manifest["minisign"])
        must(key == self.manifest["from"]["key"], "key id")
        self.blobs, self.records = {}, []
        if kind in ("bundle", "excerpt"):
            self.read_members(secret)
            self.check_totals()

    def read_members(self, secret):
        m, lines = self.manifest, []
        for number, (name, stored) in enumerate(self.members, 1):
            must(name.startswith("%06d." % number), "number of " + name)
            plain = unpack(name, stored, secret)
            if ".blobs.tar." in name:
                for entry, content in take_tar(plain):
                    self.blobs[entry] = content
                continue
            first, *rest = plain.split(b"\n")
            must(first == canon({
                "from": m["from"]["site"], "key": m["from"]["key"],
                "member": number, "satchel": "records/1",
                "sequence": m["sequence"],
                "to": [t["site"] for t in m["to"]]}), "first line")
            must(rest.pop() == b"", "last line")
            lines += rest
        self.records = read_records(lines)

    def check_totals(self):
        t = self.manifest["totals"]
        versions = [vs for _, vs in self.records]
        must(t["members"] == len(self.members) and
             t["records"] == len(self.records) and
             t["versions"] == sum(map(len, versions)) and
             t["blob_bytes"] == sum(map(len, self.blobs.values())) and
             t["deleted"] == sum(all("deleted" in v["content"] for v in vs)
                                 for vs in versions), "totals")

    def whole_blobs(self):
        """Contents by hash, parts joined and checked."""
        joined = {}
        for name in sorted(self.blobs):
            joined[name[:64]] = joined.get(name[:64], b"") + self.blobs[name]
        for name, content in joined.items():
            must(hash32(content).hex() == name, "blob " + name)
        return joined
