#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""The companion tested inside two running SENAITE sites.

  live_companion.py SOURCE DESTINATION [USER PASSWORD]

Both are addresses of sites, such as http://127.0.0.1:8081/senaite, with the
companion in them.  The source holds set-up data (services, sample types,
clients); the destination is new and empty.  BOTH ARE CHANGED: use copies.
"""

import base64
import hashlib
import json
import sys
import threading
import time
import uuid

from live import Checks
from live import Site

CONSUMERS = ("info", "list", "read", "changes", "blob", "upload", "import",
             "counters")


def new_uid():
    return uuid.uuid4().hex


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def b64(data):
    return base64.b64encode(data).decode("ascii")


def find(site, kind, number=0):
    """Document of the nth object of a type."""
    uids = site.push("list", types=[kind], limit=5000)["uids"]
    return site.one(uids[number][0])


def samples_of(site):
    """A client with contact and three samples in several states."""
    clients = site.one("/clients")["uid"]
    client = site.create("Client", clients, title="Réf Lab № 1",
                         ClientID="RL%s" % new_uid()[:6])
    contact = site.create("Contact", client["uid"], Firstname="Ada",
                          Surname="Probe")
    kind = find(site, "SampleType")
    services = [u[0] for u in site.push(
        "list", types=["AnalysisService"], limit=5)["uids"]]
    out = []
    for number in range(3):
        out.append(site.create(
            "AnalysisRequest", client["uid"], Client=client["uid"],
            Contact=contact["uid"], SampleType=kind["uid"],
            DateSampled="2026-10-0%d 09:02" % (number + 1),
            Analyses=services, ClientReference="ж %d" % number)["uid"])
    return client["uid"], contact["uid"], out


def analyses_of(site, sample):
    path = site.one(sample)["path"] + "/"
    return [u[0] for u in site.push("list", types=["Analysis"],
                                    limit=5000)["uids"]
            if u[2].startswith(path)]


def through(site, sample, last="published"):
    """Takes a sample through the laboratory, over SENAITE's own API."""
    site.update(sample, transition="receive")
    for uid in analyses_of(site, sample):
        site.update(uid, Result="7")
        site.update(uid, transition="submit")
    if last == "to_be_verified":
        return site.one(sample)["state"]
    for uid in analyses_of(site, sample):
        site.update(uid, transition="verify")
    if last == "published":
        site.update(sample, transition="publish")
    return site.one(sample)["state"]


def access(t, url, site):
    anonymous = Site(url, None, None)
    name = "clerk" + new_uid()[:6]
    password = "Kx9-" + new_uid()
    status, made = site.ask("/@users", {
        "username": name, "password": password, "fullname": "A Clerk",
        "email": name + "@example.org", "roles": ["Member"]})
    t.same(status, 201, "a user is made")
    clerk = Site(url, name, password)
    for consumer in CONSUMERS:
        t.ok(not anonymous.push(consumer).get("ok"), "anonymous", consumer)
        t.refused(clerk.push(consumer), "forbidden",
                  "not a manager: " + consumer)
    answer = clerk.push("import", objects=[{
        "uid": new_uid(), "deleted": True}])
    t.refused(answer, "forbidden", "not a manager: a deletion")
    return name


def requests(t, site):
    uid = find(site, "Client")["uid"]
    for name, error, record in (
            ("list", "request", {"after": 5}),
            ("list", "request", {"limit": 0}),
            ("list", "limit", {"limit": 5001}),
            ("list", "request", {"types": "Client"}),
            ("read", "request", {"uids": uid}),
            ("read", "request", {"uids": [5]}),
            ("read", "limit", {"uids": [uid] * 501}),
            ("read", "request", {"after": "é"}),
            ("changes", "conflict", {"after": 0, "epoch": "x"}),
            ("changes", "request", {"after": -1}),
            ("changes", "request", {"enable": 1}),
            ("blob", "request", {}),
            ("blob", "request", {"uid": uid, "field": "Name"}),
            ("blob", "limit", {"uid": uid, "field": "x",
                               "length": 4194305}),
            ("blob", "request", {"uid": new_uid(), "field": "x"}),
            ("upload", "request", {"upload": "a b", "offset": 0,
                                   "data": ""}),
            ("upload", "request", {"upload": "a\n", "offset": 0,
                                   "data": ""}),
            ("upload", "request", {"upload": "ab", "offset": 0,
                                   "data": "x"}),
            ("upload", "request", {"upload": "ab", "offset": "0",
                                   "data": ""}),
            ("import", "request", {}),
            ("import", "request", {"objects": {}}),
            ("import", "request", {"objects": [1]}),
            ("import", "request", {"objects": [{}]}),
            ("import", "limit", {"objects": [{"uid": uid}] * 201}),
            ("import", "request", {"objects": [], "atomic": 1}),
            ("counters", "request", {}),
            ("counters", "request", {"raise": {"x": -1}}),
            ("counters", "request", {"raise": {"x": "1"}}),
            ("counters", "limit", {"raise": {"x": 2 ** 40}})):
        t.refused(site.push(name, **record), error,
                  "%s %s" % (name, str(record)[:80]))


