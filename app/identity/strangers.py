"""Wrong codes at pages that anybody may open: counted per visitor, who is locked out in time.

The right code always opens, whoever tried wrong ones before from the same address: a whole shop
may stand behind one. Only a hash of the address is kept, and forgotten with the other tries.
"""

from sqlalchemy.orm import Session

from app.identity import tries
from app.kernel import queueing
from app.kernel.canonical import sha256_hex
from app.kernel.db import Database
from app.kernel.errors import TooMany
from app.kernel.text import msg

_NO_STORE = 0
_SECONDS = 60
# Wrong codes of everybody at one page, before nobody's are looked at closely for a while.
_MOST_OF_ALL = 1_000


def count_wrong(
    database: Database,
    session: Session,
    *,
    page: str,
    visitor: str,
    most: int = tries.MOST_TRIES,
) -> None:
    """One more wrong code at a page; raises TooMany for a visitor with too many of them, and for
    all when the page has had too many.

    In a transaction of its own, since whoever reads a page writes nothing.
    """
    subject = f"{page}:{sha256_hex(visitor.encode())}"
    everybody = f"{page}:all"
    minutes = max(tries.minutes_locked(session, one) for one in (subject, everybody))
    if not minutes:
        with database.transaction() as short:
            queueing.enter(short, _NO_STORE)
            tries.count(short, subject, most=most)
            tries.count(short, everybody, most=_MOST_OF_ALL)
        return
    raise too_many(minutes)


def too_many(minutes: int) -> TooMany:
    """What whoever tried too often is told."""
    return TooMany(
        msg("Too many wrong codes. Try again in {minutes} minutes.", minutes=minutes),
        retry_after_s=minutes * _SECONDS,
    )
