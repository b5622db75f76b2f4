"""Where results go: standard output, or a file that is replaced in one step."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from dedupe.cli.messages import ColorChoice, use_color
from dedupe.config import ScanSettings
from dedupe.errors import InputError

MIN_WIDTH = 30


class Output:
    """Standard output, or the file that the user named."""

    def __init__(self, file: str | None) -> None:
        self._path = Path(file) if file not in (None, "-") else None
        if self._path is not None and not self._path.absolute().parent.is_dir():
            raise InputError(f"{self._path}: the folder to write it in does not exist")
        if self._path is None and sys.stdout is None:
            raise InputError("standard output is closed; name a file with --output")

    def use_color(self, choice: ColorChoice) -> bool:
        """Whether to colour the output."""
        if self._path is not None and choice == "auto":
            return False
        return use_color(sys.stdout, choice, os.environ)

    @property
    def is_terminal(self) -> bool:
        return self._path is None and sys.stdout.isatty()

    @property
    def width(self) -> int:
        """Columns: those of the terminal or of COLUMNS, else 80; at least 30."""
        return max(MIN_WIDTH, shutil.get_terminal_size().columns)

    def refuse_sources(self, paths: Sequence[str], settings: ScanSettings) -> None:
        """Never write a report over a document that a scan of these paths reads."""
        if self._path is None or not self._path.is_file():
            return
        from dedupe.sources import reads_file

        if reads_file(self._path, paths, settings):
            told = "is one of the files to scan; name another output, or leave it out (--exclude)"
            raise InputError(f"{self._path}: {told}")

    def write(self, chunks: Iterable[bytes]) -> None:
        """Write all chunks; a regular file is replaced once they are all there."""
        if self._path is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        elif self._path.exists() and not self._path.is_file():
            # A pipe or a device takes what is written; it is not to be replaced by a file.
            with self._path.open("wb") as file:
                file.writelines(chunks)
        else:
            _replace_file(Path(os.path.realpath(self._path)), chunks)


def _replace_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file beside, with the old one's permissions, then let it take the place."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".dedupe-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
