"""XLSX: the rows of a workbook's sheet as text, and tables written as a workbook.

A workbook is a ZIP of XML that anybody may have made: what it unpacks to is measured before it is
read, document types are refused, and no more rows and columns are read than asked for. Formulas
are never computed; the value that the writing program left beside them counts.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape

from lxml import etree

from app.kernel.errors import Refused, TooLarge
from app.kernel.searchkeys import clean
from app.kernel.text import msg

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BEGINS = b"PK\x03\x04"
MOST_COLUMNS = 60
MOST_UNPACKED = 100_000_000
_MOST_MEMBERS = 500
_MOST_RATIO = 200  # spreadsheets pack 5 to 30 times; a bomb a thousand times
_SMALL = 1_000_000
_CHUNK = 1 << 16
_BROKEN = msg("This workbook cannot be read. Save it once more as XLSX, or as “CSV UTF-8”.")
_TOO_MUCH = msg("This workbook unpacks to too much.")
_UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    etree.XMLSyntaxError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    LookupError,
    EOFError,
)

_WORKBOOK = "xl/workbook.xml"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
# the formats of dates that every workbook has without naming them
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ZEROS = re.compile("0+")
_LETTERS = re.compile("[A-Z]{1,3}")
_EPOCH, _MAC_EPOCH = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a cell has no zone
_DAY_S = 86_400
_WHOLE_DIGITS = 15  # a spreadsheet keeps so many figures of a number and no more


@dataclass(frozen=True, slots=True)
class _Styles:
    """What a number's style makes of it: a date, or so many figures with zeros before them."""

    dates: frozenset[int]
    zeros: Mapping[int, int]
    epoch: datetime


class _Book:
    """An opened workbook whose size has been looked at."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(BytesIO(data))
        members = self._archive.infolist()
        if len(members) > _MOST_MEMBERS:
            raise TooLarge(_TOO_MUCH, field="file")
        left = MOST_UNPACKED
        for member in members:
            left -= self._measured(member, most=left)
        self._names = {member.filename.lower(): member.filename for member in members}

    def _measured(self, member: zipfile.ZipInfo, *, most: int) -> int:
        """How large a member really is, whatever its directory entry says."""
        size = 0
        is_xml = member.filename.lower().endswith((".xml", ".rels"))
        with self._archive.open(member) as file:
            while chunk := file.read(_CHUNK):
                if is_xml and size == 0 and (b"<!DOCTYPE" in chunk or b"\x00" in chunk):
                    raise Refused(_BROKEN, field="file")
                size += len(chunk)
                packed = max(member.compress_size, 1)
                if size > most or (size > _SMALL and size > packed * _MOST_RATIO):
                    raise TooLarge(_TOO_MUCH, field="file")
        return size

    def has(self, path: str) -> bool:
        return path.lower() in self._names

    def elements(self, path: str, *tags: str) -> Iterator[etree._Element]:
        """Each element of these names, whole; what was seen is forgotten."""
        with self._archive.open(self._names[path.lower()]) as file:
            found = etree.iterparse(
                file,
                tag=[f"{{*}}{tag}" for tag in tags],
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            for _, element in found:
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]

    def count(self, path: str, mark: bytes) -> int:
        """How often `mark` stands in a member, but for one torn between two chunks."""
        with self._archive.open(self._names[path.lower()]) as file:
            return sum(chunk.count(mark) for chunk in iter(lambda: file.read(1 << 20), b""))

    def related(self, path: str) -> dict[str, str]:
        """Where a member's relations lead to, by their id."""
        folder, name = posixpath.split(path)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        return {
            element.get("Id", ""): posixpath.normpath(
                posixpath.join("/", folder, element.get("Target", ""))
            ).lstrip("/")
            for element in self.elements(relations, "Relationship")
        }


