"""What the elements of TEI, JATS, NITF and other XML are for: text, line, metadata, or nothing."""

from __future__ import annotations

import msgspec

from dedupe.sources.formats.xml.kinds import text_kind

_INLINE = "b i em emphasis strong u s sub sup span a hi emph italic bold tt code small font"

_TEI_INLINE = """
    abbr add am anchor app bibl c choice code corr damage date del distinct email emph ex expan
    foreign forename formula g gap gb geogName gi gloss graphic hi ident index lang lem m measure
    mentioned milestone mod name num objectName orgName orig pc persName placeName ptr q quote
    rdg ref reg restore roleName rs s said seg settlement sic soCalled span subst supplied surname
    surplus term time title unclear w
"""
_TEI_BREAKS = "lb pb cb gb milestone"

_JATS_INLINE = """
    abbrev bold break-inline chem-struct email ext-link fixed-case inline-formula inline-graphic
    inline-supplementary-material institution italic milestone-end milestone-start monospace
    named-content num overline private-char roman ruby sans-serif sc strike styled-content sub
    sup target underline uri xref
    math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot mover munder munderover
    mstyle mfenced mpadded semantics
"""

_NITF_INLINE = """
    a chron city classifier copyrite country em event frac function lang location money num
    object.title org person postaddr pronounce q region state strong sub sublocation sup virtloc
"""


class Vocabulary(msgspec.Struct, frozen=True):
    """What the elements of one kind of XML are for.

    :param sections: elements that hold the text; of several kinds the first that is not empty
        counts. Empty where all of the file is text
    :param inline: elements in a line; all others begin a new one, and end it
    :param breaks: empty elements that end a line, unless they say ``break="no"``
    :param words: elements that are a word each
    :param unread: elements whose text is not read
    :param unread_choices: those of an element ``choice`` that are not read, for the others
    :param meta: metadata by the names of an element and of the one around it
    :param is_known: whether the elements are known; if not, single tags between two letters do not
        part them
    """

    sections: tuple[str, ...] = ()
    inline: frozenset[str] = frozenset(_INLINE.split())
    breaks: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    unread_choices: frozenset[str] = frozenset()
    meta: dict[tuple[str, str], str] = msgspec.field(default_factory=dict)
    is_known: bool = True


TEI = Vocabulary(
    sections=("body",),
    inline=frozenset(_TEI_INLINE.split()),
    breaks=frozenset(_TEI_BREAKS.split()),
    words=frozenset({"w"}),
    unread=frozenset({"fw", "rdg"}),
    unread_choices=frozenset({"abbr", "orig", "sic"}),
    meta={
        ("titleStmt", "title"): "title",
        ("publicationStmt", "date"): "date",
        ("publicationStmt", "idno"): "url",
    },
)
JATS = Vocabulary(
    sections=("body", "abstract"),
    inline=frozenset(_JATS_INLINE.split()),
    unread=frozenset({"annotation", "response", "sub-article", "tex-math"}),
    meta={
        ("title-group", "article-title"): "title",
        ("article-meta", "article-id"): "doi",
        ("article-meta", "pub-date"): "date",
        ("article-meta", "self-uri"): "url",
    },
)
FICTION_BOOK = Vocabulary(
    sections=("body",),
    inline=frozenset([*_INLINE.split(), "style", "strikethrough", "date"]),
    meta={("title-info", "book-title"): "title"},
)
NITF = Vocabulary(
    sections=("body.content",),
    inline=frozenset(_NITF_INLINE.split()),
    meta={
        ("hedline", "hl1"): "title",
        ("docdata", "date.issue"): "date",
    },
)
OTHER = Vocabulary(is_known=False)

_BY_KIND = {"tei": TEI, "jats": JATS, "fictionbook": FICTION_BOOK, "nitf": NITF}


def vocabulary_of(name: str, content: bytes) -> Vocabulary:
    """The vocabulary of a document.

    :param name: the name of its root, without prefix
    :param content: the document, from the start tag of its root
    """
    return _BY_KIND.get(text_kind(name, content), OTHER)
