"""Who is asked, when, and by what link."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import wiring
from app.customers import privacy
from app.identity.secrets import token_hash
from app.kernel import clock
from app.kernel.errors import Conflict, Invalid, NotFound
from app.messaging import choices
from app.messaging.models import Message, Topic
from app.service import tickets
from app.service.states import TicketState
from app.survey import answering, asking, checks, customerview, followups, rules
from app.survey.answering import AnsweredAlready
from app.survey.models import FollowUp, FollowUpNote, Survey, SurveyAnswer
from app.survey.rules import Rules
from app.survey.states import Occasion
from tests.makers.sales import a_counter, a_robot
from tests.makers.service import Workshop, a_ticket, unguarded
from tests.makers.surveys import a_survey, answered, asked_after_a_repair, key_in
from tests.makers.whole_sales import sold_and_handed_over


def test_after_a_repair_its_customer_is_asked_once(session: Session, shop: Workshop) -> None:
    ticket, key = asked_after_a_repair(session, shop)

    survey = answering.survey_of(session, key)
    assert (survey.occasion, survey.ticket_id) == (Occasion.REPAIR, ticket.id)
    assert (survey.unit_id, survey.model_id) == (shop.unit.id, shop.unit.model_id)
    assert survey.token_hash == token_hash(key) != key
    with unguarded():
        ticket.outcome = "Actuator replaced"
        tickets.move(session, shop.manager, ticket, TicketState.CLOSED)
    assert session.scalar(select(func.count()).select_from(Survey)) == 1


@pytest.mark.only_on("sqlite")
def test_after_a_handover_the_new_owner_is_asked(session: Session) -> None:
    counter = a_counter(session)
    counter.customer.email = "office@lindenhof.example"
    unit = a_robot(session, counter)
    order = sold_and_handed_over(session, counter, unit)

    letter = session.scalars(select(Message).where(Message.topic == Topic.SURVEY)).one()
    survey = answering.survey_of(session, key_in(letter))
    assert (survey.order_id, survey.unit_id) == (order.id, unit.id)
    assert survey.staff_id == counter.seller.staff_id
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_nobody_is_asked_again_within_the_quiet_days(session: Session, shop: Workshop) -> None:
    shop.owner.email = "owner@klinik.example"
    a_survey(session, shop)
    ticket = a_ticket(session, shop)
    about = asking.About(unit=shop.unit, customer_id=shop.owner.id, staff_id=None, ticket=ticket)

    with clock.set_to(clock.now() + timedelta(days=29)):
        assert asking.ask(session, shop.store.id, about) is None
    with clock.set_to(clock.now() + timedelta(days=31)):
        assert asking.ask(session, shop.store.id, about) is not None


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("why", ["stopped", "unreachable", "store", "nobody billed"])
def test_who_wants_no_question_gets_none(session: Session, shop: Workshop, why: str) -> None:
    wiring.connect()
    shop.owner.email = "" if why == "unreachable" else "owner@klinik.example"
    if why == "stopped":
        choices.stop(session, shop.owner)
    if why == "store":
        rules.change(session, shop.manager, Rules(asks=False))
    ticket = a_ticket(session, shop, state=TicketState.READY)
    if why == "nobody billed":
        ticket.customer_id = None
    with unguarded():
        tickets.move(session, shop.manager, ticket, TicketState.RETURNED)

    assert session.scalar(select(Survey.id)) is None


@pytest.mark.only_on("sqlite")
def test_guessed_revoked_and_old_keys_open_nothing_in_the_same_words(
    session: Session, shop: Workshop
) -> None:
    _, key = asked_after_a_repair(session, shop)
    said = set()
    for guess in ("", "guess", "x" * 5000, key[:-1]):
        with pytest.raises(NotFound) as miss:
            answering.survey_of(session, guess)
        said.add(str(miss.value))
    with (
        clock.set_to(clock.now() + timedelta(days=31)),
        pytest.raises(NotFound) as miss,
    ):
        answering.survey_of(session, key)
    said.add(str(miss.value))
    asking.revoke(session, shop.manager, answering.survey_of(session, key))
    with pytest.raises(NotFound) as miss:
        answering.survey_of(session, key)
    said.add(str(miss.value))
    assert len(said) == 1


def test_an_answer_stands_once_and_for_ever(session: Session, shop: Workshop) -> None:
    survey = a_survey(session, shop, score=9, comment="Good")

    with pytest.raises(AnsweredAlready):
        answered(session, survey, 0)
    with pytest.raises(Conflict):
        asking.revoke(session, shop.manager, survey)
    session.commit()
    for change in ("UPDATE survey_answers SET score = 1", "DELETE FROM survey_answers"):
        with pytest.raises(DBAPIError):
            session.connection().exec_driver_sql(change)
        session.rollback()
    kept = session.scalars(select(SurveyAnswer)).one()
    assert (kept.score, kept.comment) == (9, "Good")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "ten", "²", "1" * 500])
def test_only_numbers_from_0_to_10_are_answers(
    session: Session, shop: Workshop, score: str
) -> None:
    survey = a_survey(session, shop)
    with pytest.raises(Invalid) as refusal:
        answering.answer(session, survey, score=score, comment="x" * 2001, language="en")
    assert set(refusal.value.problems) == {"score", "comment"}


@pytest.mark.parametrize(("score", "is_bad"), [(6, True), (7, False)])
def test_six_or_less_is_followed_up(
    session: Session, shop: Workshop, score: int, is_bad: bool
) -> None:
    survey = a_survey(session, shop, score=score)
    assert (followups.of_survey(session, survey) is not None) is is_bad


@pytest.mark.only_on("sqlite")
def test_the_deadline_counts_days_on_which_the_store_works(
    session: Session, shop: Workshop
) -> None:
    # a Friday evening: Monday, Tuesday
    with clock.set_to(datetime(2026, 11, 27, 17, tzinfo=UTC)):
        survey = a_survey(session, shop, score=3)
        row = followups.of_survey(session, survey)
    assert row is not None
    assert row.due_on.isoformat() == "2026-12-01"


def test_a_follow_up_is_given_noted_and_done_once(session: Session, shop: Workshop) -> None:
    survey = a_survey(session, shop, score=2)
    row = followups.by_survey(session, shop.manager, survey)
    with pytest.raises(Exception, match="may see to it"):
        followups.assign(session, shop.manager, row, shop.technician.staff_id)
    followups.assign(session, shop.manager, row, shop.manager.staff_id)
    with pytest.raises(Invalid):
        followups.finish(session, shop.manager, row, "because")
    followups.finish(session, shop.manager, row, "explained", text="Called, all is well")
    with pytest.raises(Conflict):
        followups.finish(session, shop.manager, row, "solved")
    assert [note.text for note in followups.notes_of(session, row)] == ["Called, all is well"]
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_only_who_answers_for_it_sees_to_bad_answers(session: Session, shop: Workshop) -> None:
    survey = a_survey(session, shop, score=2)
    with pytest.raises(Exception, match="may not"):
        followups.by_survey(session, shop.technician, survey)


def test_of_somebody_forgotten_the_score_stays_and_all_words_go(
    session: Session, shop: Workshop
) -> None:
    survey = a_survey(session, shop, score=2, comment="Call Anna")
    open_one = a_survey(session, shop)
    row = followups.by_survey(session, shop.manager, survey)
    followups.note(session, shop.manager, row, "Anna called")
    copy = customerview.chapter(session, shop.manager, shop.owner)
    assert "Call Anna" in str(copy)
    assert "Anna called" in str(copy)
    wiring.connect()
    privacy.export(session, shop.manager, shop.owner)
    privacy.erase(session, shop.manager, shop.owner, reason="asked for")
    session.expire_all()

    answer = session.scalars(select(SurveyAnswer)).one()
    assert (answer.score, answer.comment) == (2, "")
    assert session.scalars(select(FollowUpNote.text)).one() == ""
    assert session.scalars(select(FollowUp.done_by)).one() == "erasure"
    assert session.get_one(Survey, open_one.id).revoked_at is not None
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_the_check_names_a_bad_answer_that_nobody_sees_to(session: Session, shop: Workshop) -> None:
    survey = a_survey(session, shop, score=1)
    session.delete(followups.by_survey(session, shop.manager, survey))
    session.flush()
    assert "nobody sees to it" in " ".join(checks.breaches(session))
