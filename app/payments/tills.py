"""Till sessions: opened with a float, moved with reasons, counted blind, frozen in a Z report.

Closing only freezes totals and can always be done: whatever is still under way at the card service
goes to the till's next session.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.db import at_hand
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import booking, counts, issuing, journal, printing, till_reports
from app.payments.counts import Counted
from app.payments.documents import DocumentContent, DocumentKind
from app.payments.errors import DifferenceUnexplained, TillClosed
from app.payments.models import Account, CashMovement, EntryKind, JournalEntry, TillSession
from app.payments.till_models import CountPurpose
from app.stores import desk
from app.stores.models import Store, Till

_SERIES = "till_session"


@dataclass(frozen=True, slots=True)
class Place:
    """A till, and the session that is open at it: None while it is closed."""

    till: Till
    open_session: TillSession | None


def open_session(
    session: Session, actor: Actor, till: Till, float_: Money | Counted
) -> TillSession:
    """Begin a session with the drawer's float; books what was captured while the till was closed.

    Raises Conflict while another session is open at this till.
    """
    counted = float_ if isinstance(float_, Counted) else counts.of_sum(float_)
    float_ = counted.total
    actor.require("till.open")
    store = desk.store_of(session, actor.store_id)
    if till.store_id != store.id:
        raise NotFound(msg("There is no such till in this store."))
    _check_cash(float_, store.currency, field="float")
    if open_session_of(session, till.id) is not None:
        raise _already_open(till)
    opened = TillSession(
        store_id=store.id,
        till_id=till.id,
        number=numbers.allot(session, store_id=store.id, series=_SERIES),
        currency=store.currency,
        float_minor=float_.minor,
        opened_at=clock.now(),
        opened_by=actor.name,
    )
    session.add(opened)
    try:
        session.flush()
    except IntegrityError as somebody_was_faster:
        raise _already_open(till) from somebody_was_faster
    _post(session, opened, EntryKind.FLOAT, into_drawer=float_, against=Account.SAFE)
    if counted.pieces:
        counts.keep(
            session, actor, opened, counted, purpose=CountPurpose.OPENING, at=opened.opened_at
        )
    audit.record(
        session,
        actor,
        "till.opened",
        subject=f"till_session:{opened.number}",
        after={"till": till.name, "float": float_},
    )
    booking.book_waiting(session, actor, opened)
    return opened


def open_session_of(session: Session, till_id: int) -> TillSession | None:
    return booking.open_session_at(session, till_id)


# The till with its open session and its store; others join what lies there.
PLACE = (
    select(Till, TillSession, Store)
    .join(Store, Store.id == Till.store_id)
    .outerjoin(TillSession, (TillSession.till_id == Till.id) & TillSession.closed_at.is_(None))
    .where(Till.id == bindparam("till_id"), Till.store_id == bindparam("store_id"))
)


def place(session: Session, actor: Actor, till_id: int) -> Place:
    """A till of the actor's store as it stands; raises NotFound.

    At most one statement. The store comes along: whoever asks the session for it next finds it
    there.
    """
    till = at_hand(session, Till, id=till_id, store_id=actor.store_id)
    opened = at_hand(session, TillSession, till_id=till_id, closed_at=None)
    if till is not None and opened is not None:
        return Place(till, opened)
    row = session.execute(PLACE, {"till_id": till_id, "store_id": actor.store_id}).first()
    if row is None:
        raise unknown()
    return Place(row[0], row[1])


def unknown() -> NotFound:
    """The refusal of a till that is not the store's."""
    return NotFound(msg("There is no such till in this store."))


def open_sessions(session: Session, store_id: int) -> dict[int, TillSession]:
    """The open session of each till of a store that is open, in one statement."""
    rows = session.scalars(
        select(TillSession).where(TillSession.store_id == store_id, TillSession.closed_at.is_(None))
    )
    return {row.till_id: row for row in rows}


def require_open(session: Session, till_id: int) -> TillSession:
    """The open session of a till; raises TillClosed."""
    found = open_session_of(session, till_id)
    if found is None:
        raise TillClosed(msg("The till is closed. Open it first."), link="/till")
    return found


