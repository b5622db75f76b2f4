"""Content of crawls in every encoding of HTTP: undone, or skipped; never compared compressed."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS
from tests.support.every_format import http_response, warc_record

pytest.importorskip("lxml")

TEXTS = [" ".join(random.Random(seed).choices(INVENTED_WORDS, k=80)) for seed in (0, 1, 2, 0)]
"""The last is the first once more."""


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(data: bytes) -> bytes:
    parts = [data[begin : begin + 100] for begin in range(0, len(data), 100)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def record(number: int, body: bytes, *headers: str) -> bytes:
    content = http_response(body, "text/plain; charset=utf-8", *headers)
    return warc_record("response", f"urn:{number}", content, date="")


def crawl(pack: Callable[[bytes], bytes], *headers: str) -> bytes:
    return b"".join(record(i, pack(text.encode()), *headers) for i, text in enumerate(TEXTS))


def scan(folder: Path, data: bytes, *options: object) -> dict[str, Any]:
    (folder / "c.warc").write_bytes(data)
    out = f"json:{folder / 'report.json'}"
    run_main("scan", "c.warc", "--output", out, "--no-progress", *options, cwd=folder)
    report: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return report


DECODED: list[tuple[str, Callable[[bytes], bytes], list[str]]] = [
    ("deflate", zlib.compress, ["Content-Encoding: deflate"]),
    ("raw deflate", raw_deflate, ["Content-Encoding: Deflate"]),
    ("zstd", zstandard.compress, ["Content-Encoding: zstd"]),
    ("br", brotli.compress, ["Content-Encoding: BR"]),
    ("x-gzip", gzip.compress, ["content-encoding: x-GZip"]),
    ("twice", lambda data: gzip.compress(gzip.compress(data)), ["Content-Encoding: gzip, gzip"]),
    (
        "two lines",
        lambda data: gzip.compress(zlib.compress(data)),
        ["Content-Encoding: deflate", "Content-Encoding: identity, gzip"],
    ),
    ("two members", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
     ["Content-Encoding: gzip"]),
    ("something behind", lambda data: gzip.compress(data) + b"\r\n", ["Content-Encoding: gzip"]),
    ("chunked", lambda data: chunked(gzip.compress(data)),
     ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]),
    ("chunks without their end", lambda data: chunked(data).removesuffix(b"0\r\n\r\n"),
     ["Transfer-Encoding: chunked"]),
    ("chunks with half of it", lambda data: chunked(data).removesuffix(b"\r\n\r\n"),
     ["Transfer-Encoding: chunked"]),
    ("aws-chunked", chunked, ["Content-Encoding: aws-chunked"]),
    ("taken off: aws-chunked", bytes, ["Content-Encoding: aws-chunked"]),
    ("taken off: chunks", gzip.compress,
     ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]),
    *(
        (f"taken off: {name}", bytes, [f"Content-Encoding: {name}", "Transfer-Encoding: chunked"])
        for name in ("gzip", "deflate", "zstd", "br", "gzip, br", "compress", "UTF-8", "none")
    ),
]  # fmt: skip


@pytest.mark.parametrize("name, pack, headers", DECODED, ids=[each[0] for each in DECODED])
def test_content_is_decoded(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], headers: list[str]
) -> None:
    data = crawl(pack, *headers)
    report = scan(tmp_path, data, "--embed-text")
    assert report["corpus"]["document_count"] == 4 and not report["skipped"]
    assert [sorted(m["id"] for m in each["members"]) for each in report["clusters"]] == [
        ["urn:0", "urn:3"]
    ]
    assert report["texts"] == {"urn:0": TEXTS[0], "urn:3": TEXTS[0]}
    done = run_main("apply", "report.json", "--output", "clean.warc", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = data[: data.rindex(b"WARC/1.0")]
    assert (tmp_path / "clean.warc").read_bytes() == kept


def cut(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: pack(data)[:-30]


def spoil(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data))
    packed[len(packed) // 2] ^= 255
    return bytes(packed)


REFUSED: list[tuple[str, Callable[[bytes], bytes], list[str]]] = [
    ("gzip", cut(gzip.compress), ["Content-Encoding: gzip"]),
    ("deflate", cut(zlib.compress), ["Content-Encoding: deflate"]),
    ("deflate", cut(raw_deflate), ["Content-Encoding: deflate"]),
    ("zstd", cut(zstandard.compress), ["Content-Encoding: zstd"]),
    ("br", cut(brotli.compress), ["Content-Encoding: br"]),
    ("gzip", spoil, ["Content-Encoding: gzip"]),
    ("compress", gzip.compress, ["Content-Encoding: compress"]),
    ("zstd", gzip.compress, ["Content-Encoding: zstd"]),
    ("chunked", cut(chunked), ["Transfer-Encoding: chunked"]),
    ("do not say how", gzip.compress, []),
    ("do not say how", gzip.compress, ["Content-Encoding: identity"]),
    ("binary", raw_deflate, []),
    ("encodings", gzip.compress, ["Content-Encoding: " + "gzip, " * 40]),
]


@pytest.mark.parametrize("name, pack, headers", REFUSED)
def test_content_that_cannot_be_decoded_is_skipped(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], headers: list[str]
) -> None:
    good = record(9, TEXTS[1].encode())
    data = crawl(pack, *headers) + good
    report = scan(tmp_path, data)
    assert report["corpus"]["document_count"] == 1 and not report["clusters"]
    skipped = report["skipped"]
    assert [each["id"] for each in skipped] == [f"urn:{i}" for i in range(4)]
    assert {each["reason"] for each in skipped} == {"not_decodable"}
    for each in skipped:
        at = int(each["detail"].rpartition("byte ")[2].partition(" ")[0])
        assert data[at:].startswith(b"WARC/1.0\r\n") and each["id"].encode() in data[at : at + 80]
        assert name in each["detail"] and "c.warc" in each["detail"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, brotli.compress, zstandard.compress]
)
def test_bombs_in_content_are_bounded(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """One that is longer than a document may be, and many that are not."""
    name = {gzip.compress: "gzip", zlib.compress: "deflate"}.get(pack, "")
    name = name or ("br" if pack is brotli.compress else "zstd")
    header = f"Content-Encoding: {name}"
    small, large = pack(b"a " * 15_000_000), pack(b"a " * 40_000_000)
    data = record(0, large, header)
    data += b"".join(record(i, small, header) for i in range(1, 9))
    data += record(9, TEXTS[1].encode())
    report = scan(tmp_path, data, "--max-document-bytes", 40_000_000)
    reasons = {each["id"]: each["reason"] for each in report["skipped"]}
    assert reasons.pop("urn:0") == "too_large"
    assert {"urn:8"} <= reasons.keys() and set(reasons.values()) <= {"bomb", "too_many_tokens"}
    assert list(reasons.values()).count("bomb") >= 5
