"""A SENAITE 2.6 to test against: its web APIs over a small lab in memory.

    python3 tests/senaite/server.py [options]

prints `listening PORT` and serves http://127.0.0.1:PORT/senaite until its
standard input ends.  Users are admin/admin (Manager), labman, clerk1,
analyst1, verifier1 and tarn (a client's), each with its name as password.
"""

import argparse
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True

import content
import restapi
from jsonapi import JsonApi, legacy
from lab import Anonymous, Lab
from web import Request, Response

ANONYMOUS = Anonymous()


class Site:
    """The lab and the APIs over it; one request at a time, as one Python
    process serves them."""

    def __init__(self, options):
        self.lock = threading.RLock()
        self.lab = Lab(options.seed, options.site)
        content.build(self.lab, options.objects, options.empty)
        self.jsonapi = JsonApi(self.lab)
        self.restapi = restapi.RestApi(self.lab)

    def answer(self, request):
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
        request.base = "http://%s%s" % (
            request.headers.get("Host", "127.0.0.1"), prefix)
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
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        request = Request(self.command, self.path, self.headers, body)
        self.reply(self.server.site.answer(request))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = handle_any

    def reply(self, response):
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--site", default="senaite")
    parser.add_argument("--objects", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    server.site = Site(options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening", server.server_address[1], flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
