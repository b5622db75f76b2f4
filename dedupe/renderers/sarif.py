"""The report as SARIF 2.1.0, for code scanning: one result for each surplus document.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
The part of it that GitHub supports:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from dedupe._version import __version__
from dedupe.gate.verdict import NewDuplicate
from dedupe.model.relations import RELATIONS, Relation
from dedupe.model.report import Report
from dedupe.model.urls import is_url
from dedupe.renderers.view.figures import format_percent
from dedupe.renderers.view.summary import describe_capped_buckets
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

MAX_RESULTS: Final = 5000
"""Most results of a log: GitHub shows 5,000 and rejects a file with more than 25,000."""

MAX_ID_CELLS: Final = 200
MAX_URI_SIZE: Final = 2000

FINGERPRINT: Final = "dedupeContent/v1"
"""The key of our fingerprint; ``primaryLocationLineHash`` is made by GitHub's uploader."""

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Level = Literal["warning", "note"]
BaselineState = Literal["new", "unchanged"]

_STATES: Final[Mapping[bool | None, BaselineState | None]] = {
    None: None,
    True: "new",
    False: "unchanged",
}


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A SARIF object in JSON: names in camelCase, fields at their defaults left out."""


class Message(_Object, frozen=True):
    text: str


class ArtifactLocation(_Object, frozen=True):
    uri: str


class Region(_Object, frozen=True):
    start_line: int


class PhysicalLocation(_Object, frozen=True):
    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(_Object, frozen=True):
    fully_qualified_name: str


class Location(_Object, frozen=True):
    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...]
    id: int | None = None
    message: Message | None = None


class Result(_Object, frozen=True):
    rule_id: str
    rule_index: int
    level: Level
    message: Message
    locations: tuple[Location, ...]
    related_locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str]
    rank: float
    properties: dict[str, Any]
    baseline_state: BaselineState | None = None


class Configuration(_Object, frozen=True):
    level: Level


class Rule(_Object, frozen=True):
    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: dict[str, Any]


class Driver(_Object, frozen=True):
    name: str
    version: str
    semantic_version: str
    rules: tuple[Rule, ...]


class Tool(_Object, frozen=True):
    driver: Driver


class Notification(_Object, frozen=True):
    level: Level
    message: Message


class Invocation(_Object, frozen=True):
    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...]


class Run(_Object, frozen=True):
    tool: Tool
    invocations: tuple[Invocation, ...]
    results: tuple[Result, ...]
    column_kind: Literal["unicodeCodePoints"]
    properties: dict[str, Any]


class SarifLog(msgspec.Struct, frozen=True):
    schema: str = msgspec.field(name="$schema")
    version: Literal["2.1.0"]
    runs: tuple[Run, ...]


# In messages of SARIF, brackets make links and braces make placeholders.
_SYNTAX: Final = re.compile(r"[\[\]{}]")
_DRIVE: Final = re.compile("[A-Za-z]:/")


def render_sarif(
    report: Report, folder: str = "", new: Mapping[str, NewDuplicate] | None = None
) -> bytes:
    """The report as one SARIF log with one run, ending with a newline.

    :param folder: an absolute path; files below it are named relative to it
    :param new: new duplicates by id, if ``dedupe check`` judged the report; else none
    """
    duplicates = new and {id: each for id, each in new.items() if not each.relation.is_directed}
    contained = [each for each in (new or {}).values() if each.relation.is_directed]
    found = [*list_findings(report, duplicates)]
    findings = worst_findings(found, MAX_RESULTS)
    listed = contained[: MAX_RESULTS - len(findings)]
    copies: Counter[str] = Counter()
    results = (
        *(_make_result(report, finding, folder, copies) for finding in findings),
        *_contained_results(report, listed, folder, copies),
    )
    run = Run(
        tool=Tool(driver=_make_driver()),
        invocations=(
            Invocation(
                execution_successful=True,
                tool_execution_notifications=tuple(
                    _notifications(report, len(found) + len(contained) - len(results))
                ),
            ),
        ),
        results=results,
        column_kind="unicodeCodePoints",
        properties={
            "threshold": report.config.threshold,
            "documentCount": report.corpus.document_count,
            "clusterCount": report.corpus.cluster_count,
            "duplicateCount": report.corpus.duplicate_count,
            "referenceCount": report.corpus.reference_count,
        },
    )
    log = SarifLog(schema=SCHEMA, version="2.1.0", runs=(run,))
    return escape_json(msgspec.json.format(msgspec.json.encode(log), indent=1)) + b"\n"


def _make_driver() -> Driver:
    return Driver(
        name="dedupe",
        version=__version__,
        semantic_version=__version__,
        rules=tuple(map(_make_rule, RELATIONS)),
    )


def _make_rule(relation: Relation) -> Rule:
    has_other_text = relation.is_duplicate and not relation.has_equal_text
    kind = "Duplicate" if has_other_text else "Document"
    return Rule(
        id=_rule_id(relation),
        name=f"{relation.capitalize()}{kind}",
        short_description=Message(text=_shorten_meaning(relation)),
        full_description=Message(text=relation.meaning),
        help=Message(text=_advise(relation)),
        default_configuration=Configuration(level=_level(relation)),
        properties={"tags": ["duplicate"], "precision": "very-high"},
    )


def _shorten_meaning(relation: Relation) -> str:
    if relation.is_near:
        return f"{relation.heading} document"
    return f"Document {relation} by way of others" if relation.is_indirect else relation.heading


def _advise(relation: Relation) -> str:
    """What to do about a document with this relation to the kept one."""
    if relation.is_indirect:
        return (
            "Look at the documents in between; with --linkage star only duplicates come together."
        )
    if not relation.is_duplicate:
        return "It is no duplicate: look at both documents before either of them goes."
    advice = "Keep the copy that the message links to, and remove this document."
    if relation.has_equal_tokens:
        return advice
    return f"{advice} Look at the difference first: dedupe scan shows it word by word."


def _rule_id(relation: Relation) -> str:
    return f"duplicate-{relation}"


def _level(relation: Relation) -> Level:
    return "warning" if relation.is_duplicate else "note"


def _make_result(report: Report, finding: Finding, folder: str, copies: Counter[str]) -> Result:
    member, kept = finding.member, finding.kept
    name = "kept copy" if finding.is_order_known else "other document"
    sentence = describe_relation(member, f"the [{name}](0)")
    sentence += "" if finding.is_order_known else "; which of the two is new is not known"
    other = "Kept" if finding.is_order_known else "The other"
    copies[member.content_hash] += 1
    return Result(
        rule_id=_rule_id(member.relation),
        rule_index=member.relation.rank,
        level=_level(member.relation),
        message=Message(
            text=f"{sentence}. {other}: {_plain(kept)}. This document: {_plain(member.id)}"
        ),
        locations=(_make_location(find_file_and_line(report, member.id, folder), member.id),),
        related_locations=(
            _make_location(find_file_and_line(report, kept, folder), kept, id=0, message=name),
        ),
        partial_fingerprints={FINGERPRINT: f"{member.content_hash}:{copies[member.content_hash]}"},
        baseline_state=_STATES[finding.is_new],
        rank=round(100 * member.jaccard, 2),
        properties={"jaccard": member.jaccard, "clusterId": finding.cluster_id},
    )


def _contained_results(
    report: Report, contained: Sequence[NewDuplicate], folder: str, copies: Counter[str]
) -> Iterator[Result]:
    """The contained documents that a gate fails on, which are in no cluster for that."""
    wanted = {each.id for each in contained}
    hashes = {each.id: each.content_hash for each in report.documents() if each.id in wanted}
    name = "document that contains it"
    for each in contained:
        content_hash = hashes[each.id]
        copies[content_hash] += 1
        share = f"{format_percent(each.containment)} of its text stands in the [{name}](0)"
        ids = f"That one: {_plain(each.copy_of)}. This document: {_plain(each.id)}"
        place = find_file_and_line(report, each.copy_of, folder)
        yield Result(
            rule_id=_rule_id(each.relation),
            rule_index=each.relation.rank,
            level="warning",
            message=Message(text=f"Contained: {share}. {ids}".replace(NO_BREAK, " ")),
            locations=(_make_location(find_file_and_line(report, each.id, folder), each.id),),
            related_locations=(_make_location(place, each.copy_of, id=0, message=name),),
            partial_fingerprints={FINGERPRINT: f"{content_hash}:{copies[content_hash]}"},
            baseline_state="new",
            rank=round(100 * each.containment, 2),
            properties={"jaccard": each.jaccard, "containment": each.containment},
        )


def _make_location(
    file_and_line: FileAndLine, document: str, id: int | None = None, message: str = ""
) -> Location:
    return Location(
        id=id,
        physical_location=PhysicalLocation(
            artifact_location=ArtifactLocation(uri=_uri(file_and_line.path)),
            region=Region(start_line=file_and_line.line),
        ),
        logical_locations=(LogicalLocation(fully_qualified_name=_plain(document)),),
        message=Message(text=message) if message else None,
    )


def _uri(path: str) -> str:
    """A path as a percent-encoded URI: ``file:`` if it is absolute, else a relative reference.

    A URL stays one, and what is encoded in it already is not encoded again.
    """
    if is_url(path):
        plain = path.encode("utf-8", "backslashreplace")
        return quote(plain, safe="/~:?#[]@!$&'()*+,;=%")[:MAX_URI_SIZE]
    encoded = quote(path.encode("utf-8", "backslashreplace"), safe="/~")[:MAX_URI_SIZE]
    encoded = encoded.rpartition("%")[0] if "%" in encoded[-2:] else encoded
    if _DRIVE.match(path):
        return f"file:///{encoded.replace('%3A', ':', 1)}"
    return f"file://{encoded}" if encoded.startswith("/") else encoded


def _plain(text: str) -> str:
    """Text from outside for a message, escaped so that it holds no link and no placeholder."""
    shown = shorten_middle(escape_text(text), MAX_ID_CELLS)
    return _SYNTAX.sub(lambda match: f"\\x{ord(match[0]):02x}", shown)


def _notifications(report: Report, rest: int) -> Iterable[Notification]:
    """Warnings about missing results: findings left out, skipped documents, capped buckets.

    :param rest: the number of findings beyond ``MAX_RESULTS``
    """
    if rest:
        order = " before ".join(each for each in RELATIONS if each.is_duplicate)
        text = (
            f"Duplicates that are not listed: {rest}. A log holds the {MAX_RESULTS} most severe "
            f"({order}, then by Jaccard)"
        )
        yield Notification(level="warning", message=Message(text=text))
    for reason, count in report.corpus.skipped_counts.items():
        text = f"Documents that could not be compared ({_plain(reason)}): {count}"
        yield Notification(level="warning", message=Message(text=text))
    if report.search.capped_bucket_count:
        told = describe_capped_buckets(report).replace(NO_BREAK, " ")
        text = f"Duplicates may be missing: {told} (--max-bucket raises the limit)"
        yield Notification(level="warning", message=Message(text=text))
