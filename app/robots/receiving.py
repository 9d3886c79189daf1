"""Robots come in: a delivery note is shown with its problems, then received whole or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.db import Base
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots import addresses, arrivals, asbuilt, bulletins, timeline, touches
from app.robots.arrivals import Arrival
from app.robots.counters import CounterFalls
from app.robots.deliverynotes import NoteFile, NoteRow, read_note
from app.robots.events import UnitReceived
from app.robots.models import DeliveryNote, StagedFile, Unit, UnitComponent, UnitEvent
from app.robots.states import UNIT_MOVES, Custody, UnitState
from app.robots.vetting import Candidate, require_sound, vet
from app.stores import desk

KEPT_FOR = timedelta(hours=24)
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as written, and what is wrong with it."""

    note: NoteRow
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Preview:
    """A staged note, every row judged against the store as it is now."""

    sha256: str
    file_name: str
    file: NoteFile
    rows: list[PreviewRow]

    @property
    def faulty(self) -> list[PreviewRow]:
        return [row for row in self.rows if row.candidate.problems]


def stage(session: Session, actor: Actor, *, file_name: str, data: bytes) -> str:
    """Lay a file aside for its preview and give its SHA-256, the name under which it waits a day.

    Raises Refused or TooLarge for what is no delivery note.
    """
    actor.require("robots.receive")
    read_note(data)
    sha256 = sha256_hex(data)
    now = clock.now()
    session.execute(delete(StagedFile).where(StagedFile.expires_at <= now))
    staged = _staged(session, actor, sha256)
    if staged is None:
        staged = StagedFile(
            store_id=actor.store_id,
            sha256=sha256,
            file_name="",
            content=data,
            expires_at=now,
        )
        session.add(staged)
    staged.file_name = clean(file_name)[:200] or "–"
    staged.expires_at = now + KEPT_FOR
    session.flush()
    return sha256


def note_of_file(session: Session, actor: Actor, sha256: str) -> DeliveryNote | None:
    """The note that this very file was received with, if it was."""
    return session.scalar(
        select(DeliveryNote).where(
            DeliveryNote.store_id == actor.store_id, DeliveryNote.file_sha256 == sha256
        )
    )


def note_by_number(session: Session, actor: Actor, number: int) -> DeliveryNote:
    note = session.scalar(
        select(DeliveryNote).where(
            DeliveryNote.store_id == actor.store_id, DeliveryNote.number == number
        )
    )
    if note is None:
        raise NotFound(msg("There is no delivery note {number}.", number=number))
    return note


def preview(session: Session, actor: Actor, sha256: str) -> Preview:
    """The staged file's rows with their problems; raises NotFound when it waits no longer."""
    actor.require("robots.receive")
    staged = _staged(session, actor, sha256)
    if staged is None or staged.expires_at <= clock.now():
        raise NotFound(msg("This file is no longer here. Choose it again."), link="/robots/receive")
    file = read_note(staged.content)
    currency = desk.store_of(session, actor.store_id).currency
    candidates = [_candidate(row, currency=currency) for row in file.rows]
    vet(session, actor, candidates)
    rows = [PreviewRow(row, judged) for row, judged in zip(file.rows, candidates, strict=True)]
    return Preview(sha256, staged.file_name, file, rows)


def receive_note(session: Session, actor: Actor, sha256: str) -> DeliveryNote:
    """Receive exactly the bytes that were previewed: every row, or none.

    The same file again changes nothing and gives its note. Raises Refused while a row has a
    problem.
    """
    actor.require("robots.receive")
    earlier = note_of_file(session, actor, sha256)
    if earlier is not None:
        return earlier
    seen = preview(session, actor, sha256)
    if seen.faulty:
        raise Refused(
            msg(
                "Nothing was received: {count} of {rows} rows have problems.",
                count=len(seen.faulty),
                rows=len(seen.rows),
            )
        )
    note = DeliveryNote(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series="delivery_note"),
        file_name=seen.file_name,
        file_sha256=sha256,
        units=len(seen.rows),
        received_at=clock.now(),
        received_by=actor.name,
    )
    session.add(note)
    session.flush()
    _take_in(session, actor, [row.candidate for row in seen.rows], note=note)
    session.execute(
        delete(StagedFile).where(StagedFile.store_id == actor.store_id, StagedFile.sha256 == sha256)
    )
    audit.record(
        session,
        actor,
        "delivery_note.received",
        subject=f"delivery_note:{note.number}",
        after={"file": note.file_name, "sha256": sha256, "units": note.units},
    )
    return note


def receive_file(session: Session, actor: Actor, *, file_name: str, data: bytes) -> DeliveryNote:
    """Stage and receive in one go, for a command line or a demo."""
    return receive_note(session, actor, stage(session, actor, file_name=file_name, data=data))


