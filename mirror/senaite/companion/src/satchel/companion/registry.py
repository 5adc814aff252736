# -*- coding: utf-8 -*-
"""The registry as one document: SENAITE's own records, no secrets."""

from plone.registry.interfaces import IRegistry
from satchel.companion import paths
from satchel.companion import values
from satchel.companion.values import Unfit
from zope.component import getUtility

PREFIXES = ("senaite.", "bika.")
SECRET = ("password", "passwd", "secret", "token", "credential", "api_key",
          "apikey", "private")


def carried(name):
    low = name.lower()
    return name.startswith(PREFIXES) and not any(s in low for s in SECRET)


def _records():
    records = getUtility(IRegistry).records
    for name in records:
        if carried(name):
            yield name, records[name]


def document():
    uid = values.text(paths.REGISTRY)
    found = {}
    for name, record in _records():
        try:
            found[values.text(name)] = values.to_json(record.value)
        except Unfit:
            continue
    return {"uid": uid, "type": u"Registry", "path": uid, "id": u"registry",
            "parent": None, "title": u"", "fields": found}


def store(document):
    """Writes records that exist with a value of the kind; (result, text)."""
    wanted = document.get("fields", {})
    if document.get("fields_only") is not None:
        wanted = dict((k, v) for k, v in wanted.items()
                      if k in document["fields_only"])
    records = dict(_records())
    passed = []
    changed = False
    for name in sorted(wanted):
        record = records.get(name)
        if record is None:
            passed.append(name)
            continue
        try:
            changed |= _write(record, wanted[name])
        except Exception:
            passed.append(name)
    message = u"records left as they are: " + u", ".join(passed) \
        if passed else u""
    return "updated" if changed else "same", message


def _write(record, wanted):
    now = record.value
    if values.equal(values.to_json(now), wanted):
        return False
    value = values.from_json(wanted)
    if isinstance(now, tuple):
        value = tuple(value)
    elif isinstance(now, (set, frozenset)):
        value = type(now)(value)
    elif isinstance(now, str) and isinstance(value, unicode):
        value = value.encode("utf-8")
    elif now is not None and type(value) is not type(now):
        raise Unfit("of another kind")
    record.value = value
    return True
