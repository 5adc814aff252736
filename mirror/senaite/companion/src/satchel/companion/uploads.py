# -*- coding: utf-8 -*-
"""Files on their way in: staged part by part in ZODB blobs.

Each part is a blob of its own, so that a part more costs its own size.
"""

import re
import time

from bika.lims import api
from BTrees.OOBTree import OOBTree
from persistent import Persistent
from persistent.list import PersistentList
from satchel.companion.requests import Refused
from ZODB.blob import Blob
from zope.annotation.interfaces import IAnnotations

KEPT = "satchel.companion.uploads"
MAX_UPLOADS = 1000
MAX_SIZE = 4 * 1024 * 1024 * 1024
MAX_AGE = 2 * 86400
PART = 1024 * 1024

_NAME = re.compile(r"^[A-Za-z0-9]{1,64}\Z")


class Upload(Persistent):

    def __init__(self):
        self.size = 0
        self.touched = time.time()
        self.parts = PersistentList()

    def append(self, data):
        blob = Blob()
        f = blob.open("w")
        try:
            f.write(data)
        finally:
            f.close()
        self.parts.append(blob)
        self.size += len(data)
        self.touched = time.time()

    def read(self):
        for blob in self.parts:
            f = blob.open("r")
            try:
                for part in iter(lambda: f.read(PART), ""):
                    yield part
            finally:
                f.close()


def _all(make=False):
    notes = IAnnotations(api.get_portal())
    if notes.get(KEPT) is None and make:
        notes[KEPT] = OOBTree()
    return notes.get(KEPT)


def check_name(name):
    if not _NAME.match(name):
        raise Refused("request", "\"upload\" is not 1 to 64 letters and "
                      "digits")
    return str(name)


def get(name):
    """An upload, or None."""
    uploads = _all()
    return None if uploads is None else uploads.get(name)


def drop(name):
    uploads = _all()
    if uploads is not None and name in uploads:
        del uploads[name]


def purge():
    """Forgets what nobody touched for two days."""
    uploads = _all()
    if not uploads:
        return
    oldest = time.time() - MAX_AGE
    for name in [n for n, u in uploads.items() if u.touched < oldest]:
        del uploads[name]


def add(name, offset, data):
    """Bytes held after a part; the same part again is no harm."""
    uploads = _all(make=True)
    upload = uploads.get(name)
    size = 0 if upload is None else upload.size
    if offset + len(data) <= size:
        return size
    if offset != size:
        raise Refused("conflict", "the upload holds %d bytes" % size,
                      size=size)
    if size + len(data) > MAX_SIZE:
        raise Refused("limit", "the upload would pass %d bytes" % MAX_SIZE)
    if upload is None:
        if len(uploads) >= MAX_UPLOADS:
            raise Refused("limit", "there are %d uploads" % MAX_UPLOADS)
        uploads[name] = upload = Upload()
    upload.append(data)
    return upload.size
