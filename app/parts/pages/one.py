"""One part: its stock, its ledger, who waits for it, what it is called, where it works."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import msg
from app.kernel.uploads import MOST_BYTES
from app.parts import (
    addresses,
    catalogue,
    fitrows,
    numbers,
    pictures,
    substitution,
    supersession,
)
from app.parts.catalogue_models import PartFit, PartNumber
from app.parts.forms import FitForm, NumberForm, SubstituteForm, SuccessorForm
from app.parts.models import Part
from app.parts.pages.asked import asked_part
from app.parts.pages.onepage import Refusal, page_of
from app.web.errors import status_of
from app.web.files import files_of
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts")
# The decorator nearest to its function is asked first: so `/part/…` is never read as a number.


class PictureForm(StoreForm):
    """A picture, and what it shows in words."""

    alt: str = ""
    picture: UploadFile | None = None

    def typed(self) -> dict[str, Any]:
        return {"alt": self.alt}

    def sent(self) -> bytes:
        """The file, of which one byte more than allowed is enough to be refused."""
        if self.picture is None:
            raise Refused(msg("Please choose a file."), field="picture")
        return self.picture.file.read(MOST_BYTES + 1)


@router.post("/numbers/{number_id}/remove")
def remove_number(
    session: WriteSession,
    actor: Acting,
    number_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    row = session.get(PartNumber, number_id)
    if row is None:
        raise NotFound(msg("This part has no such number."))
    part = catalogue.by_id(session, actor, row.part_id)
    numbers.remove(session, actor, part, number_id)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.post("/fits/{fit_id}/remove")
def remove_fit(
    session: WriteSession,
    actor: Acting,
    fit_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    row = session.get(PartFit, fit_id)
    if row is None:
        raise NotFound(msg("There is no such place of this part."))
    part = catalogue.by_id(session, actor, row.part_id)
    fitrows.remove(session, actor, part, fit_id)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.post("/substitutions/{substitution_id}/withdraw")
def withdraw_substitution(
    session: WriteSession,
    actor: Acting,
    substitution_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    row = substitution.by_id(session, actor, substitution_id)
    substitution.withdraw(session, actor, row)
    part = catalogue.by_id(session, actor, row.part_id)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.post("/{number:path}/numbers")
@router.post("/part/numbers")
@once
def add_number(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[NumberForm, Form()],
) -> Response:
    def act(part: Part) -> None:
        numbers.add(session, actor, part, form.read())

    return _do(request, session, actor, number=number, act=act, which="number", form=form)


@router.post("/{number:path}/fits")
@router.post("/part/fits")
@once
def add_fit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[FitForm, Form()],
) -> Response:
    def act(part: Part) -> None:
        fitrows.add(session, actor, part, form.read())

    return _do(request, session, actor, number=number, act=act, which="fit", form=form)


@router.post("/{number:path}/successor")
@router.post("/part/successor")
@once
def replace_part(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[SuccessorForm, Form()],
) -> Response:
    def act(part: Part) -> None:
        supersession.replace(
            session,
            actor,
            part,
            _named(session, actor, form.successor, field="successor"),
            both_ways=bool(form.both_ways),
            note=form.note,
        )

    return _do(request, session, actor, number=number, act=act, which="successor", form=form)


@router.post("/{number:path}/successor/remove")
@router.post("/part/successor/remove")
def take_back_successor(
    session: WriteSession,
    actor: Acting,
    number: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    part = asked_part(session, actor, number)
    supersession.take_back(session, actor, part)
    return RedirectResponse(addresses.part_page(part.number), 303)


@router.post("/{number:path}/substitutions")
@router.post("/part/substitutions")
@once
def approve_substitution(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[SubstituteForm, Form()],
) -> Response:
    def act(part: Part) -> None:
        other = _named(session, actor, form.instead_of, field="instead_of")
        substitution.approve(session, actor, part, instead_of=other, approval=form.read())

    return _do(request, session, actor, number=number, act=act, which="substitute", form=form)


@router.post("/{number:path}/pictures")
@router.post("/part/pictures")
@once
def add_picture(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[PictureForm, Form()],
) -> Response:
    def act(part: Part) -> None:
        files = files_of(request)
        pictures.add(session, actor, part, form.sent(), alt=form.alt, files=files)

    return _do(request, session, actor, number=number, act=act, which="picture", form=form)


@router.get("/{number:path}")
@router.get("/part")
def show_part(
    request: Request, session: ReadSession, actor: SignedIn, *, number: str, cursor: str = ""
) -> Response:
    page = page_of(session, actor, number, cursor=cursor)
    return render(request, "parts/part.html", block="ledger", **page)


def _named(session: Session, actor: Actor, number: str, *, field: str) -> Part:
    try:
        return catalogue.by_number(session, actor, number)
    except NotFound as unknown:
        raise NotFound(unknown.message, field=field) from None


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    number: str,
    act: Callable[[Part], None],
    which: str,
    form: StoreForm,
) -> Response:
    """Act on a part and go back to its page; refused, show it with what was typed."""
    try:
        part = asked_part(session, actor, number)
        act(part)
    except StoreError as refusal:
        session.rollback()
        refused = Refusal(which, form.typed(), refusal)
        page = page_of(session, actor, number, refused=refused)
        return render(request, "parts/part.html", status=status_of(refusal), **page)
    return RedirectResponse(addresses.part_page(part.number), 303)
