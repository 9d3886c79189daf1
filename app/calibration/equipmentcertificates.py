"""Certificates of reference equipment: recorded with their results, U and parents; withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.calibration import equipmentbook, foundbad
from app.calibration.equipment_models import (
    Equipment,
    EquipmentCertificate,
    EquipmentParent,
    EquipmentResult,
    EquipmentState,
)
from app.calibration.figures import read_figure
from app.calibration.typed import Typing
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.stores import desk

PHASES = ("", "as_found", "as_left")
MOST_RESULTS = 2_000
# References of references of references; a circle is found before that
MOST_LINKS = 20
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


def record_certificate(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    wanted: CertificateInput,
    *,
    came_with: Bytes | None = None,
    foreign_units: bool = False,
) -> EquipmentCertificate:
    """A calibration that somebody made of a piece, with every line of its certificate.

    Without a due day the piece's interval says one. What was out of its limits as found is told to
    whoever measured with it since it was last good. `foreign_units` lets units pass that no
    procedure can ask for, as a digital certificate may have them.
    """
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    if equipment.state is EquipmentState.RETIRED:
        raise Conflict(msg("{asset} is retired.", asset=equipment.asset_number), field="number")
    certificate = _read(session, actor, equipment, wanted, came_with or Bytes())
    rows = _read_results(wanted.results, foreign_units=foreign_units)
    parents = _read_parents(session, actor, equipment, wanted)
    _require_new(session, equipment, certificate)
    _keep(session, certificate, rows, parents)
    audit.record(
        session,
        actor,
        "equipment.certified",
        subject=equipmentbook.subject(equipment),
        after={
            "number": certificate.number,
            "issuer": certificate.issuer,
            "calibrated_on": certificate.calibrated_on,
            "due_on": certificate.due_on,
            "as_found_ok": certificate.as_found_ok,
            "lines": len(rows),
        },
    )
    if certificate.as_found_ok is False:
        foundbad.announce(
            session,
            actor,
            equipment,
            foundbad.fault_of(session, equipment, certificate),
            reason=f"{certificate.issuer} {certificate.number}",
        )
    return certificate


def _keep(
    session: Session,
    certificate: EquipmentCertificate,
    rows: Sequence[EquipmentResult],
    parents: Mapping[int, str],
) -> None:
    """The certificate with its lines, and what it was made with."""
    session.add(certificate)
    session.flush()
    for row in rows:
        row.certificate_id = certificate.id
    session.add_all(rows)
    session.add_all(
        EquipmentParent(certificate_id=certificate.id, parent_id=parent, sensitivity=times)
        for parent, times in parents.items()
    )
    session.flush()
    session.refresh(certificate, ["results"])


def withdraw(
    session: Session, actor: Actor, certificate: EquipmentCertificate, *, reason: str
) -> None:
    """A certificate that was recorded wrongly, or that its issuer took back, no longer counts."""
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    why = clean(reason)
    if not why:
        raise Refused(msg("Say why."), field="reason")
    if certificate.withdrawn_at is not None:
        raise Conflict(msg("It is withdrawn already."), field="reason")
    certificate.withdrawn_at = clock.now()
    certificate.withdrawn_by = actor.name
    certificate.withdrawn_why = why[:200]
    audit.record(
        session,
        actor,
        "equipment.certificate_withdrawn",
        subject=equipmentbook.subject(session.get_one(Equipment, certificate.equipment_id)),
        before={"number": certificate.number},
        reason=why,
    )


def attach_paper(
    session: Session, actor: Actor, certificate: EquipmentCertificate, *, sha256: str, name: str
) -> None:
    """The scan of a certificate that was typed from paper; its bytes lie in the file store.

    Once: another paper is another certificate.
    """
    actor.require("calibration.equipment")
    queueing.enter(session, actor.store_id)
    session.refresh(certificate, ["file_sha256"])
    if certificate.file_sha256:
        raise Conflict(msg("This certificate has its paper already."), field="file")
    certificate.file_sha256, certificate.file_name = sha256, clean(name)[:200]
    session.flush()
    audit.record(
        session,
        actor,
        "equipment.paper_attached",
        subject=equipmentbook.subject(session.get_one(Equipment, certificate.equipment_id)),
        after={"number": certificate.number, "sha256": sha256},
    )


def by_id(
    session: Session, actor: Actor, equipment: Equipment, certificate_id: int
) -> EquipmentCertificate:
    """A certificate of this very piece with its results; raises NotFound."""
    actor.require("calibration.view")
    found = session.scalar(
        select(EquipmentCertificate)
        .where(
            EquipmentCertificate.id == certificate_id,
            EquipmentCertificate.equipment_id == equipment.id,
        )
        .options(
            selectinload(EquipmentCertificate.results),
            selectinload(EquipmentCertificate.equipment),
        )
    )
    if found is None:
        raise NotFound(msg("There is no such certificate of this equipment."))
    return found


def _read(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    wanted: CertificateInput,
    came_with: Bytes,
) -> EquipmentCertificate:
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


def _read_results(lines: Sequence[ResultInput], *, foreign_units: bool) -> list[EquipmentResult]:
    """The lines that say something; a problem stands at `results-<line>-<field>`."""
    given = [(place, line) for place, line in enumerate(lines) if not line.is_empty]
    if len(given) > MOST_RESULTS:
        raise Refused(msg("At most {most} lines fit here.", most=MOST_RESULTS), field="results")
    seen = Typing()
    rows = [
        _read_result(seen, place, seq, line, foreign_units=foreign_units)
        for seq, (place, line) in enumerate(given, start=1)
    ]
    seen.done()
    return rows


def _read_result(
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


def _read_parents(
    session: Session, actor: Actor, equipment: Equipment, wanted: CertificateInput
) -> dict[int, str]:
    """The references it was calibrated with and how much of each one's error reaches it; never
    itself, nor one that rests on it.
    """
    parents: dict[int, str] = {}
    for parent in wanted.parents:
        found = equipmentbook.by_id(session, actor, parent)
        if parent == equipment.id or equipment.id in ancestors(session, parent):
            raise Refused(
                msg(
                    "{asset} was calibrated with this piece itself; a chain cannot be a circle.",
                    asset=found.asset_number,
                ),
                field="parents",
            )
        typed = wanted.sensitivities.get(parent, "")
        parents[parent] = read_figure(typed, field="parent_factor") or "1"
        if not float(parents[parent]):
            raise Refused(
                msg("A reference whose error does not reach it is none."), field="parent_factor"
            )
    return parents


def ancestors(session: Session, equipment_id: int) -> set[int]:
    """Every reference that a piece ever rested on, link by link."""
    level, known = {equipment_id}, set[int]()
    for _ in range(MOST_LINKS):
        level = (
            set(
                session.scalars(
                    select(EquipmentParent.parent_id)
                    .join(
                        EquipmentCertificate,
                        EquipmentCertificate.id == EquipmentParent.certificate_id,
                    )
                    .where(EquipmentCertificate.equipment_id.in_(level))
                )
            )
            - known
        )
        if not level:
            break
        known |= level
    return known


def _require_new(session: Session, equipment: Equipment, certificate: EquipmentCertificate) -> None:
    twin = session.scalar(
        select(EquipmentCertificate.id).where(
            EquipmentCertificate.equipment_id == equipment.id,
            EquipmentCertificate.issuer_key == certificate.issuer_key,
            EquipmentCertificate.number_key == certificate.number_key,
        )
    )
    if twin is not None:
        raise Conflict(
            msg("The certificate {number} is on record already.", number=certificate.number),
            field="number",
        )


def due_tone(due_on: date | None, today: date, *, soon_days: int = 30) -> tuple[Text, str]:
    """How a due day stands: its word and its colour."""
    if due_on is None:
        return msg("No due day"), "plain"
    if due_on < today:
        return msg("Overdue"), "bad"
    if (due_on - today).days <= soon_days:
        return msg("Due soon"), "warn"
    return msg("Valid"), "ok"
