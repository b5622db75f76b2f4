"""Inputs of the fuzz campaign: small valid files of every format, and mutations of them.

Everything depends only on the random generator that is passed in, so that a seed and a number
reproduce an input.
"""

from __future__ import annotations

import csv
import json
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from random import Random

from tests.support import every_format
from tests.support.every_format import (
    arc_record,
    arc_start,
    arrow,
    csv_rows,
    database,
    epub,
    http_response,
    json_values,
    mail,
    parquet,
    pdf,
    tar_of,
    warc_record,
    zip_of,
)

SENTENCE = (
    "the ferry did not sail today because harbour engineers had found cracks in two of its piers "
    "council members who voted on Tuesday said that repairs would take until spring, and a bus "
    "runs instead every twenty minutes between both banks of the river according to a timetable"
)
WORDS = SENTENCE.split()
MAX_BYTES = 400_000


def article(rng: Random, size: int = 120) -> str:
    """One of five articles with small changes, so that there are duplicates among inputs."""
    words = Random(rng.randrange(5)).choices(WORDS, k=size)
    for _ in range(rng.randrange(4)):
        words[rng.randrange(size)] = rng.choice(["naïve", "漢字", "Ωμέγα", "🙂", "x", "12.5"])
    return " ".join(words)


def records(rng: Random) -> list[dict[str, object]]:
    return [
        {
            "id": f"r{rng.randrange(1000)}",
            "text": article(rng, rng.choice([3, 40, 120])),
            "url": f"https://www.example-{rng.randrange(3)}.org/a?b={rng.randrange(9)}",
            "date": f"2024-0{rng.randrange(1, 10)}-11T10:00:00Z",
            rng.choice(["Content", "BODY", "tags"]): rng.choice([[], ["", article(rng, 20)], None]),
            "inner": {"body": article(rng, 20), "n": rng.random(), "tags": ["a", None, 1]},
        }
        for _ in range(rng.randrange(1, 9))
    ]


# --- valid files -----------------------------------------------------------------------------


def _html(rng: Random) -> bytes:
    charset = rng.choice(["utf-8", "windows-1252", "utf-16", "shift_jis", "x-unknown"])
    paragraphs = "".join(f"<p>{article(rng)}</p>\n<div>" for _ in range(rng.randrange(1, 5)))
    page = (
        f'<!doctype html><html><head><meta charset="{charset}"><title>News</title></head><body>'
        f"<nav><a href='/'>Home</a></nav><article>{paragraphs}</article><table><tr><td>1</table>"
        "<script>var x = '<p>';</script><!-- note --><footer>All rights reserved</footer></body>"
    )
    known = charset if charset != "x-unknown" else "utf-8"
    return page.encode(known, "xmlcharrefreplace")


def _csv(rng: Random) -> bytes:
    separator = rng.choice(",;\t|")
    dialect = {
        "delimiter": separator,
        "quotechar": rng.choice('""\''),
        "quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": rng.choice(["\n", "\r\n", "\r"]),
        **rng.choice([{}, {"escapechar": "\\", "doublequote": False}]),
    }
    rows = [["id", "text", "url", "date"]]
    for item in records(rng):
        text = str(item["text"]).replace(" the ", ' "the"\n ', 1)
        rows.append([item["id"], text, item["url"], item["date"]])
    begin = rng.choice(["", "", "", f"sep={separator}\r\n", "# an export\n\n"])
    if rng.random() < 0.3:
        rows.insert(rng.randrange(len(rows)) + 1, rows[0])
    shown = csv_rows(rows, **dialect).decode()
    if rng.random() < 0.2:
        shown = shown.replace(" ", "\r", 3)
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    return f"{begin}{shown}".encode(encoding)


def _tsv(rng: Random) -> bytes:
    rows = [f"{item['id']}\t{item['text']}\t{item['date']}" for item in records(rng)]
    return "\n".join(["id\tcontent\tdate", *rows, ""]).encode()


