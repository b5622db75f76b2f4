"""The usual names of fields that hold texts and metadata.

They are those of news-please, trafilatura, newspaper, Scrapy items, feed readers and the large
public data sets (C4, FineWeb, RedPajama, OSCAR, CC-News, CNN/DailyMail, …). Where a record has
several, the first in the list counts.
"""

from __future__ import annotations

TEXT_NAMES = (
    "text",
    "content",
    "body",
    "article",
    "maintext",
    "raw_content",
    "main_text",
    "raw_text",
    "full_text",
    "fulltext",
    "article_text",
    "article_body",
    "articleBody",
    "body_text",
    "content_text",
    "plain_text",
    "page_content",
    "story",
    "document",
    "contents",
)

META_NAMES = {
    "url": ("url", "link", "source_url", "canonical_url", "page_url", "article_url", "uri"),
    "date": (
        "date",
        "date_publish",
        "date_published",
        "datePublished",
        "published",
        "published_at",
        "publishedAt",
        "publish_date",
        "published_date",
        "publication_date",
        "pub_date",
        "pubDate",
        "timestamp",
    ),
    "site": ("site", "domain", "source_domain", "hostname", "host", "sitename", "site_name"),
}
"""By kind of metadata, the names of fields that are looked at without being asked for."""
