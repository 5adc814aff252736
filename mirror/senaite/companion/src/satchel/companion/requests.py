# -*- coding: utf-8 -*-
"""Strict reading of a request.  Pure: needs nothing of SENAITE."""

try:
    TEXT = (str, unicode)
    WHOLE = (int, long)
except NameError:
    TEXT = (str, )
    WHOLE = (int, )

MAX_LIMIT = 5000
MAX_READ = 500
MAX_IMPORT = 200
MAX_BYTES = 12 * 1024 * 1024
DEFAULT_BYTES = 4 * 1024 * 1024
MAX_BLOB_PART = 4194304
MAX_UPLOAD_PART = 8 * 1024 * 1024
MAX_SEQ = 2 ** 62
MAX_NAME = 1024
MAX_COUNTERS = 10000
MAX_COUNTER = 2 ** 31 - 1

_NONE = object()


class Refused(Exception):
    """The whole request is refused; `name` is one of PROTOCOL.md's."""

    def __init__(self, name, message, **more):
        Exception.__init__(self, message)
        self.name = name
        self.message = message
        self.more = more

    def answer(self):
        return dict(self.more, ok=False, error=self.name,
                    message=self.message)


def _get(record, name, default):
    value = record.get(name, _NONE)
    if value is not _NONE:
        return value
    if default is _NONE:
        raise Refused("request", "\"%s\" is missing" % name)
    return _NONE


def is_text(value):
    return isinstance(value, TEXT)


def is_whole(value):
    return isinstance(value, WHOLE) and not isinstance(value, bool)


def text(record, name, default=_NONE, longest=MAX_NAME):
    value = _get(record, name, default)
    if value is _NONE:
        return default
    if not is_text(value):
        raise Refused("request", "\"%s\" is not a text" % name)
    if len(value) > longest:
        raise Refused("limit", "\"%s\" is longer than %d" % (name, longest))
    return value


def whole(record, name, default=_NONE, least=0, most=MAX_SEQ):
    value = _get(record, name, default)
    if value is _NONE:
        return default
    if not is_whole(value):
        raise Refused("request", "\"%s\" is not a whole number" % name)
    if value < least:
        raise Refused("request", "\"%s\" is less than %d" % (name, least))
    if value > most:
        raise Refused("limit", "\"%s\" is over %d" % (name, most))
    return value


def flag(record, name, default=False):
    value = record.get(name, _NONE)
    if value is _NONE:
        return default
    if not isinstance(value, bool):
        raise Refused("request", "\"%s\" is not true or false" % name)
    return value


def texts(record, name, default=_NONE, most=MAX_LIMIT):
    value = _get(record, name, default)
    if value is _NONE:
        return default
    if not isinstance(value, list) or not all(is_text(v) for v in value):
        raise Refused("request", "\"%s\" is not a list of texts" % name)
    if len(value) > most:
        raise Refused("limit", "\"%s\" holds more than %d" % (name, most))
    if any(len(v) > MAX_NAME for v in value):
        raise Refused("limit", "\"%s\" holds a text longer than %d"
                      % (name, MAX_NAME))
    return value


def objects(record, name, most):
    value = _get(record, name, _NONE)
    if not isinstance(value, list):
        raise Refused("request", "\"%s\" is not a list" % name)
    if not all(isinstance(v, dict) for v in value):
        raise Refused("request", "\"%s\" is not a list of objects" % name)
    if len(value) > most:
        raise Refused("limit", "\"%s\" holds more than %d" % (name, most))
    return value


def numbers(record, name):
    value = _get(record, name, _NONE)
    if not isinstance(value, dict):
        raise Refused("request", "\"%s\" is not an object" % name)
    if len(value) > MAX_COUNTERS:
        raise Refused("limit", "\"%s\" holds more than %d"
                      % (name, MAX_COUNTERS))
    for key, number in value.items():
        if len(key) > MAX_NAME:
            raise Refused("limit", "a key of \"%s\" is too long" % name)
        if not is_whole(number) or number < 0:
            raise Refused("request", "\"%s\" of \"%s\" is not a count"
                          % (key, name))
        if number > MAX_COUNTER:
            raise Refused("limit", "\"%s\" of \"%s\" is over %d"
                          % (key, name, MAX_COUNTER))
    return value
