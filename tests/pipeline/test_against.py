"""A scan against an archive is a scan of both together, without what is inside the archive."""

from __future__ import annotations

import csv
import itertools
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import judge_report, make_baseline
from dedupe.model.errors import InputError, ReportError
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.pipeline.reclustering import count_in_texts, recluster
from tests.support.command import FIXTURES, RunDedupe
from tests.support.corpora import TEXTS, make_chains
from tests.support.reports import Texts, assert_same, refuse

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
from filtering import filter_joint, outline

EVERY_PAIR = {"recall": 1 - 1e-12, "shingle_size": 2, "workers": 1}
"""Settings with which no pair is missed, so that two scans have the same candidates."""

KEEP_RULES = st.lists(
    st.sampled_from(["content", "degree", "first", "longest", "shortest"]),
    min_size=1,
    max_size=3,
    unique=True,
)


def counter_of(texts, shingle_size):
    def count_shared(left, right):
        one, other = (set(dedupe.shingle_text(texts[id], shingle_size)) for id in (left, right))
        return len(one & other), len(one), len(other)

    return count_shared


def split(marked):
    """Two corpora; the ids say nothing on which of them it is."""
    named = {f"d{number:02}": each for number, each in enumerate(marked)}
    return [
        {id: t for id, (t, is_old) in named.items() if is_old is kind} for kind in (False, True)
    ]


@pytest.mark.slow
@settings(max_examples=70, deadline=None)
@given(
    marked=st.lists(st.tuples(TEXTS, st.booleans()), min_size=1, max_size=16),
    linkage=st.sampled_from(["star", "single", "complete"]),
    keep=KEEP_RULES,
    threshold=st.sampled_from([0.3, 0.5, 0.7]),
    max_bucket=st.sampled_from([2, 500]),
)
def test_equal_to_filtering_a_scan_of_both(marked, linkage, keep, threshold, max_bucket):
    new, archive = split(marked)
    if linkage == "single":  # which may come upon pairs that a capped bucket hides
        max_bucket = 500
    config = Config(
        linkage=linkage,
        keep=tuple(keep),
        threshold=threshold,
        max_bucket=max_bucket,
        **EVERY_PAIR,
    )
    joint = dedupe.find_duplicates({**new, **archive}, config)
    found = dedupe.find_duplicates(new, config, against=archive)
    count_shared = counter_of({**new, **archive}, config.shingle_size)
    assert outline(found) == filter_joint(joint, archive, count_shared)
    assert found.corpus.document_count == len(new)
    assert found.corpus.reference_count == len(archive)
    assert found.search.distinct_count == joint.search.distinct_count
    corpora = joint.corpus.token_count, found.corpus.token_count
    assert corpora[0] == corpora[1] + found.corpus.reference_token_count


@pytest.mark.slow
@settings(max_examples=70, deadline=None)
@given(
    marked=st.lists(st.tuples(TEXTS, st.booleans()), min_size=2, max_size=16),
    linkage=st.sampled_from(["star", "single", "complete"]),
)
def test_whatever_is_alike_is_told_unless_all_of_it_is_archived(marked, linkage):
    """Counted in the texts: of two texts that are alike, one of a new document is enough."""
    new, archive = split(marked)
    texts = {**new, **archive}
    config = Config(linkage=linkage, threshold=0.5, **EVERY_PAIR)
    report = dedupe.find_duplicates(new, config, against=archive)
    tokens = {id: tuple(dedupe.tokenize_text(text)) for id, text in texts.items()}
    new_tokens = {tokens[id] for id in new}
    count_shared = counter_of(texts, config.shingle_size)
    alike = set()
    for one, other in itertools.combinations([id for id in texts if tokens[id]], 2):
        shared, left, right = count_shared(one, other)
        is_new = bool({tokens[one], tokens[other]} & new_tokens)
        if is_new and tokens[one] != tokens[other] and shared / (left + right - shared) >= 0.5:
            alike.add(frozenset([tokens[one], tokens[other]]))
    pairs = [p for c in report.clusters for p in c.pairs] + [*report.bridges]
    assert {
        frozenset([tokens[p.left], tokens[p.right]]) for p in pairs if p.relation == "near"
    } == alike
    assert not any({pair.left, pair.right} <= archive.keys() for pair in pairs)
    members = [m for c in report.clusters for m in c.members[1:]]
    assert linkage == "single" or not any(member.is_reference for member in members)


