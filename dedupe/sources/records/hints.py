"""Tells the user of a record without a text which field to name: the one with the longest prose.

Whether a field holds prose is judged by its values, over several records where there are any. So a
hint is never an address, a hash, a label, a media type, a number, a date or a path.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from dedupe.sources.records.field_names import UNSET, descend

SAMPLE_RECORDS = 20
"""The most records that are looked at for one hint."""

OWN_OBJECT = "."
"""The path of the object that is all of a file or line, as a place of records."""

_MAX_FIELDS_NAMED = 20
_MAX_NAME_SHOWN = 60
_MAX_PATH_CHARACTERS = 200
_MAX_DEPTH = 5
_MAX_PATHS = 200
_MAX_ITEMS = 100
_MAX_OBJECTS = 200
_MAX_HINTS = 1000
_MAX_SEARCHED = 3
"""How many records are searched for records inside them."""

_LOOKED_AT = 2000
"""The characters of a text by which it is judged."""

_MIN_WORDS, _MIN_UNSPACED = 3, 10
_MIN_WORD_SHARE = 0.6
_MIN_KEYED_SHARE = 0.8
"""The share of the objects in an object that must have texts, if they are to be records."""

_SINGLE_FACTOR = 4
_LABEL_RECORDS = 4
"""If each value of a field occurs in this many records, the field is a label."""

_TAG = re.compile(r"<[^<>]{0,500}>")
_ELEMENT = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|ul|li|html|body)\b[^<>]*>", re.I)
_MARKUP_DISCOUNT = 0.1
"""Of two fields with about the same prose, the one without markup is named."""

_NO_WORD = frozenset("/\\=_@{}<>|")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff]")

Fields = Mapping[str, Any]


class Hint(NamedTuple):
    """The settings by which the records of a file would have texts.

    :param text: the path of the field with the longest prose; empty where none holds prose
    :param records: where the records are, if they are inside the objects that were looked at
    :param joined: the path by which the texts of these records are one text; empty where none is
    :param is_markup: whether the texts are HTML
    """

    text: str = ""
    records: str = ""
    joined: str = ""
    is_markup: bool = False

    @property
    def options(self) -> str:
        """The options, as they can be pasted into a shell."""
        records = f"--records {quote_for_shell(self.records)} " if self.records else ""
        form = " --text-format html" * self.is_markup
        return f"{records}--text-field {quote_for_shell(self.text)}{form}"

    def describe(self) -> str:
        """What to name, in words."""
        if self.records:
            place = "it" if self.records == OWN_OBJECT else quote_name(self.records)
            whole = f"joined to one text: --text-field {quote_for_shell(self.joined)}; or "
            return f"{whole * bool(self.joined)}the records are inside {place}: {self.options}"
        return f"name one, such as {self.options}" if self.text else "none holds prose"

    def fits(self, fields: Fields) -> bool:
        """Whether a record has the field, or the list, that is to be named."""
        path = self.records or self.text
        return bool(path) and (path == OWN_OBJECT or descend(fields, path) is not UNSET)


class FileHints:
    """The hints for the records of one file, which are the same for all records of the same fields.

    Some of the first records that need one decide for all that have the field which they show.
    """

    def __init__(self, has_places: bool = True) -> None:
        """Prepare to look at records.

        :param has_places: whether ``--records`` can name where records are inside others
        """
        self._has_places = has_places
        self._first: Hint | None = None
        self._is_known = False
        self._others: dict[tuple[str, ...], Hint | None] = {}

    def learn(self, samples: Iterable[Fields | None]) -> None:
        """Look at some records without texts, unless that has been done."""
        if not self._is_known:
            self._first = find_hint(
                [*filter(None, islice(samples, SAMPLE_RECORDS))], self._has_places
            )
            self._is_known = True

    def find(self, fields: Fields | None) -> Hint | None:
        """The hint for a record; ``None`` where nothing is known."""
        if self._first is None or fields is None or self._first.fits(fields):
            return self._first
        names = tuple(fields)
        known = self._others.get(names)
        if known is None and len(self._others) < _MAX_HINTS:
            known = self._others[names] = find_hint([fields], self._has_places)
        return known


def find_hint(samples: Sequence[Fields], has_places: bool = True) -> Hint | None:
    """The hint that some records of a file give; an empty one where no field of them holds prose.

    It is ``None`` where nothing is known, because no field has a value.
    Records in a list inside are named, and not a field beside that list, where they hold the most;
    where there is one object alone, also if it has somewhat longer prose beside the list.

    :param has_places: whether ``--records`` can name that list; else its texts are one text
    """
    if not any(value not in ("", None) for fields in samples for value in fields.values()):
        return None
    best, text = find_longest(samples)
    hint = Hint(text, is_markup=_holds_markup(samples, text))
    best = best / _SINGLE_FACTOR if len(samples) == 1 else best
    inner: dict[str, list[Fields]] = {}
    for fields in samples[:_MAX_SEARCHED]:
        for path, records in find_records(fields, _has_prose):
            inner.setdefault(path, []).extend(records[:SAMPLE_RECORDS])
    for path, records in sorted(inner.items()):
        mean, text = find_longest(records)
        total = mean * len(records) / len(samples[:_MAX_SEARCHED])
        if text and total > best:
            joined = f"{path}.{text}"
            if not any(isinstance(descend(fields, joined), list) for fields in samples):
                joined = ""
            form = _holds_markup(records, text)
            found = Hint(text, path, joined * (len(samples) > 1), form)
            best, hint = total, found if has_places else Hint(joined or hint.text, is_markup=form)
    return hint


def _holds_markup(records: Sequence[Fields], path: str) -> bool:
    """Whether most values of a field are HTML."""
    found = [value for fields in records if isinstance(value := descend(fields, path), str)]
    return bool(path) and 2 * sum(map(is_markup, found)) > len(found)


def describe_fields(fields: Fields | None, hint: Hint | None) -> str:
    """A message that lists the fields of a record, and says which one to name.

    :param hint: ``None`` where nothing is known of the values
    """
    if fields is None:  # a line that the fast way decoded may not be valid JSON in unused fields
        return "its fields cannot be listed"
    if not fields:
        return "the record is empty"
    names = list(fields)
    shown = ", ".join(map(quote_name, names[:_MAX_FIELDS_NAMED]))
    more = len(names) - _MAX_FIELDS_NAMED
    listed = f"its fields are {shown}" + (f" and {more} more" if more > 0 else "")
    return listed if hint is None else f"{listed}; {hint.describe()}"


def describe_no_id(name: str, fields: Fields | None) -> str:
    """A message that the first records of a file have no id in the field that the user named."""
    problem = f"its first records have no id in {quote_name(name)} (--id-field)"
    return f"{problem}, and are named by their place; {describe_fields(fields, None)}"


def quote_for_shell(path: str) -> str:
    """A path whole and in quotes, so that a shell takes it as it is."""
    return "'" + path.replace("'", "'\"'\"'") + "'"


def quote_name(name: str) -> str:
    """The name of a field in quotes: short, and with control characters escaped."""
    return repr(name if len(name) <= _MAX_NAME_SHOWN else name[:_MAX_NAME_SHOWN] + "…")


def find_records(
    fields: Fields, has_text: Callable[[Fields], bool]
) -> Iterator[tuple[str, list[Fields]]]:
    """The places inside an object that hold records with texts: the path of each, and some records.

    A place is a list of objects, some of which have a text; or an object of two and more objects,
    of which nearly all have one. An object that has a text is itself a record: its path is given
    without records. Lists of objects without texts are passed through.
    """
    pending: deque[tuple[str, Fields, int]] = deque([("", fields, 0)])
    for _ in range(_MAX_OBJECTS):
        if not pending:
            return
        prefix, inner, depth = pending.popleft()
        values = list(islice(inner.values(), SAMPLE_RECORDS))
        objects = [value for value in values if isinstance(value, dict)]
        if len(values) == len(objects) > 1:
            found: list[Fields] = list(filter(has_text, objects))
            if len(found) > 1 and len(found) >= _MIN_KEYED_SHARE * len(values):
                yield prefix.removesuffix(".") or OWN_OBJECT, found
                continue
        for name, value in inner.items():
            path = prefix + name
            children = value[:SAMPLE_RECORDS] if isinstance(value, list) else [value]
            records: list[Fields] = [each for each in children if isinstance(each, dict)]
            if not records or not _is_usable(path):
                continue
            if any(map(has_text, records)):
                yield path, records * isinstance(value, list)
            is_passed = isinstance(value, dict) or not any(map(has_text, records))
            if is_passed and depth < _MAX_DEPTH and len(pending) < _MAX_OBJECTS:
                pending.extend((f"{path}.", each, depth + 1) for each in records)


def count_prose(value: Any) -> int:
    """About how many letters of prose a value holds; 0 for a value that is anything else."""
    if isinstance(value, list):
        looked_at = [item for item in value[:_MAX_ITEMS] if isinstance(item, str)]
        return sum(map(count_prose, looked_at)) * max(1, len(value) // _MAX_ITEMS)
    text = _TAG.sub(" ", value[:_LOOKED_AT]) if isinstance(value, str) else ""
    tokens = text.split()
    if not tokens or tokens[0][0] in "{[":
        return 0
    unspaced = len(_UNSPACED.findall(text))
    letters = list(filter(None, map(_count_letters, tokens)))
    is_prose = unspaced >= _MIN_UNSPACED or len(letters) >= _MIN_WORDS
    if not is_prose or len(letters) < _MIN_WORD_SHARE * len(tokens):
        return 0
    return sum(letters) * max(1, len(value) // _LOOKED_AT)


def _count_letters(token: str) -> int:
    """The letters of a word; 0 for what is no word, such as a number or an address."""
    if not _NO_WORD.isdisjoint(token):
        return 0
    letters = sum(
        each.isalpha() or (not each.isascii() and unicodedata.category(each)[0] == "M")
        for each in token
    )
    return letters if 2 * letters >= len(token) else 0


def _has_prose(fields: Fields) -> bool:
    return bool(find_longest([fields])[1])


def find_longest(records: Sequence[Fields]) -> tuple[float, str]:
    """How many letters of prose a record has in the field with the most, and that field; or 0."""
    amounts: dict[str, list[int]] = {}
    values: dict[str, set[str]] = {}
    for fields in records[:SAMPLE_RECORDS]:
        for path, value in _list_texts(fields):
            amounts.setdefault(path, []).append(count_prose(value))
            start = value if isinstance(value, str) else str(value[:_MAX_ITEMS])
            values.setdefault(path, set()).add(start[:_LOOKED_AT])
    best: tuple[float, str] = 0, ""
    for path, found in sorted(amounts.items()):
        is_label = len(found) >= _LABEL_RECORDS * len(values[path])
        is_prose = 2 * len(list(filter(None, found))) >= len(found) and not is_label
        mean = sum(found) / len(records[:SAMPLE_RECORDS])
        mean *= 1 - _MARKUP_DISCOUNT * any(map(is_markup, values[path]))
        if is_prose and mean > best[0]:
            best = mean, path
    return best


def is_markup(text: str) -> bool:
    """Whether a text is HTML, as what services give often is."""
    return len(_ELEMENT.findall(text[:_LOOKED_AT])) > 1


def _list_texts(fields: Fields) -> list[tuple[str, Any]]:
    """The strings and lists of strings in a record, each with its dotted path."""
    found: list[tuple[str, Any]] = []
    pending: list[tuple[Fields, str, int]] = [(fields, "", 0)]
    while pending and len(found) < _MAX_PATHS:
        inner, prefix, depth = pending.pop()
        for name, value in inner.items():
            if isinstance(value, dict) and depth < _MAX_DEPTH:
                pending.append((value, f"{prefix}{name}.", depth + 1))
            elif isinstance(value, (str, list)) and _is_text(value):
                path = prefix + name
                if _is_usable(path) and descend(fields, path) is value:
                    found.append((path, value))
    return found


def _is_text(value: str | list[Any]) -> bool:
    return isinstance(value, str) or all(item is None or type(item) is str for item in value)


def _is_usable(path: str) -> bool:
    """Whether a path can be shown whole, and pasted."""
    return 0 < len(path) <= _MAX_PATH_CHARACTERS and path.isprintable()
