"""Who changed what, when, from what to what, and why: a chain that shows any later edit.

Each entry's hash covers its stored bytes and the hash of the entry before it in its store.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, desc, select
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
    last = _last(session, actor.store_id)
    position = last.position + 1 if last else 1
    previous_hash = last.hash if last else GENESIS
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
    return entry


def head(session: Session, store_id: int) -> str:
    """The chain's newest hash; it stands on each Z report."""
    last = _last(session, store_id)
    return last.hash if last else GENESIS


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


def _last(session: Session, store_id: int) -> AuditEntry | None:
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.store_id == store_id)
        .order_by(desc(AuditEntry.position))
        .limit(1)
    )


def _link(previous_hash: str, body: bytes) -> str:
    return sha256_hex(previous_hash.encode() + b"\n" + body)