@pytest.mark.parametrize("linkage", ["star", "single", "complete"])
def test_copies_of_two_archived_documents_that_are_alike(linkage):
    words = [f"w{i}" for i in range(60)]
    old, revised = " ".join(words), " ".join([*words[:50], *(f"x{i}" for i in range(5))])
    archive = {"archive-1": old, "archive-2": revised}
    new = {"copy-1": old, "copy-2": old.upper(), "copy-3": revised}
    config = Config(linkage=linkage, embed_text=True)
    report = dedupe.find_duplicates(new, config, against=archive)
    told = {(p.left, p.right): p.relation for c in report.clusters for p in c.pairs}
    told.update({(p.left, p.right): p.relation for p in report.bridges})
    of_copies = [pair for pair, relation in told.items() if relation == "near"]
    assert len(of_copies) == 1
    assert set(of_copies[0]) <= new.keys()
    clusters = {frozenset(member.id for member in c.members) for c in report.clusters}
    own = [{"archive-1", "copy-1", "copy-2"}, {"archive-2", "copy-3"}]
    assert clusters == (
        {frozenset(own[0] | own[1])} if linkage == "single" else {*map(frozenset, own)}
    )
    # One new document is enough: a copy of one archived document that is like another.
    alone = dedupe.find_duplicates({"copy-1": old}, config, against=archive)
    [near] = [
        p
        for p in [p for c in alone.clusters for p in c.pairs] + [*alone.bridges]
        if p.relation == "near"
    ]
    assert (near.left, near.right) == ("archive-2", "copy-1")
    texts = Texts({**new, **archive})
    for threshold in (0.75, 0.99):
        higher = Config(linkage=linkage, embed_text=True, threshold=threshold)
        again = recluster(report, threshold, count_in_texts(report, texts))
        assert_same(again, dedupe.find_duplicates(new, higher, against=archive))


def test_what_is_tested_has_everything():
    """So that the comparison above is not one of empty reports."""
    met: set[str] = set()
    for seed, linkage in itertools.product(range(3), ("star", "complete", "single")):
        texts = make_chains(seed)
        rng = random.Random(seed)
        archive = {id: text for id, text in texts.items() if rng.random() < 0.4}
        new = {id: text for id, text in texts.items() if id not in archive}
        config = Config(linkage=linkage, threshold=0.5, **EVERY_PAIR)
        report = dedupe.find_duplicates(new, config, against=archive)
        joint = dedupe.find_duplicates(texts, config)
        assert outline(report) == filter_joint(joint, archive, counter_of(texts, 2))
        met |= {f"{linkage}: representative {c.members[0].is_reference}" for c in report.clusters}
        met |= {f"{linkage}: end {end.is_reference}" for end in report.bridge_ends}
        archived = [m for c in report.clusters for m in c.members[1:] if m.is_reference]
        met |= {f"{linkage}: archived {m.relation}" for m in archived}
        pairs = [p for c in joint.clusters for p in c.pairs] + [*joint.bridges]
        inside = [p for p in pairs if {p.left, p.right} <= archive.keys()]
        met |= {f"{linkage}: inside {pair.relation}" for pair in inside}
    every = [
        f"{linkage}: {what}"
        for linkage in ("star", "complete", "single")
        for what in ("representative True", "representative False", "inside near")
    ]
    every += [
        f"{linkage}: end {kind}" for linkage in ("star", "complete") for kind in (True, False)
    ]
    every += ["single: archived near", "single: archived linked"]
    assert met >= {*every}
    assert not any("archived" in each for each in met if "single" not in each)


