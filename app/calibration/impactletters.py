"""The letter that tells an owner which calibrations of their robot are in doubt, and what next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.calibration import impact, impactlists
from app.calibration.impact import DISPOSITION_LABELS, EFFECT_LABELS
from app.calibration.impact_models import ImpactCase
from app.calibration.jobbook import label as job_label
from app.customers.models import Customer
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.stores import desk
from app.web.printing import pdf_document


@dataclass(frozen=True, slots=True)
class Party:
    """Who writes or is written to."""

    name: str
    address: tuple[str, ...]
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One result in doubt; without a disposition nothing is decided yet."""

    serial: str
    job: str
    procedure: str
    point: str
    measured_at: datetime
    effect: Text
    action: Text | None


@dataclass(frozen=True, slots=True)
class Letter:
    """All that stands on it."""

    language: str
    zone: str
    issued_at: datetime
    number: str
    store: str
    seller: Party
    owner: Party
    reason: str
    since: datetime
    until: datetime
    lines: tuple[Line, ...]


def letter_pdf(session: Session, actor: Actor, case: ImpactCase, customer_id: int) -> bytes:
    """The letter to one owner, in their language or else the store's."""
    actor.require("calibration.review")
    customer = session.get(Customer, customer_id)
    rows = []
    if customer is not None and customer.store_id == actor.store_id:
        rows = impactlists.items_of_owner(session, case, customer)
    if customer is None or not rows:
        raise NotFound(msg("Nothing in this case is theirs."))
    store = desk.store_of(session, actor.store_id)
    place = f"{store.postcode} {store.city}".strip()
    home = f"{customer.postcode} {customer.city}".strip()
    return pdf_document(
        "documents/impact_letter.html",
        Letter(
            language=customer.language or store.language,
            zone=store.zone,
            issued_at=clock.now(),
            number=impact.label(case),
            store=store.name,
            seller=Party(store.legal_name, tuple(filter(None, (store.street, place)))),
            owner=Party(
                customer.name, tuple(filter(None, (customer.street, home))), customer.contact_name
            ),
            reason=case.reason,
            since=case.since,
            until=case.until,
            lines=tuple(
                Line(
                    serial=row.unit.serial,
                    job=job_label(row.job),
                    procedure=row.procedure,
                    point=row.point.label,
                    measured_at=row.job.measured_at or row.result.computed_at,
                    effect=EFFECT_LABELS[row.item.effect],
                    action=(
                        DISPOSITION_LABELS[row.item.disposition] if row.item.disposition else None
                    ),
                )
                for row in rows
            ),
        ),
    )
