# -*- coding: utf-8 -*-
"""satchel.import: a list of documents, all created before any is filled.

Each object is done whole or not at all, by savepoints.  The indexing queue
is emptied by hand after a rollback: that it always follows one is not said
anywhere, and a queue that did not would index what is gone.
"""

import transaction
from Acquisition import aq_base
from bika.lims import api
from Products.CMFCore.indexing import getQueue
from Products.CMFCore.indexing import processQueue
from satchel.companion import counters
from satchel.companion import creation
from satchel.companion import dates
from satchel.companion import document as shape
from satchel.companion import logger
from satchel.companion import paths
from satchel.companion import pending
from satchel.companion import reader
from satchel.companion import registry
from satchel.companion import sites
from satchel.companion import users
from satchel.companion import values
from satchel.companion.values import Unfit
from satchel.companion.writer import reason
from satchel.companion.writer import same_time
from satchel.companion.writer import Writer
from ZODB.POSException import ConflictError


# Entries that share a savepoint.
TOGETHER = 20


def placed(doc):
    """Is this an object in a folder, and not to be deleted?"""
    return not (doc.get("deleted") or doc["uid"] == paths.REGISTRY
                or doc["uid"].startswith(paths.USERS))


def undo(savepoint):
    savepoint.rollback()
    getQueue().clear()


class Entry(object):
    """A document on its way, and what became of it."""

    def __init__(self, doc):
        self.doc = doc
        self.uid = doc["uid"]
        self.obj = None
        self.created = False
        self.result = None
        self.message = u""
        self.missing = []

    def state(self):
        return self.obj, self.created, self.result, self.message

    def restore(self, state):
        self.obj, self.created, self.result, self.message = state

    def refuse(self, message):
        self.result = "refused"
        self.message = values.text(message)

    @property
    def refused(self):
        return self.result == "refused"

    def answer(self):
        return {"uid": self.uid, "result": self.result,
                "message": self.message, "missing": self.missing}


