"""What the system says when a path cannot be read, as reasons and words."""

from __future__ import annotations

import errno

from dedupe.sources.reasons import PATH_MISSING, PERMISSION_DENIED, UNREADABLE


def reason_of(error: OSError | ValueError, is_named: bool = False) -> str:
    """The reason for which something is skipped.

    :param is_named: whether a user named the path; a file that was found and is not there any
        more is not a path that is missing
    """
    if isinstance(error, PermissionError):
        return PERMISSION_DENIED
    if is_named and isinstance(error, (FileNotFoundError, NotADirectoryError, ValueError)):
        return PATH_MISSING
    return UNREADABLE


def describe_error(error: OSError | ValueError) -> str:
    """The system's own words, without the path."""
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return "there is no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
