"""The laws of the gate and its baseline, over generated corpora."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import Config, find_duplicates
from dedupe.gate.baseline import Baseline, format_baseline, parse_baseline
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report, make_baseline
from dedupe.model.errors import ConfigError
from dedupe.report.graph import connect_documents
from tests.support.corpora import CORPORA, SETTINGS, TEXTS, make_text, with_ids

LIMITS = GateLimits()
LINKAGES = st.sampled_from(["star", "single", "complete"])
MANY = settings(max_examples=20, deadline=None)


def scan(documents, linkage="star", **more):
    return find_duplicates(documents, Config(linkage=linkage, **more, **SETTINGS))


def judge(documents, baseline=None, linkage="star", limits=LIMITS):
    return judge_report(scan(documents, linkage), limits, baseline)


def baseline_of(documents, linkage="star"):
    return make_baseline(scan(documents, linkage))


def known_texts(baseline, documents) -> set[str]:
    return {documents[entry.id] for entry in baseline.entries}


def partners_of(id, documents) -> set[str]:
    """All documents that make a duplicate pair with this one, copies of copies included."""
    paired = connect_documents(scan(documents))
    if id not in paired.hashes:
        return set()
    own = paired.group_of[id]
    groups = {own, *(other.group for other in paired.near.get(own, ()))}
    return {other for group in groups for other in paired.groups[group]} - {id}


@MANY
@given(CORPORA, LINKAGES)
def test_what_a_baseline_was_made_of_passes(texts, linkage):
    documents = with_ids(texts)
    verdict = judge(documents, baseline_of(documents, linkage), linkage)
    assert verdict.passed
    assert verdict.new == verdict.tolerated == verdict.gone == ()
    assert verdict.known_count == verdict.duplicate_count


@MANY
@given(CORPORA, LINKAGES, st.data())
def test_whatever_is_removed_nothing_is_new(texts, linkage, data):
    documents = with_ids(texts)
    baseline = baseline_of(documents, linkage)
    removed = data.draw(st.sets(st.sampled_from([*documents])))
    rest = {id: text for id, text in documents.items() if id not in removed}
    verdict = judge(rest, baseline, linkage)
    assert verdict.passed, verdict.new
    known = {entry.id for entry in baseline.entries}
    gone = {each.id for each in verdict.gone}
    assert len(gone) >= len(removed & known)
    assert gone <= known


def test_a_chain_without_its_middle_has_other_representatives_and_passes():
    """What made no cluster, only a bridge, joins one when something is removed."""
    documents = {f"d{i}": make_text(0, i, "") for i in range(7)}
    # (By degree the middle of the chain makes the first cluster, and its ends are bridged.)
    whole = scan(documents, keep=("degree",))
    bridge_ends = {end.id for end in whole.bridge_ends}
    assert bridge_ends
    representatives = {cluster.representative for cluster in whole.clusters}
    baseline = make_baseline(whole)
    became_members = set()
    for removed in documents:
        rest = {id: text for id, text in documents.items() if id != removed}
        report = scan(rest, keep=("degree",))
        clustered = {member.id for cluster in report.clusters for member in cluster.members}
        became_members |= clustered & bridge_ends
        assert {c.representative for c in report.clusters} - representatives or removed
        assert judge_report(report, LIMITS, baseline).passed
    assert became_members


@MANY
@given(CORPORA, LINKAGES, st.data())
def test_one_more_copy_is_new_and_named(texts, linkage, data):
    documents = with_ids(texts)
    baseline = baseline_of(documents, linkage)
    text = documents[data.draw(st.sampled_from([*documents]))]
    verdict = judge({**documents, "copy": text}, baseline, linkage)
    assert not verdict.passed
    named = {new.id for new in verdict.new}
    if text in known_texts(baseline, documents):
        [new] = verdict.new
        assert (new.id, new.relation, new.change) == ("copy", "identical", "added")
        assert documents[new.copy_of] == text
        assert new.is_copy_known
    else:  # which of the two came later nobody can know
        assert named <= {"copy", *(id for id in documents if documents[id] == text)}


@MANY
@given(CORPORA, TEXTS, LINKAGES, st.data())
def test_a_duplicate_in_the_place_of_others_is_new(texts, text, linkage, data):
    """Also under the id of what was removed."""
    documents = with_ids(texts)
    baseline = baseline_of(documents, linkage)
    removed = data.draw(st.lists(st.sampled_from([*documents]), unique=True))
    id = data.draw(st.sampled_from([*removed, "other"]))
    rest = {each: documents[each] for each in documents if each not in removed}
    swapped = {**rest, id: text}
    known = known_texts(baseline, documents)
    partners = partners_of(id, swapped)
    verdict = judge(swapped, baseline, linkage)
    if text in known:
        assert verdict.passed == (texts.count(text) >= [*swapped.values()].count(text))
    elif any(swapped[other] in known for other in partners):
        [new] = [new for new in verdict.new if new.id == id]
        assert new.change == ("changed" if documents.get(id) in known else "added")
        assert not verdict.passed
    else:
        assert verdict.passed == (not partners)
        assert {new.id for new in verdict.new} <= {id, *partners}


@MANY
@given(CORPORA, LINKAGES, st.data())
def test_a_rename_is_not_new(texts, linkage, data):
    documents = with_ids(texts)
    ids = data.draw(st.permutations([*documents, *(f"new{i}" for i in range(len(documents)))]))
    renamed = dict(zip(ids, documents.values(), strict=False))
    verdict = judge(renamed, baseline_of(documents, linkage), linkage)
    assert verdict.passed
    assert verdict.new == verdict.gone == ()


@MANY
@given(CORPORA, CORPORA, st.sampled_from(["star", "single"]))
def test_only_what_came_is_new_and_without_it_the_gate_passes(texts, more, linkage):
    documents = with_ids(texts)
    baseline = baseline_of(documents, linkage)
    grown = {**documents, **with_ids(more, "more")}
    new = {each.id for each in judge(grown, baseline, linkage).new}
    known = {entry.id for entry in baseline.entries}
    assert not new & known
    rest = {id: text for id, text in grown.items() if id not in new}
    assert judge(rest, baseline, linkage).passed


@MANY
@given(CORPORA, LINKAGES, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_no_text_is_stored(texts, linkage, shuffler):
    documents = with_ids(texts)
    shuffled = [*documents.items()]
    shuffler.shuffle(shuffled)
    baseline = baseline_of(documents, linkage)
    written = format_baseline(baseline)
    assert written == format_baseline(baseline_of(dict(shuffled), linkage))
    assert parse_baseline(written, "b") == baseline
    assert not any(word.encode() in written for text in texts for word in text.split())
    entries = [line for line in written.split(b"\n") if b' "d' in line]
    assert entries == sorted(entries)
    assert len(entries) == len(baseline.entries)


@MANY
@given(CORPORA, LINKAGES, st.sampled_from(["identical", "normalised", "near"]))
def test_without_a_baseline_the_duplicates_of_the_report_count(texts, linkage, relation):
    report = scan(with_ids(texts), linkage)
    verdict = judge_report(report, LIMITS)
    surplus = {m.id for c in report.clusters for m in c.members if m.id != c.representative}
    assert {new.id for new in verdict.new} == surplus
    assert len(verdict.new) == report.corpus.duplicate_count == verdict.duplicate_count
    assert verdict.passed == (not surplus)
    assert judge_report(report, LIMITS, baseline_of({"x": "alone"})) == verdict
    only = judge_report(report, GateLimits(fail_on=(relation,)))
    assert only.new == tuple(new for new in verdict.new if new.relation == relation)
    assert {*only.new, *only.tolerated} == {*verdict.new}


def test_relations_and_jaccards_are_those_of_the_most_alike():
    base = make_text(0, 0, "")
    verdict = judge({"a": base}, None)
    assert verdict.passed
    documents = {"a": base, "b": base + "!", "c": base, "d": make_text(0, 1, "")}
    verdict = judge({**documents, "e": documents["d"]}, baseline_of({"a": base, "b": base + "!"}))
    found = {new.id: (new.relation, new.copy_of, new.is_copy_known) for new in verdict.new}
    assert found == {
        "c": ("identical", "a", True),
        "d": ("near", "a", True),
        "e": ("identical", "d", False),
    }
    [near] = [new for new in verdict.new if new.relation == "near"]
    assert near.jaccard == 25 / (29 + 29 - 25)  # shingles of two words; four words are others
    cluster = {cluster.cluster_id for cluster in scan({**documents, "e": documents["d"]}).clusters}
    assert {new.cluster_id for new in verdict.new} == cluster


@MANY
@given(CORPORA, CORPORA)
def test_an_update_keeps_the_lines_of_clusters_that_stay(texts, more):
    documents = with_ids(texts)
    old = baseline_of(documents)
    new = make_baseline(scan({**documents, **with_ids(more, "more")}), old)
    assert make_baseline(scan({**documents, **with_ids(more, "more")}), new) == new
    clusters: dict[str, set] = {}
    for entry in old.entries:
        clusters.setdefault(entry.cluster, set()).add(entry)
    now = {(entry.content_hash, entry.id): entry.cluster for entry in new.entries}
    for name, entries in clusters.items():
        [name_now] = {now[entry.content_hash, entry.id] for entry in entries}
        assert name_now in clusters
        if name_now != name:  # two clusters became one, which keeps the name of the larger
            assert len(clusters[name_now]) >= len(entries)


def merge(baselines: Iterable[Baseline]) -> Baseline:
    """As version control merges them: the lines of both, in any order, some of them twice."""
    lines = [line for each in baselines for line in format_baseline(each).splitlines(True)[1:]]
    random.Random(1).shuffle(lines)
    return parse_baseline(b"dedupe-baseline 1\n" + b"".join(lines), "merged")


def join_sets(sets: Iterable[set[str]]) -> list[set[str]]:
    joined: list[set[str]] = []
    for each in sets:
        touching = [other for other in joined if other & each]
        joined = [other for other in joined if not other & each]
        joined.append(each.union(*touching))
    return joined


@pytest.mark.slow
@MANY
@given(CORPORA, CORPORA, CORPORA, LINKAGES)
def test_baselines_of_two_branches_merge_line_by_line(texts, ours, theirs, linkage):
    base = with_ids(texts)
    branches = [{**base, **with_ids(ours, "ours")}, {**base, **with_ids(theirs, "theirs")}]
    start = baseline_of(base, linkage)
    reports = [scan(branch, linkage) for branch in branches]
    merged = merge(make_baseline(report, start) for report in reports)
    everything = branches[0] | branches[1]
    verdict = judge(everything, merged, linkage)
    paired = connect_documents(scan(everything, linkage))
    accepted = join_sets(
        {everything[id] for id in component}
        for report in reports
        for component in connect_documents(report).components()
    )
    crossing = [
        (id, other)
        for id in paired.hashes
        for other in partners_of(id, everything)
        if id.startswith("ours") and other.startswith("theirs")
    ]
    if not crossing:
        assert verdict.passed, verdict.new
    for pair in crossing:
        homes = [[i for i, each in enumerate(accepted) if everything[id] in each] for id in pair]
        if not homes[0] or homes[0] != homes[1]:
            assert not verdict.passed
    assert judge(everything, make_baseline(scan(everything, linkage), merged), linkage).passed


def test_what_two_branches_accepted_of_one_article_is_told_as_joined():
    ours = {"a": make_text(0, 0, ""), "b": make_text(0, 0, "!")}
    theirs = {"p": make_text(0, 1, ""), "q": make_text(0, 1, "!"), "r": make_text(0, 1, "")}
    merged = merge([baseline_of(ours), baseline_of(theirs)])
    verdict = judge({**ours, **theirs}, merged)
    assert {(new.id, new.change, new.relation) for new in verdict.new} == {
        ("a", "joined", "near"),
        ("b", "joined", "near"),
    }
    assert {new.copy_of for new in verdict.new} <= theirs.keys()


# --- limits -----------------------------------------------------------------------------------

TWENTY = with_ids([make_text(i, 0, "") for i in range(18)] + [make_text(0, 0, "")] * 2)


@pytest.mark.parametrize(
    ("limits", "exceeded"),
    [
        ({}, ["max_duplicates"]),
        ({"max_duplicates": 1}, ["max_duplicates"]),
        ({"max_duplicates": 2}, []),
        ({"max_duplicate_ratio": 0.1}, []),
        ({"max_duplicate_ratio": 0.099}, ["max_duplicate_ratio"]),
        ({"max_duplicate_ratio": 1}, []),
        (
            {"max_duplicate_ratio": 0.0, "max_duplicates": 0},
            ["max_duplicates", "max_duplicate_ratio"],
        ),
        ({"max_duplicate_ratio": 0.5, "max_duplicates": 1}, ["max_duplicates"]),
        ({"fail_on": ("near", "normalised")}, []),
    ],
)
def test_limits(limits, exceeded):
    verdict = judge(TWENTY, limits=GateLimits(**limits))
    assert [*verdict.exceeded] == exceeded
    assert verdict.passed == (not exceeded)


@pytest.mark.parametrize(
    "values",
    [
        {"max_duplicates": -1},
        {"max_duplicates": True},
        {"max_duplicates": 1.5},
        {"max_duplicates": "none"},
        {"max_duplicate_ratio": 1.1},
        {"max_duplicate_ratio": -0.1},
        {"max_duplicate_ratio": float("nan")},
        {"max_duplicate_ratio": True},
        {"fail_on": ()},
        {"fail_on": ("linked",)},
        {"fail_on": "near"},
        {"fail_on": (["near"],)},
    ],
)
def test_wrong_limits_are_errors(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        GateLimits(**values)


def test_an_empty_corpus_passes():
    assert judge({}, limits=GateLimits(max_duplicate_ratio=0.0)).passed


def test_a_baseline_goes_with_what_decides_which_pairs_are_found(
    dedupe_here: Any, tmp_path: Path
) -> None:
    """Numbers and furniture that are left out; not furniture that is only told."""
    (tmp_path / "in").mkdir()
    for name, text in (("a", "one two three four five 6"), ("b", "one two three four five 7")):
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    check = ("check", "in", "--baseline", "known")
    dedupe_here(*check, "--update-baseline")
    plain = (tmp_path / "known").read_bytes()
    assert b"furniture" not in plain and b"ignore_numbers" not in plain
    dedupe_here(*check, "--furniture", "report")
    for flags in (["--ignore-numbers"], ["--furniture", "ignore"]):
        told = dedupe_here(*check, *flags, code=2).stderr
        assert b"was made with other settings" in told
        dedupe_here(*check, *flags, "--update-baseline")
        dedupe_here(*check, *flags)
        assert b"was made with other settings" in dedupe_here(*check, code=2).stderr
        (tmp_path / "known").write_bytes(plain)
