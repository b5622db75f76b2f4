"""The rows of a difference as HTML; not by a template, since a report has a million of parts."""

from __future__ import annotations

from collections.abc import Iterable

from dedupe.renderers.html.diff_rows import Part, Row
from dedupe.renderers.html.visible import mark_lines, spell_invisible, spell_lines
from dedupe.renderers.view.figures import format_count


def write_rows(rows: Iterable[Row]) -> str:
    """The rows, each a paragraph; all that comes from documents is escaped."""
    return "".join([f"<p>{''.join(map(_write_part, row))}</p>" for row in rows])


def write_lines(lines: Iterable[str]) -> str:
    """Rows of equal words, by the text of each; as :func:`write_rows` writes them."""
    rows = mark_lines("\n".join(lines)).replace("\n", "</p><p>")
    return f"<p>{rows}</p>"


def _write_part(part: Part) -> str:
    text = mark_lines(part.text)
    if part.kind == "equal":
        return part.before + text
    if part.kind == "faint":
        from markupsafe import escape

        left = escape(spell_lines(part.left))
        return f'{part.before}<span class=f data-l="{left}">{text}</span>'
    name = "del" if part.kind == "delete" else "ins"
    return f"{part.before}<{name}>{text}{write_note(part.note)}</{name}>"


def write_note(note: str) -> str:
    """The note of a change as HTML, if there is any."""
    if not note:
        return ""
    from markupsafe import escape

    return f"<i class=o>{escape(spell_invisible(note))}</i>"


def write_items(items: Iterable[tuple[int, bytes]], rest: str) -> bytes:
    """Rows that are shown, and rows that are folded: with the number of their words.

    :param items: the number of words of folded rows (0: they are shown), and the rows
    :param rest: what folded words are
    """
    return b"".join([_write_item(word_count, html, rest) for word_count, html in items])


def _write_item(word_count: int, html: bytes, rest: str) -> bytes:
    if not word_count:
        return html
    told = f"{format_count(word_count, 'word')} {rest}"
    if not html:
        return f"<p class=fold>{told}</p>".encode()
    head = f"<details class=fold><summary>{told}</summary>"
    return b"".join([head.encode(), html, b"</details>"])
