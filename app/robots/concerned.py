"""Which bulletins mean a robot, and what they keep it from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import asked_once
from app.kernel.text import Text, msg
from app.robots import addresses
from app.robots.bulletin_models import (
    Bulletin,
    BulletinCompletion,
    BulletinCriterion,
    BulletinKind,
)
from app.robots.bulletincriteria import Carried, Match, asks_inside, match, unsure_of
from app.robots.gate import Reason
from app.robots.models import Unit
from app.robots.slot_models import Component, FirmwareRecord, Occupant, VersionOf

# The most pressing first.
_ORDER = (
    BulletinKind.STOP_SALE,
    BulletinKind.MANDATORY,
    BulletinKind.RECOMMENDED,
    BulletinKind.INFORMATION,
)
_KEEPS_HERE = frozenset({BulletinKind.STOP_SALE, BulletinKind.MANDATORY})


@dataclass(frozen=True, slots=True)
class Concern:
    """A bulletin that means a robot, or meant it: then `match` is None.

    `was` is by what it meant the robot since it was published, where nobody settled it then.
    """

    bulletin: Bulletin
    match: Match | None
    settled: BulletinCompletion | None
    unsure: Text | None = None
    was: Match | None = None

    @property
    def is_open(self) -> bool:
        """It waits: never settled, or a part that it names has come in since."""
        if self.match is None or self.bulletin.withdrawn_at is not None:
            return False
        if self.settled is None:
            return True
        return self.match.since is not None and self.settled.at < self.match.since

    @property
    def keeps_here(self) -> bool:
        return self.is_open and self.bulletin.kind in _KEEPS_HERE


def of_unit(session: Session, unit: Unit) -> list[Concern]:
    """The bulletins that mean a robot now, the most pressing first; at most three statements."""

    def ask() -> list[Concern]:
        return of_units(session, [unit]).get(unit.id, [])

    return asked_once(session, ("concerned", unit.id), ask)


def of_units(session: Session, units: Sequence[Unit]) -> dict[int, list[Concern]]:
    """The same for many robots, by their ids; those without a bulletin are left out."""
    asked = _in_force(session, units)
    wants_inside = any(asks_inside(one) for bulletin in asked for one in bulletin.criteria)
    inside = _carried(session, units) if wants_inside else {}
    # it matters where a bulletin that asks for versions was settled, and to nobody else
    changed = [
        unit
        for unit in units
        for one in asked
        if unit.id in one.settled and any(criterion.firmware for criterion in one.criteria)
    ]
    runs_since = _runs_since(session, changed) if changed else {}
    concerns: dict[int, list[Concern]] = defaultdict(list)
    for unit in units:
        for one in asked:
            if one.bulletin.maker_id != unit.maker_id:
                continue
            carried = inside.get(unit.id, ())
            found = match(one.criteria, unit, carried, runs_since=runs_since.get(unit.id))
            if found is None:
                continue
            unsure = None if found.sure else unsure_of(found.criterion, unit)
            settled = one.settled.get(unit.id)
            concerns[unit.id].append(Concern(one.bulletin, found, settled, unsure))
    for listed in concerns.values():
        listed.sort(key=_pressing)
    return dict(concerns)


def whole_story(session: Session, unit: Unit, now: Sequence[Concern]) -> list[Concern]:
    """Those that mean a robot `now`, then those that mean it no more: without a word by whom, and
    settled ones.
    """
    left = formerly(session, unit, now)
    known = {one.bulletin.id for one in (*now, *left)}
    rows = session.execute(
        select(Bulletin, BulletinCompletion)
        .join(BulletinCompletion, BulletinCompletion.bulletin_id == Bulletin.id)
        .where(BulletinCompletion.unit_id == unit.id, Bulletin.id.not_in(known))
        .order_by(BulletinCompletion.id)
    )
    before = {bulletin.id: Concern(bulletin, None, settled) for bulletin, settled in rows}
    return [*now, *left, *reversed(before.values())]


def formerly(session: Session, unit: Unit, now: Sequence[Concern]) -> list[Concern]:
    """Those in force that meant the robot since they were published, and were settled by nobody.

    The part that they name was taken out, or another version runs: whoever did that may say so.
    """
    known = {one.bulletin.id for one in now}
    asked = [
        one
        for one in _in_force(session, [unit])
        if one.bulletin.id not in known and unit.id not in one.settled
    ]
    if not asked:
        return []
    since = min(one.bulletin.made_at for one in asked)
    carried, ran = _carried_since(session, unit, since), _ran_since(session, unit, since)
    found = []
    for one in asked:
        inside = [part for part, until in carried if until >= one.bulletin.made_at]
        versions = [version for version, until in ran if until >= one.bulletin.made_at]
        for version in (unit.firmware, *versions):
            was = match(one.criteria, unit, inside, runs_since=None, ran=version)
            if was is not None:
                found.append(Concern(one.bulletin, None, None, was=was))
                break
    return found


def waiting(concerns: Iterable[Concern]) -> list[Concern]:
    return [one for one in concerns if one.is_open]


def calling(concerns: Iterable[Concern]) -> list[Concern]:
    """Those that wait for somebody to do something: more than information."""
    return [one for one in waiting(concerns) if one.bulletin.kind is not BulletinKind.INFORMATION]


def stop_sales(session: Session, unit: Unit) -> list[Concern]:
    """Open bulletins for which the robot must not be sold."""
    return [
        one
        for one in waiting(of_unit(session, unit))
        if one.bulletin.kind is BulletinKind.STOP_SALE
    ]


def reasons(session: Session, actor: Actor, unit: Unit) -> list[Reason]:  # noqa: ARG001
    """What the gate hears: each open bulletin that keeps the robot here."""
    return [
        Reason(_why(one), addresses.bulletin_page(one.bulletin.id))
        for one in of_unit(session, unit)
        if one.keeps_here
    ]


def _why(concern: Concern) -> Text:
    bulletin = concern.bulletin
    if concern.unsure is None:
        return msg("Bulletin {code} is open: {title}.", code=bulletin.code, title=bulletin.title)
    return msg(
        "Bulletin {code} may concern it: {title}. {unsure}",
        code=bulletin.code,
        title=bulletin.title,
        unsure=concern.unsure,
    )


def _pressing(concern: Concern) -> tuple[bool, int, str, int]:
    bulletin = concern.bulletin
    due = bulletin.due_on.isoformat() if bulletin.due_on else "9999"
    return not concern.is_open, _ORDER.index(bulletin.kind), due, bulletin.id


@dataclass(frozen=True, slots=True)
class _Asked:
    """A bulletin in force with its criteria, and when it was last settled on which robot."""

    bulletin: Bulletin
    criteria: list[BulletinCriterion]
    settled: dict[int, BulletinCompletion]


def _in_force(session: Session, units: Sequence[Unit]) -> list[_Asked]:
    """Bulletins of these robots' makers, in one statement."""
    found: dict[int, _Asked] = {}
    of_these = BulletinCompletion.unit_id.in_([unit.id for unit in units])
    rows = session.execute(
        select(Bulletin, BulletinCriterion, BulletinCompletion)
        .join(BulletinCriterion, BulletinCriterion.bulletin_id == Bulletin.id)
        .outerjoin(BulletinCompletion, (BulletinCompletion.bulletin_id == Bulletin.id) & of_these)
        .where(
            Bulletin.maker_id.in_({unit.maker_id for unit in units}),
            Bulletin.withdrawn_at.is_(None),
        )
        .order_by(
            Bulletin.id,
            BulletinCriterion.position,
            BulletinCompletion.at,
            BulletinCompletion.id,
        )
    )
    for bulletin, criterion, settled in rows:
        asked = found.setdefault(bulletin.id, _Asked(bulletin, [], {}))
        if not asked.criteria or asked.criteria[-1] is not criterion:
            asked.criteria.append(criterion)
        if settled is not None:
            asked.settled[settled.unit_id] = settled
    return list(found.values())


