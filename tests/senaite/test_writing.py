"""Creating, changing and transitions, as senaite.jsonapi does them."""

import base64
import json

from harness import V1, Case


class Creating(Case):
    def folder(self, path):
        return self.s.first(path=path)["uid"]

    def create(self, type_name, folder, **fields):
        return self.s.post("%s/create/%s" % (
            type_name.lower(), self.folder(folder)), fields)

    def test_client(self):
        status, value = self.create(
            "Client", "/clients", Name="Rec", ClientID="REC", title="Rec",
            id="chosen", uid="a" * 32, creators=["labman"],
            effectiveDate="2020-01-02T03:04:05+00:00")
        item = value["items"][0]
        self.assertEqual((status, value["count"]), (200, 1))
        self.assertTrue(value["url"].endswith("/v1/create"))
        self.assertRegex(item["id"], r"^client-\d+$")
        self.assertNotEqual(item["uid"], "a" * 32)
        self.assertEqual(item["creators"], ["labman"])
        self.assertEqual(item["effectiveDate"], "2020-01-02T03:04:05+00:00")
        self.assertEqual(item["review_state"], "active")
        doc = self.s.exact(item["uid"])
        self.assertEqual(len(doc["history"]), 1)
        self.assertEqual(doc["fields"]["PhysicalAddress"], {})

    def test_bodies(self):
        self.fails(self.s.post("create", [{"portal_type": "Client"}]), 200,
                   "'list' object has no attribute 'update'")
        self.fails(self.s.post("push", [{}]), 200, "'list' object")
        status, _, data = self.s.ask("POST", V1 + "create", b"{nonsense")
        self.assertEqual(status, 400)
        self.assertIn("JSON Syntax", json.loads(data)["message"])

    def test_places(self):
        self.fails(self.s.post("create", {"portal_type": "Client",
                                          "parent_uid": "f" * 32}),
                   404, "No target container found")
        self.fails(self.s.post("create", {"portal_type": "Client"}), 400,
                   "Please provide")
        self.fails(self.create("Contact", "/clients", Surname="x"), 401,
                   "is not allowed")
        self.fails(self.s.post("create", {"portal_type": "Nosuch",
                                          "parent_path": "/senaite/clients"}),
                   401, "Creation of 'Nosuch' in '/senaite/clients'")

    def test_required(self):
        before = len(self.s.all(type="Client"))
        status, value = self.create("Client", "/clients", title="")
        self.assertEqual(status, 400)
        self.assertEqual(json.loads(value["message"]), {
            "Name": "Name is required, please correct.",
            "ClientID": "Client ID is required, please correct."})
        self.assertEqual(len(self.s.all(type="Client")), before)

    def test_creation_date_leaves_it_half_made(self):
        self.fails(self.create("Client", "/clients", Name="Half",
                               creation_date="2020-01-02", ClientID="H"),
                   200, "setCreationDate() got multiple values")
        made = next(d for d in self.s.all(type="Client")
                    if d["fields"]["Name"] == "Half")
        self.assertEqual(made["fields"]["ClientID"], "")

    def test_department_cannot_be_made(self):
        person = self.s.first(type="LabContact")["uid"]
        status, value = self.create("Department", "/setup/departments",
                                    title="D", department_id="D",
                                    manager=person)
        self.assertEqual((status, value["message"]),
                         (400, '{"manager": ""}'))
        self.assertEqual(len(self.s.all(type="Department")), 2)

    def test_service_is_made_with_an_error(self):
        self.fails(self.create("AnalysisService",
                               "/bika_setup/bika_analysisservices",
                               title="Zinc", Keyword="Zn"), 200,
                   "'NoneType' object has no attribute 'form'")
        made = self.s.first(type="AnalysisService", title="Zinc")
        self.assertEqual(made["fields"]["Keyword"], "Zn")

    def test_calculation_and_profile(self):
        self.fails(self.create("Calculation",
                               "/bika_setup/bika_calculations", title="C",
                               Formula="1"), 200, "setFormula() got multiple")
        self.assertEqual(len(self.s.all(type="Calculation")), 2)
        self.fails(self.create("AnalysisProfile", "/setup/analysisprofiles",
                               title="P"), 400, "must be unique")
        self.assertEqual(len(self.s.all(type="AnalysisProfile")), 1)

    def test_sample(self):
        client = self.s.first(path="/clients/client-1")
        contact = self.s.first(path="/clients/client-1/contact-1")
        kind = self.s.first(type="SampleType", title="Dust")
        services = [d["uid"] for d in self.s.all(type="AnalysisService")
                    if d["fields"]["Keyword"] in ("Ca", "pH")]
        status, value = self.s.post(
            "AnalysisRequest/create/" + client["uid"], {
                "Contact": contact["uid"], "SampleType": kind["uid"],
                "Analyses": services, "ClientReference": "R-1",
                "DateSampled": "2026-03-05 14:21:20", "id": "mine"})
        item = value["items"][0]
        self.assertEqual(status, 200)
        self.assertRegex(item["id"], r"^DU-\d{4}$")
        self.assertEqual(item["review_state"], "sample_due")
        self.assertEqual(item["DateSampled"], "2026-03-05T14:21:20+00:00")
        made = [self.s.exact(a["uid"]) for a in item["Analyses"]]
        self.assertEqual([m["id"] for m in made], ["Ca", "pH"])
        self.assertEqual([m["state"] for m in made], ["registered"] * 2)
        doc = self.s.exact(item["uid"])
        self.assertEqual([e["state"] for e in doc["history"]],
                         ["sample_registered", "sample_due"])

    def test_sample_without_type_leaves_a_ghost(self):
        client = self.s.first(path="/clients/client-1")["uid"]
        before = len(self.s.all())
        self.fails(self.s.post("AnalysisRequest/create/" + client, {}), 200,
                   "'NoneType' object has no attribute 'getPrefix'")
        value = self.s.call("GET", "/_lab")[1]
        self.assertEqual(len(value["objects"]), before)
        self.assertRegex(value["ghosts"][-1]["id"], "^[0-9a-f]{32}$")

    def test_attachment(self):
        client = self.s.first(path="/clients/client-1")["uid"]
        status, value = self.s.post("attachment/create/" + client, {
            "AttachmentFile": base64.b64encode(b"a;b\r\n").decode(),
            "filename": "run 1.csv"})
        item = value["items"][0]
        self.assertEqual(status, 200)
        self.assertEqual(item["AttachmentFile"]["content_type"],
                         "text/comma-separated-values")
        self.assertEqual(item["title"], item["id"])
        self.assertTrue(item["DateLoaded"])
        self.fails(self.s.update(item["uid"], AttachmentFile={"a": 1}), 200,
                   "Incorrect padding")
        self.s.update(item["uid"], AttachmentFile="")
        self.assertIsNone(self.s.get(item["uid"])[1]["AttachmentFile"])

    def test_a_clerk_makes_clients_but_no_setup(self):
        status, _ = self.s.post("client/create/" + self.folder("/clients"),
                                {"Name": "n", "ClientID": "c"}, "clerk1")
        self.assertEqual(status, 200)
        self.fails(self.s.post("samplematrix/create/" + self.folder(
            "/setup/samplematrices"), {"title": "x"}, "clerk1"), 401,
            "not allowed")
        self.assertEqual(self.s.post(
            "client/create/" + self.folder("/clients"),
            {"Name": "n", "ClientID": "c"}, None)[0], 401)


