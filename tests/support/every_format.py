"""Writers for files of each format, and one article in every form that a corpus comes in.

``python -m tests.support.every_format FOLDER`` writes all of them, and the example files of the
documentation, to look at. Tests make their own files of a format with the functions here.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import sqlite3
import sys
import tarfile
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import zstandard

ARTICLES = Path(__file__).resolve().parents[2] / "fixtures" / "articles"

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".gz.zst": lambda data: zstandard.compress(gzip.compress(data, mtime=0)),
}

Record = Mapping[str, Any]


# --- records, in files of each format ------------------------------------------------------


def json_lines(records: Iterable[Any], ending: str = "\n", **options: Any) -> bytes:
    return "".join(json.dumps(each, **options) + ending for each in records).encode()


def json_array(records: Iterable[Any], **options: Any) -> bytes:
    return json.dumps([*records], **options).encode()


def json_values(records: Iterable[Any], **options: Any) -> bytes:
    """JSON values one after another."""
    return "\n".join(json.dumps(each, **options) for each in records).encode()


def csv_rows(rows: Iterable[Sequence[object]], **dialect: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue().encode()


def csv_records(records: Iterable[Record], **dialect: Any) -> bytes:
    """A CSV file with a header that names all fields of the records."""
    records = [*records]
    names = list(dict.fromkeys(name for record in records for name in record))
    rows = ([each.get(name, "") for name in names] for each in records)
    return csv_rows([names, *rows], **dialect)


def _as_table(records: Iterable[Record] | pa.Table) -> pa.Table:
    return records if isinstance(records, pa.Table) else pa.Table.from_pylist([*records])


def parquet(records: Iterable[Record] | pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(_as_table(records), out, **options)
    return out.getvalue()


def arrow(
    records: Iterable[Record] | pa.Table,
    *,
    stream: bool = False,
    compression: str | None = None,
    rows: int | None = None,
) -> bytes:
    """
    :param stream: whether to write the stream format, instead of the file format (Feather)
    :param rows: most rows in one batch
    """
    out, table = io.BytesIO(), _as_table(records)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    opened = (pa.ipc.new_stream if stream else pa.ipc.new_file)(out, table.schema, options=options)
    with opened as writer:
        writer.write_table(table, max_chunksize=rows)
    return out.getvalue()


def database(
    records: Iterable[Record] = (), table: str = "articles", statements: Iterable[str] = ()
) -> bytes:
    """A SQLite database with a table of records.

    :param statements: run before the records are written
    """
    records = [*records]
    names = list(dict.fromkeys(name for record in records for name in record))
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        if names:
            columns = ", ".join(f'"{name}"' for name in names)
            connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({columns})')
            query = f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(names))})'
            connection.executemany(query, ([each.get(name) for name in names] for each in records))
        connection.commit()
        return connection.serialize()


RECORDS: dict[str, Callable[..., bytes]] = {
    "jsonl": json_lines,
    "json": json_array,
    "csv": csv_records,
    "tsv": lambda records, **dialect: csv_records(records, delimiter="\t", **dialect),
    "parquet": parquet,
    "arrow": arrow,
    "stream.arrow": lambda records, **options: arrow(records, stream=True, **options),
    "feather": arrow,
}
"""Writers for files of records, by file name ending."""


# --- pages and crawls ----------------------------------------------------------------------


def page(
    text: str, charset: str = "utf-8", meta: str = "", opening: str = "<!DOCTYPE html>"
) -> bytes:
    """A web page with navigation around the text; XHTML if ``opening`` declares it."""
    title, *paragraphs = (escape(part) for part in text.split("\n\n"))
    body = "".join(f"<p>{part}</p>\n" for part in paragraphs)
    html = (
        f"{opening}\n<html><head>{meta}<title>{title}</title></head><body>\n"
        '<nav><a href="/">Home</a> <a href="/news">News</a></nav>\n'
        f"<article><h1>{title}</h1>\n{body}</article>\n"
        "<footer><p>Contact</p></footer></body></html>\n"
    )
    return html.encode(charset)


RESPONSE = "application/http; msgtype=response"


def warc_record(
    kind: str,
    uri: str,
    content: bytes,
    content_type: str = RESPONSE,
    *,
    version: str = "1.0",
    record_id: str = "",
    date: str = "2024-03-01T10:00:00Z",
) -> bytes:
    """A WARC record; empty header fields are left out."""
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{record_id}>" if record_id else "",
        "WARC-Date": date,
        "WARC-Target-URI": uri,
        "Content-Type": content_type,
        "Content-Length": str(len(content)),
    }
    header = (f"{name}: {value}" for name, value in fields.items() if value)
    head = "\r\n".join([f"WARC/{version}", *header, "", ""])
    return head.encode() + content + b"\r\n\r\n"


def arc_record(
    uri: str, content: bytes, content_type: str = "text/html", *, version: int = 1
) -> bytes:
    """A record of ARC, the format of crawls before WARC."""
    more = " 200 - - 0 c.arc" if version == 2 else ""
    head = f"{uri} 192.0.2.7 20040301100000 {content_type}{more} {len(content)}\n"
    return head.encode() + content + b"\n"


def arc_start(version: int = 1) -> bytes:
    """The first record of an ARC file, which describes it."""
    more = "Result-code Checksum Location Offset Filename " if version == 2 else ""
    fields = f"URL IP-address Archive-date Content-type {more}Archive-length\n"
    content = f"{version} 0 Example\n{fields}".encode()
    return arc_record("filedesc://c.arc", content, "text/plain", version=version)


def http_response(body: bytes, content_type: str, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# --- PDF -----------------------------------------------------------------------------------


def pdf(text: str, *, title: str = "", date: str = "", lines_a_page: int = 40) -> bytes:
    """A PDF in ASCII, its text in lines of 80 characters; without pages where there is no text."""
    paragraphs = (textwrap.wrap(part, 80, break_on_hyphens=False) for part in text.split("\n"))
    lines = [line for paragraph in paragraphs for line in paragraph]
    starts = range(0, len(lines), lines_a_page)
    contents = [_pdf_page(lines[start : start + lines_a_page]) for start in starts]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, content in enumerate(contents):
        resources = "/Resources << /Font << /F 3 0 R >> >> /MediaBox [0 0 600 800]"
        inside = f"/Contents {5 + 2 * number} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R {resources} {inside} >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects.append(f"<< /Title ({title}) /CreationDate ({date}) >>")
    return pdf_of(objects)


def pdf_of(objects: Sequence[str]) -> bytes:
    """A PDF of these objects: the first is its catalog, the last describes it."""
    out = "%PDF-1.4\n"
    offsets: list[int] = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\n"
    place = f"startxref\n{len(out)}\n%%EOF\n"
    return f"{out}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}{place}".encode("ascii")


def _pdf_page(lines: Sequence[str]) -> str:
    shown = (f"<{line.encode('cp1252').hex()}> Tj 0 -16 Td" for line in lines)
    return "\n".join(["BT /F 12 Tf 50 750 Td", *shown, "ET"])


# --- archives ------------------------------------------------------------------------------


def zip_of(
    files: Mapping[str, bytes] | Mapping[zipfile.ZipInfo, bytes],
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
) -> bytes:
    """A ZIP archive; a member may be given by a ``ZipInfo``, so that several can have one name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(
    files: Mapping[str, bytes] | Mapping[tarfile.TarInfo, bytes],
    form: int = tarfile.DEFAULT_FORMAT,
) -> bytes:
    """A tar archive; a member may be given by a ``TarInfo``, as for links or equal names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def epub(
    pages: Mapping[str, str],
    *,
    spine: str = "",
    metadata: str = "",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """A book of pages (the body of each by its name), in their order unless ``spine`` is given."""
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(pages)
    )
    spine = spine or "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="OPS/p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    stored = zipfile.ZipInfo("mimetype")
    files = {
        "META-INF/container.xml": container.encode(),
        "OPS/p.opf": package.encode(),
        **{
            f"OPS/{name}": (
                '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
                f"<head><title>no text</title></head><body>{body}</body></html>"
            ).encode()
            for name, body in pages.items()
        },
        **(more or {}),
    }
    described = {zipfile.ZipInfo(name): data for name, data in files.items()}
    for info in described:
        info.compress_type = zipfile.ZIP_DEFLATED
    return zip_of({stored: b"application/epub+zip", **described})


# --- one article in every form -------------------------------------------------------------

Writer = Callable[[Sequence[str], str], bytes]
"""A function from texts and a file name to the bytes of that file."""


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


def as_records(write: Callable[..., bytes], **options: Any) -> Writer:
    return lambda texts, name: write(records_of(texts), **options)


def as_rows(**dialect: Any) -> Writer:
    """A writer of CSV rows with quoted line feeds, in a dialect."""

    def write(texts: Sequence[str], name: str) -> bytes:
        numbered = enumerate(texts, 1)
        rows = ([number, text, f"site{number}.example"] for number, text in numbered)
        return csv_rows([["no", "text", "site"], *rows], **dialect)

    return write


def as_excel(texts: Sequence[str], name: str) -> bytes:
    """CSV as a spreadsheet saves it: a byte order mark, semicolons, CR LF."""
    return b"\xef\xbb\xbf" + as_rows(delimiter=";", lineterminator="\r\n")(texts, name)


def as_excel_separator(texts: Sequence[str], name: str) -> bytes:
    """CSV with the first line by which a spreadsheet is told the separator."""
    return b"sep=;\r\n" + as_rows(delimiter=";", lineterminator="\r\n")(texts, name)


def as_mac(texts: Sequence[str], name: str) -> bytes:
    """CSV whose lines end in CR alone, as spreadsheets for the Mac save it."""
    return as_rows(lineterminator="\r", quoting=csv.QUOTE_ALL)(texts, name)


def as_bare_cr(texts: Sequence[str], name: str) -> bytes:
    """Columns without quotes, in whose texts CR stands for each line feed."""
    lines = ["no\ttext\tsite"]
    for number, text in enumerate(texts, 1):
        lines.append(f"{number}\t{text.strip().replace(chr(10), chr(13))}\tsite{number}.example")
    return "".join(f"{line}\n" for line in lines).encode()


def as_table(write: Callable[..., bytes], **options: Any) -> Writer:
    def write_texts(texts: Sequence[str], name: str) -> bytes:
        columns = [{"url": each["url"], "text": each["text"]} for each in records_of(texts)]
        return write(columns, **options)

    return write_texts


def as_paragraphs(write: Callable[..., bytes], name: str = "text") -> Writer:
    """A writer of records whose texts are lists of paragraphs, with gaps."""

    def write_texts(texts: Sequence[str], path: str) -> bytes:
        parts = ([None, *text.split("\n\n"), ""] for text in texts)
        return write({"no": number, name: each} for number, each in enumerate(parts))

    return write_texts


def as_bytes(texts: Sequence[str], name: str) -> bytes:
    """Parquet whose column of texts has no type but bytes, and a name in capitals."""
    return parquet({"TEXT": text.encode()} for text in texts)


def under_key(texts: Sequence[str], name: str) -> bytes:
    """JSON as an interface answers: the records are in a list inside an object."""
    answer = {"status": "ok", "response": {"n": len(texts), "Docs": records_of(texts)}}
    return json.dumps(answer).encode()


def as_capitals(texts: Sequence[str], name: str) -> bytes:
    """CSV with the names of its columns in capitals, and a usual name whose column is blank."""
    return csv_rows([["NO", "Text", "CONTENT"], *([1, " ", text] for text in texts)])


def as_nested(texts: Sequence[str], name: str) -> bytes:
    """JSON with the text three levels down."""
    return json_array({"meta": {"n": 1}, "data": {"article": {"body": text}}} for text in texts)


def as_page(texts: Sequence[str], name: str) -> bytes:
    return page(texts[0])


def as_xhtml(texts: Sequence[str], name: str) -> bytes:
    return page(texts[0], opening='<?xml version="1.0" encoding="utf-8"?>')


def as_crawl(texts: Sequence[str], name: str) -> bytes:
    """A WARC file with each text as a fetched page, and records between that are no documents."""
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
    """A WET file: each text as text that was extracted from a page."""
    return b"".join(
        warc_record(
            "conversion", f"https://wet.example/{name}/{number}", text.encode(), "text/plain"
        )
        for number, text in enumerate(texts)
    )


def mail(text: str, id: str = "", charset: str = "utf-8") -> bytes:
    """A message with its text beside a form in HTML, and a signature as a file."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@mail.example", "b@mail.example", "News"
    message["Date"] = "Fri, 01 Mar 2024 10:00:00 +0000"
    if id:
        message["Message-ID"] = f"<{id}>"
    message.set_content(text, charset=charset)
    message.add_alternative(page(text).decode(), subtype="html")
    message.add_attachment(b"wsFzBAAB", "application", "pgp-signature", filename="a.asc")
    for number, each in enumerate(filter(EmailMessage.is_multipart, message.walk())):
        each.set_boundary(f"=_{number}")  # the same each time
    return message.as_bytes()


