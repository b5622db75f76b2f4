"""The report as workflow commands: annotations in a run of GitHub Actions.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedupe.model.report import Report
from dedupe.renderers.view.surplus import (
    Finding,
    describe_relation,
    find_file_and_line,
    list_findings,
    worst_findings,
)
from dedupe.renderers.view.terminal import escape_text, shorten_middle

MAX_ANNOTATIONS: Final = 10
"""Annotations of one kind: GitHub shows no more for a step."""

MAX_ID_CELLS: Final = 200


def render_github(report: Report, folder: str = "") -> Iterator[str]:
    """A warning for each of the most severe surplus documents, and a notice that counts the rest.

    :param folder: absolute; files below it are named relative to it
    """
    found = [*list_findings(report, None)]
    findings = worst_findings(found, MAX_ANNOTATIONS)
    for finding in findings:
        yield _warning(report, finding, folder)
    rest = len(found) - len(findings)
    if rest:
        noun = "duplicate" if rest == 1 else "duplicates"
        message = f"{rest} more {noun}, in {report.corpus.cluster_count} clusters in all"
        yield workflow_command("notice", {"title": "dedupe"}, message)


def _warning(report: Report, finding: Finding, folder: str) -> str:
    member = finding.member
    file_and_line = find_file_and_line(report, member.id, folder)
    kept = shown_id(finding.kept)
    message = f"{shown_id(member.id)}: {_lower_first(describe_relation(member, kept))}"
    properties = {
        "file": file_and_line.path,
        "line": str(file_and_line.line),
        "title": member.relation.heading,
    }
    return workflow_command("warning", properties, message)


def shown_id(id: str) -> str:
    """An id for a message: escaped, and shortened in the middle."""
    return shorten_middle(escape_text(id), MAX_ID_CELLS)


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def workflow_command(name: str, properties: dict[str, str], message: str) -> str:
    """One line with a command to the runner; its values are escaped, so it stays one command."""
    listed = ",".join(
        f"{key}={escape_text(_escape_property(value))}" for key, value in properties.items()
    )
    return f"::{name} {listed}::{_escape_data(message)}\n"


def _escape_data(value: str) -> str:
    """Escape a message; after https://github.com/actions/toolkit (core/src/command.ts)."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(value: str) -> str:
    return _escape_data(value).replace(":", "%3A").replace(",", "%2C")
