"""Finds the columns of a table that hold text, id and metadata."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from dedupe.sources.formats.tables.values import as_values, is_list_of_structs, may_be_text
from dedupe.sources.records.chunks import ColumnRecords
from dedupe.sources.records.field_names import find_name
from dedupe.sources.records.fields import FieldPlan


class Columns:
    """The columns of a table that the plan needs.

    :ivar paths: dotted paths of the columns, or of the fields inside them, to read
    :ivar texts: the indices in the plan of the columns that may be the text, in their order
    :ivar ambiguous_name: the name of several columns, each of which may be the text; else empty
    """

    def __init__(self, plan: FieldPlan, schema: Any) -> None:
        self._plan = plan
        self._names = dict(plan.match(schema.names))
        self.texts = [index for index in plan.text_indices if index in self._names]
        self._turns: dict[str, int] = {}
        self.ambiguous_name = ""
        for index in self.texts[: 1 if plan.is_automatic else None]:
            self._choose_text(self._names[index], schema)
        self.paths = self._find_paths(schema)

    def gather(self, part: Any, left_out: Set[int] = frozenset()) -> ColumnRecords:
        """The rows of a part as records for the plan, without the fields ``left_out``."""
        names = set(part.schema.names)
        columns = {
            index: as_values(self.column(part, index))
            for index, name in self._names.items()
            if index not in left_out and name in names
        }
        return ColumnRecords(columns, len(self._plan.names), part.num_rows)

    def column(self, part: Any, index: int) -> Any:
        """The column of a part that is one of the plan's fields."""
        name = self._names[index]
        positions = [i for i, each in enumerate(part.schema.names) if each == name]
        return part.column(positions[self._turns.get(name, 0)])

    def name_of(self, index: int) -> str:
        """The name of the column that is one of the plan's fields."""
        return self._names[index]

    def _choose_text(self, name: str, schema: Any) -> None:
        """Note which of several columns of one name is the text: the only one that can be it."""
        same = [field.type for field in schema if field.name == name]
        able = [turn for turn, kind in enumerate(same) if may_be_text(kind)]
        if len(same) > 1 and len(able) > 1:
            self.ambiguous_name = self.ambiguous_name or name
        self._turns[name] = able[0] if able else 0

    def _find_paths(self, schema: Any) -> list[str]:
        plan, names = self._plan, self._names
        inside = {
            (index, path): None
            for index, rest in plan.inner_paths
            if index in names
            for path in _inner_paths(schema, names[index], rest)
        }
        heads = {index for index, _ in inside}
        whole = [i for i in dict.fromkeys(plan.whole_indices) if i in names]
        parts = [names[i] for i in whole if i not in heads]
        parts += [path for index, path in inside if index not in whole]
        return list(dict.fromkeys([*parts, *(names[i] for i in whole if i in heads)]))


def _inner_paths(schema: Any, name: str, rest: str) -> Iterator[str]:
    """The path of a field inside a column, as the table writes its names; none if it has none."""
    import pyarrow.types as kinds

    kind, path = schema.field(schema.names.index(name)).type, name
    while rest and kinds.is_struct(kind):
        given = [kind.field(i).name for i in range(kind.num_fields)]
        found, left = find_name(rest, given), ""
        if found is None:
            head, _, left = rest.partition(".")
            found = find_name(head, given)
        if found is None:
            return
        kind, path, rest = kind.field(given.index(found)).type, f"{path}.{found}", left
    if not rest or is_list_of_structs(kind):
        yield path
