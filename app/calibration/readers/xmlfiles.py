"""XML from outside: no entities, no network, no document type of its own, comments left out."""

import re

from lxml import etree

from app.calibration.readers.findings import BadFile, check_size
from app.kernel.text import msg

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
# Encodings in which the bytes of "<!ENTITY" cannot hide.
_PLAIN = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}
    | {"gb2312", "gbk", "gb18030"}
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_MARKUP = 400_000
_OWN_DOCTYPE = re.compile(rb"<!DOCTYPE[^>]*\[", re.DOTALL)


def read_xml(data: bytes, *, root: str) -> etree._Element:
    """The root element, which must be `root`; a document type is read over, never loaded."""
    _check(data)
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
        found = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as broken:
        reason = (broken.msg or "")[:120]
        raise BadFile(
            msg("The file cannot be read as XML: {reason}", reason=reason), broken.lineno or 1
        ) from broken
    if found.tag != root:
        raise BadFile(
            msg("The file holds <{tag}>, not a <{root}>.", tag=str(found.tag)[:80], root=root),
            found.sourceline,
        )
    return found


def _check(data: bytes) -> None:
    check_size(data)
    declared = _DECLARED.match(data.removeprefix(_BYTE_ORDER_MARK))
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if b"\x00" in data or encoding not in _PLAIN:
        raise BadFile(msg("The file's encoding is not accepted; save it as UTF-8."), 1)
    at = data.find(b"<!ENTITY")
    if at < 0 and (own := _OWN_DOCTYPE.search(data)):
        at = own.start()
    if at >= 0:
        raise BadFile(
            msg("A file that declares entities is not accepted."), data.count(b"\n", 0, at) + 1
        )
    if data.count(b"<") + data.count(b"=") > _MOST_MARKUP:
        raise BadFile(msg("The file has more elements than a calibration can need."))
