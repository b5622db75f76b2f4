"""Texts, pairs, records and mappings of Python as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any, Final

from dedupe.sources.memory.data import ROWS_AT_ONCE, Data
from dedupe.sources.memory.missing import is_missing

ID: Final = "id"
TEXT: Final = "text"


class Values(Data):
    """Texts in a sequence, each with an id in another one, or without.

    :param given: what the user gave, of which :meth:`without` makes a smaller one
    """

    is_named = False

    def __init__(self, given: Any, texts: Sequence[Any], ids: Sequence[Any] | None = None) -> None:
        super().__init__([TEXT] if ids is None else [ID, TEXT])
        self.has_ids = ids is not None
        self._given, self._texts, self._ids = given, texts, ids

    def __len__(self) -> int:
        return len(self._texts)

    def part(self, begin: int, end: int, names: Collection[str]) -> dict[str, list[Any]]:
        found = {TEXT: as_list(self._texts[begin:end])}
        return found if self._ids is None else {ID: as_list(self._ids[begin:end]), **found}

    def without(self, rows: Sequence[int]) -> Any:
        given, kept = self._given, self.kept(rows)
        if isinstance(given, Mapping):
            assert self._ids is not None
            return {self._ids[row]: self._texts[row] for row in kept}
        if hasattr(given, "iloc"):
            return given.iloc[kept]
        if type(given).__module__.partition(".")[0] in ("numpy", "pandas", "polars"):
            return given[kept]
        found = [given[row] for row in kept]
        return tuple(found) if type(given) is tuple else found


class Pairs(Values):
    """Pairs of id and text in a sequence."""

    def __init__(self, given: Sequence[tuple[Any, Any]]) -> None:
        super().__init__(given, [text for _, text in given], [id for id, _ in given])


class Records(Data):
    """Mappings in a sequence, which are records as those of a JSON file."""

    def __init__(self, given: Sequence[Mapping[str, Any]]) -> None:
        super().__init__([*dict.fromkeys(name for record in given for name in record)])
        self._given = given

    def __len__(self) -> int:
        return len(self._given)

    def part(self, begin: int, end: int, names: Collection[str]) -> dict[str, list[Any]]:
        rows = self._given[begin:end]
        return {name: [row.get(name) for row in rows] for name in names}

    def without(self, rows: Sequence[int]) -> Any:
        found = [self._given[row] for row in self.kept(rows)]
        return tuple(found) if type(self._given) is tuple else found


def as_list(values: Any) -> list[Any]:
    """Some values of a sequence, an array or a series as a list of Python's own values."""
    to_list = getattr(values, "tolist", None) or getattr(values, "to_list", None)
    return list(to_list() if to_list is not None else values)


def open_python(value: Any) -> Data | str:
    """A mapping, a sequence or an iterator as rows; or the reason why it is none."""
    if isinstance(value, Mapping):
        texts = list(value.values())
        return _problem_of_texts(texts) or Values(value, texts, list(value))
    if isinstance(value, Set):
        return "a set has no order, from which its texts could have ids: give a list"
    # A list may change before rows are left out of it, by their numbers.
    return open_sequence(value if type(value) is tuple else list(value))


def open_sequence(given: Sequence[Any]) -> Data | str:
    """A sequence of texts, of pairs, or of records as rows; or the reason why it is none."""
    examples: dict[str, Any] = {}
    for value in given:
        examples.setdefault(_kind_of(value), value)
    if examples.keys() <= {"text", "missing"}:
        return Values(given, given)
    if "other" in examples:
        return f"texts must be strings, not {type(examples['other']).__name__}"
    if len(examples) > 1:
        return f"it mixes items of several kinds: {', '.join(sorted(examples))}"
    if "record" in examples:
        return Records(given)
    return _problem_of_texts(text for _, text in given) or Pairs(given)


def open_values(given: Any, values: Sequence[Any], ids: Sequence[Any] | None) -> Data | str:
    """A series or array as rows; or the reason why it is none.

    :param values: its values, which slices are made of
    """
    return _problem_of_texts(as_list(values[:ROWS_AT_ONCE])) or Values(given, values, ids)


def _kind_of(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return "pair"
    if isinstance(value, Mapping):
        return "record"
    return "missing" if is_missing(value) else "other"


def _problem_of_texts(texts: Iterable[Any]) -> str:
    """Why these are no texts; empty where they are."""
    odd = (each for each in texts if not isinstance(each, str) and not is_missing(each))
    return next((f"texts must be strings, not {type(each).__name__}" for each in odd), "")
