"""Who changed what, when, from what to what, and why: a chain that shows any later edit.

Each entry's hash covers its stored bytes and the hash of the entry before it in its store.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, desc, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.db import Base, Key, LongText

GENESIS = "0" * 64


class AuditEntry(Base):
    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("store_id", "position"),
        Index("ix_audit_entries_subject", "store_id", "subject", "position"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    position: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str]
    # The whole entry as canonical JSON; `hash` is over `previous_hash` and these bytes.
    body: Mapped[LongText]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
) -> AuditEntry:
    """Add one entry to the chain of the actor's store.

    `action` is a verb in the past (`order.paid`), `subject` names the thing (`order:1042`).
    """
    last_position, previous_hash = _head(session, actor.store_id)
    position = last_position + 1
    at = clock.now()
    body = canonical(
        {
            "position": position,
            "at": at,
            "actor": actor.name,
            "actor_key": actor.key,
            "role": actor.role,
            "terminal": actor.terminal_name,
            "action": action,
            "subject": subject,
            "before": before,
            "after": after,
            "reason": reason,
        }
    )
    entry = AuditEntry(
        store_id=actor.store_id,
        position=position,
        at=at,
        actor=actor.name,
        action=action,
        subject=subject,
        body=body.decode(),
        previous_hash=previous_hash,
        hash=_link(previous_hash, body),
    )
    session.add(entry)
    session.flush()
    _heads(session)[actor.store_id] = (position, entry.hash)
    return entry


def head(session: Session, store_id: int) -> str:
    """The chain's newest hash; it stands on each Z report."""
    return _head(session, store_id)[1]


def breaches(session: Session) -> Iterator[str]:
    """One line for the first bad entry of each store's chain."""
    broken: set[int] = set()
    expected: dict[int, tuple[int, str]] = {}
    for entry in session.scalars(
        select(AuditEntry)
        .order_by(AuditEntry.store_id, AuditEntry.position)
        .execution_options(yield_per=1000)
    ):
        position, previous = expected.get(entry.store_id, (1, GENESIS))
        sound = (
            entry.position == position
            and entry.previous_hash == previous
            and entry.hash == _link(previous, entry.body.encode())
        )
        if not sound and entry.store_id not in broken:
            broken.add(entry.store_id)
            yield f"audit: store {entry.store_id}: entry {entry.position} does not fit the chain"
        expected[entry.store_id] = (entry.position + 1, entry.hash)


def _head(session: Session, store_id: int) -> tuple[int, str]:
    """Position and hash of the newest entry, looked up once per transaction.

    Nobody else of the store writes until ours is over (`app.kernel.queueing`).
    """
    heads = _heads(session)
    if store_id not in heads:
        row = session.execute(
            select(AuditEntry.position, AuditEntry.hash)
            .where(AuditEntry.store_id == store_id)
            .order_by(desc(AuditEntry.position))
            .limit(1)
        ).first()
        heads[store_id] = (row.position, row.hash) if row else (0, GENESIS)
    return heads[store_id]


@event.listens_for(Session, "after_soft_rollback")
def _forget_heads(session: Session, _transaction: object) -> None:
    """A rolled-back savepoint may have taken entries with it."""
    session.info.pop("audit_heads", None)


def _heads(session: Session) -> dict[int, tuple[int, str]]:
    """The heads known in this transaction; another transaction starts with none."""
    transaction = session.get_transaction()
    kept = session.info.get("audit_heads")
    if kept is None or kept[0] is not transaction:
        kept = (transaction, {})
        session.info["audit_heads"] = kept
    heads: dict[int, tuple[int, str]] = kept[1]
    return heads


def _link(previous_hash: str, body: bytes) -> str:
    return sha256_hex(previous_hash.encode() + b"\n" + body)
