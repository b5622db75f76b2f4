"""EPUB: the text of a book, in the order of its spine, within limits."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from dedupe.model.metadata import read_meta
from tests.support.command import RunDedupe
from tests.support.every_format import COMPRESSORS, epub, tar_of, zip_of
from tests.support.reading import put, read

WORDS = [f"word{number}" for number in range(300)]
PAGES = {"a.xhtml": "<h1>One</h1><p>first</p>", "b/c d.xhtml": "<p>second &amp; last</p>"}
TEXT = "One\nfirst\n\nsecond & last"


def sentence(begin: int, count: int = 40) -> str:
    return " ".join(WORDS[begin : begin + count])


def without(data: bytes, *names: str, **others: bytes) -> bytes:
    """A ZIP file without some members, or with other content in them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name not in names}
    return zip_of({**members, **others})


# --- the text of a book --------------------------------------------------------------------


def test_the_pages_are_joined_in_the_order_of_the_spine(tmp_path: Path) -> None:
    pages = {
        "notes.xhtml": "<p>notes</p>",
        "two.xhtml": "<p>two <b>bold</b></p><script>no()</script>",
        "one.xhtml": "<h1>one</h1>\n<p>more&#160;words</p>",
        "unused.xhtml": "<p>never</p>",
    }
    spine = (
        '<itemref idref="i0" linear="no"/><itemref idref="i2"/><itemref idref="i1"/>'
        '<itemref idref="i2"/><itemref idref="none"/>'
    )
    put(tmp_path / "a.epub", epub(pages, spine=spine))
    found = read(tmp_path)
    assert found.texts == {"a.epub": "one\nmore words\n\ntwo bold\n\nnotes"}
    assert not found.skipped and not found.notices
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts


def test_names_of_pages_are_references(tmp_path: Path) -> None:
    escaped = {name.replace(" ", "%20"): body for name, body in PAGES.items()}
    data = epub(escaped)
    renamed = without(data, "OPS/b/c%20d.xhtml")
    page = b"<html><body><p>second &amp; last</p></body></html>"
    put(tmp_path / "a.epub", without(renamed, **{"OPS/b/c d.xhtml": page}))
    assert read(tmp_path).texts == {"a.epub": TEXT}


def test_the_settings_decide_for_pages_that_declare_no_encoding(tmp_path: Path) -> None:
    bare = b"<html><body><p>" + "Осень близко.".encode("mac-cyrillic") + b"</p></body></html>"
    declared = b'<?xml version="1.0" encoding="koi8-r"?>\n<html><body><p>Koi '
    declared += "Зима близко".encode("koi8-r") + b"</p></body></html>"
    book = without(epub(PAGES), "OPS/a.xhtml", "OPS/b/c d.xhtml")
    put(tmp_path / "a.epub", without(book, **{"OPS/a.xhtml": bare, "OPS/b/c d.xhtml": declared}))
    found = read(tmp_path, encoding="mac-cyrillic")
    assert found.texts == {"a.epub": "Осень близко.\n\nKoi Зима близко"}
    assert not found.notices
    found = read(tmp_path)
    assert found.notice_reasons == {"a.epub": "encoding_doubtful"}
    assert "pages in a doubtful encoding: 1; the first: " in found.notices[0].detail
    assert "a.xhtml" in found.notices[0].detail


def test_metadata_is_that_of_the_package(tmp_path: Path) -> None:
    metadata = (
        "<dc:title>The <i>Book</i></dc:title><dc:title>Other</dc:title>"
        '<dc:date opf:event="creation">1901</dc:date>'
        '<dc:date opf:event="publication">1902-03-04</dc:date>'
        "<dc:identifier>urn:isbn:1</dc:identifier>"
        "<dc:identifier>https://books.example/1</dc:identifier>"
    )
    put(tmp_path / "a.epub", epub(PAGES, metadata=metadata))
    (batch,) = read(tmp_path).batches
    assert read_meta(batch.metas[0]) == {
        "date": "1902-03-04",
        "site": "books.example",
        "title": "The Book",
        "url": "https://books.example/1",
    }


