"""Finds the list of records in a JSON file that is one object: ``{"status": …, "articles": […]}``.

Only the beginning of the file decides, so that a file of any size can be read as a stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dedupe.sources.encoding.text_encoding import UTF8_MARK
from dedupe.sources.formats.json.columns import explain_no_records
from dedupe.sources.records.field_names import descend, find_name
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import (
    SAMPLE_RECORDS,
    count_prose,
    find_longest,
    find_records,
    quote_for_shell,
)

PLACE_BYTES = 1 << 20
"""How many bytes of a file's beginning, in UTF-8, decide where its records are."""

_MAX_DEPTH = 8
_MAX_NAMED = 5
_GAP = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode


class Place(NamedTuple):
    """Where the records of a file are.

    :param path: the dotted path of their list or object; empty if each value of the file is one
    :param problem: why that is not known, in words
    """

    path: str = ""
    problem: str = ""


def find_place(sample: bytes, plan: FieldPlan) -> Place:
    """Where the records of a file are, by its beginning.

    An object with a text of its own is a record, whatever else it holds. So is one with longer
    prose under some other name than the texts inside it, of which those may be the comments.

    :param sample: the first ``PLACE_BYTES`` of a file, or all of one that is shorter
    """
    sample = sample.removeprefix(UTF8_MARK).lstrip()
    if not sample.startswith(b"{"):
        return Place()
    text = sample.decode("utf-8", "replace")
    value, end = _parse_beginning(text, 0)
    if not isinstance(value, dict) or text[end:].strip():
        return Place()
    if problem := explain_no_records(value, len(sample) >= PLACE_BYTES, plan):
        return Place(problem=problem)
    if plan.has_text(value):
        return Place()
    found = dict(find_records(value, plan.has_text))
    if not any(found.values()):
        return Place()
    if len(found) > 1:
        options = [_name_place(value, path, found[path]) for path in sorted(found)[:_MAX_NAMED]]
        return Place(problem=f"its records may be in several places; name one: {_or(options)}")
    (path, records), *_ = found.items()
    longest = max(count_prose(plan.find_text(plan.values_of(fields))) for fields in records)
    outer = max(find_longest(each)[0] for each in _list_outer(value, path))
    return Place() if outer > longest else Place(path)


def _list_outer(value: dict[str, Any], path: str) -> Iterator[list[dict[str, Any]]]:
    """The objects on the way to a place, level by level, without the objects in them.

    Lists on the way are passed through, as they are in the reading of a place.
    """
    pending: list[tuple[dict[str, Any], str]] = [(value, path)]
    while pending:
        yield [
            {name: each for name, each in fields.items() if not isinstance(each, dict)}
            for fields, _ in pending
        ]
        pending = list(_step_down(pending))


def _step_down(level: list[tuple[dict[str, Any], str]]) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects one level deeper on the way to a place, each with the rest of the path."""
    for fields, rest in level:
        name = find_name(rest, fields)
        head, _, deeper = (name, "", "") if name is not None else rest.partition(".")
        inner = fields.get(find_name(head, fields) or "") if deeper else None
        for each in inner[:SAMPLE_RECORDS] if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield each, deeper


def explain_list_on_the_way(sample: bytes, text_fields: Sequence[str]) -> str:
    """Why an object that is a file is not one text, in words: a text field passes through a list.

    Such a list holds several records, as in ``{"articles": [{"content": …}, …]}``.
    """
    text = sample.removeprefix(UTF8_MARK).lstrip().decode("utf-8", "replace")
    value, end = _parse_beginning(text, 0)
    is_one = isinstance(value, dict) and not text[end:].strip()
    for field in text_fields if is_one else ():
        names = field.split(".")
        for count in reversed(range(1, len(names))):
            path, rest = ".".join(names[:count]), ".".join(names[count:])
            around = descend(value, ".".join(names[: count - 1])) if count > 1 else value
            objects = around if isinstance(around, list) else [around]
            if any(isinstance(descend(each, names[count - 1]), list) for each in objects):
                options = f"--records {quote_for_shell(path)} --text-field {quote_for_shell(rest)}"
                return f"{quote_for_shell(field)} is in each object of a list; name both: {options}"
    return ""


def holds_one_object(sample: bytes, plan: FieldPlan) -> bool:
    """Whether what looks like a line of JSON Lines is an object with the records in it.

    :param sample: as for :func:`find_place`
    """
    if b"\n" in sample.strip():
        return False
    place = find_place(sample, plan)
    return bool(place.path or place.problem)


def _name_place(value: dict[str, Any], path: str, records: list[Any]) -> str:
    """The option that names a place, or the text of one record inside."""
    record = descend(value, path)
    if records or not isinstance(record, dict):
        return f"--records {quote_for_shell(path)}"
    inner = find_longest([record])[1]
    return f"--text-field {quote_for_shell(f'{path}.{inner}' if inner else path)}"


def _or(options: list[str]) -> str:
    return " or ".join(options)


def _parse_beginning(text: str, begin: int, depth: int = 0) -> tuple[Any, int]:
    """The value that begins somewhere in a JSON text, and its end; what is there, if it is cut."""
    try:
        return _scan(text, begin)
    except (ValueError, RecursionError):
        pass
    if text[begin : begin + 1] == '"':
        return text[begin + 1 :], len(text)
    is_list = text[begin : begin + 1] == "["
    if depth > _MAX_DEPTH or not (is_list or text[begin : begin + 1] == "{"):
        return None, len(text)
    items: list[Any] = []
    names: list[str] = []
    end = _skip(_GAP, text, begin + 1)
    while end < len(text) and text[end] not in "]}":
        if not is_list:
            name, end = _parse_beginning(text, end, _MAX_DEPTH)
            end = _skip(_COLON, text, end)
            if end >= len(text):
                break
            names.append(str(name))
        item, end = _parse_beginning(text, end, depth + 1)
        items.append(item)
        end = _skip(_GAP, text, end)
    return items if is_list else dict(zip(names, items, strict=True)), len(text)


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
