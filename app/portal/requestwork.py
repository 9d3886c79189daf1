"""How the store answers an owner's request: a ticket, a new owner, or no with a reason."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.portal import letters, ownerkeys, requests
from app.portal.letters import Words
from app.portal.owner_models import OwnerRequest, RequestKind, RequestState
from app.robots import transfers
from app.robots.models import Unit
from app.robots.transfers import WipeStatement
from app.service import intake, notes, photos, tickets
from app.service.models import Ticket
from app.service.photos import Taken
from app.service.states import PhotoStage
from app.web.forms import Reading

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who gets the robot: `customer` names one who is known (`C-12`), else one is made of what the
    owner said. And what becomes of the data in the robot.
    """

    data: WipeStatement
    customer: str = ""


def take_over(session: Session, actor: Actor, request: OwnerRequest) -> Ticket:
    """A ticket is booked for it, with its words and pictures; or they go on the one that is open.

    Raises Conflict for one that is decided, or whose owner has the robot no more.
    """
    _require_kind(request, RequestKind.SERVICE)
    requests.require_open(session, actor, request)
    requests.require_owner(session, request)
    ticket = tickets.open_of(session, request.unit_id)
    if ticket is None or ticket.store_id != actor.store_id:
        ticket = intake.book_in(
            session,
            actor,
            request.unit,
            complaint=request.words,
            customer_id=request.customer_id,
        )
    else:
        notes.add(session, actor, ticket, f"{requests.label(request)}: {request.words}"[:_LONGEST])
    hashes = [photo.sha256 for photo in requests.photos_of(session, request)]
    if hashes:
        taken = Taken(PhotoStage.INTAKE, caption=requests.label(request), is_shared=True)
        photos.add_kept(session, actor, ticket, hashes, taken)
    requests.decide(session, actor, request, RequestState.TAKEN, ticket=ticket)
    words = Words(
        msg("{number}: your request", number=tickets.label(ticket)),
        [
            msg("We have your request for {robot}.", robot=_robot(session, request)),
            msg("How far it is you see here at any time:"),
        ],
        letters.repair_link(session, ticket),
    )
    letters.about_ticket(session, ticket, "request", request.id, words)
    return ticket


def decline(session: Session, actor: Actor, request: OwnerRequest, *, why: str) -> None:
    """The owner is told that the store does not do it, and why."""
    requests.require_open(session, actor, request)
    seen = Reading()
    said = seen.text("why", why, most=_LONGEST, required=True)
    seen.done()
    requests.decide(session, actor, request, RequestState.DECLINED, why=said)
    # who was to have the robot is nobody's business any more
    request.new_name = request.new_email = ""
    session.flush()
    _tell(session, request, msg("We cannot do what you asked for."), msg("{words}", words=said))


def confirm_transfer(
    session: Session, actor: Actor, request: OwnerRequest, given: Confirmed
) -> Customer:
    """The robot is the new owner's. The old key ends, the new owner gets another."""
    _require_kind(request, RequestKind.TRANSFER)
    requests.require_open(session, actor, request)
    requests.require_owner(session, request)
    unit = session.get_one(Unit, request.unit_id)
    to = _new_owner(session, actor, request, given)
    transfers.transfer(session, actor, unit, to, data=given.data)
    requests.decide(session, actor, request, RequestState.TAKEN)
    _tell(session, request, msg("The robot is another owner’s now. Your link to it has ended."))
    ownerkeys.welcome(
        session,
        [unit],
        customer_id=to.id,
        key=(f"robot:{unit.id}", "transferred", request.id),
        subject=msg("Your robot {serial}", serial=unit.serial),
        first=msg("From today on the robot is yours."),
    )
    return to


def _require_kind(request: OwnerRequest, kind: RequestKind) -> None:
    if request.kind is not kind:
        raise Conflict(
            msg("{number} asks for something else.", number=requests.label(request)),
            link=requests.page(request),
        )


def _new_owner(session: Session, actor: Actor, request: OwnerRequest, given: Confirmed) -> Customer:
    if clean(given.customer):
        return transfers.customer_meant(session, actor, given.customer)
    return book.add(
        session,
        actor,
        CustomerInput(CustomerKind.PERSON, request.new_name, email=request.new_email),
    )


def _tell(session: Session, request: OwnerRequest, *lines: Text) -> None:
    about = msg("This is about {robot}.", robot=_robot(session, request))
    letters.about_sale(
        session,
        store_id=request.store_id,
        customer_id=request.customer_id,
        key=(requests.reference(request), "decided", request.id),
        words=Words(
            msg("{number}: your request", number=requests.label(request)),
            [about, *lines],
            lambda: "",
        ),
        is_repair=request.kind is RequestKind.SERVICE,
    )


def _robot(session: Session, request: OwnerRequest) -> Text:
    return letters.robot_of(session, request.unit_id)
