"""The report for people: it reads well, fits the width, and nothing hostile gets through.

Run this file as a program to write the golden report anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from dedupe.model.documents import Locator, Notice, SkippedDocument, SourceInfo
from dedupe.model.relations import Relation
from dedupe.model.report import (
    CorpusSummary,
    DuplicatePair,
    Report,
    RunInfo,
)
from dedupe.model.search_summary import CappedSearch, SharedSearch
from dedupe.model.settings import ScanSettings
from dedupe.renderers.text import TextOptions, render_text
from dedupe.renderers.view.terminal import cut_cells, escape_text, file_uri, shorten_middle
from tests.support.reports import (
    ARTICLE,
    SENTENCES,
    TITLE,
    Texts,
    golden_report,
    make_cluster,
    make_member,
    make_report,
)

GOLDEN = Path(__file__).with_name("golden") / "text_report.txt"


def render(report: Report, texts: dict[str, str] | None = None, **options) -> str:
    return "".join(render_text(report, Texts(texts or {}), TextOptions(**options)))


# --- the whole ---------------------------------------------------------------------------


def test_golden_report() -> None:
    report, texts = golden_report()
    assert render(report, texts, hints=True) == GOLDEN.read_text(encoding="utf-8")


def test_equal_reports_give_equal_bytes() -> None:
    report, texts = golden_report()
    options = {"color": True, "links": True, "width": 100}
    assert render(report, texts, **options) == render(report, texts, **options)


def test_chunks_are_whole_lines() -> None:
    report, texts = golden_report()
    assert all(c.endswith("\n") for c in render_text(report, Texts(texts), TextOptions()))


def test_colour_replaces_the_marks() -> None:
    report, texts = golden_report()
    coloured = render(report, texts, color=True)
    assert "\x1b[31;9m" in coloured
    assert "\x1b[32m" in coloured
    assert not any(mark in coloured for mark in ("[-", "-]", "{+", "+}"))
    plain = render(report, texts, color=False)
    assert "\x1b" not in plain
    assert "[-An old title about the harbour-]{+Home / News / " in plain.replace("\n      ", " ")


def test_importing_the_renderer_does_not_import_rich() -> None:
    code = "import dedupe.renderers.text, sys; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- clusters ----------------------------------------------------------------------------


def test_largest_clusters_come_first_and_the_rest_is_counted() -> None:
    small = make_cluster("s" * 8, make_member("s1"), make_member("s2"))
    large = make_cluster("l" * 8, make_member("l1"), make_member("l2"), make_member("l3"))
    text = render(make_report(small, large), diff="none", top=1)
    assert text.index("3 documents · 2 duplicates") < text.index("⋯ 1 cluster more with 2 doc")
    assert "s1" not in text


def test_a_cluster_of_fifty_shows_the_most_different_first() -> None:
    members = [make_member(f"m{i:02}", jaccard=0.75 + i / 250) for i in range(50)]
    texts = {m.id: f"{ARTICLE} {m.id}" for m in members}
    provider = Texts(texts)
    report = make_report(make_cluster("c" * 8, members[-1], *members[:-1]))
    text = "".join(render_text(report, provider, TextOptions()))
    listed = re.findall(r"[●○] (m\d\d)", text)
    assert listed == ["m49", *(f"m{i:02}" for i in range(20))]
    assert "⋯ 29 members more · Jaccard 0.83–0.94" in text
    assert "weakest link: Jaccard 0.75, m00" in text
    assert provider.asked == [["m49", "m00", "m01", "m02", "m03", "m04"]]


def test_texts_are_read_for_several_clusters_at_once() -> None:
    clusters = [
        make_cluster(f"{i:08}", make_member(f"{i}a"), make_member(f"{i}b")) for i in range(250)
    ]
    provider = Texts({})
    text = "".join(render_text(make_report(*clusters), provider, TextOptions()))
    assert [len(ids) for ids in provider.asked] == [200, 200, 100]
    assert text.count("has changed since the scan") == 250
    assert provider.asked and "".join(
        render_text(make_report(*clusters), quiet := Texts({}), TextOptions(diff="none"))
    )
    # Without differences, texts are read for the titles alone.
    assert [len(ids) for ids in quiet.asked] == [200, 50]


def test_summary_says_how_much_differs() -> None:
    report, texts = golden_report()
    text = render(report, texts, diff="summary")
    assert "      +32 words −6 words in 2 places\n" in text
    assert " moved in 2 places\n" in text
    assert "{+" not in text


def test_full_shows_every_word() -> None:
    report, texts = golden_report()
    shown = render(report, texts, diff="full", width=200).replace("\n", " ")
    assert " ".join(SENTENCES[:4]) in re.sub(" +", " ", shown)
    assert "the same\n" not in shown


def test_long_insertions_are_counted() -> None:
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    words = " ".join(f"w{i}" for i in range(200))
    text = render(report, {"a": ARTICLE, "b": f"{ARTICLE} {words}"})
    assert "w39 … 160 words more+}" in text.replace("\n      ", " ")


def test_many_places_are_counted() -> None:
    words = [f"w{i}" for i in range(2000)]
    other = [w if i % 20 else "changed" for i, w in enumerate(words)]
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    text = render(report, {"a": " ".join(words), "b": " ".join(other)})
    assert text.count("{+changed+}") == 20
    assert "⋯ 80 places more" in text


def test_repeated_and_moved_are_said() -> None:
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    text = render(report, {"a": ARTICLE, "b": "\n".join([TITLE] * 3 + [ARTICLE])}, width=120)
    assert f"{{+{TITLE} … (twice more)+}}" in text
    moved = "\n".join([*SENTENCES[1:], SENTENCES[0]])
    text = render(report, {"a": "\n".join(SENTENCES), "b": moved}, width=200)
    assert "[-The mayor of the old harbour … (16 words moved down)-]" in text
    assert "would be late. (moved down)+}" in text


def test_faint_differences_are_dim_or_unmarked() -> None:
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    texts = {"a": f"The “Old” town. {ARTICLE}", "b": f'The "old" town. {ARTICLE} New!'}
    assert '\x1b[2m"old"\x1b[0m' in render(report, texts, color=True, diff="full")
    assert 'The "old" town' in render(report, texts, diff="full")


def test_a_coarse_diff_says_so() -> None:
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    texts = {"a": "x " + "a b " * 9000 + "y", "b": "x " + "b c a " * 9000 + "y"}
    assert "too long to align" in render(report, texts)


@pytest.mark.parametrize(
    ("id", "source", "line", "told"),
    [
        ("x.txt", "news/x.txt", 0, True),
        ("x.txt#2", "news/x.txt", 0, True),
        ("x.jsonl:7", "news/x.jsonl", 7, True),
        ("guid-1", "news/x.jsonl", 7, False),
    ],
)
def test_the_place_is_shown_where_the_id_does_not_tell_it(
    id: str, source: str, line: int, told: bool
) -> None:
    report = make_report(make_cluster("c" * 8, make_member(id), make_member("b")))
    sources = (SourceInfo(source, "jsonl" if line else "text"),)
    run = RunInfo("0", "plain", 1, 1.0, 1, ("news",), sources, {id: Locator(0, 0, 1, line)})
    text = render(make_report(*report.clusters, run=run), diff="none", width=120)
    assert (f"   {source}:{line}\n" in text) is not told


def test_links_are_percent_encoded() -> None:
    id = "ä b\x1b]8;;evil\x07.txt"
    report = make_report(make_cluster("c" * 8, make_member(id), make_member("b")))
    text = render(report, diff="none", links=True)
    uris = re.findall(r"\x1b]8;;(file:[^\x1b]*)\x1b\\", text)
    assert uris[0].endswith("/news/%C3%A4%20b%1B%5D8%3B%3Bevil%07.txt")
    assert all(re.fullmatch(r"[!-~]+", uri) for uri in uris)
    assert file_uri("\ud800") == ""


# --- what was found ----------------------------------------------------------------------


def test_nothing_found_is_one_believable_line() -> None:
    report = make_report(skipped=(SkippedDocument("e.txt", "no_tokens"),))
    lines = render(report).splitlines()
    assert "No duplicates: no two of 40 documents (4,800 words) reach Jaccard 0.7 · 1 skipped" in (
        " ".join(lines)
    )
    assert not any("cluster" in line for line in lines)


def test_nothing_to_compare() -> None:
    empty = CorpusSummary(0, 0, 0, 0, 0, 0, {})
    assert render(make_report(corpus=empty)).startswith("Nothing to compare")


def test_the_last_lines_say_what_to_trust() -> None:
    report, _ = golden_report()
    text = render(report, diff="none", width=120)
    assert "25 bands of 5 rows find 74.2 % of the pairs at 0.7 · every pair verified" in text
    assert "0.2 s · 12.3 MB/s · compiled kernels · 2 workers\n" in text
    assert "2 buckets of more than 500 documents were compared with a few of them alone" in text
    assert "that hid about 3 duplicate pairs (± 1, by a sample); 75.0 % (± 6.2 %)" in " ".join(
        text.split()
    )
    uncapped = msgspec.structs.replace(report.search, capped_bucket_count=0, capped=None)
    text = render(msgspec.structs.replace(report, search=uncapped), diff="none", width=120)
    assert "74.2 % of the pairs at 0.7, 99.9 % at 0.8 · every pair verified" in text
    assert "buckets" not in text
    nothing = msgspec.structs.replace(
        report.search, capped=CappedSearch(5000, 0, 120, None, None, None, None)
    )
    text = render(msgspec.structs.replace(report, search=nothing), diff="none", width=200)
    assert "of 5,000 pairs drawn there none was missed (so 360 at most in all)" in text
    assert "dedupe scan" not in text
    assert render(report, diff="none", hints=True).endswith(
        "      ask   dedupe explain a.txt far.txt --in news/\n"
    )


def test_where_nothing_was_found_commands_that_find_more_are_hinted() -> None:
    report = make_report()
    told = render(report, hints=True)
    assert told.endswith(
        "For excerpts and cut copies: dedupe scan news/ --find near,contained\n"
        "For looser pairs: dedupe scan news/ --threshold 0.5\n"
    )
    looked = msgspec.structs.replace(report.search, shared=SharedSearch(9, 0, 0, 0, 0, None))
    told = render(msgspec.structs.replace(report, search=looked), hints=True)
    assert "--find" not in told and "--threshold 0.5" in told
    low = msgspec.structs.replace(report.config, threshold=0.3, furniture="report")
    told = render(msgspec.structs.replace(report, config=low), hints=True)
    assert "--find" not in told and "dedupe scan" not in told
    assert "near,contained\n" not in render(report, hints=False).splitlines()[-1]


@pytest.mark.parametrize(
    ("config", "paths", "ids", "hinted"),
    [
        ({}, ("news/",), ("a.txt", "b.txt"), "ask   dedupe explain a.txt b.txt --in news/"),
        ({"threshold": 0.8}, ("n", "m"), ("a", "b"), "explain a b --in n --in m --threshold 0.8"),
        ({"linkage": "single"}, ("a b",), ("a b", "b"), "explain 'a b' b --in 'a b'"),
        ({"text_field": ("body",)}, ("news/",), ("a", "b"), ""),
        ({}, ("-",), ("a", "b"), ""),
        ({}, ("n",), ("-a", "b"), ""),
        ({}, ("n",), ("a" * 61, "b"), ""),
        ({}, ("n", "m", "o", "p"), ("a", "b"), ""),
    ],
)
def test_how_to_explain_a_pair_is_hinted(config, paths, ids, hinted) -> None:
    members = make_member(ids[0], "identical", 1.0), make_member(ids[1], "near", 0.8)
    report = make_report(make_cluster("9f3c21d4", *members))
    report = msgspec.structs.replace(
        report,
        config=ScanSettings(**config),
        run=msgspec.structs.replace(report.run, paths=paths),
    )
    text = render(report, diff="none", hints=True)
    assert ("dedupe explain" in text) == bool(hinted)
    assert hinted in text


@pytest.mark.parametrize(
    ("path", "name"),
    [("news/x.txt", "clean.txt"), ("news/", "clean"), ("news/a.b.jsonl.gz", "clean.jsonl.gz")],
)
def test_the_clean_corpus_is_named_like_the_scanned_one(path, name) -> None:
    report = make_report(make_cluster("9f3c21d4", make_member("a"), make_member("b")))
    source = SourceInfo(path if path != "news/" else "news/c.txt", "text")
    run = msgspec.structs.replace(report.run, paths=(path,), sources=(source,), locators={})
    text = render(msgspec.structs.replace(report, run=run), diff="none", hints=True)
    assert f"clean dedupe clean {path} --output {name}\n" in text


def test_figures_are_never_rounded_to_certainty() -> None:
    member = make_member("b", jaccard=0.99999, representative_containment=0.9999)
    text = render(make_report(make_cluster("c" * 8, make_member("a"), member)), diff="none")
    assert "0.99   contains 99 % of ●" in text


# --- hostile input -----------------------------------------------------------------------

HOSTILE = "".join(map(chr, [*range(32), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028]))
HOSTILE += "".join(map(chr, [0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xD800]))
NASTY = st.one_of(
    st.text(max_size=80),
    st.text(
        st.sampled_from(HOSTILE + "ab \u0301\ufe0f\u200d❤👩中ไำ가🇺\U0001f3fb\ufdfa[]{}+-"),
        max_size=80,
    ),
)
RAW = re.compile(f"[{re.escape(HOSTILE.replace(chr(10), ''))}]")


@pytest.mark.parametrize("character", HOSTILE)
def test_control_characters_are_made_visible(character: str) -> None:
    assert escape_text(f"a{character}b").isprintable()
    assert "\\" in escape_text(f"a{character}b")


def test_markup_is_shown_as_it_is() -> None:
    report = make_report(make_cluster("c" * 8, make_member("[red]x[/red]"), make_member("b")))
    text = render(report, {"[red]x[/red]": ARTICLE, "b": f"{ARTICLE} [bold]new[/bold]"})
    assert "[red]x[/red]" in text
    assert "[bold]new[/bold]" in text


def test_documents_cannot_forge_the_marks() -> None:
    report = make_report(make_cluster("c" * 8, make_member("a"), make_member("b")))
    text = render(report, {"a": ARTICLE, "b": ARTICLE + " new+} old {+more"})
    assert text.count("+}") == text.count("{+") == 2  # of the difference, and of the line on signs


def nasty_report(one: str, two: str, three: str) -> tuple[Report, dict[str, str]]:
    ids = [f"{one}1", f"{two}2", f"{three}3"]
    members = [make_member(id, jaccard=0.8) for id in ids]
    cluster = make_cluster(f"{two}{one}", *members)
    report = make_report(
        cluster,
        bridges=(DuplicatePair(one, two, Relation.NEAR, 7, 9, 8, 0.7),),
        skipped=(SkippedDocument(one, f"r{two}", three), SkippedDocument(two, "no_tokens")),
        notices=(Notice(two, three, one),),
    )
    texts = {
        ids[0]: f"{ARTICLE} {one} {two}",
        ids[1]: f"{two}{one} {ARTICLE}",
        ids[2]: f"{three}{two} x{one}",
    }
    return report, texts


@settings(max_examples=150)
@given(NASTY, NASTY, NASTY, st.integers(40, 200), st.sampled_from(["hunks", "full", "summary"]))
def test_every_line_fits_and_nothing_raw_gets_through(
    one: str, two: str, three: str, width: int, diff: str
) -> None:
    report, texts = nasty_report(one, two, three)
    text = render(report, texts, width=width, diff=diff, hints=True)
    text.encode()
    assert not RAW.search(text)
    assert max(map(cell_len, text.split("\n"))) <= width


@settings(max_examples=100)
@given(NASTY, NASTY, NASTY, st.integers(40, 200))
def test_colour_and_links_change_only_the_looks(one: str, two: str, three: str, width: int) -> None:
    report, texts = nasty_report(one, two, three)
    options = {"width": width, "color": True, "links": True, "diff": "hunks", "hints": True}
    text = render(report, texts, **options)
    bare = re.sub(r"\x1b\[[\d;]+m|\x1b]8;;[!-~]*\x1b\\", "", text)
    assert not RAW.search(bare)
    assert max(map(cell_len, bare.split("\n"))) <= width


@given(NASTY, st.integers(8, 60))
def test_cutting_loses_nothing(text: str, width: int) -> None:
    text = escape_text(text)
    parts = list(cut_cells(text, width))
    assert "".join(parts) == text
    assert all(cell_len(part) <= width for part in parts)
    assert cell_len(shorten_middle(text, width)) <= width


def test_long_ids_are_shortened_in_the_middle() -> None:
    assert shorten_middle("archive/2024/some/very/long/name.txt", 21) == "archive/20…g/name.txt"
    assert shorten_middle("中文中文中文中文", 8) == "中文…文"


if __name__ == "__main__":
    report, texts = golden_report()
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(render(report, texts, hints=True), encoding="utf-8")


def test_one_detail_of_many_documents_is_told_once():
    skipped = [SkippedDocument(f"a.jsonl:{n}", "field_missing", "none") for n in range(1, 13)]
    skipped += [SkippedDocument("b.jsonl:7", "field_missing", "another")]
    text = render(make_report(skipped=tuple(sorted(skipped, key=lambda each: each.id))))
    assert "13 × field missing: a.jsonl:1, a.jsonl:2, a.jsonl:3, … 9 more (none), b.jsonl:7" in (
        " ".join(text.split())
    )


def test_a_single_text_may_hold_a_document_a_line(dedupe_here, tmp_path):
    (tmp_path / "a.txt").write_text("one two three\nfour five six\none two three\n")
    assert (
        b"a text a line? --input-format lines" in dedupe_here("scan", "a.txt", COLUMNS="120").stdout
    )
    assert b"2 documents" in dedupe_here("scan", "a.txt", "--input-format", "lines").stdout
    (tmp_path / "b.jsonl").write_text('{"text": "one two three"}\n')
    assert b"--input-format" not in dedupe_here("scan", "b.jsonl").stdout
