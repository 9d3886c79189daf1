"""The second way to a repair's page: its number and the last digits of the customer's phone.

Every miss costs the same work and gets the same words: a number that nobody has, wrong digits, a
customer without a phone, a repair that is long over. Tries are counted per number, per visitor and
in all, before anything is looked at; whoever is over a limit learns nothing, not even with the
right digits.
"""

import hmac
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.customers.models import Customer
from app.identity import strangers, tries
from app.kernel import clock, queueing
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.quantity import document_number
from app.kernel.searchkeys import figures
from app.kernel.text import msg
from app.service import links
from app.service.models import Ticket

DIGITS = 4
_NO_STORE = 0
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
# Wrong tries in a row, and for how long nobody gets in this way then. Four digits are guessed by
# nobody at twenty a day; a shop behind one address mistypes more often than one customer.
_PER_NUMBER, _PER_NUMBER_A_DAY, _PER_VISITOR, _OF_ALL = 5, 20, 10, 500
# A key that is got this way is for now; the receipt's own stays what it is.
_KEY_LASTS = timedelta(hours=2)


def open_by(database: Database, *, number: str, digits: str, visitor: str) -> str:
    """A key to the repair's page that ends in two hours.

    Raises Refused, in the same words for every miss, and TooMany. Opens its own transaction, since
    a miss is to be remembered.
    """
    wanted, tail = _number(number), _tail(digits)
    limits = _limits(wanted, visitor)
    with database.reading() as session:  # whoever is over a limit waits for no lock
        _check(session, limits)
    with database.transaction() as session:
        queueing.enter(session, _NO_STORE)
        _check(session, limits)
        found = _found(session, wanted, tail)
        if found is not None:
            # the number's own; whoever knows one repair does not guess at others the longer
            tries.forget(session, *(subject for subject, *_ in limits[:2]))
            return links.new(session, _whoever(found), found, expires_at=clock.now() + _KEY_LASTS)
        for subject, most, lasts in limits:
            tries.count(session, subject, most=most, lasts=lasts)
    raise Refused(
        msg("There is no repair with this number and these digits. Look at your receipt again.")
    )


def _found(session: Session, number: int, tail: str) -> Ticket | None:
    """The one repair that fits: none where two stores have one that does."""
    rows = session.scalars(
        select(Ticket).where(Ticket.number == number).options(joinedload(Ticket.customer))
    ).all()
    fitting = [row for row in rows if _fits(row.customer, tail) and not links.is_over(row)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(customer: Customer | None, tail: str) -> bool:
    known = _tail(customer.phone if customer is not None else "")
    is_same = hmac.compare_digest(known.encode(), tail.encode())
    return is_same and len(known) == DIGITS


def _limits(number: int, visitor: str) -> list[tuple[str, int, timedelta]]:
    return [
        (f"repair:{number}", _PER_NUMBER, _QUARTER),
        (f"repair-day:{number}", _PER_NUMBER_A_DAY, _DAY),
        (f"repair-way:{sha256_hex(visitor.encode())}", _PER_VISITOR, _QUARTER),
        ("repair-way:all", _OF_ALL, _QUARTER),
    ]


def _check(session: Session, limits: list[tuple[str, int, timedelta]]) -> None:
    minutes = max(tries.minutes_locked(session, subject) for subject, *_ in limits)
    if minutes:
        raise strangers.too_many(minutes)


def _number(text: str) -> int:
    """`T-2291`, `t2291` or `2291`; 0, which no repair has, for anything else."""
    return document_number(text.strip().upper().removeprefix("T").removeprefix("-")) or 0


def _tail(text: str) -> str:
    """The last four digits of what was typed; nothing where there are not as many."""
    digits = "".join(sign for sign in figures(text) if sign in "0123456789")
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def _whoever(ticket: Ticket) -> Actor:
    return Actor(store_id=ticket.store_id, name="number and phone", role="customer")
