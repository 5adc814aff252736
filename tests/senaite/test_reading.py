"""Routes, searches, items and downloads of the SENAITE server."""

import base64
import json
import urllib.parse

from harness import V1, Case


class Routes(Case):
    def test_version_is_for_everyone(self):
        status, value = self.s.get("version", user=None)
        self.assertEqual((status, value["version"], value["date"]),
                         (200, "2.6.0", "2025-04-04"))
        self.assertTrue(value["url"].endswith("/@@API/senaite/v1/version"))
        self.assertIsInstance(value["_runtime"], float)

    def test_a_wrong_password_is_anonymous(self):
        status, value = self.s.get("users/current", user="admin:wrong")
        self.assertEqual(status, 200)
        self.assertEqual(value["items"][0]["authenticated"], False)
        self.assertEqual(value["items"][0]["roles"], ["Anonymous"])
        self.assertEqual(self.s.get("auth", user="admin:wrong")[0], 401)
        self.assertEqual(self.s.get("auth")[0], 200)

    def test_current_user(self):
        item = self.s.get("users/current")[1]["items"][0]
        self.assertEqual(item["username"], "admin")
        self.assertIs(item["authenticated"], True)
        self.assertNotIn("email", item)     # of the Zope root
        item = self.s.get("users/labman")[1]["items"][0]
        self.assertEqual(item["email"], "labman@lab.example")
        self.assertIs(item["authenticated"], False)

    def test_unknown_user_is_null(self):
        self.assertEqual(self.s.get("users/nosuch")[1]["items"], [None])

    def test_cookie(self):
        path = V1 + "login?__ac_name=clerk1&__ac_password=clerk1"
        status, headers, _ = self.s.ask("POST", path, b"", None)
        self.assertEqual(status, 200)
        cookie = headers["Set-Cookie"].split(";")[0]
        value = json.loads(self.s.ask(
            "GET", V1 + "users/current", None, None,
            {"Cookie": cookie})[2])
        self.assertEqual(value["items"][0]["username"], "clerk1")
        self.fails(self.s.get("login?__ac_name=a&__ac_password=b", None),
                   401, "Invalid Credentials")

    def test_errors_of_routes(self):
        self.fails(self.s.get("nosuch"), 404, "Not Found")
        self.fails(self.s.get("f" * 32), 404, "No object found")
        self.fails(self.s.call("PUT", V1 + "client"), 200, "405 Method")
        self.fails(self.s.call("DELETE", V1 + "client"), 200, "405 Method")
        status, value = self.s.get("client/" + "f" * 32)
        self.assertEqual((status, value["count"], value["items"]),
                         (200, 0, []))

    def test_resource_is_not_compared_with_the_type(self):
        uid = self.s.first(type="SampleType")["uid"]
        self.assertEqual(self.s.get("client/" + uid)[1]["items"][0]["uid"],
                         uid)

    def test_settings_and_registry(self):
        self.fails(self.s.get("settings"), 200, "IDateAndTimeSchema")
        self.fails(self.s.get("settings/nosuch"), 200, "u'nosuch'")
        self.assertEqual(self.s.get("settings/mail", None)[0], 200)
        self.assertEqual(self.s.ask("GET", V1 + "registry")[0], 500)
        value = self.s.get("registry/senaite", None)[1]
        self.assertIn("senaite.impress.default_paperformat",
                      value["items"][0])

    def test_catalogs(self):
        value = self.s.get("catalogs/senaite_catalog_sample")[1]
        self.assertIn("modified", value["indexes"])
        self.assertNotIn("modified", value["schema"])
        names = [i["id"] for i in self.s.get("catalogs")[1]["items"]]
        self.assertIn("senaite_catalog_setup", names)

    def test_legacy_remove(self):
        path = "/senaite/@@API/remove?UID="
        client = self.s.first(type="Client")["uid"]
        value = self.s.call("GET", path + client)[1]
        self.assertIs(value["success"], False)
        holder = next(d for d in self.s.all(type="AnalysisRequest")
                      if d["fields"]["Attachment"])
        uid = holder["fields"]["Attachment"][0]["uid"]
        self.assertIs(self.s.call("GET", path + uid)[1]["success"], True)
        self.fails(self.s.get(uid), 404, "No object")
        # the reference stays in the database and vanishes from the JSON
        self.assertEqual(self.s.exact(holder["uid"])["fields"]["Attachment"],
                         [{"uid": uid}])
        self.assertEqual(self.s.get(holder["uid"])[1]["Attachment"], {})


