"""Small generated corpora: texts, copies, reprints, and chains of changed texts."""

from __future__ import annotations

import random

from hypothesis import strategies as st

TEXT_WORDS = 30
NUMBERED_WORDS = [f"word{i}" for i in range(300)]
INVENTED_WORDS = [
    a + b for a in ("ka", "mo", "ri", "tu", "ze", "lo") for b in ("na", "vel", "sto", "bir")
]
SETTINGS = {"shingle_size": 2, "threshold": 0.5, "num_perm": 64, "recall": 0.99, "workers": 1}


def make_text(family: int, steps: int, mark: str) -> str:
    """A text of a family, in which the first ``steps`` stretches are replaced.

    Texts with neighbouring ``steps`` share most shingles and distant ones few, so that a family
    is a chain.
    """
    words = [f"f{family}w{i}" for i in range(TEXT_WORDS)]
    for step in range(steps):
        words[step * 4 : step * 4 + 4] = [f"f{family}s{step}w{i}" for i in range(4)]
    return " ".join(words) + mark


TEXTS = st.builds(make_text, st.integers(0, 2), st.integers(0, 6), st.sampled_from(["", "!"]))
CORPORA = st.lists(TEXTS, min_size=1, max_size=12)


def with_ids(texts: list[str], name: str = "d") -> dict[str, str]:
    return {f"{name}{number}": text for number, text in enumerate(texts)}


def make_corpus(seed: int, families: int = 40) -> dict[str, str]:
    """Texts with copies at many distances: edited, cut, or equal."""
    rng = random.Random(seed)
    texts = {}
    for family in range(families):
        words = rng.choices(NUMBERED_WORDS, k=rng.randrange(8, 150))
        texts[f"{family}/original"] = " ".join(words)
        for copy in range(rng.randrange(4)):
            edited = list(words)
            for _ in range(rng.randrange(6)):
                edited[rng.randrange(len(edited))] = rng.choice(NUMBERED_WORDS)
            if rng.random() < 0.3:
                edited = edited[: max(1, len(edited) * 9 // 10)]
            texts[f"{family}/copy{copy}"] = " ".join(edited)
        if rng.random() < 0.3:
            texts[f"{family}/retyped"] = "  ".join(words).upper() + "!"
    return texts


def make_chains(seed: int) -> dict[str, str]:
    """Texts that change step by step, with copies; they give bridges and linked members."""
    rng = random.Random(seed)
    texts = make_corpus(seed, families=8)
    for chain in range(4):
        words = [f"chain{chain}word{i}" for i in range(40)]
        for step in range(10):
            texts[f"chain{chain}/{step}"] = " ".join(words)
            if rng.random() < 0.4:
                texts[f"chain{chain}/{step}/copy"] = "  ".join(words).upper() + "!"
            words = list(words)
            for _ in range(rng.randrange(1, 5)):
                words[rng.randrange(len(words))] = f"new{rng.randrange(10**6)}"
    return texts


def make_article(seed: int, count: int = 120) -> str:
    """A text of words that no other seed gives."""
    rng = random.Random(seed)
    return " ".join(f"{rng.choice('bcdfgklmnprst')}{rng.randrange(10**6)}" for _ in range(count))


def make_cut_copies(seed: int) -> dict[str, str]:
    """Articles with copies that are cut, have something above, or a footer of one of two sites."""
    rng = random.Random(seed)
    footers = [make_article(1000 + i, 14) for i in range(2)]
    texts = {}
    for number in range(6):
        text = make_article(rng.randrange(10**6), rng.randrange(60, 140)).split()
        texts[f"{number}/whole"] = " ".join(text)
        for copy in range(rng.randrange(4)):
            made = text[: int(len(text) * rng.uniform(0.72, 1))]
            if rng.random() < 0.3:
                made = [*make_article(rng.randrange(99), 6).split(), *made]
            end = rng.choice(["", *footers])
            texts[f"{number}/{copy}"] = " ".join([*made, end]).strip()
    return texts
