# -*- coding: utf-8 -*-
"""A SENAITE over HTTP, and counted checks, for live_companion.py."""

import base64
import json
import time
import urllib.error
import urllib.request


class Site(object):

    def __init__(self, url, user, password):
        self.url = url.rstrip("/")
        self.key = None
        if user is not None:
            pair = ("%s:%s" % (user, password)).encode("utf-8")
            self.key = "Basic " + base64.b64encode(pair).decode("ascii")

    def ask(self, path, body=None):
        """(status, JSON) of an answer; path is below the site."""
        headers = {"Accept": "application/json"}
        if self.key:
            headers["Authorization"] = self.key
        data = None
        if body is not None:
            data = json.dumps(body).encode("utf-8")
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            try:
                return e.code, json.loads(e.read())
            except ValueError:
                return e.code, None

    def api(self, path, body=None):
        return self.ask("/@@API/senaite/v1/" + path, body)[1]

    def push(self, name, **record):
        """What the consumer returned."""
        record["consumer"] = "satchel." + name
        status, answer = self.ask("/@@API/senaite/v1/push", record)
        if not isinstance(answer, dict):
            return {"ok": False, "error": "status %s" % status}
        found = answer.get("success")
        return found if isinstance(found, dict) else answer

    def update_role_mappings(self):
        """What an upgrade of SENAITE's workflows does."""
        headers = {"Authorization": self.key}
        with urllib.request.urlopen(urllib.request.Request(
                self.url + "/@@authenticator/token", None, headers)) as f:
            token = f.read()
        with urllib.request.urlopen(urllib.request.Request(
                self.url + "/portal_workflow/updateRoleMappings",
                b"_authenticator=" + token, headers)) as f:
            return f.status

    def create(self, kind, parent, **more):
        answer = self.api("create", dict(more, portal_type=kind,
                                         parent_uid=parent))
        items = answer.get("items")
        if not items:
            raise AssertionError("cannot create %s: %s" % (kind, answer))
        return items[0]

    def update(self, uid, **more):
        return self.api("update", dict(more, uid=uid))

    def read(self, *uids):
        """Documents by UID."""
        answer = self.push("read", uids=list(uids))
        return dict((d["uid"], d) for d in answer["items"])

    def one(self, uid):
        return self.push("read", uids=[uid])["items"][0]

    def bring(self, *documents, **more):
        """Results of satchel.import."""
        answer = self.push("import", objects=list(documents), **more)
        if not answer.get("ok"):
            raise AssertionError("import: %s" % answer)
        return answer["results"]

    def walk(self, consumer, key, **more):
        """(all items, seconds) of satchel.list or satchel.read."""
        items, after = [], ""
        started = time.time()
        while after is not None:
            answer = self.push(consumer, after=after, **more)
            if not answer.get("ok"):
                raise AssertionError("%s: %s" % (consumer, answer))
            items.extend(answer[key])
            items.extend(answer.get("failed", []))
            after = answer["next"]
        return items, time.time() - started


class Checks(object):

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def ok(self, good, what, *more):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: %s %s" % (what, " ".join(
                str(m)[:600] for m in more)))
        return good

    def same(self, found, wanted, what):
        return self.ok(found == wanted, what, "found", found,
                       "wanted", wanted)

    def refused(self, answer, error, what):
        return self.ok(answer.get("ok") is False
                       and answer.get("error") == error
                       and isinstance(answer.get("message"), str),
                       what, answer)
