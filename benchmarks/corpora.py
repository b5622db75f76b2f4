"""Generated corpora in a folder, made when they are first asked for."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

HERE: Final = Path(__file__).resolve().parent
DEFAULT_FOLDER: Final = HERE.parent / "build" / "benchmarks"
SCRIPT: Final = HERE / "make_corpus.py"


class Corpus(msgspec.Struct, frozen=True):
    """A corpus on disk; the fields but the folder are those of its ``made.json``."""

    document_count: int
    byte_count: int
    folder: str = ""

    @property
    def path(self) -> Path:
        """The documents."""
        return Path(self.folder) / "corpus.jsonl"

    @property
    def truth(self) -> Path:
        """What was planted in them."""
        return Path(self.folder) / "truth.jsonl"


@dataclass(frozen=True, slots=True)
class Corpora:
    """Corpora of one seed in one folder.

    Their names hold a hash of the generator's code: another generator makes others. They are made
    in a process of their own, for the system counts the memory of this one as that of a child.
    """

    folder: Path
    seed: int = 1

    def get(self, preset: str, *size: str) -> Corpus:
        """The corpus of this preset and size; made, where it is not there yet.

        :param size: options of ``make_corpus.py``, such as ``--documents=1000``
        """
        options = [f"--preset={preset}", f"--seed={self.seed}", *size]
        key = hashlib.sha256(" ".join([*options, _hash_generator()]).encode()).hexdigest()[:12]
        folder = self.folder / f"{preset}-{key}"
        if not (folder / "made.json").exists():
            subprocess.run([sys.executable, str(SCRIPT), str(folder), *options], check=True)
        made = msgspec.json.decode((folder / "made.json").read_bytes(), type=Corpus)
        return msgspec.structs.replace(made, folder=str(folder))


def _hash_generator() -> str:
    code = [SCRIPT.read_bytes()]
    code += [path.read_bytes() for path in sorted((HERE / "generator").glob("*.py"))]
    return hashlib.sha256(b"".join(code)).hexdigest()
