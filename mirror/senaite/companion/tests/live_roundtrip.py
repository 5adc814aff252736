# -*- coding: utf-8 -*-
"""A whole laboratory from one SENAITE into an empty one, compared."""

import base64
import json
import time
from collections import Counter

BATCH = 100


def laboratory(t, site):
    """Samples in many states, made over SENAITE's own API."""
    from live_companion import analyses_of
    from live_companion import b64
    from live_companion import samples_of
    from live_companion import through
    site.bring({"uid": "/bika_setup", "site": True, "path": "/bika_setup",
                "fields": {"SelfVerificationEnabled": True}})
    client, contact, samples = samples_of(site)
    t.same(through(site, samples[0]), "published", "a published sample")
    t.same(through(site, samples[1], "to_be_verified"), "to_be_verified",
           "a submitted sample")
    site.update(samples[0], transition="invalidate")
    analysis = analyses_of(site, samples[1])[0]
    site.update(analysis, transition="retract")
    made = site.create("Attachment", client, title="scan",
                       AttachmentFile=b64(bytes(range(256)) * 600),
                       filename="scan № 1.bin")
    site.update(samples[2], Attachment=[made["uid"]],
                Remarks="<p>Bemerkung ж</p>")
    batches = site.one("/batches")["uid"]
    site.create("Batch", batches, title="B 1", description="Ünit")
    site.pending_sample = samples[2]


def prepare(site, docs):
    """Documents as another site takes them: site objects by their path."""
    paths = dict((d["uid"], d["path"]) for d in docs if d.get("site"))

    def fix(value):
        if isinstance(value, dict):
            if list(value) == ["uid"]:
                return {"uid": paths.get(value["uid"], value["uid"])}
            return dict((k, fix(v)) for k, v in value.items())
        if isinstance(value, list):
            return [fix(v) for v in value]
        return value

    for doc in docs:
        out = dict(doc, fields=fix(doc["fields"]))
        out["parent"] = paths.get(doc["parent"], doc["parent"])
        out["attachments"] = [dict(a, data=fetch(site, doc["uid"], a))
                              for a in doc["attachments"]]
        if doc.get("site"):
            out = dict((k, out[k]) for k in (
                "type", "path", "site", "fields", "attachments"))
            out["uid"] = doc["path"]
        yield out


def fetch(site, uid, attachment):
    data = b""
    while len(data) < attachment["size"]:
        answer = site.push("blob", uid=uid, field=attachment["field"],
                           offset=len(data), length=4194304)
        data += base64.b64decode(answer["data"])
    return base64.b64encode(data).decode("ascii")


def parents_first(docs):
    uids = set(d["uid"] for d in docs)
    done, out = set(), []
    while len(out) < len(docs):
        for doc in docs:
            if doc["uid"] not in done and (
                    doc["parent"] not in uids or doc["parent"] in done):
                done.add(doc["uid"])
                out.append(doc)
    return out


def bring(site, docs, **more):
    results = []
    started = time.time()
    for at in range(0, len(docs), BATCH):
        results += site.bring(*docs[at:at + BATCH], **more)
    return results, time.time() - started


def rate(what, number, seconds):
    print("  %-28s %6d objects %8.1f /s" % (
        what, number, number / max(seconds, 1e-6)))


def run(t, source, there):
    uids, seconds = source.walk("list", "uids", limit=5000)
    rate("list", len(uids), seconds)
    docs, seconds = source.walk("read", "items", limit=200)
    rate("read", len(docs), seconds)
    t.ok(all("fields" in d for d in docs), "every object can be read",
         [d for d in docs if "fields" not in d])
    docs = [d for d in docs if "fields" in d]
    sent = list(prepare(source, docs))
    places = [d for d in sent if d.get("site")]
    objects = parents_first([d for d in sent if not d.get("site")])
    results, seconds = bring(there, places, counters=True)
    rate("import of site objects", len(places), seconds)
    t.ok(all(r["result"] in ("same", "updated") for r in results),
         "site objects", Counter(r["message"] for r in results))
    results, seconds = bring(there, objects, counters=True)
    rate("import of new objects", len(objects), seconds)
    t.same(Counter(r["result"] for r in results),
           Counter(created=len(objects)), "every object is created")
    for result in results:
        if result["message"]:
            print("  %s: %s" % (result["uid"], result["message"]))
    results, seconds = bring(there, objects, counters=True)
    rate("import of the same again", len(objects), seconds)
    t.same(Counter(r["result"] for r in results),
           Counter(same=len(objects)), "the same again")
    compare(t, source, there, sent, objects)
    life(t, source, there)


def compare(t, source, there, sent, objects):
    found, seconds = there.walk("read", "items", limit=200)
    rate("read at the destination", len(found), seconds)
    arrived = dict((d["uid"], d) for d in prepare(there, found))
    fields, differences = 0, Counter()
    for doc in objects:
        other = arrived.get(doc["uid"])
        if not t.ok(other is not None, "arrived", doc["path"]):
            continue
        names = set(doc["fields"]) | set(other["fields"])
        fields += len(names)
        for name in names:
            if not equal(doc["fields"], other["fields"], name):
                differences["%s.%s" % (doc["type"], name)] += 1
                print("  DIFFERS %s %s: %r, %r" % (
                    doc["path"], name, doc["fields"].get(name),
                    other["fields"].get(name)))
        for name in set(doc) | set(other):
            if name != "fields" and not equal(doc, other, name):
                differences["%s %s" % (doc["type"], name)] += 1
                print("  DIFFERS %s %s: %.300r, %.300r" % (
                    doc["path"], name, doc.get(name), other.get(name)))
    print("  compared: %d objects, %d fields, %d differences" % (
        len(objects), fields, sum(differences.values())))
    t.same(differences, Counter(), "nothing differs")
    for doc in sent:
        if doc.get("site") and doc["fields"]:
            other = arrived[doc["uid"]]["fields"]
            wrong = [n for n in doc["fields"]
                     if not equal(doc["fields"], other, n)]
            t.same(wrong, [], "settings of " + doc["path"])


def equal(a, b, name):
    return name in a and name in b and json.dumps(
        a[name], sort_keys=True) == json.dumps(b[name], sort_keys=True)


def life(t, source, there):
    """The laboratory goes on at the destination."""
    from live_companion import samples_of
    from live_companion import through
    before = dict((u[2], u[0]) for u in there.push(
        "list", limit=5000)["uids"])
    t.same(through(there, source.pending_sample), "published",
           "an imported sample goes its way")
    client, contact, samples = samples_of(there)
    made = there.read(client, contact, *samples)
    t.same(len(made), 5, "a new client with samples")
    t.ok(not set(d["path"] for d in made.values()) & set(before),
         "fresh ids", [d["path"] for d in made.values()])
    ids = [d["id"] for d in made.values()]
    t.ok(all(len(i) < 20 for i in ids), "ids of the id server", ids)
    t.same(through(there, samples[0]), "published", "a new sample too")
