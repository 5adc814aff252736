"""Group M: the manifest (rows M1 to M14)."""

import json


import bundle
from bundle import File, canon, hash32
from suite import accepted, must, refused
from world import next_bundle

H = "ab" * 32


def edited(id_, what, error, change, **more):
    """A field of the manifest changed, then all signed."""
    def make(w):
        f = next_bundle(w)
        change(f.manifest)
        return f
    refused(id_, what, error, make, **more)


def retyped(id_, what, error, change, **more):
    """The text of the manifest changed, then all signed."""
    def make(w):
        f = next_bundle(w)
        f.manifest_bytes = change(f.manifest_bytes)
        return f
    refused(id_, what, error, make, **more)


def setting(**fields):
    return lambda m: m.update(fields)


# --- M1 to M5: form

retyped("M1", "256 KiB and one byte", "E_LIMIT",
        lambda t: t[:-1] + b',"x-pad":"%s"}' % (
            b"p" * (262145 - len(t) - 11)))
retyped("M1", "8 MiB", "E_LIMIT", lambda t: t + b" " * (8 << 20))
for what, change in (
        ("indented", lambda t: json.dumps(json.loads(t), indent=1,
                                          sort_keys=True).encode()),
        ("a space after a comma", lambda t: t.replace(b",", b", ", 1)),
        ("keys in another order", lambda t: canon(dict(reversed(
            list(json.loads(t).items())))).replace(
                b'{"created"', b'{"until":5,"created"').replace(
                    b',"until":5}', b"}")),
        ("a line end after it", lambda t: t + b"\n"),
        ("a byte order mark", lambda t: b"\xef\xbb\xbf" + t),
        ("a zero byte after it", lambda t: t + b"\0"),
        ("a second document", lambda t: t + t),
        ("a comment", lambda t: b"/**/" + t),
        ("an escape that need not be", lambda t: t.replace(
            b'"sender"', b'"s\\u0065nder"')),
        ("an escaped slash", lambda t: t.replace(
            b'"critical":[]', b'"critical":[],"x-a":"\\/"')),
        ("bytes that are no UTF-8", lambda t: t.replace(
            b'"sender"', b'"s\xff"')),
        ("a number with a plus", lambda t: t.replace(
            b'"since":3', b'"since":+3')),
        ("a number with a leading zero", lambda t: t.replace(
            b'"since":3', b'"since":03')),
        ("no bytes", lambda t: b""),
        ("a list", lambda t: b"[" + t + b"]"),
        ("a word", lambda t: b"null"),
        ("cut off", lambda t: t[:-1]),
        ("65 levels", lambda t: t[:-1] + b',"x-a":' + b"[" * 64 +
         b"]" * 64 + b"}"),
        ("100,000 levels", lambda t: t[:-1] + b',"x-a":' +
         b"[" * 100000 + b"]" * 100000 + b"}")):
    retyped("M2", what, "E_MANIFEST", change)
retyped("M3", "a key twice", "E_MANIFEST",
        lambda t: t.replace(b'"since":3', b'"since":3,"since":3'))
retyped("M3", "a key twice, once escaped", "E_MANIFEST",
        lambda t: t.replace(b'"since":3', b'"since":3,"s\\u0069nce":0'))
for number in (2, 10 ** 6):
    edited("M4", "format %d" % number, "E_VERSION", setting(format=number))
edited("M4", "format 0", "E_MANIFEST", setting(format=0))
edited("M5", "a critical field", "E_VERSION", setting(critical=["volumes"]))
edited("M5", "an unknown field", "E_MANIFEST", setting(volumes=1))
edited("M5", "an unknown field with a capital X-", "E_MANIFEST",
       lambda m: m.update({"X-a": 1}))
edited("M5", "an x- field in another place", "E_MANIFEST",
       lambda m: m["totals"].update({"x-a": 1}))
accepted("M5", "x- fields", lambda w: next_bundle(
    w, **{"x-a": {"b": [1.5, None]}, "x-": "\x01\u202e"}))

# --- M6: every field missing, and of every wrong kind

SAMPLES = {"null": None, "true": True, "-1": -1, "1.5": 1.5, "a text": "x",
           "a list": [], "a list of null": [None], "an object": {},
           "an object of null": {"x": None}}
