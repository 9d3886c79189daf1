"""Makers' warranty terms: versions on file, one of them in full, a new one."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import Text, msg
from app.robots import makers, termsbook
from app.robots.dutyforms import MakerForm, TermsForm
from app.robots.models import Maker
from app.robots.slotnames import CLASS_LABELS
from app.robots.termsbook import BUYERS_LABELS
from app.robots.verdictwords import DUTY_LABELS
from app.robots.warranty import START_LABELS
from app.robots.warranty_terms import MAX_BYTES
from app.robots.warrantypapers import evidence_label
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/terms")


class TermsUpload(TermsForm):
    """With the terms as a file of JSON."""

    terms: UploadFile | None = None

    def typed(self) -> dict[str, Any]:
        return {name: text for name, text in super().typed().items() if name != "terms"}


@router.get("")
def list_terms(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("robots.view")
    return _terms(request, session, typed={}, problems={})


@router.post("")
@once
def put_on_file(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[TermsUpload, Form()]
) -> Response:
    try:
        typed = form.read()
        row = termsbook.put_on_file(
            session,
            actor,
            _maker(session, typed.maker_id),
            form.terms.file.read(MAX_BYTES + 1) if form.terms else b"",
            buyers=typed.buyers,
            valid_from=typed.valid_from,
        )
    except StoreError as refusal:
        session.rollback()
        return _terms(
            request,
            session,
            typed=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/robots/terms/{row.id}", 303)


@router.post("/published")
@once
def put_published(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[MakerForm, Form()]
) -> Response:
    """What the program knows that a maker publishes."""
    actor.require("robots.edit")
    try:
        termsbook.put_published(session, actor, _maker(session, form.read()))
    except StoreError as refusal:
        session.rollback()
        return _terms(
            request,
            session,
            typed={},
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/robots/terms", 303)


@router.get("/{terms_id}")
def show_terms(
    request: Request, session: ReadSession, actor: SignedIn, terms_id: RowId
) -> Response:
    actor.require("robots.view")
    version = termsbook.by_id(session, terms_id)
    return render(
        request,
        "robots/terms_version.html",
        version=version,
        maker=_maker(session, version.row.maker_id),
        buyers=BUYERS_LABELS,
        starts=START_LABELS,
        duties=DUTY_LABELS,
        classes={word.value: label for word, label in CLASS_LABELS.items()},
        evidence_label=evidence_label,
    )


@router.get("/{terms_id}/file")
def take_terms(session: ReadSession, actor: SignedIn, terms_id: RowId) -> Response:
    """A version as the JSON that a new one can be made from."""
    actor.require("robots.view")
    version = termsbook.by_id(session, terms_id)
    name = f"terms-{terms_id}.json"
    return Response(
        version.row.terms,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _terms(
    request: Request,
    session: Session,
    *,
    typed: dict[str, Any],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    on_file = termsbook.everything(session)
    known = makers.makers(session)
    return render(
        request,
        "robots/terms.html",
        status=status,
        makers=known,
        on_file=on_file,
        known_to_us={
            maker.id for maker in known if maker.id not in on_file and termsbook.published_by(maker)
        },
        buyers=BUYERS_LABELS,
        form=TermsForm().typed() | typed,
        problems=problems,
    )


def _maker(session: Session, maker_id: int) -> Maker:
    maker = session.get(Maker, maker_id)
    if maker is None:
        raise NotFound(msg("There is no such maker."), field="maker")
    return maker
