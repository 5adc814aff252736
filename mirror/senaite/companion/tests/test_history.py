# -*- coding: utf-8 -*-

import unittest

import here  # noqa: F401
from satchel.companion import history
from satchel.companion import values
from satchel.companion.values import Unfit

START = values.moment("2026-11-21T01:00:00Z")


def at(seconds, zone=None):
    return START + seconds * 1000000, zone


def stamp(time):
    return time or (None, None)


def date(micros, zone):
    return micros, zone


def entry(state, time, **more):
    return dict(more, review_state=state, action=more.get("action"),
                actor="labman", comments="", time=time)


def chains():
    return [
        ("sample", "review_state", (
            entry("registered", at(0)),
            entry("due", at(5.25, "GMT+1"), action="no_sampling", extra=7),
            entry("received", at(90)))),
        ("cancel", "cancellation_state", (
            {"cancellation_state": "active", "action": None,
             "actor": "admin", "comments": "x", "time": at(3)}, )),
    ]


NAMES = {"sample": "review_state", "cancel": "cancellation_state"}


class History(unittest.TestCase):

    def test_one_list_oldest_first(self):
        out = history.flatten(chains(), stamp)
        self.assertEqual([e["state"] for e in out],
                         ["registered", "active", "due", "received"])
        self.assertEqual(out[1]["workflow"], "cancel")
        self.assertNotIn("workflow", out[0])
        self.assertNotIn("zone", out[0])
        self.assertEqual(out[2]["zone"], "GMT+1")
        self.assertEqual(out[2]["extra"], 7)
        self.assertEqual(out[2]["time"], "2026-11-21T01:00:05.250000Z")

    def test_times_sort_as_text(self):
        times = [at(1.37569), at(1.375696), at(1.3757), at(2)]
        out = history.flatten([("sample", "review_state", [
            entry("a", time) for time in times])], stamp)
        found = [e["time"] for e in out]
        self.assertEqual(found, sorted(found))
        self.assertEqual(found[3], "2026-11-21T01:00:02Z")

    def test_comes_back_whole(self):
        out = history.flatten(chains(), stamp)
        back = history.split(out, "sample", "received", NAMES, date)
        again = [(w, NAMES[w], back[w]) for w in ("sample", "cancel")]
        self.assertEqual(history.flatten(again, stamp), out)
        self.assertEqual(back["cancel"][0]["cancellation_state"], "active")
        self.assertEqual(back["sample"][1]["time"], at(5.25, "GMT+1"))

    def test_order_inside_a_workflow_is_kept(self):
        backwards = [("sample", "review_state", (
            entry("a", at(50)), entry("b", at(10)), entry("c", at(60))))]
        out = history.flatten(backwards, stamp)
        self.assertEqual([e["state"] for e in out], ["a", "b", "c"])

    def test_state_is_the_last_entry(self):
        out = history.flatten(chains(), stamp)
        back = history.split(out, "sample", "due", NAMES, date)
        self.assertEqual([e["review_state"] for e in back["sample"]],
                         ["registered", "received", "due"])

    def test_a_state_without_entry_is_refused(self):
        out = history.flatten(chains(), stamp)
        self.assertRaises(Unfit, history.split, out, "sample", "published",
                          NAMES, date)

    def test_an_entry_without_time(self):
        out = history.flatten([("sample", "review_state", (
            {"review_state": "a", "action": None}, ))], stamp)
        self.assertEqual(out[0]["time"], None)
        history.check(out)
        back = history.split(out, "sample", "a", NAMES, date)
        self.assertNotIn("time", back["sample"][0])

    def test_check(self):
        good = {"state": "a", "time": "2026-11-21T01:00:00Z"}
        history.check([good])
        for bad in (None, {}, "x", [1], [{}], [{"state": "a"}],
                    [dict(good, state=1)], [dict(good, time="x")],
                    [dict(good, time="2026-11-21T01:00:00")],
                    [dict(good, workflow=1)], [dict(good, zone=1)]):
            self.assertRaises(Unfit, history.check, bad)


if __name__ == "__main__":
    unittest.main()
