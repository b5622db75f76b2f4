"""The command that installs an extra, for the way in which this package was installed."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

DISTRIBUTION: Final = "dedupe-corpus"


def install_command(*extras: str) -> str:
    """The command that installs extras, from where this package came from.

    A package of this name on an index is named only if this one was installed from there.
    """
    requirement, is_editable = _requirement(",".join(extras), read_origin())
    return f"{_installer(is_editable)} {_quote(requirement)}"


@cache
def read_origin() -> dict[str, Any]:
    """What the installer noted of the origin (PEP 610); empty if it was a package index."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        noted = distribution(DISTRIBUTION).read_text("direct_url.json")
        origin = json.loads(noted) if noted else {}
    except (PackageNotFoundError, OSError, ValueError):
        return _of_source_tree()
    return origin if isinstance(origin, dict) and isinstance(origin.get("url"), str) else {}


def _of_source_tree() -> dict[str, Any]:
    """The origin of a package that runs where its source lies, without having been installed."""
    folder = Path(__file__).resolve().parents[2]
    return {"url": folder.as_uri(), "dir_info": {"editable": True}}


def _requirement(extras: str, origin: dict[str, Any]) -> tuple[str, bool]:
    """What to install, and whether it is a folder whose source is used as it lies there."""
    url = str(origin.get("url", ""))
    if not url:
        return f"{DISTRIBUTION}[{extras}]", False
    if "vcs_info" in origin:
        return f"{DISTRIBUTION}[{extras}] @ {origin['vcs_info'].get('vcs', 'git')}+{url}", False
    parts = urlsplit(url)
    if parts.scheme != "file":
        return f"{DISTRIBUTION}[{extras}] @ {url}", False
    # (Imported late: it loads what speaks HTTP and reads mail.)
    from urllib.request import url2pathname

    is_editable = bool(origin.get("dir_info", {}).get("editable"))
    return f"{url2pathname(parts.path)}[{extras}]", is_editable


def _installer(is_editable: bool) -> str:
    if (Path(sys.prefix) / "pipx_metadata.json").exists():
        return "pipx install --force" + " --editable" * is_editable
    if (Path(sys.prefix) / "uv-receipt.toml").exists():
        return "uv tool install --force" + " --editable" * is_editable
    return "pip install" + " --editable" * is_editable


def _quote(word: str) -> str:
    """A word of a command: in quotes that the shells of Windows and others understand."""
    return f'"{word}"' if sys.platform == "win32" or "'" in word else f"'{word}'"
