"""Robots to be calibrated, and the list by which they are called in."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.calibration import duelist, robotaddresses
from app.calibration.duelist import BY_LABELS, By
from app.calibration.standing import SOON_DAYS, SOON_HOURS
from app.identity.guard import SignedIn
from app.kernel import csvfile
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.robots import addresses
from app.web.i18n import speech_of
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter()


@router.get("/calibration/due")
def list_due(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    by: str = "",
    days: str = "",
    cursor: str = "",
) -> Response:
    """By what happened, by day or by hours, what waits longest first."""
    wanted = By(by) if by in set(By) else By.EVENT
    ahead = _days(days)
    page = duelist.listed(session, actor, wanted, days=ahead, cursor=cursor or None)
    return render(
        request,
        "calibration/due.html",
        block="rows",
        page=page,
        by=wanted.value,
        days=ahead,
        soon_hours=SOON_HOURS,
        tabs=[
            {"href": _address(each, ahead), "label": label, "current": each is wanted}
            for each, label in BY_LABELS.items()
        ],
        first=_address(wanted, ahead) if cursor else None,
        following=_address(wanted, ahead, page.next) if page.next else None,
        page_of=robotaddresses.robot_page,
        robot_page=addresses.robot_page,
        may_recall=actor.may("customers.view"),
    )


@router.get("/calibration/due.csv")
def export_recall(
    request: Request, session: ReadSession, actor: SignedIn, *, days: str = ""
) -> Response:
    """Everything that is due with owners, for calling the robots in."""
    speech = speech_of(request)
    titles = [
        speech.say(one)
        for one in (
            msg("Serial number"),
            msg("Model"),
            msg("Procedure"),
            msg("Targets"),
            msg("Why"),
            msg("Since"),
            msg("Due on"),
            msg("Due at hours"),
            msg("Hours now"),
            msg("Customer number"),
            msg("Owner"),
        )
    ]
    rows: list[list[Any]] = []
    for one in duelist.recall(session, actor, days=_days(days)):
        row = one.row
        rows.append(
            [
                row.unit.serial,
                row.unit.model.name,
                row.procedure.code,
                row.targets,
                speech.say(row.why) if row.why else speech.say(BY_LABELS[row.by]),
                row.since.date().isoformat() if row.since else "",
                row.on.isoformat() if row.on else "",
                row.hours if row.hours is not None else "",
                row.hours_now if row.hours_now is not None else "",
                one.owner.number if one.owner else "",
                one.owner.name if one.owner else "",
            ]
        )
    return Response(
        csvfile.csv_bytes(titles, rows),
        media_type=csvfile.MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="calibration-due.csv"'},
    )


def _days(text: str) -> int:
    """How many days ahead one looks; raises Refused for what is no such number."""
    if not text:
        return SOON_DAYS
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):  # noqa: PLR2004 - a year's days
        raise Refused(msg("Between 0 and {most} days.", most=duelist.MOST_DAYS), field="days")
    return int(text)


def _address(by: By, days: int, cursor: str = "") -> str:
    asked: dict[str, str | int] = {"by": by.value}
    if days != SOON_DAYS:
        asked["days"] = days
    if cursor:
        asked["cursor"] = cursor
    return f"/calibration/due?{urlencode(asked)}"
