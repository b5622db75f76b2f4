"""Makes documents of the items of feeds, exports of WordPress and Evernote, and of wikis."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dedupe.model.settings import ReadSettings
from dedupe.sources.formats.xml.documents import XmlDocument, read_document_xml
from dedupe.sources.formats.xml.fields import Field, FieldsHandler
from dedupe.sources.formats.xml.kinds import FEED_ITEMS
from dedupe.sources.formats.xml.parsing import Parsed, parse
from dedupe.sources.limits import ReadLimits
from dedupe.sources.reasons import DAMAGED, FIELD_MISSING, TRUNCATED
from dedupe.sources.records.field_names import find_name
from dedupe.sources.records.fields import FieldPlan
from dedupe.sources.records.hints import describe_fields, describe_no_id, find_hint
from dedupe.sources.records.metadata_values import as_meta_value

_TEXTS = (
    "content:encoded",
    "encoded",
    "content",
    "yandex:full-text",
    "turbo:content",
    "xhtml:body",
    "body",
    "description",
    "excerpt:encoded",
    "summary",
    "itunes:summary",
    "media:description",
)
"""Fields that hold the text of an item in a feed; the first that is not blank counts."""

_DATES = (
    "pubDate",
    "wp:post_date_gmt",
    "wp:post_date",
    "published",
    "dc:date",
    "date",
    "issued",
    "created",
    "updated",
    "modified",
)
_POSTS_WITHOUT_TEXT = """
    attachment nav_menu_item revision custom_css customize_changeset oembed_cache user_request
    wp_block wp_template wp_template_part wp_global_styles wp_navigation wp_font_family
    wp_font_face acf-field acf-field-group
