"""Two instances, object by object and field by field.

What both were given from the beginning (site objects) is left out, but for
the settings; `modified` and what only the server may set is named, not
hidden.
"""
import collections
import re

TOP = ("type", "id", "parent", "title", "state", "creator", "created",
       "history")


def key_of(documents):
    """Site objects have another UID in each instance: name them by path."""
    return {uid: doc["path"] for uid, doc in documents.items()
            if doc.get("site")}


def normal(value, names):
    """A value with the UIDs of site objects replaced by their paths."""
    if isinstance(value, dict):
        return {k: normal(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [normal(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value


FRACTION = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+")


def whole_seconds(value):
    """The API without an add-on has no fractions of a second."""
    if isinstance(value, dict):
        return {k: whole_seconds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [whole_seconds(v) for v in value]
    return FRACTION.sub(r"\1", value) if isinstance(value, str) else value


def parts(doc, names, coarse=False):
    """Every field of a document by its name."""
    doc = normal(doc, names)
    if coarse:
        doc = whole_seconds(doc)
    found = {name: doc.get(name) for name in TOP}
    for name, value in doc.get("fields", {}).items():
        found["fields." + name] = value
    for item in doc.get("attachments", []):
        found["attachment " + item["field"]] = (
            item.get("name"), item.get("media_type"), item.get("size"),
            item.get("sha256"))
    for name, value in doc.get("senaite", {}).items():
        found["senaite." + name] = value
    return found


class Comparison:
    def __init__(self):
        self.objects = self.fields = self.equal = 0
        self.missing = collections.Counter()     # type: not at the other
        self.extra = collections.Counter()
        self.differ = collections.Counter()      # (type, field)
        self.examples = {}

    @property
    def clean(self):
        return not (self.missing or self.extra or self.differ)

    def add(self, kind, name, here, there):
        self.fields += 1
        if here == there:
            self.equal += 1
            return
        self.differ[kind, name] += 1
        self.examples.setdefault((kind, name), (here, there))

    def lines(self, limit=12):
        for (kind, name), count in self.differ.most_common(limit):
            here, there = self.examples[kind, name]
            yield "%s %s: %d, as %.60r / %.60r" % (kind, name, count, here,
                                                   there)
        for title, counter in (("only here", self.missing),
                               ("only there", self.extra)):
            if counter:
                yield "%s: %s" % (title, ", ".join(
                    "%d %s" % (n, k) for k, n in counter.most_common(limit)))


def compare(here, there, uids=None, skip=(), coarse=False):
    """`here` and `there`: documents by uid.  uids: the other's UID of each
    (plain mode); skip: fields not compared, as "fields.X"; coarse: times to
    the second."""
    result = Comparison()
    names_here, names_there = key_of(here), key_of(there)
    if uids:
        names_there.update({v: k for k, v in uids.items()})
    others = {names_there.get(uid, uid): doc for uid, doc in there.items()}
    for uid, doc in here.items():
        name = names_here.get(uid, uid)
        if doc.get("site") or "failed" in doc:
            others.pop(name, None)
            continue
        other = others.pop(name, None)
        if other is None:
            result.missing[doc["type"]] += 1
            continue
        result.objects += 1
        mine = parts(doc, names_here, coarse)
        yours = parts(other, names_there, coarse)
        for field in sorted(set(mine) | set(yours)):
            if field not in skip:
                result.add(doc["type"], field, mine.get(field),
                           yours.get(field))
    for doc in others.values():
        if not doc.get("site") and "failed" not in doc:
            result.extra[doc["type"]] += 1
    return result
