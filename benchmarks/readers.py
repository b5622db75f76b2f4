"""Measure how fast each format is read, beside the bare loop of the library that reads it.

Usage: ``python benchmarks/readers.py CORPUS.jsonl[.gz]``

The records of the corpus (``id``, ``text``) are written in every format into a temporary folder,
with a url, a date and a site each, as in real corpora. Then each file is read in several rounds:
by the library's own loop, which does nothing with the records; by ``read_corpus``, which gives the
batches that are sketched; and by a whole scan in this process. Prints a table in Markdown.

benchmarks/README.md describes the bare loops and the figures.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import email
import email.policy
import gzip
import io
import json
import lzma
import mailbox
import os
import platform
import shlex
import sqlite3
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import IO, Any
from xml.parsers import expat

import fastwarc.warc
import lxml.html
import msgspec
import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import zstandard

import dedupe
from dedupe.model.documents import TextBatch
from dedupe.model.settings import Config, HtmlMode
from dedupe.sources import read_corpus

MEGABYTE = 1_000_000
PACKAGES = (
    "dedupe-corpus",
    "msgspec",
    "pyarrow",
    "fastwarc",
    "lxml",
    "zstandard",
    "numpy",
)
_MAX_ROW_CHARACTERS = (1 << 31) - 1
_ROW_GROUP = 2000


class Record(msgspec.Struct, gc=False):
    """The fields of a record that a bare loop reads."""

    id: str
    text: str


_decoder = msgspec.json.Decoder(Record)
_array_decoder = msgspec.json.Decoder(list[Record])


@dataclass(frozen=True)
class Case:
    """One format.

    :param write: writes the records into a file or folder
    :param bare: the library's own loop over that file
    :param library: the name of the library and its function
    :param html: the setting ``html``, for pages
    """

    name: str
    write: Callable[[list[dict[str, str]], Path], None]
    bare: Callable[[Path], object]
    library: str
    html: HtmlMode = "raw"


# --- the bare loops -----------------------------------------------------------------------------


def decode_lines(file: Iterable[bytes]) -> None:
    """Decode each line into a struct of two fields."""
    decode = _decoder.decode
    for line in file:
        decode(line)


def loop_jsonl(path: Path) -> None:
    with path.open("rb") as file:
        decode_lines(file)


def loop_json(path: Path) -> None:
    _array_decoder.decode(path.read_bytes())


def loop_csv(path: Path) -> None:
    csv.field_size_limit(_MAX_ROW_CHARACTERS)
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","):
            pass


def loop_parquet(path: Path) -> None:
    file = pyarrow.parquet.ParquetFile(path)
    for _ in file.iter_batches(columns=["id", "text"], use_threads=False):
        pass


def loop_arrow(path: Path) -> None:
    with pyarrow.OSFile(str(path)) as source:
        reader = pyarrow.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            reader.get_batch(number)


def loop_files(path: Path) -> None:
    for entry in os.scandir(path):
        with open(entry.path, "rb", buffering=0) as file:
            file.read()


def loop_pages(path: Path) -> None:
    for entry in os.scandir(path):
        with open(entry.path, "rb", buffering=0) as file:
            lxml.html.document_fromstring(file.read()).text_content()


def loop_warc(path: Path) -> None:
    with path.open("rb") as file:
        for record in fastwarc.warc.ArchiveIterator(file):
            record.reader.read()


def loop_eml(path: Path) -> None:
    for entry in os.scandir(path):
        with open(entry.path, "rb", buffering=0) as file:
            message = email.message_from_bytes(file.read(), policy=email.policy.compat32)
            message.get_payload(decode=True)


def loop_mbox(path: Path) -> None:
    for message in mailbox.mbox(path, create=False):
        message.get_payload(decode=True)


def loop_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for _ in connection.execute("SELECT id, text FROM articles"):
            pass


def loop_epub(path: Path) -> None:
    for entry in os.scandir(path):
        with zipfile.ZipFile(entry.path) as archive:
            for name in archive.namelist():
                archive.read(name)


def loop_xml(path: Path) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: None
    parser.EndElementHandler = lambda name: None
    parser.CharacterDataHandler = lambda text: None
    with path.open("rb") as file:
        parser.ParseFile(file)


def loop_gz(path: Path) -> None:
    with gzip.open(path) as file:
        decode_lines(file)


def loop_bz2(path: Path) -> None:
    with bz2.open(path) as file:
        decode_lines(file)


def loop_xz(path: Path) -> None:
    with lzma.open(path) as file:
        decode_lines(file)


def loop_zst(path: Path) -> None:
    with path.open("rb") as packed:
        decode_lines(io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(packed)))


def loop_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                decode_lines(file)


def loop_tar(path: Path) -> None:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            decode_lines(file)


# --- the files ----------------------------------------------------------------------------------


def jsonl_bytes(records: list[dict[str, str]]) -> bytes:
    lines = (json.dumps(record, ensure_ascii=False).encode() for record in records)
    return b"".join(line + b"\n" for line in lines)


def write_jsonl(records: list[dict[str, str]], path: Path) -> None:
    path.write_bytes(jsonl_bytes(records))


def write_json(records: list[dict[str, str]], path: Path) -> None:
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")


def write_csv(records: list[dict[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        separator = "\t" if path.suffix == ".tsv" else ","
        writer = csv.DictWriter(file, list(records[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(records)


def write_parquet(records: list[dict[str, str]], path: Path) -> None:
    table = pyarrow.Table.from_pylist(records)
    pyarrow.parquet.write_table(table, path, row_group_size=_ROW_GROUP)


def write_arrow(records: list[dict[str, str]], path: Path) -> None:
    table = pyarrow.Table.from_pylist(records)
    with pyarrow.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=_ROW_GROUP)


def write_texts(records: list[dict[str, str]], path: Path) -> None:
    path.mkdir()
    for number, record in enumerate(records):
        (path / f"{number:06}.txt").write_bytes(record["text"].encode())


def write_pages(records: list[dict[str, str]], path: Path) -> None:
    """Write each text as a page, with a paragraph for each line."""
    path.mkdir()
    for number, record in enumerate(records):
        paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in record["text"].split("\n"))
        page = f"<!doctype html><html><head><title>{number}</title></head><body>{paragraphs}</body>"
        (path / f"{number:06}.html").write_bytes(page.encode())


def warc_record(record: dict[str, str]) -> bytes:
    """A WARC record of plain text, as in the WET files of Common Crawl."""
    content = record["text"].encode()
    head = (
        "WARC/1.0\r\nWARC-Type: conversion\r\n"
        f"WARC-Target-URI: {record['url']}\r\nWARC-Date: {record['date']}T00:00:00Z\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def write_warc(records: list[dict[str, str]], path: Path) -> None:
    packed = path.suffix == ".gz"
    with path.open("wb") as file:
        for record in map(warc_record, records):
            file.write(gzip.compress(record, 6) if packed else record)


def message_of(record: dict[str, str]) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = (
        "a@b.example",
        record["url"],
        "1 Mar 2024",
    )
    message["Message-ID"] = f"<{record['url']}>"
    message.set_content(record["text"] or " ", cte="quoted-printable")
    return message.as_bytes()


def write_eml(records: list[dict[str, str]], path: Path) -> None:
    path.mkdir()
    for number, record in enumerate(records):
        (path / f"{number:06}.eml").write_bytes(message_of(record))


def write_mbox(records: list[dict[str, str]], path: Path) -> None:
    start = b"From a@b.example Fri Mar  1 10:00:00 2024\n"
    with path.open("wb") as file:
        for record in records:
            quoted = message_of(record).replace(b"\nFrom ", b"\n>From ")
            file.write(start + quoted.rstrip(b"\n") + b"\n\n")


def write_sqlite(records: list[dict[str, str]], path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE articles (id, text, url, date, site)")
        rows = [tuple(record.values()) for record in records]
        connection.executemany("INSERT INTO articles VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()


def write_epub(records: list[dict[str, str]], path: Path) -> None:
    """Write each text as a book of one page."""
    path.mkdir()
    container = '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    package = '<package><item id="a" href="a.html"/><itemref idref="a"/></package>'
    for number, record in enumerate(records):
        paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in record["text"].split("\n"))
        with zipfile.ZipFile(path / f"{number:06}.epub", "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
            book.writestr("META-INF/container.xml", container)
            book.writestr("p.opf", package)
            book.writestr("a.html", f"<html><body>{paragraphs}</body></html>")


def write_feed(records: list[dict[str, str]], path: Path) -> None:
    """Write RSS, with the HTML of each text escaped and a paragraph for each line."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n<rss version="2.0"><channel><title>News</title>\n')
        for record in records:
            html = "".join(f"<p>{escape(line)}</p>\n" for line in record["text"].split("\n"))
            file.write(f"<item><link>{escape(record['url'])}</link><pubDate>{record['date']}")
            file.write(f"</pubDate><description>{escape(html)}</description></item>\n")
        file.write("</channel></rss>\n")


