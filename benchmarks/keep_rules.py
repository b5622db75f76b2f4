"""How often each keep rule keeps the best copy, on copies whose best is known.

    python benchmarks/keep_rules.py [ARTICLES.jsonl.gz] [--documents 20000]

ARTICLES has the article of each page as a person copied it, and as several extractors give it:
lines of ``{"id": "PAGE/EXTRACTOR", "text"}``, in which ``PAGE/ground-truth`` is the person's. It is
scanned

- in pairs: each extractor alone with the ground truth, which is right;
- in whole clusters, with the ground truth, which is right;
- in whole clusters without it: right is the member of highest Jaccard to it.

Told is also which share of all duplicate pairs of the whole clusters is in one cluster.

Of generated copies, and of the project's fixtures, the text from which the others were made is
right. A document with the tokens of the right one is right too, but among re-typed copies. Clusters
are those of each rule;
counted are those that have a right document and one that is not.

``medoid`` and ``contained`` are no rules of dedupe. They order documents by the sums, over their
duplicates, of the Jaccard and of the share of their shingles that the duplicate has.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from generator.furniture import load_furniture
from generator.groups import plant_groups
from generator.languages import load_language
from generator.prose import encode_texts
from tables import format_command, format_facts, format_table

import dedupe
from dedupe import Config, tokenize_text
from dedupe.model.report import DuplicatePair

TRUTH: Final = "ground-truth"
FIXTURES: Final = Path(__file__).parent.parent / "fixtures/articles"
ORIGINALS: Final = (
    "ar_water", "harbour-bridge_citydesk", "orchard-frost", "ru_theatre", "typos", "zh_metro",
)  # fmt: skip
RULES: Final = (
    "degree,content,earliest,shortest", "content,earliest,shortest", "degree", "degree,shortest",
    "shortest", "longest", "first",
)  # fmt: skip
KINDS: Final = {
    "dressed": "furniture added (1 to 3 pages)",
    "cut": "cut at the end (1 or 2 copies)",
    "near": "words replaced, added or left out (1 to 3 copies)",
    "mixed": "cut, edited and furniture added (1 to 3 copies)",
    "normalised": "re-typed: the same words, another form",
}
SHARES: Final = {"unique": 0.5, **dict.fromkeys(KINDS, 0.1)}

Texts = dict[str, str]
Read = Callable[[str], object]
Right = Callable[[set[str]], set[str]]
"""Tells which members of a cluster are right to keep."""

READ: Final[dict[str, Read]] = defaultdict(lambda: tokenize_text, normalised=str)


class Tally(msgspec.Struct):
    """Clusters, and how many of them keep a right document."""

    clusters: int = 0
    right: int = 0

    def add(self, other: Tally) -> None:
        self.clusters += other.clusters
        self.right += other.right


# --- rules --------------------------------------------------------------------------------


def scan_by(rule: str, texts: Texts) -> Iterator[tuple[str, set[str]]]:
    """The kept document and the members of each cluster of a scan by a keep rule."""
    if rule in SUMS:
        yield from cluster_by_sums(rule, texts)
        return
    report = dedupe.find_duplicates(texts, Config(keep=tuple(rule.split(","))))
    for cluster in report.clusters:
        yield cluster.representative, {member.id for member in cluster.members}


SUMS: Final[dict[str, Callable[[int, int, int], float]]] = {
    "medoid": lambda shared, own, other: shared / (own + other - shared),
    "contained": lambda shared, own, other: shared / own,
}


def cluster_by_sums(rule: str, texts: Texts) -> Iterator[tuple[str, set[str]]]:
    """The stars of documents in the order of what their duplicates give them.

    Documents of equal tokens are one, to which each copy gives one.
    """
    report = dedupe.find_duplicates(texts, Config(keep=("shortest",)))
    pairs = [*report.pairs()]
    ends = Counter(id for pair in pairs for id in (pair.left, pair.right))
    sums: dict[str, float] = defaultdict(float)
    near: dict[str, list[str]] = defaultdict(list)
    copies: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        if pair.relation.has_equal_tokens:  # copies are in a pair with their lead only
            copy, lead = sorted((pair.left, pair.right), key=lambda id: (ends[id], id))
            copies[lead].add(copy)
            sums[lead] += 1
            continue
        sums[pair.left] += SUMS[rule](pair.shared_count, pair.left_count, pair.right_count)
        sums[pair.right] += SUMS[rule](pair.shared_count, pair.right_count, pair.left_count)
        near[pair.left].append(pair.right)
        near[pair.right].append(pair.left)
    taken: set[str] = set()
    for id in sorted(sums, key=lambda id: (-round(sums[id], 9), len(tokenize_text(texts[id])), id)):
        if id not in taken:
            members = {id, *near[id]} - taken
            taken |= members
            yield id, members.union(*(copies[member] for member in members))


def tally(rule: str, texts: Texts, right: Right, read: Read = tokenize_text) -> Tally:
    """How often a rule keeps a right document, of the clusters that have one.

    :param read: what makes another text right, if it is equal to that of a right document
    """
    found = Tally()
    for kept, members in scan_by(rule, texts):
        best = right(members)
        good = [read(texts[id]) for id in best]
        if good and any(read(texts[id]) not in good for id in members):
            found.clusters += 1
            found.right += read(texts[kept]) in good
    return found


def count_together(rule: str, texts: Texts, pairs: Iterable[DuplicatePair]) -> Tally:
    """How many of the duplicate pairs are in one cluster."""
    owners = {id: kept for kept, members in scan_by(rule, texts) for id in members}
    same = [owners[pair.left] == owners.get(pair.right) for pair in pairs if pair.left in owners]
    return Tally(len(same), sum(same))


# --- sets ---------------------------------------------------------------------------------


Sets = Iterator[tuple[str, Callable[[str], Tally]]]


def article_sets(path: Path) -> Sets:
    """The sets of articles that several extractors took from pages."""
    open_file = gzip.open if path.suffix == ".gz" else open
    with open_file(path, "rb") as lines:
        records = [msgspec.json.decode(line) for line in lines]
    texts: Texts = {record["id"]: record["text"] for record in records}
    extractors = sorted({id.partition("/")[2] for id in texts} - {TRUTH})

    def in_pairs(rule: str) -> Tally:
        found = Tally()
        for extractor in extractors:
            chosen = {id: texts[id] for id in texts if id.endswith((f"/{extractor}", f"/{TRUTH}"))}
            found.add(tally(rule, chosen, ground_truth))
        return found

    others = {id: text for id, text in texts.items() if not id.endswith(f"/{TRUTH}")}
    closest = closest_to_truth(texts)
    yield "articles, in pairs", in_pairs
    yield "articles, whole clusters", lambda rule: tally(rule, texts, ground_truth)
    yield "the same without ground truth", lambda rule: tally(rule, others, closest)
    pairs = [*dedupe.find_duplicates(texts).pairs()]
    yield "duplicate pairs in one cluster", lambda rule: count_together(rule, texts, pairs)


def ground_truth(members: set[str]) -> set[str]:
    return {id for id in members if id.endswith(f"/{TRUTH}")}


def closest_to_truth(texts: Texts) -> Right:
    """A function that finds the members whose shingles are closest to the ground truth."""
    sets = {id: shingle(text) for id, text in texts.items()}

    def jaccard(id: str) -> float:
        own, truth = sets[id], sets[f"{id.partition('/')[0]}/{TRUTH}"]
        return len(own & truth) / len(own | truth)

    def closest(members: set[str]) -> set[str]:
        by_id = {id: jaccard(id) for id in members}
        return {id for id in members if by_id[id] == max(by_id.values())}

    return closest


def shingle(text: str, size: int = 5) -> set[tuple[str, ...]]:
    tokens = tokenize_text(text)
    return {tuple(tokens[i : i + size]) for i in range(max(1, len(tokens) - size + 1))}


def generated_sets(document_count: int) -> Sets:
    """Generated copies of each kind, among texts that have none."""
    lots = plant_groups(np.random.default_rng(1), 300, 0.7, ["latin", "cyrillic"], SHARES)
    groups = list(islice((group for lot in lots for group in lot), document_count // 2))
    texts: Texts = {}
    by_kind: dict[str, list[list[str]]] = defaultdict(list)
    for number, group in enumerate(groups):
        # The originals have neither the first nor the last ids.
        ids = [f"{(7 * place + number) % 10}-{number}-{place}" for place in range(len(group.texts))]
        texts |= zip(ids, (text.decode() for text in group.texts), strict=True)
        if len(ids) > 1:
            by_kind[group.kind].append(ids)
    for kind, name in KINDS.items():
        originals = {ids[0] for ids in by_kind[kind]}
        yield name, partial(tally, texts=texts, right=originals.intersection, read=READ[kind])
    alone = [(ids[0], texts[ids[0]]) for ids in by_kind["cut"]]
    cut = {
        f"0-{id}": text[: len(text) * (75 + i % 24) // 100] for i, (id, text) in enumerate(alone)
    }
    pages = dict(zip((f"0-{id}" for id, _ in alone), add_footers(alone), strict=True))
    originals = {id for id, _ in alone}
    yield "a footer added", lambda rule: tally(rule, dict(alone) | pages, originals.intersection)
    yield (
        "cut inside a word",
        lambda rule: tally(rule, dict(alone) | cut, originals.intersection),
    )


def add_footers(articles: list[tuple[str, str]]) -> Iterator[str]:
    """The pages of ten sites that have nothing but a footer around these articles."""
    footers = encode_texts(load_language("latin"), load_furniture("latin").footers[:10])
    for number, (_, text) in enumerate(articles):
        yield f"{text}\n{footers[number % 10].decode()}"


def fixture_sets() -> Sets:
    """The articles of the project."""
    texts = {path.stem: path.read_text() for path in FIXTURES.glob("*.txt")}
    yield "fixtures", partial(tally, texts=texts, right=set(ORIGINALS).intersection, read=str)


# --- the table ----------------------------------------------------------------------------


def measure(sets: Iterable[tuple[str, Callable[[str], Tally]]]) -> Mapping[str, list[Tally]]:
    """For each set the tallies of the rules."""
    rules = [*RULES, *SUMS]
    return {name: [count(rule) for rule in rules] for name, count in sets}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("articles", type=Path, nargs="?")
    parser.add_argument("--documents", type=int, default=20_000, help="about, of generated copies")
    arguments = parser.parse_args()
    found = dict(measure(article_sets(arguments.articles))) if arguments.articles else {}
    found |= measure(generated_sets(arguments.documents))
    found |= measure(fixture_sets())
    rules = [*(f"`{rule}`" for rule in RULES), *SUMS]
    rows = []
    for name, tallies in found.items():
        shares = (f"{100 * each.right / max(each.clusters, 1):.1f}" for each in tallies)
        rows.append([name, f"{tallies[0].clusters:,}", *shares])
    print(format_table(["right, %", "clusters", *rules], rows))
    print()
    print(format_facts())
    print()
    print(format_command("keep_rules.py", sys.argv[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
