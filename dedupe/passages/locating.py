"""Where passages stand in the texts as they were written: tokens become characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.model.report import Report, SharedPassage, SharedText
from dedupe.sketch import find_tokens, tokenize_text
from dedupe.store.arrays import sort_distinct

IterTexts = Callable[[Iterable[str]], Iterable[tuple[str, str]]]
"""A function from ids to ids with texts, in any order; what cannot be read is left out."""

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
    runs = _Runs.of([*report.shared_texts()])
    pending = np.arange(len(runs.counts))
    while len(pending):
        runs.locate(pending, iter_texts)
        pending = pending[runs.shorten(pending)]
    located = iter(runs.passages())
    has_empty = bool((runs.counts == 0).any())

    def replace(pair: SharedText) -> SharedText:
        passages = tuple(islice(located, len(pair.passages)))
        if has_empty:
            passages = tuple(passage for passage in passages if passage.token_count > 0)
        counts = pair.shared_count, pair.left_count, pair.right_count
        return SharedText(pair.left, pair.right, pair.relation, *counts, passages)

    return msgspec.structs.replace(
        report,
        contained=tuple(map(replace, report.contained)),
        passages=tuple(map(replace, report.passages)),
    )


class _Runs(msgspec.Struct):
    """All passages of a report as columns; side 0 is the left document of each, 1 the right one.

    :param ids: of the documents
    :param owners: ``(2, n)``: the document, a position in ``ids``
    :param firsts: ``(2, n)``: the first token
    :param counts: tokens
    :param places: ``(2, n, 4)``: what :func:`locate_tokens` says
    """

    ids: list[str]
    owners: NDArray[np.int64]
    firsts: NDArray[np.int64]
    counts: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Sequence[SharedText]) -> _Runs:
        numbers: dict[str, int] = {}
        ends = [[numbers.setdefault(id, len(numbers)) for id in (pair.left, pair.right)]
                for pair in pairs]  # fmt: skip
        sizes = [len(pair.passages) for pair in pairs]
        rows = [(passage.left_token, passage.right_token, passage.token_count)
                for pair in pairs for passage in pair.passages]  # fmt: skip
        columns = np.array(rows, np.int64).reshape(-1, 3).T
        owners = np.repeat(np.array(ends, np.int64).reshape(-1, 2), sizes, axis=0).T
        places = np.empty((2, len(rows), 4), np.int64)
        return cls([*numbers], owners, columns[:2].copy(), columns[2].copy(), places)

    def locate(self, pending: NDArray[np.int64], iter_texts: IterTexts) -> None:
        """Find these passages in their texts, each of which is read once.

        The ends of all passages are sorted at once, so that little is done for each text.
        """
        count = len(pending)
        firsts = self.firsts[:, pending].reshape(-1)
        lasts = firsts + np.tile(self.counts[pending], 2) - 1
        tokens = np.concatenate([firsts, lasts])
        owners = np.tile(self.owners[:, pending].reshape(-1), 2)
        order = np.lexsort((tokens, owners))
        cuts = np.searchsorted(owners[order], np.arange(len(self.ids) + 1)).tolist()
        wanted = {id: order[cuts[i] : cuts[i + 1]] for i, id in enumerate(self.ids)
                  if cuts[i] < cuts[i + 1]}  # fmt: skip
        found = np.full((len(tokens), 3), -1, np.int64)
        located: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        for id, text in iter_texts([*wanted]):
            ends = wanted[id]
            places = find_tokens(text, tokens[ends])
            found[ends] = places
            if places[:, 2].max() >= 0:
                # Some are in chunks that are not ASCII alone.
                runs = sort_distinct(ends[places[:, 2] >= 0] % (2 * count))
                chunks = _CountedChunks(text, tokens[ends], places)
                located.append((runs, chunks.locate(firsts[runs], lasts[runs])))
        starts, behinds = found[: 2 * count], found[2 * count :]
        rows = np.stack([starts[:, 0], behinds[:, 1], *np.zeros_like(starts.T[:2])], axis=1)
        rows[behinds[:, 0] < 0] = _NOT_FOUND
        for runs, each in located:
            rows[runs] = each
        self.places[:, pending] = rows.reshape(2, count, 4)

    def shorten(self, pending: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Leave out tokens; which passages must be looked for again, being shorter now."""
        before, behind = self.places[:, pending, 2:].max(axis=0).T
        self.firsts[:, pending] += before
        self.counts[pending] = np.maximum(self.counts[pending] - before - behind, 0)
        result: NDArray[np.bool_] = (before + behind > 0) & (self.counts[pending] > 0)
        return result

    def passages(self) -> list[SharedPassage]:
        """All passages, in order."""
        spans = [[(start, end) if start >= 0 else None for start, end in side]
                 for side in self.places[:, :, :2].tolist()]  # fmt: skip
        columns = self.counts.tolist(), *self.firsts.tolist(), *spans
        return list(map(SharedPassage, *columns))