def write_wiki(records: list[dict[str, str]], path: Path) -> None:
    """Write a dump of MediaWiki."""
    with path.open("w", encoding="utf-8") as file:
        file.write("<mediawiki>\n")
        for record in records:
            file.write(f"<page><title>{record['id']}</title><revision><timestamp>{record['date']}")
            file.write(f"</timestamp><text>{escape(record['text'])}</text></revision></page>\n")
        file.write("</mediawiki>\n")


def write_packed(records: list[dict[str, str]], path: Path) -> None:
    data = jsonl_bytes(records)
    pack: dict[str, Callable[[bytes], bytes]] = {
        ".gz": lambda plain: gzip.compress(plain, 6),
        ".bz2": bz2.compress,
        ".xz": lambda plain: lzma.compress(plain, preset=1),
        ".zst": zstandard.ZstdCompressor().compress,
    }
    path.write_bytes(pack[path.suffix](data))


def write_zip(records: list[dict[str, str]], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("r.jsonl", jsonl_bytes(records))


def write_tar(records: list[dict[str, str]], path: Path) -> None:
    data = jsonl_bytes(records)
    packed = path.suffix == ".gz"
    with (
        path.open("wb") as raw,
        tarfile.open(fileobj=raw, mode="w|gz" if packed else "w|") as archive,
    ):
        member = tarfile.TarInfo("r.jsonl")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))