def as_mail(texts: Sequence[str], name: str) -> bytes:
    return mail(texts[0], charset="cp1252")


def as_mailbox(texts: Sequence[str], name: str) -> bytes:
    """A mailbox with each text as a message."""
    start = b"From a@mail.example Fri Mar  1 10:00:00 2024\n"
    messages = (mail(text, f"{name}/{n}@mail.example") for n, text in enumerate(texts))
    return b"".join(start + re.sub(rb"(?m)^(>*From )", rb">\1", each) + b"\n" for each in messages)


def as_book(texts: Sequence[str], name: str) -> bytes:
    """A book with a page for each paragraph."""
    paragraphs = texts[0].split("\n\n")
    return epub({f"{n}.xhtml": f"<p>{escape(each)}</p>" for n, each in enumerate(paragraphs)})


def as_arc(texts: Sequence[str], name: str, version: int = 1) -> bytes:
    """An ARC file with each text as a fetched page, and records between that are no documents."""
    records = [arc_start(version)]
    for number, text in enumerate(texts):
        response = http_response(page(text, "cp1252"), "text/html; charset=windows-1252")
        dns = f"dns:{number}.example", b"192.0.2.7\n", "text/dns"
        records.append(arc_record(*dns, version=version))
        uri = f"http://arc.example/{name}/{number}"
        records.append(arc_record(uri, response, version=version))
    return b"".join(records)


