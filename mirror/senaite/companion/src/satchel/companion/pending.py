# -*- coding: utf-8 -*-
"""References that came before their target.

The UID is stored all the same.  When the target comes, the objects that
wait for it get their back-references and catalog columns.
"""

from Acquisition import aq_base
from bika.lims import api
from BTrees.OOBTree import OOBTree
from BTrees.OOBTree import OOTreeSet
from satchel.companion import fields
from satchel.companion import sites
from satchel.companion import values
from zope.annotation.interfaces import IAnnotations

KEPT = "satchel.companion.pending"


def _all(make=False):
    notes = IAnnotations(api.get_portal())
    if notes.get(KEPT) is None and make:
        notes[KEPT] = OOBTree()
    return notes.get(KEPT)


def remember(source, targets):
    """`source` refers to `targets`, none of which is here."""
    waiting = _all(make=True)
    for target in targets:
        target = sites.plain(target)
        if target is None:
            continue
        if target not in waiting:
            waiting[target] = OOTreeSet()
        waiting[target].insert(str(source))


def sources(targets):
    """UIDs of what waited for any of these; forgets that they did."""
    waiting = _all()
    out = set()
    if not waiting:
        return out
    for target in targets:
        if target in waiting:
            out.update(waiting[target])
            del waiting[target]
    return out


def link(obj, targets):
    """Back-references of an object to targets that came after it."""
    for name, accessor in fields.all_of(obj):
        if not accessor.reference:
            continue
        for uid in fields.uids_of(accessor.read(obj)):
            if uid in targets:
                _link(obj, accessor.field, sites.find(uid))
    reindex(obj)


def _link(obj, field, target):
    if target is None or not getattr(field, "keep_backreferences", False):
        return
    if hasattr(field, "link_reference"):
        field.link_reference(target, obj)
    elif hasattr(field, "link_backref"):
        field.link_backref(target, obj)


def reindex(obj):
    """Reindexes without moving the modification date."""
    base = aq_base(obj)
    created, modified = base.creation_date, base.modification_date
    obj.reindexObject()
    base.creation_date = created
    base.modification_date = modified


def missing(document):
    """UIDs that a document refers to and that are not here."""
    out = []
    for value in document.get("fields", {}).values():
        for uid in fields.uids_of(value):
            if isinstance(uid, basestring) and not uid.startswith("/") \
                    and not sites.has(values.text(uid)) and uid not in out:
                out.append(uid)
    return sorted(out)