def reading(t, site):
    info = site.push("info")
    t.ok(info["ok"] and info["protocol"] == 1, "info", info)
    t.same((info["id_server"], info["atomic"]), (True, True), "info")
    uids, seconds = site.walk("list", "uids", limit=50)
    t.same(len(uids), info["objects"], "list: all objects")
    t.ok([u[0] for u in uids] == sorted(set(u[0] for u in uids)),
         "list: in UID order, each once")
    some = uids[5][0]
    answer = site.push("list", types=[uids[0][1]], limit=5000)
    t.ok(all(u[1] == uids[0][1] for u in answer["uids"]), "list: types")
    answer = site.push("read", uids=[some, "f" * 31 + "0", "/clients",
                                     "/nothing", "nonsense é"])
    t.same([d["path"] for d in answer["items"]][1], "/clients",
           "read: a site object by its path")
    t.same(answer["absent"], ["f" * 31 + "0", "/nothing", "nonsense é"],
           "read: absent")
    t.ok(answer["items"][1].get("site") is True
         and "site" not in answer["items"][0], "read: site objects")
    small = site.push("read", uids=[u[0] for u in uids[:20]], bytes=1)
    t.same((len(small["items"]), small["next"]), (1, uids[1][0]),
           "read: bytes bounds an answer, after one item")
    slow, after = [], ""
    while after is not None:
        answer = site.push("read", after=after, limit=7, bytes=9000)
        slow += [d["uid"] for d in answer["items"]]
        slow += [d["uid"] for d in answer["failed"]]
        after = answer["next"]
    t.same(slow, [u[0] for u in uids], "read: walks as list does")
    registry = site.one("/registry")
    t.ok(registry["fields"] and not any(
        "password" in name for name in registry["fields"]), "read: registry")


def exact(t, site):
    """Odd values, there and back."""
    source = find(site, "Calculation")
    fields = {
        "InterimFields": [{
            "keyword": "X", "value": 0.1, "big": 2 ** 70, "title": "Ünit ж",
            "none": None, "yes": True, "tiny": 5e-324, "whole": 1.0,
            "when": {"date": "2026-10-03T09:02:00.000001+05:30"},
            "odd": {"record": {"date": "tomorrow"}},
            "price": {"decimal": "12.50"}, "raw": {"base64": b64(b"\xff")},
            "inf": {"float": "inf"}, "list": [1, [2.5, {"a": ""}]]}],
        "description": "één\n<b>\U0001f9ea</b>", "TestResult": "0.10",
        "effectiveDate": "2026-10-03T09:02:00.25-03:30",
        "expirationDate": "2026-10-03T09:02:00", "allowDiscussion": None,
        "subject": ["a ", "", "ж"]}
    doc = dict(source, uid=new_uid(), id="calculation-9001", title="Exact",
               fields=dict(source["fields"], **fields))
    result = site.bring(doc, read=True)[0]
    t.same(result["result"], "created", "odd values are stored")
    item = result.get("item", {"fields": {}})
    for name in sorted(fields):
        t.same(json.dumps(item["fields"].get(name), sort_keys=True),
               json.dumps(fields[name], sort_keys=True),
               "odd value comes back: " + name)
    t.same(item, site.one(doc["uid"]), "item is what read gives")
    t.same(site.bring(doc)[0]["result"], "same", "odd values: repeat")


