# -*- coding: utf-8 -*-

import base64
import unittest

import here  # noqa: F401
from satchel.companion import document
from satchel.companion import paths
from satchel.companion import requests as ask
from satchel.companion.requests import Refused
from satchel.companion.values import Unfit

UID = "0123456789abcdef0123456789abcdef"
SHA = "0" * 64


class Requests(unittest.TestCase):

    def refused(self, name, work, *args, **more):
        try:
            work(*args, **more)
        except Refused as e:
            self.assertEqual(e.name, name)
            self.assertEqual(e.answer()["ok"], False)
        else:
            self.fail("not refused")

    def test_text(self):
        self.assertEqual(ask.text({"a": "x"}, "a"), "x")
        self.assertEqual(ask.text({}, "a", "y"), "y")
        self.refused("request", ask.text, {}, "a")
        self.refused("request", ask.text, {"a": 5}, "a")
        self.refused("request", ask.text, {"a": None}, "a", "y")
        self.refused("limit", ask.text, {"a": "x" * 2000}, "a")

    def test_whole(self):
        self.assertEqual(ask.whole({"a": 5}, "a"), 5)
        self.assertEqual(ask.whole({}, "a", 7), 7)
        for bad in (True, 1.0, "5", None, []):
            self.refused("request", ask.whole, {"a": bad}, "a", 1)
        self.refused("request", ask.whole, {"a": -1}, "a")
        self.refused("limit", ask.whole, {"a": 6}, "a", 1, 1, 5)

    def test_flag(self):
        self.assertEqual(ask.flag({"a": True}, "a"), True)
        self.assertEqual(ask.flag({}, "a"), False)
        for bad in (1, 0, "true", None):
            self.refused("request", ask.flag, {"a": bad}, "a")

    def test_texts(self):
        self.assertEqual(ask.texts({"a": ["x"]}, "a"), ["x"])
        self.assertEqual(ask.texts({}, "a", None), None)
        self.refused("request", ask.texts, {"a": "x"}, "a")
        self.refused("request", ask.texts, {"a": [1]}, "a")
        self.refused("limit", ask.texts, {"a": ["x"] * 3}, "a", most=2)
        self.refused("limit", ask.texts, {"a": ["x" * 2000]}, "a")

    def test_objects(self):
        self.assertEqual(ask.objects({"a": [{}]}, "a", 1), [{}])
        self.refused("request", ask.objects, {}, "a", 1)
        self.refused("request", ask.objects, {"a": {}}, "a", 1)
        self.refused("request", ask.objects, {"a": [1]}, "a", 1)
        self.refused("limit", ask.objects, {"a": [{}, {}]}, "a", 1)

    def test_numbers(self):
        self.assertEqual(ask.numbers({"a": {"k": 5}}, "a"), {"k": 5})
        self.refused("request", ask.numbers, {"a": [1]}, "a")
        for bad in (-1, True, "5", 1.0, None):
            self.refused("request", ask.numbers, {"a": {"k": bad}}, "a")
        self.refused("limit", ask.numbers, {"a": {"k": 2 ** 31}}, "a")
        self.refused("limit", ask.numbers, {"a": {"k" * 2000: 1}}, "a")


class Paths(unittest.TestCase):

    def test_relative(self):
        for path, out in (("clients/client-1", "/clients/client-1"),
                          ("/senaite/setup", "/setup"), ("/senaite", "/"),
                          ("/senaites/x", "/senaites/x")):
            self.assertEqual(paths.relative(path, "senaite"), out)

    def test_site_objects(self):
        for path in ("/clients", "/setup", "/setup/departments",
                     "/bika_setup/laboratory"):
            self.assertTrue(paths.is_site(path), path)
        for path in ("", "/", "clients", "/clients/client-1", "//x",
                     "/setup/departments/department-1", "/setup/../x",
                     "/@@view", "/setup/"):
            self.assertFalse(paths.is_site(path), path)

    def test_users(self):
        self.assertEqual(paths.user_name("/users/anna"), "anna")
        for uid in ("/users/", "/users", "/users/a/b", UID):
            self.assertEqual(paths.user_name(uid), None)

    def test_relations(self):
        self.assertTrue(paths.is_relation("clients/c/at_references/x"))
        self.assertFalse(paths.is_relation("clients/at_references_not"))


class Documents(unittest.TestCase):

    def test_good(self):
        document.check({"uid": UID})
        document.check({"uid": UID, "deleted": True})
        document.check({"uid": UID, "expect": "2026-11-21T01:00:00.5Z"})
        document.check({"uid": "/users/anna"})
        document.check({"uid": "/registry"})
        document.check({"uid": "/setup", "site": True, "path": "/setup"})
        document.check({
            "uid": UID, "parent": None, "state": None, "fields": {},
            "created": "2026-11-21T01:00:00Z", "history": [],
            "senaite": {"roles": {"a": ["b"]}, "owner": None}})

    def test_bad(self):
        for bad in ({"uid": "x"}, {"uid": UID.upper()}, {"uid": 5},
                    {"uid": "/users/a/b"}, {"uid": "/clients/client-1"}):
            self.assertRaises(Unfit, document.check, bad)
        for more in ({"type": 5}, {"path": None}, {"parent": 5},
                     {"deleted": 1}, {"read_only": "yes"}, {"fields": []},
                     {"fields_only": "x"}, {"created": "yesterday"},
                     {"expect": "yesterday"}, {"expect": 5},
                     {"site": True}, {"site": True, "path": "/a/b/c"},
                     {"history": {}}, {"attachments": {}},
                     {"attachments": [1]}, {"senaite": []},
                     {"senaite": {"roles": []}},
                     {"senaite": {"roles": {"a": "b"}}},
                     {"senaite": {"markers": "x"}},
                     {"senaite": {"owner": 5}}):
            self.assertRaises(Unfit, document.check, dict(more, uid=UID))

    def test_local_roles(self):
        self.assertEqual(document.local_roles({
            "a": ["Owner", "Manager"], "b": ["Site Administrator"],
            "c": ["Analyst"], "d": []}),
            ({"a": ["Owner"], "c": ["Analyst"], "d": []},
             ["Manager", "Site Administrator"]))
        self.assertEqual(document.local_roles({}), ({}, []))

    def test_attachments(self):
        good = {"field": "F", "name": "a.txt", "media_type": "text/plain",
                "size": 1, "sha256": SHA,
                "data": base64.b64encode(b"abc").decode("ascii")}
        doc = {"uid": UID, "attachments": [dict(good)]}
        document.check(doc)
        self.assertEqual(doc["attachments"][0]["data"], b"abc")
        for more in ({"data": "YQ"}, {"data": "YQ==\n"}, {"data": 5},
                     {"data": u"\xe9"}, {"sha256": "x"}, {"name": None},
                     {"size": "1"}, {"upload": 5}):
            self.assertRaises(Unfit, document.check, {
                "uid": UID, "attachments": [dict(good, **more)]})
        self.assertRaises(Unfit, document.check, {
            "uid": UID, "attachments": [dict(good), dict(good)]})


if __name__ == "__main__":
    unittest.main()
