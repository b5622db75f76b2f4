"""The interface of formats, for all code that recognises, reads and rewrites files.

To add a format, write a module here with a subclass of :class:`Format` and an instance of it, and
add a line to :mod:`dedupe.model.formats` that names the instance. All formats are imported when a
scan recognises its first file. So import inside the methods whatever takes long to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.model.documents import Locator
from dedupe.model.settings import ReadSettings
from dedupe.sources.encoding.text_content import holds_controls, odd_content_problem
from dedupe.sources.files.file_system import SeekableBytes
from dedupe.sources.limits import ReadLimits
from dedupe.sources.records.pieces import FieldsReader, OpenSource, Piece, Rereader
from dedupe.sources.records.removal import ByteRange, CannotRewriteError, Sink
from dedupe.sources.unpack.byte_blocks import ByteBlocks


class Format:
    """A way in which a file holds documents.

    The defaults fit a file that is one text; a subclass overrides what is different.

    :ivar endings: the endings of its files' names, without the ending of a compression
    :ivar magics: the first bytes of its files, where no other files begin with them
    :ivar has_fields: whether its documents are records of fields, whose texts may be HTML
        (``text_format``)
    :ivar takes_utf8: whether its reader takes UTF-8 only, so that files in other encodings are
        recoded for it (see :mod:`dedupe.sources.encoding.recoding`)
    :ivar holds_text: whether its files are text that its reader decodes itself, each as a whole
    :ivar holds_pages: whether some of its documents are pages
    :ivar is_written_anew: whether records are taken out of a file by encoding it anew
        (:meth:`write_without`), and not by copying it without some bytes (:meth:`find_ranges`)
    """

    endings: tuple[str, ...] = ()
    magics: tuple[bytes, ...] = ()
    has_fields = False
    takes_utf8 = False
    holds_text = False
    holds_pages = False
    is_written_anew = False

    def __init__(self, name: str) -> None:
        """Make the format of this name, under which it is registered."""
        self.name = name

    # --- recognising -------------------------------------------------------------------------

    def is_certain(self, head: bytes) -> bool:
        """Whether a file is of this format for certain, whatever its name says.

        By default it begins with one of :attr:`magics`, and then holds what no text does.

        :param head: its beginning
        """
        return head.startswith(self.magics) and holds_controls(head) if self.magics else False

    def resembles(self, start: bytes) -> bool:
        """Whether a file whose name does not show its format may be of this one.

        :param start: its beginning in UTF-8, without a byte order mark and white space before it
        """
        return False

    def refine(self, head: bytes) -> str:
        """The format of a file with an ending of this one: its content may show another format.

        :param head: its beginning
        """
        return self.name

    def read_as(self, blocks: ByteBlocks, settings: ReadSettings) -> str:
        """The format whose reader takes a file of this one under the settings.

        :param blocks: its content, to look at the beginning of
        """
        return self.name

    def problem(self, head: bytes, is_chosen: bool) -> str:
        """Why a file with this beginning cannot be of the format, in words; empty where it can.

        :param is_chosen: whether the settings say that all files are of this format
        """
        return odd_content_problem(head)

    def declared(self, head: bytes) -> str:
        """The encoding that a file itself names; empty where it names none.

        :param head: its beginning
        """
        return ""

    # --- reading -----------------------------------------------------------------------------

    def missing_package(self) -> str:
        """A message with the command that installs the package that reads the format.

        It is empty where the package is installed.
        """
        return ""

    def read(self, file: OpenSource, settings: ReadSettings, limits: ReadLimits) -> Iterator[Piece]:
        """The documents of a file, and remarks on what could not be used.

        It never raises because of the content of a file, but skips the document.
        """
        raise NotImplementedError

    def reread_with(self, settings: ReadSettings) -> Rereader:
        """A function that reads single documents of one file again, as a scan reads them."""
        raise NotImplementedError

    def reread_fields_with(self, settings: ReadSettings) -> FieldsReader | None:
        """A function that reads all fields of single records again, to write them in another form.

        ``None`` where documents have no fields, or more than fields: these are written as texts.
        """
        return None

    # --- taking documents out ----------------------------------------------------------------

    def is_whole_file(self, locator: Locator) -> bool:
        """Whether a document is all of its file, so that dropping it means dropping the file."""
        return False

    def find_ranges(self, content: SeekableBytes, locators: Sequence[Locator]) -> list[ByteRange]:
        """The bytes to leave out with some documents, so that a valid file remains.

        :param content: the file, uncompressed, and in UTF-8 where :attr:`takes_utf8`
        :raises CannotRewriteError: if more than these documents would be lost
        """
        raise CannotRewriteError(f"this dedupe does not write the format {self.name}")

    def write_without(
        self, content: SeekableBytes, locators: Sequence[Locator], sink: Sink
    ) -> None:
        """Encode a file anew without some documents.

        :param content: the file, uncompressed
        :raises CannotRewriteError: if more than these documents would be lost
        """
        raise CannotRewriteError(f"this dedupe does not write the format {self.name}")


class RecordFormat(Format):
    """A format of records of fields, written as text."""

    has_fields = True
    takes_utf8 = True
