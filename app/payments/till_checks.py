"""What must always hold of drawers: counts, bags, and what a fiscal device signed."""

from collections.abc import Iterator

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.payments.fiscal_models import FiscalSignature
from app.payments.models import (
    Account,
    CashMovement,
    EntryKind,
    IssuedDocument,
    JournalEntry,
    PaymentAttempt,
    Posting,
    TillSession,
)
from app.payments.refund_models import Refund
from app.payments.till_models import CountedPiece, CountPurpose, SafeDrop, TillCount


def breaches(session: Session) -> Iterator[str]:
    yield from _pieces(session)
    yield from _counts(session)
    yield from _drops(session)
    yield from _rounding(session)
    yield from _signatures(session)


def _pieces(session: Session) -> Iterator[str]:
    """Notes and coins make what was counted."""
    rows = session.execute(
        select(
            TillCount.id,
            TillCount.total_minor,
            func.sum(CountedPiece.value_minor * CountedPiece.pieces),
        )
        .join(CountedPiece, CountedPiece.count_id == TillCount.id)
        .group_by(TillCount.id, TillCount.total_minor)
    )
    for count_id, total, minor in rows:
        if total != int(minor):
            yield f"tills: count {count_id} of {total} has pieces for {minor}"


def _counts(session: Session) -> Iterator[str]:
    """The count that closed or opened a session is what the session says."""
    said = case(
        (TillCount.purpose == CountPurpose.CLOSING, TillSession.counted_minor),
        else_=TillSession.float_minor,
    )
    rows = session.execute(
        select(TillSession.number, TillCount.total_minor, said)
        .join(TillSession, TillSession.id == TillCount.till_session_id)
        .where(TillCount.taken.is_(True), or_(said.is_(None), said != TillCount.total_minor))
    )
    for number, total, wanted in rows:
        yield f"tills: session {number} says {wanted}, its count {total}"


def _drops(session: Session) -> Iterator[str]:
    """What went to the safe went out of a drawer."""
    rows = session.execute(
        select(SafeDrop.bag, CashMovement.amount_minor)
        .join(CashMovement, CashMovement.id == SafeDrop.movement_id)
        .where(CashMovement.amount_minor >= 0)
    )
    for bag, minor in rows:
        yield f"tills: bag {bag} went to the safe, and {minor} into the drawer"


def _rounding(session: Session) -> Iterator[str]:
    """What stands as rounding is what payments and refunds in cash were rounded by."""
    for table, kind, sign in (
        (PaymentAttempt, EntryKind.PAYMENT, -1),
        (Refund, EntryKind.REFUND, 1),
    ):
        booked = func.coalesce(
            func.sum(case((Posting.account == Account.ROUNDING, Posting.amount_minor), else_=0)), 0
        )
        rows = session.execute(
            select(JournalEntry.id, table.rounding_minor, booked)
            .join(table, table.entry_id == JournalEntry.id)
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(JournalEntry.kind == kind)
            .group_by(JournalEntry.id, table.rounding_minor)
            .having(booked != sign * table.rounding_minor)
        )
        for entry_id, rounding, minor in rows:
            yield f"tills: entry {entry_id} rounds by {minor}, its {kind.value} by {rounding}"


def _signatures(session: Session) -> Iterator[str]:
    """A device signs documents of its own store."""
    for signature_id in session.scalars(
        select(FiscalSignature.id)
        .join(IssuedDocument, IssuedDocument.id == FiscalSignature.document_id)
        .where(IssuedDocument.store_id != FiscalSignature.store_id)
    ):
        yield f"tills: signature {signature_id} is for a document of another store"
