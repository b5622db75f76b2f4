"""Break the kernels in many ways, one at a time, and report which check notices each.

``python scripts/mutate_kernels.py [--only NUMBER] [--output table.md]`` builds each mutant in a
folder of its own and runs the tests of the kernels against it until one fails. If none fails,
they run again with AddressSanitizer. A mutant that no check notices is a gap in the tests, and
the exit code is 1. ``docs/kernels.md`` has the table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).resolve().parent.parent
PYX: Final = "dedupe/sketch/_kernels.pyx"
HEADER: Final = "dedupe/sketch/kernels.h"
CONTRACTS: Final = "dedupe/sketch/contracts.py"
CHECKS: Final = (
    ("fuzzer", "tests/sketch/test_kernels_fuzz.py"),
    ("contracts", "tests/sketch/test_kernels_contracts.py"),
    ("kernels", "tests/sketch/test_kernels.py"),
    ("tokens", "tests/sketch/test_tokens.py"),
    ("words", "tests/sketch/test_word_finder.py"),
    ("rows", "tests/sketch/test_row_writer.py"),
    ("aligner", "tests/sketch/test_aligner.py"),
    ("arranger", "tests/sketch/test_arranger.py"),
)
GUARD: Final = "the compiled kernels are at fault"
SECONDS: Final = 120


class Mutant(msgspec.Struct, frozen=True):
    path: str
    old: str
    new: str


MUTANTS: Final = [
    Mutant(*each)
    for each in [
        # Returned counts.
        (PYX, "    return kept - base\n", "    return kept\n"),
        (PYX, "    return kept - base\n", "    return kept - base + 1\n"),
        (PYX, "    return kept - base\n", "    return kept - base - 1\n"),
        (PYX, "        count = i\n", "        count = i - 1\n"),
        (PYX, "            base = end\n", "            base = end - 1 if end else end\n"),
        (PYX, "            base = end\n", "            base = base + size\n"),
        (PYX, "        return count\n    while", "        return count - 1\n    while"),
        (PYX, "                count -= size - 1\n", "                count -= size\n"),
        (PYX, "                count -= size - 1\n", "                count -= size - 2\n"),
        (PYX, "    return written\n\n\ncdef inline int64_t find_root", "    return written - 1\n\n\ncdef inline int64_t find_root"),  # noqa: E501
        (PYX, "    return written\n\n\ncdef inline int64_t find_root", "    return written + 1\n\n\ncdef inline int64_t find_root"),  # noqa: E501
        (PYX, "    return job\n", "    return job + 1\n"),
        (HEADER, "return distinct + zeros;", "return distinct;"),
        (HEADER, "return count - repeated;", "return count;"),
        (HEADER, "size_t distinct = 1;", "size_t distinct = 0;"),
        (HEADER, "    return equal;\n", "    return equal + 1;\n"),
        (HEADER, "return total < needed ? -1", "return total <= needed ? -1"),
        # Bounds of loops and of indices.
        (PYX, "if bucket + 1 < buckets else count", "if bucket + 1 < buckets else count - 1"),
        (PYX, "if bucket + 1 < buckets else count", "if bucket + 1 <= buckets else count"),
        (PYX, "range(base + begins[bucket], end)", "range(base + begins[bucket] + 1, end)"),
        (PYX, "if kept - begin > BUCKET_LIMIT:", "if kept - begin > count:"),
        (PYX, "&output[begin], kept - begin, output[i]", "&output[begin], kept - base, output[i]"),
        (PYX, "<uint64_t *> &begins[count]", "<uint64_t *> &begins[0]"),
        (PYX, "(bits + 1)) <= count", "(bits + 1)) <= 4 * count"),
        (PYX, "for i in range(base + 1, base + count):", "for i in range(base + 1, base + count - 1):"),  # noqa: E501
        (PYX, "while j > base and values", "while j > 0 and values"),
        (PYX, "if count > hashes.shape[0] - base:", "if count > hashes.shape[0] - base + 1:"),
        (PYX, "min(end - begin, <Py_ssize_t> HASH_CHUNK)", "end - begin"),
        (PYX, "if count <= DEDUPE_COUNTED:\n                    distinct", "if count <= DEDUPE_COUNTED + 1:\n                    distinct"),  # noqa: E501
        (PYX, "if written == left.shape[0]:\n                        break", "if written > left.shape[0]:\n                        break"),  # noqa: E501
        (PYX, "for earlier in range(band):", "for earlier in range(band + 1):"),
        (PYX, "while j < ends[bucket]:", "while j <= ends[bucket]:"),
        (PYX, "while i < first_ends[bucket]:", "while i <= first_ends[bucket]:"),
        (PYX, "stop = min(i + 64, i_end)", "stop = i + 64"),
        (PYX, "    while i < i_end and j < j_end:\n", "    while i < i_end and j <= j_end:\n"),
        (PYX, "elif self.run_count < MARK_LIMIT:", "elif self.run_count <= MARK_LIMIT:"),
        (PYX, "if self.mark_count < MARK_LIMIT:", "if self.mark_count <= MARK_LIMIT:"),
        (PYX, "while i < end and data[i] >= 0x80:", "while data[i] >= 0x80:"),
        (PYX, "if i >= end or data[i] < 0x80:", "if data[i] < 0x80:"),
        (PYX, "while low < high:\n            middle = (low + high) >> 1\n            if keys", "while low + 1 < high:\n            middle = (low + high) >> 1\n            if keys"),  # noqa: E501
        (PYX, "places[other] = listed - begun", "places[other] = listed"),
        (PYX, "place += lengths[i]\n", "place += lengths[i] - 1\n"),
        (PYX, "begin + length > held_end:", "begin + length > held_end + 1:"),
        (PYX, "held_end = begin + max(got, 0)", "held_end = begin + width"),
        (PYX, "                if left_count == 0 or right_count == 0:", "                if left_count == 1 or right_count == 1:"),  # noqa: E501
        (HEADER, "if (i + 2 < end && ded", "if (i + 2 <= end && ded"),
        (HEADER, "if (i + 1 < end && ded", "if (i + 1 <= end && ded"),
        (HEADER, "if (i + 3 < end && ded", "if (i + 3 <= end && ded"),
        (HEADER, "for (; i + 8 <= count; i += 8)", "for (; i <= count; i += 8)"),
        (HEADER, "if (count < DEDUPE_ASCII_RUN) return 0;", "if (count < 8) return 0;"),
        (HEADER, "at.length += size - from;", "at.length += 64 - from;"),
        (HEADER, "for (; i + DEDUPE_EQUAL_BLOCK <= width;", "for (; i < width;"),
        (HEADER, "#define DEDUPE_EQUAL_BLOCK 64", "#define DEDUPE_EQUAL_BLOCK 256"),
        (HEADER, "for (; i < width; i++) equal", "for (; i + 1 < width; i++) equal"),
        (HEADER, "if (j == DEDUPE_BUCKET) return 0;", "if (j == DEDUPE_BUCKET) j = 0;"),
        (HEADER, "uint64_t home = values[i] & mask;", "uint64_t home = values[i] & (mask + 1);"),
        (HEADER, "if (total + (count - i) < needed) return -1;", "if (total + (count - i) <= needed) return -1;"),  # noqa: E501
        (HEADER, "if (from != values) memcpy", "if (from == values) memcpy"),
        (HEADER, "for (int byte = 0; byte < 8; byte++) {", "for (int byte = 0; byte < 7; byte++) {"),  # noqa: E501
        (HEADER, "place = (place + 1) & (DEDUPE_TABLE - 1);", "place = place + 1;"),
        (HEADER, "if (steps-- == 0) return", "if (0) return"),
        (HEADER, "DEDUPE_CLONES\nstatic int dedupe_holds(const uint64_t *restrict values, size_t count, uint64_t value) {\n    uint64_t found = 0;\n    for (size_t i = 0;", "DEDUPE_CLONES\nstatic int dedupe_holds(const uint64_t *restrict values, size_t count, uint64_t value) {\n    uint64_t found = 0;\n    for (size_t i = 1;"),  # noqa: E501
        (HEADER, "for (; p < num_perm; p++) {", "for (; p + 1 < num_perm; p++) {"),
        (HEADER, "for (; p + DEDUPE_LANES <= num_perm;", "for (; p + 1 <= num_perm;"),
        (PYX, "tries < TABLE_TRIES:", "tries < 99:"),
        # The checks of the wrappers.
        (CONTRACTS, "offsets[-1] > size", "offsets[-1] > size + 1"),
        (CONTRACTS, "if offsets[0] < 0 or", "if"),
        (CONTRACTS, "(offsets[1:] < offsets[:-1]).any()", "False"),
        (CONTRACTS, "<= indices.max() < count", "<= indices.max() <= count"),
        (CONTRACTS, "not 0 <= indices.min()", "not -1 <= indices.min()"),
        (CONTRACTS, "(begins > size - lengths).any()", "(begins > size).any()"),
        (CONTRACTS, "(lengths > len(target)).any() or ", "False or "),
        (CONTRACTS, "or int(lengths.sum()) != len(target)", "or False"),
        (CONTRACTS, "if not 0 <= count <= room:", "if count < 0:"),
        (CONTRACTS, "if not 0 <= count <= room:", "if count > room:"),
        # Loops of differences: words and scores, …
        (PYX, "if length > 0:\n                output[length] = 10", "if length >= 0:\n                output[length] = 10"),  # noqa: E501
        (PYX, "keys[count - 1] = token_key(spelled, letters, length)\n                    letters = -1", "keys[count - 1] = token_key(spelled, letters, length - 1)\n                    letters = -1"),  # noqa: E501
        (PYX, "4 * (end - begin))", "4 * (end - begin) - 4)"),
        (PYX, "state[3] = at, length, count, before", "state[3] = at, length, count + 1, before"),
        (PYX, "for word in range(1, starts.shape[0]):", "for word in range(1, starts.shape[0] - 1):"),  # noqa: E501
        (PYX, "<uint32_t> (table.shape[0] - 1)", "<uint32_t> table.shape[0]"),
        (PYX, "at > starts[word - 1]:", "at >= starts[word - 1]:"),
        # … words that look different, …
        (PYX, "<= self.ends[word] <= self.text.shape[0]:", "<= self.ends[word] <= self.text.shape[0] + 1:"),  # noqa: E501
        (PYX, "0 < size <= min(self.count - i, other.count - j)", "0 < size <= self.count - i"),
        (PYX, "j + half, size - half, faint", "j + half, half, faint"),
        (PYX, "if right.ends[j + size - 1] - other != length:", "if right.ends[j + size - 1] - other < length:"),  # noqa: E501
        (PYX, "    for at in range(length):\n", "    for at in range(length - 1):\n"),
        # … rows, …
        (PYX, "if self.at < self.output.shape[0]:", "if self.at <= self.output.shape[0]:"),
        (PYX, "0 <= right <= right_end <= self.right.count", "0 <= right <= right_end <= self.right.count + 1"),  # noqa: E501
        (PYX, "and (not folds_rest if self.is_change(k)", "and (True if self.is_change(k)"),
        (PYX, "self.items.shape[0] >= 2 * count + 1", "self.items.shape[0] >= 2 * count"),
        (PYX, "min(self.right.count, wanted + reach)", "wanted + reach"),
        (PYX, "elif places == self.shown_places:", "elif places > self.shown_places:"),
        (PYX, "begin + self.shown_change_words)", "begin + self.shown_change_words + 1)"),
        (PYX, "if end - at > self.word_size:", "if end - at >= self.word_size:"),
        # … and anchors.
        (PYX, "while tail < limit - head and", "while tail < limit and"),
        (PYX, "if at + 2 < count and self.hash_at", "if at + 2 <= count and self.hash_at"),
        (PYX, "blocks.shape[0], gaps.shape[0]) >= room", "blocks.shape[0], gaps.shape[0]) >= room - 1"),  # noqa: E501
        (PYX, "> 1 << POSITION_BITS or", "> 2 << POSITION_BITS or"),
        (PYX, "for at in range(piles - 1, -1, -1):", "for at in range(piles - 1, 0, -1):"),
        (PYX, "for offset in range(self.size):\n            if", "for offset in range(0):\n            if"),  # noqa: E501
        (PYX, "return self.block_count, self.gap_count", "return self.block_count - 1, self.gap_count"),  # noqa: E501
        # Signatures of hashes, places of tokens, winnowing and runs.
        (PYX, "if count <= DEDUPE_COUNTED:\n                distinct", "if count <= DEDUPE_COUNTED + 1:\n                distinct"),  # noqa: E501
        (PYX, "if count == 0:\n                continue", "if count == 1:\n                continue"),  # noqa: E501
        (PYX, "min(i + SLICE_BYTES, data.shape[0])", "i + SLICE_BYTES"),
        (PYX, "while begin < i and is_ascii_word", "while is_ascii_word"),
        (PYX, "while i < data.shape[0] and row < tokens.shape[0]:", "while i < data.shape[0]:"),
        (PYX, "if queue[begin] + window <= i:", "if queue[begin] + window < i:"),
        (PYX, "while end > begin and hashes[queue", "while end > 0 and hashes[queue"),
        (PYX, "    return written\n\n\ndef grow_runs", "    return written - 1\n\n\ndef grow_runs"),
        (PYX, "    return written\n\n\ndef plan_jobs", "    return written + 1\n\n\ndef plan_jobs"),
        (PYX, "while (one + size < most_one", "while (one + size <= most_one"),
        (PYX, "while (one > least_one", "while (one >= least_one"),
        (PYX, "0x9E3779B97F4A7C15) >> 54", "0x9E3779B97F4A7C15) >> 53"),
        (PYX, "lengths[j] - begin <= width)", "lengths[j] - begin <= width + 1)"),
        (PYX, "if j > i + 1 and length <= width:", "if j > i + 1:"),
        # Arranging: bounds, and what decides about blocks and marks.
        (PYX, "min(kinds.shape[0], spans.shape[0]) >= words):", "min(kinds.shape[0], spans.shape[0]) >= 0):"),  # noqa: E501
        (PYX, "marks.shape[1]) >= room\n", "marks.shape[1]) >= room - 1\n"),
        (PYX, "for block in range(2, self.blocks.shape[0] - 2):\n            i, j, size = self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2]\n            if not", "for block in range(3, self.blocks.shape[0] - 2):\n            i, j, size = self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2]\n            if not"),  # noqa: E501
        (PYX, "            elif overlap < size:\n", "            elif overlap <= size:\n"),
        (PYX, "self.stop(last, 0) - i, self.stop(last, 1) - j)", "self.stop(last, 0) - i)"),
        (PYX, "range(1, min(self.blocks[block - 1, 2], self.most_shift) + 1)", "range(1, self.most_shift + 1)"),  # noqa: E501
        (PYX, "range(1, min(self.blocks[block, 2], self.most_shift) + 1)", "range(1, self.most_shift + 1)"),  # noqa: E501
        (PYX, "(worth == most and shift < -best)", "(worth == most and shift <= -best)"),
        (PYX, "while last > 0 and self.is_island", "while last >= 0 and self.is_island"),
        (PYX, "limit = limit // 4", "limit = limit // 3"),
        (PYX, "            if i + tail < i_stop:\n", "            if i + tail <= i_stop:\n"),
        (PYX, "if word == 0 or word == words.count:", "if word == 0:"),
        (PYX, "or words.is_empty(word - 1):", "or False:"),
        (PYX, "self.places[STRETCHES, at] != change and not self.taken[other]", "not self.taken[other]"),  # noqa: E501
        (PYX, "while (size < limit and not self.taken[other + size]", "while (size < limit"),
        (PYX, "min(span, stretch) + 1) // 2", "min(span, stretch)) // 2"),
        (PYX, "limit = min(period, self.stop(", "limit = max(period, self.stop("),
        (PYX, "for at in range(stop - start + 1):\n            self.places[RUN_ENDS", "for at in range(stop - start):\n            self.places[RUN_ENDS"),  # noqa: E501
        (PYX, "if first >= cleared and self.places", "if first >= 0 and self.places"),
        (PYX, "return low if low < self.wanted_count and", "return low if"),
        (PYX, "if at >= 0 and self.places[FIRST_PLACES, at] < 0:", "if at >= 0:"),
        (PYX, "            elif has_tandems:\n", "            elif False:\n"),
        (PYX, "if (i_stop - i) * (j_stop - j) > SMALL_GAP:", "if (i_stop - i) * (j_stop - j) < SMALL_GAP:"),  # noqa: E501
    ]
]  # fmt: skip


def try_mutant(mutant: Mutant, folder: Path) -> str:
    """The check that noticed the mutant first; empty if none did."""
    noticed = run_checks(mutant, folder / "plain")
    if noticed:
        return noticed
    compiler = os.environ.get("CC", "cc").split()[0]
    library = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    sanitizer = {"LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
    noticed = run_checks(mutant, folder / "address", sanitizer)
    return noticed and f"{noticed} with AddressSanitizer"


def run_checks(mutant: Mutant, source: Path, sanitizer: dict[str, str] | None = None) -> str:
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "build", "dist", "*.so", "_kernels.c", "*.egg-info"),
    )
    path = source / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.path} has {text.count(mutant.old)} times: {mutant.old}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    setup = source / "setup.py"
    setup.write_text(setup.read_text(encoding="utf-8").replace('"-O3"', '"-O0"'), encoding="utf-8")
    settings = {
        **os.environ,
        "PYTHONPATH": str(source),
        "DEDUPE_EXPECT_KERNELS": str(source),
        "DEDUPE_REQUIRE_KERNELS": "1",
        # Freed and allocated blocks are filled with a pattern, so that wrong reads and frees show.
        "MALLOC_PERTURB_": "165",
        "PYTHONMALLOC": "malloc",
    }
    build = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    flags = {"DEDUPE_SANITIZE": "address"} if sanitizer else {}
    subprocess.run(build, cwd=source, env=settings | flags, check=True, capture_output=True)
    for name, tests in CHECKS:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests]
        try:
            result = subprocess.run(
                [*command, "--rootdir", str(source)],
                cwd=source, env=settings | (sanitizer or {}), capture_output=True, text=True,
                check=False, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"{name} (does not end)"
        if result.returncode:
            output = result.stdout + result.stderr
            if result.returncode < 0 or "AddressSanitizer" in output:
                return f"{name} (crash)"
            return f"{name} (guard)" if GUARD in output else name
    return ""


def show(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|") + "`"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", help="the mutant of this number")
    parser.add_argument("--output", type=Path, help="write the table there as well")
    arguments = parser.parse_args()
    rows = ["| No. | Where | Instead of | Stands | Noticed by |", "|--|--|--|--|--|"]
    missed = 0
    for number, mutant in enumerate(MUTANTS, 1):
        if arguments.only and number not in arguments.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            noticed = try_mutant(mutant, Path(folder))
        missed += not noticed
        name = Path(mutant.path).name
        cells = [str(number), name, show(mutant.old), show(mutant.new), noticed or "**nothing**"]
        rows.append("| " + " | ".join(cells) + " |")
        print(rows[-1], flush=True)
        if arguments.output:
            arguments.output.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
