"""The page of a review in a browser: decisions by clicks and keys are in the file at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe import scan
from dedupe.model.report import Report
from dedupe.model.settings import Config
from dedupe.report.decision_file import hash_pair, read_decisions
from dedupe.report.json import render_json
from tests.review.test_server import SCORES, write_corpus
from tests.support.browser import OpenPage
from tests.support.command import RunDedupe
from tests.support.injections import VECTORS
from tests.support.reports import make_cluster, make_member, make_report
from tests.support.reviewing import Reviewing, reviewing

pytestmark = pytest.mark.slow

CLUSTER = "#rows > .cluster"
MEMBERS = f"{CLUSTER}[open] .members > li"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Report]]:
    folder = tmp_path_factory.mktemp("reviewed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        report = write_corpus(folder / "in", 25)
    (folder / "report.json").write_bytes(render_json(report))
    yield folder, report


@pytest.fixture
def running(scanned: tuple[Path, Report], tmp_path: Path) -> Iterator[Reviewing]:
    with reviewing(scanned[0], "report.json", "--decisions", tmp_path / "d.jsonl") as found:
        yield found


def wait_saved(page: Any) -> None:
    page.locator("#saved", has_text=re.compile("^saved$")).wait_for()


def wait_decided(page: Any, count: int) -> None:
    page.locator("#decided", has_text=re.compile(f"^{count}$")).wait_for()


def test_500_decisions_are_there_after_a_kill(
    tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, run_dedupe: RunDedupe
):
    monkeypatch.chdir(tmp_path)
    report = write_corpus(tmp_path / "in", 250)
    (tmp_path / "report.json").write_bytes(render_json(report))
    running = Reviewing(tmp_path, "report.json")
    page = open_page(running.address)
    made = 0
    while made < 500:
        page.keyboard.press("m")
        page.keyboard.press("m")
        for number in range(20):
            page.keyboard.press("123"[(made + number) % 3])
        made += 20
        wait_decided(page, made)
        if made < 500:
            with page.expect_navigation():
                page.keyboard.press("]")
    wait_saved(page)
    running.kill()
    page.close()
    found = read_decisions(str(tmp_path / "report.decisions.jsonl"))
    pairs = {
        hash_pair(cluster.members[0].content_hash, member.content_hash)
        for cluster in report.clusters
        for member in cluster.others()
    }
    assert len(found.pairs) == 500 and found.judged.keys() == pairs
    choices = [each.choice for each in found.pairs]
    assert [choices.count(name) for name in ("same", "different", "unsure")] == [167, 167, 166]
    command = ("apply", "report.json", "--decisions", "report.decisions.jsonl")
    told = run_dedupe(*command).stderr.decode()
    assert "167\u00a0pairs different" in told


def test_decisions_by_clicks_undo_and_a_reload(
    running: Reviewing, scanned: tuple[Path, Report], open_page: OpenPage, tmp_path: Path
):
    page = open_page(running.address)
    members = page.locator(MEMBERS)
    members.nth(1).get_by_role("button", name="Different").click()
    members.nth(2).get_by_role("button", name="Drop").click()
    wait_saved(page)
    first, second, third = members.locator(".who").all_inner_texts()
    hashes = {member.id: member.content_hash for member in scanned[1].members()}
    found = read_decisions(str(tmp_path / "d.jsonl"))
    assert found.choices == {third: "drop"}
    assert found.judged == {hash_pair(hashes[first], hashes[second]): "different"}
    assert page.inner_text("#decided") == "2"
    page.reload()
    pressed = page.locator(".decided [aria-pressed=true]")
    assert sorted(pressed.all_inner_texts()) == ["Different", "Drop", "Keep"]
    page.locator(MEMBERS).nth(1).get_by_role("button", name="Different").click()
    page.locator(MEMBERS).nth(1).get_by_role("button", name="Unsure").click()
    page.keyboard.press("z")
    page.keyboard.press("z")
    wait_saved(page)
    again = read_decisions(str(tmp_path / "d.jsonl"))
    assert again.judged == found.judged and again.choices == found.choices


def test_what_is_not_saved_is_told(running: Reviewing, chromium: Any, tmp_path: Path):
    page = chromium.new_page()  # errors in its console are meant
    page.goto(running.address)
    (tmp_path / "d.jsonl").write_text("somebody's notes")
    with page.expect_response(lambda answer: answer.status == 422):
        page.locator(MEMBERS).nth(1).get_by_role("button", name="Same").click()
    page.locator("#saved", has_text="NOT saved: ").wait_for()
    assert "is no file of decisions" in page.inner_text("#saved")
    (tmp_path / "d.jsonl").unlink()
    page.locator(MEMBERS).nth(2).get_by_role("button", name="Same").click()
    wait_decided(page, 2)
    assert len(read_decisions(str(tmp_path / "d.jsonl")).pairs) == 2, "what failed goes with it"
    wait_saved(page)
    page.close()


def test_search_pages_and_what_is_undecided(running: Reviewing, open_page: OpenPage):
    page = open_page(running.address)
    page.keyboard.press("/")
    page.keyboard.type("013c")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(CLUSTER).count() == 1 and page.input_value("#find") == "013c"
    assert page.locator(f"{CLUSTER}[open] ins, {CLUSTER}[open] del").first.is_visible()
    page.keyboard.press("m")
    page.keyboard.press("m")
    page.keyboard.press("1")
    wait_saved(page)
    page.check("[name=open]")
    with page.expect_navigation():
        page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator(CLUSTER).count() == 0 and page.inner_text("#none") == "No cluster matches."


def test_a_blind_page_shows_no_score(
    scanned: tuple[Path, Report], open_page: OpenPage, tmp_path: Path
):
    answers: list[str] = []
    with reviewing(scanned[0], "report.json", "--blind", "--decisions", tmp_path / "d") as running:
        page = open_page(running.address)
        page.on("response", lambda answer: answers.append(answer.text()))
        page.keyboard.press("e")
        page.locator(MEMBERS).nth(1).get_by_role("button", name="Same").click()
        wait_saved(page)
        text = page.inner_text("main")
        titles = page.evaluate("[...document.querySelectorAll('main [title]')].map(e => e.title)")
        pressed = page.locator("[aria-pressed=true]").all_inner_texts()
    assert "another" in text and "Different" in text
    assert SCORES.findall("\n".join([*titles, text.replace("20 duplicates", "")])) == []
    assert pressed == ["Inline", "Same"], "nothing says what we would keep"
    assert answers == ['{"count": 1}']


def test_hostile_texts_and_ids_do_nothing(
    tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    lines = " ".join(f"word{n}" for n in range(40))
    for number, vector in enumerate(VECTORS):
        for name in "ab":
            text = f"{vector} {lines} {number} " * 3 + f"{name} {vector}"
            path = tmp_path / "in" / f"{number:03d}{name}.txt"
            path.write_text(text, encoding="utf-8", errors="replace")
    found = scan("in", Config(threshold=0.5, workers=1))
    assert found.clusters
    (tmp_path / "texts.json").write_bytes(render_json(found))
    clusters = [
        make_cluster(
            f"{number:016x}",
            make_member(f"{vector} {number}a", "identical", 1.0, content_hash=f"{2 * number:032x}"),
            make_member(
                f"{number}b {vector}",
                content_hash=f"{2 * number + 1:032x}",
                meta={"title": vector, "url": vector, "site": vector, "date": vector},
            ),
        )
        for number, vector in enumerate(VECTORS)
    ]
    (tmp_path / "ids.json").write_bytes(render_json(make_report(*clusters)))
    for name, count in (("texts", len(found.clusters)), ("ids", len(clusters))):
        with reviewing(tmp_path, f"{name}.json") as running:
            page = open_page(running.address)
            for number in range(1, -(-count // 10) + 1):
                page.goto(f"{running.address}?page={number}")
                page.keyboard.press("e")
                page.keyboard.press("s")
                page.evaluate(
                    "for (const b of document.querySelectorAll('[data-judge=same]')) b.click()"
                )
                wait_saved(page)
                assert page.evaluate("window.pwned") is None
            page.goto(f"{running.address}?q=%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E")
            assert page.evaluate("window.pwned") is None
    made = read_decisions(str(tmp_path / "ids.decisions.jsonl"))
    wanted = {m.id for cluster in clusters for m in cluster.members}
    assert {id for pair in made.pairs for id in pair.ids} == wanted, "ids are as they are"


def test_another_site_cannot_speak_to_it(
    running: Reviewing, scanned: tuple[Path, Report], chromium: Any, tmp_path: Path
):
    other = tmp_path / "other.html"
    other.write_text("<p>another site")
    context = chromium.new_context()
    page = context.new_page()
    page.goto(other.as_uri())
    send = """async ([address, type]) => {
      try {
        const answer = await fetch(address, { method: "POST", headers: { "Content-Type": type },
          body: '{"changes": []}' });
        return answer.status;
      } catch (error) {
        return "refused";
      }
    }"""
    for kind in ("application/json", "text/plain"):
        assert page.evaluate(send, [f"{running.address}decide", kind]) == "refused"
    page.evaluate(
        """address => {
          const frame = document.createElement("iframe");
          frame.src = address;
          document.body.append(frame);
        }""",
        running.address,
    )
    for _ in range(100):  # until it has been answered
        page.wait_for_timeout(100)
        if page.frames[1:] and page.frames[1].url:
            break
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
    context.close()
    assert not (tmp_path / "d.jsonl").exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1280])
def test_the_page_is_accessible(scheme: str, width: int, running: Reviewing, open_page: OpenPage):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The page lets no other script in, and that of the test is one.
    page = open_page(running.address, color_scheme=scheme, width=width, bypass_csp=True)
    for key in "mm12":
        page.keyboard.press(key)
    wait_saved(page)
    violations = axe.run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
