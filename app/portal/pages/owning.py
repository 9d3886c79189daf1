"""What every page of an owner needs: whose key opens it, doing something by it, showing it."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import strangers
from app.kernel import queueing
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.portal import ownerview
from app.robots import openpassport
from app.robots.models import Ownership, Unit
from app.service.freetimes import FreeTime
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import database_of
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of

Done = TypeVar("Done")


class OwnersForm(StoreForm):
    """`o` is the owner's key; `form_key` makes a form that is sent twice ask once."""

    o: Typed = ""
    form_key: Typed = ""


def owned_robot(request: Request, session: Session, code: str, key: str) -> tuple[Unit, Ownership]:
    """The robot and its owner's time; raises NotFound for a wrong key as for a wrong robot."""
    try:
        return _owner_in(session, code, key)
    except NotFound:
        count_wrong(request, session)
        raise


def act(
    request: Request,
    session: Session,
    unit: Unit,
    form: OwnersForm,
    verb: Callable[[Session, Unit, Ownership], Done],
) -> Done:
    """Do something to the robot that `owned_robot` gave, in a transaction of its own: only who
    holds the key comes to it.
    """
    store_id, code = unit.store_id, unit.passport_code or ""
    session.rollback()
    with database_of(request).transaction() as own:
        queueing.enter(own, store_id)
        return verb(own, *_owner_in(own, code, form.o))


def count_wrong(request: Request, session: Session) -> None:
    visitor = visitor_of(request)
    strangers.count_wrong(database_of(request), session, page="owner", visitor=visitor)


def back(code: str, key: str, part: str) -> Response:
    return unlisted(RedirectResponse(f"/r/{code}?o={key}#{part}", 303))


def show(
    request: Request,
    session: Session,
    template: str,
    unit: Unit,
    key: str,
    *,
    refusal: StoreError | None = None,
    **context: Any,
) -> Response:
    store = desk.store_of(session, unit.store_id)
    answer = render(
        request,
        template,
        status=status_of(refusal) if refusal else 200,
        unit=unit,
        store=store,
        here=f"/r/{unit.passport_code}",
        # where the choice of a language comes back to: with the key
        path=f"{request.url.path}?{urlencode({'o': key})}",
        owner_key=key,
        speech=speech(language_of(request), store.zone),
        problems=problems_of(refusal) if refusal else {},
        **context,
    )
    return unlisted(answer)


def choices_of(
    request: Request, session: Session, unit: Unit, free: list[FreeTime]
) -> list[dict[str, Any]]:
    """Free times by the store's day, each with what its radio button sends and says."""
    zone = desk.store_of(session, unit.store_id).zone
    said = speech(language_of(request), zone=zone)
    return [
        {
            "day": one.starts_at.astimezone(said.zone).date(),
            "choice": (one.starts_at.isoformat(), said.time(one.starts_at)),
        }
        for one in free
    ]


def _owner_in(session: Session, code: str, key: str) -> tuple[Unit, Ownership]:
    unit = openpassport.by_code(session, code)
    owned = ownerview.owner_by_key(session, unit, key)
    if owned is None:
        raise NotFound(msg("There is no robot at this address."))
    return unit, owned
