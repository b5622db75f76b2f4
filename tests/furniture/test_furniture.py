"""Furniture: what is found, what each mode does with it, and that nothing else decides."""

from __future__ import annotations

import json
import random
from itertools import chain

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import Config, find_duplicates
from dedupe.furniture import counting, cutting
from dedupe.furniture.counting import MIN_UNITS, count_windows
from dedupe.furniture.sites import site_of
from dedupe.furniture.windows import WINDOW_TOKENS, WindowShape, hash_windows
from dedupe.model.errors import ReportError
from dedupe.pipeline.reclustering import recluster
from dedupe.report.json import parse_report, render_json
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder
from tests.support.furnished_sites import FurnishedSites

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "or", "u") for c in "lmnrstvw"]


def write(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count))


def pages(count: int = 14, seed: int = 3, own: int = 60, site: str = "a.example") -> dict[str, str]:
    """Pages of one site: a menu before, a footer behind, a text of their own between."""
    rng = random.Random(seed)
    menu, footer = write(rng, 40), write(rng, 25)
    return {f"{site}/{i:02}": f"{menu}\n{write(rng, own)}\n{footer}" for i in range(count)}


def found_pairs(report) -> set[frozenset[str]]:
    return {frozenset((pair.left, pair.right)) for pair in report.pairs()}


def result_of(report) -> bytes:
    """The report without what may differ between two runs."""
    run = msgspec.structs.replace(report.run, seconds=0.0, stages=(), workers=1, kernels="")
    return render_json(msgspec.structs.replace(report, run=run))


# --- the modes on sites of many pages ------------------------------------------------------------


@pytest.fixture(scope="module")
def sites() -> FurnishedSites:
    return FurnishedSites()


@pytest.mark.slow
def test_without_furniture_all_duplicates_of_forty_sites_are_found_and_no_others(sites):
    true = sites.pairs()
    told = {}
    for mode in ("keep", "report", "ignore"):
        report = find_duplicates(sites.texts, Config(furniture=mode))
        found = found_pairs(report)
        told[mode] = len(found - true), len(true - found)
        mixed = [c for c in report.clusters if len({sites.stories[m.id] for m in c.members}) > 1]
        assert bool(mixed) == (mode != "ignore")
    assert told["keep"] == told["report"]
    assert told["keep"][0] >= 10 and told["keep"][1] >= 0.9 * len(true)
    assert told["ignore"][0] == 0
    assert told["ignore"][1] <= 0.01 * len(true)


@pytest.mark.slow
def test_what_is_reported_agrees_with_the_two_searches(sites):
    report = find_duplicates(sites.texts, Config(furniture="report"))
    kept = find_duplicates(sites.texts, Config())
    ignored = find_duplicates(sites.texts, Config(furniture="ignore"))
    assert found_pairs(report) == found_pairs(kept)
    furniture = report.furniture
    assert furniture.resting_pair_count == len(found_pairs(kept) - found_pairs(ignored))
    assert furniture.hidden_pair_count == len(found_pairs(ignored) - found_pairs(kept))
    assert ignored.furniture.passages == furniture.passages
    # Each passage stands, word for word, in about as many pages as is said.
    words = {id: " ".join(text.split()) for id, text in sites.texts.items()}
    for passage in furniture.passages:
        holding = [id for id, text in words.items() if passage.text in text]
        assert passage.id in holding
        assert len(holding) <= passage.document_count
        assert not passage.site or {id.partition("/")[0] for id in holding} == {passage.site}


# --- the result depends on nothing else -----------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> dict[str, str]:
    rng = random.Random(8)
    texts = pages(16, 1) | pages(15, 2, site="b.example") | pages(12, 3, 20, site="c.example")
    story = write(rng, 120)
    for i, id in enumerate([*texts][::5]):
        texts[id] = f"{texts[id].splitlines()[0]}\n{story} {i}\n{texts[id].splitlines()[2]}"
    texts["a.example/copy"] = texts["a.example/03"]
    return texts


@pytest.mark.parametrize("mode", ["report", "ignore"])
def test_order_workers_kernels_and_memory_change_nothing(mode, small, monkeypatch):
    report = find_duplicates(small, Config(furniture=mode, workers=1))
    assert report.furniture.passage_count and report.clusters
    expected = result_of(report)
    shuffled = [*small.items()]
    random.Random(4).shuffle(shuffled)
    for config in (
        Config(furniture=mode, workers=3),
        Config(furniture=mode, kernels="plain"),
        Config(furniture=mode, max_memory=200_000_000),
    ):
        assert result_of(find_duplicates(dict(shuffled), config)) == expected
    monkeypatch.setattr(counting, "HASHES_PER_JOB", 300)
    monkeypatch.setattr(counting, "PART_BYTES", 1 << 12)
    monkeypatch.setattr(counting, "STORE_BYTES", 1 << 10)
    monkeypatch.setattr(cutting, "HASHES_PER_JOB", 300)
    assert result_of(find_duplicates(dict(shuffled), Config(furniture=mode))) == expected


