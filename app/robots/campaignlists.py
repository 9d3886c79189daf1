"""What the pages of bulletins show: the list with its progress, a campaign's robots, letters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, Subquery, select, tuple_
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.csvfile import csv_bytes
from app.kernel.text import Text
from app.robots import campaigns, meant, queries
from app.robots.bulletin_models import Bulletin, BulletinCriterion, BulletinKind
from app.robots.bulletincriteria import unsure_of
from app.robots.campaigns import Progress, Whereabouts
from app.robots.models import Maker, Ownership, RobotModel, Unit
from app.robots.queries import RobotRow
from app.robots.states import UnitState
from app.stores import desk
from app.web import paging

# So many campaigns are counted in one statement.
MOST_BULLETINS = 25
LETTER_COLUMNS = (
    "customer", "name", "contact", "street", "postcode", "city", "country", "email", "language",
    "maker", "model", "serial", "bulletin", "kind", "title", "due_on", "text",
)  # fmt: skip


class Listed(StrEnum):
    """Which bulletins a list is about."""

    IN_FORCE = "in_force"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"


class Stage(StrEnum):
    """Which robots of a campaign."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """A bulletin with how far the store is. `overdue`: past its deadline, with robots waiting."""

    bulletin: Bulletin
    maker: Maker
    progress: Progress
    overdue: bool


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A robot of a campaign. `unsure`: what is not on record of it and would decide."""

    robot: RobotRow
    is_open: bool
    done_at: datetime | None
    unsure: Text | None


def bulletins(
    session: Session,
    actor: Actor,
    listed: Listed,
    *,
    kind: BulletinKind | None = None,
    cursor: str | None = None,
    most: int = MOST_BULLETINS,
) -> paging.Page[BulletinRow]:
    """Bulletins with their progress in the actor's store, newest first; four statements.

    Of the overdue ones only those on which robots wait: a page may hold fewer than its size.
    """
    actor.require("robots.view")
    today = _today(session, actor)
    query = _listed(listed, today).order_by(Bulletin.issued_on.desc(), Bulletin.id.desc())
    if kind is not None:
        query = query.where(Bulletin.kind == kind)
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        last_day = select(Bulletin.issued_on).where(Bulletin.id == last_id).scalar_subquery()
        query = query.where(tuple_(Bulletin.issued_on, Bulletin.id) < tuple_(last_day, last_id))
    found = session.execute(query.limit(most + 1)).all()
    shown = found[:most]
    progress = campaigns.progress(session, actor.store_id, [bulletin for bulletin, _ in shown])
    rows = [_row(bulletin, maker, progress[bulletin.id], today) for bulletin, maker in shown]
    if listed is Listed.OVERDUE:
        rows = [row for row in rows if row.overdue]
    following = paging.encode(shown[-1][0].id) if len(found) > most else None
    return paging.Page(rows, following)


def one(session: Session, actor: Actor, bulletin: Bulletin) -> BulletinRow:
    """One bulletin with its progress in the actor's store."""
    actor.require("robots.view")
    progress = campaigns.progress(session, actor.store_id, [bulletin])[bulletin.id]
    maker = session.get_one(Maker, bulletin.maker_id)
    return _row(bulletin, maker, progress, _today(session, actor))


