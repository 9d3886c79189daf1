"""Who does not pay in time: the list, reminders in three levels with their letters, giving up.

A level is written once, a week after the day that the one before named is over. What is given up is
a loss in the books, and no longer due.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.tax import PriceMode
from app.kernel.text import Text, msg
from app.payments import bills, invoiceparts, issuing, journal, standing
from app.payments.documents import DocumentContent, DocumentKind, Fact, Totals
from app.payments.models import (
    Account,
    Bill,
    EntryKind,
    IssuedDocument,
    JournalEntry,
    Posting,
)
from app.payments.terms_models import DunningNotice
from app.robots import addresses
from app.stores import desk
from app.web import paging
from app.web.i18n import speech

LAST_LEVEL = 3
GRACE_DAYS = 7
LEVEL_LABELS: dict[int, Text] = {
    1: msg("Payment reminder"),
    2: msg("Second reminder"),
    3: msg("Last reminder"),
}
_WORDS: dict[int, Text] = {
    1: msg(
        "Perhaps you have overlooked it: the amount below was due on {due}. "
        "Please pay it by {until}."
    ),
    2: msg(
        "In spite of our reminder the amount below, due on {due}, is still open. "
        "Please pay it by {until}."
    ),
    3: msg(
        "The amount below was due on {due}. If it is not here by {until}, we hand it over for "
        "collection."
    ),
}
_open = (
    select(func.coalesce(func.sum(Posting.amount_minor), 0))
    .join(JournalEntry, JournalEntry.id == Posting.entry_id)
    .where(JournalEntry.bill_id == Bill.id, Posting.account == Account.RECEIVABLE)
    .correlate(Bill)
    .scalar_subquery()
)
_level = (
    select(func.coalesce(func.max(DunningNotice.level), 0))
    .where(DunningNotice.bill_id == Bill.id)
    .correlate(Bill)
    .scalar_subquery()
)
_asked_by = (
    select(func.max(DunningNotice.due_on))
    .where(DunningNotice.bill_id == Bill.id)
    .correlate(Bill)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A bill that is not paid in time. `next_on` is the first day for the next reminder; None: all
    were written.
    """

    bill: Bill
    customer: str
    customer_number: int | None
    open: Money
    level: int
    days_late: int
    next_on: date | None
    today: date

    @property
    def page(self) -> str:
        return addresses.owner_page(self.bill.reference)

    @property
    def can_remind(self) -> bool:
        return self.next_on is not None and self.next_on <= self.today


def overdue_page(session: Session, actor: Actor, *, cursor: str | None) -> paging.Page[Overdue]:
    """Bills whose day is over, the longest first, 50 at a time."""
    actor.require("books.view")
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    query = (
        select(Bill, Customer.name, Customer.number, _open, _level, _asked_by)
        .outerjoin(Customer, Customer.id == Bill.customer_id)
        .where(Bill.store_id == actor.store_id, Bill.due_on < today, _open > 0)
        .order_by(Bill.due_on, Bill.id)
        .limit(paging.PAGE + 1)
    )
    if cursor:
        ordinal, last_id = paging.decode(cursor, int, int)
        last_day = date.fromordinal(min(max(int(ordinal), 1), date.max.toordinal()))
        query = query.where(
            (Bill.due_on > last_day) | ((Bill.due_on == last_day) & (Bill.id > last_id))
        )
    rows = [_overdue(row, today) for row in session.execute(query)]
    shown = rows[: paging.PAGE]
    last = shown[-1].bill if len(rows) > paging.PAGE else None
    following = paging.encode((last.due_on or today).toordinal(), last.id) if last else None
    return paging.Page(shown, following)


def _overdue(row: Row[Bill, str, int, int, int, date | None], today: date) -> Overdue:
    bill, customer, number, minor, level, asked_by = row
    due_on = bill.due_on or today
    return Overdue(
        bill=bill,
        customer=customer or "",
        customer_number=number,
        open=Money(int(minor), bill.currency),
        level=int(level),
        days_late=(today - due_on).days,
        next_on=None if level >= LAST_LEVEL else (asked_by or due_on) + timedelta(days=GRACE_DAYS),
        today=today,
    )


def bill_by_id(session: Session, actor: Actor, bill_id: int) -> Bill:
    bill = session.get(Bill, bill_id)
    if bill is None or bill.store_id != actor.store_id:
        raise NotFound(msg("There is no such bill in this store."))
    return bill


