"""One object at a URL, in the one version that it had when it was opened, through fsspec."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from weakref import WeakValueDictionary

from dedupe.sources.files.cached_ranges import CachedRanges
from dedupe.sources.files.remote_errors import ChangedError, RemoteError, try_often

_VERSION_KEYS = (
    "size", "ETag", "etag", "e_tag", "md5", "md5Hash", "content_md5", "generation", "VersionId",
    "version_id", "LastModified", "last_modified", "mtime", "updated", "modified", "created",
    "blob_id", "checksum",
)  # fmt: skip


class RemoteObject(Protocol):
    """What is at a URL, in one version.

    :ivar size: its bytes; 0 where that is not known before its end
    :ivar remarks: what there is to tell about how it was read
    :ivar version: its version; empty where the server does not tell versions apart
    """

    size: int
    remarks: list[str]
    version: str

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset: all ``length``, if there are so many.

        :raises RemoteError: if they cannot be read, or are those of another version
        """

    def find_end(self) -> int:
        """Its size, for which a stream is read to its end."""

    def stop_at(self, positions: Iterable[int]) -> None:
        """Tell where parts end that are read apart from what follows them."""


class StoredObject:
    """An object of a store (S3, a disk behind SSH, …), of which any range can be read."""

    def __init__(self, fs: Any, path: str) -> None:
        self.remarks: list[str] = []
        self._fs = fs
        self._path = path
        self._file = try_often(lambda: fs.open(path, "rb", cache_type="none"))
        info = try_often(self._info)
        if info.get("size") is None:
            raise RemoteError("its file system does not tell its size; copy it here and scan that")
        self.version = version_of(info)
        self._is_pinned = "IfMatch" in getattr(self._file, "read_kw", {})
        self._ranges = CachedRanges(self._fetch, int(info["size"]))
        self.size = self._ranges.size
        self.find_end, self.read = lambda: self.size, self._ranges.read
        self.stop_at = self._ranges.stop_at

    def _info(self) -> Mapping[str, Any]:
        """What the store tells of the object: what it told on opening, or now."""
        found: Mapping[str, Any] = getattr(self._file, "details", None) or self._fs.info(self._path)
        return found

    def _fetch(self, start: int, end: int) -> bytes:
        data = try_often(lambda: self._read_range(start, end))
        if not self._is_pinned:
            self._fs.invalidate_cache(self._path)
            if version_of(try_often(lambda: self._fs.info(self._path))) != self.version:
                raise ChangedError()
        return data

    def _read_range(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        parts: list[bytes] = []
        left = end - start
        while left and (part := self._file.read(left)):
            parts.append(part)
            left -= len(part)
        if left:
            raise RemoteError(f"the store gave {end - start - left} of {end - start} bytes")
        return b"".join(parts)


def version_of(info: Mapping[str, Any]) -> str:
    """The version of an object, by all that a store tells of it that changes with its content."""
    return str([(key, str(info[key])) for key in _VERSION_KEYS if info.get(key) is not None])


_open_objects: WeakValueDictionary[str, RemoteObject] = WeakValueDictionary()
_opening = threading.Lock()


def share_object(url: str, begin: Callable[[], RemoteObject]) -> RemoteObject:
    """The object at a URL: the one that is open already, with all that was fetched of it.

    :param begin: opens it
    """
    with _opening:
        found = _open_objects.get(url)
    if found is None:
        found = begin()
        with _opening:
            found = _open_objects.setdefault(url, found)
    return found
