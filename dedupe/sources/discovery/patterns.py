"""The patterns of ``--glob`` and ``--exclude``, with a syntax like that of ``.gitignore``.

- ``*`` and ``?`` match within one name, ``[a-z]`` and ``[!a-z]`` (or ``[^a-z]``) one character,
  ``**`` any number of folders.
- A pattern without a slash is compared with the name, at any depth: ``*.md``.
- A pattern with a slash is compared with the whole path below the folder that was named on
  the command line: ``archive/*.txt``, ``**/2024/**``. A slash at its beginning has no other
  meaning: ``/notes.md``.
- A slash at the end means a folder and all that it holds: ``drafts/``.

A backslash makes the next character an ordinary one; braces are ordinary characters. Patterns are
compared with paths that have ``/`` between their parts; upper and lower case differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PIECE = re.compile(r"/\*\*/|^\*\*/|/\*\*$|\*+|\?|\[[!^]?\]?[^\]]*\]|\\.|.", re.DOTALL)


class PatternSet:
    """A set of patterns; it matches what any one of them matches."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._files = [_compile(pattern) for pattern in self.patterns if pattern[-1:] != "/"]
        self._folders = [_compile(pattern[:-1]) for pattern in self.patterns if pattern[-1:] == "/"]

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def matches_file(self, path: str) -> bool:
        """Whether a pattern names this file, or a folder that it is in."""
        if any(pattern.fullmatch(path) for pattern in self._files):
            return True
        return bool(self._folders) and any(map(self._matches_folder, _folders_of(path)))

    def matches_folder(self, path: str) -> bool:
        """Whether a pattern names this folder."""
        return any(pattern.fullmatch(path) for pattern in self._files) or self._matches_folder(path)

    def _matches_folder(self, path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in self._folders)


def escape_pattern(path: str) -> str:
    """A pattern that matches just this path, relative to a folder that the user named."""
    return "/" + re.sub(r"([*?\[\]\\])", r"\\\1", path)


def _folders_of(path: str) -> Iterable[str]:
    return (path[: found.start()] for found in re.finditer("/", path))


def _compile(pattern: str) -> re.Pattern[str]:
    rooted = "/" in pattern
    body = pattern.removeprefix("./").removeprefix("/")
    expression = "".join(map(_translate, _PIECE.findall(body)))
    return re.compile(expression if rooted else f"(?:.*/)?{expression}", re.DOTALL)


def _translate(piece: str) -> str:
    """One piece of a pattern as a regular expression."""
    if piece == "/**/":
        return "/(?:.*/)?"
    if piece == "**/":
        return "(?:.*/)?"
    if piece == "/**":
        return "/.+"
    if piece[0] == "*":
        return ".*" if len(piece) == 2 else "[^/]*"
    if piece[0] == "\\" and len(piece) == 2:
        return re.escape(piece[1])
    if piece == "?":
        return "[^/]"
    if piece[0] == "[" and len(piece) > 1:
        return _translate_class(piece[1:-1])
    return re.escape(piece)


def _translate_class(body: str) -> str:
    """The inside of ``[…]``; ranges that run backwards match nothing."""
    negated = body.startswith(("!", "^"))
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", body[1:] if negated else body)
    expression = f"[^/{body}]" if negated else f"[{body}]"
    try:
        re.compile(expression)
    except re.error:
        return "(?!)"
    return f"(?!/){expression}"
