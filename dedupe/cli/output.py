"""Where results go: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from dedupe.errors import InputError


class Output:
    """Standard output, or the file that the user named."""

    def __init__(self, file: str | None) -> None:
        self._path = Path(file) if file not in (None, "-") else None
        if self._path is not None and not self._path.absolute().parent.is_dir():
            raise InputError(f"{self._path}: the folder to write it in does not exist")

    @property
    def stream(self) -> IO[str]:
        return sys.stdout

    @property
    def is_terminal(self) -> bool:
        return self._path is None and sys.stdout.isatty()

    @property
    def width(self) -> int:
        """Columns: those of the terminal or of COLUMNS, else 80."""
        return max(20, shutil.get_terminal_size().columns)

    def refuse_sources(self, sources: Sequence[str]) -> None:
        """Never write a report over a document that was read."""
        if self._path is None or not self._path.exists():
            return
        for source in sources:
            if os.path.exists(source) and self._path.samefile(source):
                raise InputError(f"{self._path}: is one of the files scanned; name another output")

    def write(self, chunks: Iterable[bytes]) -> None:
        if self._path is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        handle, name = tempfile.mkstemp(dir=self._path.absolute().parent, prefix=".dedupe-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