def receive(session: Session, actor: Actor, wanted: Sequence[Arrival]) -> list[Unit]:
    """Receive robots that a program names, all or none.

    Raises Invalid with problems by `items.<index>.<field>`.
    """
    actor.require("robots.receive")
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Refused(msg("Between 1 and {most} robots at once.", most=MOST_AT_ONCE), field="items")
    candidates = [Candidate(index, arrival) for index, arrival in enumerate(wanted)]
    vet(session, actor, candidates)
    require_sound(candidates)
    units = _take_in(session, actor, candidates, note=None)
    for unit, arrival in zip(units, wanted, strict=True):
        audit.record(
            session,
            actor,
            "robot.received",
            subject=f"robot:{unit.serial}",
            after={"maker": arrival.maker, "model": arrival.model, "cost": arrival.cost},
        )
    return units


def _staged(session: Session, actor: Actor, sha256: str) -> StagedFile | None:
    return session.scalar(
        select(StagedFile).where(StagedFile.store_id == actor.store_id, StagedFile.sha256 == sha256)
    )


def _candidate(row: NoteRow, *, currency: str) -> Candidate:
    candidate = Candidate(row.number, arrivals.from_cells(row.cells, currency=currency))
    if row.surplus:
        candidate.problems["row"] = msg(
            "This row has more cells than there are titles: {count}.", count=row.surplus
        )
    return candidate


def _take_in(
    session: Session, actor: Actor, candidates: Sequence[Candidate], *, note: DeliveryNote | None
) -> list[Unit]:
    """The rows of the robots, their components and their first line of the timeline."""
    currency = desk.store_of(session, actor.store_id).currency
    arrived = [
        (_arrive(actor, candidate, note=note, currency=currency), candidate)
        for candidate in candidates
    ]
    units = [unit for unit, _ in arrived]
    try:
        with session.begin_nested():
            session.add_all(units)
    except IntegrityError:
        # our own store queues its writers; another store may have been faster
        raise Conflict(
            msg("One of these robots came in elsewhere just now. Nothing was received; look again.")
        ) from None
    _insert(session, UnitComponent, _components(arrived))
    _insert(session, UnitEvent, _first_lines(actor, units, note=note))
    _keep_readings(session, actor, arrived)
    brought = [unit for unit, candidate in arrived if candidate.arrival.components]
    asbuilt.take_in(session, actor, brought)
    bulletins.note_received(session, actor, units)
    for unit in units:
        events.announce(session, UnitReceived(store_id=unit.store_id, unit_id=unit.id))
    return units


def _arrive(
    actor: Actor, candidate: Candidate, *, note: DeliveryNote | None, currency: str
) -> Unit:
    """A new unit, or the one that was announced, as received."""
    arrival, model = candidate.arrival, candidate.model
    if model is None or candidate.problems:
        raise ValueError("only what was vetted without problems comes in")
    unit = candidate.expected or Unit(
        store_id=actor.store_id,
        maker_id=model.maker_id,
        model_id=model.id,
        serial=arrival.serial,
        serial_key=search_key(arrival.serial),
        state=UnitState.EXPECTED,
        currency=currency,
    )
    unit.state = UNIT_MOVES.check(unit.state, UnitState.RECEIVED)
    unit.custody = Custody.STORE
    unit.hardware_revision = arrival.hardware_revision
    unit.firmware = arrival.firmware
    unit.cost_minor = arrival.cost.minor
    unit.delivery_note_id = note.id if note else None
    unit.received_at = note.received_at if note else clock.now()
    return unit


def _keep_readings(
    session: Session, actor: Actor, arrived: Iterable[tuple[Unit, Candidate]]
) -> None:
    """What was read off those that bring a reading; a statement or two each, and they are few."""
    for unit, candidate in arrived:
        touch = candidate.arrival.touch
        try:
            touches.keep(session, actor, unit, touch, reference="receipt")
        except CounterFalls as refusal:  # one that was announced, and was read before
            raise Conflict(
                msg("{serial}: {problem}", serial=unit.serial, problem=refusal.message)
            ) from refusal


def _components(arrived: Iterable[tuple[Unit, Candidate]]) -> Iterator[dict[str, object]]:
    for unit, candidate in arrived:
        for position, serial in candidate.arrival.components:
            yield {
                "store_id": unit.store_id,
                "unit_id": unit.id,
                "position": position,
                "serial": serial,
                "serial_key": search_key(serial),
            }


def _first_lines(
    actor: Actor, units: Iterable[Unit], *, note: DeliveryNote | None
) -> Iterator[dict[str, object]]:
    summary = msg("Received")
    if note is not None:
        summary = msg("Received with delivery note {number}", number=str(note.number))
    line = timeline.line_of(kind=str(UnitState.RECEIVED), summary=summary, actor_name=actor.name)
    page = addresses.note_page(note.number) if note else ""
    for unit in units:
        link = page or addresses.page_below(unit.serial, "parts")
        yield {"unit_id": unit.id, **line, "link": link}


def _insert(session: Session, table: type[Base], rows: Iterable[dict[str, object]]) -> None:
    """Many rows of which nobody asks the ids: no object each, one statement for all."""
    listed = list(rows)
    if listed:
        session.execute(insert(table), listed)
