"""What a certificate needs of its job, asked of the database once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.calibration import adjustments, results
from app.calibration.job_models import CalibrationJob
from app.calibration.snapshot import (
    Adjusted,
    Item,
    Line,
    Method,
    Names,
    Party,
    Reference,
    Surroundings,
    adjustments_of,
    lines_of,
    references_of,
)
from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots.models import Ownership
from app.stores import desk
from app.stores.models import Store

_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Gathered:
    """Parts of a snapshot, as they stood when the job was measured."""

    zone: str
    laboratory: Party
    customer: Party
    item: Item
    method: Method
    surroundings: Surroundings
    names: Names
    references: tuple[Reference, ...]
    lines: tuple[Line, ...]
    adjustments: tuple[Adjusted, ...]


def gathered(session: Session, job: CalibrationJob, actor: Actor) -> Gathered:
    """The job's rows as a certificate says them; `actor` is who issues it."""
    store = desk.store_of(session, job.store_id)
    return Gathered(
        zone=store.zone,
        laboratory=_laboratory(store),
        customer=_customer(session, job, store),
        item=_item(job),
        method=_method(job),
        surroundings=Surroundings(
            place=job.place,
            temperature_start=job.temperature_start,
            temperature_end=job.temperature_end,
            humidity_start=job.humidity_start,
            humidity_end=job.humidity_end,
        ),
        names=_names(job, actor),
        references=references_of(list(results.roles(session, job).values())),
        lines=lines_of(job, results.of_job(session, job)),
        adjustments=adjustments_of(adjustments.of_job(session, job)),
    )


def owner_at(session: Session, unit_id: int, moment: datetime) -> Customer | None:
    """Whose a robot was then; None: the store's."""
    return session.scalar(
        select(Customer)
        .join(Ownership, Ownership.customer_id == Customer.id)
        .where(
            Ownership.unit_id == unit_id,
            Ownership.since <= moment,
            or_(Ownership.until.is_(None), Ownership.until > moment),
        )
        .limit(1)
    )


def _laboratory(store: Store) -> Party:
    return Party(
        store.legal_name or store.name,
        _address(store.street, store.postcode, store.city),
        " · ".join(filter(None, (store.phone, store.email))),
        store.country,
    )


def _customer(session: Session, job: CalibrationJob, store: Store) -> Party:
    owner = owner_at(session, job.unit_id, job.measured_at or job.made_at)
    if owner is None:
        return _laboratory(store)
    return Party(
        owner.name,
        _address(owner.street, owner.postcode, owner.city),
        owner.contact_name,
        owner.country,
    )


def _address(street: str, postcode: str, city: str) -> tuple[str, ...]:
    return tuple(filter(None, (street, f"{postcode} {city}".strip())))


def _item(job: CalibrationJob) -> Item:
    unit = job.unit
    return Item(
        maker=unit.maker.name,
        model=unit.model.name,
        serial=unit.serial,
        hardware_revision=unit.hardware_revision,
        firmware=unit.firmware,
        hours="" if job.hours_s is None else str(job.hours_s // _SECONDS_PER_HOUR),
        condition=job.condition,
        received_at=job.received_at,
    )


def _method(job: CalibrationJob) -> Method:
    version = job.procedure_version
    return Method(
        code=version.procedure.code,
        version=version.number,
        title=version.title,
        text=version.method,
        standard=version.standard,
        sha256=version.content_sha256,
        rule=version.rule,
        guard_ratio=version.guard_ratio,
        party=version.party or "",
        coverage=version.coverage,
    )


def _names(job: CalibrationJob, actor: Actor) -> Names:
    if job.started_at is None or job.measured_at is None or job.reviewed_at is None:
        raise Refused(msg("This calibration was not measured and reviewed."))
    return Names(
        performer=job.performer,
        started_at=job.started_at,
        measured_at=job.measured_at,
        reviewer=job.reviewer,
        reviewed_at=job.reviewed_at,
        issuer=actor.name,
        is_self_reviewed=job.is_self_reviewed,
        review_note=job.review_note,
    )
