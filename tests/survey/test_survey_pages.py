"""What managers see of questions and answers."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.survey import rules
from app.survey.models import FollowUp, FollowUpNote, Survey
from tests.makers.browsing import Browser, a_browser
from tests.makers.identity import a_session
from tests.makers.programs import Program, a_token
from tests.makers.service import Workshop
from tests.makers.surveys import a_survey

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def survey(session: Session, shop: Workshop) -> Survey:
    made = a_survey(session, shop, score=3, comment="Anna <waits>")
    a_survey(session, shop, score=10)
    a_survey(session, shop)
    session.commit()
    return made


@pytest.fixture
def manager(app: FastAPI, session: Session, shop: Workshop, survey: Survey) -> Browser:  # noqa: ARG001
    cookie = a_session(session, shop.people[Role.MANAGER])
    session.commit()
    return a_browser(app, cookie)


def test_every_page_of_the_survey_answers(manager: Browser, shop: Workshop, survey: Survey) -> None:
    for address, words in {
        "/survey": "3 of 10",
        "/survey?show=mine": "3 of 10",
        "/survey?show=done": "Nothing was followed up yet",
        "/survey/questions": "Not answered yet",
        "/survey/questions?show=answered": "Answered",
        f"/survey/questions/{survey.id}": "Anna &lt;waits&gt;",
        "/survey/figures": "Too few answers",
        f"/survey/maker?model={shop.unit.model_id}": "Too few hours known",
        "/settings/survey": "How the store asks",
    }.items():
        page = manager.get(address)
        assert (page.status_code, words in page.text) == (200, True), address
    for bad in ("/survey/maker?model=x&month=2026-99", "/survey/questions/999", "/survey?cursor=x"):
        assert manager.get(bad).status_code in {404, 422}, bad


def test_a_manager_takes_notes_and_finishes(
    manager: Browser, session: Session, shop: Workshop, survey: Survey
) -> None:
    here = f"/survey/questions/{survey.id}"
    assert manager.post(f"{here}/note", text="").status_code == 422
    assert manager.post(f"{here}/note", text="Called <her>").status_code == 303
    assert manager.post(f"{here}/owner", owner=str(shop.manager.staff_id)).status_code == 303
    refused = manager.post(f"{here}/done", text="typed before")
    assert refused.status_code == 422
    assert "typed before" in refused.text
    assert manager.post(f"{here}/done", outcome="solved", text="Part sent").status_code == 303
    assert manager.post(f"{here}/done", outcome="solved").status_code == 409
    assert "Called &lt;her&gt;" in manager.get(here).text
    session.expire_all()
    row = session.scalars(select(FollowUp)).one()
    assert (row.outcome, row.owner_id) == ("solved", shop.manager.staff_id)
    assert len(session.scalars(select(FollowUpNote)).all()) == 2


def test_who_does_not_lead_sees_nothing_of_it(
    app: FastAPI, session: Session, shop: Workshop, survey: Survey
) -> None:
    cookie = a_session(session, shop.people[Role.TECHNICIAN])
    session.commit()
    technician = a_browser(app, cookie)
    for address in ("/survey", "/survey/figures", "/survey/maker.csv?model=1"):
        assert technician.get(address).status_code == 403
    assert technician.post(f"/survey/questions/{survey.id}/revoke").status_code == 403


def test_the_store_says_how_it_asks(manager: Browser, session: Session, shop: Workshop) -> None:
    typed = {"quiet_days": "60", "valid_days": "14", "follow_up_days": "1", "least_answers": "10"}
    assert manager.send("/settings/survey", {**typed, "least_answers": "4"}).status_code == 422
    assert manager.send("/settings/survey", {**typed, "valid_days": "soon"}).status_code == 422
    assert manager.send("/settings/survey", typed).status_code == 303
    session.expire_all()
    now = rules.of_store(session, shop.store.id)
    assert (now.asks, now.quiet_days, now.least_answers) == (False, 60, 10)


def test_programs_read_answers_and_finish_follow_ups(
    app: FastAPI, session: Session, shop: Workshop, survey: Survey
) -> None:
    crm = Program(TestClient(app), a_token(session, shop.manager))
    session.commit()
    assert len(crm.get("/surveys").json()["items"]) == 3
    (bad,) = crm.get("/surveys/follow-ups").json()["items"]
    assert (bad["id"], bad["answer"]["score"]) == (survey.id, 3)
    assert crm.get("/surveys/figures").json()["total"]["nps"] is None
    pack = crm.get("/surveys/maker-pack", model=str(shop.unit.model_id))
    assert pack.status_code == 200, pack.text
    done = crm.post(f"/surveys/{survey.id}/done", {"outcome": "explained"}, key="a")
    assert done.status_code == 200, done.text
    assert done.json()["follow_up"]["outcome"] == "explained"
    assert crm.post(f"/surveys/{survey.id}/revoke").status_code == 409
