# -*- coding: utf-8 -*-
"""Zope's DateTime from and to what values.py speaks of."""

from DateTime import DateTime
from satchel.companion import values
from satchel.companion.values import Unfit


def zone_name(offset):
    """DateTime's name of an offset in seconds."""
    if not offset:
        return "UTC"
    sign = "-" if offset < 0 else "+"
    minutes = abs(offset) // 60
    if minutes % 60:
        return "GMT%s%02d%02d" % (sign, minutes // 60, minutes % 60)
    return "GMT%s%d" % (sign, minutes // 60)


def of_wall(micros, offset):
    """A DateTime of a time on the wall; without offset it has no zone.

    One without zone reads the same wherever it is: the server's own zone,
    with the mark that it was not chosen.
    """
    if offset is not None:
        return of_moment(micros - offset * 1000000, zone_name(offset))
    text = values.iso(micros).replace("-", "/").replace("T", " ")
    return DateTime(text)


def of_moment(micros, zone=None):
    """A DateTime of a moment, in a zone by DateTime's name."""
    try:
        return DateTime(micros / 1000000.0, str(zone or "UTC"))
    except Exception:
        raise Unfit("an unknown zone: %s" % zone)


def of_utc(value):
    """A DateTime of `2026-11-21T01:36:53Z`."""
    return of_moment(values.moment(value))


def utc(value):
    """UTC text of a DateTime or a datetime, None for none."""
    if not value:
        return None
    if not isinstance(value, DateTime):
        value = DateTime(value)
    return values.utc(int(value.micros()))


def stamp(value):
    """(micros, zone) of a history time, zone None for UTC."""
    if not isinstance(value, DateTime):
        return None, None
    zone = value.timezone()
    return int(value.micros()), None if zone == "UTC" else zone


def now():
    return utc(DateTime())
