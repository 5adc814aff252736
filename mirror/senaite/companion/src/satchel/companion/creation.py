# -*- coding: utf-8 -*-
"""Making an object with the UID and id it has elsewhere; deleting one.

No ObjectInitializedEvent is fired: it would initialise analyses, make
groups, move batches and take snapshots.  Analyses are objects like others.
"""

from Acquisition import aq_base
from bika.lims import api
from plone.uuid.interfaces import ATTRIBUTE_NAME
from satchel.companion import changes
from satchel.companion import paths
from satchel.companion import sites
from satchel.companion.values import Unfit
from senaite.core.interfaces import ITemporaryObject
from zope.component import queryUtility
from zope.component.interfaces import IFactory
from zope.interface import alsoProvides
from zope.interface import noLongerProvides


def create(container, kind, uid, obj_id):
    """A new, empty object, in the uid catalog and in no other."""
    kind, uid, obj_id = _names(kind, uid, obj_id)
    fti = api.get_fti(kind)
    if fti is None:
        raise Unfit("no such type here: %s" % kind)
    if getattr(aq_base(container), "_getOb", None) is None:
        raise Unfit("its parent is no folder")
    if paths.is_site(sites.path_of(container) + "/" + obj_id):
        raise Unfit("site objects are never created")
    other = sites.child(container, obj_id)
    if other is not None:
        raise Unfit("the id %s is taken there by %s"
                    % (obj_id, api.get_uid(other)))
    date = getattr(aq_base(container), "modification_date", None)
    make = _archetypes if fti.product else _dexterity
    obj = make(container, fti, kind, uid, obj_id)
    if date is not None:
        aq_base(container).modification_date = date
    return obj


def _names(kind, uid, obj_id):
    out = [sites.plain(v) for v in (kind, uid, obj_id)]
    if None in out:
        raise Unfit("type, uid and id are ASCII")
    if not api.is_uid(out[1]):
        raise Unfit("not a UID: %s" % out[1])
    return out


def _dexterity(container, fti, kind, uid, obj_id):
    factory = queryUtility(IFactory, fti.factory)
    if factory is None:
        raise Unfit("no such type here: %s" % kind)
    obj = factory(obj_id)
    obj._setPortalTypeName(kind)
    obj.id = obj_id
    # before it is added: plone.uuid keeps one that is there
    setattr(obj, ATTRIBUTE_NAME, uid)
    alsoProvides(obj, ITemporaryObject)
    container._setObject(obj_id, obj)
    obj = container._getOb(obj_id)
    noLongerProvides(obj, ITemporaryObject)
    if not sites.has(uid):
        path = "/".join(obj.getPhysicalPath())
        api.get_tool("uid_catalog").catalog_object(obj, path)
    return obj


def _archetypes(container, fti, kind, uid, obj_id):
    obj = _class_of(kind)(obj_id)
    # SENAITE's indexing passes over temporary objects
    alsoProvides(obj, ITemporaryObject)
    obj._at_uid = uid
    obj.portal_type = kind
    container._setObject(obj_id, obj)
    obj = container._getOb(obj_id)
    obj.initializeArchetype()
    obj._setPortalTypeName(kind)
    obj.unmarkCreationFlag()
    noLongerProvides(obj, ITemporaryObject)
    obj._catalogUID(obj)
    return obj


def _class_of(kind):
    for registered in api.get_tool("archetype_tool").listRegisteredTypes():
        if registered["portal_type"] == kind:
            return registered["klass"]
    raise Unfit("no such type here: %s" % kind)


def delete(obj, tell=True):
    """Removes an object with what is inside it, by nobody's leave.

    Events are suppressed: they would submit, verify or roll back what is
    around it.  `tell` records it in the log of changes.
    """
    gone = list(_inside(obj)) if tell else []
    if not tell:
        _hide(obj)
    parent = sites.parent_of(obj)
    date = getattr(aq_base(parent), "modification_date", None)
    _uncatalog(obj)
    parent._delObject(obj.getId(), suppress_events=True)
    if date is not None:
        aq_base(parent).modification_date = date
    for named in gone:
        changes.deleted(*named)


def count_inside(obj):
    """How many objects are below it."""
    return sum(1 for named in _inside(obj)) - 1


def _hide(obj):
    """Nobody has seen it: the catalogs and the log need not hear of it."""
    children = getattr(aq_base(obj), "objectValues", None)
    for child in obj.objectValues() if children else ():
        if api.is_object(child):
            _hide(child)
    alsoProvides(obj, ITemporaryObject)


def _uncatalog(obj):
    """Out of all catalogs; the uid catalog knows Dexterity objects by their
    whole path, which SENAITE's own uncatalog_object leaves there."""
    catalog = api.get_tool("uid_catalog")
    children = getattr(aq_base(obj), "objectValues", None)
    for child in obj.objectValues() if children else ():
        if api.is_object(child):
            _uncatalog(child)
    path = "/".join(obj.getPhysicalPath())
    api.uncatalog_object(obj)
    if catalog._catalog.uids.get(path) is not None:
        catalog.uncatalog_object(path)


def _inside(obj):
    """(uid, type, path) of the object and all below it."""
    yield api.get_uid(obj), api.get_portal_type(obj), sites.path_of(obj)
    values = getattr(aq_base(obj), "objectValues", None)
    for child in obj.objectValues() if values else ():
        if api.is_object(child):
            for named in _inside(child):
                yield named
