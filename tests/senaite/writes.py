"""Creating and changing objects the way senaite.jsonapi does: one field
after the other, with what was written before an error left in place.
"""

import base64
import binascii
import hashlib
import html
import json
import re

import schema
import workflow
from lab import ApiError, Failure
from values import (Blob, exact_date, parse_time, ref, shown_time)

UID = re.compile(r"^[0-9a-f]{32}$")
LABELS = {"ClientID": "Client ID"}
MEDIA = {"csv": "text/comma-separated-values", "txt": "text/plain",
         "png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf",
         "html": "text/html", "xml": "text/xml", "json": "application/json",
         "zip": "application/zip"}


def is_uid(value):
    return isinstance(value, str) and bool(UID.match(value))


def media_of(name):
    return MEDIA.get((name or "").rpartition(".")[2].lower(),
                     "application/octet-stream")


class Writer:
    def __init__(self, lab, user):
        self.lab = lab
        self.user = user

    # ---- create

    def create(self, parent, type_name, record):
        lab = self.lab
        if not self.creatable(parent, type_name):
            raise ApiError(401, "Creation of '%s' in '/%s%s' is not allowed"
                           % (type_name, lab.site, parent.path()
                              if parent is not lab.portal else ""))
        if not lab.may_add(self.user, parent):
            raise ApiError(401, "You are not allowed to create this content")
        record = {k: v for k, v in record.items() if k not in (
            "id", "uid", "portal_type", "parent_uid", "parent_path")}
        kind = schema.TYPES[type_name]
        if type_name == "AnalysisRequest":
            return self.sample(parent, record)
        obj = lab.place(parent, kind, lab.new_id(kind, parent),
                        user=self.user.name)
        obj.title = ""
        if type_name == "Attachment":
            obj.title = obj.id
            obj.fields["DateLoaded"] = exact_date(obj.created)
        lab.reindex(obj, self.user.name)
        if parent.site:
            parent.modified = lab.now()
        try:
            self.update(obj, record)
        except ApiError:
            # Only an error of the API's own takes the new object away.
            lab.remove(obj, self.user.name)
            raise
        return obj

    def creatable(self, parent, type_name):
        lab = self.lab
        if parent is lab.portal or parent.path() == "/bika_setup":
            return False
        if type_name not in schema.TYPES:
            return False
        for path, _, _, kinds in schema.folders():
            if parent.site and path == parent.path():
                return type_name in kinds
        return type_name in schema.CHILDREN.get(parent.type, ())

    def sample(self, client, record):
        """All at once, and no validation afterwards."""
        lab = self.lab
        kind = schema.TYPES["AnalysisRequest"]
        fields = {}
        for name in ("SampleType", "Contact"):
            uid = record.get(name)
            uid = uid.get("uid") if isinstance(uid, dict) else uid
            if is_uid(uid):
                fields[name] = ref(uid)
        if lab.get((fields.get("SampleType") or {}).get("uid")) is None:
            # It stays: an id of 32 digits, in no catalog.
            lab.ghosts.append({"parent": client.uid,
                               "id": lab.new_uid(),
                               "type": "AnalysisRequest"})
            raise Failure("'NoneType' object has no attribute 'getPrefix'")
        services = self.services(record.get("Analyses") or [])
        sample = workflow.make_sample(lab, client, fields, services,
                                      self.user.name)
        for name, value in record.items():
            field = kind.fields.get(name)
            if field is not None and value and name not in self.LOST:
                self.set_new(sample, field, value)
        return sample

    # What a new sample does not take over from its request.
    LOST = {"SampleType", "Contact", "Client", "DateReceived", "Remarks",
            "Invalidated", "ParentAnalysisRequest", "PrimaryAnalysisRequest",
            "DetachedFrom", "RejectionReasons", "MemberDiscount",
            "InternalUse"}

    def set_new(self, sample, field, value):
        """More forgiving than an update: dicts with a uid are references."""
        if field.kind == "R":
            found = several(value if isinstance(value, list) else [value])
            sample.fields[field.name] = ref(found[0]) if found else ""
        elif field.kind != "B":
            self.set_at(sample, field, value, {})

    def services(self, wanted):
        """By UID, keyword or title."""
        found = []
        for word in wanted if isinstance(wanted, list) else [wanted]:
            if isinstance(word, dict):
                word = word.get("uid")
            for service in self.lab.by_type["AnalysisService"].values():
                if word in (service.uid, service.fields["Keyword"],
                            service.title):
                    found.append(service)
        return found

    # ---- update

    def update(self, obj, record):
        """Fields, then validation, then the transition, then the index.  An
        error leaves what came before it."""
        lab = self.lab
        for name, value in record.items():
            if name in ("uid", "id", "transition", "portal_type",
                        "parent_uid", "parent_path", "path"):
                continue
            self.set(obj, name, value, record)
        self.validate(obj, record)
        action = record.get("transition")
        if action:
            self.transition(obj, action)
        lab.reindex(obj, self.user.name)

    def set(self, obj, name, value, record):
        lab = self.lab
        if obj.kind.dx:
            if not lab.may_modify(self.user, obj):
                raise ApiError(401, "Not allowed to set the field '%s'" % name)
            return self.set_dx(obj, name, value, record)
        if name in ("creation_date", "modification_date"):
            setter = "setCreationDate" if name[0] == "c" \
                else "setModificationDate"
            raise Failure("%s() got multiple values for keyword argument '%s'"
                          % (setter, name))
        field = obj.kind.fields.get(name)
        if name == "Analyses" and obj.type == "AnalysisRequest":
            return self.set_analyses(obj, value)
        if field is None and name not in ("title", "creators"):
            return None
        if not lab.may_set(self.user, obj, name):
            raise ApiError(401, "Not allowed to set the field '%s'" % name)
        if name == "title":
            obj.title = value or ""
        elif name == "creators":
            obj.creators = list(value) if isinstance(value, list) else [value]
        elif name == "Formula":
            raise Failure("setFormula() got multiple values for keyword "
                          "argument 'Formula'")
        else:
            self.set_at(obj, field, value, record)
        return None

    def set_at(self, obj, field, value, record):
        kind = field.kind
        if kind == "B":
            self.set_file(obj, field, value, record)
        elif kind in ("R", "O"):
            obj.fields[field.name] = ref(single(value))
        elif kind == "M":
            obj.fields[field.name] = [ref(u) for u in several(value)]
        elif kind == "K":
            self.set_remarks(obj, field, value)
        elif kind == "d":
            if not value:
                obj.fields[field.name] = None
            elif parse_time(str(value)):
                # What is no date is skipped without a word.
                obj.fields[field.name] = exact_date(parse_time(str(value)))
        else:
            obj.fields[field.name] = plain(kind, value)

    def set_dx(self, obj, name, value, record):
        if name == "title":
            obj.title = value if isinstance(value, str) else obj.title
            return
        field = obj.kind.fields.get(name)
        if field is None:
            return
        kind = field.kind
        if kind == "B":
            self.set_file(obj, field, value, record)
        elif kind in ("R", "M"):
            if isinstance(value, dict):
                # A dict passes, and what was stored is lost.
                obj.fields[name] = []
        elif kind == "td":
            pass            # a dict is of the wrong type: logged, no more
        elif fits(kind, value):
            obj.fields[name] = value

    def set_file(self, obj, field, value, record):
        if value == "" or value is None:
            obj.blobs.pop(field.name, None)
            return
        try:
            data = base64.b64decode(value, validate=False)
            if not isinstance(value, str):
                raise ValueError
        except (ValueError, TypeError, binascii.Error):
            raise Failure("Incorrect padding") from None
        name = (record.get("filename") or record.get("id")
                or record.get("title") or "")
        obj.blobs[field.name] = Blob(
            name, record.get("mimetype") if obj.kind.dx and
            record.get("mimetype") else media_of(name), data)

    def set_remarks(self, obj, field, value):
        """A text is one more, on top; a list replaces the whole history."""
        if isinstance(value, list):
            obj.fields[field.name] = [
                dict(row, content=clean(row.get("content", "")))
                for row in value if isinstance(row, dict)]
        elif value:
            now = self.lab.now()
            row = {"id": hashlib.md5(str(now).encode()).hexdigest(),
                   "user_id": self.user.name,
                   "user_name": self.user.fullname,
                   "created": shown_time(now), "content": clean(value)}
            obj.fields[field.name] = [row] + list(
                obj.fields.get(field.name) or [])

    def set_analyses(self, sample, value):
        """The analyses named stay or come; the others are deleted."""
        lab = self.lab
        rows = value if isinstance(value, list) else [value]
        wanted = [row["uid"] for row in rows
                  if isinstance(row, dict) and row.get("uid")]
        if not wanted:
            return              # a plain list of UIDs is not understood
        if not lab.may_set(self.user, sample, "Analyses"):
            raise ApiError(401, "Not allowed to set the field 'Analyses'")
        keep = set()
        for uid in wanted:
            target = lab.get(uid)
            if target is None:
                continue
            if target.type == "Analysis":
                keep.add(target.uid)
                continue
            have = [a for a in lab.analyses(sample)
                    if target.uid in a.uids("AnalysisService")]
            if not have:
                have = [workflow.make_analysis(lab, sample, target,
                                               self.user.name)]
                if sample.state != "sample_due":
                    workflow.fire(lab, have[0], "initialize", self.user.name)
            keep.update(a.uid for a in have)
        for analysis in lab.analyses(sample):
            if analysis.uid not in keep:
                lab.remove(analysis, self.user.name)

    # ---- validation and transitions

    def validate(self, obj, record):
        kind = obj.kind
        if kind.name == "AnalysisService":
            raise Failure("'NoneType' object has no attribute 'form'")
        if kind.name == "AnalysisProfile":
            raise ApiError(400, '{"profile_key": '
                           '"Profile keyword must be unique"}')
        wrong = dx_errors(obj, record) if kind.dx else at_errors(obj)
        if wrong:
            raise ApiError(400, json.dumps(wrong))

    def transition(self, obj, action):
        lab = self.lab
        if not workflow.allowed(lab, obj, action, self.user):
            names = sorted(t.name for t in
                           workflow.offered(lab, obj, self.user))
            raise Failure(
                "Failed to perform transition '%s' on <%s at %s>: Invalid "
                "transition '%s'.\nValid transitions are:\n%s"
                % (action, obj.type, obj.id, action, "\n".join(names)))
        workflow.fire(lab, obj, action, self.user.name)


