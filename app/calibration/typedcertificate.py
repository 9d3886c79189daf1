"""A certificate of reference equipment as typed: read line by line, what is wrong at its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentResult
from app.calibration.typed import Typing
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.stores import desk

PHASES = ("", "as_found", "as_left")
MOST_RESULTS = 2_000
_LONG = 2_000
_ISO = 10  # characters of 2025-11-30
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_SAID_OK: dict[str, bool | None] = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class ResultInput:
    """A line of a certificate as typed; `error` is the indication minus the reference."""

    name: str = ""
    quantity: str = ""
    unit: str = ""
    nominal: str = ""
    value: str = ""
    error: str = ""
    expanded: str = ""
    factor: str = "2"
    phase: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(
            clean(text) for text in (self.name, self.nominal, self.value, self.error, self.expanded)
        )


@dataclass(frozen=True, slots=True)
class Bytes:
    """What a certificate came with, as it lies in the file store."""

    file_sha256: str = ""
    file_name: str = ""
    dcc_sha256: str = ""
    dcc_schema: str = ""


@dataclass(frozen=True, slots=True)
class CertificateInput:
    """What a certificate says, as typed; `as_found_ok` is yes, no or empty for not said."""

    issuer: str = ""
    number: str = ""
    accreditation: str = ""
    calibrated_on: str = ""
    due_on: str = ""
    as_found_ok: str = ""
    adjusted: bool = False
    note: str = ""
    results: Sequence[ResultInput] = ()
    parents: Sequence[int] = ()
    # how much of a parent's error reaches the piece, by the parent's id; 1 where not said
    sensitivities: Mapping[int, str] = field(default_factory=dict)


def head(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    wanted: CertificateInput,
    came_with: Bytes,
) -> EquipmentCertificate:
    """Who made it, when, and until when it holds; a problem stands at its field."""
    seen = Typing()
    issuer = seen.text("issuer", wanted.issuer, required=True)
    number = seen.text("number", wanted.number, most=100, required=True)
    accreditation = seen.text("accreditation", wanted.accreditation)
    note = seen.text("note", wanted.note, most=_LONG)
    # the calendar's day: after midnight it is ahead of the store's
    today = clock.now().astimezone(ZoneInfo(desk.store_of(session, actor.store_id).zone)).date()
    nothing: date | None = None
    done = seen.take("calibrated_on", lambda: _day(wanted.calibrated_on), nothing)
    if done is None:
        seen.refuse("calibrated_on", msg("Please fill this in."))
    elif done > today:
        seen.refuse("calibrated_on", msg("That day is still to come."))
    due = seen.take("due_on", lambda: _day(wanted.due_on), nothing)
    if due is None and done is not None and equipment.interval_months:
        due = clock.add_months(done, equipment.interval_months)
    if due is not None and done is not None and due < done:
        seen.refuse("due_on", msg("It cannot be due before it was calibrated."))
    if wanted.as_found_ok not in _SAID_OK:
        seen.refuse("as_found_ok", msg("Choose one of these."))
    seen.done()
    return EquipmentCertificate(
        equipment_id=equipment.id,
        issuer=issuer,
        issuer_key=search_key(issuer)[:200],
        number=number,
        number_key=search_key(number)[:100],
        accreditation=accreditation,
        calibrated_on=done or today,
        due_on=due,
        as_found_ok=_SAID_OK[wanted.as_found_ok],
        adjusted=wanted.adjusted,
        note=note,
        file_sha256=came_with.file_sha256,
        file_name=came_with.file_name[:200],
        dcc_sha256=came_with.dcc_sha256,
        dcc_schema=came_with.dcc_schema[:16],
        recorded_at=clock.now(),
        recorded_by=actor.name,
    )


def _day(text: str) -> date | None:
    """A day like 2025-11-30; laboratories' samples reach further back than robots do."""
    typed = clean(text)
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed) if len(typed) == _ISO else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year < _LAST_YEAR:
        raise Refused(msg("“{text}” is not a day like 2025-11-30.", text=typed[:40]))
    return day


def lines(typed: Sequence[ResultInput], *, foreign_units: bool) -> list[EquipmentResult]:
    """The lines that say something; a problem stands at `results-<line>-<field>`."""
    given = [(place, line) for place, line in enumerate(typed) if not line.is_empty]
    if len(given) > MOST_RESULTS:
        raise Refused(msg("At most {most} lines fit here.", most=MOST_RESULTS), field="results")
    seen = Typing()
    rows = [
        _line(seen, place, seq, line, foreign_units=foreign_units)
        for seq, (place, line) in enumerate(given, start=1)
    ]
    seen.done()
    return rows


def _line(
    seen: Typing, place: int, seq: int, line: ResultInput, *, foreign_units: bool
) -> EquipmentResult:
    def at(name: str) -> str:
        return f"results-{place}-{name}"

    expanded = seen.figure(at("expanded"), line.expanded, least=0)
    factor = seen.figure(at("factor"), line.factor, least=1) or "2"
    value = seen.figure(at("value"), line.value)
    error = seen.figure(at("error"), line.error)
    if not (value or error or expanded):
        seen.refuse(at("value"), msg("Say what it showed, its error, or its uncertainty."))
    if line.phase not in PHASES:
        seen.refuse(at("phase"), msg("Choose one of these."))
    unit = (
        seen.text(at("unit"), line.unit, most=32, required=True)
        if foreign_units
        else seen.unit(at("unit"), line.unit)
    )
    return EquipmentResult(
        certificate_id=0,
        seq=seq,
        name=seen.text(at("name"), line.name),
        quantity=seen.text(at("quantity"), line.quantity, most=40),
        unit=unit,
        nominal=seen.figure(at("nominal"), line.nominal),
        value=value,
        error=error,
        expanded=expanded,
        factor=factor,
        phase=line.phase,
    )
