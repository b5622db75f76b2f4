"""Guesses the encoding of bytes that are not UTF-8, and says when the guess is doubtful.

chardet scores how well each candidate reads the bytes as a language. It drops a candidate for a
single byte that it cannot decode. So parts of the bytes are scored one by one, and a damaged byte
costs only its part.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from dedupe.model.encodings import UTF8, encoding_named
from dedupe.sources.encoding.accents import WESTERN, choose_reading
from dedupe.sources.encoding.escapes import escaped_encoding
from dedupe.sources.encoding.guess import NO_GUESS, Guess
from dedupe.sources.encoding.plausibility import (
    holds_controls,
    holds_kana,
    letters_of,
    looks_misread,
    mixes_scripts,
    oddness,
)
from dedupe.sources.encoding.text_encoding import REPLACEMENT

SAMPLE_BYTES = 1 << 16
"""How many bytes of a document's beginning are looked at."""

_CANDIDATE_NAMES = """
    cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 koi8-r koi8-u
    iso8859-1 iso8859-2 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-13 iso8859-15
    gb18030 big5hkscs cp932 euc_jis_2004 cp949 euc_kr johab
    cp850 cp437 cp737 cp852 cp855 cp857 cp862 cp866
    mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish
"""
CANDIDATES = _CANDIDATE_NAMES.split()
"""What may be guessed, in chardet's names; of encodings that read a text alike, the first wins."""

_PART_BYTES, _MAX_PARTS = 2048, 6
_MIN_PART_BYTES = 100
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_ACCENTS = re.compile(
    rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])|(?<=[A-Za-z])[\x80-\xff]{2}(?=[A-Za-z])"
)
_QUOTES = re.compile(
    rb"\x80(?![A-Za-z\x80-\xff])"
    rb"|(?<![A-Za-z\x80-\xff])[\x85\x91-\x97\x99\xab\xbb]+(?![\x80-\xff])"
    rb"|(?<![\x80-\xff])[\x85\x91-\x97\x99\xab\xbb]+(?![A-Za-z\x80-\xff])"
    rb"|(?<=\\[nrt])[\x80\x85\x91-\x97\x99\xab\xbb]+(?![\x80-\xff])"  # a line break of JSON
    rb"|(?<=[A-Za-z])[\x92\x97](?=[A-Za-z])"
    rb"|(?<![\x80-\xff])[\xa0\xa9\xae](?![\x80-\xff])"
    rb"|(?<![A-Za-z\x80-\xff])[\xa3\xa7](?![A-Za-z\x80-\xff])"
)
"""Typographic signs of Windows where prose in Latin letters has them."""

_MAX_LATIN_SHARE = 0.1
_SAFE_ENDS = re.compile(rb"[\t\n\r -/]")
"""Bytes that no character of several bytes ends with: behind one of them a part may begin."""

_JAPANESE, _CHINESE = ("cp932", "euc_jp"), ("gb18030", "big5hkscs")
_KANA_FACTOR, _ODD_FACTOR, _SHORT_BYTES = 0.3, 0.5, 30

_MIN_DECLARED_SHARE = 0.7
"""How many valid characters for one that is not valid show that a page is the UTF-8 it declares."""

_MEANT = {"euc_jis_2004": "euc_jp"}
_FEW_ACCENTS = 8
_NEAR_SHARES = ((200, 0.985), (30, 0.97), (0, 0.9))
"""From how many bytes beyond ASCII on, which share of the best score is as good as the best."""

_RIVAL_SHARE = 0.5
_MIN_SCORE, _ENOUGH_BYTES = 0.06, 100
"""With so many bytes beyond ASCII, text in any language scores more than this."""

_WEAK_SCORE, _FEW_BYTES = 0.1, 12
_WEAK_RIVAL_SHARE = 0.2


def guess_undeclared(data: bytes, declared: str) -> Guess:
    """The encoding of bytes that declare another, but cannot be in that; none where they can.

    :param data: bytes that are not valid UTF-8
    :param declared: the encoding that they declare, in Python's name
    """
    sample = _sample(data)
    if sample.isascii():
        return NO_GUESS
    if declared == UTF8:
        return NO_GUESS if _is_damaged_utf8(sample, _MIN_DECLARED_SHARE) else guess_encoding(data)
    if not looks_misread(text := _decode(sample, declared)):
        return NO_GUESS
    guess = guess_encoding(data)
    is_other = guess.encoding and letters_of(_decode(sample, guess.encoding)) != letters_of(text)
    return guess if is_other and not guess.is_doubtful else NO_GUESS


