"""What a lab has before its first sample, and whom it works for."""

from .core import Number, address, at, offset, ref, uid_of
from .tables import (BATCHES, CATEGORIES, CLIENTS, CONTACTS, DEPARTMENTS,
                     INSTRUMENTS, MATRICES, METHODS, POINTS, PROFILES,
                     SAMPLE_TYPES, SERVICES, SPECS, STAFF)

GUIDE = {"pH": (6.5, 9.5), "TURB": (0, 1), "NO3": (0, 50), "PB": (0, 5),
         "FE": (0, 200), "ECOLI": (0, 0)}


def make_setup(lab):
    """What a lab has before its first sample."""
    lab.add("Laboratory", "laboratory", {
        "Name": "Harbour Lane Laboratory", "LabURL": "https://lab.example",
        "PhysicalAddress": address("1 Harbour Lane", "00000", "Fernmere",
                                   "Nowhere"),
        "AccreditationBody": "", "Confidence": 95, "TaxNumber": "",
    }, title="Harbour Lane Laboratory", about="Food, feed and water")
    for folder in ("Client", "AnalysisService", "Method", "Instrument",
                   "SampleType", "Batch", "Worksheet"):
        lab.add("Folder", folder, {"Holds": folder, "Order": []},
                id=folder.lower() + "s", title=folder + "s")
    for name, head in DEPARTMENTS:
        lab.add("Department", name, {"Manager": ref("LabContact", head)})
    for user, first, last, job, home in STAFF:
        lab.add("LabContact", user, {
            "Firstname": first, "Surname": last, "JobTitle": job,
            "EmailAddress": user + "@lab.example", "Username": user,
            "Departments": [ref("Department", home)], "Signature": None,
        }, title="%s %s" % (first, last))
    for name, home in CATEGORIES:
        lab.add("AnalysisCategory", name,
                {"Department": ref("Department", home),
                 "SortKey": Number("1.0")})
    for name in MATRICES:
        lab.add("SampleMatrix", name, {})
    for name, prefix, matrix, volume, hazard in SAMPLE_TYPES:
        lab.add("SampleType", name, {
            "prefix": prefix, "min_volume": volume, "hazardous": hazard,
            "sample_matrix": [ref("SampleMatrix", matrix)],
            "retention_period": {"days": 30, "hours": 0, "minutes": 0},
            "admitted_sticker_templates": [{}],
        }, parent=uid_of("Folder", "SampleType"))
    for name, norm, text in METHODS:
        lab.add("Method", name, {"MethodID": norm, "Instructions": text,
                                 "Accredited": True},
                parent=uid_of("Folder", "Method"))
    for name, maker, model, serial, method in INSTRUMENTS:
        lab.add("Instrument", name, {
            "Manufacturer": maker, "Model": model, "SerialNo": serial,
            "Methods": [ref("Method", method)], "Location": "Room 1.07",
            "CalibrationCertificate": None,
            "InlabCalibrationProcedure": "daily, two points",
        }, parent=uid_of("Folder", "Instrument"))


def make_services(lab):
    """Services, what they may say, and which go together."""
    for (key, title, unit, category, method, instrument, price, digits,
         limit, _low, _high) in SERVICES:
        span = [{"intercept_min": Number("0"), "intercept_max": Number("10"),
                 "errorvalue": Number("0.10")},
                {"intercept_min": Number("10.00"), "errorvalue": "5%",
                 "intercept_max": Number("1e3")}]
        lab.add("AnalysisService", key, {
            "Keyword": key, "Unit": unit or None, "Price": price,
            "VAT": "19.00", "Precision": digits,
            "Category": ref("AnalysisCategory", category),
            "Methods": [ref("Method", method)],
            "Instruments": [ref("Instrument", instrument)]
                           if instrument else [],
            "LowerDetectionLimit": limit, "UpperDetectionLimit": "1000000",
            "Uncertainties": span if digits else [],
            "MaxTimeAllowed": {"days": 3, "hours": 0, "minutes": 0},
            "ResultOptions": [], "InterimFields": [],
            "StringResult": not digits and not unit, "Hidden": False,
        }, title=title, parent=uid_of("Folder", "AnalysisService"))
    for title, (kind, keys) in PROFILES.items():
        lab.add("AnalysisProfile", title, {
            "SampleType": ref("SampleType", kind), "UseAnalysisProfilePrice":
            False, "Services": [ref("AnalysisService", k) for k in keys]})
    for title, kind, keys in SPECS:
        lab.add("AnalysisSpec", title, {
            "SampleType": ref("SampleType", kind),
            "ResultsRange": [
                {"keyword": k, "min": str(GUIDE[k][0]),
                 "max": str(GUIDE[k][1]), "warn_min": "", "warn_max": ""}
                for k in keys]})


def make_clients(lab):
    """Clients, whom to ask there, where they take samples."""
    for code, name, phone, where in CLIENTS:
        lab.add("Client", code, {
            "Name": name, "ClientID": code, "Phone": phone, "Fax": "",
            "EmailAddress": "office@%s.example" % code.lower(),
            "TaxNumber": "", "BulkDiscount": False, "MemberDiscount": False,
            "PhysicalAddress": address(*where), "PostalAddress": address(),
            "RestrictedCategories": [], "CCContacts": [[], []],
        }, id="client-%d" % (len(lab.of("Client")) + 1), title=name,
                parent=uid_of("Folder", "Client"))
    for number, (code, first, last, job) in enumerate(CONTACTS, 1):
        name = "contact-%d" % number
        lab.add("Contact", name, {
            "Firstname": first, "Surname": last, "JobTitle": job,
            "EmailAddress": "%s@%s.example" % (name, code.lower()),
            "BusinessPhone": "000 555 %04d" % (100 + number),
            "CCContact": [], "Username": None, "PublicationPreference":
            ["email"], "PhysicalAddress": address(),
        }, title="%s %s" % (first, last), parent=uid_of("Client", code))
    for name, code, kinds, lat, lon in POINTS:
        lab.add("SamplePoint", name, {
            "SampleTypes": [ref("SampleType", k) for k in kinds],
            "Latitude": Number(lat), "Longitude": Number(lon),
            "Elevation": "", "Composite": False, "SamplingFrequency": {},
        }, parent=uid_of("Client", code) if code else None)
    for name, code, days in BATCHES:
        lab.add("Batch", name, {
            "Client": ref("Client", code), "BatchDate": offset(at(days)),
            "ClientBatchID": "", "BatchLabels": [], "Remarks": [],
        }, state="open", made=at(days), parent=uid_of("Folder", "Batch"))


def make_all(lab):
    """All of it."""
    make_setup(lab)
    make_services(lab)
    make_clients(lab)
