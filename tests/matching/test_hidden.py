"""What capped buckets hide: the estimate of a report against a count of all pairs."""

from __future__ import annotations

import itertools
import json
import math
import random

import numpy as np
import pytest

import dedupe
from dedupe.matching.buckets import PIVOT_COUNT, Buckets
from dedupe.matching.hidden import SAMPLED_PER_BAND, sample_hidden
from dedupe.model.settings import Config
from dedupe.report.json import parse_report, render_json
from dedupe.sketch import load_kernels
from tests.support.site_pages import count_all_pairs, make_site_pages

THRESHOLD = 0.7


def found_pairs(report):
    """The ids of all pairs that a report lists."""
    listed = itertools.chain(report.bridges, *(cluster.pairs for cluster in report.clusters))
    return {(pair.left, pair.right) for pair in listed}


class Truth:
    """The duplicates by brute force, those that a scan without a limit finds, and one with."""

    def __init__(self, texts, **settings):
        ids, jaccard = count_all_pairs(texts, Config().shingle_size)
        upper = np.triu_indices(len(ids), 1)
        self.jaccard = {
            (ids[one], ids[other]): jaccard[one, other]
            for one, other in zip(*upper, strict=True)
            if jaccard[one, other] >= THRESHOLD
        }
        self.report = dedupe.find_duplicates(texts, Config(**settings))
        self.capped = self.report.search.capped
        whole = dedupe.find_duplicates(texts, Config(**{**settings, "max_bucket": len(texts)}))
        self.found, self.sharing = found_pairs(self.report), found_pairs(whole)
        assert self.found <= self.sharing <= self.jaccard.keys()

    def near(self, pairs):
        return sum(self.jaccard[pair] < THRESHOLD + 0.05 for pair in pairs)


@pytest.mark.parametrize(
    ("seed", "count", "max_bucket"), [(1, 500, 60), (2, 500, 40), (3, 500, 15), (4, 800, 120)]
)
def test_what_is_stated_holds_within_three_standard_errors(seed, count, max_bucket):
    truth = Truth(make_site_pages(seed, count), max_bucket=max_bucket)
    capped, hidden = truth.capped, len(truth.sharing) - len(truth.found)
    assert hidden > 100 and capped.sampled_pair_count > 1000
    assert abs(capped.hidden_pair_count - hidden) <= 3 * capped.hidden_pair_error
    share = len(truth.found) / len(truth.sharing)
    assert abs(capped.found_share - share) <= 3 * capped.found_share_error
    near = truth.near(truth.found) / truth.near(truth.sharing)
    assert abs(capped.near_share - near) <= 3 * capped.near_share_error
    # It says something: neither number is only an error.
    assert capped.hidden_pair_error < hidden / 4 and capped.found_share_error < 0.05
    # The recall of pairs near the threshold is at least what is expected of those at it.
    recall = truth.near(truth.found) / truth.near(truth.jaccard)
    expected = truth.report.search.expected_recall
    chance = math.sqrt(expected * (1 - expected) / truth.near(truth.jaccard))
    assert recall >= expected - 3 * (capped.near_share_error + chance)
    assert recall <= expected + 0.01 + 3 * (capped.near_share_error + chance)


@pytest.mark.slow
def test_errors_are_as_large_as_they_are_said_to_be():
    """Over 30 corpora the deviations, in standard errors, spread as they should."""
    deviations = []
    for seed in range(100, 130):
        texts = make_site_pages(seed, 250)
        report = dedupe.find_duplicates(texts, Config(max_bucket=40))
        whole = dedupe.find_duplicates(texts, Config(max_bucket=250))
        hidden = whole.search.duplicate_pair_count - report.search.duplicate_pair_count
        capped = report.search.capped
        deviations.append((capped.hidden_pair_count - hidden) / capped.hidden_pair_error)
    assert np.abs(deviations).max() < 3.5
    assert 0.4 < np.std(deviations) < 1.4
    assert abs(np.mean(deviations)) < 3 / math.sqrt(30)


def test_a_corpus_without_capped_buckets_says_nothing():
    report = dedupe.find_duplicates(make_site_pages(5, 60))
    assert report.search.capped_bucket_count == 0 and report.search.capped is None


@pytest.mark.parametrize(
    "kernels", [load_kernels().name, pytest.param("plain", marks=pytest.mark.slow)]
)
def test_order_workers_and_memory_change_nothing(tmp_path, kernels):
    texts = make_site_pages(6, 50)
    reports = set()
    for seed in range(3):
        lines = [json.dumps({"id": id, "text": text}) for id, text in texts.items()]
        random.Random(seed).shuffle(lines)
        corpus = tmp_path / f"{seed}.jsonl"
        corpus.write_text("\n".join(lines))
        settings = {"max_memory": 1 << 28, "work_dir": str(tmp_path)} if seed else {}
        report = dedupe.scan(
            corpus, Config(max_bucket=4, workers=seed + 1, kernels=kernels, **settings)
        )
        assert report.search.capped.hidden_pair_count
        reports.add(report.search)
    assert len(reports) == 1


