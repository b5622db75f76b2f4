"""XML: which elements are documents, what of them is text, and what hostile files cost."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.model.metadata import read_meta
from dedupe.sources import ReadLimits
from dedupe.sources.formats.xml.cuts import ItemCutter
from dedupe.sources.formats.xml.documents import read_document_xml
from dedupe.sources.formats.xml.parsing import mend
from dedupe.sources.formats.xml.prolog import find_root
from tests.support.every_format import tar_of, zip_of
from tests.support.reading import Outcome, put, read

WORDS = [f"word{number}" for number in range(300)]


def sentence(begin: int, count: int = 40) -> str:
    return " ".join(WORDS[begin : begin + count])


def rss(*items: str, head: str = "", opening: str = "") -> str:
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="urn:wp"'
    inside = "\n  ".join(items)
    return f'{opening}<rss version="2.0" {spaces}><channel>{head}\n  {inside}\n</channel></rss>\n'


def item(text: str, link: str = "", more: str = "") -> str:
    address = f"<link>{link}</link>" if link else ""
    return f"<item>{address}{more}<description>{text}</description></item>"


def metas(found: Outcome) -> dict[str, dict[str, str]]:
    return {
        id: read_meta(meta)
        for batch in found.batches
        for id, meta in zip(batch.ids, batch.metas or [b""] * len(batch.ids), strict=True)
    }


def check_rereading(found: Outcome) -> None:
    for by_name in (False, True):
        texts = found.provider(by_name).read_texts(reversed(found.texts))
        assert texts == found.texts


# --- collections -----------------------------------------------------------------------------


def test_items_of_a_feed_are_documents(tmp_path: Path) -> None:
    opening = '<?xml version="1.0"?>\n<!-- <rss><item/> -->\n<?x <item>?>\n'
    items = [
        "<item><title>One &amp;amp; two</title><link> https://a.example/1 </link>"
        "<pubDate>Fri, 01 Mar 2024 10:00:00 GMT</pubDate>"
        "<description>A &lt;b&gt;bo&lt;/b&gt;ld word &amp;eacute;, 1 &lt; 2</description></item>",
        '<item><guid isPermaLink="false">tag:a.example,2024:2</guid>'
        "<content:encoded><![CDATA[<p>First</p><p>Sec<i>ond</i></p><script>x</script>]]>"
        "</content:encoded><description>Short</description></item>",
        "<item><guid>17</guid><link>/relative</link><description>three</description></item>",
        "<item><title>Alone</title></item>",
        "<item/>",
        "<!-- <item><description>gone</description></item> -->",
        "<item><description><p>marked <b>u</b>p</p><p>text</p></description></item >",
    ]
    put(tmp_path / "a.xml", rss(*items, opening=opening))
    found = read(tmp_path)
    assert found.texts == {
        "https://a.example/1": "A bold word é, 1 < 2",
        "tag:a.example,2024:2": "First\nSecond",
        "a.xml#3": "three",
        "a.xml#6": "marked up\ntext",
    }
    assert found.reasons == {"a.xml#4": "field_missing", "a.xml#5": "field_missing"}
    assert "'title'" in found.skipped[0].detail and not found.notices
    assert metas(found)["https://a.example/1"] == {
        "date": "Fri, 01 Mar 2024 10:00:00 GMT",
        "site": "a.example",
        "title": "One & two",
        "url": "https://a.example/1",
    }
    check_rereading(found)


@pytest.mark.parametrize("name", ["a.atom", "like-atom", "a.xml"])
def test_atom(name: str, tmp_path: Path) -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>
      <entry><id>urn:x:1</id><title type="html">T &lt;i&gt;1&lt;/i&gt;</title>
        <link rel="self" href="https://a.example/self"/><link href="https://a.example/1"/>
        <published>2024-03-01T00:00:00Z</published><updated>2025-01-01T00:00:00Z</updated>
        <summary>Short</summary><content type="html">&lt;p&gt;one&lt;/p&gt;two</content></entry>
      <entry><id>urn:x:2</id><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
        <p>al<em>pha</em></p><style>p {}</style><p>beta</p></div></content></entry>
      <entry><id>urn:x:3</id><content type="text">a &lt;b&gt; c</content></entry>
      <entry><id>urn:x:4</id><content type="image/png">iVBORw0KGgo=</content>
        <summary>caption</summary></entry></feed>"""
    put(tmp_path / name, feed)
    prefixed = feed.replace("urn:x", "urn:y").replace("<", "<z:").replace("<z:/", "</z:")
    prefixed = prefixed.replace("xmlns=", "xmlns:z=", 1).replace("z:div xmlns:z", "z:div xmlns")
    put(tmp_path / "b.rss", prefixed)
    found = read(tmp_path)
    texts = ["one\ntwo", "alpha\nbeta", "a <b> c", "caption"]
    expected = {f"urn:{x}:{n}": text for x in "xy" for n, text in enumerate(texts, 1)}
    assert found.texts == expected
    for id in ("urn:x:1", "urn:y:1"):
        meta = metas(found)[id]
        assert meta["url"] == "https://a.example/1" and meta["date"] == "2024-03-01T00:00:00Z"
        assert meta["title"] == "T 1"
    check_rereading(found)