def guess_encoding(data: bytes) -> Guess:
    """The likeliest encoding of a document or a file that is not valid UTF-8 beyond ASCII.

    It is none for damaged UTF-8: bytes whose characters beyond ASCII are mostly valid UTF-8, or
    that hold a U+FFFD in UTF-8. The result depends on the bytes alone.
    """
    if data.isascii():
        return Guess(escaped_encoding(data))
    sample = _sample(data)
    if _is_damaged_utf8(sample):
        return NO_GUESS
    if (sample := _without_quotes(sample)).isascii():
        return Guess(WESTERN)
    parts = _parts(sample)
    scores, judged = _score(parts), b"\n".join(parts)
    if _has_few_accents(sample):
        return _choose_by_accents(judged, scores)
    scores = _without_impossible(judged, scores)
    best, high_count = max(scores.values(), default=0.0), _count_high(judged)
    if not scores or (best < _MIN_SCORE and high_count >= _ENOUGH_BYTES):
        return NO_GUESS
    return _choose(judged, scores)


def _choose_by_accents(judged: bytes, scores: dict[str, float]) -> Guess:
    """The best of the encodings of Latin letters for text with few accents."""
    names = [WESTERN, *(name for name in _names_by_candidate().values() if name in scores)]
    texts = {name: _decode(judged, name) for name in names}
    return choose_reading(texts, scores)


def _without_impossible(judged: bytes, scores: dict[str, float]) -> dict[str, float]:
    """The scores of the candidates that make writing of the bytes; all where none does."""
    texts = {name: _decode(judged, name) for name in scores}
    possible = {name: scores[name] for name, text in texts.items() if not mixes_scripts(text)}
    is_short = _count_high(judged) < _SHORT_BYTES
    for name in possible:
        is_odd = looks_misread(texts[name]) or (is_short and holds_controls(texts[name]))
        possible[name] *= _ODD_FACTOR if is_odd else 1
    if any(name in possible for name in _JAPANESE):
        for name in _CHINESE:
            if name in possible and holds_kana(texts[name]):
                possible[name] *= _KANA_FACTOR
    return possible or scores


