#!/usr/bin/env python3
"""An HTTP server that fails in every way a server can (tests only).

    python3 faults.py

Listens on free ports of 127.0.0.1 and prints a name and a value a line:
the ports "main" and "other" (http), "good", "self", "expired", "wrong",
"old" (https with such a certificate; "old" speaks TLS 1.1 at most), "ca"
(the file that "good" is to be verified with), at last "ready 0".  Ends when
its standard input does.

The first part of a path names the mode, a function below; what follows are
its arguments or anything that tells one test from another.  Every request is
remembered when its head has been read; /_log gives them all, in order:

    [{"at": port's name, "connection": number, "method": ..., "target": ...,
      "headers": {lower-case name: value}, "body": text}]
"""
import gzip
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

JSON = "application/json"
LOGIN = b'<html><form action="login"><input name="__ac_name"></form></html>'
SIGN_IN = b"<html><form><input type='password' name='p'></form></html>"

log = []
seen = {}           # target: how often
lock = threading.Lock()
ports = {}
connections = 0


class Request:
    """One request, and the ways to answer it."""

    def __init__(self, sock, port, number, head):
        lines = head.decode("latin-1").split("\r\n")
        self.sock = sock
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.path = self.target
        if self.target.startswith("http://"):       # asked as a proxy
            self.path = "/" + self.target.split("/", 3)[3]
        self.parts = [urllib.parse.unquote(x)
                      for x in self.path.partition("?")[0].split("/")[1:]]
        self.entry = {"at": port, "connection": number,
                      "method": self.method, "target": self.target,
                      "headers": self.headers, "body": ""}
        with lock:
            if self.parts[0] != "_log":
                log.append(self.entry)
            seen[self.target] = seen.get(self.target, 0) + 1
            self.nth = seen[self.target]

    def read_body(self):
        left = int(self.headers.get("content-length", 0))
        body = b""
        while left > 0:
            piece = self.sock.recv(min(left, 65536))
            if not piece:
                break
            left -= len(piece)
            body = (body + piece)[:4096]
        self.entry["body"] = body.decode("latin-1")

    def send(self, data):
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def head(self, status, *lines):
        self.send("HTTP/1.1 %d Words\r\n%s\r\n" % (
            status, "".join(x + "\r\n" for x in lines)))

    def answer(self, status=200, body=b'{"ok":true}', kind=JSON, lines=()):
        if isinstance(body, str):
            body = body.encode()
        if self.method == "HEAD":
            body = b""
        self.head(status, "Content-Type: " + kind,
                  "Content-Length: %d" % len(body), *lines)
        self.send(body)
        return True

    def reset(self):
        """Close so that the other side gets a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))

    def until_closed(self):
        while self.sock.recv(65536):
            pass


# The modes.  One that returns True keeps the connection.

def ok(r):
    return r.answer()


def chunked(r):
    r.head(200, "Content-Type: " + JSON, "Transfer-Encoding: chunked")
    r.send("6\r\n{\"ok\":\r\n5\r\ntrue}\r\n0\r\nX-Trailer: 1\r\n\r\n")
    return True


def interim(r):
    """Two interim answers before the real one."""
    r.send("HTTP/1.1 100 Continue\r\n\r\n")
    r.head(103, "Link: </x>", "Content-Encoding: gzip")
    return r.answer()


def typed(r):
    """typed/MEDIA-TYPE: what the Content-Type says."""
    return r.answer(kind=r.parts[1])


def date(r):
    """Three years ahead."""
    when = time.gmtime(time.time() + 3 * 365 * 86400)
    return r.answer(lines=[
        "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT", when)])


def text(r):
    """text/JSON-TEXT as the answer."""
    return r.answer(body=r.parts[1].encode("latin-1"))


def deep(r):
    return r.answer(body="[" * 5000 + "]" * 5000)


def size(r):
    """size/BYTES of a body, zeros."""
    return r.answer(body=b"0" * int(r.parts[1]))


def login(r):
    """login/STATUS: a page with Plone's form to log in."""
    return r.answer(int(r.parts[1]), LOGIN, "text/html; charset=utf-8")


