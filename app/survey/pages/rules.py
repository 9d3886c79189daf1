"""How the store asks, in its settings."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.searchkeys import figures
from app.survey import rules
from app.survey.rules import LIMITS, Rules
from app.web.errors import status_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/settings/survey")
_MOST_DIGITS = 6


class RulesForm(StoreForm):
    asks: Typed = ""
    quiet_days: Typed = ""
    valid_days: Typed = ""
    follow_up_days: Typed = ""
    least_answers: Typed = ""

    def read(self) -> Rules:
        seen = Reading()
        counts = {
            name: seen.take(name, partial(_whole, getattr(self, name), name), least)
            for name, (least, _) in LIMITS.items()
        }
        seen.done()
        return Rules(asks=bool(self.asks), **counts)


@router.get("")
def show_rules(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("settings.view")
    return _page(request, session, actor)


@router.post("")
@once
def change_rules(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RulesForm, Form()]
) -> Response:
    try:
        rules.change(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, typed=form.typed(), refusal=refusal)
    return RedirectResponse("/settings/survey", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    now = rules.of_store(session, actor.store_id)
    shown = {name: str(getattr(now, name)) for name in LIMITS} | {"asks": "yes" if now.asks else ""}
    return render(
        request,
        "survey/rules.html",
        status=status_of(refusal) if refusal else 200,
        form=typed or shown,
        problems=problems_of(refusal) if refusal else {},
    )


def _whole(typed: str, field: str) -> int:
    plain = figures(typed)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS):
        raise Refused(rules.between(*LIMITS[field]), field=field)
    return int(plain)
