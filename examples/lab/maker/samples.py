"""Samples, their analyses, worksheets and files."""

from datetime import datetime, timedelta

from .core import (ANALYSTS, CLERK, MANAGER, RANDOM, SIGNER, Number, at,
                   entry, offset, pick, ref, uid_of, zulu)
from .tables import (BATCHES, CLIENTS, CONTACTS, POINTS, PROFILES,
                     SAMPLE_TYPES, SERVICES)

REMARKS = [
    "Kühlkette eingehalten, 4 °C bei Annahme",
    "Bottle № 2 of 3; label smudged, read as «Été»",
    "冷蔵で受領。異常なし。 🧪",
    "Customer asks for σ with each result – see method",
    "Δt between sampling and receipt > 24 h",
]


def result_of(key):
    """A believable result: the text and the operand before it."""
    row = next(r for r in SERVICES if r[0] == key)
    unit, digits, limit, low, high = row[2], row[7], row[8], row[9], row[10]
    if not unit and not digits:
        return ("Detected" if RANDOM.random() < 0.05 else "Not detected", "")
    value = low + (high - low) * RANDOM.random() ** 2
    if limit != "0" and value < float(limit):
        return limit, "<"
    return "%.*f" % (digits, value), ""


# How far a sample got: the steps of its analyses, and its own last ones.
STEPS = ["sample_due", "sample_received", "to_be_verified", "verified",
         "published"]
LONE = {"sample_due": "registered", "sample_received": "unassigned"}


def history_of(step, made, analyst):
    """The review histories of a sample and of its analyses."""
    whole = [entry(None, CLERK, made, "sample_registered"),
             entry("no_sampling_workflow", CLERK, made, "sample_due")]
    part = [entry(None, CLERK, made, "registered")]
    moment = made + timedelta(minutes=95)
    if step >= 1:
        whole.append(entry("receive", CLERK, moment, "sample_received",
                           "" if RANDOM.random() < 0.7 else pick(REMARKS)))
        part.append(entry("initialize", CLERK, moment, "unassigned"))
        part.append(entry("assign", analyst, moment + timedelta(hours=1),
                          "assigned"))
    for number, action, actor in ((2, "submit", analyst),
                                  (3, "verify", SIGNER),
                                  (4, "publish", MANAGER)):
        moment += timedelta(hours=22, minutes=int(RANDOM.random() * 90))
        if step >= number:
            whole.append(entry(action, actor, moment, STEPS[number]))
            part.append(entry(action, actor, moment, STEPS[number]))
    return whole, part


def add_analysis(lab, sample, key, history, done):
    """One analysis of a sample."""
    service = lab.get("AnalysisService", key)
    result, operand = result_of(key) if done else ("", "")
    captured = [h for h in history if h["action"] == "submit"]
    return lab.add("Analysis", "%s %s" % (sample["id"], key), {
        "AnalysisService": {"uid": service["uid"]}, "Keyword": key,
        "Unit": service["fields"]["Unit"], "Result": result,
        "DetectionLimitOperand": operand,
        "ResultCaptureDate": captured[0]["time"] if captured else None,
        "Analyst": captured[0]["actor"] if captured else "",
        "Method": service["fields"]["Methods"][0],
        "Uncertainty": None, "Remarks": "", "Attachment": [],
        "InterimFields": [], "ResultsRange": {}, "Hidden": False,
        "NumberOfRequiredVerifications": 1, "Price":
        service["fields"]["Price"],
    }, id=key, title=service["title"], state=history[-1]["state"],
                   creator=CLERK, history=list(history),
                   made=datetime.strptime(history[0]["time"],
                                          "%Y-%m-%dT%H:%M:%SZ"),
                   parent=sample["uid"])


