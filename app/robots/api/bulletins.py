"""Bulletins as JSON: list, publish, a campaign's robots, settling; and those of one robot."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import bulletins, campaignlists, campaigns, concerned, makers, registry
from app.robots.bulletin_models import BulletinCriterion, BulletinKind, Outcome
from app.robots.bulletincriteria import MOST_CRITERIA, Criterion
from app.robots.bulletins import BulletinInput
from app.robots.campaignlists import BulletinRow, Listed, Stage
from app.robots.campaigns import Whereabouts
from app.robots.concerned import Concern
from app.robots.models import Maker, Unit
from app.web import paging
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["bulletins"])

_Limit = Annotated[int, Query(ge=1, le=campaignlists.MOST_BULLETINS)]
_Robots = Annotated[int, Query(ge=1, le=paging.MOST)]
_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_Long = Annotated[str, Field(max_length=bulletins.LONGEST_TEXT)]
_Range = Annotated[str, Field(max_length=300)]


class CriterionIn(Sent):
    """One way to be concerned: all that is not empty must fit."""

    model: Words = Field(default="", description="A model's code.")
    serials: _Range = Field(default="", description="`A9..A12`, `A100..`, `A24*` or `A7`.")
    revisions: _Range = Field(default="", description="Hardware revisions, parted by commas.")
    firmware: _Range = Field(default="", description="A range, `>=4.9,<4.10`.")
    part_number: Words = Field(default="", description="Of a component inside.")
    lot: Words = Field(default="", description="Of a component inside.")


class BulletinIn(Sent):
    maker: Words
    code: Words
    title: Words
    kind: BulletinKind = Field(strict=False)
    issued_on: date = Field(strict=False)
    due_on: date | None = Field(default=None, strict=False)
    text: _Long = ""
    source: Words = ""
    criteria: Annotated[list[CriterionIn], Field(min_length=1, max_length=MOST_CRITERIA)]


class SettledIn(Sent):
    """`serial` names the robot; `maker` only where two makers share the serial."""

    serial: Words
    maker: Words = ""
    outcome: Outcome = Field(default=Outcome.DONE, strict=False)
    reference: Annotated[str, Field(max_length=64)] = ""
    note: _Long = ""


class WithdrawnIn(Sent):
    reason: Words


class LetterList(BaseModel):
    """By the columns of the spreadsheet that the page gives."""

    items: list[dict[str, str]]


class CriterionOut(BaseModel):
    model: str
    serials: str
    revisions: str
    firmware: str
    part_number: str
    lot: str


class TallyOut(BaseModel):
    open: int
    done: int


class BulletinOut(BaseModel):
    """A bulletin with how far this store is; `overdue`: past its deadline with robots open."""

    id: int
    maker: str
    code: str
    title: str
    kind: BulletinKind
    issued_on: date
    due_on: date | None
    withdrawn_at: datetime | None
    open: int
    done: int
    overdue: bool


class CampaignOut(BulletinOut):
    """All of a bulletin, with its tallies by whereabouts."""

    text: str
    source: str
    criteria: list[CriterionOut]
    places: dict[Whereabouts, TallyOut]


class CampaignRobotOut(BaseModel):
    """`unsure`: what is not on record of the robot and would decide; empty when it is sure."""

    serial: str
    maker: str
    model: str
    state: str
    open: bool
    settled_at: datetime | None
    unsure: str


class ConcernOut(BaseModel):
    """A bulletin as it stands with one robot; not `concerns` any more: it was settled before, or
    `left` it: what it names is out, and it counts as done once somebody settles it.
    """

    id: int
    code: str
    title: str
    kind: BulletinKind
    due_on: date | None
    concerns: bool
    left: bool
    open: bool
    unsure: str
    settled_at: datetime | None
    outcome: Outcome | None


class ConcernList(BaseModel):
    items: list[ConcernOut]


@router.get("/bulletins", responses=refusals())
def list_bulletins(
    session: ReadSession,
    actor: ApiReading,
    *,
    show: Listed = Listed.IN_FORCE,
    kind: BulletinKind | None = None,
    cursor: Cursor | None = None,
    limit: _Limit = campaignlists.MOST_BULLETINS,
) -> PageOut[BulletinOut]:
    """Bulletins, newest first; of the overdue ones only those on which robots wait."""
    page = campaignlists.bulletins(session, actor, show, kind=kind, cursor=cursor, most=limit)
    return PageOut(items=[_bulletin(row) for row in page.items], next=page.next)


@router.post("/bulletins", status_code=201, responses=refusals_of_writing(404))
@once
def publish_bulletin(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    bulletin: BulletinIn,
) -> CampaignOut:
    """Publish; from now on every robot that fits is concerned, also one that fits later."""
    maker = makers.maker_called(session, bulletin.maker)
    typed = BulletinInput(
        maker_id=maker.id,
        code=bulletin.code,
        title=bulletin.title,
        kind=bulletin.kind,
        issued_on=bulletin.issued_on,
        due_on=bulletin.due_on,
        text=bulletin.text,
        source=bulletin.source,
        criteria=tuple(_criterion(session, actor, maker, one) for one in bulletin.criteria),
    )
    made = bulletins.publish(session, actor, typed)
    return _campaign(session, campaignlists.one(session, actor, made))


@router.get("/bulletins/{bulletin_id}", responses=refusals(404))
def show_bulletin(session: ReadSession, actor: ApiReading, bulletin_id: RowId) -> CampaignOut:
    found = bulletins.by_id(session, bulletin_id)
    return _campaign(session, campaignlists.one(session, actor, found))


@router.get("/bulletins/{bulletin_id}/robots", responses=refusals(404))
def list_campaign(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    bulletin_id: RowId,
    stage: Stage | None = None,
    place: Whereabouts | None = None,
    cursor: Cursor | None = None,
    limit: _Robots = paging.PAGE,
) -> PageOut[CampaignRobotOut]:
    """The store's robots that a bulletin means now, and those on which it was settled."""
    found = bulletins.by_id(session, bulletin_id)
    page = campaignlists.robots(
        session,
        actor,
        found,
        campaigns.criteria_of(session, [found.id]).get(found.id, []),
        stage=stage,
        place=place,
        cursor=cursor,
        most=limit,
    )
    say = speech_of(request).say
    items = [
        CampaignRobotOut(
            serial=row.robot.unit.serial,
            maker=row.robot.maker.name,
            model=row.robot.model.code,
            state=row.robot.standing.value,
            open=row.is_open,
            settled_at=row.done_at,
            unsure=say(row.unsure) if row.unsure else "",
        )
        for row in page.items
    ]
    return PageOut(items=items, next=page.next)


