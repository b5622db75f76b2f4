"""The folder in which files are set aside, with its manifest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from dedupe.applying.file_calls import (
    PARTIAL,
    NewFile,
    clear_partial,
    create_file,
    hash_content,
    lock,
    open_at,
    rename_new,
)
from dedupe.applying.manifest import (
    MANIFEST,
    Entry,
    Head,
    encode_entries,
    encode_head,
    parse_manifest,
)
from dedupe.applying.scanned_paths import FOLDER_FLAGS, open_folder
from dedupe.model.errors import ApplyError

_APPEND_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)


class AsideFolder:
    """The open folder of files that were set aside.

    :ivar path: absolute
    :ivar folder: its descriptor
    :ivar entries: the entries of the manifest when it was opened, by id
    """

    def __init__(self, path: str, folder: int, head: Head, entries: Sequence[Entry]) -> None:
        self.path = path
        self.folder = folder
        self.head = head
        self.entries = {entry.id: entry for entry in entries}
        flags = _APPEND_FLAGS | os.O_NOFOLLOW
        self._manifest = NewFile(os.open(MANIFEST, flags, dir_fd=folder))

    @classmethod
    def begin(cls, path: str, report_hash: str) -> AsideFolder:
        """Make the folder, or open that of a killed run of the same plan.

        :raises ApplyError: if the folder holds something else
        """
        path = os.path.realpath(path)
        try:
            os.mkdir(path)
            is_made = True
        except FileExistsError:
            is_made = False
        except OSError as error:
            raise ApplyError(f"{path}: cannot be made: {error.strerror}") from None
        folder = _open_locked(path)
        try:
            names = {*os.listdir(folder)}
            if MANIFEST not in names and not names <= {PARTIAL}:
                raise ApplyError(f"{path}: is a folder that is not empty; name a new one")
            clear_partial(folder)
            if MANIFEST in names:
                return cls._go_on(path, folder, report_hash)
            head = Head(report_hash, is_made)
            with create_file(PARTIAL, folder) as new:
                new.write(encode_head(head))
                new.flush()
                os.fsync(new.descriptor)
            rename_new(PARTIAL, folder, MANIFEST, folder)
            os.fsync(folder)
            return cls(path, folder, head, ())
        except BaseException:
            os.close(folder)
            raise

    @classmethod
    def _go_on(cls, path: str, folder: int, report_hash: str) -> AsideFolder:
        head, entries, size = _read_manifest(path, folder)
        if head.report_hash != report_hash:
            told = "holds what another run set aside"
            raise ApplyError(f"{path}: {told}; undo that, or name another folder")
        aside = cls(path, folder, head, entries)
        os.ftruncate(aside._manifest.descriptor, size)
        return aside

    @classmethod
    def open_again(cls, manifest: str) -> AsideFolder:
        """Open the folder of a manifest.

        :raises ApplyError: if it is not a manifest
        """
        path, name = os.path.split(os.path.realpath(manifest))
        if name != MANIFEST:
            raise ApplyError(f"{manifest}: is not named {MANIFEST}")
        folder = _open_locked(path)
        try:
            head, entries, _ = _read_manifest(path, folder)
            return cls(path, folder, head, entries)
        except BaseException:
            os.close(folder)
            raise

    def close(self) -> None:
        os.fsync(self.folder)
        os.close(self._manifest.descriptor)
        os.close(self.folder)

    def announce(self, entries: Sequence[Entry]) -> None:
        """Write entries to the manifest before the files are moved, and wait for the disk."""
        self._manifest.write(encode_entries(entries))
        self._manifest.flush()
        os.fsync(self._manifest.descriptor)

    def holds(self, entry: Entry) -> bool | None:
        """Whether the file of an entry is here, unchanged; None if nothing is here."""
        try:
            with open_folder(self.folder, entry.target[:-1]) as folder:
                return is_content(entry, folder, entry.target[-1])
        except FileNotFoundError:
            return None
        except OSError:
            return False

    def clear(self) -> None:
        """Remove the manifest, and the folders that were made for files that are back."""
        made: set[tuple[str, ...]] = {()}
        for entry in self.entries.values():
            made.update(entry.target[:depth] for depth in range(1, len(entry.target)))
        for names in sorted(made, key=len, reverse=True):
            with suppress(OSError), open_folder(self.folder, names) as folder:
                clear_partial(folder)
            if names:
                with suppress(OSError), open_folder(self.folder, names[:-1]) as above:
                    os.rmdir(names[-1], dir_fd=above)
        os.unlink(MANIFEST, dir_fd=self.folder)
        if self.head.is_made:
            with suppress(OSError):
                os.rmdir(self.path)


def is_content(entry: Entry, folder: int, name: str) -> bool:
    """Whether a file in an open folder has exactly the bytes of the entry's file.

    :raises OSError: if it cannot be read
    """
    with open_at(name, folder) as file:
        same_size = os.fstat(file.fileno()).st_size == entry.size
        return same_size and hash_content(file) == entry.byte_hash


def _open_locked(path: str) -> int:
    try:
        folder = os.open(path, FOLDER_FLAGS)
    except OSError as error:
        raise ApplyError(f"{path}: {error.strerror}") from None
    try:
        lock(folder, path)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _read_manifest(path: str, folder: int) -> tuple[Head, list[Entry], int]:
    name = os.path.join(path, MANIFEST)
    try:
        with open_at(MANIFEST, folder) as file:
            data = file.read()
    except OSError as error:
        raise ApplyError(f"{name}: cannot be read: {error.strerror}") from None
    return parse_manifest(data, name)