def workflow(t, site):
    source = find(site, "SampleMatrix")
    doc = dict(source, uid=new_uid(), id="samplematrix-9001", title="M",
               state="inactive", creator="gone",
               created="1999-12-31T23:59:59.999999Z",
               modified="2001-01-01T00:00:00.000001Z")
    doc["history"] = [
        {"action": None, "actor": "gone", "comments": "", "state": "active",
         "time": "2000-01-01T00:00:00.123456Z", "zone": "GMT+2"},
        {"action": "a", "actor": "x", "comments": "ж", "state": "old",
         "time": "2000-01-02T00:00:00Z", "workflow": "other_workflow",
         "extra": [1, "b"]},
        {"action": "deactivate", "actor": "gone", "comments": "why",
         "state": "inactive", "time": "2000-01-03T00:00:00.5Z",
         "zone": "US/Eastern"}]
    doc["senaite"] = dict(source["senaite"], owner="nobody-here",
                          creators=["gone", "other"],
                          roles={"labman": ["Owner"], "x": ["Analyst"]})
    result = site.bring(doc, read=True)[0]
    item = result.get("item", {})
    t.ok(result["result"] == "created", "history of several workflows",
         result["message"])
    for name in ("history", "state", "senaite", "created", "modified",
                 "creator", "fields", "title", "parent", "id"):
        t.same(item.get(name), doc[name], "written as given: " + name)
    t.same(site.bring(doc)[0]["result"], "same", "history: repeat")
    for name, bad in (("state", "nonsense"), ("state", "published")):
        answer = site.bring(dict(doc, **{name: bad}))[0]
        t.same(answer["result"], "refused", "a state that is not there")
    bad = dict(doc, senaite=dict(doc["senaite"], markers=["no.such.IThing"]))
    t.same(site.bring(bad)[0]["result"], "refused", "an unknown marker")
    t.same(site.one(doc["uid"]), item, "refused documents change nothing")


def batches(t, site):
    client = find(site, "Client")
    base = find(site, "Contact")
    folder = site.one("/clients")["uid"]

    def contact(**more):
        made = dict(base, uid=new_uid(), parent=client["uid"],
                    id="contact-" + new_uid()[:8])
        made.update(more)
        return made

    lost = new_uid()
    parent = dict(client, uid=new_uid(), id="client-" + new_uid()[:8],
                  parent=folder)
    child = contact(parent=parent["uid"])
    circle = [dict(client, uid=new_uid(), id="x"),
              dict(client, uid=new_uid(), id="y")]
    circle[0]["parent"], circle[1]["parent"] = \
        circle[1]["uid"], circle[0]["uid"]
    bad_parent = dict(client, uid=new_uid(), id="client-" + new_uid()[:8],
                      parent=folder, state="nonsense")
    bad_child = contact(parent=bad_parent["uid"])
    twice = contact()
    docs = [
        child, contact(parent=lost), contact(id=base["id"],
                                             parent=base["parent"]),
        contact(id="no/slash"), contact(type="Nonsense"), contact(),
        contact(type=5), parent, circle[0], circle[1], bad_parent,
        bad_child, contact(fields=dict(base["fields"],
                                       Department=[{"uid": 5}])),
        twice, dict(twice), {"uid": "nonsense"},
        dict(site.one("/setup"), fields={}, type="Client"),
        contact(parent="/setup"),
        {"uid": lost, "deleted": True}, {"uid": folder, "deleted": True},
        {"uid": "/registry", "deleted": True},
        dict(contact(), update_only=True),
        dict(base, parent=client["uid"] + "0")]
    wanted = ["created", "refused", "refused", "refused", "refused",
              "created", "refused", "created", "refused", "refused",
              "refused", "refused", "refused", "created", "refused",
              "refused", "refused", "refused", "absent", "refused",
              "refused", "absent", "refused"]
    before = site.push("info")["objects"]
    answer = site.bring(*docs, atomic=True)
    t.ok(all(r["result"] == "refused" for r in answer), "atomic: none done")
    t.same(site.push("info")["objects"], before, "atomic: nothing changed")
    t.same(site.read(child["uid"], parent["uid"]), {}, "atomic: none there")
    answer = site.bring(*docs)
    for doc, result, want in zip(docs, answer, wanted):
        t.ok(result["uid"] == doc["uid"] and result["result"] == want,
             "batch", want, result, str(doc)[:200])
    t.ok(all(r["message"] for r in answer if r["result"] == "refused"),
         "each refusal says why")
    t.same(site.push("info")["objects"], before + 4, "batch: only the good")
    listed = site.api("search?portal_type=Contact&limit=1000")
    good = set(u[0] for u in site.push("list", types=["Contact"],
                                       limit=5000)["uids"])
    t.same(set(i["uid"] for i in listed["items"]), good,
           "batch: no ghosts in the catalog")
    good = [docs[n] for n in (0, 5, 7, 13)]
    dates = [d["modified"] for d in site.read(
        *[g["uid"] for g in good]).values()]
    again = site.bring(*good)
    t.same([r["result"] for r in again], ["same"] * 4, "repeat is the same")
    t.same([d["modified"] for d in site.read(
        *[g["uid"] for g in good]).values()], dates, "repeat moves no date")
    part(t, site, good[1])
    return parent["uid"]


