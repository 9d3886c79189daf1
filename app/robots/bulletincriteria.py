"""What makes a robot one that a bulletin means.

What is not on record of a robot, its firmware or its hardware revision, may be what is meant: such
a robot counts as concerned, but not for sure. What is inside is only believed when it is on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots.bulletin_models import BulletinCriterion
from app.robots.components import read_lot, read_part_number
from app.robots.models import Unit
from app.robots.serialranges import read_serial_range
from app.robots.versions import read_range
from app.web.forms import Reading

MOST_CRITERIA = 100
_MOST_REVISIONS = 30
_LONGEST_REVISION = 64


@dataclass(frozen=True, slots=True)
class Criterion:
    """One way to be concerned, as typed: what is empty or None is no condition."""

    model_id: int | None = None
    serials: str = ""
    revisions: str = ""
    firmware: str = ""
    part_number: str = ""
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """Something that sits in a robot now."""

    part_key: str
    lot_key: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """By which criterion a robot is meant; `since`: when the youngest part came in that it names,
    or the version that it means.

    Not `sure` where the robot's record leaves open what the criterion asks.
    """

    criterion: BulletinCriterion
    since: datetime | None
    sure: bool


def row_of(
    criterion: Criterion, *, bulletin_id: int, position: int, seen: Reading, at: str = ""
) -> BulletinCriterion:
    """The row, every condition read; what cannot be is told to `seen`, its field after `at`."""
    revisions = seen.take(f"{at}revisions", lambda: _read_revisions(criterion.revisions), "")
    part_number = seen.take(f"{at}part", lambda: read_part_number(criterion.part_number), "")
    lot = seen.take(f"{at}lot", lambda: read_lot(criterion.lot), "")
    serials = seen.take(f"{at}serials", lambda: _read_serials(criterion.serials), "")
    firmware = seen.take(f"{at}firmware", lambda: _read_firmware(criterion.firmware), "")
    conditions = (serials, revisions, firmware, part_number, lot)
    if not seen.problems and criterion.model_id is None and not any(conditions):
        seen.refuse(f"{at}model", msg("Say which robots are meant."))
    return BulletinCriterion(
        bulletin_id=bulletin_id,
        position=position,
        model_id=criterion.model_id,
        serials=serials,
        revisions=revisions,
        firmware=firmware,
        part_number=part_number,
        part_key=search_key(part_number),
        lot=lot,
        lot_key=search_key(lot),
    )


def revisions_of(criterion: BulletinCriterion) -> list[str]:
    """Keys of the hardware revisions that are meant; none: all."""
    return criterion.revisions.split(",") if criterion.revisions else []


def asks_inside(criterion: BulletinCriterion) -> bool:
    return bool(criterion.part_key or criterion.lot_key)


def match(
    criteria: Sequence[BulletinCriterion],
    unit: Unit,
    carried: Sequence[Carried],
    *,
    runs_since: datetime | None,
    ran: str | None = None,
) -> Match | None:
    """The first criterion that fits for sure, else the first that may; None if none does.

    `runs_since`: when the robot's version last became another. `since` is the youngest over all
    that fit: what was settled before it is open again. `ran`: another version than its present.
    """
    runs = unit.firmware if ran is None else ran
    found = [
        one
        for criterion in criteria
        if may_run(criterion, runs)
        and (one := _match_one(criterion, unit, carried, runs_since)) is not None
    ]
    if not found:
        return None
    best = next((one for one in found if one.sure), found[0])
    times = [one.since for one in found if one.since is not None]
    return Match(best.criterion, max(times, default=None), best.sure)


def unsure_of(criterion: BulletinCriterion, unit: Unit) -> Text | None:
    """What is not on record of a robot and would decide."""
    if criterion.firmware and not unit.firmware:
        return msg("Its firmware is not on record.")
    if criterion.revisions and not unit.hardware_revision:
        return msg("Its hardware revision is not on record.")
    return None


def _match_one(
    criterion: BulletinCriterion,
    unit: Unit,
    carried: Sequence[Carried],
    runs_since: datetime | None,
) -> Match | None:
    if criterion.model_id not in {None, unit.model_id}:
        return None
    if criterion.serials and not read_serial_range(criterion.serials).contains(unit.serial):
        return None
    if not may_be_of(criterion, unit.hardware_revision):
        return None
    times = [runs_since] if criterion.firmware and runs_since is not None else []
    if asks_inside(criterion):
        inside = [one.since for one in carried if names(criterion, one.part_key, one.lot_key)]
        if not inside:
            return None
        times += inside
    return Match(criterion, max(times, default=None), sure=unsure_of(criterion, unit) is None)


def may_be_of(criterion: BulletinCriterion, hardware_revision: str) -> bool:
    """Whether a robot of this revision, `` if it is not on record, can be meant."""
    key = search_key(hardware_revision)
    return not criterion.revisions or not key or key in revisions_of(criterion)


def may_run(criterion: BulletinCriterion, firmware: str) -> bool:
    """The same of its firmware."""
    if not criterion.firmware or not firmware:
        return True
    return read_range(criterion.firmware).contains(firmware)


def names(criterion: BulletinCriterion, part_key: str, lot_key: str) -> bool:
    """Whether a part of this number and lot is what a criterion asks for inside a robot."""
    if not asks_inside(criterion):
        return False
    return criterion.part_key in {"", part_key} and criterion.lot_key in {"", lot_key}


def _read_revisions(text: str) -> str:
    """Keys in order, parted by commas; raises Refused for what is no list of revisions."""
    keys = list(dict.fromkeys(key for word in text.split(",") if (key := search_key(word))))
    if len(keys) > _MOST_REVISIONS or any(len(key) > _LONGEST_REVISION for key in keys):
        raise Refused(
            msg("At most {most} revisions, parted by commas.", most=_MOST_REVISIONS),
            field="revisions",
        )
    return ",".join(keys)


def _read_serials(text: str) -> str:
    """A range as typed, once it can be read; a range that runs backwards cannot."""
    said = " ".join(clean(text).split())
    if said:
        read_serial_range(said)
    return said


def _read_firmware(text: str) -> str:
    said = clean(text)
    if said:
        read_range(said)
    return said
