"""A SENAITE 2.6 to test against: its web APIs over a small lab in memory.

    python3 tests/senaite/server.py [options]

prints `listening PORT` and serves http://127.0.0.1:PORT/senaite until its
standard input ends.  Options:

    --port N        the port (default: a free one)
    --seed N        another seed, other UIDs, those of site folders too
    --objects N     at least so many objects (default: a small lab of 130)
    --empty         the site objects alone
    --load FILE     instead, objects from JSON lines as satchel.read has them
    --site NAME     the site's id (default senaite)
    --companion     the companion's consumers answer at push
    --url URL       the host that `next` and `url` name (default: as asked)
    --delay MS      wait so long before each answer

Users are admin (Manager), labman (LabManager), clerk1, analyst1, verifier1
and tarn (of client-1), each with its own name as password.

The lab is the same for the same seed, but for its times.  Its values are
kept exactly; what each API shows of them is derived, SENAITE's oddities
included.  Where to read what:

    schema.py       types, fields, folders, catalogs
    workflow.py     states, transitions, guards, cascades
    lab.py          objects, ids, permissions;  values.py  times
    content.py      the fictitious lab
    views.py        senaite.jsonapi: what it shows;  search.py  what it finds
    writes.py       senaite.jsonapi: create and update
    jsonapi.py      senaite.jsonapi: routes and errors
    restapi.py      plone.restapi and downloads
    companion.py    satchel.* consumers;  exact.py  their documents
    faults.py       POST /_control, GET /_log
    screen.py       POST /_lab, GET /_lab

/_control, /_log and /_lab lie outside SENAITE's addresses: the docstrings of
faults.py and screen.py say what they take.
"""

import argparse
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True

import content
import restapi
from companion import Companion
from faults import Faults, Reply
from jsonapi import JsonApi, legacy
from lab import Anonymous, Lab
from screen import Screen
from web import Request, Response

ANONYMOUS = Anonymous()


class Site:
    """The lab and the APIs over it; one request at a time, as one Python
    process serves them."""

    def __init__(self, options):
        self.lock = threading.RLock()
        self.lab = Lab(options.seed, options.site)
        if options.load:
            content.load(self.lab, options.load)
        else:
            content.build(self.lab, options.objects, options.empty)
        self.jsonapi = JsonApi(self.lab, Companion(self.lab)
                               if options.companion else None)
        self.restapi = restapi.RestApi(self.lab)
        self.screen = Screen(self.lab)
        self.faults = Faults(self.lab, self.change)
        self.delay = options.delay / 1000
        self.url = options.url

    def change(self, operation):
        with self.lock:
            self.screen.change(operation)

    def answer(self, request):
        """A Reply, or None to close the connection."""
        control = {"/_control": self.faults.control,
                   "/_log": self.faults.log,
                   "/_lab": self.screen.answer}.get(request.path)
        if control:
            with self.lock:
                return Reply(control(request))
        return self.faults.serve(request, self.carry_out)

    def carry_out(self, request):
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            self.login(request)
            return self.route(request)

    def login(self, request):
        """A wrong password is no error: the request is anonymous."""
        request.user = ANONYMOUS
        pair = request.credentials()
        if pair:
            user = self.lab.users.get(pair[0])
            if user is not None and user.password == pair[1]:
                request.user = user

    def route(self, request):
        prefix = "/" + self.lab.site
        if not (request.path + "/").startswith(prefix + "/"):
            return Response(404, b"<html><body>Not found</body></html>")
        request.base = (self.url or "http://" + request.headers.get(
            "Host", "127.0.0.1")) + prefix
        rest = request.path[len(prefix):]
        for view in ("/@@API/", "/API/"):
            if rest.startswith(view):
                tail = rest[len(view):]
                if (tail + "/").startswith("senaite/v1/"):
                    return self.jsonapi.answer(request, tail[10:])
                return legacy(self.lab, request, tail)
        found = restapi.download(self.lab, request, rest)
        if found is not None:
            return found
        if request.accepts_json():
            return self.restapi.answer(request, rest)
        return Response(200, b"<!DOCTYPE html>\n<html><body>SENAITE"
                        b"</body></html>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "waitress"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_any(self):
        request = Request(self.command, self.path, self.headers, self.body())
        try:
            reply = self.server.site.answer(request)
        except Exception:       # pylint: disable=broad-except
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            reply = Reply(Response(500, trace.encode(), "text/plain"))
        if reply is None:
            return self.cut()
        return self.send(reply)

    def body(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(
                self.headers.get("Content-Length") or 0))
        parts = []
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            parts.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(parts)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = handle_any

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def send(self, reply):
        response = reply.response
        body = response.body
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.status != 204:
            self.send_header("Content-Length", str(len(body)))
        if reply.close:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            body = b""
        if reply.cut is not None:
            self.wfile.write(body[:reply.cut])
            self.wfile.flush()
            return self.cut()
        if reply.chunked:
            for start in range(0, len(body), 4096):
                part = body[start:start + 4096]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif reply.parts:
            step = max(1, len(body) // reply.parts)
            for start in range(0, len(body), step):
                self.wfile.write(body[start:start + step])
                self.wfile.flush()
                time.sleep(reply.seconds)
        else:
            self.wfile.write(body)
        return self.wfile.flush()

    def log_message(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objects", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--load")
    parser.add_argument("--site", default="senaite")
    parser.add_argument("--companion", action="store_true")
    parser.add_argument("--url")
    parser.add_argument("--delay", type=int, default=0)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    server.site = Site(options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening", server.server_address[1], flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
