"""Corpora in every form that can be read, and readers of them that share no code with dedupe."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import zstandard

from tests.support import every_format
from tests.support.every_format import (
    COMPRESSORS,
    arc_record,
    arc_start,
    csv_rows,
    http_response,
    pdf,
    warc_record,
)

Texts = dict[str, str]
"""Texts by the id that their record gets; a file of one text is named after it."""

Entry = tuple[str, Any]
"""A part of a corpus: its id in a scan (empty if it has none), and its unchangeable content."""

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda data: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read(),
}


def make_texts(seed: int, count: int = 12) -> Texts:
    """Texts, some of them copies of others: equal bytes, equal tokens, or nearly equal."""
    chance = random.Random(seed)
    letters = "bcdfghjklmnprstvwz"
    words = ["".join(chance.choices(letters, k=2)) + chance.choice("aeiouäé") for _ in range(400)]
    texts: list[str] = []
    while len(texts) < count:
        if not texts or chance.random() < 0.45:
            texts.append(" ".join(chance.choices(words, k=chance.randint(30, 60))))
            continue
        copy = chance.choice(texts).split(" ")
        kind = chance.random()
        if kind > 0.6:
            for _ in range(chance.randint(1, 2)):
                copy[chance.randrange(len(copy))] = chance.choice(words)
        joint = " — " if 0.3 < kind < 0.45 else " "
        texts.append(joint.join(copy))
    chance.shuffle(texts)
    return {f"d{number}": text for number, text in enumerate(texts)}


# --- writing -----------------------------------------------------------------------------


def csv_of(
    texts: Texts, separator: str = ",", ending: str = "\r\n", bom: bool = False, **dialect: Any
) -> bytes:
    rows = [["id", "text", "note"]]
    for id, text in texts.items():
        rows.append([id, text.replace(" ", "\n", 2), 'a "quoted" note'])
        rows += [[]] if id == "d3" else []
    content = csv_rows(rows, delimiter=separator, lineterminator=ending, **dialect)
    return ("\ufeff".encode() if bom else b"") + content


def jsonl_of(texts: Texts, ending: str = "\n") -> bytes:
    lines = [
        json.dumps({"id": id, "text": text, "n": number}, ensure_ascii=number % 2 == 0)
        for number, (id, text) in enumerate(texts.items())
    ]
    lines.insert(len(lines) // 2, "this is no record")
    lines.insert(1, "")
    return (ending.join(lines)).encode()


def json_of(texts: Texts) -> bytes:
    records = [{"id": id, "text": text, "x": [1, {"y": "]"}]} for id, text in texts.items()]
    records.insert(1, {"id": "none"})
    return ("\ufeff[\n  " + " ,\n\t".join(map(json.dumps, records)) + "\n]\n").encode()


def json_values_of(texts: Texts) -> bytes:
    """JSON records one after another, on several lines each, with a value that is no record."""
    records = [json.dumps({"id": id, "text": text}, indent=1) for id, text in texts.items()]
    return "\n".join([records[0], "[1, 2]", *records[1:]]).encode()


def json_under_key_of(texts: Texts) -> bytes:
    """JSON records in a list inside an object, with other values around it."""
    records = [{"id": id, "text": text, "x": [{"y": "]"}]} for id, text in texts.items()]
    whole = {"status": "ok, {", "page": {"n": 1}, "result": {"docs": records, "n": 2}, "next": []}
    return json.dumps(whole, indent=1).encode()


def json_by_id_of(texts: Texts) -> bytes:
    """JSON records as the values of an object, whose names are their ids."""
    return json.dumps({id: {"text": text, "x": {"y": 1}} for id, text in texts.items()}).encode()


def table_of(texts: Texts) -> pa.Table:
    count = len(texts)
    table = pa.table(
        {
            "id": list(texts),
            "text": list(texts.values()),
            "tags": pa.array([["a", None], None] * count, pa.list_(pa.string()))[:count],
            "kind": pa.array(["x", "y"] * count)[:count].dictionary_encode(),
            "raw": pa.array([b"\xff\0"] * count),
        }
    )
    return table.replace_schema_metadata({"huggingface": '{"info": {}}'})


def parquet_of(texts: Texts, **options: Any) -> bytes:
    return every_format.parquet(table_of(texts), row_group_size=4, **options)


def arrow_of(texts: Texts, is_file: bool, compression: str | None) -> bytes:
    return every_format.arrow(table_of(texts), stream=not is_file, compression=compression, rows=5)


def warc_records(texts: Texts) -> Iterator[bytes]:
    yield _warc_record("warcinfo", "", b"software: none\r\n")
    for id, text in texts.items():
        yield _warc_record("request", f"urn:{id}", b"GET / HTTP/1.1\r\n\r\n")
        body = http_response(text.encode(), "text/plain; charset=utf-8")
        yield _warc_record("response", f"urn:{id}", body)


def arc_records(texts: Texts) -> Iterator[bytes]:
    yield arc_start()
    for id, text in texts.items():
        yield arc_record(f"dns:{id}", b"192.0.2.7", "text/dns")
        body = http_response(text.encode(), "text/plain; charset=utf-8")
        yield arc_record(f"http://x/{id}", body)


def wet_of(texts: Texts) -> bytes:
    """A WET file: text that was extracted from the pages of a crawl."""
    records = (_warc_record("conversion", f"urn:{id}", texts[id].encode()) for id in texts)
    return b"".join([_warc_record("warcinfo", "", b""), *records])


def _warc_record(kind: str, uri: str, body: bytes) -> bytes:
    types = {"conversion": "text/plain", "warcinfo": ""}
    media = types.get(kind, f"application/http; msgtype={kind}")
    return warc_record(kind, uri, body, media, record_id=f"{kind}-{uri}", date="")


def zip_of(files: dict[str, bytes]) -> bytes:
    """A ZIP archive as programs write them: a folder, dates, modes, comments, methods."""
    folder = zipfile.ZipInfo("folder/")
    folder.external_attr = (0o40777 << 16) | 0x10
    methods = [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA]
    members = {folder: b""}
    for number, (name, data) in enumerate(files.items()):
        info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6 + 2 * (number % 20)))
        info.external_attr, info.comment = 0o100640 << 16, b"member"
        info.compress_type = methods[number % 3]
        members[info] = data
    return every_format.zip_of(members, comment=b"a comment")


def tar_of(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive: a link, then members with dates and modes."""
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
    members = {link: b""}
    for number, (name, data) in enumerate(files.items()):
        info = tarfile.TarInfo(name)
        info.mtime, info.mode = 1e9 + number, 0o640
        members[info] = data
    return every_format.tar_of(members, form)