class Searches(Case):
    def test_pages(self):
        value = self.s.get("contact?limit=4")[1]
        self.assertEqual([value[k] for k in (
            "count", "pagesize", "page", "pages", "previous")],
            [6, 4, 1, 2, None])
        self.assertTrue(value["next"].endswith("contact?b_start=4&limit=4"))
        value = self.s.get("contact?limit=4&b_start=4")[1]
        self.assertEqual((len(value["items"]), value["page"], value["next"]),
                         (2, 2, None))
        self.assertTrue(value["previous"].endswith("b_start=0&limit=4"))
        value = self.s.get("contact?limit=4&b_start=50")[1]
        self.assertEqual((value["items"], value["page"], value["next"]),
                         ([], 2, None))
        value = self.s.get("contact?limit=4&b_start=1")[1]
        self.assertTrue(value["next"].endswith("b_start=4&limit=4"))
        for bad in ("0", "x", "-1"):
            self.assertEqual(
                self.s.get("contact?limit=" + bad)[1]["pagesize"], 25)

    def test_walk_by_uid(self):
        seen, last = [], "0"
        while True:
            value = self.s.get(
                "search?catalog=uid_catalog&UID.query:record=%s&UID.range:"
                "record=min&sort_on=UID&limit=50" % last)[1]
            uids = [i["uid"] for i in value["items"]]
            self.assertEqual(uids, sorted(uids))
            seen += uids[1:] if seen else uids
            if len(uids) < 50:
                break
            self.assertIn("UID=query&UID=range", value["next"])
            last = uids[-1]
        self.assertEqual(seen, [d["uid"] for d in self.s.all()])

    def test_no_criteria(self):
        for query in ("search?limit=1", "search?catalog=uid_catalog",
                      "search?catalog=nosuch"):
            self.assertEqual(self.s.get(query)[1]["count"], 0, query)
        value = self.s.get("search?catalog=senaite_catalog_setup")[1]
        self.assertGreater(value["count"], 10)

    def test_by_uids(self):
        uids = [self.s.first(type=t)["uid"] for t in
                ("Client", "Department", "AnalysisRequest")]
        query = "&".join("UID=" + u for u in uids + ["f" * 32])
        value = self.s.get("search?%s&complete=yes&workflow=yes" % query)[1]
        self.assertEqual({i["uid"] for i in value["items"]}, set(uids))
        for item in value["items"]:
            # columns of the type's catalog, null
            self.assertIsNone(item["review_state"])
            self.assertTrue(item["workflow_info"][0]["review_state"])
        value = self.s.get("search?catalog=uid_catalog&complete=yes&"
                           + query)[1]
        self.assertNotIn("review_state", value["items"][0])

    def test_brains_have_the_sites_date(self):
        first = self.s.get("client")[1]["items"]
        other = self.s.get("analysisrequest?limit=100")[1]["items"]
        self.assertEqual(len({i["modified"] for i in first + other}), 1)
        self.s.update(first[0]["uid"], Fax="1")
        item = self.s.get(first[0]["uid"])[1]
        self.assertEqual(self.s.get("client")[1]["items"][0]["modified"],
                         first[0]["modified"])
        self.assertEqual(item["modified"], item["modification_date"])

    def test_modified_filters_are_ignored_but_for_samples(self):
        self.assertEqual(self.s.get("client?modified_since=2100-01-01")[1]
                         ["count"], 3)
        self.assertEqual(self.s.get("client?recent_modified=today&modified."
                                    "query:record=2100-01-01&modified.range:"
                                    "record=min")[1]["count"], 3)
        self.assertEqual(self.s.get(
            "analysisrequest?modified_since=2100-01-01")[1]["count"], 0)
        self.assertEqual(self.s.get(
            "analysisrequest?modified_since=1d")[1]["count"], 11)

    def test_modified_record_is_cut_to_the_minute(self):
        sample = self.s.first(type="AnalysisRequest")
        self.s.lab(op="set", uid=sample["uid"],
                   modified="2030-05-01T10:20:10Z")
        query = ("analysisrequest?modified.query:record=%s&modified.range:"
                 "record=min")
        for bound, count in (("2030-05-01T10:20:50+00:00", 1),
                             ("2030-05-01T12:20:50+02:00", 1),
                             ("2030-05-01T10:20:50", 1),
                             ("2030-05-01T10:21:00+00:00", 0)):
            value = self.s.get(query % urllib.parse.quote(bound))[1]
            self.assertEqual(value["count"], count, bound)

    def test_audit_log(self):
        query = "search?catalog=senaite_catalog_auditlog&modified_since=1h"
        self.assertEqual(self.s.get(query)[1]["count"], 0)
        self.s.lab(op="settings", auditlog=True)
        doc = self.s.first(type="Method")
        self.s.update(doc["uid"], MethodID="M-2")
        value = self.s.get(query)[1]
        self.assertEqual([i["uid"] for i in value["items"]], [doc["uid"]])
        self.s.lab(op="settings", auditlog=False)

    def test_types(self):
        value = self.s.get("search?portal_type=Client&portal_type=Contact")
        self.assertEqual(value[1]["count"], 9)
        value = self.s.get("search?portal_type=%5B'Client','Contact'%5D")[1]
        self.assertEqual(value["count"], 0)

    def test_any_text_is_true(self):
        for word in ("False", "True", "0"):
            value = self.s.get("contact?is_active=" + word)[1]
            self.assertEqual(value["count"], 5)
        value = self.s.get("contact?review_state=inactive")[1]
        self.assertEqual(value["count"], 1)

    def test_path(self):
        for depth, count in (("", 1), ("&depth=1", 3)):
            value = self.s.get("search?path=/senaite/clients" + depth)[1]
            self.assertEqual(value["count"], count)
        self.assertGreater(self.s.get("search?path=/senaite/clients"
                                      "&depth=-1")[1]["count"], 20)
        self.assertEqual(self.s.get("search?path.query:record=/a")[0], 400)

    def test_one_bad_object_fails_the_page(self):
        self.fails(self.s.get("search?portal_type=Setup&catalog=uid_catalog"
                              "&complete=yes"), 200, "'unicode' object")
        uid = self.s.first(path="/setup")["uid"]
        self.fails(self.s.get(uid), 200, "'unicode' object")
        self.assertEqual(self.s.get("setup")[1]["count"], 1)
        other = self.s.first(type="Client")["uid"]
        query = "search?complete=yes&UID=%s&UID=" % other
        self.assertEqual(self.s.get(query + uid)[1]["success"], False)
        self.s.control(do="broken", uid=other, where="json")
        self.fails(self.s.get(other), 200, "'unicode' object")
        self.s.control(do="mended", uid=other, where="json")
        self.assertEqual(self.s.get(other)[1]["uid"], other)

    def test_anonymous_sees_uids_alone(self):
        self.assertEqual(self.s.get("client", None)[1]["count"], 0)
        value = self.s.get("search?catalog=uid_catalog&portal_type=Client",
                           None)[1]
        self.assertEqual(value["count"], 3)
        uid = value["items"][0]["uid"]
        self.fails(self.s.get("search?complete=yes&UID=" + uid, None), 200,
                   "not authorized")
        self.assertEqual(list(self.s.get(uid, None)[1]), ["_runtime"])