def as_encoded_crawl(texts: Sequence[str], name: str) -> bytes:
    """A WARC file whose responses are encoded as servers send them."""
    records = []
    for number, text in enumerate(texts):
        body = COMPRESSORS[".zst"](zlib.compress(text.encode()))
        header = "Content-Encoding: deflate, zstd"
        response = http_response(body, "text/plain; charset=utf-8", header)
        records.append(warc_record("response", f"https://w.example/{name}/{number}", response))
    return b"".join(records)


def as_pdf(texts: Sequence[str], name: str) -> bytes:
    return pdf(texts[0])


def as_text(texts: Sequence[str], name: str) -> bytes:
    return texts[0].encode()


def as_post(texts: Sequence[str], name: str) -> bytes:
    """A post of a site generator: front matter, then the text."""
    url = "https://post.example/a"
    return f"---\ntitle: A post\ndate: 2024-03-01\nlink: {url}\n---\n{texts[0]}".encode()


def as_hugo_post(texts: Sequence[str], name: str) -> bytes:
    """A post with front matter in TOML."""
    return f'+++\ntitle = "A post"\ndate = 2024-03-01\n+++\n{texts[0]}'.encode()


def as_lines(texts: Sequence[str], name: str) -> bytes:
    """A text a line: its own line feeds become spaces, and a blank line stands between."""
    return b"\n".join(" ".join(text.splitlines()).encode() + b"\n" for text in texts)


