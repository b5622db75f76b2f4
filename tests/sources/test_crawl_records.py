"""Records of crawls: a wrong length costs no more than its record; ARC is read like WARC."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.sources import SourceTexts
from dedupe.sources.formats.warc.records import cut_records
from tests.support.command import run_main
from tests.support.corpora import INVENTED_WORDS
from tests.support.every_format import arc_record, arc_start, http_response, warc_record
from tests.support.reading import read

pytest.importorskip("lxml")

TEXTS = [" ".join(random.Random(seed).choices(INVENTED_WORDS, k=60)) for seed in range(5)]


def answer(text: str) -> bytes:
    return http_response(text.encode(), "text/plain; charset=utf-8")


def warc(number: int) -> bytes:
    return warc_record("response", f"http://x.example/{number}", answer(TEXTS[number]))


def arc(number: int) -> bytes:
    return arc_record(f"http://x.example/{number}", answer(TEXTS[number]))


def with_length(record: bytes, change: int) -> bytes:
    """A record that states another length than it has."""
    pattern = rb"(?<=\nContent-Length: )\d+" if record.startswith(b"WARC") else rb"\d+(?=\n)"
    return re.sub(pattern, lambda found: b"%d" % max(0, int(found[0]) + change), record, count=1)


CHANGES = [-1_000_000, -200, -1, 1, 5, 90, 600, 3000, 10**6, 10**9, 10**14]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("make", [warc, arc])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_wrong_length_costs_its_record_alone(tmp_path: Path, make, change: int, pack) -> None:
    records = [make(number) for number in range(5)]
    records[2] = with_length(records[2], change)
    name = f"c.{make.__name__}" + (".gz" if pack is gzip.compress else "")
    (tmp_path / name).write_bytes(b"".join(map(pack, records)))
    found = read(tmp_path / name)
    kept = [0, 1, 3, 4]
    if change != 1:  # (line ends are between records)
        assert {f"http://x.example/{n}": TEXTS[n] for n in kept} == found.texts
        (skipped,) = found.skipped
        assert (skipped.id, skipped.reason) == ("http://x.example/2", "damaged")
        assert "length is wrong" in skipped.detail
        assert f"byte {len(b''.join(records[:2]))} of" in skipped.detail
    assert found.texts.keys() >= {f"http://x.example/{n}" for n in kept}


def test_a_header_without_a_length_costs_its_record_alone(tmp_path: Path) -> None:
    broken = warc(2).replace(b"Content-Length", b"Content-Girth")
    (tmp_path / "c.warc").write_bytes(warc(0) + broken + warc(1))
    found = read(tmp_path / "c.warc")
    assert len(found.texts) == 2 and found.reasons == {"http://x.example/2": "damaged"}


def test_a_record_may_hold_a_crawl(tmp_path: Path) -> None:
    """Where the length is right, a line that begins like a record is content."""
    text = f"{TEXTS[0]}\r\n\r\n{warc(1).decode()}{TEXTS[2]}"
    outer = warc_record("response", "http://x.example/outer", answer(text))
    (tmp_path / "c.warc").write_bytes(outer + warc(3))
    found = read(tmp_path / "c.warc")
    assert found.texts == {"http://x.example/outer": text, "http://x.example/3": TEXTS[3]}


@pytest.mark.parametrize("version", [1, 2])
def test_arc(tmp_path: Path, version: int) -> None:
    page = f"<html><body><article><p>{TEXTS[2]}</p><p>{TEXTS[3]}</p></article></body></html>"
    records = [
        arc_start(version),
        arc_record("dns:x.example", b"20040301\nx.example. A 192.0.2.7\n", "text/dns"),
        arc_record("http://x.example/a b", answer(TEXTS[0]), version=version),
        arc_record("http://x.example/old", TEXTS[1].encode(), "text/plain", version=version),
        arc_record("http://x.example/i", http_response(b"\x89PNG", "image/png"), "image/png"),
        arc_record(
            "http://x.example/gone", http_response(b"x", "text/html", status="404 Not Found")
        ),
        arc_record("http://x.example/p", http_response(page.encode(), "text/html")),
        arc_record("http://x.example/copy", answer(TEXTS[0]), "unknown", version=version),
    ]
    (tmp_path / "c.arc").write_bytes(b"".join(records))
    report = dedupe.scan(tmp_path / "c.arc", config=dedupe.Config(keep=("earliest",)))
    assert report.corpus.document_count == 4 and not report.skipped and not report.notices
    (cluster,) = report.clusters
    members = {member.id: member for member in cluster.members}
    assert members.keys() == {"http://x.example/a b", "http://x.example/copy"}
    assert {member.meta["date"] for member in members.values()} == {"2004-03-01T10:00:00Z"}
    texts = SourceTexts.of_report(report).read_texts(members)
    assert set(texts.values()) == {TEXTS[0]} and len(texts) == 2
    run_main("scan", "c.arc", "--output", "json:r.json", cwd=tmp_path)
    json.loads((tmp_path / "r.json").read_bytes())
    done = run_main("apply", "r.json", "--output", "clean.arc", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    dropped = next(iter(members.keys() - set(read(tmp_path / "clean.arc").texts)))
    rest = [each for each in records if not each.startswith(dropped.encode() + b" 192")]
    assert (tmp_path / "clean.arc").read_bytes() == b"".join(rest)
    assert len(rest) == len(records) - 1


PAGE = f"<!DOCTYPE html><html><body><p>{TEXTS[0]}</p></body></html>"
XHTML = f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><p>{TEXTS[0]}</p></html>"
FEED = f"<?xml version='1.0'?><rss><channel><item><title>{TEXTS[0]}</title></item></channel></rss>"

CONTENTS: list[tuple[str, str, str]] = [
    ("text/html, text/html; charset=utf-8", PAGE, "read"),
    ("text/plain", PAGE, "read"),
    ("", PAGE, "read"),
    ("text/xml", XHTML, "read"),
    ("application/xml", XHTML, "read"),
    ("text/plain", FEED, "passed over"),
    ("text/html", FEED, "passed over"),
    ("", TEXTS[0], "passed over"),
    ("", "\x89PNG\r\n\x1a\n\0\0\0", "passed over"),
    ("text/html", '{"html": "' + TEXTS[0] + '"}', "passed over"),
    ("text/html", "%PDF-1.4\n1 0 obj\n<< >>\nendobj\n", "PDF"),
    ("text/plain", "{\\rtf1\\ansi words of prose}", "RTF"),
]


@pytest.mark.parametrize("media_type, body, outcome", CONTENTS)
def test_content_wins_over_its_media_type(
    tmp_path: Path, media_type: str, body: str, outcome: str
) -> None:
    path = tmp_path / "c.warc"
    content = http_response(body.encode("latin-1"), media_type)
    path.write_bytes(warc_record("response", "http://x.example/s", content) + warc(1))
    found = read(path, html="text")
    texts = dict(found.texts)
    assert "http://x.example/1" in texts
    assert (texts.get("http://x.example/s") == TEXTS[0]) == (outcome == "read")
    assert len(texts) == 1 + (outcome == "read")
    if outcome in ("read", "passed over"):
        assert not found.skipped
    else:
        assert found.reasons == {"http://x.example/s": "known_format"}
        assert outcome in found.skipped[0].detail
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("status", ["HTTP/2 200", "HTTP/3 200 OK", "h2 200", "ICY 200 OK"])
def test_statuses_of_any_version(tmp_path: Path, status: str) -> None:
    content = http_response(PAGE.encode(), "text/html").replace(b"HTTP/1.1 200 OK", status.encode())
    assert status.encode() in content
    (tmp_path / "c.warc").write_bytes(warc_record("response", "http://x.example/s", content))
    assert [*read(tmp_path / "c.warc").texts] == ["http://x.example/s"]


def test_a_response_without_a_status_is_told(tmp_path: Path) -> None:
    content = f":status: 200\r\ncontent-type: text/html\r\n\r\n{PAGE}".encode()
    dns = warc_record("response", "dns:x.example", b"20040101\nx.example. A 1.2.3.4")
    (tmp_path / "c.warc").write_bytes(
        warc_record("response", "http://x.example/s", content) + dns + warc(1)
    )
    found = read(tmp_path / "c.warc")
    assert found.reasons == {"http://x.example/s": "damaged"}
    assert "status" in found.skipped[0].detail and len(found.texts) == 1


def test_the_log_of_wget_is_no_document(tmp_path: Path) -> None:
    log = warc_record("resource", "metadata://gnu.org/software/wget/warc/wget.log",
                      TEXTS[0].encode(), "text/plain")  # fmt: skip
    (tmp_path / "c.warc").write_bytes(warc(1) + log)
    found = read(tmp_path / "c.warc")
    assert [*found.texts] == ["http://x.example/1"] and not found.skipped


@pytest.mark.parametrize("kind", ["css", "javascript", "xml", "x-json", "ecmascript"])
def test_code_and_feeds_are_no_documents(tmp_path: Path, kind: str) -> None:
    style = http_response(TEXTS[0].encode(), f"text/{kind}; charset=utf-8")
    (tmp_path / "c.warc").write_bytes(
        warc_record("response", "http://x.example/s", style) + warc(1)
    )
    found = read(tmp_path / "c.warc")
    assert found.texts.keys() == {"http://x.example/1"} and not found.skipped


@pytest.mark.parametrize(
    "content",
    [
        arc(0) + (b"http:" + b" a 20040101000000" * 450 + b" x\n") * 60,
        arc(0) + (b"http:x 1 20040101000000 " + b"1 " * 2000 + b"\n") * 100,
        b"WARC/1.0\r\n" * 40_000,
        b"WARC/1.0\r\nContent-Length: 999999999\r\n\r\n" * 10_000,
    ],
)
def test_no_content_makes_cutting_slow(content: bytes) -> None:
    began = time.process_time()
    assert sum(1 for _ in cut_records(iter([content]), 1 << 26)) >= 1
    assert time.process_time() - began < 3


@given(st.data())
def test_blocks_of_any_size_give_the_same_records(data: st.DataObject) -> None:
    content = b"".join(
        data.draw(st.sampled_from([warc(0), warc(1), with_length(warc(2), 400), b"junk\r\n"]))
        for _ in range(data.draw(st.integers(1, 6)))
    )
    size = data.draw(st.integers(1, 700))
    stream = io.BytesIO(content)
    cut = [*cut_records(iter(lambda: stream.read(size), b""), 1 << 20)]
    assert cut == [*cut_records(iter([content]), 1 << 20)]
    assert all(content.startswith(b"WARC/", record.offset) for record in cut)