def test_a_report_is_read_back_and_shown_at_another_threshold(small):
    for mode in ("report", "ignore"):
        report = find_duplicates(small, Config(furniture=mode))
        again = parse_report(render_json(report))
        assert again == report
        higher = recluster(again, 0.9, lambda pairs: [])
        fresh = find_duplicates(small, Config(furniture=mode, threshold=0.9))
        assert found_pairs(higher) == found_pairs(fresh)
        kept = {(m.id, m.representative) for m in higher.furniture.members}
        assert kept <= {(m.id, c.representative) for c in higher.clusters for m in c.members}


def test_a_report_without_furniture_takes_its_texts_for_single_linkage(small):
    report = find_duplicates(small, Config(furniture="ignore", linkage="single"))
    with pytest.raises(ReportError, match=r"scan again with --threshold 0\.9"):
        recluster(report, 0.9, lambda pairs: [])


# --- counting, windows, sites ---------------------------------------------------------------------


@pytest.mark.parametrize("shingle_size", [1, 3, 5, 14, 15, 16, 40])
def test_a_window_has_fifteen_words_or_those_of_a_shingle(shingle_size):
    shape = WindowShape.of(shingle_size)
    assert shape.token_count == max(WINDOW_TOKENS, shingle_size)
    covered = {step + i for step in shape.steps for i in range(shingle_size)}
    assert covered == set(range(shape.token_count))


class Lists:
    """``ShingleSets`` of lists of numbers."""

    def __init__(self, lists: list[list[int]]) -> None:
        self._lists = [np.array(each, np.uint64) for each in lists]

    def counts(self, groups):
        return np.array([len(self._lists[group]) for group in groups.tolist()], np.int64)

    def gather(self, groups):
        chosen = [np.empty(0, np.uint64), *(self._lists[group] for group in groups.tolist())]
        return np.concatenate(chosen), np.concatenate([[0], np.cumsum(self.counts(groups))])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_windows_are_counted_once_a_unit(data):
    """Against a dictionary of sets of units."""
    rng = random.Random(data.draw(st.integers(0, 10**6)))
    runs = [[rng.getrandbits(64) for _ in range(rng.randrange(1, 30))] for _ in range(4)]
    picked = [rng.choices(runs, k=rng.randrange(4)) for _ in range(rng.randrange(70))]
    lists = [[*chain.from_iterable(each)] for each in picked]
    units = np.array([rng.randrange(40) for _ in lists], np.int64)
    sites = np.array([rng.choice([0, 7, 9]) for _ in lists], np.uint64)
    shape = WindowShape.of(5)
    expected: dict[int, set[int]] = {}
    of_sites: dict[int, set[int]] = {}
    for values, unit, site in zip(lists, units.tolist(), sites.tolist(), strict=True):
        array = np.array(values, np.uint64)
        windows, whole = hash_windows(shape, array, np.array([0, len(values)]))
        assert len(whole) == max(len(values) + 5 - WINDOW_TOKENS, 0)
        for window in windows[whole].tolist():
            expected.setdefault(window, set()).add(unit)
            if site:
                of_sites.setdefault(window ^ site, set()).add(unit)
    from dedupe.sketch import load_kernels

    with WorkFolder() as work:
        resources = Resources(load_kernels(), work)
        for counts, keys in ((expected, None), (of_sites, sites)):
            found = count_windows(shape, Lists(lists), units, resources, keys)
            frequent = {w: len(u) for w, u in counts.items() if len(u) >= MIN_UNITS}
            assert dict(zip(found.keys.tolist(), found.unit_counts.tolist(), strict=True)) == (
                frequent
            )


def test_the_site_is_of_the_metadata_or_else_of_the_id():
    assert site_of("x/1", {"site": "WWW.A.example"}) == "a.example"
    assert site_of("https://www.b.example/x/1", {}) == "b.example"
    assert site_of("b.example/x/1", {}) == site_of("./b.example/y", {}) == "b.example"
    assert site_of("1", {}) == site_of("/tmp/x", {}) == site_of("../x/1", {}) == ""


