"""Parts of a report that are made when they are looked at are those that are held in memory."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.api import scan_with_texts
from dedupe.model.documents import Locator
from dedupe.model.report import Cluster, Report
from dedupe.model.settings import Config
from dedupe.renderers.csv import render_members, render_pairs
from dedupe.report import rows as report_rows
from dedupe.report.json import render_json, render_jsonl
from dedupe.report.rows import LocatorTable, Rows, materialise
from tests.support.corpora import make_corpus


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6).map(sorted), st.data())
def test_rows_are_a_sequence(cuts, data):
    rows: Rows[int] = Rows(lambda begin, end: list(range(begin, end)), cuts)
    expected = tuple(range(cuts[0], cuts[-1]))
    assert (tuple(rows), len(rows), bool(rows)) == (expected, len(expected), bool(expected))
    bound = st.none() | st.integers(-40, 40)
    part = slice(data.draw(bound), data.draw(bound), data.draw(bound.filter(lambda n: n != 0)))
    assert rows[part] == expected[part]
    place = data.draw(st.integers(-40, 40))
    if -len(expected) <= place < len(expected):
        assert rows[place] == expected[place]
    else:
        with pytest.raises(IndexError):
            rows[place]


def test_rows_between_two_cuts_are_made_together_and_no_others():
    asked = []

    def make(begin, end):
        asked.append((begin, end))
        return list(range(begin, end))

    rows = Rows(make, [3, 4, 9, 12])
    assert next(iter(rows)) == 3
    assert asked == [(3, 4)]
    assert list(rows) == list(range(3, 12))
    assert asked[1:] == list(pairwise([3, 4, 9, 12]))


@given(st.sets(st.text(max_size=3)))
def test_locators_and_content_hashes_are_mappings(names):
    ids = sorted(names)
    places = np.arange(4 * len(ids), dtype=np.int64).reshape(-1, 4)
    hashes = places[:, :2].astype(np.uint64)
    table = LocatorTable(ids, places, hashes)
    told = [f"{high:016x}{low:016x}" for high, low in hashes.tolist()]
    assert dict(table.content_hashes) == dict(zip(ids, told, strict=True))
    assert table.content_hashes.get("\U0010ffff") is None
    expected = {id: Locator(*place) for id, place in zip(ids, places.tolist(), strict=True)}
    assert dict(table.items()) == dict(table) == expected
    assert [*table] == [*expected]
    for id in ("", "absent", "\U0010ffff"):
        assert table.get(id) == expected.get(id)
        assert (id in table) == (id in expected)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> str:
    """Clusters of many sizes, a chain with bridges, metadata, ids that occur twice."""
    texts = make_corpus(3, families=60)
    body = " ".join(f"w{i}" for i in range(120))
    texts |= {f"many/{i:02}": f"{body} {i}" for i in range(40)}
    steps = [f"v{i}" for i in range(200)]
    texts |= {f"chain/{i}": " ".join(steps[20 * i : 20 * i + 100]) for i in range(4)}
    records = [
        {"id": id, "text": text, "date": f"2024-01-{len(id):02}"} for id, text in texts.items()
    ]
    path = tmp_path_factory.mktemp("rows") / "corpus.jsonl"
    path.write_bytes(msgspec.json.Encoder().encode_lines([*records, *records[:3]]))
    return str(path)


def scan(corpus: str) -> Report:
    report, _ = scan_with_texts([corpus], Config(threshold=0.6), streamed=True)
    return msgspec.structs.replace(
        report, run=msgspec.structs.replace(report.run, stages=(), seconds=0)
    )


def rendered(report: Report) -> tuple[bytes, ...]:
    return (
        render_json(report),
        b"".join(render_jsonl(report)),
        "".join(render_members(report)).encode(),
        "".join(render_pairs(report)).encode(),
    )


@pytest.fixture(scope="module")
def held(corpus) -> Report:
    report = materialise(scan(corpus))
    assert len(report.bridges) > 0 < len(report.bridge_ends)
    assert {len(cluster.members) for cluster in report.clusters} >= {2, 3, 40}
    assert any(member.meta for member in report.clusters[0].members)
    assert len(report.notices) > 0
    return report


@pytest.mark.parametrize("rows", [1, 2, 7, 100])
def test_a_report_is_the_same_in_memory_and_not(monkeypatch, corpus, held, rows):
    monkeypatch.setattr(report_rows, "ROWS_AT_ONCE", rows)
    found = scan(corpus)
    assert rendered(found) == rendered(held)
    assert materialise(found) == held
    for place, cluster in enumerate(held.clusters):
        assert [*found.clusters[place].members] == [*cluster.members]
        assert [*found.clusters[place].pairs] == [*cluster.pairs]
    some = msgspec.structs.replace(found, clusters=found.clusters[:9])
    assert materialise(some).clusters == held.clusters[:9]


def test_a_large_cluster_is_never_in_memory_as_a_whole(monkeypatch, corpus):
    monkeypatch.setattr(report_rows, "ROWS_AT_ONCE", 50)
    largest = scan(corpus).clusters[0]
    assert len(largest.members) == 40
    assert isinstance(largest.pairs, Rows)
    assert len(largest.pairs) == 40 * 39 // 2 == len([*largest.pairs])
    pieces = [*render_jsonl(msgspec.structs.replace(scan(corpus), clusters=[largest]))]
    assert max(map(len, pieces)) < len(b"".join(pieces))
    assert msgspec.json.decode(b"".join(pieces), type=Cluster).cluster_id == largest.cluster_id
