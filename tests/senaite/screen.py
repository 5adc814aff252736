"""What a person at the screens does to the lab: the operations of /_lab.

POST /_lab takes one operation or a list; `user` is who does it (default
labman).  An object is named by `uid` or by `path` ("/clients/client-1").

  {"op": "edit", "fields": {..}, "title": ..}      set exact values; the date
        moves, the change log sees it ("silent": true: neither)
  {"op": "transition", "name": "receive", "comment": ..}   with its cascade;
        guards hold unless "force": true
  {"op": "delete"}                      hard deletion, with what is inside
  {"op": "add", "parent": P, "type": T, "fields": {..}, "title": ..,
        "id": .., "object_uid": ..}     ids by the id server if not given
  {"op": "sample", "client": P, "sample_type": "H2O", "services": ["Ca"],
        "fields": {..}, "to": "published"}    a sample made and brought there
  {"op": "attach", "field": F, "name": N, "media": M, "data": BASE64}
  {"op": "set", "created": TIME, "modified": TIME, "history": [..],
        "read_only": true}              raw, seen by nobody
  {"op": "zone", "minutes": 60}         the server's zone moves
  {"op": "clock", "seconds": 3600}      its clock moves
  {"op": "settings", "self_verification": true, "reject": false,
        "auditlog": true}               those named are changed
  {"op": "user", "name": .., "password": .., "roles": [..], "drop": true}
  {"op": "log", "on": true}             a new epoch of the change log, or off
  {"op": "counters", "counters": {..}}

The answer is the list of the documents of the objects concerned.
GET /_lab gives everything exactly; ?uid=U one object; ?brief=1 no fields.
"""

import base64
import datetime
import json

import companion
import content
import exact
import schema
import workflow
from lab import Failure, User
from values import Blob, exact_date, ref
from web import json_response


class Screen:
    def __init__(self, lab):
        self.lab = lab

    def answer(self, request):
        if request.method == "GET":
            return json_response(self.everything(request))
        given = json.loads(request.body)
        try:
            return json_response([self.change(op) for op in (
                given if isinstance(given, list) else [given])])
        except (Failure, KeyError, ValueError, TypeError) as error:
            return json_response({"error": "%s: %s" % (
                type(error).__name__, error)}, 400)

    def everything(self, request):
        lab = self.lab
        uid = request.get("uid")
        if uid:
            obj = lab.get(uid)
            return exact.document(lab, obj) if obj else None
        docs = [exact.document(lab, o) for o in lab.snapshot()]
        if request.says_yes("brief"):
            for doc in docs:
                for name in ("fields", "history", "senaite", "attachments"):
                    del doc[name]
        return {"objects": docs, "ghosts": lab.ghosts,
                "counters": lab.counters, "registry": lab.registry,
                "users": {u.name: exact.user_document(u)
                          for u in lab.users.values()},
                "log": list(lab.log.entries.values()) if lab.log else None}

    def change(self, op):
        user = op.get("user", "labman")
        done = getattr(self, "op_" + op["op"])(op, user)
        return exact.document(self.lab, done) if done is not None else None

    def find(self, op, uid="uid", path="path"):
        obj = self.lab.get(op[uid]) if uid in op else self.lab.at(op[path])
        if obj is None:
            raise ValueError("no such object: %s" % op)
        return obj

    def named(self, name):
        """By UID or by path."""
        obj = self.lab.at(name) if name.startswith("/") \
            else self.lab.get(name)
        if obj is None:
            raise ValueError("no such object: %s" % name)
        return obj

    def op_edit(self, op, user):
        obj = self.find(op)
        obj.fields.update(op.get("fields") or {})
        obj.title = op.get("title", obj.title)
        if not op.get("silent"):
            self.lab.reindex(obj, user)
        return obj

    def op_transition(self, op, user):
        obj = self.find(op)
        if not op.get("force") and not workflow.allowed(
                self.lab, obj, op["name"], self.lab.users[user]):
            raise ValueError("%s is not offered" % op["name"])
        workflow.fire(self.lab, obj, op["name"], user, op.get("comment", ""))
        return obj

    def op_delete(self, op, user):
        self.lab.remove(self.find(op), user)

    def op_add(self, op, user):
        lab = self.lab
        parent = self.named(op["parent"])
        kind = schema.TYPES[op["type"]]
        ident = op.get("id") or lab.new_id(kind, parent, op.get("fields"))
        obj = lab.place(parent, kind, ident, op.get("object_uid"), user)
        obj.fields.update(op.get("fields") or {})
        obj.title = op.get("title", ident)
        lab.reindex(obj, user)
        return obj

    def op_sample(self, op, user):
        lab = self.lab
        client = self.named(op["client"])
        kind = next(o for o in lab.by_type["SampleType"].values()
                    if o.fields["prefix"] == op["sample_type"])
        services = [o for o in lab.by_type["AnalysisService"].values()
                    if o.fields["Keyword"] in op.get("services", ())]
        fields = {"SampleType": ref(kind),
                  "DateSampled": exact_date(lab.now())}
        contacts = [o for o in lab.children(client) if o.type == "Contact"]
        if contacts:
            fields["Contact"] = ref(contacts[0])
        fields.update(op.get("fields") or {})
        sample = workflow.make_sample(lab, client, fields, services, user)
        content.Builder(lab).advance(sample, op.get("to", "sample_due"))
        return sample

    def op_attach(self, op, user):
        obj = self.find(op)
        obj.blobs[op["field"]] = Blob(
            op["name"], op["media"], base64.b64decode(op["data"]))
        self.lab.reindex(obj, user)
        return obj

    def op_set(self, op, user):
        obj = self.find(op)
        for name in ("created", "modified"):
            if name in op:
                setattr(obj, name, exact.when(op[name]))
        if "history" in op:
            obj.history = [exact.entry_in(row) for row in op["history"]]
        obj.read_only = op.get("read_only", obj.read_only)
        return obj

    def op_zone(self, op, user):
        self.lab.zone = datetime.timezone(
            datetime.timedelta(minutes=op["minutes"]))

    def op_clock(self, op, user):
        self.lab.advance(op["seconds"])

    def op_settings(self, op, user):
        self.lab.settings.update({k: v for k, v in op.items()
                                  if k in self.lab.settings})

    def op_user(self, op, user):
        if op.get("drop"):
            del self.lab.users[op["name"]]
            return
        self.lab.users[op["name"]] = User(
            op["name"], op.get("password", op["name"]),
            op.get("roles", ["LabClerk"]), op.get("groups", ()),
            op.get("fullname", ""), op.get("email", ""))

    def op_log(self, op, user):
        self.lab.log = companion.Log(
            "%016x" % self.lab.random.getrandbits(64)) \
            if op.get("on") else None

    def op_counters(self, op, user):
        self.lab.counters.update(op["counters"])
