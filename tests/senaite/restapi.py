"""plone.restapi at the objects' own URLs, and downloads there.

Errors have their real status here, and a refused write is rolled back.
"""

import base64
import copy
import email.utils
import json
import re
import unicodedata
import urllib.parse

import schema
import workflow
from lab import Failure
from values import (UTC, Blob, exact_date, parse_time, ref, shown_time)
from views import Views
from web import Response, json_response
from writes import at_errors, fits, media_of, plain, several

TRACEBACK = ['File "WSGIPublisher.py", line 176, in transaction_pubevents',
             "    yield", "..."]


class Refused(Exception):
    def __init__(self, status, value):
        Exception.__init__(self)
        self.status = status
        self.value = value


def bad(message, kind="BadRequest", status=400):
    return Refused(status, {"message": message, "type": kind,
                            "traceback": TRACEBACK})


class RestApi:
    def __init__(self, lab):
        self.lab = lab

    def answer(self, request, rest):
        try:
            return Call(self.lab, request).run(rest)
        except Refused as error:
            return json_response(error.value, error.status)


class Call:
    def __init__(self, lab, request):
        self.lab = lab
        self.request = request
        self.user = request.user
        self.views = Views(lab, request.user, request.base)

    def run(self, rest):
        rest = rest.rstrip("/")
        method = self.request.method
        path, at, tail = rest.partition("/@")
        if not at and rest.startswith("@"):
            path, at, tail = "", "@", rest[1:]
        obj = self.lab.at(path)
        if obj is None:
            raise Refused(404, {"type": "NotFound", "message":
                                "Resource not found: %s%s"
                                % (self.request.base, rest)})
        if self.user.anonymous or (obj is not self.lab.portal and
                                   not self.lab.may_view(self.user, obj)):
            raise unauthorized()
        if tail.startswith("workflow"):
            return self.flow(obj, tail.partition("/")[2])
        if tail in ("search", "users"):
            return json_response({"@id": self.views.url(obj) + "/@" + tail,
                                  "items": [], "items_total": 0})
        if tail:
            raise Refused(404, {"type": "NotFound",
                                "message": "Resource not found: "
                                + self.request.base + rest})
        if method == "DELETE":
            raise unauthorized()
        return {"GET": self.read, "HEAD": self.read, "POST": self.create,
                "PATCH": self.patch}[method](obj)

    # ---- reading

    def read(self, obj):
        return json_response(self.item(obj))

    def item(self, obj):
        """Exact values; many types cannot be converted at all."""
        if obj.type in schema.NO_CONVERTER:
            raise bad("No converter for making <%s at /%s%s> (<type "
                      "'Acquisition.ImplicitAcquisitionWrapper'>) JSON "
                      "compatible." % (obj.parent.type, self.lab.site,
                                       obj.parent.path()),
                      "TypeError", 500)
        url = self.views.url(obj)
        item = {
            "@id": url, "@type": obj.type, "UID": obj.uid, "id": obj.id,
            "@components": {n: {"@id": url + "/@" + n} for n in (
                "actions", "breadcrumbs", "contextnavigation", "navigation",
                "navroot", "workflow")},
            "title": obj.shown_title(), "is_folderish": True, "items": [],
            "items_total": 0, "review_state": obj.state,
            "version": "current"}
        if obj is self.lab.portal:
            return item
        item["parent"] = {
            "@id": self.views.url(obj.parent), "@type": obj.parent.type,
            "description": "", "title": obj.parent.shown_title(),
            "review_state": obj.parent.state}
        for field in obj.kind.fields.values():
            item[field.name] = self.value(obj, field)
        if obj.kind.dx:
            item.update(allow_discussion=False, layout="view", lock={},
                        created=utc(obj.created), modified=utc(obj.modified))
            return item
        addable = self.views.addable(obj)
        for name in ("description", "rights"):
            item[name] = {"content-type": "text/plain",
                          "data": obj.fields.get(name) or ""}
        item.update(layout="", creation_date=utc(obj.created),
                    modification_date=utc(obj.modified),
                    creators=list(obj.creators), constrainTypesMode=0,
                    locallyAllowedTypes=addable, nextPreviousEnabled=False,
                    immediatelyAddableTypes=addable)
        return item

    def value(self, obj, field):
        raw = obj.fields.get(field.name)
        if field.kind == "B":
            blob = obj.blobs.get(field.name)
            if blob is None:
                return None
            return {"content-type": blob.media, "filename": blob.name,
                    "size": len(blob.data),
                    "download": "%s/@@download/%s"
                    % (self.views.url(obj), field.name)}
        if field.kind == "td":
            return float(raw["seconds"]) if raw else None
        if field.is_reference and obj.kind.dx:
            return obj.uids(field.name)
        if field.kind == "M":
            return obj.uids(field.name)
        if field.is_reference:
            found = obj.uids(field.name)
            return found[0] if found else raw
        if field.kind == "d":
            when = parse_time(raw) if raw else None
            return utc(when) if when else None
        return raw

    def flow(self, obj, action):
        """History with UTC times: the one zone-safe reading."""
        url = self.views.url(obj) + "/@workflow"
        if self.request.method == "GET" and not action:
            return json_response({
                "@id": url,
                "history": [self.entry(obj, e) for e in obj.history],
                "transitions": [
                    {"@id": "%s/%s" % (url, t.name), "title": t.title}
                    for t in workflow.offered(self.lab, obj, self.user)
                    if t.name != "multi_results"]})
        if self.request.method != "POST" or not action:
            raise unauthorized()
        if not workflow.allowed(self.lab, obj, action, self.user):
            raise Refused(400, {"error": {
                "message": "No workflow provides the '${action_id}' action.",
                "type": "WorkflowException"}})
        comment = self.body().get("comment", "")
        start = len(obj.history)
        workflow.fire(self.lab, obj, action, self.user.name, comment)
        return json_response(self.entry(obj, obj.history[start]))

    def entry(self, obj, entry):
        flow = workflow.FLOWS.get(entry.get("workflow", obj.kind.workflow),
                                  {})
        state = flow.get(entry["state"])
        return {"action": entry["action"], "actor": entry["actor"],
                "comments": entry["comments"],
                "review_state": entry["state"], "time": utc(entry["time"]),
                "title": state.title if state else entry["state"]}

    # ---- writing

    def body(self):
        try:
            value = json.loads(self.request.body or b"{}")
        except ValueError:
            raise bad("Malformed body", "DeserializationError") from None
        if not isinstance(value, dict):
            raise bad("Malformed body", "DeserializationError")
        return value

    def patch(self, obj):
        """Partial; fields the user may not write are skipped silently."""
        if obj is self.lab.portal or \
                not (self.lab.may_modify(self.user, obj)
                     or obj.type == "Analysis"):
            raise unauthorized()
        if obj.type == "AnalysisService":
            raise bad("'NoneType' object has no attribute 'form'",
                      "AttributeError", 500)
        before = (copy.deepcopy(obj.fields), dict(obj.blobs), obj.title,
                  obj.created, list(obj.creators))
        try:
            self.write(obj, self.body())
        except Refused:
            (obj.fields, obj.blobs, obj.title, obj.created,
             obj.creators) = before
            raise
        self.lab.reindex(obj, self.user.name)
        return Response(204, b"", None)

    def write(self, obj, record):
        for name, value in record.items():
            field = obj.kind.fields.get(name)
            if name == "title":
                obj.title = value
            elif name == "creation_date" and not obj.kind.dx:
                obj.created = self.date(name, value) or obj.created
            elif name == "creators" and not obj.kind.dx:
                obj.creators = list(value)
            elif field is None:
                continue
            elif not obj.kind.dx and not self.lab.may_set(
                    self.user, obj, name):
                continue
            else:
                self.set(obj, field, value)
        wrong = dx_missing(obj) if obj.kind.dx else at_errors(obj)
        if wrong:
            raise bad(str([{"field": n, "message": m,
                            "error": "ValidationError"}
                           for n, m in wrong.items()]))

    def date(self, name, value):
        when = parse_time(value) if value else None
        if value and when is None:
            raise bad("[{'field': '%s', 'message': u'Invalid date'}]" % name)
        return when

    def set(self, obj, field, value):
        kind = field.kind
        if kind == "B":
            obj.blobs.pop(field.name, None)
            if isinstance(value, dict):
                obj.blobs[field.name] = blob(value)
        elif field.is_reference:
            uids = [u for u in several(value)]
            if obj.kind.dx or kind == "M":
                obj.fields[field.name] = [ref(u) for u in uids]
            else:
                obj.fields[field.name] = ref(uids[0]) if uids else ""
        elif kind == "d":
            when = self.date(field.name, value)
            obj.fields[field.name] = exact_date(when) if when else None
        elif kind == "td":
            obj.fields[field.name] = None if value is None else {
                "seconds": int(value)}
        elif not obj.kind.dx:
            obj.fields[field.name] = plain(kind, value)
        elif fits(kind, value):
            obj.fields[field.name] = value
        else:
            raise bad("[{'field': '%s', 'message': u'Wrong type'}]"
                      % field.name)

    def create(self, parent):
        record = self.body()
        name = record.get("@type")
        if name not in schema.TYPES:
            raise bad("Property '@type' is required")
        if not self.lab.may_add(self.user, parent) or \
                name not in self.views.addable(parent):
            raise unauthorized()
        if name == "AnalysisRequest":
            raise bad("'NoneType' object has no attribute 'getPrefix'",
                      "AttributeError", 500)
        kind = schema.TYPES[name]
        if kind.dx and "description" not in record:
            raise bad("[{'field': 'description', 'message': "
                      "u'Required input is missing.'}]")
        counters = dict(self.lab.counters)
        try:
            ident = record.get("id") or self.lab.new_id(kind, parent)
            obj = self.lab.place(parent, kind, ident, user=self.user.name)
        except Failure as error:
            raise bad(str(error)) from None
        try:
            obj.title = record.get("title", "")
            self.write(obj, record)
        except Refused:
            self.lab.remove(obj, self.user.name)
            self.lab.counters = counters
            raise
        if name == "Attachment":
            obj.title = obj.title or obj.id
        self.lab.reindex(obj, self.user.name)
        if name in schema.NO_CONVERTER:
            return json_response({"@id": self.views.url(obj)}, 201,
                                 [("Location", self.views.url(obj))])
        return json_response(self.item(obj), 201,
                             [("Location", self.views.url(obj))])