class Batch(object):

    def __init__(self, documents, atomic, read, count):
        self.entries = [Entry(d) for d in documents]
        self.atomic = atomic
        self.read = read
        self.count = count

    def run(self):
        """The results, in order."""
        processQueue()
        self.check()
        self.unchanged()
        self.each([e for e in self.open() if not placed(e.doc)], self.other)
        self.each(self.by_parent(), self.place)
        self.each(self.by_parent(), self.fill)
        self.remove_refused()
        if self.atomic and any(e.refused for e in self.entries):
            return self.undone()
        self.after()
        return [self.answer(e) for e in self.entries]

    def open(self):
        """Entries of which nothing is known yet."""
        return [e for e in self.entries if e.result is None]

    def each(self, entries, work):
        """Does the work for each entry: whole or not at all.

        A savepoint costs as much as a small object, so some entries share
        one.  If any of them fails, all are undone and done again singly.
        """
        for at in range(0, len(entries), TOGETHER):
            some = entries[at:at + TOGETHER]
            if len(some) > 1 and self.together(some, work):
                continue
            for entry in some:
                self.singly(entry, work)

    def together(self, entries, work):
        before = [entry.state() for entry in entries]
        savepoint = transaction.savepoint(optimistic=True)
        try:
            for entry in entries:
                work(entry)
            processQueue()
            return True
        except ConflictError:
            raise
        except Exception:
            undo(savepoint)
            for entry, state in zip(entries, before):
                entry.restore(state)
            return False

    def singly(self, entry, work):
        before = entry.state()
        savepoint = transaction.savepoint(optimistic=True)
        try:
            work(entry)
            processQueue()
        except ConflictError:
            raise
        except Exception as e:
            undo(savepoint)
            entry.restore(before)
            if isinstance(e, Unfit):
                entry.refuse(e.args[0])
            else:
                logger.exception("refused %s", entry.uid)
                entry.refuse(reason(e))

    # the passes

    def check(self):
        seen = set()
        for entry in self.entries:
            try:
                shape.check(entry.doc)
                if entry.uid in seen:
                    raise Unfit("twice in one request")
            except Unfit as e:
                entry.refuse(e.args[0])
            seen.add(entry.uid)

    def unchanged(self):
        """Refuses what changed since the caller read it.

        All are compared before anything is written: our own work on one
        object may move the date of another.
        """
        for entry in self.open():
            expected = entry.doc.get("expect")
            obj = sites.find(self.key(entry)) if expected else None
            if obj is None:
                continue
            found = getattr(aq_base(obj), "modification_date", None)
            if not same_time(dates.utc(found), expected):
                entry.refuse("changed since it was read")

    def other(self, entry):
        """Deletions, users and the registry: no second pass."""
        doc = entry.doc
        if doc.get("deleted"):
            entry.result = self.delete(entry)
        elif entry.uid.startswith(paths.USERS):
            entry.result, entry.message = users.store(doc)
        elif entry.uid == paths.REGISTRY:
            entry.result, entry.message = registry.store(doc)

    def delete(self, entry):
        if entry.uid.startswith("/"):
            raise Unfit("site objects, users and the registry stay")
        obj = sites.find(entry.uid)
        if obj is None:
            return "absent"
        if paths.is_site(sites.path_of(obj)):
            raise Unfit("a site object stays")
        inside = creation.count_inside(obj)
        if inside:
            raise Unfit("it holds %d objects" % inside)
        creation.delete(obj)
        return "deleted"

    @staticmethod
    def key(entry):
        """What the object is found by: a site object has its path."""
        return entry.doc["path"] if entry.doc.get("site") else entry.uid

    def by_parent(self):
        """Open entries, parents before children."""
        left = self.open()
        uids = set(e.uid for e in left)
        out = []
        while left:
            ready = [e for e in left if e.doc.get("parent") not in uids
                     or e.doc.get("parent") == e.uid]
            if not ready:
                for entry in left:
                    entry.refuse("its parents run in a circle")
                break
            out.extend(ready)
            uids.difference_update(e.uid for e in ready)
            left = [e for e in left if e.uid in uids]
        return out

    def place(self, entry):
        """Finds the object or creates it."""
        doc = entry.doc
        entry.obj = sites.find(self.key(entry))
        if entry.obj is not None:
            self.check_place(entry)
            return
        if self.key(entry).startswith("/"):
            raise Unfit("no such site object here")
        if doc.get("update_only") or doc.get("fields_only") is not None:
            entry.result = "absent"
            return
        for name in ("type", "id", "parent"):
            if not doc.get(name):
                raise Unfit("%s is missing" % name)
        container = sites.find(doc["parent"])
        if container is None:
            raise Unfit("its parent is not here")
        entry.obj = creation.create(container, doc["type"], entry.uid,
                                    doc["id"])
        entry.created = True

    def check_place(self, entry):
        doc, obj = entry.doc, entry.obj
        kind = api.get_portal_type(obj)
        if doc.get("type", kind) != kind:
            raise Unfit("it is of type %s here" % kind)
        if doc.get("site") or paths.is_site(sites.path_of(obj)):
            return
        if doc.get("id", obj.getId()) != obj.getId():
            raise Unfit("it has the id %s here" % obj.getId())
        parent = sites.parent_of(obj)
        wanted = doc.get("parent")
        if wanted is not None and wanted not in (
                api.get_uid(parent), sites.path_of(parent)):
            raise Unfit("it is in another folder here")

    def remove_refused(self):
        """What was created and cannot be filled: as if it had never been.

        What was created in it was refused before, and goes with it.
        """
        for entry in self.entries:
            if not entry.created or not entry.refused:
                continue
            message = entry.message
            self.singly(entry, self.remove)
            entry.refuse(message)

    def remove(self, entry):
        obj = sites.find(entry.uid)
        if obj is not None:
            creation.delete(obj, tell=False)

    def fill(self, entry):
        parent = entry.doc.get("parent")
        if any(e.uid == parent and e.created and e.refused
               for e in self.entries):
            raise Unfit("its parent was refused")
        writer = Writer(entry.obj, entry.doc, entry.created)
        changed = writer.write()
        if entry.created and api.get_portal_type(entry.obj) == "Client":
            entry.obj.create_group()
        entry.result = "same"
        if changed:
            entry.result = "created" if entry.created else "updated"
        said = []
        if writer.unknown:
            said.append(u"unknown here: " + u", ".join(writer.unknown))
        if writer.passed:
            said.append(u"not given: " + u", ".join(writer.passed))
        entry.message = u"; ".join(said)

    # the end

    def undone(self):
        transaction.abort()
        getQueue().clear()
        for entry in self.entries:
            if not entry.refused:
                entry.refuse("undone with the others")
        return [e.answer() for e in self.entries]

    def after(self):
        done = [e for e in self.entries
                if e.obj is not None and not e.refused]
        for entry in done:
            entry.missing = pending.missing(entry.doc)
            if entry.missing and entry.result != "same":
                pending.remember(entry.uid, entry.missing)
        created = set(str(e.uid) for e in done if e.created)
        for uid in sorted(pending.sources(created)):
            obj = sites.find(uid)
            if obj is not None:
                pending.link(obj, created)
        if self.count:
            counters.raise_to(counters.of_objects(
                e.obj for e in done if e.created))
        processQueue()

    def answer(self, entry):
        out = entry.answer()
        if not self.read or entry.result in ("refused", "absent", "deleted"):
            return out
        try:
            out["item"] = reader.any_document(
                values.text(api.get_uid(entry.obj)) if entry.obj is not None
                else entry.uid)
        except Unfit as e:
            out["message"] = values.text(e.args[0])
        return out
