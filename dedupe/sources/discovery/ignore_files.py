"""Files and folders that ``.gitignore`` and ``.dedupeignore`` leave out.

``.gitignore`` counts inside a repository: the files of all folders from its root down, and
``.git/info/exclude``. A deeper file wins, and in one file the last pattern. ``.dedupeignore`` has
the same syntax, wins over all of them, and counts outside a repository too, from the folder that
the user named down. A user's own list of git (``core.excludesFile``) does not count, because it
differs from machine to machine. pathspec translates the patterns; see
https://git-scm.com/docs/gitignore.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from dedupe.model.documents import Notice
from dedupe.model.urls import is_url
from dedupe.sources.encoding.text_encoding import UTF8_MARK, without_mark
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import FileSystem, kind_at
from dedupe.sources.files.names import readable_id
from dedupe.sources.reasons import IGNORE_FILE

GIT_FILE: Final = ".gitignore"
OWN_FILE: Final = ".dedupeignore"
_REPOSITORY: Final = ".git"

MAX_BYTES: Final = 1 << 20
MAX_PATTERNS: Final = 10_000
MAX_LINE: Final = 1000
MAX_WILDCARDS: Final = 3
"""The most stars in a name, and ``**`` in a pattern: with more, matching some names takes hours."""

_POINTER_BYTES: Final = 4096
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "digit": "0-9",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_STARS: Final = re.compile(r"(\\.|\*)\*+")
_BRACKETS: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
_CLASS: Final = re.compile(r"\[:(" + "|".join(_CLASSES) + r"):\]")


class _Rules:
    """The patterns of one ignore file; they match paths relative to the folder of that file."""

    def __init__(self, expressions: Iterable[tuple[str, bool]]) -> None:
        listed = [*expressions]
        self._patterns = [(re.compile(text, re.DOTALL), leaves) for text, leaves in listed[::-1]]
        # Most names match no pattern, which one search shows.
        self._any = re.compile("|".join(f"(?:{text})" for text, _ in listed), re.DOTALL)

    def judge(self, path: str) -> bool | None:
        """Whether the last pattern that matches leaves the path out; ``None`` if none matches."""
        if self._any.match(path) is None:
            return None
        return next(leaves for pattern, leaves in self._patterns if pattern.match(path))


class IgnoreRules(msgspec.Struct, frozen=True):
    """The rules that apply in one folder.

    :param git: rules of ``.gitignore``, the deepest first; each with the length of the prefix to
        remove from a path (from the root of the repository) so that it is relative to their folder
    :param own: the rules of ``.dedupeignore``, in the same form
    :param prefix: the path from the root of the repository to the folder that the user named
    """

    git: tuple[tuple[_Rules, int], ...]
    own: tuple[tuple[_Rules, int], ...]
    prefix: str
    is_in_repository: bool

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Whether an entry of the folder is left out.

        :param path: relative to the folder that the user named, with ``/`` between its parts
        """
        if not self.git and not self.own:
            return False
        whole = f"{self.prefix}{path}/" if is_folder else self.prefix + path
        for rules, begin in (*self.own, *self.git):
            found = rules.judge(whole[begin:])
            if found is not None:
                return found
        return False


