"""Where the link in a letter leads: one question, answered once, without a login or a script."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import strangers
from app.kernel import queueing
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.stores import desk
from app.survey import answering
from app.survey.answering import LONGEST_COMMENT, AnsweredAlready
from app.survey.models import Survey
from app.survey.states import MOST_POINTS, Occasion
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import HTML_LANG, LANGUAGE_COOKIE, LANGUAGES, speak, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.submitted import Submitted
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of

router = APIRouter(prefix="/q")


@router.get("/{token}")
def show_question(
    request: Request, session: ReadSession, *, token: str, language: str = "", done: str = ""
) -> Response:
    """The question, or thanks where it was answered. `language` turns the page into another one."""
    survey = _survey(request, session, token)
    return _page(request, session, token, survey, language=language, done=bool(done))


@router.post("/{token}")
def answer(request: Request, session: ReadSession, *, token: str, form: Submitted) -> Response:
    """Only who holds a key comes to writing at all. The first answer counts."""
    survey = _survey(request, session, token)
    typed = form.values
    spoken = _language(request, survey, typed.get("language", ""))
    session.rollback()
    try:
        with database_of(request).transaction() as own:
            queueing.enter(own, survey.store_id)
            answering.answer(
                own,
                answering.survey_of(own, token),
                score=typed.get("score", ""),
                comment=typed.get("comment", ""),
                language=spoken,
                robot=typed.get("robot", ""),
            )
    except StoreError as refusal:
        survey = _survey(request, session, token)
        return _page(request, session, token, survey, language=spoken, typed=typed, refusal=refusal)
    return unlisted(RedirectResponse(f"/q/{token}?language={spoken}&done=yes", 303))


def _survey(request: Request, session: Session, token: str) -> Survey:
    """Raises NotFound for whatever opens nothing, and counts it; TooMany after some of these."""
    try:
        return answering.survey_of(session, token)
    except NotFound:
        visitor = visitor_of(request)
        strangers.count_wrong(database_of(request), session, page="survey", visitor=visitor)
        raise


def _language(request: Request, survey: Survey, wanted: str) -> str:
    """What the page was turned to, else what this browser chose before, else the letter's."""
    chosen = (wanted, request.cookies.get(LANGUAGE_COOKIE, ""), survey.language)
    return next((one for one in chosen if one in LANGUAGES), "en")


def _page(
    request: Request,
    session: Session,
    token: str,
    survey: Survey,
    *,
    language: str,
    done: bool = False,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    store = desk.store_of(session, survey.store_id)
    robots = answering.robots_of(session, survey)
    given = answering.answer_to(session, survey)
    spoken = _language(request, survey, language)
    speak(request, spoken)
    page = render(
        request,
        "survey/question.html",
        status=status_of(refusal) if refusal else 200,
        speech=speech(spoken, store.zone),
        store=store,
        after_repair=survey.occasion is Occasion.REPAIR,
        robot=robots[0] if len(robots) == 1 else None,
        here=f"/q/{token}",
        chosen=spoken,
        languages_here=[(code, name, HTML_LANG[code]) for code, name in LANGUAGES.items()],
        points=list(range(MOST_POINTS + 1)),
        longest=LONGEST_COMMENT,
        given=given,
        just_done=done,
        again=isinstance(refusal, AnsweredAlready),
        choices=_choices(robots),
        must_choose=answering.need_a_choice(robots),
        form={"score": "", "comment": "", "robot": "", **(typed or {})},
        problems=problems_of(refusal) if refusal else {},
    )
    return unlisted(page)


def _choices(robots: Sequence[Unit]) -> list[tuple[str, Text | str]]:
    """What a field offers where a sale had several robots; empty: nothing to choose."""
    if len(robots) == 1:
        return []
    first = msg("Choose") if answering.need_a_choice(robots) else msg("All of them")
    return [("", first), *((str(one.id), f"{one.model.name} {one.serial}") for one in robots)]
