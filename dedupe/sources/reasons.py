"""The reasons of skipped documents and notices: stable words that every report uses.

They are the values of ``SkippedDocument.reason`` and ``Notice.reason``.
"""

from __future__ import annotations

# A path or a whole file.
PATH_MISSING = "path_missing"
PERMISSION_DENIED = "permission_denied"
NO_FILES = "no_files"
NOT_A_FILE = "not_a_file"
UNREADABLE = "unreadable"
MISSING_EXTRA = "missing_extra"
PAGE_UNREADABLE = "page_unreadable"
NOT_DECODABLE = "not_decodable"
UNDECODABLE = "undecodable"
NOT_TEXT = "not_text"
KNOWN_FORMAT = "known_format"
NOT_GZIP = "not_gzip"
NOT_BZIP2 = "not_bzip2"
NOT_XZ = "not_xz"
NOT_ZSTD = "not_zstd"
TOO_LARGE = "too_large"
NOT_ZIP = "not_zip"
NOT_TAR = "not_tar"
BOMB = "bomb"
NESTED_ARCHIVE = "nested_archive"
ENCRYPTED = "encrypted"
DUPLICATE_MEMBER = "duplicate_member"
TOO_MANY_MEMBERS = "too_many_members"
READER_FAILED = "reader_failed"
OWN_OUTPUT = "own_output"
NO_TEXT = "no_text"

# Data that breaks off or is wrong: the documents before that are kept.
TRUNCATED = "truncated"
DAMAGED = "damaged"

# A record.
TOO_DEEP = "too_deep"
NOT_JSON = "not_json"
NOT_A_RECORD = "not_a_record"
NO_RECORDS = "no_records"
FIELD_MISSING = "field_missing"
TEXT_NULL = "text_null"
TEXT_NOT_STRING = "text_not_string"

# Notices: nothing was lost.
SAME_FILE = "same_file"
DATASET_CARD = "dataset_card"
IGNORED = "ignored"
LEFT_OUT = "left_out"
IGNORE_FILE = "ignore_file"
LINKS_NOT_FOLLOWED = "links_not_followed"
UNDECODABLE_BYTES = "undecodable_bytes"
LONE_SURROGATES = "lone_surrogates"
NOT_KEPT = "not_kept"
CHANGED_WHILE_READ = "changed_while_read"
NO_ARTICLE = "no_article"
PAGE_LIMIT = "page_limit"
EXTRACTION_DOUBTFUL = "extraction_doubtful"
ODD_LAYOUT = "odd_layout"
PENDING_CHANGES = "pending_changes"
UNKNOWN_XML = "unknown_xml"
OTHER_ITEMS = "other_items"
NO_DATE = "no_date"
NO_ID = "no_id"
MISNAMED = "misnamed"
OUTSIDE_ARCHIVE = "outside_archive"
ENCODING_DOUBTFUL = "encoding_doubtful"
FIELD_DOUBTFUL = "field_doubtful"
FORMAT_DOUBTFUL = "format_doubtful"
NOT_COMPARED = "not_compared"
FETCH_DOUBTFUL = "fetch_doubtful"

DOUBTFUL_READING = frozenset(
    {
        UNDECODABLE_BYTES,
        LONE_SURROGATES,
        TRUNCATED,
        DAMAGED,
        NO_ARTICLE,
        EXTRACTION_DOUBTFUL,
        ODD_LAYOUT,
        PAGE_LIMIT,
        PENDING_CHANGES,
        UNKNOWN_XML,
        ENCODING_DOUBTFUL,
        FIELD_DOUBTFUL,
        FORMAT_DOUBTFUL,
        FETCH_DOUBTFUL,
    }
)
"""Reasons of notices that say that a text may not be what its author wrote.

A person should look before something is deleted because of such a text. Add each new reason above
here too if it means that. What is not part of a text at all is ``NOT_COMPARED``.
"""

NOT_COMPRESSED = {"gzip": NOT_GZIP, "bzip2": NOT_BZIP2, "xz": NOT_XZ, "zstd": NOT_ZSTD}
"""By codec, the reason for files that are not compressed as their names say."""

UNREADABLE_PATH_REASONS = frozenset(
    {
        PATH_MISSING,
        PERMISSION_DENIED,
        NO_FILES,
        NOT_A_FILE,
        UNREADABLE,
        MISSING_EXTRA,
        PAGE_UNREADABLE,
        NOT_TEXT,
        KNOWN_FORMAT,
        *NOT_COMPRESSED.values(),
        TOO_LARGE,
        BOMB,
        TOO_MANY_MEMBERS,
        NOT_ZIP,
        NOT_TAR,
        READER_FAILED,
        OWN_OUTPUT,
    }
)
"""Reasons that say that a path gave no documents, or not all of them."""
