"""Schemes of authorities: what each pays, of whom, and what it wants to see."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.text import msg
from app.payments import schemes
from app.payments.schemes import SchemeInput
from app.payments.voucher_models import Buyers, Rest
from app.robots import makers
from app.robots.models import RobotModel
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter()
HERE = "/settings/schemes"


class SchemeForm(StoreForm):
    name: Typed = ""
    authority: Typed = ""
    share: Typed = ""
    most: Typed = ""
    valid_from: Typed = ""
    valid_until: Typed = ""
    buyers: Typed = "anybody"
    models: Annotated[list[Typed], Field(default_factory=list, max_length=200)]
    per_buyer: Typed = "1"
    in_all: Typed = ""
    evidence: Typed = ""
    papers: Typed = ""
    rest: Typed = "store"

    def read(self, currency: str, today: date) -> SchemeInput:
        seen = Reading()

        def cap(field: str, text: str) -> int:
            if text.strip() in ("", "0"):
                return 0
            return seen.take(field, lambda: parse_quantity(text, field=field), 0)

        said = SchemeInput(
            name=seen.text("name", self.name, required=True),
            authority=seen.text("authority", self.authority, required=True),
            most=seen.take(
                "most", lambda: parse_money(self.most, currency, field="most"), Money(0, currency)
            ),
            valid_from=seen.take("valid_from", lambda: _day(self.valid_from, "valid_from"), today),
            valid_until=seen.take(
                "valid_until", lambda: _day(self.valid_until, "valid_until"), date.max
            ),
            share_bp=seen.take("share", lambda: parse_percent(self.share, field="share"), 0)
            if self.share.strip()
            else 0,
            buyers=Buyers(self.buyers) if self.buyers in set(Buyers) else Buyers.ANYBODY,
            models=tuple(row_number(one) or 0 for one in self.models),
            per_buyer=cap("per_buyer", self.per_buyer),
            in_all=cap("in_all", self.in_all),
            evidence=seen.text("evidence", self.evidence),
            papers=tuple(self.papers.splitlines()),
            rest=Rest(self.rest) if self.rest in set(Rest) else Rest.STORE,
        )
        seen.done()
        return said


@router.get(HERE)
def show_schemes(
    request: Request, session: ReadSession, actor: SignedIn, cursor: str | None = None
) -> Response:
    actor.require("settings.view")
    return _page(request, session, actor, cursor=cursor)


@router.post(HERE)
@once
def create_scheme(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[SchemeForm, Form()]
) -> Response:
    store = desk.store_of(session, actor.store_id)
    try:
        schemes.create(session, actor, form.read(store.currency, desk.business_day_of(store)))
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(HERE, 303)


@router.post(HERE + "/{scheme_id}/end")
@once
def end_scheme(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    scheme_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    schemes.end(session, actor, schemes.by_id(session, actor, scheme_id))
    return RedirectResponse(HERE, 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    cursor: str | None = None,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    page = schemes.page(session, actor, cursor=cursor)
    ids = [scheme.id for scheme in page.items]
    return render(
        request,
        "payments/schemes.html",
        status=status_of(refusal) if refusal else 200,
        page=page,
        cursor=cursor,
        schemes=[
            (one, Money(one.most_minor, one.currency), schemes.is_open(one, today))
            for one in page.items
        ],
        pays_for=schemes.models_of(session, ids),
        papers=schemes.papers_of(session, ids),
        models={one.id: _called(one) for one in makers.models(session)},
        buyers=schemes.BUYER_LABELS,
        rests=schemes.REST_LABELS,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _called(model: RobotModel) -> str:
    """With its maker, where the name does not begin with it."""
    maker = model.maker.name
    return model.name if model.name.startswith(maker) else f"{maker} {model.name}"


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(msg("This is no day."), field=field) from None