def _runs_since(session: Session, units: Sequence[Unit]) -> dict[int, datetime]:
    """When each robot's version last became another; those that came with theirs are left out."""
    rows = session.execute(
        select(FirmwareRecord.unit_id, func.max(FirmwareRecord.at))
        .where(
            FirmwareRecord.unit_id.in_([unit.id for unit in units]),
            FirmwareRecord.part == VersionOf.ROBOT,
            FirmwareRecord.version != FirmwareRecord.before,
        )
        .group_by(FirmwareRecord.unit_id)
    )
    return {unit_id: at for unit_id, at in rows if unit_id is not None}


def _carried_since(session: Session, unit: Unit, since: datetime) -> list[tuple[Carried, datetime]]:
    """What sits in a robot or was taken out of it since a moment, with its end."""
    part = func.coalesce(Component.part_key, Occupant.part_key)
    lot = func.coalesce(Component.lot_key, Occupant.lot_key)
    rows = session.execute(
        select(part, lot, Occupant.since, Occupant.until)
        .outerjoin(Component, Component.id == Occupant.component_id)
        .where(Occupant.unit_id == unit.id, or_(Occupant.until.is_(None), Occupant.until >= since))
    )
    return [
        (Carried(part_key, lot_key, fitted), until or clock.now())
        for part_key, lot_key, fitted, until in rows
    ]


def _ran_since(session: Session, unit: Unit, since: datetime) -> list[tuple[str, datetime]]:
    """Versions that a robot ran until some moment since then."""
    rows = session.execute(
        select(FirmwareRecord.before, FirmwareRecord.at).where(
            FirmwareRecord.unit_id == unit.id,
            FirmwareRecord.part == VersionOf.ROBOT,
            FirmwareRecord.version != FirmwareRecord.before,
            FirmwareRecord.before != "",
            FirmwareRecord.at >= since,
        )
    )
    return [(before, at) for before, at in rows]


def _carried(session: Session, units: Sequence[Unit]) -> dict[int, list[Carried]]:
    """What sits in these robots now, by part and lot."""
    part = func.coalesce(Component.part_key, Occupant.part_key)
    lot = func.coalesce(Component.lot_key, Occupant.lot_key)
    rows = session.execute(
        select(Occupant.unit_id, part, lot, Occupant.since)
        .outerjoin(Component, Component.id == Occupant.component_id)
        .where(Occupant.unit_id.in_([unit.id for unit in units]), Occupant.until.is_(None))
    )
    inside: dict[int, list[Carried]] = defaultdict(list)
    for unit_id, part_key, lot_key, since in rows:
        inside[unit_id].append(Carried(part_key, lot_key, since))
    return inside
