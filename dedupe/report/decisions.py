"""Decisions: what a person chose about members of clusters, made on the HTML report.

A file of decisions is JSON: a version, the report on which they were made, and for each document
its id, the hash of its text, and whether to keep or to drop it. All of it is checked against the
report to which it is applied: nobody should drop a document that somebody else looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import msgspec
import xxhash

from dedupe.model.errors import InputError
from dedupe.model.report import Member, Report
from dedupe.sources.encoding.text_encoding import without_mark
from dedupe.sources.files.system_errors import describe_error

DECISIONS_VERSION: Final = 1
MAX_BYTES: Final = 100_000_000
"""Most bytes of a file of decisions; a page that holds so many choices does not exist."""

Choice = Literal["keep", "drop"]
NO_CHOICES: Final[Mapping[str, Choice]] = MappingProxyType({})

_NAMED: Final = 3


class _Version(msgspec.Struct):
    dedupe_decisions: int


class Decision(msgspec.Struct, frozen=True):
    """What a person chose about a document; the hash is that of the text which they saw."""

    id: str
    content_hash: str
    choice: Choice


class Decisions(msgspec.Struct, frozen=True):
    """The content of a file of decisions.

    :param report: the fingerprint of the report on which they were made
    """

    dedupe_decisions: int
    report: str
    decisions: tuple[Decision, ...]

    @property
    def choices(self) -> dict[str, Choice]:
        """The choices by id."""
        return {each.id: each.choice for each in self.decisions}


def fingerprint_report(report: Report) -> str:
    """XXH3-64 of the clusters of a report, with their representatives and texts."""
    digest = xxhash.xxh3_64()
    for cluster in report.clusters:
        parts = [cluster.cluster_id]
        parts += [part for member in cluster.members for part in (member.id, member.content_hash)]
        digest.update("\0".join([*parts, ""]).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def load_decisions(path: str, report: Report) -> tuple[Decisions, str]:
    """Read a file of decisions, and check it against the report to which they are applied.

    :return: the decisions; and a remark if they were made on another report, else an empty text
    :raises InputError: if it cannot be read, or is about documents that the report does not know
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {describe_error(error)}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: is larger than any file of decisions")
    decisions = parse_decisions(without_mark(data), path)
    _check(decisions, report, path)
    if decisions.report == fingerprint_report(report):
        return decisions, ""
    remark = "was made on another report; all its documents are in this one, with the same texts"
    return decisions, f"{path}: {remark}"


def parse_decisions(data: bytes, name: str) -> Decisions:
    """The decisions in the content of a file.

    :raises InputError: if it is no file of decisions, or one of another version
    """
    try:
        version = msgspec.json.decode(data, type=_Version).dedupe_decisions
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{name}: is no file of decisions, which the HTML report saves: {error}"
        ) from None
    if version != DECISIONS_VERSION:
        raise InputError(
            f"{name}: has version {version} of decisions; this dedupe reads {DECISIONS_VERSION}"
        )
    try:
        return msgspec.json.decode(data, type=Decisions)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: cannot be read as decisions: {error}") from None


def _check(decisions: Decisions, report: Report, name: str) -> None:
    if len(decisions.choices) < len(decisions.decisions):
        raise InputError(f"{name}: decides about a document more than once")
    wanted = decisions.choices.keys()
    known = {member.id: member for member in report.members() if member.id in wanted}
    _refuse(
        [each.id for each in decisions.decisions if each.id not in known],
        f"{name}: is of another report: in no cluster of this one",
    )
    _refuse(
        [
            each.id
            for each in decisions.decisions
            if known[each.id].content_hash != each.content_hash
        ],
        f"{name}: was decided on other texts of",
    )
    _refuse(
        [each.id for each in decisions.decisions if _is_in_vain(each, known[each.id])],
        f"{name}: drops reference documents, of which nothing goes",
    )


def _is_in_vain(decision: Decision, member: Member) -> bool:
    return decision.choice == "drop" and member.is_reference


def _refuse(ids: Sequence[str], problem: str) -> None:
    """Raise an error that names the first of these documents, if there are any."""
    if ids:
        more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
        raise InputError(f"{problem}: {', '.join(ids[:_NAMED])}{more}")
