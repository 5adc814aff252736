# -*- coding: utf-8 -*-
"""The stored value of each field of an object, as JSON, and back.

Archetypes and Dexterity differ in everything but this: a field has a name,
`read` gives the JSON of what is stored, `write` stores what JSON says.
Values are stored as they are, past the mutators, which would strip, merge,
reindex or start something; but references go through their field's own
`set`, since that keeps the back-references.
"""

import datetime

from Acquisition import aq_base
from bika.lims import api
from bika.lims.browser.fields import UIDReferenceField as ATUIDReference
from bika.lims.browser.fields.aranalysesfield import ARAnalysesField
from bika.lims.browser.fields.remarksfield import RemarksField
from bika.lims.browser.fields.remarksfield import RemarksHistory
from bika.lims.browser.fields.remarksfield import RemarksHistoryRecord
from bika.lims.interfaces import IProxyField
from ComputedAttribute import ComputedAttribute
from plone.app.blob.field import BlobField
from plone.app.textfield.interfaces import IRichText
from plone.app.textfield.value import RichTextValue
from plone.namedfile.interfaces import INamedField
from Products.Archetypes import Field as atfield
from satchel.companion import dates
from satchel.companion import sites
from satchel.companion import values
from satchel.companion.values import Unfit
from senaite.core.schema.uidreferencefield import UIDReferenceField
from z3c.relationfield.interfaces import IRelation
from z3c.relationfield.interfaces import IRelationList
from zope.schema import interfaces as schema

# Kept elsewhere in a document, or a matter of display alone.
LEFT_OUT = frozenset((
    "id", "title", "creators", "creation_date", "modification_date",
    "constrainTypesMode", "locallyAllowedTypes", "immediatelyAddableTypes",
    "nextPreviousEnabled", "excludeFromNav",
))

_NONE = object()


def all_of(obj):
    """[(name, accessor)] of what is carried as a field or attachment."""
    kind = _Dexterity if api.is_dexterity_content(obj) else _Archetypes
    cached = _cache(obj, kind)
    return [(name, kind(name, field)) for name, field in cached]


def _cache(obj, kind):
    return [(name, field) for name, field in api.get_fields(obj).items()
            if name not in LEFT_OUT and kind.carried(obj, name, field)]


def uids_of(value):
    """UIDs that the JSON of a reference field names."""
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return []
    return [v["uid"] for v in value
            if isinstance(v, dict) and v.keys() == ["uid"] and v["uid"]
            and isinstance(v["uid"], basestring)]


def local(value):
    """A reference with paths of site objects made into UIDs of ours.

    A bare UID is taken for a reference.
    """
    if isinstance(value, list):
        return [local(v) for v in value]
    if isinstance(value, basestring) and value:
        value = {u"uid": value}
    if not isinstance(value, dict):
        return value
    uid = value.get("uid")
    if value.keys() != ["uid"] or not isinstance(uid, basestring):
        raise Unfit("not a reference")
    if not uid.startswith("/"):
        return value
    found = sites.find(uid)
    if found is None:
        raise Unfit("no site object at %s" % uid)
    return {u"uid": api.get_uid(found)}


def _reference(stored):
    """JSON of a stored reference: UID text, list of them, "" or None."""
    if isinstance(stored, (list, tuple)):
        return [{u"uid": values.text(uid)} for uid in stored]
    if stored is None:
        return None
    if not isinstance(stored, basestring):
        raise Unfit("a reference of kind %s" % type(stored).__name__)
    return {u"uid": values.text(stored)} if stored else u""


def _uids(value):
    """What is stored for the JSON of a reference."""
    if value is None or value == u"":
        return value
    uids = [str(uid) for uid in uids_of(value)]
    if isinstance(value, dict):
        return uids[0] if uids else ""
    if not isinstance(value, list) or len(uids) != len(value):
        raise Unfit("not a list of references")
    return uids


class _Archetypes(object):

    reference = False
    blob = False

    def __init__(self, name, field):
        self.name = name
        self.field = field
        self.reference = isinstance(
            field, (ATUIDReference, atfield.ReferenceField))
        self.blob = _is_at_file(field)

    @staticmethod
    def carried(obj, name, field):
        if isinstance(field, (atfield.ComputedField, ARAnalysesField)):
            return False
        if IProxyField.providedBy(field):
            return False
        return hasattr(field, "getStorage")

    def stored(self, obj):
        """The stored value; the default where nothing is stored yet."""
        storage = self.field.getStorage(obj)
        try:
            return storage.get(self.name, obj, field=self.field)
        except AttributeError:
            return self.field.getDefault(obj)

    def read(self, obj):
        field = self.field
        if isinstance(field, atfield.ReferenceField):
            return _reference(field.getRaw(obj))
        value = self.stored(obj)
        if isinstance(field, ATUIDReference):
            return _reference(value)
        if isinstance(field, atfield.TextField):
            return _base_unit(value)
        if values.is_zope_date(value):
            return values.zope_date(value)
        if isinstance(value, tuple) and isinstance(
                field, atfield.FixedPointField):
            return values.text(field.get(obj))
        return values.to_json(value)

    def write(self, obj, value):
        field = self.field
        if isinstance(field, atfield.ReferenceField):
            self._link(obj, value)
        elif isinstance(field, ATUIDReference):
            self._refer(obj, value)
        elif isinstance(field, atfield.TextField):
            self._write_text(obj, value)
        else:
            self._store(obj, self._python(value))

    def _store(self, obj, value):
        atfield.ObjectField.set(self.field, obj, value)

    def _python(self, value):
        field = self.field
        if isinstance(field, RemarksField):
            return _remarks(value)
        if isinstance(field, atfield.DateTimeField) and \
                isinstance(value, basestring) and value:
            return dates.of_wall(*values.parse(value))
        if isinstance(field, atfield.FixedPointField) and \
                isinstance(value, basestring) and value:
            return field._to_tuple(None, values.text(value))
        out = values.from_json(value, dates.of_wall)
        if isinstance(field, atfield.LinesField) and isinstance(out, list):
            return tuple(out)
        return out

    def _write_text(self, obj, value):
        """Keeps the media type that the field has or starts with."""
        if not isinstance(value, basestring):
            self._store(obj, values.from_json(value, dates.of_wall))
            return
        media = self.field.default_content_type or "text/plain"
        unit = self.stored(obj)
        if hasattr(aq_base(unit), "getContentType"):
            media = unit.getContentType() or media
        self.field.set(obj, values.text(value), mimetype=str(media))

    def _refer(self, obj, value):
        wanted = _uids(value)
        self.field.set(obj, wanted or "")
        if self.stored(obj) != wanted or wanted is None:
            self._store(obj, wanted)

    def _link(self, obj, value):
        """The old reference engine cannot hold a missing target."""
        wanted = _uids(value) or []
        if isinstance(wanted, str):
            wanted = [wanted]
        if all(sites.has(uid) for uid in wanted):
            self.field.set(obj, wanted)


