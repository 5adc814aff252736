# -*- coding: utf-8 -*-
"""One object made equal to a document.

Each step compares first and writes only what differs, so that a document
that is already here costs no write and no indexing, and moves no date.
"""

import sys

from Acquisition import aq_base
from bika.lims import api
from persistent.mapping import PersistentMapping
from satchel.companion import dates
from satchel.companion import document as shape
from satchel.companion import fields
from satchel.companion import files
from satchel.companion import history
from satchel.companion import pending
from satchel.companion import reader
from satchel.companion import readonly
from satchel.companion import uploads
from satchel.companion import users
from satchel.companion import values
from satchel.companion.values import Unfit
from zope.interface import directlyProvidedBy
from zope.interface import directlyProvides
from zope.interface.interfaces import IInterface


class Writer(object):

    def __init__(self, obj, document, fresh=False):
        self.obj = obj
        self.doc = document
        self.fresh = fresh
        self.changed = fresh
        self.unknown = []
        self.passed = []

    def write(self):
        """True if anything was written."""
        only = self.doc.get("fields_only")
        accessors = fields.all_of(self.obj)
        self.fields(accessors, only)
        self.attachments(accessors, only)
        if only is None:
            self.title()
            self.workflow()
            self.people()
            self.roles()
            self.markers()
            self.read_only()
        self.finish(only)
        return self.changed

    def touched(self):
        self.changed = True

    # fields and files

    def fields(self, accessors, only):
        wanted = self.doc.get("fields", {})
        known = dict(accessors)
        for name in sorted(wanted):
            if only is not None and name not in only:
                continue
            accessor = known.get(name)
            if accessor is None or accessor.blob:
                if wanted[name] is not None:
                    self.unknown.append(name)
                continue
            try:
                self.field(accessor, wanted[name])
            except Unfit as e:
                raise Unfit("field %s: %s" % (name, e))
            except Exception as e:
                raise Unfit("field %s: %s" % (name, reason(e)))

    def field(self, accessor, wanted):
        if accessor.reference:
            wanted = fields.local(wanted)
        try:
            now = accessor.read(self.obj)
        except Unfit:
            now = self
        if values.equal(now, wanted):
            return
        accessor.write(self.obj, wanted)
        self.touched()

    def attachments(self, accessors, only):
        if "attachments" not in self.doc:
            return
        wanted = dict((a["field"], a) for a in self.doc["attachments"])
        for name, accessor in accessors:
            if not accessor.blob or (only is not None and name not in only):
                wanted.pop(name, None)
                continue
            given = wanted.pop(name, None)
            try:
                self.attachment(name, accessor, given)
            except Unfit as e:
                raise Unfit("attachment %s: %s" % (name, e))
        self.unknown.extend(sorted(wanted))

    def attachment(self, name, accessor, given):
        there = files.get(self.obj, accessor)
        if given is None:
            if there is not None:
                files.clear(self.obj, accessor)
                self.touched()
            return
        now = None
        if there is not None:
            now = files.describe(name, there, reader.digest(there))
        if now is None or now["sha256"] != given["sha256"]:
            self.replace(accessor, given)
        elif now["name"] != given["name"] or \
                now["media_type"] != given["media_type"]:
            files.rename(self.obj, accessor, given["name"],
                         given["media_type"])
            self.touched()

    def replace(self, accessor, given):
        upload = None
        if "data" in given:
            parts = [given["data"]]
        elif "upload" in given:
            upload = uploads.get(uploads.check_name(given["upload"]))
            if upload is None:
                raise Unfit("no such upload")
            parts = upload.read()
        else:
            raise Unfit("its bytes are not here and were not sent")
        files.put(self.obj, accessor, parts, given["name"],
                  given["media_type"])
        there = files.get(self.obj, accessor)
        if (there.sha256() if there else None) != given["sha256"]:
            raise Unfit("its bytes are not those of its sha256")
        if upload is not None:
            uploads.drop(given["upload"])
        self.touched()

    # what is around the fields

    def title(self):
        """Where a title can be set; a computed one follows its fields."""
        wanted = self.doc.get("title")
        if wanted is None or reader.title(self.obj) == wanted:
            return
        if api.is_dexterity_content(self.obj):
            self.obj.title = values.text(wanted)
        else:
            field = self.obj.Schema().get("title")
            if field is None or not hasattr(field, "getStorage"):
                return
            before = field.getRaw(self.obj)
            if values.equal(values.to_json(before), wanted):
                return
            field.set(self.obj, values.text(wanted))
        self.touched()

    def workflow(self):
        """History and state as given; no transition runs."""
        entries = self.doc.get("history")
        if entries is None and not (self.fresh and self.doc.get("state")):
            return
        tool = api.get_tool("portal_workflow")
        chains = reader.chains(self.obj)
        first = chains[0][0]
        names = dict((c[0], c[1]) for c in chains)
        for entry in entries or ():
            workflow = history.plain(entry.get("workflow"))
            if workflow:
                names[workflow] = reader.state_name(tool, workflow)
        if entries is None:
            entries = [self.beginning()]
        if not entries and not first:
            return
        lists = history.split(entries, first, self.doc.get("state"), names,
                              dates.of_moment)
        self.known_state(tool, first)
        if self.same_history(chains, lists, names):
            return
        self.obj.workflow_history = PersistentMapping(
            (w, tuple(e)) for w, e in lists.items() if w)
        self.map_roles(self.obj)
        self.touched()

    def beginning(self):
        return {"action": None, "actor": self.doc.get("creator", u""),
                "time": self.doc.get("created") or dates.now(),
                "state": self.doc["state"], "comments": u""}

    def known_state(self, tool, first):
        wanted = self.doc.get("state")
        workflow = tool.getWorkflowById(first) if first else None
        if wanted is None or workflow is None:
            return
        if wanted not in workflow.states.objectIds():
            raise Unfit("no state %s in %s here" % (wanted, first))

    def same_history(self, chains, lists, names):
        if self.fresh:
            return False
        now = dict((c[0], c[2]) for c in chains if c[0])
        for workflow in set(now) | set(w for w in lists if w):
            name = names.get(workflow, "review_state")
            pair = [history.flatten([(workflow, name, side)], dates.stamp)
                    for side in (now.get(workflow, ()),
                                 lists.get(workflow, ()))]
            if not values.equal(pair[0], pair[1]):
                return False
        return True

    @staticmethod
    def map_roles(obj):
        for workflow in api.get_tool("portal_workflow").getWorkflowsFor(obj):
            workflow.updateRoleMappingsFor(obj)

    def people(self):
        """Creators and owner."""
        own = self.doc.get("senaite", {})
        wanted = own.get("creators")
        if wanted is None and self.doc.get("creator"):
            wanted = [self.doc["creator"]]
        if wanted is not None and wanted != reader.creators(self.obj):
            # both kinds keep them in this attribute
            aq_base(self.obj).creators = tuple(
                values.text(name) for name in wanted)
            self.touched()
        if "owner" in own and reader.owner(self.obj) != own["owner"]:
            self.owner(own["owner"])
            self.touched()

    def owner(self, name):
        """None: what it lies in owns it, as analyses made by their sample."""
        base = aq_base(self.obj)
        if name:
            base._owner = owner_tuple(name)
        elif "_owner" in base.__dict__:
            del base._owner

    def roles(self):
        wanted = self.doc.get("senaite", {}).get("roles")
        if wanted is None:
            return
        wanted, self.passed = shape.local_roles(wanted)
        if values.equal(reader.roles(self.obj), wanted):
            return
        base = aq_base(self.obj)
        new = dict((history.plain(name), [history.plain(r) for r in given])
                   for name, given in wanted.items())
        group = base.__dict__.get(reader.GROUP_KEY)
        kept = getattr(base, "__ac_local_roles__", None) or {}
        if group and group in kept:
            new[group] = kept[group]
        base.__ac_local_roles__ = new
        self.touched()

    def markers(self):
        wanted = self.doc.get("senaite", {}).get("markers")
        if wanted is None or reader.markers(self.obj) == sorted(wanted):
            return
        found = []
        for name in wanted:
            found.append(marker_of(name))
        found.extend(i for i in directlyProvidedBy(self.obj)
                     if i in reader.OWN_MARKERS)
        directlyProvides(self.obj, *found)
        self.touched()

    def read_only(self):
        if self.doc.get("read_only"):
            if readonly.lock(self.obj):
                self.touched()
        elif readonly.is_locked(self.obj):
            readonly.release(self.obj, self.map_roles)
            self.touched()

    # the end

    def finish(self, only):
        """Catalogs, then the dates, which indexing would move."""
        base = aq_base(self.obj)
        before = (base.creation_date, base.modification_date)
        wanted = [None, None]
        if only is None:
            for at, name in enumerate(("created", "modified")):
                given = self.doc.get(name)
                if given and not same_time(dates.utc(before[at]), given):
                    wanted[at] = dates.of_utc(given)
        if wanted != [None, None]:
            self.touched()
        if not self.changed:
            return
        self.obj.reindexObject()
        base.creation_date = wanted[0] or before[0]
        if wanted[1] or "modified" in self.doc or self.fresh:
            base.modification_date = wanted[1] or before[1]

    def missing(self):
        return pending.missing(self.doc)


def marker_of(name):
    """The interface of a dotted name, of what is loaded already: a name
    from outside imports nothing."""
    module, dot, attribute = history.plain(name).rpartition(".")
    found = getattr(sys.modules.get(module), str(attribute), None)
    if found is None or not IInterface.providedBy(found):
        raise Unfit("no such marker here: %s" % name)
    return found


def same_time(a, b):
    return a is not None and values.moment(a) == values.moment(b)


def owner_tuple(name):
    """(path of the user folder, name); a user not here is the site's."""
    name = history.plain(name)
    if users.is_root(name):
        return ["acl_users"], name
    return [api.get_portal().getId(), "acl_users"], name


def reason(error):
    """What may be told of an exception: its kind and a short text."""
    try:
        text = str(error)
    except Exception:
        text = ""
    text = text.decode("utf-8", "replace").split(u"\n")[0][:200]
    return u"%s: %s" % (type(error).__name__, text)
