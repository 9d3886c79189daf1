"""Pages of calibration: intervals, what recalibrations suggest of them, and who decided what."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import intervallook, intervals, procedures
from app.calibration.intervals import METHOD_LABELS, Policy
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.quantity import row_number
from app.kernel.text import msg
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/intervals")

_POLICY = ("target", "confidence", "lengthen", "shorten")


class DecisionForm(StoreForm):
    method: Typed = ""
    days: Typed = ""
    verdict: Typed = ""
    reason: Typed = ""
    target: Typed = ""
    confidence: Typed = ""
    lengthen: Typed = ""
    shorten: Typed = ""


@router.get("")
def list_intervals(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    return render(
        request,
        "calibration/intervals.html",
        rows=intervallook.listed(session, actor),
        months_of=intervals.months_of,
    )


@router.get("/{kind}/{key}")
def show_interval(
    request: Request, session: ReadSession, actor: SignedIn, *, kind: str, key: RowId
) -> Response:
    typed = {name: request.query_params.get(name, "")[:40] for name in _POLICY}
    return _page(request, session, actor, kind=kind, key=key, typed=typed)


@router.post("/{kind}/{key}")
@once
def decide(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    kind: str,
    key: RowId,
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Take a suggestion up, or turn it down with a reason."""
    typed = form.typed()
    try:
        subject = intervallook.subject(session, actor, kind, key)
        if form.verdict not in {"accept", "decline"}:
            raise Refused(msg("Say whether it is taken up."), field="verdict")
        row = intervals.decide(
            session,
            actor,
            subject,
            method=form.method,
            expected_days=row_number(form.days) or 0,
            policy=Policy.read(typed),
            accepted=form.verdict == "accept",
            reason=form.reason,
        )
        page = subject.page
        if row.accepted and subject.version is not None:
            page = procedures.page(intervals.draft_of(session, subject))
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, kind=kind, key=key, typed=typed, refusal=refusal)
    return RedirectResponse(page, 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    kind: str,
    key: int,
    typed: dict[str, str],
    refusal: StoreError | None = None,
) -> Response:
    subject = intervallook.subject(session, actor, kind, key)
    problems = problems_of(refusal) if refusal else {}
    try:
        policy = Policy.read(typed)
    except StoreError as wrong:
        problems, policy = problems | problems_of(wrong), Policy()
        refusal = refusal or wrong
    return render(
        request,
        "calibration/interval.html",
        status=status_of(refusal) if refusal else 200,
        subject=subject,
        policy=policy,
        typed={**{name: f"{getattr(policy, name):g}" for name in _POLICY}, **_filled(typed)},
        suggestions=intervals.suggestions(session, actor, subject, policy),
        decisions=intervals.decisions(session, subject),
        labels=METHOD_LABELS,
        months_of=intervals.months_of,
        may=actor.may(
            "calibration.equipment" if subject.equipment is not None else "calibration.procedures"
        ),
        problems=problems,
        link=refusal.link if refusal else None,
    )


def _filled(typed: dict[str, str]) -> dict[str, str]:
    return {name: said for name, said in typed.items() if said}
