"""Star clusters by rounds on Spark, for pairs that one machine could not hold.

The clusters are those of ``clusters.linkage``: in the order of documents, each joins the first lead
that it is a duplicate of, or becomes one. A round decides all groups whose earlier neighbours have
told enough:

- a group without earlier neighbours becomes a lead;
- a group whose first earlier neighbour is a lead joins it;
- a group that has joined another is no lead, so that its later neighbours forget it.

Each round decides the first group that is left, and as a rule most of the others. When the pairs
that are left fit the driver, the clusterer of a local scan does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dedupe.clusters.linkage import cluster_pairs
from dedupe.engines.spark.memory import DriverMemory
from dedupe.engines.spark.staging import StagedFrames
from dedupe.model.pairs import VerifiedPairs

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

LINK_ROWS: Final = (
    "first long, first_rank long, second long, second_rank long, is_lead boolean, "
    "shared_count long, first_count long, second_count long"
)
"""The schema of pairs that may join clusters: the earlier group and the later one, with their ranks
in the order of documents; whether the earlier one is known to be a lead; counts of shingles."""

JOINED: Final = ("group", "owner", "shared_count", "owner_count", "own_count")
"""The columns of groups that have joined a lead, the owner of their cluster."""

LINKS_ON_DRIVER: Final = 1 << 22
"""With so few pairs left, the driver does the rest."""

LINK_BYTES: Final = 400
"""About what such a pair takes on the driver while it is clustered there."""


def join_leads(
    staged: StagedFrames, links: DataFrame, memory: DriverMemory, on_driver: int | None = None
) -> DataFrame:
    """The groups that join a lead, as ``JOINED``; all others are leads.

    :param links: ``LINK_ROWS``, in which no earlier group is known to be a lead
    :param on_driver: with so few pairs the driver does the rest (none: ``LINKS_ON_DRIVER``)
    """
    limit = LINKS_ON_DRIVER if on_driver is None else on_driver
    if memory.process:
        limit = min(limit, memory.process // LINK_BYTES)
    if memory.results:
        limit = min(limit, memory.results // LINK_BYTES)
    names: list[str] = []
    name = "links-0"
    links = staged.keep(name, links)
    while (count := links.count()) > limit:
        round_number = len(names)
        names.append(f"joined-{round_number}")
        joined = staged.keep(names[-1], _find_joined(links))
        before, name = name, f"links-{round_number + 1}"
        links = staged.keep(name, _forget_decided(links, joined))
        staged.drop(before)
    names.append("joined-last")
    rest = _join_on_driver(links.toArrow()) if count else _no_rows()
    staged.append(names[-1], links.sparkSession.createDataFrame(rest))
    return staged.read(names)


def _find_joined(links: DataFrame) -> DataFrame:
    """The groups whose first earlier neighbour is a lead."""
    from pyspark.sql.functions import expr

    told = "struct(first, is_lead, shared_count, first_count, second_count)"
    first = links.groupBy("second").agg(expr(f"min_by({told}, first_rank)").alias("to"))
    return first.where("to.is_lead").selectExpr(
        "second as group",
        "to.first as owner",
        "to.shared_count",
        "to.first_count as owner_count",
        "to.second_count as own_count",
    )


def _forget_decided(links: DataFrame, joined: DataFrame) -> DataFrame:
    """The pairs of which the later group is still open, with what is known of the earlier one."""
    from pyspark.sql.functions import col

    later = links.selectExpr("second as earlier").distinct()
    unled = links.where("not is_lead").select("first").distinct()
    leads = unled.join(later, col("first") == col("earlier"), "left_anti")
    leads = leads.selectExpr("first as found")
    gone = joined.select(col("group").alias("gone"))
    left = links.join(gone, col("second") == col("gone"), "left_anti")
    left = left.join(gone, col("first") == col("gone"), "left_anti")
    left = left.join(leads, col("first") == col("found"), "left")
    left = left.withColumn("is_lead", col("is_lead") | col("found").isNotNull())
    return left.drop("found")


def _join_on_driver(links: pa.Table) -> pa.Table:
    """What :func:`join_leads` gives, of pairs that are all here."""
    import pyarrow as pa

    columns: dict[str, Any] = {name: links[name].to_numpy() for name in links.column_names}
    ends = np.concatenate([columns["first"], columns["second"]])
    ranks = np.concatenate([columns["first_rank"], columns["second_rank"]])
    groups, at = np.unique(ends, return_index=True)
    first, second = (np.searchsorted(groups, columns[name]) for name in ("first", "second"))
    counts = columns["shared_count"], columns["first_count"], columns["second_count"]
    pairs = VerifiedPairs(first, second, *counts)
    owners = cluster_pairs(pairs, np.argsort(ranks[at]), "star", len(groups))
    chosen = owners[second] == first
    found = (columns["second"], columns["first"], *counts)
    return pa.table([pa.array(column[chosen]) for column in found], JOINED)


def _no_rows() -> pa.Table:
    import pyarrow as pa

    return pa.table([pa.array([], pa.int64()) for _ in JOINED], JOINED)
