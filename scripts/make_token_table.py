"""Generate ``dedupe/sketch/token_table.bin`` from the Unicode Character Database.

Usage: ``python scripts/make_token_table.py UCD_FOLDER`` where the folder holds the files of
one Unicode version as published (Debian's package ``unicode-data`` installs those of 15.0.0 in
``/usr/share/unicode``). Both implementations of the sketch read this table, so that tokens never
depend on the Unicode version of the running Python.

The layout of the file is documented in ``dedupe/sketch/token_table.py``, which reads it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from dedupe.sketch.token_table import (
    CODE_POINT_COUNT,
    CODE_POINT_MASK,
    COMBINES,
    DROPPED,
    HANGUL_BASE,
    HANGUL_COUNT,
    MARK,
    MULTIPLE,
    SEPARATOR,
    UNSPACED,
    WORD,
    write_table,
)

TATWEEL = 0x0640
UNSPACED_SCRIPTS = {"Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"}
UNSPACED_EXTRAS = {0x3005, 0x3006, 0x3007, 0x30FC}


def read_ranges(path: Path) -> Iterator[tuple[range, list[str]]]:
    """Yield ``(code points, fields)`` of each line of a UCD property file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        content = line.split("#", 1)[0].strip()
        if not content:
            continue
        fields = [field.strip() for field in content.split(";")]
        first, _, last = fields[0].partition("..")
        yield range(int(first, 16), int(last or first, 16) + 1), fields[1:]


class CharacterDatabase:
    """The properties that the specification needs, of every code point."""

    def __init__(self, folder: Path) -> None:
        self.category = ["Cn"] * CODE_POINT_COUNT
        self.combining_class = np.zeros(CODE_POINT_COUNT, np.uint8)
        self.decomposition: dict[int, tuple[int, ...]] = {}
        self.casefold: dict[int, tuple[int, ...]] = {TATWEEL: ()}
        self.composition_excluded: set[int] = set()
        self.may_compose_back: set[int] = set()
        self.script: dict[int, str] = {}
        self._read_unicode_data(folder / "UnicodeData.txt")
        self._read_normalization(folder / "DerivedNormalizationProps.txt")
        for code_points, fields in read_ranges(folder / "Scripts.txt"):
            self.script.update(dict.fromkeys(code_points, fields[0]))
        version = re.search(
            r"DerivedNormalizationProps-([\d.]+)\.txt",
            (folder / "DerivedNormalizationProps.txt").read_text(encoding="utf-8"),
        )
        assert version is not None
        self.version = tuple(int(part) for part in version.group(1).split("."))

    def _read_unicode_data(self, path: Path) -> None:
        range_first = 0
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = line.split(";")
            code_point = int(fields[0], 16)
            if fields[1].endswith(", First>"):
                range_first = code_point
                continue
            first = range_first if fields[1].endswith(", Last>") else code_point
            for each in range(first, code_point + 1):
                self.category[each] = fields[2]
                self.combining_class[each] = int(fields[3])
            if fields[5] and not fields[5].startswith("<"):
                self.decomposition[code_point] = tuple(int(x, 16) for x in fields[5].split())

    def _read_normalization(self, path: Path) -> None:
        for code_points, fields in read_ranges(path):
            if fields[0] == "NFKC_CF":
                # Tatweel is dropped, also where presentation forms unfold to it.
                mapping = tuple(c for x in fields[1].split() if (c := int(x, 16)) != TATWEEL)
                self.casefold.update(dict.fromkeys(code_points, mapping))
            elif fields[0] == "Full_Composition_Exclusion":
                self.composition_excluded.update(code_points)
            elif fields[0] == "NFC_QC" and fields[1] == "M":
                self.may_compose_back.update(code_points)

    def decompose(self, code_point: int) -> list[int]:
        """The full canonical decomposition, not reordered."""
        if HANGUL_BASE <= code_point < HANGUL_BASE + HANGUL_COUNT:
            index = code_point - HANGUL_BASE
            parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28, 0x11A7 + index % 28]
            return parts[: 2 if index % 28 == 0 else 3]
        if code_point not in self.decomposition:
            return [code_point]
        return [d for part in self.decomposition[code_point] for d in self.decompose(part)]

    def primary_composites(self) -> dict[tuple[int, int], int]:
        return {
            (parts[0], parts[1]): composite
            for composite, parts in self.decomposition.items()
            if len(parts) == 2 and composite not in self.composition_excluded
        }

    def token_class(self, code_point: int) -> int:
        category = self.category[code_point]
        if category[0] == "M":
            return MARK
        unspaced = self.script.get(code_point) in UNSPACED_SCRIPTS and category[0] == "L"
        if unspaced or code_point in UNSPACED_EXTRAS:
            return UNSPACED
        return WORD if category[0] in "LN" or code_point == 0x5F else SEPARATOR

    def fold(self, code_point: int) -> tuple[int, ...]:
        """NFKC_Casefold of one character, also without tatweel."""
        return self.casefold.get(code_point, (code_point,))


