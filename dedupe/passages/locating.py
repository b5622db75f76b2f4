"""Where passages stand in the texts as they were written: tokens become characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np

from dedupe.model.report import Report, SharedPassage, SharedText
from dedupe.sketch import find_tokens, tokenize_text

IterTexts = Callable[[Iterable[str]], Iterable[tuple[str, str]]]
"""A function from ids to ids with texts, in any order; what cannot be read is left out."""

Tokens = tuple[int, int]
"""The first token, and the one behind the last."""

Characters = tuple[int, int]
"""The first character, and the one behind the last."""

REMEMBERED_CHARACTERS: Final = 32
"""The longest word whose tokens are remembered."""

MOST_CHARACTERS: Final = 20_000
"""The most characters without a separator in which a token is looked for."""

UNKNOWN: Final = -1
"""The place of a token that is not looked for."""

NEIGHBOURS: Final = 4
"""Where a token is looked for in a second pass, so many before and behind it are too."""


def locate_shared_texts(report: Report, iter_texts: IterTexts) -> Report:
    """The report with the characters of each shared passage, from the texts, read once more.

    A passage that begins or ends inside a character of several tokens (½) is made shorter by these,
    so that what is cut out of both texts has the same tokens.
    """
    runs = [_Run(pair, passage) for pair in report.shared_texts() for passage in pair.passages]
    pending = runs
    while pending:
        _locate_runs(pending, iter_texts)
        pending = [run for run in pending if run.narrow()]
    ready = iter(runs)

    def locate(pair: SharedText) -> SharedText:
        made = [next(ready).passage for _ in pair.passages]
        left = tuple(passage for passage in made if passage.token_count > 0)
        return msgspec.structs.replace(pair, passages=left)

    return msgspec.structs.replace(
        report,
        contained=tuple(map(locate, report.contained)),
        passages=tuple(map(locate, report.passages)),
    )


class _Run:
    """A passage that is being located.

    :ivar found: for the left and the right document, what was found there; none if it was not read
    """

    def __init__(self, pair: SharedText, passage: SharedPassage) -> None:
        self.ids = pair.left, pair.right
        self.passage = passage
        self.found: list[Located | None] = [None, None]

    def tokens(self, side: int) -> Tokens:
        """The tokens in the left (0) or right (1) document."""
        first = (self.passage.left_token, self.passage.right_token)[side]
        return first, first + self.passage.token_count

    def narrow(self) -> bool:
        """Take over what was found; whether it must be looked for again, being shorter now."""
        passage = self.passage
        located = [each for each in self.found if each is not None]
        before = max((each.before for each in located), default=0)
        behind = max((each.behind for each in located), default=0)
        spans = [each.span if each else None for each in self.found]
        self.passage = msgspec.structs.replace(
            passage,
            token_count=max(passage.token_count - before - behind, 0),
            left_token=passage.left_token + before,
            right_token=passage.right_token + before,
            left_span=spans[0],
            right_span=spans[1],
        )
        return before + behind > 0 and self.passage.token_count > 0


def _locate_runs(runs: Sequence[_Run], iter_texts: IterTexts) -> None:
    """Find these passages in their texts, each of which is read once."""
    wanted: dict[str, list[tuple[_Run, int]]] = {}
    for run in runs:
        run.found = [None, None]
        for side, id in enumerate(run.ids):
            wanted.setdefault(id, []).append((run, side))
    for id, text in iter_texts([*wanted]):
        ends = wanted.pop(id)
        located = locate_tokens(text, {run.tokens(side) for run, side in ends})
        for run, side in ends:
            run.found[side] = located.get(run.tokens(side))


class Located(NamedTuple):
    """Where a run of tokens, or what is left of it, stands in a text.

    :param span: from the first character of the first token to behind the last of the last
    :param before: tokens left out at the beginning, which are in one character with others before
    :param behind: tokens left out at the end, which are in one character with others behind them
    """

    span: Characters
    before: int = 0
    behind: int = 0


def locate_tokens(text: str, wanted: Iterable[Tokens]) -> dict[Tokens, Located]:
    """Where runs of tokens stand; runs that reach beyond the text are left out.

    So are runs that begin or end, in a text of other characters than ASCII, among more than
    ``MOST_CHARACTERS`` without a separator.
    """
    runs = [run for run in wanted if run[0] < run[1]]
    counted = _TextTokens(text, {token for run in runs for token in (run[0], run[1] - 1)})
    # Many passages of one text begin or end at the same tokens.
    find_start, find_end = cache(counted.find_start), cache(counted.find_end)
    located: dict[Tokens, Located] = {}
    for first, behind in runs:
        if behind - 1 not in counted:
            continue
        begin, start = first, find_start(first)
        while start is None and (begin := begin + 1) < behind:
            start = find_start(begin)
        last, end = behind - 1, find_end(behind - 1)
        while end is None and (last := last - 1) >= begin:
            end = find_end(last)
        if start is None or end is None:
            start = end = 0
        if start != UNKNOWN and end != UNKNOWN:
            located[first, behind] = Located((start, end), begin - first, behind - 1 - last)
    return located


class _TextTokens:
    """Where tokens of one text stand.

    Inside a chunk of several tokens the characters of one are found by halving: the tokens of
    beginnings of the chunk are counted.
    """

    def __init__(self, text: str, tokens: set[int]) -> None:
        self._text = text
        self._places: dict[int, tuple[int, int, int]] = {}
        self._find(tokens)

    def __contains__(self, token: int) -> bool:
        """Whether the text has so many tokens; only for those that were looked for."""
        return self._places[token][0] >= 0

    def _find(self, tokens: Iterable[int]) -> None:
        numbers = np.array(sorted(tokens), np.int64)
        places = find_tokens(self._text, numbers).tolist()
        self._places.update(zip(numbers.tolist(), map(tuple, places), strict=True))

    def _place(self, token: int) -> tuple[int, int, int]:
        if token not in self._places:
            # (Few characters have more than four tokens.)
            self._find(range(max(token - NEIGHBOURS, 0), token + NEIGHBOURS))
        return self._places[token]

    def find_start(self, token: int) -> int | None:
        """The first character of a token; none if the character has another token before it."""
        begin, end, own = self._place(token)
        if own < 0:
            return begin
        if end - begin > MOST_CHARACTERS:
            return UNKNOWN
        text, tokens = self._text, _tokenize(self._text[begin:end])
        start = self._reach(begin, end, own)
        return start if _tokenize(text[start:end]) == tokens[own:] else None

    def find_end(self, token: int) -> int | None:
        """Behind the last character of a token; none if it is that of another token too."""
        begin, end, own = self._place(token)
        if own < 0:
            return end
        if end - begin > MOST_CHARACTERS:
            return UNKNOWN
        text, tokens = self._text, _tokenize(self._text[begin:end])[: own + 1]
        behind = self._reach(begin, end, own + 1)
        if _tokenize(text[begin:behind]) != tokens:
            return None
        while behind > begin + 1 and _tokenize(text[begin : behind - 1]) == tokens:
            behind -= 1
        return behind

    def _reach(self, begin: int, end: int, count: int) -> int:
        """The longest beginning of a chunk that has at most so many tokens ends here."""
        low, high = begin, end
        if _count_tokens(self._text[begin:end]) <= count:
            return end
        while low < high:
            middle = (low + high + 1) // 2
            if _count_tokens(self._text[begin:middle]) > count:
                high = middle - 1
            else:
                low = middle
        return low


def _tokenize(text: str) -> Sequence[str]:
    return _remember_tokens(text) if len(text) <= REMEMBERED_CHARACTERS else tokenize_text(text)


def _count_tokens(text: str) -> int:
    return len(_tokenize(text))


@lru_cache(maxsize=1 << 16)
def _remember_tokens(text: str) -> Sequence[str]:
    """The tokens of a word, most of which occur often."""
    return tokenize_text(text)


def cut_passage(text: str, span: Sequence[int] | None) -> str:
    """The characters of a passage in its text; empty where they are not known."""
    return text[span[0] : span[1]] if span else ""
