"""What an X or Z report says: totals by tender and tax rate, the drawer, and what is carried on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import journal, standing
from app.payments.counts import refused_closings
from app.payments.documents import (
    CashMovement,
    DocumentContent,
    DocumentKind,
    Fact,
    PieceCount,
    TaxLine,
    TenderTotal,
    TillReport,
    Totals,
)
from app.payments.issuing import SERIES, language_of, seller_of
from app.payments.models import (
    LIVE_SQL,
    UNBOOKED_SQL,
    Account,
    Bill,
    EntryKind,
    JournalEntry,
    PaymentAttempt,
    Posting,
    SaleTax,
    Tender,
    TillSession,
)
from app.payments.models import CashMovement as MovementRow
from app.payments.refund_models import Refund
from app.payments.states import REFUND_OPEN, REFUND_WENT
from app.payments.till_models import DrawerOpening, SafeDrop
from app.stores import desk
from app.stores.models import Till
from app.web.i18n import Speech, speech

TENDER_LABELS: dict[Tender, Text] = {
    Tender.CASH: msg("Cash"),
    Tender.CARD: msg("Card"),
    Tender.TRANSFER: msg("Bank transfer"),
    Tender.ONLINE: msg("Paid online"),
    Tender.VOUCHER: msg("Subsidy voucher"),
    Tender.STORE_CREDIT: msg("Store credit"),
    Tender.TRADE_IN: msg("Trade-in"),
    Tender.EXCHANGE: msg("Exchange"),
}
# Of sales and returns the last is gift cards: sold without tax, and owed.
_SOLD = (
    Account.REVENUE_ROBOTS,
    Account.REVENUE_PARTS,
    Account.REVENUE_SERVICES,
    Account.STORE_CREDIT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What only a Z report knows."""

    at: datetime
    by: str
    counted: Money
    expected: Money
    reason: str
    pieces: tuple[tuple[Money, int], ...] = ()


def content(
    session: Session,
    till_session: TillSession,
    *,
    kind: DocumentKind,
    issued_at: datetime,
    number: str = "",
    closing: Closing | None = None,
) -> DocumentContent:
    """The report of a session as it stands in this transaction, in the store's language."""
    store = desk.store_of(session, till_session.store_id)
    said = speech(language_of(store), store.zone)
    totals = _totals(session, till_session)
    return DocumentContent(
        kind=kind,
        number=number,
        series=SERIES.get(kind, ""),
        issued_at=issued_at,
        business_day=desk.business_day_of(store, issued_at),
        zone=store.zone,
        language=said.language,
        currency=till_session.currency,
        price_mode=store.price_mode,
        store=store.name,
        seller=seller_of(store),
        totals=totals,
        taxes=_taxes(session, till_session, totals),
        notes=(closing.reason,) if closing and closing.reason else (),
        chain_head=audit.head(session, store.id),
        till=_till_report(session, said, till_session, closing),
    )


def _till_report(
    session: Session, said: Speech, till_session: TillSession, closing: Closing | None
) -> TillReport:
    currency = till_session.currency
    in_drawer = journal.cash_in_drawer(session, till_session.id, currency)
    return TillReport(
        till=session.get_one(Till, till_session.till_id).name,
        session=str(till_session.number),
        opened_at=till_session.opened_at,
        opened_by=till_session.opened_by,
        closed_at=closing.at if closing else None,
        closed_by=closing.by if closing else "",
        float_amount=Money(till_session.float_minor, currency),
        # at closing the drawer has been emptied in the journal already
        expected=closing.expected if closing else in_drawer,
        counted=closing.counted if closing else None,
        tenders=_tenders(session, said, till_session),
        movements=_movements(session, said, till_session),
        counts=_counts(session, said, till_session),
        pieces=tuple(
            PieceCount(value, number) for value, number in (closing.pieces if closing else ())
        ),
        rounding=_rounding(session, till_session),
    )


def _tenders(session: Session, said: Speech, till_session: TillSession) -> tuple[TenderTotal, ...]:
    rows = session.execute(
        select(
            PaymentAttempt.tender,
            func.count(PaymentAttempt.id),
            func.sum(PaymentAttempt.amount_minor + PaymentAttempt.rounding_minor),
        )
        .where(
            PaymentAttempt.till_session_id == till_session.id,
            PaymentAttempt.entry_id.is_not(None),
        )
        .group_by(PaymentAttempt.tender)
    )
    taken = {tender: (count, int(minor)) for tender, count, minor in rows}
    back = _given_back(session, till_session)
    return tuple(
        TenderTotal(
            said.say(label),
            taken.get(tender, (0, 0))[0],
            Money(taken.get(tender, (0, 0))[1], till_session.currency),
            Money(back.get(tender, 0), till_session.currency),
        )
        for tender, label in TENDER_LABELS.items()
        if tender in taken or tender in back
    )


def _given_back(session: Session, till_session: TillSession) -> dict[Tender, int]:
    """What went out of this session as refunds, in minor units by tender."""
    rows = session.execute(
        select(Refund.tender, func.sum(Refund.amount_minor + Refund.rounding_minor))
        .where(Refund.till_session_id == till_session.id, Refund.state.in_(REFUND_WENT))
        .group_by(Refund.tender)
    )
    return {tender: int(minor) for tender, minor in rows}