def files_of(texts: Texts, ending: str = ".txt") -> dict[str, bytes]:
    return {f"{id}{ending}": text.encode() for id, text in texts.items()}


def mixed_files(texts: Texts) -> dict[str, bytes]:
    """Members of several kinds, for archives."""
    parts = [dict([*texts.items()][begin::3]) for begin in range(3)]
    return {
        **files_of(parts[0]),
        "ünï/" + "long" * 40 + ".jsonl": jsonl_of(parts[1]),
        "deep/table.csv.gz": gzip.compress(csv_of(parts[2])),
        "binary.bin": bytes(range(256)),
    }


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _post(id: str, text: str) -> bytes:
    """A post of a site generator: its front matter, which is no text, and the text."""
    return f"---\ntitle: {id}\ndate: 2024-03-01\n---\n{text}\n".encode()


XML_ITEMS: dict[str, tuple[str, str, str, str]] = {
    "r.rss": (
        '<rss version="2.0"><channel><title>News</title>',
        "<item><guid>urn:{id}</guid><description>{text}</description></item>",
        "",
        "</channel></rss>",
    ),
    "r.atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>',
        '<entry><id>urn:{id}</id><content type="text">{text}</content></entry>',
        "",
        "</feed>",
    ),
    "r.wxr": (
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="urn:wp"><channel>',
        "<item><guid>urn:{id}</guid><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>"
        "<wp:post_type>post</wp:post_type></item>",
        "<item><title>A picture</title><wp:post_type>attachment</wp:post_type></item>",
        "</channel></rss>",
    ),
    "r.xml": (
        "<mediawiki><siteinfo><base>http://w.example/wiki/Main</base></siteinfo>",
        "<page><title>{id}</title><revision><text>{text}</text></revision></page>",
        '<page><title>Old</title><redirect title="New"/><revision><text/></revision></page>',
        "</mediawiki>",
    ),
}
"""By file name: what stands before the items, an item, one that is no document, and the end."""