def _json(rng: Random) -> bytes:
    items = records(rng)
    indent = rng.choice([None, 2])
    ascii_only = rng.random() < 0.5
    whole = rng.choice(
        [
            None,
            items,
            items[0],
            {"status": "ok", "response": {"Docs": items, "facets": [{"n": 1}]}},
            {"a": items, "b": {"c": items[:1]}},
            {f"k{number}": item for number, item in enumerate(items)},
            [{"page": 1, "response": {"docs": items}}, {"page": 2, "response": {"docs": []}}],
        ]
    )
    if whole is None:
        return json_values(items, indent=indent)
    shown = json.dumps(whole, indent=indent, ensure_ascii=ascii_only)
    return shown.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))


def _json_lines(rng: Random) -> bytes:
    ending = rng.choice(["\n", "\r\n", "\n\n"])
    shown = (json.dumps(item, ensure_ascii=rng.random() < 0.5) for item in records(rng))
    return ending.join([*shown, ""]).encode()


def _lines(rng: Random) -> bytes:
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp1251", "gb18030"])
    ending = rng.choice(["\n", "\r\n", "\n\n", "\n \t\n"])
    lines = (" ".join(article(rng).splitlines()) for _ in range(rng.randrange(1, 6)))
    return ending.join([*lines, rng.choice(["", "the last"])]).encode(encoding, "replace")


def _text(rng: Random) -> bytes:
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251", "gb18030"])
    return f"# Title\n\n{article(rng)}\n".encode(encoding, "replace")


def _post(rng: Random) -> bytes:
    sign, equals = rng.choice([("---", ": "), ("+++", " = ")])
    title = rng.choice(["News", '"News"', "", "[a, b]", '"""', "!!x y"])
    front = f"{sign}\ntitle{equals}{title}\ndate{equals}2024-03-01\ntags:\n  - a\n{sign}\n"
    return front.encode() + _text(rng)


def _http(rng: Random) -> bytes:
    body = _html(rng)
    media = f"text/html; charset={rng.choice(CHARSETS)}"
    kind = rng.randrange(4)
    if kind == 1:
        return http_response(COMPRESSORS["gz"](body), media, "Content-Encoding: gzip")
    if kind == 2:
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        return http_response(chunk, media, "Transfer-Encoding: chunked")
    if kind == 3:
        return http_response(body, media, f"Content-Length: {len(body)}")
    return http_response(body, media)


CHARSETS = ("utf-8", "windows-1252", "ISO-8859-1", "utf-16", "none")


def _warc_records(rng: Random) -> list[bytes]:
    found: list[bytes] = []
    for number in range(rng.randrange(1, 4)):
        kind, media, content = rng.choice(
            [
                ("response", "application/http; msgtype=response", _http(rng)),
                ("conversion", "text/plain", article(rng).encode()),
                ("resource", "text/html", _html(rng)),
                ("warcinfo", "application/warc-fields", b"software: x\r\n"),
            ]
        )
        version = f"1.{rng.randrange(2)}"
        record_id = f"00000000-0000-0000-0000-{rng.randrange(10**12):012}"
        date = f"2024-05-0{rng.randrange(1, 10)}T03:04:05Z"
        uri = f"http://site{number}.example/{rng.randrange(9)}"
        found.append(
            warc_record(kind, uri, content, media, version=version, record_id=record_id, date=date)
        )
    return found


def _arc(rng: Random) -> bytes:
    version = rng.choice([1, 2])
    records = [arc_start(version)] * rng.randrange(2)
    for number in range(rng.randrange(1, 4)):
        content = rng.choice([_http, _html])(rng)
        uri = f"http://site{number}.example/{rng.randrange(9)} a" + "b c" * rng.randrange(2)
        records.append(arc_record(uri, content, version=version))
    return b"".join(records)


def _pdf(rng: Random) -> bytes:
    text = article(rng).encode("cp1252", "replace").decode("cp1252")
    return pdf(text, title="T", date="D:20240301", lines_a_page=rng.choice([1, 5, 40]))


def _warc(rng: Random) -> bytes:
    return b"".join(_warc_records(rng))


def _warc_gz(rng: Random) -> bytes:
    return b"".join(map(COMPRESSORS["gz"], _warc_records(rng)))


