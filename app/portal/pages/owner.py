"""A robot's page: what anybody may read whose label they scan, and with the owner's key the rest.

Nothing needs a script. Whoever holds the key reads, books a time, asks for service, and gives the
robot to somebody else; wrong keys are counted by the visitor, and see the public page.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import certificatelists
from app.calibration.certificatelists import STANDING_LABELS, STANDING_TONES
from app.identity import house, strangers
from app.identity.secrets import new_token
from app.kernel import clock, queueing
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import msg
from app.kernel.uploads import MOST_BYTES, PDF
from app.portal import ownerbooking, ownerview, requests
from app.portal.owner_models import KIND_LABELS, STATE_LABELS, STATE_TONES
from app.portal.ownerbooking import WORK_LABELS, Booking, Work
from app.portal.requests import MOST_PHOTOS, Asked, NewOwner
from app.robots import bulletins, openpassport
from app.robots.models import Ownership, Unit
from app.service import links
from app.service.freetimes import FreeTime
from app.stores import desk
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of
from app.web.wire import Number

router = APIRouter()

_REPAIR_KEY_LASTS = timedelta(days=7)
Done = TypeVar("Done")


class OwnersForm(StoreForm):
    """`o` is the owner's key; `form_key` makes a form that is sent twice ask once."""

    o: Typed = ""
    form_key: Typed = ""


class ServiceForm(OwnersForm):
    words: Typed = ""


class BookingForm(OwnersForm):
    work: Typed = ""
    day: Typed = ""
    starts_at: Typed = ""
    words: Typed = ""

    def read_work(self) -> Work:
        return _work(self.work)


class TransferForm(OwnersForm):
    new_name: Typed = ""
    new_email: Typed = ""
    words: Typed = ""
    sure: Typed = ""


@router.get("/r/{code}")
def show_passport(
    request: Request, session: ReadSession, *, code: str, o: str = "", before: str = ""
) -> Response:
    """Model, warranty, calibration, bulletins; with the owner's key the owner's page."""
    unit = openpassport.by_code(session, code)
    if o and ownerview.owner_by_key(session, unit, o) is not None:
        return _owners_page(request, session, unit, o, before=before)
    if o:
        _count_wrong(request, session)
    answer = render(
        request,
        "robots/public.html",
        unit=unit,
        facts=openpassport.facts(session, unit),
        concerns=openpassport.open_bulletins(session, unit),
        kinds=bulletins.KIND_LABELS,
    )
    return unlisted(answer)


@router.get("/r/{code}/book")
def ask_booking(
    request: Request,
    session: ReadSession,
    *,
    code: str,
    o: str = "",
    work: str = "",
    day: str = "",
) -> Response:
    """When the workshop is free for what is to be done."""
    unit, _ = _owned(request, session, code, o)
    typed = BookingForm(o=o, work=work, day=day)
    return _booking_page(request, session, unit, typed)