def robots(
    session: Session,
    actor: Actor,
    bulletin: Bulletin,
    criteria: Sequence[BulletinCriterion],
    *,
    stage: Stage | None = None,
    place: Whereabouts | None = None,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[CampaignRow]:
    """A campaign's robots in the actor's store, the newest first; at most three statements."""
    actor.require("robots.view")
    robots, query = _campaign(session, actor, bulletin, criteria)
    waits = meant.is_open(robots)
    if stage is not None:
        query = query.where(waits if stage is Stage.OPEN else ~waits)
    if place is not None:
        query = query.where(campaigns.stands_at(place))
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(Unit.id < last_id)
    found = session.execute(query.order_by(Unit.id.desc()).limit(most + 1)).all()
    shown = found[:most]
    rows = queries.of_ids(session, actor, [row.unit_id for row in shown])
    by_position = {criterion.position: criterion for criterion in criteria}
    items = [
        CampaignRow(
            robot=row,
            is_open=bool(told.waits),
            done_at=told.done_at,
            unsure=_unsure(by_position.get(told.position), row.unit),
        )
        for row, told in zip(rows, shown, strict=True)
    ]
    following = paging.encode(shown[-1].unit_id) if len(found) > most else None
    return paging.Page(items, following)


def letters(session: Session, actor: Actor, bulletin: Bulletin, *, kind: str) -> bytes:
    """The same as a spreadsheet."""
    return csv_bytes(LETTER_COLUMNS, letter_rows(session, actor, bulletin, kind=kind))


def letter_rows(
    session: Session, actor: Actor, bulletin: Bulletin, *, kind: str
) -> list[tuple[str, ...]]:
    """The owners whose robots wait, a row per robot by `LETTER_COLUMNS`; who took it is on record.

    `kind` is what the bulletin's kind is called in the reader's language.
    """
    actor.require("robots.record")
    actor.require("customers.view")
    criteria = campaigns.criteria_of(session, [bulletin.id]).get(bulletin.id, [])
    rows = list(_letters(session, actor, bulletin, criteria, kind=kind))
    audit.record(
        session,
        actor,
        "bulletin.letters_taken",
        subject=f"bulletin:{bulletin.id}",
        after={"letters": len(rows)},
    )
    return rows


def _letters(
    session: Session,
    actor: Actor,
    bulletin: Bulletin,
    criteria: Sequence[BulletinCriterion],
    *,
    kind: str,
) -> Iterator[tuple[str, ...]]:
    robots, _ = _campaign(session, actor, bulletin, criteria)
    found = session.execute(
        select(Customer, Maker.name, RobotModel.name, Unit.serial)
        .join_from(robots, Unit, Unit.id == robots.c.unit_id)
        .join(Ownership, (Ownership.unit_id == Unit.id) & Ownership.until.is_(None))
        .join(Customer, Customer.id == Ownership.customer_id)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .join(Maker, Maker.id == Unit.maker_id)
        .where(meant.is_open(robots), Customer.erased_at.is_(None))
        .order_by(Customer.number, Unit.serial_key)
    )
    due_on = bulletin.due_on.isoformat() if bulletin.due_on else ""
    for customer, maker, model, serial in found:
        yield (
            str(customer.number), customer.name, customer.contact_name, customer.street,
            customer.postcode, customer.city, customer.country, customer.email, customer.language,
            maker, model, serial, bulletin.code, kind, bulletin.title, due_on, bulletin.text,
        )  # fmt: skip


def _campaign(
    session: Session, actor: Actor, bulletin: Bulletin, criteria: Sequence[BulletinCriterion]
) -> tuple[Subquery, Select[int, int | None, datetime | None, bool]]:
    built = meant.built_in(session, actor.store_id, criteria)
    robots = meant.robots_of(actor.store_id, bulletin, criteria, built)
    query = (
        select(
            Unit.id.label("unit_id"),
            robots.c.position,
            robots.c.done_at,
            meant.is_open(robots).label("waits"),
        )
        .join_from(robots, Unit, Unit.id == robots.c.unit_id)
        .where(Unit.state != UnitState.RETIRED)
    )
    return robots, query


def _listed(listed: Listed, today: date) -> Select[Bulletin, Maker]:
    query = select(Bulletin, Maker).join(Maker, Maker.id == Bulletin.maker_id)
    if listed is Listed.WITHDRAWN:
        return query.where(Bulletin.withdrawn_at.is_not(None))
    query = query.where(Bulletin.withdrawn_at.is_(None))
    return query.where(Bulletin.due_on < today) if listed is Listed.OVERDUE else query


def _row(bulletin: Bulletin, maker: Maker, progress: Progress, today: date) -> BulletinRow:
    past = bulletin.due_on is not None and bulletin.due_on < today
    overdue = past and bulletin.withdrawn_at is None and progress.total.open > 0
    return BulletinRow(bulletin, maker, progress, overdue)


def _unsure(criterion: BulletinCriterion | None, unit: Unit) -> Text | None:
    return None if criterion is None else unsure_of(criterion, unit)


def _today(session: Session, actor: Actor) -> date:
    return desk.business_day_of(desk.store_of(session, actor.store_id))