# What is right of the above, by field.
FINE = {"critical": {"a list"}, "heads": {"a list"}, "heard": {"a list"},
        "receipts": {"a list"}, "wanted": {"a list"}}
KINDS = ("bundle", "excerpt", "receipt", "request")


def of_kind(w, kind):
    if kind == "bundle":
        return next_bundle(w)
    records = next_bundle(w).records if kind == "excerpt" else []
    return File(w.sender, [w.reader], kind, records=records)


FIELDS = ("created", "critical", "format", "from", "heads", "heard", "kind",
          "receipts", "sequence", "to")
DATA = ("compression", "encryption", "filter", "totals")
HAS = {"bundle": FIELDS + DATA + ("since", "until"),
       "excerpt": FIELDS + DATA, "receipt": FIELDS,
       "request": FIELDS + ("wanted",)}


def generated(kind, what, change, id_="M6"):
    def make(w):
        f = of_kind(w, kind)
        change(f.manifest)
        return f
    refused(id_, "%s: %s" % (kind, what), "E_MANIFEST", make,
            family=True)


def without(*path):
    def change(m):
        for key in path[:-1]:
            m = m[key]
        del m[path[-1]]
    return change


def with_value(value, *path):
    def change(m):
        for key in path[:-1]:
            m = m[key]
        m[path[-1]] = value
    return change


for kind in KINDS:
    for field in HAS[kind]:
        generated(kind, "no " + field, without(field))
        for what, value in SAMPLES.items():
            if what not in FINE.get(field, ()):
                generated(kind, "%s is %s" % (field, what),
                          with_value(value, field))
for field in sorted(set(HAS["bundle"]) | {"wanted", "age", "minisign"}):
    for kind in KINDS:
        if field not in HAS[kind]:
            generated(kind, "with the field " + field,
                      with_value([] if field == "wanted" else "zstd", field))
for field in ("generation", "key", "name", "nonce", "site"):
    generated("bundle", "from without " + field, without("from", field))
    for what, value in SAMPLES.items():
        if (field, what) != ("name", "a text") and (
                field, what) != ("site", "a text"):
            generated("bundle", "from.%s is %s" % (field, what),
                      with_value(value, "from", field))
for field in ("blob_bytes", "blobs", "deleted", "members", "records",
              "unpacked", "versions"):
    generated("bundle", "totals without " + field, without("totals", field))
    for what, value in SAMPLES.items():
        generated("bundle", "totals.%s is %s" % (field, what),
                  with_value(value, "totals", field))
for field in ("name", "site"):
    generated("bundle", "to without " + field, without("to", 0, field))
    for what, value in SAMPLES.items():
        if what != "a text":
            generated("bundle", "to.%s is %s" % (field, what),
                      with_value(value, "to", 0, field))

# A promise may be in any of them.

def promised(w):
    shown = w.need("peer", "show", "--json", "sender").document
    return shown["cadence"]


def check_promise(w, f):
    must(promised(w) == f.manifest.get("cadence"), "cadence")


for kind in KINDS:
    for value in (3600, 31622400):
        @accepted("M6", "%s: cadence %d" % (kind, value),
                  check=check_promise)
        def _(w, kind=kind, value=value):
            f = of_kind(w, kind)
            f.manifest["cadence"] = value
            return f
    for value in (0, 3599, 31622401, 2 ** 53, -3600, 3600.5, "3600", True,
                  None, [], {}):
        generated(kind, "cadence %s" % canon(value).decode(),
                  with_value(value, "cadence"))
accepted("M6", "no cadence", next_bundle, check=check_promise)

# Rows of the lists, good as they are; each of their cells wrong in turn.
ACTOR = ["someone", 1, "0123456789abcdef"]
ROWS = {"heads": ACTOR + [7, H], "heard": ["someone", ACTOR, 7, H],
        "receipts": ["someone", ACTOR, ["*"], 7]}
BAD_CELLS = {"site": ("", "A", "a b", "\u0430", "a" * 33, None, 1),
             "generation": (0, -1, 1.0, "1", 2 ** 53, None),
             "nonce": ("", "0123456789ABCDEF", "0123456789abcde", None),
             "n": (0, -1, "7", 2 ** 53, None),
             "hash": (H.upper(), H[:63], H + "a", "x" * 64, None, 1)}
