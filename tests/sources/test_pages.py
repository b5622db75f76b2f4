"""HTML pages and WARC crawls through the reader and through the real process."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dedupe import Config, scan
from dedupe.api import scan_with_texts
from dedupe.model.installation import install_command
from dedupe.model.report import Report
from dedupe.sources import SourceTexts
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.formats.recognition import recognise_content
from tests.support.command import (
    FIXTURES,
    RunDedupe,
    clean_environment,
    dedupe_command,
    run_measured,
)
from tests.support.every_format import http_response, warc_record

lxml = pytest.importorskip("lxml")
pytest.importorskip("trafilatura")

ARTICLE = (FIXTURES / "articles" / "harbour-bridge_newswire.txt").read_text(encoding="utf-8")
PARAGRAPHS = "".join(f"<p>{line}</p>\n" for line in ARTICLE.splitlines() if line.strip())
PAGE = (
    "<!doctype html><html><head><title>News</title><style>p {}</style></head><body>"
    "<nav><a href='/'>Home</a> <a href='/n'>Latest news</a></nav>"
    f"<article>{PARAGRAPHS}</article><script>var unseen = '<p>unseen</p>';</script>"
    "<footer>All rights reserved</footer></body></html>"
)


def response(
    uri: str, page: str, charset: str = "utf-8", status: str = "200 OK", date: str = "2026-01-02"
) -> bytes:
    body = page.encode(charset, "xmlcharrefreplace")
    content = http_response(body, f"text/html; charset={charset}", status=status)
    return warc_record("response", uri, content, date=f"{date}T03:04:05Z")


def cluster_ids(report: Report) -> list[list[str]]:
    return [sorted(member.id for member in cluster.members) for cluster in report.clusters]


def scan_folder(folder: Path, **settings: Any) -> Report:
    return scan([folder], Config(**settings))


def reasons(report: Report) -> dict[str, str]:
    return {item.id: item.reason for item in (*report.skipped, *report.notices)}


@pytest.mark.slow
def test_an_article_is_found_in_every_form(tmp_path: Path):
    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "page.htm.gz").write_bytes(gzip.compress(PAGE.encode("utf-16")))
    (tmp_path / "no-ending").write_text(PAGE, encoding="utf-8")
    crawl = [
        warc_record("warcinfo", "urn:x", b"software: x\r\n", "application/warc-fields"),
        response("http://one.example/", PAGE, "windows-1252"),
        response("http://gone.example/", PAGE, status="404 Not Found"),
        warc_record("conversion", "http://two.example/", ARTICLE.encode(), "text/plain"),
        warc_record("resource", "http://three.example/", b"\x89PNG", "image/png"),
    ]
    (tmp_path / "c.warc").write_bytes(b"".join(crawl))
    (tmp_path / "d.warc.gz").write_bytes(b"".join(map(gzip.compress, [crawl[0], crawl[1]])))
    report, texts = scan_with_texts([str(tmp_path)], Config(workers=2))
    uris = ["http://one.example/", "http://one.example/#2", "http://two.example/"]
    expected = sorted(["a.txt", "no-ending", "page.htm.gz", "page.html", *uris])
    assert cluster_ids(report) == [expected]
    assert report.corpus.html_counts == {"article": 5}
    assert report.corpus.encoding_counts["cp1252 (declared)"] == 2
    assert report.corpus.encoding_counts["utf-16-le (mark)"] == 1
    assert reasons(report) == {"http://one.example/": "duplicate_id"}
    assert set(texts.read_texts(expected)) == set(expected)
    assert set(SourceTexts.of_report(report).read_texts(expected)) == set(expected)


@pytest.mark.slow
def test_captures_and_pages_carry_address_and_date(tmp_path: Path):
    crawl = [
        response("http://www.one.example/a", PAGE),
        response("http://two.example/b", PAGE, date="2024-05-06"),
        response("<http://three.example/c>", PAGE, date="2025-05-06"),
    ]
    (tmp_path / "c.warc").write_bytes(b"".join(crawl))
    head = (
        '<!-- <link rel="canonical" href="http://no.example/"> --><meta charset="utf-8">'
        "<link href='https://four.example/?a=1&amp;b=2' rel=Canonical><meta content='x' name=y>"
        '<meta property="og:url" content="https://later.example/">'
        '<meta property="article:published_time" content="2023-01-02T03:04:05+01:00">'
    )
    (tmp_path / "p.html").write_text(PAGE.replace("<head>", f"<head>{head}"), encoding="utf-8")
    body = '<body><link rel="canonical" href="http://no.example/">'
    (tmp_path / "q.html").write_text(
        PAGE.replace("<head>", '<head><link rel="canonical" href="/relative">').replace(
            "<body>", body
        )
    )
    (cluster,) = scan_folder(tmp_path, keep=("earliest",)).clusters
    meta = {member.id: member.meta for member in cluster.members}
    assert meta["http://two.example/b"] == {
        "url": "http://two.example/b",
        "date": "2024-05-06T03:04:05Z",
        "site": "two.example",
    }
    assert meta["http://three.example/c"]["site"] == "three.example"
    assert meta["p.html"] == {
        "url": "https://four.example/?a=1&b=2",
        "date": "2023-01-02T03:04:05+01:00",
        "site": "four.example",
    }
    assert meta["q.html"] == {}
    assert cluster.representative == "p.html"
    for keep, best in (
        ("latest", "http://www.one.example/a"),
        ("site=three.example", "http://three.example/c"),
    ):
        (cluster,) = scan_folder(tmp_path, keep=(keep,)).clusters
        assert cluster.representative == best


@pytest.mark.slow
def test_html_modes(tmp_path: Path):
    page = tmp_path / "p.html"
    page.write_text(PAGE + "<div>one</div><div>two</div><p hidden>xyzzy</p>", encoding="utf-8")
    for mode, holds, lacks in (
        ("article", [ARTICLE.split()[0]], ["Latest news", "unseen"]),
        ("text", ["Latest news", "rights reserved", "one\ntwo"], ["unseen", "xyzzy", "<p>"]),
        ("raw", ["<nav>", "unseen", "xyzzy"], []),
    ):
        report = scan([page], Config(html=mode))
        assert report.corpus.html_counts == {mode: 1}
        (tmp_path / "copy.html").write_bytes(page.read_bytes())
        text = scan([tmp_path], Config(html=mode, embed_text=True)).texts or {}
        (tmp_path / "copy.html").unlink()
        assert all(part in text["p.html"] for part in holds), mode
        assert not any(part in text["p.html"] for part in lacks), mode


def test_where_no_article_is_found_all_visible_text_is_taken(tmp_path: Path):
    (tmp_path / "links.html").write_text("<html><body><footer>Home News</footer></body></html>")
    report = scan_folder(tmp_path)
    assert report.corpus.document_count == 1
    assert report.corpus.html_counts == {"text": 1}
    assert reasons(report) == {"links.html": "no_article"}


@pytest.mark.slow
def test_records_of_html(tmp_path: Path):
    lines = [json.dumps({"id": name, "text": PAGE}) for name in "ab"]
    (tmp_path / "r.jsonl").write_text(
        "\n".join(lines) + '\n{"id": "c", "text": "<aside>x y</aside>"}\n'
    )
    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    assert scan_folder(tmp_path).corpus.html_counts == {}
    config = Config(text_format="html", embed_text=True)
    report = scan([tmp_path], config)
    assert cluster_ids(report) == [["a", "a.txt", "b"]]
    assert report.texts is not None
    assert "<p>" not in report.texts["a"]
    assert reasons(report) == {"r.jsonl": "no_article"}


@pytest.mark.slow
def test_workers_do_not_change_the_report(tmp_path: Path, run_dedupe: RunDedupe):
    for i in range(12):
        (tmp_path / f"{i}.html").write_text(PAGE.replace("Home", f"Home {i}"), encoding="utf-8")
    reports = []
    for workers in (1, 3):
        output = run_dedupe("scan", ".", "--workers", workers, "--format", "json").stdout
        reports.append({**json.loads(output), "run": None})
    assert reports[0] == reports[1]
    assert reports[0]["corpus"]["html_counts"] == {"article": 12}


@pytest.mark.slow
def test_truncated_and_damaged_crawls_keep_what_stood_before(tmp_path: Path):
    good = response("http://one.example/", PAGE)
    cut = response("http://two.example/", PAGE)[:-200]
    (tmp_path / "cut.warc").write_bytes(good + cut)
    (tmp_path / "cut.warc.gz").write_bytes(gzip.compress(good) + gzip.compress(cut)[:-300])
    (tmp_path / "bad.warc").write_bytes(good + b"no record\r\n\r\n" * 5)
    report = scan_folder(tmp_path)
    assert report.corpus.document_count == 4
    told = reasons(report)
    assert {told["cut.warc"], told["cut.warc.gz"]} == {"truncated"}
    (damaged,) = report.skipped
    assert damaged.reason == "damaged" and "byte 0 of bad.warc" in damaged.detail


def test_a_missing_extra_names_the_file_and_the_command(tmp_path: Path, monkeypatch: Any):
    import dedupe.sources.pages.requirements as requirements

    (tmp_path / "p.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "c.warc").write_bytes(response("http://one.example/", PAGE))
    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    report = scan_folder(tmp_path)
    assert {item.id: item.reason for item in report.skipped} == {
        "p.html": "missing_extra",
        "c.warc": "missing_extra",
    }
    details = " ".join(item.detail for item in report.skipped)
    assert install_command("html") in details


HOSTILE = {
    "deep.html": "<div>" * 300 + PAGE + "</div>" * 300,
    "abyss.html": "<div></b>" * 200_000 + PAGE,
    "attributes.html": f"<div {' '.join(f'a{i}={i}' for i in range(100_000))}>{PAGE}",
    "paragraphs.html": "<html>" + "<p>word one two</p>" * 200_000,
    "comments.html": "<html>" + "<!--" * 200_000,
    "quotes.html": "<html>" + "<a b=\"'" * 200_000,
}


@pytest.mark.slow
def test_hostile_pages_are_read_in_bounds_and_named(tmp_path: Path):
    for name, page in HOSTILE.items():
        (tmp_path / name).write_text(page, encoding="utf-8")
    marks = "<html><p>a" + "\u0301" * 80_000 + f"</p>{PAGE}"
    (tmp_path / "marks.html").write_text(marks, encoding="utf-8")
    (tmp_path / "good.html").write_text(PAGE, encoding="utf-8")
    result = run_measured("scan", ".", "--format", "json", cwd=tmp_path)
    assert result.seconds < 60
    assert result.peak_kilobytes < 1_000_000
    report = json.loads(result.stdout)
    told = {notice["id"]: notice for notice in report["notices"]}
    for name, setting in (
        ("deep.html", "--html-max-depth"),
        ("abyss.html", "--html-max-depth"),
        ("attributes.html", "--html-max-attributes"),
        ("paragraphs.html", "--html-max-elements"),
    ):
        assert told[name]["reason"] == "page_limit"
        assert setting in told[name]["detail"]
    (cluster,) = report["clusters"]
    members = {member["id"] for member in cluster["members"]}
    assert {"good.html", "deep.html", "attributes.html"} <= members


def slow_page(folder: Path) -> list[object]:
    """A page that a parser needs many seconds for, and the options that let it try."""
    attributes = " ".join(f"a{i}={i}" for i in range(200_000))
    (folder / "slow.html").write_text(f"<html><body {attributes}>{PAGE}", encoding="utf-8")
    return ["scan", ".", "--html-max-attributes", 10_000_000]


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_read_in_the_cheaper_way(
    tmp_path: Path, run_dedupe: RunDedupe
):
    arguments = [*slow_page(tmp_path), "--html-max-seconds", 2, "--format", "json"]
    (tmp_path / "good.html").write_text(PAGE, encoding="utf-8")
    report = json.loads(run_dedupe(*arguments).stdout)
    (notice,) = report["notices"]
    assert (notice["id"], notice["reason"]) == ("slow.html", "page_limit")
    assert "--html-max-seconds" in notice["detail"]
    assert report["corpus"]["html_counts"] == {"article": 1, "stripped": 1}
    assert len(report["clusters"]) == 1


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    threads = Path(f"/proc/{pid}/task")
    if not found.exists():
        pytest.skip("the system does not list the children of a process")
    return [int(c) for t in threads.iterdir() for c in (t / "children").read_text().split()]


@pytest.mark.slow
def test_interrupted_scans_leave_no_process(tmp_path: Path):
    command = [*dedupe_command(), *map(str, slow_page(tmp_path))]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=clean_environment(),
        stderr=subprocess.PIPE,
        # (A shell lets what it starts in the background ignore interrupts.)
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (children := children_of(process.pid)):
        time.sleep(0.05)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert time.monotonic() - began < 10
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


@pytest.mark.parametrize(
    ("data", "declared", "text", "encoding"),
    [
        ("Größe".encode(), "", "Größe", "utf-8"),
        ("Größe".encode("utf-8-sig"), "cp1252", "Größe", "utf-8"),
        ("Größe".encode("utf-32"), "", "Größe", "utf-32-le (mark)"),
        ("Größe".encode("cp1252"), "iso-8859-1", "Größe", "cp1252 (declared)"),
        ("Größe “so”".encode("cp1252"), "", "Größe “so”", "cp1252 (detected)"),
        ("Größe".encode("cp1252"), "no-such", "Größe", "cp1252 (detected)"),
        ("Größe".encode("cp1252"), "hex", "Größe", "cp1252 (detected)"),
        ("Größe".encode("cp1252"), "unicode_escape", "Größe", "cp1252 (detected)"),
        ("港口".encode("gb18030"), "gb2312", "港口", "gb18030 (declared)"),
        ("港口".encode("iso2022_jp"), "ISO-2022-JP", "港口", "iso2022_jp (declared)"),
        ("Größe".encode(), "cp1251", "Größe", "utf-8"),
    ],
)
def test_decoding(data: bytes, declared: str, text: str, encoding: str):
    decoded = decode_document(data, declared)
    assert (decoded.text.decode(), decoded.encoding, decoded.replaced_count) == (text, encoding, 0)


def test_damaged_utf8_is_no_other_encoding():
    decoded = decode_document("Größe über alles".encode() + b"\xff")
    assert decoded[:3] == ("Größe über alles\ufffd".encode(), "utf-8", 1)


def test_russian_text_without_a_declaration(tmp_path: Path):
    text = "Мост через гавань закрыт до весны, сообщил во вторник начальник порта города."
    (tmp_path / "a.txt").write_bytes(text.encode("cp1251"))
    (tmp_path / "b.txt").write_bytes(text.encode("koi8-r"))
    page = f'<html><meta charset="windows-1251"><p>{text}'
    (tmp_path / "c.html").write_bytes(page.encode("cp1251"))
    report = scan_folder(tmp_path)
    assert cluster_ids(report) == [["a.txt", "b.txt", "c.html"]]
    assert report.corpus.encoding_counts == {
        "cp1251 (declared)": 1,
        "cp1251 (detected)": 1,
        "koi8-r (detected)": 1,
    }


def test_content_tells_pages_and_crawls():
    assert recognise_content(b"\n<!-- a --><!DOCTYPE HTML>") == "html"
    assert recognise_content(b"\xef\xbb\xbf<?xml version='1.0'?><html>") == "html"
    assert recognise_content("<html>".encode("utf-16")) == "html"
    assert recognise_content(b"WARC/1.0\r\n") == "warc"
    assert recognise_content(b"about <html> in text") == "text"