@router.post("/r/{code}/book")
def book(
    request: Request, session: ReadSession, *, code: str, form: Annotated[BookingForm, Form()]
) -> Response:
    unit, _ = _owned(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        day = ownerbooking.first_day(own, unit.store_id, form.day)
        wished = Booking(form.read_work(), day, form.starts_at, form.words)
        ownerbooking.book(own, unit, owned, wished)

    try:
        _act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = _owned(request, session, code, form.o)
        return _booking_page(request, session, unit, form, refusal=refusal)
    return _back(code, form.o, "repairs")


@router.get("/r/{code}/service")
def ask_for_service(request: Request, session: ReadSession, *, code: str, o: str = "") -> Response:
    """What is wrong, with pictures: the form behind the robot's own label."""
    unit, _ = _owned(request, session, code, o)
    return _service_page(request, session, unit, ServiceForm(o=o))


@router.post("/r/{code}/service")
def request_service(
    request: Request,
    session: ReadSession,
    *,
    code: str,
    form: Annotated[ServiceForm, Form()],
    photos: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    unit, _ = _owned(request, session, code, form.o)
    asked = Asked(form.words, _pictures(photos or []))

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        requests.ask_service(
            own, unit, owned, asked, form_key=form.form_key, files=files_of(request)
        )

    try:
        _act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = _owned(request, session, code, form.o)
        return _service_page(request, session, unit, form, refusal=refusal)
    return _back(code, form.o, "asked")


@router.get("/r/{code}/give")
def ask_transfer(request: Request, session: ReadSession, *, code: str, o: str = "") -> Response:
    """To whom the robot goes."""
    unit, _ = _owned(request, session, code, o)
    return _transfer_page(request, session, unit, TransferForm(o=o))


@router.post("/r/{code}/give")
def start_transfer(
    request: Request, session: ReadSession, *, code: str, form: Annotated[TransferForm, Form()]
) -> Response:
    unit, _ = _owned(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        if not form.sure:
            raise Refused(msg("Please tick this first."), field="sure")
        to = NewOwner(form.new_name, form.new_email, form.words)
        requests.ask_transfer(own, unit, owned, to, form_key=form.form_key)

    try:
        _act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = _owned(request, session, code, form.o)
        return _transfer_page(request, session, unit, form, refusal=refusal)
    return _back(code, form.o, "asked")


@router.get("/r/{code}/certificates/{number}.pdf")
def download_certificate(
    request: Request, session: ReadSession, *, code: str, number: str, o: str = ""
) -> Response:
    """A certificate of this robot's, as it was issued."""
    unit, _ = _owned(request, session, code, o)
    for one in certificatelists.of_unit(session, unit.id):
        if one.certificate.number == number:
            pdf = one.certificate.pdf
            return unlisted(file_response(pdf, media_type=PDF, name=f"{number}.pdf"))
    raise NotFound(msg("There is no certificate at this address."))


@router.post("/r/{code}/repairs/{number}")
def open_repair(
    request: Request,
    session: ReadSession,
    *,
    code: str,
    number: Number,
    form: Annotated[OwnersForm, Form()],
) -> Response:
    """To a repair's own page, by a key of some days."""
    unit, _ = _owned(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> str:
        ticket = ownerview.repair_of(own, owned, number)
        if ticket is None:
            raise NotFound(msg("There is no repair at this address."))
        until = clock.now() + _REPAIR_KEY_LASTS
        return links.new(own, house.writing_letters(unit.store_id), ticket, expires_at=until)

    key = _act(request, session, unit, form, write)
    return unlisted(RedirectResponse(f"/s/{key}", 303))


def _act(
    request: Request,
    session: Session,
    unit: Unit,
    form: OwnersForm,
    verb: Callable[[Session, Unit, Ownership], Done],
) -> Done:
    """Do something to the robot that `_owned` gave, in a transaction of its own: only who holds
    the key comes to it.
    """
    store_id, code = unit.store_id, unit.passport_code or ""
    session.rollback()
    with database_of(request).transaction() as own:
        queueing.enter(own, store_id)
        return verb(own, *_owner_in(own, code, form.o))


def _owned(request: Request, session: Session, code: str, key: str) -> tuple[Unit, Ownership]:
    """The robot and its owner's time; raises NotFound for a wrong key as for a wrong robot."""
    try:
        return _owner_in(session, code, key)
    except NotFound:
        _count_wrong(request, session)
        raise


def _owner_in(session: Session, code: str, key: str) -> tuple[Unit, Ownership]:
    unit = openpassport.by_code(session, code)
    owned = ownerview.owner_by_key(session, unit, key)
    if owned is None:
        raise NotFound(msg("There is no robot at this address."))
    return unit, owned


def _count_wrong(request: Request, session: Session) -> None:
    visitor = visitor_of(request)
    strangers.count_wrong(database_of(request), session, page="owner", visitor=visitor)


def _work(text: str) -> Work:
    if text not in set(Work):
        raise Refused(msg("Choose one of these."), field="work")
    return Work(text)


def _pictures(sent: list[UploadFile]) -> list[bytes]:
    """One picture, and one byte, too many is enough to refuse them."""
    chosen = [one for one in sent if one.filename]
    return [one.file.read(MOST_BYTES + 1) for one in chosen[: MOST_PHOTOS + 1]]


def _back(code: str, key: str, part: str) -> Response:
    return unlisted(RedirectResponse(f"/r/{code}?o={key}#{part}", 303))


def _page(
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


def _owners_page(
    request: Request, session: Session, unit: Unit, key: str, *, before: str
) -> Response:
    owned = ownerview.owner_by_key(session, unit, key)
    if owned is None:
        raise NotFound(msg("There is no robot at this address."))
    return _page(
        request,
        session,
        "portal/owner.html",
        unit,
        key,
        robot=ownerview.of_robot(session, unit, owned),
        owned=owned,
        lines=openpassport.history(session, unit, cursor=before or None),
        kinds=bulletins.KIND_LABELS,
        asked_kinds=KIND_LABELS,
        asked_states=STATE_LABELS,
        asked_tones=STATE_TONES,
        asked_label=requests.label,
        standings=STANDING_LABELS,
        standing_tones=STANDING_TONES,
    )


def _booking_page(
    request: Request,
    session: Session,
    unit: Unit,
    form: BookingForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    day = ownerbooking.first_day(session, unit.store_id, form.day)
    work = Work(form.work) if form.work in set(Work) else None
    free = ownerbooking.free_times(session, unit, work, day) if work else None
    return _page(
        request,
        session,
        "portal/book.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        day=day,
        works=WORK_LABELS,
        free=None if free is None else _shown(request, session, unit, free),
    )


def _shown(
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


def _service_page(
    request: Request,
    session: Session,
    unit: Unit,
    form: ServiceForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return _page(
        request,
        session,
        "portal/ask_service.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        form_key=form.form_key or new_token(),
        most=MOST_PHOTOS,
    )


def _transfer_page(
    request: Request,
    session: Session,
    unit: Unit,
    form: TransferForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return _page(
        request,
        session,
        "portal/give.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        form_key=form.form_key or new_token(),
    )
