"""A file or folder that appears under its name in one step, once it is whole and on the disk.

It is written in a hidden folder next to it, ``.NAME.dedupe-partial``, and renamed at the end. If
the process ends before that, nothing has the name, and the next run removes the hidden folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from types import TracebackType

from dedupe.applying.file_calls import lock, rename_new, sync_below
from dedupe.applying.scanned_paths import FOLDER_FLAGS
from dedupe.model.errors import ApplyError

TREE = "tree"
"""The name, in the hidden folder, of the file or folder to be published."""


class Staging:
    """A context in which a file or folder is written before it is published.

    :ivar folder: descriptor of the hidden folder; the caller writes ``tree`` in it
    """

    def __init__(self, destination: str) -> None:
        """Nothing is written yet.

        :param destination: the path to publish: free, or an empty folder
        """
        self.destination = os.path.realpath(destination)
        self._name = os.path.basename(self.destination)
        self._hidden = f".{self._name}.dedupe-partial"
        self._parent = -1
        self.folder = -1

    def __enter__(self) -> Staging:
        """Make the hidden folder, and remove what a killed run left in it.

        :raises ApplyError: if the destination is taken, or the folder cannot be made
        """
        parent = os.path.dirname(self.destination)
        if not self._name:
            raise ApplyError(f"{self.destination}: cannot be written; name a folder in it")
        try:
            self._parent = os.open(parent, FOLDER_FLAGS)
        except OSError as error:
            raise ApplyError(f"{parent}: {error.strerror}; make this folder first") from None
        try:
            self._prepare()
        except BaseException:
            self._close()
            raise
        try:
            self._clear()
            self._refuse_taken()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._clear()
            os.rmdir(self._hidden, dir_fd=self._parent)
        self._close()

    def publish(self) -> None:
        """Rename the finished file or folder to its destination.

        :raises ApplyError: if the name has been taken meanwhile
        """
        try:
            if stat.S_ISDIR(os.lstat(TREE, dir_fd=self.folder).st_mode):
                sync_below(TREE, self.folder)
                # A rename replaces an existing folder only if that is empty.
                os.rename(TREE, self._name, src_dir_fd=self.folder, dst_dir_fd=self._parent)
            else:
                self._sync_file()
                rename_new(TREE, self.folder, self._name, self._parent)
        except OSError as error:
            told = f"{self.destination}: cannot take its place: {error.strerror}"
            raise ApplyError(f"{told}; name a folder that does not exist yet") from None
        os.fsync(self._parent)

    def _sync_file(self) -> None:
        file = os.open(TREE, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self.folder)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def _prepare(self) -> None:
        with suppress(FileExistsError):
            os.mkdir(self._hidden, dir_fd=self._parent)
        self.folder = os.open(self._hidden, FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=self._parent)
        lock(self.folder, self.destination)
        if not set(os.listdir(self.folder)) <= {TREE}:
            hidden = os.path.join(os.path.dirname(self.destination), self._hidden)
            raise ApplyError(f"{hidden}: holds files that dedupe did not write; move it away")

    def _refuse_taken(self) -> None:
        try:
            status = os.lstat(self._name, dir_fd=self._parent)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(status.st_mode) and not os.listdir(self.destination):
            return
        what = "a folder that is not empty" if stat.S_ISDIR(status.st_mode) else "there already"
        raise ApplyError(f"{self.destination}: is {what}; name something that does not exist yet")

    def _clear(self) -> None:
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.lstat(TREE, dir_fd=self.folder).st_mode):
                shutil.rmtree(TREE, dir_fd=self.folder)
            else:
                os.unlink(TREE, dir_fd=self.folder)

    def _close(self) -> None:
        for descriptor in (self.folder, self._parent):
            if descriptor >= 0:
                os.close(descriptor)
