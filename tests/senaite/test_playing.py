"""Faults, the screen, and how the server starts."""

import http.client
import json
import tempfile
import unittest

from harness import V1, Case, Server


class Playing(Case):
    def test_cuts(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.control(path="/update", do="cut-before")
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.s.update(uid, Fax="not")
        self.assertNotEqual(self.s.exact(uid)["fields"]["Fax"], "not")
        self.s.control(path="/update", do="cut-after")
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.s.update(uid, Fax="done")
        self.assertEqual(self.s.exact(uid)["fields"]["Fax"], "done")
        self.s.control(path="/client", do="short")
        with self.assertRaises(http.client.IncompleteRead):
            self.s.get("client")
        self.assertEqual(self.s.get("client")[0], 200)

    def test_statuses(self):
        self.s.control(path="/client", do="status", code=503, retry=7,
                       times=2)
        for _ in range(2):
            status, headers, _ = self.s.ask("GET", V1 + "client")
            self.assertEqual((status, headers["Retry-After"]), (503, "7"))
        self.assertEqual(self.s.get("client")[0], 200)
        self.s.control(path="/client", do="redirect",
                       location="http://other.example/x")
        self.assertEqual(self.s.ask("GET", V1 + "client")[0], 302)
        self.s.control(path="/client", do="login-page")
        self.assertIn(b"<form", self.s.ask("GET", V1 + "client")[2])
        self.s.control(path="/client", do="failure", message="conflict")
        self.fails(self.s.get("client"), 200, "conflict")

    def test_skip_method_and_body(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.control(path="/update", method="POST", body='"Fax": "b"',
                       skip=1, do="status", code=500, carry=True)
        self.assertEqual(self.s.update(uid, Fax="a")[0], 200)
        self.assertEqual(self.s.update(uid, Fax="b")[0], 200)
        self.assertEqual(self.s.ask("POST", V1 + "update", {
            "uid": uid, "Fax": "b"})[0], 500)
        self.assertEqual(self.s.exact(uid)["fields"]["Fax"], "b")

    def test_wrong_echo(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.control(path="/update", do="echo", field="Fax", value="wrong")
        item = self.s.update(uid, Fax="right")[1]["items"][0]
        self.assertEqual(item["Fax"], "wrong")
        self.assertEqual(self.s.exact(uid)["fields"]["Fax"], "right")
        self.s.control(path="/update", do="alter", field="Fax", value="bent")
        item = self.s.update(uid, Fax="straight")[1]["items"][0]
        self.assertEqual(item["Fax"], "bent")
        self.s.control(path="/update", do="echo", field="Fax", drop=True)
        self.assertNotIn("Fax", self.s.update(uid, Fax="x")[1]["items"][0])
        self.s.control(path="/update", do="alter", field="Phone", round=1)
        item = self.s.update(uid, Phone="1.25")[1]["items"][0]
        self.assertEqual(item["Phone"], "1.2")

    def test_bad_bodies(self):
        for do, check in (
                ("duplicate", lambda b: b.count(b'"count"') == 2),
                ("bad-utf8", lambda b: b"\xff" in b),
                ("not-json", lambda b: b.startswith(b"{'")),
                ("deep", lambda b: b.count(b"[") == 5000)):
            self.s.control(path="/client", do=do)
            data = self.s.ask("GET", V1 + "client")[2]
            self.assertTrue(check(data), do)
        self.s.control(path="/client", do="huge", bytes=1 << 20)
        self.assertGreater(len(self.s.ask("GET", V1 + "client")[2]), 1 << 20)

    def test_pages_gone_wrong(self):
        first = self.s.get("contact?limit=2")[1]["items"]
        self.s.control(path="b_start=2", do="repeat-page")
        self.assertEqual(self.s.get("contact?limit=2&b_start=2")[1]["items"],
                         first)
        self.s.control(path="/contact", do="drop-item")
        self.assertEqual(len(self.s.get("contact?limit=2")[1]["items"]), 1)
        self.s.control(path="/contact", do="null-item")
        self.assertEqual(self.s.get("contact?limit=2")[1]["items"][1], None)

    def test_slow_and_chunked(self):
        plain = self.s.get("contact")[1]["items"]
        for rule in ({"do": "trickle", "seconds": 0.01}, {"do": "chunked"},
                     {"do": "close"}, {"do": "stall", "seconds": 0.05}):
            self.s.control(path="/contact", **rule)
            self.assertEqual(self.s.get("contact")[1]["items"], plain)

    def test_meanwhile(self):
        uid = self.s.first(type="Client")["uid"]
        self.s.control(path="/" + uid, do="lab", lab={
            "op": "edit", "uid": uid, "fields": {"Fax": "meanwhile"}})
        self.assertEqual(self.s.get(uid)[1]["Fax"], "meanwhile")

    def test_log_and_clear(self):
        self.s.call("DELETE", "/_log")
        self.s.get("version")
        self.s.get("f" * 32)
        self.s.get("f" * 32)
        log = self.s.call("GET", "/_log")[1]
        self.assertEqual(log["counts"]["GET %sUID" % V1], 2)
        self.assertEqual([r["status"] for r in log["requests"]],
                         [200, 404, 404])
        self.s.control(path="x", do="cut-before", times=0)
        self.s.control(do="clear")
        self.assertEqual(self.s.call("GET", "/_control")[1]["rules"], [])

    def test_mistakes_are_told(self):
        self.assertEqual(self.s.call("POST", "/_control",
                                     {"do": "nosuch"})[0], 400)
        self.assertEqual(self.s.call("POST", "/_lab",
                                     {"op": "delete", "path": "/x"})[0], 400)

    def test_clock_and_zone(self):
        self.s.lab(op="clock", seconds=86400)
        self.s.lab(op="zone", minutes=120)
        sample = self.fresh("sample_due")
        self.assertEqual(sample["history"][-1]["zone"], "GMT+2")
        self.assertTrue(self.s.get(sample["uid"])[1]["created"].endswith(
            "+02:00"))
        self.s.lab(op="zone", minutes=0)


class Starting(unittest.TestCase):
    def test_seeds_and_sizes(self):
        servers = [Server("--seed", "5"), Server("--seed", "5"),
                   Server("--seed", "6"), Server("--objects", "1500")]
        one, same, other, big = [s.all() for s in servers]
        for server in servers:
            self.assertEqual(server.stop(), 0)
        self.assertEqual([d["uid"] for d in one], [d["uid"] for d in same])
        self.assertFalse({d["uid"] for d in one} & {d["uid"] for d in other})
        self.assertGreaterEqual(len(big), 1500)
        self.assertEqual([d["path"] for d in sorted(
            one, key=lambda d: d["path"])], [d["path"] for d in sorted(
                other, key=lambda d: d["path"])])

    def test_empty(self):
        server = Server("--empty", "--site", "other")
        try:
            self.assertEqual({d.get("site") for d in server.all()}, {True})
            self.assertEqual(server.call(
                "GET", "/other/@@API/senaite/v1/version")[0], 200)
            self.assertEqual(server.ask("GET", V1 + "version")[0], 404)
        finally:
            server.stop()

    def test_load(self):
        server = Server()
        docs = server.all()
        server.stop()
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            for doc in docs:
                doc["attachments"] = []
                file.write(json.dumps(doc) + "\n")
            file.flush()
            server = Server("--load", file.name)
            again = server.all()
            server.stop()
        self.assertEqual(again, docs)
