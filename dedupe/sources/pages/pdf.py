"""Reads the text of a PDF, page by page, with PDFium. Runs in workers only."""

from __future__ import annotations

import re
from typing import Any

from dedupe.model.metadata import pack_meta
from dedupe.sources.pages.outcome import PageOutcome
from dedupe.sources.reasons import DAMAGED, ENCRYPTED, NOT_TEXT, TOO_LARGE
from dedupe.sources.records.metadata_values import as_meta_value

_MAX_PAGES = 10_000
_MAX_CHARACTERS = 64_000_000

_HYPHEN_AT_LINE_END = "\ufffe"
"""What PDFium writes for a hyphen at the end of a line and the line end; the word goes on."""

_WRONG_PASSWORD = 4
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?(?:(Z)|([+-]\d\d)'?(\d\d))?")


def read_pdf(data: bytes) -> PageOutcome:
    """The text of a PDF with its title and date, or why it has none."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(data)
        if len(document) > _MAX_PAGES:
            return _unread(TOO_LARGE, f"it is a PDF of more than {_MAX_PAGES} pages")
        return _read_pages(document)
    except PdfiumError as error:
        if error.err_code == _WRONG_PASSWORD:
            return _unread(ENCRYPTED, "it is a PDF with a password: take the password off first")
        problem = str(error).removeprefix("Failed to load document (").rstrip(").")
        detail = f"it is a PDF that cannot be read ({problem}): take its text out first (pdftotext)"
        return _unread(DAMAGED, detail)


def _read_pages(document: Any) -> PageOutcome:
    texts: list[str] = []
    size = 0
    for page in document:
        texts.append(_text_of(page))
        size += len(texts[-1])
        page.close()
        if size > _MAX_CHARACTERS:
            return _unread(TOO_LARGE, f"its text has more than {_MAX_CHARACTERS} characters")
    empty_count = sum(not any(map(str.isalnum, text)) for text in texts)
    if empty_count == len(texts):
        detail = "it is a PDF without a text layer, such as a scan: run OCR first (ocrmypdf)"
        return _unread(NOT_TEXT, detail)
    remark = ""
    if 2 * empty_count >= len(texts):
        remark = (
            f"{empty_count} of its {len(texts)} pages have no text (scans?): run OCR (ocrmypdf)"
        )
    text = "\n".join(texts).encode("utf-8", "replace")
    return PageOutcome(text, "pdf", remark, meta=_find_meta(document))


def _text_of(page: Any) -> str:
    text_page = page.get_textpage()
    text: str = text_page.get_text_range()
    text_page.close()
    return text.replace(_HYPHEN_AT_LINE_END, "").replace("\r\n", "\n").replace("\0", "")


def _find_meta(document: Any) -> bytes:
    """Title and date of a PDF, packed."""
    stated = document.get_metadata_dict()
    meta = {"title": as_meta_value(stated.get("Title", ""))}
    if date := _DATE.match(stated.get("CreationDate", "")):
        year, month, day, hour, minute, second, utc, hours, minutes = date.groups()
        zone = utc or (f"{hours}:{minutes}" if hours else "")
        time = f"T{hour}:{minute}:{second}{zone}" if hour else ""
        meta["date"] = f"{year}-{month}-{day}{time}"
    return pack_meta({name: value for name, value in meta.items() if value})


def _unread(reason: str, detail: str) -> PageOutcome:
    return PageOutcome(b"", "unread", detail, reason=reason)
