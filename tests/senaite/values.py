"""Times and small values, as SENAITE stores them and as its APIs show them.
"""

import datetime
import hashlib
import re

UTC = datetime.timezone.utc


def exact_time(when):
    """UTC with the fraction of a second where there is one."""
    text = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if when.microsecond:
        text += (".%06d" % when.microsecond).rstrip("0")
    return text + "Z"


def entry_time(when):
    """Of a history entry: six digits where there is a fraction."""
    text = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (".%06dZ" % when.microsecond if when.microsecond else "Z")


def exact_date(when):
    """As a date field is stored: with the offset it has."""
    text = when.strftime("%Y-%m-%dT%H:%M:%S")
    if when.microsecond:
        text += (".%06d" % when.microsecond).rstrip("0")
    if when.tzinfo is None:
        return text
    return text + when.isoformat()[-6:]


def shown_time(when):
    """As the APIs show it: whole seconds, the stored offset."""
    return when.isoformat(timespec="seconds")


def shown_date(text):
    return re.sub(r"\.\d+", "", text) if text else None


_TIME = re.compile(r"^(\d{4})[-/](\d\d)[-/](\d\d)"
                   r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?"
                   r"\s*(Z|UTC|GMT(?:[+-]\d+)?|[+-]\d\d:?\d\d)?$")


def parse_time(text):
    """A date in one of the spellings that Zope's DateTime reads, or None."""
    match = _TIME.match(text.strip()) if isinstance(text, str) else None
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        when = datetime.datetime(
            int(year), int(month), int(day), int(hour or 0),
            int(minute or 0), int(second or 0),
            int(((fraction or ".0")[1:] + "000000")[:6]))
    except ValueError:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return when.replace(tzinfo=UTC)
    if zone and zone.startswith("GMT"):
        hours = int(zone[3:])
        return when.replace(tzinfo=datetime.timezone(
            datetime.timedelta(hours=hours)))
    if zone:
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        if zone[0] == "-":
            minutes = -minutes
        return when.replace(tzinfo=datetime.timezone(
            datetime.timedelta(minutes=minutes)))
    return when.replace(tzinfo=UTC)


def ref(target):
    return {"uid": target if isinstance(target, str) else target.uid}


class Blob:
    def __init__(self, name, media, data):
        self.name = name
        self.media = media
        self.data = data

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()