def test_rss_of_the_semantic_web(tmp_path: Path) -> None:
    feed = (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="urn:dc"><channel><items><rdf:Seq/></items>'
        '</channel><item rdf:about="x"><link>http://a.example/1</link><dc:date>2024-01-02</dc:date>'
        "<description>one</description></item></rdf:RDF>"
    )
    put(tmp_path / "a.rdf", feed)
    prefixed = feed.replace("<item ", "<r:item ").replace("</item>", "</r:item>")
    put(
        tmp_path / "b.rdf", prefixed.replace("xmlns=", "xmlns:r=").replace("a.example", "b.example")
    )
    found = read(tmp_path)
    assert found.texts == {"http://a.example/1": "one", "http://b.example/1": "one"}
    assert metas(found)["http://a.example/1"]["date"] == "2024-01-02"


def test_notes_of_an_export_of_evernote(tmp_path: Path) -> None:
    notes = (
        "<note><title>One</title><content><![CDATA[<?xml version='1.0'?>"
        "<!DOCTYPE en-note SYSTEM 'x'><en-note><div>first &amp; <b>b</b>old</div><div>second</div>"
        "<en-media hash='1'/></en-note>]]></content>"
        "<created>20130730T205204Z</created><note-attributes><author>A</author>"
        "<source-url>https://a.example/1</source-url></note-attributes>"
        "<resource><data encoding='base64'>iVBORw0KGgo=</data></resource></note>"
        "<note><title>Two</title><content><![CDATA[<en-note>third</en-note>]]></content></note>"
    )
    put(tmp_path / "a.enex", f"<?xml version='1.0'?><en-export>{notes}</en-export>")
    found = read(tmp_path)
    assert found.texts == {"a.enex#1": "first & bold\nsecond", "a.enex#2": "third"}
    assert metas(found)["a.enex#1"] == {
        "date": "20130730T205204Z",
        "site": "a.example",
        "title": "One",
        "url": "https://a.example/1",
    }
    (notice,) = found.notices
    assert (notice.reason, notice.detail) == ("not_compared", "notes with attachments: 1")
    check_rereading(found)


def test_posts_of_an_export_of_wordpress(tmp_path: Path) -> None:
    def post(number: int, kind: str, content: str, excerpt: str = "", date: str = "") -> str:
        return (
            f"<item><title>T{number}</title><link>https://w.example/{number}</link>"
            f"<pubDate>{date or 'Mon, 30 Nov -0001 00:00:00 +0000'}</pubDate>"
            f'<guid isPermaLink="false">https://w.example/?p={number}</guid><description></description>'
            f"<content:encoded><![CDATA[{content}]]></content:encoded>"
            f"<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>"
            "<wp:post_date_gmt><![CDATA[2020-01-02 03:04:05]]></wp:post_date_gmt>"
            f"<wp:post_type><![CDATA[{kind}]]></wp:post_type>"
            "<wp:comment><wp:comment_content>a comment</wp:comment_content></wp:comment>"
            "</item>"
        )

    posts = [
        post(1, "post", "<!-- wp:paragraph -->\n<p>one</p>\n<!-- /wp:paragraph -->\n\ntwo"),
        post(2, "page", "", "only an excerpt"),
        post(3, "attachment", "x"),
        post(4, "nav_menu_item", "x"),
        post(5, "attachment", "x"),
        post(6, "recipe", "a kind of its own ]]]]><![CDATA[> end"),
        post(7, "post", ""),
    ]
    put(tmp_path / "export.wxr", rss(*posts))
    found = read(tmp_path)
    assert found.texts == {
        "https://w.example/?p=1": "one\ntwo",
        "https://w.example/?p=2": "only an excerpt",
        "https://w.example/?p=6": "a kind of its own ]]> end",
    }
    assert found.reasons == {"https://w.example/?p=7": "field_missing"}
    (notice,) = found.notices
    assert notice.reason == "other_items" and "2 attachment, 1 nav_menu_item" in notice.detail
    meta = metas(found)["https://w.example/?p=1"]
    assert meta["url"] == "https://w.example/1" and meta["date"] == "2020-01-02 03:04:05"
    check_rereading(found)


