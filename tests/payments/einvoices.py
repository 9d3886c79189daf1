"""Invoices of every sort that becomes an electronic one, as they are issued."""

from dataclasses import replace
from datetime import UTC, date, datetime

from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory, sums_by_category
from app.payments import invoiceparts
from app.payments.documents import (
    DocumentContent,
    DocumentKind,
    Line,
    Party,
    PaymentLine,
    Totals,
)

SELLER = Party(
    name="Vierblatt Leipzig GmbH",
    address=("Messe-Allee 1", "04356 Leipzig", "DE"),
    vat_id="DE300100200",
    phone="+49 341 555 010",
    mail="laden@vierblatt.example",
    street="Messe-Allee 1",
    postcode="04356",
    city="Leipzig",
    country="DE",
    bank_account="DE89 3704 0044 0532 0130 00",
)
COMPANY = Party(
    name="Lindenhof Robotik GmbH",
    contact="Mara Lindner",
    vat_id="DE814990112",
    street="Spinnereistraße 7",
    postcode="04179",
    city="Leipzig",
    country="DE",
)
ABROAD = Party(
    name="Robots & Fils SARL", vat_id="FR40303265045", city="Lyon", postcode="69002", country="FR"
)
OVERSEAS = Party(
    name="上海四叶机器人有限公司", vat_id="91310000MA1FL0AB1X", city="上海", country="CN"
)
PERSON = Party(name="Ottilie Wagner")

S = TaxCategory.STANDARD


def line(
    price: int,
    *,
    quantity: int = 1,
    rate_bp: int = 1900,
    category: TaxCategory = S,
    discount: int = 0,
    currency: str = "EUR",
    serials: tuple[str, ...] = (),
) -> Line:
    return Line(
        position=1,
        description="NORA H2 Pro",
        quantity=quantity,
        unit_price=Money(price, currency),
        amount=Money(price * quantity - discount, currency),
        tax_bp=rate_bp,
        tax_category=category,
        detail="Für treue Kunden" if discount else "",
        discount=Money(discount, currency) if discount else None,
        serials=serials,
    )


def invoice(
    *lines: Line,
    mode: PriceMode = PriceMode.GROSS,
    buyer: Party | None = COMPANY,
    paid: int | None = None,
    language: str = "de",
    kind: DocumentKind = DocumentKind.INVOICE,
    rounding: int = 0,
    corrects: str = "",
) -> DocumentContent:
    """An invoice whose sums are reckoned as a sale's are; paid whole unless `paid` is said."""
    currency = lines[0].amount.currency
    sums = sums_by_category(
        [(line.amount.minor, line.tax_bp, line.tax_category) for line in lines], mode
    )
    gross = sum(tax.gross for tax in sums)
    tendered = gross + rounding if paid is None else paid
    return DocumentContent(
        kind=kind,
        number="INV-000123",
        series="INV",
        issued_at=datetime(2026, 11, 25, 9, 31, 6, tzinfo=UTC),
        business_day=date(2026, 11, 25),
        zone="Europe/Berlin",
        language=language,
        currency=currency,
        price_mode=mode,
        store="Vierblatt Leipzig 01",
        seller=SELLER,
        buyer=buyer,
        lines=tuple(replace(line, position=at) for at, line in enumerate(lines, start=1)),
        taxes=invoiceparts.taxes(sums, currency, language),
        totals=Totals(
            net=Money(sum(tax.net for tax in sums), currency),
            tax=Money(sum(tax.tax for tax in sums), currency),
            gross=Money(gross, currency),
            rounding=Money(rounding, currency) if rounding else None,
        ),
        payments=(PaymentLine(label="Karte", amount=Money(tendered, currency)),)
        if tendered
        else (),
        corrects=corrects,
    )


def every_sort() -> dict[str, DocumentContent]:
    """By name; each is checked against the standard's rules."""
    category = TaxCategory
    dock = line(148_000, discount=7_400)
    mixed = (line(3_890_000, serials=("H2P-25-004817",)), line(2_490, rate_bp=700, quantity=3))
    return {
        "sale": invoice(*mixed),
        "net prices": invoice(*mixed, mode=PriceMode.NET),
        "fifty lines": invoice(
            *[line(24_167, rate_bp=2000)] * 50, mode=PriceMode.NET, buyer=COMPANY
        ),
        "four euro": invoice(
            line(196, quantity=2, rate_bp=1300), line(4, quantity=2, rate_bp=2400)
        ),
        "discounts": invoice(dock, line(999, quantity=7, discount=100), line(500, discount=500)),
        "net discounts": invoice(dock, line(500, discount=500), mode=PriceMode.NET),
        "less a voucher": invoice(line(3_890_000), line(-200_000)),
        "open": invoice(*mixed, paid=0),
        "deposit": invoice(*mixed, paid=2_000_000),
        "cash rounding": invoice(line(1_992), rounding=3),
        "person without a country": invoice(*mixed, buyer=PERSON),
        "zero rate": invoice(line(4_990, rate_bp=0), line(11_900)),
        "exempt": invoice(line(50_000, rate_bp=0, category=category.EXEMPT)),
        "margin": invoice(line(1_500_000, rate_bp=0, category=category.MARGIN), line(11_900)),
        "margin beside exempt": invoice(
            line(1_500_000, rate_bp=0, category=category.MARGIN),
            line(50_000, rate_bp=0, category=category.EXEMPT),
        ),
        "reverse charge": invoice(
            line(200_000, rate_bp=0, category=category.REVERSE), buyer=ABROAD
        ),
        "goods to a member state": invoice(
            line(3_268_908, rate_bp=0, category=category.INTRA),
            line(200_000, rate_bp=0, category=category.REVERSE),
            buyer=ABROAD,
        ),
        "export": invoice(
            line(3_268_908, rate_bp=0, category=category.EXPORT), buyer=OVERSEAS, language="zh"
        ),
        "services abroad": invoice(
            line(200_000, rate_bp=0, category=category.OUTSIDE), buyer=OVERSEAS
        ),
        "export with services": invoice(
            line(3_268_908, rate_bp=0, category=category.EXPORT),
            line(200_000, rate_bp=0, category=category.OUTSIDE),
            buyer=OVERSEAS,
        ),
        "credit note": invoice(
            *mixed, kind=DocumentKind.CREDIT_NOTE, corrects="INV-000007", paid=0
        ),
        "credit note below zero": invoice(
            line(-3_890_000), kind=DocumentKind.CREDIT_NOTE, corrects="INV-000007"
        ),
        "pieces taken back": invoice(
            line(999, quantity=-2, discount=-100),
            line(3_890_000, quantity=-1, serials=("H2P-25-004817",)),
            kind=DocumentKind.CREDIT_NOTE,
            corrects="INV-000007",
            paid=0,
        ),
        "the last of three": _the_last_of_three(),
        "yen": invoice(line(8_000, rate_bp=1000, currency="JPY", quantity=3)),
        "given away": invoice(line(500, discount=500)),
    }


def _the_last_of_three() -> DocumentContent:
    """Of three returns of 0.33 each the last takes the cent that rounding left: 0.06 of tax."""
    note = invoice(
        line(33, quantity=-1), kind=DocumentKind.CREDIT_NOTE, corrects="INV-000007", paid=-33
    )
    net, tax, gross = (Money(minor, "EUR") for minor in (-27, -6, -33))
    return replace(
        note,
        taxes=(replace(note.taxes[0], net=net, tax=tax, gross=gross),),
        totals=Totals(net=net, tax=tax, gross=gross),
    )
