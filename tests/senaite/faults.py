"""Faults played on chosen requests, and the list of requests seen.

A rule is a JSON object posted to /_control:

    path    regular expression, searched in the request's path and query
    method  GET, POST, ...                           (default: any)
    body    regular expression, searched in the request's body
    skip    let this many matching requests pass first     (default 0)
    times   play it so often, 0 for ever                   (default 1)
    do      one of:

  cut-before    close the connection, nothing carried out
  cut-after     carry it out, then close without an answer
  short         carry it out, half the body, then close
  stall         wait `seconds` before carrying it out
  trickle       send the answer in `parts` parts, `seconds` between them
  chunked       answer in chunks instead of a Content-Length
  close         answer with Connection: close
  status        answer `code`, with `retry` as Retry-After and `text`
  login-page    200 and an HTML page
  redirect      302 to `location`
  failure       200 and {"success": false, "message": `message`}
  not-json      200 application/json that is none
  echo          carried out; in the answer every member `field` is set to
                `value`, or with `drop` left out, or with `round` rounded
  alter         the same with the request's body: it is stored so
  repeat-page   the answer that this path had the time before
  drop-item     carried out, the last of `items` left out of the answer
  null-item     carried out, the last of `items` is null
  huge          `bytes` of JSON
  duplicate     carried out; the answer's first member is given twice
  bad-utf8      carried out; bytes that are no UTF-8 in the first text
  deep          `depth` arrays within each other (default 5000)
  lab           carry out `lab` (an operation of /_lab) before the request
  lab-after     the same after it

With "carry": true the request is carried out before status, login-page,
redirect, failure and not-json are answered.  Besides:
{"do": "broken", "uid": U, "where": "json" | "companion"} makes an object one
that cannot be serialised, {"do": "mended", ...} ends that, {"do": "clear"}
forgets all rules.  GET /_control lists the rules.
"""

import json
import re
import threading
import time

from web import Response, json_response

DEAD = ("cut-before", "status", "login-page", "redirect", "failure",
        "not-json", "huge", "deep")
KNOWN = set(DEAD) | {
    "cut-after", "short", "stall", "trickle", "chunked", "close", "echo",
    "alter", "repeat-page", "drop-item", "null-item", "duplicate",
    "bad-utf8", "lab", "lab-after"}


class Rule:
    def __init__(self, given):
        self.given = given
        self.path = re.compile(given.get("path", ""))
        self.body = re.compile(given["body"].encode()) \
            if "body" in given else None
        self.skip = given.get("skip", 0)
        self.left = given.get("times", 1) or -1
        self.played = 0

    def matches(self, request):
        """Is it this rule's turn with this request?"""
        given = self.given
        if given.get("method", request.method) != request.method or \
                not self.path.search(request.target) or self.left == 0:
            return False
        if self.body is not None and not self.body.search(request.body):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.left -= 1 if self.left > 0 else 0
        self.played += 1
        return True


class Reply:
    """A response, and how it is to be sent."""

    def __init__(self, response, cut=None, parts=0, seconds=0,
                 chunked=False, close=False):
        self.response = response
        self.cut = cut          # send so many bytes of the body, then close
        self.parts = parts
        self.seconds = seconds
        self.chunked = chunked
        self.close = close


