"""Edits of files of records that are not UTF-8.

The locators of such records count bytes of the content in UTF-8
(:mod:`dedupe.sources.encoding.recoding`). Their positions in the original bytes are found here, so
that original bytes are left out or copied, and nothing is encoded again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dedupe.applying.rewriting.edits import Edit, edited_blocks
from dedupe.sources.encoding.recoding import Recoder
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.records.removal import CannotRewriteError

_BLOCK_BYTES = 1 << 18


def recode_edits(
    content: SeekableBytes, encoding: str, is_chosen: bool, edits: Sequence[Edit]
) -> list[Edit]:
    """The same edits, in bytes of the original content.

    :param content: uncompressed; read three times from its beginning to its end
    :param is_chosen: whether the settings chose the encoding
    :param edits: of the content in UTF-8, without replacements
    :raises CannotRewriteError: if the rest would be decoded differently without the edited bytes
    """
    try:
        recoder = Recoder(encoding, is_chosen)
        ends = {end for edit in edits for end in edit[:2]}
        found = _find_positions(content, encoding, recoder, ends)
        raw_edits = [Edit(found[edit.begin], found[edit.end]) for edit in edits]
    except (KeyError, UnicodeError):
        raise CannotRewriteError(f"its {encoding} is odd at a document that goes") from None
    left = edited_blocks(_blocks(content), raw_edits)
    kept = Recoder(encoding, is_chosen).recode(left, _BLOCK_BYTES)
    digest = _hash(kept)
    recoded = Recoder(encoding, is_chosen).recode(_blocks(content), _BLOCK_BYTES)
    if digest != _hash(edited_blocks(recoded, edits)):
        raise CannotRewriteError(f"what stays would not be read as {encoding} any more")
    return raw_edits


def _find_positions(
    content: SeekableBytes, encoding: str, recoder: Recoder, positions: Collection[int]
) -> dict[int, int]:
    """The original position of each position in the content in UTF-8, without those beyond it."""
    found: dict[int, int] = {}
    waiting = sorted(positions, reverse=True)
    at = raw_at = 0
    for raw, recoded in recoder.pieces(_blocks(content)):
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