WIKI = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">
<siteinfo><sitename>W</sitename><base>https://w.example/wiki/Main_Page</base></siteinfo>
<page><title>A page?</title><ns>0</ns><id>1</id>
  <revision><id>7</id><timestamp>2001-01-01T00:00:00Z</timestamp><model>wikitext</model>
    <text bytes="3">old words</text></revision>
  <revision><id>8</id><timestamp>2002-01-01T00:00:00Z</timestamp><model>wikitext</model>
    <text xml:space="preserve">'''New''' [[word]]s &lt;ref&gt;x&lt;/ref&gt;
and more</text></revision></page>
<page><title>B</title><id>2</id><redirect title="A" /><revision><text>#REDIRECT [[A]]</text>
</revision></page>
<page><title>C.css</title><id>3</id><revision><model>css</model><text>a {}</text></revision></page>
</mediawiki>"""


def test_pages_of_a_wiki(tmp_path: Path) -> None:
    put(tmp_path / "dump.xml", WIKI)
    put(tmp_path / "part", WIKI.replace("https://w.example/wiki/Main_Page", ""))
    found = read(tmp_path)
    text = "'''New''' [[word]]s <ref>x</ref>\nand more"
    assert found.texts == {"https://w.example/wiki/A_page%3F": text, "part#1": text}
    assert metas(found)["part#1"] == {"date": "2002-01-01T00:00:00Z", "title": "A page?"}
    assert [each.detail.rpartition(": ")[2] for each in found.notices] == ["1 css, 1 redirect"] * 2
    check_rereading(found)


def test_a_permanent_guid_is_the_address_where_there_is_no_link(tmp_path: Path) -> None:
    guid = "<guid>https://a.example/%d</guid>"
    other = '<guid isPermaLink="false">https://a.example/%d</guid>'
    put(tmp_path / "a.rss", rss(item("one", more=guid % 1), item("two", more=other % 2)))
    found = metas(read(tmp_path))
    assert found["https://a.example/1"] == {"site": "a.example", "url": "https://a.example/1"}
    assert found["https://a.example/2"] == {}


def test_fields_may_be_named(tmp_path: Path) -> None:
    extra = "<dc:creator>Ann</dc:creator><media:text>a <![CDATA[<b>named</b>]]> one</media:text>"
    put(tmp_path / "a.rss", rss(item("usual", "urn:1", extra), item("usual", "urn:2")))
    found = read(tmp_path, text_field=("media:text",), id_field="dc:creator",
                 meta_field=("dc:creator",))  # fmt: skip
    assert found.texts == {"Ann": "a named one"}
    assert metas(found)["Ann"]["dc:creator"] == "Ann"
    assert found.reasons == {"a.rss#2": "field_missing"}
    assert found.provider(True, text_field=("media:text",)).read_texts(["Ann"]) == found.texts


def test_names_of_elements_match_in_any_case(tmp_path: Path) -> None:
    extra = "<dc:Creator>Ann</dc:Creator><fullText>a named one</fullText><made>2020-01-02</made>"
    put(tmp_path / "a.rss", rss(item("usual", "urn:1", extra)))
    found = read(tmp_path, text_field=("FULLTEXT",), id_field="DC:creator",
                 meta_field=("dc:creator",), date_field="Made")  # fmt: skip
    assert found.texts == {"Ann": "a named one"}
    assert metas(found)["Ann"]["dc:creator"] == "Ann"
    assert metas(found)["Ann"]["date"] == "2020-01-02"
    assert found.provider(True, text_field=("FULLTEXT",)).read_texts(["Ann"]) == found.texts


# --- texts -----------------------------------------------------------------------------------

TEI = """<?xml version="1.0"?><?xml-model href="x"?><!DOCTYPE TEI [<!ENTITY a "<b>]]>">]>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>
<titleStmt><title>A <hi>Pla</hi>y</title><title>Other</title></titleStmt>
<publicationStmt><idno type="URL">https://t.example/1</idno><idno>17</idno>
<date when="2020-02-03">third of February</date></publicationStmt>
<sourceDesc><bibl><date>1800</date></bibl></sourceDesc></fileDesc></teiHeader>
<text><front><titlePage>front</titlePage></front><body><div><head>Act</head><sp><speaker>ANN</speaker>
<l>First<note>a note</note> l<hi>in</hi>e</l><l>next</l></sp><p>Ver<lb break="no"/>bum, a<lb/>b
 over
 lines; <choice><sic>teh</sic><corr>the</corr></choice> end<w>one</w><w>two</w></p></div></body>
<back>back</back></text></TEI>"""

TEI_TEXT = "Act\nANN\nFirst\na note\nline\nnext\nVerbum, a\nb over lines; the end one two"

JATS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.1//EN" "http://x.example/jats.dtd">
<article article-type="research-article"><front><article-meta>
<article-id pub-id-type="pmc">1</article-id><article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>On <italic>H</italic><sub>2</sub>O</article-title></title-group>
<pub-date pub-type="collection"><year>2020</year></pub-date>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>2020</year></pub-date>
<abstract><p>The abstract.</p></abstract></article-meta></front>
<body><sec><title>1 Water</title><p>It is H<sub>2</sub>O<xref ref-type="bibr">1</xref>.</p>
<p>Next</p><list><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list></sec></body>
<back><ref-list><ref>a reference</ref></ref-list><fn-group><fn>a footnote</fn></fn-group></back>
<sub-article><body><p>a review</p></body></sub-article></article>"""

