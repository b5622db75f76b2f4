"""Changes of a text that its tokens do not show: it stays ``normalised``, whatever the script.

What is left out changes a token by the rules (``docs/architecture.md``): a dotless i, whose capital
is that of another letter, and characters with a Greek iota below, which normalisation moves across
other marks.
"""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.sketch import plain, tokenize_text

IOTA_BELOW = "\u0345"
LEFT_OUT = "\u0131" + "".join(
    character
    for character in map(chr, [*range(0xD800), *range(0xE000, 0x110000)])
    if IOTA_BELOW in unicodedata.normalize("NFKD", character)
)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters=LEFT_OUT)
MIXED = st.sampled_from(
    "ab Cz ÀéÅ ßŉ ΣςσΩ ǰΐ İ 한국각 日本語 ガｶﾞー กำไทย العَرَبِيَّة हिन्दी ½ﬁ①２Ａ e\u0301 ,.-'’"
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=8), st.text(MIXED, max_size=12))
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u2060\ufeff\ufe0f\u0640"


def widen(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


CHANGES = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "casefold": str.casefold,
    "full width": widen,
    "spacing": lambda text: text.replace(" ", " \n\u00a0\t\u3000"),
    **{
        form: (lambda text, form=form: unicodedata.normalize(form, text))
        for form in ("NFC", "NFD", "NFKC", "NFKD")
    },
    **{f"with U+{ord(c):04X}": (lambda text, c=c: c.join(text)) for c in INVISIBLE},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("tokenize", [tokenize_text, plain.tokenize_text])
def test_tokens_do_not_show(name, tokenize):
    change = CHANGES[name]
    count = 20 if "DEDUPE_EXPECT_KERNELS" in os.environ else 40

    @settings(max_examples=count, deadline=None)
    @given(TEXTS)
    @example("Straße, ΌΔΟΣ: naïve ﬁancé – العربية 한국어 №5 ½")
    def check(text: str) -> None:
        assert tokenize(change(text)) == tokenize(text)

    check()
