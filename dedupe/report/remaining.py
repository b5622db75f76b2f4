"""What stays true of a report when its clusters have become others, by a threshold or a person."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dedupe.model.errors import ReportError
from dedupe.model.furniture import Form, Furniture
from dedupe.model.report import BridgeEnd, Cluster, Report
from dedupe.report.index import ReportIndex


def relist_ends(report: Report, before: Report) -> Report:
    """The report with the documents of its bridges and lists that are in no cluster of it.

    :param before: the report that it was made from, which describes all of its documents
    :raises ReportError: if that does not describe one
    """
    described = ReportIndex(before).documents
    listed = {member.id for member in report.members()}

    def describe(ids: set[str]) -> tuple[BridgeEnd, ...]:
        for id in sorted(ids - described.keys()):
            raise ReportError(f"the report says what {id!r} shares, but does not describe it")
        return tuple(
            BridgeEnd(*(getattr(described[id], name) for name in BridgeEnd.__struct_fields__))
            for id in sorted(ids)
        )

    bridge_ids = {id for each in report.bridges for id in (each.left, each.right)} - listed
    shared_ids = {id for each in report.shared_texts() for id in (each.left, each.right)} - listed
    return msgspec.structs.replace(
        report, bridge_ends=describe(bridge_ids), shared_ends=describe(shared_ids - bridge_ids)
    )


def remaining_furniture(report: Report, clusters: Sequence[Cluster]) -> Furniture | None:
    """The furniture, without members that are no members of their representatives any more.

    How many pairs rest on it, and are hidden by it, is told for the threshold of the scan.
    """
    furniture = report.furniture
    if furniture is None:
        return None
    owners = {m.id: c.representative for c in clusters for m in c.members}
    members = (m for m in furniture.members if owners.get(m.id) == m.representative)
    return msgspec.structs.replace(furniture, members=tuple(members))


def remaining_forms(report: Report, clusters: Sequence[Cluster]) -> tuple[Form, ...] | None:
    """The forms whose clusters are the same; in others nobody has looked."""
    if report.forms is None:
        return None
    same = {(cluster.cluster_id, cluster.representative) for cluster in clusters}
    return tuple(f for f in report.forms if (f.cluster_id, f.representative) in same)
