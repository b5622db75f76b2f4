"""What a format is to all that reads, shows and rewrites files: one value that tells everything.

To add one: a file here with a subclass of :class:`Format` and an instance of it, and a line in
:mod:`dedupe.model.formats` that names the instance. All formats are imported when a scan looks for
the first file's format; so whatever takes long to import is imported inside the methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_content import odd_content_problem
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import OpenSource, Piece, Rereader
from dedupe.sources.records.removal import CannotRewriteError, Sink, Stretch


class Format:
    """A way in which a file holds documents.

    What stands here serves a format of text; a subclass says what is different.

    :ivar endings: of the names of its files, without that of a compression
    :ivar magics: bytes with which its files begin and no others
    :ivar has_fields: whether its documents are records of fields, whose texts may be HTML
        (``text_format``)
    :ivar takes_utf8: whether its reader wants UTF-8, as which it is given files in other encodings
        (see :mod:`dedupe.sources.encoding.recoding`)
    :ivar holds_pages: whether some of its documents are pages
    :ivar is_written_anew: whether a file is encoded anew to take records out of it
        (:meth:`write_without`), and not copied without some bytes (:meth:`find_stretches`)
    """

    endings: tuple[str, ...] = ()
    magics: tuple[bytes, ...] = ()
    has_fields = False
    takes_utf8 = False
    holds_pages = False
    is_written_anew = False

    def __init__(self, name: str) -> None:
        """Make the format of this name, under which it is registered."""
        self.name = name

    # --- what a file is ----------------------------------------------------------------------

    def resembles(self, start: bytes) -> bool:
        """Whether a file without a telling name may be of this format, by its beginning.

        :param start: in UTF-8, without a byte order mark and white space
        """
        return False

    def refine(self, head: bytes) -> str:
        """The format of a file whose ending is one of this format's: another, if content says so.

        :param head: its beginning
        """
        return self.name

    def problem(self, head: bytes, is_chosen: bool) -> str:
        """Why a file with this beginning cannot be of the format; nothing where it can.

        :param is_chosen: whether the settings say that all files are of this format
        """
        return odd_content_problem(head)

    # --- reading -----------------------------------------------------------------------------

    def missing_package(self) -> str:
        """What to say where the package that reads it is not installed, with the command that
        installs it; nothing where it is."""
        return ""

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        """The documents of a file, and what there is to say about what could not be used.

        Never raises for what a file holds: that becomes a skipped document.
        """
        raise NotImplementedError

    def reread_with(self, settings: ReadSettings) -> Rereader:
        """Reads single documents of one file again, as a scan under these settings read them."""
        raise NotImplementedError

    # --- taking documents out ----------------------------------------------------------------

    def is_whole_file(self, locator: Locator) -> bool:
        """Whether a document is all of its file, so that the file can go with it."""
        return False

    def find_stretches(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[Stretch]:
        """The bytes that go with some documents, so that what stays is a sound file.

        :param content: uncompressed, and in UTF-8 where :attr:`takes_utf8`
        :raises CannotRewriteError: if something else would be lost with them
        """
        raise CannotRewriteError(f"this dedupe does not write the format {self.name}")

    def write_without(
        self, content: SeekableBytes, locators: Sequence[Locator], sink: Sink
    ) -> None:
        """Encode a file anew without some documents.

        :param content: uncompressed
        :raises CannotRewriteError: if something else would be lost with them
        """
        raise CannotRewriteError(f"this dedupe does not write the format {self.name}")


class RecordFormat(Format):
    """A format of records of fields, written as text."""

    has_fields = True
    takes_utf8 = True
