"""The maker's pack: what one model's robots did and what their owners said in a month, without
anything that tells who anybody is.

Failures: faults that were found in the month and still count. Their rate is of those robots alone
whose counters vouch for hours in the month, and only from `LEAST_HOURS` on. Parts and times are
those of the repairs that were released in the month: from check-in to release, waiting included.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity import staff
from app.kernel.actor import Actor
from app.parts.models import Part
from app.robots import makers
from app.robots.models import Maker, RobotModel, Unit
from app.sales.models import Handover
from app.service import faults
from app.service.faults import Codes
from app.service.models import Diagnosis, Ticket
from app.service.work_models import PartUse, Release
from app.stores import desk
from app.stores.models import Store
from app.survey import figures, months, runtime
from app.survey.figures import Tally
from app.survey.models import Survey, SurveyAnswer
from app.survey.redaction import Known, redacted
from app.survey.states import Occasion

LEAST_HOURS = 100
_SECONDS = 3600
_PER = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """`slot` is empty for the robot as a whole; `symptom` is the code."""

    slot: str
    symptom: str
    times: int
    robots: int


@dataclass(frozen=True, slots=True)
class PartUsed:
    number: str
    name: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Verbatim:
    score: int
    occasion: Occasion
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Pack:
    """`hours_s`: seconds that `robots_read` ran; `faults_read`: faults of just those robots."""

    store: Store
    model: RobotModel
    maker: str
    month: date
    start: datetime
    end: datetime
    faults: list[Fault]
    faulty_robots: int
    hours_s: int
    robots_read: int
    faults_read: int
    parts: list[PartUsed]
    repairs: int
    median_repair_h: Decimal | None
    tally: Tally
    verbatims: list[Verbatim]
    codes: Codes

    @property
    def failures(self) -> int:
        return sum(one.times for one in self.faults)

    @property
    def hours(self) -> int:
        return self.hours_s // _SECONDS

    @property
    def rate(self) -> Decimal | None:
        """Failures per 1,000 hours; None where too few hours are known."""
        if self.hours_s < LEAST_HOURS * _SECONDS:
            return None
        return _tenths(Decimal(self.faults_read * _PER * _SECONDS) / self.hours_s)

    @property
    def is_empty(self) -> bool:
        return not (self.failures or self.hours or self.repairs or self.tally.asked)

    @property
    def month_text(self) -> str:
        return months.shown(self.month)

    @property
    def file_name(self) -> str:
        code = "".join(sign if sign.isalnum() else "-" for sign in self.model.code_key)
        return f"maker-pack-{code}-{self.month_text}"


def of(session: Session, actor: Actor, *, model_id: int, month: str = "") -> Pack:
    """A model's month. Raises NotFound for the model, Refused for the month."""
    actor.require("survey.view")
    model = makers.model_by_id(session, model_id)
    store = desk.store_of(session, actor.store_id)
    wanted = months.read(month, store)
    start, end = months.bounds(store, wanted)
    run = runtime.seconds_of_model(session, store.id, model.id, start=start, end=end)
    found, robots, of_read = _faults(session, store, model, start=start, end=end, read=set(run))
    repairs, hours = _repairs(session, store, model, start=start, end=end)
    return Pack(
        store=store,
        model=model,
        maker=session.get_one(Maker, model.maker_id).name,
        month=wanted,
        start=start,
        end=end,
        faults=found,
        faulty_robots=robots,
        hours_s=sum(run.values()),
        robots_read=len(run),
        faults_read=of_read,
        parts=_parts(session, store, model, start=start, end=end),
        repairs=repairs,
        median_repair_h=hours,
        tally=figures.of_month(session, store, model.id, wanted),
        verbatims=_verbatims(session, store, model, start=start, end=end),
        codes=faults.codes_of(session, store.id),
    )