@cache
def _tables() -> list[tuple[str, bytes]]:
    """Parquet and Arrow files in several forms; they are slow to make, so each is made once."""
    import pyarrow as pa

    items = [item for number in range(4) for item in records(Random(number))]
    texts = [str(item["text"]) for item in items]
    table = pa.table(
        {
            "id": [item["id"] for item in items],
            "text": texts,
            "n": list(range(len(items))),
            "date": pa.array([1_700_000_000 + n for n in range(len(items))], pa.timestamp("s")),
            "inner": [{"body": text, "tags": ["a", None]} for text in texts],
            "gaps": [None if n % 3 else "x" for n in range(len(items))],
        }
    )
    kinds = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()]
    kinds.append(pa.dictionary(pa.int32(), pa.string()))
    simple = [pa.table({"text": pa.array(texts, pa.string()).cast(kind)}) for kind in kinds]
    simple.append(pa.table({"Text": [[text, None, text[:9]] for text in texts]}))
    simple.append(pa.table([pa.array(texts), pa.array(texts)], names=["text", "text"]))
    simple.append(pa.table([pa.array(texts), pa.array([1] * len(texts))], names=["text", "text"]))
    found: list[tuple[str, bytes]] = []
    for number, codec in enumerate(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]):
        for each in (table, simple[number % len(simple)]):
            version = "2.0" if number % 2 else "1.0"
            options = {"compression": codec, "data_page_version": version}
            found.append(("parquet", parquet(each, row_group_size=7, **options)))
    for each in (table, *simple):
        for stream in (False, True):
            for codec in (None, "lz4", "zstd"):
                data = arrow(each, stream=stream, compression=codec, rows=9)
                found.append(("arrow", data))
    found.append(("feather", b"FEA1" + bytes(200) + b"FEA1"))  # version 1, which is refused
    return found


def _table(rng: Random, endings: tuple[str, ...]) -> bytes:
    return rng.choice([data for ending, data in _tables() if ending in endings])


def _message(rng: Random) -> bytes:
    id = f"{rng.randrange(99)}@mail.example" if rng.random() < 0.8 else ""
    return mail(article(rng), id, rng.choice(["utf-8", "utf-16", "utf-7", "gb18030"]))


def _mbox(rng: Random) -> bytes:
    start = b"From a@mail.example Fri Mar  1 10:00:00 2024\n"
    ending = rng.choice([b"\n", b"\r\n"])
    messages = (start + _message(rng) + b"\n" for _ in range(rng.randrange(1, 5)))
    return b"".join(messages).replace(b"\n", ending)


def _epub(rng: Random) -> bytes:
    pages = {f"{n}.xhtml": f"<p>{article(rng)}</p>" for n in range(rng.randrange(1, 4))}
    return epub(pages, metadata="<dc:title>News</dc:title><dc:date>2024-03-01</dc:date>")


def _sqlite(rng: Random) -> bytes:
    statements = (
        f"PRAGMA page_size = {rng.choice([512, 1024, 4096])}",
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, text TEXT, url, n AS (length(text)))",
        "CREATE INDEX i ON articles (text)",
        "CREATE VIEW v AS SELECT text FROM articles",
        "CREATE TABLE more (text TEXT PRIMARY KEY) WITHOUT ROWID",
    )
    rows = ({"text": each["text"], "url": each["url"]} for each in records(rng))
    return database(rows, statements=statements[: rng.choice([2, 3, 5])])


_XML = (
    *(every_format.as_feed, every_format.as_atom, every_format.as_blog, every_format.as_wiki),
    *(every_format.as_tei, every_format.as_jats, every_format.as_old_feed),
    *(every_format.as_tei_corpus, every_format.as_article_set),
    *(every_format.as_fiction_book, every_format.as_news_item, every_format.as_notes),
)


def _xml(rng: Random) -> bytes:
    texts = [f"Title\n\n{item['text']} R&D" for item in records(rng)]
    content = rng.choice(_XML)(texts, "")
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "windows-1251"])
    if not content.startswith(b"<?xml"):
        content = b'<?xml version="1.0" encoding="%s"?>\n' % encoding.encode() + content
    return content.decode().encode(encoding, "xmlcharrefreplace")


FORMATS: dict[str, Callable[[Random], bytes]] = {
    "txt": _text,
    "md": _text,
    "markdown": _post,
    "html": _html,
    "lines": _lines,
    "jsonl": _json_lines,
    "json": _json,
    "csv": _csv,
    "tsv": _tsv,
    "xml": _xml,
    "rss": _xml,
    "tei": _xml,
    "warc": _warc,
    "warc.gz": _warc_gz,
    "eml": _message,
    "mbox": _mbox,
    "epub": _epub,
    "db": _sqlite,
    "arc": _arc,
    "pdf": _pdf,
    "parquet": lambda rng: _table(rng, ("parquet",)),
    "arrow": lambda rng: _table(rng, ("arrow",)),
    "feather": lambda rng: _table(rng, ("arrow", "feather")),
}


