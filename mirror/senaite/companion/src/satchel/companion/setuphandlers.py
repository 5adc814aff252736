# -*- coding: utf-8 -*-
"""Leaving a site: nothing of ours may stay in its database.

A marker of a package that is gone would keep an object from loading.
"""

from bika.lims import api
from satchel.companion import changes
from satchel.companion import pending
from satchel.companion import readonly
from satchel.companion import sites
from satchel.companion import uploads
from satchel.companion.writer import Writer
from zope.annotation.interfaces import IAnnotations


def uninstall(tool):
    for uid, kind, path in list(sites.walk()):
        obj = sites.find(uid)
        if obj is not None and readonly.is_locked(obj):
            readonly.release(obj, Writer.map_roles)
            pending.reindex(obj)
    notes = IAnnotations(api.get_portal())
    for kept in (changes.KEPT, pending.KEPT, uploads.KEPT):
        notes.pop(kept, None)
