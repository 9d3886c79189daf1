"""Makers' bulletins and recalls: published, matched whenever asked, settled robot by robot.

A bulletin's words never change. Whom it concerns is not stored: a robot that gets such a component
tomorrow is concerned tomorrow.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import addresses, campaigns, concerned, timeline
from app.robots.bulletin_models import (
    Bulletin,
    BulletinCompletion,
    BulletinCriterion,
    BulletinKind,
    Outcome,
)
from app.robots.bulletincriteria import MOST_CRITERIA, Criterion, Match, may_run, names, row_of
from app.robots.events import ComponentCorrected, ComponentFitted, FirmwareChanged
from app.robots.models import Maker, RobotModel, Unit, UnitEvent
from app.robots.slot_models import Component, Occupant, VersionOf
from app.stores import desk
from app.web.forms import Reading

LONGEST_CODE = 64
LONGEST_LINE = 200
LONGEST_TEXT = 5_000
_LINES_AT_ONCE = 1_000

KIND_LABELS: dict[BulletinKind, Text] = {
    BulletinKind.INFORMATION: msg("Information"),
    BulletinKind.RECOMMENDED: msg("Recommended"),
    BulletinKind.MANDATORY: msg("Mandatory"),
    BulletinKind.STOP_SALE: msg("Stop sale"),
}
OUTCOME_LABELS: dict[Outcome, Text] = {
    Outcome.DONE: msg("Done"),
    Outcome.NOT_AFFECTED: msg("Looked at, not affected"),
}


@dataclass(frozen=True, slots=True)
class BulletinInput:
    """A bulletin as typed. `criteria` are alternatives; `due_on` None: no deadline."""

    maker_id: int
    code: str
    title: str
    kind: BulletinKind
    issued_on: date
    due_on: date | None = None
    text: str = ""
    source: str = ""
    criteria: tuple[Criterion, ...] = ()


def publish(session: Session, actor: Actor, typed: BulletinInput) -> Bulletin:
    """A new bulletin, in force at once; each robot that it concerns gets a line in its timeline.

    Raises Invalid with problems by field (`criteria.<n>.<field>`), Conflict for a code in use.
    """
    actor.require("robots.edit")
    maker = session.get(Maker, typed.maker_id)
    if maker is None:
        raise Refused(msg("There is no such maker."), field="maker")
    seen = Reading()
    bulletin = _row(actor, typed, seen)
    criteria = _criteria(session, typed, seen)
    seen.done()
    if session.scalar(
        select(Bulletin.id).where(
            Bulletin.maker_id == maker.id,
            Bulletin.code_key == bulletin.code_key,
            Bulletin.withdrawn_at.is_(None),
        )
    ):
        raise Conflict(
            msg("{maker} has a bulletin {code} already.", maker=maker.name, code=bulletin.code),
            field="code",
        )
    session.add(bulletin)
    session.flush()
    for criterion in criteria:
        criterion.bulletin_id = bulletin.id
    session.add_all(criteria)
    session.flush()
    for store in desk.stores(session):
        _tell_robots(session, actor, bulletin, campaigns.matching(session, store.id, bulletin))
    audit.record(
        session,
        actor,
        "bulletin.published",
        subject=f"bulletin:{bulletin.id}",
        after={
            "maker": maker.name,
            "code": bulletin.code,
            "kind": bulletin.kind,
            "due_on": bulletin.due_on,
        },
    )
    return bulletin


def withdraw(session: Session, actor: Actor, bulletin: Bulletin, *, reason: str) -> None:
    """It concerns nobody any more; what was settled by it stays on record."""
    actor.require("robots.edit")
    why = clean(reason)
    if not 1 <= len(why) <= LONGEST_LINE:
        raise Refused(msg("Say why it is withdrawn."), field="reason")
    _require_live(bulletin)
    bulletin.withdrawn_at = clock.now()
    bulletin.withdrawn_by = actor.name
    bulletin.withdrawal_reason = why
    session.flush()
    audit.record(
        session, actor, "bulletin.withdrawn", subject=f"bulletin:{bulletin.id}", reason=why
    )


def settle(
    session: Session,
    actor: Actor,
    bulletin: Bulletin,
    unit: Unit,
    *,
    outcome: Outcome,
    reference: str = "",
    note: str = "",
) -> BulletinCompletion:
    """What the bulletin asks was done on this robot, or it was found not to be affected.

    It may be said once the part is out that it names. Raises Conflict when it does not wait on
    this robot, and did not since it was published.
    """
    actor.require("robots.record")
    _require_live(bulletin)
    form = Reading()
    reference = form.text("reference", reference, most=64)
    note = form.text("note", note, most=LONGEST_TEXT)
    form.done()
    settled = BulletinCompletion(
        store_id=unit.store_id,
        bulletin_id=bulletin.id,
        criterion_id=_waits(session, bulletin, unit).criterion.id,
        unit_id=unit.id,
        outcome=outcome,
        at=clock.now(),
        reference=reference,
        note=note,
        by=actor.name,
    )
    session.add(settled)
    session.flush()
    said = msg("Bulletin {code}: {outcome}", code=bulletin.code, outcome=OUTCOME_LABELS[outcome])
    timeline.note(
        session,
        unit.id,
        kind="bulletin",
        summary=said,
        link=addresses.bulletin_page(bulletin.id),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "bulletin.settled",
        subject=f"robot:{unit.serial}",
        after={"bulletin": bulletin.code, "outcome": outcome},
        reason=reference or None,
    )
    return settled


def _waits(session: Session, bulletin: Bulletin, unit: Unit) -> Match:
    """By what the bulletin waits on this robot, or did before the bad part came out; raises
    Conflict when it does not.
    """
    now = concerned.of_unit(session, unit)
    for one in concerned.waiting(now):
        if one.bulletin.id == bulletin.id and one.match is not None:
            return one.match
    for one in concerned.formerly(session, unit, now):
        if one.bulletin.id == bulletin.id and one.was is not None:
            return one.was
    raise Conflict(
        msg("{code} does not wait on {serial}.", code=bulletin.code, serial=unit.serial),
        field="serial",
        link=addresses.robot_page(unit.serial),
    )


def by_id(session: Session, bulletin_id: int) -> Bulletin:
    found = session.get(Bulletin, bulletin_id)
    if found is None:
        raise NotFound(msg("There is no such bulletin."), link="/robots/bulletins")
    return found


def note_received(session: Session, actor: Actor, units: Sequence[Unit]) -> None:
    """A line in the timeline of each robot that has just come in and is concerned."""
    means: dict[Bulletin, list[int]] = {}
    for unit_id, concerns in concerned.of_units(session, units).items():
        for one in concerned.waiting(concerns):
            means.setdefault(one.bulletin, []).append(unit_id)
    for bulletin, unit_ids in means.items():
        _tell_robots(session, actor, bulletin, unit_ids)


def note_newly_meant(session: Session, actor: Actor, unit: Unit, known: Collection[int]) -> None:
    """The same for one robot, of which something is known now that bulletins ask for; `known` are
    the ids of those that meant it before.
    """
    for one in concerned.waiting(concerned.of_unit(session, unit)):
        if one.bulletin.id not in known:
            _tell_robots(session, actor, one.bulletin, [unit.id])


def on_fitted(session: Session, event: ComponentFitted) -> None:
    """Listens in `app.wiring`: a component that a bulletin names has come into a robot."""
    part_key, lot_key = search_key(event.part_number), search_key(event.lot)
    _tell_of_part(session, event.actor, event.unit_id, part_key, lot_key)


def on_corrected(session: Session, event: ComponentCorrected) -> None:
    """Listens in `app.wiring`: what sits in a robot turns out to be what a bulletin names."""
    component = session.get_one(Component, event.component_id)
    unit_id = session.scalar(
        select(Occupant.unit_id).where(
            Occupant.component_id == component.id, Occupant.until.is_(None)
        )
    )
    if unit_id is not None:
        _tell_of_part(session, event.actor, unit_id, component.part_key, component.lot_key)


def on_version_changed(session: Session, event: FirmwareChanged) -> None:
    """Listens in `app.wiring`: the robot runs a version now that a bulletin means."""
    if event.unit_id is None or event.part is not VersionOf.ROBOT or not event.before:
        return
    unit = session.get_one(Unit, event.unit_id)
    for one in concerned.waiting(concerned.of_unit(session, unit)):
        if one.match is not None and not may_run(one.match.criterion, event.before):
            _tell_robots(session, event.actor, one.bulletin, [unit.id])


def _tell_of_part(
    session: Session, actor: Actor, unit_id: int, part_key: str, lot_key: str
) -> None:
    unit = session.get_one(Unit, unit_id)
    for one in concerned.waiting(concerned.of_unit(session, unit)):
        if one.match is not None and names(one.match.criterion, part_key, lot_key):
            _tell_robots(session, actor, one.bulletin, [unit.id])


def _row(actor: Actor, typed: BulletinInput, seen: Reading) -> Bulletin:
    code = seen.text("code", typed.code, most=LONGEST_CODE, required=True)
    if len(search_key(code)) > LONGEST_CODE:
        seen.refuse("code", msg("At most {most} characters fit here.", most=LONGEST_CODE))
    if typed.due_on is not None and typed.due_on < typed.issued_on:
        seen.refuse("due_on", msg("The deadline is before the day of issue."))
    return Bulletin(
        store_id=actor.store_id,
        maker_id=typed.maker_id,
        code=code,
        code_key=search_key(code),
        title=seen.text("title", typed.title, most=LONGEST_LINE, required=True),
        kind=typed.kind,
        text=seen.text("text", typed.text, most=LONGEST_TEXT),
        source=seen.text("source", typed.source, most=LONGEST_LINE),
        issued_on=typed.issued_on,
        due_on=typed.due_on,
        made_at=clock.now(),
        made_by=actor.name,
    )


def _criteria(session: Session, typed: BulletinInput, seen: Reading) -> list[BulletinCriterion]:
    """The criteria's rows, not yet of any bulletin."""
    if not typed.criteria:
        seen.refuse("model", msg("Say which robots are meant."))
    if len(typed.criteria) > MOST_CRITERIA:
        seen.refuse("criteria", msg("At most {most} alternatives.", most=MOST_CRITERIA))
    alternatives = typed.criteria[:MOST_CRITERIA]
    models = set(
        session.scalars(select(RobotModel.id).where(RobotModel.maker_id == typed.maker_id))
    )
    rows = []
    for number, criterion in enumerate(alternatives):
        at = f"criteria.{number}."
        if criterion.model_id is not None and criterion.model_id not in models:
            seen.refuse(f"{at}model", msg("This maker has no such model here."))
        rows.append(row_of(criterion, bulletin_id=0, position=number, seen=seen, at=at))
    return rows


def _require_live(bulletin: Bulletin) -> None:
    if bulletin.withdrawn_at is not None:
        raise Conflict(
            msg("Bulletin {code} was withdrawn.", code=bulletin.code),
            link=addresses.bulletin_page(bulletin.id),
        )


def _tell_robots(
    session: Session, actor: Actor, bulletin: Bulletin, unit_ids: Sequence[int]
) -> None:
    line = timeline.line_of(
        kind="bulletin",
        summary=msg(
            "Bulletin {code} concerns it ({kind}): {title}",
            code=bulletin.code,
            kind=KIND_LABELS[bulletin.kind],
            title=bulletin.title,
        ),
        link=addresses.bulletin_page(bulletin.id),
        actor_name=actor.name,
    )
    for start in range(0, len(unit_ids), _LINES_AT_ONCE):
        chunk = unit_ids[start : start + _LINES_AT_ONCE]
        session.execute(insert(UnitEvent), [{"unit_id": unit_id, **line} for unit_id in chunk])