def sign_in(r):
    """sign_in/STATUS: a page with another."""
    return r.answer(int(r.parts[1]), SIGN_IN, "application/xhtml+xml")


def page(r):
    """page/STATUS: a page without a form."""
    return r.answer(int(r.parts[1]), b"<html>Welcome</html>", "text/html")


def cut(r):
    """The end of the connection is the end of the body, and too early."""
    r.head(200, "Content-Type: " + JSON)
    r.send('{"ok":tr')


def until_close(r):
    r.head(200, "Content-Type: " + JSON)
    r.send('{"ok":true}')


def short(r):
    r.head(200, "Content-Type: " + JSON, "Content-Length: 100")
    r.send('{"ok":true')


def cut_chunk(r):
    r.head(200, "Content-Type: " + JSON, "Transfer-Encoding: chunked")
    r.send("64\r\n{\"ok\":")


def bad_chunk(r):
    r.head(200, "Content-Type: " + JSON, "Transfer-Encoding: chunked")
    r.send("ok\r\n")


def reset_late(r):
    r.head(200, "Content-Type: " + JSON, "Content-Length: 100")
    r.send('{"ok":true')
    time.sleep(0.05)
    r.reset()


def reset_first(r):
    """Read (created, who knows), then reset without an answer."""
    r.reset()


def reset_early(r):
    """As reset_first, but the body stays unread (see serve)."""
    r.reset()


def empty(r):
    """Read, then close without an answer."""


def silence(r):
    r.until_closed()


def stall(r):
    r.head(200, "Content-Type: " + JSON, "Content-Length: 100")
    r.send("{")
    r.until_closed()


def late(r):
    """late/SECONDS: good, after them."""
    time.sleep(int(r.parts[1]))
    return r.answer()


def trickle(r):
    """Ten bytes a second, of a body that does not end soon."""
    r.head(200, "Content-Type: " + JSON, "Content-Length: 100000")
    while True:
        r.send(" ")
        time.sleep(0.1)


