"""XML from outside: in an encoding that hides nothing, and no entities, no network, no comments."""

import re

from lxml import etree

from app.kernel.text import Text, msg

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
# Encodings in which the bytes of "<!ENTITY" cannot hide.
_PLAIN = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}
    | {"gb2312", "gbk", "gb18030"}
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NotXml(Exception):
    """It cannot be read; `line` is where."""

    def __init__(self, message: Text, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def require_plain(data: bytes) -> None:
    """Raises NotXml for an encoding in which a search for bytes finds nothing."""
    declared = _DECLARED.match(data.removeprefix(_BYTE_ORDER_MARK))
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if b"\x00" in data or encoding not in _PLAIN:
        raise NotXml(msg("The file's encoding is not accepted; save it as UTF-8."), 1)


def line_of(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def has_more_markup_than(most: int, data: bytes) -> bool:
    """Whether its elements and attributes together are more, told without parsing them."""
    return data.count(b"<") + data.count(b"=") > most


def parse(data: bytes) -> etree._Element:
    """The root element; a document type is read over, never loaded. Raises NotXml."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as broken:
        reason = (broken.msg or "")[:120]
        raise NotXml(
            msg("The file cannot be read as XML: {reason}", reason=reason), broken.lineno or 1
        ) from broken
