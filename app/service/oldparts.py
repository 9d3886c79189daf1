"""What a job leaves on its bench: old parts that came out, and new ones that were not needed.

Each goes somewhere before the ticket closes: kept for the maker, back on a shelf, to scrap, to the
owner.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.text import Text, msg
from app.parts import issuing, places
from app.parts.buying_models import CoreReturn
from app.parts.issuing import Issued
from app.parts.models import Place, PlaceKind
from app.service import tickets
from app.service.models import Ticket


class Fate(StrEnum):
    MAKER = "maker"
    SHELF = "shelf"
    SCRAP = "scrap"
    OWNER = "owner"


FATE_LABELS: dict[Fate, Text] = {
    Fate.MAKER: msg("Keep for the maker"),
    Fate.SHELF: msg("Back on a shelf"),
    Fate.SCRAP: msg("Scrap"),
    Fate.OWNER: msg("To the owner"),
}
_PLACES: dict[Fate, PlaceKind] = {
    Fate.MAKER: PlaceKind.QUARANTINE,
    Fate.SCRAP: PlaceKind.SCRAP,
    Fate.OWNER: PlaceKind.CUSTOMER,
}


@dataclass(frozen=True, slots=True)
class Lying:
    """A piece on the bench; `core`: it belongs to the maker, and has to go back by a day."""

    issued: Issued
    core: CoreReturn | None


def lying(session: Session, ticket: Ticket) -> list[Lying]:
    """What lies on the bench for a ticket: two statements, one where nothing does."""
    owner = tickets.reference(ticket)
    issued = issuing.outstanding(session, ticket.store_id, owner)
    if not issued:
        return []
    cores = session.scalars(
        select(CoreReturn).where(
            CoreReturn.store_id == ticket.store_id,
            CoreReturn.owner == owner,
            CoreReturn.ended_at.is_(None),
        )
    ).all()
    return [Lying(one, next((core for core in cores if _is(core, one)), None)) for one in issued]


def settle(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    part_id: int,
    fate: Fate,
    *,
    component_id: int | None = None,
    lot: str = "",
    place_code: str = "",
) -> None:
    """A piece goes from the bench to where it ends up; `place_code` is the scanned bin of a shelf.

    Raises Conflict for a part of the maker's that is to go anywhere else.
    """
    actor.require("service.work")
    for one in lying(session, ticket):
        is_meant = one.issued.part.id == part_id and component_id in {
            None,
            one.issued.component.id if one.issued.component else None,
        }
        if is_meant and one.core is not None and fate is not Fate.MAKER:
            raise Conflict(
                msg(
                    "{part} belongs to its maker and has to go back by {day}.",
                    part=one.issued.part.number,
                    day=one.core.due_on,
                ),
                field="fate",
                link="/parts/returns",
            )
    issuing.settle(
        session,
        actor,
        tickets.reference(ticket),
        part_id,
        component_id=component_id,
        lot=lot,
        to=_place(session, actor, fate, place_code),
        reason=f"{fate}",
    )


def _place(session: Session, actor: Actor, fate: Fate, code: str) -> Place:
    if fate is not Fate.SHELF:
        return places.standard(session, actor.store_id, _PLACES[fate])
    if not code:
        raise Refused(msg("Scan the bin that it goes to."), field="place")
    place = places.by_code(session, actor, code, field="place")
    if place.kind is not PlaceKind.BIN:
        raise Refused(msg("{place} is no bin.", place=places.label_of(place)), field="place")
    return place


def _is(core: CoreReturn, issued: Issued) -> bool:
    component = issued.component.id if issued.component else None
    return core.part_id == issued.part.id and core.component_id in {None, component}
