"""Search for documents by name: an id, a file and line, or a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from dedupe.model.documents import SkippedDocument, SourceInfo, TextBatch
from dedupe.model.errors import InputError
from dedupe.model.settings import ScanSettings
from dedupe.model.urls import is_url
from dedupe.sources import UNREADABLE_PATH_REASONS, Corpus, read_corpus
from dedupe.sources.files.all_files import ALL_FILES
from dedupe.sources.files.file_system import kind_at
from dedupe.sources.formats.recognition import STREAM_HINT
from dedupe.sources.reasons import NOT_JSON

LISTED: Final = 5
"""The number of documents that an error names."""
SUGGESTED_IDS: Final = 3
COMPARED_CHARACTERS: Final = 200
"""The longest id that is compared with a name for similarity."""

_FILE_AND_LINE: Final = re.compile(r"(.+)[:#]([1-9][0-9]{0,17})", re.DOTALL)


class FoundDocument(msgspec.Struct, frozen=True):
    """A document to be explained.

    :param id: its id in a scan
    :param text: none if it cannot be compared
    :param path: the file that holds it; empty if there is none
    :param line: its line or row there, from 1; 0 if the file is one document
    :param file_and_line: file and line for people; empty if the id says the same
    :param reason: a stable word that says why there is no text
    :param problem: a sentence that says why there is no text
    :param remark: a further remark for people
    """

    id: str
    text: str | None
    path: str = ""
    line: int = 0
    file_and_line: str = ""
    reason: str = ""
    problem: str = ""
    remark: str = ""

    def without_text(self, reason: str, problem: str) -> FoundDocument:
        """The document, which cannot be compared for this reason."""
        return msgspec.structs.replace(self, text=None, reason=reason, problem=problem)


class NameMatches(msgspec.Struct):
    """The documents that a name may mean: their number, and the first few."""

    count: int = 0
    first: list[FoundDocument] = msgspec.field(default_factory=list)

    def add(self, rows: Sequence[int], take: Callable[[int], FoundDocument]) -> None:
        """Count these documents of a batch, and keep those that are among the first few."""
        self.count += len(rows)
        self.first += map(take, rows[: LISTED + 1 - len(self.first)])

    def describe(self) -> str:
        """The first few for people, by file and line."""
        names = [each.file_and_line or each.id for each in self.first[:LISTED]]
        return ", ".join(names) + (", …" if self.count > LISTED else "")


def find_files(names: Sequence[str], settings: ScanSettings) -> list[FoundDocument]:
    """The documents of files that hold one document each.

    :raises InputError: if one cannot be read, is a folder, or holds several documents; or if two
        names mean one file
    """
    for name in names:
        kind = kind_at(ALL_FILES, name)
        if kind == "folder":
            raise InputError(
                f"{name}: is a folder; name a file in it, or the id of a document and --in {name}"
            )
        if name != "-" and not kind and not is_url(name) and not os.path.lexists(name):
            raise InputError(
                f"{name}: there is no such file; the id of a document takes --in PATH, which is "
                "what was scanned, or --report FILE"
            )
    if len({*map(ALL_FILES.identity, names)}) < len(names):
        raise InputError(f"{' and '.join(names)} are one file; name two")
    return [_read_file(name, settings) for name in names]


def _read_file(name: str, settings: ScanSettings) -> FoundDocument:
    # Patterns choose among the files of a folder, but this file was named.
    corpus = read_corpus(
        [name], msgspec.structs.replace(settings, glob=(), exclude=(), ignore=False)
    )
    found, skipped = NameMatches(), []
    for item in corpus:
        if isinstance(item, TextBatch):
            found.add(range(len(item)), partial(_take, item, corpus))
        elif isinstance(item, SkippedDocument):
            skipped.append(item)
    if found.count > 1:
        raise InputError(
            f"{name}: holds {found.count:,} documents; name one by its id, or by its file and "
            f"line, and --in {name}: {found.describe()}"
        )
    if not found.count:
        told = _list_skipped(skipped) or "holds no document"
        is_stream = any(source.spool is not None for source in corpus.sources)
        if is_stream and any(item.reason == NOT_JSON for item in skipped):
            told += f"; {STREAM_HINT}"
        raise InputError(f"{name}: {told}")
    return found.first[0]


def find_documents(
    names: Sequence[str], paths: Sequence[str], settings: ScanSettings
) -> list[FoundDocument]:
    """The documents that these names mean, searched in all documents of the paths.

    A name is an id that a scan of these paths gives, else a file and line (``a.jsonl:12``,
    ``b.csv#3``), else a file that is one document. A document that could not be read has no text.

    :raises InputError: if a name means no document (the message names similar ids), or several, or
        two names mean the same document
    """
    corpus = read_corpus(paths, settings)
    searches = [_Search.of_name(name) for name in names]
    skipped: list[SkippedDocument] = []
    count = 0
    for item in corpus:
        if isinstance(item, TextBatch):
            count += len(item)
            for search in searches:
                search.look_through(item, corpus)
        elif isinstance(item, SkippedDocument):
            skipped.append(item)
            for search in searches:
                search.look_at_skipped(item, corpus)
    unread = [each for each in skipped if each.reason in UNREADABLE_PATH_REASONS]
    found = [search.conclude(count, unread) for search in searches]
    if len({(each.id, each.file_and_line, each.line) for each in found}) < len(found):
        raise InputError(f"{' and '.join(names)} are one document; name two")
    return found


class _Search(msgspec.Struct):
    """The search for one name.

    :ivar real_path: the file of this name, if there is one
    :ivar file_and_line: the path and line that the name may mean
    :ivar skipped: a document of this name that could not be read
    :ivar similar: similar ids, each with its (negative) similarity
    """

    name: str
    real_path: str
    file_and_line: tuple[str, int] | None
    by_id: NameMatches = msgspec.field(default_factory=NameMatches)
    by_line: NameMatches = msgspec.field(default_factory=NameMatches)
    by_file: NameMatches = msgspec.field(default_factory=NameMatches)
    skipped: SkippedDocument | None = None
    similar: list[tuple[float, str]] = msgspec.field(default_factory=list)

    @classmethod
    def of_name(cls, name: str) -> _Search:
        return cls(name, real_path_of(name), parse_file_and_line(name))

    def look_through(self, batch: TextBatch, corpus: Corpus) -> None:
        ids, take = list(batch.ids), partial(_take, batch, corpus)
        self.by_id.add([i for i, id in enumerate(ids) if id == self.name], take)
        if not self.by_id.count:
            self.similar = find_similar(self.name, ids, self.similar)
        if self.file_and_line is not None:
            path, line = self.file_and_line
            rows = np.flatnonzero(batch.locators[:, 3] == line).tolist()
            names = [corpus.sources[batch.locators[i, 0]].name for i in rows]
            chosen = [
                i for i, name in zip(rows, names, strict=True) if os.path.normpath(name) == path
            ]
            self.by_line.add(chosen, take)
        if self.real_path:
            self.by_file.add(self._rows_of_file(batch, corpus), take)

    def _rows_of_file(self, batch: TextBatch, corpus: Corpus) -> list[int]:
        numbers = batch.locators[:, 0]
        found = [n for n in np.unique(numbers).tolist() if self._is_file(corpus, n)]
        rows: list[int] = np.flatnonzero(np.isin(numbers, found)).tolist()
        return rows

    def _is_file(self, corpus: Corpus, source_index: int) -> bool:
        source = corpus.sources[source_index]
        return source.spool is None and is_file(source.path, self.name, self.real_path)

    def look_at_skipped(self, item: SkippedDocument, corpus: Corpus) -> None:
        is_file = (
            bool(self.real_path and corpus.sources)
            and corpus.sources[-1].id == item.id
            and self._is_file(corpus, -1)
        )
        if self.skipped is None and (item.id == self.name or is_file):
            self.skipped = item

    def conclude(self, count: int, unread: Sequence[SkippedDocument]) -> FoundDocument:
        """The one document that the name means.

        :param count: number of documents searched
        :param unread: paths that could not be read, for the message
        :raises InputError: if there is none, or several
        """
        for found in (self.by_id, self.by_line, self.by_file):
            if found.count == 1:
                return found.first[0]
            if found.count > 1:
                what = "is the id of" if found is self.by_id else "holds"
                raise InputError(
                    f"{self.name}: {what} {found.count:,} documents; name one of them: "
                    f"{found.describe()}"
                )
        if self.skipped is not None:
            item = self.skipped
            return FoundDocument(item.id, None, reason=item.reason, problem=item.detail)
        documents = f"{count:,} document{'' if count == 1 else 's'}"
        told = f"{self.name}: is the id of none of {documents}, nor one of their files"
        if not count:
            told = f"{self.name}: no document could be read"
        if self.similar:
            told += "; similar: " + ", ".join(id for _, id in self.similar)
        if unread:
            told += f"\nnot read: {_list_skipped(unread, with_ids=True)}"
        raise InputError(told)


def real_path_of(name: str) -> str:
    """The real path of the file of this name; empty if there is none."""
    try:
        if is_url(name) or os.path.isfile(name):
            return ALL_FILES.identity(name)
        return ""
    except ValueError:
        return ""


def is_file(path: str, name: str, real_path: str) -> bool:
    """Whether a path leads to the named file; compares base names first, which is cheap."""
    ends = os.path.basename(name), os.path.basename(real_path)
    return os.path.basename(path) in ends and ALL_FILES.identity(path) == real_path


def parse_file_and_line(name: str) -> tuple[str, int] | None:
    """The path and line in a name like ``a.jsonl:12`` or ``b.csv#3``; none in others."""
    found = _FILE_AND_LINE.fullmatch(name)
    return (os.path.normpath(found[1]), int(found[2])) if found else None


def find_similar(
    name: str, ids: Sequence[str], known: Sequence[tuple[float, str]] = ()
) -> list[tuple[float, str]]:
    """The ids most similar to the name, the best first, each with its negative similarity.

    :param known: the result for earlier ids, which compete with these
    """
    from rapidfuzz import fuzz, process

    short = [id for id in ids if len(id) <= COMPARED_CHARACTERS]
    found = process.extract(
        name[:COMPARED_CHARACTERS], short, scorer=fuzz.ratio, limit=SUGGESTED_IDS, score_cutoff=60
    )
    return sorted({*known, *((-score, id) for id, score, _ in found)})[:SUGGESTED_IDS]


def _take(batch: TextBatch, corpus: Corpus, document: int) -> FoundDocument:
    begin, end = batch.offsets[document : document + 2].tolist()
    locator, id = batch.locator(document), batch.ids[document]
    source = corpus.sources[locator.source]
    info = SourceInfo(source.name, source.format, source.member)
    file_and_line = info.name_record(locator.line) if locator.line else info.name
    return FoundDocument(
        id=id,
        text=batch.data[begin:end].tobytes().decode("utf-8", "replace"),
        path="" if source.spool is not None else source.name,
        line=locator.line,
        file_and_line="" if file_and_line == id else file_and_line,
    )


def _list_skipped(skipped: Sequence[SkippedDocument], with_ids: bool = False) -> str:
    told = dict.fromkeys(
        (f"{item.id}: " if with_ids else "") + f"{item.detail} ({item.reason})" for item in skipped
    )
    return "; ".join([*told][:LISTED]) + ("; …" if len(told) > LISTED else "")
