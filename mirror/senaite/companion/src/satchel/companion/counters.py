# -*- coding: utf-8 -*-
"""The counters of SENAITE's id server.

An object that comes with its id does not move them, so that SENAITE would
give the same id again.  raise_for() says which counter an id belongs to.
"""

import re

from bika.lims import api
from satchel.companion.requests import MAX_COUNTER
from senaite.core.idserver import idserver
from senaite.core.interfaces import INumberGenerator
from zope.component import queryUtility

_ENDING = re.compile(r"^(.*?)-?(\d+)$")


def available():
    return queryUtility(INumberGenerator) is not None


def get_all():
    generator = queryUtility(INumberGenerator)
    if generator is None:
        return {}
    return dict((key, int(number))
                for key, number in generator.storage.items())


def raise_to(wanted):
    """Sets each counter to the greater of what it is and what is given."""
    generator = queryUtility(INumberGenerator)
    if generator is None:
        return
    for key, number in wanted.items():
        key = key.encode("utf-8") if isinstance(key, unicode) else key
        if int(generator.get(key, 0)) < number:
            generator.set_number(key, int(number))


def key_of(obj):
    """(key, number) of the counter that would give this object's id.

    None where no counter would.  The number is the last one in the id, so
    a longer prefix (`HH-2026-0007`) is met as well as a short one.
    """
    obj_id = obj.getId()
    match = _ENDING.match(obj_id)
    try:
        config = idserver.get_config(obj)
    except Exception:
        config = None
    if config is None:
        return _plain(obj, match)
    if config.get("sequence_type", "generated") != "generated":
        return None
    try:
        return _configured(obj, config)
    except Exception:
        # settings that this object does not meet, such as a sample whose
        # type is not here yet
        return _plain(obj, match)


def _configured(obj, config):
    """As idserver.get_generated_number() makes the key, less the count."""
    form = config.get("form", "")
    variables = idserver.get_variables(obj)
    length = config.get("split_length", 1)
    prefix = idserver.slice(form, separator="-", end=length)
    prefix = api.normalize_filename(prefix.format(**variables))
    key = idserver.make_storage_key(idserver.get_type_id(obj), prefix)
    obj_id = obj.getId()
    if not obj_id.startswith(prefix):
        return None
    number = idserver.get_seq_number_from_id(obj_id, form, prefix)
    return _sane(key, number)


def _plain(obj, match):
    if not match:
        return None
    kind = api.get_portal_type(obj).lower()
    prefix = match.group(1)
    key = "%s-%s" % (kind, prefix) if prefix else kind
    return _sane(key, int(match.group(2)))


def _sane(key, number):
    if not 0 < number <= MAX_COUNTER:
        return None
    return key, number


def of_objects(objects):
    """{key: greatest number} of the ids of objects."""
    out = {}
    for obj in objects:
        found = key_of(obj)
        if found is not None:
            key, number = found
            out[key] = max(number, out.get(key, 0))
    return out
