"""What the pages of identity show."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.searchkeys import clean
from app.web.paging import PAGE, Page, decode, encode


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the chain, as its stored bytes say it."""

    position: int
    at: datetime
    actor: str
    role: str
    terminal: str | None
    action: str
    subject: str
    changes: list[tuple[str, str, str]]  # what, before, after
    reason: str | None


def audit_page(
    session: Session, actor: Actor, *, subject: str = "", cursor: str | None = None
) -> Page[AuditLine]:
    """Entries of the actor's store, newest first; `subject` as in `order:1042` narrows them."""
    actor.require("audit.view")
    query = select(AuditEntry).where(AuditEntry.store_id == actor.store_id)
    wanted = clean(subject)
    if wanted:
        query = query.where(AuditEntry.subject == wanted)
    if cursor:
        (before,) = decode(cursor, int)
        query = query.where(AuditEntry.position < before)
    rows = list(session.scalars(query.order_by(desc(AuditEntry.position)).limit(PAGE + 1)))
    more = len(rows) > PAGE
    return Page(
        [_line(row) for row in rows[:PAGE]], encode(rows[PAGE - 1].position) if more else None
    )


def _line(entry: AuditEntry) -> AuditLine:
    body = json.loads(entry.body)
    return AuditLine(
        position=entry.position,
        at=entry.at,
        actor=entry.actor,
        role=str(body.get("role") or ""),
        terminal=body.get("terminal"),
        action=entry.action,
        subject=entry.subject,
        changes=_changes(body.get("before") or {}, body.get("after") or {}),
        reason=body.get("reason"),
    )


def _changes(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, str, str]]:
    names = [*before, *(name for name in after if name not in before)]
    return [(name, _said(before.get(name)), _said(after.get(name))) for name in names]


def _said(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
