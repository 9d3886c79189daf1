"""An issued invoice as data: Factur-X, profile EN 16931 (Cross Industry Invoice).

Made from the frozen document alone, so that it says what the paper says; the words of the standard
(BT-1, BG-25) are those of EN 16931-1. The library checks it against the schema of the profile.
"""

import importlib
import importlib.resources
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree
from stdnum.eu import vat

from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory, tax_within
from app.kernel.text import Text, msg
from app.payments.documents import DocumentContent, DocumentKind, Line, Party, TaxLine
from app.web.printing import Enclosure

FILE_NAME = "factur-x.xml"
LEVEL = "en16931"
ELECTRONIC = frozenset({DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE})
_TYPE = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
_UNITS = {"": "C62", "h": "HUR", "min": "MIN"}
_BY_TRANSFER = "30"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# exemption reasons by the code list VATEX
_VATEX = {
    TaxCategory.REVERSE: "VATEX-EU-AE",
    TaxCategory.INTRA: "VATEX-EU-IC",
    TaxCategory.EXPORT: "VATEX-EU-G",
    TaxCategory.OUTSIDE: "VATEX-EU-O",
    TaxCategory.MARGIN: "VATEX-EU-F",
}
_FROM_BUYER = frozenset({TaxCategory.REVERSE, TaxCategory.INTRA})
Words = dict[str, Any]


class NotElectronic(Refused):
    """The document stays on paper: it lacks what the standard asks of an electronic invoice."""

    code = "not_electronic"


@dataclass(frozen=True, slots=True)
class _Share:
    """A line without its tax, in the sense of its document: `net` is what it adds to the sum."""

    line: Line
    net: int
    discount: int


def lacking(content: DocumentContent) -> Text | None:
    """What a document lacks to be an electronic invoice, as a sentence; None: nothing."""
    buyer, seller = content.buyer, content.seller
    needs_buyers_id = bool({tax.category for tax in content.taxes} & _FROM_BUYER)
    asked = [
        (
            msg("Only invoices and credit notes are electronic invoices."),
            content.kind in ELECTRONIC,
        ),
        (msg("An electronic invoice names its buyer."), buyer is not None and buyer.name),
        (msg("An electronic invoice has lines."), content.lines),
        (msg("The store's country is not on this document."), seller.country),
        (msg("The store's VAT ID is not on this document."), seller.vat_id),
        (
            msg("The customer's VAT ID is not on this document."),
            not needs_buyers_id or (buyer is not None and buyer.vat_id),
        ),
    ]
    return next((sentence for sentence, is_there in asked if not is_there), None)


def xml(content: DocumentContent) -> bytes:
    """The invoice as XML, the same bytes for the same document. Raises NotElectronic."""
    problem = lacking(content)
    if problem is not None:
        raise NotElectronic(problem)
    library = _factur_x()
    try:
        written: bytes = library.generate_cii_xml(
            _printable(words(content)), level=LEVEL, check_xsd=False, check_schematron=False
        )
        library.xml_check_xsd(written, flavor="factur-x", level=LEVEL)
    except Exception as error:  # the library raises no narrower class; a sale goes on without
        raise NotElectronic(msg("This document does not fit the standard of invoices.")) from error
    return written


