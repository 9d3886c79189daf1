"""What must always hold of robots."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.searchkeys import search_key
from app.robots import duty_checks, slot_checks
from app.robots.life_models import Loan
from app.robots.models import Ownership, RobotModel, Unit, UnitClaim, UnitComponent
from app.robots.states import Custody, UnitState


def breaches(session: Session) -> Iterator[str]:
    yield from _keys_fit_serials(session)
    yield from _serials_are_unique(session)
    yield from _makers_agree(session)
    yield from _owners_follow_each_other(session)
    yield from _one_claim_each(session)
    yield from _what_is_out_is_ours(session)
    yield from slot_checks.breaches(session)
    yield from duty_checks.breaches(session)


def _keys_fit_serials(session: Session) -> Iterator[str]:
    for table in (Unit, UnitComponent):
        rows = session.execute(
            select(table.id, table.serial, table.serial_key).execution_options(yield_per=1000)
        )
        for row_id, serial, key in rows:
            if key != search_key(serial):
                yield f"robots: {table.__tablename__} {row_id}: key {key!r} is not of {serial!r}"


def _serials_are_unique(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Unit.maker_id, Unit.serial_key, func.count())
        .group_by(Unit.maker_id, Unit.serial_key)
        .having(func.count() > 1)
    )
    for maker_id, key, count in rows:
        yield f"robots: maker {maker_id}: serial {key!r} stands {count} times"


def _makers_agree(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Unit.id, Unit.serial)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .where(RobotModel.maker_id != Unit.maker_id)
    )
    for unit_id, serial in rows:
        yield f"robots: unit {unit_id} ({serial}): its maker does not build its model"


def _owners_follow_each_other(session: Session) -> Iterator[str]:
    before: Ownership | None = None
    for owned in session.scalars(
        select(Ownership)
        .order_by(Ownership.unit_id, Ownership.since, Ownership.id)
        .execution_options(yield_per=1000)
    ):
        if (
            before is not None
            and before.unit_id == owned.unit_id
            and (before.until is None or before.until > owned.since)
        ):
            yield (
                f"robots: unit {owned.unit_id}: customers {before.customer_id} and "
                f"{owned.customer_id} own it at the same time"
            )
        before = owned


def _one_claim_each(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(UnitClaim.unit_id, func.count())
        .where(UnitClaim.ended_at.is_(None))
        .group_by(UnitClaim.unit_id)
        .having(func.count() > 1)
    )
    for unit_id, count in rows:
        yield f"robots: unit {unit_id} is kept by {count} claims at once"


def _what_is_out_is_ours(session: Session) -> Iterator[str]:
    """A robot out on loan is neither sold nor somebody's, and is in no place of ours."""
    rows = session.execute(
        select(Unit.serial, Unit.state, Unit.custody)
        .join(Loan, Loan.unit_id == Unit.id)
        .where(
            Loan.in_at.is_(None),
            Unit.state.in_((UnitState.SOLD, UnitState.HANDED_OVER, UnitState.RETIRED))
            | (Unit.custody != Custody.CUSTOMER),
        )
    )
    for serial, state, custody in rows:
        yield f"robots: {serial} is out on loan, but {state} and with {custody}"