_NOT_FOUND: Final = (UNKNOWN, UNKNOWN, 0, 0)
"""The row of :func:`locate_tokens` for what is not in a text, or not looked for."""


def locate_tokens(
    text: str, firsts: NDArray[np.int64], behinds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where runs of tokens stand in a text.

    :param firsts: the first token of each
    :param behinds: the token behind the last
    :returns: ``(n, 4)``: first character, the one behind the last; tokens left out at the
        beginning, and at the end, which are in one character with others around the run. The
        first two are ``UNKNOWN`` for what reaches beyond the text, or begins or ends in a text of
        other characters than ASCII among more than ``MOST_CHARACTERS`` without a separator
    """
    lasts = behinds - 1
    tokens = sort_distinct(np.concatenate([firsts, lasts]))
    places = find_tokens(text, tokens)
    starts = places[np.searchsorted(tokens, firsts)]
    ends = places[np.searchsorted(tokens, lasts)]
    located = np.stack([starts[:, 0], ends[:, 1], *np.zeros_like(starts.T[:2])], axis=1)
    located[ends[:, 0] < 0] = _NOT_FOUND
    left = np.flatnonzero((starts[:, 2] >= 0) | (ends[:, 2] >= 0))
    if len(left):
        located[left] = _CountedChunks(text, tokens, places).locate(firsts[left], lasts[left])
    return located


def _locate(
    first: int,
    last: int,
    find_start: Callable[[int], int | None],
    find_end: Callable[[int], int | None],
) -> tuple[int, int, int, int]:
    """Where a run of tokens stands, without those at its ends that share a character."""
    begin, start = first, find_start(first)
    while start is None and (begin := begin + 1) <= last:
        start = find_start(begin)
    final, end = last, find_end(last)
    while end is None and (final := final - 1) >= begin:
        end = find_end(final)
    if start is None or end is None:
        start = end = 0
    if UNKNOWN in (start, end):
        return _NOT_FOUND
    return start, end, begin - first, last - final


class _CountedChunks:
    """Where tokens of one text stand, also in chunks that are not ASCII alone.

    Inside a chunk of several tokens the characters of one are found by halving: the tokens of
    beginnings of the chunk are counted.

    :param places: what :func:`dedupe.sketch.find_tokens` says of the tokens
    """

    def __init__(self, text: str, tokens: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        self._text = text
        self._places: dict[int, tuple[int, int, int]] = {}
        self._remember(tokens, places)

    def locate(self, firsts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of :func:`locate_tokens` of runs of tokens, whose first and last are known."""
        # Many passages of one text begin or end at the same tokens.
        find_start, find_end = cache(self.find_start), cache(self.find_end)
        runs = zip(firsts.tolist(), lasts.tolist(), strict=True)
        rows = [
            _locate(first, last, find_start, find_end) if self._places[last][0] >= 0 else _NOT_FOUND
            for first, last in runs
        ]
        return np.array(rows, np.int64).reshape(-1, 4)

    def _remember(self, tokens: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        self._places.update(zip(tokens.tolist(), map(tuple, places.tolist()), strict=True))

    def _place(self, token: int) -> tuple[int, int, int]:
        if token not in self._places:
            # (Few characters have more than four tokens.)
            tokens = np.arange(max(token - NEIGHBOURS, 0), token + NEIGHBOURS)
            self._remember(tokens, find_tokens(self._text, tokens))
        return self._places[token]

    def find_start(self, token: int) -> int | None:
        """The first character of a token; none if the character has another token before it."""
        begin, end, own = self._place(token)
        if own < 0:
            return begin
        if end - begin > MOST_CHARACTERS:
            return UNKNOWN
        if own == 0 and _count_tokens(self._text[begin]):
            return begin
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
