"""Requests and responses, and what Zope does to both before any API sees it.
"""

import base64
import json
import time
import urllib.parse


class Request:
    """A parsed request; `path` and `query` are percent-decoded."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        raw, _, query = target.partition("?")
        self.path = urllib.parse.unquote(raw)
        self.params = urllib.parse.parse_qsl(query, keep_blank_values=True)
        self.headers = headers
        self.body = body
        self.user = None
        self.began = time.time()
        self.base = ""
        kind = headers.get("Content-Type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            self.params += urllib.parse.parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True)

    def get(self, name, default=None):
        for key, value in self.params:
            if key == name:
                return value
        return default

    def all(self, name):
        return [v for k, v in self.params if k == name]

    def says_yes(self, name):
        return (self.get(name) or "").lower() in ("yes", "y", "true", "1")

    def accepts_json(self):
        """Does plone.rest take this request from Plone?"""
        return "application/json" in self.headers.get("Accept", "")

    def credentials(self):
        """(name, password) of Basic, cookie or form; None without."""
        text = self.headers.get("Authorization", "")
        if text.lower().startswith("basic "):
            return _pair(text[6:])
        if self.get("__ac_name"):
            return self.get("__ac_name"), self.get("__ac_password", "")
        for part in self.headers.get("Cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "__ac":
                return _pair(urllib.parse.unquote(value.strip('"')))
        return None


def _pair(text):
    try:
        name, _, password = base64.b64decode(text).decode().partition(":")
    except ValueError:
        return None
    return name, password


class Response:
    def __init__(self, status=200, body=b"", kind="text/html; charset=utf-8",
                 headers=()):
        self.status = status
        self.body = body
        self.headers = [("Content-Type", kind)] if kind else []
        self.headers += list(headers)


def to_json(value):
    return json.dumps(value).encode("ascii")


def json_response(value, status=200, headers=()):
    return Response(status, to_json(value), "application/json", headers)
