"""The companion's consumers, as mirror/senaite/companion/PROTOCOL.md says,
on the same lab.
"""

import base64
import bisect
import collections
import hashlib
import json

import exact
from exact import Wrong
from lab import User
from values import exact_time
from writes import is_uid

LARGEST = 16 << 20

# Roles that no lab may hand to another, and the groups that have them.
NEVER = {"Manager", "Owner", "Site Administrator"}
NEVER_GROUPS = {"Administrators", "Site Administrators"}


class Refusal(Exception):
    """The whole request is refused; nothing has changed."""

    def __init__(self, name, message, **more):
        Exception.__init__(self, message)
        self.value = dict({"ok": False, "error": name, "message": message},
                          **more)


class Log:
    """The newest entry of each object, in order of their sequence."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.last = 0
        self.entries = collections.OrderedDict()

    def note(self, uid, kind, path, action, time, user):
        self.last += 1
        self.entries.pop(uid, None)
        self.entries[uid] = {
            "seq": self.last, "uid": uid, "type": kind, "path": path,
            "action": action, "time": exact_time(time), "user": user}

    def describe(self):
        first = next(iter(self.entries.values()), {"seq": self.last})
        return {"enabled": True, "epoch": self.epoch,
                "first": first["seq"], "last": self.last}

    def copy(self):
        log = Log(self.epoch)
        log.last = self.last
        log.entries = self.entries.copy()
        return log


def member(record, name, kind, default=None, top=None):
    """A member of a request, of its kind and within its limit."""
    value = record.get(name, default)
    if value is None or not isinstance(value, kind) or (
            kind is int and isinstance(value, bool)):
        raise Refusal("request", "%s is missing or of another kind" % name)
    if kind is int and value < 0:
        raise Refusal("request", "%s is negative" % name)
    if top is not None and (len(value) if kind is list else value) > top:
        raise Refusal("limit", "%s is over %d" % (name, top))
    return value


class Companion:
    def __init__(self, lab):
        self.lab = lab
        self.uploads = {}

    def consumer(self, name):
        """The consumer of that name, or None."""
        head, _, tail = name.partition(".")
        if head != "satchel" or tail not in (
                "info", "list", "read", "changes", "blob", "upload",
                "import", "counters"):
            return None
        handle = getattr(self, "do_" + tail)
        return lambda user, record: self.carry_out(handle, user, record)

    def carry_out(self, handle, user, record):
        try:
            if not user.has("Manager"):
                raise Refusal("forbidden", "Manage portal is needed")
            return dict({"ok": True}, **handle(record, user))
        except Refusal as error:
            return error.value

    # ---- reading

    def do_info(self, record, user):
        lab = self.lab
        return {"protocol": 1, "version": "1.0.0", "senaite": "2.6.0",
                "site": lab.site, "zone": "UTC",
                "time": exact_time(lab.now()), "objects": len(lab.objects),
                "log": lab.log.describe() if lab.log else {
                    "enabled": False, "epoch": "", "first": 0, "last": 0},
                "id_server": True, "atomic": True}

    def do_list(self, record, user):
        lab = self.lab
        after = member(record, "after", str, "")
        limit = member(record, "limit", int, top=5000)
        kinds = record.get("types")
        found, more = [], None
        for kind, uid in self.unindexed(kinds or ()):
            if uid > after:
                if len(found) == limit:
                    return {"uids": found, "next": found[-1][0]}
                found.append([uid, kind, uid])
        for uid in lab.uid_index[bisect.bisect_right(lab.uid_index, after):]:
            obj = lab.objects[uid]
            if kinds is not None and obj.type not in kinds:
                continue
            if len(found) == limit:
                more = found[-1][0] if found else None
                break
            found.append([uid, obj.type, obj.path()])
        return {"uids": found, "next": more}

    def unindexed(self, kinds):
        """Registry and users are listed where they are asked for."""
        if "Registry" in kinds:
            yield "Registry", "/registry"
        if "User" in kinds:
            for name in sorted(self.lab.users):
                yield "User", "/users/" + name

    def do_read(self, record, user):
        room = min(member(record, "bytes", int, 4 << 20), LARGEST - 4096)
        if "uids" in record:
            wanted = member(record, "uids", list, top=500)
        else:
            after = member(record, "after", str, "")
            limit = member(record, "limit", int, top=500)
            index = self.lab.uid_index
            start = bisect.bisect_right(index, after)
            wanted = index[start:start + limit]
        answer = {"items": [], "absent": [], "failed": [], "next": None}
        used = 0
        for number, uid in enumerate(wanted):
            doc = self.one(uid, answer)
            if doc is None:
                continue
            size = len(json.dumps(doc))
            if answer["items"] and used + size > room:
                answer["next"] = uid if "uids" in record \
                    else wanted[number - 1]
                break
            used += size
            answer["items"].append(doc)
        if "uids" not in record and answer["next"] is None and wanted and \
                wanted[-1] != self.lab.uid_index[-1]:
            answer["next"] = wanted[-1]
        return answer

    def one(self, uid, answer):
        lab = self.lab
        if not isinstance(uid, str):
            raise Refusal("request", "a UID is no text")
        if uid == "/registry":
            return exact.registry_document(lab)
        if uid.startswith("/users/"):
            user = lab.users.get(uid[len("/users/"):])
            if user is None:
                answer["absent"].append(uid)
                return None
            return exact.user_document(user)
        obj = lab.at(uid) if uid.startswith("/") else lab.get(uid)
        if obj is None or obj is lab.portal:
            answer["absent"].append(uid)
            return None
        if obj.uid in lab.broken["companion"]:
            answer["failed"].append({
                "uid": obj.uid, "type": obj.type, "path": obj.path(),
                "error": "AttributeError: cannot be read"})
            return None
        return exact.document(lab, obj)

    def do_changes(self, record, user):
        lab = self.lab
        after = member(record, "after", int, 0)
        limit = member(record, "limit", int, 5000, top=5000)
        if lab.log is None:
            if record.get("enable") is not True:
                raise Refusal("conflict", "the log is off")
            lab.log = Log("%016x" % lab.random.getrandbits(64))
            found = []
        else:
            if record.get("epoch") != lab.log.epoch or after > lab.log.last:
                raise Refusal("conflict", "another epoch")
            found = [e for e in lab.log.entries.values() if e["seq"] > after]
        found = found[:limit]
        about = lab.log.describe()
        del about["enabled"]
        return dict(about, entries=found,
                    next=found[-1]["seq"] if found else after)

    def do_blob(self, record, user):
        obj = self.lab.get(member(record, "uid", str))
        blob = obj and obj.blobs.get(member(record, "field", str))
        if not blob:
            raise Refusal("request", "no such file")
        offset = member(record, "offset", int, 0)
        length = member(record, "length", int, 4 << 20, top=4 << 20)
        part = blob.data[offset:offset + length]
        return {"size": len(blob.data), "sha256": blob.sha256,
                "data": base64.b64encode(part).decode()}

    def do_upload(self, record, user):
        name = member(record, "upload", str)
        if not (name.isalnum() and name.isascii() and len(name) <= 64):
            raise Refusal("request", "upload is no name")
        if record.get("drop") is True:
            self.uploads.pop(name, None)
            return {"size": 0}
        held = self.uploads.get(name, bytearray())
        offset = member(record, "offset", int)
        try:
            data = base64.b64decode(member(record, "data", str),
                                    validate=True)
        except ValueError:
            raise Refusal("request", "data is no base64") from None
        if offset + len(data) <= len(held):
            return {"size": len(held)}      # sent twice
        if offset != len(held):
            raise Refusal("conflict", "the upload has another size",
                          size=len(held))
        held.extend(data)
        self.uploads[name] = held
        return {"size": len(held)}

    def do_counters(self, record, user):
        counters = self.lab.counters
        for key, number in (record.get("raise") or {}).items():
            if not isinstance(number, int):
                raise Refusal("request", "a counter is no number")
            counters[key] = max(counters.get(key, 0), number)
        return {"counters": dict(counters)}

    # ---- writing

    def do_import(self, record, user):
        return Import(self, record, user).run()


class Import:
    """One request: all objects first, then what is in them."""

    def __init__(self, companion, record, user):
        self.lab = companion.lab
        self.uploads = companion.uploads
        self.record = record
        self.user = user
        self.docs = member(record, "objects", list, top=200)
        self.results = [None] * len(self.docs)
        self.made = {}
        self.undo = []

    def run(self):
        lab = self.lab
        log = lab.log.copy() if lab.log else None
        counters = dict(lab.counters)
        self.unchanged()
        self.create_all()
        for number, doc in enumerate(self.docs):
            if self.results[number] is None:
                self.attempt(number, self.fill_one, doc)
        refused = any(r["result"] == "refused" for r in self.results)
        if self.record.get("atomic") is True and refused:
            for step in reversed(self.undo):
                step()
            lab.log, lab.counters = log, counters
            self.results = [r if r["result"] == "refused" else dict(
                uid=r["uid"], result="refused",
                message="undone with the others") for r in self.results]
        return {"results": self.results}

    def unchanged(self):
        """Refuses what changed since it was read, before all writing."""
        for number, doc in enumerate(self.docs):
            expected = isinstance(doc, dict) and doc.get("expect")
            if expected and not self.is_as(doc, expected):
                self.results[number] = {
                    "uid": doc.get("uid"), "result": "refused",
                    "message": "changed since it was read"}

    def is_as(self, doc, expected):
        try:
            obj = self.find(doc)
            return obj is None or exact.when(expected) == exact.when(
                exact_time(obj.modified))
        except (Wrong, KeyError, TypeError):
            return False

    def attempt(self, number, work, doc):
        uid = doc.get("uid") if isinstance(doc, dict) else None
        try:
            self.results[number] = dict({"uid": uid, "message": ""},
                                        **work(doc))
        except (Wrong, KeyError, TypeError, ValueError, AttributeError) as e:
            self.results[number] = {"uid": uid, "result": "refused",
                                    "message": str(e) or type(e).__name__}
            made = self.made.pop(uid, None)
            if made is not None:
                self.lab.remove(made, quiet=True)

    def create_all(self):
        """Parents before children, in whatever order they are given."""
        waiting = [n for n, d in enumerate(self.docs) if self.is_new(d)]
        while waiting:
            left = [n for n in waiting if not self.create_one(n)]
            if len(left) == len(waiting):
                for number in left:
                    doc = self.docs[number]
                    self.results[number] = {
                        "uid": doc["uid"], "result": "refused",
                        "message": "the parent is not here",
                        "missing": [doc.get("parent")]}
                return
            waiting = left

    def is_new(self, doc):
        return (isinstance(doc, dict) and is_uid(doc.get("uid"))
                and not doc.get("deleted") and not doc.get("site")
                and not doc.get("update_only")
                and self.lab.get(doc["uid"]) is None)

    def create_one(self, number):
        """False while its parent is not here."""
        lab, doc = self.lab, self.docs[number]
        parent = doc.get("parent")
        if parent is None:
            self.results[number] = {
                "uid": doc["uid"], "result": "refused",
                "message": "nothing is created in the portal"}
            return True
        holder = lab.at(parent) if str(parent).startswith("/") \
            else lab.get(parent)
        if holder is None or holder is lab.portal:
            return False

        def make(_):
            ident = doc.get("id", "")
            if not exact.PLAIN_ID.match(ident):
                raise Wrong("not an id: %r" % ident)
            if ident in holder.children:
                raise Wrong("the id %s is taken" % ident)
            obj = lab.place(holder, exact.kind_of(doc), ident, doc["uid"],
                            self.user.name)
            self.made[obj.uid] = obj
            self.undo.append(lambda: lab.get(obj.uid) and lab.remove(
                obj, quiet=True))
            return {"result": "created"}
        self.attempt(number, make, doc)
        if self.results[number]["result"] == "created":
            self.results[number] = None     # still to be filled
        return True

    def fill_one(self, doc):
        lab = self.lab
        uid = doc["uid"]
        if doc.get("type") == "User":
            return self.user_in(doc)
        if doc.get("type") == "Registry":
            return self.registry_in(doc)
        obj = self.find(doc)
        if doc.get("deleted"):
            return self.delete(obj)
        if obj is None:
            if doc.get("update_only"):
                return {"result": "absent"}
            raise Wrong("not a UID: %r" % (uid,))
        if obj.type != doc.get("type", obj.type):
            raise Wrong("%s is a %s here" % (uid, obj.type))
        return self.change(obj, doc)

    def find(self, doc):
        """Site objects are found by path; their UIDs differ."""
        if doc.get("site"):
            obj = self.lab.at(doc["path"])
            if obj is None or not obj.site:
                raise Wrong("no site object at %s" % doc["path"])
            return obj
        if str(doc["uid"]).startswith("/"):
            return self.lab.at(doc["uid"])
        return self.lab.get(doc["uid"])

    @staticmethod
    def with_roles(doc):
        """The document without local roles that are never given."""
        more = doc.get("senaite") or {}
        if "roles" not in more:
            return doc
        never = NEVER - {"Owner"}
        roles = {name: [r for r in given if r not in never]
                 for name, given in more["roles"].items()
                 if not given or set(given) - never}
        return dict(doc, senaite=dict(more, roles=roles))

    def change(self, obj, doc):
        lab = self.lab
        doc = self.with_roles(doc)
        kept = exact.save(obj)
        before = exact.document(lab, obj)
        new = obj.uid in self.made
        try:
            exact.fill(lab, obj, doc, self.uploads)
        except Exception:
            exact.restore(obj, kept)
            raise
        self.undo.append(lambda: exact.restore(obj, kept))
        given = exact.when(doc["modified"]) if "modified" in doc and \
            doc.get("fields_only") is None else None
        after = exact.document(lab, obj)
        same = before == after and kept["read_only"] == obj.read_only and (
            given is None or given == obj.modified)
        if new or not same:
            obj.modified = given or lab.now()
            lab.reindex(obj, self.user.name, move=False)
        if new and self.record.get("counters"):
            lab.raise_counters(obj)
        result = {"result": "created" if new else
                  "same" if same else "updated",
                  "missing": exact.missing(lab, obj)}
        if self.record.get("read"):
            result["item"] = exact.document(lab, obj)
        return result

    def delete(self, obj):
        lab = self.lab
        if obj is None:
            return {"result": "absent"}
        if obj.site or obj is lab.portal:
            raise Wrong("a site object is never deleted")
        inside = self.count_inside(obj)
        if inside:
            raise Wrong("it holds %d objects" % inside)
        lab.remove(obj, self.user.name)
        self.undo.append(lambda: lab.attach(obj))
        return {"result": "deleted"}

    def count_inside(self, obj):
        children = self.lab.children(obj)
        return len(children) + sum(map(self.count_inside, children))

    def user_in(self, doc):
        """Nothing is taken away; a new one gets a password nobody knows."""
        lab = self.lab
        name = doc["uid"][len("/users/"):]
        if doc.get("deleted"):
            raise Wrong("a user is never deleted")
        user = lab.users.get(name)
        new = user is None
        if new:
            word = hashlib.sha256(b"%d" % lab.random.getrandbits(256))
            user = lab.users[name] = User(name, word.hexdigest(), [])
            self.undo.append(lambda: lab.users.pop(name, None))
        before = exact.user_document(user)
        fields = doc.get("fields") or {}
        if new:
            user.fullname = doc.get("title", user.fullname)
            user.email = fields.get("email", user.email)
        for have, more, never in (
                (user.roles, fields.get("roles", ()), NEVER),
                (user.groups, fields.get("groups", ()), NEVER_GROUPS)):
            have.extend(x for x in more if x not in have and x not in never)
        after = exact.user_document(user)
        result = {"result": "created" if new else
                  "same" if before == after else "updated", "missing": []}
        if self.record.get("read"):
            result["item"] = after
        return result

    def registry_in(self, doc):
        """Records that exist, with a value of the same kind."""
        registry = self.lab.registry
        changed = False
        for name, value in (doc.get("fields") or {}).items():
            if name not in registry or "password" in name or \
                    name.startswith("plone.app.") or \
                    type(value) is not type(registry[name]):
                continue
            changed = changed or registry[name] != value
            registry[name] = value
        result = {"result": "updated" if changed else "same", "missing": []}
        if self.record.get("read"):
            result["item"] = exact.registry_document(self.lab)
        return result