def build(database: CharacterDatabase) -> dict[str, np.ndarray]:
    """All sections of the table; ``expansion`` is output bytes per input byte at the worst."""
    from dedupe.sketch.plain import normalise_sequence
    from dedupe.sketch.token_table import Decompositions

    canonical = {c: tuple(database.decompose(c)) for c in database.decomposition}
    fold = database.casefold
    classes = np.array([database.token_class(c) for c in range(CODE_POINT_COUNT)], np.uint8)
    tables = Decompositions(
        canonical=canonical,
        fold=fold,
        compose=database.primary_composites(),
        combining_class=database.combining_class,
    )
    entries = classes.astype(np.uint32)
    pool: list[int] = []
    changed = sorted(set(canonical) | set(fold))
    for code_point in changed:
        target = normalise_sequence([code_point], tables)
        if not target:
            entries[code_point] = DROPPED
        elif len(target) == 1:
            difference = (target[0] - code_point) & CODE_POINT_MASK
            entries[code_point] = (difference << 8) | int(classes[target[0]])
        else:
            entries[code_point] = (len(pool) << 16) | (len(target) << 8) | MULTIPLE
            pool += [(each << 8) | int(classes[each]) for each in target]
    special = set(changed) | set(database.may_compose_back)
    special |= set(np.flatnonzero(database.combining_class).tolist())
    for code_point in special:
        if combines(database, code_point):
            entries[code_point] |= COMBINES
    own = classes.astype(np.uint32) | (database.combining_class.astype(np.uint32) << 8)
    expansion = 2  # an ASCII letter after an unspaced one also costs a space
    for code_point in changed:
        sizes = [
            sum(utf8_length(each) + 1 for each in form)
            for form in (
                normalise_sequence([code_point], tables),
                [d for f in database.fold(code_point) for d in database.decompose(f)],
                [
                    d
                    for part in database.decompose(code_point)
                    for f in database.fold(part)
                    for d in database.decompose(f)
                ],
            )
        ]
        expansion = max(expansion, -(-max(sizes) // utf8_length(code_point)))
    compose = sorted((a, b, c) for (a, b), c in database.primary_composites().items())
    return {
        "version": np.array(database.version, np.uint32),
        "entries": entries,
        "expansion": np.array([expansion], np.uint32),
        "pool": np.array(pool, np.uint32),
        "own": own,
        **pack_mappings("canonical", canonical),
        **pack_mappings("fold", fold),
        "compose": np.array(compose, np.uint32).reshape(-1, 3),
    }


def utf8_length(code_point: int) -> int:
    return len(chr(code_point).encode("utf-8", "surrogatepass"))


def combines(database: CharacterDatabase, code_point: int) -> bool:
    """Whether the normal form of a character may combine or reorder with the characters before."""
    folded = database.fold(code_point)
    if not folded:
        return False
    first_parts = [database.decompose(each)[0] for each in (code_point, folded[0])]
    return any(
        database.combining_class[first] != 0 or first in database.may_compose_back
        for first in first_parts
    )


def pack_mappings(name: str, mapping: dict[int, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """A mapping as sorted keys, offsets (n + 1) and one array of targets."""
    keys = sorted(mapping)
    lengths = [len(mapping[key]) for key in keys]
    return {
        f"{name}_keys": np.array(keys, np.uint32),
        f"{name}_offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32),
        f"{name}_targets": np.array([t for key in keys for t in mapping[key]], np.uint32),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ucd_folder", type=Path)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).resolve().parent.parent / "dedupe/sketch/token_table.bin",
    )
    arguments = parser.parse_args()
    database = CharacterDatabase(arguments.ucd_folder)
    sections = build(database)
    write_table(arguments.output, sections)
    print(f"{arguments.output}: Unicode {'.'.join(map(str, database.version))}")


if __name__ == "__main__":
    main()
