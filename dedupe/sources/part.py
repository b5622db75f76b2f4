"""Some sources of a corpus, of which other processes read the rest.

What documents of a corpus share is not known to one process: which encodings the files of a folder
are in, and which articles stand in several pages. So a part is read in steps. The first gives all
documents but the doubtful ones. What the processes counted is added up, and the next steps, which
read the files again that hold doubtful documents, give these: first those whose encoding was
doubtful, then pages. All steps together give what :class:`dedupe.sources.corpus.Corpus` gives.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal

import msgspec

from dedupe.model.documents import Item, Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.corpus import Corpus
from dedupe.sources.encoding.folders import FolderCount, FolderEncodings
from dedupe.sources.files.source import Source
from dedupe.sources.pages.shared_articles import HeldPage
from dedupe.sources.pages.stage import PageStage
from dedupe.sources.records.pieces import Pages, Piece
from dedupe.sources.source_reader import SourceReader

Step = Literal["certain", "encodings", "pages"]
"""What is read of a part: all that is certain, files of doubtful encoding, or doubtful pages."""


class Settlement(msgspec.Struct, frozen=True):
    """What is known of a whole corpus, by which doubtful documents are read.

    :param folders: the counts of all files of folders with doubtful ones; none in the first step
    :param shared: what pages share and differ in the rest (see ``pages.shared_articles``)
    :param pages: the doubtful pages to read
    """

    folders: Sequence[FolderCount] | None = None
    shared: Container[int] = ()
    pages: Container[Locator] = ()


class CorpusPart(Corpus):
    """The documents of some sources that one step gives, in the order of the sources."""

    def __init__(
        self,
        sources: Iterable[Source],
        settings: ReadSettings,
        step: Step = "certain",
        known: Settlement | None = None,
    ) -> None:
        """Prepare to read; nothing is read yet.

        :param sources: a source is taken when all of those before it are read
        :param known: what the steps before have shown
        """
        super().__init__((), settings)
        self._known = known or Settlement()
        self._step = step
        self._part = sources
        self._folders = FolderEncodings(self._known.folders)
        self._reader = SourceReader(settings, self._limits, self._folders)
        self.sources = self._reader.sources
        self.text_field_counts = self._reader.text_field_counts
        is_last = step == "pages"
        shared = self._known.shared if is_last else None
        self._pages = PageStage(settings, 1, self.html_counts, shared)

    def __iter__(self) -> Iterator[Item]:
        try:
            pieces = self._pages.run(self._pieces(), releases=self._step == "pages")
            yield from self._pack(pieces)
        finally:
            self._pages.close()
            self._reader.close()

    @property
    def folder_counts(self) -> list[FolderCount]:
        """What was counted of encodings, once the part is read in its first step."""
        return [*self._folders.counts()] if self._step == "certain" else []

    @property
    def undecided(self) -> list[int]:
        """The sources whose encoding is left open, as indices into ``sources``."""
        return self._folders.held if self._step == "certain" else []

    @property
    def held_pages(self) -> Sequence[HeldPage]:
        """The pages that are left open."""
        return self._pages.held if self._step != "pages" else ()

    def _pieces(self) -> Iterator[Piece]:
        """The pieces of which this step makes documents and remarks."""
        pieces = chain.from_iterable(map(self._reader.read, self._part))
        if self._step == "certain":
            yield from pieces
        elif self._step == "encodings":
            for _ in pieces:  # given by the step before
                pass
            yield from self._reader.read_doubtful()
        else:
            for piece in chain(pieces, self._reader.read_doubtful()):
                if isinstance(piece, Pages) and (chosen := self._choose(piece)):
                    chunk = piece.chunk.select(chosen)
                    yield msgspec.structs.replace(piece, chunk=chunk)

    def _choose(self, pages: Pages) -> list[int]:
        """Which of some pages are those that this step reads."""
        locators = enumerate(pages.chunk.locators.tolist())
        return [i for i, fields in locators if Locator(*fields) in self._known.pages]
