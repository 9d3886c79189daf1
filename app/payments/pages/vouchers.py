"""Schemes of authorities, and the desk at which their money is claimed."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import ConfigDict
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.text import msg
from app.payments import schemes, voucherclaims, vouchers
from app.payments.models import Bill
from app.payments.schemes import SchemeInput
from app.payments.voucher_models import Buyers, Voucher
from app.robots import makers
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter()
SETTINGS, DESK = "/settings/schemes", "/books/vouchers"


class SchemeForm(StoreForm):
    name: Typed = ""
    authority: Typed = ""
    share: Typed = ""
    most: Typed = ""
    valid_from: Typed = ""
    valid_until: Typed = ""
    buyers: Typed = "anybody"
    model: Typed = ""
    per_buyer: Typed = "1"
    in_all: Typed = ""
    evidence: Typed = ""

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
            model_id=row_number(self.model),
            per_buyer=cap("per_buyer", self.per_buyer),
            in_all=cap("in_all", self.in_all),
            evidence=seen.text("evidence", self.evidence),
        )
        seen.done()
        return said


class SettleForm(StoreForm):
    """Fields `paid-12` say what came for each voucher."""

    model_config = ConfigDict(extra="allow")

    note: Typed = ""

    def read(self, batch: list[Voucher]) -> dict[int, Money]:
        seen = Reading()
        paid = {
            voucher.id: seen.take(
                f"paid-{voucher.id}",
                partial(self._paid, voucher),
                Money(0, voucher.currency),
            )
            for voucher in batch
        }
        seen.done()
        return paid

    def _paid(self, voucher: Voucher) -> Money:
        field = f"paid-{voucher.id}"
        text = str((self.model_extra or {}).get(field, ""))[:40]
        return parse_money(text, voucher.currency, field=field)


@router.get(SETTINGS)
def show_schemes(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _schemes(request, session, actor)


@router.post(SETTINGS)
@once
def create_scheme(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[SchemeForm, Form()]
) -> Response:
    store = desk.store_of(session, actor.store_id)
    try:
        said = form.read(store.currency, desk.business_day_of(store))
        if said.model_id is not None and said.model_id not in {
            one.id for one in makers.models(session)
        }:
            raise Refused(msg("There is no such model."), field="model")
        schemes.create(session, actor, said)
    except StoreError as refusal:
        session.rollback()
        return _schemes(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse(SETTINGS, 303)


@router.post(SETTINGS + "/{scheme_id}/end")
@once
def end_scheme(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    scheme_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    schemes.end(session, actor, schemes.by_id(session, actor, scheme_id))
    return RedirectResponse(SETTINGS, 303)


@router.get(DESK)
def show_desk(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    """What waits to be claimed, what was claimed, and what goes back to an authority."""
    actor.require("books.view")
    return _desk(request, session, actor)


@router.post(DESK + "/claim/{scheme_id}")
@once
def claim(
    request: Request,
    session: WriteSession,
    actor: Acting,
    scheme_id: RowId,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act() -> None:
        voucherclaims.send(session, actor, schemes.by_id(session, actor, scheme_id))

    return _acted(request, session, actor, act, form)


@router.post(DESK + "/{number}/settle")
@once
def settle(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[SettleForm, Form()],
) -> Response:
    def act() -> None:
        found = voucherclaims.by_number(session, actor, number)
        paid = form.read(voucherclaims.of_claim(session, found.id))
        voucherclaims.settle(session, actor, found, paid, note=form.note)

    return _acted(request, session, actor, act, form, which=number)


@router.post(DESK + "/send-back/{voucher_id}")
@once
def send_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    voucher_id: RowId,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act() -> None:
        voucherclaims.send_back(session, actor, voucher_id)

    return _acted(request, session, actor, act, form)


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    act: Callable[[], None],
    form: StoreForm,
    *,
    which: int = 0,
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _desk(request, session, actor, typed=form.typed(), refusal=refusal, which=which)
    return RedirectResponse(DESK, 303)


def _schemes(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    models = {one.id: f"{one.maker.name} {one.name}" for one in makers.models(session)}
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    return render(
        request,
        "payments/schemes.html",
        status=status_of(refusal) if refusal else 200,
        schemes=[
            (one, Money(one.most_minor, one.currency), schemes.is_open(one, today))
            for one in schemes.of_store(session, actor.store_id)
        ],
        models=models,
        buyers=schemes.BUYER_LABELS,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _desk(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
    which: int = 0,
) -> Response:
    store = desk.store_of(session, actor.store_id)
    today = desk.business_day_of(store)

    def row(voucher: Voucher) -> tuple[Voucher, Money, str, int]:
        bill = session.get_one(Bill, voucher.bill_id)
        order = bill.reference.removeprefix("order:")
        return voucher, vouchers.open_value(voucher), order, (today - voucher.used_on).days

    waiting = []
    for scheme in schemes.of_store(session, actor.store_id):
        batch = [row(one) for one in voucherclaims.unclaimed(session, scheme)]
        if batch:
            waiting.append((scheme, batch))
    return render(
        request,
        "payments/vouchers.html",
        status=status_of(refusal) if refusal else 200,
        waiting=waiting,
        claims=[
            (
                one,
                schemes.by_id(session, actor, one.scheme_id),
                (today - desk.business_day_of(store, one.sent_at)).days,
                [row(voucher) for voucher in voucherclaims.of_claim(session, one.id)],
            )
            for one in voucherclaims.unsettled(session, actor.store_id)
        ],
        owed_back=[row(one) for one in voucherclaims.owed_back(session, actor.store_id)],
        which=which,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(msg("This is no day."), field=field) from None