def test_the_same_bytes_with_little_memory_on_either_kernels(tmp_path):
    texts = make_chains(3)
    new = {id: text for id, text in texts.items() if hash_of(id) % 2}
    archive = {id: text for id, text in texts.items() if id not in new}
    outlines = [
        outline(dedupe.find_duplicates(new, Config(threshold=0.5, **options), against=archive))
        for options in (
            {},
            {"kernels": "plain"},
            {"max_memory": 200_000_000, "work_dir": str(tmp_path), "workers": 2},
        )
    ]
    assert outlines[0]["clusters"]
    assert outlines[0] == outlines[1] == outlines[2]


def hash_of(id: str) -> int:
    return sum(id.encode())


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    linkage=st.sampled_from(["star", "single", "complete"]),
    threshold=st.floats(0.5, 1.0),
)
def test_a_saved_report_at_a_higher_threshold(seed, linkage, threshold):
    texts = make_chains(seed)
    new = {id: text for id, text in texts.items() if hash_of(id) % 2}
    archive = {id: text for id, text in texts.items() if id not in new}
    config = {"linkage": linkage, "embed_text": True, **EVERY_PAIR}
    saved = dedupe.find_duplicates(new, Config(threshold=0.5, **config), against=archive)
    assert recluster(saved, 0.5, refuse) == saved
    counted = count_in_texts(saved, Texts(texts)) if linkage == "single" else refuse
    scanned = dedupe.find_duplicates(new, Config(threshold=threshold, **config), against=archive)
    assert_same(recluster(saved, threshold, counted), scanned)


def test_a_saved_report_with_a_pair_inside_the_archive_is_refused():
    texts = make_chains(1)
    report = dedupe.find_duplicates({}, Config(threshold=0.5), against=texts)
    assert not report.clusters
    report = dedupe.find_duplicates(texts, Config(threshold=0.5), against={"x": "y z"})
    first = report.clusters[0]
    members = tuple(msgspec.structs.replace(m, is_reference=True) for m in first.members)
    clusters = (msgspec.structs.replace(first, members=members), *report.clusters[1:])
    with pytest.raises(ReportError, match="impossible pair"):
        recluster(msgspec.structs.replace(report, clusters=clusters), 0.6, refuse)


def test_ids_of_the_archive_stay(tmp_path):
    body = " ".join(f"w{i}" for i in range(60))
    for name, texts in (("old", [body, body + " more"]), ("new", [body + " x", body])):
        lines = [json.dumps({"id": "same", "text": text}) for text in texts]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    report = dedupe.scan(tmp_path / "new.jsonl", against=tmp_path / "old.jsonl")
    members = {m.id: m.is_reference for c in report.clusters for m in c.members}
    ends = {end.id: end.is_reference for end in report.bridge_ends}
    assert {**members, **ends} == {"same": True, "same#2": True, "same#3": False, "same#4": False}


def test_ids_of_texts_in_memory_are_kept_apart_as_those_of_records():
    report = dedupe.find_duplicates({"a": "b c"}, against={"a": "b c"})
    members = [(member.id, member.is_reference) for member in report.members]
    assert members == [("a", True), ("a#2", False)]
    assert [notice.reason for notice in report.notices] == ["duplicate_id"]


# --- the gate -----------------------------------------------------------------------------


