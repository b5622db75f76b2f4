"""The formats of mail: EML, a file that is one message, and mbox, a file of many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_content import odd_content_problem, plain_start
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.formats.format import Format
from dedupe.sources.formats.mail.mailbox import FromLine, find_messages
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,9}:(.*)")
_TELLING = frozenset(
    b"received message-id mime-version return-path delivered-to in-reply-to references "
    b"x-mailer user-agent dkim-signature content-transfer-encoding newsgroups nntp-posting-host "
    b"lines x-from x-google-language x-gm-thrid".split()
)
"""Names of fields that only mail and the messages of Usenet have."""

_USUAL = frozenset(b"from sender subject date to".split())
_MIN_USUAL = 2
_SAVED_PAGE = re.compile(rb"(?m)^(?:Snapshot-Content-Location:|From:[^\n]{0,9}Saved by )", re.I)
_UW_MAILBOX = b"*mbx*\r\n"


class EmlFormat(Format):
    """EML: a file is one message."""

    endings = (".eml",)

    def resembles(self, start: bytes) -> bool:
        return _is_message(start)

    def refine(self, head: bytes) -> str:
        return MBOX.name if is_mailbox(plain_start(head)) else self.name

    def problem(self, head: bytes, is_chosen: bool) -> str:
        if not head or _FIELD.match(plain_start(head)):
            return odd_content_problem(head)
        return "it does not begin with the header of a message"

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.mail.reader import read_message_file

        return read_message_file(file, limits, settings.encoding)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.mail.reader import reread_message_file

        return partial(reread_message_file, chosen=settings.encoding)

    def is_whole_file(self, locator: Locator) -> bool:
        return True


class MboxFormat(Format):
    """Mbox: messages one after another, each behind a line that begins with ``From``."""

    endings = (".mbox", ".mbx")

    def is_certain(self, head: bytes) -> bool:
        """Archives of mailing lists are mailboxes whose names end in ``.txt``."""
        return is_mailbox(plain_start(head))

    def resembles(self, start: bytes) -> bool:
        return is_mailbox(start)

    def refine(self, head: bytes) -> str:
        return EML.name if _is_message(plain_start(head)) else self.name

    def problem(self, head: bytes, is_chosen: bool) -> str:
        if head.startswith(_UW_MAILBOX):
            return "it is a mailbox of UW IMAP (mbx); convert it to mbox (mailutil copy)"
        if not head or FromLine.at(plain_start(head), 0):
            return ""
        return "it does not begin with the line `From …` of a mailbox"

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        from dedupe.sources.formats.mail.reader import read_mailbox

        return read_mailbox(file, limits, settings.encoding)

    def reread_with(self, settings: ReadSettings) -> Rereader:
        from dedupe.sources.formats.mail.reader import reread_message

        return partial(reread_message, chosen=settings.encoding)

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        return find_messages(content, locators)


EML = EmlFormat("eml")
MBOX = MboxFormat("mbox")


def is_mailbox(start: bytes) -> bool:
    """Whether a file with this beginning is a mailbox."""
    line = FromLine.at(start, 0)
    if line is None or not line.has_header:
        return False
    return line.is_dated or (line.is_short and _is_message(start[line.end :]))


def _is_message(start: bytes) -> bool:
    """Whether all lines up to the first blank one are fields, and their names are those of mail.

    Memos and articles have fields such as ``From`` and ``Date`` too.
    """
    names: set[bytes] = set()
    *lines, last = start.split(b"\n")
    for line in lines or [last]:
        line = line.rstrip(b"\r")
        if not line:
            break
        if line[:1] in b" \t" and names:
            continue
        field = _FIELD.match(line)
        if field is None or (field[1].lower() == b"lines" and not field[2].strip().isdigit()):
            return False
        names.add(field[1].lower())
    if not names & _TELLING or len(names & _USUAL) < _MIN_USUAL:
        return False
    return not _SAVED_PAGE.search(start)  # MHTML, a web page with its pictures