def dx_errors(obj, record):
    """Required fields must be in every request, even in an update; a text
    or a list for a reference is refused."""
    wrong = {}
    for field in obj.kind.fields.values():
        if field.name in record:
            value = record[field.name]
            if field.kind in ("R", "M") and value and \
                    not isinstance(value, dict):
                wrong[field.name] = ""
            elif field.required and value in ("", None):
                wrong[field.name] = "required field"
        elif field.required:
            wrong[field.name] = "required field"
    return wrong


def at_errors(obj):
    wrong = {}
    for field in obj.kind.fields.values():
        if field.required and field.kind == "s" and \
                obj.fields.get(field.name) in ("", None):
            wrong[field.name] = "%s is required, please correct." % (
                LABELS.get(field.name, field.name))
        elif field.required and field.is_reference and \
                not obj.uids(field.name):
            wrong[field.name] = "%s is required, please correct." % field.name
    return wrong


def single(value):
    """A UID; nothing else can be given for a single reference."""
    if isinstance(value, dict):
        raise Failure("object of type 'NoneType' has no len()")
    if isinstance(value, list):
        found = several(value)
        if len(found) > 1:
            raise ApiError(400, "Multiple values given for single valued "
                           "field")
        value = found[0] if found else None
    if not is_uid(value):
        raise Failure("list index out of range")
    return value