def _sample(data: bytes) -> bytes:
    """The beginning of the bytes; where that is ASCII alone, what stands around the first other.

    DOS ends a text with a SUB, which is no part of it.
    """
    data = data.rstrip(b"\x1a")
    first = _NOT_ASCII.search(data)
    if first is None or first.start() < SAMPLE_BYTES // 2:
        return data[:SAMPLE_BYTES]
    begin = data.rfind(b" ", first.start() - SAMPLE_BYTES // 2, first.start()) + 1
    begin = begin or first.start()
    return data[begin : begin + SAMPLE_BYTES]


def _without_quotes(sample: bytes) -> bytes:
    """Prose in Latin letters without typographic signs, which other encodings have as letters."""
    if _count_high(sample) > _MAX_LATIN_SHARE * len(sample):
        return sample
    plain = _QUOTES.sub(b"'", sample)
    is_latin = all(len(run) <= 2 for run in _NOT_ASCII.findall(plain))
    return plain if is_latin else sample


def _choose(judged: bytes, scores: dict[str, float], chosen: str = "") -> Guess:
    """The best of the candidates, by score and by how odd the text is that each makes.

    :param judged: the bytes that were scored
    :param chosen: the encoding to take, if that is known
    """
    best, high_count = max(scores.values()), _count_high(judged)
    least = best * next(share for count, share in _NEAR_SHARES if high_count >= count)
    is_weak = best < (_WEAK_SCORE if high_count < _FEW_BYTES else _MIN_SCORE)
    share = _WEAK_RIVAL_SHARE if is_weak else _RIVAL_SHARE
    rated = [name for name in scores if scores[name] >= share * best]
    texts = {name: _decode(judged, name) for name in rated}
    near = [name for name in rated if scores[name] >= least]
    odd = {name: oddness(texts[name]) if len(near) > 1 else 0 for name in near}
    order = {name: number for number, name in enumerate(_names_by_candidate().values())}
    if not chosen:
        chosen = min(odd, key=lambda name: (odd[name], -scores[name], order[name]))
    letters = letters_of(texts[chosen])
    rivals = [name for name in rated if letters_of(texts[name]) != letters]
    rivals.sort(key=lambda name: (-scores[name], order[name]))
    is_even = any(odd[name] <= odd[chosen] for name in rivals if name in odd)
    alike = tuple(name for name in rated if name != chosen and name not in rivals)
    return Guess(chosen, tuple(rivals), bool(rivals) and (is_even or is_weak), alike)


def _score(parts: list[bytes]) -> dict[str, float]:
    """How well each candidate reads the bytes, from 0 to 1, in Python's names."""
    from chardet import detect_all

    names = _names_by_candidate()
    scores: dict[str, list[float]] = {}
    for part in parts:
        of_part: dict[str, float] = {}
        for found in detect_all(
            part, ignore_threshold=True, compat_names=False, include_encodings=CANDIDATES
        ):
            if (name := names.get(found["encoding"] or "")) is not None:
                of_part[name] = max(of_part.get(name, 0.0), found["confidence"])
        for name, score in of_part.items():
            scores.setdefault(name, []).append(score)
    # A candidate that fails at some of many parts is not ruled out: these may be damaged.
    means = {name: round(sum(each) / len(each), 3) for name, each in scores.items()}
    least = len(parts) / 2 if len(parts) > 2 else len(parts)
    sound = {name: means[name] for name, each in scores.items() if len(each) >= least}
    return sound if max(sound.values(), default=0.0) >= _MIN_SCORE else means


@lru_cache(maxsize=1)
def _names_by_candidate() -> dict[str, str]:
    """The encoding that each candidate means, by what chardet calls it, the most usual first."""
    return {name: _MEANT.get(name, encoding_named(name)) for name in CANDIDATES}


def _parts(sample: bytes) -> list[bytes]:
    """Up to six parts of the bytes, from their beginning to their end, that hold non-ASCII."""
    count = min(_MAX_PARTS, max(1, len(sample) // _MIN_PART_BYTES))
    stride = len(sample) // count
    parts: list[bytes] = []
    begin = 0
    for number in range(1, count + 1):
        found = _SAFE_ENDS.search(sample, max(begin, stride * number)) if number < count else None
        if number < count and found is None:
            continue
        end = found.end() if found else len(sample)
        part = _dense_part(sample[begin:end])
        parts += [part] if not part.isascii() else []
        begin = end
    return parts


def _dense_part(part: bytes) -> bytes:
    """A part without its ASCII at the beginning, and not much longer than ``_PART_BYTES``."""
    first = _NOT_ASCII.search(part)
    if first is None or len(part) <= _PART_BYTES:
        return part
    ends = [0, *(found.end() for found in _SAFE_ENDS.finditer(part, 0, first.start()))]
    begin = ends[-1] if first.start() - ends[-1] < _PART_BYTES // 2 else first.start()
    if (cut := _SAFE_ENDS.search(part, begin + _PART_BYTES)) is not None:
        return part[begin : cut.end()]
    return part[begin : begin + _MAX_PARTS * _PART_BYTES]


def _decode(sample: bytes, encoding: str) -> str:
    """The text of a sample whose last character may be cut."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def _count_high(sample: bytes) -> int:
    return sum(map(len, _NOT_ASCII.findall(sample)))


def _has_few_accents(sample: bytes) -> bool:
    """Whether bytes beyond ASCII look like accents, and are too few to tell encodings apart.

    Accents stand alone, or in pairs between ASCII letters.
    """
    accents = b"".join(_ACCENTS.findall(sample))
    return len(accents) <= _FEW_ACCENTS and len(accents) == _count_high(sample)


def _is_damaged_utf8(sample: bytes, share: float = 1.0) -> bool:
    """Whether bytes are UTF-8 with a few that are not.

    :param share: how many valid characters beyond ASCII there are at least for one that is not
    """
    if REPLACEMENT.encode() in sample:
        return True
    text = sample.decode("utf-8", "replace")
    bad = text.count(REPLACEMENT)
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return good > share * bad
