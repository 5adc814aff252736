"""A small fictitious lab, the same for the same seed.

`build(lab, objects)` fills an empty site; with more objects it adds clients
and samples until there are about that many.
"""

import base64
import datetime
import hashlib
import json
import os

import exact
import schema
import workflow
from lab import User
from values import UTC, Blob, exact_date, ref

USERS = [
    ("admin", "admin", ["Manager"], [], "", "", True, ""),
    ("labman", "labman", ["LabManager"], ["LabManagers"],
     "Mira Ölund", "labman@lab.example", False, ""),
    ("clerk1", "clerk1", ["LabClerk"], ["LabClerks"], "Karl Kleve",
     "clerk1@lab.example", False, ""),
    ("analyst1", "analyst1", ["Analyst"], ["Analysts"], "Ana Lyzer",
     "analyst1@lab.example", False, ""),
    ("verifier1", "verifier1", ["Verifier"], ["Verifiers"], "Vera Fyer",
     "verifier1@lab.example", False, ""),
    ("tarn", "tarn", ["Client"], ["Clients"], "Toma Tarn",
     "tarn@tarn.example", False, "/clients/client-1"),
]
CLIENTS = [("Tarn & Söhne", "TARN"), ("Birch Water Board", "BWB"),
           ("Ŝtrand Kommune", "STR"), ("Møller Feed", "MF")]
PEOPLE = [("Toma", "Tarn"), ("Ilse", "Birch"), ("Østen", "Strand"),
          ("Jun", "Møller"), ("Петра", "Ключ"), ("Ann", "O'Dell")]
TYPES = [("Water", "H2O", True), ("Barley", "BAR", False),
         ("Dust", "DU", False)]
SERVICES = [("Calcium", "Ca", "mg/l", "10.00"),
            ("Copper", "Cu", "mg/l", "12.50"),
            ("Phosphorus", "Phos", "mg/l", "0.00"),
            ("pH", "pH", "", "4.10"),
            ("Moisture", "Moist", "%", "8.00"),
            ("Ƭotal bacteria", "TVBcnt", "CFU/ml", "20.00")]
REGISTRY = {
    "senaite.impress.default_paperformat": "A4",
    "senaite.core.registry.schema.ISampleHeaderRegistry."
    "sampleheader_prominent_columns": 1,
    "senaite.core.registry.schema.ISampleRegistry."
    "sample_add_form_allow_multi_paste": False,
    "plone.site_title": "A Lab",
}
EMPTY_ADDRESS = {"city": "", "district": "", "zip": "", "country": "",
                 "state": "", "address": ""}
# Two entries of one history, seen before and after the server's zone moved.
OTHER_ZONE = datetime.timezone(datetime.timedelta(hours=1))


def site(lab, uids=None):
    """What every SENAITE has from the beginning; `uids` by type."""
    for name, password, roles, groups, full, mail, root, linked in USERS:
        lab.users[name] = User(name, password, roles, groups, full, mail,
                               root, linked)
    lab.registry.update(REGISTRY)
    for path, kind, title, _ in schema.folders():
        head, _, ident = path.rpartition("/")
        folder = lab.place(lab.at(head), schema.TYPES[kind], ident,
                           (uids or {}).get(kind), when=lab.made)
        folder.title = title
        folder.site = True
    lab.at("/bika_setup/laboratory").fields.update(
        Name="A Lab", EmailAddress="lab@lab.example", Confidence=95)
    lab.at("/bika_setup").fields.update(
        MemberDiscount="20.00", DefaultSampleLifetime={
            "days": 30, "hours": 0, "minutes": 0})
    lab.broken["json"].add(lab.at("/setup").uid)


