"""An environment of its own for each peer, made when it is first needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from measuring import BenchmarkError

PEER_FOLDER: Final = Path(__file__).resolve().parent / "peers"
DEFAULT_FOLDER: Final = PEER_FOLDER.parent.parent / "build" / "peers"


class PeerMissing(BenchmarkError):
    """A peer cannot be installed here; the message says why."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to install a peer.

    :param packages: requirements; the first is the peer itself
    :param bare: requirements that are installed without their own dependencies
    :param minor: the minor version of Python 3 that it needs; 0 for the one that runs this script
    """

    packages: tuple[str, ...]
    bare: tuple[str, ...] = ()
    minor: int = 0

    @property
    def name(self) -> str:
        """The peer and its version."""
        return (*self.bare, *self.packages)[0].replace("==", "-")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with.

    :param verifies: whether it compares the shingles of the pairs that it reports
    :param options: further options of its script
    """

    name: str
    script: str
    recipes: tuple[Recipe, ...]
    verifies: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment in which a peer is installed.

    :param description: its interpreter and packages with versions, for the facts below a table
    """

    python: str
    description: str


TEXT_DEDUP: Final = (
    Recipe(("text-dedup==0.4.1",), minor=12),
    # The older version asks for Spark, sphinx and more, but its MinHash imports only this.
    Recipe(
        (
            "click<9", "click-option-group<0.6", "datasets", "ftfy", "numpy", "regex", "rich<14",
            "scipy", "tqdm", "xxhash",
        ),
        bare=("text-dedup==0.4.0",),
        minor=11,
    ),
)  # fmt: skip

PEERS: Final = {
    peer.name: peer
    for peer in (
        Peer("rensa", "rensa_script.py", (Recipe(("rensa==0.5.0", "msgspec")),), "no"),
        Peer(
            "datasketch",
            "datasketch_script.py",
            (Recipe(("datasketch==2.0.0", "xxhash", "msgspec")),),
            "no",
        ),
        Peer("text-dedup", "text_dedup_script.py", TEXT_DEDUP, "in part"),
        Peer(
            "text-dedup-unverified", "text_dedup_script.py", TEXT_DEDUP, "no", ("--no-verify",)
        ),
        Peer(
            "spark-mllib", "mllib_script.py", (Recipe(("pyspark==4.0.1", "numpy")),), "by hashes"
        ),
    )
}  # fmt: skip


def find_python(minor: int) -> str | None:
    """An interpreter of this version, from the folder of pyenv or the PATH."""
    if minor in (0, sys.version_info.minor):
        return sys.executable
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in sorted(root.glob(f"versions/3.{minor}.*/bin/python3.{minor}"), reverse=True):
        return str(candidate)
    return shutil.which(f"python3.{minor}")


def make_environment(peer: Peer, folder: Path) -> Environment:
    """The environment of a peer below this folder, which is installed if it does not exist yet.

    :raises PeerMissing: if no recipe works
    """
    problems = []
    for recipe in peer.recipes:
        python = find_python(recipe.minor)
        if python is None:
            problems.append(f"{recipe.name} needs Python 3.{recipe.minor}")
            continue
        try:
            made = _install(recipe, python, folder / recipe.name)
        except (OSError, subprocess.CalledProcessError) as error:
            problems.append(f"{recipe.name} could not be installed: {_last_line(error)}")
            continue
        remark = f" ({'; '.join(problems)})" if problems else ""
        return Environment(made.python, made.description + remark)
    raise PeerMissing(f"{peer.name} skipped: {'; '.join(problems)}")


def _install(recipe: Recipe, python: str, folder: Path) -> Environment:
    """Install a recipe; ``made.json`` is written last and shows that it is complete."""
    stamp, binary = folder / "made.json", str(folder / "bin" / "python")
    asked = {"packages": recipe.packages, "bare": recipe.bare}
    if stamp.exists():
        made = json.loads(stamp.read_bytes())
        if made["asked"] == json.loads(json.dumps(asked)):
            return Environment(binary, made["told"])
        stamp.unlink()
    print(f"installing {recipe.name} …", file=sys.stderr)
    _run(python, "-m", "venv", str(folder))
    pip = (binary, "-m", "pip", "install", "--quiet")
    _run(*pip, *recipe.packages)
    if recipe.bare:
        _run(*pip, "--no-deps", *recipe.bare)
    description = _run(binary, "-c", _DESCRIBE, *recipe.bare, *recipe.packages).strip()
    stamp.write_text(json.dumps({"asked": asked, "told": description}) + "\n", encoding="utf-8")
    return Environment(binary, description)


_DESCRIBE: Final = """
import importlib.metadata, platform, re, sys
names = [re.match("[A-Za-z0-9-]+", word)[0] for word in sys.argv[1:]]
versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
print(", ".join(versions), "on Python", platform.python_version())
"""


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def _last_line(error: Exception) -> str:
    output = str(getattr(error, "stderr", "") or error).strip()
    return output.splitlines()[-1] if output else type(error).__name__
