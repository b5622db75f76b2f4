"""The word that was probably meant by one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LEAST_LIKENESS: Final = 0.6


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The end of an error, as in ``; did you mean degree?``; empty if nothing is like it.

    :param given: a word; or several, of which the first that is not known is looked at
    """
    import difflib  # late, because most runs have no error

    words = [given] if isinstance(given, str) else [*given] if isinstance(given, tuple) else []
    known = [*known]
    for word in words:
        if isinstance(word, str) and word not in known:
            by_plain = {each.casefold(): each for each in known}
            found = difflib.get_close_matches(word.casefold(), by_plain, 1, LEAST_LIKENESS)
            return f"; did you mean {by_plain[found[0]]}?" if found else ""
    return ""