class Faults:
    def __init__(self, lab, change):
        self.lab = lab
        self.change = change    # carries out an operation of /_lab
        self.rules = []
        self.seen = []
        self.last = {}
        self.lock = threading.Lock()

    # ---- the control route

    def control(self, request):
        if request.method == "GET":
            return json_response({"rules": [
                dict(r.given, left=r.left, played=r.played)
                for r in self.rules]})
        given = json.loads(request.body)
        try:
            for rule in given if isinstance(given, list) else [given]:
                self.add(rule)
        except (KeyError, ValueError, re.error) as error:
            return json_response({"error": str(error)}, 400)
        return json_response({"rules": len(self.rules)})

    def add(self, rule):
        do = rule["do"]
        if do == "clear":
            self.rules = []
        elif do in ("broken", "mended"):
            for where in (rule["where"],) if "where" in rule else (
                    "json", "companion"):
                change = self.lab.broken[where]
                (change.add if do == "broken" else
                 change.discard)(rule["uid"])
        elif do in KNOWN:
            self.rules.append(Rule(rule))
        else:
            raise ValueError("no such fault: %s" % do)

    def log(self, request):
        if request.method == "DELETE":
            self.seen = []
            return json_response({})
        counts = {}
        for entry in self.seen:
            plain = re.sub(r"[0-9a-f]{32}", "UID",
                           entry["path"].partition("?")[0])
            key = "%s %s" % (entry["method"], plain)
            counts[key] = counts.get(key, 0) + 1
        return json_response({"counts": counts, "requests": self.seen})

    # ---- playing

    def serve(self, request, carry_out):
        """A Reply for the request; None closes the connection at once."""
        began = time.time()
        with self.lock:
            rule = next((r for r in self.rules if r.matches(request)), None)
        reply = self.play(rule.given, request, carry_out) if rule \
            else Reply(carry_out(request))
        sent = reply.response if reply else None
        if sent is not None and not rule:
            self.last[request.path] = sent
        self.seen.append({
            "time": began, "seconds": time.time() - began,
            "method": request.method, "path": request.target,
            "user": request.user.name if request.user else None,
            "sent": len(request.body),
            "status": sent.status if sent else None,
            "bytes": len(sent.body) if sent else 0,
            "fault": rule.given["do"] if rule else None})
        return reply

    def play(self, rule, request, carry_out):
        do = rule["do"]
        if do == "stall":
            time.sleep(rule.get("seconds", 1))
        if do == "lab":
            self.change(rule["lab"])
        if do == "alter":
            request.body = json.dumps(edited(
                json.loads(request.body), rule)).encode()
        if do in DEAD and not rule.get("carry"):
            return made_up(rule)
        if do == "repeat-page" and request.path in self.last:
            return Reply(self.last[request.path])
        response = carry_out(request)
        if do == "cut-after":
            return None
        if do in DEAD:
            return made_up(rule)
        if do == "lab-after":
            self.change(rule["lab"])
        if do == "short":
            return Reply(response, cut=len(response.body) // 2)
        if do == "trickle":
            return Reply(response, parts=rule.get("parts", 10),
                         seconds=rule.get("seconds", 0.1))
        if do in ("chunked", "close"):
            return Reply(response, chunked=do == "chunked",
                         close=do == "close")
        if do in SPOILERS:
            response.body = SPOILERS[do](response.body, rule)
        return Reply(response)


def made_up(rule):
    """An answer that no API gave."""
    do = rule["do"]
    kind = "application/json"
    if do == "cut-before":
        return None
    if do == "status":
        headers = [("Retry-After", str(rule["retry"]))] \
            if "retry" in rule else []
        text = rule.get("text", "<html><body>Error</body></html>")
        return Reply(Response(rule["code"], text.encode(),
                              rule.get("kind", "text/html"), headers))
    if do == "login-page":
        return Reply(Response(200, b"<!DOCTYPE html>\n<html><body><form "
                              b"action='login'>Log in</form></body></html>"))
    if do == "redirect":
        return Reply(Response(302, b"", None, [
            ("Location", rule.get("location", "http://other.example/"))]))
    if do == "failure":
        return Reply(json_response({
            "success": False, "_runtime": 0.01,
            "message": rule.get("message", "database conflict error")}))
    if do == "not-json":
        return Reply(Response(200, b"{'count': 1, items: [}", kind))
    if do == "deep":
        depth = rule.get("depth", 5000)
        return Reply(Response(200, b'{"count": 1, "items": ' + b"[" * depth
                              + b"]" * depth + b"}", kind))
    body = b'{"count": 0, "items": [], "pad": "' + \
        b"x" * rule.get("bytes", 64 << 20) + b'"}'
    return Reply(Response(200, body, kind))


def edited(value, rule):
    """Every member named `field`, at any depth, as the rule says."""
    if isinstance(value, list):
        return [edited(v, rule) for v in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, member in value.items():
        if name != rule["field"]:
            out[name] = edited(member, rule)
        elif "round" in rule:
            out[name] = rounded(member, rule["round"])
        elif not rule.get("drop"):
            out[name] = rule.get("value")
    return out


def rounded(value, digits):
    if isinstance(value, str):
        return "%.*f" % (digits, float(value))
    return round(value, digits)


def _echo(body, rule):
    return json.dumps(edited(json.loads(body), rule)).encode()


def _items(body, change):
    answer = json.loads(body)
    holder = answer if "items" in answer else answer["success"]
    holder["items"] = change(holder["items"])
    return json.dumps(answer).encode()


def _duplicate(body, rule):
    """The first member again, null, at the end: readers differ."""
    name = re.match(rb'\s*\{\s*("(?:[^"\\]|\\.)*")', body).group(1)
    return body.rstrip()[:-1] + b", " + name + b": null}"


SPOILERS = {
    "echo": _echo,
    "drop-item": lambda b, r: _items(b, lambda i: i[:-1]),
    "null-item": lambda b, r: _items(b, lambda i: i[:-1] + [None]),
    "duplicate": _duplicate,
    "bad-utf8": lambda b, r: re.sub(rb': "', b': "\xff\xfe\xc0', b, count=1),
}