class Builder:
    def __init__(self, lab):
        self.lab = lab
        self.random = lab.random
        self.services = []
        self.types = []
        self.points = []
        self.clients = []
        self.contacts = {}

    def add(self, path, kind, title, user="admin", **fields):
        lab = self.lab
        parent = path if not isinstance(path, str) else lab.at(path)
        made = schema.TYPES[kind]
        obj = lab.place(parent, made, lab.new_id(made, parent, fields),
                        user=user)
        obj.title = title
        obj.fields.update(fields)
        return obj

    def setup(self):
        person = self.add("/bika_setup/bika_labcontacts", "LabContact",
                          "Mira Ölund", Firstname="Mira", Surname="Ölund",
                          EmailAddress="labman@lab.example",
                          PhysicalAddress=dict(EMPTY_ADDRESS))
        chemistry = self.add("/setup/departments", "Department", "Chemistry",
                             department_id="CHEM", manager=[ref(person)])
        self.add("/setup/departments", "Department", "Microbiology",
                 department_id=None, manager=[ref(person)],
                 description="counts & cultures")
        person.fields["Departments"] = [ref(chemistry)]
        category = self.add("/setup/analysiscategories", "AnalysisCategory",
                            "Metals", department=[ref(chemistry)],
                            sort_key=1.5)
        matrix = self.add("/setup/samplematrices", "SampleMatrix", "Liquid")
        method = self.add("/methods", "Method", "FIA", MethodID="M-1",
                          Instructions="<p>Weigh &amp; rinse.</p>")
        method.blobs["MethodDocument"] = Blob(
            "Anleitung Ü.txt", "text/plain", "weigh, rinse\n".encode())
        for title, prefix, hazardous in TYPES:
            self.types.append(self.add(
                "/setup/sampletypes", "SampleType", title, prefix=prefix,
                hazardous=hazardous, min_volume="100 ml",
                retention_period={"seconds": 2592000},
                sample_matrix=[ref(matrix)] if hazardous else []))
        # A reference whose target is no longer there.
        self.types[-1].fields["container_type"] = [ref(self.lab.new_uid())]
        self.points.append(self.add(
            "/setup/samplepoints", "SamplePoint", "Borehole 1",
            elevation="-12m", sample_types=[ref(self.types[0])],
            sampling_frequency={"seconds": 0},
            location={"latitude": "", "longitude": ""}))
        for title, keyword, unit, price in SERVICES:
            self.services.append(self.add(
                "/bika_setup/bika_analysisservices", "AnalysisService",
                title, Keyword=keyword, Unit=unit, Price=price, VAT="19.00",
                Category=ref(category), Department=ref(chemistry),
                Method=ref(method), Methods=[ref(method)],
                ShortTitle=keyword, BulkPrice="7.50",
                DuplicateVariation="10.00",
                MaxTimeAllowed={"hours": 2, "minutes": 0, "days": 0},
                Uncertainties=[{"intercept_min": 0, "intercept_max": 2,
                                "errorvalue": 0.1},
                               {"intercept_min": "2.01",
                                "intercept_max": "9", "errorvalue": "0.2"}]))
        calculation = self.add(
            "/bika_setup/bika_calculations", "Calculation", "Dry matter",
            Formula="100 - [Moist]",
            DependentServices=[ref(self.services[4])])
        self.services[3].fields["Calculation"] = ref(calculation)
        self.add("/setup/analysisprofiles", "AnalysisProfile",
                 "Trace metals", profile_key="TM", services=[
                     {"uid": s.uid, "hidden": False}
                     for s in self.services[:2]])
        self.add("/bika_setup/bika_analysisspecs", "AnalysisSpec",
                 "Water limits", SampleType=ref(self.types[0]),
                 ResultsRange=[{"uid": s.uid, "keyword":
                                s.fields["Keyword"], "min": 9, "max": "11",
                                "error": ""} for s in self.services])
        self.kind_of_file = self.add("/setup/attachmenttypes",
                                     "AttachmentType", "Spectra")
        self.add("/setup/labproducts", "LabProduct", "Titanium oxide",
                 labproduct_price="5.99", labproduct_vat="19.00",
                 labproduct_unit="Gram", labproduct_volume=1)
        self.add("/setup/suppliers", "Supplier", "Glass & Co",
                 remarks="12 €, net", email="glass@glass.example")
        self.add("/setup/manufacturers", "Manufacturer", "Retort")
        self.add("/setup/containertypes", "ContainerType", "Flask")
        self.add("/setup/sampleconditions", "SampleCondition", "Cooled")

    def client(self, number):
        name, short = (CLIENTS[number] if number < len(CLIENTS) else
                       ("Client No. %d" % (number + 1), "C%d" % (number + 1)))
        client = self.add("/clients", "Client", name, Name=name,
                          ClientID=short, Phone="0100 %04d" % number,
                          EmailAddress="office@c%d.example" % number,
                          BulkDiscount=number % 2 == 1,
                          MemberDiscountApplies=number % 3 == 0,
                          PhysicalAddress=dict(EMPTY_ADDRESS,
                                               city="Süd %d" % number))
        self.clients.append(client)
        first, last = PEOPLE[number % len(PEOPLE)]
        contacts = [self.add(client, "Contact", "", Firstname=f, Surname=s,
                             EmailAddress="c%d@c.example" % number,
                             Username="")
                    for f, s in ((first, last), ("Second", "Contact"))]
        contacts[0].fields["CCContact"] = [ref(contacts[1])]
        self.contacts[client.uid] = contacts[0]
        if number == 2:
            workflow.fire(self.lab, contacts[1], "deactivate", "labman")
        return client

    def sample(self, client, kind, services, number, batch=None):
        lab = self.lab
        when = (datetime.datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
                + datetime.timedelta(hours=number))
        fields = {"Contact": ref(self.contacts[client.uid]),
                  "SampleType": ref(kind),
                  "DateSampled": exact_date(when),
                  "ClientReference": "Réf № %d" % number,
                  "ClientSampleID": "CS-%03d" % number,
                  "Priority": str(1 + number % 5), "MemberDiscount": "20.00"}
        if number % 3 == 0:
            fields["SamplePoint"] = ref(self.points[0])
        if batch is not None:
            fields["Batch"] = ref(batch)
        return workflow.make_sample(lab, client, fields, services, "clerk1")

    def advance(self, sample, to):
        """Bring a sample to a state, as its people would."""
        lab = self.lab
        if to == "cancelled":
            workflow.fire(lab, sample, "cancel", "labman")
        if to in ("sample_due", "cancelled"):
            return
        workflow.fire(lab, sample, "receive", "clerk1")
        if to == "rejected":
            sample.fields["RejectionReasons"] = [
                {"selected": ["leaking"], "other": "größer"}]
            workflow.fire(lab, sample, "reject", "labman")
        if to in ("sample_received", "rejected"):
            return
        for number, analysis in enumerate(lab.analyses(sample)):
            analysis.fields["Result"] = "%.2f" % (0.1 + number * 1.3)
            workflow.fire(lab, analysis, "submit", "analyst1")
        if to == "to_be_verified":
            return
        for analysis in lab.analyses(sample):
            workflow.fire(lab, analysis, "verify", "verifier1")
        if to == "verified":
            return
        workflow.fire(lab, sample, "publish", "verifier1")
        if to == "invalid":
            workflow.fire(lab, sample, "invalidate", "verifier1")

    def attachment(self, client, name, media, data, holder=None):
        made = self.add(client, "Attachment", "", user="labman",
                        AttachmentType=ref(self.kind_of_file),
                        AttachmentKeys="key, Schlüssel",
                        DateLoaded=exact_date(self.lab.now()))
        made.title = made.id
        made.blobs["AttachmentFile"] = Blob(name, media, data)
        if holder is not None:
            holder.fields["Attachment"] = (
                holder.fields["Attachment"] + [ref(made)])
        return made

    def worksheet(self, sample):
        """Its analyses assigned, with a duplicate of the first."""
        lab = self.lab
        sheet = self.add("/worksheets", "Worksheet", "", Analyst="analyst1")
        sheet.title = sheet.id
        analyses = lab.analyses(sample)
        for analysis in analyses:
            workflow.enter(lab, analysis, "assign", "assigned", "labman")
        kind = schema.TYPES["DuplicateAnalysis"]
        copy = lab.place(sheet, kind, analyses[0].id, user="labman")
        copy.title = analyses[0].title
        copy.fields.update(analyses[0].fields)
        copy.fields.update(Analysis=ref(analyses[0]),
                           ReferenceAnalysesGroupID=sample.id + "-D")
        sheet.fields["Analyses"] = [ref(a) for a in analyses + [copy]]
        sheet.fields["Layout"] = [
            {"position": 1, "type": "a", "container_uid": sample.uid,
             "analysis_uid": a.uid} for a in analyses] + [
            {"position": 2, "type": "d", "container_uid": sample.uid,
             "analysis_uid": copy.uid}]

    def small(self):
        for number in range(3):
            self.client(number)
        batch = self.add("/batches", "Batch", "Frühjahr 2026",
                         user="labman", Client=ref(self.clients[0]),
                         ClientBatchID="F-1",
                         BatchDate="2026-03-01T00:00:00")
        states = ["sample_due", "sample_received", "to_be_verified",
                  "verified", "published", "invalid", "rejected",
                  "cancelled", "sample_received", "sample_received"]
        samples = []
        for number, state in enumerate(states):
            sample = self.sample(
                self.clients[number % 3], self.types[number % 3],
                self.services[:2 + number % 4], number,
                batch if number < 3 else None)
            self.advance(sample, state)
            samples.append(sample)
        retested = self.lab.analyses(samples[2])[0]
        workflow.fire(self.lab, retested, "retract", "verifier1")
        self.worksheet(samples[8])
        samples[1].fields["Remarks"] = [
            {"id": hashlib.md5(b"1").hexdigest(), "user_id": "clerk1",
             "user_name": "Karl Kleve", "created":
             "2026-03-02T08:00:00+00:00", "content": "<p>first – ключ</p>"}]
        self.attachments(samples)
        self.reports(samples[4])

    def attachments(self, samples):
        clients = [s.parent for s in samples]
        self.attachment(clients[0], "run 4.csv", "text/comma-separated-values",
                        b"a;b\r\n1;2\r\n", samples[0])
        png = base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4//8/"
            "AwAI/AL+hc2rNAAAAABJRU5ErkJggg==")
        self.attachment(clients[1], "Schlüssel ж.png", "image/png", png,
                        samples[1])
        self.attachment(clients[3], "spectrum.bin",
                        "application/octet-stream",
                        bytes(self.random.getrandbits(8)
                              for _ in range(70000)),
                        self.lab.analyses(samples[3])[0])
        # The same bytes again, under another name.
        self.attachment(clients[4], "copy of run 4.csv",
                        "text/comma-separated-values",
                        b"a;b\r\n1;2\r\n")

    def reports(self, sample):
        report = self.add(sample, "ARReport", "", user="verifier1",
                          AnalysisRequest=ref(sample),
                          ContainedAnalysisRequests=[ref(sample)],
                          Html="<h1>Report</h1>",
                          Metadata={"paperformat": "A4"})
        report.title = report.id
        report.blobs["Pdf"] = Blob("Pdf.pdf", "application/pdf",
                                   b"%PDF-1.4\n%fictitious\n")

    def grow(self, objects):
        number = 100
        cycle = ["published", "published", "verified", "sample_received",
                 "to_be_verified", "published", "invalid", "sample_due"]
        while len(self.lab.objects) < objects:
            if number % 40 == 0:
                self.client(len(self.clients))
            sample = self.sample(
                self.clients[-1 - number % min(8, len(self.clients))],
                self.types[number % 3],
                [self.services[(number + i) % 6] for i in range(5)], number)
            self.advance(sample, cycle[number % len(cycle)])
            number += 1


