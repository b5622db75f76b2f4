"""Settles doubtful encodings by the other files of their folders, once all of these are read.

The result depends on which files there are, never on their order. Where several processes read a
corpus, each counts its files, and the sums of all settle the doubtful ones.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import IO

import msgspec

from dedupe.sources.encoding.guess import Guess

_MEMORY_BYTES = 16 << 20
_LENGTH_BYTES = 8
_MAX_OTHER_SHARE = 0.1
"""The largest share of a folder in other encodings, with which it still shows what a file is in."""

_Counts = Counter[tuple[str, ...]]
"""Bytes of files by the encodings that they may be in, which read them alike."""


class Settled(msgspec.Struct, frozen=True):
    """A file whose encoding was doubtful, with the one that it is read in.

    :param index: the number by which the file was held
    :param how: ``folder`` where the encoding is that of other files, and not its own likeliest
    :param is_doubtful: whether no file of the folder is certain to be in that encoding
    """

    index: int
    data: bytes
    guess: Guess
    encoding: str
    how: str
    is_doubtful: bool


class FolderCount(msgspec.Struct, frozen=True):
    """Bytes of files of one folder that may be in certain encodings.

    :param folder: as the operating system has it
    :param is_certain: whether it is certain that the files are in one of them
    """

    folder: bytes
    is_certain: bool
    encodings: tuple[str, ...]
    byte_count: int


class _HeldFile(msgspec.Struct):
    index: int
    folder: str
    data: bytes
    guess: Guess


class FolderEncodings:
    """Counts what the files of each folder are in, and keeps those that are doubtful.

    Nothing is counted for files in UTF-8. Many held files are kept in a file without a name.

    :ivar held: the numbers of the files that are held
    """

    def __init__(self, known: Iterable[FolderCount] | None = None) -> None:
        """Begin with nothing counted.

        :param known: the counts of a whole corpus, where they are known already: then files are
            held, but no longer counted
        """
        self.held: list[int] = []
        self._is_known = known is not None
        self._certain: defaultdict[str, _Counts] = defaultdict(Counter)
        self._likely: defaultdict[str, _Counts] = defaultdict(Counter)
        self._file: IO[bytes] | None = None
        for each in known or ():
            counts = self._certain if each.is_certain else self._likely
            counts[os.fsdecode(each.folder)][each.encodings] += each.byte_count

    def counts(self) -> Iterator[FolderCount]:
        """What was counted, to be added up with the counts of other files."""
        for is_certain, folders in ((True, self._certain), (False, self._likely)):
            for folder, counts in folders.items():
                for encodings, size in counts.items():
                    yield FolderCount(os.fsencode(folder), is_certain, encodings, size)

    def count(self, folder: str, label: str, byte_count: int, alike: tuple[str, ...] = ()) -> None:
        """Note that a file of a folder is certain to be in an encoding.

        :param label: ``cp1251 (detected)`` or ``(declared)``; no other shows what its folder is in
        :param alike: encodings in which it has the same letters, so that it may be in them too
        """
        encoding, _, how = label.partition(" ")
        if how in ("(detected)", "(declared)") and not self._is_known:
            self._certain[folder][encoding, *alike] += byte_count

    def hold(self, index: int, folder: str, data: bytes, guess: Guess) -> None:
        """Keep a doubtful file until all files are read."""
        self.held.append(index)
        if not self._is_known:
            self._likely[folder][guess.encoding,] += len(data)
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # noqa: SIM115
        packed = msgspec.msgpack.encode(_HeldFile(index, folder, data, guess))
        self._file.write(len(packed).to_bytes(_LENGTH_BYTES, "big") + packed)

    def release(self) -> Iterator[Settled]:
        """All held files, each with the encoding to read it in; the folders are forgotten."""
        if self._file is None:
            return
        with self._file as file:
            self._file = None
            file.seek(0)
            decode = msgspec.msgpack.Decoder(_HeldFile).decode
            while size := file.read(_LENGTH_BYTES):
                yield self._settle(decode(file.read(int.from_bytes(size, "big"))))

    def close(self) -> None:
        """Forget the held files."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _settle(self, held: _HeldFile) -> Settled:
        guess = held.guess
        for counts, is_doubtful in (
            (self._certain[held.folder], False),
            (self._likely[held.folder], True),
        ):
            encoding = _most_common(counts, held.data, guess)
            if encoding and not is_doubtful and _is_mixed(counts, encoding, guess):
                break  # the folder shows nothing
            if encoding:
                how = "detected" if encoding == guess.encoding else "folder"
                return Settled(held.index, held.data, guess, encoding, how, is_doubtful)
        return Settled(held.index, held.data, guess, guess.encoding, "detected", True)


def _most_common(counts: _Counts, data: bytes, guess: Guess) -> str:
    """Of the encodings that bytes may be in, the one with most bytes in a folder; or empty."""
    sizes: Counter[str] = Counter()
    for names, size in counts.items():
        for name in names:
            sizes[name] += size
    possible = [name for name in (guess.encoding, *guess.rivals) if sizes[name]]
    for name in sorted(possible, key=lambda name: (-sizes[name], possible.index(name))):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def _is_mixed(counts: _Counts, encoding: str, guess: Guess) -> bool:
    """Whether many files of a folder are in others of the encodings that bytes may be in."""
    possible = {guess.encoding, *guess.rivals}
    size = sum(size for names, size in counts.items() if encoding in names)
    others = [names for names in counts if encoding not in names and possible.intersection(names)]
    return sum(counts[names] for names in others) > _MAX_OTHER_SHARE * size