def expected(t, site):
    """What changed since it was read is not written over."""
    base = find(site, "Contact")
    docs = [dict(base, uid=new_uid(), id="contact-" + new_uid()[:8],
                 title="E %d" % n) for n in range(3)]
    site.bring(*docs)
    uids = [d["uid"] for d in docs]
    read = site.read(*uids)
    site.update(uids[0], JobTitle="Edited meanwhile")
    now = site.one(uids[0])
    changes = [dict(d, expect=read[d["uid"]]["modified"],
                    fields=dict(d["fields"], JobTitle="Written"))
               for d in docs]
    results = site.bring(*changes)
    t.same([r["result"] for r in results],
           ["refused", "updated", "updated"], "expect")
    t.same(results[0]["message"], "changed since it was read", "expect")
    t.same(site.one(uids[0]), now, "expect: nothing of it is written")
    gone = {"uid": uids[0], "deleted": True,
            "expect": read[uids[0]]["modified"]}
    t.same(site.bring(gone)[0]["result"], "refused", "expect: a deletion")
    gone["expect"] = now["modified"]
    t.same(site.bring(gone)[0]["result"], "deleted", "expect: as it is")
    t.same(site.bring(gone)[0]["result"], "absent", "expect: not there")
    bad = dict(changes[1], expect="yesterday")
    t.same(site.bring(bad)[0]["result"], "refused", "expect: no time")
    doc = site.one(uids[1])
    doc["senaite"] = dict(doc["senaite"], roles={
        "x": ["Owner", "Manager"], "y": ["Site Administrator"]})
    result = site.bring(doc, read=True)[0]
    t.same(result["item"]["senaite"]["roles"], {"x": ["Owner"]},
           "local roles that are never given")
    t.ok("Manager" in result["message"], "local roles: told", result)


def part(t, site, doc):
    """fields_only leaves all else."""
    before = site.one(doc["uid"])
    change = dict(doc, title="Other", state="inactive",
                  fields_only=["JobTitle"],
                  fields=dict(doc["fields"], JobTitle="Chief ж",
                              Surname="Elsewhere"))
    result = site.bring(change, read=True)[0]
    t.same(result["result"], "updated", "fields_only")
    after = result["item"]
    before["fields"]["JobTitle"] = "Chief ж"
    before["modified"] = after["modified"]
    t.same(after, before, "fields_only: nothing else")
    only = {"uid": doc["uid"], "fields": {"Nonsense": 1}}
    result = site.bring(only)[0]
    t.ok(result["result"] == "same" and "Nonsense" in result["message"],
         "a field that is unknown here is told", result)


def pending(t, site):
    """A reference that comes before its target."""
    kind = find(site, "SampleType")
    matrix = find(site, "SampleMatrix")
    target = dict(matrix, uid=new_uid(), id="samplematrix-9100",
                  title="Late")
    doc = dict(kind, uid=new_uid(), id="sampletype-9100", title="Early",
               fields=dict(kind["fields"],
                           sample_matrix={"uid": target["uid"]}))
    result = site.bring(doc, read=True)[0]
    t.ok(result["result"] == "created"
         and target["uid"] in result["missing"], "missing is told", result)
    t.same(result["item"]["fields"]["sample_matrix"],
           {"uid": target["uid"]}, "a missing target is kept")
    site.bring(target)
    result = site.bring(doc)[0]
    t.ok(target["uid"] not in result["missing"]
         and result["result"] == "same", "the target came", result)
    named = dict(kind, uid=new_uid(), id="sampletype-9101", title="Path",
                 parent="/setup/sampletypes")
    t.same(site.bring(named)[0]["result"], "created",
           "a parent by its path")