def unauthorized():
    return Refused(401, {"type": "Unauthorized", "message": "You are not "
                         "authorized to access this resource."})


def utc(when):
    return shown_time(when.astimezone(UTC))


def dx_missing(obj):
    wrong = {f.name: "Required input is missing."
             for f in obj.kind.fields.values()
             if f.required and obj.fields.get(f.name) in ("", None, [])}
    # What the demonstration data left empty is not asked for again.
    return {n: m for n, m in wrong.items()
            if obj.kind.fields[n].is_reference}


def blob(value):
    data = value.get("data", "")
    if value.get("encoding") == "base64":
        try:
            data = base64.b64decode(data)
        except ValueError:
            raise bad("Incorrect padding") from None
    else:
        data = data.encode("utf-8")
    name = value.get("filename") or ""
    return Blob(name, value.get("content-type") or media_of(name), data)


# ---- downloads ------------------------------------------------------------

_DOWNLOAD = re.compile(r"^(.*)/(?:at_download|@@download)/([^/]+)(?:/[^/]*)?$")


def download(lab, request, rest):
    """A file with the same login; None if this is no download.

    With `Accept: application/json` plone.rest takes the request: 404.
    """
    match = _DOWNLOAD.match(rest)
    if not match:
        return None
    obj = lab.at(match.group(1))
    at = rest[:rest.index("/at_download") + len("/at_download")] \
        if "/at_download" in rest else rest
    if request.accepts_json():
        return json_response({
            "type": "NotFound", "message":
            "Resource not found: %s%s" % (request.base, at)}, 404)
    if request.user.anonymous or (obj and not
                                  lab.may_view(request.user, obj)):
        return Response(302, b"", None, [
            ("Location", request.base + "/acl_users/credentials_cookie_auth/"
             "require_login?came_from=" + urllib.parse.quote(
                 request.base + rest))])
    found = obj.blobs.get(match.group(2)) if obj else None
    if found is None:
        return Response(404, b"<html><body>Not found</body></html>")
    return send(request, obj, found)


def send(request, obj, found):
    kind = found.media
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    name = unicodedata.normalize("NFKD", found.name).encode(
        "ascii", "ignore").decode()
    headers = [("Accept-Ranges", "bytes"), ("Content-Disposition",
                                            'attachment; filename="%s"'
                                            % name),
               ("Last-Modified", email.utils.format_datetime(
                   obj.modified.astimezone(UTC), usegmt=True))]
    if request.method == "HEAD":
        return Response(200, b"", kind, headers)    # a wrong length
    data, status = found.data, 200
    span = re.match(r"^bytes=(\d*)-(\d*)$", request.headers.get("Range", ""))
    if span and span.group(0) != "bytes=-":
        first, last = span.groups()
        size = len(data)
        if first == "":
            start, end = max(0, size - int(last)), size
        else:
            start = int(first)
            end = min(int(last) + 1, size) if last else size
        if start >= size or start >= end:
            return Response(416, b"", None,
                            [("Content-Range", "bytes */%d" % size)])
        headers.append(("Content-Range", "bytes %d-%d/%d"
                        % (start, end - 1, size)))
        data, status = data[start:end], 206
    return Response(status, data, kind, headers)
