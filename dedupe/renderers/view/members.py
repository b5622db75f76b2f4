"""The members of one cluster: a row each, the differences, and the weakest link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dedupe.diff import Vocabulary, diff_words
from dedupe.model.documents import TextProvider
from dedupe.model.report import Member, Report
from dedupe.renderers.view.differences import DiffWriter
from dedupe.renderers.view.figures import format_count, format_jaccard, format_percent
from dedupe.renderers.view.layout import (
    DIFF_INDENT,
    DUPLICATE_MARK,
    MEMBER_INDENT,
    REPRESENTATIVE_MARK,
)
from dedupe.renderers.view.options import TextOptions
from dedupe.renderers.view.rows import Row, lay_out_rows
from dedupe.renderers.view.selection import Selection, describe_likeness, has_diff
from dedupe.renderers.view.signs import Signs
from dedupe.renderers.view.terminal import (
    NO_BREAK,
    Canvas,
    Piece,
    Style,
    escape_text,
    file_uri,
    prose,
    shorten_middle,
)
from dedupe.sketch import load_word_finder, tokenize_text


class MemberWriter:
    """Writes the members of one cluster, with their diffs.

    :ivar has_cut: whether a diff was written that is not whole
    """

    def __init__(
        self,
        report: Report,
        selection: Selection,
        options: TextOptions,
        canvas: Canvas,
        signs: Signs,
    ) -> None:
        self._report = report
        self._signs = signs
        self._selection = selection
        self._options = options
        self._canvas = canvas
        self.has_cut = False
        self._vocabulary = Vocabulary(tokenize_text, load_word_finder())

    def write(self, texts: Mapping[str, str], provider: TextProvider) -> Iterator[str]:
        """Blocks of lines, to be separated by blank lines.

        :param texts: texts by id, as far as they could be read
        :param provider: asked why a text is missing
        """
        block = ""
        for lines, body in self._entries(texts, provider, one_line=False):
            block += lines
            if body:
                yield block
                yield body
                block = ""
        block += self._rest_line() + self._weakest_link_line()
        if block:
            yield block

    def write_closely(
        self, texts: Mapping[str, str], provider: TextProvider, most_lines: int = 0
    ) -> str:
        """The lines of all members, one for each, with no blank lines around differences.

        :param most_lines: lines of a difference; of a longer one the rest is counted
        """
        entries = self._entries(texts, provider, one_line=True)
        parts = [lines + self._cut(body, most_lines) for lines, body in entries]
        return "".join(parts) + self._rest_line()

    def _entries(
        self, texts: Mapping[str, str], provider: TextProvider, one_line: bool
    ) -> Iterator[tuple[str, str]]:
        """The lines of each member with its remarks, and its difference, which may be empty."""
        selection = self._selection
        rows = [self._representative_row(), *map(self._duplicate_row, selection.listed)]
        first, *others = lay_out_rows(rows, self._canvas, one_line)
        form = self._signs.describe_form(selection.cluster, texts)
        yield first + (self._remark(form, "warn") if form else ""), ""
        for member, lines in zip(selection.listed, others, strict=True):
            if sign := self._signs.describe_member(selection.representative.id, member.id):
                lines += self._remark(sign, "warn")
            if member in selection.diffed:
                remark, body = self._difference(member, texts, provider)
                yield lines + remark, body
            else:
                yield lines + self._twin_remark(member), ""

    def _cut(self, body: str, most_lines: int) -> str:
        lines = body.splitlines(keepends=True)
        if len(lines) <= most_lines:
            return body
        self.has_cut = True
        rest = format_count(len(lines) - most_lines + 1, "line")
        cut = prose(f"⋯ {rest} more of the difference", "dim")
        return "".join(lines[: most_lines - 1]) + self._canvas.flow(cut, DIFF_INDENT)

    def _representative_row(self) -> Row:
        member = self._selection.representative
        return self._row(REPRESENTATIVE_MARK, member, ("reference",) if member.is_reference else ())

    def _duplicate_row(self, member: Member) -> Row:
        style: Style = "" if member.relation.is_duplicate else "warn"
        return self._row(DUPLICATE_MARK, member, _relation_facts(member), style)

    def _row(self, mark: str, member: Member, facts: tuple[str, ...], style: Style = "") -> Row:
        source, file_and_line = path_and_file_line(self._report, member.id)
        return Row(
            mark=mark,
            id=escape_text(member.id),
            link=file_uri(source) if source and self._options.links else "",
            facts=(format_count(member.token_count, "word"), *facts),
            file_and_line=escape_text(file_and_line),
            style=style,
        )

    def _difference(
        self, member: Member, texts: Mapping[str, str], provider: TextProvider
    ) -> tuple[str, str]:
        """A remark for the line under the member, and the difference as a block; one is empty."""
        representative = self._selection.representative
        for id, mark in ((representative.id, REPRESENTATIVE_MARK), (member.id, DUPLICATE_MARK)):
            if id not in texts:
                problem = escape_text(provider.problem(id)) or "its text cannot be read"
                return self._remark(f"no diff: {mark} {problem}", "warn"), ""
        split = self._vocabulary.split
        diff = diff_words(split(texts[representative.id]), split(texts[member.id]))
        writer = DiffWriter(diff, self._options.diff == "full", self._canvas)
        if self._options.diff == "summary":
            return writer.summary(), ""
        return "", writer.body()

    def _twin_remark(self, member: Member) -> str:
        """A remark that names a member above with the same text, whose difference is shown."""
        if has_diff(member):
            for other in self._selection.diffed:
                if other.content_hash == member.content_hash:
                    id = shorten_middle(escape_text(other.id), self._canvas.width // 2)
                    return self._remark(f"the same text as {DUPLICATE_MARK} {id}", "dim")
        return ""

    def _rest_line(self) -> str:
        rest = self._selection.rest
        if not rest:
            return ""
        text = f"⋯ {format_count(len(rest), 'member')} more · {describe_likeness(rest)}"
        return self._canvas.flow(prose(text, "dim"), MEMBER_INDENT)

    def _weakest_link_line(self) -> str:
        """In a cluster of three or more, the member that is least like the representative."""
        weakest = self._selection.cluster.weakest_link
        if len(self._selection.cluster.members) <= 2 or weakest.jaccard >= 1:
            return ""
        room = max(8, self._canvas.width - MEMBER_INDENT - 28)
        id = shorten_middle(escape_text(weakest.id), room)
        style: Style = "warn" if weakest.jaccard < self._report.config.threshold else "dim"
        text = f"weakest link: Jaccard{NO_BREAK}{format_jaccard(weakest.jaccard)},"
        return self._canvas.flow([*prose(text, style), Piece(id, "dim")], MEMBER_INDENT)

    def _remark(self, text: str, style: Style) -> str:
        return self._canvas.flow(prose(text, style), DIFF_INDENT)


def _relation_facts(member: Member) -> tuple[str, ...]:
    if member.relation.has_equal_text:
        return (member.relation.value,)
    if member.relation.has_equal_tokens:
        return ("same words, other punctuation",)
    to_representative = f"contains {format_percent(member.representative_containment)} of"
    if not member.relation.is_duplicate:
        to_representative = "no duplicate of"
    return (
        "reference" if member.is_reference else member.relation,
        format_jaccard(member.jaccard),
        f"{to_representative}{NO_BREAK}{REPRESENTATIVE_MARK}",
    )


def path_and_file_line(report: Report, id: str) -> tuple[str, str]:
    """The path of a document's file, and its ``file:line`` as text unless the id shows it.

    The path is empty for standard input; both are empty for a document that came from no file.
    """
    located = report.locate(id)
    if located is None:
        return "", ""
    source, locator = located
    file_and_line = source.name_record(locator.line) if locator.line else source.name
    path = id.partition("#")[0] or id
    if any(file_and_line == name or file_and_line.endswith("/" + name) for name in (id, path)):
        file_and_line = ""
    return "" if source.path == "-" else source.path, file_and_line
