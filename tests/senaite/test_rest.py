"""plone.restapi at the objects' own addresses."""

from harness import Case


class Rest(Case):
    """plone.restapi, at the objects' own addresses."""

    def rest(self, method, path, body=None, user="admin"):
        return self.s.call(method, "/senaite" + path, body, user)

    def test_exact_values(self):
        value = self.rest("GET", "/clients/client-1")[1]
        self.assertIs(value["BulkDiscount"], False)
        self.assertEqual(value["TaxNumber"], "")
        self.assertEqual(value["@type"], "Client")
        value = self.rest("GET", "/setup/sampletypes/sampletype-1")[1]
        self.assertEqual(value["retention_period"], 2592000.0)
        self.assertEqual(len(value["sample_matrix"]), 1)
        self.assertTrue(value["created"].endswith("+00:00"))

    def test_no_converter(self):
        for kind in ("AnalysisRequest", "Analysis", "Attachment",
                     "AnalysisService"):
            status, value = self.rest("GET", self.s.first(type=kind)["path"])
            self.assertEqual((status, value["type"]), (500, "TypeError"))
            self.assertIn("No converter for making", value["message"])
            path = self.s.first(type=kind)["path"]
            self.assertEqual(self.rest("GET", path + "/@workflow")[0], 200)

    def test_patch(self):
        path = "/clients/client-2"
        status, value = self.rest("PATCH", path, {
            "Fax": "1", "creation_date": "2020-01-02T03:04:05+00:00",
            "creators": ["labman"]})
        self.assertEqual((status, value), (204, None))
        value = self.rest("GET", path)[1]
        self.assertEqual(value["creation_date"], "2020-01-02T03:04:05+00:00")
        before = self.s.first(path=path)
        status, value = self.rest("PATCH", path, {"Fax": "2", "ClientID": ""})
        self.assertEqual((status, value["type"]), (400, "BadRequest"))
        self.assertIn("Client ID is required", value["message"])
        self.assertEqual(self.s.first(path=path), before)   # rolled back

    def test_patch_of_dexterity(self):
        doc = self.s.first(type="Department")
        person = self.s.first(type="LabContact")["uid"]
        self.assertEqual(self.rest("PATCH", doc["path"], {
            "manager": [person]})[0], 204)
        self.assertEqual(self.s.exact(doc["uid"])["fields"]["manager"],
                         [{"uid": person}])

    def test_patch_skips_what_is_locked(self):
        sample = self.fresh("published")
        status, _ = self.rest("PATCH", sample["path"], {
            "ClientReference": "x", "creators": ["clerk1"]})
        self.assertEqual(status, 204)
        doc = self.s.exact(sample["uid"])
        self.assertNotEqual(doc["fields"]["ClientReference"], "x")
        self.assertEqual(doc["senaite"]["creators"], ["clerk1"])
        status, _ = self.rest("PATCH", self.s.first(
            type="AnalysisService")["path"], {"Unit": "kg"})
        self.assertEqual(status, 500)

    def test_post(self):
        person = self.s.first(type="LabContact")["uid"]
        body = {"@type": "Department", "id": "dep-chosen", "title": "D",
                "department_id": "D", "manager": [person]}
        self.assertEqual(self.rest("POST", "/setup/departments", body)[0],
                         400)       # wants a description
        body["description"] = ""
        status, value = self.rest("POST", "/setup/departments", body)
        self.assertEqual((status, value["id"]), (201, "dep-chosen"))
        self.assertEqual(self.s.first(id="dep-chosen")["fields"]["manager"],
                         [{"uid": person}])
        self.assertEqual(self.rest("POST", "/setup/departments", body)[0],
                         400)       # the id is taken
        self.assertEqual(self.rest("POST", "/clients/client-1", {
            "@type": "AnalysisRequest"})[0], 500)

    def test_post_attachment(self):
        status, _ = self.rest("POST", "/clients/client-1", {
            "@type": "Attachment", "id": "att-chosen", "AttachmentFile": {
                "data": "aGk=", "encoding": "base64", "filename": "ü.bin",
                "content-type": "application/x-own"}})
        self.assertEqual(status, 201)
        doc = self.s.first(id="att-chosen")
        self.assertEqual((doc["attachments"][0]["name"],
                          doc["attachments"][0]["media_type"]),
                         ("ü.bin", "application/x-own"))

    def test_workflow(self):
        path = self.s.first(path="/clients/client-3")["path"] + "/@workflow"
        status, value = self.rest("POST", path + "/deactivate",
                                  {"comment": "why"})
        self.assertEqual((status, value["comments"], value["title"]),
                         (200, "why", "Inactive"))
        status, value = self.rest("POST", path + "/publish", {})
        self.assertEqual((status, value["error"]["type"]),
                         (400, "WorkflowException"))

    def test_no_deletion_no_search(self):
        self.assertEqual(self.rest("DELETE", "/clients/client-1")[0], 401)
        self.assertEqual(self.rest("GET", "/@search")[1]["items"], [])
        self.assertEqual(self.rest("GET", "/clients/nosuch")[0], 404)
        self.assertEqual(self.rest("GET", "/clients", user=None)[0], 401)
