"""URLs as paths: how they are told from local paths, and shown without what is secret in them."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_WEB = ("http", "https")
_SECRET_NAMES = frozenset(
    {
        "sig", "signature", "token", "access_token", "auth", "authkey", "authorization", "apikey",
        "api_key", "api-key", "key", "secret", "client_secret", "password", "passwd", "pwd",
        "credential", "credentials", "awsaccesskeyid", "googleaccessid", "key-pair-id", "session",
        "sessionid", "jwt",
    }
)  # fmt: skip
_SECRET_STARTS = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_SIGNED_NAMES = frozenset(
    {
        "expires", "policy", "se", "sp", "sv", "sr", "st", "spr", "sip", "skoid", "sktid", "skt",
        "ske", "sks", "skv",
    }
)  # fmt: skip
"""Names in a query that go with a signature, and mean something else where there is none."""


def is_url(path: str) -> bool:
    """Whether a path is a URL, by its beginning alone (``C://`` is a drive)."""
    return "://" in path and _URL.match(path) is not None


def protocol_of(url: str) -> str:
    """The protocol of a URL, in small letters."""
    return url.partition("://")[0].lower()


def is_web(url: str) -> bool:
    """Whether a URL is of HTTP or HTTPS, where there are no folders."""
    return protocol_of(url) in _WEB


def join_path(folder: str, name: str) -> str:
    """The path of an entry of a folder, which may be at a URL."""
    if not is_url(folder):
        return os.path.join(folder, name)
    name = name.replace(os.sep, "/") if os.sep != "/" else name
    return f"{folder.rstrip('/')}/{name}" if name else folder


def file_name_of(path: str) -> str:
    """A path whose ending shows the format: that of a web page without its query."""
    return re.split(r"[?#]", path, maxsplit=1)[0] if is_url(path) and is_web(path) else path


def without_secrets(url: str) -> str:
    """A URL without user, password and signature: what is shown and saved of it."""
    protocol, mark, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path = rest[len(authority) :]
    user, at, host = authority.rpartition("@")
    if at and (is_web(url) or ":" in user):
        authority = host
    return f"{protocol}{mark}{authority}{_plain_query(path) if is_web(url) else path}"


def _plain_query(path: str) -> str:
    """The path of a URL with its query, without what is secret in that."""
    before, mark, after = path.partition("?")
    if not mark:
        return path
    query, hash, fragment = after.partition("#")
    parts = query.split("&")
    names = [unquote(part.partition("=")[0]).lower() for part in parts]
    secret = [name in _SECRET_NAMES or name.startswith(_SECRET_STARTS) for name in names]
    if any(secret):
        kept = [
            part
            for part, name, is_secret in zip(parts, names, secret, strict=True)
            if not is_secret and name not in _SIGNED_NAMES
        ]
        query = "&".join(kept)
    return f"{before}{mark if query else ''}{query}{hash}{fragment}"