def files(t, site):
    sample = site.files_sample
    client = site.one(sample)["parent"]
    uid = site.create("Attachment", client, title="f",
                      AttachmentFile=b64(b"first"), filename="a.txt")["uid"]
    doc = site.one(uid)
    t.same([(a["field"], a["name"], a["size"], a["sha256"])
            for a in doc["attachments"]],
           [("AttachmentFile", "a.txt", 5, sha256(b"first"))], "attachment")
    t.same(site.bring(doc)[0]["result"], "same", "a file that is there")
    big = bytes(range(256)) * 4096 * 9 + "end".encode()
    name = "up" + new_uid()
    size, step = 0, 4 * 1024 * 1024
    while size < len(big):
        answer = site.push("upload", upload=name, offset=size,
                           data=b64(big[size:size + step]))
        t.ok(answer.get("ok"), "upload", answer)
        again = site.push("upload", upload=name, offset=size,
                          data=b64(big[size:size + step]))
        size = answer["size"]
        t.same(again, {"ok": True, "size": size}, "a part sent twice")
    wrong = site.push("upload", upload=name, offset=5, data=b64(big))
    t.refused(wrong, "conflict", "a wrong offset") if len(big) <= 8 << 20 \
        else t.ok(not wrong.get("ok"), "a part too big")
    for offset in (size + 1, size - 1):
        wrong = site.push("upload", upload=name, offset=offset,
                          data=b64(b"ab"))
        t.refused(wrong, "conflict", "a wrong offset")
        t.same(wrong.get("size"), size, "a wrong offset tells the size")

    def with_file(**more):
        return dict(doc, attachments=[dict({
            "field": "AttachmentFile", "name": "große Datei.bin",
            "media_type": "application/x-big", "size": len(big),
            "sha256": sha256(big)}, **more)])

    for bad in ({}, {"upload": "nosuch"}, {"upload": name,
                                           "sha256": "0" * 64},
                {"data": b64(b"x")}):
        result = site.bring(with_file(**bad))[0]
        t.same(result["result"], "refused", "a file with %s" % bad)
    t.same(site.one(uid), doc, "a refused file changes nothing")
    result = site.bring(with_file(upload=name), read=True)[0]
    t.same(result["result"], "updated", "a file by upload")
    t.same(result["item"]["attachments"], with_file()["attachments"],
           "a file by upload: as given")
    t.same(site.bring(with_file(upload=name))[0]["result"], "same",
           "a file by upload: repeat")
    got = b""
    while len(got) < len(big):
        answer = site.push("blob", uid=uid, field="AttachmentFile",
                           offset=len(got), length=4194304)
        t.same((answer["size"], answer["sha256"]),
               (len(big), sha256(big)), "blob")
        got += base64.b64decode(answer["data"])
    t.ok(got == big, "blob: the bytes")
    answer = site.push("blob", uid=uid, field="AttachmentFile",
                       offset=len(big) + 5, length=10)
    t.same(answer["data"], "", "blob: after the end")
    result = site.bring(with_file(name="other.bin"), read=True)[0]
    t.same((result["result"], result["item"]["attachments"][0]["name"]),
           ("updated", "other.bin"), "only another name")
    result = site.bring(with_file(
        data=b64(b""), sha256=sha256(b""), size=0), read=True)[0]
    t.same((result["result"], result["item"]["attachments"][0]["size"]),
           ("updated", 0), "an empty file")
    result = site.bring(dict(doc, attachments=[]), read=True)[0]
    t.same(result["item"]["attachments"], [], "no file any more")
    site.push("upload", upload="x1", offset=0, data=b64(b"abc"))
    t.same(site.push("upload", upload="x1", drop=True)["ok"], True, "drop")
    t.refused(site.push("upload", upload="x1", offset=3, data=b64(b"d")),
              "conflict", "a dropped upload")


