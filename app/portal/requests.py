"""What an owner asks for from the robot's page, and what the store does about it.

Service becomes a ticket with one press, a transfer becomes the new owner's robot; or it is declined
with a reason, which the owner is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused, TooMany
from app.kernel.filestore import FileStore
from app.kernel.mail import read_mail
from app.kernel.text import Text, msg
from app.kernel.uploads import read_photo
from app.portal.owner_models import (
    STATE_LABELS,
    OwnerRequest,
    OwnerRequestPhoto,
    RequestKind,
    RequestState,
)
from app.robots.models import Ownership, Unit
from app.service import tickets
from app.service.models import Ticket
from app.web import paging
from app.web.forms import Reading

MOST_PHOTOS = 12
_LONGEST = 5_000
_LONGEST_LINE = 200
_LONGEST_KEY = 64
# By one robot: what waits for the store, and what was asked within a day.
_MOST_OPEN = 5
_MOST_A_DAY = 10
_A_DAY = timedelta(days=1)
_SERIES = "owner_request"
_AN_HOUR_S = 3_600
_SHORT = 120
NEEDS = {RequestKind.SERVICE: "service.plan", RequestKind.TRANSFER: "robots.transfer"}
_WITH = (
    joinedload(OwnerRequest.unit).options(joinedload(Unit.model), joinedload(Unit.maker)),
    joinedload(OwnerRequest.customer),
    joinedload(OwnerRequest.ticket),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wrong, in the owner's words, with pictures of it."""

    words: str
    photos: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class NewOwner:
    """Who is to have the robot, as the one who gives it says."""

    name: str
    email: str
    words: str = ""


def label(request: OwnerRequest) -> str:
    """The number as people read it."""
    return f"R-{request.number}"


def reference(request: OwnerRequest) -> str:
    """What letters and the audit call it."""
    return f"request:{label(request)}"


def page(request: OwnerRequest) -> str:
    return f"/service/requests/{request.number}"


def said_of(request: OwnerRequest) -> Text:
    """What was asked, in a few words."""
    if request.kind is RequestKind.TRANSFER:
        return msg("To {name}", name=request.new_name or "–")
    return msg("{words}", words=" ".join(request.words.split())[:_SHORT])


def ask_service(
    session: Session,
    unit: Unit,
    owned: Ownership,
    asked: Asked,
    *,
    form_key: str,
    files: FileStore | None = None,
) -> OwnerRequest:
    """The owner asks the store to look at the robot. Pictures go into `files`; the same
    form sent twice asks once.

    Raises Invalid or Refused by field, TooLarge for a picture, TooMany for too many requests.
    """
    there = _sent_before(session, unit, form_key)
    if there is not None:
        return there
    seen = Reading()
    words = seen.text("words", asked.words, most=_LONGEST, required=True)
    seen.done()
    if len(asked.photos) > MOST_PHOTOS:
        raise Refused(msg("At most {most} pictures at once.", most=MOST_PHOTOS), field="photos")
    _end_of_others(session, owned)
    _require_few(session, unit)
    kept = [read_photo(picture, field="photos") for picture in asked.photos]
    row = _new(unit, owned, RequestKind.SERVICE, form_key)
    row.words = words
    _add(session, owned, row)
    now = clock.now()
    if files is not None:
        session.add_all(
            OwnerRequestPhoto(request_id=row.id, sha256=files.put(picture.content), at=now)
            for picture in kept
        )
        session.flush()
    return row


def ask_transfer(
    session: Session, unit: Unit, owned: Ownership, to: NewOwner, *, form_key: str
) -> OwnerRequest:
    """The owner gives the robot to somebody else; it is theirs when the store has confirmed it.

    Raises Conflict where one waits already.
    """
    there = _sent_before(session, unit, form_key)
    if there is not None:
        return there
    seen = Reading()
    name = seen.text("new_name", to.name, most=_LONGEST_LINE, required=True)
    email = seen.text("new_email", to.email, most=_LONGEST_LINE, required=True)
    if email:
        email = seen.take("new_email", lambda: read_mail(email), email)
    words = seen.text("words", to.words, most=_LONGEST)
    seen.done()
    _end_of_others(session, owned)
    if any(one.kind is RequestKind.TRANSFER for one in open_of_unit(session, unit.id)):
        raise Conflict(msg("A transfer of this robot waits for the store already."))
    _require_few(session, unit)
    row = _new(unit, owned, RequestKind.TRANSFER, form_key)
    row.words, row.new_name, row.new_email = words, name, email
    _add(session, owned, row)
    return row


def by_number(session: Session, actor: Actor, number: int) -> OwnerRequest:
    """The store's request of this number; raises NotFound."""
    actor.require("service.view")
    found = session.scalar(_of_store(actor).where(OwnerRequest.number == number))
    if found is None:
        raise NotFound(msg("There is no such request in this store."))
    return found


def listed(
    session: Session, actor: Actor, *, state: RequestState | None = None, cursor: str | None = None
) -> paging.Page[OwnerRequest]:
    """The store's requests, the newest first."""
    actor.require("service.view")
    wanted = _of_store(actor).order_by(OwnerRequest.id.desc()).limit(paging.PAGE + 1)
    if state is not None:
        wanted = wanted.where(OwnerRequest.state == state)
    if cursor:
        (last,) = paging.decode(cursor, int)
        wanted = wanted.where(OwnerRequest.id < last)
    rows = list(session.scalars(wanted))
    shown = rows[: paging.PAGE]
    more = len(rows) > paging.PAGE
    return paging.Page(shown, paging.encode(shown[-1].id) if more else None)


