"""The customer's one question, as a phone without a script sees it."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messaging.models import Message, Topic
from app.survey import checks
from app.survey.models import FollowUp, Survey, SurveyAnswer
from tests.makers.browsing import Browser, a_browser
from tests.makers.robots import a_model
from tests.makers.sales import a_counter, a_robot
from tests.makers.service import Workshop
from tests.makers.surveys import asked_after_a_repair, key_in
from tests.makers.whole_sales import handed_over, sold

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def key(session: Session, shop: Workshop) -> str:
    _, made = asked_after_a_repair(session, shop)
    session.commit()
    return made


@pytest.fixture
def phone(app: FastAPI, key: str) -> Browser:  # noqa: ARG001 - asked before the page is opened
    return a_browser(app, "nobody")


def test_a_customer_answers_and_a_second_tab_changes_nothing(
    phone: Browser, session: Session, key: str
) -> None:
    page = phone.get(f"/q/{key}")
    assert page.status_code == 200
    assert page.text.count('type="radio"') == 11
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]

    sent = phone.post(f"/q/{key}", score="5", comment="<b>Too slow</b>", language="de")
    assert sent.headers["location"] == f"/q/{key}?language=de&done=yes"
    again = phone.post(f"/q/{key}", score="10", comment="all good")
    assert again.status_code == 409
    assert "Your first answer counts." in again.text
    assert 'type="radio"' not in phone.get(f"/q/{key}").text
    kept = session.scalars(select(SurveyAnswer)).one()
    assert (kept.score, kept.comment, kept.language) == (5, "<b>Too slow</b>", "de")
    assert session.scalars(select(FollowUp)).one().done_at is None


def test_what_was_typed_stays_where_something_is_wrong(phone: Browser, key: str) -> None:
    page = phone.post(f"/q/{key}", comment="<i>words</i>" * 4000)
    assert page.status_code == 422
    assert "Choose a number from 0 to 10." in page.text
    assert "At most 2,000 characters" in page.text
    assert "&lt;i&gt;words" in page.text


def test_the_page_speaks_the_language_of_its_link(phone: Browser, key: str) -> None:
    for language, lang in (("de", "de"), ("zh", "zh-Hans"), ("en", "en")):
        assert f'<html lang="{lang}"' in phone.get(f"/q/{key}?language={language}").text


def test_wrong_keys_are_alike_and_after_some_the_visitor_waits(phone: Browser, key: str) -> None:
    misses = {(one.status_code, len(one.text)) for one in (phone.get(f"/q/{n}") for n in "abc")}
    assert [status for status, _ in misses] == [404]
    answers = [phone.get(f"/q/guess-{n}").status_code for n in range(6)]
    assert answers[-1] == 429
    # the right key always opens
    assert phone.get(f"/q/{key}").status_code == 200


def test_of_several_robots_the_customer_says_which_one_is_meant(
    app: FastAPI, session: Session
) -> None:
    counter = a_counter(session)
    counter.customer.email = "office@lindenhof.example"
    two = [a_robot(session, counter, serial) for serial in ("ONE-1", "TWO-2")]
    handed_over(session, counter, sold(session, counter, *two))
    letter = session.scalars(select(Message).where(Message.topic == Topic.SURVEY)).one()
    here = f"/q/{key_in(letter)}"
    session.commit()
    phone = a_browser(app, "nobody")
    assert "All of them" in phone.get(here).text  # alike: no figure depends on it

    two[1].model_id = a_model(session, "H1").id
    first, second = (str(one.id) for one in two)
    session.commit()
    for robot in ("", f"{first}{second}9", "ONE-1"):
        assert phone.post(here, score="9", robot=robot).status_code == 422
    assert phone.post(here, score="9", robot=second).status_code == 303

    session.expire_all()
    survey = session.scalars(select(Survey)).one()
    assert (str(survey.unit_id), survey.model_id) == (second, two[1].model_id)
    assert list(checks.breaches(session)) == []
