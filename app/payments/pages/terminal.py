"""Which till a page is about: the one that was chosen, else the terminal's own."""

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import till_at
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.payments.forms import TillForm
from app.stores import desk
from app.stores.models import Till


def till_of(request: Request, session: Session, actor: Actor, chosen: str) -> Till:
    """The till that is meant; raises NotFound when that cannot be told."""
    till = till_or_none(request, desk.tills_of(session, actor.store_id), chosen)
    if till is None:
        raise NotFound(msg("Choose a till first."), link="/till")
    return till


def till_or_none(request: Request, tills_here: list[Till], chosen: str) -> Till | None:
    """The named till, else the terminal's, else the store's only one."""
    wanted = chosen or str(till_at(request) or "")
    if wanted:
        return next((till for till in tills_here if str(till.id) == wanted), None)
    return tills_here[0] if len(tills_here) == 1 else None


def to_till(form: TillForm) -> Response:
    address = f"/till?till={form.till}" if form.till.isdigit() else "/till"
    return RedirectResponse(address, 303)