"""
_NOT_POSTS = frozenset(_POSTS_WITHOUT_TEXT.split())
"""Kinds of posts in exports of WordPress that are no texts."""

_MAX_ID_CHARACTERS = 1000
_WIKI_ESCAPES = str.maketrans({" ": "_", "%": "%25", "?": "%3F", "#": "%23", '"': "%22"})


class Item(msgspec.Struct):
    """What an item gives.

    :param text: empty where it has none
    :param id: its own id; empty where it has none that is good outside of its file
    :param passed_over: what it is instead of a document, such as ``attachment``
    :param reason: why it cannot be used; empty where it can
    :param replaced_count: sequences of bytes that became U+FFFD
    :param has_attachment: whether it holds a picture or another file, which is not compared
    """

    text: str = ""
    id: str = ""
    meta: dict[str, str] = msgspec.field(default_factory=dict)
    passed_over: str = ""
    reason: str = ""
    detail: str = ""
    replaced_count: int = 0
    has_attachment: bool = False


class ItemReader:
    """Makes documents of items, as the settings say.

    :ivar id_problem: a message that the first item has no id in the field that the user named
    """

    def __init__(self, settings: ReadSettings, limits: ReadLimits, wiki: str = "") -> None:
        """Take the settings.

        :param wiki: the beginning of the addresses of a wiki's pages, if that is known
        """
        self.id_problem = ""
        self._is_first = True
        self._settings = settings
        self._limits = limits
        self._wiki = wiki
        self._plan = FieldPlan(settings)
        self._names_text = bool(settings.text_field)

    def read(self, raw: bytes, name: str) -> Item:
        """The document of an item.

        :param raw: the item, in UTF-8
        :param name: its name without prefix
        """
        if name not in FEED_ITEMS:
            return _as_item(read_document_xml(raw, self._limits))
        handler, parsed = parse(raw, FieldsHandler, self._limits)
        if parsed.reason:
            return _broken(parsed)
        fields = handler.fields
        item = self._read_page(fields) if name == "page" else self._read_entry(fields)
        item.replaced_count = parsed.replaced_count
        if self._plan.named_id:
            texts = {n: each.text for n, each in fields.items()}
            item.id = self._plan.find_id(self._plan.values_of(texts)).strip()
            if self._is_first and not item.id:
                self.id_problem = describe_no_id(self._plan.named_id, texts)
            self._is_first = False
        named = {each: each for each in self._settings.meta_field}
        if self._settings.date_field:
            named["date"] = self._settings.date_field
        for key, wanted in named.items():
            if (found := find_name(wanted, fields)) is not None:
                item.meta[key] = fields[found].text
        item.meta = {n: value for n, each in item.meta.items() if (value := as_meta_value(each))}
        if self._names_text:
            self._take_named(item, fields)
        elif not item.text and not item.passed_over:
            item.reason, item.detail = FIELD_MISSING, f"it has no text; {_describe(fields)}"
        return item

    def _take_named(self, item: Item, fields: Mapping[str, Field]) -> None:
        """Take the text from the fields that the user named."""
        asked = [find_name(wanted, fields) for wanted in self._settings.text_field]
        visible = {name: fields[name].visible for name in asked if name is not None}
        text = self._plan.find_text(self._plan.values_of(visible))
        if type(text) is str:
            item.text = text
            return
        texts = {n: each.text for n, each in fields.items()}
        item.reason, item.detail = self._plan.explain(text, texts, find_hint([texts]))

    def _read_entry(self, fields: Mapping[str, Field]) -> Item:
        """An item of a feed, or a post in an export of WordPress."""
        guid = _plain(fields, "guid")
        link = _plain(fields, "link") or _plain(fields, "note-attributes/source-url")
        names = guid, _plain(fields, "id"), _plain(fields, "link")
        own = next((each for each in names if ":" in each), "")
        is_address = link.startswith(("http://", "https://"))
        if not is_address and "guid/other" not in fields and guid.startswith("http"):
            link = guid
        dates = (_plain(fields, name) for name in _DATES)
        date = next((each for each in dates if each and _is_date(each)), "")
        title = fields["title"].visible if "title" in fields else ""
        kind = _plain(fields, "wp:post_type") or _plain(fields, "post_type")
        return Item(
            text=_first_text(fields),
            id=own if len(own) <= _MAX_ID_CHARACTERS else "",
            meta={"title": title, "url": link, "date": date},
            passed_over=kind if kind in _NOT_POSTS else "",
            has_attachment="resource" in fields,
        )

    def _read_page(self, fields: Mapping[str, Field]) -> Item:
        """A page of a wiki, in its last revision."""
        title, text = _plain(fields, "title"), fields.get("revision/text", Field(""))
        url = self._wiki + title.translate(_WIKI_ESCAPES) if self._wiki and title else ""
        model = _plain(fields, "revision/model") or "wikitext"
        kind = "" if model == "wikitext" else model
        return Item(
            text=text.text.strip(),
            id=url,
            meta={"title": title, "url": url, "date": _plain(fields, "revision/timestamp")},
            passed_over="redirect" if "redirect" in fields else kind,
        )


def _broken(parsed: Parsed) -> Item:
    reason = DAMAGED if parsed.reason == TRUNCATED else parsed.reason
    return Item(reason=reason, detail=parsed.detail)


def _as_item(document: XmlDocument) -> Item:
    """An item that is a whole text."""
    if document.parsed.reason:
        return _broken(document.parsed)
    replaced_count = document.parsed.replaced_count
    return Item(document.text, meta=document.meta, replaced_count=replaced_count)


def _describe(fields: Mapping[str, Field]) -> str:
    texts = {name: each.text for name, each in fields.items()}
    return describe_fields(texts, find_hint([texts]))


def _plain(fields: Mapping[str, Field], name: str) -> str:
    """The text of a field on one line; empty where there is no such field."""
    return " ".join(fields[name].text.split()) if name in fields else ""


def _first_text(fields: Mapping[str, Field]) -> str:
    for name in _TEXTS:
        field = fields.get(name)
        if field is not None and _is_text(field) and (text := field.visible):
            return text
    return ""


def _is_text(field: Field) -> bool:
    """Whether a field holds a text, and no picture or the like."""
    kind = field.type.partition(";")[0].strip().lower()
    return kind in ("", "text", "html", "xhtml") or kind.startswith("text/") or "xhtml" in kind


def _is_date(value: str) -> bool:
    """Whether a date is one: drafts in exports of WordPress are of the year 0, or -1."""
    return not value.startswith("0000") and "-0001" not in value
