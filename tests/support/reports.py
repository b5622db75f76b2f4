"""Made-up reports for tests, without a scan; and the comparison of two reports."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.relations import Relation
from dedupe.model.report import (
    Cluster,
    CorpusSummary,
    DuplicatePair,
    Member,
    Report,
    RunInfo,
    WeakestLink,
)
from dedupe.model.search_summary import CappedSearch, SearchSummary
from dedupe.model.settings import ScanSettings

TITLE = "Talks: the river bridge is left in the dark"
SENTENCES = [
    f"The {name} of the old harbour town told the council that the {thing} would be late."
    for name, thing in zip(
        ["mayor", "clerk", "baker", "pilot", "nurse", "farmer", "singer", "doctor"],
        ["ferry", "mail", "bread", "plane", "ward", "harvest", "concert", "surgery"],
        strict=True,
    )
]
ARTICLE = "\n".join([" ".join(SENTENCES[:4]), " ".join(SENTENCES[4:])])
CHINESE = (
    "近日，记者从市政府获悉，今年全市将新建一百所学校，以满足不断增长的入学需求。"
    "市长表示，教育是民生之本。"
)
FIELDS = ("config", "corpus", "clusters", "bridges", "bridge_ends", "skipped", "notices", "texts")


class Texts:
    """A provider of texts from a dictionary, which remembers the ids it was asked for."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.asked: list[list[str]] = []

    def read_texts(self, ids: Iterable[str]) -> dict[str, str]:
        self.asked.append(list(ids))
        return {id: self.texts[id] for id in self.asked[-1] if id in self.texts}

    def problem(self, id: str) -> str:
        return f"{id} has changed since the scan"


def make_member(id: str, relation: str = "near", jaccard: float = 0.9, **fields) -> Member:
    values = {
        "representative_containment": min(1.0, jaccard + 0.06),
        "token_count": 120,
        "content_hash": id,
    }
    return Member(id=id, relation=Relation(relation), jaccard=jaccard, **{**values, **fields})


def make_cluster(cluster_id: str, *members: Member) -> Cluster:
    weakest = min(members, key=lambda member: member.jaccard)
    link = WeakestLink(weakest.id, weakest.jaccard)
    return Cluster(cluster_id, members[0].id, members, (), link)


def make_report(*clusters: Cluster, **fields) -> Report:
    duplicates = [m for c in clusters for m in c.members if m.id != c.representative]
    members = [m.id for c in clusters for m in c.members]
    skipped = fields.pop("skipped", ())
    reasons = [each.reason for each in skipped]
    corpus = CorpusSummary(
        document_count=40,
        token_count=4800,
        cluster_count=len(clusters),
        duplicate_count=len(duplicates),
        redundant_token_count=sum(m.token_count for m in duplicates),
        skipped_count=len(skipped),
        skipped_counts={reason: reasons.count(reason) for reason in reasons},
    )
    run = RunInfo(
        version="0.1",
        kernels="compiled",
        workers=2,
        seconds=0.21,
        byte_count=2_583_000,
        paths=("news/",),
        sources=tuple(SourceInfo(f"news/{id}", "text") for id in members),
        locators={id: Locator(i, 0, 1) for i, id in enumerate(members)},
    )
    values = {
        "corpus": corpus,
        "search": SearchSummary(25, 5, 0.98995, 38, 12, 9, 0),
        "bridges": (),
        "notices": (),
        "run": run,
        **fields,
    }
    return Report(
        schema_version=1,
        config=ScanSettings(),
        clusters=clusters,
        skipped=skipped,
        texts=None,
        **values,
    )


def golden_report() -> tuple[Report, dict[str, str]]:
    texts = {
        "a.txt": f"An old title about the harbour\n{ARTICLE}",
        "b.txt": f"Home / News / {TITLE}\n{TITLE}\n{TITLE}\n{ARTICLE}\nLeave a Reply",
        "moved.txt": "\n".join([*SENTENCES[4:], *SENTENCES[:4]]),
        "plain.txt": ARTICLE,
        "zh/1.txt": CHINESE,
        "zh/2.txt": CHINESE.replace("一百所", "两百多所") + "（责任编辑：小明）",
    }
    clusters = (
        make_cluster(
            "77aa00bb",
            make_member("zh/1.txt", "identical", 1.0, token_count=43),
            make_member("zh/2.txt", "near", 0.712, token_count=51),
        ),
        make_cluster(
            "9f3c21d4",
            make_member("a.txt", "identical", 1.0, token_count=126),
            make_member("b.txt", "near", 0.8449, token_count=149),
            make_member("copy of b.txt", "near", 0.8449, token_count=149, content_hash="b.txt"),
            make_member("capitals.txt", "normalised", 1.0, token_count=126),
            make_member("copy.txt", "identical", 1.0, token_count=126, content_hash="a.txt"),
            make_member("far.txt", "linked", 0.41, token_count=90),
        ),
        make_cluster(
            "9f3c21e5",
            make_member("plain.txt", "identical", 1.0),
            make_member("moved.txt", "near", 0.9996),
        ),
    )
    report = make_report(
        *clusters,
        bridges=(DuplicatePair("b.txt", "moved.txt", Relation.NEAR, 72, 90, 82, 0.72),),
        skipped=(
            *(SkippedDocument(f"empty/{i}.txt", "no_tokens") for i in range(5)),
            SkippedDocument("news.jsonl:3", "not_json", "expected `{` at byte 0"),
        ),
        notices=(Notice("a.txt", "id_repeated", "occurs 2 times"),),
        search=msgspec.structs.replace(
            SearchSummary(25, 5, 0.98995 * 0.75, 38, 12, 9, 2),
            capped=CappedSearch(40, 3, 1, 0.75, 0.0625, 0.75, 0.0625),
        ),
    )
    return report, texts


def refuse(pairs):
    raise AssertionError(f"texts were asked for: {pairs}")


def assert_same(found: Report, expected: Report) -> None:
    for field in FIELDS:
        assert getattr(found, field) == getattr(expected, field), field
    assert found.search.duplicate_pair_count == expected.search.duplicate_pair_count
    assert found.search.distinct_count == expected.search.distinct_count
