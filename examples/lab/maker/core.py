"""What the other modules share: JSON text, uids, dates, the objects."""

import hashlib
import random
from datetime import datetime, timedelta

RANDOM = random.Random(20260907)
START = datetime(2026, 9, 7, 7, 30)     # the lab opens its books
ADMIN = "j.admin"
CLERK = "r.reception"
SIGNER = "v.verifier"
MANAGER = "m.manager"
ANALYSTS = ["a.analyst", "b.bench", "c.culture"]


class Number(str):
    """A number with the digits that it came with: written without quotes."""


def text_json(value):
    """One JSON value as text: the order of keys is kept, UTF-8 as it is."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (Number, int)):
        return str(value)
    if isinstance(value, str):
        out = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"%s"' % out.replace("\n", "\\n").replace("\t", "\\t")
    if isinstance(value, dict):
        pairs = ["%s:%s" % (text_json(k), text_json(v))
                 for k, v in value.items()]
        return "{%s}" % ",".join(pairs)
    return "[%s]" % ",".join(text_json(item) for item in value)


def uid_of(kind, name):
    """The uid of an object: always the same for the same name."""
    return hashlib.blake2b(("%s %s" % (kind, name)).encode(),
                           digest_size=16).hexdigest()


def ref(kind, name):
    """A reference to an object, or "" as SENAITE writes none."""
    return {"uid": uid_of(kind, name)} if name else ""


def pick(items):
    """One of a list.  Only random() is the same in all Python versions."""
    return items[int(RANDOM.random() * len(items))]


def at(days, minutes=0):
    """A moment of the lab's life."""
    return START + timedelta(days=days, minutes=minutes)


def zulu(moment):
    """A date as review histories have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def offset(moment):
    """A date as SENAITE's date fields have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def entry(action, actor, moment, state, comments=""):
    """A line of a review history."""
    return {"action": action, "actor": actor, "time": zulu(moment),
            "state": state, "comments": comments}


def address(street="", zip_code="", city="", country=""):
    """An address as SENAITE has it."""
    return {"city": city, "district": "", "zip": zip_code,
            "country": country, "state": "", "address": street}


class Lab:
    """All objects, in the order in which they were made."""

    def __init__(self):
        self.objects = {}

    def add(self, kind, name, fields, **more):
        """An object; `more` gives what differs from the plain case."""
        made = more.get("made", at(0, len(self.objects)))
        state = more.get("state", "active")
        creator = more.get("creator", ADMIN)
        history = more.get("history",
                           [entry(None, creator, made, state)])
        thing = {
            "uid": uid_of(kind, name), "type": kind,
            "id": more.get("id", name), "parent": more.get("parent"),
            "title": more.get("title", name), "state": state,
            "creator": creator, "created": zulu(made),
            "modified": history[-1]["time"],
            "fields": dict(fields, description=more.get("about", ""),
                           language="en", rights="", subject=[],
                           contributors=[], effectiveDate=None),
            "history": history,
        }
        if "attachments" in more:
            thing["attachments"] = [
                {"name": name, "media_type": media, "file": "att/" + path}
                for name, media, path in more["attachments"]]
        if thing["uid"] in self.objects:
            raise ValueError("twice: %s %s" % (kind, name))
        self.objects[thing["uid"]] = thing
        return thing

    def get(self, kind, name):
        """The object of that name."""
        return self.objects[uid_of(kind, name)]

    def of(self, kind):
        """All objects of a type."""
        return [o for o in self.objects.values() if o["type"] == kind]
