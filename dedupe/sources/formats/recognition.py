"""What a file is: by its ending, else by its content."""

from __future__ import annotations

import codecs
import os
import re

import msgspec

from dedupe.model.settings import InputFormat
from dedupe.sources.encoding.decoding import detect_encoding
from dedupe.sources.encoding.text_encoding import REPLACEMENT, wide_encoding
from dedupe.sources.formats.csv.csv_dialect import SEPARATORS
from dedupe.sources.records.usual_names import TEXT_NAMES
from dedupe.sources.unpack.compression import ending_of, without_compression

_ENDINGS: dict[str, InputFormat] = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".warc": "warc",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
_PAGE_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.I | re.S
)
_PARQUET_MAGIC = b"PAR1"
_ARROW_MAGICS = (b"ARROW1", b"FEA1")
_ARROW_STREAM_MARK = b"\xff\xff\xff\xff"
_ARRAY_OF_RECORDS = re.compile(rb'\[\s*\{\s*"[^"]{1,200}"\s*:')
_RECORD = re.compile(rb'\{\s*"[^"]{1,200}"\s*:')
_COLUMN = re.compile(r"[\w.\- ]{1,40}")
_TEXTS = frozenset(TEXT_NAMES)
_MAX_ODD_SHARE = 0.3
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"


def recognise_name(path: str, input_format: InputFormat) -> InputFormat:
    """The format that the settings or else the ending tell; ``auto`` where neither does."""
    if input_format != "auto":
        return input_format
    return _ENDINGS.get(ending_of(without_compression(path)), "auto")


ARCHIVES = ("zip", "tar")
"""Not formats, but what files stand in."""

_TAR_ENDINGS = (".tar", ".tgz", ".tbz2", ".txz", ".tzst")
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_NAME_OFFSET = 30
_FIRST_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/")
"""What stands first in office documents, e-books and programs, which are no collections."""
_TAR_MAGIC, _TAR_MAGIC_OFFSET = b"ustar", 257


def archive_of_name(path: str) -> str:
    """``zip`` or ``tar`` where the ending says so, else nothing."""
    ending = ending_of(without_compression(path))
    if ending in _TAR_ENDINGS:
        return "tar"
    return "zip" if ending_of(path) == ".zip" else ""


def is_zip(path: str, head: bytes) -> bool:
    """Whether an archive is a ZIP file, by name or else by content; else it is a tar file."""
    kind = archive_of_name(path)
    return kind == "zip" if kind else head.startswith(ZIP_MAGICS)


def archive_of_content(path: str, head: bytes) -> str:
    """The same of a file whose name has no ending: many other formats are ZIP files inside."""
    if os.path.splitext(path)[1]:
        return ""
    if head.startswith(ZIP_MAGICS):
        return "" if head.startswith(_FIRST_MEMBERS, _ZIP_NAME_OFFSET) else "zip"
    return "tar" if head.startswith(_TAR_MAGIC, _TAR_MAGIC_OFFSET) else ""


def recognise_source(path: str, input_format: InputFormat) -> str:
    """Archive or format: that an archive is one is no matter of the settings."""
    return archive_of_name(path) or recognise_name(path, input_format)


def recognise_content(head: bytes) -> InputFormat:
    """The format that the beginning of a file tells, where its name does not."""
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(_PARQUET_MAGIC):
        return "parquet"
    if head.startswith((*_ARROW_MAGICS, _ARROW_STREAM_MARK)):
        return "arrow"
    start = plain_start(head)
    if _is_page(start):
        return "html"
    if _ARRAY_OF_RECORDS.match(start):
        return "json"
    if _RECORD.match(start):
        one_line = b"\n" not in start.strip()
        return "jsonl" if one_line or has_record_lines(head) else "json"
    return "csv" if _has_header(start) else "text"


def has_record_lines(head: bytes) -> bool:
    """Whether the first line is a record and more follow, as in many a dump named ``.json``.

    The first may be broken, where the next begins like a record.
    """
    line, _, following = plain_start(head).partition(b"\n")
    if not line.startswith(b"{") or not following.strip():
        return False
    if _RECORD.match(line) and _RECORD.match(following):
        return True
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return True


def _has_header(start: bytes) -> bool:
    """Whether the first line names columns, one of them as texts are usually named."""
    line = start.partition(b"\n")[0].decode("utf-8", "replace").strip()
    for separator in SEPARATORS:
        names = [name.strip().strip("\"'") for name in line.split(separator)]
        are_names = len(names) > 1 and all(map(_COLUMN.fullmatch, names))
        if are_names and not _TEXTS.isdisjoint(names):
            return True
    return False


def _is_page(start: bytes) -> bool:
    if start.startswith(b"<?xml"):
        start = start.partition(b"?>")[2]
    return _PAGE_START.match(start) is not None


def plain_start(head: bytes) -> bytes:
    """The beginning of a text in UTF-8, or what is like it, without a mark and white space."""
    wide, _ = wide_encoding(head)
    if wide:
        head = head.decode(wide, "ignore").encode()
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def warc_problem(head: bytes) -> str:
    """Why content that begins so is no crawl; nothing where it is one."""
    if not head or head.lstrip(b"\r\n").startswith(b"WARC/"):
        return ""
    return "it does not begin with a WARC record"


def text_problem(head: bytes) -> str:
    """Why content that begins so is not a text, in words; nothing where it is one."""
    if wide_encoding(head)[0]:
        return ""
    if b"\0" in head:
        return "it is binary (it holds NUL bytes)"
    return odd_content_problem(head)


def any_content(head: bytes) -> str:
    """For formats that are not text: their reader judges."""
    return ""


def odd_content_problem(head: bytes) -> str:
    """Why content is binary although some odd bytes would be let pass."""
    if not head or wide_encoding(head)[0]:
        return ""
    control_count = len(head) - len(head.translate(None, _CONTROLS))
    if head.isascii() and not control_count:
        return ""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    undecodable_count = text.count(REPLACEMENT)
    if undecodable_count + control_count <= _MAX_ODD_SHARE * len(text):
        return ""
    if control_count <= _MAX_ODD_SHARE * len(head) and detect_encoding(head):
        return ""
    return "it is binary, or in an encoding that is not known"
