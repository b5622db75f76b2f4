"""The settings of a scan, a class for each stage.

Flags, settings files, the JSON report and the documentation use the same names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args

import msgspec

from dedupe.model.encodings import chosen_encoding
from dedupe.model.errors import ConfigError
from dedupe.model.formats import AUTO, input_formats
from dedupe.model.keep_rules import DEFAULT_KEEP, KEEP_RULES, sites_of_rule
from dedupe.model.nearest import did_you_mean
from dedupe.model.processors import available_processors
from dedupe.model.relations import Relation

Linkage = Literal["star", "single", "complete"]

KernelChoice = Literal["auto", "compiled", "plain"]

OnError = Literal["skip", "fail"]

TextFormat = Literal["text", "html"]

HtmlMode = Literal["article", "text", "raw"]

FurnitureMode = Literal["keep", "report", "ignore"]

ALWAYS_FOUND = str(Relation.NEAR)
"""What every scan looks for."""

FIND = (ALWAYS_FOUND, str(Relation.CONTAINED), "passages")
"""What a scan can look for."""

MAX_PASSAGE = 10_000
"""The largest value of ``min_passage``."""

MAX_BUCKET = 500
"""The default of ``max_bucket``; how it was measured stands in ``docs/architecture.md``."""

MIN_MEMORY = 200_000_000
"""The least value of ``max_memory``: the interpreter, its libraries and batches in work take it."""

LIMIT_NAMES = (
    "max_document_bytes",
    "max_line_bytes",
    "max_unpacked_bytes",
    "max_ratio",
    "max_depth",
    "max_values",
    "max_members",
    "max_tokens",
)

MAX_LIMITS = {"max_document_bytes": 2**30, "max_line_bytes": 2**30}
"""The largest values of some limits: numbers in locators and kernels would overflow beyond."""


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that check their types: each value has the type of its default.

    A list, or a single string, becomes a tuple; a whole number becomes a float.
    """

    def __post_init__(self) -> None:
        for name, default in zip(self.__struct_fields__, self.__struct_defaults__, strict=True):
            value = getattr(self, name)
            if isinstance(default, tuple) and isinstance(value, (list, str)):
                value = (value,) if isinstance(value, str) else tuple(value)
                msgspec.structs.force_setattr(self, name, value)
            if isinstance(default, float) and isinstance(value, (int, float)):
                # NumPy's scalars too: they are floats, but cannot be written as JSON.
                value = value if isinstance(value, bool) else float(value)
                msgspec.structs.force_setattr(self, name, value)
            items = value if isinstance(value, tuple) else ()
            check_setting(
                all(isinstance(item, str) for item in items), name, value, "made of strings"
            )
            expected = (int, float) if isinstance(default, float) else type(default)
            valid = isinstance(value, expected) and isinstance(value, bool) == isinstance(
                default, bool
            )
            check_setting(valid, name, value, _KINDS[type(default)])

    def _check_choice(self, name: str, choices: Sequence[str]) -> None:
        value = getattr(self, name)
        check_setting(value in choices, name, value, f"one of {', '.join(choices)}")

    def _check_range(self, name: str, lowest: int, highest: int) -> None:
        value = getattr(self, name)
        check_setting(lowest <= value <= highest, name, value, f"{lowest} to {highest}")


