"""The baseline: the documents that are known to be duplicates, in a text file made for review.

A document is known by the hash of its text, so a rename changes nothing. Each known copy has a
line of its own, so one more copy of the same text is not covered. Lines may be in any order and
repeated, as a merge leaves them.

A second file, the companion, lists the unique documents as one mark a line
(:mod:`dedupe.store.document_marks`). Nobody needs to review it: when a document duplicates
another, it shows which of the two is new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from dedupe.model.errors import BaselineError
from dedupe.model.output_marks import BASELINE_TITLE
from dedupe.model.settings import ScanSettings
from dedupe.store.document_marks import MARK_DIGITS, DocumentMarks

BASELINE_VERSION = 2
COMPANION_VERSION = 1
COMPANION_ENDING = ".seen"
"""The suffix that makes the name of the companion from that of the baseline."""

CLUSTER_DIGITS = 12
"""The number of hexadecimal digits in the name of a cluster."""

COMPARED_SETTINGS = (
    "threshold",
    "shingle_size",
    "num_perm",
    "recall",
    "seed",
    "max_bucket",
    "text_field",
    "text_format",
    "html",
    "min_tokens",
    "encoding",
    "ignore_numbers",
    "furniture",
)
"""The settings that decide which pairs are found, or what the text of a document is."""

_UNTOLD = {"min_tokens": 0, "encoding": "", "ignore_numbers": False, "furniture": "keep"}
"""Values that a file does not tell: of settings that are younger than the format of the file."""

_COMMENTS = """\
# Duplicates that are known and accepted. `dedupe check --baseline` fails on others;
# `--update-baseline` writes this file anew.
# One document a line: its cluster, the hash of its text, and the id that it had.
"""
_COMPANION_TITLE = "dedupe-baseline-seen"
_COMPANION_COMMENTS = """\
# Documents that were there and no duplicates, for `dedupe check --baseline`: it tells by them which
# documents are new. Written with the baseline; not made for review. Text and id of each, as hashes.
"""
_MARK = re.compile(rf"[0-9a-f]{{{MARK_DIGITS}}}")
_SETTING = re.compile(r"setting ([a-z_]+) = (.+)")
_ENTRY = re.compile(rf"([0-9a-f]{{{CLUSTER_DIGITS}}}) ([0-9a-f]{{32}}) (\".*\")")
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")

# Characters that JSON does not escape, but that act on a terminal, end a line for some programs, or
# are a command in the log of a CI job (##[command]).
_UNSAFE = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e0fff]"
    r"|#(?=#[A-Za-z]*\[)"
)


class Entry(NamedTuple):
    """A known document.

    :param cluster: an arbitrary name, the same for all documents of one cluster
    :param content_hash: XXH3-128 of its text, hexadecimal
    :param id: the id that it had; tells copies of one text apart
    """

    cluster: str
    content_hash: str
    id: str


class Baseline(msgspec.Struct, frozen=True):
    """The known documents, and the settings with which they were found.

    :param seen: the documents that were unique; none if not known
    :param version: of the file that it was read from; in version 1, hashes are of the texts with
        their own line ends
    """

    settings: dict[str, Any]
    entries: frozenset[Entry]
    seen: DocumentMarks | None = None
    version: int = BASELINE_VERSION

    def known_ids(self) -> dict[str, set[str]]:
        """The ids of each known text, by its hash: so many documents of that text are covered."""
        ids: dict[str, set[str]] = {}
        for entry in self.entries:
            ids.setdefault(entry.content_hash, set()).add(entry.id)
        return ids

    def different_settings(self, config: ScanSettings) -> dict[str, tuple[Any, Any]]:
        """The settings that differ now, and change what a scan finds: old and new value."""
        now = comparable_settings(config)
        return {
            name: (value, now[name])
            for name, value in self.settings.items()
            if value != now.get(name)
        }


def comparable_settings(config: ScanSettings) -> dict[str, Any]:
    """The settings that a baseline keeps, as JSON values."""
    values = {name: getattr(config, name) for name in COMPARED_SETTINGS}
    if values["furniture"] == "report":  # finds the pairs of "keep"
        values["furniture"] = "keep"
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def format_baseline(baseline: Baseline) -> bytes:
    """The content of a baseline file; equal baselines give equal bytes."""
    lines = [f"{BASELINE_TITLE} {BASELINE_VERSION}\n", _COMMENTS]
    lines += (
        f"setting {name} = {_quote(value)}\n"
        for name, value in baseline.settings.items()
        if name not in _UNTOLD or value != _UNTOLD[name]
    )
    lines += (
        f"{entry.cluster} {entry.content_hash} {_quote(entry.id)}\n"
        for entry in sorted(baseline.entries)
    )
    return "".join(lines).encode()


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Read the content of a baseline file.

    :param name: the name of the file, for errors
    :raises BaselineError: if it is not a baseline, is damaged, or of a newer version
    """
    settings: dict[str, Any] = {}
    entries: set[Entry] = set()
    version, lines = _read_lines(data, name, BASELINE_TITLE, BASELINE_VERSION)
    for number, line in lines:
        if entry := _parse_entry(line):
            entries.add(entry)
        elif not _take_setting(line, settings):
            raise _damaged(name, number)
    settings = {**_UNTOLD, **settings}
    _check_complete(settings, name)
    return Baseline(settings, frozenset(entries), version=version)


