"""XML from outside: no entities, no network, no document type of its own, comments left out."""

import re

from lxml import etree

from app.calibration.readers.findings import BadFile, check_size
from app.kernel import xmlreading
from app.kernel.text import msg
from app.kernel.xmlreading import NotXml

_MOST_MARKUP = 400_000
_OWN_DOCTYPE = re.compile(rb"<!DOCTYPE[^>]*\[", re.DOTALL)


def read_xml(data: bytes, *, root: str) -> etree._Element:
    """The root element, which must be `root`; a document type is read over, never loaded."""
    try:
        _check(data)
        found = xmlreading.parse(data)
    except NotXml as bad:
        raise BadFile(bad.message, bad.line) from bad
    if found.tag != root:
        raise BadFile(
            msg("The file holds <{tag}>, not a <{root}>.", tag=str(found.tag)[:80], root=root),
            found.sourceline,
        )
    return found


def _check(data: bytes) -> None:
    check_size(data)
    xmlreading.require_plain(data)
    at = data.find(b"<!ENTITY")
    if at < 0 and (own := _OWN_DOCTYPE.search(data)):
        at = own.start()
    if at >= 0:
        raise BadFile(
            msg("A file that declares entities is not accepted."), xmlreading.line_of(data, at)
        )
    if xmlreading.has_more_markup_than(_MOST_MARKUP, data):
        raise BadFile(msg("The file has more elements than a calibration can need."))
