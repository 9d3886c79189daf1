"""Invoices given out: as PDF with their data, as data, and again as counted copies."""

import io

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from pypdf import PdfReader
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel.canonical import sha256_hex
from app.payments import copies, einvoicing, issuing
from app.payments.documents import DocumentKind
from app.payments.invoice_models import DocumentCopy, ElectronicInvoice
from app.payments.models import IssuedDocument
from app.sales import orders
from tests.makers.books import breaches_of
from tests.makers.browsing import Browser, a_browser
from tests.makers.programs import Program, a_program
from tests.makers.returning import pieces, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import sold


@pytest.fixture
def counter(session: Session) -> Counter:
    """A shop that has sold two batteries to a company."""
    made = a_counter(session)
    made.store.vat_id = "DE300100200"
    sold(session, made, batteries=2)
    session.commit()
    return made


@pytest.fixture
def till(app: FastAPI, counter: Counter) -> Browser:
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def shop(session: Session, client: TestClient, counter: Counter) -> Program:
    return a_program(session, client, counter)


def invoice(session: Session) -> IssuedDocument:
    return session.scalars(
        select(IssuedDocument).where(IssuedDocument.kind == DocumentKind.INVOICE)
    ).one()


def test_an_invoice_is_kept_as_data_when_it_is_issued(session: Session, counter: Counter) -> None:
    document = invoice(session)
    kept = session.scalars(select(ElectronicInvoice)).one()

    assert (kept.document_id, document.store_id) == (document.id, counter.store.id)
    assert einvoicing.xml_of(session, document, issuing.content_of(document)) == kept.xml
    assert breaches_of(session) == []


def test_a_credit_note_is_kept_as_data_and_names_its_invoice(
    session: Session, counter: Counter
) -> None:
    order = orders.by_number(session, counter.seller, 1)
    taken_back(session, counter, order, pieces(1, 1))

    note = session.scalars(
        select(ElectronicInvoice)
        .join(IssuedDocument, IssuedDocument.id == ElectronicInvoice.document_id)
        .where(IssuedDocument.kind == DocumentKind.CREDIT_NOTE)
    ).one()
    said = [part.text for part in etree.fromstring(note.xml).iter()]
    assert {"381", "INV-000001", "899.00"} <= set(said)
    assert breaches_of(session) == []


@pytest.mark.parametrize("table", ["electronic_invoices", "document_copies"])
def test_what_was_given_out_stays_on_record(session: Session, counter: Counter, table: str) -> None:
    copies.make(session, counter.seller, invoice(session), way=copies.PDF)
    model = {"electronic_invoices": ElectronicInvoice, "document_copies": DocumentCopy}[table]

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(delete(model))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("digest", "sentence"), [("", "other sums than the document"), ("0" * 64, "as it was issued")]
)
def test_an_xml_that_is_not_its_document_is_named(
    session: Session, counter: Counter, digest: str, sentence: str
) -> None:
    document = invoice(session)
    right = einvoicing.xml_of(session, document, issuing.content_of(document))
    wrong = right.replace(b"<ram:GrandTotalAmount>1", b"<ram:GrandTotalAmount>2")
    paper = IssuedDocument(
        store_id=counter.store.id,
        kind=DocumentKind.INVOICE,
        series="INV",
        number=document.number + 1,
        label="INV-000002",
        reference="order:2",
        content=document.content,
        sha256=document.sha256,
        issued_at=document.issued_at,
        issued_by="Jana Voss",
    )
    session.add(paper)
    session.flush()
    session.add(
        ElectronicInvoice(
            document_id=paper.id,
            xml=wrong,
            sha256=digest or sha256_hex(wrong),
            made_at=document.issued_at,
        )
    )

    assert any(sentence in line for line in breaches_of(session))


@pytest.mark.only_on("sqlite")
def test_the_pdf_holds_the_xml_that_can_be_had_alone(till: Browser, session: Session) -> None:
    number = invoice(session).id

    pdf = till.get(f"/documents/{number}.pdf")
    xml = till.get(f"/documents/{number}.xml")

    inside = PdfReader(io.BytesIO(pdf.content)).attachments["factur-x.xml"]
    assert inside == [xml.content]
    assert xml.headers["content-disposition"] == 'attachment; filename="INV-000001.xml"'


@pytest.mark.only_on("sqlite")
def test_a_copy_is_counted_and_marked(till: Browser, session: Session) -> None:
    number = invoice(session).id
    session.commit()

    answer = till.post(f"/documents/{number}/copy", token="c1")
    pdf = till.get(f"/documents/{number}.pdf?copy=1")

    assert answer.headers["location"] == f"/documents/{number}.pdf?copy=1"
    reader = PdfReader(io.BytesIO(pdf.content))
    assert "COPY" in reader.pages[0].extract_text()
    assert not reader.attachments
    assert [copy.number for copy in copies.of(session, invoice(session))] == [1]


@pytest.mark.only_on("sqlite")
def test_a_copy_that_nobody_made_is_not_shown(till: Browser, session: Session) -> None:
    assert till.get(f"/documents/{invoice(session).id}.pdf?copy=7").status_code == 404


@pytest.mark.only_on("sqlite")
def test_the_page_of_the_sale_offers_pdf_xml_and_copy(till: Browser, session: Session) -> None:
    number = invoice(session).id
    page = till.get("/sales/1").text

    assert f"/documents/{number}.xml" in page
    assert f"/documents/{number}/copy" in page
    assert "Electronic invoice, EN 16931" in page


@pytest.mark.only_on("sqlite")
def test_an_invoice_of_paper_says_what_it_lacks(app: FastAPI, session: Session) -> None:
    counter = a_counter(session, code="DRE")
    sold(session, counter, batteries=1)
    session.commit()
    till = a_browser(app, counter.session_cookie)

    page = till.get("/sales/1").text
    xml = till.get(f"/documents/{invoice(session).id}.xml")

    assert "VAT ID is not on this document" in page
    assert xml.status_code == 422


@pytest.mark.only_on("sqlite")
def test_programs_read_a_document_by_its_label(shop: Program) -> None:
    told = shop.get("/documents/INV-000001").json()

    assert told["is_electronic"] is True
    assert [(tax["category"], tax["rate_bp"]) for tax in told["taxes"]] == [("S", 1900)]
    assert told["copies"] == 0
    assert shop.get("/documents/INV-000001.xml").content.startswith(b"<?xml")
    assert shop.get("/documents/INV-000002").status_code == 404
    assert shop.get("/documents/nothing").status_code == 404


@pytest.mark.only_on("sqlite")
def test_programs_count_a_copy_once(shop: Program) -> None:
    first = shop.post("/documents/INV-000001/copies", {}, key="k1")
    again = shop.post("/documents/INV-000001/copies", {}, key="k1")

    assert (first.status_code, again.json()["number"]) == (201, 1)
    assert shop.get("/documents/INV-000001").json()["copies"] == 1
