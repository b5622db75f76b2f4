"""A saved report at a higher threshold is the report of a scan at that threshold."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.model.errors import ConfigError, ReportError
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.pipeline.reclustering import count_in_texts, recluster
from tests.support.corpora import make_chains
from tests.support.reports import Texts, assert_same, refuse

EVERY_PAIR = {"recall": 1 - 1e-12, "shingle_size": 2}
"""Settings with which no pair is missed, so that two scans have the same candidates."""

KEEP_RULES = st.lists(
    st.sampled_from(
        ["content", "degree", "first", "longest", "shortest", "earliest", "site=b.example"]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    linkage=st.sampled_from(["star", "single", "complete"]),
    keep=KEEP_RULES,
    low=st.sampled_from([0.3, 0.5, 0.6]),
    thresholds=st.lists(st.floats(0.6, 1.0), min_size=1, max_size=3),
)
def test_equal_to_a_scan_at_the_threshold(seed, linkage, keep, low, thresholds):
    texts = make_chains(seed)
    config = {"linkage": linkage, "keep": tuple(keep), "embed_text": True, **EVERY_PAIR}
    saved = dedupe.find_duplicates(texts, Config(threshold=low, **config))
    assert recluster(saved, low, refuse) == saved
    counted = count_in_texts(saved, Texts(texts)) if linkage == "single" else refuse
    for threshold in thresholds:
        scanned = dedupe.find_duplicates(texts, Config(threshold=threshold, **config))
        assert_same(recluster(saved, threshold, counted), scanned)


def test_what_is_tested_has_everything():
    texts = make_chains(1)
    star = dedupe.find_duplicates(texts, Config(threshold=0.5, **EVERY_PAIR))
    assert star.bridges
    assert star.bridge_ends
    relations = {m.relation for cluster in star.clusters for m in cluster.members}
    assert relations == {"identical", "normalised", "near"}
    single = dedupe.find_duplicates(texts, Config(threshold=0.5, linkage="single", **EVERY_PAIR))
    assert any(m.relation == "linked" for cluster in single.clusters for m in cluster.members)


def test_metadata_decides_as_in_the_scan(tmp_path):
    words = [f"word{i}" for i in range(60)]
    lines = []
    for i in range(6):
        words[i * 3] = f"other{i}"
        record = {
            "id": f"d{i}",
            "text": " ".join(words),
            "date": f"2024-01-{20 - i:02}",
            "url": f"https://{'ab'[i % 2]}.example/{i}",
        }
        lines.append(msgspec.json.encode(record))
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    for keep in (("earliest",), ("latest",), ("site=b.example", "latest")):
        config = {"keep": keep, **EVERY_PAIR}
        saved = dedupe.scan(tmp_path / "x.jsonl", Config(threshold=0.4, **config))
        for threshold in (0.7, 0.85):
            scanned = dedupe.scan(tmp_path / "x.jsonl", Config(threshold=threshold, **config))
            assert scanned.clusters
            assert_same(recluster(saved, threshold, refuse), scanned)


def test_search_tells_the_bands_of_the_scan_and_their_recall():
    report = dedupe.find_duplicates(make_chains(2), Config(threshold=0.5))
    again = recluster(report, 0.8, refuse)
    assert (again.search.bands, again.search.rows) == (report.search.bands, report.search.rows)
    assert report.search.expected_recall < again.search.expected_recall <= 1
    assert again.config == msgspec.structs.replace(report.config, threshold=0.8)
    assert again.run == report.run


@pytest.mark.parametrize("threshold", [0.1, 0.4999, 1.01, float("nan")])
def test_other_thresholds_are_refused(threshold):
    report = dedupe.find_duplicates(make_chains(3), Config(threshold=0.5))
    with pytest.raises(ConfigError, match=r"holds the pairs from 0\.5 to 1"):
        recluster(report, threshold, refuse)


def test_capped_buckets_are_refused():
    body = " ".join(f"w{i}" for i in range(120))
    texts = {f"{i:04}": f"{body} number {i}" for i in range(120)}
    report = dedupe.find_duplicates(texts, Config(max_bucket=50))
    assert report.search.capped_bucket_count
    with pytest.raises(ReportError, match="buckets of this scan were capped"):
        recluster(report, 0.9, refuse)


def test_single_linkage_without_its_texts_is_refused():
    texts = make_chains(4)
    saved = dedupe.find_duplicates(
        texts, Config(threshold=0.3, linkage="single", keep=("first",), **EVERY_PAIR)
    )
    with pytest.raises(ReportError, match="has changed since the scan; with single linkage"):
        recluster(saved, 0.7, count_in_texts(saved, Texts({})))


def test_reports_that_do_not_hold_together_are_refused():
    report = dedupe.find_duplicates(make_chains(1), Config(threshold=0.5))
    first = report.clusters[0]
    pair = first.pairs[0]

    def with_pair(**changes: object) -> Report:
        changed = msgspec.structs.replace(pair, **changes)
        cluster = msgspec.structs.replace(first, pairs=(changed, *first.pairs[1:]))
        return msgspec.structs.replace(report, clusters=(cluster, *report.clusters[1:]))

    member = msgspec.structs.replace(first.members[0], content_hash="no hash")
    hashless = msgspec.structs.replace(first, members=(member, *first.members[1:]))
    for broken, said in (
        (msgspec.structs.replace(report, bridge_ends=()), "does not describe it"),
        (with_pair(left="nobody"), "'nobody', but does not describe it"),
        (with_pair(shared_count=10**6), "impossible pair"),
        (with_pair(left=pair.right), "impossible pair"),
        (msgspec.structs.replace(report, clusters=(first, first)), "more than once"),
        (
            msgspec.structs.replace(report, clusters=(hashless, *report.clusters[1:])),
            "no valid content_hash",
        ),
    ):
        with pytest.raises(ReportError, match=said):
            recluster(broken, 0.7, refuse)
