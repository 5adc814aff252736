# -*- coding: utf-8 -*-
"""Users as documents: created and extended, never taken from or deleted."""

import os

from bika.lims import api
from satchel.companion import paths
from satchel.companion import values
from satchel.companion.document import NEVER
from satchel.companion.values import Unfit

# What every user has.
EVERYBODY = ("Authenticated", "Anonymous", "Member", "AuthenticatedUsers")


def _folder():
    return api.get_portal().acl_users


def names():
    """Ids of the users of this site, sorted."""
    found = set(str(u["userid"]) for u in _folder().searchUsers()
                if u.get("userid"))
    return sorted(n for n in found if "/" not in n and not is_root(n))


def is_root(name):
    """A user of the Zope above the site, such as its first admin?"""
    site = api.get_portal()
    if name in site.acl_users.source_users.listUserIds():
        return False
    root = site.getPhysicalRoot()
    return root.acl_users.getUserById(name) is not None


def document(name):
    """Document of a user, None where there is none."""
    name = _plain(name)
    if name is None or is_root(name):
        return None
    user = _folder().getUserById(name)
    if user is None:
        return None
    member = api.get_tool("portal_membership").getMemberById(name)
    uid = values.text(paths.USERS + name)
    return {
        "uid": uid, "type": u"User", "path": uid, "id": values.text(name),
        "parent": None, "title": _property(member, "fullname"),
        "fields": {
            "email": _property(member, "email"),
            "roles": _others(user.getRoles()),
            "groups": _others(user.getGroups()),
        },
    }


def _plain(name):
    try:
        return str(name)
    except UnicodeEncodeError:
        return None


def _property(member, name):
    value = member.getProperty(name, "") if member is not None else ""
    return values.text(value or "") or u""


def _others(given):
    return sorted(values.text(g) for g in set(given) if g not in EVERYBODY)


def store(document):
    """Creates or extends the user; (result, message)."""
    name = _plain(paths.user_name(document["uid"]) or u"\xe9")
    if name is None:
        raise Unfit("not the name of a user")
    wanted = _wanted(document)
    before = _state(name)
    result = "updated"
    if before is None:
        if is_root(name):
            raise Unfit("a user of the Zope root, who is not kept here")
        if document.get("update_only"):
            return "absent", u""
        password = os.urandom(24).encode("hex")
        _folder().userFolderAddUser(name, password, ["Member"], [])
        _properties(name, wanted)
        result = "created"
    passed = _give(name, wanted)
    if result == "updated" and _state(name) == before:
        result = "same"
    return result, passed


def _state(name):
    found = document(name)
    return found and (found["title"], found["fields"])


def _wanted(doc):
    given = doc.get("fields", {})
    out = {"fullname": doc.get("title"), "email": given.get("email"),
           "roles": given.get("roles", []), "groups": given.get("groups", [])}
    for name in ("fullname", "email"):
        if out[name] is not None and not isinstance(out[name], basestring):
            raise Unfit("%s is not text" % name)
    for name in ("roles", "groups"):
        if not isinstance(out[name], list) or not all(
                isinstance(v, basestring) for v in out[name]):
            raise Unfit("%s is not a list of texts" % name)
    return out


def _properties(name, wanted):
    """Of a new user alone: mail for one who is here goes where it went."""
    member = api.get_tool("portal_membership").getMemberById(name)
    changed = dict((key, wanted[key]) for key in ("fullname", "email")
                   if wanted[key] is not None
                   and wanted[key] != _property(member, key))
    if changed:
        member.setMemberProperties(dict(
            (key, value.encode("utf-8")) for key, value in changed.items()))


def _give(name, wanted):
    """Gives roles and groups that exist; says which it did not give."""
    folder = _folder()
    user = folder.getUserById(name)
    valid = set(api.get_portal().valid_roles())
    passed = []
    for role in wanted["roles"]:
        if role in user.getRoles() or role in EVERYBODY:
            continue
        if role in NEVER or role not in valid:
            passed.append(role)
            continue
        folder.portal_role_manager.assignRoleToPrincipal(str(role), name)
    groups = api.get_tool("portal_groups")
    for group in wanted["groups"]:
        if group in user.getGroups() or group in EVERYBODY:
            continue
        found = groups.getGroupById(_plain(group) or "")
        if found is None or set(NEVER).intersection(found.getRoles()):
            passed.append(group)
            continue
        groups.addPrincipalToGroup(name, str(group))
    if not passed:
        return u""
    return u"not given: " + u", ".join(passed)