def flood(r):
    """300 MB in chunks."""
    r.head(200, "Content-Type: " + JSON, "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _ in range(300 * 16):
        r.send(chunk)
    r.send("0\r\n\r\n")


def length(r):
    """length/TEXT as Content-Length, no body."""
    r.head(200, "Content-Type: " + JSON, "Content-Length: " + r.parts[1])
    r.until_closed()


def headers(r):
    """300 KB of them."""
    r.send("HTTP/1.1 200 OK\r\n")
    for i in range(300):
        r.send("X-%d: %s\r\n" % (i, "x" * 1000))
    r.send("Content-Length: 0\r\n\r\n")


def cookies(r):
    return r.answer(lines=["Set-Cookie: c%d=%s" % (i, "x" * 40)
                           for i in range(2000)])


def cookie(r):
    return r.answer(lines=["Set-Cookie: a=b; Path=/"])


def continues(r):
    for _ in range(1000):
        r.send("HTTP/1.1 100 Continue\r\n\r\n" * 100)
    return r.answer()


def switch(r):
    r.head(101, "Connection: Upgrade", "Upgrade: x")
    r.until_closed()


def redirect(r):
    """redirect/STATUS/WHERE: other, file, http, self, login, none."""
    where = {
        "other": "http://127.0.0.1:%d/ok" % ports["other"],
        "file": "file:///etc/passwd",
        "http": "http://127.0.0.1:%d/ok" % ports["main"],
        "self": r.path,
        "login": "/lims/acl_users/require_login?came_from=secret",
        "none": None}[r.parts[2]]
    lines = ["Location: " + where] if where else []
    return r.answer(int(r.parts[1]), b"", "text/html", lines)


def lengths(r):
    """Two Content-Lengths."""
    r.head(200, "Content-Type: " + JSON, "Content-Length: 11",
           "Content-Length: 4")
    r.send('{"ok":true}')


def length_and_chunked(r):
    r.head(200, "Content-Type: " + JSON, "Content-Length: 11",
           "Transfer-Encoding: chunked")
    r.send("b\r\n{\"ok\":true}\r\n0\r\n\r\n")


def encoded(r):
    """encoded/NAME/CODING: such a header, whatever the body."""
    r.head(200, "Content-Type: " + JSON,
           "%s: %s" % (r.parts[1], r.parts[2]), "Connection: close")
    r.send(gzip.compress(b'{"ok":true}'))


def bomb(r):
    """100 MB of zeros, gzipped though nobody asked."""
    body = gzip.compress(bytes(100 << 20), 1)
    return r.answer(body=body, lines=["Content-Encoding: gzip"])


def http09(r):
    r.send('{"ok":true}\n')


def status(r):
    """status/CODE: JSON with it."""
    return r.answer(int(r.parts[1]), '{"success":false}')


def busy(r):
    """busy/CODE/RETRY-AFTER, for ever."""
    return r.answer(int(r.parts[1]), "busy", "text/html",
                    ["Retry-After: " + r.parts[2]])


def once(r):
    """once/CODE: the first time, then good."""
    return r.answer(int(r.parts[1]), "no") if r.nth == 1 else r.answer()


def short_once(r):
    """A body cut short the first time, then good."""
    return short(r) if r.nth == 1 else r.answer()


def _log(r):
    with lock:
        return r.answer(body=json.dumps(log))


MODES = {name: f for name, f in list(globals().items())
         if callable(f) and getattr(f, "__module__", "") == __name__ and
         name not in ("Request",)}


def read_head(sock):
    """The bytes of a request's head, one by one: few, and then the body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte or len(head) > 100000:
            return None
        head += byte
    return head[:-4]


def serve(sock, port, number, context):
    try:
        if context is not None:
            sock = context.wrap_socket(sock, server_side=True)
        while True:
            head = read_head(sock)
            if head is None:
                break
            r = Request(sock, port, number, head)
            if r.parts[0] != "reset_early":
                r.read_body()
            if not MODES[r.parts[0]](r):
                break
    except (OSError, ValueError):
        pass                        # the client went away; that is fine
    finally:
        sock.close()


def accept(listener, port, context):
    global connections
    while True:
        sock, _ = listener.accept()
        with lock:
            connections += 1
            number = connections
        threading.Thread(target=serve, args=(sock, port, number, context),
                         daemon=True).start()


def listen(port, context=None):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    ports[port] = listener.getsockname()[1]
    threading.Thread(target=accept, args=(listener, port, context),
                     daemon=True).start()


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def certificates(folder):
    """ca.pem, and NAME.pem and NAME.key of the servers."""
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ours = "subjectAltName=IP:127.0.0.1"
    openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "2", "-subj", "/CN=Test authority")
    openssl(folder, "req", "-x509", *new, "-keyout", "self.key", "-out",
            "self.pem", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", ours)
    for name, san, days in (("good", ours, 2), ("expired", ours, -1),
                            ("wrong", "subjectAltName=DNS:wrong.example",
                             2)):
        with open(os.path.join(folder, name + ".ext"), "w") as f:
            f.write(san + "\n")
        openssl(folder, "req", *new, "-keyout", name + ".key", "-out",
                name + ".csr", "-subj", "/CN=" + name)
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA",
                "ca.pem", "-CAkey", "ca.key", "-set_serial", "2", "-days",
                str(days), "-extfile", name + ".ext", "-out", name + ".pem")


def tls(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, name + ".pem"),
                            os.path.join(folder, name + ".key"))
    return context


def old_tls(folder):
    context = tls(folder, "good")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="satchel-faults.")
    try:
        certificates(folder)
        listen("main")
        listen("other")
        for name in ("good", "self", "expired", "wrong"):
            listen(name, tls(folder, name))
        listen("old", old_tls(folder))
        for name, number in ports.items():
            print(name, number)
        print("ca", os.path.join(folder, "ca.pem"))
        print("ready 0", flush=True)
        sys.stdin.read()
    finally:
        shutil.rmtree(folder)


main()
os._exit(0)
