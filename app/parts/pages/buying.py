"""What to order: the suggestion list, one click to the orders, and who took the last one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import Text, msg
from app.parts import buying, catalogue, purchasing, scanned, suggestions, suppliers
from app.parts.buyforms import CodeForm, read_choices
from app.parts.models import Part
from app.parts.purchasing import Wanted
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import RowId

router = APIRouter(prefix="/parts/buying")

_PAGE = "parts/buying.html"


@router.get("")
def show_suggestions(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("stock.view")
    return _page(request, session, actor)


@router.post("")
@once
def order_chosen(
    request: Request, session: WriteSession, actor: Acting, form: Submitted
) -> Response:
    """The ticked lines become one order for each supplier."""
    try:
        orders = purchasing.order_wanted(
            session, actor, _wanted(request, session, actor, form.values)
        )
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            typed=form.values,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    if len(orders) == 1:
        return RedirectResponse(f"/parts/orders/{orders[0].number}", 303)
    return RedirectResponse("/parts/orders?show=drafts", 303)


@router.post("/last")
def take_last(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[CodeForm, Form()]
) -> Response:
    """One scan at the bench: this was the last one. Said twice it is said once."""
    code = scanned.read(form.code)
    found = catalogue.by_code(session, actor, code.text)
    if not found:
        raise NotFound(msg("“{code}” is no part of this store.", code=code.text[:60]), field="code")
    buying.took_last(session, actor, found[0])
    if not is_htmx(request):
        return RedirectResponse("/parts/buying", 303)
    return _page(request, session, actor, taken=found[0])


@router.post("/demands/{demand_id}/dismiss")
def dismiss(request: Request, session: WriteSession, actor: Acting, demand_id: RowId) -> Response:  # noqa: ARG001
    """Somebody who orders says that this need not be ordered."""
    buying.dismiss(session, actor, demand_id)
    return RedirectResponse("/parts/buying", 303)


def _wanted(
    request: Request, session: Session, actor: Actor, values: dict[str, str]
) -> list[Wanted]:
    """The ticked lines, each with the reasons that stand on the list now."""
    voice = speech_of(request)
    reasons = {
        each.part.id: " ".join(voice.say(reason) for reason in each.reasons)
        for each in suggestions.suggestions(session, actor)
    }
    return [
        Wanted(
            catalogue.by_id(session, actor, choice.part_id),
            choice.quantity,
            suppliers.by_id(session, actor, choice.supplier_id),
            why=reasons.get(choice.part_id, ""),
        )
        for choice in read_choices(values)
    ]


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    taken: Part | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        _PAGE,
        block="answer",
        status=status,
        lines=suggestions.suggestions(session, actor),
        most=suggestions.MOST_LINES,
        typed=typed,
        problems=problems or {},
        taken=taken,
        fragment=taken is not None,
    )