def judge(new, archive, baseline=None, linkage="star"):
    report = dedupe.find_duplicates(
        new, Config(threshold=0.5, linkage=linkage, **EVERY_PAIR), against=archive
    )
    return judge_report(report, GateLimits(), baseline), report


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    marked=st.lists(st.tuples(TEXTS, st.booleans()), min_size=2, max_size=12),
    linkage=st.sampled_from(["star", "single", "complete"]),
    more=TEXTS,
)
def test_the_gate_names_whatever_duplicates_the_archive(marked, linkage, more):
    new, archive = split(marked)
    verdict, report = judge(new, archive, linkage=linkage)
    pairs = [p for c in report.clusters for p in c.pairs] + [*report.bridges]
    beside = {id for p in pairs for id in (p.left, p.right) if {p.left, p.right} & archive.keys()}
    named = {each.id for each in verdict.new}
    assert beside - archive.keys() <= named <= new.keys()
    assert verdict.document_count == len(new)
    assert all(each.is_copy_reference == (each.copy_of in archive) for each in verdict.new)
    baseline = make_baseline(report)
    assert {entry.id for entry in baseline.entries} <= new.keys()
    assert judge(new, archive, baseline, linkage)[0].passed
    if more in archive.values():  # one more copy of what is there fails, and says of what
        again, _ = judge({**new, "more": more}, archive, baseline, linkage)
        assert not again.passed
        assert "more" in {each.id for each in again.new}
    # Whatever goes from the archive, nothing is new by it.
    less = dict([*archive.items()][1:])
    assert judge(new, less, baseline, linkage)[0].passed


# --- the command --------------------------------------------------------------------------


def make_folders(folder: Path) -> None:
    """``all`` holds an archive, and in ``all/new`` copies of it and of one another."""
    ferry = (FIXTURES / "articles" / "ferry-strike.txt").read_text()
    bridge = (FIXTURES / "articles" / "harbour-bridge_newswire.txt").read_text()
    words = " ".join(f"own{i}" for i in range(80))
    (folder / "all" / "new").mkdir(parents=True)
    for name, text in {
        "ferry.txt": ferry,
        "ferry-again.txt": ferry,
        "bridge.txt": bridge,
        "new/copy.txt": ferry,
        "new/own.txt": words,
        "new/own-again.txt": words + " more",
        "new/alone.txt": "Nothing else is like this.",
    }.items():
        (folder / "all" / name).write_text(text)


def scan_json(dedupe_here: RunDedupe, *arguments: str) -> Any:
    return json.loads(dedupe_here("scan", *arguments, "--format", "json").stdout)


def test_a_folder_against_all_around_it(tmp_path, dedupe_here):
    make_folders(tmp_path)
    report = scan_json(dedupe_here, "all/new", "--against", "all")
    assert report["corpus"]["document_count"] == 4
    assert report["corpus"]["reference_count"] == 3
    assert report["run"]["against"] == ["all"]
    assert [n["reason"] for n in report["notices"]] == ["same_file"]
    members = [{m["id"]: m["is_reference"] for m in c["members"]} for c in report["clusters"]]
    kept = report["clusters"][0]["representative"]
    assert kept in ("all/ferry.txt", "all/ferry-again.txt")
    assert {frozenset(each.items()) for each in members} == {
        frozenset({kept: True, "all/new/copy.txt": False}.items()),
        frozenset({"all/new/own.txt": False, "all/new/own-again.txt": False}.items()),
    }
    both = scan_json(dedupe_here, "all/new", "all")
    assert both["corpus"]["document_count"] == 7


def test_every_format_tells_what_is_reference(tmp_path, dedupe_here):
    make_folders(tmp_path)
    named = ("all/new", "--against", "all")
    text = dedupe_here("scan", *named, "--diff", "none").stdout.decode().replace("\u00a0", " ")
    assert re.search(r"● all/ferry\S* +209 words +reference\n", text)
    assert re.search(r"○ all/new/copy.txt +209 words +identical\n", text)
    assert "4 documents · against 3 reference documents · 2 clusters · 2 duplicates" in text
    markdown = dedupe_here("scan", *named, "--format", "markdown").stdout.decode()
    assert "Compared with 3 reference documents\n" in markdown.replace("\u00a0", " ")
    assert re.search(r"^\| reference \| <code>all/ferry", markdown, re.MULTILINE)
    table = list(
        csv.DictReader(dedupe_here("scan", *named, "--format", "csv").stdout.decode().split("\n"))
    )
    assert sorted(row["role"] for row in table) == ["duplicate", "duplicate", "kept", "reference"]
    github = dedupe_here("scan", *named, "--format", "github").stdout.decode()
    assert github.count("::warning file=all/new/") == github.count("::warning") == 2
    nothing = dedupe_here(
        "scan", "all/new/alone.txt", "--against", "all/bridge.txt"
    ).stdout.decode()
    assert "or with one of 1 reference document" in " ".join(nothing.replace("\u00a0", " ").split())


