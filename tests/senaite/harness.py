"""A server of one's own for a test, and a client of it."""

import base64
import http.client
import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
V1 = "/senaite/@@API/senaite/v1/"


class Server:
    """A server of its own, and a client of it."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "server.py")] + list(options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().split()[1])

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(10)

    def ask(self, method, path, body=None, user="admin", headers=()):
        """(status, headers, bytes)"""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        given = {"Accept": "application/json"}
        if user:
            pair = user if ":" in user else "%s:%s" % (user, user)
            given["Authorization"] = "Basic " + base64.b64encode(
                pair.encode()).decode()
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            given["Content-Type"] = "application/json"
        given.update(headers)
        try:
            link.request(method, path, body, given)
            answer = link.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            link.close()

    def call(self, method, path, body=None, user="admin"):
        """(status, value) of an answer in JSON."""
        status, _, data = self.ask(method, path, body, user)
        return status, json.loads(data) if data else None

    def get(self, path, user="admin"):
        return self.call("GET", V1 + path, None, user)

    def post(self, path, body, user="admin"):
        return self.call("POST", V1 + path, body, user)

    def update(self, uid, user="admin", **fields):
        return self.post("update", dict(fields, uid=uid), user)

    def push(self, name, user="admin", **record):
        status, value = self.post(
            "push", dict(record, consumer="satchel." + name), user)
        return value["success"] if status == 200 else value

    def lab(self, **operation):
        status, value = self.call("POST", "/_lab", operation)
        if status != 200:
            raise AssertionError(value)
        return value[0]

    def exact(self, uid):
        return self.call("GET", "/_lab?uid=" + uid)[1]

    def control(self, **rule):
        status, value = self.call("POST", "/_control", rule)
        if status != 200:
            raise AssertionError(value)

    def all(self, **want):
        """The documents of the lab with these members."""
        return [d for d in self.call("GET", "/_lab")[1]["objects"]
                if all(d[k] == v for k, v in want.items())]

    def first(self, **want):
        return self.all(**want)[0]


class Case(unittest.TestCase):
    options = ("--companion",)

    @classmethod
    def setUpClass(cls):
        cls.s = Server(*cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.s.stop()

    def fails(self, answer, status, text):
        """An error in the API's own envelope."""
        self.assertEqual(answer[0], status, answer)
        self.assertIs(answer[1]["success"], False)
        self.assertIn(text, answer[1]["message"])

    def fresh(self, to="sample_received", services=("Ca", "Cu"), **more):
        return self.s.lab(op="sample", client="/clients/client-1",
                          sample_type="H2O", services=list(services), to=to,
                          **more)

    def analyses(self, sample):
        return [d for d in self.s.all(type="Analysis")
                if d["parent"] == sample["uid"]]
