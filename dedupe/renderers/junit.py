"""The report as JUnit XML, which GitLab, Jenkins and others show as a list of tests.

Nobody owns the format. What is written here is what is read by GitLab (``classname``, ``name``,
``file``, the text of ``failure``) and by Jenkins, in the order and with the attributes that the
schema of its xUnit plugin asks for; ``file`` and ``line`` of a test case are beyond that schema.
https://github.com/jenkinsci/xunit-plugin (junit-10.xsd),
https://docs.gitlab.com/ci/testing/unit_test_reports/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, Literal

import msgspec

from dedupe.model.report import Report
from dedupe.renderers.view.figures import format_count
from dedupe.renderers.view.findings import (
    LISTED_BRIDGES,
    arrow_of,
    describe_bridge,
    name_bridges,
)
from dedupe.renderers.view.layout import listed_count
from dedupe.renderers.view.summary import describe_capped_buckets
from dedupe.renderers.view.surplus import (
    FileAndLine,
    Finding,
    describe_relation,
    find_file_and_line,
    list_findings,
    worst_findings,
)
from dedupe.renderers.view.terminal import NO_BREAK, disarm_line, escape_text, shorten_middle

MAX_ID_CELLS: Final = 500
DETAIL_CELLS: Final = 500

RUN_CLASS: Final = "dedupe.run"
DUPLICATE_CLASS: Final = "dedupe.duplicate"
SKIPPED_CLASS: Final = "dedupe.skipped"

_NESTED_BRACKET: Final = re.compile(r"(?<=\[)\[")
r"""GitLab and a plugin of Jenkins fetch the file that ``[[ATTACHMENT|…]]`` names, wherever in an
output it stands."""

Outcome = Literal["passed", "failed", "skipped"]


class Case(msgspec.Struct, frozen=True):
    """A test case. Texts may hold anything: they are escaped when they are written.

    :param place: where the document stands; none where there is no file to show
    :param message: of a case that did not pass, in one line
    :param type: of a failure, in one word
    :param lines: what is told beside that
    """

    classname: str
    name: str
    outcome: Outcome = "passed"
    place: FileAndLine | None = None
    message: str = ""
    type: str = ""
    lines: Sequence[str] = ()


def render_junit(report: Report, folder: str = "") -> Iterator[str]:
    """One suite: the run itself, a failure for each duplicate, and what was skipped.

    :param folder: absolute; files below it are named relative to it
    """
    found = [*list_findings(report, None)]
    findings = worst_findings(found, len(found))
    cases = [
        Case(RUN_CLASS, "documents compared", lines=tuple(describe_run(report))),
        *(_case(report, finding, folder) for finding in findings),
        *skipped_cases(report),
    ]
    yield from write_suite("dedupe", count_run(report), cases)


def _case(report: Report, finding: Finding, folder: str) -> Case:
    """A failure; of a document that is in a cluster but no duplicate, a case that passes."""
    member = finding.member
    sentence = describe_relation(member, shown_id(finding.kept))
    fails = member.relation.is_duplicate
    return Case(
        DUPLICATE_CLASS,
        member.id,
        "failed" if fails else "passed",
        find_file_and_line(report, member.id, folder),
        message=sentence,
        type=member.relation,
        lines=(sentence, *describe_places(report, finding, folder)),
    )


def describe_places(
    report: Report, finding: Finding, folder: str, kept_as: str = "Kept"
) -> Iterator[str]:
    """Which document it is about, what stays for it, where both stand, and their cluster.

    :param kept_as: what the other document is called
    """
    for told, id in (("This document", finding.member.id), (kept_as, finding.kept)):
        yield f"{told}: {describe_place(report, id, folder)}"
    if finding.cluster_id:
        yield f"Cluster: {finding.cluster_id}"


def describe_place(report: Report, id: str, folder: str) -> str:
    """A document, and where it stands if its id does not say so."""
    place = find_file_and_line(report, id, folder)
    where = shown_id(place.path) + f":{place.line}" * (place.line > 1)
    shown = shown_id(id)
    return shown if where == shown else f"{shown} ({where})"


def skipped_cases(report: Report) -> Iterator[Case]:
    """The documents that could not be compared, each as a test that was not run."""
    for skipped, name in report.named_skipped():
        detail = f": {skipped.detail}" if skipped.detail else ""
        told = shorten_middle(escape_text(f"{skipped.reason}{detail}"), DETAIL_CELLS)
        yield Case(SKIPPED_CLASS, name, "skipped", message=told)


def describe_run(report: Report) -> Iterator[str]:
    """What the test cases do not tell: bridges, and whether duplicates may be missing."""
    corpus = report.corpus
    yield ", ".join(
        (
            format_count(corpus.document_count, "document"),
            format_count(corpus.cluster_count, "cluster"),
            format_count(corpus.duplicate_count, "duplicate"),
        )
    )
    if bridges := report.bridges:
        told = f"{name_bridges(bridges)} whose ends lie in different clusters"
        yield f"{format_count(len(bridges), 'bridge')}: {told}"
        shown = listed_count(len(bridges), LISTED_BRIDGES)
        for pair in bridges[:shown]:
            ends = f"{shown_id(pair.left)} {arrow_of(pair)} {shown_id(pair.right)}"
            yield f"  {ends}   {describe_bridge(pair)}"
        if rest := len(bridges) - shown:
            yield f"  ⋯ {format_count(rest, 'bridge')} more"
    if report.search.capped_bucket_count:
        yield describe_capped_buckets(report)
    if corpus.skipped_count:
        yield f"{format_count(corpus.skipped_count, 'document')} could not be compared"


def count_run(report: Report) -> dict[str, object]:
    """The figures of a run, as properties of its suite."""
    corpus = report.corpus
    return {
        "threshold": report.config.threshold,
        "documents": corpus.document_count,
        "references": corpus.reference_count,
        "clusters": corpus.cluster_count,
        "duplicates": corpus.duplicate_count,
        "bridges": len(report.bridges),
        "skipped": corpus.skipped_count,
    }


def shown_id(id: str) -> str:
    """An id in a sentence."""
    return shorten_middle(escape_text(id), MAX_ID_CELLS)


# --- XML -----------------------------------------------------------------------------------


def write_suite(name: str, properties: dict[str, object], cases: Sequence[Case]) -> Iterator[str]:
    """The one suite of a file, without the declaration and the mark that stand before it."""
    counts = Counter(case.outcome for case in cases)
    told = f'tests="{len(cases)}" failures="{counts["failed"]}" errors="0"'
    yield f'<testsuites name="{_quote(name)}" {told}>\n'
    yield f'  <testsuite name="{_quote(name)}" {told} skipped="{counts["skipped"]}">\n'
    yield "    <properties>\n"
    for key, value in properties.items():
        yield f'      <property name="{key}" value="{_quote(str(value))}"/>\n'
    yield "    </properties>\n"
    for case, own_name in zip(cases, _own_names(cases), strict=True):
        yield _write_case(case, own_name)
    yield "  </testsuite>\n</testsuites>\n"


def _own_names(cases: Iterable[Case]) -> Iterator[str]:
    """A name for each that no other of its class has: of several alike only one would be shown."""
    seen: Counter[tuple[str, str]] = Counter()
    taken: set[tuple[str, str]] = set()
    for case in cases:
        shown = name = _harmless(shown_id(case.name))
        while (case.classname, name) in taken:
            seen[case.classname, shown] += 1
            name = f"{shown} ({seen[case.classname, shown] + 1})"
        taken.add((case.classname, name))
        yield name


def _write_case(case: Case, name: str) -> str:
    attributes = {"classname": case.classname, "name": name}
    if case.place is not None:
        attributes |= {"file": shown_id(case.place.path), "line": str(case.place.line)}
    told = " ".join(f'{key}="{_quote(value)}"' for key, value in attributes.items())
    message = f'message="{_quote(case.message)}"'
    body = "\n".join(map(_quote, case.lines))
    if case.outcome == "failed":
        inside = f'<failure {message} type="{_quote(case.type)}">{body}</failure>'
    elif case.outcome == "skipped":
        inside = f"<skipped {message}/>"
    else:
        inside = f"<system-out>{body}</system-out>" if body else ""
    if not inside:
        return f"    <testcase {told}/>\n"
    return f"    <testcase {told}>\n      {inside}\n    </testcase>\n"


def _quote(text: str) -> str:
    """One line of text, for an attribute or an element, without markup."""
    return escape(_harmless(text))


def _harmless(text: str) -> str:
    """One line of text that holds no attachment, no command of a CI system, and no character that
    XML does not know."""
    shown = escape_text(text.replace(NO_BREAK, " "))
    return disarm_line(_NESTED_BRACKET.sub(r"\\x5b", shown))
