"""Furniture of web sites: navigation, "also read" lines, footers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from generator.languages import CAPITAL, WORD_COUNT, Entries, Language, load_language

SITE_COUNT: Final = 200
LINE_COUNT: Final = 400
LINES_OF_SITE: Final = 15


@dataclass(frozen=True)
class Furniture:
    """The texts that the sites of one language put around their articles.

    :param headers: the navigation of each site
    :param footers: the footer of each site
    :param lines: lines such as "also read", which may be on any page of any site
    """

    headers: list[Entries]
    footers: list[Entries]
    lines: list[Entries]

    def dress(self, rng: np.random.Generator, text: Entries, site: int) -> Entries:
        """The text with the furniture of a page of this site."""
        places = sorted(rng.integers(0, len(text) + 1, rng.integers(0, 4)).tolist())
        chosen = rng.integers(0, len(self.lines), len(places)).tolist()
        parts = [self.headers[site]]
        for begin, end, line in zip([0, *places], places, chosen, strict=False):
            parts += [text[begin:end], self.lines[line]]
        last = text[places[-1] :] if places else text
        return np.concatenate([*parts, last, self.footers[site]])

    def fill(self, rng: np.random.Generator, site: int, line_count: int) -> Entries:
        """A page of this site with nothing but furniture; a site uses only few of the lines."""
        chosen = (site * LINES_OF_SITE + rng.integers(0, LINES_OF_SITE, line_count)) % LINE_COUNT
        lines = [self.lines[i] for i in chosen.tolist()]
        return np.concatenate([self.headers[site], *lines, self.footers[site]])


@cache
def load_furniture(name: str) -> Furniture:
    """The furniture of the language of this name; it is the same every time."""
    language = load_language(name)
    rng = np.random.default_rng([0xF0, *name.encode()])
    label = language.draw_words(rng, 2)
    return Furniture(
        headers=[_menu(language, rng, 8, 30) for _ in range(SITE_COUNT)],
        footers=[_menu(language, rng, 10, 40) for _ in range(SITE_COUNT)],
        lines=[_line(language, rng, label) for _ in range(LINE_COUNT)],
    )


def _menu(language: Language, rng: np.random.Generator, least: int, most: int) -> Entries:
    words = _capitals(language.draw_words(rng, int(rng.integers(least, most))))
    bars = np.full(len(words), language.special(b"| "), np.int32)
    bars[-1] = language.special(b"\n")
    return np.stack([words, bars], axis=1).ravel()


def _line(language: Language, rng: np.random.Generator, label: Entries) -> Entries:
    words = language.draw_words(rng, int(rng.integers(5, 12)))
    words[:1] = _capitals(words[:1])
    newline = np.array([language.special(b"\n")], np.int32)
    return np.concatenate([newline, _capitals(label), words, newline])


def _capitals(words: Entries) -> Entries:
    return words % WORD_COUNT + CAPITAL * WORD_COUNT
