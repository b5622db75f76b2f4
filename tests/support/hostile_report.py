"""A report in which every text from outside is an attack, and readers of rendered outputs."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.furniture import Furniture, FurniturePassage
from dedupe.model.output_marks import PHRASE
from dedupe.model.relations import Relation
from dedupe.model.report import DuplicatePair, Report, SharedPassage, SharedText
from tests.support.injections import VECTORS
from tests.support.reports import SENTENCES, make_cluster, make_member, make_report

CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def hostile_report() -> tuple[Report, dict[str, str]]:
    """A report and its texts, with a cluster for each attack in its ids, texts, metadata, paths."""
    clusters, texts, sources, locators = [], {}, [], {}
    for number, vector in enumerate(VECTORS):
        kept, copy = (
            (f"{vector}", f"{vector}#2") if number % 2 else (f"{number}", f"{vector}{vector}")
        )
        meta = {"url": vector, "site": vector, vector: vector}
        text = " ".join([vector, *SENTENCES[:3], vector, *SENTENCES[3:]])
        texts[kept] = text
        texts[copy] = f"{vector} {text} inserted\n{vector}\n {vector}{vector}"
        cluster = make_cluster(
            f"{number:016x}",
            make_member(kept, "identical", 1.0, content_hash=f"{number:032x}", meta=meta),
            make_member(copy, "near", 0.8, content_hash=f"{number:031x}f", meta=meta),
        )
        left, right = sorted((kept, copy))
        pair = DuplicatePair(left, right, Relation.NEAR, 80, 90, 90, 0.8)
        clusters.append(msgspec.structs.replace(cluster, pairs=(pair,)))
        for id in (kept, copy):
            locators[id] = Locator(len(sources), 0, 1, 7)
            sources.append(SourceInfo(f"dir/{vector}/{number}", "jsonl"))
    pairs = [pair for cluster in clusters for pair in cluster.pairs]
    report = make_report(
        *clusters,
        bridges=tuple(pairs),
        skipped=tuple(SkippedDocument(vector, vector, vector) for vector in VECTORS),
        notices=tuple(Notice(vector, vector, vector) for vector in VECTORS),
    )
    run = msgspec.structs.replace(report.run, sources=tuple(sources), locators=locators)
    return msgspec.structs.replace(report, run=run), texts


REPORT, TEXTS = hostile_report()
PASSAGE = SharedPassage(20, 0, 0, (0, 90), (0, 90))
REPORT = msgspec.structs.replace(
    REPORT,
    furniture=Furniture(
        passage_count=len(VECTORS), document_count=9, token_count=9, only_count=1,
        resting_pair_count=1, hidden_pair_count=1,
        passages=tuple(
            FurniturePassage(vector, 1, 20, 9, 8, site=vector, text=vector) for vector in VECTORS
        ),
    ),
    contained=tuple(
        SharedText(pair.left, pair.right, Relation.CONTAINED, 80, 90, 300, (PASSAGE,))
        for pair in REPORT.bridges
    ),
    passages=tuple(
        SharedText(pair.left, pair.right, Relation.PASSAGE, 80, 290, 300, (PASSAGE,))
        for pair in REPORT.bridges
    ),
)  # fmt: skip


SURPLUS = [member.id for cluster in REPORT.clusters for member in cluster.members[1:]]


COMMAND = re.compile(r"\s*::[A-Za-z][^\s:]*(?:\s.*?)?::|.*##(?:vso|teamcity)?\[")
"""Lines that GitHub's runner or Azure's agent take for a command."""


def unescape(value: str, escapes: dict[str, str]) -> str:
    for escaped, plain in escapes.items():
        value = value.replace(escaped, plain)
    return value.replace("%25", "%")


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """Parse a command as GitHub's runner does (actions/runner, ActionCommand.TryParseV2)."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, listed = head.partition(" ")
    properties = {}
    for part in filter(None, listed.split(",")):
        key, equals, value = part.partition("=")
        assert equals
        properties[key] = unescape(value, {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})
    return name, properties, unescape(data, {"%0D": "\r", "%0A": "\n"})


VOID = {"br", "hr", "img", "input", "link", "meta"}


ALLOWED = {
    *("h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "b", "code", "pre"),
}


class Page(HTMLParser):
    """The elements and texts that a browser would make of rendered Markdown."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.counts: Counter[str] = Counter()
        self.attributes: set[tuple[str, str, str | None]] = set()
        self.codes: list[str] = []
        self.outside = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        self.attributes.update((tag, name, value) for name, value in attrs)
        if tag == "code":
            self.codes.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.outside += data

    def handle_comment(self, data):
        assert data == f" {PHRASE} "

    def handle_decl(self, data):
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_decl
