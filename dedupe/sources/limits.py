"""How much is read at once, and how much one thing may hold (``docs/limits.md`` says why)."""

from __future__ import annotations

import msgspec

from dedupe.model.settings import ReadSettings

_DEFAULTS = ReadSettings()

MAX_LOCATED_BYTES = 1 << 30
"""No limit lets a document be longer in its file: a saved report that says so is wrong."""


class ReadLimits(msgspec.Struct, frozen=True):
    """Sizes in bytes and in documents.

    :param block_bytes: read (and decompressed) at once; small enough for a processor's cache
    :param batch_bytes: a batch of at least so many bytes of text is handed on
    :param batch_documents: documents in a batch, at most
    :param document_bytes: a longer document is skipped
    :param line_bytes: a longer line of a file of records is skipped
    :param unpacked_bytes: what one compressed file or archive may become
    :param ratio: what any stretch of it may become in relation to its size
    :param depth: of nested lists and objects in a record
    :param values: lists, objects and items of a record, or of a JSON file
    :param members: of one archive
    """

    block_bytes: int = 1 << 18
    batch_bytes: int = 2 << 20
    batch_documents: int = 4096
    document_bytes: int = _DEFAULTS.max_document_bytes
    line_bytes: int = _DEFAULTS.max_line_bytes
    unpacked_bytes: int = _DEFAULTS.max_unpacked_bytes
    ratio: int = _DEFAULTS.max_ratio
    depth: int = _DEFAULTS.max_depth
    values: int = _DEFAULTS.max_values
    members: int = _DEFAULTS.max_members

    @classmethod
    def of_settings(cls, settings: ReadSettings) -> ReadLimits:
        """The limits that a user can set, and the usual sizes of blocks and batches."""
        return cls(
            document_bytes=settings.max_document_bytes,
            line_bytes=settings.max_line_bytes,
            unpacked_bytes=settings.max_unpacked_bytes,
            ratio=settings.max_ratio,
            depth=settings.max_depth,
            values=settings.max_values,
            members=settings.max_members,
        )

    @property
    def read_bytes(self) -> int:
        """Bytes to read at once, so that a block never holds a line that is too long."""
        return min(self.block_bytes, self.document_bytes, self.line_bytes)