class Updating(Case):
    def test_plain(self):
        uid = self.s.first(path="/clients/client-1")["uid"]
        before = self.s.exact(uid)["modified"]
        status, value = self.s.update(uid, Fax="1", Nosuch=2, id="x",
                                      created="2001-01-01")
        self.assertEqual((status, value["items"][0]["Fax"]), (200, "1"))
        first = self.s.exact(uid)
        self.assertGreater(first["modified"], before)
        self.assertEqual(first["id"], "client-1")
        self.s.update(uid, Fax="1")     # the same value moves the date
        self.assertGreater(self.s.exact(uid)["modified"], first["modified"])

    def test_by_url_and_path(self):
        doc = self.s.first(path="/clients/client-1")
        self.s.post("client/update/" + doc["uid"], {"Fax": "2"})
        self.assertEqual(self.s.exact(doc["uid"])["fields"]["Fax"], "2")
        self.s.post("update", {"path": "/senaite/clients/client-1",
                               "Fax": "3"})
        self.assertEqual(self.s.exact(doc["uid"])["fields"]["Fax"], "3")

    def test_refused_places(self):
        self.fails(self.s.update("f" * 32, title="x"), 400, "No Objects")
        for path in ("/clients", "/bika_setup/laboratory"):
            self.fails(self.s.update(self.s.first(path=path)["uid"],
                                     title="x"), 401, "is not allowed")

    def test_dates_are_errors(self):
        uid = self.s.first(type="Client")["uid"]
        self.fails(self.s.update(uid, modification_date="2020-01-01"), 200,
                   "setModificationDate() got multiple values")

    def test_required_again(self):
        uid = self.s.first(type="Client")["uid"]
        self.assertEqual(self.s.update(uid, ClientID="")[0], 400)
        self.assertEqual(self.s.exact(uid)["fields"]["ClientID"], "")
        self.s.update(uid, ClientID="TARN")

    def test_refused_dexterity_update_is_kept(self):
        uid = self.s.first(type="Department")["uid"]
        before = self.s.exact(uid)
        status, value = self.s.update(uid, description="new")
        self.assertEqual(status, 400)
        self.assertIn('"department_id": "required field"', value["message"])
        after = self.s.exact(uid)
        self.assertEqual(after["fields"]["description"], "new")
        self.assertEqual(after["modified"], before["modified"])
        person = self.s.first(type="LabContact")["uid"]
        status, value = self.s.update(uid, department_id="N", manager=person)
        self.assertEqual((status, value["message"]),
                         (400, '{"manager": ""}'))
        self.assertEqual(self.s.exact(uid)["fields"]["department_id"], "N")
        status, _ = self.s.update(uid, department_id="N",
                                  manager={"uid": person})
        self.assertEqual(status, 200)
        self.assertEqual(self.s.exact(uid)["fields"]["manager"], [])

    def test_references(self):
        service = self.s.first(type="AnalysisService")
        sample = self.fresh("sample_due")
        for nothing in (None, ""):
            self.fails(self.s.update(sample["uid"], SamplePoint=nothing),
                       200, "list index out of range")
        self.fails(self.s.update(sample["uid"], SamplePoint={"uid": "x"}),
                   200, "NoneType")
        point = self.s.first(type="SamplePoint")["uid"]
        self.s.update(sample["uid"], SamplePoint=point)
        self.assertEqual(self.s.exact(sample["uid"])["fields"]["SamplePoint"],
                         {"uid": point})
        contact = self.s.first(type="Contact")["uid"]
        other = service["uid"]
        for value, stored in (([contact, other], 2), (contact, 1),
                              ([{"uid": contact}], 1), ([], 0),
                              ([contact], 1), ({"uid": contact}, 0)):
            self.s.update(sample["uid"], CCContact=value)
            doc = self.s.exact(sample["uid"])
            self.assertEqual(len(doc["fields"]["CCContact"]), stored, value)

    def test_service_is_written_with_an_error(self):
        doc = self.s.first(type="AnalysisService")
        self.fails(self.s.update(doc["uid"], Unit="mg"), 200, "'form'")
        after = self.s.exact(doc["uid"])
        self.assertEqual(after["fields"]["Unit"], "mg")
        self.assertEqual(after["modified"], doc["modified"])

    def test_remarks(self):
        sample = self.fresh()
        self.s.update(sample["uid"], "labman", Remarks="one")
        self.s.update(sample["uid"], "clerk1",
                      Remarks="two<script>x()</script>")
        rows = self.s.exact(sample["uid"])["fields"]["Remarks"]
        self.assertEqual([r["user_id"] for r in rows], ["clerk1", "labman"])
        self.assertEqual(rows[0]["content"], "<p>two</p>")
        mine = [{"id": "1", "user_id": "gone", "user_name": "G",
                 "created": "2001-01-01T00:00:00+00:00", "content": "x"}]
        self.s.update(sample["uid"], Remarks=mine)
        rows = self.s.exact(sample["uid"])["fields"]["Remarks"]
        self.assertEqual((len(rows), rows[0]["user_id"]), (1, "gone"))

    def test_values(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.update(uid, BulkDiscount=True)
        self.assertIs(self.s.get(uid)[1]["BulkDiscount"], True)
        self.s.update(uid, BulkDiscount=False)
        self.assertIs(self.s.exact(uid)["fields"]["BulkDiscount"], False)
        sample = self.fresh("sample_due")
        for value, stored in ((12.5, "12.50"), ("3", "3.00"), (0, "0.00")):
            self.s.update(sample["uid"], MemberDiscount=value)
            doc = self.s.exact(sample["uid"])
            self.assertEqual(doc["fields"]["MemberDiscount"], stored)
        self.s.update(sample["uid"], DateSampled="no date")
        self.assertEqual(self.s.exact(sample["uid"])["fields"]["DateSampled"],
                         sample["fields"]["DateSampled"])
        self.s.update(sample["uid"],
                      DateSampled="2026-01-02T03:04:05+02:00")
        self.assertEqual(self.s.get(sample["uid"])[1]["DateSampled"],
                         "2026-01-02T03:04:05+02:00")

    def test_published_is_locked(self):
        sample = self.fresh("published")
        self.fails(self.s.update(sample["uid"], ClientReference="x"), 401,
                   "Not allowed to set the field 'ClientReference'")
        status, _ = self.s.update(sample["uid"], creators=["clerk1"])
        self.assertEqual(status, 200)

    def test_attachment_of_an_analysis(self):
        sample = self.fresh()
        analysis = self.analyses(sample)[0]
        file = self.s.first(type="Attachment")["uid"]
        self.fails(self.s.update(analysis["uid"], Attachment=[file]), 401,
                   "Attachment")
        self.assertEqual(self.s.update(sample["uid"],
                                       Attachment=[file])[0], 200)

    def test_fewer_analyses_are_deleted(self):
        sample = self.fresh("sample_due", ("Ca", "Cu", "pH"))
        keep = self.analyses(sample)[0]
        self.s.update(sample["uid"], Analyses=[keep["uid"]])
        self.assertEqual(len(self.analyses(sample)), 3)     # ignored
        self.s.update(sample["uid"], Analyses=[{"uid": keep["uid"]}])
        self.assertEqual([a["uid"] for a in self.analyses(sample)],
                         [keep["uid"]])

    def test_delete_is_deactivate(self):
        uid = self.s.lab(op="add", parent="/clients", type="Client",
                         fields={"Name": "x", "ClientID": "x"})["uid"]
        status, value = self.s.post("delete", {"uid": uid})
        self.assertEqual((status, value["count"]), (200, 1))
        self.assertNotIn("review_state", value["items"][0])
        self.assertEqual(self.s.exact(uid)["state"], "inactive")
        sample = self.fresh("sample_due")
        self.fails(self.s.post("delete", {"uid": sample["uid"]}), 200,
                   "Failed to perform transition 'deactivate'")


class Transitions(Case):
    def go(self, uid, name, user="admin", **more):
        return self.s.update(uid, user, transition=name, **more)

    def test_refused_keeps_the_fields(self):
        sample = self.fresh()
        before = self.s.exact(sample["uid"])["modified"]
        answer = self.go(sample["uid"], "publish", ClientReference="x")
        self.fails(answer, 200, "Failed to perform transition 'publish' on "
                   "<AnalysisRequest at %s>: Invalid transition 'publish'.\n"
                   "Valid transitions are:\ncancel\n" % sample["id"])
        after = self.s.exact(sample["uid"])
        self.assertEqual(after["fields"]["ClientReference"], "x")
        self.assertEqual(after["modified"], before)

    def test_from_due_to_published(self):
        sample = self.fresh("sample_due")
        self.go(sample["uid"], "receive", "clerk1")
        doc = self.s.exact(sample["uid"])
        self.assertEqual(doc["state"], "sample_received")
        self.assertTrue(doc["fields"]["DateReceived"])
        made = self.analyses(sample)
        self.assertEqual([a["state"] for a in made], ["unassigned"] * 2)
        self.fails(self.go(made[0]["uid"], "submit", "analyst1"), 200,
                   "Invalid transition 'submit'")
        for number, one in enumerate(made):
            self.assertEqual(self.s.exact(sample["uid"])["state"],
                             "sample_received")
            status, _ = self.go(one["uid"], "submit", "analyst1",
                                Result="0.%d0" % number)
            self.assertEqual(status, 200)
        self.assertEqual(self.s.exact(sample["uid"])["state"],
                         "to_be_verified")
        one = self.s.exact(made[0]["uid"])
        self.assertEqual(one["fields"]["Result"], "0.00")
        self.assertTrue(one["fields"]["ResultCaptureDate"])
        for one in made:
            self.go(one["uid"], "verify", "verifier1")
        doc = self.s.exact(sample["uid"])
        self.assertEqual((doc["state"], doc["history"][-1]["actor"]),
                         ("verified", "verifier1"))
        self.go(sample["uid"], "publish", comment="ignored")
        self.assertEqual([a["state"] for a in self.analyses(sample)],
                         ["published"] * 2)
        doc = self.s.exact(sample["uid"])
        self.assertEqual(doc["history"][-1]["comments"], "")
        self.assertRegex(self.s.get(sample["uid"])[1]["DatePublished"],
                         r"^\d{4}-\d\d-\d\d \d\d:\d\d [AP]M$")

    def test_nobody_verifies_his_own(self):
        sample = self.fresh()
        one = self.analyses(sample)[0]
        self.go(one["uid"], "submit", "labman", Result="1")
        self.fails(self.go(one["uid"], "verify", "labman"), 200, "Invalid")
        self.s.lab(op="settings", self_verification=True)
        self.assertEqual(self.go(one["uid"], "verify", "labman")[0], 200)
        self.s.lab(op="settings", self_verification=False)

    def test_retract_and_retest(self):
        for name, state in (("retract", "retracted"), ("retest", "verified")):
            sample = self.fresh("to_be_verified")
            one = self.analyses(sample)[0]
            self.go(one["uid"], name, "verifier1")
            self.assertEqual(self.s.exact(one["uid"])["state"], state)
            made = [a for a in self.analyses(sample)
                    if a["id"] == one["id"] + "-1"][0]
            self.assertEqual(made["state"], "unassigned")
            self.assertEqual(made["fields"]["RetestOf"],
                             {"uid": one["uid"]})
            self.assertEqual(self.s.exact(sample["uid"])["state"],
                             "sample_received")

    def test_invalidate_makes_a_retest(self):
        sample = self.fresh("published")
        self.go(sample["uid"], "invalidate")
        self.assertEqual(self.s.exact(sample["uid"])["state"], "invalid")
        retest = self.s.first(type="AnalysisRequest",
                              id=sample["id"] + "-R01")
        self.assertEqual(retest["fields"]["Invalidated"],
                         {"uid": sample["uid"]})
        self.assertEqual([(e["action"], e["state"])
                          for e in retest["history"]],
                         [(None, "sample_registered"),
                          (None, "sample_received")])
        self.assertEqual({a["state"] for a in self.analyses(retest)},
                         {"unassigned"})

    def test_cancel_reinstate_reject(self):
        sample = self.fresh("sample_due")
        self.go(sample["uid"], "cancel", "clerk1")
        self.assertEqual({a["state"] for a in self.analyses(sample)},
                         {"cancelled"})
        self.go(sample["uid"], "reinstate")
        self.assertEqual(self.s.exact(sample["uid"])["state"], "sample_due")
        self.assertEqual({a["state"] for a in self.analyses(sample)},
                         {"registered"})
        self.go(sample["uid"], "reject")
        self.assertEqual({a["state"] for a in self.analyses(sample)},
                         {"rejected"})

    def test_restore_leaves_two_entries(self):
        sample = self.fresh()
        self.go(sample["uid"], "dispatch")
        count = len(self.s.exact(sample["uid"])["history"])
        self.go(sample["uid"], "restore")
        doc = self.s.exact(sample["uid"])
        self.assertEqual((doc["state"], len(doc["history"])),
                         ("sample_received", count + 2))

    def test_worksheet_follows(self):
        sheet = self.s.first(type="Worksheet")
        for row in sheet["fields"]["Analyses"]:
            self.assertEqual(self.s.exact(sheet["uid"])["state"], "open")
            self.s.lab(op="edit", uid=row["uid"], fields={"Result": "1"})
            self.s.lab(op="transition", uid=row["uid"], name="submit")
        self.assertEqual(self.s.exact(sheet["uid"])["state"],
                         "to_be_verified")

    def test_roles(self):
        sample = self.fresh("verified")
        self.fails(self.go(sample["uid"], "publish", "clerk1"), 200,
                   "Invalid")
        self.assertEqual(self.go(sample["uid"], "publish",
                                 "verifier1")[0], 200)

    def test_deactivate(self):
        doc = self.s.first(type="Contact")
        self.go(doc["uid"], "deactivate")
        self.go(doc["uid"], "activate")
        self.assertEqual([e["action"] for e in
                          self.s.exact(doc["uid"])["history"]],
                         [None, "deactivate", "activate"])
        used = self.s.first(type="AnalysisCategory")
        self.fails(self.go(used["uid"], "deactivate", title="Metals",
                           department={"uid": "x"}), 200, "Invalid")


class Numbers(Case):
    def test_imported_ids_move_no_counter(self):
        client = self.s.first(path="/clients")["uid"]
        self.s.lab(op="add", parent="/clients", type="Client", id="client-4",
                   fields={"Name": "x", "ClientID": "y"})
        body = {"Name": "n", "ClientID": "c"}
        self.fails(self.s.post("client/create/" + client, body), 200,
                   "Invalid Id")
        value = self.s.post("client/create/" + client, body)[1]
        self.assertEqual(value["items"][0]["id"], "client-5")
        counters = self.s.push("counters", get=True)["counters"]
        self.assertEqual(counters["client-client"], 5)
        self.s.push("counters", **{"raise": {"client-client": 20,
                                             "analysisrequest-DU": 1}})
        counters = self.s.push("counters", get=True)["counters"]
        self.assertEqual(counters["client-client"], 20)
        self.assertGreater(counters["analysisrequest-DU"], 1)
