r"""The file of decisions: what people decided about documents and pairs, in a text made for review.

Version 2, which ``dedupe review`` writes, is JSON Lines in ASCII. The first line is the version,
every other line one decision::

    {"dedupe_decisions": 2}
    {"content_hash": "03…", "id": "a.txt", "choice": "keep"}
    {"content_hash": "7f…", "id": "b.txt", "choice": "drop", "by": "ana", "at": "2026-12-01"}
    {"content_hashes": ["03…", "7f…"], "choice": "different", "ids": ["a.txt", "b.txt"]}

A line with ``content_hash`` is about a document: it is kept, or dropped. One with
``content_hashes`` is about a pair of texts, the smaller hash first: they are the ``same`` (copies
of one another), ``different``, or somebody looked and is ``unsure``. Hashes are the content hashes
of reports (XXH3-128, 32 hexadecimal digits), so a pair holds wherever its texts are; the ids of a
pair, ``by`` and ``at`` are for people alone. Lines are sorted, so that equal decisions give equal
bytes; when read they may be in any order and repeated, as a merge leaves them. Two lines that
contradict each other are an error.

Version 1, which the HTML report saves, is one JSON object with the documents of one report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec

from dedupe.model.errors import InputError
from dedupe.sources.encoding.text_encoding import without_mark
from dedupe.sources.files.system_errors import describe_error

DECISIONS_VERSION: Final = 2
MAX_BYTES: Final = 100_000_000
"""Most bytes of a file of decisions; nobody makes so many."""

Choice = Literal["keep", "drop"]
PairChoice = Literal["same", "different", "unsure"]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
HashPair = tuple[str, str]

_CONFLICT_MARKS: Final = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_NAMED: Final = 3


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person chose about a document; the hash is that of the text which they saw.

    :param by: who decided; empty if not known
    :param at: when; empty if not known
    """

    content_hash: str
    id: str
    choice: Choice
    by: str = ""
    at: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about; the file is sorted by it."""
        return self.content_hash, "", self.id

    @property
    def name(self) -> str:
        """What it is about, for people."""
        return self.id


class PairDecision(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person judged of two texts, the smaller hash first.

    :param ids: the documents that they saw, in the order of the hashes; empty if not known
    """

    content_hashes: tuple[Hash, Hash]
    choice: PairChoice
    ids: tuple[str, str] = ("", "")
    by: str = ""
    at: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about; the file is sorted by it."""
        return self.content_hashes

    @property
    def name(self) -> str:
        """What it is about, for people."""
        names = zip(self.ids, self.content_hashes, strict=True)
        return " and ".join(id or content_hash for id, content_hash in names)


AnyDecision = Decision | PairDecision


class Decisions(msgspec.Struct, frozen=True):
    """The content of a file of decisions.

    :param report: the fingerprint of the report on which they were made (version 1 only)
    """

    dedupe_decisions: int
    report: str
    decisions: tuple[Decision, ...]
    pairs: tuple[PairDecision, ...] = ()

    @property
    def everything(self) -> tuple[AnyDecision, ...]:
        """The decisions about documents, then those about pairs."""
        return (*self.decisions, *self.pairs)

    @property
    def choices(self) -> dict[str, Choice]:
        """The choices about documents by id."""
        return {each.id: each.choice for each in self.decisions}

    @property
    def judged(self) -> dict[HashPair, PairChoice]:
        """The choices about pairs by their two hashes, the smaller one first."""
        return {each.content_hashes: each.choice for each in self.pairs}

    @property
    def different(self) -> frozenset[HashPair]:
        """The pairs that are different."""
        return frozenset(key for key, choice in self.judged.items() if choice == "different")


def hash_pair(left: str, right: str) -> HashPair:
    """Two content hashes as a file of decisions has them."""
    return (left, right) if left < right else (right, left)


def gather_decisions(decisions: Iterable[AnyDecision]) -> Decisions:
    """Decisions in the order of a file."""
    ordered = sorted(decisions, key=lambda each: each.key)
    return Decisions(
        DECISIONS_VERSION,
        "",
        tuple(each for each in ordered if isinstance(each, Decision)),
        tuple(each for each in ordered if isinstance(each, PairDecision)),
    )


def read_decisions(path: str) -> Decisions:
    """Read a file of decisions of either version.

    :raises InputError: if it cannot be read, or is none
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {describe_error(error)}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: is larger than any file of decisions")
    return parse_decisions(without_mark(data), path)


