"""The lab itself: objects with exact values, as SENAITE's database holds them.

Field values are kept as the companion's protocol writes them (references
{"uid": U}, dates as text with their offset, files apart); what the two APIs
show is derived from them.
"""

import bisect
import collections
import datetime
import random
import re

import schema
import workflow
from values import UTC

MANAGERS = {"Manager", "LabManager"}


class ApiError(Exception):
    """An error of the API's own: answered with its HTTP status."""

    def __init__(self, status, message):
        Exception.__init__(self, message)
        self.status = status
        self.message = message


class Failure(Exception):
    """Any other exception: answered 200 `success: false`, and committed."""


class Obj:
    """One object."""

    def __init__(self, uid, kind, ident, parent):
        self.uid = uid
        self.kind = kind
        self.id = ident
        self.parent = parent
        self.title = ""
        self.fields = kind.default_fields() if kind else {}
        self.blobs = {}
        self.history = []
        self.created = self.modified = None
        self.creators = []
        self.owner = ""
        self.roles = {}
        self.markers = set()
        self.children = {}
        self.site = False
        self.read_only = False

    @property
    def type(self):
        return self.kind.name if self.kind else "Plone Site"

    @property
    def state(self):
        """The review state of the first workflow."""
        for entry in reversed(self.history):
            if "workflow" not in entry:
                return entry["state"]
        return "active"

    @property
    def creator(self):
        return self.creators[0] if self.creators else ""

    def path(self):
        """From the portal, with a slash before it."""
        parts = []
        obj = self
        while obj.parent is not None:
            parts.append(obj.id)
            obj = obj.parent
        return "/" + "/".join(reversed(parts))

    def shown_title(self):
        """The title that people see; some types compute it."""
        if self.type == "Client":
            return self.fields.get("Name") or ""
        if self.type in ("Contact", "LabContact", "SupplierContact"):
            return " ".join(x for x in (
                self.fields.get("Firstname"), self.fields.get("Middleinitial"),
                self.fields.get("Middlename"), self.fields.get("Surname"))
                if x)
        if self.type == "ARReport":
            return ""
        if self.type == "Multifile":
            return self.fields.get("DocumentID")
        if self.type == "Laboratory":
            return self.fields.get("Name") or self.title
        return self.title

    def uids(self, name):
        """The UIDs in a reference field."""
        value = self.fields.get(name)
        if isinstance(value, dict):
            value = [value]
        return [v["uid"] for v in value or [] if isinstance(v, dict)]


class User:
    def __init__(self, name, password, roles, groups=(), fullname="",
                 email="", root=False, linked=""):
        self.name = name
        self.password = password
        self.roles = list(roles)
        self.groups = list(groups)
        self.fullname = fullname
        self.email = email
        self.root = root        # of the Zope root: has no properties
        self.linked = linked    # path of the client whose user this is

    def has(self, *roles):
        return not set(roles).isdisjoint(self.roles)

    @property
    def anonymous(self):
        return False


class Anonymous(User):
    def __init__(self):
        User.__init__(self, "Anonymous User", None, ["Anonymous"])

    @property
    def anonymous(self):
        return True


