"""What the registered formats tell of themselves fits together."""

from __future__ import annotations

from collections import Counter

import pytest

from dedupe.model.documents import Locator, SourceInfo
from dedupe.model.errors import ConfigError
from dedupe.model.formats import FORMATS, input_formats
from dedupe.model.settings import ScanSettings
from dedupe.sources.formats.recognition import recognise_name, recognise_source
from dedupe.sources.formats.registry import all_formats, format_named, rereader_of
from dedupe.sources.records.removal import CannotRewriteError
from dedupe.sources.unpack.archive_kinds import ARCHIVES


@pytest.mark.parametrize("name", FORMATS)
def test_each_is_found_by_its_name_and_can_read(name: str) -> None:
    chosen = format_named(name)
    assert chosen.name == name
    assert callable(rereader_of(chosen, ScanSettings(html="raw")))


def test_no_two_claim_one_ending_or_one_beginning() -> None:
    endings = Counter(ending for each in all_formats() for ending in each.endings)
    assert max(endings.values()) == 1 and all(ending[0] == "." for ending in endings)
    magics = [magic for each in all_formats() for magic in each.magics]
    assert not [(a, b) for a in magics for b in magics if a is not b and a.startswith(b)]
    assert not {*FORMATS} & {*ARCHIVES, "auto"}


@pytest.mark.parametrize("name", FORMATS)
def test_each_ending_tells_the_format_unless_the_settings_do(name: str) -> None:
    for ending in format_named(name).endings:
        assert recognise_name(f"a/b{ending}", "auto") == name
        assert recognise_source(f"a/b{ending.upper()}.gz", "auto") == name
        assert recognise_name(f"a/b{ending}", "warc") == "warc"


def test_the_setting_takes_what_is_registered_and_nothing_else() -> None:
    for name in input_formats():
        assert ScanSettings(input_format=name).input_format == name
    with pytest.raises(ConfigError, match=r"one of auto, text, lines, jsonl, .*, mbox$"):
        ScanSettings(input_format="zip")


def test_records_are_placed_by_line_or_row() -> None:
    places = {name: SourceInfo("x", name).name_record(3) for name in [*FORMATS, "of the future"]}
    by_row = {name for name, place in places.items() if place == "x#3"}
    assert by_row == {"json", "csv", "tsv", "parquet", "arrow", "xml", "mbox", "sqlite"}
    assert {*places.values()} == {"x#3", "x:3"}


def test_a_format_without_a_way_to_take_documents_out_refuses() -> None:
    with pytest.raises(CannotRewriteError, match="does not write the format text"):
        format_named("text").find_ranges(None, [Locator(0, 0, 1)])  # type: ignore[arg-type]
