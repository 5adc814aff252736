# -*- coding: utf-8 -*-
"""Attachments: the files in fields of objects, read and replaced.

Both kinds of content keep a file in a ZODB blob; old Archetypes fields
keep it as an OFS file.  Whole files are read in parts, never at once.
"""

import hashlib

from Acquisition import aq_base
from plone.app.blob.config import blobScalesAttr
from plone.app.blob.field import BlobField
from plone.app.blob.field import BlobWrapper
from Products.Archetypes import Field as atfield
from satchel.companion import values
from satchel.companion.values import Unfit
from StringIO import StringIO
from ZODB.blob import Blob

PART = 1024 * 1024


class File(object):
    """A file in a field: name, media type, size, and its bytes.

    `key` names a committed state of its blob, None for another.
    """

    def __init__(self, name, media_type, size, opener, key=None):
        self.name = name
        self.key = key
        self.media_type = media_type
        self.size = size
        self.open = opener

    def sha256(self):
        digest = hashlib.sha256()
        f = self.open()
        try:
            for part in iter(lambda: f.read(PART), ""):
                digest.update(part)
        finally:
            f.close()
        return digest.hexdigest()

    def part(self, offset, length):
        f = self.open()
        try:
            f.seek(offset)
            return f.read(length)
        finally:
            f.close()


def get(obj, accessor):
    """The File in a field, None where there is none."""
    value = aq_base(accessor.stored(obj))
    if value is None or value == "":
        return None
    if hasattr(value, "getBlob"):
        return _of_wrapper(value)
    if hasattr(value, "_blob"):
        blob = value._blob
        return File(value.filename, value.contentType, value.getSize(),
                    lambda: blob.open("r"), _key(blob))
    data = str(value.data) if hasattr(value, "data") else str(value)
    name = getattr(value, "filename", None)
    if not data and not name:
        return None
    media = getattr(value, "contentType", None) or \
        getattr(value, "content_type", None)
    return File(name, media, len(data), lambda: StringIO(data))


def _of_wrapper(value):
    size = value.get_size()
    if not size and not value.getFilename():
        return None
    blob = value.getBlob()
    return File(value.getFilename(), value.getContentType(), size,
                lambda: blob.open("r"), _key(blob))


def _key(blob):
    """A blob that is written gets another serial when it is committed."""
    if blob._p_jar is None or blob._p_changed or not blob._p_oid:
        return None
    blob._p_activate()
    if blob._p_blob_uncommitted:
        return None
    return blob._p_jar.db().database_name, blob._p_oid, blob._p_serial


def describe(name, there, sha256):
    """The document's word about a file."""
    return {
        u"field": values.text(name),
        u"name": values.word(there.name),
        u"media_type": values.word(there.media_type),
        u"size": int(there.size),
        u"sha256": values.text(sha256),
    }


def put(obj, accessor, parts, name, media_type):
    """Replaces the file by `parts`, an iterable of bytes."""
    field = accessor.field
    if isinstance(field, BlobField):
        _put_wrapper(obj, field, parts, name, media_type)
    elif isinstance(field, atfield.ObjectField):
        field.set(obj, "".join(parts), mimetype=str(media_type),
                  filename=name)
    else:
        value = field._type(data="".join(parts), filename=name,
                            contentType=str(media_type))
        setattr(aq_base(obj), accessor.name, value)


def _put_wrapper(obj, field, parts, name, media_type):
    wrapper = BlobWrapper(field.default_content_type)
    blob = Blob()
    f = blob.open("w")
    try:
        for part in parts:
            f.write(part)
    finally:
        f.close()
    wrapper.setBlob(blob)
    _name(wrapper, name, media_type)
    atfield.ObjectField.set(field, obj, wrapper)
    if hasattr(aq_base(obj), blobScalesAttr):
        delattr(aq_base(obj), blobScalesAttr)


def _name(wrapper, name, media_type):
    if media_type:
        wrapper.setContentType(str(media_type))
    wrapper.setFilename(name)


def rename(obj, accessor, name, media_type):
    """Other name and media type, same bytes."""
    value = aq_base(accessor.stored(obj))
    if hasattr(value, "setFilename"):
        _name(value, name, media_type)
    elif hasattr(value, "contentType"):
        value.filename = name
        value.contentType = str(media_type)
    else:
        raise Unfit("the file cannot be renamed")


def clear(obj, accessor):
    field = accessor.field
    if isinstance(field, atfield.ObjectField):
        try:
            field.unset(obj)
        except (AttributeError, KeyError):
            pass
    else:
        setattr(aq_base(obj), accessor.name, None)
