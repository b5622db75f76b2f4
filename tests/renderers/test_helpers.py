"""Helper processes of the HTML report: the bytes are those that one process alone writes."""

from __future__ import annotations

import random

import msgspec
import pytest

from dedupe.api import scan_with_texts
from dedupe.model.settings import Config
from dedupe.renderers.html import HtmlOptions, render_html
from dedupe.renderers.html import differences as differences_module
from dedupe.renderers.html import helpers as helpers_module
from dedupe.renderers.html.comparing import ClusterTexts
from dedupe.renderers.html.helper import Job, run_job
from dedupe.renderers.html.helpers import HelperPool


def make_texts(count: int) -> list[str]:
    rng = random.Random(1)
    texts = []
    for _ in range(count):
        words = [f"w{rng.randrange(900)}" for _ in range(120)]
        texts.append(" ".join(words))
        words[60:62] = ["<b>new</b>", "“quoted”,", "中文的字"]
        texts.append(" ".join(words))
        words[5:9] = ["again"]
        texts.append(" ".join(words))
    return texts


@pytest.fixture
def report_and_texts(tmp_path):
    for number, text in enumerate(make_texts(8)):
        (tmp_path / f"{number:03}.txt").write_text(text, encoding="utf-8")
    report, texts = scan_with_texts([str(tmp_path)], Config(keep=("degree",)))
    assert len(report.clusters) == 8
    return report, texts


@pytest.fixture
def rendered(report_and_texts, monkeypatch):
    """Render with helpers, or without; the number of workers in the page is the same."""
    report, texts = report_and_texts
    run = msgspec.structs.replace(report.run, workers=2)
    report = msgspec.structs.replace(report, run=run)
    monkeypatch.setattr("dedupe.renderers.html.page.available_processors", lambda: 2)

    def render(helped: bool, **options) -> bytes:
        least = 0 if helped else 10**9
        monkeypatch.setattr(differences_module, "HELPED_TOKENS", least)
        return b"".join(render_html(report, texts, HtmlOptions(**options)))

    return render


def test_helpers_change_no_byte(rendered, monkeypatch):
    monkeypatch.setattr(helpers_module, "JOB_CHARACTERS", 2000)
    started = []
    monkeypatch.setattr(
        helpers_module,
        "_Helper",
        lambda make=helpers_module._Helper: started.append(make()) or started[-1],
    )
    alone = rendered(False)
    assert not started
    assert rendered(True) == alone and len(started) == 2
    assert alone.count(b"<ins>") > 20
    assert all(helper._process.poll() is not None for helper in started)


@pytest.mark.parametrize("spare", [0, 3000, 6000, 12_000, 25_000])
def test_helpers_change_no_byte_where_room_is_scarce(rendered, monkeypatch, spare):
    monkeypatch.setattr(helpers_module, "JOB_CHARACTERS", 1)
    size = len(rendered(False, diff=False))
    alone = rendered(False, max_bytes=size + spare)
    assert rendered(True, max_bytes=size + spare) == alone


def test_a_job_whose_helper_died_is_run_here():
    pool = HelperPool(2)
    try:
        for helper in pool._helpers:
            helper._process.kill()
            helper._process.wait()
        texts = make_texts(3)
        clusters = [ClusterTexts(texts[i], tuple(texts[i + 1 : i + 3])) for i in (0, 3, 6)]
        assert tuple(pool.compare(clusters)) == run_job(Job(tuple(clusters))).differences
    finally:
        pool.close()


def test_a_text_that_is_no_utf8_is_compared_here():
    pool = HelperPool(1)
    try:
        clusters = [ClusterTexts("one two \ud800 three four five", ("one two three four six",))]
        [[difference]] = pool.compare(clusters)
        assert difference.diff is not None and difference.diff.place_count
    finally:
        pool.close()


def test_progress_reaches_the_end(rendered):
    told: list[float] = []
    rendered(False, tell=told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) == 8


def test_what_was_not_made_ahead_is_made_when_there_is_room(rendered, monkeypatch):
    alone = rendered(False)
    writer = differences_module.DifferenceWriter
    monkeypatch.setattr(writer, "_cut_to_room", lambda self, cluster: cluster.first())
    assert rendered(True) == alone