def mix_zones(lab):
    """Give one sample's history entries of two zones, as a moved server."""
    sample = next(o for o in lab.by_type["AnalysisRequest"].values()
                  if o.state == "published")
    for entry in sample.history[3:]:
        entry["time"] = entry["time"].astimezone(OTHER_ZONE)
    client = next(iter(lab.by_type["Client"].values()))
    client.created = client.created.astimezone(
        datetime.timezone(datetime.timedelta(hours=2)))
    return sample


def build(lab, objects=0, empty=False):
    site(lab)
    if empty:
        return
    builder = Builder(lab)
    builder.setup()
    builder.small()
    mix_zones(lab)
    builder.grow(objects)


def load(lab, name):
    """A site and the objects of a file of JSON lines, one document each, in
    any order; a file's bytes are read where its `file` says."""
    with open(name, encoding="utf-8") as lines:
        docs = [json.loads(line) for line in lines]
    uids = {d["type"]: d["uid"] for d in docs}
    site(lab, uids)
    waiting = [d for d in docs if lab.get(d["uid"]) is None]
    while waiting:
        left = []
        for doc in waiting:
            parent = lab.get(doc["parent"])
            if parent is None:
                left.append(doc)
            else:
                lab.place(parent, schema.TYPES[doc["type"]], doc["id"],
                          doc["uid"])
        if len(left) == len(waiting):
            raise ValueError("%d objects without a parent" % len(left))
        waiting = left
    for doc in docs:
        _fill(lab, lab.get(doc["uid"]), doc, os.path.dirname(name))


def _fill(lab, obj, doc, folder):
    for row in doc.get("attachments", ()):
        if "file" in row:
            with open(os.path.join(folder, row["file"]), "rb") as file:
                row["data"] = base64.b64encode(file.read())
    exact.fill(lab, obj, doc, {})
    obj.modified = exact.when(doc["modified"])
    for field in obj.kind.fields.values():
        value = obj.fields.get(field.name)
        if not field.is_reference or not value:
            continue
        # A reference without a target may be bare.
        rows = [ref(v) if isinstance(v, str) else v for v in (
            value if isinstance(value, list) else [value])]
        obj.fields[field.name] = rows if isinstance(value, list) else rows[0]
