"""Lines for a terminal: text from documents is made harmless, and every line fits the width.

Only the widths of characters come from rich, which is imported when one is first needed. The few
escape sequences are written here: rich would give each link a random number, but equal reports
must give equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from dedupe.diff import Break

Style = Literal["", "strong", "dim", "accent", "warn", "delete", "insert", "removed"]

MIN_WIDTH: Final = 30
ELLIPSIS: Final = "…"
NO_BREAK: Final = "\u00a0"
"""A space at which no line breaks, for our own sentences; printed as a plain space."""

_CODES: Final[dict[Style, str]] = {
    "strong": "1",
    "dim": "2",
    "accent": "36",
    "warn": "33",
    "delete": "31;9",
    "insert": "32",
    "removed": "31",
}
NAMED_INVISIBLE: Final = "\u00ad\u200b\u2060\ufeff"
DANGEROUS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2061-\u206f\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff" + NAMED_INVISIBLE + "]"
)
_INVISIBLE: Final = re.compile(f"[{NAMED_INVISIBLE}]")
_CI_COMMAND: Final = re.compile(r"(?<=#)#(?=[A-Za-z]*\[)|(?<=:):(?=[^\s:].*::)")


class Styled(NamedTuple):
    """Text in one style; ``link`` is the URI of a link on it, or empty."""

    text: str
    style: Style = ""
    link: str = ""


class Piece(NamedTuple):
    """Text that is never broken across lines; ``before`` is the kind of break before it."""

    text: str
    style: Style = ""
    before: Break = Break.SPACE


def escape_text(text: str) -> str:
    r"""Text from outside with characters that steer a terminal spelled out, as in ``\x1b``.

    These are control characters, bidirectional controls, line separators, lone surrogates, and
    invisible characters. A combining mark at the start of the text gets a dotted circle, because
    it would otherwise combine with the character printed before it.
    """
    text = DANGEROUS.sub(spell_character, text)
    if not text.isascii() and text and cell_width(text[0]) == 0:
        return "\u25cc" + text
    return text


def escape_word(text: str) -> str:
    """As :func:`escape_text`, but soft hyphens and zero-width characters are dropped.

    Web pages are full of these, and spelled out they would make words unreadable.
    """
    return escape_text(_INVISIBLE.sub("", text))


def disarm_line(line: str) -> str:
    """A line in which nothing is a command to a CI system.

    In the log of a job, GitHub obeys lines that begin with ``::command::``; GitHub and Azure obey
    lines that contain ``##[command]`` or ``##vso[command]``.
    """
    if "##" in line or line.lstrip().startswith("::"):
        return _CI_COMMAND.sub(spell_character, line)
    return line


def spell_character(match: re.Match[str]) -> str:
    r"""The matched character spelled out, as in ``\x1b``."""
    code_point = ord(match.group())
    if code_point > 0xFFFF:
        return f"\\U{code_point:08x}"
    return f"\\u{code_point:04x}" if code_point > 0xFF else f"\\x{code_point:02x}"


def cell_width(text: str) -> int:
    """Terminal cells that the text takes: two for a wide character, none for a mark."""
    if text.isascii():
        return len(text)
    return _cell_len()(text)


@lru_cache(maxsize=1)
def _cell_len() -> Callable[[str], int]:
    from rich.cells import cell_len

    return cell_len


def cut_cells(text: str, width: int) -> Iterator[str]:
    """The text in parts of at most ``width`` cells; marks stay with their base character."""
    start = used = 0
    for first, end, cells in _graphemes(text):
        if used + cells > width and first > start:
            yield text[start:first]
            start, used = first, 0
        used += cells
        if end == len(text):
            yield text[start:]


def _graphemes(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and cells of each character with the marks that follow it."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or cell_width(text[end]) > 0:
            yield start, end, cell_width(text[start:end])
            start = end


def shorten_middle(text: str, width: int) -> str:
    """The text, or its start and end with … between them, in at most ``width`` cells."""
    longest = 8 * width  # characters: marks take no cell, and may be any number
    if len(text) <= longest and cell_width(text) <= width:
        return text
    tail_width = (width - 1) // 2
    head = next(cut_cells(text[:longest], width - 1 - tail_width))
    end = text[-longest:]
    tail_start = len(end)
    for start, _, cells in reversed(list(_graphemes(end))):
        tail_width -= cells
        if tail_width < 0 or start == 0:
            break
        tail_start = start
    return head + ELLIPSIS + end[tail_start:]


def file_uri(path: str) -> str:
    """The ``file:`` URI of a path, percent-encoded; empty where there is none."""
    try:
        return Path(path).absolute().as_uri()
    except (ValueError, OSError):
        return ""


class Canvas(msgspec.Struct, frozen=True):
    """Makes lines of at most ``width`` cells; links are written as OSC 8.

    :param width: at least ``MIN_WIDTH``
    :param color: whether styles are written; without, no escape sequence is written for them
    """

    width: int
    color: bool

    def line(self, parts: Iterable[Styled]) -> str:
        """One line; its parts are known to fit the width."""
        return disarm_line("".join(map(self._paint, parts)).rstrip(" ")) + "\n"

    def flow(self, pieces: Iterable[Piece], indent: int = 0, hanging: int = 0) -> str:
        """The pieces as lines: broken at the width, and before every ``Break.LINE``.

        :param indent: spaces before each line
        :param hanging: more of them before each line but the first
        """
        lines = _Lines(self.width, indent, hanging)
        for atom in _atoms(pieces):
            lines.add(atom)
        return "".join(self.line(parts) for parts in lines.finish())

    def _paint(self, part: Styled) -> str:
        text = part.text
        if self.color and part.style and text:
            text = f"\x1b[{_CODES[part.style]}m{text}\x1b[0m"
        if part.link and text:
            text = f"\x1b]8;;{part.link}\x1b\\{text}\x1b]8;;\x1b\\"
        return text


def prose(text: str, style: Style = "") -> Iterator[Piece]:
    """A sentence of our own as pieces, one for each word; ``NO_BREAK`` holds words together."""
    for word in text.split(" "):
        yield Piece(word.replace(NO_BREAK, " "), style)


def _atoms(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Runs of pieces that are glued together, so that no line breaks inside a run."""
    atom: list[Piece] = []
    for piece in pieces:
        if atom and piece.before is not Break.GLUED:
            yield atom
            atom = []
        atom.append(piece)
    if atom:
        yield atom


