"""Bulletins: which keep a robot here, what cannot be meant, and what nobody changes by SQL."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid
from app.robots import bulletins, concerned
from app.robots.bulletin_models import BulletinKind, Outcome
from app.robots.bulletincriteria import Criterion
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin
from tests.makers.robots import a_maker, a_unit
from tests.robots.meant import codes, found_by


def test_only_pressing_bulletins_keep_a_robot_here(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store, "A1")
    maker = a_maker(session)
    for kind in BulletinKind:
        a_bulletin(session, manager, maker, Criterion(serials="A1"), code=kind.value, kind=kind)
    # then
    assert codes(session, unit) == ["stop_sale", "mandatory", "recommended", "information"]
    assert [str(one.text) for one in concerned.reasons(session, manager, unit)] == [
        "Bulletin stop_sale is open: Knee actuator: check the torque.",
        "Bulletin mandatory is open: Knee actuator: check the torque.",
    ]
    assert [one.bulletin.code for one in concerned.stop_sales(session, unit)] == ["stop_sale"]


def test_a_withdrawn_bulletin_means_nobody_and_its_code_is_free(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store, "A1")
    maker = a_maker(session)
    bulletin = a_bulletin(session, manager, maker, Criterion(serials="A1"))
    with pytest.raises(Conflict, match="Unitree has a bulletin sb-25-07 already"):
        a_bulletin(session, manager, maker, Criterion(serials="A1"), code=" sb-25-07 ")
    # when
    bulletins.withdraw(session, manager, bulletin, reason="Wrong range")
    # then
    assert codes(session, unit) == []
    assert found_by(session, store, bulletin) == set()
    with pytest.raises(Conflict, match="was withdrawn"):
        bulletins.withdraw(session, manager, bulletin, reason="Again")
    with pytest.raises(Conflict, match="was withdrawn"):
        bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    a_bulletin(session, manager, maker, Criterion(serials="A1"))
    assert codes(session, unit) == ["SB-25-07"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("criterion", "field", "sentence"),
    [
        (Criterion(serials="A12..A9"), "serials", "The range runs backwards: a12 comes after a9."),
        (
            Criterion(serials="A1..B9"),
            "serials",
            "a1 and b9 are of two series; name a range for each.",
        ),
        (Criterion(serials="x" * 200), "serials", "A serial number has 1 to 100 characters."),
        (
            Criterion(firmware=">=4.10,<4.9"),
            "firmware",
            "No version can be in the range “>=4.10,<4.9”",
        ),
        (Criterion(firmware=">>4"), "firmware", "“>>4” is no range of versions"),
        (Criterion(part_number="P" * 65), "part", "A part number has at most 64 characters."),
        (Criterion(lot="L" * 101), "lot", "A lot number has at most 100 characters."),
        (Criterion(revisions=",".join(map(str, range(31)))), "revisions", "At most 30 revisions"),
        (Criterion(model_id=10**9), "model", "This maker has no such model here."),
        (Criterion(), "model", "Say which robots are meant."),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(
    session: Session, manager: Actor, criterion: Criterion, field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"), criterion)
    assert str(refused.value.problems[f"criteria.1.{field}"]).startswith(sentence)


def test_a_deadline_is_not_before_the_issue(session: Session, manager: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        a_bulletin(
            session,
            manager,
            a_maker(session),
            Criterion(serials="A1"),
            issued_on=date(2025, 11, 2),
            due_on=date(2025, 11, 1),
            code=" ",
        )
    assert set(refused.value.problems) == {"due_on", "code"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bulletins SET title = 'x'",
        "DELETE FROM bulletins",
        "UPDATE bulletin_criteria SET lot = 'x'",
        "UPDATE bulletin_completions SET by = 'x'",
        "DELETE FROM bulletin_completions",
    ],
)
def test_the_database_keeps_bulletins_as_they_were(
    session: Session, store: Store, manager: Actor, change: str
) -> None:
    unit = a_unit(session, store, "A1")
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    with pytest.raises(DatabaseError, match=r"append-only|only end"):
        session.execute(text(change))
