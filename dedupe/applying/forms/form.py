"""The form of an output: its format and its compression, which the ending of its name shows."""

from __future__ import annotations

import msgspec

from dedupe.model.errors import ApplyError
from dedupe.model.urls import file_name_of
from dedupe.sources.formats.recognition import recognise_source
from dedupe.sources.unpack.compression import CODECS, Codec, codec_of_name

TABLES = ("parquet", "arrow")
ROWS = ("csv", "tsv")
FORMS = ("jsonl", *TABLES, *ROWS)
"""The formats that records of other formats can be written in."""

NAMES = {
    "jsonl": "JSON Lines",
    "csv": "CSV",
    "tsv": "TSV",
    "parquet": "Parquet",
    "arrow": "Arrow",
}


class FormError(ApplyError):
    """Something cannot be written in a form without a loss; the message says what, and how."""

    def __init__(self, name: str, problem: str, holders: str) -> None:
        """:param holders: the endings of outputs that hold it"""
        super().__init__(f"{name}: {problem}; an output that ends {holders} holds it")


class Form(msgspec.Struct, frozen=True):
    """A format and a compression.

    :param format: the name of a format, or of a kind of archive; ``auto`` where none is known
    """

    format: str
    codecs: tuple[Codec, ...] = ()

    def describe(self) -> str:
        """The form in words."""
        packed = ", ".join(codec.name for codec in self.codecs)
        name = NAMES.get(self.format, self.format)
        return f"{name}, {packed}" if packed else name


def form_of_name(path: str) -> Form:
    """The form that the ending of a name shows."""
    name = file_name_of(path)
    codec = codec_of_name(name)
    return Form(recognise_source(name, "auto"), (codec,) if codec else ())


def codecs_named(names: list[str]) -> tuple[Codec, ...]:
    """The codecs of these names."""
    return tuple(codec for name in names for codec in CODECS if codec.name == name)