def format_decisions(decisions: Iterable[AnyDecision]) -> bytes:
    """The content of a file of decisions; equal decisions give equal bytes."""
    ordered = sorted(decisions, key=lambda each: each.key)
    lines = [{"dedupe_decisions": DECISIONS_VERSION}, *map(msgspec.to_builtins, ordered)]
    return "".join(f"{_ascii_json(line)}\n" for line in lines).encode()


def _ascii_json(value: Any) -> str:
    """JSON that no id can steer what shows it with."""
    return json.dumps(value).replace("\x7f", "\\u007f")


# --- reading ------------------------------------------------------------------------------------


class _Version(msgspec.Struct):
    dedupe_decisions: int


class _VersionOne(msgspec.Struct):
    report: str
    decisions: tuple[Decision, ...]


def parse_decisions(data: bytes, name: str) -> Decisions:
    """The decisions in the content of a file.

    :raises InputError: if it is no file of decisions, one of another version, or contradicts itself
    """
    first, _, rest = data.partition(b"\n")
    version = _version_of(first) or _version_of(data)
    if version is None:
        raise InputError(
            f"{name}: is no file of decisions, which the HTML report and dedupe review save"
        )
    if not 1 <= version <= DECISIONS_VERSION:
        raise InputError(
            f"{name}: has version {version} of decisions; this dedupe reads up to "
            f"{DECISIONS_VERSION}"
        )
    if version == 1:
        return _parse_first_version(data, name)
    if not _is_header(first):
        raise InputError(f"{name}: cannot be read as decisions: its first line is not its own")
    return _parse_lines(rest, name)


def _is_header(line: bytes) -> bool:
    try:
        found = msgspec.json.decode(line, type=dict[str, int])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return found == {"dedupe_decisions": DECISIONS_VERSION}


def _version_of(data: bytes) -> int | None:
    try:
        return msgspec.json.decode(data, type=_Version).dedupe_decisions
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _parse_first_version(data: bytes, name: str) -> Decisions:
    try:
        found = msgspec.json.decode(data, type=_VersionOne)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: cannot be read as decisions: {error}") from None
    if len({each.id for each in found.decisions}) < len(found.decisions):
        raise InputError(f"{name}: decides about a document more than once")
    return Decisions(1, found.report, found.decisions)


def _parse_lines(data: bytes, name: str) -> Decisions:
    found: dict[tuple[str, ...], AnyDecision] = {}
    against: list[str] = []
    for number, line in enumerate(data.split(b"\n"), 2):
        if line.startswith(_CONFLICT_MARKS):
            raise InputError(
                f"{name}:{number}: a merge conflict is not resolved; keep the lines of both "
                "sides, remove the marks, and of lines that contradict each other keep one"
            )
        if not line.strip() or _is_header(line):
            continue
        each = _parse_line(line, f"{name}:{number}")
        if found.setdefault(each.key, each).choice != each.choice:
            against.append(f"{each.name} (line {number})")
    if against:
        more = f" and {len(against) - _NAMED:,} more" if len(against) > _NAMED else ""
        raise InputError(
            f"{name}: contradicts itself about {', '.join(against[:_NAMED])}{more}; "
            "keep one line of each"
        )
    return gather_decisions(found.values())


def _parse_line(line: bytes, place: str) -> AnyDecision:
    kind: type[AnyDecision] = PairDecision if b'"content_hashes"' in line else Decision
    try:
        each: AnyDecision = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{place}: is no decision: {error}") from None
    if not isinstance(each, PairDecision):
        return each
    left, right = each.content_hashes
    if left == right:
        raise InputError(f"{place}: a pair of one text with itself is no decision")
    if left < right:
        return each
    return msgspec.structs.replace(each, content_hashes=(right, left), ids=each.ids[::-1])


# --- merging ------------------------------------------------------------------------------------


class Disagreement(msgspec.Struct, frozen=True):
    """A document or pair on which two files disagree."""

    left: AnyDecision
    right: AnyDecision


def merge_decisions(
    left: Decisions, right: Decisions
) -> tuple[list[AnyDecision], list[Disagreement]]:
    """The decisions of two files, and where they disagree; those are in neither's favour.

    Of two equal choices the one that was made first is taken.
    """
    merged: dict[tuple[str, ...], AnyDecision] = {}
    against: dict[tuple[str, ...], Disagreement] = {}
    for each in (*left.everything, *right.everything):
        other = merged.setdefault(each.key, each)
        if other.choice != each.choice:
            against[each.key] = Disagreement(other, each)
        else:
            merged[each.key] = min(other, each, key=lambda d: (d.at or "~", d.by))
    for key in against:
        del merged[key]
    return [merged[key] for key in sorted(merged)], [against[key] for key in sorted(against)]