JATS_TEXT = "1 Water\nIt is H2O1.\nNext\na\nb"


FICTION = """<?xml version="1.0"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0">
<description><title-info><book-title>A book</book-title></title-info></description>
<body><title><p>Part</p></title><section><p>O<emphasis>n</emphasis>e</p><empty-line/><p>two</p>
</section></body><body name="notes"><p>a note</p></body><binary id="x">iVBORw0KGgo</binary>
</FictionBook>"""
NEWS = """<nitf><head><docdata><date.issue norm="20070101T000000"/></docdata></head><body>
<body.head><hedline><hl1>A headline</hl1></hedline></body.head><body.content><block><p>In
<location>Pa<em>r</em>is</location>.</p><p>More</p></block></body.content></body></nitf>"""
TEI_META = {
    "title": "A Play",
    "url": "https://t.example/1",
    "date": "2020-02-03",
    "site": "t.example",
}
JATS_META = {"title": "On H2O", "doi": "10.1/x", "date": "2020-03-05"}
PREFIXED_TEI = (
    TEI.replace("<", "<t:")
    .replace("<t:/", "</t:")
    .replace("<t:?", "<?")
    .replace("<t:!", "<!")
    .replace("xmlns=", "xmlns:t=")
)


@pytest.mark.parametrize(
    ("name", "content", "text", "meta"),
    [
        ("a.xml", TEI, TEI_TEXT, TEI_META),
        ("a.tei", TEI.replace("<TEI", "<TEI.2").replace("</TEI>", "</TEI.2>"), TEI_TEXT, TEI_META),
        ("a", PREFIXED_TEI, TEI_TEXT, TEI_META),
        ("a.nxml", JATS, JATS_TEXT, JATS_META),
        ("a.fb2", FICTION, "Part\nOne\ntwo\na note", {"title": "A book"}),
        ("c", NEWS, "In Paris.\nMore", {"title": "A headline", "date": "20070101T000000"}),
        ("b", JATS.partition("\n")[2], JATS_TEXT, JATS_META),
        ("c.xml", JATS.partition("<body>")[0] + "</article>", "The abstract.", JATS_META),
    ],
)
def test_the_body_is_the_text(
    name: str, content: str, text: str, meta: dict[str, str], tmp_path: Path
) -> None:
    put(tmp_path / name, content)
    found = read(tmp_path)
    assert found.texts == {name: text}
    assert not found.notices and not found.skipped
    assert metas(found)[name] == meta
    check_rereading(found)


def test_a_corpus_of_tei_gives_its_texts(tmp_path: Path) -> None:
    texts = [TEI[TEI.index("<TEI") :].replace("ANN", name) for name in ("BOB", "EVE")]
    content = f"<teiCorpus><teiHeader>x</teiHeader>{''.join(texts)}</teiCorpus>"
    put(tmp_path / "a.xml", content)
    found = read(tmp_path)
    assert found.texts == {
        "a.xml#1": TEI_TEXT.replace("ANN", "BOB"),
        "a.xml#2": TEI_TEXT.replace("ANN", "EVE"),
    }
    check_rereading(found)


def test_other_xml_is_read_without_tags_and_that_is_told(tmp_path: Path) -> None:
    put(
        tmp_path / "a.xml",
        "<list><n>Foo</n><v>B<x>a</x>r</v><p>one</p>\n<p>two</p><d a='b'/></list>",
    )
    put(tmp_path / "b", '<?xml version="1.0"?><article><para>DocBook</para></article>')
    found = read(tmp_path)
    assert found.texts == {"a.xml": "Foo\nBar\none\ntwo", "b": "DocBook"}
    assert found.notice_reasons == {"a.xml": "unknown_xml", "b": "unknown_xml"}
    assert "<list>" in found.notices[0].detail
    check_rereading(found)


