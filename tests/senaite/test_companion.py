"""The companion's consumers."""

import base64
import json

from harness import Case, Server


class NoCompanion(Case):
    options = ()

    def test_push(self):
        self.fails(self.s.post("push", {"consumer": "x"}, None), 401,
                   "Anonymous user")
        self.fails(self.s.post("push", {}), 500, "No consumer name provided")
        self.fails(self.s.post("push", {"consumer": "satchel.info"}), 500,
                   "No consumer registered for name=satchel.info")


class CompanionReads(Case):
    def test_only_for_managers(self):
        for user in ("clerk1", "labman"):
            value = self.s.push("info", user)
            self.assertEqual((value["ok"], value["error"]),
                             (False, "forbidden"))

    def test_info(self):
        value = self.s.push("info")
        self.assertEqual((value["ok"], value["protocol"], value["site"]),
                         (True, 1, "senaite"))
        self.assertEqual(value["objects"], len(self.s.all()))

    def test_list(self):
        seen, after = [], ""
        while after is not None:
            value = self.s.push("list", after=after, limit=40)
            seen += value["uids"]
            after = value["next"]
        self.assertEqual([u for u, _, _ in seen],
                         [d["uid"] for d in self.s.all()])
        value = self.s.push("list", after="", limit=40, types=["Client"])
        self.assertEqual(len(value["uids"]), 3)
        self.assertEqual(self.s.push("list", after="", limit=5001)["error"],
                         "limit")
        self.assertEqual(self.s.push("list", after=1, limit=1)["error"],
                         "request")

    def test_read(self):
        doc = self.s.first(type="AnalysisRequest")
        setup = self.s.first(path="/setup")
        value = self.s.push("read", uids=[doc["uid"], "f" * 32, "/setup",
                                          "/users/labman", "/registry"])
        self.assertEqual(value["items"][0], doc)
        self.assertEqual(value["items"][1], setup)
        self.assertIs(value["items"][1]["site"], True)
        self.assertEqual(value["items"][2]["fields"]["roles"],
                         ["LabManager"])
        self.assertEqual(value["items"][3]["type"], "Registry")
        self.assertEqual(value["absent"], ["f" * 32])
        self.assertIsNone(value["next"])

    def test_read_in_parts(self):
        everything = self.s.all()
        for room in (1, 20000):
            seen, after = [], ""
            while after is not None:
                value = self.s.push("read", after=after, limit=50, bytes=room)
                seen += value["items"]
                after = value["next"]
            self.assertEqual(seen, everything)
        uids = [d["uid"] for d in everything[:3]]
        value = self.s.push("read", uids=uids, bytes=1)
        self.assertEqual(value["next"], uids[1])

    def test_failed(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.control(do="broken", uid=uid, where="companion")
        value = self.s.push("read", uids=[uid])
        self.assertEqual(value["failed"][0]["uid"], uid)
        self.assertEqual(self.s.get(uid)[0], 200)
        self.s.control(do="mended", uid=uid, where="companion")

    def test_blob(self):
        doc = next(d for d in self.s.all(type="Attachment")
                   if d["attachments"][0]["size"] == 70000)
        data = b""
        while len(data) < 70000:
            value = self.s.push("blob", uid=doc["uid"], length=30000,
                                field="AttachmentFile", offset=len(data))
            data += base64.b64decode(value["data"])
        self.assertEqual(value["sha256"], doc["attachments"][0]["sha256"])
        self.assertEqual(len(data), 70000)

    def test_changes(self):
        server = Server("--companion")
        try:
            self.assertEqual(server.push("changes", after=0,
                                         epoch="")["error"], "conflict")
            epoch = server.push("changes", after=0, epoch="",
                                enable=True)["epoch"]
            uid = server.first(type="Client")["uid"]
            server.update(uid, Fax="1")
            server.update(uid, Fax="2")
            value = server.push("changes", after=0, epoch=epoch)
            self.assertEqual([(e["seq"], e["uid"], e["action"])
                              for e in value["entries"]],
                             [(2, uid, "changed")])
            sample = server.first(type="AnalysisRequest", state="verified")
            server.update(sample["uid"], transition="publish")
            value = server.push("changes", after=value["next"], epoch=epoch)
            self.assertGreater(len(value["entries"]), 2)    # the cascade
            dept = server.first(type="Department")["uid"]
            server.update(dept, description="unseen")       # refused, kept
            value = server.push("changes", after=value["next"], epoch=epoch)
            self.assertEqual(value["entries"], [])
            server.lab(op="delete", path="/clients/client-3")
            value = server.push("changes", after=value["next"], epoch=epoch)
            self.assertIn("deleted", {e["action"] for e in value["entries"]})
            self.assertEqual(server.push("changes", after=0,
                                         epoch="x")["error"], "conflict")
        finally:
            server.stop()


class CompanionWrites(Case):
    options = ("--companion", "--empty", "--seed", "2")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = Server("--companion")
        cls.docs = cls.source.all()

    @classmethod
    def tearDownClass(cls):
        cls.source.stop()
        super().tearDownClass()

    def carry(self, docs, **more):
        """Import documents of the source, their files beside them."""
        out = []
        for doc in docs:
            doc = json.loads(json.dumps(doc))
            parent = next((d for d in self.docs
                           if d["uid"] == doc["parent"]), None)
            if parent and parent.get("site"):
                doc["parent"] = parent["path"]
            for row in doc["attachments"]:
                value = self.source.push(
                    "blob", uid=doc["uid"], field=row["field"], offset=0,
                    length=4 << 20)
                row["data"] = value["data"]
            out.append(doc)
        return self.s.push("import", objects=out, **more)

    def test_a_round_trip(self):
        mine = [d for d in self.docs if not d.get("site")]
        value = self.carry(mine, read=True, counters=True)
        self.assertEqual({r["result"] for r in value["results"]},
                         {"created"})
        for doc, result in zip(mine, value["results"]):
            got = dict(result["item"], parent=doc["parent"])
            self.assertEqual(got, doc)
        value = self.carry(mine)
        self.assertEqual({r["result"] for r in value["results"]}, {"same"})
        counters = self.s.push("counters", get=True)["counters"]
        self.assertEqual(counters["analysisrequest-H2O"], 4)
        # life goes on
        sample = self.s.first(type="AnalysisRequest", state="verified")
        self.assertEqual(self.s.update(sample["uid"],
                                       transition="publish")[0], 200)

    def test_site_folders_differ(self):
        here = self.s.first(path="/clients")["uid"]
        self.assertNotEqual(here, self.source.first(path="/clients")["uid"])

    def one(self, number, **more):
        return dict({"uid": "%032x" % number, "type": "Client",
                     "id": "own-%d" % number, "parent": "/clients",
                     "title": "", "fields": {"Name": "N"},
                     "history": [{"action": None, "actor": "a",
                                  "time": "2020-01-01T00:00:00Z",
                                  "state": "active", "comments": ""}]},
                    **more)

    def put(self, *docs, **more):
        value = self.s.push("import", objects=list(docs), **more)
        return value["results"]

    def test_refused_alone(self):
        results = self.put(
            self.one(1), self.one(2, parent="f" * 32),
            self.one(3, id="own-1"), self.one(4, id="no/id"),
            self.one(5, type="Nosuch"),
            self.one(6, senaite={"markers": ["nosuch"]}), self.one(7))
        self.assertEqual([r["result"] for r in results],
                         ["created"] + ["refused"] * 5 + ["created"])
        self.assertEqual(results[1]["missing"], ["f" * 32])
        self.assertIsNone(self.s.exact("%032x" % 6))

    def test_atomic(self):
        before = self.s.all()
        results = self.put(self.one(11), self.one(12, type="Nosuch"),
                           atomic=True)
        self.assertEqual([r["result"] for r in results], ["refused"] * 2)
        self.assertEqual(self.s.all(), before)

    def test_children_before_parents_and_cycles(self):
        child = self.one(22, type="Contact", parent="%032x" % 21,
                         fields={"Surname": "S", "CCContact":
                                 [{"uid": "%032x" % 23}]})
        other = dict(child, uid="%032x" % 23, id="own-23", fields={
            "Surname": "T", "CCContact": [{"uid": "%032x" % 22}]})
        results = self.put(child, other, self.one(21))
        self.assertEqual([(r["result"], r["missing"]) for r in results],
                         [("created", [])] * 3)

    def test_missing_targets(self):
        results = self.put(self.one(31, fields={
            "Name": "N", "DefaultCategories": [{"uid": "e" * 32}]}))
        self.assertEqual(results[0]["missing"], ["e" * 32])
        self.assertEqual(self.s.get("%032x" % 31)[1]["DefaultCategories"],
                         {})

    def test_dates_and_history(self):
        row = {"action": None, "actor": "gone", "state": "active",
               "time": "2019-05-06T07:08:09.123456Z", "comments": "",
               "zone": "GMT+2", "extra": "kept"}
        self.put(self.one(41, history=[row],
                          created="2019-05-06T07:08:09.5Z",
                          modified="2019-05-07T07:08:09Z"))
        doc = self.s.exact("%032x" % 41)
        self.assertEqual(doc["history"], [row])
        self.assertEqual((doc["created"], doc["modified"]),
                         ("2019-05-06T07:08:09.5Z", "2019-05-07T07:08:09Z"))
        shown = self.s.get("%032x?workflow=yes" % 41)[1]
        self.assertEqual(shown["workflow_info"][0]["review_history"][0]
                         ["time"], "2019-05-06 09:08:09")

    def test_state_is_the_last_entry(self):
        rows = [{"action": None, "actor": "a", "state": state, "comments": "",
                 "time": "2019-05-06T07:08:0%d.120000Z" % n}
                for n, state in enumerate(("active", "inactive"))]
        results = self.put(self.one(42, history=rows, state="active"),
                           self.one(43, history=rows, state="other"))
        self.assertEqual([r["result"] for r in results],
                         ["created", "refused"])
        doc = self.s.exact("%032x" % 42)
        self.assertEqual(doc["state"], "active")
        self.assertEqual(doc["history"], rows[::-1])

    def test_fields_only_and_update_only(self):
        self.put(self.one(51, fields={"Name": "N", "Fax": "1"}))
        self.put({"uid": "%032x" % 51, "fields": {"Name": "M", "Fax": "2"},
                  "fields_only": ["Fax"], "title": "not"})
        fields = self.s.exact("%032x" % 51)["fields"]
        self.assertEqual((fields["Name"], fields["Fax"]), ("N", "2"))
        results = self.put(self.one(52, update_only=True))
        self.assertEqual(results[0]["result"], "absent")

    def test_read_only(self):
        self.put(self.one(61, read_only=True))
        uid = "%032x" % 61
        self.assertEqual(self.s.update(uid, Fax="1")[0], 401)
        self.assertEqual(self.s.update(uid, transition="deactivate")[1]
                         ["success"], False)
        self.put(self.one(61))
        self.assertEqual(self.s.update(uid, ClientID="c", Fax="1")[0], 200)

    def test_deletions(self):
        self.put(self.one(71), self.one(72, type="Contact",
                                        parent="%032x" % 71,
                                        fields={"Surname": "S"}))
        inner = {"uid": "%032x" % 72, "deleted": True}
        gone = {"uid": "%032x" % 71, "deleted": True}
        site = {"uid": self.s.first(path="/clients")["uid"], "deleted": True}
        results = self.put(gone, inner, atomic=True)
        self.assertEqual((results[0]["result"], results[0]["message"]),
                         ("refused", "it holds 1 objects"))
        self.assertIsNotNone(self.s.exact("%032x" % 72))
        self.assertEqual([r["result"] for r in self.put(
            inner, gone, gone, site)],
            ["deleted", "deleted", "absent", "refused"])
        self.assertIsNone(self.s.exact("%032x" % 71))
        self.assertIsNone(self.s.exact("%032x" % 72))

    def test_changed_since_it_was_read(self):
        self.put(self.one(75), self.one(76))
        uids = ["%032x" % n for n in (75, 76)]
        read = [self.s.exact(uid)["modified"] for uid in uids]
        self.s.update(uids[0], ClientID="c", Fax="1")
        now = self.s.exact(uids[0])
        docs = [self.one(n, expect=time, fields={"Name": "M"})
                for n, time in zip((75, 76), read)]
        results = self.put(*docs)
        self.assertEqual([(r["result"], r["message"]) for r in results],
                         [("refused", "changed since it was read"),
                          ("updated", "")])
        self.assertEqual(self.s.exact(uids[0]), now)
        gone = {"uid": uids[0], "deleted": True, "expect": read[0]}
        self.assertEqual(self.put(gone)[0]["message"],
                         "changed since it was read")
        docs[0]["expect"] = "nonsense"
        self.assertEqual(self.put(docs[0])[0]["result"], "refused")
        gone["expect"] = now["modified"]
        self.assertEqual(self.put(gone)[0]["result"], "deleted")
        self.assertEqual(self.put(gone)[0]["result"], "absent")
        self.assertEqual(self.put(docs[0])[0]["result"], "created")

    def test_compared_before_all_writing(self):
        """What the request itself moves is no change of others."""
        self.put(self.one(77))
        uid = "%032x" % 77
        time = self.s.exact(uid)["modified"]
        results = self.put(
            {"uid": uid, "fields": {"Fax": "1"}, "fields_only": ["Fax"]},
            {"uid": uid, "fields": {"Fax": "2"}, "fields_only": ["Fax"],
             "expect": time})
        self.assertEqual([r["result"] for r in results], ["updated"] * 2)
        self.assertNotEqual(self.s.exact(uid)["modified"], time)

    def test_roles_that_are_never_given(self):
        self.put(self.one(78, senaite={"roles": {
            "a": ["Owner", "Manager"], "b": ["Site Administrator"],
            "c": ["Analyst"], "d": []}}))
        self.assertEqual(self.s.exact("%032x" % 78)["senaite"]["roles"],
                         {"a": ["Owner"], "c": ["Analyst"], "d": []})

    def test_users_keep_what_is_theirs(self):
        user = {"uid": "/users/own", "type": "User", "title": "Own",
                "fields": {"email": "own@b.example", "roles": [
                    "Analyst", "Manager", "Owner", "Site Administrator"],
                    "groups": ["Analysts", "Administrators",
                               "Site Administrators"]}}
        item = self.put(user, read=True)[0]["item"]
        self.assertEqual(item["fields"], {
            "email": "own@b.example", "roles": ["Analyst"],
            "groups": ["Analysts"]})
        other = dict(user, title="Other", fields={
            "email": "other@b.example", "roles": [], "groups": []})
        result = self.put(other, read=True)[0]
        self.assertEqual((result["result"], result["item"]), ("same", item))

    def test_uploads(self):
        data = bytes(range(256)) * 4
        first = base64.b64encode(data[:600]).decode()
        rest = base64.b64encode(data[600:]).decode()
        for offset, part, size in ((0, first, 600), (0, first, 600),
                                   (600, rest, 1024)):
            value = self.s.push("upload", upload="a1", offset=offset,
                                data=part)
            self.assertEqual((value["ok"], value["size"]), (True, size))
        value = self.s.push("upload", upload="a1", offset=5000, data=rest)
        self.assertEqual((value["error"], value["size"]), ("conflict", 1024))
        row = {"field": "AttachmentFile", "name": "ж.bin",
               "media_type": "application/x-own", "upload": "a1"}
        doc = self.one(82, type="Attachment", parent="%032x" % 81,
                       fields={}, attachments=[row])
        results = self.put(self.one(81), doc, read=True)
        self.assertEqual(results[1]["item"]["attachments"][0]["size"], 1024)
        kept = dict(row, sha256=results[1]["item"]["attachments"][0]
                    ["sha256"])
        del kept["upload"]
        results = self.put(dict(doc, attachments=[kept]))
        self.assertEqual(results[0]["result"], "same")
        kept["sha256"] = "0" * 64
        results = self.put(dict(doc, attachments=[kept]))
        self.assertEqual(results[0]["result"], "refused")

    def test_site_objects_users_registry(self):
        lab = dict(self.source.first(path="/bika_setup/laboratory"))
        lab["fields"] = dict(lab["fields"], Name="Renamed")
        results = self.put(lab, {
            "uid": "/users/newbie", "type": "User", "title": "New B",
            "fields": {"email": "n@b.example", "roles": ["LabClerk"],
                       "groups": []}},
            {"uid": "/registry", "type": "Registry", "fields": {
                "plone.site_title": "T", "nosuch": 1,
                "senaite.impress.default_paperformat": 5}})
        self.assertEqual([r["result"] for r in results],
                         ["updated", "created", "updated"])
        self.assertEqual(self.s.first(path="/bika_setup/laboratory")
                         ["fields"]["Name"], "Renamed")
        state = self.s.call("GET", "/_lab")[1]
        self.assertEqual(state["registry"]["plone.site_title"], "T")
        self.assertEqual(state["registry"]
                         ["senaite.impress.default_paperformat"], "A4")
        self.assertEqual(state["users"]["newbie"]["fields"]["roles"],
                         ["LabClerk"])

    def test_limits(self):
        many = [self.one(n) for n in range(1000, 1201)]
        value = self.s.push("import", objects=many)
        self.assertEqual(value["error"], "limit")
