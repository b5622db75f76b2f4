"""Decodes blocks of JSON lines at once, where all records of a file have the same few fields.

The fields are learned from the file's records. Then each block is decoded into a struct with just
these fields, which takes no unknown ones. So a block that decodes has no field that was not looked
at, and nothing needs to be checked record by record. Any other block is decoded in the general way
(:mod:`dedupe.sources.formats.json.record`), record by record, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedupe.sources.formats.json.depth import has_deep_object
from dedupe.sources.records.field_names import UNSET, assign_fields

_Scalar = str | int | float | bool | None
_MAX_FIELDS = 200
_MAX_REFUSALS = 8
_SAMPLE_LINES = 50
_RETURN = ord("\r")

Decode = Callable[[bytes], list[Any]]


class LayoutDecoder:
    """Decodes blocks of lines whose records have only fields that are known.

    Learning fields costs more than the general way. So after several refused blocks in a row, the
    decoder refuses all further ones.

    :ivar present: the needed fields, by their index in ``names``, that some record has had
    """

    def __init__(self, names: Sequence[str], max_depth: int, max_values: int) -> None:
        """Prepare a decoder that knows no fields yet.

        :param names: the fields that are needed of a record; attribute ``f<i>`` holds ``names[i]``
        :param max_depth: how deep lists and objects may be nested
        :param max_values: the most lists, objects and items in a record
        """
        self.present: frozenset[int] = frozenset()
        self._names = tuple(names)
        self._max_depth, self._max_values = max_depth, max_values
        self._nested: dict[str, bool] = {}
        self._decode: Decode | None = None
        self._refusals = 0

    def decode(
        self, data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> list[Any] | None:
        """One struct a line; ``None`` where the lines must be decoded in the general way.

        :param data: lines; or records of several lines, if each is known to be one JSON value
        :param begins: where each begins, ascending
        :param ends: where each ends, not counting its line feed
        """
        if self._refusals > _MAX_REFUSALS:
            return None
        if self._decode is None:
            self._learn(_cut(data, begins[:_SAMPLE_LINES], ends[:_SAMPLE_LINES]))
        records = self._try(data, begins, ends)
        if records is None and self._learn(_cut(data, begins, ends)):
            records = self._try(data, begins, ends)
        self._refusals = self._refusals + 1 if records is None else 0
        return records

    def _try(
        self, data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> list[Any] | None:
        if self._decode is None or not _are_objects(data, begins, ends, self._max_values):
            return None
        try:
            records = self._decode(data)
        except (ValueError, RecursionError):
            return None
        # Each line begins and ends like an object, so that none holds two records or half of one.
        is_sound = len(records) == len(begins)
        if is_sound and any(self._nested.values()):
            is_sound = not has_deep_object(data, begins, self._max_depth)
        return records if is_sound else None

    def _learn(self, lines: Iterable[bytes]) -> bool:
        """Take in the fields of some records.

        :returns: whether a field was new, and a decoder could be made
        """
        known = dict(self._nested)
        for line in lines:
            try:
                fields = _decode_fields(line)
            except (ValueError, RecursionError):
                continue
            for name, value in fields.items():
                known[name] = known.get(name, False) or bytes(memoryview(value)[:1]) in (b"[", b"{")
        if known == self._nested or len(known) > _MAX_FIELDS:
            return False
        self._nested = known
        self.present = frozenset((assign_fields(self._names, known) or {}).values())
        self._decode = _make_decoder(self._names, tuple(known.items()))
        return self._decode is not None


_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@lru_cache(maxsize=16)
def _make_decoder(names: tuple[str, ...], nested: tuple[tuple[str, bool], ...]) -> Decode | None:
    """A decoder of lines whose records have no other fields than these.

    :param names: the fields that are needed; the others are passed over without making values
    :param nested: all fields, each with whether its value may be a list or an object
    :returns: ``None`` where msgspec does not take a name, or names differ from record to record
    """
    assigned = assign_fields(names, dict(nested))
    if assigned is None:
        return None
    fields: list[tuple[str, Any, Any]] = []
    rename: dict[str, str] = {}
    for number, (name, is_nested) in enumerate(nested):
        attribute = f"f{assigned[name]}" if name in assigned else f"x{number}"
        rename[attribute] = name
        if not is_nested:
            fields.append((attribute, _Scalar | msgspec.UnsetType, UNSET))
        elif attribute.startswith("f"):
            fields.append((attribute, Any, UNSET))
        else:
            fields.append((attribute, msgspec.Raw, msgspec.Raw()))
    others = set(range(len(names))).difference(assigned.values())
    absent = {f"f{number}": UNSET for number in others}
    try:
        struct = msgspec.defstruct(
            "Record", fields, rename=rename, namespace=absent, forbid_unknown_fields=True, gc=False
        )
    except ValueError:
        return None
    return msgspec.json.Decoder(struct).decode_lines


def _cut(data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> Iterator[bytes]:
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield data[begin:end]


def _are_objects(
    data: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64], max_values: int
) -> bool:
    """Whether each line begins and ends like an object, and none can hold too many values."""
    if len(data) > max_values:
        return False
    codes, count = np.frombuffer(data, np.uint8), len(begins)
    if codes[begins].tobytes().count(b"{") < count:
        return False
    last = codes[ends - 1]
    if b"\r" in last.tobytes():
        last = np.where(last == _RETURN, codes[ends - 2], last)
    return last.tobytes().count(b"}") == count
