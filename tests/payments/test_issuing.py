"""Issued documents: numbered without a gap, kept as bytes, printed again only as a copy."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import audit, outbox
from app.kernel.canonical import sha256_hex
from app.kernel.db import Database
from app.kernel.errors import Forbidden, NotFound, Refused
from app.payments import issuing, papers, printing
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument
from tests.makers.payments import Shop, actor, shop
from tests.payments.papers import quote, receipt


def issued(session: Session, place: Shop, *, reference: str = "order:1") -> IssuedDocument:
    return issuing.issue(
        session,
        place.cashier,
        kind=DocumentKind.RECEIPT,
        reference=reference,
        build=lambda label: replace(receipt(), number=label),
    )


def test_numbers_have_no_gap_also_after_a_failure(session: Session) -> None:
    place = shop(session)
    session.commit()
    assert issued(session, place).label == "R-000001"
    session.rollback()
    labels = [issued(session, place).label for _ in range(2)]
    assert labels == ["R-000001", "R-000002"]


def test_each_kind_has_its_own_series(session: Session) -> None:
    place = shop(session)
    issued(session, place)
    made = issuing.issue(
        session,
        place.cashier,
        kind=DocumentKind.QUOTE,
        reference="order:1",
        build=lambda label: replace(quote(), number=label),
    )
    assert made.label == "Q-000001"
    found = issuing.documents_of(session, place.store.id, "order:1")
    assert [document.label for document in found] == ["R-000001", "Q-000001"]


def test_the_bytes_are_hashed_and_read_back(session: Session) -> None:
    place = shop(session)
    made = issued(session, place)
    assert made.sha256 == sha256_hex(made.content)
    assert issuing.content_of(made) == replace(receipt(), number="R-000001")
    assert "R-000001" in papers.html(issuing.content_of(made))


@pytest.mark.parametrize(
    "change", ["UPDATE issued_documents SET content = 'x'", "DELETE FROM issued_documents"]
)
def test_an_issued_document_cannot_be_changed(session: Session, change: str) -> None:
    issued(session, shop(session))
    with pytest.raises(DBAPIError):
        session.execute(text(change))


def test_content_that_calls_itself_otherwise_is_a_defect(session: Session) -> None:
    place = shop(session)
    with pytest.raises(ValueError, match="written as"):
        issuing.issue(
            session,
            place.cashier,
            kind=DocumentKind.RECEIPT,
            reference="order:1",
            build=lambda _label: receipt(),
        )


def test_bytes_that_were_altered_are_not_read(session: Session) -> None:
    made = issued(session, shop(session))
    made.content = made.content.replace(b"Vierblatt", b"Fuenfblat")
    with pytest.raises(ValueError, match="not as it was issued"):
        issuing.content_of(made)


def test_who_sees_which_document(session: Session) -> None:
    place, elsewhere = shop(session), shop(session, code="B")
    made = issued(session, place)
    assert issuing.document(session, actor(place.store, Role.TECHNICIAN), made.id) is made
    with pytest.raises(NotFound):
        issuing.document(session, elsewhere.manager, made.id)
    made.kind = DocumentKind.Z_REPORT
    with session.no_autoflush, pytest.raises(Forbidden):
        issuing.document(session, actor(place.store, Role.TECHNICIAN), made.id)
    session.expunge(made)


# Printing


def test_a_receipt_is_printed_after_the_commit_and_again_as_a_copy(
    database: Database, tmp_path: Path
) -> None:
    paper = tmp_path / "printer"
    with database.transaction() as session:
        place = shop(session)
        place.till.printer = f"file://{paper}"
        made = issued(session, place)
        printing.post_slip(session, made, till_id=place.till.id, open_drawer=True)
    assert not paper.exists(), "nothing is printed before the commit"

    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    assert outbox.deliver_due(database) == 1
    first = paper.read_bytes()
    assert b"R-000001" in first
    assert b"***" not in first
    assert b"\x1bp" in first, "cash was taken, so the drawer opens"

    with database.transaction() as session:
        document = session.scalars(select(IssuedDocument)).one()
        till = session.merge(place.till)
        printing.reprint(session, place.cashier, document, till=till)
        audit.write(session)
        assert session.scalars(select(audit.AuditEntry.action)).all()[-1] == "document.reprinted"
    outbox.deliver_due(database)
    again = paper.read_bytes().removeprefix(first)
    assert b"***" in again
    assert b"\x1bp" not in again


def test_a_till_without_a_printer_prints_nothing(database: Database) -> None:
    with database.transaction() as session:
        place = shop(session)
        made = issued(session, place)
        printing.post_slip(session, made, till_id=place.till.id)
        with pytest.raises(Refused, match="no printer"):
            printing.reprint(session, place.cashier, made, till=place.till)
    with database.reading() as session:
        assert session.scalars(select(outbox.OutboxItem)).all() == []


def test_a_printer_taken_away_meanwhile_holds_nothing_up(database: Database) -> None:
    with database.transaction() as session:
        place = shop(session)
        place.till.printer = "tcp://127.0.0.1:9"
        printing.post_slip(session, issued(session, place), till_id=place.till.id)
        place.till.printer = ""
    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    assert outbox.deliver_due(database) == 1
    with database.reading() as session:
        assert session.scalars(select(outbox.OutboxItem.done_at)).one() is not None


def test_a_quote_has_no_slip(session: Session) -> None:
    place = shop(session)
    made = issuing.issue(
        session,
        place.cashier,
        kind=DocumentKind.QUOTE,
        reference="order:1",
        build=lambda label: replace(quote(), number=label),
    )
    with pytest.raises(Refused, match="PDF"):
        printing.reprint(session, place.cashier, made, till=place.till)
