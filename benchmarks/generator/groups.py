"""Groups of documents of one origin, some of which a scan should find as duplicates."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from generator.edits import EDITS, count_edits, cut_end, edit_words
from generator.furniture import SITE_COUNT, Furniture, load_furniture
from generator.languages import SCRIPTS, Entries, Language, load_language
from generator.prose import draw_lengths, encode_texts, write_prose

GROUPS_AT_ONCE: Final = 1000

NORMALISED_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "punctuation": lambda text: text.replace(", ", " – ").replace("\n\n", "\n* * *\n"),
    "no_break_spaces": lambda text: text.replace(" ", "\u00a0"),
    "soft_hyphens": lambda text: text.replace("st", "s\u00adt").replace("ра", "р\u00adа"),
}
"""Changes that do not change the tokens of a text."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it is written.

    :param made: how it was made from the first member or the one before, for the truth
    :param form: one of ``NORMALISED_FORMS``, applied to the written text
    """

    entries: Entries
    made: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one origin.

    :param texts: the texts in UTF-8
    :param made: how each text was made
    :param continues: whether it continues the group before, which is too large for memory
    """

    kind: str
    texts: list[bytes]
    made: list[str]
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Planter:
    """Makes the groups of one language.

    :param near: a threshold; a third of the near copies get a Jaccard from this to 0.02 above it,
        because a search most often misses pairs at the threshold
    """

    language: Language
    furniture: Furniture
    rng: np.random.Generator
    near: float

    def plant(self, kind: str, seed: Entries) -> list[Draft]:
        """A group around one text."""
        return PLANTS[kind](self, seed)

    def unique(self, seed: Entries) -> list[Draft]:
        if self.rng.random() < 0.25:
            return [Draft(self.furniture.dress(self.rng, seed, self._site()), "dressed")]
        return [Draft(seed, "written")]

    def near_copies(self, seed: Entries) -> list[Draft]:
        drafts = [Draft(seed, "written")]
        for _ in range(self._between(1, 4)):
            aimed_at_threshold = self.rng.random() < 1 / 3
            low, width = (self.near, 0.02) if aimed_at_threshold else (0.5, 0.49)
            drafts.append(self._edited(seed, low + width * self.rng.random()))
        return drafts

    def identical(self, seed: Entries) -> list[Draft]:
        return [Draft(seed, "written")] * self._between(2, 5)

    def normalised(self, seed: Entries) -> list[Draft]:
        forms = self.rng.permutation(list(NORMALISED_FORMS))[: self._between(1, 3)].tolist()
        return [Draft(seed, "written"), *(Draft(seed, form, form) for form in forms)]

    def dressed(self, seed: Entries) -> list[Draft]:
        pages = [self._dressed(Draft(seed, "written")) for _ in range(self._between(1, 4))]
        return [Draft(seed, "written"), *pages]

    def cut(self, seed: Entries) -> list[Draft]:
        ends = [cut_end(self.rng, seed, 0.5, 0.99) for _ in range(self._between(1, 3))]
        return [Draft(seed, "written"), *(Draft(end, "cut") for end in ends)]

    def chain(self, seed: Entries) -> list[Draft]:
        drafts = [Draft(seed, "written")]
        for _ in range(self._between(2, 6)):
            edited = self._edited(drafts[-1].entries, 0.75 + 0.1 * self.rng.random())
            drafts.append(replace(edited, made="link, " + edited.made))
        return drafts

    def template(self, seed: Entries) -> list[Draft]:
        place = int(self.rng.integers(1, len(seed)))
        first = int(self.rng.integers(1, 1_000_000))
        return [
            Draft(np.insert(seed, place, self.language.number(first + number)), "filled in")
            for number in range(self._between(3, 30))
        ]

    def only_furniture(self, seed: Entries) -> list[Draft]:
        return [
            Draft(self.furniture.fill(self.rng, self._site(), self._between(1, 8)), "furniture")
        ]

    def mixed(self, seed: Entries) -> list[Draft]:
        drafts = [Draft(seed, "written")]
        for _ in range(self._between(1, 4)):
            kept = cut_end(self.rng, seed, 0.85, 1)
            edited = self._edited(kept, 0.9 + 0.09 * self.rng.random())
            drafts.append(self._dressed(replace(edited, made="cut, " + edited.made)))
        return drafts

    def _edited(self, text: Entries, jaccard: float) -> Draft:
        edit = EDITS[self.rng.integers(len(EDITS))]
        count = count_edits(self.language, len(text), edit, jaccard)
        edited = edit_words(self.language, self.rng, text, edit, count)
        return Draft(edited, f"{edit} {count} of {len(text)} words")

    def _dressed(self, draft: Draft) -> Draft:
        page = self.furniture.dress(self.rng, draft.entries, self._site())
        return Draft(page, f"{draft.made}, dressed")

    def _site(self) -> int:
        return int(self.rng.integers(SITE_COUNT))

    def _between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))


PLANTS: Final[dict[str, Callable[[Planter, Entries], list[Draft]]]] = {
    "unique": Planter.unique,
    "near": Planter.near_copies,
    "identical": Planter.identical,
    "normalised": Planter.normalised,
    "dressed": Planter.dressed,
    "cut": Planter.cut,
    "chain": Planter.chain,
    "template": Planter.template,
    "only_furniture": Planter.only_furniture,
    "mixed": Planter.mixed,
}

SHARES: Final = {
    "unique": 0.8,
    "near": 0.09,
    "identical": 0.01,
    "normalised": 0.02,
    "dressed": 0.025,
    "cut": 0.02,
    "chain": 0.01,
    "template": 0.0025,
    "only_furniture": 0.0125,
    "mixed": 0.01,
}
"""Share of each kind of group; about 60 % of the documents are then unique."""


def plant_groups(
    rng: np.random.Generator,
    median_words: float,
    near: float,
    scripts: list[str],
    shares: dict[str, float] = SHARES,
) -> Iterator[list[Group]]:
    """Endless lots of groups; each lot has one language."""
    weights = np.array([SCRIPTS[name].share for name in scripts])
    kinds = list(shares)
    odds = np.array([*shares.values()]) / sum(shares.values())
    while True:
        name = scripts[rng.choice(len(scripts), p=weights / weights.sum())]
        planter = Planter(load_language(name), load_furniture(name), rng, near)
        lengths = draw_lengths(rng, GROUPS_AT_ONCE, median_words)
        seeds = write_prose(planter.language, rng, lengths)
        chosen = [kinds[i] for i in rng.choice(len(kinds), GROUPS_AT_ONCE, p=odds).tolist()]
        drafts = [planter.plant(kind, seed) for kind, seed in zip(chosen, seeds, strict=True)]
        yield list(write_groups(planter.language, chosen, drafts))


def write_groups(
    language: Language, kinds: list[str], groups: list[list[Draft]]
) -> Iterator[Group]:
    """Write the drafts of each group as texts."""
    texts = iter(encode_texts(language, [draft.entries for group in groups for draft in group]))
    for kind, drafts in zip(kinds, groups, strict=True):
        written = [_apply_form(next(texts), draft.form) if draft.form else next(texts)
                   for draft in drafts]  # fmt: skip
        yield Group(kind, written, [draft.made for draft in drafts])


def _apply_form(text: bytes, form: str) -> bytes:
    return NORMALISED_FORMS[form](text.decode()).encode()
