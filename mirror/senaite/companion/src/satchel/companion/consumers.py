# -*- coding: utf-8 -*-
"""The consumers of the push route: each checks, asks, answers.

The route turns an exception into an answer and Zope then commits what was
done so far.  So no exception leaves a consumer: the transaction is aborted
and the answer says what happened, without any content.
"""

import base64

import pkg_resources
import transaction
from AccessControl import getSecurityManager
from bika.lims import api
from DateTime import DateTime
from Products.CMFCore.indexing import getQueue
from Products.CMFCore.permissions import ManagePortal
from satchel.companion import batch
from satchel.companion import changes
from satchel.companion import counters
from satchel.companion import dates
from satchel.companion import document
from satchel.companion import fields
from satchel.companion import files
from satchel.companion import logger
from satchel.companion import paths
from satchel.companion import PROTOCOL
from satchel.companion import reader
from satchel.companion import requests as ask
from satchel.companion import sites
from satchel.companion import uploads
from satchel.companion import users
from satchel.companion import values
from satchel.companion import VERSION
from satchel.companion.requests import Refused
from satchel.companion.values import Unfit
from satchel.companion.writer import reason
from ZODB.POSException import ConflictError


class Consumer(object):

    def __init__(self, record):
        self.record = record

    def process(self):
        try:
            if not getSecurityManager().checkPermission(
                    ManagePortal, api.get_portal()):
                raise Refused("forbidden", "this needs Manage portal")
            answer = self.answer()
            answer["ok"] = True
            return answer
        except Refused as e:
            return self.refuse(e)
        except ConflictError:
            return self.refuse(Refused(
                "conflict", "another request was writing; try again"))
        except Exception as e:
            logger.exception("request failed")
            return self.refuse(Refused(
                "internal", "%s; see the event log of SENAITE"
                % type(e).__name__))

    def refuse(self, refused):
        transaction.abort()
        getQueue().clear()
        return refused.answer()


class Info(Consumer):

    def answer(self):
        return {
            "protocol": PROTOCOL, "version": VERSION,
            "senaite": pkg_resources.get_distribution("senaite.core").version,
            "site": api.get_portal().getId(),
            "zone": DateTime().timezone(), "time": dates.now(),
            "objects": sites.count(), "log": changes.status(),
            "id_server": counters.available(), "atomic": True,
        }


class List(Consumer):

    def answer(self):
        after = ask.text(self.record, "after", "")
        limit = ask.whole(self.record, "limit", 1000, 1, ask.MAX_LIMIT)
        types = ask.texts(self.record, "types", None, 500)
        out = []
        for item in self.items(after, types):
            if len(out) == limit:
                return {"uids": out, "next": out[-1][0]}
            out.append(item)
        return {"uids": out, "next": None}

    def items(self, after, types):
        """Users and the registry only where they are asked for."""
        for kind, found in (("Registry", self.registry),
                            ("User", self.users)):
            if types and kind in types:
                for uid in found():
                    if uid > after:
                        yield [uid, kind, uid]
        after = sites.plain(after)
        if after is None:
            raise Refused("request", "\"after\" is not a UID")
        for item in sites.walk(after, types and set(types)):
            yield [values.text(v) for v in item]

    def registry(self):
        return [paths.REGISTRY]

    def users(self):
        return [paths.USERS + name for name in users.names()]


