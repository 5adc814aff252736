# -*- coding: utf-8 -*-
"""Finding objects: by UID, by path, all of them in order."""

from Acquisition import aq_base
from bika.lims import api
from satchel.companion import paths


def portal():
    return api.get_portal()


def path_of(obj):
    """Path relative to the portal."""
    return "/" + "/".join(obj.getPhysicalPath()[2:])


def parent_of(obj):
    return obj.aq_inner.aq_parent


def is_portal(obj):
    return aq_base(obj) is aq_base(portal())


def _index():
    """(catalog, UID -> rid or rids) of the uid catalog."""
    catalog = api.get_tool("uid_catalog")._catalog
    return catalog, catalog.indexes["UID"]._index


def _rid(value):
    if isinstance(value, (int, long)):
        return value
    for rid in value:
        return rid
    return None


def has(uid):
    """Is there an object with this UID?"""
    uid = plain(uid)
    return uid is not None and _index()[1].get(uid) is not None


def find(uid):
    """The object with this UID, or at this path of a site object."""
    uid = plain(uid)
    if uid is None:
        return None
    if uid.startswith("/"):
        return at_path(uid) if paths.is_site(uid) else None
    catalog, index = _index()
    value = index.get(uid)
    if value is None:
        return None
    rid = _rid(value)
    path = catalog.paths.get(rid)
    if path is None:
        return None
    return at_path(paths.relative(path, portal().getId()))


def plain(text):
    """ASCII str of a text from outside, or None."""
    try:
        return str(text)
    except UnicodeEncodeError:
        return None


def at_path(path):
    """The object at a path: itself, never an acquired one or a view."""
    parts = paths.segments(path)
    obj = portal()
    for part in parts or ():
        obj = child(obj, plain(part))
        if obj is None:
            return None
    return obj if parts else None


def child(container, obj_id):
    """What a folder holds under an id, or None.

    Asks the folder's own tree: a list of its ids would be long.
    """
    get = getattr(aq_base(container), "_getOb", None)
    if get is None or obj_id is None:
        return None
    found = container._getOb(obj_id, None)
    name = getattr(aq_base(found), "getId", None)
    if name is None or not callable(name) or found.getId() != obj_id:
        return None
    return found


def walk(after="", types=None):
    """(uid, type, path) of every object after a UID, in UID order.

    Wakes no object.  Relations of the old reference engine are left out.
    """
    catalog, index = _index()
    column = catalog.schema["portal_type"]
    site = portal().getId()
    for uid, value in index.items(after or None, excludemin=bool(after)):
        rid = _rid(value)
        path = catalog.paths.get(rid)
        if path is None or paths.is_relation(path):
            continue
        kind = catalog.data[rid][column]
        if not uid or not kind or (types and kind not in types):
            continue
        yield uid, kind, paths.relative(path, site)


def count():
    return sum(1 for item in walk())
