"""Work that leaves the house after the commit (printing, mail): delivered at least once."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ForeignKey, Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock
from app.kernel.canonical import canonical
from app.kernel.db import Base, Database, Key, LongText
from app.kernel.errors import StoreError

log = structlog.get_logger("outbox")

Deliver = Callable[[Database, dict[str, object]], None]
_MOST_TRIES = 12
_deliveries: dict[str, Deliver] = {}


class OutboxItem(Base):
    __tablename__ = "outbox_items"
    __table_args__ = (Index("ix_outbox_items_due", "done_at", "due_at"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[LongText]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    last_error: Mapped[str | None] = mapped_column(default=None)


def deliver_by(kind: str, deliver: Deliver) -> None:
    """Say who delivers a kind. `deliver` runs outside any transaction and may be called twice."""
    _deliveries[kind] = deliver


def post(session: Session, *, store_id: int, kind: str, payload: Mapping[str, object]) -> None:
    """Put work into the box; it is seen only once this transaction is committed."""
    session.add(
        OutboxItem(
            store_id=store_id,
            kind=kind,
            payload=canonical(payload).decode(),
            due_at=clock.now(),
        )
    )


def deliver_due(database: Database, *, most: int = 20) -> int:
    """Deliver what is due, oldest first; a failure waits longer each time. Returns how many."""
    with database.reading() as session:
        due = [
            (item.id, item.kind, item.payload, item.tries)
            for item in session.scalars(
                select(OutboxItem)
                .where(
                    OutboxItem.done_at.is_(None),
                    OutboxItem.due_at <= clock.now(),
                    OutboxItem.tries < _MOST_TRIES,
                )
                .order_by(OutboxItem.id)
                .limit(most)
            )
        ]
    for item_id, kind, payload, tries in due:
        error = _try(database, kind, payload)
        _note(database, item_id, tries=tries + 1, error=error)
    return len(due)


def _try(database: Database, kind: str, payload: str) -> str | None:
    deliver = _deliveries.get(kind)
    if deliver is None:
        return f"nobody delivers {kind}"
    try:
        deliver(database, json.loads(payload))
    except (StoreError, OSError, ValueError) as error:
        return str(error)[:200] or type(error).__name__
    except Exception as defect:
        # of ours; it must not keep what is behind it in the box from being delivered
        log.exception("delivery broke", kind=kind)
        return f"{type(defect).__name__}: {defect}"[:200]
    return None


def _note(database: Database, item_id: int, *, tries: int, error: str | None) -> None:
    with database.transaction() as session:
        item = session.get_one(OutboxItem, item_id)
        item.tries = tries
        item.last_error = error
        if error is None:
            item.done_at = clock.now()
        else:
            item.due_at = clock.now() + timedelta(seconds=min(2**tries, 3600))