def test_what_is_no_xml_keeps_its_format(tmp_path: Path) -> None:
    page = (
        '<?xml version="1.0"?><?xml-stylesheet href="x"?><!DOCTYPE html><html><p>a page</p></html>'
    )
    put(tmp_path / "a.xml", page)
    put(tmp_path / "b", page)
    put(tmp_path / "c.xml", "a text, not markup")
    put(tmp_path / "d.xml", "<svg xmlns='http://www.w3.org/2000/svg'><text>a picture</text></svg>")
    put(tmp_path / "e", "<feed> is no feed by its name alone")
    put(tmp_path / "f", "<article><p>a part of a page</p></article>")
    put(tmp_path / "g" / "index.html", rss(item("an item in a copy of a site")))
    found = read(tmp_path, html="text")
    formats = {source.name.rpartition("/")[2]: source.format for source in found.corpus.sources}
    assert formats == {"a.xml": "html", "b": "html", "c.xml": "text", "d.xml": "xml",
                       "e": "text", "f": "text", "index.html": "xml"}  # fmt: skip
    assert found.texts["a.xml"] == found.texts["b"] == "a page"
    assert found.reasons == {"d.xml": "not_text"} and "SVG" in found.skipped[0].detail


# --- packed, and in other encodings ----------------------------------------------------------

ACCENTED = "Une journée d’été à l’Île-d’Yeu, où il a neigé"
RUSSIAN = "Театр открыл новый сезон премьерой, которую зрители ждали больше двух лет"


@pytest.mark.parametrize(
    ("encoding", "declared", "text", "told"),
    [
        ("cp1251", "windows-1251", RUSSIAN, "cp1251 (declared)"),
        ("koi8-r", "KOI8-R", RUSSIAN, "koi8-r (declared)"),
        ("cp1252", "iso-8859-1", ACCENTED, "cp1252 (declared)"),
        ("utf-8", "iso-8859-1", ACCENTED, "utf-8"),
        ("utf-8-sig", "utf-8", ACCENTED, "utf-8"),
        ("utf-16", "UTF-16", RUSSIAN, "utf-16-le (mark)"),
        ("utf-16-be", "utf-16", RUSSIAN, "utf-16-be (detected)"),
        ("gbk", "GB2312", "市政府昨天宣布，新的地铁线路将于明年春天开通", "gb18030 (declared)"),
    ],
)
def test_a_declared_encoding_counts(
    encoding: str, declared: str, text: str, told: str, tmp_path: Path
) -> None:
    opening = f'<?xml version="1.0" encoding="{declared}"?>\n'
    put(tmp_path / "a.xml", rss(item(text), item(text * 2), opening=opening).encode(encoding))
    put(tmp_path / "b", (opening + TEI.partition("?>")[2].replace("ANN", text)).encode(encoding))
    found = read(tmp_path)
    assert found.texts == {
        "a.xml#1": text, "a.xml#2": text * 2, "b": TEI_TEXT.replace("ANN", text)
    }  # fmt: skip
    assert found.corpus.encoding_counts == {told: 3}
    assert not found.skipped and not found.notices
    check_rereading(found)


def test_a_declaration_counts_where_other_letters_come_late(tmp_path: Path) -> None:
    opening = '<?xml version="1.0" encoding="windows-1251"?>\n'
    items = [item("x " * 500) for _ in range(400)]
    put(tmp_path / "a.xml", rss(*items, item(RUSSIAN), opening=opening).encode("cp1251"))
    assert read(tmp_path).texts["a.xml#401"] == RUSSIAN


def test_bytes_that_are_not_utf8_are_counted(tmp_path: Path) -> None:
    data = rss(item("x " * 200_000), item("caf\xe9 one", "urn:2")).encode("latin-1")
    put(tmp_path / "a.xml", data)
    found = read(tmp_path)
    assert found.texts["urn:2"] == "caf\ufffd one"
    assert found.notice_reasons == {"a.xml": "undecodable_bytes"}
    check_rereading(found)


@pytest.mark.parametrize("name", ["a.xml.gz", "a.xml.bz2", "a.zip", "a.tar", "-"])
def test_packed_feeds(name: str, tmp_path: Path) -> None:
    data = WIKI.encode()
    packed = {
        "a.xml.gz": gzip.compress(data),
        "a.xml.bz2": bz2.compress(data),
        "a.zip": zip_of({"x/a.xml": data}),
        "a.tar": tar_of({"x/a.xml": data}),
        "-": bz2.compress(data),
    }[name]
    (tmp_path / name).write_bytes(packed)
    found = read("-", stdin=packed) if name == "-" else read(tmp_path)
    assert list(found.texts) == ["https://w.example/wiki/A_page%3F"]
    assert found.provider().read_texts(found.texts) == found.texts


# --- what is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R&D & more &nbsp;&eacute;&company; &lt;b>x&lt;/b>", "R&D & more é&company; x"),
        ("a\x0bb\x00c &#8; &#xD83D; &#0; d ]]> e", "a b c d ]]> e"),
        ("<![CDATA[R&D &nbsp;]]> & <!-- & --> x", "R&D & x"),
        ("a &amp &#99999999999; b", "a & \ufffd b"),
    ],
)
def test_small_errors_are_mended(text: str, expected: str, tmp_path: Path) -> None:
    put(tmp_path / "a.xml", rss(item(text), item("next")))
    found = read(tmp_path)
    assert found.texts == {"a.xml#1": expected, "a.xml#2": "next"}
    assert not found.skipped and not found.notices
    check_rereading(found)