@router.post(
    "/bulletins/{bulletin_id}/completions", status_code=201, responses=refusals_of_writing(404)
)
@once
def settle_bulletin(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    bulletin_id: RowId,
    settled: SettledIn,
) -> ConcernList:
    """What a bulletin asks was done on a robot; answers with the robot's bulletins."""
    found = bulletins.by_id(session, bulletin_id)
    unit = _unit(session, actor, settled.serial, settled.maker)
    bulletins.settle(
        session,
        actor,
        found,
        unit,
        outcome=settled.outcome,
        reference=settled.reference,
        note=settled.note,
    )
    return _concerns(request, session, unit)


@router.post("/bulletins/{bulletin_id}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_bulletin(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    bulletin_id: RowId,
    withdrawn: WithdrawnIn,
) -> CampaignOut:
    """It concerns nobody any more; what was settled stays on record."""
    found = bulletins.by_id(session, bulletin_id)
    bulletins.withdraw(session, actor, found, reason=withdrawn.reason)
    return _campaign(session, campaignlists.one(session, actor, found))


@router.post("/bulletins/{bulletin_id}/letters", responses=refusals_of_writing(404))
@once
def take_letters(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    bulletin_id: RowId,
) -> LetterList:
    """The owners to write to, a line for each robot that waits; who took it is on record."""
    found = bulletins.by_id(session, bulletin_id)
    kind = speech_of(request).say(bulletins.KIND_LABELS[found.kind])
    rows = campaignlists.letter_rows(session, actor, found, kind=kind)
    return LetterList(
        items=[dict(zip(campaignlists.LETTER_COLUMNS, row, strict=True)) for row in rows]
    )


@router.get("/robots/{serial:path}/bulletins", responses=refusals(404, 409))
def list_concerns(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    maker: _Maker = "",
) -> ConcernList:
    """The bulletins that mean a robot, the most pressing first, then those settled before."""
    return _concerns(request, session, _unit(session, actor, serial, maker))


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _criterion(session: Session, actor: Actor, maker: Maker, sent: CriterionIn) -> Criterion:
    if sent.serials and "\n" in sent.serials:
        raise Refused(msg("One range only; name another criterion for the next."), field="serials")
    model = makers.model(session, actor, maker, sent.model) if sent.model else None
    return Criterion(
        model_id=model.id if model else None,
        serials=sent.serials,
        revisions=sent.revisions,
        firmware=sent.firmware,
        part_number=sent.part_number,
        lot=sent.lot,
    )


def _bulletin(row: BulletinRow) -> BulletinOut:
    bulletin, total = row.bulletin, row.progress.total
    return BulletinOut(
        id=bulletin.id,
        maker=row.maker.name,
        code=bulletin.code,
        title=bulletin.title,
        kind=bulletin.kind,
        issued_on=bulletin.issued_on,
        due_on=bulletin.due_on,
        withdrawn_at=bulletin.withdrawn_at,
        open=total.open,
        done=total.done,
        overdue=row.overdue,
    )


def _campaign(session: Session, row: BulletinRow) -> CampaignOut:
    criteria = campaigns.criteria_of(session, [row.bulletin.id]).get(row.bulletin.id, [])
    codes = {model.id: model.code for model in makers.models(session)}
    return CampaignOut(
        **_bulletin(row).model_dump(),
        text=row.bulletin.text,
        source=row.bulletin.source,
        criteria=[_told(one, codes) for one in criteria],
        places={
            place: TallyOut(open=tally.open, done=tally.done)
            for place, tally in row.progress.by_place.items()
        },
    )


def _told(one: BulletinCriterion, codes: dict[int, str]) -> CriterionOut:
    return CriterionOut(
        model=codes.get(one.model_id or 0, ""),
        serials=one.serials,
        revisions=one.revisions,
        firmware=one.firmware,
        part_number=one.part_number,
        lot=one.lot,
    )


def _concerns(request: Request, session: Session, unit: Unit) -> ConcernList:
    say = speech_of(request).say

    def told(one: Concern) -> ConcernOut:
        return ConcernOut(
            id=one.bulletin.id,
            code=one.bulletin.code,
            title=one.bulletin.title,
            kind=one.bulletin.kind,
            due_on=one.bulletin.due_on,
            concerns=one.match is not None,
            left=one.was is not None,
            open=one.is_open,
            unsure=say(one.unsure) if one.unsure else "",
            settled_at=one.settled.at if one.settled else None,
            outcome=one.settled.outcome if one.settled else None,
        )

    now = concerned.of_unit(session, unit)
    return ConcernList(items=[told(one) for one in concerned.whole_story(session, unit, now)])
