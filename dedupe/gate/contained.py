"""New contained documents: those that came later than the baseline, or that something new contains.

A baseline knows every document that was there, also those in no cluster. A pair is old if it covers
both ends. So contained documents need no entries of their own in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from dedupe.gate.limits import GateLimits
from dedupe.model.errors import ConfigError
from dedupe.model.report import BridgeEnd, Member, Report, SharedText

ContainedChange = Literal["added", "enclosed", "present"]


class NewContained(msgspec.Struct, frozen=True):
    """A contained document that is new, with the pair in which most of it stands in another.

    :param change: ``enclosed`` if the document was there, and what contains it is new; ``present``
        if both were there at the revision
    """

    pair: SharedText
    change: ContainedChange


def refuse_unsought(find: Collection[str], limits: GateLimits) -> None:
    """Refuse limits that count documents for which the scan does not look.

    :raises ConfigError: if there are such
    """
    if limits.counts_contained and set(find).isdisjoint(limits.fail_on):
        raise ConfigError(
            "fail_on: the scan does not look for contained documents: add --find contained"
        )


def find_new_contained(
    report: Report,
    documents: Mapping[str, Member | BridgeEnd],
    covered: Collection[str],
    at_revision: Collection[str],
) -> list[NewContained]:
    """One entry for each new contained document that is no reference document.

    :param documents: all that the report describes, by id
    :param covered: the documents that the baseline covers
    :param at_revision: those that were present at the revision
    """
    found: dict[str, NewContained] = {}
    for pair in sorted(report.contained, key=lambda each: (-each.left_containment, each.right)):
        is_known = pair.left in covered
        is_other_known = pair.right in covered or documents[pair.right].is_reference
        if documents[pair.left].is_reference or (is_known and is_other_known):
            continue
        was_there = is_known or pair.left in at_revision
        other_was_there = is_other_known or pair.right in at_revision
        change: ContainedChange = "added"
        if was_there:
            change = "present" if other_was_there else "enclosed"
        found.setdefault(pair.left, NewContained(pair, change))
    return [found[id] for id in sorted(found)]
