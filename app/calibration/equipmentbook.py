"""The register of reference equipment: what it is, who may use it, what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.calibration import equipment as lookup
from app.calibration import foundbad
from app.calibration.equipment_models import (
    Equipment,
    EquipmentEvent,
    EquipmentHappening,
    EquipmentState,
    EquipmentUser,
)
from app.calibration.foundbad import Fault
from app.calibration.typed import Typing
from app.identity.models import Staff
from app.kernel import audit, clock, queueing, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg

MOST_MONTHS = 240
MOST_DAYS = 3_660
_LONG = 2_000
_SHORT = 200
_REPORTED = frozenset(
    {
        EquipmentHappening.DAMAGED,
        EquipmentHappening.REPAIRED,
        EquipmentHappening.ADJUSTED,
        EquipmentHappening.MAINTAINED,
        EquipmentHappening.NOTE,
    }
)
REPORTABLE = tuple(each for each in EquipmentHappening if each in _REPORTED)


@dataclass(frozen=True, slots=True)
class EquipmentInput:
    """What a person says of a piece, as typed; figures are texts."""

    asset_number: str = ""
    name: str = ""
    kind: str = ""
    maker: str = ""
    type_name: str = ""
    serial: str = ""
    firmware: str = ""
    location: str = ""
    resolution: str = ""
    unit: str = ""
    interval_months: str = ""
    check_days: str = ""
    acceptance: str = ""
    maintenance: str = ""


def by_id(session: Session, actor: Actor, equipment_id: int) -> Equipment:
    """A piece of the actor's store; raises NotFound."""
    found = session.get(Equipment, equipment_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(
            msg("There is no such equipment in this store."), link="/calibration/equipment"
        )
    return found


def register(session: Session, actor: Actor, wanted: EquipmentInput) -> Equipment:
    """A new piece, in service; it can be used once it has a certificate in force."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    said = _read(wanted)
    _require_single(session, actor, said, None)
    equipment = Equipment(
        store_id=actor.store_id,
        registered_at=clock.now(),
        registered_by=actor.name,
        **said,  # type: ignore[arg-type]
    )
    session.add(equipment)
    session.flush()
    _happened(session, actor, equipment, EquipmentHappening.REGISTERED, after=said["asset_number"])
    audit.record(
        session,
        actor,
        "equipment.registered",
        subject=subject(equipment),
        after=asdict(wanted),
    )
    return equipment


def edit(session: Session, actor: Actor, equipment: Equipment, wanted: EquipmentInput) -> None:
    """Change what is said of a piece; a new place or firmware stands in its history too."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    said = _read(wanted)
    _require_single(session, actor, said, equipment)
    before = {name: getattr(equipment, name) for name in said}
    changed = {name: value for name, value in said.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(equipment, name, value)
    equipment.version += 1
    for name, kind in (
        ("location", EquipmentHappening.MOVED),
        ("firmware", EquipmentHappening.FIRMWARE),
    ):
        if name in changed:
            _happened(
                session, actor, equipment, kind, before=str(before[name]), after=str(changed[name])
            )
    audit.record(
        session,
        actor,
        "equipment.changed",
        subject=subject(equipment),
        before={name: before[name] for name in changed},
        after=changed,
    )


def set_state(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    state: EquipmentState,
    *,
    reason: str,
    fault: Fault | None = None,
) -> None:
    """Quarantine, take out of service, retire or return a piece, for a reason.

    With a `fault` it was found bad, and what was measured with it since it was last known good is
    judged again. What is retired does not come back.
    """
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    why = words.fitting(reason, most=_SHORT, field="reason")
    if not why:
        raise Refused(msg("Say why."), field="reason")
    if equipment.state is EquipmentState.RETIRED:
        raise Conflict(msg("{asset} is retired.", asset=equipment.asset_number), field="state")
    if state is equipment.state and fault is None:
        raise Conflict(msg("It is in that state already."), field="state")
    if fault is not None and state is EquipmentState.IN_SERVICE:
        raise Refused(msg("What was found bad cannot stay in service."), field="state")
    before = equipment.state
    equipment.state = state
    equipment.state_reason = "" if state is EquipmentState.IN_SERVICE else why
    equipment.version += 1
    _happened(
        session,
        actor,
        equipment,
        EquipmentHappening.STATE,
        before=before.value,
        after=state.value,
        note=why,
    )
    audit.record(
        session,
        actor,
        "equipment.moved",
        subject=subject(equipment),
        before={"state": before},
        after={"state": state},
        reason=why,
    )
    if fault is not None:
        foundbad.announce(session, actor, equipment, fault, reason=why)


def check(
    session: Session, actor: Actor, equipment: Equipment, *, passed: bool, note: str = ""
) -> None:
    """An intermediate check between two calibrations (ISO/IEC 17025:2017 6.4.10).

    One that failed puts the piece into quarantine at once.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    said = _note(note)
    if not passed and not said:
        raise Refused(msg("Say what the check found."), field="note")
    if equipment.state is EquipmentState.RETIRED:
        raise Conflict(msg("{asset} is retired.", asset=equipment.asset_number), field="note")
    kind = EquipmentHappening.CHECK_PASSED if passed else EquipmentHappening.CHECK_FAILED
    _happened(session, actor, equipment, kind, note=said)
    if not passed and equipment.state is EquipmentState.IN_SERVICE:
        equipment.state = EquipmentState.QUARANTINED
        equipment.state_reason = said[:_SHORT]
        equipment.version += 1
        _happened(
            session,
            actor,
            equipment,
            EquipmentHappening.STATE,
            before=EquipmentState.IN_SERVICE.value,
            after=EquipmentState.QUARANTINED.value,
            note=said,
        )
    audit.record(
        session,
        actor,
        "equipment.checked",
        subject=subject(equipment),
        after={"passed": passed},
        reason=said or None,
    )


def report(
    session: Session, actor: Actor, equipment: Equipment, kind: EquipmentHappening, *, note: str
) -> None:
    """Damage, repair, adjustment or maintenance, as the history of a piece keeps it."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    if kind not in _REPORTED:
        raise Refused(msg("That cannot be written down here."), field="kind")
    said = _note(note)
    if not said:
        raise Refused(msg("Please fill this in."), field="note")
    _happened(session, actor, equipment, kind, note=said)
    audit.record(
        session,
        actor,
        "equipment.noted",
        subject=subject(equipment),
        after={"kind": kind},
        reason=said,
    )


def authorise(
    session: Session, actor: Actor, equipment: Equipment, staff_ids: Iterable[int]
) -> None:
    """Name who may measure with a piece; nobody named: everybody who may measure."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    wanted = set(staff_ids)
    known = set(
        session.scalars(
            select(Staff.id).where(Staff.id.in_(wanted), Staff.store_id == actor.store_id)
        )
    )
    if wanted - known:
        raise NotFound(msg("There is no such person in this store."), field="staff")
    before = set(lookup.users_of(session, equipment.id))
    if before == wanted:
        return
    session.execute(delete(EquipmentUser).where(EquipmentUser.equipment_id == equipment.id))
    session.add_all(
        EquipmentUser(equipment_id=equipment.id, staff_id=staff_id) for staff_id in sorted(wanted)
    )
    session.flush()
    audit.record(
        session,
        actor,
        "equipment.authorised",
        subject=subject(equipment),
        before={"staff": sorted(before)},
        after={"staff": sorted(wanted)},
    )


def subject(equipment: Equipment) -> str:
    return f"equipment:{equipment.asset_number}"


def _read(wanted: EquipmentInput) -> dict[str, object]:
    """Columns and their keys; raises Invalid with a sentence per field."""
    seen = Typing()
    said: dict[str, object] = {}
    for name, most in (("asset_number", 40), ("maker", 100), ("type_name", 100), ("serial", 100)):
        text = seen.text(name, getattr(wanted, name), most=most, required=True)
        said[name] = text
        said[f"{name.removesuffix('_number').removesuffix('_name')}_key"] = search_key(text)[:most]
    said["name"] = seen.text("name", wanted.name, required=True)
    said["kind"] = seen.text("kind", wanted.kind, most=40, required=True).lower().replace(" ", "_")
    said["firmware"] = seen.text("firmware", wanted.firmware, most=64)
    said["location"] = seen.text("location", wanted.location)
    said["unit"] = seen.unit("unit", wanted.unit)
    said["resolution"] = seen.figure("resolution", wanted.resolution, least=0)
    said["interval_months"] = _whole(seen, "interval_months", wanted.interval_months, MOST_MONTHS)
    said["check_days"] = _whole(seen, "check_days", wanted.check_days, MOST_DAYS)
    said["acceptance"] = seen.text("acceptance", wanted.acceptance, most=_LONG)
    said["maintenance"] = seen.text("maintenance", wanted.maintenance, most=_LONG)
    seen.done()
    return said


def _whole(seen: Typing, field: str, text: str, most: int) -> int | None:
    typed = clean(text)
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(most))):
        seen.refuse(field, msg("“{text}” is not a whole number.", text=typed[:40]))
        return None
    if not 1 <= int(typed) <= most:
        seen.refuse(field, msg("Between 1 and {most} belongs here.", most=most))
    return int(typed)


def _require_single(
    session: Session, actor: Actor, said: Mapping[str, object], own: Equipment | None
) -> None:
    """No other piece has the asset number, or the same maker, type and serial."""
    same = (
        (Equipment.maker_key == said["maker_key"])
        & (Equipment.type_key == said["type_key"])
        & (Equipment.serial_key == said["serial_key"])
    )
    for other in session.scalars(
        select(Equipment).where(
            Equipment.store_id == actor.store_id,
            or_(Equipment.asset_key == said["asset_key"], same),
        )
    ):
        if own is not None and other.id == own.id:
            continue
        by_asset = other.asset_key == said["asset_key"]
        raise Conflict(
            msg("{asset} is that already.", asset=other.asset_number),
            field="asset_number" if by_asset else "serial",
            link=lookup.page(other),
        )


def _note(text: str) -> str:
    return words.fitting(text, most=_LONG, field="note")


def _happened(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    kind: EquipmentHappening,
    *,
    before: object = "",
    after: object = "",
    note: str = "",
) -> None:
    session.add(
        EquipmentEvent(
            equipment_id=equipment.id,
            kind=kind,
            at=clock.now(),
            by=actor.name,
            before=str(before)[:_SHORT],
            after=str(after)[:_SHORT],
            note=note,
        )
    )
    session.flush()
