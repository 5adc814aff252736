# -*- coding: utf-8 -*-
"""An object as a document of PROTOCOL.md."""

import json

from Acquisition import aq_base
from bika.lims import api
from satchel.companion import dates
from satchel.companion import fields
from satchel.companion import files
from satchel.companion import history
from satchel.companion import paths
from satchel.companion import registry
from satchel.companion import sites
from satchel.companion import users
from satchel.companion import values
from satchel.companion.interfaces import IReadOnly
from senaite.core.interfaces import ITemporaryObject
from zope.interface import directlyProvidedBy

GROUP_KEY = "_client_group_id"

# Ours, or of the moment: never part of a document.
OWN_MARKERS = (IReadOnly, ITemporaryObject)

_digests = {}
MAX_DIGESTS = 10000


def any_document(uid):
    """Document of a UID, a site path, a user or the registry; or None."""
    name = paths.user_name(uid)
    if name is not None:
        return users.document(name)
    if uid == paths.REGISTRY:
        return registry.document()
    obj = sites.find(uid)
    return None if obj is None else document(obj)


def document(obj):
    path = sites.path_of(obj)
    parent = sites.parent_of(obj)
    found, attachments = read_fields(obj)
    out = {
        "uid": values.text(api.get_uid(obj)),
        "type": values.text(api.get_portal_type(obj)),
        "path": values.text(path),
        "id": values.text(obj.getId()),
        "parent": None if sites.is_portal(parent)
        else values.text(api.get_uid(parent)),
        "title": title(obj),
        "state": state(obj),
        "creator": creator(obj),
        "created": dates.utc(aq_base(obj).creation_date),
        "modified": dates.utc(aq_base(obj).modification_date),
        "fields": found,
        "history": history.flatten(chains(obj), dates.stamp),
        "attachments": attachments,
        "senaite": {
            "markers": markers(obj),
            "owner": owner(obj),
            "creators": creators(obj),
            "roles": roles(obj),
        },
    }
    if paths.is_site(path):
        out["site"] = True
    return out


def read_fields(obj):
    """(fields, attachments)"""
    found = {}
    attachments = []
    for name, accessor in fields.all_of(obj):
        try:
            if accessor.blob:
                there = files.get(obj, accessor)
                if there is not None:
                    attachments.append(
                        files.describe(name, there, digest(there)))
            else:
                found[values.text(name)] = accessor.read(obj)
        except values.Unfit as e:
            raise values.Unfit("field %s: %s" % (name, e))
    return found, attachments


def digest(there):
    """SHA-256 of a file, computed once for each stored state of a blob."""
    key = there.key
    if key is None:
        return there.sha256()
    if key not in _digests:
        if len(_digests) >= MAX_DIGESTS:
            _digests.clear()
        _digests[key] = there.sha256()
    return _digests[key]


def title(obj):
    return values.word(obj.Title())


def creators(obj):
    return [values.text(c) for c in getattr(aq_base(obj), "creators", ())]


def creator(obj):
    """The first creator; who owns it, where none is stored."""
    names = creators(obj)
    if names:
        return names[0]
    found = obj.getOwnerTuple()
    return values.text(found[1] or "") if found else u""


def state_name(tool, workflow):
    """What the state is called in an entry of a workflow."""
    definition = tool.getWorkflowById(workflow)
    return getattr(definition, "state_var", None) or "review_state"


def chains(obj):
    """[(workflow, state name, entries)], the first being the one of `state`.

    Without a workflow of its own an object has an empty first one, so that
    every entry names its workflow.
    """
    tool = api.get_tool("portal_workflow")
    stored = getattr(aq_base(obj), "workflow_history", None) or {}
    own = [w.getId() for w in tool.getWorkflowsFor(obj)]
    out = [] if own else [(None, "review_state", ())]
    rest = sorted(w for w in stored.keys() if w not in own)
    for workflow in own + rest:
        entries = [e for e in stored.get(workflow, ()) if e]
        out.append((workflow, state_name(tool, workflow), entries))
    return out


def state(obj):
    """Review state of the first workflow, None without workflow."""
    tool = api.get_tool("portal_workflow")
    for workflow in tool.getWorkflowsFor(obj):
        found = workflow._getWorkflowStateOf(obj, id_only=1)
        return values.text(found) if found else None
    return None


def markers(obj):
    return sorted(values.text(i.__identifier__)
                  for i in directlyProvidedBy(obj) if i not in OWN_MARKERS)


def owner(obj):
    found = getattr(aq_base(obj), "_owner", None)
    if not isinstance(found, tuple) or len(found) != 2:
        return None
    return values.text(found[1])


def roles(obj):
    """Local roles but those of a client's own group: each site makes it."""
    found = getattr(aq_base(obj), "__ac_local_roles__", None) or {}
    if callable(found):
        found = found()
    group = aq_base(obj).__dict__.get(GROUP_KEY)
    return dict((values.text(name), [values.text(r) for r in given])
                for name, given in found.items() if name != group)


def size(document):
    return len(json.dumps(document))
