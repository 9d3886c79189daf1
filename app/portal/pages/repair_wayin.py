"""The second way to a repair's page: its number, and the last digits of the phone."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import StoreError, TooMany
from app.portal import waysin
from app.portal.pages.opening import private
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.rendering import render
from app.web.sessions import database_of
from app.web.visitors import visitor_of

router = APIRouter(prefix="/s")


class WayInForm(StoreForm):
    """What stands on the receipt, and what its owner knows."""

    number: Typed = ""
    digits: Typed = ""


@router.get("")
def ask_number(request: Request) -> Response:
    return _page(request, WayInForm())


@router.post("")
def open_repair(request: Request, form: Annotated[WayInForm, Form()]) -> Response:
    """To the repair's page by a key for two hours. Every miss looks alike."""
    try:
        key = waysin.open_by(
            database_of(request),
            number=form.number,
            digits=form.digits,
            visitor=visitor_of(request),
        )
    except StoreError as refusal:
        return _page(request, form, refusal=refusal)
    return private(RedirectResponse(f"/s/{key}", 303))


def _page(request: Request, form: WayInForm, *, refusal: StoreError | None = None) -> Response:
    answer = render(
        request,
        "portal/repair_wayin.html",
        status=status_of(refusal) if refusal else 200,
        typed=form.typed(),
        problems=problems_of(refusal) if refusal else {},
    )
    if isinstance(refusal, TooMany):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    return private(answer)
