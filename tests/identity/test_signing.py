"""Who gets in, who does not, and what is remembered of those who did not."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets, signing, staff, tries
from app.identity.models import StaffSession, Terminal
from app.identity.signing import Outcome, Signed, TurnedAway
from app.kernel import audit, clock
from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.kernel.errors import TooMany
from tests.identity.conftest import House
from tests.makers.identity import BADGE, PASSWORD, PIN, a_person, a_session
from tests.makers.stores import a_store


def by_password(session: Session, login: str, password: str = PASSWORD) -> Outcome:
    claim = signing.claim_by_password(session, login=login, password=password)
    return signing.settle(session, claim, terminal=None, hours=14)


def by_pin(session: Session, house: House, pin: str = PIN, *, staff_id: int = 0) -> Outcome:
    claim = signing.claim_by_pin(
        session, staff_id=staff_id or house.jana.id, pin=pin, terminal=house.terminal
    )
    return signing.settle(session, claim, terminal=house.terminal, hours=14)


def by_badge(session: Session, terminal: Terminal, code: str = BADGE) -> Outcome:
    claim = signing.claim_by_badge(session, code=code, terminal=terminal)
    return signing.settle(session, claim, terminal=terminal, hours=14)


def sentence(outcome: Outcome) -> str:
    assert isinstance(outcome, TurnedAway)
    return str(outcome.message)


def actions(session: Session) -> list[str]:
    audit.write(session)
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)))


def test_the_right_password_opens_a_session_of_which_only_a_hash_is_kept(
    session: Session, house: House
) -> None:
    outcome = by_password(session, " JANA ")

    assert isinstance(outcome, Signed)
    assert outcome.staff is house.jana
    kept = session.scalars(select(StaffSession)).one()
    assert kept.token_hash == secrets.token_hash(outcome.token)
    assert actions(session) == ["staff.signed_in"]


def test_the_session_before_ends_with_the_next_sign_in(session: Session, house: House) -> None:
    old = a_session(session, house.jana)

    claim = signing.claim_by_password(session, login="petra", password=PASSWORD)
    signing.settle(session, claim, terminal=None, hours=14, leaving=old)

    ended = {
        one.staff_id: one.ended_at is not None for one in session.scalars(select(StaffSession))
    }
    assert ended == {house.jana.id: True, house.petra.id: False}


@pytest.mark.usefixtures("house")
def test_a_name_that_nobody_has_looks_like_one_with_a_wrong_password(session: Session) -> None:
    wrong = [sentence(by_password(session, "jana", "not the password")) for _ in range(6)]
    nobody = [sentence(by_password(session, "nobody", "not the password")) for _ in range(6)]

    assert wrong == nobody
    assert len(set(wrong[:5])) == 1
    assert wrong[5].startswith("Too many wrong tries. Try again in 15 minutes")


@pytest.mark.only_on("sqlite")
def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password(
    session: Session, house: House
) -> None:
    house.jana.password_hash = secrets.hash_secret(PASSWORD)

    def seconds(login: str) -> float:
        started = time.perf_counter()
        signing.claim_by_password(session, login=login, password="not the password")
        return time.perf_counter() - started

    nobody, wrong = (min(seconds(login) for _ in range(3)) for login in ("nobody", "jana"))

    assert 0.5 < nobody / wrong < 2


def test_after_five_wrong_passwords_the_right_one_is_of_no_use_even_after_a_restart(
    session: Session, house: House, database_url: str
) -> None:
    """SEC-15."""
    for _ in range(5):
        by_password(session, "jana", "not the password")
    session.commit()
    restarted = Database(database_url)

    with restarted.transaction() as again:
        outcome = by_password(again, "jana")

    assert "Too many wrong tries" in sentence(outcome)
    assert staff.locks_of(session, house.jana) == 15
    restarted.close()


def test_the_lock_opens_after_a_quarter_of_an_hour_or_by_a_manager(
    session: Session, house: House
) -> None:
    for login in ("jana", "petra"):
        for _ in range(5):
            by_password(session, login, "not the password")

    staff.unlock(session, house.manager, house.jana)
    with clock.set_to(clock.now() + timedelta(minutes=16)):
        petra = by_password(session, "petra")

    assert isinstance(by_password(session, "jana"), Signed)
    assert isinstance(petra, Signed)


def test_whoever_tries_passwords_from_afar_does_not_lock_the_pin(
    session: Session, house: House
) -> None:
    for _ in range(6):
        by_password(session, "jana", "not the password")

    assert isinstance(by_pin(session, house), Signed)


def test_the_right_secret_clears_the_count(session: Session, house: House) -> None:
    for _ in range(3):
        for _ in range(4):
            by_pin(session, house, "9999")
        assert isinstance(by_pin(session, house), Signed)


def test_tries_of_long_ago_are_not_in_a_row(session: Session) -> None:
    with clock.set_to(clock.now() - timedelta(days=2)):
        for _ in range(4):
            tries.count(session, "pin:1")

    tries.count(session, "pin:1")

    assert tries.minutes_locked(session, "pin:1") == 0


def test_who_is_switched_off_learns_so_only_with_the_right_password(
    session: Session, house: House
) -> None:
    staff.disable(session, house.manager, house.jana)

    assert "do not fit" in sentence(by_password(session, "jana", "not the password"))
    assert "switched off" in sentence(by_password(session, "jana"))
    assert "switched off" in sentence(by_badge(session, house.terminal))


def test_a_pin_opens_only_to_people_of_the_terminals_store(session: Session, house: House) -> None:
    stranger = a_person(session, a_store(session, "BER"), "Otto Fern")

    assert isinstance(by_pin(session, house), Signed)
    assert sentence(by_pin(session, house, staff_id=stranger.id)) == "This PIN is not right."
    assert sentence(by_pin(session, house, staff_id=10**9)) == "This PIN is not right."


def test_a_person_without_a_pin_is_not_opened_by_an_empty_one(
    session: Session, house: House
) -> None:
    house.jana.pin_hash = None

    assert sentence(by_pin(session, house, "")) == "This PIN is not right."


@pytest.mark.parametrize("code", [BADGE, f" {BADGE.lower()}\x04"])
def test_a_badge_alone_is_enough_whatever_the_keyboard_makes_of_it(
    session: Session, house: House, code: str
) -> None:
    outcome = by_badge(session, house.terminal, code)

    assert isinstance(outcome, Signed)
    assert outcome.staff is house.jana


@pytest.mark.parametrize("code", ["4012345678901", "", "admin", BADGE[:-1]])
def test_an_unknown_badge_signs_nobody_in_and_is_on_record(
    session: Session, house: House, code: str
) -> None:
    """POS-13."""
    outcome = by_badge(session, house.terminal, code)

    assert sentence(outcome) == "This badge is not known here."
    assert session.scalars(select(StaffSession)).all() == []
    assert actions(session) == ["terminal.unknown_badge"]


def test_five_unknown_badges_close_the_badge_box_but_not_the_pin(
    session: Session, house: House
) -> None:
    """SEC-15."""
    for _ in range(5):
        by_badge(session, house.terminal, "4012345678901")

    assert "Too many wrong tries" in sentence(by_badge(session, house.terminal))
    assert isinstance(by_pin(session, house), Signed)


def test_a_badge_of_another_store_is_unknown(session: Session, house: House) -> None:
    a_person(session, a_store(session, "BER"), "Otto Fern", badge="X" * 26)

    assert sentence(by_badge(session, house.terminal, "X" * 26)) == "This badge is not known here."


def test_a_flood_of_guesses_is_sent_away_before_it_takes_the_machine() -> None:
    for _ in range(8):
        secrets._waiting.acquire()
    try:
        with pytest.raises(TooMany):
            secrets.matches(None, "guess")
    finally:
        secrets._waiting.release(8)


@pytest.mark.parametrize(
    "pin", ["123", "123456789", "1111", "1234", "8765", "12a4", "１２３９", ""]
)
def test_a_pin_that_anybody_would_try_first_is_none(pin: str) -> None:
    with pytest.raises(Exception, match="4 to 8 digits"):
        secrets.check_pin(pin)


def test_a_badge_code_has_no_letter_that_a_keyboard_swaps() -> None:
    codes = {secrets.new_badge_code() for _ in range(200)}

    assert len(codes) == 200
    assert not set("".join(codes)) & set("YZyzIO-_")
