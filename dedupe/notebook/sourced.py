"""A report that knows where the texts of its documents are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from dedupe.model import report as model
from dedupe.model.documents import TextProvider
from dedupe.notebook.rows import Rows

if TYPE_CHECKING:
    from dedupe.sources.memory import MemoryTexts
    from dedupe.store.document_marks import ScannedTexts


class SourcedReport(model.Report, frozen=True, kw_only=True, dict=True):
    """A report beside which stands what else this process knows of its scan.

    That is kept in no field: two reports are equal, and are saved alike, wherever they are from.
    """

    @classmethod
    def of(
        cls,
        report: model.Report,
        texts: TextProvider | None = None,
        scanned: ScannedTexts | None = None,
    ) -> Self:
        """A report with these methods.

        :param texts: reads the texts of its documents; the files that it names, if none is given
        :param scanned: the marks of all documents, for :meth:`check`
        """
        fields = {name: getattr(report, name) for name in report.__struct_fields__}
        fields["clusters"] = Rows.of(report, "clusters", report.clusters)
        fields["skipped"] = Rows.of(report, "skipped", report.skipped)
        made = cls(**fields)
        vars(made).update(_texts=texts, _scanned=scanned)
        return made

    @property
    def text_provider(self) -> TextProvider:
        """Reads the texts of its documents again."""
        found = vars(self).get("_texts")
        if found is None:
            from dedupe.sources import SourceTexts

            found = vars(self)["_texts"] = SourceTexts.of_report(self)
        texts: TextProvider = found
        return texts

    @property
    def memory(self) -> MemoryTexts | None:
        """The data in memory that was scanned, if it was no files."""
        from dedupe.sources.memory import MemoryTexts

        found = vars(self).get("_texts")
        return found if isinstance(found, MemoryTexts) else None

    @property
    def scanned(self) -> ScannedTexts | None:
        """The marks of all documents, if this process scanned them."""
        return vars(self).get("_scanned")

    def __eq__(self, other: object) -> bool:
        """Whether another report has the same fields, be it of this class or of the stages'."""
        if not isinstance(other, model.Report):
            return NotImplemented
        names = model.Report.__struct_fields__
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __reduce__(self) -> tuple[Any, ...]:
        """How another process makes it again, which reads texts from files or from the report."""
        fields = {name: getattr(self, name) for name in model.Report.__struct_fields__}
        return type(self).of, (model.Report(**fields),)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]
