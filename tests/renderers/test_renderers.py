"""The formats for programs: golden files, limits, and what reads them.

Run this file as a program to write the golden files anew.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import dedupe
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import NewDuplicate, judge_report, make_baseline
from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.furniture import (
    Form,
    FormPlace,
    Furniture,
    FurnitureMember,
    FurniturePassage,
)
from dedupe.model.output_marks import GITHUB_MARK
from dedupe.model.relations import Relation
from dedupe.model.report import BridgeEnd, DuplicatePair, Report, SharedPassage, SharedText
from dedupe.model.settings import Config
from dedupe.renderers.csv import escape_cell, read_cell
from dedupe.renderers.registry import FORMATS, format_of_name
from dedupe.renderers.sarif import render_sarif
from dedupe.renderers.view.options import MIN_MARKDOWN_LIMIT, RenderOptions
from dedupe.report import json as json_renderer
from dedupe.report.json import escape_json, render_json, stream_json
from tests.support.corpora import SETTINGS, make_corpus, make_text
from tests.support.reports import Texts, golden_report, make_cluster, make_member, make_report

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
SCHEMA = json.loads((TESTS / "data" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))

GOLDEN_FILES = {
    "json": "report.json",
    "jsonl": "report.jsonl",
    "csv": "members.csv",
    "csv-pairs": "pairs.csv",
    "csv-passages": "passages.csv",
    "markdown": "report.md",
    "sarif": "report.sarif",
    "github": "github.txt",
    "junit": "report.junit.xml",
    "gitlab": "gl-code-quality-report.json",
    "furniture": "furniture.txt",
}


def full_report() -> tuple[Report, dict[str, str]]:
    """The report of the golden text, with hashes, pairs, metadata and records of their own."""
    report, texts = golden_report()
    clusters = []
    for number, cluster in enumerate(report.clusters):
        kept = cluster.representative
        members = [
            msgspec.structs.replace(
                member,
                content_hash=hashlib.md5(member.content_hash.encode()).hexdigest(),
                byte_count=len(texts.get(member.id, member.id).encode()),
                meta={"url": f"https://news.example/{member.id}"} if number else {},
            )
            for member in cluster.members
        ]
        pairs = [
            DuplicatePair(*sorted((kept, m.id)), m.relation, 80, 90, 100, 80 / 110)
            for m in members[1:]
            if m.relation != "linked"
        ]
        clusters.append(
            msgspec.structs.replace(cluster, members=tuple(members), pairs=tuple(pairs))
        )
    sources = (*report.run.sources, SourceInfo("news/dump.jsonl", "jsonl"))
    locators = {**report.run.locators, "moved.txt": Locator(len(sources) - 1, 70, 60, 3)}
    run = msgspec.structs.replace(report.run, sources=sources, locators=locators)
    ends = (BridgeEnd("alone.txt", 90, "0" * 32, 700, {}),)
    kept, other = (member.id for member in clusters[0].members[:2])
    furniture = Furniture(
        2, 40, 1200, 1, 3, 5,
        (
            FurniturePassage(kept, 3, 17, 38, 31, "news.example", "Home | News | #About us"),
            FurniturePassage(kept, 90, 15, 12, 11, text="All rights reserved"),
        ),
        (FurnitureMember(other, kept, 80, 60, 38, 80 / 110, 0.4),),
    )  # fmt: skip
    contained = SharedText(
        "=short.txt", "moved.txt", Relation.CONTAINED, 70, 72, 400,
        (SharedPassage(60, 5, 200, (31, 350), (1200, 1519)), SharedPassage(12, 66, 300)),
    )  # fmt: skip
    passage = SharedText(
        "alone.txt", "plain.txt", Relation.PASSAGE, 55, 300, 400,
        (SharedPassage(59, 0, 7, (0, 320), (40, 360)),),
    )  # fmt: skip
    shared_ends = (BridgeEnd("=short.txt", 74, "1" * 32, 500, {}),)
    form = Form(clusters[0].cluster_id, kept, 7, (FormPlace(4, 6, 5), FormPlace(9, 9, 7)))
    return msgspec.structs.replace(
        report, clusters=tuple(clusters), run=run, bridge_ends=ends, furniture=furniture,
        forms=(form,), contained=(contained,), passages=(passage,), shared_ends=shared_ends,
    ), texts  # fmt: skip


def arrivals(report: Report, ids) -> dict[str, NewDuplicate]:
    """What a gate would say if these duplicates were new."""
    return {
        member.id: NewDuplicate(
            id=member.id,
            relation=member.relation,
            jaccard=member.jaccard,
            copy_of=cluster.representative,
            copy_containment=member.representative_containment,
            is_copy_known=True,
            cluster_id=cluster.cluster_id,
            change="added",
            path="",
            line=0,
        )
        for cluster in report.clusters
        for member in cluster.members
        if member.id in ids
    }


def render(
    report: Report, format: str, texts: dict[str, str] | None = None, new=None, **options
) -> str:
    options["new"] = None if new is None else arrivals(report, {*new})
    chunks = FORMATS[format].render(report, Texts(texts or {}), RenderOptions(**options))
    return b"".join(chunks).decode()


@pytest.mark.parametrize("format", GOLDEN_FILES)
def test_golden_files(format):
    report, texts = full_report()
    expected = (GOLDEN / GOLDEN_FILES[format]).read_text(encoding="utf-8")
    assert render(report, format, texts) == expected


def test_every_format_has_a_golden_file():
    assert set(GOLDEN_FILES) | {"text", "html"} == set(FORMATS)


def test_formats_by_ending():
    told = {name: format_of_name(name) for name in ("a.SARIF.json", "b.json", "c:d.md", "e", "f.x")}
    assert told == {
        "a.SARIF.json": "sarif",
        "b.json": "json",
        "c:d.md": "markdown",
    } | dict.fromkeys(("e", "f.x"))


# --- JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 7, 256])
@pytest.mark.parametrize("embed_text", [False, True])
def test_json_in_pieces_is_json_as_a_whole(monkeypatch, rows, embed_text):
    config = Config(threshold=0.4, embed_text=embed_text)
    empty = dedupe.find_duplicates([])
    for report in (dedupe.find_duplicates(make_corpus(1), config), full_report()[0], empty):
        whole = render_json(report)
        assert msgspec.json.decode(whole) == msgspec.json.decode(msgspec.json.encode(report))
        with monkeypatch.context() as patch:
            patch.setattr(json_renderer, "ENCODED_AT_ONCE", rows)
            patch.setattr(json_renderer, "CHARACTERS_AT_ONCE", 100 * rows)
            patch.setattr(json_renderer, "BYTES_PER_PIECE", 500 * rows)
            assert render_json(report) == whole


def test_json_has_a_line_for_each_member_and_pair():
    report = dedupe.find_duplicates(make_corpus(1), Config(threshold=0.4))
    lines = {line.strip().rstrip(",") for line in render_json(report).decode().splitlines()}
    rows = [row for c in report.clusters for row in (*c.members, *c.pairs)] + [*report.bridges]
    assert rows
    assert lines >= {msgspec.json.encode(row).decode() for row in rows}


@pytest.mark.parametrize("rest", ["", "é"])  # what is ASCII alone takes a way of its own
@pytest.mark.parametrize("text", ["##[error]b", "##vso[task]", "\x7f", "\x9b2J", "\u202e", "#a"])
def test_json_that_acts_on_nothing(text, rest):
    escaped = escape_json(msgspec.json.encode(text + rest))
    assert msgspec.json.decode(escaped) == text + rest
    assert (text.encode() in escaped) == (text == "#a")


def test_json_comes_in_small_pieces():
    body = " ".join(f"w{i}" for i in range(120))
    report = dedupe.find_duplicates({f"{i:04}": f"{body} number {i}" for i in range(150)})
    assert len(report.clusters[0].pairs) == 150 * 149 // 2
    sizes = [len(piece) for piece in stream_json(report)]
    assert max(sizes) < 200_000 < sum(sizes)


# --- CSV ------------------------------------------------------------------------------------

CELLS = st.one_of(st.text(), st.text(alphabet="';=+ \\u041aU0e\n\r\t-@#[vso\u2003\x00\u202e\""))


@settings(max_examples=300)
@given(CELLS)
def test_any_text_reads_back_from_a_cell(text):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(["x", escape_cell(text)])
    assert buffer.getvalue().count("\n") == 1
    ((_, cell),) = csv.reader(io.StringIO(buffer.getvalue(), newline=""))
    assert read_cell(cell) == text


def test_tables_hold_the_whole_report():
    report = dedupe.find_duplicates(make_corpus(2), Config(threshold=0.4, keep=("first",)))
    assert report.bridges
    members = [*csv.DictReader(io.StringIO(render(report, "csv")))]
    assert [row["id"] for row in members] == [m.id for c in report.clusters for m in c.members]
    for row, member in zip(members, (m for c in report.clusters for m in c.members), strict=True):
        assert float(row["jaccard"]) == member.jaccard
        assert int(row["byte_count"]) == member.byte_count > 0
        assert (row["role"] == "kept") == (row["id"] == row["representative"])
    pairs = [*csv.DictReader(io.StringIO(render(report, "csv-pairs")))]
    inside = [(c.cluster_id, pair) for c in report.clusters for pair in c.pairs]
    expected = [*inside, *(("", pair) for pair in report.bridges)]
    assert len(pairs) == len(expected)
    for row, (cluster_id, pair) in zip(pairs, expected, strict=True):
        assert (row["cluster_id"], row["left"], row["right"]) == (cluster_id, pair.left, pair.right)
        assert float(row["left_containment"]) == pair.left_containment


def test_tables_of_pairs_and_passages_hold_what_is_no_duplicate():
    words = [f"word{number}" for number in range(900)]
    texts = {
        "small": " ".join(words[:120]),
        "large": " ".join([*words[200:500], *words[:120], *words[500:700]]),
        "other": " ".join([*words[700:800], *words[210:290]]),
    }
    config = Config(find=("near", "contained", "passages"))
    report = dedupe.find_duplicates(texts, config)
    pairs = [*csv.DictReader(io.StringIO(render(report, "csv-pairs")))]
    assert [(row["left"], row["right"], row["relation"]) for row in pairs] == [
        ("small", "large", "contained"),
        ("large", "other", "passage"),
    ]
    assert float(pairs[0]["left_containment"]) == 1 and pairs[0]["cluster_id"] == ""
    passages = [*csv.DictReader(io.StringIO(render(report, "csv-passages")))]
    assert [(row["left"], row["passage_number"], row["token_count"]) for row in passages] == [
        ("small", "1", "120"),
        ("large", "1", "80"),
    ]
    for row in passages:
        cut = [
            texts[row[side]][int(row[f"{side}_start"]) : int(row[f"{side}_end"])]
            for side in ("left", "right")
        ]
        assert cut[0] == cut[1] and len(cut[0].split()) == int(row["token_count"])
    plain = dedupe.find_duplicates(texts)
    assert render(plain, "csv-pairs").count("\n") == render(plain, "csv-passages").count("\n") == 1


# --- Markdown -------------------------------------------------------------------------------


def many_clusters(count: int, words: int) -> tuple[Report, dict[str, str]]:
    texts = {}
    clusters = []
    for number in range(count):
        body = " ".join(f"w{number}x{i}" for i in range(words))
        texts |= {f"{number:04}/a.txt": body, f"{number:04}/b.txt": f"新闻 {body} `more` words"}
        ids = (f"{number:04}/a.txt", f"{number:04}/b.txt")
        clusters.append(
            make_cluster(
                f"{number:016x}",
                make_member(ids[0], "identical", 1.0),
                make_member(ids[1], "near", 0.9),
            )
        )
    return make_report(*clusters), texts


@pytest.mark.slow
@pytest.mark.parametrize("limit", [MIN_MARKDOWN_LIMIT, 6000, 20_000, 65_536, 1 << 20])
@pytest.mark.parametrize("diff", ["none", "hunks", "full"])
def test_markdown_stays_below_its_limit_and_says_so(limit, diff):
    report, texts = many_clusters(400, 100)
    output = render(report, "markdown", texts, markdown_limit=limit, top=None, diff=diff)
    size = len(output.encode())
    assert size <= limit
    shown = output.count("<details>")
    assert shown == output.count("</details>") > 0
    if shown < 400:
        assert size > limit - 3000, "the room is used"
        assert f"{400 - shown} clusters more with {2 * (400 - shown)} documents" in output.replace(
            "\u00a0", " "
        )
    if shown < 400 or (diff != "none" and output.count("```diff") < 400):
        assert f"the limit of {limit:,} bytes is reached" in output
    else:
        assert "limit" not in output


def with_contained(report: Report, count: int, relation: Relation) -> Report:
    """The report with so many pairs of the relation, those of most shared words last."""
    pairs = tuple(
        SharedText(
            f"inner {n:03}", f"outer {n:03}", relation, 90, 100, 900, (SharedPassage(50 + n, 0, 9),)
        )
        for n in range(count)
    )
    name = "contained" if relation == "contained" else "passages"
    return msgspec.structs.replace(report, **{name: pairs})


@pytest.mark.parametrize("relation", ["contained", "passage"])
def test_markdown_lists_contained_documents_and_passages(relation):
    report, texts = many_clusters(3, 10)
    report = with_contained(report, 50, Relation(relation))
    output = render(report, "markdown", texts).replace("\u00a0", " ")
    title = (
        "50 contained documents" if relation == "contained" else "50 pairs with a shared passage"
    )
    _, section = output.split(f"<summary>{title}</summary>")
    rows = [line for line in section.splitlines() if line.startswith("| <code>")]
    assert len(rows) == 20 and "\n30 more\n" in section
    assert rows[0] == (
        "| <code>inner 049</code> | <code>outer 049</code> | 90 % | 10 % | 99 in 1 passage |"
    )
    assert render(report, "markdown", texts, top=2).count("<code>inner") == 2


@pytest.mark.parametrize("limit", [MIN_MARKDOWN_LIMIT, 6000, 20_000])
def test_contained_documents_leave_room_for_clusters_in_markdown(limit):
    report, texts = many_clusters(60, 20)
    for relation in ("contained", "passage"):
        report = with_contained(report, 400, Relation(relation))
    output = render(report, "markdown", texts, markdown_limit=limit, top=None)
    assert len(output.encode()) <= limit
    assert output.count("<details>") == output.count("</details>") > 1
    assert "400\u00a0pairs with a shared passage" in output
    assert "400 contained documents" in output


def test_markdown_leaves_out_long_differences_first():
    report, texts = many_clusters(3, 3000)
    output = render(report, "markdown", texts, markdown_limit=MIN_MARKDOWN_LIMIT, diff="full")
    assert output.count("<details>") == 3
    assert "```" not in output
    assert "3\u00a0clusters shown without differences: the limit of 4,096 bytes" in output


def test_markdown_shows_as_many_clusters_as_asked_for():
    report, texts = many_clusters(5, 10)
    output = render(report, "markdown", texts, top=2)
    assert output.count("<details>") == 2
    assert output.endswith("3\u00a0clusters more with 6\u00a0documents not shown.\n")


def test_markdown_tells_what_cannot_be_shown():
    report, texts = many_clusters(1, 10)
    del texts["0000/b.txt"]
    output = render(report, "markdown", texts)
    assert "has changed since the scan" in output
    assert "```" not in output


def test_markdown_renders_as_tables_and_blocks():
    report, texts = full_report()
    tokens = MarkdownIt("gfm-like").parse(render(report, "markdown", texts))
    kinds = [token.type for token in tokens]
    shared = bool(report.contained) + bool(report.passages)
    assert kinds.count("table_open") == 1 + len(report.clusters) + shared
    assert kinds.count("fence") == 3
    assert kinds[:2] == ["html_block", "heading_open"]


# --- SARIF ----------------------------------------------------------------------------------


def sarif_problems(log: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)]


def test_sarif_is_valid():
    report, _ = full_report()
    for chosen in (report, make_report(), many_clusters(3, 10)[0]):
        for new in (None, (), {"b.txt"}):
            assert sarif_problems(json.loads(render(chosen, "sarif", new=new))) == []


def test_the_schema_notices_what_is_wrong():
    log = json.loads(render(full_report()[0], "sarif"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    log["runs"][0]["results"][1]["severity"] = "high"
    assert len(sarif_problems(log)) == 2


@pytest.mark.slow
def test_sarif_of_30_000_duplicates():
    relations = (("identical", 1.0), ("normalised", 1.0), ("near", 0.9))
    members = {}
    for number in range(30_000):
        relation, jaccard = relations[number % 3]
        if relation == "near":
            jaccard -= number / 1e6
        id = f"site-{number % 97}/{number:06} Ein längerer Titel, wie es viele gibt.txt"
        members[id] = make_member(id, relation, jaccard, content_hash=f"{number * 7919:032x}")
    kept = [make_member(f"kept {i}", "identical", 1.0) for i in range(3000)]
    found = list(members.values())
    clusters = [
        make_cluster(f"{i:016x}", kept[i], *found[10 * i : 10 * i + 10]) for i in range(3000)
    ]
    report = make_report(*clusters)
    output = render(report, "sarif").encode()
    assert len(gzip.compress(output)) < 10_000_000
    log = json.loads(output)
    results = log["runs"][0]["results"]
    assert len(results) == 5000
    assert {result["ruleId"] for result in results} == {"duplicate-identical"}
    (notification,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert "not listed: 25000." in notification["message"]["text"]
    log["runs"][0]["results"] = results[::50]
    assert sarif_problems(log) == []
    # New ones come first whatever their severity, and then the most severe.
    new = [id for id, member in members.items() if member.relation == "near"][:6000]
    states = [
        (result["baselineState"], result["rank"])
        for result in json.loads(render(report, "sarif", new=new))["runs"][0]["results"]
    ]
    assert {state for state, _ in states} == {"new"}
    assert states == sorted(states, key=lambda each: -each[1])


def test_sarif_results_are_anchored_and_linked():
    report, _ = full_report()
    run = json.loads(render(report, "sarif", new={"moved.txt"}))["runs"][0]
    results = run["results"]
    assert [result["ruleId"].removeprefix("duplicate-") for result in results] == [
        *("near", "identical", "normalised"),
        *["near"] * (len(results) - 4),
        "linked",
    ]
    first = results[0]
    assert first["baselineState"] == "new"
    assert all(result["baselineState"] == "unchanged" for result in results[1:])
    location = first["locations"][0]["physicalLocation"]
    assert location == {
        "artifactLocation": {"uri": "news/dump.jsonl"},
        "region": {"startLine": 3},
    }
    assert first["relatedLocations"][0]["id"] == 0
    assert "[kept copy](0)" in first["message"]["text"]
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert list(result["partialFingerprints"]) == ["dedupeContent/v1"]
    prints = [result["partialFingerprints"]["dedupeContent/v1"] for result in results]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("source", "line", "uri", "start_line"),
    [
        (SourceInfo("a b/ü#?.txt", "text"), 0, "a%20b/%C3%BC%23%3F.txt", 1),
        (SourceInfo("./x.jsonl", "jsonl"), 9, "x.jsonl", 9),
        (SourceInfo("x.csv", "csv"), 9, "x.csv", 1),
        (SourceInfo("a:b.txt", "text"), 0, "a%3Ab.txt", 1),
        (SourceInfo("/work/here/a.txt", "text"), 0, "a.txt", 1),
        (SourceInfo("/work/hereby/a.txt", "text"), 0, "file:///work/hereby/a.txt", 1),
        (SourceInfo("../up.txt", "text"), 0, "../up.txt", 1),
        (SourceInfo("x.zip", "jsonl", "in/side.jsonl"), 4, "x.zip", 1),
        (SourceInfo("-", "jsonl"), 4, "stdin", 4),
        (None, 0, "the%20id", 1),
    ],
)
def test_where_sarif_and_github_place_documents(source, line, uri, start_line):
    cluster = make_cluster("0", make_member("kept"), make_member("the id"))
    report = make_report(cluster)
    locator = Locator(0 if source else -1, 0, 1, line)
    run = msgspec.structs.replace(
        report.run, sources=(source,) if source else (), locators={"the id": locator}
    )
    report = msgspec.structs.replace(report, run=run)
    (result,) = json.loads(render(report, "sarif", folder="/work/here"))["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri
    assert location["region"]["startLine"] == start_line
    assert f",line={start_line},title=" in render(report, "github", folder="/work/here")


# --- GitHub ---------------------------------------------------------------------------------


def test_github_shows_ten_and_counts_the_rest():
    report, _ = many_clusters(25, 5)
    mark, *lines = render(report, "github").splitlines()
    assert mark == GITHUB_MARK.strip()
    assert [line.split()[0] for line in lines] == ["::warning"] * 10 + ["::notice"]
    assert lines[-1] == "::notice title=dedupe::15 more duplicates, in 25 clusters in all"
    assert render(many_clusters(10, 5)[0], "github").count("\n") == 11
    assert render(make_report(), "github") == ""


def test_a_new_representative_is_the_finding_and_not_the_known_copy():
    """Which of two copies is kept says nothing of which was there before."""
    known = {
        "old": " ".join(f"w{i}" for i in range(90)) + " and more",
        "older": " ".join(f"w{i}" for i in range(80)),
    }
    config = Config(keep=("longest",))
    texts = {"new": " ".join(f"w{i}" for i in range(100)), **known}
    report = dedupe.find_duplicates(texts, config)
    (cluster,) = report.clusters
    assert cluster.representative == "new"
    baseline = make_baseline(dedupe.find_duplicates(known, config))
    verdict = judge_report(report, GateLimits(), baseline)
    output = FORMATS["sarif"].render(
        report, Texts({}), RenderOptions(new={new.id: new for new in verdict.new})
    )
    results = json.loads(b"".join(output))["runs"][0]["results"]
    states = {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: (
            result["baselineState"],
            result["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        )
        for result in results
    }
    assert states == {
        "new": ("new", "old"),
        "older": ("unchanged", "new"),
    }
    pair = next(pair for pair in cluster.pairs if pair.right == "old")
    assert f"with {100 * pair.right_containment:.0f}" in results[0]["message"]["text"]
    assert pair.right_containment > pair.left_containment + 0.02


def test_a_new_end_of_a_chain_is_a_finding_without_a_cluster():
    chain = {f"d{i}": make_text(0, i, "") for i in range(6)}
    for id in ("d0", "d5"):
        rest = {each: text for each, text in chain.items() if each != id}
        report = dedupe.find_duplicates(chain, Config(**SETTINGS))
        if id not in {end.id for end in report.bridge_ends}:
            continue
        baseline = make_baseline(dedupe.find_duplicates(rest, Config(**SETTINGS)))
        (new,) = judge_report(report, GateLimits(), baseline).new
        output = render_sarif(report, new={new.id: new})
        result = json.loads(output)["runs"][0]["results"][0]
        assert result["baselineState"] == "new"
        assert f"This document: {id}" in result["message"]["text"]
        assert sarif_problems(json.loads(output)) == []
        return
    raise AssertionError("no end of this chain stands alone")


if __name__ == "__main__":
    golden, golden_texts = full_report()
    for name, file in GOLDEN_FILES.items():
        (GOLDEN / file).write_text(
            render(golden, name, golden_texts), encoding="utf-8", newline="\n"
        )