def due_of(session: Session, bill: Bill) -> Money:
    """What is left of a bill."""
    return bills.due(session, bill)


def notices_of(session: Session, bill: Bill) -> list[DunningNotice]:
    return list(
        session.scalars(
            select(DunningNotice)
            .where(DunningNotice.bill_id == bill.id)
            .order_by(DunningNotice.level)
        )
    )


def remind(session: Session, actor: Actor, bill: Bill) -> DunningNotice:
    """Write the next reminder, with its letter. Raises Conflict before its day, after the last one,
    or where nothing stands open.
    """
    actor.require("payments.reconcile")
    open_now = _require_open(session, bill)
    store = desk.store_of(session, bill.store_id)
    today = desk.business_day_of(store)
    before = notices_of(session, bill)
    level = before[-1].level + 1 if before else 1
    if level > LAST_LEVEL:
        raise Conflict(msg("All reminders were written. Give it up, or have it collected."))
    earliest = (before[-1].due_on if before else bill.due_on or today) + timedelta(days=GRACE_DAYS)
    if today < earliest:
        raise Conflict(msg("The next reminder is written from {day} on.", day=earliest))
    until = today + timedelta(days=GRACE_DAYS)
    document = _letter(session, actor, bill, level=level, open_now=open_now, until=until)
    notice = DunningNotice(
        bill_id=bill.id,
        level=level,
        open_minor=open_now.minor,
        due_on=until,
        issued_on=today,
        document_id=document.id,
        at=clock.now(),
        by=actor.name,
    )
    session.add(notice)
    session.flush()
    audit.record(
        session,
        actor,
        "bill.reminded",
        subject=f"bill:{bill.reference}",
        after={"level": level, "open": open_now, "letter": document.label},
    )
    return notice


def write_off(session: Session, actor: Actor, bill: Bill, *, reason: str) -> JournalEntry:
    """Give up what stands open on terms: a loss. Its tax is left for the tax adviser to correct."""
    actor.require("payments.reconcile")
    bills.require_quiet(session, bill)
    open_now = _require_open(session, bill)
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why this is given up."), field="reason")
    entry = journal.post(
        session,
        store_id=bill.store_id,
        kind=EntryKind.WRITE_OFF,
        sides={Account.BAD_DEBT: open_now, Account.RECEIVABLE: -open_now},
        bill_id=bill.id,
        memo=bill.reference,
    )
    audit.record(
        session,
        actor,
        "bill.written_off",
        subject=f"bill:{bill.reference}",
        after={"given_up": open_now},
        reason=reason,
    )
    return entry


def _require_open(session: Session, bill: Bill) -> Money:
    open_now = standing.of(session, bill).on_terms
    if not open_now:
        raise Conflict(msg("Nothing stands open on this bill."))
    return open_now


def _letter(
    session: Session, actor: Actor, bill: Bill, *, level: int, open_now: Money, until: date
) -> IssuedDocument:
    store = desk.store_of(session, bill.store_id)
    customer = session.get(Customer, bill.customer_id) if bill.customer_id else None
    language = (customer.language if customer else "") or issuing.language_of(store)
    said = speech(language, store.zone)
    nothing = Money(0, bill.currency)
    moment = clock.now()
    invoices = [
        document.label
        for document in issuing.documents_of(session, bill.store_id, bill.reference)
        if document.kind is DocumentKind.INVOICE
    ]
    content = DocumentContent(
        kind=DocumentKind.REMINDER,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=bill.currency,
        price_mode=PriceMode.GROSS,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer) if customer else None,
        # it asks for what was invoiced: there is no tax of its own on it
        totals=Totals(net=open_now, tax=nothing, gross=open_now),
        references=(
            Fact(said.say(msg("Invoice")), ", ".join(invoices) or bill.reference),
            Fact(said.say(msg("Level")), said.say(LEVEL_LABELS[level])),
        ),
        notes=(said.say(replace(_WORDS[level], facts={"due": bill.due_on, "until": until})),),
        due_on=until,
        footer=tuple(store.receipt_footer.splitlines()),
    )
    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.REMINDER,
        reference=bill.reference,
        build=lambda label: replace(content, number=label),
    )
