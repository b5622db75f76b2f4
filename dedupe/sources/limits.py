"""How much is read at once, and how much one document may hold."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DOCUMENT_BYTES = 1 << 30
"""A text file, or a line of JSON Lines, that is longer is skipped: 1 GiB."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Sizes in bytes and in documents.

    :param block_bytes: read (and decompressed) at once; small enough for a processor's cache
    :param batch_bytes: a batch of at least so many bytes of text is handed on
    :param batch_documents: documents in a batch, at most
    :param document_bytes: a longer document is skipped
    """

    block_bytes: int = 1 << 19
    batch_bytes: int = 4 << 20
    batch_documents: int = 4096
    document_bytes: int = MAX_DOCUMENT_BYTES

    @property
    def read_bytes(self) -> int:
        """Bytes to read at once, so that a block never holds a line that is too long."""
        return min(self.block_bytes, self.document_bytes)