def format_companion(seen: DocumentMarks) -> bytes:
    """The content of a companion file; equal companions give equal bytes."""
    marks = "".join(f"{mark:0{MARK_DIGITS}x}\n" for mark in seen.marks.tolist())
    return f"{_COMPANION_TITLE} {COMPANION_VERSION}\n{_COMPANION_COMMENTS}{marks}".encode()


def parse_companion(data: bytes, name: str) -> DocumentMarks:
    """Read the content of a companion file.

    :param name: the name of the file, for errors
    :raises BaselineError: if it is not a companion, is damaged, or of a newer version
    """
    marks: list[int] = []
    _, lines = _read_lines(data, name, _COMPANION_TITLE, COMPANION_VERSION)
    for number, line in lines:
        if not _MARK.fullmatch(line):
            raise _damaged(name, number)
        marks.append(int(line, 16))
    return DocumentMarks(marks)


def _read_lines(
    data: bytes, name: str, title: str, newest: int
) -> tuple[int, list[tuple[int, str]]]:
    """The version of a file, and its numbered lines without comments and empty lines."""
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BaselineError(f"{name}: is not a baseline: it is not UTF-8 ({error})") from error
    version = _check_title(lines[0].rstrip("\r"), name, title, newest)
    kept: list[tuple[int, str]] = []
    for number, line in enumerate(lines[1:], 2):
        line = line.rstrip("\r")
        if line.startswith(_CONFLICT_MARKS):
            raise BaselineError(
                f"{name}:{number}: a merge conflict is not resolved; keep the lines of both "
                "sides and remove the marks"
            )
        if line.strip() and not line.startswith("#"):
            kept.append((number, line))
    return version, kept


def _damaged(name: str, number: int) -> BaselineError:
    return BaselineError(
        f"{name}:{number}: the line is damaged; restore the file from version control, "
        "or delete it and run --update-baseline"
    )


def _check_title(line: str, name: str, own: str, newest: int) -> int:
    """The version in the first line of a file.

    :raises BaselineError: if the line is not the title, or the version is newer than ``newest``
    """
    title, _, version = line.partition(" ")
    if title != own or not re.fullmatch("[0-9]{1,9}", version):
        raise BaselineError(f"{name}: is not a baseline of dedupe (its first line is not its own)")
    if not 1 <= int(version) <= newest:
        raise BaselineError(
            f"{name}: is a baseline of version {version}, this dedupe reads versions up to "
            f"{newest}; update dedupe"
        )
    return int(version)


def _parse_entry(line: str) -> Entry | None:
    found = _ENTRY.fullmatch(line)
    id = _decode(found[3]) if found else None
    return Entry(found[1], found[2], id) if found and isinstance(id, str) else None


def _take_setting(line: str, settings: dict[str, Any]) -> bool:
    """Add the setting in a line; false if there is none, or it contradicts an earlier line."""
    found = _SETTING.fullmatch(line)
    if not found or found[1] not in COMPARED_SETTINGS:
        return False
    value = _decode(found[2])
    return value is not None and settings.setdefault(found[1], value) == value


def _check_complete(settings: Mapping[str, Any], name: str) -> None:
    if missing := [each for each in COMPARED_SETTINGS if each not in settings]:
        raise BaselineError(f"{name}: is damaged: it does not tell {', '.join(missing)}")


def _quote(value: Any) -> str:
    """A value as JSON on one line, safe on a terminal."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return "\\u0023" if found[0] == "#" else json.dumps(found[0])[1:-1]


def _decode(text: str) -> Any:
    """The value of a JSON text; ``None`` if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
