"""A repair's estimate is signed on its page, and taken along as paper."""

import base64
from io import BytesIO

import pytest
from fastapi import FastAPI
from PIL import Image, ImageDraw
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.audit import AuditEntry
from app.service import estimates
from app.service.estimate_models import AnswerSignature
from app.service.estimates import Sheet
from tests.makers.browsing import Browser
from tests.makers.estimates import a_fee, priced, sent
from tests.makers.service import Workshop
from tests.portal.customer import Customer

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def sheet(session: Session, shop: Workshop) -> Sheet:
    priced(session, shop)
    return sent(session, shop, a_fee("Wash", 1_000), a_fee("Wax", 2_000))


@pytest.fixture
def customer(app: FastAPI, session: Session, shop: Workshop, sheet: Sheet) -> Customer:
    return Customer(app, session, shop, sheet.ticket)


def drawn() -> str:
    """A stroke on a phone, as the pad sends it."""
    pad = Image.new("RGBA", (684, 320), (0, 0, 0, 0))
    ImageDraw.Draw(pad).line([(20, 200), (200, 40), (400, 260), (600, 90)], (16, 22, 27), 4)
    written = BytesIO()
    pad.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def answer(customer: Customer, signature: str) -> tuple[int, str]:
    lines = {"line-1": "approve", "line-2": "decline"}
    typed = {"version": "1", "by": "Kerstin Arndt", "signature": signature, **lines}
    return customer.post(f"{customer.here}/estimate", **typed)


def test_what_was_drawn_stands_under_the_answer(
    session: Session, customer: Customer, bench: Browser, sheet: Sheet
) -> None:
    assert 'name="signature"' in look_over(customer)

    assert answer(customer, drawn())[0] == 303

    kept = session.scalars(select(AnswerSignature)).one()
    assert (kept.by, kept.signature[:4]) == ("Kerstin Arndt", b"\x89PNG")
    assert 'class="ink"' in bench.get(estimates.page(sheet.ticket)).text
    decided = select(AuditEntry.actor).where(AuditEntry.action == "estimate.decided")
    assert session.scalar(decided) == "customer"  # what never forgets knows no name


def look_over(customer: Customer) -> str:
    """The page where it is signed: the pad's script is loaded there alone."""
    typed = {"look": "1", "line-1": "approve", "line-2": "decline"}
    assert "signature.js" not in customer.client.get(customer.here).text
    page = customer.client.get(f"{customer.here}/estimate", params=typed).text
    assert "signature.js" in page
    return page


def test_what_is_no_drawing_is_refused_at_the_pad(session: Session, customer: Customer) -> None:
    status, page = answer(customer, "data:image/png;base64,AAAA")

    assert status == 422
    assert 'id="f-signature-error"' in page
    assert 'value="Kerstin Arndt"' in page
    assert session.scalars(select(AnswerSignature)).all() == []


def test_the_estimate_is_taken_along_by_its_version(customer: Customer) -> None:
    answer(customer, drawn())
    address = f"{customer.here}/papers/estimate-1.pdf"
    assert f'href="{address}"' in customer.client.get(customer.here).text

    paper = customer.client.get(address)

    assert paper.headers["cache-control"] == "no-store"
    assert paper.headers["x-robots-tag"] == "noindex, nofollow"
    written = " ".join(page.extract_text() for page in PdfReader(BytesIO(paper.content)).pages)
    for said in ("Approved", "Declined", "Approved of it: €10.00", "Kerstin Arndt"):
        assert said in written
    for nothing in ("estimate-2", "estimate-x", "estimate-"):
        assert customer.client.get(f"{customer.here}/papers/{nothing}.pdf").status_code == 404
