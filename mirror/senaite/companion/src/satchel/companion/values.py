# -*- coding: utf-8 -*-
"""Stored values to JSON and back.  Pure: needs nothing of SENAITE.

A date of Zope is known by its methods, not by its class, so that these
rules can be tested without Zope.  What JSON cannot say is an object with
one member that names its kind: base64, date, decimal, float.
"""

import base64
import datetime
import decimal
import math
import re

from satchel.companion.requests import TEXT
from satchel.companion.requests import WHOLE

try:
    BYTES = str if bytes is str else bytes
    UNICODE = unicode
except NameError:
    BYTES = bytes
    UNICODE = str

MAX_DEPTH = 32
EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86400 * 1000000

_TIME = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?"
    r"(Z|[+-]\d\d:\d\d)?\Z")
_DAY = re.compile(r"^\d{4}-\d\d-\d\d\Z")


class Unfit(ValueError):
    """A value that cannot be carried or stored."""


def text(value):
    """Text of a stored text; None for bytes that are not UTF-8."""
    if isinstance(value, UNICODE):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def word(value):
    """Text of what ought to be one; old imports left numbers as names."""
    if value is None:
        return u""
    if not isinstance(value, (BYTES, UNICODE)):
        value = u"%s" % (value, )
    return text(value) or u""


# times

def fraction(micros):
    """Fraction of a second, "" for none."""
    return (".%06d" % micros).rstrip("0") if micros else ""


