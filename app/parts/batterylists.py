"""The batteries that lie in the store, as lists show them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.parts import storage
from app.parts.storage import Kept
from app.web import paging
from app.web.paging import Page

SOON_DAYS = 7
# A store keeps some hundred batteries; a warehouse would want its own list.
MOST = 5_000


class Show(StrEnum):
    ALL = "all"
    DUE = "due"
    ASIDE = "aside"


SHOW_LABELS: dict[Show, Text] = {
    Show.ALL: msg("All batteries"),
    Show.DUE: msg("To check within a week"),
    Show.ASIDE: msg("Set aside"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A page of batteries, and how many there are of each kind of list."""

    page: Page[Kept]
    counts: dict[Show, int]


def listed(
    session: Session,
    actor: Actor,
    show: Show,
    *,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> Found:
    """Those to be looked at first at the head; statements do not grow with the batteries."""
    actor.require("stock.view")
    everything = storage.in_stock(session, actor, most=MOST)
    lists = {each: [one for one in everything if _is_on(one, each)] for each in Show}
    rows = lists[show]
    if cursor:
        day, after_id = paging.decode(cursor, str, int)
        rows = [one for one in rows if _key(one) > (str(day), int(after_id))]
    page = rows[:most]
    after = paging.encode(*_key(page[-1])) if len(rows) > most else None
    return Found(Page(page, after), {each: len(found) for each, found in lists.items()})


def _is_on(one: Kept, show: Show) -> bool:
    if show is Show.DUE:
        return one.days_left <= SOON_DAYS
    return show is Show.ALL or one.is_quarantined


def _key(one: Kept) -> tuple[str, int]:
    due: date = one.due_on
    return due.isoformat(), one.component.id
