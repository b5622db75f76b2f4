"""One text a line: what is a document, where it stands, and that nothing else takes part."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.sources import ReadLimits
from tests.support.every_format import COMPRESSORS, article, tar_of, zip_of
from tests.support.reading import put, read

WORDS = [f"word{number}" for number in range(300)]


def sentence(begin: int, count: int = 40) -> str:
    return " ".join(WORDS[begin : begin + count])


# --- what is a document --------------------------------------------------------------------


def test_each_line_is_a_text_and_blank_lines_are_none(tmp_path: Path) -> None:
    data = "one\n\n two \r\n \t\r\nthree\rand\u2028more\x0c\n\r\nlast"
    put(tmp_path / "a.lines", data.encode())
    put(tmp_path / "b.lines", b"\xef\xbb\xbf" + data.encode() + b"\r\n")
    put(tmp_path / "c.lines", b"")
    put(tmp_path / "d.lines", b"\n\r\n\n")
    found = read(tmp_path)
    texts = {1: "one", 3: " two ", 5: "three\rand\u2028more\x0c", 7: "last"}
    expected = {f"{name}.lines:{line}": text for name in "ab" for line, text in texts.items()}
    assert found.texts == expected
    assert not found.skipped and not found.notices
    for by_name in (False, True):
        assert found.provider(by_name).read_texts([*expected][::-1]) == expected


def test_nothing_but_the_ending_or_the_setting_tells_it(tmp_path: Path) -> None:
    data = "".join(f"{sentence(begin)}\n" for begin in range(9)).encode()
    put(tmp_path / "a.txt", data)
    put(tmp_path / "b", data)
    assert read(tmp_path).texts.keys() == {"a.txt", "b"}
    chosen = read(tmp_path, input_format="lines").texts
    assert chosen.keys() == {f"{name}:{line}" for name in ("a.txt", "b") for line in range(1, 10)}
    assert len(read("-", stdin=data, input_format="lines").texts) == 9
    assert set(read("-", stdin=data).reasons.values()) == {"not_json"}


def test_what_is_a_record_or_a_page_elsewhere_is_a_text_here(tmp_path: Path) -> None:
    line = '{"id": "x", "text": "<p>one</p>", "url": "https://a.example/"}'
    put(tmp_path / "a.lines", line + "\n")
    found = read(tmp_path, text_field=("body",), text_format="html")
    assert found.texts == {"a.lines:1": line}
    assert not any(meta for batch in found.batches for meta in batch.metas)


@given(st.lists(st.sampled_from(["ab", "\t", " ", "\r", "\r\n", "\n", "é漢"])), st.integers(1, 9))
def test_blocks_do_not_matter(parts: list[str], size: int) -> None:
    data = "".join(parts).encode()
    found = read("-", stdin=data, input_format="lines", limits=ReadLimits(block_bytes=size))
    by_hand = {
        f"-:{number}": line.removesuffix("\r")
        for number, line in enumerate(data.decode().split("\n"), 1)
        if line.strip(" \t\r\n")
    }
    assert found.texts == by_hand
    assert not found.skipped


def test_bytes_that_are_not_utf8_are_counted_and_come_back(tmp_path: Path) -> None:
    good = f"{sentence(0)} é\n".encode()
    put(tmp_path / "a.lines", good * 2000 + b"caf\xe9 \xef\xbf\xbd end\r\n" + good)
    found = read(tmp_path)
    assert found.texts["a.lines:2001"] == "caf\ufffd \ufffd end"
    (notice,) = found.notices
    assert notice.reason == "undecodable_bytes" and notice.detail.endswith(": 1")
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_lines_beyond_a_limit_are_told_and_those_around_them_read(tmp_path: Path) -> None:
    put(tmp_path / "a.lines", b"one\n" + b"x" * 200 + b"\ntwo\n" + b"y" * 120 + b"\n" + b" " * 120)
    found = read(tmp_path, max_document_bytes=110, max_line_bytes=150)
    assert found.texts == {"a.lines:1": "one", "a.lines:3": "two"}
    told = {item.id: (item.reason, item.detail) for item in found.skipped}
    assert told.keys() == {"a.lines:2", "a.lines:4"}
    assert {reason for reason, _ in told.values()} == {"too_large"}
    assert "--max-line-bytes" in told["a.lines:2"][1]
    assert "--max-document-bytes" in told["a.lines:4"][1]


def test_the_line_in_which_a_file_breaks_off_is_left_out(tmp_path: Path) -> None:
    lines = [f"{number} {sentence(number % 200)}" for number in range(3000)]
    packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), 1)
    (tmp_path / "a.lines.gz").write_bytes(packed[: len(packed) // 2])
    found = read(tmp_path)
    assert 100 < len(found.texts) < 3000
    assert [*found.texts.values()] == lines[: len(found.texts)]
    assert found.reasons == {"a.lines.gz": "truncated"}
    assert found.skipped[0].detail.endswith(f", after line {len(found.texts)}")


# --- through the command -------------------------------------------------------------------

TEXTS = [
    sentence(0),
    "",
    sentence(100) + " é",
    sentence(0) + " changed",
    "  ",
    sentence(200),
    sentence(100) + " é",
    "...",
    sentence(0) + "!",
]
"""Of these 1, 4 and 9 are alike, and 3 and 7; two are blank, and one holds no token."""

CONTENT = "\r\n".join(TEXTS[:4]) + "\n" + "\n".join(TEXTS[4:])


def in_tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        stream = archive.extractfile("x.lines")
        assert stream is not None
        return stream.read()


def in_zip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return gzip.decompress(archive.read("x.lines.gz"))


FORMS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes], str]] = {
    "x.lines": (bytes, bytes, "utf-8"),
    "mark.lines": (bytes, bytes, "utf-8-sig"),
    "x.lines.gz": (COMPRESSORS[".gz"], gzip.decompress, "utf-8"),
    "wide.lines": (bytes, bytes, "utf-16"),
    "latin.lines": (bytes, bytes, "cp1252"),
    "x.zip": (lambda data: zip_of({"x.lines.gz": gzip.compress(data)}), in_zip, "utf-8"),
    "x.tar": (lambda data: tar_of({"x.lines": data}), in_tar, "cp1252"),
}
"""By the name of a file: how its content is packed and unpacked, and its encoding."""


def scan(dedupe_here: Any, *arguments: Any) -> Any:
    return json.loads(dedupe_here("scan", *arguments, "--format", "json", "--quiet").stdout)


def line_of(id: str) -> int:
    return int(id.rpartition(":")[2])


@pytest.mark.parametrize("name", FORMS)
def test_what_is_kept_and_what_is_dropped_are_the_file(
    name: str, dedupe_here: Any, tmp_path: Path
) -> None:
    pack, unpack, encoding = FORMS[name]
    content = CONTENT.encode(encoding)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(pack(content))
    dedupe_here("scan", "in", "--output", "r.json", "--quiet")
    report = json.loads((tmp_path / "r.json").read_bytes())
    clusters = [{line_of(m["id"]) for m in each["members"]} for each in report["clusters"]]
    assert clusters == [{1, 4, 9}, {3, 7}]
    assert report["corpus"]["document_count"] == 6 and len(report["skipped"]) == 1
    listed = dedupe_here("apply", "r.json", "--list", "dropped").stdout
    dropped = {*map(line_of, listed.decode().split())}
    assert len(dropped) == 3
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert (tmp_path / "in" / name).read_bytes() == pack(content)
    kept = unpack((tmp_path / "out" / name).read_bytes())
    pieces = content.decode(encoding).split("\n")
    ended = [f"{piece}\n" for piece in pieces[:-1]] + [pieces[-1]]
    stays = "".join(line for number, line in enumerate(ended, 1) if number not in dropped)
    assert kept == stays.encode(encoding)
    assert scan(dedupe_here, "out")["clusters"] == []


def test_a_line_goes_only_with_a_new_file_and_only_from_where_it_was(
    dedupe_here: Any, tmp_path: Path
) -> None:
    path = put(tmp_path / "x.lines", CONTENT)
    dedupe_here("scan", "x.lines", "--output", "r.json", "--keep", "first", "--quiet")
    refused = dedupe_here("apply", "r.json", "--delete", "--yes", code=2)
    assert b"is no file of its own" in refused.stderr and path.read_bytes() == CONTENT.encode()
    dedupe_here("apply", "r.json", "--output", "kept.lines", "--yes")
    lines = CONTENT.encode().splitlines(keepends=True)
    kept = b"".join(lines[number - 1] for number in (1, 2, 3, 5, 6, 8))
    assert (tmp_path / "kept.lines").read_bytes() == kept
    path.write_bytes(b"new\n" + CONTENT.encode())
    told = dedupe_here("apply", "r.json", "--output", "other.lines", "--yes", code=2)
    assert b"changed" in told.stdout + told.stderr
    assert path.read_bytes() == b"new\n" + CONTENT.encode()


def test_differences_and_explanations_read_lines_again(dedupe_here: Any, tmp_path: Path) -> None:
    (tmp_path / "x.txt.gz").write_bytes(gzip.compress(CONTENT.encode()))
    chosen = ("--input-format", "lines")
    dedupe_here("scan", "x.txt.gz", *chosen, "--output", "r.json", "--quiet")
    shown = dedupe_here("report", "r.json", "--diff", "full").stdout.decode()
    assert "changed" in shown and "changed since" not in shown
    for where in (("--report", "r.json"), ("--in", "x.txt.gz", *chosen)):
        names = "x.txt.gz:1", "x.txt.gz:4"
        told = json.loads(dedupe_here("explain", *names, *where, "--format", "json").stdout)
        assert told["relation"] == "near"
        assert [passage["token_count"] for passage in told["passages"]] == [40]


def test_line_numbers_reach_reviews(dedupe_here: Any, tmp_path: Path) -> None:
    put(tmp_path / "x.lines", CONTENT)
    shown = json.loads(dedupe_here("scan", "x.lines", "--format", "sarif").stdout)
    regions = {
        result["locations"][0]["physicalLocation"]["region"]["startLine"]
        for result in shown["runs"][0]["results"]
    }
    assert len(regions) == 3 and regions <= {1, 3, 4, 7, 9}


def test_a_line_and_a_file_of_the_same_words_are_duplicates(
    dedupe_here: Any, tmp_path: Path
) -> None:
    put(tmp_path / "in" / "a.txt", article())
    put(tmp_path / "in" / "b.lines", " ".join(article().split()) + "\n" + sentence(0) + "\n")
    (cluster,) = scan(dedupe_here, "in")["clusters"]
    assert {member["id"] for member in cluster["members"]} == {"a.txt", "b.lines:1"}
