"""Electronic invoices: by the standard's own rules, in the amounts of the paper, inside the PDF."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory
from app.payments import einvoice, papers
from app.payments.documents import DocumentContent, DocumentKind
from app.payments.einvoice import NotElectronic
from tests.payments import einvoices
from tests.payments.einvoices import COMPANY, invoice, line

pytestmark = pytest.mark.only_on("sqlite")
SORTS = einvoices.every_sort()


def figures(xml: bytes) -> dict[str, str]:
    """The sums at the end of an electronic invoice, by their names."""
    (summation,) = etree.fromstring(xml).iter("{*}SpecifiedTradeSettlementHeaderMonetarySummation")
    return {etree.QName(part).localname: part.text or "" for part in summation}


def said(xml: bytes, name: str) -> list[str]:
    return [part.text or "" for part in etree.fromstring(xml).iter(f"{{*}}{name}")]


def breaches(folder: Path) -> dict[str, list[str]]:
    """What the standard's rules say of the invoices in a folder; an engine for itself runs them."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.payments.schematron", str(folder)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    found: dict[str, list[str]] = json.loads(run.stdout)
    return found


def test_no_sort_of_invoice_breaks_a_rule_of_the_standard(tmp_path: Path) -> None:
    for name, content in SORTS.items():
        (tmp_path / f"{name}.xml").write_bytes(einvoice.xml(content))
    right = einvoice.xml(SORTS["sale"])
    wrong = right.replace(b"<ram:GrandTotalAmount>38", b"<ram:GrandTotalAmount>48")
    (tmp_path / "wrong.xml").write_bytes(wrong)

    found = breaches(tmp_path)

    assert any("BR-CO-15" in sentence for sentence in found.pop("wrong"))
    assert found == {name: [] for name in SORTS}


@pytest.mark.parametrize("name", SORTS)
def test_the_sums_are_those_of_the_paper(name: str) -> None:
    content = SORTS[name]
    sums, sign = figures(einvoice.xml(content)), 1
    if content.totals.gross.minor < 0:  # a credit note is positive there
        sign = -1

    assert sums["GrandTotalAmount"] == (content.totals.gross * sign).plain
    assert sums["TaxBasisTotalAmount"] == (content.totals.net * sign).plain
    assert sums["TaxTotalAmount"] == (content.totals.tax * sign).plain
    assert sums["DuePayableAmount"] == (content.open * sign).plain


def test_a_deposit_is_prepaid_and_the_rest_is_due() -> None:
    content = SORTS["deposit"]
    sums = figures(einvoice.xml(content))

    assert sums["TotalPrepaidAmount"] == "20000.00"
    assert sums["DuePayableAmount"] == content.open.plain
    assert said(einvoice.xml(content), "IBANID") == ["DE89370400440532013000"]


def test_rounded_cash_is_told_apart_from_the_total() -> None:
    sums = figures(einvoice.xml(SORTS["cash rounding"]))

    assert (sums["GrandTotalAmount"], sums["RoundingAmount"]) == ("19.92", "0.03")
    assert (sums["TotalPrepaidAmount"], sums["DuePayableAmount"]) == ("19.95", "0.00")


def test_a_credit_note_is_of_its_own_type_and_names_the_invoice() -> None:
    written = einvoice.xml(SORTS["credit note below zero"])

    assert said(written, "TypeCode")[0] == "381"
    assert said(written, "IssuerAssignedID") == ["INV-000007"]
    assert figures(written)["GrandTotalAmount"] == "38900.00"


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("reverse charge", "AE", "VATEX-EU-AE"),
        ("goods to a member state", "K", "VATEX-EU-IC"),
        ("export", "G", "VATEX-EU-G"),
        ("services abroad", "O", "VATEX-EU-O"),
        ("margin", "E", "VATEX-EU-F"),
    ],
)
def test_what_is_not_taxed_says_why(name: str, code: str, reason: str) -> None:
    written = einvoice.xml(SORTS[name])

    assert code in said(written, "CategoryCode")
    assert reason in said(written, "ExemptionReasonCode")
    assert all(said(written, "ExemptionReason"))