@pytest.mark.parametrize("packing", COMPRESSORS)
def test_books_are_known_by_content_wherever_they_are(tmp_path: Path, packing: str) -> None:
    data = COMPRESSORS[packing](epub(PAGES))
    names = ["a.epub", "no-ending", "b.zip"]
    for name in names:
        (tmp_path / f"{name}{packing}").write_bytes(data)
    put(tmp_path / "x.zip", zip_of({"deep/a.epub": data, "b": data}))
    put(tmp_path / "y.tar", tar_of({"deep/a.epub": data}))
    found = read(tmp_path)
    members = {"x.zip/deep/a.epub", "x.zip/b", "y.tar/deep/a.epub"}
    assert found.texts == dict.fromkeys({f"{name}{packing}" for name in names} | members, TEXT)
    assert found.provider(by_name=True).read_texts(found.texts) == found.texts
    piped = read("-", stdin=data)
    assert piped.texts == piped.provider().read_texts(["-"]) == {"-": TEXT}


def test_an_archive_of_books_is_an_archive(tmp_path: Path) -> None:
    put(tmp_path / "a.zip", zip_of({"mimetype.txt": b"one two", "a.epub": epub(PAGES)}))
    assert read(tmp_path).texts.keys() == {"a.zip/mimetype.txt", "a.zip/a.epub"}


def test_a_book_of_pictures_is_told(tmp_path: Path) -> None:
    """Not so a book of words with a cover."""
    picture = '<item id="p{}" href="{}.png" media-type="image/png"/>'
    for name, count in {"few": 1, "many": 9}.items():
        book = epub({"a.xhtml": f"<p>{'so many words ' * 30}</p>"})
        opf = zipfile.ZipFile(io.BytesIO(book)).read("OPS/p.opf").decode()
        items = "".join(picture.format(n, n) for n in range(count))
        opf = opf.replace("</manifest>", f"{items}</manifest>")
        put(tmp_path / f"{name}.epub", without(book, **{"OPS/p.opf": opf.encode()}))
    (notice,) = read(tmp_path).notices
    assert (notice.id, notice.reason) == ("many.epub", "not_compared")
    assert "it has 9" in notice.detail


# --- what cannot be read -------------------------------------------------------------------

