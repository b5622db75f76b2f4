"""The server of a review: for one browser on this machine, and nobody else.

It is the standard library's. There are two routes, behind a random token in the address: a page,
and the place where the page sends decisions. Everything else is refused, before anything is read:

- a wrong token, which is compared in constant time;
- a Host header other than its own address, so that no name that leads here (DNS rebinding) helps;
- an Origin other than its own, and what a browser says comes from another site;
- bodies that are not JSON, have no length, or are too long; all methods but GET and POST.

Pages may fetch nothing but from this server, and be in no frame.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs

from dedupe.model.errors import DedupeError
from dedupe.review.pages import Asked, Review

LOOPBACK: Final = "127.0.0.1"
MOST_BODY_BYTES: Final = 1_000_000
MOST_QUERY: Final = 200
MOST_ADDRESS: Final = 4_000
SECONDS: Final = 30
"""How long a connection may say nothing."""

DISCARDED_SECONDS: Final = 1
"""How long what is left of a refused body is read."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ReviewServer(ThreadingHTTPServer):
    """Listens on the loopback address.

    :param port: 0 for a free one
    :raises OSError: if it cannot listen there
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, review: Review, port: int = 0) -> None:
        self.review = review
        self.token = secrets.token_urlsafe(32)
        super().__init__((LOOPBACK, port), _Handler)
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))

    @property
    def address(self) -> str:
        """The address of the page; who knows it can read the texts."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error, and nobody reads a traceback here."""


class _Refusal(Exception):
    """A request that is not answered; its status and a sentence say why."""

    def __init__(self, status: HTTPStatus, told: str) -> None:
        super().__init__(told)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    timeout = SECONDS
    server_version = "dedupe"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: addresses hold the token."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what the standard library does not understand, in the words of all refusals."""
        self._send_json(code, {"error": message or HTTPStatus(code).phrase})

    def _answer(self, method: str) -> None:
        try:
            route, _, query = self._check_request().partition("?")
            if (method, route) == ("GET", ""):
                self._send(200, "text/html; charset=utf-8", self.server.review.draw(_parse(query)))
            elif (method, route) == ("POST", "decide"):
                count = self.server.review.decide(self._read_json())
                self._send_json(200, {"count": count})
            else:
                raise _Refusal(HTTPStatus.NOT_FOUND, "there is nothing here")
        except _Refusal as refusal:
            self._send_json(refusal.status, {"error": str(refusal)})
            if method == "POST":
                self._discard()
        except DedupeError as error:
            self._send_json(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error)})

    def _check_request(self) -> str:
        """The route with its query, behind the token.

        :raises _Refusal: if the request is not that of our own page
        """
        own = self.server.hosts
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0] not in own:
            raise _Refusal(HTTPStatus.MISDIRECTED_REQUEST, "this is not the host asked for")
        origins = self.headers.get_all("Origin", [])
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            raise _Refusal(HTTPStatus.FORBIDDEN, "another origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        if self.command == "POST" and site not in ("same-origin", "none"):
            raise _Refusal(HTTPStatus.FORBIDDEN, "another site")
        token, _, rest = self.path.removeprefix("/").partition("/")
        is_right = hmac.compare_digest(token.encode(), self.server.token.encode())
        if not is_right or not self.path.startswith("/") or len(self.path) > MOST_ADDRESS:
            raise _Refusal(HTTPStatus.NOT_FOUND, "there is nothing here")
        return rest

    def _read_json(self) -> bytes:
        """The body of a request.

        :raises _Refusal: if it is not JSON of a known and bearable length
        """
        if self.headers.get_all("Content-Type", []) != ["application/json"]:
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is not JSON")
        lengths = self.headers.get_all("Content-Length", [])
        is_known = len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdecimal()
        if not is_known or "Transfer-Encoding" in self.headers:
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED, "the length of the body is not told")
        if len(lengths[0]) > 9 or int(lengths[0]) > MOST_BODY_BYTES:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "the body ends too early")
        return body

    def _discard(self) -> None:
        """Read a while what is left of a refused body, so that its sender sees the refusal."""
        ends = time.monotonic() + DISCARDED_SECONDS
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(DISCARDED_SECONDS)
            while time.monotonic() < ends and self.connection.recv(1 << 16):
                pass

    def _send_json(self, status: int, value: Mapping[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        policy = self.server.review.policy if kind.startswith("text/html") else "default-src 'none'"
        policy += "; frame-ancestors 'none'"
        headers = {**_HEADERS, "Content-Security-Policy": policy, "Content-Type": kind}
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _parse(query: str) -> Asked:
    """What is asked for; what makes no sense is not.

    :raises _Refusal: if there is too much of it
    """
    try:
        fields = parse_qs(query, max_num_fields=10)
    except ValueError:
        raise _Refusal(HTTPStatus.BAD_REQUEST, "too many fields") from None
    page = fields.get("page", ["1"])[-1]
    return Asked(
        page=int(page) if page.isascii() and page.isdecimal() and len(page) < 10 else 1,
        query=fields.get("q", [""])[-1][:MOST_QUERY],
        only_open=fields.get("open", [""])[-1] == "1",
    )
