"""Normalisation of characters that combine: NFD, NFKC_Casefold, NFC, step by step."""

from __future__ import annotations

from collections.abc import Iterable

from dedupe.sketch.token_table import HANGUL_BASE, HANGUL_COUNT, MARK_LIMIT, Decompositions

_L_BASE, _V_BASE, _T_BASE = 0x1100, 0x1161, 0x11A7
_L_COUNT, _V_COUNT, _T_COUNT = 19, 21, 28


def normalise_sequence(code_points: Iterable[int], tables: Decompositions) -> list[int]:
    """NFC of NFKC_Casefold of NFD (Unicode D147), in bounded memory.

    A run of non-starters after a starter is cut to ``MARK_LIMIT``, before folding and after it, so
    that no run can grow without bound.
    """
    output: list[int] = []
    composer = _Composer(output, tables)
    run: list[int] = []
    classes = tables.combining_class
    for code_point in code_points:
        for part in _decompose(code_point, tables):
            if classes[part] == 0:
                composer.fold_run(run)
                run.clear()
                composer.fold(part)
            elif len(run) < MARK_LIMIT:
                run.append(part)
    composer.fold_run(run)
    composer.finish()
    return output


class _Composer:
    """Canonical composition of a stream (Unicode section 3.11), one starter at a time."""

    def __init__(self, output: list[int], tables: Decompositions) -> None:
        self._output = output
        self._tables = tables
        self._starter = -1
        self._marks: list[int] = []

    def fold_run(self, run: list[int]) -> None:
        classes = self._tables.combining_class
        for code_point in sorted(run, key=lambda c: int(classes[c])):
            self.fold(code_point)

    def fold(self, code_point: int) -> None:
        for folded in self._tables.fold.get(code_point, (code_point,)):
            for part in _decompose(folded, self._tables):
                self._push(part)

    def _push(self, code_point: int) -> None:
        if self._tables.combining_class[code_point] != 0:
            if len(self._marks) < MARK_LIMIT:
                self._marks.append(code_point)
            return
        self._compose_marks()
        if self._starter >= 0 and not self._marks:
            composite = _compose(self._starter, code_point, self._tables)
            if composite is not None:
                self._starter = composite
                return
        self._emit()
        self._starter = code_point

    def _compose_marks(self) -> None:
        """Put the pending marks in canonical order, and compose the starter with those it can."""
        classes = self._tables.combining_class
        kept: list[int] = []
        last_class = 0
        for mark in sorted(self._marks, key=lambda c: int(classes[c])):
            mark_class = int(classes[mark])
            composite = None
            if self._starter >= 0 and last_class < mark_class:
                composite = _compose(self._starter, mark, self._tables)
            if composite is None:
                kept.append(mark)
                last_class = mark_class
            else:
                self._starter = composite
        self._marks = kept

    def finish(self) -> None:
        self._compose_marks()
        self._emit()

    def _emit(self) -> None:
        if self._starter >= 0:
            self._output.append(self._starter)
        self._output.extend(self._marks)
        self._starter = -1
        self._marks = []


def _decompose(code_point: int, tables: Decompositions) -> tuple[int, ...]:
    index = code_point - HANGUL_BASE
    if 0 <= index < HANGUL_COUNT:
        leading = _L_BASE + index // (_V_COUNT * _T_COUNT)
        vowel = _V_BASE + index % (_V_COUNT * _T_COUNT) // _T_COUNT
        trailing = _T_BASE + index % _T_COUNT
        return (leading, vowel) if trailing == _T_BASE else (leading, vowel, trailing)
    return tables.canonical.get(code_point, (code_point,))


def _compose(first: int, second: int, tables: Decompositions) -> int | None:
    if 0 <= first - _L_BASE < _L_COUNT and 0 <= second - _V_BASE < _V_COUNT:
        pair = (first - _L_BASE) * _V_COUNT + second - _V_BASE
        return HANGUL_BASE + pair * _T_COUNT
    index = first - HANGUL_BASE
    if 0 <= index < HANGUL_COUNT and index % _T_COUNT == 0 and 0 < second - _T_BASE < _T_COUNT:
        return first + second - _T_BASE
    return tables.compose.get((first, second))
