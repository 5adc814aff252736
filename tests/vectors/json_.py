"""Group J: JSON of a record line (rows J1 to J12)."""

from bundle import File, canon
from suite import accepted, dump, must, refused
from world import next_bundle

RESULT = b'"Result":"1"'


def valued(value):
    """The text of a result is replaced by other text."""
    def make(w):
        f = next_bundle(w)
        assert RESULT in f.lines[1]
        f.lines[1] = f.lines[1].replace(RESULT, b'"Result":' + value)
        return f
    return make


def bad(id_, what, value, error="E_JSON", **more):
    refused(id_, what, error, valued(value), **more)


def lined(id_, what, error, change, **more):
    def make(w):
        f = next_bundle(w)
        f.lines[1] = change(f.lines[1])
        return f
    refused(id_, what, error, make, **more)


bad("J1", "a key twice", b'{"a":1,"a":1}')
bad("J1", "a key twice, once escaped", b'{"a":1,"\\u0061":1}')
bad("J1", "keys in another order", b'{"b":1,"a":1}')
# The value is four levels down.
bad("J2", "one level too many", b"[" * 69 + b"]" * 69)
bad("J2", "2,048 levels", b"[" * 2048 + b"]" * 2048)
bad("J2", "a million levels", b"[" * 1000000 + b"]" * 1000000, limited=True)
bad("J2", "a million levels that are not closed", b"[" * 1000000,
    limited=True)
accepted("J2", "as many levels as may be", valued(b"[" * 68 + b"]" * 68))
accepted("J3", "half a million empty lists in a line",
         valued(b"[" + b"[]," * 500000 + b"[]]"), limited=True)
for number in (b"01", b"+1", b".5", b"1.", b"1e", b"0x1", b"1_0", b"--1",
               b"Infinity", b"NaN", b"-", b"1e1.5", b"\xd9\xa1"):
    bad("J4", "number %s" % number.decode(), number, family=True)
for what, value in (("a raw zero byte in a text", b'"a\0b"'),
                    ("a raw line feed in a text", b'"a\nb"'),
                    ("a raw tab in a text", b'"a\tb"'),
                    ("\\u0041 for A", b'"\\u0041"'),
                    ("\\u001F in capitals", b'"\\u001F"'),
                    ("\\u000a for \\n", b'"\\u000a"'),
                    ("an escaped slash", b'"\\/"'),
                    ("an unknown escape", b'"\\x41"'),
                    ("a pair of surrogates, escaped", b'"\\ud83d\\ude00"'),
                    ("half an escape", b'"\\u00"')):
    bad("J6", what, value, family=True)
accepted("J6", "\\u0000 is a character", valued(b'"a\\u0000b"'),
         check=lambda w, f: must(dump(w)["b1"]["fields"]["Result"] ==
                                 "a\0b", "the text"))
for what, value in (("FF", b"\xff"), ("C0 AF", b"\xc0\xaf"),
                    ("E0 80 80", b"\xe0\x80\x80"),
                    ("ED A0 80", b"\xed\xa0\x80"),
                    ("F4 90 80 80", b"\xf4\x90\x80\x80"),
                    ("F8 88 80 80 80", b"\xf8\x88\x80\x80\x80"),
                    ("a lone 80", b"\x80"), ("a cut C3", b"\xc3"),
                    ("a cut F0 9F 98", b"\xf0\x9f\x98")):
    bad("J7", "bytes " + what, b'"' + value + b'"', family=True)
    bad("J7", "bytes %s in a key" % what, b'{"' + value + b'":1}',
        family=True)
for what, value in (("a space", b" 1"), ("a tab", b"\t1"),
                    ("single quotes", b"'1'"), ("no value", b""),
                    ("a comma at the end", b"[1,]"), ("a comment", b"/**/1"),
                    ("TRUE", b"TRUE"), ("nul", b"nul"), ("two values", b"1 2"),
                    ("a key without quotes", b"{a:1}"),
                    ("a number as key", b"{1:1}"),
                    ("a list not closed", b"[1"), ("an extra ]", b"1]"),
                    ("a colon too many", b'{"a"::1}')):
    bad("J8", what, value, family=True)
lined("J8", "a byte order mark", "E_JSON", lambda t: b"\xef\xbb\xbf" + t)
lined("J8", "a second document in the line", "E_JSON", lambda t: t + t)
lined("J8", "bytes after the document", "E_JSON", lambda t: t + b"x")
lined("J8", "a zero byte after the document", "E_JSON", lambda t: t + b"\0")
lined("J9", "CR LF", "E_JSON", lambda t: t + b"\r")
lined("J9", "an empty line", "E_JSON", lambda t: b"\n" + t)


@refused("J9", "no line end after the last line", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.plain[0][1] = f.plain[0][1][:-1]
    return f


@refused("J9", "CR LF after the first line", "E_RECORD")
def _(w):
    f = next_bundle(w)
    f.plain[0][1] = f.plain[0][1].replace(b"\n", b"\r\n", 1)
    return f


accepted("J10", "U+FFFF, U+007F and C1 in a text",
         valued('"\uffff\x7f\x85"'.encode()))
accepted("J12", "200,000 keys in one object", valued(b"{" + b",".join(
    b'"k%06d":1' % i for i in range(200000)) + b"}"), limited=True)


@refused("L2", "a line of 4 MiB and more", "E_LIMIT", limited=True)
def _(w):
    return valued(b'"' + b"r" * (4 << 20) + b'"')(w)


@refused("L2", "a version over 3 MiB in a chunk that is not over 4",
         "E_LIMIT", limited=True)
def _(w):
    return valued(b'"' + b"r" * (3 << 20) + b'"')(w)


@refused("L2", "a context over 500,000 bytes", "E_LIMIT", limited=True)
def _(w):
    f = next_bundle(w)
    f.records[0][1][0]["context"] = {"except": [], "vector": [
        ["a%05d" % i, 1, "0" * 16, 1] for i in range(16000)]}
    return f


@refused("L2", "stamps over 500,000 bytes", "E_LIMIT", limited=True)
def _(w):
    f = next_bundle(w)
    v = f.records[0][1][0]
    v["context"] = {"except": [], "vector": [w.sender.dot(1)]}
    v["stamps"] = {"k%05d" % i: w.sender.dot(1) for i in range(12000)}
    return f


@accepted("L2", "an object of 1,024 versions", exit=11, limited=True)
def _(w):
    s = w.sender
    versions = [s.version("v1", {"fields": {"n": i}, "history": [],
                                 "type": "T"}) for i in range(1024)]
    assert len(canon(versions)) < 4 << 20
    return File(s, [w.reader], records=[("v1", versions)], since=3, until=4)
