"""Decisions about the documents and pairs of a report, checked against it.

How a file of them looks tells :mod:`dedupe.report.decision_file`. Nobody should drop a document
that somebody else looked at: so all of it is checked against the report to which it is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
import xxhash

from dedupe.model.errors import InputError
from dedupe.model.report import Member, Report
from dedupe.report.decision_file import Choice, Decision, Decisions, read_decisions

NO_CHOICES: Final[Mapping[str, Choice]] = MappingProxyType({})

_NAMED: Final = 3


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

    Those of version 1 are about one report, and all of its documents must be in this one. Those of
    version 2 are about texts: what is not in the report is left out, and counted.

    :return: the decisions that are about the report; and a remark if that is not all, else an empty
        text
    :raises InputError: if it cannot be read, or is about documents that the report does not know
    """
    decisions = read_decisions(path)
    if decisions.dedupe_decisions > 1:
        return _choose_present(decisions, report, path)
    _check(decisions, report, path)
    if decisions.report == fingerprint_report(report):
        return decisions, ""
    remark = "was made on another report; all its documents are in this one, with the same texts"
    return decisions, f"{path}: {remark}"


def _choose_present(decisions: Decisions, report: Report, name: str) -> tuple[Decisions, str]:
    """The decisions about texts of the report, and a remark on the others."""
    wanted = decisions.choices.keys()
    known = {member.id: member for member in report.members() if member.id in wanted}
    present = tuple(
        each
        for each in decisions.decisions
        if each.id in known and known[each.id].content_hash == each.content_hash
    )
    _refuse_in_vain(present, known, name)
    hashes = {*report.content_hashes().values()} if decisions.pairs else set()
    pairs = tuple(each for each in decisions.pairs if hashes.issuperset(each.content_hashes))
    chosen = msgspec.structs.replace(decisions, decisions=present, pairs=pairs)
    total = len(decisions.decisions) + len(decisions.pairs)
    absent = total - len(present) - len(pairs)
    if not absent:
        return chosen, ""
    told = "decisions are not about texts of this report, and were left out"
    return chosen, f"{name}: {absent:,} of {total:,} {told}"


def _check(decisions: Decisions, report: Report, name: str) -> None:
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
    _refuse_in_vain(decisions.decisions, known, name)


def _refuse_in_vain(decisions: Sequence[Decision], known: Mapping[str, Member], name: str) -> None:
    """Raise an error if reference documents should go."""
    _refuse(
        [each.id for each in decisions if _is_in_vain(each, known[each.id])],
        f"{name}: drops reference documents, of which nothing goes",
    )


def _is_in_vain(decision: Decision, member: Member) -> bool:
    return decision.choice == "drop" and member.is_reference


def _refuse(ids: Sequence[str], problem: str) -> None:
    """Raise an error that names the first of these documents, if there are any."""
    if ids:
        more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
        raise InputError(f"{problem}: {', '.join(ids[:_NAMED])}{more}")
