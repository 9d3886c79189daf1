"""Bad answers that somebody has to see to, every question that was asked, and one of them."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.text import Text, msg
from app.survey import asking, followuplists, followups
from app.survey.models import FollowUp
from app.survey.states import OCCASION_LABELS, OUTCOME_LABELS, Standing, tone_of
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/survey")

_MINE, _DONE, _ANSWERED = "mine", "done", "answered"
_OPEN_KINDS: dict[str, Text] = {
    "": msg("Open"),
    _MINE: msg("Mine and nobody’s"),
    _DONE: msg("Done"),
}
_QUESTION_KINDS: dict[str, Text] = {"": msg("All"), _ANSWERED: msg("Answered")}


class NoteForm(StoreForm):
    text: Typed = ""


class OwnerForm(StoreForm):
    owner: Typed = ""

    def chosen(self) -> int | None:
        if not self.owner:
            return None
        if not (self.owner.isascii() and self.owner.isdigit() and len(self.owner) <= 18):  # noqa: PLR2004
            raise Refused(msg("Choose somebody who may see to it."), field="owner")
        return int(self.owner)


class DoneForm(NoteForm):
    outcome: Typed = ""


@router.get("")
def list_follow_ups(
    request: Request, session: ReadSession, actor: SignedIn, *, show: str = "", cursor: str = ""
) -> Response:
    """`show=mine` for one's own and nobody's, `show=done` for those that were seen to."""
    kind = show if show in _OPEN_KINDS else ""
    if kind == _DONE:
        page = followuplists.done_ones(session, actor, cursor=cursor or None)
    else:
        page = followuplists.open_ones(session, actor, mine=kind == _MINE, cursor=cursor or None)
    start = f"/survey?show={kind}" if kind else "/survey"
    return render(
        request,
        "survey/follow_ups.html",
        block="rows",
        page=page,
        show=kind,
        kinds=_segments("/survey", _OPEN_KINDS, kind),
        cursor=cursor,
        start=start,
        outcomes=OUTCOME_LABELS,
        occasions=OCCASION_LABELS,
        here=f"/survey?show={kind}&cursor={cursor}",
        stream=f"/live?topics=survey:open={followuplists.mark(session, actor, 'open')}",
    )


@router.get("/questions")
def list_questions(
    request: Request, session: ReadSession, actor: SignedIn, *, show: str = "", cursor: str = ""
) -> Response:
    """Everything that was asked; `show=answered` without what nobody answered."""
    kind = show if show in _QUESTION_KINDS else ""
    page = followuplists.questions(
        session, actor, answered_only=kind == _ANSWERED, cursor=cursor or None
    )
    return render(
        request,
        "survey/questions.html",
        page=page,
        show=kind,
        kinds=_segments("/survey/questions", _QUESTION_KINDS, kind),
        cursor=cursor,
        start=f"/survey/questions?show={kind}" if kind else "/survey/questions",
        occasions=OCCASION_LABELS,
    )


@router.get("/questions/{survey_id}")
def show_question(
    request: Request, session: ReadSession, actor: SignedIn, survey_id: RowId
) -> Response:
    """One question: whom it went to, what came back, and what is done about it."""
    return _page(request, session, actor, survey_id)


@router.post("/questions/{survey_id}/note")
@once
def write_note(
    request: Request,
    session: WriteSession,
    actor: Acting,
    survey_id: RowId,
    form: Annotated[NoteForm, Form()],
) -> Response:
    try:
        followups.note(session, actor, _row(session, actor, survey_id), form.text)
    except StoreError as refusal:
        return _refused(request, session, actor, survey_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"/survey/questions/{survey_id}#follow-up", 303)


@router.post("/questions/{survey_id}/owner")
@once
def give_to(
    request: Request,
    session: WriteSession,
    actor: Acting,
    survey_id: RowId,
    form: Annotated[OwnerForm, Form()],
) -> Response:
    try:
        followups.assign(session, actor, _row(session, actor, survey_id), form.chosen())
    except StoreError as refusal:
        return _refused(request, session, actor, survey_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"/survey/questions/{survey_id}#follow-up", 303)


@router.post("/questions/{survey_id}/done")
@once
def finish(
    request: Request,
    session: WriteSession,
    actor: Acting,
    survey_id: RowId,
    form: Annotated[DoneForm, Form()],
) -> Response:
    try:
        row = _row(session, actor, survey_id)
        followups.finish(session, actor, row, form.outcome, text=form.text)
    except StoreError as refusal:
        typed = {"outcome": form.outcome, "last": form.text}
        return _refused(
            request, session, actor, survey_id, typed=typed, refusal=refusal, text="last"
        )
    return RedirectResponse(f"/survey/questions/{survey_id}#follow-up", 303)


@router.post("/questions/{survey_id}/revoke")
@once
def revoke(
    request: Request,
    session: WriteSession,
    actor: Acting,
    survey_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    try:
        asking.revoke(session, actor, followuplists.question(session, actor, survey_id).survey)
    except StoreError as refusal:
        return _refused(request, session, actor, survey_id, typed={}, refusal=refusal)
    return RedirectResponse(f"/survey/questions/{survey_id}", 303)


def _row(session: Session, actor: Actor, survey_id: int) -> FollowUp:
    survey = followuplists.question(session, actor, survey_id).survey
    return followups.by_survey(session, actor, survey)


def _refused(
    request: Request,
    session: Session,
    actor: Actor,
    survey_id: int,
    *,
    typed: dict[str, str],
    refusal: StoreError,
    text: str = "text",
) -> Response:
    """The page again with what was typed; `text` is which of its two note fields was sent."""
    session.rollback()
    problems = {
        text if name == "text" else name: said for name, said in problems_of(refusal).items()
    }
    return _page(
        request, session, actor, survey_id, typed=typed, problems=problems, refusal=refusal
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    survey_id: int,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    row = followuplists.question(session, actor, survey_id)
    follow_up = row.follow_up
    may = follow_up is not None and actor.may("survey.follow_up")
    owner = str(follow_up.owner_id or "") if follow_up is not None else ""
    return render(
        request,
        "survey/one.html",
        status=status_of(refusal) if refusal else 200,
        row=row,
        notes=followups.notes_of(session, follow_up) if follow_up is not None else [],
        owners=[
            ("", msg("Nobody yet")),
            *(
                (person.id, person.name)
                for person in (followups.owners(session, actor.store_id) if may else ())
            ),
        ],
        may_follow_up=may,
        may_revoke=row.standing is Standing.OPEN and actor.may("survey.follow_up"),
        outcomes=[("", msg("Choose")), *OUTCOME_LABELS.items()],
        outcome_labels=OUTCOME_LABELS,
        occasions=OCCASION_LABELS,
        tone=tone_of(row.answer.score) if row.answer else "",
        form={"text": "", "last": "", "outcome": "", "owner": owner, **(typed or {})},
        problems=problems or {},
    )


def _segments(address: str, kinds: dict[str, Text], chosen: str) -> list[dict[str, object]]:
    return [
        {
            "href": f"{address}?show={kind}" if kind else address,
            "label": label,
            "current": kind == chosen,
        }
        for kind, label in kinds.items()
    ]
