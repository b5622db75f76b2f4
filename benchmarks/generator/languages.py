"""Invented languages: vocabularies in several scripts, with frequencies like those of real words.

So no texts of other authors are needed. Syllables are such as a script could have, and common
words are short. Frequencies follow Zipf and Mandelbrot's law, 1 / (rank + 2.7) ** 1.05.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Entries = NDArray[np.int32]
"""A text before it is written: positions in the entries of one language."""

WORD_COUNT: Final = 30_000
DRAW_COUNT: Final = 1 << 20

PLAIN, CAPITAL, COMMA, STOP, PARAGRAPH = range(5)
"""The forms of each word: plain, at the start of a sentence, before a comma, at an end."""

TEXT_END: Final = b"\x01"


@dataclass(frozen=True)
class Script:
    """The script of a language: its syllables, spaces and punctuation.

    :param share: its share of the documents
    :param syllables: onsets, nuclei and codas
    :param space: the separator between words
    :param marks: the endings of words at a comma, at the end of a sentence, of a paragraph
    :param longest: number of syllables of the longest words
    """

    share: float
    syllables: tuple[str, str, str]
    space: str = " "
    marks: tuple[str, str, str] = (", ", ". ", ".\n\n")
    longest: int = 4


# "·" stands for nothing: a syllable without an onset or a coda.
SCRIPTS: Final = {
    "latin": Script(
        0.45,
        ("b c d f g h l m n p r s t v w st tr pl ·", "a e i o u ea", "n r s t l · · ·"),
    ),
    "latin_marks": Script(
        0.17,
        ("b č d ð g ł m ñ p ř š t v ž st ·", "a é i ö u å ü ê ø", "n r s t · · ·"),
    ),
    "cyrillic": Script(
        0.10,
        ("б в г д ж з к л м н п р с т ч ст ·", "а е и о у ы я ё", "н р й т · · ·"),
    ),
    "greek": Script(
        0.06,
        ("β γ δ θ κ λ μ ν π ρ σ τ φ χ ·", "α ε η ι ο υ ω ά ή ό", "ν ρ · · ·"),
    ),
    "arabic": Script(
        0.06,
        ("ب ت ج ح د ر س ش ع ف ق ك ل م ن ه", "ا و ي · ·", "ن ر ل · ·"),
        marks=("، ", ". ", ".\n\n"),
    ),
    "devanagari": Script(
        0.06,
        ("क ख ग च ज ट त द न प ब म य र ल व स ह", "ा ि ी ु े ो · ·", "न र ं · · ·"),
        marks=(", ", "। ", "।\n\n"),
    ),
    "han": Script(0.06, ("", "", ""), space="", marks=("，", "。", "。\n\n"), longest=2),
    "thai": Script(
        0.04,
        ("ก ข ค ง จ ช ด ต ท น บ ป ม ย ร ล ว ส ห", "า ิ ี ุ ู ่า ้", "น ม ง ก · ·"),
        space="",
        marks=(" ", " ", "\n\n"),
        longest=2,
    ),
}

HAN: Final = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
SPECIAL: Final = (TEXT_END, b" ", b"\n", b"| ", *(b"%d" % digit for digit in range(10)))


@dataclass(frozen=True)
class Language:
    """A vocabulary that texts are drawn from and written with.

    :param entries: each form of each word, then the special ones, as UTF-8 of equal width,
        filled with NUL; ``S``, ``(5 * WORD_COUNT + len(SPECIAL),)``
    :param draws: words by their frequency: a random one of these is a random word
    :param tokens_per_word: on average, in running text
    """

    name: str
    entries: NDArray[np.bytes_]
    draws: Entries
    tokens_per_word: float

    def special(self, entry: bytes) -> int:
        """The position of an entry that is not a word."""
        return (PARAGRAPH + 1) * WORD_COUNT + SPECIAL.index(entry)

    def draw_words(self, rng: np.random.Generator, count: int) -> Entries:
        """Words in their plain form, independent of one another."""
        return self.draws[rng.integers(0, DRAW_COUNT, count, dtype=np.uint32)]

    def number(self, value: int) -> Entries:
        """The entries of a number and the space behind it."""
        zero = self.special(b"0")
        digits = [zero + int(digit) for digit in str(value)]
        return np.array([*digits, self.special(b" ")], np.int32)


@cache
def load_language(name: str) -> Language:
    """The language of this name; its words are the same every time."""
    script = SCRIPTS[name]
    words = _invent_words(name, script)
    comma, stop, paragraph = script.marks
    forms = [word + script.space for word in words]
    forms += [word[:1].upper() + word[1:] + script.space for word in words]
    forms += [word + mark for mark in (comma, stop, paragraph) for word in words]
    shares = 1 / (np.arange(WORD_COUNT) + 2.7) ** 1.05
    quantiles = (np.arange(DRAW_COUNT) + 0.5) / DRAW_COUNT
    draws = np.searchsorted(np.cumsum(shares) / shares.sum(), quantiles).astype(np.int32)
    tokens = [1 if script.space else _count_letters(word) for word in words]
    return Language(
        name=name,
        entries=np.array([form.encode() for form in forms] + list(SPECIAL)),
        draws=draws,
        tokens_per_word=float(np.average(tokens, weights=shares)),
    )


def _count_letters(word: str) -> int:
    return sum(not unicodedata.category(character).startswith("M") for character in word)


def _invent_words(name: str, script: Script) -> list[str]:
    """Distinct words, the common ones first; common words are short."""
    rng = np.random.default_rng([*name.encode()])
    syllables = HAN if name == "han" else _join_syllables(script)
    words: dict[str, None] = {}
    while len(words) < WORD_COUNT:
        longest = 2 + (len(words) / WORD_COUNT) ** 0.5 * (script.longest - 2)
        lengths = rng.integers(1, round(longest) + 1, 500)
        ends = np.cumsum(lengths).tolist()
        drawn = [syllables[i] for i in rng.integers(0, len(syllables), ends[-1]).tolist()]
        for length, end in zip(lengths.tolist(), ends, strict=True):
            words["".join(drawn[end - length : end])] = None
    return list(words)[:WORD_COUNT]


def _join_syllables(script: Script) -> list[str]:
    kinds = [[part.strip("·") for part in kind.split(" ")] for kind in script.syllables]
    return ["".join(parts) for parts in itertools.product(*kinds)]