def test_several_archives_and_settings_files(tmp_path, dedupe_here):
    make_folders(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.toml").write_text('against = ["../all/ferry.txt", "../all/bridge.txt"]')
    report = scan_json(dedupe_here, "all/new", "--config", "deep/x.toml")
    assert report["corpus"]["reference_count"] == 2
    named = ("--against", "all/ferry.txt", "--against", "all/bridge.txt")
    again = scan_json(dedupe_here, "all/new", *named)
    assert [c["cluster_id"] for c in again["clusters"]] != []
    assert len(again["clusters"]) == len(report["clusters"])
    shown = dedupe_here("config", "show", "--config", "deep/x.toml").stdout.decode()
    assert "deep/../all/ferry.txt" in shown


def test_the_gate_over_the_command(tmp_path, dedupe_here):
    make_folders(tmp_path)
    arguments = ("check", "all/new", "--against", "all")
    failed = dedupe_here(*arguments, code=1).stdout.decode()
    assert "all/new/copy.txt" in failed
    assert "which is a reference document" in " ".join(failed.split())
    assert "against 3 reference documents" in " ".join(failed.replace("\u00a0", " ").split())
    accepted = (*arguments, "--baseline", "known")
    dedupe_here(*accepted, "--update-baseline")
    assert "all/ferry" not in (tmp_path / "known").read_text()
    assert "all/new/copy.txt" in (tmp_path / "known").read_text()
    dedupe_here(*accepted)
    (tmp_path / "all" / "new" / "other.txt").write_text((tmp_path / "all/bridge.txt").read_text())
    verdict = json.loads(dedupe_here(*accepted, "--format", "json", code=1).stdout)
    [new] = verdict["new"]
    assert (new["id"], new["copy_of"]) == ("all/new/other.txt", "all/bridge.txt")
    assert new["is_copy_reference"]
    sarif = json.loads(dedupe_here(*arguments, "--format", "sarif", code=1).stdout)
    named = [r["locations"][0] for r in sarif["runs"][0]["results"]]
    assert all("all/new/" in json.dumps(each) for each in named)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("all/new", "--against", "nowhere"), "no reference document (--against) could be read"),
        (("all", "--against", "all"), "no reference document (--against) could be read"),
        (("all/new", "--against", "all", "--against", "nowhere"), "could not be read: nowhere"),
        (("-", "--against", "-"), "standard input cannot be --against and something else"),
        (("all", "--files-from", "-", "--against", "-"), "standard input cannot be --against"),
        (("all/new", "--against", "all", "--output", "all/bridge.txt"), "is one of the files to"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, dedupe_here, arguments, told):
    make_folders(tmp_path)
    before = (tmp_path / "all" / "bridge.txt").read_bytes()
    assert told in dedupe_here("scan", *arguments, code=2).stderr.decode()
    assert (tmp_path / "all" / "bridge.txt").read_bytes() == before


def test_an_archive_on_standard_input(tmp_path, dedupe_here):
    make_folders(tmp_path)
    text = (tmp_path / "all" / "ferry.txt").read_text()
    archive = json.dumps({"id": "known", "text": text}).encode()
    result = dedupe_here("scan", "all/new", "--against", "-", "--format", "json", stdin=archive)
    report = json.loads(result.stdout)
    assert "known" in {cluster["representative"] for cluster in report["clusters"]}
    assert report["texts"]["known"] == text


def test_the_python_api(tmp_path):
    make_folders(tmp_path)
    report = dedupe.scan(tmp_path / "all" / "new", against=[tmp_path / "all"])
    assert isinstance(report, Report)
    assert report.corpus.reference_count == 3
    with pytest.raises(InputError, match="no reference document"):
        dedupe.scan(tmp_path / "all", against=tmp_path / "nowhere")
