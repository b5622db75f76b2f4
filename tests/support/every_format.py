"""One article in every form that a corpus comes in, and the example files of the documentation.

``python -m tests.support.every_format FOLDER`` writes all of them to look at.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import zstandard

ARTICLES = Path(__file__).resolve().parents[2] / "fixtures" / "articles"

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}

Writer = Callable[[Sequence[str], str], bytes]
"""Some texts, and the name of the file that is to hold them, to the bytes of the file."""


# --- records -------------------------------------------------------------------------------


def records_of(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "url": f"https://site{number}.example/a",
            "date": f"2024-03-0{number}",
            "tags": ["news", {"more": [number]}],
            "text": text,
        }
        for number, text in enumerate(texts, 1)
    ]


def as_lines(texts: Sequence[str], name: str) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in records_of(texts)).encode()


def as_array(texts: Sequence[str], name: str) -> bytes:
    return json.dumps(records_of(texts), ensure_ascii=False).encode()


def as_values(texts: Sequence[str], name: str) -> bytes:
    """One record, or several one after another, on several lines each."""
    return "\n".join(json.dumps(each, indent=2) for each in records_of(texts)).encode()


def as_nested(texts: Sequence[str], name: str) -> bytes:
    """The text three levels down."""
    nested = [{"meta": {"n": 1}, "data": {"article": {"body": text}}} for text in texts]
    return json.dumps(nested).encode()


def csv_writer(**dialect: Any) -> Writer:
    """Rows with quoted line feeds, as a dialect has them."""

    def write(texts: Sequence[str], name: str) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, **dialect)
        writer.writerow(["no", "text", "site"])
        writer.writerows(
            [number, text, f"site{number}.example"] for number, text in enumerate(texts, 1)
        )
        return out.getvalue().encode()

    return write


def as_excel(texts: Sequence[str], name: str) -> bytes:
    """As a spreadsheet saves it: a byte order mark, semicolons, CR LF."""
    return b"\xef\xbb\xbf" + csv_writer(delimiter=";", lineterminator="\r\n")(texts, name)


def table_writer(write_table: Callable[[pa.Table, io.BytesIO], None]) -> Writer:
    def write(texts: Sequence[str], name: str) -> bytes:
        columns = [{"url": each["url"], "text": each["text"]} for each in records_of(texts)]
        out = io.BytesIO()
        write_table(pa.Table.from_pylist(columns), out)
        return out.getvalue()

    return write


def _write_ipc(open_writer: Callable[..., Any]) -> Callable[[pa.Table, io.BytesIO], None]:
    def write(table: pa.Table, out: io.BytesIO) -> None:
        with open_writer(out, table.schema) as writer:
            writer.write_table(table)

    return write


# --- pages and crawls ----------------------------------------------------------------------


def page(
    text: str, charset: str = "utf-8", meta: str = "", opening: str = "<!DOCTYPE html>"
) -> bytes:
    """A page as a site has it; in XHTML where ``opening`` says so."""
    title, *paragraphs = (escape(part) for part in text.split("\n\n"))
    body = "".join(f"<p>{part}</p>\n" for part in paragraphs)
    html = (
        f"{opening}\n<html><head>{meta}<title>{title}</title></head><body>\n"
        '<nav><a href="/">Home</a> <a href="/news">News</a></nav>\n'
        f"<article><h1>{title}</h1>\n{body}</article>\n"
        "<footer><p>Contact</p></footer></body></html>\n"
    )
    return html.encode(charset)


def as_page(texts: Sequence[str], name: str) -> bytes:
    return page(texts[0])


def as_xhtml(texts: Sequence[str], name: str) -> bytes:
    return page(texts[0], opening='<?xml version="1.0" encoding="utf-8"?>')


def warc_record(kind: str, uri: str, content: bytes, content_type: str = "") -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\n"
    head += "WARC-Date: 2024-03-01T10:00:00Z\r\n"
    head += f"Content-Type: {content_type or 'application/http; msgtype=response'}\r\n"
    head += f"Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content + b"\r\n\r\n"


def http_response(body: bytes, content_type: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def as_crawl(texts: Sequence[str], name: str) -> bytes:
    """Each text as a page that was fetched; about the crawl, and what is no document, between."""
    records = [
        warc_record("warcinfo", "urn:crawl", b"software: none\r\n", "application/warc-fields")
    ]
    for number, text in enumerate(texts):
        response = http_response(page(text, "cp1252"), "text/html; charset=windows-1252")
        records.append(warc_record("response", f"https://w.example/{name}/{number}", response))
        image = http_response(b"\x89PNG", "image/png")
        records.append(warc_record("response", f"https://w.example/{name}/{number}.png", image))
    return b"".join(records)


def as_plain_crawl(texts: Sequence[str], name: str) -> bytes:
    """The same as extracted text (WET)."""
    return b"".join(
        warc_record(
            "conversion", f"https://wet.example/{name}/{number}", text.encode(), "text/plain"
        )
        for number, text in enumerate(texts)
    )


# --- all of it -----------------------------------------------------------------------------


def as_text(texts: Sequence[str], name: str) -> bytes:
    return texts[0].encode()


FORMATS: dict[str, Writer] = {
    "a.txt": as_text,
    "a.text": as_text,
    "a.md": as_text,
    "a.html": as_page,
    "a.htm": as_page,
    "a.xhtml": as_xhtml,
    "a.warc": as_crawl,
    "wet.warc": as_plain_crawl,
    "a.jsonl": as_lines,
    "a.ndjson": as_lines,
    "array.json": as_array,
    "record.json": as_values,
    "line.json": as_lines,
    "a.csv": csv_writer(),
    "excel.csv": as_excel,
    "pipe.csv": csv_writer(delimiter="|"),
    "tab.csv": csv_writer(delimiter="\t"),
    "single.csv": csv_writer(quotechar="'", quoting=csv.QUOTE_ALL),
    "escaped.csv": csv_writer(escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL),
    "a.tsv": csv_writer(delimiter="\t"),
    "a.tab": csv_writer(delimiter="\t", lineterminator="\n"),
    "a.parquet": table_writer(pyarrow.parquet.write_table),
    "a.arrow": table_writer(_write_ipc(pa.ipc.new_file)),
    "stream.arrow": table_writer(_write_ipc(pa.ipc.new_stream)),
    "a.feather": table_writer(pyarrow.feather.write_feather),
    "a.ipc": table_writer(_write_ipc(pa.ipc.new_file)),
}
"""By the name of a file."""

UNNAMED = ("a.txt", "a.html", "a.warc", "a.jsonl", "array.json", "a.csv", "a.parquet", "a.arrow")
"""Those whose content tells what they are."""


def ids_in(name: str, path: str) -> str:
    """The id of the one document in a file of such a name at a path below the folder."""
    if name in ("a.warc", "wet.warc"):
        return f"https://{'w' if name == 'a.warc' else 'wet'}.example/{path}/0"
    if name in ("a.jsonl", "a.ndjson"):
        return f"{path}:1"
    documents = (".txt", ".text", ".md", "html", ".htm", "record.json", "line.json")
    return path if name.endswith(documents) else f"{path}#1"


def in_encodings(text: str) -> dict[str, tuple[bytes, str]]:
    """Files in encodings other than UTF-8, and the ids of their documents, by name."""
    wide = {
        "utf8-mark": lambda content: b"\xef\xbb\xbf" + content.encode(),
        "utf16-le-mark": lambda content: ("\ufeff" + content).encode("utf-16-le"),
        "utf16-be-mark": lambda content: ("\ufeff" + content).encode("utf-16-be"),
        "utf16-le": lambda content: content.encode("utf-16-le"),
        "utf16-be": lambda content: content.encode("utf-16-be"),
        "utf32-mark": lambda content: ("\ufeff" + content).encode("utf-32-le"),
        "cp1252": lambda content: content.encode("cp1252"),
    }
    found: dict[str, tuple[bytes, str]] = {}
    for kind in ("a.txt", "a.html", "a.jsonl", "array.json", "a.csv", "a.tsv"):
        content = FORMATS[kind]([text], kind).decode()
        if kind == "a.jsonl":
            content = json.dumps({"text": text}, ensure_ascii=False) + "\n"
        for encoding, encode in wide.items():
            path = f"{encoding}-{kind}"
            found[path] = encode(content), ids_in(kind, path)
    for label, charset in (("windows-1252", "cp1252"), ("iso-8859-1", "cp1252"), ("gbk", "gbk")):
        found[f"{label}.html"] = page(text, charset, f'<meta charset="{label}">'), f"{label}.html"
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=macintosh">'
    found["meta.html"] = page(text, "mac_roman", meta), "meta.html"
    opening = '<?xml version="1.0" encoding="windows-1252"?>'
    found["xml.xhtml"] = page(text, "cp1252", opening=opening), "xml.xhtml"
    return found


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "a.zip": zip_of,
    "stored.zip": lambda files: zip_of(files, zipfile.ZIP_STORED),
    "tar-without-ending": tar_of,
    "zip-without-ending": zip_of,
    "a.tgz": lambda files: COMPRESSORS[".gz"](tar_of(files)),
    **{
        f"a.tar{packing}": lambda files, compress=compress: compress(tar_of(files))
        for packing, compress in COMPRESSORS.items()
    },
}


def _members(text: str, archive: str) -> tuple[dict[str, bytes], set[str]]:
    """Every format, and one of them in each compression, as members; and their ids."""
    files: dict[str, bytes] = {}
    ids: set[str] = set()
    names = [(name, "") for name in FORMATS] + [("a.csv", packing) for packing in COMPRESSORS]
    for name, packing in names:
        member = f"deep/er/{name}{packing}"
        path = f"{archive}/{member}"
        files[member] = COMPRESSORS[packing](FORMATS[name]([text], path))
        ids.add(ids_in(name, path))
    return files, ids


def write_every_form(folder: Path, text: str) -> set[str]:
    """The text in every format, compression, archive and encoding; gives the documents' ids."""
    contents: dict[str, bytes] = {}
    ids: set[str] = set()
    for name, write in FORMATS.items():
        for packing, compress in COMPRESSORS.items():
            path = f"{name}{packing}"
            contents[path] = compress(write([text], path))
            ids.add(ids_in(name, path))
    for name in UNNAMED:
        path = f"like-{name.replace('.', '-')}"
        contents[path] = FORMATS[name]([text], path)
        ids.add(ids_in(name, path))
    for path, (data, document_id) in in_encodings(text).items():
        contents[path] = data
        ids.add(document_id)
    for archive, pack in ARCHIVES.items():
        files, member_ids = _members(text, archive)
        contents[archive] = pack(files)
        ids |= member_ids
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in contents.items():
        (folder / path).write_bytes(data)
    return ids


