"""Small corpora for property tests: texts, copies, reprints, and chains of these."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = 30
SETTINGS = {"shingle_size": 2, "threshold": 0.5, "num_perm": 64, "recall": 0.99, "workers": 1}


def make_text(family: int, steps: int, mark: str) -> str:
    """A text of a family, in which the first ``steps`` stretches are others.

    Neighbours in ``steps`` share most of their shingles, distant ones few: so families are chains.
    """
    words = [f"f{family}w{i}" for i in range(WORDS)]
    for step in range(steps):
        words[step * 4 : step * 4 + 4] = [f"f{family}s{step}w{i}" for i in range(4)]
    return " ".join(words) + mark


TEXTS = st.builds(make_text, st.integers(0, 2), st.integers(0, 6), st.sampled_from(["", "!"]))
CORPORA = st.lists(TEXTS, min_size=1, max_size=12)


def with_ids(texts: list[str], name: str = "d") -> dict[str, str]:
    return {f"{name}{number}": text for number, text in enumerate(texts)}
