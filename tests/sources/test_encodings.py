"""Text in legacy encodings: guessed, known by escapes, told apart by its folder, doubted."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from dedupe.model.settings import ScanSettings
from dedupe.sources import SourceTexts, read_corpus
from dedupe.sources.encoding.decoding import decode_document
from dedupe.sources.encoding.detection import guess_encoding
from dedupe.sources.encoding.folders import FolderEncodings
from dedupe.sources.encoding.plausibility import mixes_scripts
from tests.support.every_format import csv_rows, page, tar_of, zip_of
from tests.support.reading import Outcome, put, read

JAPANESE = "港の工事は来年の春に始まり、市は新しい橋を二つ架けると発表した。"
CHINESE = "市政府昨天宣布，新的地铁线路将于明年春天开通，票价保持不变。"
TAIWANESE = "市政府昨天宣布，新的捷運路線將於明年春天開通，票價保持不變。"
KOREAN = "시청은 새로운 지하철 노선을 내년 봄에 개통한다고 어제 발표했다."
RUSSIAN = "Театр открыл новый сезон премьерой, которую зрители ждали больше двух лет подряд."
FRENCH = "Le garçon a mangé une crêpe près de l'église, où la fête avait déjà commencé."
TEXTS = {
    "cp932": JAPANESE,
    "euc_jp": JAPANESE,
    "gb18030": CHINESE,
    "big5hkscs": TAIWANESE,
    "cp949": KOREAN,
    "utf-8": JAPANESE,
    "iso2022_jp": JAPANESE,
}
CYRILLIC = ["cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic"]


def settings_provider(found: Outcome, **settings: Any) -> SourceTexts:
    """The texts of a corpus as those of a saved report, read again with the same settings."""
    infos = found.corpus.source_infos
    return SourceTexts(infos, found.locators, found.hashes(), ScanSettings(**settings))


@pytest.mark.parametrize("encoding", TEXTS)
def test_a_block_limit_within_a_character_makes_no_file_binary(
    tmp_path: Path, encoding: str
) -> None:
    written = {}
    for limit in (8192, 65536, 262144):
        for shift in range(4):
            # Without a space or line feed, so that no cut falls between words.
            text = "x" * shift + TEXTS[encoding] * (limit // 60 + 2)
            put(tmp_path / f"{limit}-{shift}.txt", text.encode(encoding))
            written[f"{limit}-{shift}.txt"] = text
    found = read(tmp_path)
    assert found.texts == written
    assert not found.skipped and not found.notices


@pytest.mark.parametrize("shift", range(2))
def test_a_cut_page_is_read_as_it_declares(tmp_path: Path, shift: int) -> None:
    meta = '<meta charset="gb2312">'
    put(tmp_path / "page.html", page("x" * shift + CHINESE * 400, "gb18030", meta))
    found = read(tmp_path, html="text")
    assert CHINESE * 400 in found.texts["page.html"]
    assert found.corpus.encoding_counts == {"gb18030 (declared)": 1}


def test_a_declaration_counts_where_nothing_can_be_guessed(tmp_path: Path) -> None:
    rows = "".join(map(chr, range(0x4E00, 0x6000)))
    data = b'<html><meta charset="euc-jp"><p>' + rows.encode("euc_jp", "ignore")
    put(tmp_path / "x.html", data)
    assert not read(tmp_path, html="raw").skipped


@pytest.mark.parametrize("encoding", CYRILLIC)
def test_cyrillic_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    put(tmp_path / "x.txt", RUSSIAN.encode(encoding))
    found = read(tmp_path)
    assert found.texts == {"x.txt": RUSSIAN}
    assert found.corpus.encoding_counts == {f"{encoding} (detected)": 1}
    assert not found.notices


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_kr", "hz"])
def test_encodings_of_escapes_are_known(tmp_path: Path, encoding: str) -> None:
    text = {"iso2022_kr": KOREAN, "hz": CHINESE}.get(encoding, JAPANESE) + "\nASCII, and so on.\n"
    texts = [f"{text}{number}" for number in range(3)]
    put(tmp_path / "x.txt", texts[0].encode(encoding))
    put(
        tmp_path / "x.csv",
        csv_rows([["text"], *([each] for each in texts)]).decode().encode(encoding),
    )
    put(tmp_path / "x.lines", text.encode(encoding))
    put(tmp_path / "x.zip", zip_of({"y.txt": texts[1].encode(encoding)}))
    put(tmp_path / "x.html", page(text, encoding))
    found = read(tmp_path, html="text")
    lines = text.splitlines()
    expected = {"x.txt": texts[0], "x.zip/y.txt": texts[1], "x.lines:1": lines[0]}
    expected |= {"x.lines:2": lines[1]} | {f"x.csv#{i}": each for i, each in enumerate(texts, 1)}
    pages = found.texts.pop("x.html")
    assert lines[0] in pages
    assert found.texts == expected
    assert found.corpus.encoding_counts == {f"{encoding} (detected)": 8}
    assert not found.skipped and not found.notices
    assert settings_provider(found, html="text").read_texts(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred\x1b[0m and \x1b(B plain",
        "a ~{ab~} b",
        r"Figure~{\ref{one}} and \cite~{two~}",
        "if (~{x} & ~{y~})",
        "~{abcdabcdabcd}~",
    ],
)
def test_ascii_with_tildes_and_escapes_stays_ascii(text: str) -> None:
    decoded = decode_document(text.encode())
    assert (decoded.text.decode(), decoded.encoding) == (text, "utf-8")


def test_escapes_that_python_cannot_read_are_named(tmp_path: Path) -> None:
    put(
        tmp_path / "x.txt",
        b"\x1b$)A\x0e"
        + CHINESE.encode("gb2312").translate(bytes(i & 0x7F for i in range(256)))
        + b"\x0f",
    )
    found = read(tmp_path)
    assert found.reasons == {"x.txt": "not_text"}
    assert "ISO-2022-CN" in found.skipped[0].detail


@pytest.mark.parametrize("size", [300, 3000])
@pytest.mark.parametrize("encoding", ["gb18030", "cp932", "cp1251", "big5hkscs"])
def test_a_damaged_byte_does_not_change_the_encoding(encoding: str, size: int) -> None:
    text = (TEXTS.get(encoding, RUSSIAN) + "\n") * (size // 60)
    data = text.encode(encoding)
    bad = b"\x98" if encoding == "cp1251" else b"\xff\xff"
    cut = data.index(b"\n", len(data) // 2)
    assert guess_encoding(data[:cut] + bad + data[cut:]).encoding == encoding


def test_accents_far_behind_are_seen() -> None:
    data = b"It is all plain. " * 9000 + "Le café de Noël était fermé.".encode("cp1252")
    assert decode_document(data).text.decode().endswith("Le café de Noël était fermé.")


@pytest.mark.parametrize("text", [FRENCH, "Die Bäcker öffnen früh.", "He said “no” – and left."])
def test_clear_western_text_is_not_doubted(text: str) -> None:
    guess = guess_encoding(text.encode("cp1252"))
    assert (guess.encoding, guess.is_doubtful) == ("cp1252", False)


@pytest.mark.parametrize(
    "text",
    ["a é", "déjà vu", "São Paulo", "Straßenbahn", "¿Qué pasa?", "Räksmörgås", "El Niño", "œuvre"],
)
def test_a_few_accents_are_western(text: str) -> None:
    guess = guess_encoding(text.encode("cp1252"))
    assert (guess.encoding, guess.is_doubtful) == ("cp1252", False)


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("Więcej słońca", "cp1250"),
        ("Książka o Śląsku", "iso8859-2"),
        ("Jürgen Müller grüßt", "cp850"),
        ("Les élèves du collège", "cp850"),
        ("Bir salon açılışı yapıldı", "cp1254"),
        ("市議会は水曜日", "euc_jp"),
        ("thám hiểm", "cp1258"),
    ],
)
def test_what_cannot_be_western_is_not_read_as_western(text: str, encoding: str) -> None:
    marks = unicodedata.normalize("NFC", text)
    if encoding == "cp1258":
        marks = marks.replace("á", "a\u0301").replace("ể", "ê\u0309")
    decoded = decode_document(marks.encode(encoding))
    assert decoded.text.decode() == marks or decoded.doubt


def test_words_of_two_scripts_are_no_writing() -> None:
    for text in ("dйjа vu", "Genه ressamlar", "za 퉗olou a 얀c"):
        assert mixes_scripts(text)
    for text in (
        "USB-кабель",
        "Кто такой Python?",
        "IT企業のAPI",
        "Kpop의 역사",
        "жûрi — нет, жюри",
    ):
        assert not mixes_scripts(text)


def test_noise_is_no_text(tmp_path: Path) -> None:
    chosen = random.Random(7)
    put(tmp_path / "x.txt", bytes(chosen.randrange(1, 256) for _ in range(5000)))
    put(tmp_path / "y.txt", bytes(chosen.randrange(128, 256) for _ in range(5000)))
    assert read(tmp_path).reasons == {"x.txt": "not_text", "y.txt": "not_text"}


def test_a_doubtful_guess_is_told_with_the_way_out(tmp_path: Path) -> None:
    put(tmp_path / "x.txt", "Да".encode("cp866"))
    put(tmp_path / "y.csv", b"no,text\n1," + "Да".encode("cp866") + b"\n")
    found = read(tmp_path)
    assert found.notice_reasons == {
        "x.txt": "encoding_doubtful",
        "y.csv": "encoding_doubtful",
    }
    for notice in found.notices:
        assert "--encoding" in notice.detail and "may be in" in notice.detail
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def short_files() -> dict[str, bytes]:
    """A certain file in mac-cyrillic, and two whose bytes alone would be read as cp1251."""
    long = (RUSSIAN + " Юные актёры Якутии выступят в субботу.\n") * 9
    return {
        "long.txt": long.encode("mac-cyrillic"),
        "short.txt": "Осень близко".encode("mac-cyrillic"),
        "page.html": b"<html><p>" + "Осень близко".encode("mac-cyrillic"),
    }


def test_a_short_file_alone_is_doubtful(tmp_path: Path) -> None:
    put(tmp_path / "short.txt", short_files()["short.txt"])
    found = read(tmp_path)
    assert found.notice_reasons == {"short.txt": "encoding_doubtful"}
    assert found.texts != {"short.txt": "Осень близко"}


@pytest.mark.parametrize("packing", ["folder", "zip", "tar"])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_folder_decides_where_a_file_is_doubtful(
    tmp_path: Path, packing: str, backwards: bool
) -> None:
    files = short_files()
    names = sorted(files, reverse=backwards)
    if packing == "folder":
        for name in names:
            put(tmp_path / "c" / name, files[name])
    else:
        pack = zip_of if packing == "zip" else tar_of
        put(tmp_path / f"c.{packing}", pack({name: files[name] for name in names}))
    put(tmp_path / "other" / "short.txt", files["short.txt"])
    paths = sorted(tmp_path.iterdir(), reverse=backwards)
    found = read(*paths, html="raw")
    texts = {id.rpartition("/")[2]: text for id, text in found.texts.items() if "other" not in id}
    assert texts["short.txt"] == "Осень близко" and texts["page.html"].endswith("Осень близко")
    assert found.corpus.encoding_counts["mac-cyrillic (folder)"] >= 1
    assert [id for id in found.notice_reasons if "other" not in id] == []
    assert settings_provider(found, html="raw").read_texts(found.texts) == found.texts


def test_a_folder_of_many_encodings_settles_nothing(tmp_path: Path) -> None:
    files = short_files()
    long = files["long.txt"].decode("mac-cyrillic")
    put(tmp_path / "long.txt", files["long.txt"])
    put(tmp_path / "other.txt", long.encode("cp1251"))
    put(tmp_path / "short.txt", files["short.txt"])
    found = read(tmp_path)
    assert found.notice_reasons == {"short.txt": "encoding_doubtful"}


def test_files_that_two_encodings_read_alike_speak_for_both(tmp_path: Path) -> None:
    czech = "Mladý muž přišel domů pozdě večer a uviděl, že ještě svítí. Šel tedy spát.\n"
    put(tmp_path / "sure.txt", (czech * 3).encode("iso8859-2"))
    for number in range(30):  # in iso8859-2 and cp1250, these have the same bytes
        put(tmp_path / f"{number}.txt", f"Příběh o mlýně, který vyprávěl dědeček {number}\n" * 3)
        data = (tmp_path / f"{number}.txt").read_bytes().decode().encode("iso8859-2")
        assert data.decode("cp1250").encode("iso8859-2") == data
        put(tmp_path / f"{number}.txt", data)
    put(tmp_path / "short.txt", "Všechno nejlepší".encode("iso8859-2"))
    found = read(tmp_path)
    assert found.texts["short.txt"] == "Všechno nejlepší"
    assert not found.notices


def test_a_utf8_corpus_holds_nothing_back(tmp_path: Path, monkeypatch: Any) -> None:
    for name in ("a", "b"):
        put(tmp_path / f"{name}.txt", RUSSIAN)
    corpus = read_corpus([str(tmp_path)], ScanSettings())
    monkeypatch.setattr(FolderEncodings, "count", None)
    monkeypatch.setattr(FolderEncodings, "hold", None)
    assert len(Outcome(corpus).texts) == 2


MISDECLARED = [
    ("utf-8", "cp1251", RUSSIAN),
    ("utf-8", "cp932", JAPANESE),
    ("utf-8", "cp1252", FRENCH),
    ("windows-1251", "koi8-r", RUSSIAN),
    ("shift_jis", "euc_jp", JAPANESE),
]


@pytest.mark.parametrize("declared, encoding, text", MISDECLARED)
@pytest.mark.parametrize("kind", ["html", "xml"])
def test_what_bytes_cannot_be_is_not_believed_and_told(
    tmp_path: Path, declared: str, encoding: str, text: str, kind: str
) -> None:
    if kind == "html":
        data = page(text * 3, encoding, f'<meta charset="{declared}">')
    else:
        head = f'<?xml version="1.0" encoding="{declared}"?>'
        data = (head + f"<rss><channel><item><description>{text * 3}").encode(encoding)
        data += b"</description></item></channel></rss>"
    put(tmp_path / f"x.{kind}", data)
    found = read(tmp_path, html="text")
    (read_text,) = found.texts.values()
    assert text * 3 in read_text
    told = [each.detail for each in found.notices if each.reason == "encoding_doubtful"]
    assert len(told) == 1 and f"but its bytes are {encoding}" in told[0]
    assert settings_provider(found, html="text").read_texts(found.texts) == found.texts


@pytest.mark.parametrize(
    "declared, encoding, text",
    [
        ("windows-1251", "cp1251", RUSSIAN.upper()),
        ("koi8-r", "koi8-r", RUSSIAN),
        ("shift_jis", "cp932", JAPANESE),
        ("iso-8859-1", "cp1252", FRENCH),
        ("x-gbk", "gb18030", CHINESE),
        ("ks_c_5601-1987", "cp949", KOREAN),
    ],
)
def test_a_true_declaration_is_believed(declared: str, encoding: str, text: str) -> None:
    decoded = decode_document(text.encode(encoding), declared)
    assert (decoded.text.decode(), decoded.doubt) == (text, "")


def test_utf8_with_stray_bytes_stays_the_utf8_that_it_declares() -> None:
    decoded = decode_document("Noël, été et ".encode() + b"d\xe9j\xe0 caf\xe9", "utf-8")
    assert (decoded.encoding, decoded.replaced_count) == ("utf-8", 3)


def test_the_end_of_a_dos_file_is_no_record_and_no_sign_of_binary_data(tmp_path: Path) -> None:
    put(tmp_path / "x.txt", RUSSIAN.encode("cp866") + b"\r\n\x1a")
    put(tmp_path / "x.jsonl", b'{"text":"one"}\r\n\x1a')
    put(tmp_path / "x.csv", b"id,text\r\na,two\r\n\x1a")
    found = read(tmp_path)
    assert found.texts == {"x.txt": RUSSIAN + "\r\n\x1a", "x.jsonl:1": "one", "a": "two"}
    assert not found.skipped and not found.notices


def test_a_mark_between_joined_files_costs_no_record(tmp_path: Path) -> None:
    put(tmp_path / "x.jsonl", b'\xef\xbb\xbf{"text":"one"}\n\xef\xbb\xbf{"text":"two"}\n')
    found = read(tmp_path)
    assert found.texts == {"x.jsonl:1": "one", "x.jsonl:2": "two"}
    assert not found.skipped
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_a_quote_behind_a_line_break_of_json_is_no_letter() -> None:
    line = '{"text": "It was late.\\n\\n\x93We waited for it,\x94 she said.\\r\x93All day.\x94"}'
    assert guess_encoding(line.encode("latin-1"))[:3] == ("cp1252", (), False)
