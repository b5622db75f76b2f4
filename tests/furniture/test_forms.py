"""Forms: clusters that differ in the same places, and clusters that do not."""

from __future__ import annotations

import json
import random

import pytest

from dedupe import Config, find_duplicates
from dedupe.furniture import forms
from dedupe.furniture.forms import MIN_GROUPS
from dedupe.pipeline import scan

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "or", "u") for c in "lmnrstvw"]
TOWNS = [f"{name}town" for name in ("al", "be", "ce", "di", "es", "fo", "ga", "hu", "il", "ju")]
TOWNS += [f"{name}town" for name in ("ka", "lo", "mu", "ne")]


def write(rng: random.Random, count: int) -> list[str]:
    return rng.choices(WORDS, k=count)


def letters(count: int, folder: str = "letters") -> dict[str, str]:
    """Grant letters: one text, with a town and a sum in two places."""
    rng = random.Random(1)
    head, middle, tail = (" ".join(write(rng, 60)) for _ in range(3))
    return {
        f"{folder}/{i:02}": f"{head} the town of {TOWNS[i]} {middle} of {i + 3}5,000 dollars {tail}"
        for i in range(count)
    }


def copies(count: int, seed: int = 2) -> dict[str, str]:
    """One text, of which each copy is edited in two places of its own."""
    rng = random.Random(seed)
    text = write(rng, 200)
    found = {}
    for i in range(count):
        edited = text.copy()
        for place in rng.sample(range(10, 190), 2):
            edited[place] = f"edit{place}of{i}"
        found[f"copies/{i:02}"] = " ".join(edited)
    return found


def backwards(text: str) -> str:
    """Another text, with the same places."""
    return " ".join(reversed(text.split()))


def test_letters_are_a_form_and_edited_copies_are_none():
    texts = letters(9) | copies(9)
    report = find_duplicates(texts)
    assert len(report.clusters) == 2
    (form,) = report.forms
    cluster = next(c for c in report.clusters if c.cluster_id == form.cluster_id)
    assert {m.id for m in cluster.members} == set(letters(9))
    assert form.representative == cluster.representative
    assert form.compared_count == 9
    words = texts[form.representative].replace(",", " ").split()
    values = [" ".join(words[place.begin : place.end]) for place in form.places]
    number = int(form.representative[-2:])
    assert values == [TOWNS[number], f"{number + 3}5"]
    assert [place.value_count for place in form.places] == [9, 9]
    warning = next(w for w in report.warnings if w.reason == "same_form")
    assert (warning.count, warning.total) == (9, 18)


def test_it_takes_four_different_texts():
    few = MIN_GROUPS - 1
    texts = letters(few)
    assert find_duplicates(texts).forms == ()
    copied = texts | {f"{id}/copy": text for id, text in texts.items()}
    assert find_duplicates(copied).forms == ()
    assert len(find_duplicates(letters(few + 1)).forms) == 1


def test_texts_that_differ_at_their_ends_alone_are_no_form():
    rng = random.Random(4)
    about = " ".join(write(rng, 200))
    texts = {f"notes/{i}": f"{about} {' '.join(write(rng, 25))}" for i in range(8)}
    report = find_duplicates(texts)
    assert len(report.clusters) == 1
    assert report.forms == ()
    assert {warning.reason for warning in report.warnings} == {"shared_passage"}


def test_a_story_around_which_each_site_has_its_own_line_is_no_form():
    on_sites = {f"{TOWNS[i]}.example/a": text for i, text in enumerate(letters(9).values())}
    assert len(find_duplicates(letters(9)).forms) == 1
    report = find_duplicates(on_sites)
    assert len(report.clusters) == 1
    assert report.forms == ()


def test_of_a_large_cluster_some_are_compared():
    texts = letters(14)
    for i, id in enumerate([*texts]):
        for version in range(4):
            sum_ = f"{i + 3}{version}7,000"
            texts[f"{id}v{version}"] = texts[id].replace(f"{i + 3}5,000", sum_)
    (form,) = find_duplicates(texts).forms
    assert 16 <= form.compared_count <= 33
    for config in (Config(workers=1), Config(kernels="plain")):
        assert find_duplicates(dict(reversed(texts.items())), config).forms == (form,)


@pytest.mark.parametrize("mode", ["report", "ignore"])
def test_a_form_of_many_letters_is_furniture(mode):
    """Its text is then no reason to take two letters for duplicates."""
    report = find_duplicates(letters(14), Config(furniture=mode))
    assert report.furniture.passage_count >= 3
    assert bool(report.clusters) == (mode == "report")


def test_the_text_report_shows_the_values_side_by_side(tmp_path, dedupe_here):
    lines = [json.dumps({"id": id, "text": text}) for id, text in letters(6).items()]
    (tmp_path / "letters.jsonl").write_text("\n".join(lines))
    shown = " ".join(dedupe_here("scan", "letters.jsonl").stdout.decode().split())
    assert "same form, other values: 6 texts differ in 2 places: “" in shown
    values = shown.partition("2 places: ")[2].partition("○")[0]
    towns, sums = values.split("; ")
    assert towns.count("town”") == towns.count("|") + 1 == 4
    assert sums.count("|") == 3
    assert "6 documents are the same form with other values" in shown
    done = dedupe_here("scan", "letters.jsonl", "--diff", "none").stdout.decode()
    assert "6 texts differ in 2 places" in " ".join(done.split())


# --- numbers ----------------------------------------------------------------------------------


def test_texts_that_differ_in_numbers_only_are_found_without_numbers(tmp_path, dedupe_here):
    rng = random.Random(7)
    words = write(rng, 120)
    texts = {}
    for i in range(3):
        numbered = [f"{word} {rng.randrange(10_000)}" for word in words[::3]]
        texts[str(i)] = " ".join(numbered)
    assert not find_duplicates(texts).clusters
    report = find_duplicates(texts, Config(ignore_numbers=True))
    (cluster,) = report.clusters
    assert {member.jaccard for member in cluster.members} == {1.0}
    # They are never taken for texts of equal tokens.
    assert {pair.relation for pair in cluster.pairs} == {"near"}
    assert report.config.ignore_numbers
    for id, text in texts.items():
        (tmp_path / f"{id}.txt").write_text(text)
    done = dedupe_here("explain", "0.txt", "1.txt", "--ignore-numbers", "--format", "json")
    assert json.loads(done.stdout)["is_duplicate"]
    done = dedupe_here("explain", "0.txt", "1.txt", "--format", "json")
    assert not json.loads(done.stdout)["is_duplicate"]


@pytest.mark.parametrize("hashes_at_once", [1, 2500, 1 << 18])
def test_clusters_are_looked_at_alike_in_any_batches(monkeypatch, hashes_at_once):
    """A batch is what fits, and one cluster at least."""
    texts = letters(9) | copies(9) | {f"back/{id}": backwards(t) for id, t in letters(12).items()}
    expected = find_duplicates(texts).forms
    sizes = []

    def find(representatives, shingles, size, resources, hashes):
        class Counting:
            counts = shingles.counts

            def gather(self, groups):
                sizes.append(len(groups))
                return shingles.gather(groups)

        return forms.find_forms(representatives, Counting(), size, resources, hashes_at_once)

    monkeypatch.setattr(scan, "find_forms", find)
    assert find_duplicates(texts).forms == expected
    assert len(expected) == 2
    assert len(sizes) == {1: 3, 2500: 3, 1 << 18: 1}[hashes_at_once]