def test_with_references_only_pairs_of_a_new_document_are_hidden(tmp_path):
    texts = make_site_pages(7, 300)
    halves = {"new": [*texts][::2], "old": [*texts][1::2]}
    for name, ids in halves.items():
        lines = (json.dumps({"id": id, "text": texts[id]}) for id in ids)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    new, old = tmp_path / "new.jsonl", tmp_path / "old.jsonl"
    report, whole = (
        dedupe.scan(new, Config(max_bucket=max_bucket), against=old) for max_bucket in (20, 300)
    )
    capped = report.search.capped
    hidden = whole.search.duplicate_pair_count - report.search.duplicate_pair_count
    assert hidden > 500
    assert abs(capped.hidden_pair_count - hidden) <= 3 * capped.hidden_pair_error
    assert capped.hidden_pair_error < hidden / 4


def test_what_the_search_for_contained_documents_finds_is_not_hidden():
    """Articles in 14 versions each, in one template: their own words bring all of them together."""
    rng = random.Random(8)
    template = [f"template{number}" for number in range(320)]
    texts = {}
    for article in range(25):
        common = [*template, *(f"article{article}x{number}" for number in range(60))]
        for version in range(14):
            own = (f"own{rng.randrange(10**9)}" for _ in range(60))
            texts[f"{article:02}/{version:02}"] = " ".join([*common, *own])
    settings = {"max_bucket": 15, "threshold": THRESHOLD}
    report = dedupe.find_duplicates(texts, Config(**settings))
    inside = dedupe.find_duplicates(texts, Config(**settings, find=("near", "contained")))
    whole = dedupe.find_duplicates(texts, Config(max_bucket=len(texts), threshold=THRESHOLD))
    hidden = len(found_pairs(whole) - found_pairs(report))
    capped = report.search.capped
    assert hidden > 0 and capped.hidden_pair_count > 0
    assert abs(capped.hidden_pair_count - hidden) <= 3 * capped.hidden_pair_error
    assert found_pairs(whole) <= found_pairs(inside)
    assert inside.search.capped_bucket_count and inside.search.capped.hidden_pair_count == 0


def buckets_of(sizes):
    """One band whose buckets have these sizes, and the keys of its groups."""
    keys = np.repeat(np.arange(len(sizes), dtype=np.uint64) * np.uint64(1 << 40), sizes)
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    groups = np.arange(len(keys), dtype=np.int64)
    return Buckets.without_references(groups, begins, max_bucket=8), keys


@pytest.mark.parametrize("size", [9, 10, 13, 14, 15, 16, 50, 51, 1000])
def test_a_sample_has_each_pair_once_and_stands_for_all(size):
    buckets, keys = buckets_of([3, size, 2])
    sample = sample_hidden(buckets, keys, len(keys))
    pairs = [*zip(sample.left.tolist(), sample.right.tolist(), strict=True)]
    others = size - PIVOT_COUNT
    assert len({*pairs}) == len(pairs) == min(PIVOT_COUNT * others, math.comb(others, 2))
    assert sample.weights.sum() == pytest.approx(math.comb(others, 2))
    first = 3 + PIVOT_COUNT
    assert all(first <= left < right < 3 + size for left, right in pairs)


def test_a_sample_of_a_large_corpus_is_bounded():
    buckets, keys = buckets_of([60_000, 600, 20_000])
    sample = sample_hidden(buckets, keys, 1_000_000)
    all_pairs = sum(math.comb(count - PIVOT_COUNT, 2) for count in (60_000, 600, 20_000))
    assert 0.9 < len(sample.left) / (SAMPLED_PER_BAND * 80_588 / 1_000_000) < 1.1
    assert sample.weights.sum() == pytest.approx(all_pairs)


def test_none_among_the_drawn_is_a_bound_and_not_a_certainty():
    """A bucket of a thousand pages, of which nearly none are duplicates."""
    rng = random.Random(9)
    shared = " ".join(f"shared{number}" for number in range(60))
    texts = {
        f"{n:04}": f"{shared} " + " ".join(f"own{rng.randrange(10**9)}" for _ in range(80))
        for n in range(700)
    }
    report = dedupe.find_duplicates(texts, Config(max_bucket=10))
    capped = report.search.capped
    assert capped.hidden_pair_count == 0 < capped.hidden_pair_error
    assert capped.found_share is None and capped.near_share is None
    assert report.search.expected_recall > 0.98


def test_a_report_is_written_and_read_again():
    report = dedupe.find_duplicates(make_site_pages(10, 80), Config(max_bucket=10))
    assert parse_report(render_json(report)).search == report.search
