"""A scan as a whole: exact, complete where it must be, and the same whatever the order."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import shutil
from pathlib import Path

import msgspec
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.model.settings import Config
from dedupe.report.json import render_json
from tests.support.command import FIXTURES
from tests.support.corpora import NUMBERED_WORDS, make_corpus

ARTICLES = FIXTURES / "articles"


def without_run(report) -> bytes:
    content = json.loads(render_json(report))
    del content["run"]
    return json.dumps(content).encode()


def shingle_sets(texts, shingle_size):
    return {id: set(dedupe.shingle_text(text, shingle_size)) for id, text in texts.items()}


def assert_exact(report, texts):
    """Every pair has the integers that brute force gives, and none is below the threshold."""
    sets = shingle_sets(texts, report.config.shingle_size)
    pairs = [pair for cluster in report.clusters for pair in cluster.pairs]
    for pair in [*pairs, *report.bridges]:
        left, right = sets[pair.left], sets[pair.right]
        assert pair.left < pair.right
        assert pair.shared_count == len(left & right)
        assert (pair.left_count, pair.right_count) == (len(left), len(right))
        assert pair.jaccard == len(left & right) / len(left | right) >= report.config.threshold
    for cluster in report.clusters:
        for member in cluster.members:
            one, other = sets[member.id], sets[cluster.representative]
            assert member.jaccard == len(one & other) / len(one | other)
            assert member.representative_containment == len(one & other) / len(other)
        weakest = min((member.jaccard, member.id) for member in cluster.members[1:])
        assert (cluster.weakest_link.jaccard, cluster.weakest_link.id) == weakest
        ids = "\0".join(sorted(member.id for member in cluster.members))
        assert cluster.cluster_id == xxhash.xxh3_64_hexdigest(ids.encode())


@pytest.mark.parametrize("linkage", ["star", "single", "complete"])
@pytest.mark.parametrize("shingle_size", [1, 3, 5])
def test_pairs_are_exact_and_nearly_all_found(linkage, shingle_size):
    texts = make_corpus(shingle_size)
    config = Config(linkage=linkage, shingle_size=shingle_size, threshold=0.6)
    report = dedupe.find_duplicates(texts, config)
    assert_exact(report, texts)
    sets = shingle_sets(texts, shingle_size)
    true_pairs = [
        (one, other)
        for one, other in itertools.combinations(sorted(texts), 2)
        if len(sets[one] & sets[other]) / len(sets[one] | sets[other]) >= 0.6
    ]
    found = {(p.left, p.right) for c in report.clusters for p in c.pairs}
    found |= {(p.left, p.right) for p in report.bridges}
    # A copy of equal tokens appears in a pair with its lead alone.
    tokens = {id: tuple(dedupe.tokenize_text(text)) for id, text in texts.items()}
    groups = {}
    for id in texts:
        groups.setdefault(tokens[id], set()).add(id)
    expected = {
        (one, other)
        for one, other in true_pairs
        if len(groups[tokens[one]]) == len(groups[tokens[other]]) == 1
    }
    assert len(expected) > 20
    assert len(expected - found) <= 0.02 * len(expected)


def test_fixtures_cluster_as_their_readme_says():
    report = dedupe.scan(ARTICLES)
    clusters = {
        frozenset(m.id.removesuffix(".txt") for m in cluster.members): cluster
        for cluster in report.clusters
    }
    expected = {
        ("harbour-bridge_citydesk", "harbour-bridge_newswire"): "near",
        ("ferry-strike", "ferry-strike_mirror"): "identical",
        ("orchard-frost", "orchard-frost_retyped"): "normalised",
        ("library-hours_1", "library-hours_2", "library-hours_3"): "near",
        ("typos", "typos_retyped"): "near",
        ("zh_metro", "zh_metro_reprint"): "near",
        ("ru_theatre", "ru_theatre_reprint"): "near",
        ("ar_water", "ar_water_reprint"): "near",
        ("brief_note", "brief_note_copy"): "identical",
    }
    assert set(clusters) == set(map(frozenset, expected))
    for ids, relation in expected.items():
        members = clusters[frozenset(ids)].members
        assert {member.relation for member in members[1:]} == {relation}
    assert {s.id: s.reason for s in report.skipped} == {
        "empty.txt": "no_tokens",
        "punctuation_only.txt": "no_tokens",
    }
    texts = {path.name: path.read_text(encoding="utf-8") for path in ARTICLES.glob("*.txt")}
    assert_exact(report, texts)


def test_a_chain_does_not_merge_its_ends():
    chain = {
        name: (ARTICLES / f"library-hours_{name}.txt").read_text(encoding="utf-8") for name in "123"
    }
    # With its middle as representative one star holds all; with an end first it cannot.
    assert len(dedupe.find_duplicates(chain).clusters[0].members) == 3
    report = dedupe.find_duplicates(chain, Config(keep=("first",)))
    (cluster,) = report.clusters
    assert [member.id for member in cluster.members] == ["1", "2"]
    assert [(pair.left, pair.right) for pair in report.bridges] == [("2", "3")]
    single = dedupe.find_duplicates(chain, Config(keep=("first",), linkage="single"))
    relations = {member.id: member.relation for member in single.clusters[0].members}
    assert relations == {"1": "identical", "2": "near", "3": "linked"}
    assert single.clusters[0].weakest_link.id == "3"
    assert single.clusters[0].weakest_link.jaccard < 0.7


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["star", "single", "complete"]))
def test_order_of_texts_does_not_matter(rng, linkage):
    texts = make_corpus(7, families=15)
    shuffled = list(texts.items())
    rng.shuffle(shuffled)
    config = Config(linkage=linkage, threshold=0.5)
    expected = without_run(dedupe.find_duplicates(texts, config))
    assert without_run(dedupe.find_duplicates(dict(shuffled), config)) == expected


@pytest.mark.parametrize("keep", [("degree",), ("first",), ("longest", "first"), ("shortest",)])
def test_same_bytes_whatever_the_order_workers_and_kernels(tmp_path, keep):
    texts = make_corpus(3)
    # Ids that occur twice, one of them with equal texts.
    records = [{"id": id, "text": text} for id, text in texts.items()]
    records += [
        {"id": "twice", "text": "one two three four five six"},
        {"id": "twice", "text": "x"},
    ]
    records += [records[0], {"id": "none", "text": "…"}, {"id": "missing"}]
    reports = []
    for seed in range(3):
        random.Random(seed).shuffle(records)
        path = tmp_path / "corpus.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        for workers in (1, 2):
            for kernels in ("auto", "plain"):
                config = Config(workers=workers, kernels=kernels, keep=keep)
                reports.append(without_run(dedupe.scan(path, config)))
    assert len(set(reports)) == 1


def test_same_bytes_whatever_the_order_of_files(tmp_path):
    names = sorted(path.name for path in ARTICLES.glob("*.txt"))
    reports = set()
    for seed in range(3):
        random.Random(seed).shuffle(names)
        folder = tmp_path / f"copy{seed}"
        folder.mkdir()
        for name in names:
            shutil.copy(ARTICLES / name, folder / name)
        reports.add(without_run(dedupe.scan(folder)))
    assert len(reports) == 1


def test_capped_buckets_are_counted_and_still_cluster():
    body = " ".join(NUMBERED_WORDS[:120])
    texts = {f"{i:04}": f"{body} number {i}" for i in range(300)}
    config = Config(max_bucket=50)
    report = dedupe.find_duplicates(texts, config)
    assert report.search.capped_bucket_count > 0
    assert_exact(report, texts)
    assert len(report.clusters) == 1
    assert len(report.clusters[0].members) == 300
    full = dedupe.find_duplicates(texts)
    assert full.search.capped_bucket_count == 0
    assert full.search.duplicate_pair_count == 300 * 299 // 2


def test_a_thousand_copies_cost_one():
    text = " ".join(NUMBERED_WORDS[:60])
    texts = {f"{i}": text if i % 2 else text.upper() for i in range(1000)}
    report = dedupe.find_duplicates({**texts, "other": "quite another text altogether"})
    assert report.search.distinct_count == 2
    assert report.search.candidate_pair_count == 0
    (cluster,) = report.clusters
    assert len(cluster.members) == 1000
    assert len(cluster.pairs) == 999
    assert {pair.relation for pair in cluster.pairs} == {"identical", "normalised"}
    assert all(cluster.representative in (pair.left, pair.right) for pair in cluster.pairs)


def test_copies_follow_their_lead_into_its_cluster():
    texts = {
        "a": " ".join(NUMBERED_WORDS[:100]),
        "b1": " ".join(NUMBERED_WORDS[:96]),
        "b2": " ".join(NUMBERED_WORDS[:96]) + ".",
        "b3": " ".join(NUMBERED_WORDS[:96]),
    }
    report = dedupe.find_duplicates(texts, Config(keep=("longest",)))
    (cluster,) = report.clusters
    assert cluster.representative == "a"
    assert [member.id for member in cluster.members] == ["a", "b1", "b2", "b3"]
    assert len({member.jaccard for member in cluster.members[1:]}) == 1
    assert not report.bridges


@pytest.mark.parametrize(
    ("rules", "representative"),
    [
        (("longest",), "x10"),
        (("shortest",), "x2"),
        (("first",), "x2"),
        (("first", "longest"), "x2"),
    ],
)
def test_keep_rules(rules, representative):
    texts = {"x10": " ".join(NUMBERED_WORDS[:100]), "x2": " ".join(NUMBERED_WORDS[:95])}
    report = dedupe.find_duplicates(texts, Config(keep=rules))
    assert report.clusters[0].representative == representative


def test_short_documents_match_only_their_equals():
    texts = {"a": "Brief note", "b": "brief: NOTE", "c": "brief", "d": "note brief", "e": "?"}
    report = dedupe.find_duplicates(texts)
    assert [[m.id for m in cluster.members] for cluster in report.clusters] in (
        [["a", "b"]],
        [["b", "a"]],
    )
    assert [skipped.id for skipped in report.skipped] == ["e"]


def test_gzip_and_plain_files_give_the_same_clusters(tmp_path):
    lines = (FIXTURES / "records.jsonl").read_bytes()
    (tmp_path / "plain.jsonl").write_bytes(lines)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(lines))
    plain = dedupe.scan(tmp_path / "plain.jsonl")
    packed = dedupe.scan(tmp_path / "packed.jsonl.gz")
    assert plain.clusters == packed.clusters
    assert plain.corpus == packed.corpus


def test_every_text_of_a_cluster_can_be_embedded(tmp_path):
    report = dedupe.scan(ARTICLES, Config(embed_text=True))
    assert report.texts is not None
    for cluster in report.clusters:
        for member in cluster.members:
            content = Path(ARTICLES, member.id).read_bytes().decode()
            assert report.texts[member.id] == content
    assert msgspec.structs.replace(report, texts=None).clusters == report.clusters


def test_natural_order_of_ids():
    from dedupe.matching.order import natural_key

    ids = ["a10", "a2", "a02", "b", "a", "10", "9", "a2b10", "a2b9"]
    expected = ["9", "10", "a", "a02", "a2", "a2b9", "a2b10", "a10", "b"]
    assert sorted(ids, key=lambda id: (natural_key(id), id)) == expected
