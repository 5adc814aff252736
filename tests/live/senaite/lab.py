"""A SENAITE as a person and a measuring program use it: over its API."""
import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request

API = "/@@API/senaite/v1/"


class Refused(Exception):
    pass


class Lab:
    """One user at one instance."""

    def __init__(self, url, user="admin", password="admin"):
        self.url = url
        self.auth = "Basic " + base64.b64encode(
            ("%s:%s" % (user, password)).encode()).decode()
        self.requests = 0

    def as_user(self, name):
        return Lab(self.url, name, "Lab-%s-1" % name)

    def call(self, path, body=None, method=None, accept="application/json"):
        self.requests += 1
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.auth, "Accept": accept,
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=900) as answer:
                data = answer.read()
        except urllib.error.HTTPError as e:
            raise Refused("%s %s: %d %s" % (
                method or "", path, e.code, e.read()[:300]))
        if accept != "application/json":
            return data
        value = json.loads(data or b"null")
        if isinstance(value, dict) and value.get("success") is False:
            raise Refused("%s: %s" % (path, value.get("message")))
        return value

    def get(self, path):
        return self.call(API + path)

    def post(self, path, **body):
        return self.call(API + path, body)

    def push(self, consumer, **body):
        value = self.post("push", consumer="satchel." + consumer,
                          **body)["success"]
        if not value["ok"]:
            raise Refused("%s: %s" % (consumer, value))
        return value

    def one_at_a_time(self, uids):
        """Seconds that one GET an object takes, the way of senaite.sync."""
        start = time.time()
        for uid in uids:
            try:
                self.get(uid + "?complete=yes&workflow=yes")
            except Refused:
                pass                     # SENAITE cannot show its Setup
        return time.time() - start

    # --- what a lab does ---------------------------------------------------

    def items(self, query):
        return self.get("search?limit=5000&" + query)["items"]

    def of_type(self, name):
        return self.items("portal_type=" + name)

    def item(self, uid):
        found = self.get("search?complete=yes&workflow=yes&UID=" + uid)
        return found["items"][0]

    def create(self, resource, container, **fields):
        return self.post("%s/create/%s" % (resource, container),
                         **fields)["items"][0]["uid"]

    def update(self, uid, **fields):
        return self.post("update", uid=uid, **fields)

    def transition(self, uid, name):
        return self.post("update", uid=uid, transition=name)

    def state(self, uid):
        return self.item(uid)["workflow_info"][0]["review_state"]

    def analyses(self, sample):
        path = urllib.parse.quote(self.item(sample)["path"])
        return self.items("portal_type=Analysis&depth=1&path=" + path)

    def attach(self, uid, container, name, data, **fields):
        made = self.create("Attachment", container, filename=name,
                           AttachmentFile=base64.b64encode(data).decode(),
                           **fields)
        if uid:
            self.update(uid, Attachment=[made])
        return made

    def documents(self):
        """Every object, exactly, by uid (needs the companion)."""
        found, after = {}, ""
        while after is not None:
            answer = self.push("read", after=after, limit=200)
            for item in answer["items"]:
                found[item["uid"]] = item
            for item in answer["failed"]:
                found[item["uid"]] = {"failed": item["error"],
                                      "type": item["type"],
                                      "path": item["path"]}
            after = answer["next"]
        return found


def build(url):
    """Samples in every state, by several people, with files: about forty
    samples and their analyses on top of the demonstration set-up."""
    admin = Lab(url)
    labman, verifier = admin.as_user("labman"), admin.as_user("verifier")
    kinds = [i["uid"] for i in admin.of_type("SampleType")]
    services = [i["uid"] for i in admin.items(
        "portal_type=AnalysisService&complete=yes&review_state=active")
        if not i.get("Calculation")]
    clients = {i["uid"]: i["path"] for i in admin.of_type("Client")}
    contacts = [(i["uid"], i["parent_uid"]) for i in admin.of_type("Contact")]
    samples = []
    for number in range(36):
        contact, client = contacts[number % len(contacts)]
        chosen = [services[(number * 3 + k) % len(services)]
                  for k in range(2 + number % 4)]
        samples.append(labman.create(
            "AnalysisRequest", client, Contact=contact,
            SampleType=kinds[number % len(kinds)], Analyses=chosen,
            DateSampled="2026-10-%02dT09:%02d:00+02:00" % (
                number % 28 + 1, number),
            ClientReference="Réf № %d – «ж»" % number,
            ClientSampleID="CS-%03d" % number))
    made = {"samples": samples, "clients": clients, "contacts": contacts,
            "services": services, "types": kinds}
    for number, sample in enumerate(samples):
        age = number % 9
        if age == 0:
            continue                             # due
        labman.transition(sample, "receive")
        if age == 1:
            continue                             # received
        if age == 2:
            labman.transition(sample, "cancel")
            continue
        for k, analysis in enumerate(labman.analyses(sample)):
            labman.update(analysis["uid"], Result=str(number + k * 0.5),
                          transition="submit")
        if age == 3:
            continue                             # to be verified
        for analysis in labman.analyses(sample):
            verifier.transition(analysis["uid"], "verify")
        if age in (4, 5):
            continue                             # verified
        if admin.state(sample) == "verified":
            verifier.transition(sample, "publish")
    for number in (1, 10, 19):
        client = admin.item(samples[number])["parent_uid"]
        labman.attach(samples[number], client, "run %d – é.csv" % number,
                      ("a;b\r\n%d;2\r\n" % number * 40).encode(),
                      AttachmentKeys="key-%d" % number)
    return made