def read_only(t, site, sample):
    """A read-only sample is moved by nobody, until it is released."""
    uids = [sample] + analyses_of(site, sample)
    docs = [dict(d, read_only=True) for d in site.read(*uids).values()]
    results = site.bring(*docs)
    t.ok(all(r["result"] == "updated" for r in results), "read-only",
         results)
    t.ok(all(r["result"] == "same" for r in site.bring(*docs)),
         "read-only: repeat")
    before = site.read(*uids)
    t.same(before[sample]["senaite"]["markers"],
           [d for d in docs if d["uid"] == sample][0]["senaite"]["markers"],
           "read-only is not part of the document")
    for transition in ("receive", "cancel", "reject", "submit"):
        for uid in uids:
            site.update(uid, transition=transition)
    site.update(sample, ClientReference="broken")
    site.update(uids[1], Result="5")
    t.same(site.read(*uids), before, "read-only: nothing moves")
    t.same(site.update_role_mappings(), 200, "role mappings are updated")
    site.update(sample, ClientReference="broken again")
    site.update(sample, transition="receive")
    t.same(site.read(*uids), before, "read-only: after an upgrade too")
    moved = dict(before[sample], read_only=True)
    moved["history"] = moved["history"] + [{
        "action": "cancel", "actor": "x", "comments": "", "state":
        "cancelled", "time": "2026-12-01T00:00:00Z"}]
    moved["state"] = "cancelled"
    t.same(site.bring(moved)[0]["result"], "updated",
           "read-only: an import goes through")
    site.update(sample, transition="reinstate")
    t.same(site.one(sample)["state"], "cancelled",
           "read-only: also after role mappings were updated")
    site.bring(dict(before[sample], read_only=True))
    results = site.bring(*before.values())
    t.ok(all(r["result"] == "updated" for r in results), "released")
    site.update(sample, transition="receive")
    t.same(site.one(sample)["state"], "sample_received",
           "released: moves again")


def counting(t, site):
    counters = site.push("counters", get=True)["counters"]
    key = sorted(counters)[0]
    answer = site.push("counters", **{"raise": {
        key: counters[key] + 5, "satchel-test": 7}})
    t.same((answer["counters"][key], answer["counters"]["satchel-test"]),
           (counters[key] + 5, 7), "counters are raised")
    answer = site.push("counters", **{"raise": {key: 1}})
    t.same(answer["counters"][key], counters[key] + 5,
           "counters never fall")


def log(t, site, client, contact, sample):
    t.refused(site.push("changes", after=0, epoch=""), "conflict",
              "no log yet")
    made = site.push("changes", after=0, epoch="", enable=True)
    t.ok(made["ok"] and made["epoch"] and made["last"] == 0, "enable", made)
    epoch = made["epoch"]
    t.same(site.push("changes", after=0, epoch="", enable=True)["epoch"],
           epoch, "enable: once")
    t.refused(site.push("changes", after=0, epoch="x" * 32), "conflict",
              "another epoch")
    t.refused(site.push("changes", after=10 ** 6, epoch=epoch), "conflict",
              "after its end")

    def since(after):
        answer = site.push("changes", after=after, epoch=epoch)
        seqs = [e["seq"] for e in answer["entries"]]
        t.same(seqs, sorted(set(seqs)), "seq grows")
        t.ok(not seqs or (seqs[0] > after and answer["next"] == seqs[-1]),
             "after and next")
        return answer["entries"], answer["next"]

    site.update(contact, JobTitle="Edited")
    entries, at = since(0)
    t.same([(e["uid"], e["action"], e["type"], e["user"]) for e in entries],
           [(contact, "changed", "Contact", "admin")], "log: an edit")
    site.update(sample, transition="receive")
    entries, at = since(at)
    t.ok(set([sample] + analyses_of(site, sample)) <= set(
        e["uid"] for e in entries), "log: a transition and its cascade")
    for number in range(3):
        site.update(contact, JobTitle="Edited %d" % number)
    entries, at = since(at)
    t.same([e["uid"] for e in entries], [contact],
           "log: the newest entry of an object")
    site.update(contact, JobTitle="Edited once more")
    entries, at = since(at)
    t.same([e["uid"] for e in entries], [contact],
           "log: an edit of what was the newest entry already")
    doc = site.one(contact)
    t.same(site.bring(doc)[0]["result"], "same", "log: a repeat")
    t.same(since(at)[0], [], "log: a repeat is no change")
    fresh = dict(doc, uid=new_uid(), id="contact-" + new_uid()[:8])
    site.bring(fresh)
    entries, at = since(at)
    t.ok(fresh["uid"] in [e["uid"] for e in entries], "log: an import")
    site.bring({"uid": fresh["uid"], "deleted": True})
    entries, at = since(at)
    t.ok((fresh["uid"], "deleted") in [(e["uid"], e["action"])
                                       for e in entries], "log: deleted",
         entries)
    bad = dict(doc, uid=new_uid(), id="contact-" + new_uid()[:8],
               state="nonsense")
    site.bring(bad)
    t.ok(bad["uid"] not in [e["uid"] for e in since(at)[0]],
         "log: nothing of what was refused")
    info = site.push("info")["log"]
    t.ok(info["enabled"] and info["epoch"] == epoch and info["last"] >= at,
         "info tells the log", info)
    limited = site.push("changes", after=0, epoch=epoch, limit=2)
    t.same(len(limited["entries"]), 2, "log: limit")