# --- compressed, and in archives -------------------------------------------------------------


def _zip(rng: Random, members: list[tuple[str, bytes]]) -> bytes:
    described: dict[zipfile.ZipInfo, bytes] = {}
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    for name, data in members:
        info = zipfile.ZipInfo(name)
        info.compress_type = rng.choice(methods)
        described[info] = data
    return zip_of(described)


def _tar(rng: Random, members: list[tuple[str, bytes]]) -> bytes:
    form = rng.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    described: dict[tarfile.TarInfo, bytes] = {}
    for name, data in members:
        info = tarfile.TarInfo(name)
        if form == tarfile.PAX_FORMAT:
            info.pax_headers = {"comment": "naïve " * rng.randrange(40)}
        described[info] = data
    return tar_of(described, form)


COMPRESSORS = {
    ending.removeprefix("."): pack for ending, pack in every_format.COMPRESSORS.items() if ending
}
_ARCHIVERS = {"zip": _zip, "tar": _tar}


def compress(rng: Random, data: bytes, ending: str) -> bytes:
    """The data compressed, sometimes as several members one after another."""
    if len(data) > 10 and rng.random() < 0.2:
        middle = rng.randrange(len(data))
        return COMPRESSORS[ending](data[:middle]) + COMPRESSORS[ending](data[middle:])
    return COMPRESSORS[ending](data)


# --- mutations -------------------------------------------------------------------------------

