"""Who changed what, when, from what to what, and why: a chain that shows any later edit.

Each entry's hash covers its stored bytes and the hash of the entry before it in its store.
Entries of a transaction are chained as they are recorded, and written together at its commit.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
    desc,
    event,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

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


_NEWEST = (
    select(AuditEntry.position, AuditEntry.hash)
    .where(AuditEntry.store_id == bindparam("store_id"))
    .order_by(desc(AuditEntry.position))
    .limit(1)
)
_WRITE = insert(AuditEntry)


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """An entry's columns, and the savepoint that takes it along when it is rolled back."""

    row: dict[str, Any]
    savepoint: SessionTransaction | None


@dataclass(slots=True)
class _Chains:
    """What one transaction knows: the newest entry of each store, and what it has yet to write."""

    transaction: SessionTransaction | None
    heads: dict[int, tuple[int, str]] = field(default_factory=dict)
    unwritten: list[_Unwritten] = field(default_factory=list)


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
) -> None:
    """Add one entry to the chain of the actor's store; the commit writes it.

    `action` is a verb in the past (`order.paid`), `subject` names the thing (`order:1042`).
    """
    last_position, previous_hash = _head(session, actor.store_id)
    position, at = last_position + 1, clock.now()
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
    row: dict[str, Any] = {
        "store_id": actor.store_id,
        "position": position,
        "at": at,
        "actor": actor.name,
        "action": action,
        "subject": subject,
        "body": body.decode(),
        "previous_hash": previous_hash,
        "hash": _link(previous_hash, body),
    }
    chains = _chains(session)
    chains.unwritten.append(_Unwritten(row, session.get_nested_transaction()))
    chains.heads[actor.store_id] = (position, row["hash"])


@event.listens_for(Session, "before_commit")
def write(session: Session) -> None:
    """Write what was recorded, in one statement; for who reads entries before the commit.

    Inside a savepoint nothing is written: its rollback would take older entries along.
    """
    if session.info.get(_CHAINS) is None or session.in_nested_transaction():
        return
    chains = _chains(session)
    if chains.unwritten:
        session.execute(_WRITE, [entry.row for entry in chains.unwritten])
        chains.unwritten.clear()


def head(session: Session, store_id: int) -> str:
    """The chain's newest hash; it stands on each Z report."""
    return _head(session, store_id)[1]


def breaches(session: Session) -> Iterator[str]:
    """One line for the first bad entry of each store's chain."""
    write(session)
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
            and _says_what_its_columns_say(entry)
        )
        if not sound and entry.store_id not in broken:
            broken.add(entry.store_id)
            yield f"audit: store {entry.store_id}: entry {entry.position} does not fit the chain"
        expected[entry.store_id] = (entry.position + 1, entry.hash)


def _says_what_its_columns_say(entry: AuditEntry) -> bool:
    """The columns are for finding; the body is what was hashed."""
    try:
        body = dict(json.loads(entry.body))
    except (ValueError, TypeError):
        return False
    columns = (entry.position, entry.actor, entry.action, entry.subject, entry.at.isoformat())
    return columns == tuple(
        body.get(name) for name in ("position", "actor", "action", "subject", "at")
    )


def _head(session: Session, store_id: int) -> tuple[int, str]:
    """Position and hash of the newest entry, looked up once per transaction.

    Nobody else of the store writes until ours is over (`app.kernel.queueing`).
    """
    if not session.in_transaction():
        session.begin()
    heads = _chains(session).heads
    if store_id not in heads:
        row = session.execute(_NEWEST, {"store_id": store_id}).first()
        heads[store_id] = (row.position, row.hash) if row else (0, GENESIS)
    return heads[store_id]


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, rolled_back: SessionTransaction) -> None:
    """A rolled-back savepoint takes its own entries with it, and no others."""
    chains: _Chains | None = session.info.get(_CHAINS)
    if chains is None:
        return
    lost = rolled_back
    while lost.parent is not None and not lost.nested:  # a failed flush is a part of what fails
        lost = lost.parent
    if lost.parent is None:
        del session.info[_CHAINS]
        return
    chains.unwritten = [
        entry for entry in chains.unwritten if not _is_inside(entry.savepoint, lost)
    ]
    chains.heads = {
        entry.row["store_id"]: (entry.row["position"], entry.row["hash"])
        for entry in chains.unwritten
    }


def _is_inside(savepoint: SessionTransaction | None, lost: SessionTransaction) -> bool:
    while savepoint is not None and savepoint is not lost:
        savepoint = savepoint.parent
    return savepoint is lost


_CHAINS = "audit_chains"


def _chains(session: Session) -> _Chains:
    """What is known in this transaction; another transaction starts with nothing."""
    transaction = session.get_transaction()
    kept: _Chains | None = session.info.get(_CHAINS)
    if kept is None or kept.transaction is not transaction:
        kept = session.info[_CHAINS] = _Chains(transaction)
    return kept


def _link(previous_hash: str, body: bytes) -> str:
    return sha256_hex(previous_hash.encode() + b"\n" + body)