def together(t, site, client):
    """Four writers at once, and a reader that misses none of them."""
    base = find(site, "Contact")
    docs = [dict(base, uid=new_uid(), parent=client, title="T %d" % n,
                 id="contact-" + new_uid()[:8]) for n in range(8)]
    site.bring(*docs)
    uids = [d["uid"] for d in docs]
    log = site.push("info")["log"]
    at, epoch = log["last"], log["epoch"]
    done, seen = [], {}

    def write(mine):
        for number in range(6):
            for uid in mine:
                site.update(uid, JobTitle="job %d" % number)
        done.append(1)

    def follow(at):
        answer = site.push("changes", after=at, epoch=epoch)
        for entry in answer["entries"]:
            t.ok(entry["seq"] > at and entry["seq"] not in seen,
                 "no seq twice", entry)
            seen[entry["seq"]] = entry["uid"]
            latest[entry["uid"]] = site.one(entry["uid"]) \
                if entry["uid"] in uids else None
        return answer["next"]

    latest = {}
    threads = [threading.Thread(target=write, args=(uids[n::4], ))
               for n in range(4)]
    for thread in threads:
        thread.start()
    while len(done) < 4:
        at = follow(at)
    for thread in threads:
        thread.join()
    follow(at)
    now = site.read(*uids)
    t.ok(all(latest.get(u) == now[u] for u in uids),
         "the last change of each was seen")


def leaving(t, site, sample):
    """Uninstalling releases what was locked and forgets the log."""
    name = "/@addons/satchel.companion/"
    t.ok(site.ask(name + "install", {})[0] in (200, 204), "install")
    doc = site.one(sample)
    site.bring(dict(doc, read_only=True))
    t.ok(site.ask(name + "uninstall", {})[0] in (200, 204), "uninstall")
    t.same(site.push("info")["log"]["enabled"], False, "no log any more")
    t.same(site.bring(doc)[0]["result"], "same", "no lock any more")


def deleting(t, site, client):
    inside = [u[0] for u in site.push("list", limit=5000)["uids"]
              if u[2].startswith(site.one(client)["path"] + "/")]
    t.ok(inside, "a client with something inside")
    before = site.read(client, *inside)
    result = site.bring({"uid": client, "deleted": True})[0]
    t.same((result["result"], result["message"]),
           ("refused", "it holds %d objects" % len(inside)),
           "delete: not with what is inside")
    t.same(site.read(client, *inside), before, "delete: nothing is gone")
    inside.sort(key=lambda uid: -before[uid]["path"].count("/"))
    gone = [{"uid": uid, "deleted": True} for uid in inside + [client]]
    for at in range(0, len(gone), 200):
        results = site.bring(*gone[at:at + 200])
        t.ok(all(r["result"] == "deleted" for r in results), "delete",
             results)
    t.same(site.read(client, *inside), {}, "delete: children first")
    found = site.api("search?UID=%s" % client)
    t.same(found["count"], 0, "delete: out of the catalogs")
    result = site.bring({"uid": client, "deleted": True})[0]
    t.same(result["result"], "absent", "delete: again")