def xml_of(texts: Texts, name: str) -> bytes:
    """XML with an item for each text, and one that is no document between."""
    start, item, other, end = XML_ITEMS[name]
    items = [item.format(id=id, text=text) for id, text in texts.items()]
    items.insert(len(items) // 2, other)
    return "".join([start, *(f"\n  {each}" for each in items if each), f"\n{end}\n"]).encode()


def _read_xml(name: str, content: bytes) -> Iterator[Entry]:
    tag = re.match(r"<(\w+)", XML_ITEMS[name][1])
    assert tag is not None
    whole = rf"(?s)(\s*<{tag[1]}>.*?</{tag[1]}>)"
    for number, part in enumerate(re.split(whole, content.decode())):
        found = re.search(r">(urn:\w+)<|<title>(d\d+)<", part) if number % 2 else None
        id = (found[1] or f"http://w.example/wiki/{found[2]}") if found else ""
        if part:
            yield id, part


def _pages(texts: Texts) -> dict[str, bytes]:
    return {
        f"{id}.html": f"<html><body><article><p>{text}</p></article></body></html>".encode()
        for id, text in texts.items()
    }


def _members(records: list[bytes]) -> bytes:
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def _halves(texts: Texts) -> list[Texts]:
    items = [*texts.items()]
    return [dict(items[: len(items) // 2]), dict(items[len(items) // 2 :])]


def _hugging_face(texts: Texts) -> dict[str, bytes]:
    files = {
        f"data/train-0000{number}-of-00002.parquet": parquet_of(half, compression="zstd")
        for number, half in enumerate(_halves(texts))
    }
    return {**files, "README.md": b"---\nconfigs:\n- config_name: default\n---\n# Texts\n"}


DIALECTS: dict[str, dict[str, Any]] = {
    "pipe.csv": {"delimiter": "|"},
    "tab.csv": {"delimiter": "\t"},
    "single.csv": {"delimiter": ",", "quotechar": "'", "quoting": csv.QUOTE_ALL},
    "mac.csv": {"delimiter": ",", "lineterminator": "\r", "quoting": csv.QUOTE_ALL},
    "escaped.csv": {
        "delimiter": ",", "escapechar": "\\", "doublequote": False, "quoting": csv.QUOTE_ALL
    },
}  # fmt: skip
"""By the name of a file."""

ENCODED: dict[str, Callable[[Texts], bytes]] = {
    "utf-16-le=.jsonl": jsonl_of,
    "utf-16-be=.csv": lambda texts: csv_of(texts, bom=True),
    "utf-16-be=one-line.json": lambda texts: json.dumps(
        [{"id": id, "text": text} for id, text in texts.items()], ensure_ascii=False
    ).encode(),
    "utf-32-le=.tsv": lambda texts: csv_of(texts, "\t", "\n", bom=True),
    "cp1252=.jsonl": jsonl_of,
    "cp1252=.json": lambda texts: json_of(texts).removeprefix(b"\xef\xbb\xbf"),
    "cp1252=.csv": lambda texts: csv_of(texts, ";"),
    "koi8-r=.csv": lambda texts: csv_of(in_letters(texts, "бцдефгхийклмнопярстувшызэ"), ";"),
    "cp866=.jsonl": lambda texts: jsonl_of(in_letters(texts, "бцдефгхийклмнопярстувшызэ")),
    "euc-kr=.json": lambda texts: json_of(
        in_letters(texts, "바차다에파가하이자카라마나오파쿠라사타우부와시야즈")
    ).removeprefix(b"\xef\xbb\xbf"),
}
"""Functions that make the text to be encoded, by file name; the name tells the encoding."""


def in_letters(texts: Texts, letters: str) -> Texts:
    """The texts with other letters for those from b to z: as many words, alike as before."""
    other = str.maketrans("bcdefghijklmnopqrstuvwxyz", letters)
    plain = str.maketrans("äéaы", "xqyw")
    return {
        id: text.translate(plain).translate(other).replace("—", "-") for id, text in texts.items()
    }


def _dialects(texts: Texts) -> dict[str, bytes]:
    files = {}
    for name, dialect in DIALECTS.items():
        options = dict(dialect)
        separator, end = options.pop("delimiter"), options.pop("lineterminator", "\r\n")
        files[name] = csv_of(_renamed(texts, name), separator, end, **options)
    return files


def _renamed(texts: Texts, name: str) -> Texts:
    """The texts with ids that occur in no other file."""
    return {f"{id}.{name}": text for id, text in texts.items()}


def _encoded(texts: Texts) -> dict[str, bytes]:
    """Files with the texts in each encoding; one file mixes two encodings."""
    files = {
        name: write(_renamed(texts, name)).decode().encode(name.partition("=")[0])
        for name, write in ENCODED.items()
    }
    lines = jsonl_of(texts).splitlines(keepends=True)
    halves = b"".join(lines[::2]), b"".join(lines[1::2]).decode().encode("cp1252")
    return {**files, "latin-1=.jsonl.gz": gzip.compress(halves[0] + b"\n" + halves[1])}


def mbox_of(texts: Texts) -> bytes:
    """A mailbox with a message of its own between, which has no text."""
    start = b"From a@mail.example Fri Mar  1 10:00:00 2024\n"
    messages = [every_format.mail(text, id) for id, text in texts.items()]
    messages.insert(len(messages) // 2, b"Subject: x\nContent-Type: image/png\n\nno text\n")
    return b"".join(start + each + b"\n" for each in messages)


def sqlite_of(texts: Texts) -> bytes:
    """A database with gaps among its rows, and another table."""
    records = ({"id": id, "text": text, "n": n} for n, (id, text) in enumerate(texts.items()))
    made = (
        "CREATE TABLE articles (n INT, id TEXT, text TEXT)",
        "CREATE INDEX by_text ON articles (text)",
        "INSERT INTO articles (rowid, n) VALUES (7, 1), (9, 2)",
        "CREATE TABLE other (x)",
        "INSERT INTO other VALUES (1), (2)",
    )
    return every_format.database(records, statements=made)


FORMS: dict[str, Callable[[Texts], dict[str, bytes]]] = {
    "text": lambda texts: {f"{id}/{id}.txt": text.encode() for id, text in texts.items()},
    "text.gz": lambda texts: {n + ".gz": gzip.compress(d) for n, d in files_of(texts).items()},
    "html": _pages,
    **{
        f"jsonl{packing}": (
            lambda texts, p=packing: {f"r.jsonl{p}": COMPRESSORS[p](jsonl_of(texts))}
        )
        for packing in COMPRESSORS
    },
    "jsonl.gz members": lambda texts: {
        "r.jsonl.gz": _members(jsonl_of(texts).splitlines(keepends=True))
    },
    "ndjson": lambda texts: {"r.ndjson": b"\xef\xbb\xbf" + jsonl_of(texts, "\r\n")},
    "json": lambda texts: {"r.json": json_of(texts)},
    "json.xz": lambda texts: {"r.json.xz": lzma.compress(json_of(texts))},
    "json files": lambda texts: {
        f"{id}.json": json.dumps({"id": id, "text": text}).encode() for id, text in texts.items()
    },
    "json under a key": lambda texts: {"r.json": json_under_key_of(texts)},
    "json by id": lambda texts: {"r.json": json_by_id_of(texts)},
    "json values": lambda texts: {"r.json": json_values_of(texts)},
    "csv": lambda texts: {"r.csv": csv_of(texts, bom=True)},
    "csv dialects": _dialects,
    "csv with its separator": lambda texts: {"r.csv": b"sep=;\r\n" + csv_of(texts, ";")},
    "encodings": _encoded,
    "csv.bz2": lambda texts: {"r.csv.bz2": bz2.compress(csv_of(texts, ";", "\n"))},
    "tsv": lambda texts: {"r.tsv": csv_of(texts, "\t", "\n")},
    "parquet": lambda texts: {"r.parquet": parquet_of(texts)},
    "parquet.gz": lambda texts: {"r.parquet.gz": gzip.compress(parquet_of(texts))},
    "arrow": lambda texts: {"r.arrow": arrow_of(texts, True, "zstd")},
    "arrow stream": lambda texts: {"r.arrow": arrow_of(texts, False, None)},
    "feather": lambda texts: {"r.feather": arrow_of(texts, True, "lz4")},
    "hugging face": _hugging_face,
    "warc": lambda texts: {"c.warc": b"".join(warc_records(texts))},
    "wet": lambda texts: {"c.warc": wet_of(texts)},
    "warc.gz": lambda texts: {"c.warc.gz": _members([*warc_records(texts)])},
    "warc.zst": lambda texts: {"c.warc.zst": COMPRESSORS[".zst"](b"".join(warc_records(texts)))},
    "front matter": lambda texts: {f"{id}.md": _post(id, text) for id, text in texts.items()},
    **{f"xml {name}": (lambda texts, name=name: {name: xml_of(texts, name)}) for name in XML_ITEMS},
    "xml.gz.bz2": lambda texts: {
        "r.xml.gz.bz2": bz2.compress(gzip.compress(xml_of(texts, "r.xml")))
    },
    "tei": lambda texts: {
        f"{id}.tei": every_format.as_tei([text], "") for id, text in texts.items()
    },
    "jats": lambda texts: {
        f"{id}.nxml": every_format.as_jats([text], "") for id, text in texts.items()
    },
    "eml": lambda texts: {f"{id}.eml": every_format.mail(text) for id, text in texts.items()},
    "epub": lambda texts: {
        f"{id}.epub": every_format.as_book([text], "") for id, text in texts.items()
    },
    "mbox": lambda texts: {"r.mbox": mbox_of(texts)},
    "mbox.gz": lambda texts: {"r.mbox.gz": gzip.compress(mbox_of(texts))},
    "sqlite": lambda texts: {"r.db": sqlite_of(texts)},
    "sqlite.xz": lambda texts: {"r.sqlite.xz": lzma.compress(sqlite_of(texts))},
    "arc": lambda texts: {"c.arc": b"".join(arc_records(texts))},
    "arc.gz": lambda texts: {"c.arc.gz": _members([*arc_records(texts)])},
    "pdf": lambda texts: {f"{id}.pdf": pdf(text) for id, text in texts.items()},
    "zip": lambda texts: {"a.zip": zip_of(mixed_files(texts))},
    "tar": lambda texts: {"a.tar": tar_of(mixed_files(texts))},
    "tar.gz": lambda texts: {"a.tar.gz": gzip.compress(tar_of(mixed_files(texts)))},
    "tar.zst": lambda texts: {
        "a.tar.zst": COMPRESSORS[".zst"](tar_of(files_of(texts), tarfile.GNU_FORMAT))
    },
    "everything": lambda texts: {
        **files_of(dict([*texts.items()][::4])),
        "r.jsonl": jsonl_of(dict([*texts.items()][1::4])),
        "a.zip": zip_of(files_of(dict([*texts.items()][2::4]))),
        "b/r.parquet": parquet_of(dict([*texts.items()][3::4])),
        "odd.bin": b"\0\1\2",
    },
}


def write_form(name: str, folder: Path, texts: Texts) -> None:
    """Write a corpus of these texts in one of the forms."""
    write_files(folder, FORMS[name](texts))


# --- reading -----------------------------------------------------------------------------


def read_form(folder: Path) -> dict[str, list[Entry]]:
    """All entries in a folder, file by file."""
    return {
        str(path.relative_to(folder)): [*_read_file(str(path.relative_to(folder)), path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def entries_of(found: dict[str, list[Entry]]) -> list[Entry]:
    return [entry for entries in found.values() for entry in entries]


def _read_file(name: str, path: Path) -> Iterator[Entry]:
    data = path.read_bytes()
    if name.endswith((".warc.gz", ".arc.gz")):
        read = _read_warc if name.endswith(".warc.gz") else _read_arc
        yield from read(b"".join(map(gzip.decompress, _split_members(data))))
        return
    yield from _read_data(name, data)


def _read_data(name: str, data: bytes) -> Iterator[Entry]:
    plain, content = name, data
    while packing := next((p for p in UNPACK if p and plain.endswith(p)), ""):
        plain, content = plain.removesuffix(packing), UNPACK[packing](content)
    encoding = PurePath(name).name.partition("=")[0] if "=" in name else ""
    content = content.decode(encoding).encode() if encoding else content
    if plain.endswith((".jsonl", ".ndjson")):
        for line in content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True):
            yield _id_of_line(line), line.rstrip(b"\n")
    elif plain.endswith(".json"):
        values = [*_read_values(content.decode("utf-8-sig"))]
        if len(values) == 1 and isinstance(values[0], dict):
            yield from _read_object(values[0], data)
        else:
            records = values[0] if len(values) == 1 else values
            yield from ((each["id"] if "text" in each else "", each) for each in records)
    elif plain.endswith((".csv", ".tsv")):
        text = content.decode("utf-8-sig")
        if text.startswith("sep="):
            yield "", text[:7]
            text = text[7:]
        usual = {"delimiter": "\t" if plain.endswith(".tsv") else text[2]}
        for row in csv.reader(io.StringIO(text, newline=""), **DIALECTS.get(plain, usual)):
            yield (row[0] if row and row[0] != "id" else ""), row
    elif PurePath(plain).name in XML_ITEMS:
        yield from _read_xml(PurePath(plain).name, content)
    elif plain.endswith(".mbox"):
        for message in re.split(rb"(?m)^(?=From )", content)[1:]:
            found = re.search(rb"(?m)^Message-ID: <(.*)>", message)
            yield (found[1].decode() if found else ""), message
    elif plain.endswith((".db", ".sqlite")):
        yield from _read_sqlite(content)
    elif plain.endswith(".parquet"):
        yield from _read_parquet(content)
    elif plain.endswith((".arrow", ".feather")):
        yield from _read_arrow(content)
    elif plain.endswith(".warc"):
        yield from _read_warc(content)
    elif plain.endswith(".arc"):
        yield from _read_arc(content)
    elif plain.endswith(".zip"):
        yield from _read_zip(name, content)
    elif plain.endswith(".tar"):
        yield from _read_tar(name, content)
    else:
        yield name, data


def _read_object(value: dict[str, Any], data: bytes) -> Iterator[Entry]:
    if "id" in value:
        yield value["id"], data
    elif "result" in value:
        records = value["result"].pop("docs")
        yield "", value
        yield from ((each["id"], each) for each in records)
    else:
        yield from value.items()


def _read_arc(content: bytes) -> Iterator[Entry]:
    while content:
        line, _, rest = content.partition(b"\n")
        uri, *_, length = line.decode().split(" ")
        content = rest[int(length) + 1 :]
        yield (uri if uri.startswith("http:") else ""), (line, rest[: int(length) + 1])


def _read_values(text: str) -> Iterator[Any]:
    while text := text.lstrip():
        value, end = json.JSONDecoder().raw_decode(text)
        text = text[end:]
        yield value


def _id_of_line(line: bytes) -> str:
    try:
        return str(json.loads(line)["id"])
    except ValueError:
        return ""


def _read_sqlite(content: bytes) -> Iterator[Entry]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        yield "", connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
        yield "", connection.execute("SELECT rowid, * FROM other").fetchall()
        for row in connection.execute("SELECT id, rowid, * FROM articles"):
            yield row[0] or "", row


def _read_parquet(content: bytes) -> Iterator[Entry]:
    file = pq.ParquetFile(io.BytesIO(content))
    schema = file.schema_arrow
    physical = str(file.schema).partition("\n")[2]
    yield "", (str(schema), schema.metadata, physical, file.metadata.format_version)
    groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    codecs = {group.column(i).compression for group in groups for i in range(group.num_columns)}
    yield from ((row["id"], (row, codecs)) for row in file.read().to_pylist())


def _read_arrow(content: bytes) -> Iterator[Entry]:
    is_file = content.startswith(b"ARROW1")
    reader = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(content)
    yield "", (is_file, str(reader.schema), reader.schema.metadata)
    yield from ((row["id"], row) for row in reader.read_all().to_pylist())


def _split_members(data: bytes) -> Iterator[bytes]:
    import zlib

    while data:
        unpacker = zlib.decompressobj(31)
        unpacker.decompress(data)
        yield data[: len(data) - len(unpacker.unused_data)]
        data = unpacker.unused_data


def _read_warc(content: bytes) -> Iterator[Entry]:
    while content:
        head = content.partition(b"\r\n\r\n")[0]
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        size = len(head) + 4 + int(fields[b"Content-Length"]) + 4
        is_document = fields[b"WARC-Type"] in (b"response", b"conversion")
        uri = fields.get(b"WARC-Target-URI", b"").decode()
        yield (uri if is_document else ""), content[:size]
        content = content[size:]


def _read_zip(name: str, content: bytes) -> Iterator[Entry]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield "", archive.comment
        assert archive.testzip() is None
        for info in archive.infolist():
            attributes = info.date_time, info.external_attr, info.comment, info.compress_type
            if info.is_dir():
                yield "", (info.filename, attributes)
                continue
            for id, entry in _read_data(f"{name}/{info.filename}", archive.read(info)):
                yield id, (info.filename, attributes, entry)


def _read_tar(name: str, content: bytes) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for info in archive:
            attributes = info.name, info.mtime, info.mode, info.type, info.linkname
            stream = archive.extractfile(info) if info.isreg() else None
            if stream is None:
                yield "", attributes
            else:
                for id, entry in _read_data(f"{name}/{info.name}", stream.read()):
                    yield id, (attributes, entry)
