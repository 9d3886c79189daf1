"""The words for faults: what is seen, why, and what is done about it.

The house brings codes of its own, in words of its own, after what is written in public about
robots that were repaired. A store adds its own and leaves out what it does not use.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots.bodyplan import SlotClass
from app.service.models import FaultCode
from app.service.states import FaultKind
from app.web.forms import Reading

_LONGEST_CODE = 32
_C = SlotClass
_MOVING = frozenset({_C.ACTUATOR, _C.HAND, _C.TENDON})
_SENSING = frozenset({_C.IMU, _C.CAMERA, _C.LIDAR, _C.FORCE_TORQUE, _C.FOOT_SENSOR})
_POWER = frozenset({_C.BATTERY, _C.BOARD})
_ANYWHERE: frozenset[SlotClass] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """One code; `classes` are where it is to be expected, empty: anywhere. `own`: the store's."""

    code: str
    label: Text
    classes: frozenset[SlotClass] = _ANYWHERE
    own: bool = False


def _codes(*codes: tuple[str, Text, frozenset[SlotClass]]) -> dict[str, Code]:
    return {code: Code(code, label, classes) for code, label, classes in codes}


_HOUSE: Mapping[FaultKind, dict[str, Code]] = {
    FaultKind.SYMPTOM: _codes(
        ("noise", msg("Noise: squeaks, grinds, knocks"), _MOVING),
        ("play", msg("Play or backlash"), _MOVING),
        ("no_motion", msg("Does not move"), _MOVING),
        ("weak", msg("Gives way under load"), _MOVING),
        ("trembles", msg("Trembles or oscillates"), _MOVING),
        ("overheats", msg("Gets too hot"), frozenset({_C.ACTUATOR, *_POWER})),
        ("heat_reported", msg("Reports heat, is not hot"), frozenset({_C.ACTUATOR, *_POWER})),
        ("offset", msg("Zero position is off, leans"), frozenset({_C.ACTUATOR, _C.IMU})),
        ("constant", msg("Value saturated or constant"), _SENSING),
        ("silent", msg("Does not answer"), _SENSING | _POWER | {_C.ACTUATOR}),
        ("drops_data", msg("Loses frames or readings"), _SENSING),
        ("intermittent", msg("Comes and goes with movement"), _ANYWHERE),
        ("slack", msg("Slack"), frozenset({_C.TENDON, _C.HAND})),
        ("torn", msg("Torn or broken"), frozenset({_C.TENDON, _C.CABLE_SET, _C.SHELL})),
        ("cracked", msg("Cracked or bent"), frozenset({_C.SHELL, _C.OTHER})),
        ("loose", msg("Loose fasteners"), _ANYWHERE),
        ("swollen", msg("Swollen, leaking or smoking"), frozenset({_C.BATTERY})),
        ("short_runtime", msg("Runs too short on a charge"), frozenset({_C.BATTERY})),
        ("no_charge", msg("Does not charge"), _POWER),
        ("no_start", msg("Does not start"), _POWER),
        ("falls_over", msg("Loses balance, falls"), _ANYWHERE),
        ("version_fault", msg("Faulty since a change of version"), _ANYWHERE),
        ("after_fall", msg("To be looked at after a fall"), _ANYWHERE),
        ("bulletin", msg("Named by a bulletin"), _ANYWHERE),
        ("planned", msg("Planned service or overhaul"), _ANYWHERE),
        ("other", msg("Other symptom"), _ANYWHERE),
    ),
    FaultKind.CAUSE: _codes(
        ("wear", msg("Wear"), _ANYWHERE),
        ("bearing", msg("Bearing"), _MOVING),
        ("lubricant", msg("Lubricant dark, dry or wrong"), _MOVING),
        ("tendon_worn", msg("Tendon worn through"), frozenset({_C.TENDON, _C.HAND})),
        ("motor_burnt", msg("Motor burnt"), frozenset({_C.ACTUATOR})),
        ("driver_burnt", msg("Driver burnt"), frozenset({_C.ACTUATOR, _C.BOARD})),
        ("cable_broken", msg("Cable broken"), _ANYWHERE),
        ("contact", msg("Plug or solder joint"), _ANYWHERE),
        ("sensor_wire", msg("Sensor wire off"), _ANYWHERE),
        ("fall", msg("Fall"), _ANYWHERE),
        ("hard_steps", msg("Hard steps, high acceleration"), _SENSING | {_C.ACTUATOR}),
        ("overload", msg("Overload"), _ANYWHERE),
        ("liquid", msg("Liquid or dirt"), _ANYWHERE),
        ("cells_aged", msg("Cells aged"), frozenset({_C.BATTERY})),
        ("bms", msg("Battery management"), frozenset({_C.BATTERY})),
        ("zero_lost", msg("Zero position lost"), frozenset({_C.ACTUATOR, _C.IMU})),
        ("firmware", msg("Firmware or settings"), _ANYWHERE),
        ("lot", msg("Known lot"), _ANYWHERE),
        ("not_tightened", msg("Not tightened or not secured"), _ANYWHERE),
        ("transport", msg("Transport"), _ANYWHERE),
        ("earlier_repair", msg("Earlier repair"), _ANYWHERE),
        ("unknown", msg("Not found"), _ANYWHERE),
    ),
    FaultKind.ACTION: _codes(
        ("replace", msg("Replace"), _ANYWHERE),
        ("repair", msg("Repair the part itself"), _ANYWHERE),
        ("temporary", msg("Mend for the time being"), _ANYWHERE),
        ("tighten", msg("Tighten and secure"), _ANYWHERE),
        ("adjust", msg("Adjust or tension"), _MOVING),
        ("calibrate", msg("Calibrate"), _SENSING | {_C.ACTUATOR}),
        ("set_id", msg("Set the id, then calibrate"), _SENSING | {_C.ACTUATOR}),
        ("lubricate", msg("Clean and lubricate"), _MOVING),
        ("clean", msg("Clean"), _ANYWHERE),
        ("version", msg("Change the version"), _ANYWHERE),
        ("charge", msg("Charge and condition"), frozenset({_C.BATTERY})),
        ("quarantine", msg("Quarantine"), frozenset({_C.BATTERY})),
        ("ask_maker", msg("Ask the maker"), _ANYWHERE),
        ("watch", msg("Watch, nothing done"), _ANYWHERE),
        ("no_fault", msg("No fault found"), _ANYWHERE),
    ),
}


