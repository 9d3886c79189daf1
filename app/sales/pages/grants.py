"""What services grant besides themselves: data vouchers for each piece that is sold."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import parse_quantity
from app.payments.entitlement_models import EntitlementUnit
from app.payments.measured import UNIT_LABELS, Measured, parse_measured
from app.sales import catalogue, grants
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter()
HERE = "/settings/data-vouchers"


class GrantForm(StoreForm):
    """Without an amount: nothing. Without days: to be used at any time."""

    unit: Typed = "hours"
    amount: Typed = ""
    days: Typed = ""

    def read(self) -> tuple[Measured | None, int]:
        seen = Reading()
        unit = (
            EntitlementUnit(self.unit)
            if self.unit in set(EntitlementUnit)
            else EntitlementUnit.HOURS
        )
        amount: Measured | None = None
        if self.amount.strip() not in ("", "0"):
            nothing = Measured(0, unit)
            amount = seen.take("amount", lambda: parse_measured(self.amount, unit), nothing)
        days = 0
        if self.days.strip() not in ("", "0"):
            days = seen.take("days", lambda: parse_quantity(self.days, field="days"), 0)
        seen.done()
        return amount, days


@router.get(HERE)
def show_grants(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _page(request, session, actor)


@router.post(HERE + "/{product_id}")
@once
def set_grant(
    request: Request,
    session: WriteSession,
    actor: Acting,
    product_id: RowId,
    form: Annotated[GrantForm, Form()],
) -> Response:
    try:
        product = catalogue.by_id(session, actor, product_id)
        amount, days = form.read()
        grants.set_grant(session, actor, product, amount, days=days)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, which=product_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(HERE, 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    which: int = 0,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "sales/grants.html",
        status=status_of(refusal) if refusal else 200,
        services=[
            (product, grant, Measured(grant.amount_milli, grant.unit) if grant else None)
            for product, grant in grants.services_of(session, actor.store_id)
        ],
        units=list(UNIT_LABELS.items()),
        which=which,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
