"""Catalog searches: which catalog, which filters it knows, which it ignores.
"""

import bisect
import datetime
import re
import urllib.parse

import schema
from lab import ApiError, Failure
from values import parse_time

DAYS = {"today": 0, "yesterday": 1, "this-week": 7, "this-month": 30,
        "this-year": 365}
RECORD = re.compile(r"^(\w+)\.(query|range):record$")
PAGING = ("limit", "b_start")
DATES = ("created", "modified", "getDateReceived", "getDateSampled",
         "getDatePublished", "getDateVerified", "getResultCaptureDate")


def minutes(text):
    """A date as a DateIndex keeps it: whole minutes, UTC."""
    when = parse_time(text)
    if when is None:
        raise Failure("Unable to parse %r, ()" % text)
    return int(when.timestamp() // 60)


class Search:
    def __init__(self, lab, request, views, resource=None):
        self.lab = lab
        self.request = request
        self.views = views
        self.kinds = [resource] if resource else request.all("portal_type")
        self.listed = [k for k in self.kinds if k.startswith("[")]
        self.catalog, self.asked = self._catalog()
        self.tests = []
        self.uids = None        # where to look, if not everywhere
        self.sorted = False
        self._filters()

    def _catalog(self):
        """(name, was it named?)"""
        name = self.request.get("catalog")
        if name in schema.CATALOGS:
            return name, True
        own = {schema.TYPES[k].catalog for k in self.kinds
               if k in schema.TYPES}
        if len(own) == 1 and "" not in own:
            return own.pop(), False
        return "uid_catalog", False

    # ---- filters

    def _filters(self):
        catalog = schema.CATALOGS[self.catalog]
        if self.kinds:
            self._add(lambda obj: obj.type in self.kinds)
        records = {}
        plain = {}
        for name, value in self.request.params:
            match = RECORD.match(name)
            if match:
                if match.group(1) == "path":
                    raise ApiError(400, "Invalid path query")
                records.setdefault(match.group(1), {})[
                    match.group(2)] = value
            else:
                plain.setdefault(name, []).append(value)
        for name, record in records.items():
            if name in catalog.indexes and "query" in record:
                self._record(name, record["query"],
                             record.get("range", ""))
        for name, values in plain.items():
            if name in catalog.indexes and name != "portal_type":
                self._plain(name, values)
        self._since(plain, catalog)
        word = self.request.get("q")
        if word:
            self._add(lambda obj: word.lower() in (
                "%s %s" % (obj.id, obj.shown_title())).lower())

    def _add(self, test):
        self.tests.append(test)

    def _record(self, name, query, span):
        column = self.views.column
        if name == "UID":
            if span == "min" and self.catalog == "uid_catalog":
                index = self.lab.uid_index
                self.uids = index[bisect.bisect_left(index, query):]
                self.sorted = True
                return
            self._add(lambda obj: _in(obj.uid, query, span))
            return
        if name in DATES:
            bound = minutes(query)
            self._add(lambda obj: column(obj, name) is not None and _in(
                minutes(column(obj, name)), bound, span))
            return
        self._add(lambda obj: _in(str(column(obj, name)), query, span))

    def _plain(self, name, values):
        column = self.views.column
        if name == "UID":
            self.uids = [u for u in values if self.lab.get(u)]
            self._add(lambda obj: obj.uid in values)
        elif name == "path":
            self._path(values[0])
        elif name.startswith("is_"):
            # Any text is true, "False" too.
            self._add(lambda obj: bool(column(obj, name)) == bool(values[0]))
        elif name in DATES:
            bound = minutes(values[0])
            self._add(lambda obj: column(obj, name) is not None and
                      minutes(column(obj, name)) == bound)
        else:
            self._add(lambda obj: column(obj, name) in values)

    def _path(self, path):
        """`depth` levels below the path; without it the object alone."""
        depth = int(self.request.get("depth", "0"))
        path = path.rstrip("/")

        def test(obj):
            here = self.views.path(obj)
            if here == path:
                return depth <= 0
            if not here.startswith(path + "/") or depth == 0:
                return False
            below = here[len(path):].count("/")
            return depth < 0 or below <= depth
        self._add(test)

    def _since(self, plain, catalog):
        """created_since, modified_since and the words: ignored, without a
        word, wherever the catalog has no such index."""
        now = self.lab.now()
        for name in ("created", "modified"):
            if name not in catalog.indexes:
                continue
            bound = None
            for word in plain.get("recent_" + name, ())[:1]:
                day = now.replace(hour=0, minute=0, second=0, microsecond=0)
                bound = day - datetime.timedelta(days=DAYS.get(word, 0))
            for text in plain.get(name + "_since", ())[:1]:
                bound = since(text, now)
            if bound is not None:
                low = int(bound.timestamp() // 60)
                self._add(lambda obj, n=name, b=low: int(
                    getattr(obj, n).timestamp() // 60) >= b)

    def catalogued(self, obj):
        """The audit log's catalog holds what changed since it is on."""
        if self.catalog == "senaite_catalog_auditlog":
            return obj.uid in self.lab.audited
        return obj.kind.catalog == self.catalog

    # ---- the answer

    def found(self):
        """The objects, in the order asked for."""
        catalog = schema.CATALOGS[self.catalog]
        if not self.tests and self.uids is None and \
                not catalog.filters_by_role:
            return []   # an empty query of a plain catalog finds nothing
        if self.listed:
            return []   # "['A','B']" is no portal type
        if self.uids is not None:
            pool = (self.lab.objects[u] for u in self.uids)
        elif self.kinds:
            pool = (o for k in self.kinds for o in
                    list(self.lab.by_type.get(k, {}).values()))
        else:
            pool = self.lab.objects.values()
        hits = []
        for obj in pool:
            if catalog.filters_by_role and not (
                    self.catalogued(obj)
                    and self.lab.may_view(self.views.user, obj)):
                continue
            if all(test(obj) for test in self.tests):
                hits.append(obj)
        order = self.request.get("sort_on")
        if self.sorted and order == "UID":
            pass
        elif order in catalog.indexes:
            hits.sort(key=lambda o: (str(self.views.column(o, order) or ""),
                                     o.uid))
            if self.request.get("sort_order", "").startswith(
                    ("desc", "d", "reverse", "high")):
                hits.reverse()
        return hits


def _in(value, bound, span):
    if span == "min":
        return value >= bound
    if span == "max":
        return value <= bound
    return value == bound


def since(text, now):
    """A date, or a time back from now such as 1d6h."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if parts and "".join(a + b for a, b in parts) == text:
        names = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
        return now - datetime.timedelta(**{names[b]: int(a)
                                           for a, b in parts})
    when = parse_time(text)
    if when is None:
        raise Failure("Unable to parse %r" % text)
    return when


class Page:
    """plone.batching's arithmetic."""

    def __init__(self, request, count):
        limit = request.get("limit", "")
        start = request.get("b_start", "")
        self.size = int(limit) if limit.isdigit() and int(limit) else 25
        self.start = int(start) if start.isdigit() else 0
        self.count = count
        self.pages = max(1, -(-count // self.size))
        self.page = min(self.pages, self.start // self.size + 1)
        self.end = min(self.start + self.size, count)

    def envelope(self, request, items, base):
        last = self.end >= self.count
        return {
            "count": self.count, "pagesize": self.size, "items": items,
            "page": self.page, "pages": self.pages,
            "next": None if last else self.link(
                request, base, self.page * self.size),
            "previous": None if self.page == 1 else self.link(
                request, base, max(self.page - 2, 0) * self.size),
        }

    def link(self, request, base, start):
        """A record parameter comes out as the names of its parts."""
        rest = []
        for name, value in request.params:
            match = RECORD.match(name)
            if match:
                rest.append((match.group(1), match.group(2)))
            elif name != "b_start":
                rest.append((name, value))
        return base + "?" + urllib.parse.urlencode(
            [("b_start", start)] + rest)