class Lab:
    """A site, and everything in it."""

    def __init__(self, seed=1, site="senaite", now=None):
        self.random = random.Random(seed)
        self.site = site
        self._offset = datetime.timedelta(0)
        self._last = datetime.datetime(1, 1, 1, tzinfo=UTC)
        if now:
            self._offset = now - datetime.datetime.now(UTC)
        self.zone = UTC
        self.objects = {}
        self.uid_index = []
        self.by_type = collections.defaultdict(dict)
        self.by_path = {}
        self.ghosts = []
        self.counters = {}
        self.users = {}
        self.registry = {}
        self.settings = {"self_verification": False, "reject": True,
                         "auditlog": False}
        self.broken = {"json": set(), "companion": set()}
        self.log = None
        self.audited = set()    # what changed while the audit log was on
        self.portal = Obj("0", None, site, None)
        self.portal.title = "SENAITE"
        self.made = self.now()

    # ---- time

    def now(self):
        """The server's clock, in the server's zone; never twice the same."""
        when = datetime.datetime.now(UTC) + self._offset
        if when <= self._last:
            when = self._last + datetime.timedelta(microseconds=1)
        self._last = when
        return when.astimezone(self.zone)

    def advance(self, seconds):
        self._offset += datetime.timedelta(seconds=seconds)
        self._last = datetime.datetime.now(UTC) + self._offset

    # ---- objects

    def new_uid(self):
        return "%032x" % self.random.getrandbits(128)

    def get(self, uid):
        return self.objects.get(uid)

    def at(self, path):
        """The object at a path from the portal, or None."""
        path = "/" + path.strip("/")
        return self.portal if path == "/" else self.by_path.get(path)

    def place(self, parent, kind, ident, uid=None, user="admin", when=None,
              start=None):
        """A new object in its place, indexed, with its first entry."""
        if ident in parent.children:
            raise Failure("Invalid Id")
        when = when or self.now()
        obj = Obj(uid or self.new_uid(), kind, ident, parent)
        obj.title = ident
        obj.created = obj.modified = when
        obj.creators = [user]
        obj.owner = user
        obj.roles = {user: ["Owner"]}
        obj.history = [{"action": None, "actor": user, "time": when,
                        "state": start or workflow.initial(kind.workflow),
                        "comments": ""}]
        if not kind.dx:
            obj.markers.add("bika.lims.interfaces.IAuditable")
        self.attach(obj)
        return obj

    def attach(self, obj):
        obj.parent.children[obj.id] = obj.uid
        self.objects[obj.uid] = obj
        bisect.insort(self.uid_index, obj.uid)
        self.by_type[obj.type][obj.uid] = obj
        self.by_path[obj.path()] = obj

    def remove(self, obj, user="admin", quiet=False):
        """Hard deletion, with what is inside; `quiet`: it never was."""
        for uid in list(obj.children.values()):
            self.remove(self.objects[uid], user, quiet)
        path = obj.path()
        del self.by_path[path]
        del obj.parent.children[obj.id]
        del self.objects[obj.uid]
        del self.by_type[obj.type][obj.uid]
        self.uid_index.pop(bisect.bisect_left(self.uid_index, obj.uid))
        if quiet:
            return
        self.note(obj, "deleted", user, path)
        if obj.parent.site:
            obj.parent.modified = self.now()

    def children(self, obj):
        return [self.objects[u] for u in obj.children.values()]

    def analyses(self, sample):
        return sorted((o for o in self.children(sample)
                       if o.type == "Analysis"),
                      key=lambda o: o.title.lower())

    def reindex(self, obj, user="admin", move=True):
        """What SENAITE does after a change: the date moves, the log sees."""
        if move:
            obj.modified = self.now()
        if self.settings["auditlog"]:
            self.audited.add(obj.uid)
        self.note(obj, "changed", user, obj.path())

    def note(self, obj, action, user, path):
        if self.log is not None:
            self.log.note(obj.uid, obj.type, path, action, self.now(), user)

    def targets(self, obj, name):
        """The objects a reference field names that are here."""
        return [self.objects[u] for u in obj.uids(name) if u in self.objects]

    def target(self, obj, name):
        found = self.targets(obj, name)
        return found[0] if found else None

    def client_of(self, obj):
        while obj is not None and obj.type != "Client":
            obj = obj.parent
        return obj

    # ---- ids

    def number(self, key):
        self.counters[key] = self.counters.get(key, 0) + 1
        return self.counters[key]

    def new_id(self, kind, parent, fields=None):
        """The next id of the id server, which knows its counters alone."""
        if kind.name == "AnalysisRequest":
            sample_type = self.objects.get(
                ((fields or {}).get("SampleType") or {}).get("uid"))
            if sample_type is None:
                raise Failure("'NoneType' object has no attribute "
                              "'getPrefix'")
            prefix = sample_type.fields["prefix"]
            return "%s-%04d" % (prefix,
                                self.number("analysisrequest-" + prefix))
        if kind.name in schema.ID_FORMATS:
            form, key = schema.ID_FORMATS[kind.name]
            return form % self.number(key)
        low = kind.name.lower()
        return "%s-%d" % (low, self.number("%s-%s" % (low, low)))

    def raise_counters(self, obj):
        """Counters up to the id that came in."""
        match = re.match(r"^(.*?)-0*(\d+)$", obj.id)
        if not match:
            return
        head, number = match.group(1), int(match.group(2))
        if obj.type == "AnalysisRequest":
            key = "analysisrequest-" + head
        elif obj.type in schema.ID_FORMATS:
            key = schema.ID_FORMATS[obj.type][1]
        else:
            key = "%s-%s" % (obj.type.lower(), obj.type.lower())
            if head != obj.type.lower():
                return
        self.counters[key] = max(self.counters.get(key, 0), number)

    # ---- who may

    def may_view(self, user, obj):
        if user.anonymous:
            return False
        if user.has("Client"):
            client = self.client_of(obj)
            return client is None or client.path() == user.linked
        return True

    def may_modify(self, user, obj):
        """Modify portal content on the object."""
        if user.anonymous or obj.read_only:
            return False
        if obj.type in ("Analysis", "DuplicateAnalysis", "ReferenceAnalysis"):
            return False
        if user.has(*MANAGERS):
            return True
        if user.has("LabClerk"):
            return obj.type in ("Client", "Contact", "AnalysisRequest",
                                "Attachment", "Batch", "Worksheet")
        return False

    def may_add(self, user, parent):
        if user.anonymous:
            return False
        return user.has(*MANAGERS) or (
            user.has("LabClerk")
            and (parent.type in ("Client", "ClientFolder", "BatchFolder",
                                 "WorksheetFolder")))

    LOCKED = {"published", "invalid", "rejected", "cancelled", "dispatched"}
    METADATA = {"creators", "effectiveDate", "expirationDate", "language",
                "rights", "subject", "contributors", "location",
                "allowDiscussion", "description", "title", "creation_date",
                "modification_date"}

    def may_set(self, user, obj, name):
        """The field's own write permission."""
        if user.anonymous or obj.read_only:
            return False
        if obj.type == "AnalysisRequest":
            if not self.may_modify(user, obj):
                return False
            return name in self.METADATA or obj.state not in self.LOCKED
        if obj.type in ("Analysis", "DuplicateAnalysis", "ReferenceAnalysis"):
            if name in ("Result", "Uncertainty", "DetectionLimitOperand",
                        "InterimFields", "Analyst", "Remarks", "Method",
                        "Instrument", "Hidden", "HiddenManually",
                        "ResultCaptureDate"):
                return (obj.state in ("registered", "unassigned", "assigned")
                        and user.has("Manager", "LabManager", "Analyst"))
            # Attachment among them: nobody has Modify portal content here.
            return False
        return self.may_modify(user, obj)

    def snapshot(self):
        """Every object exactly, for an oracle."""
        return [self.objects[u] for u in self.uid_index]
