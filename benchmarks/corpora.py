"""Generated corpora in a folder, each made when it is first needed."""

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
    """A corpus on disk; all fields except the folder are those of its ``made.json``."""

    document_count: int
    byte_count: int
    folder: str = ""

    @property
    def path(self) -> Path:
        """The file of the documents."""
        return Path(self.folder) / "corpus.jsonl"

    @property
    def truth(self) -> Path:
        """The file that says which duplicates were planted in them."""
        return Path(self.folder) / "truth.jsonl"


@dataclass(frozen=True, slots=True)
class Corpora:
    """Corpora of one seed in one folder.

    Their names contain a hash of the generator's code, so that a changed generator makes new ones.
    They are made in a process of their own, because the system counts the memory of this process
    as that of its children.
    """

    folder: Path
    seed: int = 1

    def get(self, preset: str, *size: str) -> Corpus:
        """The corpus of this preset and size, which is made if it does not exist yet.

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
