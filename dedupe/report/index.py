"""An index of a report by the ids of its documents.

Each part is made on first access, and holds every document of the report in memory. Code that
goes through a report once, as renderers do, uses the methods of ``Report`` instead.
"""

from __future__ import annotations

from functools import cached_property

from dedupe.model.documents import SkippedDocument
from dedupe.model.report import BridgeEnd, Cluster, Member, Report
from dedupe.report.graph import DuplicateGraph, connect_documents


class ReportIndex:
    """The parts of a report that concern a document, by its id."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @cached_property
    def documents(self) -> dict[str, Member | BridgeEnd]:
        """Every document in a cluster or a bridge, members first."""
        found: dict[str, Member | BridgeEnd] = {}
        for document in self._report.documents():
            found.setdefault(document.id, document)
        return found

    @cached_property
    def clusters(self) -> dict[str, Cluster]:
        """The cluster of each member."""
        return {
            member.id: cluster for cluster in self._report.clusters for member in cluster.members
        }

    @cached_property
    def skipped(self) -> dict[str, SkippedDocument]:
        """Every skipped document; if several have one id, the first."""
        found: dict[str, SkippedDocument] = {}
        for skipped in self._report.skipped:
            found.setdefault(skipped.id, skipped)
        return found

    @cached_property
    def graph(self) -> DuplicateGraph:
        """The graph of duplicate pairs."""
        return connect_documents(self._report)