def of_ownership(session: Session, owned: Ownership) -> list[OwnerRequest]:
    """What this owner has asked for, the newest first."""
    return list(
        session.scalars(
            select(OwnerRequest)
            .where(OwnerRequest.unit_id == owned.unit_id, OwnerRequest.ownership_id == owned.id)
            .order_by(OwnerRequest.id.desc())
            .limit(_MOST_A_DAY)
        )
    )


def open_of_unit(session: Session, unit_id: int) -> list[OwnerRequest]:
    """What waits for the store."""
    return list(
        session.scalars(
            select(OwnerRequest)
            .where(OwnerRequest.unit_id == unit_id, OwnerRequest.state == RequestState.OPEN)
            .order_by(OwnerRequest.id)
        )
    )


def photos_of(session: Session, request: OwnerRequest) -> list[OwnerRequestPhoto]:
    return list(
        session.scalars(
            select(OwnerRequestPhoto)
            .where(OwnerRequestPhoto.request_id == request.id)
            .order_by(OwnerRequestPhoto.id)
        )
    )


def photo_by_id(session: Session, request: OwnerRequest, photo_id: int) -> OwnerRequestPhoto:
    """A picture of this request; raises NotFound."""
    photo = session.get(OwnerRequestPhoto, photo_id)
    if photo is None or photo.request_id != request.id:
        raise NotFound(msg("There is no such picture of this request."))
    return photo


def may_decide(actor: Actor, request: OwnerRequest) -> bool:
    return request.state is RequestState.OPEN and actor.may(NEEDS[request.kind])


def require_open(session: Session, actor: Actor, request: OwnerRequest) -> None:
    """Raises Conflict for one that is decided, or whose owner has the robot no more."""
    actor.require(NEEDS[request.kind])
    if request.store_id != actor.store_id:
        raise Forbidden(msg("There is no such request in this store."))
    session.refresh(request, ["state", "decided_at", "decided_by"], with_for_update=True)
    if request.state is not RequestState.OPEN:
        raise Conflict(
            msg(
                "{number} is {state} already, by {who}.",
                number=label(request),
                state=STATE_LABELS[request.state],
                who=request.decided_by,
            ),
            link=page(request),
        )


def require_owner(session: Session, request: OwnerRequest) -> None:
    owned = session.get_one(Ownership, request.ownership_id)
    if owned.until is not None:
        raise Conflict(
            msg("The robot has another owner since. Decline {number}.", number=label(request)),
            link=page(request),
        )


def decide(
    session: Session,
    actor: Actor,
    request: OwnerRequest,
    state: RequestState,
    *,
    ticket: Ticket | None = None,
    why: str = "",
) -> None:
    """Write down what became of it; whoever calls has done it."""
    request.state, request.why = state, why
    request.decided_at, request.decided_by = clock.now(), actor.name
    request.ticket_id = ticket.id if ticket is not None else None
    session.flush()
    audit.record(
        session,
        actor,
        f"owner_request.{state}",
        subject=reference(request),
        after={"ticket": tickets.label(ticket) if ticket is not None else None},
        reason=why or None,
    )


def _of_store(actor: Actor) -> Select[OwnerRequest]:
    return select(OwnerRequest).where(OwnerRequest.store_id == actor.store_id).options(*_WITH)


def _sent_before(session: Session, unit: Unit, form_key: str) -> OwnerRequest | None:
    if not 1 <= len(form_key) <= _LONGEST_KEY:
        raise Refused(msg("This page was open too long. Reload it and try again."), field="form")
    return session.scalar(
        select(OwnerRequest).where(
            OwnerRequest.form_key == form_key, OwnerRequest.unit_id == unit.id
        )
    )


def _end_of_others(session: Session, owned: Ownership) -> None:
    """What an owner before asked for is nobody's wish any more, and stands in no one's way."""
    house = Actor(store_id=0, name="portal", role="house")
    for one in open_of_unit(session, owned.unit_id):
        if one.ownership_id != owned.id:
            one.new_name = one.new_email = ""
            decide(session, replace(house, store_id=one.store_id), one, RequestState.DECLINED)


def _require_few(session: Session, unit: Unit) -> None:
    """However often the key is passed on: so much by one robot."""
    if len(open_of_unit(session, unit.id)) >= _MOST_OPEN:
        raise TooMany(
            msg("{most} requests wait for the store already.", most=_MOST_OPEN),
            retry_after_s=_AN_HOUR_S,
        )
    today = session.scalar(
        select(func.count())
        .select_from(OwnerRequest)
        .where(OwnerRequest.unit_id == unit.id, OwnerRequest.made_at > clock.now() - _A_DAY)
    )
    if (today or 0) >= _MOST_A_DAY:
        raise TooMany(
            msg("That is enough for one day. Please call the store."), retry_after_s=_AN_HOUR_S
        )


def _new(unit: Unit, owned: Ownership, kind: RequestKind, form_key: str) -> OwnerRequest:
    return OwnerRequest(
        store_id=unit.store_id,
        number=0,
        unit_id=unit.id,
        ownership_id=owned.id,
        customer_id=owned.customer_id,
        kind=kind,
        form_key=form_key,
        made_at=clock.now(),
    )


def _add(session: Session, owned: Ownership, row: OwnerRequest) -> None:
    row.number = numbers.allot(session, store_id=row.store_id, series=_SERIES)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(msg("This was sent already. Look again.")) from None
    owner = Actor(store_id=row.store_id, name="owner", role="customer")
    audit.record(
        session,
        owner,
        "owner_request.made",
        subject=reference(row),
        after={"kind": row.kind, "unit_id": row.unit_id, "ownership_id": owned.id},
    )