def people(t, site):
    name = "member" + new_uid()[:6]
    uid = "/users/" + name
    doc = {"uid": uid, "type": "User", "path": uid, "title": "Émile M",
           "fields": {"email": "m@example.org",
                      "roles": ["Analyst", "Manager", "NoSuchRole"],
                      "groups": ["Analysts", "nosuchgroup"]}}
    result = site.bring(doc, read=True)[0]
    t.ok(result["result"] == "created", "a user", result["message"])
    item = result["item"]
    t.same((item["title"], item["fields"]["email"]),
           ("Émile M", "m@example.org"), "a user: properties")
    t.ok("Analyst" in item["fields"]["roles"]
         and "Manager" not in item["fields"]["roles"]
         and "Analysts" in item["fields"]["groups"], "a user: roles", item)
    t.ok("Manager" in result["message"]
         and "nosuchgroup" in result["message"], "a user: what was not")
    t.same(site.bring(doc)[0]["result"], "same", "a user: repeat")
    less = dict(doc, fields=dict(doc["fields"], roles=[], groups=[]))
    t.same(site.bring(less)[0]["result"], "same",
           "a user: nothing is taken away")
    other = dict(doc, title="Other", fields=dict(
        doc["fields"], email="other@example.org",
        groups=["Administrators", "Site Administrators"]))
    result = site.bring(other, read=True)[0]
    t.same((result["result"], result["item"]), ("same", item),
           "a user: keeps name, address and groups")
    t.same(site.bring({"uid": uid, "deleted": True})[0]["result"],
           "refused", "a user is never deleted")
    t.same(site.bring(dict(doc, uid="/users/admin"))[0]["result"],
           "refused", "a user of the root")
    listed = site.push("list", types=["User", "Registry"])["uids"]
    t.ok([uid, "User", uid] in listed
         and ["/registry", "Registry", "/registry"] in listed,
         "users and registry in list, where asked for")
    registry = site.one("/registry")
    name = sorted(n for n, v in registry["fields"].items()
                  if isinstance(v, bool))[0]
    change = {"uid": "/registry", "fields": {
        name: not registry["fields"][name], "nosuch.record": 1,
        "plone.app.nothing": 1}}
    result = site.bring(change)[0]
    t.ok(result["result"] == "updated"
         and "nosuch.record" in result["message"], "registry", result)
    t.same(site.one("/registry")["fields"][name],
           not registry["fields"][name], "registry: written")
    t.same(site.bring(change)[0]["result"], "same", "registry: repeat")
    change["fields"][name] = "text"
    t.same(site.bring(change)[0]["result"], "same",
           "registry: no value of another kind")
    site.bring(registry)


def main(args):
    if len(args) not in (2, 4):
        print(__doc__)
        return 2
    user, password = args[2:] or ("admin", "admin")
    source = Site(args[0], user, password)
    there = Site(args[1], user, password)
    import live_roundtrip
    t = Checks()
    client, contact, samples = samples_of(source)
    source.files_sample = samples[0]
    steps = (
        ("access", access, (t, args[0], source)),
        ("requests", requests, (t, source)),
        ("reading", reading, (t, source)),
        ("log", log, (t, source, client, contact, samples[0])),
        ("together", together, (t, source, client)),
        ("exact", exact, (t, source)),
        ("workflow", workflow, (t, source)),
        ("batches", batches, (t, source)),
        ("expected", expected, (t, source)),
        ("pending", pending, (t, source)),
        ("files", files, (t, source)),
        ("read-only", read_only, (t, source, samples[1])),
        ("counters", counting, (t, source)),
        ("people", people, (t, source)),
        ("laboratory", live_roundtrip.laboratory, (t, source)),
        ("round trip", live_roundtrip.run, (t, source, there)),
        ("leaving", leaving, (t, source, samples[2])),
        ("deleting", deleting, (t, source, client)),
    )
    for name, step, given in steps:
        started = time.time()
        before = t.failed
        try:
            step(*given)
        except Exception as e:
            t.ok(False, name, "stopped:", type(e).__name__, e)
        print("%-12s %s %.1f s" % (
            name, "ok" if t.failed == before else "FAILED",
            time.time() - started))
    print("%d passed, %d failed" % (t.passed, t.failed))
    return 1 if t.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