def several(value):
    """UIDs of a list, or of one UID; a bare dict empties the field."""
    if is_uid(value):
        return [value]
    if not isinstance(value, list):
        return []
    found = []
    for row in value:
        if is_uid(row):
            found.append(row)
        elif isinstance(row, dict) and row.get("uid"):
            found.append(row["uid"])
    return found


def fits(kind, value):
    """Would the Dexterity field take it?  What does not fit is logged."""
    if value is None:
        return True
    return isinstance(value, {
        "s": str, "t": str, "b": bool, "i": int, "f": (int, float),
        "g": list, "p": dict, "x": str}.get(kind, object))


def plain(kind, value):
    """An Archetypes value of the simple kinds."""
    if kind == "b":
        return value not in (None, False, 0, "", "0", "False", "false")
    try:
        if kind == "i":
            return None if value in (None, "") else int(value)
        if kind == "f":
            return None if value in (None, "") else float(value)
    except (TypeError, ValueError) as error:
        raise ApiError(400, str(error)) from None
    if kind == "x":
        return fixed(value)
    if kind in ("s", "t"):
        return "" if value is None else value
    if kind in ("l", "rs"):
        return list(value) if isinstance(value, list) else []
    if kind in ("r", "D"):
        return dict(value) if isinstance(value, dict) else {}
    return value


def fixed(value):
    """Two digits after the point, cut, not rounded."""
    if value in (None, ""):
        return "0.00"
    whole, _, rest = str(value).partition(".")
    if not re.match(r"^-?\d*$", whole) or not re.match(r"^\d*$", rest):
        raise ApiError(400, "could not convert string to float: %s" % value)
    return "%s.%s" % (whole or "0", (rest + "00")[:2])


def clean(text):
    """What the HTML transform leaves: no scripts."""
    text = re.sub(r"(?is)<script.*?</script>", "", text)
    if text.startswith("<p>"):
        return text
    return "<p>%s</p>" % html.escape(text, quote=False) \
        if "<" not in text else "<p>%s</p>" % text
