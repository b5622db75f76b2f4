"""Kinds of files that are known by their first bytes and not read: a table, with the next step.

A kind whose name is that of a registered format is read as that format (see
:func:`dedupe.sources.formats.recognition.recognise`): so a line may stay when its format comes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Content = Literal["binary", "text", "any"]


class Kind(NamedTuple):
    """A kind of files that is known and not read.

    :param name: a short word; where a format of this name is registered, that format reads it
    :param what: what it is, in words that a person knows
    :param step: what to do to have it read
    :param begin: a regular expression that its first bytes match
    :param content: ``binary`` where its beginning holds bytes that no text has: a text that by
        chance begins like it is none. ``text`` where it is made of text: a format that the user
        chose wins. ``any``: either, and the beginning is certain
    :param endings: the endings of the names that it must have too; none where any name will do
    """

    name: str
    what: str
    step: str
    begin: bytes
    content: Content = "binary"
    endings: tuple[str, ...] = ()


_UNPACK = "unpack it"
_NO_TEXT = "it holds no text to compare"
_AS_CSV = "save it as CSV"
_AS_TEXT = "save it as text or HTML"
_AS_JSON = "convert it to Parquet or JSON Lines"
_PICKLE = "Python pickle, which may run programs when it is opened"
_CLOSE = "close the program that has the database open"
_OLE = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

KINDS: tuple[Kind, ...] = (
    # Documents.
    Kind(
        "pdf",
        "PDF document",
        "take its text out first: pdftotext FILE",
        rb"\s{0,64}%PDF-\d\.\d",
        "any",
    ),
    Kind("pdf", "damaged PDF document", "mend it: qpdf FILE NEW.pdf", rb"", "binary", (".pdf",)),
    Kind("rtf", "RTF document", _AS_TEXT, rb"\{\\rtf\d?[\\{ \r\n]", "text"),
    Kind(
        "mhtml",
        "web page saved as MHTML",
        "save it as HTML",
        rb"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*+)*?"
        rb"(?:Snapshot-Content-Location: |From: <?Saved by |X-MAF-Information: )",
        "text",
    ),
    Kind(
        "mhtml",
        "web page saved as MHTML",
        "save it as HTML",
        rb"(?:From|MIME-Version|Content-Type|Subject|Date): ",
        "text",
        (".mht", ".mhtml"),
    ),
    Kind("postscript", "PostScript document", "ps2ascii FILE", rb"%!PS(?:-Adobe-\d|\r?\n)", "any"),
    Kind("eps", "PostScript document", "ps2ascii FILE", rb"\xc5\xd0\xd3\xc6"),
    Kind("djvu", "DjVu document", "djvutxt FILE", rb"AT&TFORM.{4}DJV"),
    Kind("dvi", "TeX DVI document", "take its text out first: dvi2tty FILE", rb"\xf7\x02\x01\x83"),
    Kind(
        "mobi",
        "Kindle or Palm e-book",
        "convert it to EPUB or text",
        rb".{60}(?:BOOKMOBI|TEXtREAd)",
    ),
    Kind("kfx", "Kindle e-book", "convert it to EPUB or text", rb"(?:CONT\x02\0|\xeaDRMION\xee)"),
    Kind("chm", "Windows help file (CHM)", _UNPACK, rb"ITSF\x03\0\0\0"),
    Kind("lit", "Microsoft e-book (LIT)", "convert it to EPUB or text", rb"ITOLITLS"),
    Kind("wordperfect", "WordPerfect document", _AS_TEXT, rb"\xffWPC"),
    Kind("xls", "Excel workbook", _AS_CSV, _OLE, "any", (".xls", ".xlt")),
    Kind(
        "doc",
        "Word document",
        _AS_TEXT,
        _OLE + rb"|\xdb\xa5-\0",
        "any",
        (".doc", ".dot"),
    ),
    Kind("ppt", "PowerPoint slides", _AS_TEXT, _OLE, "any", (".ppt", ".pps", ".pot")),
    Kind("msg", "Outlook message", "save it as EML", _OLE, "any", (".msg",)),
    Kind("hwp", "Hangul document (HWP)", _AS_TEXT, _OLE, "any", (".hwp",)),
    Kind("msi", "installer for Windows", _NO_TEXT, _OLE, "any", (".msi", ".msp")),
    Kind("thumbs", "previews of Windows (Thumbs.db)", _NO_TEXT, _OLE, "any", (".db",)),
    Kind(
        "ole",
        "Microsoft Office file of before 2007, or another OLE file",
        f"{_AS_TEXT}, and tables as CSV",
        _OLE,
        "any",
    ),
    Kind("pst", "Outlook mailbox (PST)", "convert it to mbox: readpst FILE", rb"!BDN"),
    Kind("tnef", "Outlook attachment (TNEF)", _UNPACK, rb"\x78\x9f\x3e\x22"),
    Kind("emlx", "message of Apple Mail", "export it as mbox", rb"\d{1,9} *\n", "text", (".emlx",)),
    Kind("msf", "index of a mailbox (Mork)", _NO_TEXT, rb"// <!-- <mdb:mork", "text"),
    Kind("babyl", "mailbox of Emacs (Babyl)", "convert it to mbox", rb"BABYL OPTIONS:", "any"),
    Kind("mmdf", "mailbox (MMDF)", "convert it to mbox", rb"\x01\x01\x01\x01\n", "any"),
    Kind(
        "notebook",
        "Jupyter notebook",
        "jupyter nbconvert --to markdown FILE",
        rb'\s*\{\s*"(?:cells|metadata|nbformat|nbformat_minor)"',
        "text",
        (".ipynb",),
    ),
    # Pointers to files that are elsewhere.
    Kind(
        "git-lfs",
        "Git LFS pointer",
        "git lfs pull fetches the file",
        rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v\d\r?\n",
        "text",
    ),
    Kind(
        "git-annex",
        "git-annex pointer",
        "git annex get fetches the file",
        rb"(?:\.\./)*(?:\.git)?/annex/objects/\S+\s*\Z",
        "text",
    ),
    Kind(
        "torrent",
        "torrent",
        "download what it names",
        rb"d\d+:(?:announce|comment|created by|info)",
    ),
    # Archives and compressed data.
    Kind("rar", "RAR archive", _UNPACK, rb"Rar!\x1a\x07"),
    Kind("7z", "7z archive", _UNPACK, rb"7z\xbc\xaf\x27\x1c"),
    Kind("cab", "Cabinet archive", _UNPACK, rb"MSCF\0\0\0\0"),
    Kind("lzh", "LZH archive", _UNPACK, rb".{2}-lh[0-9d]-"),
    Kind("arj", "ARJ archive", _UNPACK, rb"\x60\xea.{8}\x02"),
    Kind("xar", "XAR archive or macOS installer", _UNPACK, rb"xar!\0\x1c"),
    Kind("ar", "Unix archive or Debian package", _UNPACK, rb"!<arch>\n", "any"),
    Kind("rpm", "RPM package", _UNPACK, rb"\xed\xab\xee\xdb[\x03\x04]"),
    Kind("cpio", "cpio archive", _UNPACK, rb"07070[127][0-9A-Fa-f]{104}", "any"),
    Kind("zip", "part of a split ZIP archive", "join its parts", rb"PK\x07\x08"),
    Kind("lz4", "lz4 data", "unpack it: lz4 -d FILE", rb"\x04\x22\x4d\x18"),
    Kind("lzip", "lzip data", "unpack it: lzip -d FILE", rb"LZIP\x01"),
    Kind("lzop", "lzop data", "unpack it: lzop -d FILE", rb"\x89LZO\0\r\n\x1a\n"),
    Kind("compress", "data of the program compress", "unpack it: gzip -d FILE", rb"\x1f[\x9d\xa0]"),
    Kind("snappy", "Snappy data", _UNPACK, rb"\xff\x06\0\0sNaPpY"),
    Kind("lzma", "lzma data", "unpack it: xz -d FILE", rb"\x5d\0\0", "binary", (".lzma", ".tlz")),
    Kind("brotli", "Brotli data", "unpack it: brotli -d FILE", rb"", "binary", (".br",)),
    Kind("zlib", "zlib data, or an object of git", _UNPACK, rb"\x78[\x01\x5e\x9c\xda]"),
    Kind(
        "compressed",
        "data that is compressed more than three times",
        "unpack it",
        rb"\x1f\x8b\x08|BZh[1-9](?:1AY&SY|\x17rE8P\x90)|\xfd7zXZ\0|\x28\xb5\x2f\xfd",
    ),
    Kind("git-bundle", "git bundle", "clone it: git clone FILE", rb"# v[23] git bundle\n", "any"),
    Kind("git-pack", "pack of a git repository", _NO_TEXT, rb"PACK\0\0\0[\x02\x03]"),
    Kind("cdx", "index of a crawl (CDX)", _NO_TEXT, rb" CDX(?: [A-Za-z])+\r?\n", "text"),
    Kind(
        "disk",
        "image of a disk",
        _UNPACK,
        rb"",
        "binary",
        (".iso", ".dmg", ".img", ".vmdk", ".vhd", ".vdi", ".qcow2"),
    ),
    # Encrypted data.
    Kind(
        "pgp",
        "PGP message or key",
        "decrypt it",
        rb"-----BEGIN PGP (?:MESSAGE|PUBLIC KEY|PRIVATE KEY|SIGNATURE)",
        "text",
    ),
    Kind(
        "pem",
        "certificate or key",
        _NO_TEXT,
        rb"-----BEGIN (?:[A-Z0-9]+ )*(?:CERTIFICATE(?: REQUEST)?|PRIVATE KEY|PUBLIC KEY)-----",
        "text",
    ),
    Kind("age", "file encrypted by age", "decrypt it", rb"age-encryption\.org/v1\n", "any"),
    Kind("openssl", "file encrypted by OpenSSL", "decrypt it", rb"Salted__"),
    # Tables, arrays and databases.
    Kind(
        "sqlite",
        "SQLite database",
        "sqlite3 -csv -header FILE 'SELECT * FROM …' > TABLE.csv",
        rb"SQLite format 3\0",
    ),
    Kind("sqlite-wal", "newest rows of a SQLite database", _CLOSE, rb"\x37\x7f\x06[\x82\x83]"),
    Kind(
        "sqlite-journal", "journal of a SQLite database", _CLOSE, rb"\xd9\xd5\x05\xf9\x20\xa1\x63"
    ),
    Kind("sqlite-shm", "memory of a SQLite database", _CLOSE, rb"\x18\xe2\x2d\0|\0\x2d\xe2\x18"),
    Kind("duckdb", "DuckDB database", "COPY … TO 'TABLE.parquet'", rb".{8}DUCK.\0\0\0"),
    Kind("lmdb", "LMDB database", _AS_JSON, rb".{16}\xde\xc0\xef\xbe"),
    Kind(
        "access",
        "Access database",
        "export its tables as CSV",
        rb"\0\x01\0\0Standard (?:Jet|ACE) DB",
    ),
    Kind("leveldb", "table of LevelDB or RocksDB", _AS_JSON, rb"", "binary", (".ldb", ".sst")),
    Kind("avro", "Avro file", _AS_JSON, rb"Obj\x01"),
    Kind("orc", "ORC file", _AS_JSON, rb"ORC[\0-\x1f\x80-\xff]"),
    Kind(
        "tfrecord",
        "TFRecord file",
        _AS_JSON,
        rb"",
        "binary",
        (".tfrecord", ".tfrecords", ".tfrec"),
    ),
    Kind("msgpack", "MessagePack file", _AS_JSON, rb"", "binary", (".msgpack", ".mpk")),
    Kind("bson", "BSON dump of MongoDB", "bsondump FILE > FILE.jsonl", rb"", "binary", (".bson",)),
    Kind("dbf", "dBase table", _AS_CSV, rb"", "binary", (".dbf",)),
    Kind("onnx", "model (ONNX)", _NO_TEXT, rb"", "binary", (".onnx",)),
    Kind("hdf5", "HDF5 file", _AS_JSON, rb"\x89HDF\r\n\x1a\n"),
    Kind("netcdf", "NetCDF file", _AS_JSON, rb"CDF[\x01\x02\x05]"),
    Kind("npy", "NumPy array", _AS_JSON, rb"\x93NUMPY"),
    Kind(
        "pickle",
        _PICKLE,
        _AS_JSON,
        rb"\x80[\x02-\x05][\x95\]\}\(cCX\x8a\x8cK\x80qh\x88\x89NG)]|[\]\}]q[\0\x01]",
    ),
    Kind(
        "pickle",
        _PICKLE,
        _AS_JSON,
        rb"\([ldt]p\d+\n|ccopy_reg\n_reconstructor\n|c[a-z_.]{2,60}\n[A-Za-z_]{1,60}\np\d+\n",
        "text",
    ),
    Kind("matlab", "MATLAB file", _AS_CSV, rb"MATLAB 5\.0 MAT-file"),
    Kind("stata", "Stata file", _AS_CSV, rb"<stata_dta>"),
    Kind("stata", "Stata file", _AS_CSV, rb"", "binary", (".dta",)),
    Kind("spss", "SPSS file", _AS_CSV, rb"\$FL[23]@\(#\)", "any"),
    Kind("sas", "SAS file", _AS_CSV, rb"\0{12}\xc2\xea\x81\x60"),
    Kind("r-data", "R data", "write.csv or writeLines in R", rb"RD[XAB][23]\n|X\n\0\0\0[\x02\x03]"),
    Kind("gguf", "language model (GGUF)", _NO_TEXT, rb"GGUF[\x01-\x09]\0\0\0"),
    Kind("safetensors", "language model (safetensors)", _NO_TEXT, rb'.{3}\0{5}\{"'),
    Kind("redis", "Redis database", _AS_JSON, rb"REDIS00\d\d"),
    Kind("bplist", "binary property list", "plutil -convert xml1 FILE", rb"bplist0\d"),
    Kind("lucene", "part of a search index (Lucene)", _NO_TEXT, rb"\x3f\xd7\x6c\x17"),
    Kind(
        "pcap",
        "network capture",
        _NO_TEXT,
        rb"\xd4\xc3\xb2\xa1\x02\0|\xa1\xb2\xc3\xd4\0|\n\r\r\n.{4}\x4d\x3c\x2b\x1a",
    ),
    Kind("java-object", "Java object", _NO_TEXT, rb"\xac\xed\0\x05"),
    # Images.
    Kind("png", "PNG image", _NO_TEXT, rb"\x89PNG\r\n\x1a\n"),
    Kind("jpeg", "JPEG image", _NO_TEXT, rb"\xff\xd8\xff"),
    Kind("gif", "GIF image", _NO_TEXT, rb"GIF8[79]a"),
    Kind("webp", "WebP image", _NO_TEXT, rb"RIFF.{4}WEBP"),
    Kind("bmp", "BMP image", _NO_TEXT, rb"BM.{4}\0{4}.{4}[\x0c\x28\x38\x40\x6c\x7c]\0\0\0"),
    Kind("tiff", "TIFF image", "recognise its text first (OCR)", rb"II[\x2a\x2b]\0|MM\0[\x2a\x2b]"),
    Kind("ico", "icon", _NO_TEXT, rb"\0\0[\x01\x02]\0[\x01-\x40]\0"),
    Kind("psd", "Photoshop image", _NO_TEXT, rb"8BPS\0[\x01\x02]"),
    Kind("xcf", "GIMP image", _NO_TEXT, rb"gimp xcf (?:v\d|file)"),
    Kind("jp2", "JPEG 2000 image", _NO_TEXT, rb"\0\0\0\x0cjP  \r\n|\xff\x4f\xff\x51"),
    Kind("jxl", "JPEG XL image", _NO_TEXT, rb"\0\0\0\x0cJXL \r\n"),
    Kind("heif", "HEIF or AVIF image", _NO_TEXT, rb"\0.{3}ftyp(?:hei|hev|mif1|msf1|avi[fs])"),
    Kind(
        "svg",
        "SVG image",
        _NO_TEXT,
        rb"(?>(?><\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->|\s+"
        rb"|<!DOCTYPE svg[^\[>]*(?:\[[^\]]*\])?\s*>)*)"
        rb"<(?:svg:)?svg[\s>]",
        "text",
        (".svg", ""),
    ),
    # Sound and moving pictures.
    Kind("mp4", "MP4 or QuickTime video", _NO_TEXT, rb"\0.{3}(?:ftyp|moov|mdat|wide|free)"),
    Kind("mkv", "Matroska or WebM video", _NO_TEXT, rb"\x1a\x45\xdf\xa3"),
    Kind("avi", "AVI video", _NO_TEXT, rb"RIFF.{4}AVI "),
    Kind("asf", "Windows Media file", _NO_TEXT, rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    Kind("flv", "Flash video", _NO_TEXT, rb"FLV\x01"),
    Kind("swf", "Flash film", _NO_TEXT, rb"[FCZ]WS[\x01-\x40]"),
    Kind("mpeg", "MPEG video", _NO_TEXT, rb"\0\0\x01[\xba\xb3]"),
    Kind("wav", "WAV sound", _NO_TEXT, rb"RIFF.{4}WAVE"),
    Kind("mp3", "MP3 sound", _NO_TEXT, rb"ID3[\x02-\x04]\0|\xff[\xfb\xf3\xf2][\x10-\xef]"),
    Kind("ogg", "Ogg sound or video", _NO_TEXT, rb"OggS\0"),
    Kind("flac", "FLAC sound", _NO_TEXT, rb"fLaC[\0\x80]"),
    Kind("midi", "MIDI music", _NO_TEXT, rb"MThd\0\0\0\x06"),
    Kind("aiff", "AIFF sound", _NO_TEXT, rb"FORM.{4}AIF[FC]"),
    # Programs and fonts.
    Kind("elf", "program (ELF)", _NO_TEXT, rb"\x7fELF"),
    Kind("exe", "program for Windows", _NO_TEXT, rb"MZ.{10,58}\0"),
    Kind(
        "mach-o",
        "program for macOS, or Java class",
        _NO_TEXT,
        rb"[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe\0",
    ),
    Kind("wasm", "WebAssembly program", _NO_TEXT, rb"\0asm"),
    Kind("dex", "Android program", _NO_TEXT, rb"dex\n0\d\d\0"),
    Kind("pyc", "Python bytecode", _NO_TEXT, rb".\r\r\n[\0-\x03]\0\0\0"),
    Kind("pyc", "Python bytecode", _NO_TEXT, rb"", "binary", (".pyc", ".pyo")),
    Kind("lua", "Lua bytecode", _NO_TEXT, rb"\x1bLua"),
    Kind("font", "font", _NO_TEXT, rb"\0\x01\0\0\0[\x04-\x40]\0|OTTO\0|ttcf\0|wOF[F2]|true\0"),
    Kind("font", "font", _NO_TEXT, rb"", "binary", (".eot", ".pfb", ".pfm")),
    Kind("vim", "swap file of Vim", _NO_TEXT, rb"b0VIM "),
    Kind("script", "program (script)", _NO_TEXT, rb"#! ?/\S", "text", ("",)),
    Kind(
        "php",
        "program (PHP)",
        _NO_TEXT,
        rb"\s*<\?(?:php|=)",
        "text",
        (".php", ".inc", ".phtml", ""),
    ),
    Kind(
        "asp",
        "program (ASP or JSP)",
        _NO_TEXT,
        rb"\s*<%[@=!-]",
        "text",
        (".asp", ".aspx", ".ascx", ".jsp", ".jspx"),
    ),
    # What systems leave behind.
    Kind("ds-store", "folder settings of macOS (.DS_Store)", _NO_TEXT, rb"\0\0\0\x01Bud1"),
    Kind(
        "apple-double",
        "file attributes of macOS (AppleDouble)",
        _NO_TEXT,
        rb"\0\x05\x16[\x07\0]\0[\x01\x02]\0\0",
    ),
    Kind("lnk", "Windows shortcut", _NO_TEXT, rb"L\0\0\0\x01\x14\x02\0"),
)
"""The kinds, the first that fits counting. An ending "" is that of a name without one."""


class ZipKind(NamedTuple):
    """A kind of files that are ZIP archives inside.

    :param mimetype: the beginning of what its first member, ``mimetype``, holds
    :param members: one of these names is among its first members; ``/name`` is one in any folder
    :param endings: the endings of its names
    """

    name: str
    what: str
    step: str
    mimetype: bytes = b""
    members: tuple[bytes, ...] = ()
    endings: tuple[str, ...] = ()


_OFFICE = (b"[Content_Types].xml", b"_rels/.rels", b"docProps/app.xml", b"docProps/core.xml")
_IWORK = "Pages, Numbers or Keynote document"
_ODF = b"application/vnd.oasis.opendocument."

ZIP_KINDS: tuple[ZipKind, ...] = (
    ZipKind("epub", "EPUB e-book", "convert it to text", b"application/epub+zip"),
    ZipKind("epub", "EPUB e-book", "convert it to text", b"", (), (".epub",)),
    ZipKind("ods", "OpenDocument spreadsheet", _AS_CSV, _ODF + b"spreadsheet"),
    ZipKind("odp", "OpenDocument slides", _AS_TEXT, _ODF + b"presentation"),
    ZipKind("odg", "OpenDocument drawing", _AS_TEXT, _ODF + b"graphics"),
    ZipKind("odt", "OpenDocument text (ODT)", _AS_TEXT, _ODF),
    ZipKind("docx", "Word document (DOCX)", _AS_TEXT, b"", (b"word/document.xml",)),
    ZipKind("xlsx", "Excel workbook", _AS_CSV, b"", (b"xl/workbook.xml",)),
    ZipKind("pptx", "PowerPoint slides (PPTX)", _AS_TEXT, b"", (b"ppt/presentation.xml",)),
    ZipKind("docx", "Word document (DOCX)", _AS_TEXT, b"", (), (".docx", ".docm", ".dotx")),
    ZipKind("xlsx", "Excel workbook", _AS_CSV, b"", (), (".xlsx", ".xlsm", ".xltx", ".xlsb")),
    ZipKind("pptx", "PowerPoint slides (PPTX)", _AS_TEXT, b"", (), (".pptx", ".pptm", ".ppsx")),
    ZipKind("office", "Office document", f"{_AS_TEXT}, and tables as CSV", b"", _OFFICE),
    ZipKind("document", "document in a ZIP file", _AS_TEXT, b"", (b"mimetype",)),
    ZipKind("npz", "NumPy arrays", _AS_JSON, b"", (), (".npz",)),
    ZipKind("pytorch", "PyTorch model", _NO_TEXT, b"", (), (".pt", ".pth", ".ckpt")),
    ZipKind("pytorch", "PyTorch model", _NO_TEXT, b"", (b"/data.pkl",), (".bin", ".model", "")),
    ZipKind("iwork", _IWORK, _AS_TEXT, b"", (b"Index/Document.iwa",)),
    ZipKind("iwork", _IWORK, _AS_TEXT, b"", (), (".pages", ".numbers", ".key")),
    ZipKind("program", "Java or Android program", _NO_TEXT, b"", (b"META-INF/MANIFEST.MF",)),
    ZipKind("program", "Android program", _NO_TEXT, b"", (b"AndroidManifest.xml", b"classes.dex")),
)
"""The kinds of ZIP archives that are not opened, the first that fits counting."""