ENTITIES = (
    b'<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><package><title>&b;</title>'
    b'<item id="a" href="a.xhtml"/><itemref idref="a"/></package>'
)
ENCRYPTION = (
    "<encryption xmlns:enc='http://www.w3.org/2001/04/xmlenc#'><enc:EncryptedData>"
    "<enc:EncryptionMethod Algorithm='{}'/><enc:CipherData><enc:CipherReference URI='{}'/>"
    "</enc:CipherData></enc:EncryptedData></encryption>"
)
ENCRYPTED = "META-INF/encryption.xml"
AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
BOOK = epub(PAGES)
UNUSABLE = {
    "no container": (without(BOOK, "META-INF/container.xml", "OPS/p.opf"), "damaged"),
    "no spine": (epub(PAGES, spine="<itemref idref='none'/>"), "damaged"),
    "entities": (without(BOOK, **{"OPS/p.opf": ENTITIES}), "damaged"),
    "no xml": (without(BOOK, **{"OPS/p.opf": b"<package>"}), "damaged"),
    "deep": (without(BOOK, **{"OPS/p.opf": b"<a>" * 900_000}), "damaged"),
    "wide": (without(BOOK, **{"OPS/p.opf": b"<a>" + b"<b/>" * 900_000}), "damaged"),
    "pictures": (epub({"a.xhtml": "<img src='a.png'/>"}), "no_text"),
    "no pages": (without(BOOK, *(f"OPS/{name}" for name in PAGES)), "damaged"),
    "encrypted": (
        epub(
            PAGES, more={"META-INF/encryption.xml": ENCRYPTION.format(AES, "OPS/a.xhtml").encode()}
        ),
        "encrypted",
    ),
    "cut": (BOOK[:-100], "not_zip"),
    "no zip": (b"words", "not_text"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_read_is_told(kind: str, tmp_path: Path) -> None:
    data, reason = UNUSABLE[kind]
    put(tmp_path / "a.epub", data)
    put(tmp_path / "b.epub", BOOK)
    began = time.process_time()
    found = read(tmp_path)
    assert time.process_time() - began < 3
    assert found.reasons == {"a.epub": reason}
    assert found.texts == {"b.epub": TEXT}


def test_fonts_may_be_hidden(tmp_path: Path) -> None:
    fonts = ENCRYPTION.format("http://www.idpf.org/2008/embedding", "OPS/a.otf")
    other = ENCRYPTION.format(AES, "OPS/a.mp4")
    for name, each in (("a", fonts), ("b", other)):
        put(tmp_path / f"{name}.epub", epub(PAGES, more={ENCRYPTED: each.encode()}))
    assert read(tmp_path).texts == {"a.epub": TEXT, "b.epub": TEXT}


def test_pages_that_are_missing_or_damaged_are_told(tmp_path: Path) -> None:
    pages = {f"{n}.xhtml": f"<p>{sentence(n)}</p>" for n in range(4)}
    data = bytearray(without(epub(pages), "OPS/1.xhtml"))
    with zipfile.ZipFile(put(tmp_path / "a.epub", bytes(data))) as archive:
        at = archive.getinfo("OPS/2.xhtml").header_offset
    data[at + 60 : at + 70] = bytes(10)
    put(tmp_path / "a.epub", bytes(data))
    found = read(tmp_path)
    assert found.texts == {"a.epub": f"{sentence(0)}\n\n{sentence(3)}"}
    assert found.notice_reasons == {"a.epub": "damaged"}
    assert "2 of 4, such as 'OPS/1.xhtml'" in found.notices[0].detail


@pytest.mark.slow
def test_books_are_read_within_limits(tmp_path: Path) -> None:
    long = epub({f"{n}.xhtml": f"<p>{sentence(n)}</p>" for n in range(9)})
    bomb = epub({"a.xhtml": "<p>" + "0 " * 35_000_000})
    put(tmp_path / "a.epub", long)
    put(tmp_path / "b.epub", bomb)
    put(tmp_path / "c.zip", zip_of({"a.epub": bomb}, zipfile.ZIP_STORED))
    found = read(tmp_path, max_document_bytes=2**30)
    assert found.reasons == dict.fromkeys(("b.epub", "c.zip/a.epub"), "bomb")
    assert read(tmp_path / "a.epub", max_document_bytes=1000).skipped[0].reason == "too_large"
    assert read(tmp_path / "a.epub", max_members=5).skipped[0].reason == "too_many_members"


def test_apply_drops_whole_books(tmp_path: Path, dedupe_here: RunDedupe) -> None:
    text = sentence(0, 90)
    book = epub({"a.xhtml": f"<p>{text}</p>"})
    put(tmp_path / "in" / "a.epub", book)
    put(tmp_path / "in" / "b.zip", zip_of({"x.epub": book, "y.txt": sentence(100).encode()}))
    put(tmp_path / "in" / "c.txt", text)
    dedupe_here("scan", "in", "--keep", "first", "--output", "r.json")
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.epub", "b.zip"}
    assert (tmp_path / "out" / "a.epub").read_bytes() == book
    with zipfile.ZipFile(tmp_path / "out" / "b.zip") as archive:
        assert archive.namelist() == ["y.txt"]


def test_a_book_is_read_where_its_format_is_chosen(tmp_path: Path) -> None:
    book = epub({"a.xhtml": f"<p>{sentence(0)}</p>"})
    for name in ("a.epub", "b.zip", "c"):
        put(tmp_path / name, book)
    found = read(tmp_path, input_format="epub")
    assert set(found.texts.values()) == {sentence(0)} and len(found.texts) == 3
