"""What a file holds: first bytes that are certain win over its name; known kinds are named."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard

from dedupe.model.formats import FORMATS, RegisteredFormat
from dedupe.sources import ReadLimits
from dedupe.sources.formats.find_kind import find_kind
from dedupe.sources.formats.known_kinds import KINDS, ZIP_KINDS
from dedupe.sources.unpack.unpackers import MAX_ZSTD_WINDOW
from tests.support.command import RunDedupe
from tests.support.every_format import (
    COMPRESSORS,
    json_array,
    json_lines,
    page,
    parquet,
    tar_of,
    warc_record,
    zip_of,
)
from tests.support.reading import read

RECORDS = [{"text": "the ferry stays in the harbour today"}, {"text": "a second record follows"}]
TEXT = "the ferry stays in the harbour today"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


CRAWL = warc_record("conversion", "https://a.example/", TEXT.encode(), "text/plain")

NO_TEXTS = {
    "jsonl": json_lines(RECORDS),
    "json": json_array(RECORDS),
    "csv": b"no,text\n1,the ferry stays in the harbour today\n",
    "eml": b"From: a@b.example\nTo: c@b.example\nMessage-ID: <1@b.example>\n\nthe ferry stays\n",
    "xml": b"<?xml version='1.0'?><rss><item><title>the ferry stays</title></item></rss>",
}


@pytest.mark.parametrize("kind", NO_TEXTS)
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_records_under_a_name_of_text_are_told(tmp_path: Path, kind: str, packing: str) -> None:
    path = write(tmp_path / f"a.txt{packing}", COMPRESSORS[packing](NO_TEXTS[kind]))
    found = read(path)
    (notice,) = found.notices
    assert notice.reason == "format_doubtful" and found.texts.keys() == {str(path)}
    assert f"--input-format {kind} reads" in notice.detail
    told = [each.reason for each in read(path, input_format=kind).notices]
    assert "format_doubtful" not in told
    assert not read(path, input_format="text").notices


def test_texts_that_only_look_a_little_like_records_are_not_told(tmp_path: Path) -> None:
    texts = {
        "a.md": "<p align=center>\n\n# A project\n\n{see: below}\n",
        "b.txt": "Text, and more of it\nThe ferry stays, in the harbour, today.\n",
        "c.txt": "From: the desk\nDate: today\n\nThe ferry stays in the harbour.\n",
        "d.txt": '{ "we said", and so on }\n',
    }
    for name, text in texts.items():
        write(tmp_path / name, text.encode())
    assert not read(tmp_path).notices


WRONG_NAMES: dict[str, tuple[bytes, str]] = {
    "plain.jsonl.gz": (json_lines(RECORDS), "plain.jsonl.gz:1"),
    "plain.txt.bz2": (TEXT.encode(), "plain.txt.bz2"),
    "plain.csv.xz": (b"no,text\n1,the ferry stays in the harbour today\n", "plain.csv.xz#1"),
    "plain.json.zst": (json_lines(RECORDS), "plain.json.zst:1"),
    "plain.tar.gz": (tar_of({"a.txt": TEXT.encode()}), "plain.tar.gz/a.txt"),
    "table.jsonl": (parquet(RECORDS), "table.jsonl#1"),
    "table.txt": (parquet(RECORDS), "table.txt#1"),
    "crawl.txt": (CRAWL, "https://a.example/"),
    "error.json": (page(f"Not found\n\n{TEXT}"), "error.json"),
    "error.jsonl": (page(f"Not found\n\n{TEXT}"), "error.jsonl"),
    "error.zip": (page(f"Not found\n\n{TEXT}"), "error.zip"),
    "text.zip": (TEXT.encode(), "text.zip"),
    "records.tar": (json_lines(RECORDS), "records.tar:1"),
    "is-tar.zip": (tar_of({"a.txt": TEXT.encode()}), "is-tar.zip/a.txt"),
    "is-zip.tar": (zip_of({"a.txt": TEXT.encode()}), "is-zip.tar/a.txt"),
    "is-zip.csv": (zip_of({"a.txt": TEXT.encode()}), "is-zip.csv/a.txt"),
    "is-tar.jsonl": (tar_of({"a.txt": TEXT.encode()}), "is-tar.jsonl/a.txt"),
}


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_content_wins_over_a_wrong_name_and_that_is_told(tmp_path: Path, name: str) -> None:
    data, document_id = WRONG_NAMES[name]
    write(tmp_path / name, data)
    found = read(tmp_path)
    assert not found.skipped
    assert TEXT in found.texts[document_id]
    assert found.notice_reasons == {name: "misnamed"}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


@pytest.mark.parametrize(
    "name", [name for name in WRONG_NAMES if name not in ("table.txt", "error.jsonl")]
)
def test_members_of_archives_may_be_misnamed_too(tmp_path: Path, name: str) -> None:
    data, _ = WRONG_NAMES[name]
    write(tmp_path / "all.tar", tar_of({name: data, "good.txt": b"good"}))
    found = read(tmp_path)
    member = f"all.tar/{name}"
    if ".tar" in name or ".zip" in name or name.startswith("is-"):
        assert found.reasons == {member: "nested_archive"}
        return
    assert found.notice_reasons == {member: "misnamed"} and len(found.texts) > 1
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_right_names_and_the_ambiguous_are_no_notice(tmp_path: Path) -> None:
    write(tmp_path / "lines.json", json_lines(RECORDS))
    write(tmp_path / "prose.txt", b"PAR1 is how Parquet files begin, and PK is no text.")
    write(tmp_path / "prose.md", b"WARC/1.0 is a version. GIF89a too, MZ as well")
    write(tmp_path / "plain.tgz", tar_of({"a.txt": b"text"}))
    write(tmp_path / "fragment.txt", b"<p>a line of markup in a text</p>")
    write(tmp_path / "unnamed", tar_of({"a.txt": b"text"}))
    found = read(tmp_path)
    assert not found.notices and not found.skipped
    assert len(found.texts) == 7


def test_a_chosen_format_wins_over_content_of_text(tmp_path: Path) -> None:
    svg, rtf = b"<svg xmlns='x'><text>some words</text></svg>", rb"{\rtf1\ansi some words}"
    for name, data in {"a.svg": svg, "b.rtf": rtf, "c.json": page(TEXT)}.items():
        write(tmp_path / name, data)
    found = read(tmp_path, input_format="text")
    assert not found.skipped and found.texts["b.rtf"] == rtf.decode()
    assert found.texts["c.json"].startswith("<!DOCTYPE")
    write(tmp_path / "d.pdf", b"%PDF-1.4\n1 0 obj\nendobj\n")
    assert read(tmp_path, input_format="text").reasons == {"d.pdf": "known_format"}


# --- compressed twice ------------------------------------------------------------------------


@pytest.mark.parametrize("outer", [name for name in COMPRESSORS if name])
@pytest.mark.parametrize("inner", [".gz", ".bz2", ".xz", ".zst"])
def test_what_is_compressed_twice_is_unpacked_twice(tmp_path: Path, inner: str, outer: str) -> None:
    data = COMPRESSORS[outer](COMPRESSORS[inner](json_lines(RECORDS)))
    write(tmp_path / f"a.jsonl{inner}{outer}", data)
    write(tmp_path / "b.jsonl.gz", data)
    write(tmp_path / "c.tar", tar_of({"m.jsonl.gz": data}))
    found = read(tmp_path)
    assert not found.skipped and not found.notices and len(found.texts) == 6
    assert set(found.texts.values()) == {record["text"] for record in RECORDS}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_layers_are_bounded_and_their_limits_hold_for_all_together(tmp_path: Path) -> None:
    data = TEXT.encode()
    for _ in range(3):
        data = gzip.compress(data)
    write(tmp_path / "three.txt.gz", data)
    write(tmp_path / "four.txt.gz", gzip.compress(data))
    bomb = gzip.compress(gzip.compress(bytes(100_000_000), 9), 9)
    assert len(bomb) < 2000
    write(tmp_path / "bomb.txt.gz", bomb)
    found = read(tmp_path)
    assert found.texts == {"three.txt.gz": TEXT}
    assert found.reasons == {"four.txt.gz": "known_format", "bomb.txt.gz": "bomb"}
    words = " ".join(map(str, range(3000)))
    write(tmp_path / "long.txt.gz", gzip.compress(gzip.compress(words.encode())))
    assert read(tmp_path / "long.txt.gz", limits=ReadLimits(unpacked_bytes=9000)).skipped
    assert read(tmp_path / "long.txt.gz", limits=ReadLimits(unpacked_bytes=40_000)).texts


def test_an_inner_layer_that_breaks_off_is_told(tmp_path: Path) -> None:
    noise = random.Random(4)
    rows = json_lines({"text": f"row {noise.random()}"} for _ in range(9000))
    inner = gzip.compress(rows)
    write(tmp_path / "cut.jsonl.gz", gzip.compress(inner[: len(inner) // 2]))
    found = read(tmp_path)
    assert found.reasons == {"cut.jsonl.gz": "truncated"} and len(found.texts) > 2000
    assert found.provider().read_texts(found.texts) == found.texts


# --- windows of zstd -------------------------------------------------------------------------


def zstd_with_window(data: bytes, bits: int) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=bits)
    # Streamed, since a frame of known size has no longer window than that.
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(data) + compressor.flush()


def with_longer_window(frame: bytes, bits: int) -> bytes:
    """The frame with another window in its header: to make one of 2 GiB would take its memory."""
    assert frame[4] & 0x20 == 0
    return frame[:5] + bytes([(bits - 10) << 3]) + frame[6:]


def test_a_long_window_is_no_damage(tmp_path: Path) -> None:
    frame = with_longer_window(zstd_with_window(json_lines(RECORDS), 20), 31)
    path = write(tmp_path / "long.jsonl.zst", frame)
    found = read(path)
    (skipped,) = found.skipped
    assert skipped.reason == "too_large" and "damaged" not in skipped.detail
    assert "2048 MiB" in skipped.detail and "128 MiB" in skipped.detail
    assert "--max-window" in skipped.detail and "zstd -dc --long=31" in skipped.detail
    found = read(path, max_window=MAX_ZSTD_WINDOW)
    assert not found.skipped and len(found.texts) == 2
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_what_stands_before_a_long_window_is_kept(tmp_path: Path) -> None:
    frame = zstd_with_window(json_lines(RECORDS), 20)
    path = write(tmp_path / "two.jsonl.zst", frame + with_longer_window(frame, 28))
    found = read(path)
    assert len(found.texts) == 2 and [*found.reasons.values()] == ["too_large"]
    assert len(read(path, max_window=1 << 28).texts) == 4
    assert len(read(path, max_window=1 << 19).texts) == 0


# --- known kinds -----------------------------------------------------------------------------


def numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


SAMPLES: dict[str, tuple[bytes, str]] = {
    "ascii.pdf": (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 40, "pdftotext"),
    "pdf.txt": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" * 9, "pdftotext"),
    "pdf.csv": (b"\n%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" * 9, "pdftotext"),
    "junk.pdf": (b"HTTP/1.1 200 OK\r\n\r\n" + b"\0\1%PDF-1.4\n" * 9, "PDF"),
    "a.rtf": (rb"{\rtf1\ansi\deff0 {\fonttbl {\f0 Times;}} words of prose\par}", "RTF"),
    "rtf.doc": (rb"{\rtf1\ansi words of prose\par}", "RTF"),
    "a.mhtml": (
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://a.example/\nSubject: News\n"
        b'MIME-Version: 1.0\nContent-Type: multipart/related;\n\tboundary="x"\n\n',
        "MHTML",
    ),
    "lfs.parquet": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12345\n",
        "git lfs pull",
    ),
    "lfs.jsonl.gz": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12345\n",
        "git lfs pull",
    ),
    "annex.csv": (b"/annex/objects/SHA256E-s12--ab.csv\n", "git annex get"),
    "a.svg": (b"<?xml version='1.0'?>\n<!-- made -->\n<svg xmlns='x'><text>W</text></svg>", "SVG"),
    "a.ps": (b"%!PS-Adobe-3.0\n%%Title: words\n", "PostScript"),
    "a.ipynb": (b'{\n "cells": [],\n "nbformat": 4}', "nbconvert"),
    "a.rar": (b"Rar!\x1a\x07\x01\0" + bytes(40), "RAR archive: unpack it"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40), "7z archive: unpack it"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Excel workbook: save it as CSV"),
    "old.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Word document"),
    "other": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Office"),
    "a.djvu": (b"AT&TFORM\0\0\0\1DJVM" + bytes(9), "DjVu"),
    "a.mobi": (b"title".ljust(60, b"\0") + b"BOOKMOBI" + bytes(9), "e-book"),
    "page.html": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(99), "JPEG"),
    "a.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0", "PNG"),
    "a.gif": (b"GIF89a\1\0\1\0\0", "GIF"),
    "a.webp": (b"RIFF\1\0\0\0WEBPVP8 ", "WebP"),
    "a.mp3": (b"ID3\3\0\0\0\0", "sound"),
    "a.mp4": (b"\0\0\0\x20ftypisom\0\0", "video"),
    "a.exe": (b"MZ\x90\0\3\0\0\0" + bytes(60), "program"),
    "a.so": (b"\x7fELF\2\1\1\0", "program"),
    "a.ttf": (b"\0\1\0\0\0\x0f\0\x80", "font"),
    "a.npy": (b"\x93NUMPY\1\0v\0{'descr'", "NumPy"),
    "a.pkl": (pickle.dumps({"a": [1, "b"]}), "pickle"),
    "a.h5": (b"\x89HDF\r\n\x1a\n\0", "HDF5"),
    "a.avro": (b"Obj\x01\x04\x14avro.codec", "Avro"),
    "a.orc": (b"ORC\x0a\x0b\0\0", "ORC"),
    "a.duckdb": (bytes(8) + b"DUCK\x40\0\0\0", "DuckDB"),
    "data.mdb": (bytes(16) + b"\xde\xc0\xef\xbe" + bytes(9), "LMDB"),
    "a.tfrecord": (numbers(9, 0, 77) + b"\x0a\x05hello", "TFRecord"),
    "a.dvi": (b"\xf7\x02\x01\x83\x92\xc0\x1c\x3b\0\0\0", "DVI"),
    "a.docx": (zip_of({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"}), "DOCX"),
    "no-ending": (zip_of({"_rels/.rels": b"", "word/document.xml": b"<w/>"}), "DOCX"),
    "b.xlsx": (zip_of({"docProps/app.xml": b"", "xl/workbook.xml": b""}), "save it as CSV"),
    "c.pptx": (zip_of({"[Content_Types].xml": b"", "ppt/slides/slide1.xml": b""}), "PowerPoint"),
    "renamed.zip": (zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}), "DOCX"),
    "a.odt": (zip_of({"mimetype": b"application/vnd.oasis.opendocument.text"}, 0), "ODT"),
    "a.ods": (zip_of({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, 0), "CSV"),
    "a.jar": (zip_of({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "program"),
    "a.cbz": (zip_of({"1.png": b""}), "name it .zip"),
    "a.npz": (zip_of({"x.npy": b"\x93NUMPY"}), "NumPy"),
    "a.odp": (
        zip_of({"mimetype": b"application/vnd.oasis.opendocument.presentation"}, 0),
        "slides",
    ),
    "a.key": (zip_of({"Data/a.jpg": b"\xff\xd8\xff", "Index/Slide.iwa": b""}), "Keynote"),
    "pytorch_model.bin": (zip_of({"archive/data.pkl": b"\x80\2"}), "PyTorch"),
    "old.ppt": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "PowerPoint"),
    "a.msg": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "save it as EML"),
    "Thumbs.db": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "previews"),
    "a.eps": (b"\xc5\xd0\xd3\xc6\x1e\0\0\0", "ps2ascii"),
    "a.emlx": (b"31   \nFrom: a@b.example\nSubject: x\n\nwords of prose", "mbox"),
    "Inbox.msf": (b'// <!-- <mdb:mork:z v="1.4"/> -->\n< <(a=c)>', "index of a mailbox"),
    "RMAIL": (b"BABYL OPTIONS: -*- rmail -*-\nVersion: 5\n\x1f\x0c\n0,,\n", "mbox"),
    "mmdf": (b"\1\1\1\1\nFrom: a@b.example\n\nwords of prose\n\1\1\1\1\n", "mbox"),
    "object": (zlib.compress(b"blob 9\0" + bytes(range(200)), 9), "zlib"),
    "crawl.cdx": (b" CDX N b a m s k r M S V g\na,b)/ 2020 http://a.b", "index of a crawl"),
    "a.iso": (bytes(9000), "image of a disk"),
    "a.db-wal": (b"\x37\x7f\x06\x82\0\x2d\xe2\x18", "close the program"),
    "a.db-journal": (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0", "close the program"),
    "a.db-shm": (b"\x18\xe2\x2d\0\0\0\0\0", "close the program"),
    "protocol0.pkl": (pickle.dumps([{"text": "words of prose"}], 0), "pickle"),
    "protocol1.pkl": (pickle.dumps([{"text": "words of prose"}], 1), "pickle"),
    "object.pkl": (pickle.dumps(Path, 0), "pickle"),
    "a.bson": (numbers(30) + b"\2text\0\4\0\0\0abc\0\0", "bsondump"),
    "a.msgpack": (b"\x82\xa4text\xa3abc\xa2id\1", "MessagePack"),
    "python2.pyc": (b"\x03\xf3\r\n\0\1\2\3", "bytecode"),
    "a.txt": (b"b0VIM 8.1\0\0\0\0", "Vim"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_known_kinds_are_named_with_the_next_step(tmp_path: Path, name: str) -> None:
    data, told = SAMPLES[name]
    if "pdf" in name and "pdf" in FORMATS:
        pytest.skip("PDF is a format now")
    path = write(tmp_path / name, data)
    found = read(tmp_path)
    assert found.reasons == {name: "known_format"} and not found.texts
    assert told in found.skipped[0].detail
    assert read(path).reasons == {str(path): "known_format"}
    archive = write(tmp_path / "all.zip", zip_of({f"in/{name}": data, "good.txt": b"good"}))
    reason = "nested_archive" if name.endswith(".zip") else "known_format"
    assert read(archive).reasons == {f"{archive}/in/{name}": reason}


def test_prose_that_begins_like_a_kind_is_prose(tmp_path: Path) -> None:
    beginnings = [
        *(
            "x\u0153 is how",
            "GIF89a is old.",
            "MZ are two letters.",
            "BM is a bank, and this is long enough.",
            "ORC",
        ),
        *("OggS was said.", "FORM 1234 AIFF", "RIFF with WEBP", "ID3 tags", "!BDN", "LZIP it"),
        *("ORC\u00c9, in another alphabet", "070701 is a number.", "%PDF is how they begin."),
        *("version 1 of the story", "#!important is no script", "From: Ann\n\nDear Bob,"),
        *(
            "MIME-Version: 1.0\nSubject: x\n\nwords",
            "d8:announced",
            "PACK your bags",
            "Obj",
            "CONT",
        ),
        *("(dp is not it", "cos\nwords", "12\nFrom: A", "BABYL was old", "b0VIM of words"),
        *("\n\r\r\n a strange beginning", "{\\rtfm} said he", "<svgs> are no tag", "-----BEGIN it"),
    ]
    for number, text in enumerate(beginnings):
        write(tmp_path / f"{number}.txt", f"{text} And the story goes on.".encode())
        write(tmp_path / f"{number}", f"{text} And the story goes on.".encode())
    found = read(tmp_path)
    assert not found.skipped and len(found.texts) == 2 * len(beginnings)
    for encoding in ("gb18030", "shift_jis", "cp1252", "utf-16", "koi8-r", "big5"):
        rng = random.Random(encoding)
        for _ in range(300):
            text = "".join(chr(rng.choice([97, 0x4E00, 0x410, 0xC0]) + rng.randrange(26)) * 9)
            assert find_kind("x.txt", (text * 20).encode(encoding, "ignore")) is None


class _Pipe:
    """A file without positions: so the size of a member in a ZIP file stands behind it."""

    def __init__(self, file: io.BytesIO) -> None:
        self.write, self.flush = file.write, file.flush


@pytest.mark.parametrize("is_streamed", [False, True])
def test_documents_that_are_zip_inside_say_nothing_about_their_archive(
    tmp_path: Path, is_streamed: bool
) -> None:
    """Members are stored as they are, so that the beginning of the archive shows their members."""
    docx = zip_of({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"})
    jar = zip_of({"META-INF/MANIFEST.MF": b""}, 0)
    file = io.BytesIO()
    with zipfile.ZipFile(_Pipe(file) if is_streamed else file, "w") as archive:
        for name, data in {"a.docx": docx, "b.jar": jar, "c.txt": TEXT.encode()}.items():
            archive.writestr(name, data)
    path = write(tmp_path / "letters.zip", file.getvalue())
    found = read(path)
    assert found.texts == {f"{path}/c.txt": TEXT}
    told = {f"{path}/a.docx": "known_format", f"{path}/b.jar": "known_format"}
    assert found.reasons == told


@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (93, "Zstandard"), (6, "method 6")])
def test_an_unread_compression_of_members_is_no_damage(
    tmp_path: Path, method: int, name: str
) -> None:
    data = bytearray(zip_of({"a.txt": TEXT.encode(), "b.txt": TEXT.encode()}))
    for magic, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        place = data.find(magic) + offset
        data[place : place + 2] = method.to_bytes(2, "little")
    path = write(tmp_path / "new.zip", bytes(data))
    found = read(path)
    assert found.reasons == {f"{path}/a.txt": "not_decodable"}
    assert name in found.skipped[0].detail and "unpack the archive" in found.skipped[0].detail
    assert found.texts == {f"{path}/b.txt": TEXT}


def test_an_unknown_binary_keeps_its_old_reason(tmp_path: Path) -> None:
    write(tmp_path / "x.bin", b"\x01\0\x02unknown\0\xfe" * 30)
    assert read(tmp_path).reasons == {"x.bin": "not_text"}


def test_a_registered_format_wins_over_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.rtf", rb"{\rtf1\ansi words of prose}")
    assert read(tmp_path).reasons == {"a.rtf": "known_format"}
    registered = RegisteredFormat("dedupe.sources.formats.plain_text:TEXT")
    monkeypatch.setitem(FORMATS, "rtf", registered)
    assert [*read(tmp_path).texts] == ["a.rtf"]


def test_the_table_is_plain_data() -> None:
    for kind in (*KINDS, *ZIP_KINDS):
        assert kind.what and kind.step and not kind.step.endswith(".")
    for kind in KINDS:
        assert kind.begin or (kind.endings and kind.content == "binary"), kind.name
        assert all(each == "" or each.startswith(".") for each in kind.endings)


def test_the_search_for_a_kind_is_quick_on_hostile_beginnings() -> None:
    import time

    began = time.process_time()
    for head in (b"<!---->" * 1170, b"a: b\n c\n" * 1000, b"<?xml?>" * 1170, b" " * 8192):
        for name in ("x", "x.svg", "x.mht", "x.txt"):
            find_kind(name, head)
    assert time.process_time() - began < 1


# --- data around archives --------------------------------------------------------------------


def test_tar_files_behind_the_end_of_one_are_read(tmp_path: Path) -> None:
    first, second = tar_of({"a.txt": b"first"}), tar_of({"b.txt": b"second"})
    for packing, compress in COMPRESSORS.items():
        write(tmp_path / f"x.tar{packing}", compress(first + second))
    write(tmp_path / "y.tar.gz", gzip.compress(first) + gzip.compress(second))
    write(tmp_path / "z.tar", first + bytes(99 * 512) + second + bytes(5))
    write(tmp_path / "many.tar", b"".join(tar_of({f"{n}.txt": b"text"}) for n in range(400)))
    found = read(tmp_path)
    assert not found.skipped and not found.notices
    for name in (*(f"x.tar{packing}" for packing in COMPRESSORS), "y.tar.gz", "z.tar"):
        assert found.texts[f"{name}/a.txt"] == "first"
        assert found.texts[f"{name}/b.txt"] == "second"
    assert found.texts["many.tar/399.txt"] == "text"
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_other_data_around_archives_is_told(tmp_path: Path) -> None:
    tar, archive = tar_of({"a.txt": b"text"}), zip_of({"a.txt": b"text"})
    write(tmp_path / "behind.tar", tar + b"no tar" * 300)
    write(tmp_path / "short.tar", tar + b"no tar")
    write(tmp_path / "behind.zip", archive + b"more")
    write(tmp_path / "front.zip", zip_of({"lost.txt": b"lost"}) + archive)
    write(tmp_path / "script.zip", b"#!/bin/sh\nexec unzip\n" * 900 + archive)
    found = read(tmp_path)
    assert not found.skipped
    names = ["behind.tar", "short.tar", "behind.zip", "front.zip", "script.zip"]
    assert found.notice_reasons == dict.fromkeys(names, "outside_archive")
    assert found.texts == {f"{name}/a.txt": "text" for name in names}
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_endless_zeros_behind_a_tar_file_end_soon(tmp_path: Path) -> None:
    with open(tmp_path / "sparse.tar", "wb") as file:
        file.write(tar_of({"a.txt": b"text"}))
        file.truncate(1 << 36)
    found = read(tmp_path)
    assert [*found.texts.values()] == ["text"]
    assert found.notice_reasons == {"sparse.tar": "outside_archive"}


def test_a_wrong_header_is_still_damage(tmp_path: Path) -> None:
    data = bytearray(tar_of({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}))
    data[1024 + 3] ^= 1
    write(tmp_path / "x.tar", bytes(data))
    found = read(tmp_path)
    assert found.reasons == {"x.tar": "damaged"} and [*found.texts] == ["x.tar/a.txt"]


def test_old_tar_files_are_known_by_their_checksum(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    block = bytearray(out.getvalue())
    block[257:512] = bytes(255)
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:512]))
    write(tmp_path / "old", bytes(block))
    assert read(tmp_path).reasons == {}
    block[0] ^= 1
    write(tmp_path / "old", bytes(block))
    assert read(tmp_path).reasons == {"old": "not_text"}


def test_a_zip_file_in_gzip_is_read(tmp_path: Path) -> None:
    write(tmp_path / "x.zip.gz", gzip.compress(zip_of({"a.txt": TEXT.encode()})))
    found = read(tmp_path)
    assert found.texts == {"x.zip.gz/a.txt": TEXT} and not found.notices
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_apply_writes_what_was_recognised(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    """Kept and dropped documents together are the input, whatever their names and archives."""
    folder = tmp_path / "in"
    folder.mkdir()
    own = [" ".join(f"w{n}x{m}" for m in range(30)) for n in range(6)]
    copied = " ".join(f"copied{m}" for m in range(30))
    files = [{"own.txt": text.encode(), "copied.txt": copied.encode()} for text in own]
    write(folder / "a.txt", copied.encode())
    write(
        folder / "cat.tar",
        tar_of({"own.txt": own[0].encode()}) + tar_of({"c.txt": copied.encode()}),
    )
    write(folder / "behind.tar.gz", gzip.compress(tar_of(files[1]) + b"no tar" * 400))
    write(folder / "is-tar.zip", tar_of(files[2]))
    write(folder / "is-zip.tar", zip_of(files[3]) + b"behind")
    rows = json_lines({"text": text} for text in (own[4], copied))
    write(folder / "plain.jsonl.gz", rows)
    write(folder / "twice.jsonl.gz", gzip.compress(gzip.compress(rows.replace(b"w4", b"v4"))))
    write(folder / "packed.zip.gz", gzip.compress(zip_of(files[5])))
    dedupe_here("scan", "in", "--keep", "first", "--output", "r.json")
    done = dedupe_here("apply", "r.json", "--output", "out", "--yes", code=2)
    assert done.stdout.count(b"stopped") == 1 and b"packed.zip.gz" in done.stdout
    before, after = read(folder), read(tmp_path / "out")
    assert sorted(after.texts.values()) == sorted(
        [*own, own[4].replace("w4", "v4"), copied, copied]
    )
    assert len(before.texts) - len(after.texts) == 6
    assert sorted(map(str, after.notices)) == sorted(map(str, before.notices))
    assert (tmp_path / "out/is-zip.tar").read_bytes().endswith(b"behind")
    assert gzip.decompress((tmp_path / "out/behind.tar.gz").read_bytes()).endswith(b"no tar" * 400)


def test_an_archive_of_stored_zip_files_is_an_archive(tmp_path: Path) -> None:
    """Their members are no members of the archive, whose kind they do not show."""
    inner = zip_of({"mimetype": b"application/epub+zip", "word/document.xml": b"<w/>"}, 0)
    files = {"a.docx": zip_of({"word/document.xml": b"<w/>"}, 0), "b.bin": inner}
    archive = write(tmp_path / "all.zip", zip_of({**files, "good.txt": TEXT.encode()}, 0))
    found = read(archive)
    assert [*found.texts.values()] == [TEXT]
    assert str(archive) not in found.reasons and len(found.reasons) == 2


def test_a_file_of_another_format_than_the_chosen_one_is_told_with_the_option(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.db", b"SQLite format 3\0" + bytes(100))
    write(tmp_path / "b.txt", zip_of({"mimetype": b"application/epub+zip"}, 0))
    for item, name in zip(
        read(tmp_path, input_format="text").skipped, ("sqlite", "epub"), strict=True
    ):
        assert item.detail.endswith(f": --input-format auto or {name} reads it")


# --- pages without their first tags, and what is no page --------------------------------------


FRAGMENTS = [
    "<p>{}</p>",
    '<div class="a"><p>{}',
    "<head><title>News</title></head><body><p>{}</body>",
    '<meta charset="utf-8"><title>News</title><p>{}',
    "<!-- made by hand -->\n<BODY BGCOLOR=white><CENTER><P>{}",
]


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_page_without_its_first_tags(tmp_path: Path, fragment: str) -> None:
    """A mirror of a site holds them under names that show no format; a text may begin like one."""
    for name in ("story.aspx", "news", "story.php?id=3"):
        write(tmp_path / name, fragment.format(TEXT).encode())
    write(tmp_path / "readme.md", fragment.format(TEXT).encode())
    write(tmp_path / "prose", f"<pages> and <p are no tags. {TEXT}".encode())
    found = read(tmp_path, html="text")
    assert {name for name, text in found.texts.items() if text.endswith(TEXT)} == {
        *("story.aspx", "news", "story.php?id=3", "prose"),
        *(["readme.md"] if fragment.endswith("{}") else []),
    }
    assert "<" not in found.texts["news"] and found.texts["readme.md"] == fragment.format(TEXT)


def test_answers_of_a_server_that_a_mirror_holds_as_pages(tmp_path: Path) -> None:
    (tmp_path / "wp-json" / "posts").mkdir(parents=True)
    write(tmp_path / "wp-json" / "index.html", b'{"name": "x", "routes": {"a": {"b": "c"}}}')
    posts = b'[{"id": 1, "text": "' + TEXT.encode() + b'"}, {"id": 2, "text": "second one"}]'
    write(tmp_path / "wp-json" / "posts" / "index.html", posts)
    found = read(tmp_path)
    assert found.texts == {"1": TEXT, "2": "second one"}
    assert found.reasons == {"wp-json/index.html": "field_missing"}


@pytest.mark.parametrize("name", ["a.pdf", "a.epub", "a.zip", "a.gz"])
def test_an_empty_file_is_told_to_be_empty(tmp_path: Path, name: str) -> None:
    found = read(write(tmp_path / name, b""))
    assert not found.texts and "empty" in found.skipped[0].detail


# --- behind compressed data ------------------------------------------------------------------


@pytest.mark.parametrize("ending", [each for each in COMPRESSORS if each])
def test_other_data_behind_compressed_data_costs_no_line(tmp_path: Path, ending: str) -> None:
    packed = COMPRESSORS[ending](TEXT.encode() + b"\nthe last line is whole")
    for name, behind in {
        "a": b"",
        "b": b"\n",
        "c": b"\0" * 9,
        "d": b"other data",
        "e": b"x",
    }.items():
        write(tmp_path / f"{name}.lines{ending}", packed + behind)
    found = read(tmp_path)
    assert len(found.texts) == 10 and not found.skipped
    assert found.notice_reasons == {f"{name}.lines{ending}": "damaged" for name in "de"}
    assert all("is other data" in each.detail for each in found.notices)
    write(tmp_path / "a.txt.gz", gzip.compress(b"a text") + gzip.compress(b"three")[:2])
    assert "ends early" in read(tmp_path / "a.txt.gz").notices[0].detail
