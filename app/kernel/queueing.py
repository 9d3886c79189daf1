"""One queue of writers per store.

The audit chain needs it anyway: each entry names the hash of the one before. On SQLite the
database itself is the queue; on PostgreSQL an advisory lock held to the end of the transaction.
Rules may therefore look, decide and write without fearing that a second writer of the same store
does the same between. Constraints still guard what must never happen.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_QUEUE = 0x4F  # keeps our advisory locks apart from others in the same database


def enter(session: Session, store_id: int) -> None:
    """Wait for one's turn among the writers of this store; held until commit or rollback."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_QUEUE, store_id)))