class Read(Consumer):

    def answer(self):
        self.room = ask.whole(self.record, "bytes", ask.DEFAULT_BYTES, 1,
                              ask.MAX_BYTES)
        self.items, self.absent, self.failed = [], [], []
        if "uids" in self.record:
            rest = self.named(
                ask.texts(self.record, "uids", most=ask.MAX_READ))
        else:
            rest = self.walked(
                ask.text(self.record, "after", ""),
                ask.whole(self.record, "limit", 100, 1, ask.MAX_READ))
        return {"items": self.items, "absent": self.absent,
                "failed": self.failed, "next": rest}

    def named(self, uids):
        """The first UID that was left, or None."""
        for uid in uids:
            if not self.add(uid):
                return uid
        return None

    def walked(self, after, limit):
        """The UID to go on after, or None at the end."""
        after = sites.plain(after)
        if after is None:
            raise Refused("request", "\"after\" is not a UID")
        last = after
        for number, item in enumerate(sites.walk(after)):
            if number == limit or not self.add(values.text(item[0])):
                return last
            last = values.text(item[0])
        return None

    def add(self, uid):
        """False where there is no room left for it."""
        obj = None
        try:
            if not uid.startswith("/"):
                obj = sites.find(uid)
            item = reader.any_document(uid) if obj is None \
                else reader.document(obj)
        except ConflictError:
            raise
        except Exception as e:
            if not isinstance(e, Unfit):
                logger.exception("cannot read %s", uid)
            self.failed.append(self.failure(uid, obj, e))
            return True
        if item is None:
            self.absent.append(uid)
            return True
        size = reader.size(item)
        if self.items and size > self.room:
            return False
        self.room -= size
        self.items.append(item)
        return True

    def failure(self, uid, obj, error):
        text = error.args[0] if isinstance(error, Unfit) else reason(error)
        return {"uid": uid, "error": values.text(text),
                "type": obj and values.text(api.get_portal_type(obj)),
                "path": obj and values.text(sites.path_of(obj))}


class Changes(Consumer):

    def answer(self):
        after = ask.whole(self.record, "after", 0)
        epoch = ask.text(self.record, "epoch", "")
        limit = ask.whole(self.record, "limit", 1000, 1, ask.MAX_LIMIT)
        if ask.flag(self.record, "enable"):
            log = changes.enable()
            epoch = epoch or values.text(log.epoch)
        return changes.since(after, epoch, limit)


class Blob(Consumer):

    def answer(self):
        uid = ask.text(self.record, "uid")
        name = ask.text(self.record, "field")
        offset = ask.whole(self.record, "offset", 0)
        length = ask.whole(self.record, "length", ask.MAX_BLOB_PART, 0,
                           ask.MAX_BLOB_PART)
        obj = sites.find(uid)
        accessor = dict(fields.all_of(obj)).get(name) if obj is not None \
            else None
        there = None
        if accessor is not None and accessor.blob:
            there = files.get(obj, accessor)
        if there is None:
            raise Refused("request", "there is no such attachment")
        data = there.part(offset, length)
        return {"size": int(there.size),
                "sha256": values.text(reader.digest(there)),
                "data": values.text(base64.b64encode(data))}


class Upload(Consumer):

    def answer(self):
        name = uploads.check_name(ask.text(self.record, "upload"))
        if ask.flag(self.record, "drop"):
            uploads.drop(name)
            return {"size": 0}
        offset = ask.whole(self.record, "offset")
        longest = ask.MAX_UPLOAD_PART * 4 // 3 + 4
        data = ask.text(self.record, "data", longest=longest)
        try:
            data = document.from_base64(data)
        except Unfit:
            raise Refused("request", "\"data\" is not base64")
        uploads.purge()
        return {"size": uploads.add(name, offset, data)}


class Import(Consumer):

    def answer(self):
        documents = ask.objects(self.record, "objects", ask.MAX_IMPORT)
        for item in documents:
            if not ask.is_text(item.get("uid")):
                raise Refused("request", "an object without uid")
        work = batch.Batch(
            documents, ask.flag(self.record, "atomic"),
            ask.flag(self.record, "read"), ask.flag(self.record, "counters"))
        return {"results": work.run()}


class Counters(Consumer):

    def answer(self):
        if not counters.available():
            raise Refused("request", "this SENAITE has no id server")
        if ask.flag(self.record, "get"):
            return {"counters": counters.get_all()}
        counters.raise_to(ask.numbers(self.record, "raise"))
        return {"counters": counters.get_all()}
