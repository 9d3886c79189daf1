"""A voucher at the counter: the schemes that are open today, and what each pays of this sale."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import Refused, StoreError
from app.kernel.quantity import row_number
from app.kernel.text import Text, msg
from app.payments import schemes, vouchers
from app.sales import cart, vouchergoods, voucherpay
from app.sales.forms import TenderForm
from app.sales.models import Order
from app.sales.pages.paying import after, order_meant
from app.sales.pages.till import Visit, back_into_dialog
from app.web.errors import status_of
from app.web.forms import Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter()


class VoucherForm(TenderForm):
    scheme: Typed = ""
    code: Typed = ""
    evidence: Typed = ""


@router.get("/counter/voucher")
def ask(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    visit = Visit(request, session, actor)
    return _dialog(visit, visit.require_basket(), typed={}, problems={})


@router.post("/counter/voucher")
@once
def use(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[VoucherForm, Form()]
) -> Response:
    visit = Visit(request, session, actor)
    order = order_meant(visit, form)
    try:
        scheme_id = row_number(form.scheme)
        if scheme_id is None:
            raise Refused(msg("Choose a scheme."), field="scheme")
        scheme = schemes.by_id(session, actor, scheme_id)
        voucherpay.pay(session, actor, order, scheme, code=form.code, evidence=form.evidence)
    except StoreError as refusal:
        session.rollback()
        return back_into_dialog(
            _dialog(
                visit,
                visit.require_basket(),
                typed=form.typed(),
                problems=problems_of(refusal),
                status=status_of(refusal),
            )
        )
    return after(visit, order)


def _dialog(
    visit: Visit,
    order: Order,
    *,
    typed: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    offered = []
    for scheme in schemes.open_today(visit.session, order.store_id):
        goods = vouchergoods.goods_for(visit.session, order, scheme)
        if goods:
            offered.append((scheme, vouchers.worth(scheme, goods)))
    return render(
        visit.request,
        "sales/voucher_dialog.html",
        block="dialog",
        status=status,
        order=order,
        due=cart.due(visit.session, order),
        offered=offered,
        typed=typed,
        problems=problems,
    )
