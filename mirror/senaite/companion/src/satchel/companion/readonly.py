# -*- coding: utf-8 -*-
"""Objects that nobody may edit or move here.

SENAITE gives permissions anew whenever a workflow updates its role
mappings: after each transition, and in upgrades.  So the lock is a marker
on the object, put back each time (`updateRoleMappingsFor` below replaces
DCWorkflow's, see configure.zcml), and a guard says no to each transition.
What a lock takes away is remembered, and given back on release.
"""

from AccessControl.Permission import getPermissionIdentifier
from AccessControl.Permission import getPermissions
from Acquisition import aq_base
from persistent.mapping import PersistentMapping
from Products.CMFCore.permissions import ModifyPortalContent
from satchel.companion.interfaces import IReadOnly
from zope.annotation.interfaces import IAnnotations
from zope.interface import alsoProvides
from zope.interface import noLongerProvides

KEPT = "satchel.companion.readonly"

PREFIXES = (
    "senaite.core: Field: Edit", "senaite.core: Transition",
    "senaite.core: Edit ", "senaite.core: Sample: ",
)


def _permissions():
    names = [p[0] for p in getPermissions()]
    return [n for n in names
            if n == ModifyPortalContent or n.startswith(PREFIXES)]


def _attribute(permission):
    return getPermissionIdentifier(permission)


def is_locked(obj):
    return IReadOnly.providedBy(obj)


def _deny(obj):
    """Gives each permission to nobody; True if that changed anything."""
    base = aq_base(obj)
    changed = False
    for permission in _permissions():
        name = _attribute(permission)
        if base.__dict__.get(name) != ():
            setattr(base, name, ())
            changed = True
    return changed


def lock(obj):
    """True if it was not locked, or not well, before."""
    base = aq_base(obj)
    if is_locked(obj):
        return _deny(obj)
    kept = PersistentMapping()
    for permission in _permissions():
        name = _attribute(permission)
        if name in base.__dict__:
            kept[name] = base.__dict__[name]
    IAnnotations(obj)[KEPT] = kept
    alsoProvides(obj, IReadOnly)
    _deny(obj)
    return True


def release(obj, update):
    """Gives back what lock() took; `update(obj)` then sets role mappings."""
    base = aq_base(obj)
    noLongerProvides(obj, IReadOnly)
    kept = IAnnotations(obj).pop(KEPT, {})
    for permission in _permissions():
        name = _attribute(permission)
        if name in kept:
            setattr(base, name, kept[name])
        elif name in base.__dict__:
            delattr(base, name)
    update(obj)


def updateRoleMappingsFor(self, ob):
    """DCWorkflow's own, then the lock again where there is one."""
    changed = self._old_updateRoleMappingsFor(ob)
    if IReadOnly.providedBy(ob) and _deny(ob):
        return 1
    return changed


class Guard(object):
    """No transition of a locked object, for nobody, by no cascade."""

    def __init__(self, context):
        self.context = context

    def guard(self, action):
        return False
