"""``dedupe apply`` while somebody else changes the corpus: nothing may be lost.

Each story is told twice, or as often as ``DEDUPE_ROUNDS`` says, with other texts each time.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import dedupe
from dedupe.applying import (
    CurrentDocuments,
    delete_files,
    file_calls,
    moving,
    plan_drops,
    set_aside,
    whole_files,
    write_output,
)
from dedupe.applying.check import CLOCK_TICK_NS
from dedupe.applying.outcome import Outcome
from dedupe.model.errors import ApplyError
from dedupe.model.report import Report
from tests.support.forms import make_texts
from tests.support.kills import FILE_SYSTEMS

ROUNDS = range(int(os.environ.get("DEDUPE_ROUNDS", "2")))

Meddle = Callable[[Path, Path], object]
"""What somebody else does to a victim and its keeper."""


class Corpus:
    """A folder of texts, its report, and one duplicate with its keeper in it."""

    def __init__(self, base: Path, seed: int) -> None:
        self.base = base
        self.seed = seed
        self.folder = base / "in"
        for name, text in make_texts(seed, 10).items():
            self.put(f"{name}.txt", text)
        self.put("v.txt", "one two three four five six seven eight nine ten eleven twelve")
        self.put("w.txt", "one two three four five six seven eight nine ten eleven twelve")
        self.report: Report = dedupe.scan(self.folder)
        drop = next(d for d in plan_drops(self.report).drops if d.id in ("v.txt", "w.txt"))
        self.victim, self.keeper = self.folder / drop.id, self.folder / drop.keeper
        self.texts = {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def put(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def act(self, action: str, aside: Path | None = None) -> Outcome:
        plan = plan_drops(self.report)
        if action == "move":
            return set_aside(self.report, plan, str(aside or self.base / "aside"))
        if action == "delete":
            return delete_files(self.report, plan)
        return write_output(self.report, plan, str(self.base / "out"), makes_links=action == "link")

    def contents(self) -> set[bytes]:
        """All that any file below holds."""
        return {path.read_bytes() for path in self.base.rglob("*") if path.is_file()}


@pytest.fixture(params=ROUNDS)
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Corpus]:
    yield Corpus(tmp_path, request.param)


def change_unseen(path: Path) -> None:
    """Other content of the same size, and the time that it had."""
    status = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns


def test_a_file_that_was_just_written_is_read_when_a_change_must_show(tmp_path: Path):
    corpus = Corpus(tmp_path, 0)
    documents = CurrentDocuments(corpus.report)
    path = str(corpus.victim)
    change_unseen(corpus.victim)
    with documents.source(0).files.open(path):
        assert time.time_ns() - documents.stamps[path].ctime_ns >= CLOCK_TICK_NS


def swap_for_link(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


def link_to_copy(path: Path) -> None:
    copy = path.with_name("copy.bin")
    shutil.copy2(path, copy)
    swap_for_link(path, copy)


KEEPER_STORIES: dict[str, Meddle] = {
    "changed": lambda victim, keeper: change_unseen(keeper),
    "deleted": lambda victim, keeper: keeper.unlink(),
    "linked to the victim": lambda victim, keeper: swap_for_link(keeper, victim),
    "linked to a copy": lambda victim, keeper: link_to_copy(keeper),
    "a folder": lambda victim, keeper: (keeper.unlink(), keeper.mkdir()),
    "a pipe": lambda victim, keeper: (keeper.unlink(), os.mkfifo(keeper)),
    "a hard link to the victim": lambda victim, keeper: (
        keeper.unlink(),
        os.link(victim, keeper),
    ),
}
VICTIM_STORIES: dict[str, Meddle] = {
    "changed": lambda victim, keeper: change_unseen(victim),
    "linked to the keeper": lambda victim, keeper: swap_for_link(victim, keeper),
    "a hard link to the keeper": lambda victim, keeper: (
        victim.unlink(),
        os.link(keeper, victim),
    ),
}


def stopped_ids(outcome: Outcome) -> set[str]:
    return {each.id for each in outcome.stopped}


@pytest.mark.parametrize("action", ["output", "link", "move", "delete"])
@pytest.mark.parametrize("story", KEEPER_STORIES)
def test_a_keeper_that_is_not_what_it_was_stops_its_victim(corpus: Corpus, story: str, action: str):
    KEEPER_STORIES[story](corpus.victim, corpus.keeper)
    outcome = corpus.act(action)
    assert corpus.victim.name in stopped_ids(outcome)
    assert corpus.victim.read_bytes() == corpus.texts[corpus.victim.name]
    if action in ("output", "link"):
        written = corpus.base / "out" / corpus.victim.name
        assert written.read_bytes() == corpus.texts[corpus.victim.name]
    assert {each.id for each in outcome.dropped} | {corpus.victim.name} == {
        drop.id for drop in plan_drops(corpus.report).drops
    }


@pytest.mark.parametrize("action", ["output", "move", "delete"])
@pytest.mark.parametrize("story", VICTIM_STORIES)
def test_a_victim_that_is_not_what_it_was_stays(corpus: Corpus, story: str, action: str):
    VICTIM_STORIES[story](corpus.victim, corpus.keeper)
    content = corpus.victim.read_bytes()
    outcome = corpus.act(action)
    assert corpus.victim.name in stopped_ids(outcome)
    assert corpus.victim.read_bytes() == content
    assert corpus.keeper.read_bytes() == corpus.texts[corpus.keeper.name]


def before_the_act(
    monkeypatch: pytest.MonkeyPatch, action: str, corpus: Corpus, meddle: Meddle, after: bool
) -> None:
    """Let somebody meddle right before (or after) the call by which a victim goes."""
    done: list[bool] = []

    def wrap(call: Any, is_victim: Callable[..., bool]) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            is_it = not done and is_victim(*arguments, **named)
            if is_it and not after:
                done.append(True)
                meddle(corpus.victim, corpus.keeper)
            result = call(*arguments, **named)
            if is_it and after:
                done.append(True)
                meddle(corpus.victim, corpus.keeper)
            return result

        return wrapped

    name = corpus.victim.name
    if action == "move":
        wrapped = wrap(file_calls.rename_new, lambda old, *rest: old == name)
        monkeypatch.setattr(file_calls, "rename_new", wrapped)
    elif action == "delete":
        wrapped = wrap(os.unlink, lambda path, **named: path == name and "dir_fd" in named)
        monkeypatch.setattr(os, "unlink", wrapped)
    else:
        monkeypatch.setattr(os, "fchmod", wrap(os.fchmod, lambda *arguments: True))


@pytest.mark.parametrize("action", ["move", "delete"])
@pytest.mark.parametrize(
    ("story", "after"),
    [
        *((story, False) for story in KEEPER_STORIES),
        *((story, True) for story in KEEPER_STORIES if "victim" not in story),
    ],
)
def test_a_keeper_that_goes_at_the_last_moment(
    corpus: Corpus, story: str, action: str, after: bool, monkeypatch: pytest.MonkeyPatch
):
    before_the_act(monkeypatch, action, corpus, KEEPER_STORIES[story], after)
    outcome = corpus.act(action)
    monkeypatch.undo()
    assert corpus.victim.name in stopped_ids(outcome)
    assert corpus.victim.read_bytes() == corpus.texts[corpus.victim.name]
    assert {each.id for each in outcome.dropped}.isdisjoint({corpus.victim.name})


@pytest.mark.parametrize("story", VICTIM_STORIES)
def test_a_victim_that_changes_after_the_check_is_not_deleted(
    corpus: Corpus, story: str, monkeypatch: pytest.MonkeyPatch
):
    open_at = whole_files.open_at

    def meddle_and_open(name: str, folder: int) -> Any:
        if name == corpus.victim.name:
            VICTIM_STORIES[story](corpus.victim, corpus.keeper)
        return open_at(name, folder)

    monkeypatch.setattr(whole_files, "open_at", meddle_and_open)
    outcome = corpus.act("delete")
    assert corpus.victim.name in stopped_ids(outcome)
    assert os.path.lexists(corpus.victim)
    assert corpus.keeper.read_bytes() == corpus.texts[corpus.keeper.name]


@pytest.mark.parametrize("story", [*KEEPER_STORIES, "victim changed"])
def test_nothing_is_written_when_the_corpus_changes_meanwhile(
    corpus: Corpus, story: str, monkeypatch: pytest.MonkeyPatch
):
    stories = {**KEEPER_STORIES, "victim changed": VICTIM_STORIES["changed"]}
    before_the_act(monkeypatch, "output", corpus, stories[story], after=False)
    with pytest.raises(ApplyError, match="changed while it was read"):
        corpus.act("output")
    monkeypatch.undo()
    assert not (corpus.base / "out").exists()
    assert [path.name for path in corpus.base.iterdir()] == ["in"]


@pytest.mark.parametrize("story", ["changed", "another"])
def test_a_victim_that_is_another_file_when_it_is_moved_goes_back(
    corpus: Corpus, story: str, monkeypatch: pytest.MonkeyPatch
):
    def replace(victim: Path, keeper: Path) -> None:
        victim.unlink()
        victim.write_bytes(b"precious and new")

    meddle = replace if story == "another" else VICTIM_STORIES["changed"]
    before_the_act(monkeypatch, "move", corpus, meddle, after=False)
    outcome = corpus.act("move")
    monkeypatch.undo()
    if story == "another":
        assert corpus.victim.name in stopped_ids(outcome)
        assert corpus.victim.read_bytes() == b"precious and new"
    else:  # the same file, to its time: what it holds now is aside, not lost
        assert corpus.texts[corpus.victim.name][::-1] in corpus.contents()
    assert corpus.keeper.read_bytes() == corpus.texts[corpus.keeper.name]


@pytest.mark.parametrize("action", ["output", "move"])
def test_a_destination_that_is_there_is_not_touched(corpus: Corpus, action: str):
    name = {"output": "out", "move": "aside"}[action]
    for make in (
        lambda path: (path.mkdir(), (path / "mine").write_bytes(b"mine")),
        lambda path: path.write_bytes(b"mine"),
    ):
        path = corpus.base / name
        make(path)
        with pytest.raises(ApplyError):
            corpus.act(action)
        assert b"mine" in corpus.contents()
        assert {p.name: p.read_bytes() for p in corpus.folder.iterdir()} == corpus.texts
        assert sorted(p.name for p in corpus.base.iterdir()) == sorted(["in", name])
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (corpus.base / name).mkdir()
    assert corpus.act(action).stopped == ()


def test_a_destination_that_appears_meanwhile_is_not_touched(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    def appear(victim: Path, keeper: Path) -> None:
        (corpus.base / "out").mkdir()
        (corpus.base / "out" / "mine").write_bytes(b"mine")

    before_the_act(monkeypatch, "output", corpus, appear, after=False)
    with pytest.raises(ApplyError, match="cannot take its place"):
        corpus.act("output")
    assert [path.name for path in (corpus.base / "out").iterdir()] == ["mine"]


def test_a_name_that_is_taken_meanwhile_is_not_touched(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    def appear(victim: Path, keeper: Path) -> None:
        (corpus.base / "aside" / victim.name).write_bytes(b"mine")

    before_the_act(monkeypatch, "move", corpus, appear, after=False)
    outcome = corpus.act("move")
    assert corpus.victim.name in stopped_ids(outcome)
    assert (corpus.base / "aside" / corpus.victim.name).read_bytes() == b"mine"
    assert corpus.victim.read_bytes() == corpus.texts[corpus.victim.name]


@pytest.mark.parametrize("seed", ROUNDS)
def test_hard_links_are_one_file(tmp_path: Path, seed: int):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(make_texts(seed, 1)["d0"])
    os.link(folder / "a.txt", folder / "b.txt")
    report = dedupe.scan(folder)
    assert len(report.clusters) == 1
    outcome = delete_files(report, plan_drops(report))
    assert outcome.dropped == ()
    assert "the same file" in outcome.stopped[0].detail
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("seed", ROUNDS)
@pytest.mark.parametrize("action", ["output", "move", "delete"])
def test_one_file_under_two_paths(tmp_path: Path, action: str, seed: int, monkeypatch: Any):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.txt").write_text(make_texts(seed, 1)["d0"])
    monkeypatch.chdir(tmp_path)
    report = dedupe.scan(["a", "b"])
    shutil.rmtree("b")
    Path("b").symlink_to("a")
    plan = plan_drops(report)
    if action == "output":
        outcome = write_output(report, plan, "out")
    else:
        outcome = set_aside(report, plan, "x") if action == "move" else delete_files(report, plan)
    assert outcome.dropped == ()
    assert [each.detail.partition(",")[0] for each in outcome.stopped][:1] != []
    assert Path("a/t.txt").exists()


class Meddler(threading.Thread):
    """Writes other texts of the same size into files, at any moment, and sets their time back.

    :ivar written: what it wrote last, by name
    """

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__()
        self.written: dict[str, bytes] = {}
        self._sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        self._folder = folder
        self._chance = random.Random(seed)
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(self._chance.random() / 2000):
            name = self._chance.choice(sorted(self._sizes))
            path, content = self._folder / name, self._chance.randbytes(self._sizes[name])
            with suppress(FileNotFoundError), path.open("r+b", buffering=0) as file:
                status = os.fstat(file.fileno())
                file.write(content)
                self.written[name] = content
                os.utime(file.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))

    def stop(self) -> None:
        self._is_over.set()
        self.join()


@pytest.mark.parametrize("action", ["move", "output"])
def test_nothing_is_lost_while_somebody_writes_all_the_time(corpus: Corpus, action: str):
    meddler = Meddler(corpus.folder, corpus.seed)
    meddler.start()
    try:
        with suppress(ApplyError):
            outcome = corpus.act(action)
            dropped = {each.id for each in outcome.dropped}
            if action == "output":
                left = {path.name: path.read_bytes() for path in (corpus.base / "out").iterdir()}
                assert left.keys() == corpus.texts.keys() - dropped
                for each in outcome.dropped:
                    assert left[each.keeper] == corpus.texts[each.keeper]
    finally:
        meddler.stop()
    for name, text in {**corpus.texts, **meddler.written}.items():
        paths = corpus.folder / name, corpus.base / "aside" / name
        assert text in [path.read_bytes() for path in paths if path.exists()], name


@pytest.mark.parametrize("far", FILE_SYSTEMS)
def test_files_go_to_any_file_system_and_back(corpus: Corpus, far: Path):
    if not far.is_dir():
        pytest.skip(f"there is no {far}")
    aside = far / f"dedupe-test-{os.getpid()}"
    victims = {drop.id for drop in plan_drops(corpus.report).drops}
    times = {path.name: path.stat().st_mtime_ns for path in corpus.folder.iterdir()}
    try:
        assert corpus.act("move", aside).file_count == len(victims)
        here = {path.name for path in corpus.folder.iterdir()}
        assert here == corpus.texts.keys() - victims
        assert all((aside / name).read_bytes() == corpus.texts[name] for name in victims)
        assert moving.undo(str(aside / "dedupe-manifest.jsonl")).file_count == len(victims)
        assert not aside.exists()
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    assert {path.name: path.read_bytes() for path in corpus.folder.iterdir()} == corpus.texts
    assert {path.name: path.stat().st_mtime_ns for path in corpus.folder.iterdir()} == times