class _Lines:
    """Fills lines with atoms: runs of pieces that belong on one line."""

    def __init__(self, width: int, indent: int, hanging: int) -> None:
        self._width = width
        self._next_indent = indent + hanging
        self._lines: list[list[Styled]] = []
        self._start(indent)

    def _start(self, indent: int) -> None:
        indent = min(indent, self._width // 3)
        self._parts = [Styled(" " * indent)]
        self._used = self._indent = indent

    def _break(self) -> None:
        self._lines.append(self._parts)
        self._start(self._next_indent)

    def add(self, atom: list[Piece]) -> None:
        before = atom[0].before
        fresh = self._used == self._indent
        if before is Break.LINE and not fresh:
            self._break()
            fresh = True
        width = cell_width("".join(piece.text for piece in atom))
        space = 0 if fresh or before <= Break.JOINT else 1
        if not fresh and self._used + space + width > self._width:
            self._break()
            space = 0
        if space:
            same = self._parts[-1].style == atom[0].style
            self._append(" ", atom[0].style if same else "")
        for piece in atom:
            self._add_piece(piece, whole=self._used + width <= self._width)

    def _add_piece(self, piece: Piece, whole: bool) -> None:
        if whole:
            self._append(piece.text, piece.style)
            return
        text = piece.text
        while text:
            room = self._width - self._used
            part = next(cut_cells(text, room))
            if cell_width(part) > room:
                self._break()
                continue
            self._append(part, piece.style)
            text = text[len(part) :]

    def _append(self, text: str, style: Style) -> None:
        last = self._parts[-1]
        if last.style == style:
            self._parts[-1] = last._replace(text=last.text + text)
        else:
            self._parts.append(Styled(text, style))
        self._used += cell_width(text)

    def finish(self) -> list[list[Styled]]:
        if self._used > self._indent:
            self._break()
        return self._lines