class IgnoreFiles:
    """Reads the ignore files of folders, one folder after another.

    :ivar remarks: notices of ignore files and patterns that could not be used
    """

    def __init__(self, files: FileSystem = ALL_FILES) -> None:
        self.remarks: list[Notice] = []
        self._files = files

    def start(self, folder: str) -> IgnoreRules:
        """The rules for a folder that the user named, without those of its own ignore files."""
        real = self._files.identity(folder)
        root = None if is_url(folder) else self._find_repository(real)
        if root is None:
            return IgnoreRules((), (), "", False)
        below = os.path.relpath(real, root)
        parts = [] if below == os.curdir else below.split(os.sep)
        rules = self._enter_repository(IgnoreRules((), (), "", True), root, 0)
        prefix = ""
        for part in parts:
            rules = self._read(rules, os.path.join(root, prefix), len(prefix), (GIT_FILE, OWN_FILE))
            prefix += f"{part}/"
        return msgspec.structs.replace(rules, prefix=prefix)

    def enter(
        self, rules: IgnoreRules, folder: str, below: str, names: frozenset[str]
    ) -> IgnoreRules:
        """The rules for a folder, with those of its own ignore files.

        :param rules: the rules of the folder that it is in
        :param below: its path from the folder that the user named, with ``/`` between its parts
        :param names: the entries of the folder that are among :data:`NAMES`
        """
        if not names:
            return rules
        begin = len(rules.prefix) + (len(below) + 1 if below else 0)
        if _REPOSITORY in names and (below or not rules.is_in_repository):
            # In another repository only the .dedupeignore files around it still apply.
            rules = self._enter_repository(
                IgnoreRules((), rules.own, rules.prefix, True), folder, begin
            )
        wanted = [name for name in (GIT_FILE, OWN_FILE) if name in names]
        return self._read(rules, folder, begin, wanted)

    def _enter_repository(self, rules: IgnoreRules, root: str, begin: int) -> IgnoreRules:
        path = os.path.join(self._git_folder(root), "info", "exclude")
        found = self._load(path)
        return msgspec.structs.replace(rules, git=((found, begin),)) if found else rules

    def _read(
        self, rules: IgnoreRules, folder: str, begin: int, names: Iterable[str]
    ) -> IgnoreRules:
        for name in names:
            if name == GIT_FILE and not rules.is_in_repository:
                continue
            path = os.path.join(folder, name)
            if kind_at(self._files, path, follow_links=False) == "link":
                continue  # as git does: a link could lead anywhere
            if found := self._load(path):
                if name == GIT_FILE:
                    rules = msgspec.structs.replace(rules, git=((found, begin), *rules.git))
                else:
                    rules = msgspec.structs.replace(rules, own=((found, begin), *rules.own))
        return rules

    def _load(self, path: str) -> _Rules | None:
        """The patterns of a file; ``None`` where there is no such file, or no pattern in it."""
        try:
            with self._files.open(path) as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._remark(path, f"cannot be read, and leaves nothing out: {error}")
            return None
        # As git does, which knows the mark of UTF-8 alone.
        is_own = os.path.basename(path) == OWN_FILE
        lines = (without_mark(data) if is_own else data.removeprefix(UTF8_MARK)).split(b"\n")
        if len(data) > MAX_BYTES or len(lines) > MAX_PATTERNS:
            problem = f"has more than {MAX_BYTES} bytes or {MAX_PATTERNS} lines"
            self._remark(path, f"{problem}, and leaves nothing out")
            return None
        expressions: list[tuple[str, bool]] = []
        costly: list[int] = []
        for number, line in enumerate(lines, 1):
            text = _merge_stars(os.fsdecode(line.removesuffix(b"\r")))
            if not text or text.startswith("#"):
                continue  # so that comments alone, as in git's own list, import no pathspec
            if _is_costly(text):
                costly.append(number)
            elif made := _translate(text):
                expressions.append(made)
        if costly:
            problem = f"has more than {MAX_LINE} characters or {MAX_WILDCARDS} stars in a name"
            self._remark(path, f"line {costly[0]} {problem}, and leaves nothing out", len(costly))
        return _Rules(expressions) if expressions else None

    def _find_repository(self, folder: str) -> str | None:
        """The root of the repository that a folder is in; ``None`` where it is in none."""
        while not kind_at(self._files, os.path.join(folder, _REPOSITORY), follow_links=False):
            above = os.path.dirname(folder)
            if above == folder:
                return None
            folder = above
        return folder

    def _git_folder(self, root: str) -> str:
        """The folder in which a repository keeps what all its working trees share."""
        path = os.path.join(root, _REPOSITORY)
        if kind_at(self._files, path) == "folder":
            return path
        path = os.path.join(root, self._read_pointer(path).removeprefix("gitdir: "))
        common = self._read_pointer(os.path.join(path, "commondir"))
        return os.path.join(path, common) if common else path

    def _read_pointer(self, path: str) -> str:
        """The path in a file of git that points elsewhere; empty where it cannot be read."""
        try:
            with self._files.open(path) as file:
                return os.fsdecode(file.read(_POINTER_BYTES)).strip()
        except (OSError, ValueError):
            return ""

    def _remark(self, path: str, detail: str, count: int = 1) -> None:
        detail += f"; so do {count - 1} more" if count > 1 else ""
        self.remarks.append(Notice(readable_id(path), IGNORE_FILE, detail))


NAMES: Final = frozenset({GIT_FILE, OWN_FILE, _REPOSITORY})
"""The names of a folder's entries that change its rules."""


def _merge_stars(line: str) -> str:
    """A pattern without redundant stars: ``a**b`` becomes ``a*b``, ``/***/`` becomes ``/**/``."""
    negation = "!" if line.startswith("!") else ""
    names = line.removeprefix("!").split("/")
    merged = ("**" if re.fullmatch(r"\*{2,}", name) else _STARS.sub(r"\1", name) for name in names)
    return negation + "/".join(merged)


def _is_costly(line: str) -> bool:
    """Whether a pattern is so long, or has so many stars, that matching it could take hours."""
    if len(line) > MAX_LINE:
        return True
    names = line.split("/")
    stars = [name.count("*") for name in names if name != "**"]
    return max(stars, default=0) > MAX_WILDCARDS or names.count("**") > MAX_WILDCARDS


def _translate(line: str) -> tuple[str, bool] | None:
    """A regular expression for the files and folders that a pattern names, without their content.

    The path of a folder ends with ``/``. Nobody asks about paths below a folder that is left out.

    :returns: the expression, and whether it leaves out (or takes back in); ``None`` for a comment,
        an empty line and an invalid pattern
    """
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if "[[:" in line or "[!" in line or "[^" in line:
        line = _CLASS.sub(lambda found: _CLASSES[found[1]], line)
    if line.endswith("/**/"):
        line += "*/"  # the folders below it, but not the folder itself
    try:
        made, leaves_out = GitIgnoreSpecPattern.pattern_to_regex(line)
    except GitIgnorePatternError:
        return None
    if made is None or leaves_out is None:
        return None
    text = str(made).removesuffix("(?:(?P<ps_d>/)|$)")
    if text != made:
        text += r"/?\Z"
    elif text.endswith("(?P<ps_d>/)"):
        text = (text.removesuffix("(?P<ps_d>/)") or ".+") + r"/\Z"
    elif text.endswith("/"):
        text += "."  # everything below
    text = _BRACKETS.sub(_keep_to_name, text)
    try:
        re.compile(text)
    except re.error:
        return None
    return text, leaves_out


def _keep_to_name(found: re.Match[str]) -> str:
    """A class of characters in brackets that never matches a slash."""
    return found[0] if found[0] == "[^/]" or found[0][0] == "\\" else f"(?!/){found[0]}"
