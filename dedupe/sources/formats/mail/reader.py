"""Reads messages: files of one, and mailboxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dedupe.model.documents import Locator, Notice, SkippedDocument, pack_locators
from dedupe.model.formats import name_record
from dedupe.sources.encoding.text_encoding import describe_replaced
from dedupe.sources.files.file_system import SeekableBytes, read_at
from dedupe.sources.formats.mail.mailbox import FromLine, MailboxCutter, RawMessage
from dedupe.sources.formats.mail.message import Mail, MailText
from dedupe.sources.formats.mail.parts import UnusableMailError
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import (
    BOMB,
    DAMAGED,
    ENCODING_DOUBTFUL,
    NOT_COMPARED,
    TOO_LARGE,
    UNDECODABLE_BYTES,
    UNREADABLE,
)
from dedupe.sources.records.pieces import Chunk, OpenSource, Piece, SkippedRecord
from dedupe.sources.unpack.byte_blocks import read_whole

_QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")
_MARK = b"\xef\xbb\xbf"


def read_message_file(file: OpenSource, limits: ReadLimits, chosen: str) -> Iterator[Piece]:
    """The document of a file that is one message, and remarks on it.

    :param chosen: the encoding of the settings, for parts that declare none
    """
    id, blocks = file.source.id, file.blocks
    data = read_whole(blocks, limits.document_bytes)
    if data is None:
        yield SkippedDocument(id, TOO_LARGE, _describe_limit(limits))
        return
    fault = blocks.fault
    if fault is not None and (fault.reason in (UNREADABLE, BOMB) or not data):
        yield SkippedDocument(id, fault.reason, fault.detail)
        return
    try:
        mail = _open_file(data, chosen)
        found = mail.read()
    except UnusableMailError as error:
        yield SkippedDocument(id, error.reason, error.detail)
        return
    locators = pack_locators([Locator(file.index, 0, len(data))])
    yield Chunk([id], [found.text], locators, found.encoding, [mail.meta])
    if found.replaced_count:
        yield Notice(id, UNDECODABLE_BYTES, describe_replaced(found.replaced_count))
    if found.doubt:
        yield Notice(id, ENCODING_DOUBTFUL, found.doubt)
    if found.attachment_count:
        detail = f"pictures and other attachments of the message: {found.attachment_count}"
        yield Notice(id, NOT_COMPARED, detail)
    if not found.is_sound:
        detail = "its parts or its base64 are damaged; what could be read of it is compared"
        yield Notice(id, DAMAGED, detail)
    if fault is not None:
        yield Notice(id, fault.reason, f"{fault.detail}; what stood before is kept")


def reread_message_file(file: SeekableBytes, locator: Locator, chosen: str) -> str | None:
    """The text of a file that is one message once more."""
    data = read_at(file, 0, locator.length)
    if data is None or read_at(file, locator.length, 1):
        return None
    return _text_of(_open_file, data, chosen)


def _open_file(data: bytes, chosen: str) -> Mail:
    data = data.removeprefix(_MARK).lstrip(b"\r\n")
    line = FromLine.at(data, 0)
    return Mail(data[line.end if line is not None else 0 :], chosen)


def _text_of(open_mail: Callable[[bytes, str], Mail], data: bytes, chosen: str) -> str | None:
    try:
        return open_mail(data, chosen).read().text.decode()
    except UnusableMailError:
        return None


def read_mailbox(file: OpenSource, limits: ReadLimits, chosen: str) -> Iterator[Piece]:
    """The documents of a mailbox in its order, and remarks on messages that cannot be used.

    :param chosen: the encoding of the settings, for parts that declare none
    """
    yield from _MailboxReader(file, limits, chosen).read()


def reread_message(file: SeekableBytes, locator: Locator, chosen: str) -> str | None:
    """The text of one message of a mailbox once more, by its bytes."""
    data = read_at(file, locator.offset, locator.length)
    if data is None or FromLine.at(data, 0) is None:
        return None
    return _text_of(_open_message, data, chosen)


def _open_message(data: bytes, chosen: str) -> Mail:
    """A message of a mailbox, in which lines of text that begin with "From" are quoted by ">"."""
    line = FromLine.at(data, 0)
    data = data[line.end if line is not None else 0 :]
    return Mail(_QUOTED_FROM.sub(rb"\1", data) if b">From " in data else data, chosen)


class _MailboxReader:
    """Reads one mailbox."""

    def __init__(self, file: OpenSource, limits: ReadLimits, chosen: str) -> None:
        self._file = file
        self._limits = limits
        self._chosen = chosen
        self._number = 0
        self._replaced_count = self._damaged_count = self._doubt_count = 0
        self._attached_count = 0
        self._first_doubt = self._first_attached = ""

    def read(self) -> Iterator[Piece]:
        for message in MailboxCutter(self._file.blocks, self._limits.document_bytes):
            self._number += 1
            fault = self._file.blocks.fault
            if message.is_last and fault is not None:
                detail = f"{fault.detail}, in message {self._number}"
                yield SkippedDocument(self._name(), fault.reason, detail)
            elif not message.data:
                yield SkippedDocument(self._name(), TOO_LARGE, _describe_limit(self._limits))
            else:
                yield self._read_message(message)
        yield from self._conclude()

    def _name(self) -> str:
        return name_record(self._file.source.id, self._file.source.format, self._number)

    def _read_message(self, message: RawMessage) -> Piece:
        locator = Locator(self._file.index, message.offset, message.length, self._number)
        own_id = ""
        try:
            mail = _open_message(message.data, self._chosen)
            own_id = mail.id
            found = mail.read()
        except UnusableMailError as error:
            document = SkippedDocument(own_id or self._name(), error.reason, error.detail)
            return SkippedRecord(document, locator) if own_id else document
        id = own_id or self._name()
        self._count(found, id)
        locators = pack_locators([locator])
        return Chunk([id], [found.text], locators, found.encoding, [mail.meta])

    def _count(self, found: MailText, id: str) -> None:
        self._replaced_count += found.replaced_count
        self._damaged_count += not found.is_sound
        if found.doubt:
            self._doubt_count += 1
            self._first_doubt = self._first_doubt or f"{found.doubt} ({id})"
        if found.attachment_count:
            self._attached_count += 1
            self._first_attached = self._first_attached or id

    def _conclude(self) -> Iterator[Piece]:
        path_id, fault = self._file.source.id, self._file.blocks.fault
        if fault is not None and not self._number:
            yield SkippedDocument(path_id, fault.reason, fault.detail)
        if self._replaced_count:
            yield Notice(path_id, UNDECODABLE_BYTES, describe_replaced(self._replaced_count))
        if self._doubt_count:
            detail = f"messages in a doubtful encoding: {self._doubt_count}; the first: "
            yield Notice(path_id, ENCODING_DOUBTFUL, detail + self._first_doubt)
        if self._attached_count:
            detail = f"messages with attachments: {self._attached_count}; the first: "
            yield Notice(path_id, NOT_COMPARED, detail + self._first_attached)
        if self._damaged_count:
            detail = "messages whose parts or base64 are damaged (what could be read is compared)"
            yield Notice(path_id, DAMAGED, f"{detail}: {self._damaged_count}")


def _describe_limit(limits: ReadLimits) -> str:
    return f"it is longer than {limits.document_bytes} bytes (--max-document-bytes)"