def article(name: str = "harbour-bridge_citydesk") -> str:
    """An article of the fixtures; the one that is written in every form."""
    return (ARTICLES / f"{name}.txt").read_text(encoding="utf-8")


# --- the examples of the documentation -----------------------------------------------------


def _parquet_of(records: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(records), out)
    return out.getvalue()


def example_files() -> dict[str, bytes]:
    """The files that the documentation names, each with near-duplicates; by path."""
    names = ("harbour-bridge_citydesk", "harbour-bridge_newswire")
    texts = [article(name) for name in names]
    records = [{**each, "lang": "en"} for each in records_of(texts)]
    lines = "".join(json.dumps(each) + "\n" for each in records).encode()
    pages = [{"text": page(text).decode()} for text in texts]
    split = [text.partition("\n\n")[::2] for text in texts]
    nested = [{"data": {"article": {"title": title, "body": body}}} for title, body in split]
    rows = [{"id": name, "text": text} for name, text in zip(names, texts, strict=True)]
    members = {f"a/{name}.txt": text.encode() for name, text in zip(names, texts, strict=True)}
    table = FORMATS["a.csv"](texts, "")
    return {
        **{f"articles/{path.name}": path.read_bytes() for path in ARTICLES.iterdir()},
        **{f"pages/{name}.html": page(text) for name, text in zip(names, texts, strict=True)},
        "articles.txt.xz": COMPRESSORS[".xz"](texts[0].encode()),
        "dump.jsonl": lines,
        "dump.jsonl.gz": COMPRESSORS[".gz"](lines),
        "pages.jsonl": "".join(json.dumps(each) + "\n" for each in pages).encode(),
        "export.json": as_array(texts, ""),
        "nested.json": json.dumps(nested).encode(),
        "table.csv": table,
        "table.csv.zst": COMPRESSORS[".zst"](table),
        "table.tsv": FORMATS["a.tsv"](texts, "").replace(b"\ttext\t", b"\tbody\t"),
        "dataset/README.md": b"---\nconfigs:\n- config_name: default\n---\n",
        "dataset/data/train-00000-of-00002.parquet": _parquet_of(rows[:1]),
        "dataset/data/train-00001-of-00002.parquet": _parquet_of(rows[1:]),
        "table.parquet": _parquet_of([{"text": text, "lang": "en"} for text in texts]),
        "table.arrow": FORMATS["a.arrow"](texts, ""),
        "table.feather": FORMATS["a.feather"](texts, ""),
        "crawl.warc.gz": COMPRESSORS[".gz"](as_crawl(texts, "news")),
        "collection.zip": zip_of(members),
        "collection.tar.gz": COMPRESSORS[".gz"](tar_of(members)),
        "collection.tar.zst": COMPRESSORS[".zst"](tar_of(members)),
        "list.txt": "".join(f"articles/{name}.txt\r\n" for name in names).encode(),
    }


def write_examples(folder: Path) -> None:
    for path, data in example_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


if __name__ == "__main__":
    print(len(write_every_form(Path(sys.argv[1]) / "every", article())), "documents")
    write_examples(Path(sys.argv[1]) / "examples")
