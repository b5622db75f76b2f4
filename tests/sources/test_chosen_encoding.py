"""``--encoding``: one encoding for all text, over guesses and declarations, not over marks."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from dedupe.model.errors import ConfigError
from dedupe.model.settings import ScanSettings
from dedupe.sources import SourceTexts
from tests.sources.test_recoding import WRITERS
from tests.support.command import RunDedupe
from tests.support.every_format import http_response, page, tar_of, warc_record, zip_of
from tests.support.reading import Outcome, put, read

RUSSIAN = "Театр открыл новый сезон премьерой, которую зрители ждали больше двух лет подряд."


def check_reread(found: Outcome, **settings: Any) -> None:
    provider = SourceTexts(
        found.corpus.source_infos, found.locators, found.hashes(), ScanSettings(**settings)
    )
    assert provider.read_texts(found.texts) == found.texts


@pytest.mark.parametrize(
    "label", ["iso-8859-5", "cp866", "utf-16-le", "utf-8", "iso-2022-jp", "cp037"]
)
@pytest.mark.parametrize("kind", WRITERS)
def test_all_records_are_read_in_it(tmp_path: Path, kind: str, label: str) -> None:
    if (kind, label) == ("xml", "cp037"):
        pytest.skip("XML is recognised before it is recoded, and in EBCDIC has no angle brackets")
    text = {"iso-2022-jp": "港の工事", "cp037": "El señor"}.get(label, "Ещё одна осень")
    texts = [f"{text} {number}" for number in range(3)]
    data = WRITERS[kind](texts).encode(label)
    put(tmp_path / f"x.{kind}", data)
    put(tmp_path / "y.zip", zip_of({f"z.{kind}": data}))
    if kind == "csv":
        texts = [f"{each}\r\nend" for each in texts]
    found = read(tmp_path, encoding=label)
    assert sorted(found.texts.values()) == sorted(texts * 2)
    assert not found.skipped and not found.notices
    [told] = found.corpus.encoding_counts
    assert told.endswith("(chosen)") or (label, told) == ("utf-8", "utf-8")
    check_reread(found, encoding=label)


def test_it_wins_over_guess_declaration_and_header(tmp_path: Path) -> None:
    data = RUSSIAN.encode("iso8859-5")
    html = page(RUSSIAN, "iso8859-5", '<meta charset="koi8-r">')
    response = http_response(html, "text/html; charset=windows-1251")
    plain = http_response(data, "text/plain; charset=windows-1251")
    put(tmp_path / "x.txt", data)
    put(tmp_path / "x.html", html)
    put(
        tmp_path / "x.warc",
        b"".join(
            warc_record("response", f"http://a.example/{number}", each)
            for number, each in enumerate((response, plain))
        ),
    )
    put(tmp_path / "x.tar", tar_of({"y.txt": data, "y.html": html}))
    found = read(tmp_path, encoding="iso-8859-5", html="text")
    assert len(found.texts) == 6
    assert all(RUSSIAN in text for text in found.texts.values())
    assert found.corpus.encoding_counts == {"iso8859-5 (chosen)": 6}
    check_reread(found, encoding="iso-8859-5", html="text")


def test_a_byte_order_mark_wins_over_it(tmp_path: Path) -> None:
    for name in ("utf-8-sig", "utf-16", "utf-32"):
        put(tmp_path / f"{name}.txt", RUSSIAN.encode(name))
        put(tmp_path / f"{name}.csv", f'text\n"{RUSSIAN}"\n'.encode(name))
    found = read(tmp_path, encoding="cp866")
    assert [*found.texts.values()] == [RUSSIAN] * 6
    assert not found.notices
    check_reread(found, encoding="cp866")


def test_what_is_valid_utf8_is_told(tmp_path: Path) -> None:
    for name in ("a.txt", "a.lines"):
        put(tmp_path / name, RUSSIAN)
    put(tmp_path / "ascii.txt", "plain text")
    found = read(tmp_path, encoding="cp866")
    assert RUSSIAN not in found.texts.values()
    assert found.notice_reasons == {"a.txt": "encoding_doubtful", "a.lines": "encoding_doubtful"}


def test_chinese_in_utf16_without_a_mark_can_be_read(tmp_path: Path) -> None:
    text = "没有标记的文字，谁也认不出来。"
    put(tmp_path / "x.txt", text.encode("utf-16-be"))
    assert read(tmp_path).reasons == {"x.txt": "not_text"}
    assert read(tmp_path, encoding="utf-16be").texts == {"x.txt": text}


def test_binary_files_stay_binary(tmp_path: Path) -> None:
    put(tmp_path / "x.txt", random.Random(3).randbytes(5000))
    put(tmp_path / "y.warc", b"no crawl")
    found = read(tmp_path, encoding="cp866")
    assert found.reasons == {"x.txt": "not_text", "y.warc": "not_text"}


def test_a_line_that_could_be_utf8_is_read_in_it(tmp_path: Path) -> None:
    text = "Р°Рё"  # its bytes in cp1251 are valid UTF-8
    data = text.encode("cp1251")
    data.decode()
    put(tmp_path / "x.lines", data + b"\n" + RUSSIAN.encode("cp1251") + b"\n")
    assert read(tmp_path, encoding="cp1251").texts["x.lines:1"] == text


@pytest.mark.parametrize("kind", ["jsonl", "csv", "lines", "txt", "html", "zip"])
def test_apply_takes_out_what_was_read_in_it(
    dedupe_here: RunDedupe, tmp_path: Path, kind: str
) -> None:
    texts = [RUSSIAN * 2, RUSSIAN * 2, "Совсем другой текст о рыбаках и море."]

    def write(kind: str, texts: list[str]) -> bytes:
        return WRITERS[kind](texts).encode("cp866")

    if kind in WRITERS:
        put(tmp_path / f"in/x.{kind}", write(kind, texts))
    elif kind == "zip":
        put(tmp_path / "in/x.zip", zip_of({"a.lines": write("lines", texts)}))
    else:
        for number, text in enumerate(texts):
            put(tmp_path / f"in/{number}.{kind}", text.encode("cp866"))
    options = ("--encoding", "ibm866", "--html", "text")
    dedupe_here("scan", "in", *options, "--output", "r.json", "--format", "json")
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert report["config"]["encoding"] == "cp866"
    assert report["corpus"]["document_count"] == 3 and report["corpus"]["duplicate_count"] == 1
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    if kind in WRITERS:
        assert (tmp_path / f"out/x.{kind}").read_bytes() == write(kind, texts[1:])
    shown = dedupe_here("scan", "out", *options, "--format", "json").stdout
    assert json.loads(shown)["corpus"]["document_count"] == 2


def test_apply_reads_every_line_in_it(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    odd = "Р°Рё Р°Рё"  # its bytes in cp1251 are valid UTF-8
    data = "\n".join([odd, RUSSIAN, odd, "Совсем другой текст о рыбаках.", RUSSIAN, ""])
    put(tmp_path / "in" / "x.lines", data.encode("cp1251"))
    dedupe_here("scan", "in", "--encoding", "cp1251", "--output", "r.json", "--format", "json")
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    left = (tmp_path / "out" / "x.lines").read_bytes().decode("cp1251").splitlines()
    assert sorted(left) == sorted({*data.splitlines()})


def test_standard_input_and_differences(dedupe_here: RunDedupe, tmp_path: Path) -> None:
    other = RUSSIAN.replace("больше", "дольше")
    data = "".join(
        json.dumps({"text": text}, ensure_ascii=False) + "\n"
        for text in (RUSSIAN * 3, RUSSIAN * 2 + other)
    )
    result = dedupe_here(
        "scan", "-", "--encoding", "iso-8859-5", "--diff", "hunks", stdin=data.encode("iso8859-5")
    )
    assert "дольше" in result.stdout.decode()


def test_an_unknown_name_is_an_error_that_names_near_ones(dedupe_here: RunDedupe) -> None:
    result = dedupe_here("scan", ".", "--encoding", "windows-1521", code=2)
    assert b"windows-1521" in result.stderr and b"windows-1251" in result.stderr


@pytest.mark.parametrize("label", ["rot13", "hex", "idna", "utf-7", "unicode_escape", "no such"])
def test_what_is_no_encoding_of_text_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match="encoding"):
        ScanSettings(encoding=label)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Windows-1251", "cp1251"),
        ("x-sjis", "cp932"),
        ("latin1", "cp1252"),
        ("UTF-16", "utf-16-le"),
        ("gb2312", "gb18030"),
        ("", ""),
    ],
)
def test_names_of_the_web_and_of_python_are_known(label: str, name: str) -> None:
    assert ScanSettings(encoding=label).encoding == name


def test_a_baseline_remembers_the_encoding(
    dedupe_here: RunDedupe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts in another encoding are other texts, so that each known duplicate would be new."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        put(tmp_path / "in" / name, RUSSIAN.encode("koi8-r"))
    known = ("check", "in", "--baseline", "known.baseline")
    dedupe_here(*known, "--update-baseline")
    assert b"encoding" not in (tmp_path / "known.baseline").read_bytes()
    assert b"encoding" in dedupe_here(*known, "--encoding", "cp1251", code=2).stderr
    dedupe_here(*known, "--encoding", "cp1251", "--update-baseline")
    dedupe_here(*known, "--encoding", "windows-1251")
    assert b"encoding" in dedupe_here(*known, code=2).stderr
