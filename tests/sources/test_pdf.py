"""PDF: each file is one document, read by the workers; what cannot be read is told."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import pytest

import dedupe
from dedupe.model.installation import install_command
from dedupe.sources import SourceTexts
from tests.support.command import run_main, run_measured
from tests.support.every_format import article, pdf, pdf_of, zip_of
from tests.support.reading import read

pytest.importorskip("pypdfium2")

TEXT = article()
TOKENS = TEXT.split()


def test_text_title_and_date(tmp_path: Path) -> None:
    data = pdf(TEXT, title="The bridge", date="D:20240301120000+01'00'", lines_a_page=3)
    (tmp_path / "a.pdf").write_bytes(data)
    (tmp_path / "no-ending").write_bytes(data)
    (tmp_path / "b.pdf").write_bytes(b"HTTP header: junk\r\n" * 9 + data)
    (tmp_path / "in.zip").write_bytes(zip_of({"c.pdf": data}))
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    report = dedupe.scan(tmp_path)
    assert not report.skipped and not report.notices
    (cluster,) = report.clusters
    members = {member.id: member for member in cluster.members}
    assert members.keys() == {"a.pdf", "b.pdf", "no-ending", "in.zip/c.pdf", "a.txt"}
    assert members["a.pdf"].meta == {"title": "The bridge", "date": "2024-03-01T12:00:00+01:00"}
    texts = SourceTexts.of_report(report).read_texts(members)
    assert len(texts) == 5
    assert all(text.split() == TOKENS for text in texts.values())


def test_it_comes_through_a_pipe_and_apply_drops_whole_files(tmp_path: Path) -> None:
    found = read("-", stdin=pdf(TEXT))
    assert found.texts["-"].split() == TOKENS
    assert found.provider().read_texts(["-"]) == found.texts
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        (folder / name).write_bytes(pdf(TEXT))
    (folder / "c.pdf").write_bytes(pdf("Another text of some words that stands alone."))
    run_main("scan", "in", "--output", "json:r.json", cwd=tmp_path)
    done = run_main("apply", "r.json", "--output", "clean", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = {path.name: path.read_bytes() for path in (tmp_path / "clean").rglob("*.pdf")}
    assert kept == {name: (folder / name).read_bytes() for name in ("a.pdf", "c.pdf")}


def test_a_word_that_a_hyphen_breaks_is_joined(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("The long exam-\nple of a well-known word."))
    assert read(tmp_path).texts["a.pdf"].split()[2:6] == ["example", "of", "a", "well-known"]


def encrypted(data: bytes) -> bytes:
    """A PDF that asks for a password, which nobody knows."""
    keys = f"/O <{'41' * 32}> /U <{'42' * 32}> /P -4"
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 {keys} >> /ID [<00> <00>]"
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R " + encrypt.encode())


@pytest.mark.parametrize("in_archive", [False, True])
def test_what_cannot_be_read_is_told_with_the_next_step(tmp_path: Path, in_archive: bool) -> None:
    files = {
        "scan.pdf": pdf("", lines_a_page=40).replace(b"/Kids []", b"/Kids [3 0 R]"),
        "empty.pdf": pdf(" - \n - "),
        "locked.pdf": encrypted(pdf(TEXT)),
        "broken": b"%PDF-1.5\n" + b"1 0 obj\n<< /Length 90 >>\nstream\nnothing more\n" * 40,
        "good.txt": TEXT.encode(),
    }
    if in_archive:
        (tmp_path / "x.zip").write_bytes(zip_of(files))
    else:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
    found = read(tmp_path)
    assert list(found.texts.values()) == [TEXT]
    told = {item.id.removeprefix("x.zip/"): (item.reason, item.detail) for item in found.skipped}
    assert told.keys() == files.keys() - {"good.txt"}
    assert told["empty.pdf"][0] == "not_text" and "ocrmypdf" in told["empty.pdf"][1]
    assert told["locked.pdf"][0] == "encrypted" and "password" in told["locked.pdf"][1]
    assert told["broken"][0] == "damaged" and "pdftotext" in told["broken"][1]


def test_pages_without_text_are_told(tmp_path: Path) -> None:
    mixed = pdf("Some words that can be read.\n" + "-\n" * 2, lines_a_page=1)
    (tmp_path / "mixed.pdf").write_bytes(mixed)
    found = read(tmp_path)
    assert found.texts["mixed.pdf"].startswith("Some words")
    assert found.notice_reasons == {"mixed.pdf": "odd_layout"}
    assert "2 of its 3 pages" in found.notices[0].detail


def test_without_the_extra_it_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dedupe.sources.formats.pdf.format as format

    (tmp_path / "a").write_bytes(pdf(TEXT))
    monkeypatch.setattr(format, "find_spec", lambda name: None)
    (skipped,) = read(tmp_path).skipped
    assert skipped.reason == "missing_extra"
    assert install_command("pdf") in skipped.detail and "pdftotext" in skipped.detail


def stream(content: bytes) -> str:
    packed = zlib.compress(content, 9).hex()
    filters = "/Filter [/ASCIIHexDecode /FlateDecode]"
    return f"<< /Length {len(packed)} {filters} >>\nstream\n{packed}\nendstream"


@pytest.mark.slow
def test_hostile_files_are_read_in_bounds(tmp_path: Path) -> None:
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F 3 0 R >> >> >>"
    start = ["<< /Type /Catalog /Pages 2 0 R >>"]
    one = "<< /Type /Pages /Kids [4 0 R] /Count 1 >>"
    circle = "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"
    shown = b"BT /F 12 Tf 9 9 Td " + b"(one more word) Tj " * 2_000_000 + b"ET"
    files = {
        "bomb.pdf": pdf_of([*start, one, font, page, stream(b" " * 200_000_000)]),
        "words.pdf": pdf_of([*start, one, font, page, stream(shown)]),
        "circle.pdf": pdf_of([*start, circle, font, page, stream(b"")]),
        "deep.pdf": pdf_of([*start, one, font, "[" * 300_000, stream(b"")]),
        "count.pdf": re.sub(rb"/Count \d+", b"/Count 999999999", pdf(TEXT)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "good.pdf").write_bytes(pdf(TEXT))
    options = ("--html-max-seconds", 5, "--format", "json", "--workers", 1)
    result = run_measured("scan", ".", *options, cwd=tmp_path)
    assert b"Traceback" not in result.stderr
    assert result.seconds < 60 and result.peak_kilobytes < 2_500_000
    report = json.loads(result.stdout)
    told = {each["id"] for each in report["skipped"]}
    assert {"bomb.pdf", "circle.pdf", "deep.pdf"} <= told and "good.pdf" not in told