def xml_paragraphs(text: str) -> tuple[str, str]:
    """The title of a text, and its other paragraphs as elements ``p``, both escaped."""
    title, *paragraphs = (escape(part) for part in text.split("\n\n"))
    return title, "".join(f"<p>{part}</p>\n" for part in paragraphs)


def as_feed(texts: Sequence[str], name: str, opening: str = "") -> bytes:
    """RSS with the HTML of each text escaped."""
    items = ""
    for title, body in map(xml_paragraphs, texts):
        html = escape(f"<h1>{title}</h1>{body}")
        items += f"<item><title>{title}</title>\n<description>{html}</description></item>\n"
    feed = f'{opening}<rss version="2.0"><channel><title>News</title>\n{items}</channel></rss>\n'
    return feed.encode()


def as_atom(texts: Sequence[str], name: str) -> bytes:
    """Atom with each text as XHTML."""
    entries = ""
    for title, body in map(xml_paragraphs, texts):
        page = f"<div><h1>{title}</h1>{body}</div>"
        entries += f'<entry><title>{title}</title><content type="xhtml">{page}</content></entry>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def as_blog(texts: Sequence[str], name: str) -> bytes:
    """An export of WordPress: each text as a post."""
    items = ""
    for title, body in map(xml_paragraphs, texts):
        html = f"<content:encoded><![CDATA[<h1>{title}</h1>{body}]]></content:encoded>"
        items += f"<item>{html}<wp:post_type>post</wp:post_type></item>\n"
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="urn:wp"'
    return f'<?xml version="1.0"?>\n<rss {spaces}><channel>{items}</channel></rss>'.encode()


