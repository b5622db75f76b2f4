"""Errors of the system when a path cannot be read, as reasons and in words."""

from __future__ import annotations

import errno

from dedupe.sources.files.remote_errors import MissingPackageError
from dedupe.sources.reasons import MISSING_EXTRA, PATH_MISSING, PERMISSION_DENIED, UNREADABLE


def reason_of(error: OSError | ValueError, is_named: bool = False) -> str:
    """The reason, a word of ``sources.reasons``, for which a path is skipped.

    :param is_named: whether the user named the path: only then it can be ``path_missing``, because
        a file that a search found was there
    """
    if isinstance(error, MissingPackageError):
        return MISSING_EXTRA
    if isinstance(error, PermissionError):
        return PERMISSION_DENIED
    if is_named and isinstance(error, (FileNotFoundError, NotADirectoryError, ValueError)):
        return PATH_MISSING
    return UNREADABLE


def describe_error(error: OSError | ValueError) -> str:
    """The message of the system, without the path."""
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return "there is no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