class ReadSettings(_Checked, frozen=True, kw_only=True):
    """How files become texts.

    :param text_field: fields of a record that hold its text, as dotted paths, joined by a blank
        line (none: the usual names are tried)
    :param id_field: field of a record that holds its id, where it has one, as a dotted path
    :param meta_field: fields of a record that the report carries, as dotted paths
    :param date_field: field of a record that holds its date, as a dotted path (empty: the usual
        names are tried)
    :param no_header: whether CSV files have no header: the fields of a row are called 1, 2, 3, …
    :param input_format: how to read files (``auto``: by ending and content)
    :param text_format: whether the text of a record is plain text, or HTML to be read like a page
    :param html: which part of a page is its text: the article, all visible text, or the source
    :param html_max_bytes: the longest page whose layout is read; a page beyond this or one of the
        next four limits is read without its layout
    :param html_max_depth: how deep the elements of a page may be nested
    :param html_max_elements: the most elements of a page
    :param html_max_attributes: the most attributes of one element of a page
    :param html_max_seconds: how long it may take to read a page
    :param glob: patterns of which a file below a folder must match one (none: every file)
    :param exclude: patterns of files and folders that are left out
    :param ignore: whether ``.gitignore`` and ``.dedupeignore`` leave files out of folders
    :param max_document_bytes: a longer document is skipped
    :param max_line_bytes: a longer line of a file of records is skipped
    :param max_unpacked_bytes: the most bytes that one compressed file or archive may unpack to
    :param max_ratio: how many times its size any stretch of it may unpack to, beyond 64 MB
    :param max_depth: how deep lists and objects in a record may be nested
    :param max_values: the most lists, objects and items in a JSON record, or in a JSON file
    :param max_members: the most members of one archive
    :param max_tokens: a document with more tokens is skipped
    :param records: where the records of a JSON file are inside it, as a dotted path; or the table
        of a SQLite database
    :param max_window: the longest window of zstd data in bytes, which unpacking it takes as memory
    :param follow: whether symbolic links below folders are followed
    :param all_files: whether source code, style sheets, licences, lock and build files below
        folders are read too
    :param encoding: the encoding of all text without a byte order mark (empty: each file shows it)
    :param keep_stream: whether what a pipe gives is kept until the end, so that its texts can be
        shown
    """

    text_field: tuple[str, ...] = ()
    id_field: str = "id"
    meta_field: tuple[str, ...] = ()
    date_field: str = ""
    no_header: bool = False
    input_format: str = AUTO
    text_format: TextFormat = "text"
    html: HtmlMode = "article"
    html_max_bytes: int = 20_000_000
    html_max_depth: int = 250
    html_max_elements: int = 100_000
    html_max_attributes: int = 1000
    html_max_seconds: float = 60.0
    glob: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore: bool = True
    max_document_bytes: int = 64_000_000
    max_line_bytes: int = 64_000_000
    max_unpacked_bytes: int = 200_000_000_000
    max_ratio: int = 200
    max_depth: int = 500
    max_values: int = 4_000_000
    max_members: int = 500_000
    max_tokens: int = 10_000_000
    records: str = ""
    max_window: int = 2**27
    follow: bool = False
    all_files: bool = False
    encoding: str = ""
    keep_stream: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoding:
            msgspec.structs.force_setattr(self, "encoding", chosen_encoding(self.encoding))
        self._check_choice("input_format", input_formats())
        self._check_choice("text_format", get_args(TextFormat))
        self._check_choice("html", get_args(HtmlMode))
        for name in LIMIT_NAMES:
            self._check_range(name, 1, MAX_LIMITS.get(name, 2**63 - 1))
        self._check_range("max_window", 2**10, 2**31)
        for name in ("bytes", "depth", "elements", "attributes"):
            value = getattr(self, f"html_max_{name}")
            check_setting(value >= 1, f"html_max_{name}", value, "at least 1")
        seconds = self.html_max_seconds
        check_setting(
            0 < seconds <= 86400, "html_max_seconds", seconds, "above 0 and at most 86400"
        )


class SketchSettings(ReadSettings, frozen=True, kw_only=True):
    """How texts become sketches; with what it inherits, also how they were read.

    :param shingle_size: tokens in a shingle
    :param num_perm: permutations (length of a signature)
    :param seed: seed of the permutations, as datasketch takes it
    :param min_tokens: a document with fewer tokens is left out of the comparison, and counted
    :param ignore_numbers: whether tokens of digits alone are all alike in shingles
    """

    shingle_size: int = 5
    num_perm: int = 128
    seed: int = 1
    min_tokens: int = 0
    ignore_numbers: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("shingle_size", 1, 1000)
        self._check_range("num_perm", 1, 65536)
        self._check_range("seed", 0, 2**32 - 1)
        self._check_range("min_tokens", 0, 2**31 - 1)


class MatchSettings(SketchSettings, frozen=True, kw_only=True):
    """How pairs are found among sketches; with what it inherits, also how these were made.

    :param threshold: exact Jaccard at or above which two documents are duplicates, in (0, 1]
    :param recall: share of the pairs at the threshold that the bands must find, in (0, 1)
    :param max_bucket: groups in a bucket above which only a few of them are compared with all
    :param furniture: what to do with passages that a site or the corpus repeats: nothing, tell
        which duplicates rest on them, or leave them out of the comparison
    :param furniture_list: a list of such passages to be used in place of those that are found
    :param find: what is looked for: near-duplicates always, documents in others, shared passages
    :param min_passage: tokens of the shortest shared passage; also the fewest shingles of a
        document that is called contained
    :param containment: share of its shingles at or above which a document stands in another
    """

    threshold: float = 0.7
    recall: float = 0.98
    max_bucket: int = MAX_BUCKET
    furniture: FurnitureMode = "keep"
    furniture_list: str = ""
    find: tuple[str, ...] = (ALWAYS_FOUND,)
    min_passage: int = 50
    containment: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_setting(0 < self.threshold <= 1, "threshold", self.threshold, "above 0 and at most 1")
        check_setting(0 < self.recall < 1, "recall", self.recall, "between 0 and 1")
        check_setting(self.max_bucket >= 2, "max_bucket", self.max_bucket, "at least 2")
        self._check_choice("furniture", get_args(FurnitureMode))
        check_setting(
            not self.furniture_list or self.furniture != "keep",
            "furniture_list",
            self.furniture_list,
            "empty where furniture is keep: it goes with report or ignore",
        )
        self._check_find()

    def _check_find(self) -> None:
        find, share = self.find, self.containment
        known = f"made of {', '.join(FIND)}, with {ALWAYS_FOUND} among them"
        check_setting({ALWAYS_FOUND} <= set(find) <= set(FIND), "find", find, known)
        ordered = tuple(each for each in FIND if each in find)
        msgspec.structs.force_setattr(self, "find", ordered)
        check_setting(
            self.furniture == "keep" or not self.looks_inside,
            "find",
            find,
            "near alone unless furniture is keep: places in a text without it mean nothing",
        )
        self._check_range("min_passage", 1, MAX_PASSAGE)
        check_setting(0 < share <= 1, "containment", share, "above 0 and at most 1")
        if self.looks_inside and self.min_passage < self.shingle_size:
            least = f"at least the {self.shingle_size} tokens of a shingle (shingle_size)"
            check_setting(False, "min_passage", self.min_passage, least)

    @property
    def looks_inside(self) -> bool:
        """Whether documents are looked for that stand in others, or share a passage with them."""
        return len(self.find) > 1

    @property
    def looks_for_passages(self) -> bool:
        """Whether pairs that share a passage only are looked for."""
        return FIND[-1] in self.find