@pytest.mark.parametrize(
    "broken",
    [
        "<item><description>one<br>two</description></item>",
        "<item><description>never closed",
        "<item><description>one</wrong></item>",
        "<item><description>&lt;p&gt;one</description><x a=1 a='2'/></item>",
        "<item><description>" + "<a>" * 400 + "</item>",
    ],
)
def test_a_broken_item_costs_no_other(broken: str, tmp_path: Path) -> None:
    put(tmp_path / "a.xml", rss(item("first"), broken, item("last")))
    found = read(tmp_path)
    assert found.texts == {"a.xml#1": "first", "a.xml#3": "last"}
    assert found.reasons == {"a.xml#2": "damaged"} and not found.notices
    check_rereading(found)


def test_a_section_that_is_not_closed_does_not_join_items(tmp_path: Path) -> None:
    closed = "<item><description><![CDATA[%s]]></description></item>"
    opened = "<item><description><![CDATA[%s</description></item>"
    items = [closed % "one", opened % "two", "<item><title>t</title></item>", opened % "four"]
    about = closed % "code: &lt;/item>&lt;item></item> <item> in a text"
    put(tmp_path / "a.xml", rss(*items, closed % "five", about))
    found = read(tmp_path)
    assert list(found.texts) == ["a.xml#1", "a.xml#5", "a.xml#6"]
    assert set(found.reasons.values()) == {"damaged", "field_missing"} and len(found.skipped) == 3
    check_rereading(found)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("<item><description>cut o", "ends inside the item"),
        ("<item><description><![CDATA[cut", "a CDATA section"),
        ("<!-- a comment", "a comment"),
        ("", "ends without </rss>"),
        ("<item", "ends without </rss>"),
    ],
)
def test_a_feed_that_is_cut_off_gives_what_stands_before(
    end: str, told: str, tmp_path: Path
) -> None:
    put(tmp_path / "a.xml", rss(item("one"), item("two")).partition("\n</channel>")[0] + end)
    found = read(tmp_path)
    assert found.texts == {"a.xml#1": "one", "a.xml#2": "two"}
    (notice,) = found.notices
    assert notice.reason == "truncated" and told in notice.detail and "item 2" in notice.detail


