"""The report that the functions of the package give."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from dedupe.model import report as model
from dedupe.notebook.rows import Rows
from dedupe.notebook.sourced import SourcedReport

if TYPE_CHECKING:
    from dedupe.notebook.shown import Shown

Path = str | os.PathLike[str]


class Report(SourcedReport, frozen=True, kw_only=True, dict=True):
    """The result of a scan, with methods that show it, save it and act on it.

    Its fields are those of the JSON report (``docs/report.md``). ``clusters``, ``members``,
    ``pairs`` and ``skipped`` are tuples that are tables too (``to_arrow``, ``to_pandas``, …).
    """

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read a saved report, compressed or not.

        :raises ReportError: if it cannot be read
        """
        from dedupe.report.saved import load_report

        return cls.of(load_report(os.fspath(path)))

    # --- tables --------------------------------------------------------------------------------

    @property
    def members(self) -> Rows[model.Member]:
        """The documents of all clusters, cluster after cluster."""
        return self._rows("members", model.Report.members)

    @property
    def pairs(self) -> Rows[model.DuplicatePair]:
        """The pairs of all clusters, then the bridges."""
        return self._rows("pairs", model.Report.pairs)

    def _rows(self, name: str, find: Any) -> Rows[Any]:
        kept = vars(self)
        if name not in kept:
            kept[name] = Rows.of(self, name, find(self))
        found: Rows[Any] = kept[name]
        return found

    def duplicates(self, *, protect: Sequence[str] = (), drop: Collection[str] = ()) -> list[str]:
        """The ids of the documents that could go, each for one that stays.

        :param protect: patterns of ids and files that stay
        :param drop: what goes besides the duplicates: ``contained``
        """
        from dedupe.notebook.acting import make_plan

        return [each.id for each in make_plan(self, protect, drop).drops]

    # --- files ---------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the report, as JSON or in the format that the ending of the name belongs to.

        JSON holds the texts too where only this process can read them: those of data in memory.

        :raises InputError: if it cannot be written, or the ending means no format
        """
        from dedupe.notebook.files import save

        save(self, os.fspath(path))

    def to_html(self, path: Path | None = None) -> str | None:
        """The whole report as one page, which the extra ``report`` makes.

        :param path: where it is written; it is returned if there is none
        :raises DedupeError: if jinja2 is not installed
        """
        from dedupe.notebook.files import to_html

        return to_html(self, None if path is None else os.fspath(path))

    # --- two documents -------------------------------------------------------------------------

    def diff(self, left: str, right: str, *, full: bool = False) -> Shown:
        """How the texts of two documents differ, in words.

        :param full: whether equal stretches are shown too
        :raises InputError: if one of them is not in the report, or its text cannot be read
        """
        from dedupe.notebook.comparing import diff

        return diff(self, left, right, full)

    def explain(self, left: str, right: str, *, passages: int = 20) -> Shown:
        """Why two documents are duplicates, or why they are not, as ``dedupe explain`` tells it.

        :param passages: how many of the longest shared passages are shown; 0 for all
        :raises InputError: if one of them cannot be found
        """
        from dedupe.notebook.comparing import explain

        return explain(self, left, right, passages)

    # --- acting --------------------------------------------------------------------------------

    def check(self, baseline: Path | None = None, *, update: bool = False, **limits: Any) -> Shown:
        """The verdict of the gate, as of ``dedupe check``: its ``passed`` says whether it passes.

        :param baseline: the file of known duplicates
        :param update: whether that file is written anew, so that it covers all duplicates
        :param limits: ``max_duplicates``, ``max_duplicate_ratio``, ``fail_on``
        :raises BaselineError: if the file cannot be used
        """
        from dedupe.notebook.acting import check

        return check(self, None if baseline is None else os.fspath(baseline), update, limits)

    def apply(
        self,
        output: Path | None = None,
        *,
        move_to: Path | None = None,
        delete: bool = False,
        link: bool = False,
        protect: Sequence[str] = (),
        drop: Collection[str] = (),
        yes: bool = False,
    ) -> Shown:
        """Drop the duplicates from the files that were scanned, as ``dedupe apply`` does.

        Without ``output``, ``move_to`` or ``delete`` nothing is changed, and the result says what
        would go. The names are those of the command's options.

        :raises InputError: if something should be looked at first (``yes`` goes on), or the
            documents are no files: see :meth:`clean`
        """
        from dedupe.notebook.acting import apply

        places = {"output": output, "move_to": move_to}
        named = {name: os.fspath(path) for name, path in places.items() if path is not None}
        return apply(self, named, delete, link, protect, drop, yes)

    def clean(self, *, protect: Sequence[str] = (), drop: Collection[str] = ()) -> Any:
        """The data that was scanned in memory without its duplicates, as a value of its type.

        :raises InputError: if files were scanned: see :meth:`apply`
        """
        from dedupe.notebook.acting import clean

        return clean(self, protect, drop)

    # --- showing -------------------------------------------------------------------------------

    def __repr__(self) -> str:
        from dedupe.renderers.notebook import render_screen

        return render_screen(self)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        names = ("document_count", "cluster_count", "duplicate_count", "skipped_count")
        return [(name, getattr(self.corpus, name)) for name in names]

    def _repr_html_(self) -> str:
        from dedupe.renderers.notebook import render_cell

        return render_cell(self, self.text_provider)
