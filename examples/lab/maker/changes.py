"""A week later: what was done at site A, and meanwhile at site B.

The two lists touch different objects, but for two: one pH value was entered
anew at both sites (a clash), and of one client site A changed the phone and
site B the street (disjoint edits).
"""

import copy

from .core import ANALYSTS, CLERK, MANAGER, SIGNER, at, entry, uid_of
from .samples import (add_file, add_report, add_sample, analyses_of,
                      result_of)
from .tables import POINTS

DAY_A, DAY_B = 78, 79


def edit(thing, fields, step=None):
    """A later state of an object: changed fields, one more history entry."""
    new = copy.deepcopy(thing)
    new["fields"].update(fields)
    if step:
        new["history"].append(step)
        new["state"] = step["state"]
        new["modified"] = step["time"]
    return new


def moved(thing, moment):
    """The same, changed at a moment that no history tells."""
    thing["modified"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return thing


def deleted(thing, moment):
    """The line that deletes an object."""
    return {"uid": thing["uid"], "type": thing["type"], "deleted": True,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}


def in_state(lab, state):
    """The samples in a state, oldest first."""
    return [s for s in lab.of("AnalysisRequest") if s["state"] == state]


def twice(lab):
    """The pH value that both sites enter anew, and the shared client."""
    for sample in in_state(lab, "to_be_verified"):
        for thing in analyses_of(lab, sample):
            if thing["id"] == "pH":
                return thing, lab.get("Client", "NORD")
    raise ValueError("no pH value waits to be verified")


def reading(thing, result, user, moment):
    """The value that one site read from the meter."""
    return edit(thing, {"Result": result},
                entry("correct", user, moment, thing["state"],
                      "read again from the display: " + result))


def results(lab, sample, day):
    """All results of a received sample entered, the sample submitted."""
    user = ANALYSTS[day % len(ANALYSTS)]
    lines = []
    for number, thing in enumerate(analyses_of(lab, sample)):
        moment = at(day, 10 * number)
        text, operand = result_of(thing["id"])
        step = entry("submit", user, moment, "to_be_verified")
        lines.append(edit(thing, {
            "Result": text, "DetectionLimitOperand": operand,
            "Analyst": user,
            "ResultCaptureDate": step["time"]}, step))
    lines.append(edit(sample, {}, entry(
        "submit", user, at(day, 60), "to_be_verified")))
    return lines


def advance(lab, sample, action, user, state, day):
    """A sample and its analyses one step further."""
    step = entry(action, user, at(day, 90), state)
    return [edit(thing, {}, step)
            for thing in analyses_of(lab, sample) + [sample]]


def added(lab, make):
    """What `make` adds to the lab, as lines; the lab stays as it was."""
    new = copy.deepcopy(lab)
    make(new)
    return [thing for uid, thing in new.objects.items()
            if uid not in lab.objects]


def at_site_a(lab):
    """Results entered, a sample verified, a new sample, a run deleted."""
    value, client = twice(lab)
    waiting = in_state(lab, "sample_received")
    done = in_state(lab, "to_be_verified")
    lines = [reading(value, "7.2", "a.analyst", at(DAY_A, 15)),
             moved(edit(client, {"Phone": "000 555 0199"}), at(DAY_A, 20))]
    for sample in waiting[:2]:
        lines += results(lab, sample, DAY_A)
    lines += advance(lab, done[-1], "verify", SIGNER, "verified", DAY_A)

    def arrive(new):
        sample = add_sample(new, "DW-0047", "Tap metals", POINTS[0],
                            DAY_A, 1)
        add_file(new, 20, sample, [
            ("run 1 again.csv", "text/csv", "icp-run-1.csv"),
            ("box.txt", "text/plain", "note.txt")], DAY_A)
    lines += added(lab, arrive)
    run = lab.get("Attachment", "attachment-2")
    lines.append(deleted(run, at(DAY_A, 200)))
    return lines


def at_site_b(lab):
    """Results entered, samples published, a new contact, a note deleted."""
    value, client = twice(lab)
    waiting = in_state(lab, "sample_received")
    verified = in_state(lab, "verified")
    street = dict(client["fields"]["PhysicalAddress"], address="Ølgata 70 B")
    lines = [reading(value, "7.4", "b.bench", at(DAY_B, 5)),
             moved(edit(client, {"PhysicalAddress": street}), at(DAY_B, 9))]
    lines += results(lab, waiting[-1], DAY_B)
    for sample in verified[:2]:
        lines += advance(lab, sample, "publish", MANAGER, "published", DAY_B)

    def arrive(new):
        new.add("Contact", "contact-15", {
            "Firstname": "Max", "Surname": "Müster-Example",
            "JobTitle": "Night shift", "EmailAddress":
            "contact-15@quay.example", "CCContact": [], "Username": None,
        }, title="Max Müster-Example", made=at(DAY_B, 30), creator=CLERK,
                parent=uid_of("Client", "QUAY"))
        add_report(new, 4, verified[0], at(DAY_B, 95))
    lines += added(lab, arrive)
    note = lab.get("Attachment", "attachment-5")
    lines.append(deleted(note, at(DAY_B, 99)))
    return lines
