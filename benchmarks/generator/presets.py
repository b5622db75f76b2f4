"""Named corpora: a normal one, and some that are hard for a search.

Each is a function from a :class:`Recipe` to endless lots of groups; ``writing`` ends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from generator.edits import SHINGLE_SIZE, count_edits, edit_words
from generator.furniture import load_furniture
from generator.groups import Draft, Group, plant_groups, write_groups
from generator.languages import SCRIPTS, Entries, Language, load_language
from generator.prose import draw_lengths, encode_texts, write_prose

LOT: Final = 1000
LANGUAGE: Final = "latin"
"""The language of corpora that test only one property."""

REPEATS: Final = 65
"""Least number of equal rows in a text; the kernels treat more than 64 equal hashes differently."""

SHINGLE_COUNTS: Final = (48, 64, 1024, 2048, 4096)
"""Numbers of shingles in the texts of ``repeats``, near those where the kernels change method."""

Lots = Iterator[list[Group]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The options of a corpus.

    :param median_words: the median number of words in a text
    :param near: the Jaccard from which many near copies are made (see :class:`Planter`)
    :param giant_bytes: the size of the large document of ``giant``
    """

    rng: np.random.Generator
    median_words: float = 200
    near: float = 0.7
    giant_bytes: int = 60_000_000
    scripts: list[str] = field(default_factory=lambda: list(SCRIPTS))

    def draw_texts(self, count: int) -> list[Entries]:
        """Independent texts in one language."""
        lengths = draw_lengths(self.rng, count, self.median_words)
        return write_prose(load_language(LANGUAGE), self.rng, lengths)


def normal(recipe: Recipe) -> Lots:
    """A corpus like one scraped from the web: mostly unique texts, and copies of every kind."""
    return plant_groups(recipe.rng, recipe.median_words, recipe.near, recipe.scripts)


def unique(recipe: Recipe) -> Lots:
    """Only unique texts."""
    shares = {"unique": 1.0}
    return plant_groups(recipe.rng, recipe.median_words, recipe.near, recipe.scripts, shares)


def identical(recipe: Recipe) -> Lots:
    """Only identical texts."""
    [text] = encode_texts(load_language(LANGUAGE), recipe.draw_texts(1))
    yield [Group("identical", [text] * LOT, ["written"] * LOT)]
    while True:
        yield [Group("identical", [text] * LOT, ["written"] * LOT, continues=True)]


