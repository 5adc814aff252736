# -*- coding: utf-8 -*-
"""Strict checking of one document of satchel.import.  Pure."""

import base64
import re

from satchel.companion import history
from satchel.companion import paths
from satchel.companion import values
from satchel.companion.requests import TEXT
from satchel.companion.requests import is_text
from satchel.companion.requests import is_whole
from satchel.companion.values import Unfit

_UID = re.compile(r"^[0-9a-f]{32}\Z")
_SHA = re.compile(r"^[0-9a-f]{64}\Z")

TEXTS = ("type", "path", "id", "title", "creator")
TEXTS_OR_NULL = ("parent", "state")
FLAGS = ("deleted", "read_only", "update_only", "site")
TIMES = ("created", "modified", "expect")

# Roles that no lab may hand to another.
NEVER = ("Manager", "Owner", "Site Administrator")


def check(doc):
    """Unfit unless this can be imported; file data becomes bytes."""
    uid = doc.get("uid")
    if not is_text(uid) or not (_UID.match(uid) or uid == paths.REGISTRY
                                or paths.user_name(uid)
                                or paths.is_site(uid)):
        raise Unfit("not a uid")
    for name in FLAGS:
        if not isinstance(doc.get(name, False), bool):
            raise Unfit("%s is not true or false" % name)
    for name in TEXTS:
        if name in doc and not is_text(doc[name]):
            raise Unfit("%s is not text" % name)
    for name in TEXTS_OR_NULL:
        if doc.get(name) is not None and not is_text(doc[name]):
            raise Unfit("%s is not text" % name)
    for name in TIMES:
        if doc.get(name) is not None:
            values.moment(doc[name])
    if not isinstance(doc.get("fields", {}), dict):
        raise Unfit("fields is not an object")
    only = doc.get("fields_only")
    if only is not None and not _texts(only):
        raise Unfit("fields_only is not a list of names")
    if doc.get("site") and not paths.is_site(doc.get("path", "")):
        raise Unfit("not the path of a site object")
    if "history" in doc:
        history.check(doc["history"])
    _attachments(doc)
    _senaite(doc.get("senaite", {}))


def local_roles(wanted):
    """(the local roles to give, sorted names of the others).

    The owner of an object is part of it.
    """
    never = set(NEVER) - set(["Owner"])
    out = {}
    for name, given in wanted.items():
        out[name] = [role for role in given if role not in never]
        if given and not out[name]:
            del out[name]
    return out, sorted(never.intersection(
        role for given in wanted.values() for role in given))


def _texts(value):
    return isinstance(value, list) and all(is_text(v) for v in value)


def _attachments(doc):
    given = doc.get("attachments", [])
    if not isinstance(given, list):
        raise Unfit("attachments is not a list")
    seen = set()
    for item in given:
        if not isinstance(item, dict):
            raise Unfit("attachments holds what is not an object")
        for name in ("field", "name", "media_type", "sha256"):
            if not is_text(item.get(name)):
                raise Unfit("%s of an attachment is not text" % name)
        if item["field"] in seen:
            raise Unfit("two attachments in one field")
        seen.add(item["field"])
        if not _SHA.match(item["sha256"]):
            raise Unfit("sha256 of an attachment is not one")
        if not is_whole(item.get("size", 0)):
            raise Unfit("size of an attachment is not a whole number")
        if not is_text(item.get("upload", u"")):
            raise Unfit("upload of an attachment is not text")
        if "data" in item:
            item["data"] = from_base64(item["data"])


def from_base64(value):
    """Bytes of strict base64 text."""
    if isinstance(value, TEXT):
        try:
            raw = value.encode("ascii")
            out = base64.b64decode(raw)
            if base64.b64encode(out) == raw:
                return out
        except Exception:
            pass
    raise Unfit("not base64")


def _senaite(own):
    if not isinstance(own, dict):
        raise Unfit("senaite is not an object")
    for name in ("markers", "creators"):
        if not _texts(own.get(name, [])):
            raise Unfit("%s is not a list of texts" % name)
    if own.get("owner") is not None and not is_text(own["owner"]):
        raise Unfit("owner is not text")
    roles = own.get("roles", {})
    if not isinstance(roles, dict) or not all(
            _texts(given) for given in roles.values()):
        raise Unfit("roles is not an object of lists of texts")
