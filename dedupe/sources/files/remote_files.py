"""File systems behind URLs: what fsspec knows, and the packages that it takes for each protocol."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import msgspec

from dedupe.model.installation import install_command
from dedupe.model.urls import (
    is_web,
    protocol_of,
    without_secrets,
)
from dedupe.sources.files.file_system import FileStatus, FolderEntry
from dedupe.sources.files.remote_errors import (
    MissingError,
    MissingPackageError,
    RemoteError,
    translate_error,
    try_often,
)
from dedupe.sources.files.remote_object import (
    RemoteObject,
    StoredObject,
    share_object,
    version_of,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub",
    "http": "aiohttp", "https": "aiohttp", "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs",
    "adl": "adlfs", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "oci": "ocifs",
    "oss": "ossfs", "tos": "tosfs", "webdav": "webdav4", "box": "boxfs", "gdrive": "gdrivefs",
    "dropbox": "dropboxdrivefs", "hdfs": "pyarrow", "arrow_hdfs": "pyarrow", "lakefs": "lakefs",
    "webhdfs": "requests", "github": "requests", "dbfs": "requests", "gist": "requests",
}  # fmt: skip
_LOCAL = ("file", "local")

Found = TypeVar("Found")

_full_urls: dict[str, str] = {}
"""By what is shown of a URL, the URL with its secrets, which only this process ever knows."""


class RemoteEntry(msgspec.Struct, frozen=True):
    """An entry of a remote folder."""

    name: str
    is_folder: bool

    def is_symlink(self) -> bool:
        return False

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self.is_folder

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return not self.is_folder


class RemoteFile(io.RawIOBase):
    """An open object at a URL. A read gives all bytes that it asks for, if there are so many.

    :ivar problem: why the last read failed, if it did
    """

    def __init__(self, url: str, found: RemoteObject) -> None:
        self.name = without_secrets(url)
        self.problem: RemoteError | None = None
        self._object = found
        self._position = 0

    @property
    def status(self) -> FileStatus:
        found = self._object
        return FileStatus("file", found.size, remarks=tuple(found.remarks), version=found.version)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        if base is None:
            base = self._watch(self._object.find_end)
        if base + offset < 0:
            raise ValueError("a position below 0")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = max(0, self._watch(self._object.find_end) - self._position)
        data = self._watch(lambda: self._object.read(self._position, size))
        self._position += len(data)
        return data

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def stop_at(self, positions: Iterable[int]) -> None:
        """Tell where parts of the file end, so that nothing is fetched ahead beyond them."""
        self._object.stop_at(positions)

    def _watch(self, do: Callable[[], Found]) -> Found:
        try:
            return do()
        except RemoteError as error:
            self.problem = error
            raise


class RemoteFiles:
    """A :class:`.file_system.FileSystem` behind URLs. It has no state, so it can be pickled.

    What connections need stays in fsspec, one instance a process.
    """

    def list_folder(self, path: str) -> Sequence[FolderEntry]:
        fs, inner = _connect(path)
        listed = try_often(lambda: fs.ls(inner, detail=True))
        found = [
            RemoteEntry(name, each["type"] == "directory")
            for each in listed
            if (name := _name_below(each["name"], inner))
        ]
        fs.invalidate_cache(inner)  # or it would keep all listings
        return found

    def status(self, path: str, follow_links: bool = True) -> FileStatus:
        """What is at a URL. A web server is not asked: it has no folders, and is read at once."""
        fs, inner = _connect(path)
        _remember_secrets(path)
        if is_web(path):
            return FileStatus("file")
        info = try_often(lambda: fs.info(inner))
        if info["type"] == "directory":
            return FileStatus("folder")
        return FileStatus("file", int(info.get("size") or 0), version=version_of(info))

    def identity(self, path: str) -> str:
        shown = _remember_secrets(path)
        return shown if is_web(shown) else shown.rstrip("/")

    def open(self, path: str) -> BinaryIO:
        url = _with_secrets(path)
        fs, inner = _connect(url)

        def begin() -> RemoteObject:
            if is_web(url):
                from dedupe.sources.files.web_object import open_web_object

                return open_web_object(fs, url)
            return StoredObject(fs, inner)

        return cast(BinaryIO, RemoteFile(url, share_object(url, begin)))

    def open_stream(self, path: str) -> BinaryIO:
        return self.open(path)

    def status_of(self, file: BinaryIO) -> FileStatus:
        return cast(RemoteFile, file).status


def _remember_secrets(url: str) -> str:
    """What is shown of a URL, from which this process can open it all the same."""
    shown = without_secrets(url)
    if shown != url:
        _full_urls[shown] = url
    return shown


def _with_secrets(url: str) -> str:
    """The URL to open: with the secrets with which this process was given it."""
    return _full_urls.get(url, url)


def current_version(url: str) -> str:
    """The version of what is at a URL now, as :meth:`RemoteFiles.status_of` gives it.

    :raises RemoteError: if nothing is there, or it cannot be told
    """
    if not is_web(url):
        return RemoteFiles().status(url).version
    from dedupe.sources.files.web_object import web_version

    return web_version(_connect(url)[0], _with_secrets(url))


def _name_below(path: str, folder: str) -> str:
    """The name of an entry; empty for the folder itself, which some stores list as an object."""
    path = path.rstrip("/")
    return "" if path == folder.rstrip("/") else path.rpartition("/")[2]


def _connect(url: str) -> tuple[Any, str]:
    """The file system of fsspec for a URL, and the path in it.

    :raises RemoteError: if there is none, or its package is missing
    """
    protocol = protocol_of(url)
    if protocol in _LOCAL:
        raise MissingError(f"is on this machine: name it by its path, without {protocol}://")
    try:
        import fsspec
    except ImportError:
        package = _PACKAGES.get(protocol)
        more = f" {package}" if package else ""
        command = install_command("remote") + more
        told = f"{protocol}:// is read through fsspec, which is not installed: {command}"
        raise MissingPackageError(told) from None
    try:
        cls = fsspec.get_filesystem_class(protocol)
    except ValueError:
        told = f"fsspec knows no protocol {protocol}://"
        raise MissingError(f"{told}; a path on this machine is meant by ./{protocol}:/…") from None
    except ImportError as error:
        raise MissingPackageError(_describe_missing(protocol, error)) from None
    try:
        options = cls._get_kwargs_from_urls(url)
        return fsspec.filesystem(protocol, **options), cls._strip_protocol(url)
    except ImportError as error:
        raise MissingPackageError(_describe_missing(protocol, error)) from None
    except RemoteError:
        raise
    except Exception as error:
        raise translate_error(error) from None


def _describe_missing(protocol: str, error: ImportError) -> str:
    package = _PACKAGES.get(protocol)
    if package is None:
        return f"{protocol}:// takes a package that is not installed: {error}"
    told = f"{protocol}:// is read through the package {package}, which is not installed"
    return f"{told}: pip install {package}"
