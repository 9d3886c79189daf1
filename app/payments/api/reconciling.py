"""Ours against the card service's list, as JSON."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel

from app.identity.guard import ApiReading
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import reconciling
from app.payments.reconciling import Kind
from app.web.problems import refusals
from app.web.sessions import ReadSession, database_of
from app.web.wire import MoneyOut

router = APIRouter(prefix="/api/v1/reconciliation", tags=["payments"])
_MOST_DAYS = 92


class DifferenceOut(BaseModel):
    """One thing that is not the same; `ours` or `theirs` is null where one side knows nothing."""

    kind: Kind
    provider_id: str
    reference: str
    ours: MoneyOut | None
    theirs: MoneyOut | None


class ComparisonOut(BaseModel):
    """`same` payments and refunds agree; `is_cut`: there was more than is compared at once."""

    same: int
    is_cut: bool
    differences: list[DifferenceOut]


@router.get("", responses=refusals())
def show(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
) -> ComparisonOut:
    """Compare a stretch of time, of 92 days at most. Asks the card service."""
    _check(since, until)
    session.rollback()
    found = reconciling.compare(database_of(request), actor, since=since, until=until)
    return ComparisonOut(
        same=found.same,
        is_cut=found.is_cut,
        differences=[
            DifferenceOut(
                kind=one.kind,
                provider_id=one.provider_id,
                reference=one.reference,
                ours=_money(one.ours),
                theirs=_money(one.theirs),
            )
            for one in found.differences
        ],
    )


def _check(since: datetime, until: datetime) -> None:
    if since >= until:
        raise Refused(msg("The end is after the beginning."), field="until")
    if (until - since).days > _MOST_DAYS:
        raise Refused(msg("At most {most} days.", most=_MOST_DAYS), field="until")


def _money(money: Money | None) -> MoneyOut | None:
    return None if money is None else MoneyOut.of(money)
