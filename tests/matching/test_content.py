"""The keep rule ``content``: clean and whole copies are kept, whatever the order of reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.pipeline.reclustering import recluster
from tests.support.corpora import make_article, make_cut_copies
from tests.support.reports import assert_same, refuse

FIXTURES = Path(__file__).parents[2] / "fixtures/articles"


EVERY_PAIR = {"recall": 1 - 1e-12}
FOOTER = make_article(999, 15)


def scan(texts: dict[str, str], **values: object) -> Report:
    return dedupe.find_duplicates(texts, Config(**values))


def kept(texts: dict[str, str], **values: object) -> set[str]:
    return {cluster.representative for cluster in scan(texts, **values).clusters}


def pages(numbers: range) -> dict[str, str]:
    """Pages of a site: each has an article of its own and the footer of all."""
    return {f"page{n}": f"{make_article(n)} {FOOTER}" for n in numbers}


@pytest.mark.parametrize("name", ["ar_water", "ru_theatre", "zh_metro"])
def test_a_clean_original_is_kept_and_not_its_reprint(name: str) -> None:
    texts = {path.stem: path.read_text() for path in FIXTURES.glob("*.txt")}
    assert name in kept(texts)
    assert f"{name}_reprint" not in kept(texts)
    assert "harbour-bridge_citydesk" in kept(texts)


def test_of_a_copy_that_is_cut_off_the_whole_text_is_kept() -> None:
    whole = make_article(1)
    for share in (0.75, 0.8, 0.9):
        for cut in (" ".join(whole.split()[: int(120 * share)]), whole[: int(len(whole) * share)]):
            for names in (("a", "b"), ("b", "a")):
                report = scan(dict(zip(names, (whole, cut), strict=True)))
                assert report.clusters[0].representative == names[0]
                assert [pair.is_cut for pair in report.pairs()] == [True]


def test_by_content_neither_of_two_cut_copies_is_kept() -> None:
    """The middle one has more duplicates than the whole, and is kept by the default for that."""
    whole = make_article(1, 300).split()
    texts = {"whole": whole, "cut": whole[:250], "short": whole[:190]}
    articles = {id: " ".join(text) for id, text in texts.items()}
    assert kept(articles) == {"cut"}
    report = scan(articles, keep=("content",))
    assert [cluster.representative for cluster in report.clusters] == ["whole"]
    assert [bridge.is_cut for bridge in report.bridges] == [True]


def test_a_footer_that_stands_on_other_pages_is_no_rest_of_the_article() -> None:
    texts = {"page": f"{make_article(1)} {FOOTER}", "clean": make_article(1)}
    assert kept(texts) == {"page"}  # nothing tells it from the end of the article
    assert kept(texts | pages(range(2, 5))) == {"clean"}
    assert not any(pair.is_cut for pair in scan(texts | pages(range(2, 5))).pairs())


def test_copies_of_the_whole_text_make_no_footer_of_its_end() -> None:
    whole = make_article(1)
    texts = {f"copy{i}": whole + "!" * i for i in range(5)}
    texts |= {f"page{i}": f"{make_article(40 + i, 20)} {whole}" for i in range(3)}
    texts["cut"] = " ".join(whole.split()[:95])
    assert any(pair.is_cut for pair in scan(texts).pairs())
    assert kept(texts).isdisjoint({"cut"})


def test_what_the_duplicates_share_is_kept_of_several() -> None:
    clean = make_article(1)
    texts = {
        f"page{i}": f"{make_article(50 + i, 12)} {clean} {make_article(80 + i, 12)}"
        for i in range(4)
    }
    texts |= {"clean": clean, "short": " ".join(clean.split()[15:])}
    assert kept(texts) == {"clean"}


def test_dates_decide_between_equally_good_copies(tmp_path: Path) -> None:
    lines = [
        f'{{"id": "{id}", "text": "{text}", "date": "{date}"}}'
        for id, text, date in [
            ("late", make_article(1), "2024-03-01"),
            ("first", make_article(1), "2024-01-01"),
            ("page", f"{make_article(2, 12)} {make_article(1)}", "2023-01-01"),
        ]
    ]
    for order in (lines, lines[::-1]):
        (tmp_path / "x.jsonl").write_text("\n".join(order))
        report = dedupe.scan(tmp_path / "x.jsonl")
        assert [cluster.representative for cluster in report.clusters] == ["first"]
    (tmp_path / "x.jsonl").write_text("\n".join(lines).replace('"date"', '"other"'))
    assert not dedupe.scan(tmp_path / "x.jsonl").notices  # nobody asked for dates


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_neither_order_nor_workers_nor_kernels_decide(data: st.DataObject, seed: int) -> None:
    texts = make_cut_copies(seed)
    shuffled = dict(data.draw(st.permutations([*texts.items()])))
    report = scan(texts, **EVERY_PAIR)
    for values in ({"workers": 1}, {"workers": 2}, {"kernels": "plain"}):
        found = scan(shuffled, **EVERY_PAIR, **values)
        assert found.clusters == report.clusters
        assert found.bridges == report.bridges
    assert recluster(report, 0.7, refuse) == report
    assert_same(recluster(report, 0.85, refuse), scan(texts, threshold=0.85, **EVERY_PAIR))


def test_what_is_drawn_has_cut_copies_and_footers() -> None:
    pairs = [pair for seed in range(5) for pair in scan(make_cut_copies(seed)).pairs()]
    assert {True, False} == {pair.is_cut for pair in pairs}
