"""Near-duplicate pairs with Spark MLlib's MinHashLSH, as its documentation says.

The shingles are hashed to a vector, of which MLlib computes the Jaccard itself; the script counts
those of its pairs whose Jaccard, over the shingles, is below the threshold (``wrong``). MLlib has
no bands: two documents meet where one of ``--hash-tables`` minima is equal, so that each further
table adds recall and candidates.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from shingled_corpus import PeerSettings, read_documents, shingle

FEATURES = 1 << 30
"""Room for the hashes of shingles, below the prime of MLlib's hash functions."""


def parse_arguments() -> tuple[PeerSettings, int]:
    """The settings that all peers share, and the number of hash tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, metavar="INPUT.jsonl")
    parser.add_argument("--hash-tables", type=int, default=4)
    parser.add_argument("--shingle-size", type=int, default=5)
    parser.add_argument("--threshold", type=float, default=0.7)
    given = parser.parse_args()
    settings = PeerSettings(
        given.corpus, "text", "id", given.hash_tables, given.shingle_size, given.threshold
    )
    return settings, given.hash_tables


def find_pairs(settings: PeerSettings, hash_tables: int, folder: str) -> list[tuple[int, int]]:
    """The pairs of rows of the corpus that MLlib finds, the lower row first."""
    from pyspark.ml.feature import HashingTF, MinHashLSH  # type: ignore[import, unused-ignore]
    from pyspark.sql import SparkSession  # type: ignore[import, unused-ignore]
    from pyspark.sql.types import (  # type: ignore[import, unused-ignore]
        ArrayType,
        IntegerType,
        StringType,
        StructField,
        StructType,
    )

    shingle_size = settings.shingle_size
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "8g")
        .config("spark.local.dir", folder)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "16")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    schema = StructType(
        [StructField("row", IntegerType()), StructField("shingles", ArrayType(StringType()))]
    )
    texts = session.sparkContext.textFile(str(settings.corpus.resolve()), 16).zipWithIndex()
    rows = texts.map(lambda each: (each[1], shingle(json.loads(each[0])["text"], shingle_size)))
    documents = session.createDataFrame(rows.filter(lambda each: bool(each[1])), schema)
    hashing = HashingTF(numFeatures=FEATURES, binary=True, inputCol="shingles", outputCol="set")
    sets = hashing.transform(documents).select("row", "set").persist()
    finder = MinHashLSH(inputCol="set", outputCol="minima", numHashTables=hash_tables, seed=1)
    model = finder.fit(sets)
    joined = model.approxSimilarityJoin(sets, sets, 1 - settings.threshold + 1e-9)
    pairs = joined.selectExpr("datasetA.row AS one", "datasetB.row AS other").where("one < other")
    found = [(each.one, each.other) for each in pairs.collect()]
    session.stop()
    return found


def count_wrong(settings: PeerSettings, pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """The number of documents, and of pairs below the threshold over the shingles themselves."""
    wanted = {row for pair in pairs for row in pair}
    sets: dict[int, set[str]] = {}
    row = -1
    for row, (_, text) in enumerate(read_documents(settings)):
        if row in wanted:
            sets[row] = set(shingle(text, settings.shingle_size))
    wrong = 0
    for one, other in pairs:
        shared = len(sets[one] & sets[other])
        union = len(sets[one]) + len(sets[other]) - shared
        wrong += shared < settings.threshold * union
    return row + 1, wrong


def main() -> None:
    """Find the pairs, check them, and print the line that ``compare.py`` reads."""
    settings, hash_tables = parse_arguments()
    # The workers import the functions that all peers share.
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        pairs = find_pairs(settings, hash_tables, folder)
    document_count, wrong = count_wrong(settings, pairs)
    print(json.dumps({"documents": document_count, "pairs": len(pairs), "wrong": wrong}))


if __name__ == "__main__":
    main()
