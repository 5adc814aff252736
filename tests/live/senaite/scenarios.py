"""What the live run does, in order; see run.py."""
import os
import subprocess
import tempfile
import time

from compare import TOP, compare
from lab import Lab, Refused, build
from run import Failure, Site, say

# An attachment bigger than one part of an upload.
BIG = bytes(range(256)) * 40000                  # 10 MB


def seconds(f, *args, **kw):
    start = time.time()
    value = f(*args, **kw)
    return time.time() - start, value


def figures(document, key):
    return ", ".join("%s %s" % (v, k) for k, v in document[key].items()
                     if isinstance(v, int) and not isinstance(v, bool) and v
                     and not k.endswith("_us"))


class Companion:
    """Both sides have the companion: everything travels."""

    def __init__(self, run):
        self.run = run

    def migrate(self):
        run = self.run
        self.ia = run.instance("a", "demo", True)
        self.ib = run.instance("b", "empty", True)
        say("making samples at a")
        self.made = build(self.ia.url)
        admin = Lab(self.ia.url)
        client = next(iter(self.made["clients"]))
        admin.attach(None, client, "scan.bin", BIG)
        analysis = admin.analyses(self.made["samples"][4])[0]["uid"]
        self.link(admin, analysis, client)
        self.a = Site(run, "lab-a", self.ia)
        self.b = Site(run, "lab-b", self.ib)
        admin.push("import", objects=[{
            "uid": "/users/nurse", "path": "/users/nurse", "type": "User",
            "title": "Night Nurse", "fields": {
                "email": "nurse@lab.example", "groups": [],
                "roles": ["LabClerk"]}}])
        self.a.init(own="yes")
        self.b.init()
        for site in (self.a, self.b):
            doctor = site.satchel("doctor", ok=(0,))
            run.expect("doctor %s" % site.name, doctor["exit"] == 0,
                       "mode companion" if "companion" in str(doctor)
                       else "plain?")
        self.a.knows(self.b)
        self.b.knows(self.a)
        self.b.takes_settings_of(self.a)

        took, document = seconds(self.a.satchel, "notice")
        self.full = took
        count = document["notice"]["read"]
        self.count = count
        run.expect("full notice, companion", count > 400, "%s in %.1f s: "
                   "%.0f objects/s" % (figures(document, "notice"), took,
                                       count / took))
        carried = self.a.carry(self.b)
        projected = self.b.satchel("project")["project"]
        run.expect("migration of the whole instance", True,
                   "export %.1f s, import and projection %.1f s" % (
                       carried["export_s"], carried["import_s"]))
        run.expect("projection left nothing",
                   not projected.get("refused") and
                   not projected.get("waiting"), str(projected))
        names = {u["username"]: u for u in Lab(self.ib.url).get("users")[
            "items"]}
        run.expect("users travel, without passwords",
                   "LabClerk" in names.get("nurse", {}).get("roles", []),
                   str(names.get("nurse", {}).get("fullname")))
        self.check("companion: migration")

        # From here on both number alike: what people see gets a prefix.
        # Clients get theirs in `refused`.
        self.prefixes("AnalysisRequest,Attachment,Batch")

    def prefixes(self, types):
        self.a.satchel("peer", "set", "lab-b", "remote-prefix=B-",
                       "prefix-types=" + types)
        self.b.satchel("peer", "set", "lab-a", "remote-prefix=A-",
                       "prefix-types=" + types)

    def link(self, admin, analysis, client):
        """An attachment of an analysis: only a program may link it."""
        made = admin.attach(None, client, "chromatogram.pdf",
                            b"%PDF-1.4 fictitious\n" * 50)
        admin.push("import", objects=[{
            "uid": analysis, "type": "Analysis", "fields": {
                "Attachment": [{"uid": made}]}}])

    def check(self, what, **kw):
        return self.run.same(what, Lab(self.ia.url).documents(),
                             Lab(self.ib.url).documents(),
                             allowed=(("AnalysisRequest", "id"),
                                      ("Attachment", "id"), ("Client", "id"),
                                      ("AnalysisRequest", "title"),
                                      ("Attachment", "title")), **kw)

    def exchange(self, ok=(0,)):
        self.a.carry(self.b, ok=ok)
        self.b.carry(self.a, ok=ok)
        self.a.carry(self.b, ok=ok)

    def goes_on(self):
        """Life at the other side: next ids, verify, publish."""
        lab = Lab(self.ib.url)
        labman, verifier = lab.as_user("labman"), lab.as_user("verifier")
        clients = {i["uid"] for i in lab.of_type("Client")}
        folder = lab.item(next(iter(clients)))["parent_uid"]
        made = labman.create("Client", folder, title="Next", Name="Next",
                             ClientID="NEXT")
        client_id = lab.item(made)["id"]
        contact, owner = self.made["contacts"][0]
        sample = labman.create(
            "AnalysisRequest", owner, Contact=contact,
            SampleType=self.made["types"][0],
            Analyses=self.made["services"][:2], DateSampled="2026-11-01")
        sample_id = lab.item(sample)["id"]
        received = self.made["samples"][1]
        for analysis in labman.analyses(received):
            labman.update(analysis["uid"], Result="7", transition="submit")
        for analysis in lab.analyses(received):
            verifier.transition(analysis["uid"], "verify")
        verifier.transition(received, "publish")
        self.run.expect("life goes on at b", lab.state(received) ==
                        "published", "new client %s, new sample %s, an "
                        "imported sample submitted, verified, published" % (
                            client_id, sample_id))

    def both_ways(self):
        """Edits, transitions and their cascades, files, a retest, an
        invalidated sample, deletions, at both sides."""
        a, b = Lab(self.ia.url), Lab(self.ib.url)
        samples = self.made["samples"]
        client = list(self.made["clients"])[1]
        a.update(client, Phone="+00 1 23", BulkDiscount=False)
        a.as_user("labman").transition(samples[0], "receive")
        a.as_user("verifier").transition(samples[4], "publish")
        other = list(self.made["clients"])[2]
        b.update(other, Fax="+00 9 87", TaxNumber="")
        b.as_user("labman").attach(samples[10], b.item(samples[10])[
            "parent_uid"], "late.csv", b"x;y\r\n" * 9)
        b.as_user("verifier").transition(samples[6], "invalidate")
        pending = b.analyses(samples[3])[0]["uid"]
        b.as_user("verifier").transition(pending, "retest")
        gone = a.as_user("labman").attach(None, client, "wrong.csv", b"no")
        self.exchange()
        self.check("companion: edits both ways, retest, invalidation")
        a.call("/@@API/remove?UID=" + gone)
        self.exchange()
        here = {i["uid"] for i in a.of_type("Attachment")}
        there = {i["uid"] for i in b.of_type("Attachment")}
        self.run.expect("a deletion travels", gone not in here and
                        gone not in there and here == there, "%d attachments at both" % len(here))
        self.check("companion: after the deletion")

    def conflict(self):
        a, b = Lab(self.ia.url), Lab(self.ib.url)
        client = list(self.made["clients"])[3]
        a.update(client, AccountNumber="11")
        b.update(client, AccountNumber="22")
        self.exchange(ok=(0, 11))
        listed = self.b.satchel("conflicts", "list")["conflicts"]
        self.run.expect("a clash is listed, nothing lost",
                        [c["uid"] for c in listed] == [client] and
                        listed[0]["kind"] == "clash", str(listed))
        self.b.satchel("conflicts", "resolve", client, "--take", "lab-a",
                       "--reason", "read from the contract")
        self.b.satchel("project")
        self.exchange()
        values = [lab.item(client)["AccountNumber"] for lab in (a, b)]
        self.run.expect("decided at b, the same at both",
                        values == ["11", "11"], str(values))

    def refused(self):
        """Both sides make a client of the same id: one is refused at each,
        until prefixes are set."""
        made = {}
        for lab, name in ((Lab(self.ia.url), "Twin A"),
                          (Lab(self.ib.url), "Twin B")):
            folder = lab.item(lab.of_type("Client")[0]["uid"])["parent_uid"]
            for _ in range(3):
                uid = lab.create("Client", folder, title=name, Name=name,
                                 ClientID=name.replace(" ", ""))
            made[name] = uid
        self.a.carry(self.b, ok=(0, 12))
        said = self.b.satchel("status", "--refused", ok=(0,))
        self.run.expect("an id that is taken is refused and listed",
                        "Client" in str(said.get("refused")),
                        str(said.get("refused"))[:160])
        self.prefixes("AnalysisRequest,Attachment,Batch,Client")
        self.b.satchel("project")
        self.exchange()
        ids = (Lab(self.ia.url).item(made["Twin B"])["id"],
               Lab(self.ib.url).item(made["Twin A"])["id"])
        self.run.expect("recovered with a prefix", ids[0].startswith("B-") and
                        ids[1].startswith("A-"), "%s at a, %s at b" % ids)
        # The prefixed id is of the instance; the record keeps its own.
        digests = [s.status()["digest"] for s in (self.a, self.b)]
        self.run.expect("both stores agree", digests[0] == digests[1],
                        digests[0][:16])

    def read_only(self):
        """Methods handled centrally: read-only at b."""
        self.b.satchel("peer", "set", "lab-a", "read-only=Method")
        a, b = Lab(self.ia.url), Lab(self.ib.url)
        method = a.of_type("Method")[0]["uid"]
        a.update(method, description="Handled centrally")
        self.exchange()
        said = "allowed"
        try:
            b.as_user("labman").update(method, description="Changed here")
        except Refused as e:
            said = str(e)[-120:]
        a.update(method, description="Handled centrally, again")
        self.exchange()
        value = b.item(method)["description"]
        self.run.expect("a read-only type is not editable at b", said !=
                        "allowed" and value == "Handled centrally, again",
                        "an edit there: %s; then %r" % (said, value))

    def nightly(self):
        """A night with 1 % changed, against reading one object at a time."""
        lab = Lab(self.ia.url)
        uids = [u for u, _, _ in lab.push("list", after="", limit=5000)[
            "uids"]]
        sample = uids[::max(1, len(uids) // 100)]
        pattern = lab.one_at_a_time(sample) / len(sample) * len(uids)
        took, document = seconds(self.a.satchel, "notice", "--full")
        self.run.expect("full notice against one GET an object",
                        pattern / took >= 8, "%.1f s for %d objects, %.1f s "
                        "by the other pattern: %.1fx (goal 8)" % (
                            took, len(uids), pattern, pattern / took))
        changed = [c for c, _ in self.made["contacts"]][:max(
            1, len(uids) // 100)]
        for uid in changed:
            lab.update(uid, JobTitle="N-%d" % time.time())
        took, document = seconds(self.a.satchel, "notice")
        self.run.expect("a night with 1 % changed", pattern / took >= 50 and
                        document["notice"]["changed"] >= len(changed),
                        "%.2f s: %.0fx (goal 50); %s" % (
                            took, pattern / took, figures(document,
                                                          "notice")))


class Killed:
    """A projection is killed; the next one goes on."""

    def __init__(self, run, companion):
        self.run = run
        self.companion = companion

    def go(self):
        run = self.run
        target = run.instance("c", "third", True)
        site = Site(run, "lab-c", target)
        site.init()
        site.knows(self.companion.a)
        site.takes_settings_of(self.companion.a)

        # What was born at b comes by way of a, and is called here as there.
        site.knows(self.companion.b)
        site.satchel("peer", "set", "lab-b", "remote-prefix=B-",
                     "prefix-types=AnalysisRequest,Attachment,Client")
        self.companion.a.knows(site)
        stick = tempfile.mkdtemp(dir=run.folder)
        self.companion.a.satchel("notice", "--full")
        self.companion.a.satchel("export", "--to", "lab-c", "--out", stick)
        site.satchel("import", stick, "--no-mirror")
        env = dict(os.environ, XDG_STATE_HOME=run.folder + "/state")
        kills = 0
        for pause in (4, 7, 11):
            process = subprocess.Popen(
                [run.program, "project", "--home", site.home],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
            time.sleep(pause)
            kills += process.poll() is None
            process.kill()
            process.wait()
        took, document = seconds(site.satchel, "project")
        project = document["project"]
        created = sum(1 for d in Lab(target.url).documents().values()
                      if not d.get("site"))
        total = project["self_us"] + project["wait_us"]
        run.expect("projection killed %d times, then resumed" % kills,
                   kills > 0 and not project["refused"],
                   "%s; %d objects there; the server's time %.1f %%" % (
                       figures(document, "project"), created,
                       100.0 * project["wait_us"] / max(1, total)))
        run.expect("projection at the speed of the server",
                   project["wait_us"] > 0.9 * total, "%.1f %% of %.1f s" % (
                       100.0 * project["wait_us"] / max(1, total), took))
        run.same("killed projection: equal all the same",
                 Lab(self.companion.ia.url).documents(),
                 Lab(target.url).documents(), allowed=(("Client", "id"),))
        target.stop()
        run.instances.remove(target)


class Plain:
    """No companion at one side or at both."""

    def __init__(self, run, companion):
        self.run = run
        self.companion = companion

    def half(self):
        """From a source with the companion to one without, and back."""
        run = self.run
        target = run.instance("d", "third", False)
        source = self.companion.ia
        site = Site(run, "lab-d", target)
        site.init()
        site.knows(self.companion.a)
        self.companion.a.knows(site)
        carried = self.companion.a.carry(site, ok=(0, 11, 12))
        status = site.satchel("status", "--refused")
        self.report("half: to a server without the companion", source, target,
                    site, status)
        # Back: an edit there, of something that is held.
        lab = Lab(target.url)
        client = [c for c in lab.of_type("Client")
                  if c["title"] == "Happy Hills"][0]["uid"]
        lab.update(client, Phone="+00 4 56")
        site.carry(self.companion.a, ok=(0, 11, 12))
        held = [c for c in Lab(source.url).of_type("Client")
                if Lab(source.url).item(c["uid"])["Phone"] == "+00 4 56"]
        run.expect("half: an edit there comes back, and nothing else",
                   len(held) == 1, "%d client changed" % len(held))
        self.target = target

    def report(self, what, source, target, site, status):
        """What is held, by type, as counted at the destination."""
        here = Lab(source.url).items("catalog=uid_catalog&UID.query:record=0"
                                     "&UID.range:record=min")
        there = Lab(target.url).items("catalog=uid_catalog&UID.query:record="
                                      "0&UID.range:record=min")
        counts = {}
        for items, k in ((here, 0), (there, 1)):
            for item in items:
                counts.setdefault(item["portal_type"], [0, 0])[k] += 1
        lost = {t: c for t, c in counts.items() if c[1] < c[0]}
        total = sum(c[0] for c in counts.values())
        kept = sum(min(c) for c in counts.values())
        self.run.expect(what, kept > total * 0.5, "%d of %d objects are "
                        "there; fewer: %s" % (kept, total, ", ".join(
                            "%s %d/%d" % (t, c[1], c[0])
                            for t, c in sorted(lost.items()))))
        say("    refused, by type and reason: %s" % str(
            status.get("refused"))[:1500])

    def plain_source(self):
        """A source where nobody may install anything, to the companion."""
        run = self.run
        source = self.companion.ia
        exact = Lab(source.url).documents()
        source.stop()
        source.companion = False
        source.start()
        target = run.instance("e", "empty", True)
        one = Site(run, "lab-p", source)
        two = Site(run, "lab-e", target)
        one.init(companion="no", own="yes")
        two.init()
        one.knows(two)
        two.knows(one)
        lab = Lab(source.url)
        uids = list(exact)
        sample = [u for u in uids[::max(1, len(uids) // 100)]]
        pattern = lab.one_at_a_time(sample) / len(sample) * len(uids)
        took, document = seconds(one.satchel, "notice")
        run.expect("full notice, plain", pattern / took >= 1.2,
                   "%s in %.1f s; by one GET an object %.1f s: %.2fx "
                   "(goal 1.2)" % (figures(document, "notice"), took,
                                   pattern, pattern / took))
        again, document = seconds(one.satchel, "notice")
        run.expect("plain notice again: nothing changed",
                   not document["notice"]["changed"] and
                   not document["notice"]["created"], figures(document,
                                                              "notice"))
        one.carry(two, ok=(0, 11, 12))
        found = compare(exact, Lab(target.url).documents(), coarse=True)
        own = {k: n for k, n in found.differ.items()
               if not k[1].startswith("senaite.")}

        # An object without a title is shown by its id.
        top = [k for k in own if (k[1] in TOP and k[1] != "title") or
               k[1].startswith("attachment")]
        run.expect("plain source to a companion", not top and
                   not found.missing and not found.extra and
                   sum(own.values()) < found.fields / 50,
                   "%d objects; states, histories, dates to the second, ids, "
                   "files equal; of %d values %d differ, and all markers and "
                   "roles: %s" % (
                       found.objects, found.fields, sum(own.values()),
                       ", ".join("%s %s (%d)" % (k[0], k[1], n)
                                 for k, n in sorted(own.items(),
                                                    key=lambda x: -x[1])[:8])))
        for key in top:
            say("    %s %s: %r" % (key[0], key[1],
                                   found.examples[key]))
        target.stop()
        run.instances.remove(target)
        self.one, self.source = one, source

    def plain_both(self):
        run = self.run
        target = run.instance("f", "empty", False)
        two = Site(run, "lab-f", target)
        two.init(companion="no")
        two.knows(self.one)
        self.one.knows(two)
        self.one.carry(two, ok=(0, 11, 12))
        self.report("plain to plain", self.source, target, two,
                    two.satchel("status", "--refused"))
        document = two.satchel("project", ok=(0, 12))
        again = Lab(target.url)
        count = len(again.of_type("AnalysisRequest"))
        run.expect("plain: no sample is made twice",
                   count <= len(Lab(self.source.url).of_type(
                       "AnalysisRequest")), "%d samples; again: %s" % (
                           count, figures(document, "project")))


def all(run):
    companion = Companion(run)
    if not run.scenario("companion: migration", companion.migrate):
        return
    for name, step in (("companion: life goes on", companion.goes_on),
                       ("companion: both ways", companion.both_ways),
                       ("companion: conflict", companion.conflict),
                       ("companion: refused", companion.refused),
                       ("companion: read-only", companion.read_only),
                       ("companion: nightly", companion.nightly)):
        run.scenario(name, step)
    companion.ib.stop()
    run.scenario("companion: killed projection", Killed(run, companion).go)
    plain = Plain(run, companion)
    run.scenario("half mode", plain.half)
    run.scenario("plain source", plain.plain_source)
    run.scenario("plain both", plain.plain_both)
    run.expect("memory of satchel", Site.peak < 64 * 1024,
               "peak %.1f MiB over all runs" % (Site.peak / 1024.0))
