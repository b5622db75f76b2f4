"""The command that installs an extra names what was installed, and no package that is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import pytest

from dedupe.model import installation

CLONE = {"url": "file:///home/me/my%20clone", "dir_info": {"editable": True}}


def command(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any], prefix: Path, *names: str
) -> str:
    monkeypatch.setattr(installation, "read_origin", lambda: origin)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    for name in names:
        (prefix / name).write_text("")
    return installation.install_command("html", "pdf")


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (CLONE, "pip install --editable '/home/me/my clone[html,pdf]'"),
        ({"url": "file:///clone", "dir_info": {}}, "pip install '/clone[html,pdf]'"),
        (
            {"url": "file:///w/dedupe_corpus-1-py3.whl", "archive_info": {}},
            "pip install '/w/dedupe_corpus-1-py3.whl[html,pdf]'",
        ),
        (
            {"url": "https://x.example/d.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "pip install 'dedupe-corpus[html,pdf] @ git+https://x.example/d.git'",
        ),
        (
            {"url": "https://x.example/d.whl", "archive_info": {}},
            "pip install 'dedupe-corpus[html,pdf] @ https://x.example/d.whl'",
        ),
        ({}, "pip install 'dedupe-corpus[html,pdf]'"),
    ],
)
def test_the_command_is_that_of_the_origin(
    origin: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(monkeypatch, origin, tmp_path) == told


def test_it_is_that_of_the_installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = command(monkeypatch, CLONE, tmp_path, "uv-receipt.toml")
    assert told == "uv tool install --force --editable '/home/me/my clone[html,pdf]'"
    told = command(monkeypatch, {}, tmp_path, "pipx_metadata.json")
    assert told == "pipx install --force 'dedupe-corpus[html,pdf]'"


def test_on_windows_it_has_drives_and_double_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nturl2path import url2pathname

    monkeypatch.setattr("urllib.request.url2pathname", url2pathname)
    monkeypatch.setattr(sys, "platform", "win32")
    told = command(monkeypatch, {"url": "file:///C:/my%20clone", "dir_info": {}}, tmp_path)
    assert told == f'pip install "{PureWindowsPath("C:/my clone")}[html,pdf]"'


@pytest.mark.parametrize("noted", [None, "", "[1]", "{", '{"url": 1}'])
def test_what_cannot_be_read_is_no_origin(
    noted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.metadata

    found = SimpleNamespace(read_text=lambda name: noted)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: found)
    installation.read_origin.cache_clear()
    try:
        origin = installation.read_origin()
    finally:
        installation.read_origin.cache_clear()
    assert origin == {} or "dir_info" in origin


def test_a_tree_that_was_not_installed_names_itself(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "dedupe").symlink_to(root / "dedupe")
    code = (
        "import json, importlib.metadata as m\n"
        "def gone(name): raise m.PackageNotFoundError(name)\n"
        "m.distribution = gone\n"
        "from dedupe.model.installation import read_origin\n"
        "print(json.dumps(read_origin()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert json.loads(result.stdout)["url"] == root.as_uri()
