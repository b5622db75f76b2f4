"""The report as GitLab code quality: findings that a merge request shows.

GitLab compares them, by their fingerprints, with those of the target branch, and shows what came
and went. https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from dedupe.model.relations import Relation
from dedupe.model.report import Report
from dedupe.renderers.view.surplus import (
    FileAndLine,
    Finding,
    describe_relation,
    find_file_and_line,
    list_findings,
    worst_findings,
)
from dedupe.renderers.view.terminal import NO_BREAK, escape_text, shorten_middle
from dedupe.report.json import escape_json

MAX_ID_CELLS: Final = 200

Severity = Literal["info", "minor", "major"]


class Lines(msgspec.Struct, frozen=True):
    begin: int


class Location(msgspec.Struct, frozen=True):
    path: str
    lines: Lines


class Violation(msgspec.Struct, frozen=True):
    """One finding. Its first keys tell that it is an output (:mod:`dedupe.model.output_marks`).

    :param fingerprint: the same in two reports for the same document in the same file
    """

    check_name: str
    description: str
    severity: Severity
    fingerprint: str
    location: Location


class ViolationMaker:
    """Makes findings, with fingerprints of which no two are alike."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def make(
        self,
        relation: Relation,
        description: str,
        severity: Severity,
        place: FileAndLine,
        content: str,
    ) -> Violation:
        """A finding.

        :param content: the hash of the document's text, or what else knows it again
        """
        path = escape_text(place.path)
        self._seen[path, content] += 1
        key = f"{path}\0{content}\0{self._seen[path, content]}"
        return Violation(
            check_name=f"dedupe-{relation}",
            description=description.replace(NO_BREAK, " "),
            severity=severity,
            fingerprint=hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(),
            location=Location(path, Lines(place.line)),
        )


def render_gitlab(report: Report, folder: str = "") -> bytes:
    """A finding for each document that could go, the most severe first.

    :param folder: absolute; files below it are named relative to it
    """
    found = [*list_findings(report, None)]
    maker = ViolationMaker()
    return encode_violations(
        _make(report, finding, folder, maker) for finding in worst_findings(found, len(found))
    )


def encode_violations(violations: Iterable[Violation]) -> bytes:
    """The findings as a JSON array, one a line."""
    lines = b",\n".join(msgspec.json.encode(each) for each in violations)
    return escape_json(b"[" + lines + b"]\n")


def shown_id(id: str) -> str:
    """An id in a sentence."""
    return shorten_middle(escape_text(id), MAX_ID_CELLS)


def _make(report: Report, finding: Finding, folder: str, maker: ViolationMaker) -> Violation:
    member = finding.member
    sentence = describe_relation(member, shown_id(finding.kept))
    return maker.make(
        member.relation,
        f"{shown_id(member.id)}: {sentence[:1].lower()}{sentence[1:]}",
        "minor" if member.relation.is_duplicate else "info",
        find_file_and_line(report, member.id, folder),
        member.content_hash,
    )