CASES = (
    Case("r.jsonl", write_jsonl, loop_jsonl, "msgspec, two fields"),
    Case("r.json", write_json, loop_json, "msgspec, the array at once"),
    Case("r.csv", write_csv, loop_csv, "csv"),
    Case("r.tsv", write_csv, loop_csv, "csv"),
    Case("r.parquet", write_parquet, loop_parquet, "pyarrow, two columns"),
    Case("r.arrow", write_arrow, loop_arrow, "pyarrow, all columns"),
    Case("texts", write_texts, loop_files, "open, read"),
    Case("pages-raw", write_pages, loop_files, "open, read"),
    Case("pages-text", write_pages, loop_pages, "lxml, text_content", "text"),
    Case("r.sqlite", write_sqlite, loop_sqlite, "sqlite3, two columns"),
    Case("eml", write_eml, loop_eml, "email, compat32"),
    Case("r.mbox", write_mbox, loop_mbox, "mailbox, email"),
    Case("books", write_epub, loop_epub, "zipfile"),
    Case("r.rss", write_feed, loop_xml, "expat"),
    Case("r.xml", write_wiki, loop_xml, "expat"),
    Case("r.warc", write_warc, loop_warc, "fastwarc"),
    Case("r.warc.gz", write_warc, loop_warc, "fastwarc"),
    Case("r.jsonl.gz", write_packed, loop_gz, "gzip, msgspec"),
    Case("r.jsonl.bz2", write_packed, loop_bz2, "bz2, msgspec"),
    Case("r.jsonl.xz", write_packed, loop_xz, "lzma, msgspec"),
    Case("r.jsonl.zst", write_packed, loop_zst, "zstandard, msgspec"),
    Case("r.zip", write_zip, loop_zip, "zipfile, msgspec"),
    Case("r.tar", write_tar, loop_tar, "tarfile, msgspec"),
    Case("r.tar.gz", write_tar, loop_tar, "tarfile, msgspec"),
)