def _printable(value: Any) -> Any:
    """Without the characters that XML has no way to write."""
    if isinstance(value, dict):
        return {name: _printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return _NOT_IN_XML.sub("", value) if isinstance(value, str) else value


def enclosure(content: DocumentContent, data: bytes) -> Enclosure:
    """The XML as it goes into the PDF of the same document."""
    return Enclosure(
        name=FILE_NAME,
        data=data,
        made_at=content.issued_at,
        description=f"Factur-X {content.number}",
        metadata=_metadata(),
    )


@cache
def _factur_x() -> Any:
    """The library, loaded late: few workers write invoices."""
    return importlib.import_module("facturx")


@cache
def _metadata() -> bytes:
    """What the PDF says of the file inside it, by the library's pattern for PDF/A."""
    pattern = importlib.resources.files("facturx") / "xmp" / "Factur-X_extension_schema.xmp"
    rdf = etree.fromstring(pattern.read_bytes())
    for level in rdf.iter("{*}ConformanceLevel"):
        level.text = "EN 16931"
    return b"".join(
        etree.tostring(part, encoding="utf-8") for part in rdf if isinstance(part.tag, str)
    )


def words(content: DocumentContent) -> Words:
    """The document in the standard's words. Amounts of a credit note are positive, as it asks."""
    sign = -1 if _is_turned(content) else 1
    shares = _shares(content)
    net = content.totals.net.minor * sign
    paid = content.paid.minor * sign
    rounding = content.totals.rounding

    def money(minor: int) -> str:
        return Money(minor, content.currency).plain

    said: Words = {
        "BT-1": content.number,
        "BT-2": _day(content),
        "BT-3": _TYPE[content.kind],
        "BT-5": content.currency,
        # where no other day is said it is the invoice's; the schema wants the element filled
        "BT-72": content.supplied_on or _day(content),
        "BG-1": [{"BT-22": note} for note in content.notes if note],
        "BG-4": _seller(content),
        "BG-7": _party(content.buyer, content) if content.buyer else {},
        "BG-23": _breakdown(content, sign),
        "BG-25": [
            _line(share, sign, mixed=_mixes(content), currency=content.currency) for share in shares
        ],
        "BT-106": money(net),
        "BT-109": money(net),
        "BT-110": money(content.totals.tax.minor * sign),
        "BT-112": money(content.totals.gross.minor * sign),
        "BT-115": money(content.open.minor * sign),
    }
    if paid:
        said["BT-113"] = money(paid)
    if rounding:
        said["BT-114"] = money(rounding.minor * sign)
    if content.corrects:
        said["BG-3"] = [{"BT-25": content.corrects}]
    if any(tax.category is TaxCategory.INTRA for tax in content.taxes) and content.buyer:
        said["BG-13"] = {"name": content.buyer.name, **_address(content.buyer, content)}
    return {**said, **_terms(content, content.open.minor * sign)}


def _terms(content: DocumentContent, open_minor: int) -> Words:
    """How and until when what is open is paid."""
    if open_minor <= 0:
        return {}
    said: Words = {"BT-9": content.due_on or _day(content)}
    if content.seller.bank_account and content.kind is DocumentKind.INVOICE:
        said |= {"BT-81": _BY_TRANSFER, "BT-84": content.seller.bank_account.replace(" ", "")}
    return said


def _is_turned(content: DocumentContent) -> bool:
    """Is this a credit note that was written with negative amounts?"""
    return content.kind is DocumentKind.CREDIT_NOTE and content.totals.gross.minor < 0


def _day(content: DocumentContent) -> date:
    return content.issued_at.astimezone(ZoneInfo(content.zone)).date()


def _seller(content: DocumentContent) -> Words:
    """An id outside the union is a tax number: the standard's VAT ids begin with a country."""
    seller = _party(content.seller, content)
    if _is_outside(content):  # BR-O-2: without VAT ids; then the seller is known by its number
        return {**_without_vat_ids(seller), "legal_identifier": content.seller.vat_id}
    if content.seller.phone and content.seller.mail:
        seller["contacts"] = [
            {
                "name": content.store or content.seller.name,
                "phone": content.seller.phone,
                "email": content.seller.mail,
            }
        ]
    return seller


def _party(party: Party, content: DocumentContent) -> Words:
    said: Words = {"name": party.name, **_address(party, content)}
    is_seller = party is content.seller
    if party.vat_id and not _is_outside(content):
        if party.vat_id[:2].lower() in {*vat.MEMBER_STATES, "el", "xi"}:
            said["vat_identifier"] = party.vat_id
        elif is_seller:
            said["tax_identifier"] = party.vat_id
        else:
            said["legal_identifier"] = party.vat_id
    if party.contact and not is_seller:
        said["contacts"] = [{"name": party.contact}]
    if party.mail:
        said |= {"einvoicing_addr": party.mail, "einvoicing_addr_schemeid": "EM"}
    return said


def _without_vat_ids(party: Words) -> Words:
    return {
        name: value
        for name, value in party.items()
        if name not in {"vat_identifier", "tax_identifier"}
    }


def _address(party: Party, content: DocumentContent) -> Words:
    """Who is given no country lives where the store is: so their tax was reckoned, too."""
    return {
        "addr_l1": party.street,
        "postcode": party.postcode,
        "city": party.city,
        "country_code": party.country or content.seller.country,
    }


def _is_outside(content: DocumentContent) -> bool:
    return all(tax.category is TaxCategory.OUTSIDE for tax in content.taxes)


def _mixes(content: DocumentContent) -> bool:
    """What is outside the scope of tax stands alone (BR-O-11); beside others it is exempt."""
    return not _is_outside(content)


def _code(category: TaxCategory, *, mixed: bool) -> str:
    return "E" if category is TaxCategory.OUTSIDE and mixed else category.code


def _breakdown(content: DocumentContent, sign: int) -> list[Words]:
    """The sums by rate and code; what shares both is one, with all its reasons."""
    found: dict[tuple[str, int], list[TaxLine]] = {}
    for tax in content.taxes:
        category = tax.category.of_rate(tax.rate_bp)
        found.setdefault((_code(category, mixed=_mixes(content)), tax.rate_bp), []).append(tax)
    return [_sum(code, rate_bp, parts, sign) for (code, rate_bp), parts in found.items()]


def _sum(code: str, rate_bp: int, parts: list[TaxLine], sign: int) -> Words:
    currency = parts[0].net.currency
    said: Words = {
        "BT-116": Money(sum(part.net.minor for part in parts) * sign, currency).plain,
        "BT-117": Money(sum(part.tax.minor for part in parts) * sign, currency).plain,
        "BT-118": code,
    }
    if code != TaxCategory.OUTSIDE.code:
        said["BT-119"] = _rate(rate_bp)
    reasons = [part.reason for part in parts if part.reason]
    if code not in {TaxCategory.STANDARD.code, TaxCategory.ZERO.code}:
        said["BT-120"] = " ".join(reasons)
        reason_code = _VATEX.get(parts[0].category)
        alone = len({part.category for part in parts}) == 1
        if reason_code and alone and code == parts[0].category.code:
            said["BT-121"] = reason_code
    return said


def _rate(rate_bp: int) -> str:
    """1900 is `19`, 810 is `8.1`."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)


def _shares(content: DocumentContent) -> list[_Share]:
    """The lines without tax; by rate and category they add up to what the document says."""
    nets: dict[int, int] = {}
    for tax in content.taxes:
        same = [line for line in content.lines if _kind(line) == (tax.rate_bp, tax.category)]
        amounts = [line.amount.minor for line in same]
        for line, net in zip(same, _spread(content, tax, amounts), strict=True):
            nets[line.position] = net
    return [
        _Share(line, nets[line.position], _discount(line, content.price_mode))
        for line in content.lines
    ]


def _kind(line: Line) -> tuple[int, TaxCategory]:
    return line.tax_bp, line.tax_category.of_rate(line.tax_bp)


def _spread(content: DocumentContent, tax: TaxLine, amounts: list[int]) -> list[int]:
    """Each amount less its tax; the cents that rounding leaves go to the largest."""
    if content.price_mode is PriceMode.NET:
        return amounts
    nets = [amount - tax_within(amount, tax.rate_bp) for amount in amounts]
    rest = tax.net.minor - sum(nets)
    step = 1 if rest > 0 else -1
    by_size = sorted(range(len(nets)), key=lambda index: -abs(amounts[index]))
    for turn in range(abs(rest)):
        nets[by_size[turn % len(nets)]] += step
    return nets


def _discount(line: Line, mode: PriceMode) -> int:
    """A line's discount without the tax that its price includes."""
    minor = line.discount.minor if line.discount else 0
    return minor if mode is PriceMode.NET else minor - tax_within(minor, line.tax_bp)


def _line(share: _Share, sign: int, *, mixed: bool, currency: str) -> Words:
    """A line in the standard's words; a negative one counts its pieces below zero."""
    line, net, discount = share.line, share.net * sign, share.discount * sign
    code = _code(line.tax_category.of_rate(line.tax_bp), mixed=mixed)
    whole, pieces = net + discount, abs(line.quantity)
    said: Words = {
        "BT-126": str(line.position),
        "BT-129": str(-pieces if whole < 0 else pieces),
        "BT-130": _UNITS.get(line.unit, "C62"),
        "BT-131": Money(net, currency).plain,
        "BT-151": code,
        "BT-153": line.description or "-",
        **_price(abs(whole), pieces, currency),
    }
    if code != TaxCategory.OUTSIDE.code:
        said["BT-152"] = _rate(line.tax_bp)
    if line.detail:
        said["BT-154"] = line.detail
    if line.serials:
        said["BG-32"] = [{"BT-160": "S/N", "BT-161": serial} for serial in line.serials]
    if discount:
        said["BG-27"] = [
            {"amount": Money(discount, currency).plain, "reason_code": "95", "reason": line.detail}
        ]
    return said


def _price(whole: int, quantity: int, currency: str) -> Words:
    """The price of one, or of all where no whole price of one makes up the line."""
    each, rest = divmod(whole, quantity) if quantity else (whole, 0)
    if rest or not quantity:
        return {"BT-146": Money(whole, currency).plain, "BT-149": str(quantity or 1)}
    return {"BT-146": Money(each, currency).plain}
