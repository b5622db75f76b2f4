"""Limits on how much is read at once, and on what is read (``docs/limits.md`` explains them)."""

from __future__ import annotations

import msgspec

from dedupe.model.settings import ReadSettings

_DEFAULTS = ReadSettings()

MAX_LOCATED_BYTES = 1 << 30
"""The longest that a document can be in its file: a saved report with a longer one is wrong."""


class ReadLimits(msgspec.Struct, frozen=True):
    """The limits of reading.

    :param block_bytes: bytes read (and decompressed) at once; few enough for a processor's cache
    :param batch_bytes: bytes of text with which a batch is full
    :param batch_documents: the most documents in a batch
    :param document_bytes: a longer document is skipped
    :param line_bytes: a longer line of a file of records is skipped
    :param unpacked_bytes: the most bytes that one compressed file or archive may unpack to
    :param ratio: how many times its size any stretch of it may unpack to
    :param depth: how deep lists and objects in a record may be nested
    :param values: the most lists, objects and items of a record, or of a JSON file
    :param members: the most members of one archive
    :param window_bytes: the longest window of zstd data
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
    window_bytes: int = _DEFAULTS.max_window

    @classmethod
    def of_settings(cls, settings: ReadSettings) -> ReadLimits:
        """The limits in the settings, with the usual sizes of blocks and batches."""
        return cls(
            document_bytes=settings.max_document_bytes,
            line_bytes=settings.max_line_bytes,
            unpacked_bytes=settings.max_unpacked_bytes,
            ratio=settings.max_ratio,
            depth=settings.max_depth,
            values=settings.max_values,
            members=settings.max_members,
            window_bytes=settings.max_window,
        )

    @property
    def read_bytes(self) -> int:
        """Bytes to read at once: so few that no block holds a line that is too long."""
        return min(self.block_bytes, self.document_bytes, self.line_bytes)
