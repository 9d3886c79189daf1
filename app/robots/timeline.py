"""A robot's life, line by line: written by every domain, read newest first."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import NotFound, Refused
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.robots.models import Unit, UnitEvent
from app.web import paging

# digits of a 64-bit row id
_LONGEST_ID = 19


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened, when, by whom; `link` leads to the document behind it."""

    at: datetime
    kind: str
    summary: Text
    link: str
    actor: str


def note(
    session: Session,
    unit_id: int,
    *,
    kind: str,
    summary: Text,
    link: str = "",
    actor_name: str = "",
) -> None:
    """Add a line. It is said in the reader's language, so `summary` keeps template and facts."""
    line = line_of(kind=kind, summary=summary, link=link, actor_name=actor_name)
    session.execute(insert(UnitEvent), {"unit_id": unit_id, **line})


def line_of(*, kind: str, summary: Text, link: str = "", actor_name: str = "") -> dict[str, object]:
    """A line's columns but for its unit, for whoever adds the same line to many."""
    return {
        "at": clock.now(),
        "kind": kind,
        "summary": summary.template,
        "facts": canonical(_kept_facts(summary)).decode(),
        "link": link,
        "actor": actor_name,
    }


def written(summary: Text) -> str:
    """A sentence with its facts as one text, for whoever keeps it elsewhere."""
    return canonical({"text": summary.template, "facts": _kept_facts(summary)}).decode()


def said(kept: str) -> Text:
    """What `written` wrote."""
    sentence = json.loads(kept)
    return Text(sentence["text"], _facts(sentence["facts"]))


def of_unit(
    session: Session,
    unit_id: int,
    *,
    kinds: Collection[str] = (),
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[Line]:
    """The lines of a robot, newest first, in one statement however long its life.

    With `kinds` only those.
    """
    query = (
        select(UnitEvent)
        .where(UnitEvent.unit_id == unit_id)
        .order_by(UnitEvent.at.desc(), UnitEvent.id.desc())
        .limit(most + 1)
    )
    if kinds:
        query = query.where(UnitEvent.kind.in_(kinds))
    if cursor:
        query = query.where(tuple_(UnitEvent.at, UnitEvent.id) < _last_seen(cursor))
    found = list(session.scalars(query))
    shown = found[:most]
    last = shown[-1] if len(found) > most else None
    following = paging.encode(last.at.isoformat(), last.id) if last else None
    return paging.Page([_line(row) for row in shown], following)


def mark(session: Session, actor: Actor, key: str) -> str:
    """What moves when a robot's life goes on, for pages that follow it; `key` is the unit's id.

    Raises NotFound for a robot that is not of the actor's store.
    """
    actor.require("robots.view")
    unit_id = int(key) if key.isascii() and key.isdigit() and len(key) < _LONGEST_ID else 0
    newest = (
        select(UnitEvent.id)
        .where(UnitEvent.unit_id == Unit.id)
        .order_by(UnitEvent.at.desc(), UnitEvent.id.desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    found = session.execute(
        select(Unit.id, newest).where(Unit.id == unit_id, Unit.store_id == actor.store_id)
    ).first()
    if found is None:
        raise NotFound(msg("There is no such robot in this store."))
    return str(found[1] or 0)


def _last_seen(cursor: str) -> tuple[datetime, int]:
    at, event_id = paging.decode(cursor, str, int)
    try:
        return datetime.fromisoformat(str(at)).astimezone(UTC), int(event_id)
    except (ValueError, OverflowError):
        raise Refused(
            msg("This page mark is not one of ours; start at the first page."), field="cursor"
        ) from None


def _line(row: UnitEvent) -> Line:
    return Line(
        at=row.at,
        kind=row.kind,
        summary=Text(row.summary, _facts(json.loads(row.facts))),
        link=row.link,
        actor=row.actor,
    )


def _kept_facts(summary: Text) -> dict[str, object]:
    return {name: _kept(fact) for name, fact in summary.facts.items()}


def _kept(fact: object) -> object:
    """A fact in terms of JSON, so marked that `_fact` knows what it was."""
    match fact:
        case Text():
            return {"text": fact.template, "facts": _kept_facts(fact)}
        case datetime():
            return {"moment": fact}
        case date():
            return {"day": fact}
        case Money() | int() | None:
            return fact
    return str(fact)


def _facts(kept: Mapping[str, object]) -> dict[str, object]:
    return {name: _fact(fact) for name, fact in kept.items()}


def _fact(kept: object) -> object:
    match kept:
        case {"text": str(template), "facts": dict(facts)}:
            return Text(template, _facts(facts))
        case {"moment": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"day": str(day)}:
            return date.fromisoformat(day)
        case {"amount": int(minor), "currency": str(currency)}:
            return Money(minor, currency)
    return kept