def rows(data: bytes, *, most: int) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row of the first visible sheet that is not blank, as text.

    Of a merged area the first cell has the text. Rows after number `most` are not looked at.
    Raises Refused or TooLarge.
    """
    try:
        yield from _rows(_Book(data), most)
    except _UNREADABLE as broken:
        raise Refused(_BROKEN, field="file") from broken


def row_count(data: bytes) -> int:
    """About how many rows the sheet has, blank ones included. Raises Refused or TooLarge."""
    try:
        book = _Book(data)
        return book.count(_first_sheet(book, _WORKBOOK), b"<row")
    except _UNREADABLE as broken:
        raise Refused(_BROKEN, field="file") from broken


def _rows(book: _Book, most: int) -> Iterator[tuple[int, list[str]]]:
    sheet = _first_sheet(book, _WORKBOOK)
    strings = _shared_strings(book)
    styles = _styles(book, _WORKBOOK)
    number = 0
    for row in book.elements(sheet, "row"):
        number = int(row.get("r") or number + 1)
        if number > most:
            return
        cells = _cells(row, strings, styles)
        if any(map(clean, cells)):
            yield number, cells


def _first_sheet(book: _Book, workbook: str) -> str:
    related = book.related(workbook)
    for sheet in book.elements(workbook, "sheet"):
        if sheet.get("state", "visible") == "visible":
            path = related[sheet.get(_RELATION) or sheet.get(_STRICT_RELATION, "")]
            if "worksheets" in path.lower():
                return path
    raise Refused(_BROKEN, field="file")


def _shared_strings(book: _Book) -> list[str]:
    path = "xl/sharedStrings.xml"
    if not book.has(path):
        return []
    return [_said(element) for element in book.elements(path, "si")]


def _said(element: etree._Element) -> str:
    """The text of a string, of all its runs, without the reading aids above Chinese letters."""
    pieces = []
    for child in element:
        name = etree.QName(child).localname
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces += [part.text or "" for part in child if etree.QName(part).localname == "t"]
    return "".join(pieces)


def _styles(book: _Book, workbook: str) -> _Styles:
    is_mac = any(
        element.get("date1904") in {"1", "true"}
        for element in book.elements(workbook, "workbookPr")
    )
    epoch = _MAC_EPOCH if is_mac else _EPOCH
    path = "xl/styles.xml"
    if not book.has(path):
        return _Styles(frozenset(), {}, epoch)
    codes: dict[int, str] = {}
    used: list[int] = []
    for element in book.elements(path, "numFmt", "cellXfs"):
        if etree.QName(element).localname == "numFmt":
            codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        else:
            used = [int(style.get("numFmtId", "0")) for style in element]
    dates = {at for at, each in enumerate(used) if _is_date(each, codes.get(each, ""))}
    zeros = {
        at: len(codes[each])
        for at, each in enumerate(used)
        if _ZEROS.fullmatch(codes.get(each, ""))
    }
    return _Styles(frozenset(dates), zeros, epoch)


def _is_date(number: int, code: str) -> bool:
    if not code:
        return number in _DATE_FORMATS
    return any(sign in "ymdhs" for sign in _QUOTED.sub("", code).lower().replace("general", ""))


def _cells(row: etree._Element, strings: Sequence[str], styles: _Styles) -> list[str]:
    cells: list[str] = []
    for cell in row:
        reference = cell.get("r")
        at = _column(reference) if reference else len(cells)
        if at >= MOST_COLUMNS:
            break
        text = _text(cell, strings, styles)
        if text:
            cells += [""] * (at - len(cells))
            cells[at : at + 1] = [text]
        elif not reference:
            cells.append("")
    return cells


def _column(reference: str) -> int:
    """`C7` stands in the column 2."""
    found = _LETTERS.match(reference)
    if found is None:
        raise ValueError("not a cell's address")
    at = 0
    for letter in found[0]:
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def _text(cell: etree._Element, strings: Sequence[str], styles: _Styles) -> str:
    """What a cell shows, without the reader's country in it."""
    kind = cell.get("t", "n")
    value = ""
    for child in cell:
        name = etree.QName(child).localname
        if name == "v":
            value = child.text or ""
        elif name == "is" and kind == "inlineStr":
            return _said(child)
    if not value:
        return ""
    match kind:
        case "s":
            return strings[int(value)]
        case "b":
            return "TRUE" if value == "1" else "FALSE"
        case "n":
            return _number(value, int(cell.get("s", "0")), styles)
    return value


def _number(value: str, style: int, styles: _Styles) -> str:
    """A number as its figures. One of more than 15 stays as it was written: `8.93E+18`."""
    if style in styles.dates:
        moment = styles.epoch + timedelta(seconds=round(float(value) * _DAY_S))
        at_midnight = not (moment.hour or moment.minute or moment.second)
        return moment.date().isoformat() if at_midnight else moment.isoformat(timespec="seconds")
    if value.isdecimal():
        return value.zfill(styles.zeros.get(style, 0))
    number = float(value)
    if number.is_integer() and abs(number) < 10**_WHOLE_DIGITS:
        return f"{number:.0f}".zfill(styles.zeros.get(style, 0))
    # as the spreadsheet itself shows it: 0.1 + 0.2 is 0.3
    return f"{number:.{_WHOLE_DIGITS}g}".upper()


# Writing

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LONGEST_CELL = 32_767
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MEMBERS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KINDS}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KINDS}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
        f' Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # format 49 is text: a cell stays text when somebody edits it
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        "<fonts><font/><font><b/></font></fonts>"
        '<fills><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/>"
        '<xf numFmtId="49" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/>'
        '</cellXfs><cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ),
}
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # the same table is the same bytes


def workbook(
    title: str, titles: Sequence[str], lines: Iterable[Sequence[str | int | Decimal]]
) -> bytes:
    """A sheet with a title row. Text is written as text, so that no cell is a formula."""
    name = escape(re.sub(r"[\[\]:*?/\\]", " ", title)[:31], {'"': "&quot;"})
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _MEMBERS.items():
            archive.writestr(_member(path), _HEAD + content)
        archive.writestr(
            _member("xl/workbook.xml"),
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w") as sheet:
            for piece in _sheet(titles, lines):
                sheet.write(piece.encode())
    return file.getvalue()


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _WRITTEN_AT)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _sheet(titles: Sequence[str], lines: Iterable[Sequence[str | int | Decimal]]) -> Iterator[str]:
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane'
        ' ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        "</sheetViews><sheetData>"
    )
    yield _row(titles, style=2)
    for line in lines:
        yield _row(line, style=1)
    yield "</sheetData></worksheet>"


def _row(cells: Sequence[str | int | Decimal], *, style: int) -> str:
    return f"<row>{''.join(_cell(cell, style) for cell in cells)}</row>"


def _cell(cell: str | int | Decimal, style: int) -> str:
    if not isinstance(cell, str):
        return f"<c><v>{cell}</v></c>"
    if not cell:
        return "<c/>"
    text = escape(_NOT_XML.sub("", cell)[:_LONGEST_CELL])
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'