def iso(micros, offset=None):
    """Text of a moment, micros since 1970 by the clock on the wall.

    `offset` is in seconds east of UTC, or None for a time without zone.
    """
    when = EPOCH + datetime.timedelta(microseconds=micros)
    out = "%04d-%02d-%02dT%02d:%02d:%02d%s" % (
        when.year, when.month, when.day, when.hour, when.minute, when.second,
        fraction(when.microsecond))
    if offset is None:
        return out
    sign = "-" if offset < 0 else "+"
    minutes = abs(int(offset)) // 60
    return "%s%s%02d:%02d" % (out, sign, minutes // 60, minutes % 60)


def utc(micros):
    """`2026-11-21T01:36:53.473012Z`"""
    return iso(micros) + "Z"


def sortable(micros):
    """As utc, the fraction with six digits: texts sort as the times do.

    (But for a whole second, which has none: other sources have no more.)
    """
    fraction_of = micros % 1000000
    return "%s.%06dZ" % (iso(micros - fraction_of), fraction_of) \
        if fraction_of else utc(micros)


def parse(value):
    """(micros by the wall clock, offset in seconds or None) of a text."""
    match = _TIME.match(value) if isinstance(value, TEXT) else None
    if not match:
        raise Unfit("not a time")
    parts = [int(p) for p in match.groups()[:6]]
    try:
        when = datetime.datetime(*parts)
    except ValueError:
        raise Unfit("not a time")
    gone = when - EPOCH
    micros = gone.days * DAY + gone.seconds * 1000000
    micros += int((match.group(7) or "").ljust(6, "0"))
    zone = match.group(8)
    if zone is None:
        return micros, None
    if zone == "Z":
        return micros, 0
    offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    if offset >= 86400 or int(zone[4:6]) > 59:
        raise Unfit("not a time")
    return micros, -offset if zone[0] == "-" else offset


def moment(value):
    """Micros since 1970 UTC of a text with zone."""
    micros, offset = parse(value)
    if offset is None:
        raise Unfit("a time without zone")
    return micros - offset * 1000000


def is_zope_date(value):
    return hasattr(value, "micros") and hasattr(value, "timezoneNaive")


def zope_date(value):
    """Text of a Zope DateTime, with the offset it is stored with."""
    offset = int(value.tzoffset())
    wall = int(value.micros()) + offset * 1000000
    return iso(wall, None if value.timezoneNaive() else offset)


def python_date(value):
    """Text of a datetime or a date."""
    if not isinstance(value, datetime.datetime):
        return "%04d-%02d-%02d" % (value.year, value.month, value.day)
    gone = value.replace(tzinfo=None) - EPOCH
    wall = gone.days * DAY + gone.seconds * 1000000 + gone.microseconds
    offset = value.utcoffset()
    if offset is None:
        return iso(wall)
    return iso(wall, offset.days * 86400 + offset.seconds)


def is_day(value):
    return isinstance(value, TEXT) and bool(_DAY.match(value))


def seconds(value):
    """Seconds of a timedelta: whole, or with fraction where there is one."""
    whole = value.days * 86400 + value.seconds
    if not value.microseconds:
        return whole
    return (whole * 1000000 + value.microseconds) / 1e6


def timedelta(value):
    """A timedelta of {"seconds": N}."""
    number = value.get("seconds") if isinstance(value, dict) else None
    if isinstance(number, bool) or not isinstance(number, (float,) + WHOLE):
        raise Unfit("not a duration")
    try:
        micros = int(round(number * 1000000))
        return datetime.timedelta(microseconds=micros)
    except (OverflowError, ValueError):
        raise Unfit("not a duration")


# anything

def to_json(value, depth=0):
    """JSON of a stored value; Unfit for what cannot be carried."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, WHOLE):
        return int(value)
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return {u"float": u"%r" % value}
        return value
    if isinstance(value, (BYTES, UNICODE)):
        out = text(value)
        if out is None:
            return {u"base64": base64.b64encode(value).decode("ascii")}
        return out
    return _other_to_json(value, depth)


def _other_to_json(value, depth):
    if depth > MAX_DEPTH:
        raise Unfit("nested too deep")
    if isinstance(value, decimal.Decimal):
        return {u"decimal": u"%s" % value}
    if is_zope_date(value):
        return {u"date": zope_date(value)}
    if isinstance(value, datetime.date):
        return {u"date": python_date(value), u"kind": u"python"}
    if isinstance(value, datetime.timedelta):
        return {u"seconds": seconds(value)}
    if isinstance(value, (set, frozenset)):
        return sorted((to_json(v, depth + 1) for v in value), key=order)
    if hasattr(value, "items"):
        out = dict((key_text(k), to_json(v, depth + 1))
                   for k, v in value.items())
        return {u"record": out} if _reads_as_tag(out) else out
    if isinstance(value, (list, tuple)) or hasattr(value, "__getslice__"):
        return [to_json(v, depth + 1) for v in value]
    raise Unfit("a value of kind %s" % type(value).__name__)


def _reads_as_tag(out):
    """Would from_json() take this plain record for something else?"""
    if len(out) == 2:
        return out.get("kind") == u"python" and "date" in out
    if len(out) != 1:
        return False
    (kind, inner), = out.items()
    if kind == "record":
        return isinstance(inner, dict)
    return kind in _TAGS and isinstance(inner, TEXT)


def key_text(key):
    out = text(key) if isinstance(key, (BYTES, UNICODE)) else None
    if out is None:
        raise Unfit("a record with a name that is not text")
    return out


def order(value):
    """Sorts the JSON of a set."""
    return (type(value).__name__, repr(value))


def from_json(value, date=None, depth=0):
    """Python value to store; `date(micros, offset)` makes a Zope date."""
    if depth > MAX_DEPTH:
        raise Unfit("nested too deep")
    if isinstance(value, BYTES) and BYTES is str:
        return value.decode("utf-8")
    if isinstance(value, list):
        return [from_json(v, date, depth + 1) for v in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (kind, inner), = value.items()
        if isinstance(inner, TEXT) and kind in _TAGS:
            return _TAGS[kind](inner, date)
        if isinstance(inner, dict) and kind == "record":
            value = inner
    elif len(value) == 2 and value.get("kind") == "python":
        return python_from_text(value.get("date"))
    return dict((plain_key(k), from_json(v, date, depth + 1))
                for k, v in value.items())


def plain_key(key):
    """Names in records are plain str in SENAITE wherever they can be."""
    try:
        return str(key)
    except UnicodeEncodeError:
        return key


def _bytes(inner, date):
    try:
        return base64.b64decode(inner.encode("ascii"))
    except Exception:
        raise Unfit("not base64")


def _decimal(inner, date):
    return to_decimal(inner)


def _float(inner, date):
    try:
        return float(inner)
    except ValueError:
        raise Unfit("not a number")


def _date(inner, date):
    if date is None:
        raise Unfit("a date where none can be")
    return date(*parse(inner))


_TAGS = {"base64": _bytes, "decimal": _decimal, "float": _float,
         "date": _date}


def to_decimal(value):
    try:
        return decimal.Decimal(value)
    except (decimal.InvalidOperation, TypeError, ValueError):
        raise Unfit("not a decimal")


class Offset(datetime.tzinfo):
    """A zone that is nothing but its offset."""

    def __init__(self, east=0):
        self._east = datetime.timedelta(seconds=east)

    def utcoffset(self, when):
        return self._east

    def dst(self, when):
        return datetime.timedelta(0)

    def tzname(self, when):
        return None


def python_from_text(value, zone=Offset):
    """A datetime (or a date for a day alone) of our text."""
    if is_day(value):
        try:
            return datetime.date(*[int(p) for p in value.split("-")])
        except ValueError:
            raise Unfit("not a date")
    micros, offset = parse(value)
    when = EPOCH + datetime.timedelta(microseconds=micros)
    if offset is None:
        return when
    return when.replace(tzinfo=zone(offset))


def equal(a, b):
    """The same JSON?  Unlike ==, 1, 1.0 and true are three things."""
    if isinstance(a, TEXT):
        return isinstance(b, TEXT) and text(a) == text(b)
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, float) or isinstance(b, float):
        return type(a) is type(b) and repr(a) == repr(b)
    if isinstance(a, dict):
        return isinstance(b, dict) and len(a) == len(b) and all(
            k in b and equal(v, b[k]) for k, v in a.items())
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(
            equal(x, y) for x, y in zip(a, b))
    return not isinstance(b, TEXT) and a == b
