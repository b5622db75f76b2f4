"""Files of records that are not in UTF-8: recognised, recoded, counted, and read again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.sources import ReadLimits
from dedupe.sources.encoding.recoding import Recoder, recoded_file, recognise_encoding
from dedupe.sources.encoding.text_encoding import wide_encoding
from dedupe.sources.files.sequential_file import SequentialFile
from tests.support.every_format import tar_of, zip_of
from tests.support.reading import put, read

TEXTS = {
    "cp1252": "“Déjà vu”, dit le garçon – où est l’œuvre de Noël à l’île d’Orléans, près du lac ?",
    "cp1251": "Театр открыл новый сезон премьерой, которую зрители ждали больше двух лет подряд.",
    "gb18030": "市政府昨天宣布，新的地铁线路将于明年春天开通，票价保持不变，市民可以提前试乘。",
}
WRITERS: dict[str, Callable[[list[str]], str]] = {
    "lines": lambda texts: "".join(text + "\r\n" for text in texts),
    "jsonl": lambda texts: "".join(
        json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts
    ),
    "json": lambda texts: json.dumps([{"text": text} for text in texts], ensure_ascii=False),
    "csv": lambda texts: "no;text\r\n" + "".join(f'1;"{text}\r\nend"\r\n' for text in texts),
    "xml": lambda texts: (
        "<rss>" + "".join(f"<item><description>{t}</description></item>" for t in texts) + "</rss>"
    ),
    "tsv": lambda texts: "no\ttext\n" + "".join(f"1\t{text}\n" for text in texts),
}
WIDE = {
    "utf-16-le (mark)": lambda text: ("\ufeff" + text).encode("utf-16-le"),
    "utf-16-be (mark)": lambda text: ("\ufeff" + text).encode("utf-16-be"),
    "utf-32-le (mark)": lambda text: ("\ufeff" + text).encode("utf-32-le"),
    "utf-16-le (detected)": lambda text: text.encode("utf-16-le"),
    "utf-16-be (detected)": lambda text: text.encode("utf-16-be"),
}


def check_records(path: Path, told: str, texts: list[str]) -> None:
    found = read(path)
    assert sorted(found.texts.values()) == sorted(texts)
    assert not found.skipped and not found.notices
    assert found.corpus.encoding_counts == {told: len(texts)}
    for by_name in (False, True):
        assert found.provider(by_name).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("told", WIDE)
@pytest.mark.parametrize("kind", WRITERS)
def test_wide_records_are_read(tmp_path: Path, kind: str, told: str) -> None:
    texts = [f"{text} {number} 𝄞" for number, text in enumerate(TEXTS.values())]
    data = WIDE[told](WRITERS[kind](texts))
    if kind == "csv":
        texts = [f"{text}\r\nend" for text in texts]
    put(tmp_path / "a" / f"x.{kind}", data)
    put(tmp_path / "b" / f"y{f'.{kind}' * (kind in ('lines', 'tsv'))}", data)
    put(tmp_path / "c" / f"x.{kind}.gz", data)
    put(tmp_path / "d.zip", zip_of({f"x.{kind}.gz": gzip.compress(data)}))
    put(tmp_path / "e.tar", tar_of({f"x.{kind}": data}))
    check_records(tmp_path, told, texts * 5)


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("kind", WRITERS)
def test_other_encodings_are_detected(tmp_path: Path, kind: str, encoding: str) -> None:
    texts = [f"{TEXTS[encoding]} {number}" for number in range(5)]
    put(tmp_path / f"x.{kind}", WRITERS[kind](texts).encode(encoding))
    if kind == "csv":
        texts = [f"{text}\r\nend" for text in texts]
    check_records(tmp_path, f"{encoding} (detected)", texts)


def test_lines_of_two_encodings_are_each_read_in_theirs(tmp_path: Path) -> None:
    latin, russian = TEXTS["cp1252"], TEXTS["cp1251"]
    parts = [latin.encode("cp1252"), russian.encode(), latin.encode(), latin.encode("cp1252")]
    put(tmp_path / "x.jsonl", b"".join(b'{"text": "%s"}\n' % part for part in parts))
    check_records(tmp_path, "cp1252 (detected)", [latin, russian, latin, latin])


def test_what_cannot_be_decoded_is_counted(tmp_path: Path) -> None:
    wide = '{"text": "one X two Y"}\n'.encode("utf-16-le")
    wide = wide.replace(b"X\0", b"\x00\xd8").replace(b"Y\0", b"\x00\xdc")
    put(tmp_path / "x.jsonl", b"\xff\xfe" + wide)
    put(tmp_path / "cut.csv", "id,text\n1,one".encode("utf-16")[:-1])
    rows = f'"{TEXTS["cp1252"]}"\n'.encode("cp1252") * 4000
    put(tmp_path / "y.csv", b"text\n" + rows + b"the last \x81\n")
    found = read(tmp_path)
    assert found.texts["x.jsonl:1"] == "one \ufffd two \ufffd"
    assert found.texts["1"] == "on\ufffd"
    assert found.texts["y.csv#4001"] == "the last \ufffd"
    details = {notice.id: notice.detail for notice in found.notices}
    assert {id: detail.split()[0] for id, detail in details.items()} == {
        "x.jsonl": "2",
        "cut.csv": "1",
        "y.csv": "1",
    }
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_quote_that_is_never_closed_costs_its_row(tmp_path: Path, end: str) -> None:
    put(tmp_path / "x.csv", f'no,text\r\n1,one\r\n2,"two{end}')
    found = read(tmp_path)
    assert list(found.texts) == ["x.csv#1"]
    assert found.reasons == {"x.csv#2": "damaged"}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_lines_stay_within_their_limit_when_they_grow(tmp_path: Path) -> None:
    line = '{"text": "%s"}\n'
    put(tmp_path / "x.jsonl", ("\ufeff" + line % ("漢" * 900) + line % "ok").encode("utf-16-le"))
    found = read(tmp_path, limits=ReadLimits(line_bytes=2000))
    assert found.texts == {"x.jsonl:2": "ok"}
    assert found.reasons == {"x.jsonl:1": "too_large"}


@given(st.text(max_size=300), st.integers(1, 40), st.sampled_from([*TEXTS, "utf-16-le"]))
def test_blocks_do_not_matter(text: str, size: int, encoding: str) -> None:
    data = text.encode(encoding, "replace") + text.encode("utf-8", "replace")
    whole = Recoder(encoding)
    cut = Recoder(encoding)
    expected = b"".join(whole.recode([data], 1 << 20))
    blocks = [data[begin : begin + size] for begin in range(0, len(data), size)]
    pieces = list(cut.recode(blocks, 7))
    assert b"".join(pieces) == expected
    assert max(map(len, pieces), default=0) <= 7
    assert bool(whole.replaced_count) == bool(cut.replaced_count)
    expected.decode()


@pytest.mark.parametrize("separator", [b" ", b""])
def test_long_lines_are_cut_alike(separator: bytes) -> None:
    line = (("é" * 50).encode("cp1252") + separator) * 60_000
    for size in (1 << 19, 3_000_017, 100_003):
        blocks = (line[begin : begin + size] for begin in range(0, len(line), size))
        recoded = b"".join(Recoder("cp1252").recode(blocks, 1 << 18))
        assert recoded == line.decode("cp1252").encode()


@pytest.mark.parametrize("encoding", ["idna", "rot13", "utf-8", "hex", "no", "utf-16-x"])
def test_a_saved_report_cannot_name_any_codec(encoding: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        recoded_file(SequentialFile(lambda: iter([b"a"])), encoding).read(1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("Один, два; три.".encode("utf-16-be"), "utf-16-be"),
        ("كتاب في البيت".encode("utf-16-le"), "utf-16-le"),
        ("# 没有标记".encode("utf-16-le"), "utf-16-le"),
        ("没有标记的文字 one".encode("utf-16-le"), ""),
        (b"some \0 text", ""),
        (bytes(50), ""),
        (b"a\0b\0\x01\0c\0", ""),
        (b"a\0b\0\x00\xd8c\0", ""),
        (b"text", ""),
    ],
)
def test_wide_text_without_a_mark(data: bytes, expected: str) -> None:
    assert wide_encoding(data)[0] == expected


def test_only_what_is_not_utf8_is_recoded() -> None:
    assert recognise_encoding("Zoë, déjà, 漢字".encode()).name == ""
    assert recognise_encoding(("é" * (1 << 17))[:-1].encode() + "漢".encode())[0] == ""
    assert recognise_encoding("déjà vu à Noël ".encode() * 9 + b"caf\xe9").name == ""
    assert recognise_encoding("漢字\n".encode() * 99 + b"caf\xe9, d\xe9j\xe0")[0] == "cp1252"
    assert recognise_encoding(b"x\n" * 99 + TEXTS["cp1251"].encode("cp1251"))[0] == "cp1251"
