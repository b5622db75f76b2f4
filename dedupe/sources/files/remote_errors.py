"""Errors of remote files: what is tried again, and what is said in the end, without secrets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from dedupe.model.urls import without_secrets

Found = TypeVar("Found")

WAITS = [0.2, 1.0, 3.0, 8.0]
"""The seconds between one try and the next."""

LONGEST_WAIT = 30.0
"""The longest that a server may ask to wait, in seconds."""

CONNECT_SECONDS, READ_SECONDS = 30, 60
"""How long a server may take to take a connection, and between two pieces of an answer."""

_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^\s'\"<>]+")
_MOST_CHARACTERS = 300
_CREDENTIAL_ERRORS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError")
_EXPIRED_ERRORS = ("FileExpired", "ConditionNotMetError")


class RemoteError(OSError):
    """Something at a URL cannot be read, in words."""

    def __init__(self, detail: str) -> None:
        super().__init__(0, detail)


class RefusedError(RemoteError, PermissionError):
    """A server wants credentials, or others."""


class MissingError(RemoteError, FileNotFoundError):
    """Nothing is at a URL."""


class ChangedError(RemoteError):
    """What is at a URL is not what was there when reading it began."""

    def __init__(self) -> None:
        super().__init__(
            "it was changed on the server while it was read; what is read of it is of one version; "
            "scan it again when it is at rest"
        )


class UnusableError(RemoteError):
    """What a server gives is nothing that can be read."""


class MissingPackageError(RemoteError):
    """A package is not installed that reads URLs of a protocol."""


class BusyError(RemoteError):
    """A server cannot answer now.

    :ivar seconds: how long it asks to wait; 0 where it does not say
    """

    def __init__(self, detail: str, seconds: float = 0) -> None:
        super().__init__(detail)
        self.seconds = seconds


LASTING = (
    RefusedError,
    MissingError,
    UnusableError,
    ChangedError,
    MissingPackageError,
    IsADirectoryError,
)
"""Errors after which another try is of no use."""


def try_often(ask: Callable[[], Found]) -> Found:
    """What a call gives, which is made again after a while if it fails in a way that may pass.

    :raises RemoteError: if it fails for good, or each time
    """
    for wait in WAITS:
        try:
            return _ask(ask)
        except LASTING:
            raise
        except BusyError as error:
            time.sleep(min(max(wait, error.seconds), LONGEST_WAIT))
        except RemoteError:
            time.sleep(wait)
    try:
        return _ask(ask)
    except LASTING:
        raise
    except RemoteError as error:
        times = f"; tried {len(WAITS) + 1} times, try it again later"
        raise RemoteError(f"{error.strerror}{times}") from None


def _ask(ask: Callable[[], Found]) -> Found:
    """What a call gives; the errors of all libraries become one kind."""
    try:
        return ask()
    except (RemoteError, IsADirectoryError):
        raise
    except Exception as error:
        raise translate_error(error) from None


def translate_error(error: Exception) -> RemoteError:
    """The error of some library as one that says what is wrong, and what to do."""
    name = type(error).__name__
    if name in _EXPIRED_ERRORS or "PreconditionFailed" in str(error):
        return ChangedError()
    if isinstance(error, FileNotFoundError):
        return MissingError("there is no such file or folder")
    if isinstance(error, PermissionError):
        return RefusedError(f"access is refused ({say_error(error)}); {CREDENTIALS}")
    if name in _CREDENTIAL_ERRORS:
        return RefusedError(f"there are no credentials for it; {CREDENTIALS}")
    if isinstance(error, ImportError):
        return MissingPackageError(say_error(error))
    return RemoteError(say_error(error))


CREDENTIALS = (
    "credentials are taken from where fsspec and the package of the protocol look: the "
    "environment, their own files, ~/.config/fsspec"
)


def say_error(error: Exception) -> str:
    """The message of an error in one short line, with the name of its kind, without secrets."""
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    text = hide_secrets(text)[:_MOST_CHARACTERS]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def hide_secrets(text: str) -> str:
    """A message in which URLs stand without what is secret in them."""
    return _URL_IN_TEXT.sub(lambda found: without_secrets(found[0]), text)