# --- what each document shows ---------------------------------------------------------------------


@pytest.mark.parametrize("with_sites", [True, False])
def test_two_short_pages_of_one_site_are_told_and_then_no_duplicates(with_sites):
    texts = pages(20)
    rng = random.Random(5)
    menu, _, footer = texts["a.example/00"].splitlines()
    for name in "xy":
        texts[f"a.example/{name}"] = f"{menu}\n{write(rng, 12)}\n{footer}"
    if not with_sites:
        texts = {id.rpartition("/")[2]: text for id, text in texts.items()}
    pair = frozenset(id for id in texts if id[-1] in "xy")
    report = find_duplicates(texts, Config(furniture="report", threshold=0.5))
    assert pair in found_pairs(report)
    member = next(m for m in report.furniture.members if m.id in pair)
    assert member.own_jaccard < 0.1 < 0.5 <= member.jaccard
    assert member.document_count == len(texts)
    assert report.furniture.passages[0].document_count == len(texts)
    assert bool(report.furniture.passages[0].site) == with_sites
    assert "furniture" in {warning.reason for warning in report.warnings}
    ignored = find_duplicates(texts, Config(furniture="ignore", threshold=0.5))
    assert pair not in found_pairs(ignored)


def test_a_story_that_many_print_is_no_furniture():
    """Neither alone nor in the furniture of each site, which hides it from the first search."""
    rng = random.Random(6)
    story = write(rng, 200)
    alone = {f"s{i}.example/story": story + f" printed {i}" for i in range(30)}
    report = find_duplicates(alone, Config(furniture="ignore"))
    assert report.furniture.passage_count == 0
    assert len(report.clusters) == 1
    texts = {}
    for site in range(13):
        own = pages(13, 100 + site, 300, f"s{site}.example")
        menu, _, footer = own[f"s{site}.example/00"].splitlines()
        texts |= own
        # (Twice as much of the site's own as of the story.)
        much = "\n".join([menu, footer] * 3)
        for id in own:
            texts[id] = f"{much}\n{own[id]}"
        texts[f"s{site}.example/story"] = f"{much}\n{story}\n{footer}"
    stories = frozenset(id for id in texts if id.endswith("story"))
    assert not find_duplicates(texts, Config()).clusters
    report = find_duplicates(texts, Config(furniture="ignore"))
    assert [frozenset(m.id for m in c.members) for c in report.clusters] == [stories]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    furniture=st.integers(WINDOW_TOKENS, 300),
    own=st.tuples(st.integers(0, 80), st.integers(0, 80)),
    mode=st.sampled_from(["before", "behind", "between"]),
)
def test_the_same_furniture_never_makes_duplicates_of_two_documents(seed, furniture, own, mode):
    rng = random.Random(seed)
    block = write(rng, furniture)

    def furnish(text: str) -> str:
        words = text.split()
        half = {"before": 0, "behind": len(words), "between": len(words) // 2}[mode]
        return " ".join([*words[:half], block, *words[half:]])

    pair = [
        " ".join(f"{name}{rng.random()}" for _ in range(n))
        for name, n in zip("xy", own, strict=True)
    ]
    texts = {f"{i}": furnish(write(rng, 300)) for i in range(MIN_UNITS)}
    texts |= {"one": furnish(pair[0] + " one"), "other": furnish(pair[1] + " other")}
    alike = frozenset(("one", "other"))
    assert max(own) > 10 or furniture < 60 or alike in found_pairs(find_duplicates(texts))
    assert alike not in found_pairs(find_duplicates(texts, Config(furniture="ignore")))


def test_documents_of_furniture_alone_are_duplicates_of_equal_ones_only():
    texts = pages(14)
    menu, _, footer = texts["a.example/00"].splitlines()
    texts |= {"a.example/p": menu + " " + footer, "a.example/q": (menu + ", " + footer).upper()}
    texts |= {"a.example/r": menu, "a.example/s": menu + " five words of its own"}
    report = find_duplicates(texts, Config(furniture="ignore"))
    assert [{m.id[-1] for m in c.members} for c in report.clusters] == [{"p", "q"}]
    assert report.furniture.only_count == 4


# --- the command -------------------------------------------------------------------------------


def save(path, texts: dict[str, str]) -> None:
    lines = (json.dumps({"id": id, "text": text}) for id, text in texts.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_list_that_was_saved_gives_the_same_pairs(tmp_path, small, dedupe_here):
    file, listed = tmp_path / "pages.jsonl", tmp_path / "list.txt"
    save(file, small)
    dedupe_here("scan", str(file), "--furniture", "report", "--output", f"furniture:{listed}")
    lines = listed.read_text().splitlines()
    assert lines[0] == "[dedupe output, not a document]"
    assert sum(line.startswith("| ") for line in lines) >= 6
    reports = []
    for flags in ([], ["--furniture-list", str(listed)]):
        done = dedupe_here("scan", str(file), "--furniture", "ignore", "--format", "json", *flags)
        reports.append(parse_report(done.stdout))
    assert reports[0].clusters == reports[1].clusters and reports[0].clusters
    # What is deleted from the list is no furniture any more.
    listed.write_text("# all deleted\n")
    done = dedupe_here(
        *("scan", str(file), "--furniture", "ignore", "--format", "json"),
        *("--furniture-list", str(listed)),
    )
    report = parse_report(done.stdout)
    assert report.furniture.passage_count == 0
    assert report.clusters == find_duplicates(small, Config()).clusters


def test_no_output_overwrites_the_list_that_is_read(tmp_path, dedupe_here):
    (tmp_path / "a.txt").write_text("some words")
    (tmp_path / "list.txt").write_text("# edited by hand\n")
    flags = ("--furniture", "ignore", "--furniture-list", "list.txt")
    for command, form in (("scan", "furniture"), ("scan", "json"), ("check", "json")):
        done = dedupe_here(command, "a.txt", *flags, "--output", f"{form}:./list.txt", code=2)
        assert b"is the list of furniture that is read" in done.stderr
    assert (tmp_path / "list.txt").read_text() == "# edited by hand\n"


def test_the_text_report_says_what_rests_on_furniture(tmp_path, dedupe_here):
    texts = pages(20) | {"a.example/x": pages(21, own=12)["a.example/20"]}
    menu, _, footer = pages(20)["a.example/00"].splitlines()
    texts["a.example/x"] = f"{menu}\nsome few words\n{footer}"
    texts["a.example/y"] = f"{menu}\nother words in this\n{footer}"
    save(tmp_path / "pages.jsonl", texts)
    done = dedupe_here("scan", str(tmp_path / "pages.jsonl"), "--furniture", "report")
    shown = " ".join(done.stdout.decode().split())
    assert "shared shingles are furniture, which stands in up to 21 other documents" in shown
    assert "without it the Jaccard is 0.00" in shown
    assert "Furniture: 2 passages in 22 documents" in shown
    assert "22 documents of a.example, 40 words: “" in shown
    assert "are such only with passages that a site or the corpus repeats" in shown
    done = dedupe_here("scan", str(tmp_path / "pages.jsonl"), "--furniture", "ignore")
    assert b"No duplicates" in done.stdout
    assert "1 pair would be duplicates with it only" in " ".join(done.stdout.decode().split())


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--furniture-list", "gone.txt"], "it goes with report or ignore"),
        (["--furniture", "ignore", "--furniture-list", "gone.txt"], "cannot be read"),
        (["--furniture", "ignore", "--furniture-list", "latin.txt"], "is not UTF-8"),
        (["--furniture", "ignore", "--furniture-list", "short.txt"], "no passage of 15 words"),
    ],
)
def test_a_list_that_cannot_be_used_is_an_error(tmp_path, flags, said, monkeypatch, dedupe_here):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "short.txt").write_text("# mine\nAbout us\n\nRead more\n")
    (tmp_path / "a.txt").write_text("some words")
    done = dedupe_here("scan", "a.txt", *flags, code=2)
    assert said in done.stderr.decode()


def test_explain_says_what_a_report_says_of_furniture(tmp_path, dedupe_here):
    texts = pages(20)
    menu, _, footer = texts["a.example/00"].splitlines()
    texts["a.example/x"] = f"{menu}\nsome few words\n{footer}"
    texts["a.example/y"] = f"{menu}\nother words in this\n{footer}"
    save(tmp_path / "pages.jsonl", texts)
    for mode, said in (
        ("report", "Jaccard is 0.79 with it and 0.00 without it"),
        ("ignore", "the scan left it out, and found no pair of them"),
    ):
        dedupe_here("scan", "pages.jsonl", "--furniture", mode, "--output", "report.json")
        names = "a.example/x", "a.example/y"
        done = dedupe_here("explain", *names, "--report", "report.json", "--format", "json")
        reasons = {each["reason"]: each["detail"] for each in json.loads(done.stdout)["reasons"]}
        assert said in reasons["furniture"]
        assert "not_in_report" not in reasons