def add_sample(lab, name, profile, point, days, step):
    """A sample with its analyses, `step` steps of STEPS on its way."""
    kind, keys = PROFILES[profile]
    code = point[1] or pick(CLIENTS)[0]
    people = [i for i, c in enumerate(CONTACTS, 1) if c[0] == code]
    made = at(days, int(RANDOM.random() * 400))
    whole, part = history_of(step, made, pick(ANALYSTS))
    batch = next((b[0] for b in BATCHES if b[1] == code), "")
    sample = lab.add("AnalysisRequest", name, {
        "Client": ref("Client", code),
        "Contact": ref("Contact", "contact-%d" % people[0]),
        "CCContact": [ref("Contact", "contact-%d" % p) for p in people[1:]],
        "SampleType": ref("SampleType", kind),
        "SamplePoint": ref("SamplePoint", point[0]),
        "Profiles": [ref("AnalysisProfile", profile)],
        "Batch": ref("Batch", batch), "Priority": pick("13335"),
        "ClientReference": "%s/%03d" % (code, int(RANDOM.random() * 999)),
        "ClientSampleID": "", "Composite": False,
        "DateSampled": offset(made - timedelta(hours=3)),
        "DateReceived": offset(made + timedelta(minutes=95))
        if step else None,
        "Remarks": [], "RejectionReasons": [], "Attachment": [],
        "ResultsInterpretation": "", "EnvironmentalConditions": "",
        "MemberDiscount": Number("0.00"), "ServiceConditions": [[], [[]]],
        "Invoice": None,
    }, state=whole[-1]["state"], creator=CLERK, made=made, history=whole,
                     parent=uid_of("Client", code))
    if RANDOM.random() < 0.3:
        sample["fields"]["Remarks"] = [
            {"user": CLERK, "date": sample["created"],
             "content": pick(REMARKS)}]
    for key in keys:
        add_analysis(lab, sample, key, part, step >= 2)
    return sample


def make_samples(lab):
    """Nine weeks of samples; one of them cancelled, one rejected."""
    by_kind = {}
    for title, (kind, _keys) in PROFILES.items():
        by_kind.setdefault(kind, []).append(title)
    for number in range(1, 47):
        point = POINTS[number % len(POINTS)]
        kind = pick(point[2])
        row = next(t for t in SAMPLE_TYPES if t[0] == kind)
        days = 14 + number * 6 // 5
        step = 4 if number < 24 else 3 if number < 30 else \
            2 if number < 36 else 1 if number < 43 else 0
        add_sample(lab, "%s-%04d" % (row[1], number),
                   pick(by_kind[kind]), point, days, step)
    for number, state, action, why in (
            (45, "cancelled", "cancel", "client withdrew it; told by phone"),
            (44, "rejected", "reject", "arrived at 31 °C")):
        sample = [s for s in lab.of("AnalysisRequest")
                  if s["id"].endswith("-%04d" % number)][0]
        close(lab, sample, state, entry(action, CLERK, at(76), state, why))


def close(lab, sample, state, step):
    """A sample that no one will analyse, and why."""
    for thing in [sample] + analyses_of(lab, sample):
        thing["state"] = state
        thing["history"].append(dict(step))
        thing["modified"] = step["time"]
    if state == "rejected":
        sample["fields"]["RejectionReasons"] = [
            {"checkbox": "on", "selected": ["warm", "leaking"],
             "other": "", "multiselection": [["warm"], []]}]


def analyses_of(lab, sample):
    """The analyses of a sample."""
    return [a for a in lab.of("Analysis") if a["parent"] == sample["uid"]]


