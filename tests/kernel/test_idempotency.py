"""The same request twice is one act."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import clock, idempotency
from app.kernel.idempotency import KeptAnswer, Request, TokenReused, fingerprint

ASKED = Request(scope="staff:1", token="t-1", fingerprint=fingerprint("POST", "/pay", "abc"))


def kept(session: Session, request: Request = ASKED) -> None:
    idempotency.keep(session, request, status=303, headers={"location": "/x"}, body=b"\x00\xff")


def test_the_first_answer_is_given_again_byte_for_byte(session: Session) -> None:
    assert idempotency.recall(session, ASKED) is None
    kept(session)

    again = idempotency.recall(session, ASKED)

    assert again is not None
    assert (again.status, again.headers, again.body) == (303, '{"location":"/x"}', b"\x00\xff")


def test_the_same_token_for_another_request_is_refused(session: Session) -> None:
    kept(session)
    for other in (("POST", "/pay", "abd"), ("POST", "/pay/card", "abc"), ("PUT", "/pay", "abc")):
        with pytest.raises(TokenReused):
            idempotency.recall(session, Request("staff:1", "t-1", fingerprint(*other)))


def test_somebody_elses_token_is_another_token(session: Session) -> None:
    kept(session)

    assert idempotency.recall(session, Request("staff:2", "t-1", ASKED.fingerprint)) is None


def test_two_answers_to_one_token_cannot_be_kept(session: Session) -> None:
    kept(session)
    with pytest.raises(IntegrityError):
        kept(session)


def test_an_answer_goes_back_with_the_act(session: Session) -> None:
    kept(session)
    session.rollback()

    assert idempotency.recall(session, ASKED) is None


def test_answers_are_kept_for_a_week(session: Session) -> None:
    kept(session)
    for later, left in ((timedelta(days=6), 1), (timedelta(days=8), 0)):
        with clock.set_to(clock.now() + later):
            idempotency.forget_old(session)
        assert session.scalar(select(func.count(KeptAnswer.id))) == left