class Codes:
    """The codes that a store uses, by kind; those that it left out are still read."""

    def __init__(self, own: list[FaultCode]) -> None:
        self._all: dict[FaultKind, dict[str, Code]] = {
            kind: dict(codes) for kind, codes in _HOUSE.items()
        }
        self._left_out: set[tuple[FaultKind, str]] = set()
        for row in own:
            if row.code not in _HOUSE[row.kind]:
                classes = frozenset({row.slot_class}) if row.slot_class else _ANYWHERE
                named = msg("{code}", code=row.label)
                self._all[row.kind][row.code] = Code(row.code, named, classes, own=True)
            if row.archived:
                self._left_out.add((row.kind, row.code))

    def in_use(self, kind: FaultKind, slot_class: SlotClass | None = None) -> list[Code]:
        """What may be chosen; with a slot's class what is to be expected there comes first."""
        chosen = [
            code for code in self._all[kind].values() if (kind, code.code) not in self._left_out
        ]
        return sorted(chosen, key=lambda code: slot_class not in code.classes)

    def is_left_out(self, kind: FaultKind, code: str) -> bool:
        return (kind, code) in self._left_out

    def of_kind(self, kind: FaultKind) -> list[Code]:
        return list(self._all[kind].values())

    def label(self, kind: FaultKind, code: str) -> Text:
        """Its word, also of one that is not in use any more."""
        known = self._all[kind].get(code)
        return known.label if known else msg("{code}", code=code)

    def read(self, seen: Reading, kind: FaultKind, code: str, *, required: bool = False) -> str:
        """A code as sent; told to `seen` when there is none such."""
        if not code:
            if required:
                seen.refuse(kind, msg("Please choose."))
            return ""
        if code not in {one.code for one in self.in_use(kind)}:
            seen.refuse(kind, msg("“{code}” is no code of this store.", code=code[:40]))
        return code


def codes_of(session: Session, store_id: int) -> Codes:
    """The codes of a store, in one statement."""
    rows = session.scalars(
        select(FaultCode).where(FaultCode.store_id == store_id).order_by(FaultCode.id)
    )
    return Codes(list(rows))


def add(
    session: Session,
    actor: Actor,
    kind: FaultKind,
    *,
    code: str,
    label: str,
    slot_class: SlotClass | None = None,
) -> FaultCode:
    """A code of the store's own. Raises Invalid, or Conflict for one that is there."""
    actor.require("settings.edit")
    seen = Reading()
    key = search_key(seen.text("code", code, most=_LONGEST_CODE, required=True)).replace(" ", "_")
    word = seen.text("label", label, required=True)
    seen.done()
    if any(one.code == key for one in codes_of(session, actor.store_id).of_kind(kind)):
        raise Conflict(msg("The code “{code}” is there already.", code=key), field="code")
    row = FaultCode(store_id=actor.store_id, kind=kind, code=key, label=word, slot_class=slot_class)
    session.add(row)
    session.flush()
    audit.record(session, actor, "fault_code.added", subject=f"fault:{kind}:{key}")
    return row


def leave_out(session: Session, actor: Actor, kind: FaultKind, code: str) -> None:
    """Offer a code no more; what was written with it stays."""
    _set_archived(session, actor, kind, code, archived=True)


def take_back(session: Session, actor: Actor, kind: FaultKind, code: str) -> None:
    """Offer it again."""
    _set_archived(session, actor, kind, code, archived=False)


def _set_archived(
    session: Session, actor: Actor, kind: FaultKind, code: str, *, archived: bool
) -> None:
    actor.require("settings.edit")
    known = codes_of(session, actor.store_id)
    if code not in {one.code for one in known.of_kind(kind)}:
        raise NotFound(msg("“{code}” is no code of this store.", code=code[:40]), field="code")
    if archived and [one.code for one in known.in_use(kind)] == [code]:
        raise Refused(msg("One code has to stay."), field="code")
    row = session.scalar(
        select(FaultCode).where(
            FaultCode.store_id == actor.store_id, FaultCode.kind == kind, FaultCode.code == code
        )
    )
    if row is None:
        row = FaultCode(store_id=actor.store_id, kind=kind, code=code, label="")
        session.add(row)
    row.archived = archived
    session.flush()
    audit.record(
        session,
        actor,
        "fault_code.left_out" if archived else "fault_code.taken_back",
        subject=f"fault:{kind}:{code}",
    )