def as_wiki(texts: Sequence[str], name: str) -> bytes:
    """A dump of MediaWiki, with an older revision of each page."""
    pages = "".join(
        "<page><revision><text>before</text></revision>"
        f"<revision><text>{escape(text)}</text></revision></page>\n"
        for text in texts
    )
    return f"<mediawiki>\n{pages}</mediawiki>".encode()


def as_notes(texts: Sequence[str], name: str) -> bytes:
    """An export of Evernote: each text as a note."""
    notes = ""
    for title, body in map(xml_paragraphs, texts):
        opening = '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE en-note SYSTEM "x.dtd">'
        html = f"{opening}<en-note><div>{title}</div>{body}</en-note>"
        notes += f"<note><title>{title}</title><content><![CDATA[{html}]]></content></note>\n"
    opening = '<?xml version="1.0"?><!DOCTYPE en-export SYSTEM "x.dtd">'
    return f"{opening}<en-export>\n{notes}</en-export>".encode()


def as_old_feed(texts: Sequence[str], name: str) -> bytes:
    """RSS 1.0, whose items stand beside the channel."""
    items = ""
    for title, body in map(xml_paragraphs, texts):
        html = escape(f"<h1>{title}</h1>{body}")
        items += f"<item><title>{title}</title><description>{html}</description></item>\n"
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    spaces = f'{rdf} xmlns="http://purl.org/rss/1.0/"'
    return f"<rdf:RDF {spaces}><channel><title>News</title></channel>{items}</rdf:RDF>".encode()


def as_fiction_book(texts: Sequence[str], name: str) -> bytes:
    title, body = xml_paragraphs(texts[0])
    head = f"<description><title-info><book-title>{title}</book-title></title-info></description>"
    return f"<FictionBook>{head}<body><p>{title}</p>{body}</body></FictionBook>".encode()


