"""Edits of files of records that are not UTF-8.

Where such records stand is told in bytes of the content in UTF-8
(:mod:`dedupe.sources.encoding.recoding`). These places are found again in the file as it stands, so
that its bytes are left out and kept, and nothing is encoded anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dedupe.applying.rewriting.edits import Edit, edited_blocks
from dedupe.sources.encoding.recoding import Recoder
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.records.removal import CannotRewriteError

_BLOCK_BYTES = 1 << 18


def edits_as_they_stand(content: SeekableBytes, encoding: str, edits: Sequence[Edit]) -> list[Edit]:
    """The same edits, of the content as it stands.

    :param content: uncompressed; read three times from its beginning to its end
    :param edits: of the content in UTF-8, without replacements
    :raises CannotRewriteError: if what stays would not be read as it is now
    """
    try:
        found = _find_places(content, encoding, {place for edit in edits for place in edit[:2]})
        raw_edits = [Edit(found[edit.begin], found[edit.end]) for edit in edits]
    except (KeyError, UnicodeError):
        raise CannotRewriteError(f"its {encoding} is odd at a document that goes") from None
    kept = Recoder(encoding).recode(edited_blocks(_blocks(content), raw_edits), _BLOCK_BYTES)
    digest = _hash(kept)
    recoded = Recoder(encoding).recode(_blocks(content), _BLOCK_BYTES)
    if digest != _hash(edited_blocks(recoded, edits)):
        raise CannotRewriteError(f"what stays would not be read as {encoding} any more")
    return raw_edits


def _find_places(content: SeekableBytes, encoding: str, places: Collection[int]) -> dict[int, int]:
    """Where places of the content in UTF-8 are in it as it stands; not those beyond its end."""
    found: dict[int, int] = {}
    waiting = sorted(places, reverse=True)
    at = raw_at = 0
    for raw, recoded in Recoder(encoding).pieces(_blocks(content)):
        end, raw_end, is_utf8 = at + len(recoded), raw_at + len(raw), raw == recoded
        while waiting and waiting[-1] < end:
            size = waiting[-1] - at
            raw_at += size if is_utf8 else len(recoded[:size].decode().encode(encoding))
            at, recoded = at + size, recoded[size:]
            found[waiting.pop()] = raw_at
        at, raw_at = end, raw_end
    found[at] = raw_at
    return found


def _blocks(content: SeekableBytes) -> Iterator[bytes]:
    content.seek(0)
    return iter(lambda: content.read(_BLOCK_BYTES), b"")


def _hash(blocks: Iterable[bytes]) -> bytes:
    import xxhash

    state = xxhash.xxh3_128()
    for block in blocks:
        state.update(block)
    return state.digest()