def _faults(
    session: Session,
    store: Store,
    model: RobotModel,
    *,
    start: datetime,
    end: datetime,
    read: set[int],
) -> tuple[list[Fault], int, int]:
    """By slot and symptom, the most frequent first; how many robots; how many on those `read`."""
    grouped = (Diagnosis.unit_id, Diagnosis.slot_path, Diagnosis.symptom)
    rows = session.execute(
        select(*grouped, func.count())
        .where(
            Diagnosis.store_id == store.id,
            Diagnosis.model_id == model.id,
            Diagnosis.at >= start,
            Diagnosis.at < end,
            Diagnosis.withdrawn_at.is_(None),
        )
        .group_by(*grouped)
    ).all()
    times: Counter[tuple[str, str]] = Counter()
    robots: Counter[tuple[str, str]] = Counter()
    for _, slot, symptom, count in rows:
        times[slot, symptom] += count
        robots[slot, symptom] += 1
    found = [Fault(*key, count, robots[key]) for key, count in times.items()]
    of_read = sum(count for unit_id, _, _, count in rows if unit_id in read)
    found.sort(key=lambda one: (-one.times, one.slot, one.symptom))
    return found, len({unit_id for unit_id, *_ in rows}), of_read


def _repairs(
    session: Session, store: Store, model: RobotModel, *, start: datetime, end: datetime
) -> tuple[int, Decimal | None]:
    """How many were released, and the median of their hours from check-in to the last release."""
    rows = session.execute(
        select(Ticket.received_at, func.max(Release.at))
        .select_from(Release)
        .join(Ticket, Ticket.id == Release.ticket_id)
        .join(Unit, Unit.id == Ticket.unit_id)
        .where(
            Release.at >= start,
            Release.at < end,
            Ticket.store_id == store.id,
            Unit.model_id == model.id,
            Ticket.received_at.is_not(None),
        )
        .group_by(Ticket.id, Ticket.received_at)
    ).all()
    took = [
        int((released - received).total_seconds())
        for received, released in rows
        if received is not None
    ]
    return len(took), _tenths(Decimal(median(took)) / _SECONDS) if took else None


def _parts(
    session: Session, store: Store, model: RobotModel, *, start: datetime, end: datetime
) -> list[PartUsed]:
    released = select(Release.ticket_id).where(Release.at >= start, Release.at < end)
    rows = session.execute(
        select(Part.number, Part.name, func.sum(PartUse.quantity))
        .select_from(PartUse)
        .join(Part, Part.id == PartUse.part_id)
        .join(Ticket, Ticket.id == PartUse.ticket_id)
        .join(Unit, Unit.id == Ticket.unit_id)
        .where(
            PartUse.ticket_id.in_(released),
            PartUse.undone_at.is_(None),
            Ticket.store_id == store.id,
            Unit.model_id == model.id,
        )
        .group_by(Part.number, Part.name)
    )
    used = [PartUsed(number, name, int(pieces)) for number, name, pieces in rows]
    return sorted(used, key=lambda one: (-one.pieces, one.number))


def _verbatims(
    session: Session, store: Store, model: RobotModel, *, start: datetime, end: datetime
) -> list[Verbatim]:
    """What was said, the worst first; not in order of time, by which somebody could be found."""
    rows = session.execute(
        select(SurveyAnswer, Survey, Customer, Unit.serial, Ticket, Handover.signer)
        .join(Survey, Survey.id == SurveyAnswer.survey_id)
        .join(Customer, Customer.id == Survey.customer_id)
        .join(Unit, Unit.id == Survey.unit_id)
        .outerjoin(Ticket, Ticket.id == Survey.ticket_id)
        .outerjoin(Handover, Handover.order_id == Survey.order_id)
        .where(
            Survey.store_id == store.id,
            Survey.model_id == model.id,
            Survey.asked_at >= start,
            Survey.asked_at < end,
            SurveyAnswer.comment != "",
        )
    ).all()
    colleagues = [person.name for person in staff.of_store(session, store.id)] if rows else []
    said = []
    for answer, survey, customer, serial, ticket, signer in rows:
        named = [*colleagues, signer or ""]
        if ticket is not None:
            named += [ticket.brought_by, ticket.signer]
        text = redacted(answer.comment, _known(customer, serial, named))
        if text:
            said.append(Verbatim(answer.score, survey.occasion, answer.language, text))
    return sorted(said, key=lambda one: (one.score, one.text))


def _known(customer: Customer, serial: str, named: Sequence[str]) -> Known:
    return Known(
        names=_some(customer.name, customer.contact_name, *named),
        phones=_some(customer.phone),
        mails=_some(customer.email),
        addresses=_some(customer.street, f"{customer.postcode} {customer.city}"),
        serials=_some(serial),
        numbers=_some(customer.vat_id),
    )


def _some(*texts: str) -> frozenset[str]:
    return frozenset(text for text in texts if text.strip())


def _tenths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
