"""Who works here, and what nobody may do to whom."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets, staff, terminals, tokens
from app.identity.models import StaffSession
from app.identity.roles import PERMISSIONS, Role, grantable, grantable_to_programs
from app.identity.signing import Claim, actor_for
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unauthenticated
from app.kernel.text import msg
from tests.identity.conftest import House
from tests.makers.identity import PASSWORD, a_person, a_session, a_terminal
from tests.makers.stores import a_store


def hire(session: Session, actor: Actor, **more: str) -> None:
    facts = {"login": "emre", "name": "Emre Kaya", "password": PASSWORD, **more}
    staff.add(session, actor, role=Role.TECHNICIAN, **facts)


def open_sessions(session: Session) -> list[int]:
    return list(
        session.scalars(select(StaffSession.staff_id).where(StaffSession.ended_at.is_(None)))
    )


def test_a_login_is_taken_in_any_writing(session: Session, house: House) -> None:
    with pytest.raises(Conflict, match="already in use"):
        hire(session, house.manager, login=" ＪＡＮＡ ")


@pytest.mark.parametrize(
    ("field", "text"), [("login", ""), ("login", "x" * 65), ("name", "\x07"), ("name", "x" * 201)]
)
def test_a_name_that_no_column_holds_is_refused_beside_its_field(
    session: Session, house: House, field: str, text: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        hire(session, house.manager, **{field: text})

    assert list(refusal.value.problems) == [field]


@pytest.mark.parametrize(("password", "pin"), [("short", ""), ("x" * 201, ""), (PASSWORD, "1111")])
def test_weak_secrets_are_refused(session: Session, house: House, password: str, pin: str) -> None:
    with pytest.raises(Refused):
        hire(session, house.manager, password=password, pin=pin)


def test_a_seller_manages_neither_people_nor_devices_nor_programs(
    session: Session, house: House
) -> None:
    seller, petra = house.seller, house.petra

    for act in (
        lambda: hire(session, seller),
        lambda: staff.disable(session, seller, petra),
        lambda: staff.enable(session, seller, petra),
        lambda: staff.unlock(session, seller, petra),
        lambda: staff.rename(session, seller, petra, "X"),
        lambda: staff.set_pin(session, seller, petra, "7391"),
        lambda: staff.set_password(session, seller, petra, PASSWORD),
        lambda: staff.new_badge(session, seller, petra),
        lambda: staff.take_badge(session, seller, petra),
        lambda: staff.change_role(session, seller, petra, Role.SALES),
        lambda: tokens.create(session, seller, name="x", role=Role.SALES),
        lambda: tokens.revoke(session, seller, 1),
        lambda: terminals.enrol(session, seller, name="x", till_id=None),
        lambda: terminals.revoke(session, seller, house.terminal.id),
    ):
        with pytest.raises(Forbidden):
            act()


def test_nobody_gets_at_rights_that_they_do_not_hold(session: Session, house: House) -> None:
    few = Actor(
        store_id=house.store.id,
        name="Half a manager",
        role="half",
        permissions=PERMISSIONS[Role.SALES] | {"staff.manage"},
        staff_id=house.jana.id,
    )

    for act in (
        lambda: staff.set_password(session, few, house.petra, PASSWORD),
        lambda: staff.new_badge(session, few, house.petra),
        lambda: staff.change_role(session, few, house.jana, Role.MANAGER),
        lambda: tokens.create(session, few, name="x", role=Role.ADMIN),
    ):
        with pytest.raises(Forbidden, match="may more than yours"):
            act()
    assert {Role.SALES} <= {role for role, _ in grantable(few)} <= {Role.SALES, Role.METROLOGIST}


def test_nobody_is_a_device(session: Session, house: House) -> None:
    facts = {"login": "dock", "name": "Dock 1", "password": PASSWORD}
    with pytest.raises(Refused, match="for devices"):
        staff.add(session, house.manager, role=Role.DEVICE, **facts)
    assert Role.DEVICE not in {role for role, _ in grantable(house.manager)}
    assert Role.DEVICE in {role for role, _ in grantable_to_programs(house.manager)}


def test_one_cannot_disable_oneself_or_change_ones_own_role(session: Session, house: House) -> None:
    with pytest.raises(Refused, match="disable yourself"):
        staff.disable(session, house.manager, house.petra)
    with pytest.raises(Refused, match="own role"):
        staff.change_role(session, house.manager, house.petra, Role.SALES)


def test_people_of_another_store_do_not_exist_here(session: Session, house: House) -> None:
    stranger = a_person(session, a_store(session, "BER"), "Otto Fern")

    with pytest.raises(NotFound):
        staff.by_id(session, house.manager, stranger.id)


def test_who_is_switched_off_or_gets_a_new_password_is_out_everywhere(
    session: Session, house: House
) -> None:
    emre = a_person(session, house.store, "Emre Kaya")
    for person in (house.jana, emre, house.petra):
        a_session(session, person)

    staff.disable(session, house.manager, house.jana)
    staff.set_password(session, house.manager, emre, "another long word")

    assert open_sessions(session) == [house.petra.id]


def test_ones_own_password_wants_the_present_one(session: Session, house: House) -> None:
    def claim(*, fits: bool, of: int) -> Claim:
        return Claim("password", "x", of, house.store.id, fits, wrong=msg("No."))

    for doubtful in (claim(fits=False, of=house.jana.id), claim(fits=True, of=house.petra.id)):
        with pytest.raises(Refused) as refusal:
            staff.change_own_pin(session, house.seller, doubtful, pin="7391")
        assert refusal.value.field == "current"

    staff.change_own_pin(session, house.seller, claim(fits=True, of=house.jana.id), pin="7391")
    assert secrets.matches(house.jana.pin_hash, "7391")


def test_a_new_badge_makes_the_old_one_worthless(session: Session, house: House) -> None:
    first = staff.new_badge(session, house.manager, house.jana)
    second = staff.new_badge(session, house.manager, house.jana)

    assert house.jana.badge_hash == secrets.badge_hash(second.lower())
    assert first != second


def test_a_device_enrolled_anew_is_no_longer_what_it_was(session: Session, house: House) -> None:
    terminal, token = terminals.enrol(
        session,
        house.manager,
        name="Bench",
        till_id=None,
        density="office",
        instead_of=house.terminal,
    )

    assert terminals.by_token(session, token) is terminal
    assert terminals.by_token(session, f"terminal-{house.store.id}") is None
    assert [one.name for one in terminals.of_store(session, house.store.id)] == [
        "Bench",
        "Counter 1",
    ]


def test_a_terminal_takes_no_till_of_another_store(session: Session, house: House) -> None:
    berlin = a_store(session, "BER")
    manager = actor_for(a_person(session, berlin, "Otto Fern", role=Role.MANAGER), terminal=None)

    with pytest.raises(Refused) as refusal:
        terminals.enrol(session, manager, name="x", till_id=house.till.id)

    assert refusal.value.field == "till"


def test_revoking_a_terminal_signs_out_who_works_at_it(session: Session, house: House) -> None:
    other = a_terminal(session, a_store(session, "BER"), house.petra)
    a_session(session, house.jana, house.terminal)
    a_session(session, house.petra)

    terminals.revoke(session, house.manager, house.terminal.id)

    assert open_sessions(session) == [house.petra.id]
    with pytest.raises(NotFound):
        terminals.revoke(session, house.manager, other.id)


def test_a_revoked_token_opens_nothing(session: Session, house: House) -> None:
    token = tokens.create(session, house.manager, name="web shop", role=Role.SALES)
    program = tokens.actor_of(session, token)

    tokens.revoke(session, house.manager, program.token_id or 0)

    assert program.permissions == PERMISSIONS[Role.SALES]
    with pytest.raises(Unauthenticated):
        tokens.actor_of(session, token)
