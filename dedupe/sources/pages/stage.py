"""The stage between readers and batches: it turns pages into texts, several at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from dedupe.model.documents import Notice, SkippedDocument
from dedupe.model.settings import ReadSettings
from dedupe.sources.reasons import (
    EXTRACTION_DOUBTFUL,
    NO_ARTICLE,
    ODD_LAYOUT,
    PAGE_LIMIT,
    PAGE_UNREADABLE,
)
from dedupe.sources.records.pieces import Chunk, Pages, Piece

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dedupe.sources.pages.outcome import PageOutcome, Way
    from dedupe.sources.pages.pool import PagePool
    from dedupe.sources.pages.shared_articles import HeldPage, SharedArticles

_MAX_IN_FLIGHT = 64
_MAX_NAMED = 3
_HIDES_TEXT = (
    "it shows little, and holds much more text in a script (data such as __NEXT_DATA__) or as the "
    "source of a frame (srcdoc), which is not read; what it shows was compared"
)


class _Pending(msgspec.Struct):
    """Pages whose texts are not there yet."""

    pages: Pages
    outcomes: list[Future[PageOutcome]]


class _WithoutArticle(msgspec.Struct):
    """The pages of one source in which no article was found: how many, and the first ids."""

    count: int = 0
    ids: list[str] = msgspec.field(default_factory=list)


class PageStage:
    """Takes the pieces of readers, and gives them with texts in place of pages.

    :ivar counts: counts pages by the way in which their text was found
    """

    def __init__(
        self,
        settings: ReadSettings,
        workers: int,
        counts: Counter[str],
        shared: Container[int] | None = None,
    ) -> None:
        """Prepare the stage.

        :param shared: what doubtful pages share, where that is known already (see
            :class:`dedupe.sources.pages.shared_articles.SharedArticles`)
        """
        self.counts = counts
        self._known_shared = shared
        self._settings = settings
        self._workers = workers
        self._pool: PagePool | None = None
        self._pending: deque[Piece | _Pending] = deque()
        self._page_count = 0
        self._without_article: dict[str, _WithoutArticle] = {}
        self._shared: SharedArticles | None = None

    @property
    def held(self) -> Sequence[HeldPage]:
        """The doubtful pages that are held back, or were."""
        return self._shared.held if self._shared else ()

    def run(self, pieces: Iterable[Piece], releases: bool = True) -> Iterator[Piece]:
        """The pieces in their order; a bounded number of pages is read ahead.

        :param releases: whether doubtful pages are given at the end; else they are only held
        """
        for piece in pieces:
            if isinstance(piece, Pages):
                self._add(piece)
            elif self._page_count:
                self._pending.append(piece)
            else:
                yield piece
            while self._page_count > _MAX_IN_FLIGHT:
                yield from self._take_first()
        while self._pending:
            yield from self._take_first()
        for piece, way in self._shared.release() if self._shared and releases else ():
            self.counts.update([way] if way else [])
            yield piece
        yield from self._describe_without_article()

    def close(self) -> None:
        """End the processes that read pages."""
        if self._shared is not None:
            self._shared.close()
        if self._pool is not None:
            self._pool.close()

    def _add(self, pages: Pages) -> None:
        way: Way | Literal["raw"] = "pdf" if pages.is_pdf else self._settings.html
        outcomes: list[Future[PageOutcome]] = []
        if way != "raw":
            pool = self._started_pool()
            outcomes = [pool.submit(html, way) for html in pages.chunk.texts]
        self._page_count += len(outcomes)
        self._pending.append(_Pending(pages, outcomes))

    def _started_pool(self) -> PagePool:
        if self._pool is None:
            from dedupe.sources.pages.outcome import PageLimits
            from dedupe.sources.pages.pool import PagePool

            self._pool = PagePool(self._workers, PageLimits.of_settings(self._settings))
        return self._pool

    def _take_first(self) -> Iterator[Piece]:
        first = self._pending.popleft()
        if not isinstance(first, _Pending):
            yield first
        elif first.pages.is_pdf:
            self._page_count -= len(first.outcomes)
            yield from _conclude_pdfs(first.pages, [each.result() for each in first.outcomes])
        elif self._settings.html == "raw":
            self.counts["raw"] += len(first.pages.chunk.ids)
            yield first.pages.chunk
        else:
            self._page_count -= len(first.outcomes)
            yield from self._conclude(first.pages, [each.result() for each in first.outcomes])

    def _conclude(self, pages: Pages, outcomes: list[PageOutcome]) -> Iterator[Piece]:
        """The texts of some pages, and remarks on them; doubtful pages are held back."""
        chunk = pages.chunk
        for number, (page_id, outcome) in enumerate(zip(chunk.ids, outcomes, strict=True)):
            if outcome.doubt is not None:
                self._hold(chunk.select([number]), outcome)
                continue
            if outcome.way == "unread":
                yield SkippedDocument(page_id, PAGE_UNREADABLE, outcome.exceeded)
                continue
            self.counts[outcome.way] += 1
            if outcome.hides_text:
                yield Notice(page_id, EXTRACTION_DOUBTFUL, _HIDES_TEXT)
            if outcome.way == "stripped":
                detail = f"{outcome.exceeded}; all its text was taken, without its layout"
                yield Notice(page_id, PAGE_LIMIT, detail)
            elif outcome.way != self._settings.html:
                self._note_without_article(pages.source_id, page_id)
        read = [i for i, each in enumerate(outcomes) if each.way != "unread" and not each.doubt]
        with_texts = msgspec.structs.replace(chunk, texts=[outcome.text for outcome in outcomes])
        yield with_texts.select(read)

    def _hold(self, chunk: Chunk, outcome: PageOutcome) -> None:
        """Keep a doubtful page until all pages are known."""
        if self._shared is None:
            from dedupe.sources.pages.shared_articles import SharedArticles

            self._shared = SharedArticles(self._known_shared)
        assert outcome.doubt is not None
        self._shared.hold(chunk, outcome.text, outcome.doubt)

    def _note_without_article(self, source_id: str, page_id: str) -> None:
        noted = self._without_article.setdefault(source_id, _WithoutArticle())
        noted.count += 1
        if len(noted.ids) < _MAX_NAMED:
            noted.ids.append(page_id)

    def _describe_without_article(self) -> Iterator[Notice]:
        """A notice for each source in which pages have no article."""
        for source_id, noted in self._without_article.items():
            if noted.ids == [source_id]:
                detail = "no article was found in it; all its visible text was taken"
            else:
                detail = f"pages in which no article was found: {noted.count} ("
                detail += ", ".join(noted.ids) + ", …" * (noted.count > len(noted.ids))
                detail += "); all their visible text was taken"
            yield Notice(source_id, NO_ARTICLE, detail)


def _conclude_pdfs(pages: Pages, outcomes: list[PageOutcome]) -> Iterator[Piece]:
    """The texts of some PDFs, and remarks on them."""
    for number, (pdf_id, outcome) in enumerate(zip(pages.chunk.ids, outcomes, strict=True)):
        if outcome.way == "unread":
            yield SkippedDocument(pdf_id, outcome.reason or PAGE_UNREADABLE, outcome.exceeded)
            continue
        chunk = pages.chunk.select([number])
        yield msgspec.structs.replace(chunk, texts=[outcome.text], metas=[outcome.meta])
        if outcome.exceeded:
            yield Notice(pdf_id, ODD_LAYOUT, outcome.exceeded)
