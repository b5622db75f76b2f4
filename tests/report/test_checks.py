"""A saved report that was cut or put together by hand is refused by whoever relies on it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

import dedupe
from dedupe.applying import plan_drops
from dedupe.model.documents import Locator
from dedupe.model.errors import ReportError
from dedupe.model.relations import Relation
from dedupe.model.report import Report
from dedupe.report.checks import check_members, check_pairs, check_relations, find_contradiction
from dedupe.report.index import ReportIndex
from dedupe.report.json import parse_report, render_json

replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def report() -> Report:
    texts = ["a b c d e f g h i j", "A b c d e f g h i j", "a b c d e f g h i x", "1 2 3", "1, 2 3"]
    found = dedupe.find_duplicates(texts, dedupe.Config(threshold=0.5, shingle_size=1))
    assert len(found.clusters) == 2 and len(found.clusters[0].members) == 3
    return found


def check_all_pairs(report: Report) -> None:
    check_pairs(report, ReportIndex(report).documents)


def with_first(report: Report, **changes: object) -> Report:
    return replace(report, clusters=(replace(report.clusters[0], **changes), *report.clusters[1:]))


def with_pair(report: Report, **changes: object) -> Report:
    first, *rest = report.clusters[0].pairs
    return with_first(report, pairs=(replace(first, **changes), *rest))


def test_a_report_of_a_scan_passes_every_check(report):
    assert find_contradiction(report) == ""
    for check in (check_members, check_all_pairs, check_relations):
        check(report)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: with_first(r, members=()), "does not begin with its representative"),
        (lambda r: with_first(r, representative="1, 2"), "does not begin with its repres"),
        (lambda r: replace(r, run=replace(r.run, skipped_places=("x", "y"))), "different lengths"),
        (
            lambda r: replace(r, run=replace(r.run, locators={"0": Locator(7, 0, 1)})),
            "the locator of '0' leads to no source",
        ),
    ],
)
def test_what_no_reader_could_bear_is_refused_when_it_is_read(report, change, said):
    broken = change(report)
    with pytest.raises(ReportError, match=f"x.json: not a dedupe report: .*{said}"):
        parse_report(render_json(broken), "x.json")
    with pytest.raises(ReportError, match=said):
        plan_drops(broken)


@pytest.mark.parametrize(
    ("check", "change", "said"),
    [
        (check_members, lambda r: replace(r, clusters=(*r.clusters, r.clusters[0])), "than once"),
        (check_all_pairs, lambda r: with_pair(r, left="nobody"), "'nobody', but does not describe"),
        (check_all_pairs, lambda r: with_pair(r, left="1", right="1"), "impossible pair of '1'"),
        (check_all_pairs, lambda r: with_pair(r, shared_count=10**6), "impossible pair"),
        (
            check_all_pairs,
            lambda r: with_first(
                r, members=tuple(replace(m, is_reference=True) for m in r.clusters[0].members)
            ),
            "impossible pair",
        ),
        (
            check_relations,
            lambda r: with_first(
                r,
                members=tuple(
                    replace(m, relation=Relation.NEAR, jaccard=0.1) for m in r.clusters[0].members
                ),
            ),
            "its Jaccard is too low",
        ),
        (
            check_relations,
            lambda r: with_first(
                r,
                pairs=tuple(replace(p, relation=Relation.LINKED) for p in r.clusters[0].pairs),
            ),
            "as a member, but linked in its pair with the kept one",
        ),
    ],
)
def test_what_does_not_hold_is_named(
    report: Report, check: Callable[[Report], None], change: Callable[[Report], Report], said: str
):
    with pytest.raises(ReportError, match=said):
        check(change(report))
