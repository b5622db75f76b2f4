"""The documents that a corpus had at a revision of its git repository.

Files that have not changed since are not read again: all their documents were present. The old
content of files that changed or are gone comes from git, and is read as in a scan. Files are
compared with the working tree, so uncommitted changes count.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np
import xxhash

from dedupe.model.documents import SourceInfo, TextBatch
from dedupe.model.errors import InputError
from dedupe.model.settings import Config
from dedupe.model.urls import is_url
from dedupe.sources import Source, id_in_scan, read_sources
from dedupe.sources.files.names import openable_names, readable_name
from dedupe.sources.formats.recognition import recognise_source
from dedupe.store.document_marks import DocumentMarks, ScannedTexts, fold_line_ends, mark_documents

MAX_SECONDS: Final = 600
"""The time that one call of git may take."""

_PART_BYTES: Final = 1 << 20
_FILE_MODES: Final = (b"100644", b"100755")
_MODULE_MODE: Final = b"160000"

# A git hook (such as that of pre-commit) sets these variables for its own repository and index.
_FOREIGN_VARIABLES: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_LITERAL_PATHSPECS",
)
_GIT_OPTIONS: Final = (
    "--no-pager",
    "--no-optional-locks",
    *("-c", "core.quotePath=false"),
    *("-c", "core.fsmonitor=false"),  # (which may be a program)
)


class _Tree(NamedTuple):
    """The files at a revision, and their changes since.

    Paths are bytes, from the root of the repository, with ``/`` as separator.

    :param files: files of the revision
    :param modules: submodules of the revision
    :param changed: by path, the git object of a changed file's old content; empty if it had none
    """

    files: frozenset[bytes]
    modules: frozenset[bytes]
    changed: Mapping[bytes, str]

    def is_unchanged(self, path: bytes) -> bool:
        """Whether a file is as it was at the revision."""
        if path in self.files:
            return path not in self.changed
        parts = path.split(b"/")
        above = {b"/".join(parts[:count]) for count in range(1, len(parts))} & self.modules
        return bool(above) and not above & self.changed.keys()


class Revision:
    """A commit of the repository that holds the scanned paths.

    :param name: of the revision, as the user gave it
    :param paths: the scanned paths
    :raises InputError: if git is missing, the paths are in no repository or in several, or there is
        no such commit
    """

    def __init__(self, name: str, paths: Sequence[str]) -> None:
        self._name = name
        self._paths = paths
        if not name or name.startswith("-"):
            raise InputError(f"--since {name!r} is not a revision")
        named = [path for path in paths if path != "-"]
        if not named:
            raise InputError("--since takes files or folders of a repository; - is in none")
        if far := next(filter(is_url, named), ""):
            raise InputError(f"{readable_name(far)}: is at a URL, so --since cannot tell about it")
        self._folder = os.path.realpath(named[0])
        if not os.path.isdir(self._folder):
            self._folder = os.path.dirname(self._folder)
        found = self._call("rev-parse", "--show-toplevel", problem=f"{named[0]}: {_NO_REPOSITORY}")
        self._root = os.path.realpath(os.fsdecode(found.rstrip(b"\r\n")))
        for path in named:
            if self._path_in_repository(path) is None:
                told = "is not in the repository"
                raise InputError(f"{path}: {told} {self._root}, so --since cannot tell about it")
        self._commit = self._find_commit()

    def _find_commit(self) -> str:
        problem = f"--since {self._name}: there is no such commit here"
        shallow = self._call("rev-parse", "--is-shallow-repository", problem=problem)
        if shallow.strip() == b"true":
            problem += ", in a shallow clone; fetch it (in GitHub Actions: fetch-depth: 0)"
        else:
            problem += "; name a commit, a branch or a tag, or fetch it first"
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        found = self._call(*arguments, f"{self._name}^{{commit}}", problem=problem)
        return found.decode().strip()

    def find_marks(
        self,
        scanned: ScannedTexts,
        sources: Sequence[SourceInfo],
        config: Config,
        has_several: bool,
    ) -> DocumentMarks:
        """The documents that were present at the revision.

        :param sources: the files of the scan
        :param has_several: whether ids begin with the scanned paths, as there are several
        :raises InputError: if git fails, or lacks the old content of a file
        """
        tree = self._read_tree()
        paths = [
            self._path_in_repository(source.path) if source.path != "-" else None
            for source in sources
        ]
        kept = [i for i, at in enumerate(paths) if at is not None and tree.is_unchanged(at)]
        marks = [scanned.marks[np.isin(scanned.sources, kept)]]
        ids: list[str] = []
        with tempfile.TemporaryDirectory(dir=config.work_dir or None, prefix="dedupe-") as folder:
            old = [*self._restore(tree, folder, config, has_several)]
            for batch in read_sources(old, config.settings, config.worker_count):
                if isinstance(batch, TextBatch):
                    marks.append(mark_documents(_hash_texts(batch), batch.ids))
                    ids += batch.ids
        return DocumentMarks(np.concatenate(marks), ids)

    def _path_in_repository(self, path: str) -> bytes | None:
        """A path, relative to the root of the repository; none if it is outside."""
        real = os.path.realpath(next(filter(os.path.exists, openable_names(path)), path))
        if real == self._root:
            return b""
        if not real.startswith(os.path.join(self._root, "")):
            return None
        return os.fsencode(os.path.relpath(real, self._root).replace(os.sep, "/"))

    def _read_tree(self) -> _Tree:
        problem = f"--since {self._name}: the repository cannot be read"
        listed = self._call("ls-tree", "-r", "-z", "--full-tree", self._commit, problem=problem)
        files: set[bytes] = set()
        modules: set[bytes] = set()
        for entry in filter(None, listed.split(b"\0")):
            header, _, path = entry.partition(b"\t")
            (modules if header.startswith(_MODULE_MODE) else files).add(path)
        options = ("--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv")
        told = self._call("diff", *options, self._commit, "--", problem=problem)
        fields = iter(told.split(b"\0"))
        changed: dict[bytes, str] = {}
        for header in filter(None, fields):
            mode, _, object_id = header.lstrip(b":").split(b" ")[:3]
            is_file = mode in _FILE_MODES
            changed[next(fields)] = object_id.decode() if is_file else ""
        return _Tree(frozenset(files), frozenset(modules), changed)

    def _restore(
        self, tree: _Tree, folder: str, config: Config, has_several: bool
    ) -> Iterator[Source]:
        """The old content of changed files, each written to a file of its own in ``folder``."""
        old_files: list[tuple[str, str, str]] = []
        for name, object_id in sorted(tree.changed.items()):
            path = os.path.join(self._root, os.fsdecode(name))
            id = id_in_scan(path, self._paths, config.settings, has_several) if object_id else ""
            if id:
                old_files.append((id, path, object_id))
        if not old_files:
            return
        request, content = os.path.join(folder, "request"), os.path.join(folder, "content")
        Path(request).write_text("".join(f"{each[2]}\n" for each in old_files), encoding="ascii")
        problem = f"--since {self._name}: the old files cannot be read"
        with open(request, "rb") as stdin, open(content, "wb") as stdout:
            self._call("cat-file", "--batch", stdin=stdin, stdout=stdout, problem=problem)
        with open(content, "rb") as stream:
            for number, (id, path, _) in enumerate(old_files):
                own = os.path.join(folder, str(number))
                os.mkdir(own)
                own = os.path.join(own, os.path.basename(path))
                if not _copy_object(stream, own):
                    raise InputError(f"--since {self._name}: git lacks what {path} held then")
                yield Source(id, own, recognise_source(own, config.input_format))

    def _call(self, *arguments: str, problem: str, stdin: Any = None, stdout: Any = None) -> bytes:
        """The output of a git command.

        :param problem: the message if it fails
        :raises InputError: if it fails
        """
        environment = {name: v for name, v in os.environ.items() if name not in _FOREIGN_VARIABLES}
        environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        try:
            done = subprocess.run(
                ["git", *_GIT_OPTIONS, *arguments],
                cwd=self._folder,
                stdin=stdin or subprocess.DEVNULL,
                stdout=stdout or subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=MAX_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise InputError("--since needs git, which is not installed") from error
        except OSError as error:
            raise InputError(f"--since: git cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise InputError(f"{problem}: git took more than {MAX_SECONDS} seconds") from error
        if done.returncode:
            told = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise InputError(f"{problem}: {told[0]}" if told else problem)
        return done.stdout or b""


_NO_REPOSITORY: Final = "is in no git repository that --since could ask"


def _copy_object(stream: IO[bytes], path: str) -> bool:
    """Write the next object of ``git cat-file --batch`` to a file; false if git lacks it."""
    header = stream.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        return False
    left = int(header[2])
    with open(path, "wb") as file:
        while left and (part := stream.read(min(left, _PART_BYTES))):
            file.write(part)
            left -= len(part)
    stream.read(1)
    return not left


def _hash_texts(batch: TextBatch) -> Any:
    """XXH3-128 of each text with LF as line end: ``uint64``, ``(n, 2)``."""
    data, offsets = batch.data, batch.offsets.tolist()
    digests = (
        xxhash.xxh3_128_digest(data[begin:end].tobytes()) for begin, end in pairwise(offsets)
    )
    hashes = np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)
    rows, folded = fold_line_ends(batch)
    hashes[rows] = folded
    return hashes
