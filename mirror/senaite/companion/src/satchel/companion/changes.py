# -*- coding: utf-8 -*-
"""The log of changes: what was reindexed, the newest entry of each object.

It listens to CMFCore's indexing queue and not to events: updates over the
API and many mutators fire none, but whatever matters is reindexed.

No `seq` is given twice, and none becomes visible after a greater one.  The
number is `Log.last`, an attribute of one persistent object without conflict
resolution.  Of two transactions that both took the next number from the
same state the second to commit fails with a ConflictError, whatever the
storage, and is run again by Zope from the start, on what the first left.
So transactions that write the log commit one after another, each numbering
from where the one before ended, and a reader who sees N sees all below it.
A savepoint that is rolled back takes its numbers back with it.
"""

import os
import time

from Acquisition import aq_base
from bika.lims import api
from BTrees.LOBTree import LOBTree
from BTrees.OLBTree import OLBTree
from persistent import Persistent
from Products.CMFCore.interfaces import IIndexQueueProcessor
from satchel.companion import logger
from satchel.companion import paths
from satchel.companion import sites
from satchel.companion import values
from satchel.companion.requests import Refused
from senaite.core.interfaces import ITemporaryObject
from zope.annotation.interfaces import IAnnotations
from zope.component.hooks import getSite
from zope.interface import implementer

KEPT = "satchel.companion.log"
CHANGED = "changed"
DELETED = "deleted"


class Log(Persistent):

    def __init__(self):
        self.epoch = os.urandom(16).encode("hex")
        self.last = 0
        self.entries = LOBTree()
        self.newest = OLBTree()

    def add(self, action, uid, kind, path):
        """Always a new number: a reader may have seen the one before."""
        old = self.newest.get(uid)
        if old is not None:
            del self.entries[old]
        self.last += 1
        user = api.get_current_user()
        self.entries[self.last] = (action, uid, kind, path, time.time(),
                                   user.getId() if user else None)
        self.newest[uid] = self.last

    def first(self):
        return self.entries.minKey() if self.entries else 0


def get():
    """The log of this site, or None while there is none."""
    site = getSite()
    notes = IAnnotations(site, None)
    return None if notes is None else notes.get(KEPT)


def enable():
    notes = IAnnotations(api.get_portal())
    if notes.get(KEPT) is None:
        notes[KEPT] = Log()
    return notes[KEPT]


def status():
    log = get()
    if log is None:
        return {"enabled": False, "epoch": u"", "first": 0, "last": 0}
    return {"enabled": True, "epoch": values.text(log.epoch),
            "first": log.first(), "last": log.last}


def deleted(uid, kind, path):
    """Records a deletion that the queue would not tell."""
    log = get()
    if log is not None:
        log.add(DELETED, uid, kind, path)


def since(after, epoch, limit):
    """The answer of satchel.changes."""
    log = get()
    if log is None:
        raise Refused("conflict", "there is no log")
    if epoch != log.epoch:
        raise Refused("conflict", "the log has another epoch")
    if after > log.last:
        raise Refused("conflict", "the log ends at %d" % log.last)
    entries = []
    for seq, entry in log.entries.items(after, excludemin=True):
        if len(entries) >= limit:
            break
        entries.append(_entry(seq, entry))
    last = entries[-1]["seq"] if entries else after
    return {"epoch": values.text(log.epoch), "first": log.first(),
            "last": log.last, "entries": entries, "next": last}


def _entry(seq, entry):
    action, uid, kind, path, when, user = entry
    if action == DELETED and sites.has(uid):
        # taken out of a catalog, or moved, but still here
        action = CHANGED
    return {
        "seq": seq, "uid": values.text(uid), "type": values.text(kind),
        "path": values.text(path), "action": values.text(action),
        "time": values.utc(int(round(when * 1000000))),
        "user": None if user is None else values.text(user),
    }


@implementer(IIndexQueueProcessor)
class Processor(object):
    """What CMFCore's indexing queue tells."""

    def index(self, obj, attributes=None):
        self._note(CHANGED, obj)

    def reindex(self, obj, attributes=None, update_metadata=1):
        self._note(CHANGED, obj)

    def unindex(self, obj):
        self._note(DELETED, obj)

    def begin(self):
        pass

    def commit(self):
        pass

    def abort(self):
        pass

    def _note(self, action, obj):
        """Never stands in the way of what SENAITE does."""
        log = get()
        if log is None:
            return
        named = _name(obj)
        if named is not None:
            log.add(action, *named)


def _name(obj):
    """(uid, type, path) of an object of ours, None for another."""
    path = obj.getPhysicalPath()
    if hasattr(obj, "context") and not hasattr(aq_base(obj), "portal_type"):
        obj = obj.context
    if ITemporaryObject.providedBy(obj):
        return None
    try:
        uid = api.get_uid(obj)
        kind = api.get_portal_type(obj)
    except (api.APIError, AttributeError):
        logger.debug("not in the log: %s", "/".join(path))
        return None
    path = "/" + "/".join(path[2:])
    if len(uid) != 32 or paths.is_relation(path):
        return None
    return uid, kind, path