# --- measuring ----------------------------------------------------------------------------------


def load_records(path: Path) -> list[dict[str, str]]:
    """The records of a corpus, each with a url, a date and a site."""
    opener: Callable[[Path], IO[bytes]] = gzip.open if path.suffix == ".gz" else _open  # type: ignore[assignment]
    records = []
    with opener(path) as file:
        for number, line in enumerate(file):
            record = json.loads(line)
            day = f"20{number % 25:02}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            site = f"site{number % 50}.example"
            records.append(
                {
                    "id": str(record.get("id", number)),
                    "text": record["text"].replace("\0", " ").replace("\r", "\n"),
                    "url": f"https://{site}/news/{number}/what-it-is-about",
                    "date": day,
                    "site": site,
                }
            )
    return records


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def read_batches(path: Path, config: Config) -> tuple[int, int]:
    """Read a corpus as a scan does; returns the numbers of documents and of text bytes."""
    documents = text_bytes = 0
    for item in read_corpus([path], config.settings, workers=config.worker_count):
        if isinstance(item, TextBatch):
            documents += len(item)
            text_bytes += len(item.data)
    return documents, text_bytes


def timed(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def measure(case: Case, path: Path, records: int, rounds: int) -> str:
    """One row of the table."""
    is_page = case.name.startswith("pages")
    config = Config(html=case.html, input_format="html" if is_page else "auto")
    documents, text_bytes = read_batches(path, config)
    if documents != records:
        raise SystemExit(f"{case.name}: {documents} documents were read, not {records}")
    runs = (
        lambda: case.bare(path),
        lambda: read_batches(path, config),
        lambda: dedupe.scan(path, config),
    )
    times = [[timed(run) for run in runs] for _ in range(rounds + 1)][1:]
    bare, read, scan = (median(column) for column in zip(*times, strict=True))
    ratio = median(row[1] / row[0] for row in times)
    size = text_bytes / MEGABYTE
    cells = (
        f"`{case.name}`",
        case.library,
        f"{bare:.3f}",
        f"{read:.3f}",
        f"{ratio:.2f}",
        f"{size / read:,.0f}",
        f"{scan:.3f}",
        f"{read / scan:.0%}",
    )
    return f"| {' | '.join(cells)} |"


def describe_machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"- Machine: {names[0] if names else platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} cores, {platform.system()}\n"
        f"- Python {platform.python_version()}; {versions}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path, help="JSON Lines with the fields id and text")
    parser.add_argument("--rounds", type=int, default=7, help="measured, after one that is not")
    parser.add_argument("--only", default="", help="names of formats, separated by commas")
    arguments = parser.parse_args()
    records = load_records(arguments.corpus)
    chosen = [
        case for case in CASES if not arguments.only or case.name in arguments.only.split(",")
    ]
    size = sum(len(record["text"].encode()) for record in records) / MEGABYTE
    print(
        "| format | bare loop | bare s | read s | read / bare | text MB/s | scan s | read / scan |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="dedupe-readers-") as folder:
        for case in chosen:
            path = Path(folder) / case.name
            case.write(records, path)
            print(measure(case, path, len(records), arguments.rounds), flush=True)
    print(f"\n- Corpus: {arguments.corpus.name}, {len(records)} documents, {size:.1f} MB of text")
    print(f"- Medians of {arguments.rounds} rounds, after one that is not counted")
    print(describe_machine())
    print(f"- Command: `{shlex.join(['python', 'benchmarks/readers.py', arguments.corpus.name])}`")


if __name__ == "__main__":
    main()