def test_compressed_data_that_breaks_off(tmp_path: Path) -> None:
    items = (item(f"{number} {sentence(number % 200)}") for number in range(3000))
    packed = gzip.compress(rss(*items).encode(), 1)
    (tmp_path / "a.xml.gz").write_bytes(packed[: len(packed) // 2])
    found = read(tmp_path)
    assert 100 < len(found.texts) < 3000
    assert found.reasons == {"a.xml.gz": "truncated"} and not found.notices


def test_documents_that_are_cut_off_or_broken_are_told(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", TEI.partition("<l>next")[0])
    put(tmp_path / "b.xml", TEI.replace("<l>next</l>", "<l>next</p>"))
    found = read(tmp_path)
    assert found.texts["a.xml"] == "Act\nANN\nFirst\na note\nline"
    assert found.texts["b.xml"] == "Act\nANN\nFirst\na note\nline\nnext"
    assert found.notice_reasons == {"a.xml": "truncated", "b.xml": "damaged"}
    check_rereading(found)


def test_an_empty_feed_is_told(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", rss())
    assert read(tmp_path).reasons == {"a.xml": "field_missing"}


def test_limits_cost_only_their_item(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", rss(item("x" * 500), item("ok"), item("y" * 150)))
    found = read(tmp_path, max_document_bytes=100, max_line_bytes=300)
    assert found.texts == {"a.xml#2": "ok"}
    told = {each.id: each.detail for each in found.skipped}
    assert "--max-line-bytes" in told["a.xml#1"] and "--max-document-bytes" in told["a.xml#3"]


def test_depth_and_number_of_elements_are_limited(tmp_path: Path) -> None:
    deep, many = "<b>" * 600 + "x" + "</b>" * 600, "<b a='1'/>" * 60 + "y"
    put(tmp_path / "a.xml", rss(item(deep), item(many), item("ok")))
    put(tmp_path / "b.xml", f"<y>{deep}</y>")
    put(tmp_path / "c.xml", f"<y>{many}</y>")
    found = read(tmp_path, max_values=100)
    assert found.texts == {"a.xml#3": "ok"}
    assert found.reasons == {
        "a.xml#1": "too_large", "a.xml#2": "too_large", "b.xml": "too_large", "c.xml": "too_large"
    }  # fmt: skip
    found = read(tmp_path)
    assert found.reasons == {"a.xml#1": "too_deep", "b.xml": "too_deep"} and len(found.texts) == 3


def test_no_entity_is_expanded_and_nothing_fetched(tmp_path: Path) -> None:
    secret = put(tmp_path / "secret", "do not read me")
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    opening = (
        f'<!DOCTYPE rss SYSTEM "http://x.example/x.dtd" [<!ENTITY b0 "ha">{bomb}'
        f'<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY % p SYSTEM "file:///etc/passwd"> %p; ]>'
    )
    put(tmp_path / "a.rss", rss(item("one &b11; &file;", more='<x a="&b11;"/>'), opening=opening))
    put(tmp_path / "b.xml", f"{opening}<x a='&b11;'>two &b11; &file;</x>")
    found = read(tmp_path / "a.rss", tmp_path / "b.xml")
    expected = ["one &b11; &file;", "two &b11; &file;"]
    assert [*found.texts.values()] == expected


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        (b"<item><![CDATA[</item>", b"", b"]]></item>"),
        (b"<item>", b"", b""),
        (b" a='1'", b"<item><x", b"/></item>"),
        (b"<x>", b"<item>", b""),
        (b"<!--", b"", b""),
        (b"<![CDATA[", b"<item><description>", b""),
        (b"&#", b"<item><description>", b"</description></item>"),
        (b"<item", b"", b""),
        (b"</item ", b"", b""),
        (b"&nbsp;", b"<item>", b"</item>"),
        (b"&lt;p ", b"<item><description>", b"</description></item>"),
        (b"<?", b"<item>", b""),
        (b"]]", b"<item><![CDATA[", b""),
    ],
)
def test_hostile_files_take_time_that_grows_with_them(
    part: bytes, before: bytes, after: bytes, tmp_path: Path
) -> None:
    def time_of(count: int) -> float:
        data = before + part * count + after
        put(tmp_path / "a.xml", b"<rss>" + data)
        put(tmp_path / "b.xml", b"<y>" + data)
        put(tmp_path / "c.xml", b"<!DOCTYPE y [" + data + b"]><y>text</y>")
        begin = process_time()
        read(tmp_path)
        return process_time() - begin

    assert time_of(32_000) < 16 * time_of(4_000) + 0.5


# --- the parts -------------------------------------------------------------------------------


TOKENS = (
    "<item> </item> <item/> <!-- --> <![CDATA[ ]]> a <items> <? ?> <item\tx='1' > </rss> </item\t"
)


@given(st.lists(st.sampled_from([*TOKENS.split(" "), " "])), st.integers(1, 9))
def test_blocks_do_not_matter(parts: list[str], size: int) -> None:
    data = "".join(parts).encode()
    whole = ItemCutter([data], "item", "rss", 1 << 20)
    blocks = [data[begin : begin + size] for begin in range(0, len(data), size)]
    cut = ItemCutter(blocks, "item", "rss", 1 << 20)
    expected = [*whole]
    assert [*cut] == expected and cut.problem == whole.problem
    for offset, length, raw in expected:
        assert raw == data[offset : offset + length] and raw.startswith(b"<item")


def test_an_empty_item_ends_with_its_tag_and_one_without_end_where_the_next_begins() -> None:
    data = b"<rss><item/> x <item>a</item> <item a='/'>b \n<item>c</item></rss>"
    raws = [cut.raw for cut in ItemCutter([data], "item", "rss", 1 << 20)]
    assert raws == [b"<item/>", b"<item>a</item>", b"<item a='/'>b", b"<item>c</item>"]


@given(st.text(max_size=200))
def test_what_is_mended_can_be_parsed(text: str) -> None:
    escaped = text.replace("<", "&lt;")
    data = f"<x>{escaped}</x>".encode("utf-8", "surrogatepass")
    document = read_document_xml(data, ReadLimits())
    assert not document.parsed.reason
    assert document.text.split() == [*filter(None, document.text.split())]


def test_sound_xml_is_not_mended() -> None:
    data = "<a b='&lt;'>&amp;&#65;&#x1F600;é<![CDATA[& <b> &nbsp; ]]><!-- & --></a>".encode()
    assert mend(data) == (data, 0)


def test_the_root_is_found_behind_all_that_may_stand_before() -> None:
    prolog = (
        b"\xef\xbb\xbf<?xml version='1.0'?> <!-- <a> -- > --><?p <b>?>\n"
        b"<!DOCTYPE r PUBLIC \"]>\" '<c>' [<!ENTITY e '<d>]>'><!-- ' ]> --><?q ]> ?>]  >\n"
    )
    root = find_root(prolog + b"<n:r x='1'>")
    assert root is not None and (root.name, root.local, root.prefix) == ("n:r", "r", "n:")
    assert root.begin == len(prolog) and root.tag == b"<n:r x='1'"
    for none in (b"", b"text", b"<!-- <a>", b"<!DOCTYPE a [", b"< a>", b"<?xml <a>"):
        assert find_root(none) is None


# --- through the command ---------------------------------------------------------------------

ITEMS = [
    item(sentence(0), "https://a.example/1"),
    item(sentence(100) + " é"),
    item(sentence(0) + " changed"),
    item(sentence(200)),
    item(sentence(100) + " é", more="<title>R&D</title>"),
    item("..."),
]
"""Of these 1 and 3 are alike, and 2 and 5; one holds no token."""

FEED = rss(*ITEMS, opening='<?xml version="1.0" encoding="%s"?>\n')


def unpack_tar(data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        stream = archive.extractfile("x.xml")
        assert stream is not None
        return stream.read()


FORMS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes], str]] = {
    "x.xml": (bytes, bytes, "utf-8"),
    "x.rss": (bytes, bytes, "utf-16"),
    "x.xml.bz2": (bz2.compress, bz2.decompress, "windows-1252"),
    "x.tar": (lambda data: tar_of({"x.xml": data}), unpack_tar, "utf-8-sig"),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_kept_and_what_is_dropped_are_the_file(
    name: str, dedupe_here: Any, tmp_path: Path
) -> None:
    pack, unpack, encoding = FORMS[name]
    content = (FEED % encoding.removesuffix("-sig")).encode(encoding)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(pack(content))
    dedupe_here("scan", "in", "--output", "r.json", "--keep", "first", "--quiet")
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert [len(each["members"]) for each in report["clusters"]] == [2, 2]
    shown = dedupe_here("report", "r.json", "--diff", "full").stdout.decode()
    assert "changed" in shown and "changed since" not in shown
    dropped = dedupe_here("apply", "r.json", "--list", "dropped").stdout.decode().split()
    assert len(dropped) == 2
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    assert (tmp_path / "in" / name).read_bytes() == pack(content)
    kept = unpack((tmp_path / "out" / name).read_bytes()).decode(encoding)
    expected = content.decode(encoding)
    numbers = [
        1 if each.startswith("https://") else int(each.rpartition("#")[2]) for each in dropped
    ]
    for number in numbers:
        expected = expected.replace("\n  " + ITEMS[number - 1], "", 1)
    assert kept == expected and len(numbers) == 2
    again = json.loads(dedupe_here("scan", "out", "--format", "json", "--quiet").stdout)
    assert again["clusters"] == [] and again["corpus"]["document_count"] == 3
    assert again["notices"] == []


def test_a_text_of_its_own_file_goes_with_the_file(dedupe_here: Any, tmp_path: Path) -> None:
    long = TEI.replace("next", sentence(0, 100))
    put(tmp_path / "in" / "a.xml", long)
    put(tmp_path / "in" / "b.tei", long.replace("ANN", "EVE"))
    dedupe_here("scan", "in", "--output", "r.json", "--quiet")
    dedupe_here("apply", "r.json", "--output", "out", "--yes")
    (left,) = (tmp_path / "out").iterdir()
    assert left.read_bytes() == (tmp_path / "in" / left.name).read_bytes()


def test_reprints_of_posts_are_found_in_an_export(dedupe_here: Any, tmp_path: Path) -> None:
    posts = [sentence(begin, 60) for begin in range(0, 200, 20)]
    marked = [
        f"&lt;p&gt;{post.replace('word', '&lt;b&gt;word&lt;/b&gt;')}&lt;/p&gt;" for post in posts
    ]
    put(tmp_path / "in" / "export.xml", rss(*(item(each, f"https://w.example/{n}")
                                              for n, each in enumerate(marked))))  # fmt: skip
    for number, post in enumerate(posts[::3]):
        put(tmp_path / "in" / "_posts" / f"{number}.md", post)
    shown = dedupe_here("scan", "in", "--format", "json", "--quiet").stdout
    clusters = [{m["id"] for m in each["members"]} for each in json.loads(shown)["clusters"]]
    expected = [{f"_posts/{n}.md", f"https://w.example/{3 * n}"} for n in range(4)]
    assert sorted(map(sorted, clusters)) == sorted(map(sorted, expected))


def test_items_do_not_go_from_where_they_are_not(dedupe_here: Any, tmp_path: Path) -> None:
    path = put(tmp_path / "x.xml", FEED % "utf-8")
    dedupe_here("scan", "x.xml", "--output", "r.json", "--quiet")
    put(path, "\n" + FEED % "utf-8")
    told = dedupe_here("apply", "r.json", "--output", "other.xml", "--yes", code=2)
    assert b"changed" in told.stdout + told.stderr


def test_blocks_of_any_size_give_the_same(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", WIKI)
    expected = read(tmp_path)
    for size in (7, 64, 1000):
        found = read(tmp_path, limits=ReadLimits(block_bytes=size))
        assert found.texts == expected.texts and found.locators == expected.locators