def template(recipe: Recipe) -> Lots:
    """One template, one number changed."""
    language = load_language(LANGUAGE)
    [seed] = write_prose(language, recipe.rng, np.array([round(recipe.median_words)]))
    head, tail = np.split(seed, [len(seed) // 2])
    first = 0
    while True:
        numbers = range(first, first + LOT)
        texts = [np.concatenate([head, language.number(number), tail]) for number in numbers]
        written = encode_texts(language, texts)
        yield [Group("template", written, ["filled in"] * LOT, continues=first > 0)]
        first += LOT


def bucket(recipe: Recipe) -> Lots:
    """Different texts whose signatures agree in the first band, so that they share one bucket."""
    language = load_language(LANGUAGE)
    head = _find_least_passages(recipe.rng, rows=5)
    while True:
        texts = [np.concatenate([head, text]) for text in recipe.draw_texts(LOT)]
        drafts = [[Draft(text, "written below the least passages")] for text in texts]
        yield list(write_groups(language, ["bucket"] * LOT, drafts))


def _find_least_passages(rng: np.random.Generator, rows: int) -> Entries:
    """A shingle for each of the first ``rows`` permutations, whose value is near the minimum.

    Texts that contain them have these values in their signatures, because few other shingles
    have lower ones. The permutations are those of the default seed.
    """
    from dedupe import sign_texts  # only this corpus depends on the signatures

    language = load_language(LANGUAGE)
    shingles = language.draw_words(rng, 5 * 200_000).reshape(-1, 5)
    lots = np.array_split(shingles, 20)
    texts = (text.decode() for lot in lots for text in encode_texts(language, list(lot)))
    least = sign_texts(texts)[:, :rows].argmin(axis=0)
    passages: Entries = shingles[least].ravel()
    return passages


def furniture(recipe: Recipe) -> Lots:
    """Pages with nothing but the furniture of 20 sites."""
    language, rooms = load_language(LANGUAGE), load_furniture(LANGUAGE)
    rng = recipe.rng
    while True:
        pages = [
            rooms.fill(rng, int(rng.integers(20)), int(rng.integers(1, 9))) for _ in range(LOT)
        ]
        drafts = [[Draft(page, "furniture")] for page in pages]
        yield list(write_groups(language, ["furniture"] * LOT, drafts))


def giant(recipe: Recipe) -> Lots:
    """One huge document among small ones."""
    language = load_language(LANGUAGE)
    sample = recipe.draw_texts(200)
    word_bytes = sum(map(len, encode_texts(language, sample))) / sum(map(len, sample))
    words = np.array([round(recipe.giant_bytes / word_bytes)])
    text = write_prose(language, recipe.rng, words)
    yield list(write_groups(language, ["giant"], [[Draft(text[0], "written")]]))
    yield from normal(recipe)


def lines(recipe: Recipe) -> Lots:
    """One-line documents, a tenth of them stock lines."""
    language, rooms = load_language(LANGUAGE), load_furniture(LANGUAGE)
    while True:
        texts = write_prose(language, recipe.rng, recipe.rng.integers(5, 13, 10 * LOT))
        for place in range(0, len(texts), 10):
            texts[place] = rooms.lines[recipe.rng.integers(len(rooms.lines))]
        written = [text.strip().replace(b"\n", b" ") for text in encode_texts(language, texts)]
        yield [Group("line", [text], ["written"]) for text in written]


def repeats(recipe: Recipe) -> Lots:
    """Prose followed by equal rows, as in tables and lists; each text with near copies.

    The length of a text is chosen so that its number of shingles is one of ``SHINGLE_COUNTS``, or
    one more or less (only roughly in scripts without spaces, where a word is several tokens).
    Short texts have no prose.
    """
    rng = recipe.rng
    while True:
        language = load_language(recipe.scripts[rng.integers(len(recipe.scripts))])
        drafts = [_repeat_rows(language, rng) for _ in range(LOT // 50)]
        yield list(write_groups(language, ["repeats"] * len(drafts), drafts))


def _repeat_rows(language: Language, rng: np.random.Generator) -> list[Draft]:
    tokens = int(rng.choice(SHINGLE_COUNTS) + SHINGLE_SIZE - 1 + rng.integers(-1, 2))
    words = round(tokens / language.tokens_per_word)
    row = language.draw_words(rng, int(rng.integers(1, 9)))
    most = max(REPEATS, words // len(row))
    rows = np.tile(row, rng.integers(REPEATS, most + 1))[: words - 1]
    made = f"{len(rows) // len(row)} rows"
    [prose] = write_prose(language, rng, np.array([words - len(rows)]))
    drafts = [Draft(np.concatenate([prose, rows]), made)]
    for jaccard in rng.uniform(0.6, 1, rng.integers(1, 4)).tolist():
        count = count_edits(language, len(prose), "replace", jaccard)
        edited = edit_words(language, rng, prose, "replace", count)
        drafts.append(Draft(np.concatenate([edited, rows]), f"{made}, replace {count}"))
    drafts.append(Draft(np.concatenate([prose, rows, row]), f"{made}, and one"))
    return drafts


PRESETS: Final[dict[str, Callable[[Recipe], Lots]]] = {
    "normal": normal,
    "template": template,
    "bucket": bucket,
    "furniture": furniture,
    "giant": giant,
    "lines": lines,
    "identical": identical,
    "unique": unique,
    "repeats": repeats,
}