def _movements(
    session: Session, said: Speech, till_session: TillSession
) -> tuple[CashMovement, ...]:
    rows = session.execute(
        select(MovementRow, SafeDrop.bag)
        .outerjoin(SafeDrop, SafeDrop.movement_id == MovementRow.id)
        .where(MovementRow.till_session_id == till_session.id)
        .order_by(MovementRow.id)
    )
    return tuple(
        CashMovement(
            row.at,
            said.say(msg("Into the safe, bag {bag}", bag=bag)) if bag else row.reason,
            Money(row.amount_minor, till_session.currency),
        )
        for row, bag in rows
    )


def _rounding(session: Session, till_session: TillSession) -> Money | None:
    """What cash came in above the amounts (below, negative), for lack of smaller coins."""
    minor = session.scalar(
        select(func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            JournalEntry.till_session_id == till_session.id,
            Posting.account == Account.ROUNDING,
        )
    )
    return Money(-int(minor), till_session.currency) if minor else None


def _totals(session: Session, till_session: TillSession) -> Totals:
    """Net, tax and gross of the sales that were completed in this session, less its returns; gift
    cards with them.
    """
    rows = session.execute(
        select(Posting.account, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            JournalEntry.till_session_id == till_session.id,
            JournalEntry.kind.in_((EntryKind.SALE, EntryKind.RETURN)),
        )
        .group_by(Posting.account)
    )
    sums = {account: -int(minor) for account, minor in rows}
    net = Money(sum(sums.get(account, 0) for account in _SOLD), till_session.currency)
    tax = Money(sums.get(Account.TAX, 0), till_session.currency)
    return Totals(net=net, tax=tax, gross=net + tax)


def _taxes(session: Session, till_session: TillSession, totals: Totals) -> tuple[TaxLine, ...]:
    """The same by rate, highest first; left out where a sale was recognised without its rates."""
    rows = session.execute(
        select(SaleTax.rate_bp, func.sum(SaleTax.net_minor), func.sum(SaleTax.tax_minor))
        .join(JournalEntry, JournalEntry.id == SaleTax.entry_id)
        .where(JournalEntry.till_session_id == till_session.id)
        .group_by(SaleTax.rate_bp)
        .order_by(SaleTax.rate_bp.desc())
    )
    lines = tuple(
        TaxLine(
            rate_bp=rate_bp,
            net=Money(int(net), till_session.currency),
            tax=Money(int(tax), till_session.currency),
            gross=Money(int(net) + int(tax), till_session.currency),
        )
        for rate_bp, net, tax in rows
    )
    complete = sum(line.gross.minor for line in lines) == totals.gross.minor
    return lines if complete else ()


def _counts(session: Session, said: Speech, till_session: TillSession) -> tuple[Fact, ...]:
    """How many sales, and what this session leaves to the next ones."""
    sales = session.scalar(
        select(func.count(JournalEntry.id)).where(
            JournalEntry.till_session_id == till_session.id,
            JournalEntry.kind == EntryKind.SALE,
        )
    )
    undecided = session.scalar(
        select(func.count(PaymentAttempt.id)).where(
            PaymentAttempt.till_session_id == till_session.id,
            text(f"({LIVE_SQL} OR {UNBOOKED_SQL})"),
        )
    )
    facts = [
        (msg("Sales completed"), sales or 0),
        (msg("Bills part paid, carried on"), _part_paid(session, till_session)),
        (msg("Card payments not decided"), undecided or 0),
    ]
    facts += [
        (caption, count)
        for caption, count in (
            (msg("Refunds not decided"), _open_refunds(session, till_session)),
            (msg("Drawer opened for no sale"), _openings(session, till_session)),
            (msg("Counted before, with a difference"), refused_closings(session, till_session)),
        )
        if count
    ]
    return tuple(Fact(said.say(caption), said.number(count)) for caption, count in facts)


def _open_refunds(session: Session, till_session: TillSession) -> int:
    """Refunds by card that began here and have not ended: they go to the till's next session."""
    number = session.scalar(
        select(func.count(Refund.id)).where(
            Refund.till_session_id == till_session.id, Refund.state.in_(REFUND_OPEN)
        )
    )
    return number or 0


def _openings(session: Session, till_session: TillSession) -> int:
    number = session.scalar(
        select(func.count(DrawerOpening.id)).where(DrawerOpening.till_session_id == till_session.id)
    )
    return number or 0


def _part_paid(session: Session, till_session: TillSession) -> int:
    """Bills on which this session took money and of which something is still to be paid."""
    touched = session.scalars(
        select(Bill)
        .join(PaymentAttempt, PaymentAttempt.bill_id == Bill.id)
        .where(
            PaymentAttempt.till_session_id == till_session.id,
            PaymentAttempt.entry_id.is_not(None),
        )
        .distinct()
    ).all()
    covers = standing.covers_of(session, [bill.id for bill in touched])
    settled = {bill_id: cover.paid + cover.credited for bill_id, cover in covers.items()}
    return sum(settled.get(bill.id, 0) < bill.total_minor for bill in touched)