class ScanSettings(MatchSettings, frozen=True, kw_only=True):
    """How pairs become clusters; with what it inherits, every setting that changes a result.

    It is ``config`` in the report. Each class of settings inherits those of the stages before
    it, so that a stage knows how its input was made, and nothing of the stages after it.

    :param linkage: how duplicate pairs make clusters
    :param keep: rules that order the documents; the first of a cluster is its representative
    :param embed_text: store the texts of clustered documents in the report
    """

    linkage: Linkage = "star"
    keep: tuple[str, ...] = DEFAULT_KEEP
    embed_text: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("linkage", get_args(Linkage))
        for rule in self.keep:
            known = rule in KEEP_RULES or any(sites_of_rule(rule))
            check_setting(
                known, "keep", rule, f"made of {', '.join(KEEP_RULES)} and site=a.example"
            )

    def in_report_order(self) -> dict[str, Any]:
        """The values by name, in the order of the JSON report."""
        return {name: getattr(self, name) for name in SETTING_NAMES}


class Config(ScanSettings, frozen=True, kw_only=True):
    """The settings of one scan: those that change results, and how it is run.

    :param workers: threads that sketch and verify (0: one for each available processor)
    :param kernels: which implementation sketches and verifies; the results are the same
    :param on_error: whether a document that cannot be read is skipped, or ends the scan
    :param max_memory: about the bytes of memory that the scan may take; with more data it uses the
        work folder (0: a few hundred bytes for each document, and some 300 MB)
    :param work_dir: the work folder (empty: the system's temporary folder)
    :raises ConfigError: if a value is outside its range
    """

    workers: int = 0
    kernels: KernelChoice = "auto"
    on_error: OnError = "skip"
    max_memory: int = 0
    work_dir: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_setting(0 <= self.workers <= 1024, "workers", self.workers, "0 (automatic) to 1024")
        self._check_choice("kernels", get_args(KernelChoice))
        self._check_choice("on_error", get_args(OnError))
        bounded = self.max_memory == 0 or self.max_memory >= MIN_MEMORY
        least = f"0 (no bound) or at least {MIN_MEMORY} bytes"
        check_setting(bounded, "max_memory", self.max_memory, least)

    @property
    def settings(self) -> ScanSettings:
        """The settings that change results."""
        return ScanSettings(**self.in_report_order())

    @property
    def worker_count(self) -> int:
        """The number of threads to use."""
        return self.workers or available_processors()


_KINDS: dict[type, str] = {
    float: "a number",
    int: "a whole number",
    str: "a string",
    tuple: "a list",
    bool: "true or false",
}

_FIRST_IN_REPORT = (
    "threshold",
    "shingle_size",
    "num_perm",
    "recall",
    "seed",
    "linkage",
    "keep",
    "max_bucket",
)

SETTING_NAMES: tuple[str, ...] = (
    *_FIRST_IN_REPORT,
    *(name for name in ScanSettings.__struct_fields__ if name not in _FIRST_IN_REPORT),
)
"""The names of :class:`ScanSettings`, in the order of the JSON report."""

CONFIG_NAMES: tuple[str, ...] = (
    *SETTING_NAMES,
    *(name for name in Config.__struct_fields__ if name not in SETTING_NAMES),
)


def make_config(values: dict[str, Any]) -> Config:
    """A config from plain values, as a settings file or a command line has them.

    :raises ConfigError: if a name is unknown or a value is of the wrong type or range
    """
    for name in values:
        if name not in CONFIG_NAMES:
            raise ConfigError(f"there is no setting {name!r}{did_you_mean(name, CONFIG_NAMES)}")
    return Config(**values)


def check_setting(valid: bool, name: str, value: object, expected: str) -> None:
    """:raises ConfigError: if the value of a setting is not valid"""
    if not valid:
        meant = did_you_mean(value, re.findall("[a-z][a-z-]+", expected))
        raise ConfigError(f"{name} is {value!r}, but must be {expected}{meant}")
