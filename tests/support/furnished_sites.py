"""A generated corpus of sites whose pages have furniture, with duplicates that are known."""

from __future__ import annotations

import random
from itertools import combinations

SITE_COUNT, PAGE_COUNT = 40, 24
PAIR_COUNT, WIRE_COUNT = 240, 6


class FurnishedSites:
    """Pages of 40 sites: menus, notices and footers, 20 % to 70 % of a site's words, and articles.

    Half of the sites print the wire stories; other articles stand on two sites. Copies are edited a
    little. Short pages have much more furniture than text.

    :ivar texts: by id, which is the site, a slash and a number
    :ivar articles: by id: the article alone
    :ivar stories: by id: the number of the story; pages of one story are duplicates
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._words = [f"{a}{b}{c}" for a in _BEGINS for b in _MIDDLES for c in _ENDS]
        self.texts: dict[str, str] = {}
        self.articles: dict[str, str] = {}
        self.stories: dict[str, int] = {}
        notice = self._write(45)
        stories = self._plan_stories()
        for site in range(SITE_COUNT):
            share = 0.2 + 0.5 * site / (SITE_COUNT - 1)
            furniture = int(170 * share / (1 - share))
            menu, aside = self._write(furniture // 2), self._write(furniture // 5)
            footer = self._write(furniture - furniture // 2 - furniture // 5)
            for page in range(PAGE_COUNT):
                planned = stories[site].pop() if stories[site] else None
                story, article = planned or (-1 - len(self.texts), self._article())
                id = f"site{site:02}.example/{page}"
                half = len(article) // 2
                parts = [menu, article[:half], aside, article[half:], notice, footer]
                self.texts[id] = "\n".join(" ".join(part) for part in parts)
                self.articles[id] = " ".join(article)
                self.stories[id] = story

    def pairs(self) -> set[frozenset[str]]:
        """The pairs of pages of one story."""
        by_story: dict[int, list[str]] = {}
        for id, story in self.stories.items():
            by_story.setdefault(story, []).append(id)
        return {frozenset(pair) for ids in by_story.values() for pair in combinations(ids, 2)}

    def _plan_stories(self) -> list[list[tuple[int, list[str]]]]:
        """By site, the stories that other sites print too, with their own versions of them."""
        planned: list[list[tuple[int, list[str]]]] = [[] for _ in range(SITE_COUNT)]
        sites = range(SITE_COUNT)
        wires = [self._random.sample(sites, SITE_COUNT // 2) for _ in range(WIRE_COUNT)]
        twos = [self._random.sample(sites, 2) for _ in range(PAIR_COUNT)]
        for story, printed in enumerate([*wires, *twos]):
            article = self._write(self._random.randrange(120, 400))
            for site in printed:
                planned[site].append((story, self._edit(article)))
        return planned

    def _article(self) -> list[str]:
        return self._write(self._random.choice([40, 90, 150, 200, 300]))

    def _write(self, count: int) -> list[str]:
        return self._random.choices(self._words, k=count)

    def _edit(self, article: list[str]) -> list[str]:
        edited = article.copy()
        for _ in range(self._random.randrange(2)):
            edited[self._random.randrange(5, len(edited) - 5)] = self._random.choice(self._words)
        return edited


_BEGINS = ["ba", "co", "di", "fe", "gu", "ha", "ki", "lo", "mu", "na"]
_MIDDLES = ["ra", "sto", "vi", "ne", "lum"]
_ENDS = ["n", "s", "t", "mo", "ky", "la", "re", "dis", "tha", "po"]