TOKENS = [
    *(b"\0", b"\0" * 600, b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"\x1a"),
    *(b"\\ud800", b"\\u0000", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x80\xa8"),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"-0", b"null", b"true", b"[]", b"{}", b'""'),
    *(b'"', b'""', b'"""', b"'", b"\\", b'\\"', b",", b";", b"\t", b"|", b"\r", b"\n", b"\r\n"),
    *(b'{"text":', b'"text":', b'"text":"a",', b'{"text": ["x"]}\n', b'"id":1e400,', b"sep=;\n"),
    *(b"\x1b[31m", b"\x1b]0;x\x07", b"\x9b31m", "\u202e".encode(), "\u0301".encode() * 50),
    *(b"<!--", b"-->", b"<![CDATA[", b"<script>", b"</html>", b"<template>", b"<svg>", b"<math>"),
    *(b"&#0;", b"&#xd800;", b"&#99999999999;", b"<a " + b"x=1 " * 50, b"<meta charset=utf-7>"),
    *(b"<?xml version='1.0' encoding='utf-16'?>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<br/>"),
    *(b"]]>", b"<item>", b"</item>", b"</rss>", b"<page>", b"<TEI>", b"&nbsp;", b"&a;", b"<?"),
    *(b"WARC/1.0\r\n", b"WARC/9.9\r\n", b"\r\n\r\n", b"Content-Length: -1\r\n", b"Content-Length:"),
    *(b"Content-Encoding: br\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 200 OK\r\n"),
    *(b"Content-Type: text/html; charset=idna\r\n", b"ffffffffffffffff\r\n", b"-5\r\n", b":\r\n"),
    *(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        b"\n--b\n",
        b"\nFrom a Mon 10:00\nb: c\n",
    ),
    *(b"Content-Transfer-Encoding: base64\n", b"=?utf-8?b?", b"Content-Type: message/rfc822\n\n"),
    *(b"SQLite format 3\0", b"mimetypeapplication/epub+zip", b"From: a\nDate: b\nReceived: c\n\n"),
    *(b"%PDF-1.7\n", b"/Length 9", b"/Kids [2 0 R]", b"endstream", b"/Count 99999", b"/Encrypt"),
    *(b"filedesc://", b" 20040301100000 text/html 9\n", b"http://a 1 20040301100000 t 1\n"),
    *(b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"),
    *(b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"),
    *(b"---\n", b"+++\n", b"%PDF-1.4\n", b"{\\rtf1\\ansi ", b"Rar!\x1a\x07", b"GIF89a\0", b"<svg "),
    *(b"version https://git-lfs.github.com/spec/v1\n", b"[Content_Types].xml", b"mimetype"),
    *(b"ustar\0", b"../../x", b"/etc/passwd", b"30 path=../a\n", b"9999999999 size=-1\n"),
]
_NUMBERS = [b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"9223372036854775808", b"9" * 30]
_NUMBER = re.compile(rb"\d+")
_OPENINGS = [b"[", b'{"a":', b"<div>", b"<b><i>", b'{"text":[', b"(", b'"']


def _flip_bits(rng: Random, data: bytearray, other: bytes) -> None:
    for _ in range(rng.choice([1, 1, 2, 8])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_bytes(rng: Random, data: bytearray, other: bytes) -> None:
    for _ in range(rng.choice([1, 2, 16])):
        data[rng.randrange(len(data))] = rng.choice([0, 255, 127, 128, 10, 34, rng.randrange(256)])


def _cut_end(rng: Random, data: bytearray, other: bytes) -> None:
    del data[rng.randrange(len(data)) :]


def _cut_begin(rng: Random, data: bytearray, other: bytes) -> None:
    del data[: rng.randrange(len(data))]


def _cut_middle(rng: Random, data: bytearray, other: bytes) -> None:
    begin = rng.randrange(len(data))
    del data[begin : begin + rng.randrange(1, 200)]


def _splice(rng: Random, data: bytearray, other: bytes) -> None:
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other) + 1) :]


def _insert_other(rng: Random, data: bytearray, other: bytes) -> None:
    begin = rng.randrange(len(other) + 1)
    at = rng.randrange(len(data) + 1)
    data[at:at] = other[begin : begin + rng.randrange(1, 400)]


def _repeat(rng: Random, data: bytearray, other: bytes) -> None:
    begin = rng.randrange(len(data))
    part = data[begin : begin + rng.choice([1, 3, 20, 200])]
    data[begin:begin] = part * rng.choice([2, 5, 50, min(5000, MAX_BYTES // (2 * len(part)))])


def _swap(rng: Random, data: bytearray, other: bytes) -> None:
    first, second, length = rng.randrange(len(data)), rng.randrange(len(data)), rng.randrange(64)
    part = data[first : first + length]
    data[first : first + length] = data[second : second + length]
    data[second : second + length] = part


def _insert_tokens(rng: Random, data: bytearray, other: bytes) -> None:
    for _ in range(rng.choice([1, 1, 3])):
        at = rng.randrange(len(data) + 1)
        end = at + rng.choice([0, 0, 1, 4])
        data[at:end] = rng.choice(TOKENS)


def _edit_length(rng: Random, data: bytearray, other: bytes) -> None:
    """Overwrite bytes that may be a binary length; more often near the ends than in the middle."""
    form = rng.choice(["<H", ">H", "<I", ">I", "<Q", ">Q"])
    size = struct.calcsize(form)
    if len(data) < size:
        return
    near = rng.randrange(min(64, len(data) - size + 1))
    at = rng.choice([near, len(data) - size - near, rng.randrange(len(data) - size + 1)])
    top = 1 << 8 * size
    old = struct.unpack_from(form, data, max(0, at))[0]
    new = rng.choice([0, 1, old + 1, old - 1, 2 * old, top - 1, top // 2, top // 2 - 1, len(data)])
    struct.pack_into(form, data, max(0, at), new % top)


def _edit_number(rng: Random, data: bytearray, other: bytes) -> None:
    """Replace a number that is written in digits, such as a length."""
    found = list(_NUMBER.finditer(data[:20_000]))
    if found:
        begin, end = rng.choice(found).span()
        data[begin:end] = rng.choice(_NUMBERS)


def _keep_header(rng: Random, data: bytearray, other: bytes) -> None:
    keep = rng.choice([4, 8, 16, 64])
    data[keep:] = rng.randbytes(rng.choice([0, 10, 1000]))


def _nest(rng: Random, data: bytearray, other: bytes) -> None:
    at = rng.randrange(len(data) + 1)
    opening = rng.choice(_OPENINGS)
    data[at:at] = opening * rng.choice([10, 300, 1100, 20_000])


MUTATIONS = [
    *(_flip_bits, _flip_bits, _set_bytes, _cut_end, _cut_begin, _cut_middle, _splice),
    *(_insert_other, _repeat, _swap, _insert_tokens, _insert_tokens, _edit_length, _edit_length),
    *(_edit_number, _keep_header, _nest),
]


def mutate(rng: Random, data: bytes, other: bytes) -> bytes:
    """Apply one to four mutations to the data, some of which use parts of another file."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        if changed:
            rng.choice(MUTATIONS)(rng, changed, other)
    return bytes(changed[:MAX_BYTES])


def make_input(rng: Random, number: int) -> tuple[str, bytes]:
    """The name and content of a file, mutated before or after it is packed, or both."""
    ending = rng.choice(list(FORMATS))
    data = FORMATS[ending](rng)
    other = FORMATS[rng.choice(list(FORMATS))](rng) if rng.random() < 0.5 else FORMATS[ending](rng)
    wrapping = rng.choice(["", "", "", "", *COMPRESSORS, *_ARCHIVERS, "tar.gz", "tar.zst"])
    place = rng.choice(["inside", "inside", "outside", "both"]) if wrapping else "inside"
    place = "nowhere" if rng.random() < 0.1 else place
    if place in ("inside", "both"):
        data = mutate(rng, data, other)
    archiver, _, codec = wrapping.partition(".")
    if archiver in _ARCHIVERS:
        inner = rng.choice(["", "", "gz"]) if ending != "warc.gz" else ""
        name = f"a.{ending}{'.' * bool(inner)}{inner}"
        first = compress(rng, data, inner) if inner else data
        members = [(name, first), (f"deep/b.{ending}", other), ("é\n.txt", b"odd name")]
        data = _ARCHIVERS[archiver](rng, members[: rng.randrange(1, 4)])
    else:
        codec = wrapping
    if codec:
        data = compress(rng, data, codec)
    if place in ("outside", "both"):
        data = mutate(rng, data, other)
    if archiver in _ARCHIVERS:
        ending = wrapping
    elif codec:
        ending = f"{ending}.{codec}"
    return _name(rng, number, ending), data


def _name(rng: Random, number: int, ending: str) -> str:
    """The name with its ending, sometimes without or with a wrong one."""
    chance = rng.random()
    if chance < 0.08:
        return f"f{number}"
    if chance < 0.12:
        ending = rng.choice([*FORMATS, "zip", "tar", "jsonl.gz", "csv.xz"])
    return f"f{number}.{ending}"


def make_options(rng: Random) -> list[str]:
    """Random options of a scan, so that inputs are read in different ways."""
    chosen: list[str] = []
    for chance, options in (
        (0.3, ["--html", rng.choice(["text", "raw"])]),
        (0.2, ["--text-format", "html"]),
        (0.1, ["--input-format", rng.choice([*_FORCED])]),
        (0.2, ["--text-field", rng.choice(["inner.body", "text", "inner"])]),
        (0.1, ["--text-field", "id", "--text-field", "text"]),
        (0.2, ["--records", rng.choice(["response.docs", ".", "a", "inner", "b.c.d"])]),
        (0.1, ["--id-field", rng.choice(["inner.n", "url", "nothing"])]),
        (0.2, ["--meta-field", "inner.tags", "--meta-field", "n"]),
        (0.3, ["--keep", rng.choice(["earliest", "latest,longest", "site=example-1.org,first"])]),
        (0.1, ["--no-header", "--text-field", "2", "--id-field", "1"]),
        (0.1, ["--date-field", rng.choice(["date", "inner.n", "url", "4"])]),
        (0.1, ["--linkage", rng.choice(["single", "complete"])]),
        (0.1, ["--max-line-bytes", "300", "--max-depth", "3", "--max-document-bytes", "2000"]),
        (0.1, ["--max-unpacked-bytes", "3000", "--max-members", "2", "--max-tokens", "50"]),
        (0.2, ["--embed-text"]),
        (0.2, ["--workers", rng.choice(["1", "3"])]),
        (0.2, ["--threshold", "0.3", "--shingle-size", "2"]),
    ):
        if rng.random() < chance:
            chosen += options
    return chosen


_FORCED = (
    *("text", "lines", "jsonl", "json", "csv", "tsv", "parquet", "arrow", "html", "xml", "warc"),
    *("epub", "sqlite", "eml", "mbox", "pdf"),
)
