"""Options of the renderers: how a report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from dedupe.gate.verdict import NewDuplicate

DiffMode = Literal["none", "summary", "hunks", "full"]

SCREEN_LINES: Final = 60
"""Most lines of a text report, unless more is asked for."""
LISTED_MEMBERS: Final = 20
"""Most members listed of a cluster beside the representative, unless more is asked for."""

MARKDOWN_LIMIT: Final = 65_536
"""Most characters of a comment on GitHub; a step summary may have 1,048,576 bytes."""
MIN_MARKDOWN_LIMIT: Final = 4096


class TextOptions(msgspec.Struct, frozen=True):
    """How the text report is written.

    :param width: cells of a line
    :param color: whether to write colours; without, no escape sequence is written for them
    :param links: whether ids are links to their files (OSC 8)
    :param diff: how much of each difference is shown
    :param lines: most lines of the whole, which decide how many clusters, members and differences
        are shown (none: as many as it takes)
    :param top: clusters shown, those with the most redundant words first (none: all)
    :param members: members listed of each cluster beside the representative (none: all)
    :param diffed: listed members of each cluster whose difference is shown (none: all)
    :param hints: whether to suggest commands to run next
    :param again: the words of the command to suggest again with other outputs (none: a scan of the
        paths that the report names)
    """

    width: int = 80
    color: bool = False
    links: bool = False
    diff: DiffMode = "hunks"
    lines: int | None = None
    top: int | None = None
    members: int | None = LISTED_MEMBERS
    diffed: int | None = 5
    hints: bool = False
    again: tuple[str, ...] = ()


class RenderOptions(msgspec.Struct, frozen=True):
    """The options of all renderers together; each renderer uses those that concern it.

    :param width: cells of a line of text
    :param color: whether text is coloured
    :param links: whether ids in text are links to their files
    :param hints: whether text says what can be done next
    :param marked: whether text begins with the mark of an output (:mod:`dedupe.model.output_marks`)
    :param again: the words of this command without its outputs, for what text suggests next
    :param diff: how much of each difference text and Markdown show
    :param lines: most lines of the text of a report, which then decide over ``top``, ``members``
        and ``diffed`` (none: as many as it takes)
    :param top: clusters that text and Markdown show (none: all)
    :param members: members of a cluster that text lists beside the representative (none: all)
    :param diffed: members of a cluster whose differences text shows (none: all that it lists)
    :param markdown_limit: most bytes of Markdown
    :param folder: the absolute path of the repository; SARIF and GitHub annotations name files
        below it relative to it
    :param output_folder: the folder of the output file, where relative links in HTML start
    :param tell: is told how much of an output is made, from 0 to 1, where that takes long (HTML)
    :param new: new duplicates and contained documents by id, for SARIF, if ``dedupe check`` judged
        the report; else none
    """

    width: int = 80
    color: bool = False
    links: bool = False
    hints: bool = False
    marked: bool = True
    again: tuple[str, ...] = ()
    diff: DiffMode = "hunks"
    lines: int | None = None
    top: int | None = None
    members: int | None = LISTED_MEMBERS
    diffed: int | None = 5
    markdown_limit: int = MARKDOWN_LIMIT
    folder: str = ""
    output_folder: str = ""
    tell: Callable[[float], None] = lambda share: None
    new: Mapping[str, NewDuplicate] | None = None