def make_worksheets(lab):
    """Eight worksheets over what was assigned."""
    received = [a for a in lab.of("Analysis")
                if any(h["action"] == "assign" for h in a["history"])]
    for number in range(1, 9):
        chosen = received[(number - 1) * len(received) // 8:][:14]
        states = {a["state"] for a in chosen}
        state = "open" if "assigned" in states else \
            "to_be_verified" if "to_be_verified" in states else "verified"
        made = at(16 + number * 7)
        history = [entry(None, MANAGER, made, "open")]
        if state != "open":
            history.append(entry("submit", pick(ANALYSTS),
                                 made + timedelta(days=1),
                                 "to_be_verified"))
        if state == "verified":
            history.append(entry("verify", SIGNER, made + timedelta(days=2),
                                 "verified"))
        lab.add("Worksheet", "WS-%03d" % number, {
            "Analyst": pick(ANALYSTS), "Method": "", "Remarks": [],
            "Analyses": [{"uid": a["uid"]} for a in chosen],
            "Layout": [{"position": i // 4 + 1, "type": "a",
                        "container_uid": a["parent"],
                        "analysis_uid": a["uid"]}
                       for i, a in enumerate(chosen)],
        }, state=state, creator=MANAGER, made=made, history=history,
                parent=uid_of("Folder", "Worksheet"))


def add_file(lab, number, parent, files, days):
    """An object that holds files."""
    return lab.add("Attachment", "attachment-%d" % number, {
        "AttachmentKeys": "", "RenderInReport": files[0][1] == "image/png",
        "DateLoaded": offset(at(days)), "AttachmentType": None,
    }, made=at(days), creator=pick(ANALYSTS), parent=parent["uid"],
                   attachments=files)


def make_files(lab):
    """Runs of instruments, plots, a note, certificates."""
    sheets = lab.of("Worksheet")
    log = ("icp log.json", "application/json", "icp-1.json")
    run = ("run 1.csv", "text/csv", "icp-run-1.csv")
    add_file(lab, 1, sheets[0], [run, log], 24)
    add_file(lab, 2, sheets[1],
             [("run 2.csv", "text/csv", "icp-run-2.csv")], 31)
    add_file(lab, 3, sheets[2],
             [("Anionen Lauf 3.csv", "text/csv", "ic-run-3.csv")], 38)
    add_file(lab, 4, lab.of("Instrument")[0], [run], 24)
    add_file(lab, 5, lab.of("AnalysisRequest")[10], [
        ("note.txt", "text/plain", "note.txt")], 40)
    published = [s for s in lab.of("AnalysisRequest")
                 if s["state"] == "published"]
    for number, sample in enumerate(published[:4], 1):
        name = "chromatogram-%d.png" % number
        add_file(lab, 5 + number, sample,
                 [(name, "image/png", name)], 20 + number)
    for number, sample in certified(lab):
        if sample["state"] == "published":
            add_report(lab, number, sample, at(48, number))


def certified(lab):
    """The samples with a certificate; the last one is published later."""
    def first(state, count):
        return [s for s in lab.of("AnalysisRequest")
                if s["state"] == state][:count]
    return enumerate(first("published", 3) + first("verified", 1), 1)


def add_report(lab, number, sample, moment):
    """A certificate of a sample."""
    path = "certificate-%d.pdf" % number
    lab.add("ARReport", "report-%d" % number, {
        "AnalysisRequest": {"uid": sample["uid"]}, "Recipients": [
            {"UID": sample["fields"]["Contact"]["uid"],
             "PublicationModes": ["email"]}],
        "ContainedAnalysisRequests": [{"uid": sample["uid"]}],
        "Metadata": {"paperformat": "A4", "orientation": "portrait",
                     "timestamp": offset(moment), "contained": [[]]},
        "SendLog": [], "DatePrinted": None,
    }, made=moment, creator=MANAGER, state="valid", parent=sample["uid"],
            attachments=[(sample["id"] + ".pdf", "application/pdf", path)])


def certificate(lab, sample):
    """The lines of a certificate."""
    lines = ["Harbour Lane Laboratory (invented)", "Certificate of analysis",
             "", "Sample   %s" % sample["id"], ""]
    for thing in analyses_of(lab, sample):
        fields = thing["fields"]
        lines.append("%-28s %s%s %s" % (
            thing["title"], fields["DetectionLimitOperand"],
            fields["Result"], fields["Unit"] or ""))
    return lines + ["", "Signed: Vera Verifier"]


def make_all(lab):
    """All of it."""
    make_samples(lab)
    make_worksheets(lab)
    make_files(lab)
