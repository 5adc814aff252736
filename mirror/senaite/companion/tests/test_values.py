# -*- coding: utf-8 -*-

import datetime
import decimal
import json
import unittest

import here  # noqa: F401
from satchel.companion import values
from satchel.companion.values import Unfit


class Date(object):
    """As much of Zope's DateTime as values.py asks for."""

    def __init__(self, micros, offset, naive=False):
        self._micros, self._offset, self._naive = micros, offset, naive

    def micros(self):
        return self._micros

    def tzoffset(self):
        return self._offset

    def timezoneNaive(self):
        return self._naive


MOMENT = 1790989320000000   # 2026-10-03T01:02:00Z


class Times(unittest.TestCase):

    def test_utc(self):
        self.assertEqual(values.utc(MOMENT), "2026-10-03T01:02:00Z")
        self.assertEqual(values.utc(MOMENT + 473012),
                         "2026-10-03T01:02:00.473012Z")
        self.assertEqual(values.utc(MOMENT + 500000),
                         "2026-10-03T01:02:00.5Z")

    def test_before_1970(self):
        text = "1850-01-02T00:00:00.000001Z"
        self.assertEqual(values.utc(values.moment(text)), text)

    def test_zope_date_keeps_its_offset(self):
        for offset, text in ((0, "+00:00"), (7200, "+02:00"),
                             (19800, "+05:30"), (-10800, "-03:00"),
                             (-12600, "-03:30")):
            out = values.zope_date(Date(MOMENT, offset))
            self.assertTrue(out.endswith(text), out)
            micros, east = values.parse(out)
            self.assertEqual(east, offset)
            self.assertEqual(micros - east * 1000000, MOMENT)

    def test_zope_date_without_zone(self):
        self.assertEqual(values.zope_date(Date(MOMENT, 3600, True)),
                         "2026-10-03T02:02:00")

    def test_bad_times(self):
        for text in ("", "2026", "2026-10-03", "2026-13-01T00:00:00Z",
                     "2026-10-03T25:00:00Z", "2026-10-03T01:02:00+99:00",
                     "2026-10-03T01:02:00+01:60", "2026-10-03T01:02Z",
                     "2026-10-03T01:02:00.1234567Z", 5, None, True,
                     "2026-10-03T01:02:00Z\n"):
            self.assertRaises(Unfit, values.parse, text)

    def test_a_moment_needs_a_zone(self):
        self.assertRaises(Unfit, values.moment, "2026-10-03T01:02:00")

    def test_python_dates(self):
        for text in ("2026-10-03T09:02:00+02:00", "2026-10-03T09:02:00",
                     "2026-10-03T09:02:00.25-03:30", "2026-10-03"):
            made = values.python_from_text(text)
            self.assertEqual(values.python_date(made), text)
        self.assertRaises(Unfit, values.python_from_text, "2026-02-30")

    def test_durations(self):
        for number in (0, 18000, 0.5, -3, 90061.000001):
            made = values.timedelta({"seconds": number})
            self.assertEqual(values.seconds(made), number)
        for bad in ({}, None, "5", {"seconds": True}, {"seconds": "5"},
                    {"seconds": 1e300}, {"seconds": float("nan")}):
            self.assertRaises(Unfit, values.timedelta, bad)


class Json(unittest.TestCase):

    def back(self, value):
        out = json.loads(json.dumps(values.to_json(value)))
        return values.from_json(out, lambda m, o: Date(m, o or 0, o is None))

    def test_plain_values_come_back(self):
        for value in (None, True, False, 0, -1, 2 ** 80, 0.1, 1.0, 1e-9,
                      1.7976931348623157e308, u"", u"R\xe9f \u2116", [],
                      [1, [2, {"a": None}]], {"keyword": u"Ca"}):
            made = self.back(value)
            self.assertEqual(made, value)
            self.assertEqual(type(made), type(value))

    def test_tuples_and_sets_are_lists(self):
        self.assertEqual(values.to_json((1, 2)), [1, 2])
        self.assertEqual(values.to_json({u"b", u"a"}), [u"a", u"b"])

    def test_what_json_cannot_say(self):
        self.assertEqual(self.back(decimal.Decimal("12.50")).as_tuple(),
                         decimal.Decimal("12.50").as_tuple())
        self.assertEqual(self.back(b"\xff\x00"), b"\xff\x00")
        self.assertEqual(repr(self.back(float("inf"))), "inf")
        self.assertEqual(repr(self.back(float("nan"))), "nan")
        made = self.back({"sent": Date(MOMENT, 3600)})["sent"]
        self.assertEqual((made.micros() - made.tzoffset() * 1000000,
                          made.tzoffset()), (MOMENT, 3600))
        when = datetime.datetime(2026, 10, 3, 9, 2)
        self.assertEqual(self.back([when]), [when])

    def test_records_that_look_like_tags(self):
        for value in ({"date": u"tomorrow"}, {"decimal": u"1"},
                      {"base64": u"YQ=="}, {"float": u"1"},
                      {"record": {}}, {"record": {"date": u"x"}},
                      {"date": u"x", "kind": u"python"},
                      [{"a": {"date": u"2026-10-03T09:02:00"}}],
                      {"date": 5}, {"record": u"x"}):
            self.assertEqual(self.back(value), value)

    def test_utf8_bytes_are_text(self):
        self.assertEqual(values.to_json(u"\xe9".encode("utf-8")), u"\xe9")

    def test_unknown_kinds_are_refused(self):
        self.assertRaises(Unfit, values.to_json, object())
        self.assertRaises(Unfit, values.to_json, {1: 2})

    def test_depth_has_a_limit(self):
        deep = []
        for _ in range(values.MAX_DEPTH + 2):
            deep = [deep]
        self.assertRaises(Unfit, values.to_json, deep)
        self.assertRaises(Unfit, values.from_json, deep)

    def test_bad_tags(self):
        for bad in ({"decimal": "x"}, {"float": "x"}, {"date": "x"},
                    {"base64": "x"}):
            self.assertRaises(Unfit, values.from_json, bad, Date)

    def test_word(self):
        self.assertEqual(values.word(4566), u"4566")
        self.assertEqual(values.word(None), u"")
        self.assertEqual(values.word(u"x"), u"x")


class Equal(unittest.TestCase):

    def test_kinds_differ(self):
        for a, b in ((1, 1.0), (1, True), (0, False), (0, None), ("", None),
                     ("1", 1), ([], {}), ([1], [1.0]), ({"a": 0}, {"a": None}),
                     ({"a": 1}, {"b": 1}), (0.0, -0.0), ([], None)):
            self.assertFalse(values.equal(a, b), (a, b))
            self.assertFalse(values.equal(b, a), (a, b))

    def test_same(self):
        for a, b in ((1, 1), (0.1, 0.1), (u"\xe9", u"\xe9"), ([1], (1, )),
                     ({"a": [None]}, {"a": [None]})):
            self.assertTrue(values.equal(a, b), (a, b))


if __name__ == "__main__":
    unittest.main()
