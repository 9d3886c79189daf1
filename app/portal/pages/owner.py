"""A robot's page: what anybody may read whose label they scan, and with the owner's key the rest.

Nothing needs a script. Whoever holds the key reads, books a time, asks for service, and gives the
robot to somebody else; wrong keys are counted by the visitor, and see the public page.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import StringConstraints
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import certificatelists
from app.calibration.certificatelists import STANDING_LABELS, STANDING_TONES
from app.identity import house
from app.identity.secrets import new_token
from app.kernel import clock
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import msg
from app.kernel.uploads import MOST_BYTES, PDF
from app.portal import ownerbooking, ownerview, requests
from app.portal.owner_models import KIND_LABELS, STATE_LABELS, STATE_TONES
from app.portal.ownerbooking import WORK_LABELS, Booking, Work
from app.portal.pages.owning import (
    OwnersForm,
    act,
    back,
    choices_of,
    count_wrong,
    owned_robot,
    show,
)
from app.portal.requests import MOST_PHOTOS, Asked, NewOwner
from app.robots import bulletins, openpassport
from app.robots.models import Ownership, Unit
from app.service import links
from app.web.files import file_response, files_of
from app.web.forms import Typed
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.unlisted import unlisted
from app.web.wire import Number

router = APIRouter()

_REPAIR_KEY_LASTS = timedelta(days=7)


# Whatever its length, it comes back with what is wrong with it.
_Words = Annotated[str, StringConstraints(max_length=400_000)]


class ServiceForm(OwnersForm):
    words: _Words = ""


class BookingForm(OwnersForm):
    work: Typed = ""
    day: Typed = ""
    starts_at: Typed = ""
    words: _Words = ""

    def read_work(self) -> Work:
        return _work(self.work)


class TransferForm(OwnersForm):
    new_name: Typed = ""
    new_email: Typed = ""
    words: _Words = ""
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
        count_wrong(request, session)
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
    unit, _ = owned_robot(request, session, code, o)
    typed = BookingForm(o=o, work=work, day=day)
    return _booking_page(request, session, unit, typed)


@router.post("/r/{code}/book")
def book(
    request: Request, session: ReadSession, *, code: str, form: Annotated[BookingForm, Form()]
) -> Response:
    unit, _ = owned_robot(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        day = ownerbooking.first_day(own, unit.store_id, form.day)
        wished = Booking(form.read_work(), day, form.starts_at, form.words)
        ownerbooking.book(own, unit, owned, wished)

    try:
        act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = owned_robot(request, session, code, form.o)
        return _booking_page(request, session, unit, form, refusal=refusal)
    return back(code, form.o, "repairs")


@router.get("/r/{code}/service")
def ask_for_service(request: Request, session: ReadSession, *, code: str, o: str = "") -> Response:
    """What is wrong, with pictures: the form behind the robot's own label."""
    unit, _ = owned_robot(request, session, code, o)
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
    unit, _ = owned_robot(request, session, code, form.o)
    asked = Asked(form.words, _pictures(photos or []))

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        requests.ask_service(
            own, unit, owned, asked, form_key=form.form_key, files=files_of(request)
        )

    try:
        act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = owned_robot(request, session, code, form.o)
        return _service_page(request, session, unit, form, refusal=refusal)
    return back(code, form.o, "asked")


@router.get("/r/{code}/give")
def ask_transfer(request: Request, session: ReadSession, *, code: str, o: str = "") -> Response:
    """To whom the robot goes."""
    unit, _ = owned_robot(request, session, code, o)
    return _transfer_page(request, session, unit, TransferForm(o=o))


@router.post("/r/{code}/give")
def start_transfer(
    request: Request, session: ReadSession, *, code: str, form: Annotated[TransferForm, Form()]
) -> Response:
    unit, _ = owned_robot(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        if not form.sure:
            raise Refused(msg("Please tick this first."), field="sure")
        to = NewOwner(form.new_name, form.new_email, form.words)
        requests.ask_transfer(own, unit, owned, to, form_key=form.form_key)

    try:
        act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, _ = owned_robot(request, session, code, form.o)
        return _transfer_page(request, session, unit, form, refusal=refusal)
    return back(code, form.o, "asked")


@router.get("/r/{code}/certificates/{number}.pdf")
def download_certificate(
    request: Request, session: ReadSession, *, code: str, number: str, o: str = ""
) -> Response:
    """A certificate of this robot's, as it was issued."""
    unit, _ = owned_robot(request, session, code, o)
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
    unit, _ = owned_robot(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> str:
        ticket = ownerview.repair_of(own, owned, number)
        if ticket is None:
            raise NotFound(msg("There is no repair at this address."))
        until = clock.now() + _REPAIR_KEY_LASTS
        return links.new(own, house.writing_letters(unit.store_id), ticket, expires_at=until)

    key = act(request, session, unit, form, write)
    return unlisted(RedirectResponse(f"/s/{key}", 303))


def _work(text: str) -> Work:
    if text not in set(Work):
        raise Refused(msg("Choose one of these."), field="work")
    return Work(text)


def _pictures(sent: list[UploadFile]) -> list[bytes]:
    """One picture, and one byte, too many is enough to refuse them."""
    chosen = [one for one in sent if one.filename]
    return [one.file.read(MOST_BYTES + 1) for one in chosen[: MOST_PHOTOS + 1]]


def _owners_page(
    request: Request, session: Session, unit: Unit, key: str, *, before: str
) -> Response:
    owned = ownerview.owner_by_key(session, unit, key)
    if owned is None:
        raise NotFound(msg("There is no robot at this address."))
    return show(
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
    return show(
        request,
        session,
        "portal/book.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        day=day,
        works=WORK_LABELS,
        free=None if free is None else choices_of(request, session, unit, free),
    )


def _service_page(
    request: Request,
    session: Session,
    unit: Unit,
    form: ServiceForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return show(
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
    return show(
        request,
        session,
        "portal/give.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        form_key=form.form_key or new_token(),
    )
