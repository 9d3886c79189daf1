"""Beginning and ending a stay in a slot: the row, its line in the audit, its news."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import audit, events, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.text import Text, msg
from app.robots.choosing import Lotted
from app.robots.events import ComponentFitted, ComponentRemoved
from app.robots.models import Unit
from app.robots.moments import moment_of
from app.robots.slot_models import Component, Occupant, Slot

_LONGEST_REFERENCE = 64
_LONGEST_REASON = 200
News = TypeVar("News", ComponentFitted, ComponentRemoved)


@dataclass(frozen=True, slots=True)
class Work:
    """Why something is done, for which ticket, and when: None is now, else a moment before now."""

    reason: str = ""
    reference: str = ""
    at: datetime | None = None

    def why(self) -> Text | None:
        """Reference and reason as a line of the timeline names them."""
        reference, reason = self.said()
        if reference and reason:
            return msg("{reference}: {reason}", reference=reference, reason=reason)
        return msg("{why}", why=reference or reason) if reference or reason else None

    def said(self) -> tuple[str, str]:
        """Reference and reason, cleaned; raises Refused for what is too long to be kept."""
        return (
            words.fitting(self.reference, most=_LONGEST_REFERENCE, field="reference"),
            words.fitting(self.reason, most=_LONGEST_REASON, field="reason"),
        )

    def moment(self, *, not_before: datetime | None) -> datetime:
        """When it is done; raises Refused for the future and for before `not_before`."""
        at = moment_of(self.at)
        if not_before is None or at >= not_before:
            return at
        if self.at is None:
            return not_before  # the wall clock was set back
        raise Refused(
            msg("Only from {moment} on: what was before is on record already.", moment=not_before),
            field="at",
        )


def latest(session: Session, *conditions: ColumnElement[bool]) -> Occupant | None:
    """The last stay that satisfies the conditions, ended or not, with its slot and component.

    Stays follow each other: one that has not ended is the last.
    """
    return session.scalar(
        select(Occupant)
        .where(*conditions)
        .order_by(Occupant.since.desc(), Occupant.id.desc())
        .limit(1)
        .options(joinedload(Occupant.component), joinedload(Occupant.slot))
    )


def begin(
    session: Session,
    actor: Actor,
    unit: Unit,
    slot: Slot,
    chosen: Component | Lotted,
    *,
    work: Work,
    at: datetime,
    firmware: str,
) -> Occupant:
    """Something sits in a slot from `at` on; raises Conflict if somebody was faster."""
    reference, reason = work.said()
    fitted = Occupant(
        store_id=unit.store_id,
        unit_id=unit.id,
        slot_id=slot.id,
        firmware=firmware,
        since=at,
        reference=reference,
        reason=reason,
        fitted_by=actor.name,
    )
    if isinstance(chosen, Component):
        fitted.component_id = chosen.id
    else:
        fitted.part_number, fitted.part_key = chosen.part_number, chosen.part_key
        fitted.lot, fitted.lot_key = chosen.lot, chosen.lot_key
    try:
        with session.begin_nested():
            session.add(fitted)
    except IntegrityError:
        # our own store queues its writers; the component may have gone into another store's robot
        raise Conflict(
            msg("The slot or the component was taken just now. Look again."), field="slot"
        ) from None
    set_committed_value(fitted, "slot", slot)
    set_committed_value(fitted, "component", chosen if isinstance(chosen, Component) else None)
    _record(session, actor, unit, fitted, "component.fitted", reason=reason)
    events.announce(session, _news(ComponentFitted, actor, fitted, at=at, reference=reference))
    return fitted


def end(
    session: Session, actor: Actor, unit: Unit, taken: Occupant, *, work: Work, at: datetime
) -> None:
    """The stay is over at `at`; component and slot of `taken` must be loaded."""
    reference, reason = work.said()
    taken.until = at
    taken.removal_reference, taken.removal_reason = reference, reason
    taken.removed_by = actor.name
    session.flush()
    _record(session, actor, unit, taken, "component.removed", reason=reason)
    events.announce(session, _news(ComponentRemoved, actor, taken, at=at, reference=reference))


def _record(
    session: Session, actor: Actor, unit: Unit, stay: Occupant, action: str, *, reason: str
) -> None:
    component = stay.component
    audit.record(
        session,
        actor,
        action,
        subject=f"robot:{unit.serial}",
        after={
            "slot": stay.slot.path,
            "component": component.id if component else None,
            "part_number": component.part_number if component else stay.part_number,
            "serial": component.serial if component else "",
            "lot": component.lot if component else stay.lot,
            "since": stay.since,
            "until": stay.until,
        },
        reason=reason or None,
    )


def _news(kind: type[News], actor: Actor, stay: Occupant, *, at: datetime, reference: str) -> News:
    component = stay.component
    return kind(
        actor=actor,
        store_id=stay.store_id,
        unit_id=stay.unit_id,
        slot_id=stay.slot_id,
        slot_path=stay.slot.path,
        occupant_id=stay.id,
        component_id=stay.component_id,
        part_number=component.part_number if component else stay.part_number,
        lot=component.lot if component else stay.lot,
        at=at,
        reference=reference,
    )
