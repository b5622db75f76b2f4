"""What was found below a folder that the user named, and remarks on what is not read there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dedupe.model.documents import Notice
from dedupe.sources.discovery.ignore_files import IgnoreRules
from dedupe.sources.discovery.left_out import LeftOutFiles
from dedupe.sources.discovery.url_patterns import UrlPattern
from dedupe.sources.files.names import readable_id
from dedupe.sources.files.source import Source
from dedupe.sources.reasons import SAME_FILE


class FoundFolder(msgspec.Struct):
    """A folder that the user named, and what was found below it.

    :ivar id_prefix: the beginning of the ids of its files
    :ivar left_out: files that are no prose by their names
    :ivar names: the files to read, relative to the folder
    :ivar links: symbolic links with the ignore rules where they are, a heap; they come last
    :ivar link_count: symbolic links that are not followed
    :ivar entered: the folders that were searched, under one name each, where links are followed
    :ivar left_out_count: files that ``glob`` and ``exclude`` leave out
    :ivar ignored: files and folders that ignore files leave out
    :ivar pattern: the URL that the user named, which stands for some of its files
    """

    path: str
    id_prefix: str
    left_out: LeftOutFiles
    names: list[str] = msgspec.field(default_factory=list)
    links: list[tuple[str, IgnoreRules | None]] = msgspec.field(default_factory=list)
    link_count: int = 0
    entered: dict[str, str] = msgspec.field(default_factory=dict)
    left_out_count: int = 0
    ignored: list[str] = msgspec.field(default_factory=list)
    is_unreadable: bool = False
    pattern: UrlPattern | None = None

    @property
    def named(self) -> str:
        """What the user named: the folder, or a URL with wildcards."""
        return self.pattern.url if self.pattern else self.path

    def why_no_files(self) -> str:
        """Why there is nothing to read, in words."""
        count = self.left_out_count
        reasons = [f"files that --glob and --exclude leave out: {count}"] if count else []
        reasons += [describe_ignored(self.ignored)] if self.ignored else []
        reasons += [self.left_out.description] if self.left_out.description else []
        reasons += [self.describe_links()] if self.link_count else []
        told = "nothing matches it" if self.pattern else "the folder holds no file to read"
        return "; ".join([told, *reasons])

    def describe_links(self) -> str:
        return f"symbolic links in it are not followed: {self.link_count}; --follow reads them"


def describe_ignored(ignored: Sequence[str]) -> str:
    """The files and folders that ignore files leave out, in words; a folder counts as one."""
    shown = sorted(map(readable_id, ignored))
    names = ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
    return f"left out by .gitignore or .dedupeignore: {names}; --no-ignore reads them"


def describe_repeated(repeated: list[tuple[Source, Source]]) -> Notice:
    """One notice for all files that several paths reach."""
    again, first = repeated[0]
    detail = "reached more than once, read once"
    if again.id != first.id:
        detail += f", as {first.id!r}"
    if len(repeated) > 1:
        detail += f"; other files for which the same holds: {len(repeated) - 1}"
    return Notice(again.id, SAME_FILE, detail)


def describe_taken(first: Source, twice: Sequence[Source]) -> Notice:
    """One notice for all reference documents that are scanned too."""
    detail = "is scanned itself, and so is no reference document"
    if len(twice) > 1:
        detail += f"; other files for which the same holds: {len(twice) - 1}"
    return Notice(first.id, SAME_FILE, detail)