def as_news_item(texts: Sequence[str], name: str) -> bytes:
    """NITF, in which agencies send their reports."""
    title, body = xml_paragraphs(texts[0])
    content = f"<body.content><p>{title}</p>{body}</body.content>"
    return f"<nitf><head><title>x</title></head><body>{content}</body></nitf>".encode()


def as_tei_corpus(texts: Sequence[str], name: str) -> bytes:
    parts = b"".join(as_tei([text], name) for text in texts)
    return b"<teiCorpus><teiHeader/>" + parts + b"</teiCorpus>"


def as_article_set(texts: Sequence[str], name: str) -> bytes:
    """Several articles in JATS in one file, as PubMed Central gives them."""
    parts = (as_jats([text], name).partition(b'"x.dtd">')[2] for text in texts)
    return b"<pmc-articleset>" + b"".join(parts) + b"</pmc-articleset>"


def as_news_mailbox(texts: Sequence[str], name: str) -> bytes:
    """A mailbox as archives of Usenet are: its lines ``From`` have a number alone."""
    mails = as_mailbox(texts, name).replace(
        b"From a@mail.example Fri Mar  1 10:00:00 2024\n", b"\0"
    )
    first, *others = mails.split(b"\0")
    return first + b"".join(b"From -%d\n" % (123 + n) + each for n, each in enumerate(others))


def as_tei(texts: Sequence[str], name: str) -> bytes:
    title, body = xml_paragraphs(texts[0])
    head = f"<teiHeader><titleStmt><title>{title}</title></titleStmt></teiHeader>"
    return f"<TEI>{head}<text><body><head>{title}</head>{body}</body></text></TEI>".encode()


def as_jats(texts: Sequence[str], name: str) -> bytes:
    title, body = xml_paragraphs(texts[0])
    opening = '<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "x.dtd">'
    front = f"<front><article-meta><abstract><p>{title}</p></abstract></article-meta></front>"
    return f"{opening}<article>{front}<body><p>{title}</p>{body}</body></article>".encode()


FORMATS: dict[str, Writer] = {
    "a.txt": as_text,
    "a.text": as_text,
    "a.md": as_text,
    "a.markdown": as_post,
    "toml.md": as_hugo_post,
    "a.org": as_text,
    "a.adoc": as_text,
    "a.textile": as_text,
    "a.rst": as_text,
    "a.lines": as_lines,
    "a.html": as_page,
    "a.htm": as_page,
    "a.xhtml": as_xhtml,
    "a.warc": as_crawl,
    "wet.warc": as_plain_crawl,
    "encoded.warc": as_encoded_crawl,
    "a.epub": as_book,
    "a.sqlite": as_table(database),
    "a.sqlite3": as_table(database),
    "a.db": as_table(database),
    "a.eml": as_mail,
    "a.mbox": as_mailbox,
    "a.mbx": as_mailbox,
    "usenet.mbox": as_news_mailbox,
    "a.arc": as_arc,
    "version-2.arc": lambda texts, name: as_arc(texts, name, 2),
    "a.pdf": as_pdf,
    "a.jsonl": as_records(json_lines),
    "a.ndjson": as_records(json_lines),
    "array.json": as_records(json_array, ensure_ascii=False),
    "record.json": as_records(json_values, indent=2),
    "line.json": as_records(json_lines),
    "under-key.json": under_key,
    "paragraphs.json": as_paragraphs(json_array),
    "paragraphs.jsonl": as_paragraphs(json_lines, "Content"),
    "a.csv": as_rows(),
    "excel.csv": as_excel,
    "sep.csv": as_excel_separator,
    "mac.csv": as_mac,
    "bare-cr.csv": as_bare_cr,
    "pipe.csv": as_rows(delimiter="|"),
    "tab.csv": as_rows(delimiter="\t"),
    "single.csv": as_rows(quotechar="'", quoting=csv.QUOTE_ALL),
    "escaped.csv": as_rows(escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL),
    "capitals.csv": as_capitals,
    "a.tsv": as_rows(delimiter="\t"),
    "a.tab": as_rows(delimiter="\t", lineterminator="\n"),
    "a.parquet": as_table(parquet),
    "bytes.parquet": as_bytes,
    "paragraphs.arrow": as_paragraphs(arrow),
    "a.arrow": as_table(arrow),
    "stream.arrow": as_table(arrow, stream=True),
    "a.feather": as_table(arrow, compression="lz4"),
    "a.ipc": as_table(arrow),
    "a.rss": as_feed,
    "feed.xml": as_feed,
    "a.atom": as_atom,
    "a.wxr": as_blog,
    "wiki.xml": as_wiki,
    "a.tei": as_tei,
    "a.nxml": as_jats,
    "a.rdf": as_old_feed,
    "a.fb2": as_fiction_book,
    "nitf.xml": as_news_item,
    "corpus.xml": as_tei_corpus,
    "set.xml": as_article_set,
    "a.enex": as_notes,
}
"""Writers by file name."""