def by_id(session: Session, actor: Actor, session_id: int) -> TillSession:
    """A session of the actor's store; raises NotFound."""
    found = session.get(TillSession, session_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such till session."))
    return found


def by_number(session: Session, actor: Actor, number: int) -> TillSession:
    """A session by the number that its reports show; raises NotFound."""
    found = session.scalar(
        select(TillSession).where(
            TillSession.store_id == actor.store_id, TillSession.number == number
        )
    )
    if found is None:
        raise NotFound(msg("There is no till session {number}.", number=number))
    return found


def require_taking(actor: Actor, till_session: TillSession, currency: str) -> None:
    """Raises TillClosed or Refused unless this session takes money of this currency now."""
    if till_session.store_id != actor.store_id:
        raise NotFound(msg("There is no such till session."))
    if till_session.closed_at is not None:
        raise TillClosed(
            msg("Till session {number} is closed and takes no more.", number=till_session.number),
            link="/till",
        )
    if till_session.currency != currency:
        raise Refused(
            msg("This till works in {currency}.", currency=till_session.currency), field="amount"
        )


def move_cash(
    session: Session, actor: Actor, till_session: TillSession, amount: Money, reason: str
) -> CashMovement:
    """Put cash in (positive) or take it out (negative), never more than the drawer holds."""
    actor.require("till.cash")
    require_taking(actor, till_session, amount.currency)
    reason = clean(reason)
    if not reason or len(reason) > 200:  # noqa: PLR2004 - the column's width
        raise Refused(msg("Say why, in up to 200 characters."), field="reason")
    if not amount:
        raise Refused(msg("An amount to move is not nothing."), field="amount")
    _check_size(amount, field="amount")
    if (journal.cash_in_drawer(session, till_session.id, amount.currency) + amount).minor < 0:
        raise Refused(msg("There is not so much in the drawer."), field="amount")
    entry_id = _post(
        session,
        till_session,
        EntryKind.CASH_MOVEMENT,
        into_drawer=amount,
        against=Account.SAFE,
        memo=reason,
    )
    movement = CashMovement(
        till_session_id=till_session.id,
        amount_minor=amount.minor,
        reason=reason,
        at=clock.now(),
        by=actor.name,
        entry_id=entry_id,
    )
    session.add(movement)
    session.flush()
    audit.record(
        session,
        actor,
        "till.cash_moved",
        subject=f"till_session:{till_session.number}",
        after={"amount": amount},
        reason=reason,
    )
    return movement


def x_report(session: Session, actor: Actor, till_session: TillSession) -> DocumentContent:
    """What the session holds so far; changes nothing."""
    actor.require("till.view")
    return till_reports.content(
        session, till_session, kind=DocumentKind.X_REPORT, issued_at=clock.now()
    )


def close(
    session: Session,
    actor: Actor,
    till_session: TillSession,
    count: Money | Counted,
    reason: str = "",
) -> TillSession:
    """Count the drawer, empty it into the safe, freeze the session in a numbered Z report.

    `reason` explains a count that is not what was expected; without one it is refused, without
    telling what was expected (`counts.keep_refused` then keeps it).
    """
    actor.require("till.close")
    by_pieces = count if isinstance(count, Counted) else counts.of_sum(count)
    counted = by_pieces.total
    require_taking(actor, till_session, counted.currency)
    _check_cash(counted, till_session.currency, field="counted")
    reason = clean(reason)[:200]
    expected = journal.cash_in_drawer(session, till_session.id, counted.currency)
    difference = counted - expected
    _require_explained(difference, reason)
    _empty(session, till_session, counted=counted, difference=difference, memo=reason)
    closing = till_reports.Closing(
        at=_moment(session, till_session),
        by=actor.name,
        counted=counted,
        expected=expected,
        reason=reason,
        pieces=by_pieces.largest_first,
    )
    counts.keep(
        session, actor, till_session, by_pieces, purpose=CountPurpose.CLOSING, at=closing.at
    )
    _freeze(session, actor, till_session, closing)
    audit.record(
        session,
        actor,
        "till.closed",
        subject=f"till_session:{till_session.number}",
        after={"counted": counted, "expected": expected, "difference": difference},
        reason=reason or None,
    )
    return till_session


def _require_explained(difference: Money, reason: str) -> None:
    if difference and not reason:
        raise DifferenceUnexplained(
            msg("The count is not what was expected. Count again, or say why it differs."),
            field="reason",
        )


def _empty(
    session: Session, till_session: TillSession, *, counted: Money, difference: Money, memo: str
) -> None:
    """The drawer is taken to hold what was counted, and all of that goes into the safe."""
    _post(
        session,
        till_session,
        EntryKind.TILL_DIFFERENCE,
        into_drawer=difference,
        against=Account.CASH_DIFFERENCE,
        memo=memo,
    )
    _post(session, till_session, EntryKind.TAKINGS, into_drawer=-counted, against=Account.SAFE)


def _moment(session: Session, till_session: TillSession) -> datetime:
    """Now; but a clock that was set back makes no session end before what it took."""
    last = session.scalar(
        select(func.max(JournalEntry.at)).where(JournalEntry.till_session_id == till_session.id)
    )
    return max(clock.now(), till_session.opened_at, last or till_session.opened_at)


def _freeze(
    session: Session, actor: Actor, till_session: TillSession, closing: till_reports.Closing
) -> None:
    document = issuing.issue(
        session,
        actor,
        kind=DocumentKind.Z_REPORT,
        reference=f"till_session:{till_session.number}",
        build=lambda label: till_reports.content(
            session,
            till_session,
            kind=DocumentKind.Z_REPORT,
            number=label,
            issued_at=closing.at,
            closing=closing,
        ),
    )
    till_session.closed_at, till_session.closed_by = closing.at, actor.name
    till_session.counted_minor = closing.counted.minor
    till_session.expected_minor = closing.expected.minor
    till_session.difference_minor = (closing.counted - closing.expected).minor
    till_session.difference_reason, till_session.z_document_id = closing.reason, document.id
    session.flush()
    printing.post_slip(session, document, till_id=till_session.till_id)


def _post(
    session: Session,
    till_session: TillSession,
    kind: EntryKind,
    *,
    into_drawer: Money,
    against: Account,
    memo: str = "",
) -> int:
    """Move cash between the drawer and another account; nothing at all is no entry (0)."""
    if not into_drawer:
        return 0
    entry = journal.post(
        session,
        store_id=till_session.store_id,
        kind=kind,
        sides={Account.CASH: into_drawer, against: -into_drawer},
        till_session_id=till_session.id,
        memo=memo,
    )
    return entry.id


def _check_cash(amount: Money, currency: str, *, field: str) -> None:
    if amount.currency != currency:
        raise Refused(msg("This till works in {currency}.", currency=currency), field=field)
    if amount.minor < 0:
        raise Refused(msg("Cash in a drawer is not less than nothing."), field=field)
    _check_size(amount, field=field)


def _check_size(amount: Money, *, field: str) -> None:
    if abs(amount.minor) > MOST_MINOR:
        raise Refused(msg("“{text}” is too large an amount.", text=amount), field=field)


def _already_open(till: Till) -> Conflict:
    return Conflict(
        msg("Till {till} is open already. Close that session first.", till=till.name), link="/till"
    )