def test_a_yen_has_no_decimals() -> None:
    assert figures(einvoice.xml(SORTS["yen"]))["GrandTotalAmount"] == "24000"


def test_the_same_document_is_the_same_xml_and_fits_into_its_pdf() -> None:
    content = SORTS["export"]
    written = einvoice.xml(content)
    pdf = papers.pdf(content, xml=written)
    reader = PdfReader(io.BytesIO(pdf))

    assert einvoice.xml(content) == written
    assert reader.attachments[einvoice.FILE_NAME] == [written]
    assert "EN 16931" in (
        reader.xmp_metadata.stream.get_data().decode() if reader.xmp_metadata else ""
    )
    text = "".join(page.extract_text() for page in reader.pages)
    assert "INV-000123" in text
    assert einvoices.OVERSEAS.name in text  # and in Chinese, with fonts for it
    assert papers.pdf(content, xml=written) == pdf


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"buyer": None}, "names its buyer"),
        ({"kind": DocumentKind.QUOTE}, "Only invoices"),
        ({"seller": replace(einvoices.SELLER, vat_id="")}, "store's VAT ID"),
        ({"seller": replace(einvoices.SELLER, country="")}, "store's country"),
    ],
)
def test_what_lacks_the_standards_facts_stays_paper(
    change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(NotElectronic, match=sentence):
        einvoice.xml(replace(SORTS["sale"], **change))  # type: ignore[arg-type]


def test_reverse_charge_without_the_customers_id_stays_paper() -> None:
    content = SORTS["reverse charge"]

    with pytest.raises(NotElectronic, match="customer's VAT ID"):
        einvoice.xml(replace(content, buyer=replace(einvoices.ABROAD, vat_id="")))


def test_characters_that_xml_cannot_write_are_left_out() -> None:
    buyer = replace(COMPANY, name="Linden\x0bhof\ufffe")

    assert "Lindenhof" in said(einvoice.xml(invoice(line(100), buyer=buyer)), "Name")


def _lines(draw: st.DrawFn) -> DocumentContent:
    """Any lines of any rates and categories, some with a discount."""
    kinds = [
        (1900, TaxCategory.STANDARD),
        (700, TaxCategory.STANDARD),
        (1300, TaxCategory.STANDARD),
    ]
    kinds += [(0, TaxCategory.ZERO), (0, TaxCategory.MARGIN), (0, TaxCategory.EXEMPT)]
    made = []
    for _ in range(draw(st.integers(1, 12))):
        rate_bp, category = draw(st.sampled_from(kinds))
        price, quantity = draw(st.integers(0, 10**7)), draw(st.integers(1, 99))
        discount = draw(st.sampled_from([0, price * quantity // 3]))
        made.append(
            line(price, quantity=quantity, rate_bp=rate_bp, category=category, discount=discount)
        )
    return invoice(*made, mode=draw(st.sampled_from(PriceMode)))


@given(content=st.composite(_lines)())
@trying(max_examples=60, deadline=None)
def test_lines_without_tax_add_up_by_rate_and_in_all(content: DocumentContent) -> None:
    words = einvoice.words(content)

    def cents(text: str) -> int:
        return round(float(text) * 100)

    assert sum(cents(part["BT-131"]) for part in words["BG-25"]) == content.totals.net.minor
    for tax in words["BG-23"]:
        same = [
            cents(part["BT-131"])
            for part in words["BG-25"]
            if (part["BT-151"], part["BT-152"]) == (tax["BT-118"], tax["BT-119"])
        ]
        assert sum(same) == cents(tax["BT-116"])
    for part in words["BG-25"]:
        per = int(part.get("BT-149", "1"))
        less = sum(cents(allowance["amount"]) for allowance in part.get("BG-27", []))
        assert cents(part["BT-146"]) * int(part["BT-129"]) // per - less == cents(part["BT-131"])
    assert Money(cents(words["BT-112"]), content.currency) == content.totals.gross