CELLS = {"heads": ("site", "generation", "nonce", "n", "hash"),
         "heard": ("site", None, "n", "hash"),
         "receipts": ("site", None, None, None)}



def cell(field, at, value, id_="M6"):
    row = json.loads(json.dumps(ROWS[field]))
    inner = row
    for index in at[:-1]:
        inner = inner[index]
    inner[at[-1]] = value
    generated("receipt", "%s: cell %s is %s" % (
        field, ".".join(map(str, at)), canon(value).decode()[:40]),
              setting(**{field: [row]}), id_)


for field, row in ROWS.items():
    for i, name in enumerate(CELLS[field]):
        for value in BAD_CELLS.get(name, ()):
            cell(field, (i,), value, "M9" if name == "hash" else "M6")
    if field != "heads":
        for i, name in enumerate(("site", "generation", "nonce")):
            for value in BAD_CELLS[name]:
                cell(field, (1, i), value)
    generated("receipt", field + ": a row too short",
              setting(**{field: [row[:-1]]}))
    generated("receipt", field + ": a row too long",
              setting(**{field: [row + [1]]}))
    generated("receipt", field + ": a row twice",
              setting(**{field: [row, row]}))
    generated("receipt", field + ": rows in another order", setting(
        **{field: [row, ["another"] + row[1:]]}))
for value in ([], ["b", "a"], ["a", "a"], ["*", "a"], ["a b"], [""], ["**"],
              [1], "*", ["a" * 65]):
    cell("receipts", (2,), value)
    edited("M6", "filter %s" % canon(value).decode()[:20], "E_MANIFEST",
           setting(filter=value))
for value in (-1, 1.0, "7", 2 ** 53, None):
    cell("receipts", (3,), value)
for value in ([H, H], [H, "aa" * 32]):
    generated("request", "wanted %s" % canon(value).decode()[:30],
              setting(wanted=value))
for value in BAD_CELLS["hash"]:
    generated("request", "wanted %s" % canon([value]).decode()[:30],
              setting(wanted=[value]), "M9")


@refused("M6", "2,001 wanted blobs", "E_LIMIT")
def _(w):
    return File(w.sender, [w.reader], "request", wanted=sorted(
        hash32(b"%d" % i).hex() for i in range(2001)))


# --- M7 to M14

for value in (-1, 1.0, "5", 2 ** 53, 2 ** 63, 2 ** 64):
    for field in ("since", "until", "sequence"):
        edited("M7", "%s %r" % (field, value), "E_MANIFEST",
               setting(**{field: value}))
retyped("M7", "since -0", "E_MANIFEST",
        lambda t: t.replace(b'"since":3', b'"since":-0'))
retyped("M7", "until 1e3", "E_MANIFEST",
        lambda t: t.replace(b'"until":5', b'"until":1e3'))
retyped("M7", "until with 400 digits", "E_MANIFEST",
        lambda t: t.replace(b'"until":5', b'"until":' + b"9" * 400))
edited("M7", "sequence 0", "E_MANIFEST", setting(sequence=0))
for field, error in (("records", "E_RECORD"), ("versions", "E_RECORD"),
                     ("deleted", "E_RECORD"), ("blob_bytes", "E_RECORD"),
                     ("members", "E_MANIFEST")):
    edited("R11", "one too many in totals." + field, error,
           lambda m, k=field: m["totals"].update({k: m["totals"][k] + 1}))
edited("M7", "totals that would overflow", "E_RECORD",
       lambda m: m["totals"].update(blob_bytes=2 ** 53 - 1))
edited("M7", "4,097 members", "E_LIMIT",
       lambda m: m["totals"].update(members=4097))
edited("M8", "no members though there is one", "E_LIMIT",
       lambda m: m["totals"].update(members=0))
edited("M8", "two members though there is one", "E_MANIFEST",
       lambda m: m["totals"].update(members=2))

edited("M10", "from another site", "E_UNKNOWN_KEY",
       lambda m: m["from"].update(site="someone"))
edited("M10", "another key id", "E_UNKNOWN_KEY",
       lambda m: m["from"].update(key="0" * 16))


