"""The rows of the tables of members and pairs, joined on Spark; columns as in ``report.tables``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.model.relations import Relation, relation_of_equal

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_SAME_TEXT, _SAME_TOKENS = (str(relation_of_equal(each)) for each in (True, False))


def own_documents(documents: DataFrame, joined: DataFrame) -> DataFrame:
    """Documents with the owner of their cluster, and the counts that they share with it.

    :param documents: ``grouping.ARRANGED_ROWS``
    :param joined: ``rounds.JOINED``
    """
    from pyspark.sql.functions import coalesce, col

    owned = documents.drop("key").join(joined, "group", "left")
    counts = ("shared_count", "owner_count", "own_count")
    owned = owned.withColumn("owner", coalesce(col("owner"), col("group")))
    for name in counts:
        owned = owned.withColumn(name, coalesce(col(name), col("distinct_count")))
    return owned


def member_rows(owned: DataFrame, clusters: DataFrame, threshold: float) -> DataFrame:
    """The table of members.

    :param owned: see :func:`own_documents`
    :param clusters: ``grouping.CLUSTER_ROWS``
    """
    from pyspark.sql.functions import col, lit, when

    leads = owned.where("place = 0 and group = owner").selectExpr(
        "owner", "id as representative", "content as lead_content"
    )
    members = owned.join(clusters, "owner").join(leads, "owner")
    jaccard = _divide("shared_count", "own_count + owner_count - shared_count")
    equal = when(col("content") == col("lead_content"), lit(_SAME_TEXT)).otherwise(
        lit(_SAME_TOKENS)
    )
    near = when(jaccard >= threshold, lit(str(Relation.NEAR))).otherwise(lit(str(Relation.LINKED)))
    return members.select(
        col("id").cast("string"),
        "cluster_id",
        col("representative").cast("string"),
        when(col("group") == col("owner"), equal).otherwise(near).alias("relation"),
        jaccard.alias("jaccard"),
        _divide("shared_count", "owner_count").alias("representative_containment"),
        "token_count",
        "byte_count",
        _hexadecimal("content").alias("content_hash"),
        "is_reference",
        "meta",
    )


def pair_rows(owned: DataFrame, edges: DataFrame, clusters: DataFrame) -> DataFrame:
    """The table of pairs: near groups, by their leads, and each copy with the lead of its group.

    :param edges: ``verifying.EDGES``
    """
    from pyspark.sql.functions import col, lit, when

    named = _name_groups(owned)
    left, right = (_prefix(named, side) for side in ("left", "right"))
    near = edges.join(left, edges["left"] == col("left_group"))
    near = near.join(right, edges["right"] == col("right_group"))
    both = col("left_is_reference") & col("right_is_reference")
    near = near.select(
        *(
            when(both, col(f"{side}_new")).otherwise(col(f"{side}_lead")).alias(f"{side}_id")
            for side in ("left", "right")
        ),
        lit(str(Relation.NEAR)).alias("relation"),
        "shared_count",
        "left_count",
        "right_count",
        when(col("left_owner") == col("right_owner"), col("left_owner")).alias("owner"),
    )
    rows = near.union(_copy_rows(owned, named)).join(clusters, "owner", "left")
    turned = col("left_id") > col("right_id")

    def end(one: str, other: str) -> Column:
        return when(turned, col(other)).otherwise(col(one))

    return rows.select(
        end("left_id", "right_id").cast("string").alias("left"),
        end("right_id", "left_id").cast("string").alias("right"),
        "relation",
        "shared_count",
        end("left_count", "right_count").alias("left_count"),
        end("right_count", "left_count").alias("right_count"),
        _divide("shared_count", "left_count - shared_count + right_count").alias("jaccard"),
        "cluster_id",
    )


def _name_groups(owned: DataFrame) -> DataFrame:
    """Groups with the ids that stand for them in pairs; see ``Collapsed.ends_of_pairs``."""
    from pyspark.sql.functions import coalesce, col

    leads = owned.where("place = 0").selectExpr(
        "group", "owner", "id as lead", "content as lead_content", "is_reference"
    )
    seconds = owned.where("place = 1").selectExpr("group", "id as second")
    named = leads.join(seconds, "group", "left")
    return named.withColumn("new", coalesce(col("second"), col("lead"))).drop("second")


def _copy_rows(owned: DataFrame, named: DataFrame) -> DataFrame:
    from pyspark.sql.functions import col, lit, when

    leads = named.select("group", "lead", "lead_content")
    copies = owned.where("place > 0").join(leads, "group")
    is_same = col("content") == col("lead_content")
    return copies.select(
        "lead",
        "id",
        when(is_same, lit(_SAME_TEXT)).otherwise(lit(_SAME_TOKENS)),
        "distinct_count",
        "distinct_count",
        "distinct_count",
        "owner",
    )


def _prefix(named: DataFrame, side: str) -> DataFrame:
    names = ("group", "owner", "lead", "new", "is_reference")
    return named.selectExpr(*(f"{name} as {side}_{name}" for name in names))


def _divide(one: str, other: str) -> Column:
    from pyspark.sql.functions import expr

    return expr(f"cast({one} as double) / cast({other} as double)")


def _hexadecimal(name: str) -> Column:
    from pyspark.sql.functions import hex as to_hexadecimal
    from pyspark.sql.functions import lower

    return lower(to_hexadecimal(name))
