"""An object exactly, as the companion's protocol writes it: both ways."""

import copy
import re

import schema
from values import UTC, Blob, entry_time, exact_time, parse_time

ENTRY = ("action", "actor", "time", "state", "comments", "workflow")
EVERY_ROLE = {"Member", "Authenticated"}
DOTTED = re.compile(r"^(bika|senaite|plone|Products|zope)(\.\w+)+$")
PLAIN_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,254}$")


class Wrong(Exception):
    """A document that cannot be taken."""


def zone_name(when):
    """As Zope's DateTime names it; None for UTC."""
    minutes = int(when.utcoffset().total_seconds()) // 60
    if minutes == 0:
        return None
    text = "GMT%+d" % int(minutes / 60)
    return text if minutes % 60 == 0 else \
        "GMT%+03d%02d" % (int(minutes / 60), abs(minutes) % 60)


def entry_out(entry):
    out = {k: entry[k] for k in ENTRY if k in entry}
    out["time"] = entry_time(entry["time"])
    zone = zone_name(entry["time"])
    if zone:
        out["zone"] = zone
    for name, value in entry.items():
        out.setdefault(name, value)
    return out


def document(lab, obj):
    """What satchel.read gives."""
    parent = None if obj.parent is lab.portal else obj.parent.uid
    doc = {
        "uid": obj.uid, "type": obj.type, "path": obj.path(), "id": obj.id,
        "parent": parent, "title": obj.shown_title(), "state": obj.state,
        "creator": obj.creator, "created": exact_time(obj.created),
        "modified": exact_time(obj.modified),
        "fields": copy.deepcopy(obj.fields),
        "history": [entry_out(e) for e in obj.history],
        "attachments": [
            {"field": name, "name": blob.name, "media_type": blob.media,
             "size": len(blob.data), "sha256": blob.sha256}
            for name, blob in sorted(obj.blobs.items())],
        "senaite": {"markers": sorted(obj.markers), "owner": obj.owner,
                    "creators": list(obj.creators),
                    "roles": copy.deepcopy(obj.roles)},
    }
    if obj.site:
        doc["site"] = True
    return doc


def user_document(user):
    path = "/users/" + user.name
    return {"uid": path, "type": "User", "path": path, "id": user.name,
            "parent": None, "title": user.fullname,
            "fields": {"email": user.email,
                       "roles": sorted(set(user.roles) - EVERY_ROLE),
                       "groups": sorted(user.groups)}}


def registry_document(lab):
    return {"uid": "/registry", "type": "Registry", "path": "/registry",
            "id": "registry", "parent": None, "title": "Registry",
            "fields": dict(lab.registry)}


# ---- the other way --------------------------------------------------------

SAVED = ("title", "fields", "blobs", "history", "created", "modified",
         "creators", "owner", "roles", "markers", "read_only")


def save(obj):
    """What `restore` needs to undo a change."""
    kept = {name: copy.deepcopy(getattr(obj, name)) for name in SAVED
            if name != "blobs"}
    kept["blobs"] = dict(obj.blobs)
    return kept


def restore(obj, kept):
    for name, value in kept.items():
        setattr(obj, name, value)


def when(text):
    found = parse_time(text)
    if found is None:
        raise Wrong("no time: %r" % (text,))
    return found


def entry_in(row):
    entry = {k: v for k, v in row.items() if k != "zone"}
    for name in ("actor", "time", "state"):
        if name not in row:
            raise Wrong("a history entry has no %s" % name)
    entry["time"] = when(row["time"]).astimezone(UTC)
    if row.get("zone"):
        entry["time"] = entry["time"].astimezone(
            when("2000-01-01 00:00:00 " + row["zone"]).tzinfo)
    entry.setdefault("action", None)
    entry.setdefault("comments", "")
    return entry


def end_with(history, state):
    """The newest entry with the document's state goes last."""
    mine = [e for e in history if "workflow" not in e]
    if state is None or (mine and mine[-1]["state"] == state):
        return
    for entry in reversed(mine):
        if entry["state"] == state:
            history.remove(entry)
            history.append(entry)
            return
    raise Wrong("the history has no entry with state %s" % state)


def fill(lab, obj, doc, uploads):
    """Write a document's members on an object; raises Wrong."""
    only = doc.get("fields_only")
    for name, value in (doc.get("fields") or {}).items():
        field = obj.kind.fields.get(name)
        if field is None or (only is not None and name not in only):
            continue
        obj.fields[name] = resolved(lab, value) if field.is_reference \
            else value
    if only is not None:
        return
    obj.title = doc.get("title", obj.title)
    if "attachments" in doc:
        obj.blobs = {row["field"]: blob_in(obj, row, uploads)
                     for row in doc["attachments"]}
    if "history" in doc:
        obj.history = [entry_in(row) for row in doc["history"]]
        if not obj.history:
            raise Wrong("the history is empty")
        end_with(obj.history, doc.get("state"))
    more = doc.get("senaite") or {}
    for marker in more.get("markers", ()):
        if not DOTTED.match(marker):
            raise Wrong("no such interface: %s" % marker)
    obj.markers = set(more.get("markers", obj.markers))
    obj.owner = more.get("owner", obj.owner)
    obj.roles = dict(more.get("roles", obj.roles))
    if "creator" in doc:
        obj.creators = [doc["creator"]]
    obj.creators = list(more.get("creators", obj.creators))
    if "created" in doc:
        obj.created = when(doc["created"])
    obj.read_only = bool(doc.get("read_only"))


def resolved(lab, value):
    """A site object's path may stand for its UID."""
    if isinstance(value, list):
        return [resolved(lab, row) for row in value]
    if isinstance(value, dict) and str(value.get("uid", "")).startswith("/"):
        site = lab.at(value["uid"])
        if site is None:
            raise Wrong("nothing at %s" % value["uid"])
        return {"uid": site.uid}
    return value


def blob_in(obj, row, uploads):
    import base64
    field = obj.kind.fields.get(row.get("field"))
    if field is None or field.kind != "B":
        raise Wrong("%s is no file field" % row.get("field"))
    if "upload" in row:
        if row["upload"] not in uploads:
            raise Wrong("no upload %s" % row["upload"])
        data = bytes(uploads[row["upload"]])
    elif "data" in row:
        data = base64.b64decode(row["data"])
    else:
        here = obj.blobs.get(row["field"])
        if here is None or here.sha256 != row.get("sha256"):
            raise Wrong("the bytes of %s are not here" % row["field"])
        data = here.data
    blob = Blob(row.get("name", ""), row.get("media_type", ""), data)
    if row.get("sha256", blob.sha256) != blob.sha256:
        raise Wrong("the bytes of %s have another hash" % row["field"])
    return blob


def missing(lab, obj):
    """References whose target is not here."""
    return sorted({uid for field in obj.kind.fields.values()
                   if field.is_reference for uid in obj.uids(field.name)
                   if uid not in lab.objects})


def kind_of(doc):
    kind = schema.TYPES.get(doc.get("type"))
    if kind is None:
        raise Wrong("no such type: %s" % doc.get("type"))
    return kind
