"""A report by the ids of its documents is what loops over all of it would find."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.api import scan_with_texts
from dedupe.clusters.linkage import cluster_pairs
from dedupe.model.documents import SkippedDocument
from dedupe.model.pairs import VerifiedPairs
from dedupe.model.report import BridgeEnd, Report
from dedupe.model.settings import Config
from dedupe.report import rows
from dedupe.report.graph import name_components
from dedupe.report.index import ReportIndex


def chain(count: int, of: str) -> dict[str, str]:
    """Texts of which each is a near-duplicate of the next, and the first of no later one."""
    steps = [f"{of}{i}" for i in range(200)]
    return {f"{of}/{i}": " ".join(steps[20 * i : 20 * i + 100]) for i in range(count)}


@pytest.fixture(scope="module")
def report() -> Report:
    """Clusters with copies, bridges of which one end is in no cluster, and reference documents."""
    texts = {**chain(4, "v"), **chain(3, "w"), "alone": "nothing like the others"}
    texts["v/copy"] = texts["v/0"]
    return dedupe.find_duplicates(texts, Config(threshold=0.6), against={"old": texts["w/0"]})


def test_a_report_speaks_of_members_then_bridge_ends(report):
    assert report.bridge_ends and any(member.is_reference for member in report.members())
    members = [member.id for cluster in report.clusters for member in cluster.members]
    assert [member.id for member in report.members()] == members
    kept = {cluster.representative for cluster in report.clusters}
    assert [member.id for member in report.others()] == [id for id in members if id not in kept]
    ids = [document.id for document in report.documents()]
    assert ids == [*members, *(end.id for end in report.bridge_ends)]
    hashes = {document.id: document.content_hash for document in report.documents()}
    assert report.content_hashes() == hashes and hashes["v/0"] == hashes["v/copy"]
    inside = [pair for cluster in report.clusters for pair in cluster.pairs]
    assert [*report.pairs()] == [*inside, *report.bridges]


def test_the_index_finds_what_loops_find(report):
    skipped = (SkippedDocument("twice", "not_json", "first"), SkippedDocument("twice", "binary"))
    index = ReportIndex(msgspec.structs.replace(report, skipped=skipped))
    assert list(index.documents.values()) == [*report.documents()]
    assert {id for id, each in index.documents.items() if isinstance(each, BridgeEnd)} == {
        end.id for end in report.bridge_ends
    }
    assert index.clusters == {m.id: c for c in report.clusters for m in c.members}
    assert index.skipped == {"twice": skipped[0]}
    assert index.graph.group_of["v/copy"] == "v/0" and "alone" not in index.graph.hashes


def test_documents_of_files_are_located_and_others_are_not(report, tmp_path):
    assert all(report.locate(document.id) is None for document in report.documents())
    lines = [msgspec.json.encode({"id": id, "text": "one two three"}) for id in "ab"]
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    scanned = dedupe.scan(tmp_path)
    source, locator = scanned.locate("b")
    assert source.path.endswith("x.jsonl") and locator.line == 2
    assert scanned.locate("c") is None
    last = len(scanned.run.sources)
    locators = {"b": msgspec.structs.replace(locator, source=last)}
    run = msgspec.structs.replace(scanned.run, locators=locators)
    assert msgspec.structs.replace(scanned, run=run).locate("b") is None


def test_what_was_met_is_named_with_its_place(tmp_path):
    lines = ['{"id": "a", "text": "one two"}', '{"id": "b", "text": "?!"}', "no json"]
    lines += ['{"id": "a", "text": "three four"}']
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    report = dedupe.scan(tmp_path / "x.jsonl")
    names = {item.reason: name for item, name in report.named_skipped()}
    assert names["no_tokens"].endswith("x.jsonl:2: b") and names["not_json"].endswith("x.jsonl:3")
    told = {notice.reason: (notice.id, name) for notice, name in report.named_notices()}
    id, name = told["duplicate_id"]
    line = report.run.locators[id].line
    assert line in (1, 4) and name.endswith(f"x.jsonl:{line}: {id}")


def test_going_through_a_streamed_report_holds_nothing_of_it(tmp_path, monkeypatch):
    texts = {**chain(9, "v"), **chain(9, "w")}
    lines = [msgspec.json.encode({"id": id, "text": text}) for id, text in texts.items()]
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 4)
    streamed, _ = scan_with_texts([str(tmp_path)], Config(threshold=0.6), streamed=True)
    assert isinstance(streamed.clusters, rows.Rows)
    whole = rows.materialise(streamed)
    assert [*streamed.documents()] == [*whole.documents()]
    assert [*streamed.pairs()] == [*whole.pairs()]
    first = streamed.documents()
    assert next(first) is not next(streamed.documents())  # made anew by whoever asks
    assert isinstance(streamed.clusters, rows.Rows) and isinstance(streamed.bridges, rows.Rows)
    assert ReportIndex(streamed).clusters.keys() == ReportIndex(whole).clusters.keys()


# --- what hangs together --------------------------------------------------------------------

LINKS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14)


def join(count: int, links: list[tuple[int, int]]) -> list[int]:
    """The smallest of what each is joined with, by going over all links until nothing changes."""
    found = list(range(count))
    while True:
        before = [*found]
        for one, other in links:
            found[one] = found[other] = min(found[one], found[other])
        if found == before:
            return found


@given(LINKS)
def test_sets_are_named_by_their_smallest_id(links):
    ids = [f"d{i:02}" for i in range(12)]
    named = name_components(reversed(ids), [(ids[one], ids[other]) for one, other in links])
    assert named == {ids[i]: ids[first] for i, first in enumerate(join(12, links))}


@given(LINKS, st.permutations(range(12)))
def test_single_linkage_takes_the_first_in_order_of_what_hangs_together(links, order):
    links = [(min(link), max(link)) for link in {*links} if link[0] != link[1]]
    left, right = np.array(links, np.int64).reshape(-1, 2).T
    ones = np.ones(len(links), np.int64)
    pairs = VerifiedPairs(left, right, ones, ones, ones)
    place = {document: i for i, document in enumerate(order)}
    joined = join(12, [(place[one], place[other]) for one, other in links])
    expected = [order[joined[place[document]]] for document in range(12)]
    found = cluster_pairs(pairs, np.array(order, np.int64), "single", 12)
    assert found.dtype == np.int64 and found.tolist() == expected