class _Dexterity(object):

    def __init__(self, name, field):
        self.name = name
        self.field = field
        self.reference = isinstance(field, UIDReferenceField)
        self.blob = INamedField.providedBy(field)

    @staticmethod
    def carried(obj, name, field):
        if IRelation.providedBy(field) or IRelationList.providedBy(field):
            return False
        there = getattr(type(aq_base(obj)), name, None)
        return not isinstance(there, (property, ComputedAttribute)) \
            and not callable(there)

    def stored(self, obj):
        return getattr(aq_base(obj), self.name, None)

    def read(self, obj):
        value = self.stored(obj)
        if self.reference:
            return self._read_reference(value)
        if isinstance(value, RichTextValue):
            return {u"text": values.to_json(value.raw),
                    u"media_type": values.to_json(value.mimeType),
                    u"output": values.to_json(value.outputMimeType)}
        if values.is_zope_date(value):
            return values.zope_date(value)
        if isinstance(value, datetime.date):
            return values.python_date(value)
        if schema.IDecimal.providedBy(self.field) and \
                type(value).__name__ == "Decimal":
            return u"%s" % value
        return values.to_json(value)

    def _read_reference(self, value):
        if self.field.multi_valued or not isinstance(value, (list, tuple)):
            return _reference(value)
        if len(value) > 1:
            return _reference(value)
        return _reference(value[0] if value else "")

    def write(self, obj, value):
        if not self.reference:
            setattr(aq_base(obj), self.name, self._python(value))
            return
        wanted = _uids(value)
        if isinstance(wanted, basestring):
            wanted = [wanted] if wanted else []
        self.field.set(obj, wanted or [])
        if self.stored(obj) != wanted:
            setattr(aq_base(obj), self.name, wanted)

    def _python(self, value):
        field = self.field
        if value is None:
            return None
        if isinstance(value, basestring):
            return self._from_text(value)
        if schema.ITimedelta.providedBy(field):
            return values.timedelta(value)
        if IRichText.providedBy(field) and isinstance(value, dict):
            return _rich_text(value)
        out = values.from_json(value, dates.of_wall)
        if isinstance(out, list):
            if schema.ISet.providedBy(field):
                return set(out)
            if schema.IFrozenSet.providedBy(field):
                return frozenset(out)
            if schema.ITuple.providedBy(field):
                return tuple(out)
        return out

    def _from_text(self, value):
        field = self.field
        if value and schema.IDatetime.providedBy(field):
            return values.python_from_text(value, _tzinfo)
        if value and schema.IDate.providedBy(field):
            return values.python_from_text(value)
        if schema.IDecimal.providedBy(field):
            return values.to_decimal(value)
        if schema.IASCII.providedBy(field) or \
                schema.IASCIILine.providedBy(field) or \
                (schema.IBytes.providedBy(field)
                 and not schema.IText.providedBy(field)):
            return value.encode("utf-8")
        return values.text(value)


def _tzinfo(offset):
    """A zone that pickles as others of SENAITE do."""
    import pytz
    if not offset:
        return pytz.UTC
    if offset % 60:
        raise Unfit("a zone with seconds")
    return pytz.FixedOffset(offset // 60)


def _is_at_file(field):
    if isinstance(field, BlobField):
        return True
    return isinstance(field, atfield.FileField) \
        and not isinstance(field, atfield.TextField)


def _base_unit(value):
    if hasattr(aq_base(value), "getRaw"):
        raw = aq_base(value).getRaw(encoding="utf-8")
        return values.to_json(raw)
    return values.to_json(value)


def _remarks(value):
    if not isinstance(value, list):
        return values.from_json(value, dates.of_wall)
    records = values.from_json(value, dates.of_wall)
    return RemarksHistory([RemarksHistoryRecord(r) for r in records])


def _rich_text(value):
    if sorted(value) != ["media_type", "output", "text"] or not all(
            isinstance(v, basestring) for v in value.values()):
        raise Unfit("not a text with markup")
    return RichTextValue(values.text(value["text"]),
                         str(value["media_type"]), str(value["output"]))
