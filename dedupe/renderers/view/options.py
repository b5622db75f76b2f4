"""Options of the renderers: how a report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from dedupe.gate.verdict import NewDuplicate

DiffMode = Literal["none", "summary", "hunks", "full"]

MARKDOWN_LIMIT: Final = 65_536
"""Most characters of a comment on GitHub; a step summary may have 1,048,576 bytes."""
MIN_MARKDOWN_LIMIT: Final = 4096


class TextOptions(msgspec.Struct, frozen=True):
    """How the text report is written.

    :param width: cells of a line
    :param color: whether to write colours; without, no escape sequence is written for them
    :param links: whether ids are links to their files (OSC 8)
    :param diff: how much of each difference is shown
    :param top: clusters shown, the largest first (none: all)
    :param hints: whether to suggest commands to run next
    """

    width: int = 80
    color: bool = False
    links: bool = False
    diff: DiffMode = "hunks"
    top: int | None = None
    hints: bool = False


class RenderOptions(msgspec.Struct, frozen=True):
    """The options of all renderers together; each renderer uses those that concern it.

    :param width: cells of a line of text
    :param color: whether text is coloured
    :param links: whether ids in text are links to their files
    :param hints: whether text says what can be done next
    :param marked: whether text begins with the mark of an output (:mod:`dedupe.model.output_marks`)
    :param diff: how much of each difference text and Markdown show
    :param top: clusters that text and Markdown show, the largest first (none: all)
    :param markdown_limit: most bytes of Markdown
    :param folder: the absolute path of the repository; SARIF and GitHub annotations name files
        below it relative to it
    :param output_folder: the folder of the output file, where relative links in HTML start
    :param tell: is told how much of an output is made, from 0 to 1, where that takes long (HTML)
    :param new: new duplicates by id, for SARIF, if ``dedupe check`` judged the report; else none
    """

    width: int = 80
    color: bool = False
    links: bool = False
    hints: bool = False
    marked: bool = True
    diff: DiffMode = "hunks"
    top: int | None = None
    markdown_limit: int = MARKDOWN_LIMIT
    folder: str = ""
    output_folder: str = ""
    tell: Callable[[float], None] = lambda share: None
    new: Mapping[str, NewDuplicate] | None = None
