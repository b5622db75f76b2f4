"""JUnit XML: what its readers take, and which test cases pass, fail and are skipped."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report, make_baseline
from dedupe.model.documents import SkippedDocument
from dedupe.model.output_marks import JUNIT_MARK, kind_of_output
from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report
from dedupe.model.settings import Config
from dedupe.renderers.junit import DUPLICATE_CLASS, RUN_CLASS, SKIPPED_CLASS
from dedupe.renderers.registry import FORMATS, format_of_name
from dedupe.renderers.verdict.view import VerdictView
from dedupe.renderers.view.options import RenderOptions
from dedupe.renderers.view.terminal import DANGEROUS, disarm_line, escape_text
from tests.renderers.test_renderers import full_report
from tests.renderers.test_verdict_injections import VIEWS
from tests.support import hostile_report
from tests.support.corpora import SETTINGS, make_text
from tests.support.junit import JUnitFile, state_of, told_by
from tests.support.reports import Texts, make_cluster, make_member, make_report


def render(report: Report, **options: Any) -> JUnitFile:
    chunks = FORMATS["junit"].render(report, Texts({}), RenderOptions(**options))
    return JUnitFile(b"".join(chunks))


def render_verdict(view: VerdictView) -> JUnitFile:
    told = FORMATS["junit"].render_verdict
    assert told is not None
    return JUnitFile(b"".join(told(view)))


# --- of a scan -----------------------------------------------------------------------------


def test_each_duplicate_fails_and_each_skipped_document_is_skipped() -> None:
    report, _ = full_report()
    shown = render(report)
    surplus = {m.id: (m, c.representative) for c in report.clusters for m in c.members[1:]}
    linked = {id for id, (member, _) in surplus.items() if not member.relation.is_duplicate}
    assert linked
    assert shown.named(DUPLICATE_CLASS, "failure") == surplus.keys() - linked
    assert shown.named(DUPLICATE_CLASS, "") == linked
    assert shown.named(SKIPPED_CLASS, "skipped") == {each.id for each in report.skipped}
    for id, case in shown.of_class(DUPLICATE_CLASS).items():
        member, kept = surplus[id]
        told = told_by(case)
        assert f"Kept: {kept}" in told
        if id not in linked:
            (failure,) = case
            assert failure.get("type") == member.relation
            assert ("Jaccard 0." in told) == (member.relation == "near")
    case = shown.of_class(DUPLICATE_CLASS)["moved.txt"]
    assert (case.get("file"), case.get("line")) == ("news/dump.jsonl", "3")
    assert "not_json: expected" in told_by(shown.of_class(SKIPPED_CLASS)["news.jsonl:3"])
    assert shown.properties["duplicates"] == "7" and shown.properties["bridges"] == "1"
    (run,) = shown.of_class(RUN_CLASS).values()
    assert "b.txt ↔ moved.txt   0.72" in told_by(run) and "2 buckets" in told_by(run)


def test_a_corpus_without_a_duplicate_has_one_test_that_passes() -> None:
    shown = render(make_report())
    (case,) = shown.cases
    assert state_of(case) == "" and "0 duplicates" in told_by(case)


def test_all_bridges_but_a_few_are_counted() -> None:
    pairs = [DuplicatePair(f"a{n}", f"b{n}", Relation.NEAR, 72, 90, 82, 0.72) for n in range(25)]
    (run,) = render(make_report(bridges=tuple(pairs))).of_class(RUN_CLASS).values()
    told = told_by(run)
    assert told.count("↔") == 10 and "⋯ 15 bridges more" in told


def test_no_two_cases_have_one_name() -> None:
    long = "x" * 400 + "{}" + "y" * 400
    ids = [long.format("a"), long.format("b"), "c\x1b", "c\\x1b", "d", "d (2)"]
    cluster = make_cluster("c" * 16, make_member("kept", "identical"), *map(make_member, ids))
    skipped = [SkippedDocument(id, "no_tokens") for id in ("d", "d", "d (2)")]
    shown = render(make_report(cluster, skipped=tuple(skipped)))
    assert len(shown.of_class(DUPLICATE_CLASS)) == len(ids)
    assert shown.of_class(SKIPPED_CLASS).keys() == {"d", "d (2)", "d (2) (2)"}


def test_files_are_named_relative_to_the_repository() -> None:
    report, _ = full_report()
    sources = [
        msgspec.structs.replace(each, path=f"/repo/{each.path}") for each in report.run.sources
    ]
    run = msgspec.structs.replace(report.run, sources=tuple(sources))
    report = msgspec.structs.replace(report, run=run)
    files = {each.get("file", "")[:5] for each in render(report, folder="/repo").cases}
    assert files == {"", "news/"}


def test_the_ending_asks_for_it_and_the_mark_tells_it() -> None:
    assert format_of_name("a/DUP.junit.XML") == "junit" and format_of_name("a.xml") is None
    for mark in (
        JUNIT_MARK,
        JUNIT_MARK.replace("\n", "\r\n"),
        JUNIT_MARK.replace("UTF-8", "UTF-16"),
    ):
        assert kind_of_output(mark.encode()) == "JUnit XML"
    for other in (JUNIT_MARK.partition("\n")[0] + "\n<testsuites/>", "<?xml <!-- dedupe -->"):
        assert not kind_of_output(other.encode())


# --- what comes from documents -------------------------------------------------------------


@pytest.mark.parametrize("which", ["scan", "check", "check, half known"])
def test_nothing_from_a_document_is_markup_or_an_attachment(which: str) -> None:
    """(Whether it acts on terminals and logs is tested with the other formats.)"""
    report = hostile_report.REPORT
    shown = render(report) if which == "scan" else render_verdict(VIEWS[which != "check"])
    ids = {*hostile_report.SURPLUS}
    if which == "check, half known":
        ids = {new.id for new in VIEWS[True].verdict.new}
    written = (disarm_line(escape_text(id).replace("[[", "[\\x5b")) for id in ids)
    assert {*written} <= {*shown.of_class(DUPLICATE_CLASS)}
    assert len(shown.of_class(SKIPPED_CLASS)) == len(report.skipped)
    for case in shown.cases:
        parts = [case.get("name", ""), case.get("file", ""), told_by(case)]
        assert not DANGEROUS.search("".join(parts).replace("\n", ""))
        assert not any("[[" in part for part in parts)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.text() | st.text(alphabet="<>&'\"[]\\x1b\0\ud800\ufffe-!A"), unique=True, min_size=2
    )
)
def test_whatever_the_ids_it_is_sound_xml(ids: list[str]) -> None:
    cluster = make_cluster("c" * 16, *(make_member(id, "identical", 1.0) for id in ids))
    skipped = tuple(SkippedDocument(id, id, id) for id in ids)
    shown = render(make_report(cluster, skipped=skipped))
    assert len(shown.cases) == 1 + len(ids) - 1 + len(ids)


def test_an_attachment_is_only_named() -> None:
    id = "[[ATTACHMENT|/etc/passwd]]"
    cluster = make_cluster("c" * 16, make_member(id, "identical"), make_member(f"{id}[[["))
    data = b"".join(FORMATS["junit"].render(make_report(cluster), Texts({}), RenderOptions()))
    assert b"[[" not in data and rb"[\x5bATTACHMENT|/etc/passwd]]" in data


# --- of a check ----------------------------------------------------------------------------

KNOWN = {
    "old": make_text(0, 0, ""),
    "old copy": make_text(0, 0, "") + " more",
    "other": make_text(1, 0, ""),
}
NEW = {
    "this copy": make_text(0, 0, ""),
    "this near": make_text(1, 0, "") + " and more",
    "alone": "a b c",
}


def judge(limits: GateLimits, with_baseline: bool = True) -> VerdictView:
    config = Config(**SETTINGS, keep=("first",))
    report = dedupe.find_duplicates({**KNOWN, **NEW}, config)
    baseline = make_baseline(dedupe.find_duplicates(KNOWN, config)) if with_baseline else None
    return VerdictView(
        verdict=judge_report(report, limits, baseline),
        report=report,
        texts=Texts({}),
        baseline="known" if with_baseline else "",
        accept_command="dedupe check --update-baseline",
    )


def test_what_is_known_passes_and_what_is_new_fails() -> None:
    view = judge(GateLimits())
    shown = render_verdict(view)
    assert len(view.verdict.new) == 2
    # (This baseline does not say that ``other`` was there.)
    assert shown.named(DUPLICATE_CLASS, "failure") == {"this copy", "this near", "other"}
    assert shown.named(DUPLICATE_CLASS, "") == {"old copy"}
    assert told_by(shown.of_class(DUPLICATE_CLASS)["old copy"]).startswith("Not new.\n")
    told = told_by(shown.of_class(DUPLICATE_CLASS)["this copy"])
    assert "New: the same text as old, which is in the baseline" in told and "Copy of: old" in told
    (run,) = shown.of_class(RUN_CLASS).values()
    assert "Failed: " in told_by(run) and "--update-baseline" in told_by(run)
    assert shown.properties["passed"] == "false"
    assert shown.properties["new"] == str(len(view.verdict.new))


def test_what_does_not_count_passes_with_a_note() -> None:
    view = judge(GateLimits(fail_on=("identical",)))
    assert view.verdict.tolerated
    shown = render_verdict(view)
    assert shown.named(DUPLICATE_CLASS, "failure") == {new.id for new in view.verdict.new}
    for new in view.verdict.tolerated:
        told = told_by(shown.of_class(DUPLICATE_CLASS)[new.id])
        assert told.startswith(f"New, but does not count, being {new.relation} (--fail-on).")


def test_what_a_limit_lets_through_passes_with_a_note() -> None:
    view = judge(GateLimits(max_duplicates=10))
    assert view.verdict.passed and view.verdict.new
    shown = render_verdict(view)
    assert not shown.named(DUPLICATE_CLASS, "failure")
    for new in view.verdict.new:
        assert "let through" in told_by(shown.of_class(DUPLICATE_CLASS)[new.id])
    assert shown.properties["passed"] == "true"


def test_where_it_is_not_known_which_is_new_both_fail_and_say_so() -> None:
    view = judge(GateLimits(), with_baseline=False)
    unknown = [new for new in view.verdict.new if not new.is_order_known]
    failed = render_verdict(view).of_class(DUPLICATE_CLASS)
    assert unknown
    for id in {id for new in unknown for id in (new.id, new.copy_of)}:
        assert state_of(failed[id]) == "failure"
        assert "which of the two is new is not known" in told_by(failed[id])
        assert "The other: " in told_by(failed[id])
