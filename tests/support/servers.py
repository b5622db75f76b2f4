"""Servers on this machine that a corpus is read from: S3 (moto), and a bad web server."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

PIECE = 1 << 16


class CountingProxy:
    """Passes connections on to a server, and counts all bytes that come back, headers too."""

    def __init__(self, port: int) -> None:
        self.byte_count = 0
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            threading.Thread(target=self._pass_both, args=(client, server), daemon=True).start()

    def _pass_both(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            back = threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True)
            back.start()
            self._pass_on(client, server, False)
            back.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                target.sendall(data)
                self.byte_count += len(data) if is_counted else 0
            target.shutdown(socket.SHUT_WR)


class S3Server(msgspec.Struct):
    """A running S3 server with a counter, and the environment by which clients find it."""

    proxy: CountingProxy
    env: dict[str, str]

    def client(self) -> Any:
        """A client of botocore, to put objects there."""
        import botocore.session

        return botocore.session.get_session().create_client(
            "s3", endpoint_url=self.env["AWS_ENDPOINT_URL"], region_name="us-east-1",
            aws_access_key_id="of-a-test", aws_secret_access_key="of-a-test",
        )  # fmt: skip

    def put(self, bucket: str, files: Mapping[str, bytes]) -> None:
        """Put objects into a bucket, which is made if it is not there."""
        client = self.client()
        client.create_bucket(Bucket=bucket)
        for name, data in files.items():
            client.put_object(Bucket=bucket, Key=name, Body=data)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run moto's S3 server in a process of its own."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()  # whose connections lead to an earlier server
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        proxy = CountingProxy(port)
        yield S3Server(
            proxy,
            {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
                "AWS_ACCESS_KEY_ID": "of-a-test",
                "AWS_SECRET_ACCESS_KEY": "of-a-test",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            },
        )
        proxy.close()
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the S3 server did not start")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the S3 server did not begin to listen")


class Page(msgspec.Struct):
    """What a web server gives at a path, and how it misbehaves.

    :param breaks: connections that end after so many bytes of the body, one after another
    :param statuses: answers before the content is given: a status each
    :param later: the content after the first answer with content
    """

    content: bytes
    ranges: bool = True
    length: bool = True
    chunked: bool = False
    mark: bool = True
    headers: dict[str, str] = {}
    breaks: list[int] = []
    statuses: list[int] = []
    later: bytes | None = None
    location: str = ""
    user: str = ""


class WebServer:
    """A web server on this machine, with a list of what was asked for, and a counter of bytes.

    :ivar asked: the path and the range of each request
    :ivar byte_count: the bytes of all bodies that were sent
    """

    def __init__(self, pages: dict[str, Page]) -> None:
        self.pages = pages
        self.asked: list[tuple[str, str]] = []
        self.byte_count = 0
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> WebServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: WebServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.owner.asked.append((self.path, wanted))
        page = self.owner.pages.get(self.path.partition("?")[0])
        if page is None:
            self._say(404)
        elif page.user and self.headers.get("Authorization") != page.user:
            self._say(401)
        elif page.location:
            self._say(302, {"Location": page.location})
        elif page.statuses:
            self._say(page.statuses.pop(0), page.headers)
        else:
            self._give(page, wanted)
            if page.later is not None:
                page.content, page.later = page.later, None

    def _say(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _give(self, page: Page, wanted: str) -> None:
        content, size = page.content, len(page.content)
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted) if page.ranges else None
        if found and int(found[1]) >= size:
            self._say(416, {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(206 if found else 200)
        if found:
            begin, end = int(found[1]), min(int(found[2] or size) + 1, size)
            content = content[begin:end]
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        if page.mark:
            self.send_header("ETag", f'"{hashlib.md5(page.content).hexdigest()}"')
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif page.length:
            self.send_header("Content-Length", str(len(content)))
        self.close_connection = not page.length
        self.end_headers()
        self._send(page, content)

    def _send(self, page: Page, content: bytes) -> None:
        is_broken = bool(page.breaks) and page.breaks[0] < len(content)
        if is_broken:
            content = content[: page.breaks.pop(0)]
        try:
            for begin in range(0, len(content), PIECE):
                piece = content[begin : begin + PIECE]
                framed = b"%x\r\n%b\r\n" % (len(piece), piece) if page.chunked else piece
                # Counted first: whoever has the last byte may look at once.
                self.owner.byte_count += len(piece)
                self.wfile.write(framed)
            if page.chunked and not is_broken:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
        self.close_connection |= is_broken