@refused("M10", "speaks for another peer, signed by the sender",
         "E_UNKNOWN_KEY")
def _(w):
    f = next_bundle(w)
    f.manifest["from"].update(site=w.other.id, name="other",
                              nonce=w.other.nonce)
    return f


edited("M11", "for another site", "E_WRONG_DEST",
       lambda m: m["to"][0].update(site="someone"))
edited("M11", "for *", "E_MANIFEST", lambda m: m["to"][0].update(site="*"))
edited("M11", "for nobody", "E_MANIFEST", setting(to=[]))
edited("M11", "33 addressees", "E_LIMIT", lambda m: m.update(to=[
    dict(m["to"][0], site="a%02d" % i) for i in range(33)]))
edited("M11", "5,000 addressees", "E_LIMIT", lambda m: m.update(to=[
    {"name": "a", "site": "a%04d" % i} for i in range(5000)]))
edited("M11", "an addressee twice", "E_MANIFEST",
       lambda m: m.update(to=m["to"] * 2))
edited("M11", "addressees in another order", "E_MANIFEST",
       lambda m: m.update(to=[{"name": "z", "site": "zzz"}] + m["to"]))


@refused("M12", "another file with a sequence that was read", "E_FORK")
def _(w):
    return next_bundle(w, sequence=1)


for date in ("2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z",
             "1969-12-31T23:59:59Z", "2026-01-01T00:00:00+00:00",
             "2026-01-01T00:00:00", "2026-01-01T24:00:00Z",
             "2026-01-01T23:60:00Z",
             "2026-1-1T00:00:00Z", "2026-01-01 00:00:00Z",
             "10000-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z",
             "2025-02-29T00:00:00Z", "\uff12026-01-01T00:00:00Z"):
    edited("M13", "created " + canon(date).decode(), "E_MANIFEST",
           setting(created=date))
edited("W6", "created in a leap second", "E_MANIFEST",
       setting(created="2016-12-31T23:59:60Z"))
for row, date in (("W1", "1970-01-01T00:00:00Z"),
                  ("W1", "9999-12-31T23:59:59Z"),
                  ("W6", "2024-02-29T00:00:00Z"),
                  ("W6", "2038-01-19T03:14:07Z"),
                  ("W6", "2038-01-19T03:14:08Z"),
                  ("W6", "2106-02-07T06:28:16Z")):
    accepted(row, "created %s: no date refuses a file" % date,
             lambda w, d=date: next_bundle(w, created=d))

for kind, word in (("bundle", "receipt"), ("bundle", "card"),
                   ("receipt", "bundle"), ("receipt", "card"),
                   ("request", "bundle")):
    @refused("M14", "a %s, signed as a %s" % (kind, word),
             "E_FORMAT" if kind == "bundle" else "E_SIGNATURE")
    def _(w, kind=kind, word=word):
        f = of_kind(w, kind)
        f.sums = bundle.sums_of(f.entries, word)
        return f


@refused("M14", "an empty bundle, signed as a receipt", "E_SIGNATURE")
def _(w):
    f = File(w.sender, [w.reader], since=3, until=3)
    f.sums = bundle.sums_of(f.entries, "receipt")
    return f


refused("M14", "a card", "E_FORMAT",
        lambda w: File(w.sender, [], "card"))


@refused("M14", "a receipt with a data member", "E_FORMAT")
def _(w):
    f = next_bundle(w)
    f.kind = "receipt"
    f.manifest = File(w.sender, [w.reader], "receipt").manifest
    return f


# --- names

for name in ("", "-a", "a b", "a..b", "a/b", "\u0410lab", "a\u200b",
             "a\x1b[2J", "n" * 33, "."):
    edited("T10", "from.name %s" % canon(name).decode()[:24], "E_MANIFEST",
           lambda m, n=name: m["from"].update(name=n))
    edited("T10", "to.name %s" % canon(name).decode()[:24], "E_MANIFEST",
           lambda m, n=name: m["to"][0].update(name=n))
for site in ("", "A", "\u0430", "a" * 33, "a_b", "../a"):
    edited("T10", "from.site %s" % canon(site).decode()[:24], "E_MANIFEST",
           lambda m, s=site: m["from"].update(site=s))