class Shapes(Case):
    CLIENT = ("AccountName AccountNumber AccountType BankBranch BankName "
              "BillingAddress BulkDiscount CCEmails ClientID DecimalMark "
              "DefaultCategories DefaultDecimalMark EmailAddress Fax "
              "MemberDiscountApplies Name Phone PhysicalAddress "
              "PostalAddress RestrictedCategories TaxNumber allowDiscussion "
              "allowedRolesAndUsers api_url author constrainTypesMode "
              "contributors created creation_date creators description "
              "effective effectiveDate excludeFromNav expirationDate "
              "getClientID getEmailAddress getGroupId getName id "
              "immediatelyAddableTypes language locallyAllowedTypes location "
              "modification_date modified nextPreviousEnabled parent_id "
              "parent_path parent_uid parent_url path portal_type "
              "relatedItems review_state rights state_title subject tags "
              "title uid url workflow_info _runtime")
    SAMPLE_TYPE = ("_runtime admitted_sticker_templates allowedRolesAndUsers "
                   "api_url author container_type created description "
                   "effective getCategoryUID getClientUID getKeyword "
                   "getPrefix getProfileKey hazardous id min_volume modified "
                   "parent_id parent_path parent_uid parent_url path "
                   "portal_type prefix retention_period review_state "
                   "sample_matrix sortable_title state_title tags title uid "
                   "url workflow_info")

    def item(self, **want):
        uid = self.s.first(**want)["uid"]
        return self.s.get(uid + "?workflow=yes")[1]

    def test_members(self):
        item = self.item(type="Client")
        self.assertEqual(sorted(item), sorted(self.CLIENT.split()))
        item = self.item(type="SampleType")
        self.assertEqual(sorted(item), sorted(self.SAMPLE_TYPE.split()))
        item = self.item(type="AnalysisRequest")
        self.assertEqual(len(item), 143)

    def test_false_is_null(self):
        item = self.item(type="Client", id="client-2")
        self.assertIs(item["BulkDiscount"], True)
        self.assertIsNone(item["MemberDiscountApplies"])
        self.assertIsNone(item["TaxNumber"])
        self.assertEqual(item["DefaultCategories"], {})
        self.assertIsNone(item["PostalAddress"])
        item = self.item(type="AnalysisService", id="analysisservice-3")
        self.assertEqual(item["Price"], "0.00")
        self.assertEqual(item["MaxTimeAllowed"],
                         {"hours": 2, "minutes": 0, "days": 0})
        self.assertEqual(item["SelfVerification"], -1)
        self.assertIsNone(item["SortKey"])

    def test_dexterity_nulls(self):
        item = self.item(type="SampleType", id="sampletype-1")
        self.assertIsNone(item["retention_period"])
        self.assertEqual(sorted(item["sample_matrix"]),
                         ["api_url", "uid", "url"])
        item = self.item(type="SampleType", id="sampletype-3")
        self.assertIsNone(item["container_type"])   # has no target
        item = self.item(type="SamplePoint")
        self.assertIsNone(item["sample_types"])
        item = self.item(type="AnalysisProfile")
        self.assertEqual(len(item["services"]), 2)
        self.assertIsNone(item["analysis_profile_price"])
        for name in ("creators", "creation_date", "modification_date"):
            self.assertNotIn(name, item)

    def test_titles(self):
        self.assertEqual(self.item(id="client-1")["title"], "Tarn & Söhne")
        self.assertEqual(self.item(id="contact-1")["title"], "Toma Tarn")
        self.assertEqual(self.item(type="ARReport")["title"], "")

    def test_uid_catalog_brains(self):
        value = self.s.get("search?catalog=uid_catalog&portal_type=Client"
                           "&portal_type=Department")[1]["items"]
        client = next(i for i in value if i["portal_type"] == "Client")
        other = next(i for i in value if i["portal_type"] == "Department")
        self.assertEqual(sorted(client), sorted(
            "api_url author created description effective id modified "
            "parent_id parent_path parent_uid parent_url path portal_type "
            "tags title uid url".split()))
        self.assertNotIn("/senaite/clients", client["url"])
        self.assertEqual(other["title"], "")
        self.assertEqual(client["author"], "")

    def test_history(self):
        item = self.item(type="AnalysisRequest", state="verified")
        flow, = item["workflow_info"]
        self.assertEqual(flow["workflow"], "senaite_sample_workflow")
        self.assertEqual([e["action"] for e in flow["review_history"]],
                         [None, "no_sampling_workflow", "receive", "submit",
                          "verify"])
        self.assertEqual(sorted(flow["review_history"][0]),
                         ["action", "actor", "comments", "review_state",
                          "time"])
        self.assertRegex(flow["review_history"][0]["time"],
                         r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual({t["value"] for t in flow["transitions"]},
                         {"invalidate", "multi_results", "dispatch",
                          "publish", "create_partitions"})
        self.assertEqual({t["url"] for t in flow["transitions"]}, {""})
        self.assertEqual(flow["status"], "Verified")

    def test_two_zones_in_one_history(self):
        uid = self.s.first(type="AnalysisRequest", state="published")["uid"]
        doc = self.s.exact(uid)
        self.assertEqual([e.get("zone") for e in doc["history"]],
                         [None] * 3 + ["GMT+1"] * 3)
        shown = self.s.get(uid + "?workflow=yes")[1]["workflow_info"][0]
        times = [e["time"] for e in shown["review_history"]]
        path = "/senaite" + doc["path"]
        utc = self.s.call("GET", path + "/@workflow")[1]["history"]
        for number, entry in enumerate(utc):
            self.assertTrue(entry["time"].endswith("+00:00"))
            same = entry["time"][11:13] == times[number][11:13]
            self.assertEqual(same, number < 3)

    def test_files(self):
        doc = self.s.first(type="Attachment", id="attachment-1")
        item = self.s.get(doc["uid"])[1]["AttachmentFile"]
        self.assertEqual(sorted(item), ["content_type", "download",
                                        "filename"])
        big = next(d for d in self.s.all(type="Attachment")
                   if d["attachments"][0]["size"] == 70000)
        item = self.s.get(big["uid"] + "?filedata=yes")[1]["AttachmentFile"]
        self.assertIn("\n", item["data"])
        self.assertEqual(len(base64.b64decode(item["data"])), 70000)

    def test_a_clerk_reads_no_dexterity_fields(self):
        uid = self.s.first(type="Department", id="department-1")["uid"]
        item = self.s.get(uid, "clerk1")[1]
        self.assertNotIn("department_id", item)
        self.assertEqual(item["title"], "Chemistry")
        uid = self.s.first(type="Client")["uid"]
        self.assertIn("Name", self.s.get(uid, "clerk1")[1])


class Downloads(Case):
    def setUp(self):
        big = next(d for d in self.s.all(type="Attachment")
                   if d["attachments"][0]["size"] == 70000)
        self.path = "/senaite%s/at_download/AttachmentFile" % big["path"]

    def fetch(self, method="GET", path=None, user="admin", **headers):
        headers.setdefault("Accept", "*/*")
        return self.s.ask(method, path or self.path, None, user, headers)

    def test_whole_and_range(self):
        status, headers, data = self.fetch()
        self.assertEqual((status, len(data)), (200, 70000))
        self.assertEqual(headers["Accept-Ranges"], "bytes")
        status, headers, part = self.fetch(Range="bytes=100-199")
        self.assertEqual((status, part), (206, data[100:200]))
        self.assertEqual(headers["Content-Range"], "bytes 100-199/70000")
        self.assertEqual(self.fetch(Range="bytes=69990-")[2], data[69990:])
        self.assertEqual(self.fetch(Range="bytes=-5")[2], data[-5:])
        self.assertEqual(self.fetch(Range="bytes=70000-")[0], 416)

    def test_accept_trap(self):
        status, _, data = self.fetch(Accept="application/json")
        self.assertEqual(status, 404)
        self.assertEqual(json.loads(data)["type"], "NotFound")

    def test_anonymous_is_sent_to_the_login_page(self):
        status, headers, _ = self.fetch(user=None)
        self.assertEqual(status, 302)
        self.assertIn("require_login", headers["Location"])

    def test_head_has_a_wrong_length(self):
        self.assertNotEqual(self.fetch("HEAD")[1]["Content-Length"], "70000")

    def test_names_and_types(self):
        doc = next(d for d in self.s.all(type="Attachment")
                   if d["attachments"][0]["media_type"] == "image/png")
        headers = self.fetch(path="/senaite%s/at_download/AttachmentFile"
                             % doc["path"])[1]
        self.assertIn('filename="Schlussel .png"',
                      headers["Content-Disposition"])
        doc = self.s.first(type="Method")
        headers = self.fetch(path="/senaite%s/at_download/MethodDocument"
                             % doc["path"])[1]
        self.assertEqual(headers["Content-Type"],
                         "text/plain; charset=utf-8")
