"""A copy of the bytes of a pipe, so that its texts can be read again for diffs."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, BinaryIO, cast

_IN_MEMORY_BYTES = 8 << 20


class Spool:
    """Bytes that are kept in memory, and beyond 8 MiB in an unnamed temporary file.

    :ivar is_kept: whether bytes are kept at all
    :ivar codecs: the names of the compressions that the stream had, the outermost first
    :ivar problem: why they could not be kept (a full disk); empty where they are kept
    """

    def __init__(self, is_kept: bool = True) -> None:
        self.is_kept = is_kept
        self.problem = ""
        self.codecs: list[str] = []
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        """Append bytes. If that fails, nothing is kept any more, but no error is raised."""
        if self.problem or not self.is_kept:
            return
        try:
            self._open().write(data)
        except OSError as error:
            self.problem = error.strerror or str(error)
            self._drop()

    def __del__(self) -> None:
        """Close the file when nothing refers to the spool any more."""
        self._drop()

    def reopen(self) -> BinaryIO:
        """A seekable file over the bytes, which the caller must not close.

        :raises OSError: if they were not kept
        """
        if not self.is_kept:
            raise OSError(0, "what the stream gave was not kept (--no-keep-stream)")
        if self.problem:
            raise OSError(0, f"what the stream gave could not be kept: {self.problem}")
        file = self._open()
        file.seek(0)
        return cast(BinaryIO, file)

    def _open(self) -> IO[bytes]:
        if self._file is None:
            import tempfile

            file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 (kept open)
            self._file = cast(IO[bytes], file)
        return self._file

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
