"""Tells that a JSON file holds a table by columns, or texts without fields, and no records.

``DataFrame.to_json`` of pandas writes tables by columns. A column read as one text would join the
texts of all rows, so such a file is not read; the message says how to write records instead.
"""

from __future__ import annotations

from typing import Any

from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import count_prose

_BY_COLUMNS = (
    "it is a table by columns, as pandas writes it; write its rows: "
    "to_json(path, orient='records', lines=True)"
)
_TEXTS_BY_NAME = (
    "its values are texts and no records; a record of each: "
    "jq -c 'to_entries[] | {id: .key, text: .value}'"
)
_MIN_TEXTS = 5
_LOOKED_AT = 20


def explain_no_records(value: dict[str, Any], is_cut: bool, plan: FieldPlan) -> str:
    """Why an object that is a file holds no records, in words; empty where it may hold some.

    :param is_cut: whether the file goes on behind what is known of it
    """
    if _is_split(value) or _are_lists(value, is_cut):
        return _BY_COLUMNS
    if not value or plan.has_text(value):
        return ""
    if _are_objects(value, is_cut, plan):
        return _BY_COLUMNS
    texts = [*value.values()]
    are_strings = len(texts) >= _MIN_TEXTS and all(type(each) is str for each in texts)
    return _TEXTS_BY_NAME if are_strings and all(map(count_prose, texts[:_LOOKED_AT])) else ""


def _is_split(value: dict[str, Any]) -> bool:
    """Whether the object is ``{"columns": ["a", "b"], "data": [[1, 2], …]}``."""
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not names:
        return False
    looked_at = rows[:_LOOKED_AT]
    return all(isinstance(row, list) and len(row) <= len(names) for row in looked_at)


def _are_lists(value: dict[str, Any], is_cut: bool) -> bool:
    """Whether all fields are lists of as many single values, at least two: ``{"a": [1, 2], …}``."""
    columns = [*value.values()]
    if len(columns) < 2 or not all(isinstance(each, list) for each in columns):
        return False
    counts = {len(each) for each in columns[: -1 if is_cut else None]}
    return len(counts) == 1 and min(counts) > 1 and all(map(_are_single, columns))


def _are_objects(value: dict[str, Any], is_cut: bool, plan: FieldPlan) -> bool:
    """Whether all fields are objects of the same names: ``{"text": {"0": …, "1": …}, …}``.

    Records by their ids are such objects too. Columns have the name of a text, or number the rows.
    """
    columns = [*value.values()]
    if not all(isinstance(each, dict) for each in columns):
        return False
    names = [*columns[0]]
    same = [*map(list, columns[: -1 if is_cut and len(columns) > 1 else None])]
    if len(names) < 2 or any(each != names for each in same):
        return False
    if not all(_are_single([*each.values()]) for each in columns):
        return False
    has_name = plan.could_find_text(dict.fromkeys(value, ""))
    return has_name or names == [*map(str, range(len(names)))]


def _are_single(values: list[Any]) -> bool:
    return not any(isinstance(each, (list, dict)) for each in values[:_LOOKED_AT])