UNNAMED = (
    *("a.txt", "a.html", "a.warc", "a.jsonl", "array.json", "a.csv", "a.parquet", "a.arrow"),
    *("a.eml", "a.mbox", "a.db", "a.epub", "a.arc", "a.pdf"),
    *("encoded.warc", "version-2.arc", "usenet.mbox", "under-key.json", "sep.csv", "mac.csv"),
    *("a.rss", "a.rdf", "a.atom", "a.wxr", "wiki.xml", "a.tei", "corpus.xml", "a.nxml", "set.xml"),
    *("a.fb2", "nitf.xml", "a.enex"),
)
"""Files whose format is recognised by their content alone."""


def ids_in(name: str, path: str) -> str:
    """The id of the only document in a file.

    :param name: the name in ``FORMATS``, which tells the format
    :param path: the path of the file below the folder
    """
    if name.endswith(".arc"):
        return f"http://arc.example/{path}/0"
    if name.endswith(".warc"):
        return f"https://{'wet' if name == 'wet.warc' else 'w'}.example/{path}/0"
    if name in ("a.sqlite", "a.sqlite3", "a.db"):
        return f"{path}/articles#1"
    if name.endswith((".mbox", ".mbx")):
        return f"{path}/0@mail.example"
    if name.endswith((".lines", ".jsonl", ".ndjson")):
        return f"{path}:1"
    texts = (".txt", ".text", ".md", ".markdown", ".rst", ".org", ".adoc", ".textile")
    pages = ("html", ".htm", ".pdf", ".eml", ".epub")
    others = ("record.json", "line.json", ".tei", ".nxml", ".fb2", "nitf.xml")
    return path if name.endswith((*texts, *pages, *others)) else f"{path}#1"


def in_encodings(text: str) -> dict[str, tuple[bytes, str]]:
    """Files in encodings other than UTF-8, by name, and the ids of their documents."""
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
    kinds = (
        "a.txt",
        "a.html",
        "a.lines",
        "a.jsonl",
        "array.json",
        "a.csv",
        "sep.csv",
        "mac.csv",
        "a.tsv",
        "a.rss",
        "a.tei",
    )
    for kind in kinds:
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
    feed = as_feed([text], "", opening).decode().encode("cp1252")
    found["declared.rss"] = feed, "declared.rss#1"
    return found


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
    """Archive members in every format, one also in each compression; and their ids."""
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
    """Write the text in every format, compression, archive and encoding; returns the ids."""
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
    """An article of the fixtures; by default the one that is written in every form."""
    return (ARTICLES / f"{name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    from tests.support.examples import write_examples

    print(len(write_every_form(Path(sys.argv[1]) / "every", article())), "documents")
    write_examples(Path(sys.argv[1]) / "examples")
