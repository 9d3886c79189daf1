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


def count_wrong(database: Database, session: Session, *, page: str, visitor: str) -> None:
    """One more wrong code at a page; raises TooMany for a visitor with too many of them.

    In a transaction of its own, since whoever reads a page writes nothing.
    """
    subject = f"{page}:{sha256_hex(visitor.encode())}"
    minutes = tries.minutes_locked(session, subject)
    if not minutes:
        with database.transaction() as short:
            queueing.enter(short, _NO_STORE)
            tries.count(short, subject)
        return
    raise TooMany(
        msg("Too many wrong codes. Try again in {minutes} minutes.", minutes=minutes),
        retry_after_s=minutes * _SECONDS,
    )
