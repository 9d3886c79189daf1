"""Wrong tries in a row, and the lock after five of them.

Counted per door (`subject`), whether or not somebody stands behind it: a lock on a name that nobody
has looks just like one on a name that exists.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.identity.models import WrongTries
from app.kernel import clock
from app.kernel.canonical import sha256_hex
from app.kernel.searchkeys import search_key

MOST_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
# Tries that nobody repeats are forgotten, so that the table does not grow with every guess.
_FORGOTTEN_AFTER = timedelta(days=1)


def of_password(login: str) -> str:
    """The door of a name. Hashed: people type passwords into the wrong field."""
    return f"password:{sha256_hex(search_key(login).encode())}"


def of_pin(staff_id: int) -> str:
    return f"pin:{staff_id}"


def of_stranger(terminal_id: int) -> str:
    """The door of a PIN for nobody whom this terminal knows."""
    return f"stranger:{terminal_id}"


def of_badge(terminal_id: int) -> str:
    return f"badge:{terminal_id}"


def of_approval(staff_id: int) -> str:
    """The door of whoever asks a second person for a PIN."""
    return f"approval:{staff_id}"


def minutes_locked(session: Session, subject: str) -> int:
    """Minutes, rounded up, until this door takes another try; 0: it is open."""
    until = session.scalar(select(WrongTries.locked_until).where(WrongTries.subject == subject))
    left = until - clock.now() if until is not None else timedelta(0)
    return max(0, -(-left // timedelta(minutes=1)))


def count(
    session: Session, subject: str, *, most: int = MOST_TRIES, lasts: timedelta = LOCKED_FOR
) -> None:
    """One more wrong try. The caller stands in a queue of writers, so none is lost."""
    now = clock.now()
    row = session.scalar(select(WrongTries).where(WrongTries.subject == subject))
    if row is None:
        session.execute(delete(WrongTries).where(WrongTries.last_at < now - _FORGOTTEN_AFTER))
        row = WrongTries(subject=subject, tries=0, last_at=now)
        session.add(row)
    # what was long ago is not "in a row"
    row.tries = row.tries + 1 if row.last_at > now - _FORGOTTEN_AFTER else 1
    row.last_at = now
    if row.tries >= most:
        row.tries = 0
        row.locked_until = now + lasts
    session.flush()


def forget(session: Session, *subjects: str) -> None:
    """The right secret was given, or a manager opened the door again."""
    session.execute(delete(WrongTries).where(WrongTries.subject.in_(subjects)))
