"""Bulletins: the list with how far each is, a new one, and its campaign."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import csvfile
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text, msg
from app.robots import addresses, bulletins, campaignlists, campaigns, makers
from app.robots.bulletin_models import Bulletin, BulletinKind
from app.robots.bulletins import KIND_LABELS
from app.robots.campaignlists import Listed, Stage
from app.robots.campaigns import WHEREABOUTS_LABELS, Whereabouts
from app.robots.dutyforms import BulletinForm, ReasonForm
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/bulletins")

KIND_TONES: dict[BulletinKind, str] = {
    BulletinKind.STOP_SALE: "bad",
    BulletinKind.MANDATORY: "warn",
    BulletinKind.RECOMMENDED: "info",
    BulletinKind.INFORMATION: "",
}
_LISTED: dict[Listed, Text] = {
    Listed.IN_FORCE: msg("In force"),
    Listed.OVERDUE: msg("Overdue"),
    Listed.WITHDRAWN: msg("Withdrawn"),
}
_STAGES: dict[str, Text] = {
    "": msg("All robots"),
    Stage.OPEN.value: msg("Open"),
    Stage.DONE.value: msg("Settled"),
}
# What a criterion's field is called in the form.
_FIELDS = {"lot": "lots"}


@router.get("")
def list_bulletins(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    show: str = "",
    kind: str = "",
    cursor: str = "",
) -> Response:
    listed = Listed(show) if show in set(Listed) else Listed.IN_FORCE
    chosen = BulletinKind(kind) if kind in set(BulletinKind) else None
    page = campaignlists.bulletins(session, actor, listed, kind=chosen, cursor=cursor or None)
    return render(
        request,
        "robots/bulletins.html",
        block="results",
        page=page,
        kinds=KIND_LABELS,
        tones=KIND_TONES,
        segments=[
            {"href": f"/robots/bulletins?show={one}", "label": label, "current": one is listed}
            for one, label in _LISTED.items()
        ],
        chosen={"show": listed.value, "kind": chosen.value if chosen else ""},
        cursor=cursor,
    )


@router.get("/new")
def ask_bulletin(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("robots.edit")
    today = desk.business_day_of(desk.store_of(session, actor.store_id)).isoformat()
    return _ask(request, session, typed={"issued_on": today}, problems={})


@router.post("/new")
@once
def publish_bulletin(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[BulletinForm, Form()]
) -> Response:
    actor.require("robots.edit")
    try:
        bulletin = bulletins.publish(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        problems = {_field(name): problem for name, problem in problems_of(refusal).items()}
        return _ask(
            request,
            session,
            typed=form.typed(),
            problems=problems,
            status=status_of(refusal),
        )
    return RedirectResponse(addresses.bulletin_page(bulletin.id), 303)


@router.get("/{bulletin_id}")
def show_bulletin(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    bulletin_id: RowId,
    show: str = "",
    place: str = "",
    cursor: str = "",
) -> Response:
    """A bulletin with the robots that it means in this store."""
    bulletin = bulletins.by_id(session, bulletin_id)
    return _campaign(
        request, session, actor, bulletin, show=show, place=place, cursor=cursor, problems={}
    )


@router.post("/{bulletin_id}/letters")
@once
def take_letters(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    bulletin_id: RowId,
    form: Annotated[ReasonForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    """A spreadsheet of the owners to write to; it names people, so who took it is on record."""
    bulletin = bulletins.by_id(session, bulletin_id)
    kind = speech_of(request).say(KIND_LABELS[bulletin.kind])
    data = campaignlists.letters(session, actor, bulletin, kind=kind)
    return Response(
        data,
        media_type=csvfile.MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="letters-{bulletin.id}.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/{bulletin_id}/withdraw")
@once
def withdraw_bulletin(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    bulletin_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    try:
        bulletin = bulletins.by_id(session, bulletin_id)
        bulletins.withdraw(session, actor, bulletin, reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _campaign(
            request,
            session,
            actor,
            bulletins.by_id(session, bulletin_id),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(addresses.bulletin_page(bulletin.id), 303)


def _ask(
    request: Request,
    session: Session,
    *,
    typed: dict[str, Any],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "robots/bulletin_new.html",
        status=status,
        form=BulletinForm().typed() | typed,
        problems=problems,
        makers=makers.makers(session),
        models=makers.models(session),
        kinds=KIND_LABELS,
    )


def _campaign(
    request: Request,
    session: Session,
    actor: Actor,
    bulletin: Bulletin,
    *,
    problems: dict[str, Text],
    show: str = "",
    place: str = "",
    cursor: str = "",
    status: int = 200,
) -> Response:
    criteria = campaigns.criteria_of(session, [bulletin.id]).get(bulletin.id, [])
    page = campaignlists.robots(
        session,
        actor,
        bulletin,
        criteria,
        stage=Stage(show) if show in set(Stage) else None,
        place=Whereabouts(place) if place in set(Whereabouts) else None,
        cursor=cursor or None,
    )
    here = addresses.bulletin_page(bulletin.id)
    chosen = show if show in set(Stage) else ""
    return render(
        request,
        "robots/bulletin.html",
        status=status,
        campaign=campaignlists.one(session, actor, bulletin),
        criteria=criteria,
        models={model.id: model for model in makers.models(session)},
        page=page,
        places=WHEREABOUTS_LABELS,
        segments=[
            {"href": f"{here}?show={one}#robots", "label": label, "current": one == chosen}
            for one, label in _STAGES.items()
        ],
        chosen={"show": chosen, "place": place if place in set(Whereabouts) else ""},
        here=here,
        cursor=cursor,
        kinds=KIND_LABELS,
        tones=KIND_TONES,
        problems=problems,
    )


def _field(name: str) -> str:
    """The form's field for a problem of one of its alternatives (`criteria.3.lot`)."""
    last = name.rpartition(".")[2]
    return _FIELDS.get(last, last) if name.startswith("criteria.") else name
