"""Guessing codes of gift cards: counted per person or program in the database, and locked in time.

Only whole codes count, which no slip of the hand gives: their check signs catch those.
"""

from sqlalchemy.orm import Session

from app.identity import tries
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.db import Database
from app.kernel.errors import NotFound, TooMany
from app.kernel.text import msg
from app.payments import giftcodes

_SECONDS = 60


class UnknownCode(NotFound):
    """A whole code that no card has; whoever answers for the request counts it (`count`)."""

    code = "unknown_gift_card"


def require_open(session: Session, actor: Actor) -> None:
    """Raises TooMany for who has tried too many codes, also before the right one."""
    minutes = tries.minutes_locked(session, _door(actor))
    if minutes:
        raise TooMany(
            msg("Too many wrong codes. Try again in {minutes} minutes.", minutes=minutes),
            retry_after_s=minutes * _SECONDS,
        )


def count(database: Database, actor: Actor) -> None:
    """One more wrong code, in a transaction of its own; the caller's must be over."""
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        tries.count(session, _door(actor))


def count_if_code(database: Database, session: Session, actor: Actor, text: str) -> None:
    """What was scanned names nothing: if it is a whole code, it counts. Ends the transaction of
    `session`, which has only looked.
    """
    if giftcodes.read(text):
        session.rollback()
        require_open(session, actor)
        session.rollback()
        count(database, actor)


def _door(actor: Actor) -> str:
    return f"gift_card:{sha256_hex(actor.key.encode())}"
