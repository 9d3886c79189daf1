"""Walk-ins, changes of hands, loans and the end: ownership, custody and holding kept apart."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.identity.roles import Role
from app.kernel import clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.money import Money
from app.robots import (
    checks,
    claims,
    dataduties,
    loans,
    ownership,
    registering,
    timeline,
    transfers,
)
from app.robots.dataduties import WipeInput
from app.robots.events import BoughtBack
from app.robots.life_models import Wipe
from app.robots.loans import Lending, OutOnLoan
from app.robots.models import Ownership, Unit
from app.robots.registering import WalkIn
from app.robots.states import Custody, Holding, UnitState
from app.robots.transfers import WipeStatement
from app.sales import checks as sales_checks
from app.sales import sellable
from app.stores import desk
from app.stores.models import Store
from app.wiring import connect
from tests.makers.robots import a_maker, a_model, a_unit
from tests.robots.conftest import a_customer, a_store, an_actor

WIPED = WipeStatement(Wipe.WIPED, "Reset to delivery")
PRICE = Money(400_000, "EUR")


@pytest.fixture
def owner(session: Session, manager: Actor) -> Customer:
    return a_customer(session, manager, "Erika Muster")


def owned_by(session: Session, store: Store, actor: Actor, owner: Customer) -> Unit:
    unit = a_unit(session, store, "G1-0001", state=UnitState.HANDED_OVER)
    unit.custody, unit.holding = Custody.CUSTOMER, Holding.CUSTOMER
    ownership.give_to(session, actor, unit, owner.id, at=clock.now() - timedelta(days=9))
    return unit


# Walk-ins


def test_a_robot_sold_elsewhere_comes_in_as_its_owners(
    session: Session, manager: Actor, owner: Customer
) -> None:
    a_model(session, "G1")
    unit = registering.register(session, manager, WalkIn("Unitree", "g1", " 007 "), owner)
    assert (unit.serial, unit.state, unit.holding) == ("007", "handed_over", "customer")
    assert unit.custody is Custody.STORE
    assert ownership.owner_of(session, unit.id) == owner.id
    assert [*checks.breaches(session), *sales_checks.breaches(session)] == []


def test_nothing_need_be_known_of_it(session: Session, manager: Actor, owner: Customer) -> None:
    first = registering.register(session, manager, WalkIn(), owner)
    second = registering.register(session, manager, WalkIn(is_here=False), owner)
    assert (first.serial, second.serial) == ("LEJ-X-000001", "LEJ-X-000002")
    assert first.maker_id == second.maker_id == a_maker(session, "Unknown").id
    assert second.custody is Custody.CUSTOMER


@pytest.mark.parametrize("serial", ["A-1", " a-1 ", "Ａ-１"])
def test_a_known_robot_is_not_registered_again(
    session: Session, store: Store, manager: Actor, owner: Customer, serial: str
) -> None:
    a_unit(session, store, "A-1")
    for maker in ("unitree", ""):
        with pytest.raises(Conflict, match="known here") as refusal:
            registering.register(session, manager, WalkIn(maker, "G1", serial), owner)
        assert refusal.value.link == "/robots/A-1"
    # another maker may have given the same
    registering.register(session, manager, WalkIn("UBTECH", "Walker", serial), owner)


def test_a_robot_of_another_store_is_not_registered_again(
    session: Session, manager: Actor, owner: Customer
) -> None:
    a_unit(session, a_store(session, "BER"), "A-1")
    with pytest.raises(Conflict, match="another store"):
        registering.register(session, manager, WalkIn("Unitree", "G1", "A-1"), owner)


@pytest.mark.parametrize("serial", ["🤖-1", "x" * 100, "a/b%20c", "007", "7", "..", "owners"])
def test_a_strange_serial_stays_what_it_is(
    session: Session, manager: Actor, owner: Customer, serial: str
) -> None:
    assert registering.register(session, manager, WalkIn(serial=serial), owner).serial == serial


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("serial", ["x" * 101, "\u2800", "8.9E+18", "a\nb"])
def test_a_serial_that_is_none_is_refused(
    session: Session, manager: Actor, owner: Customer, serial: str
) -> None:
    with pytest.raises(Refused):
        registering.register(session, manager, WalkIn(serial=serial), owner)


# From hand to hand


def test_a_transfer_tells_what_became_of_the_data(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit, heir = owned_by(session, store, manager, owner), a_customer(session, manager, "Max")
    record = transfers.transfer(session, manager, unit, heir, data=WIPED)
    assert ownership.owner_of(session, unit.id) == heir.id
    assert [row.customer_id for row, _ in ownership.history(session, unit.id)] == [
        heir.id,
        owner.id,
    ]
    assert (record.from_customer_id, record.to_customer_id, record.wipe) == (
        owner.id, heir.id, Wipe.WIPED,
    )  # fmt: skip
    # whose it is has changed, and nothing else
    assert (unit.custody, unit.holding, unit.state) == ("customer", "customer", "handed_over")
    kinds = [line.kind for line in timeline.of_unit(session, unit.id).items]
    assert kinds[:3] == ["owner", "data", "data"]
    assert list(checks.breaches(session)) == []


def test_a_wipe_has_its_certificate_and_each_certificate_one_transfer(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    # given: wiped on the bench before anybody spoke of a transfer
    unit, heir = owned_by(session, store, manager, owner), a_customer(session, manager, "Max")
    bench = dataduties.certify_wipe(session, manager, unit, WipeInput("Maps", "Reset"))
    # when
    first = transfers.transfer(
        session, manager, unit, heir, data=WipeStatement(Wipe.WIPED, "On the bench")
    )
    with pytest.raises(Refused, match="how the data were wiped"):
        transfers.transfer(session, manager, unit, owner, data=WipeStatement(Wipe.WIPED))
    second = transfers.transfer(session, manager, unit, owner, data=WIPED)
    third = transfers.transfer(session, manager, unit, heir, data=WipeStatement(Wipe.NO_DATA))
    # then
    found = transfers.certificates(session, [first.id, second.id, third.id])
    assert found[first.id] is bench
    made = found[second.id]
    assert (made.number, made.person, made.method) == (2, "Max", "Reset to delivery")
    assert made.scope == "All of the former owner’s data"
    assert third.id not in found


def test_a_transfer_needs_an_owner_another_customer_and_a_word(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit, heir = owned_by(session, store, manager, owner), a_customer(session, manager, "Max")
    with pytest.raises(Refused, match="already"):
        transfers.transfer(session, manager, unit, owner, data=WIPED)
    with pytest.raises(Refused, match="who agreed"):
        transfers.transfer(session, manager, unit, heir, data=WipeStatement(Wipe.KEPT, " "))
    with pytest.raises(Conflict, match="no customer"):
        transfers.transfer(session, manager, a_unit(session, store, "S"), heir, data=WIPED)
    technician = an_actor(store, Role.TECHNICIAN)
    with pytest.raises(Forbidden):
        transfers.transfer(session, technician, unit, heir, data=WIPED)


def test_a_robot_bought_back_waits_for_its_inspection(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    # given
    unit, heard = owned_by(session, store, manager, owner), []
    events.listen(BoughtBack, lambda _session, event: heard.append(event))
    # when
    transfers.buy_back(session, manager, unit, price=PRICE, data=WIPED)
    # then
    assert (unit.state, unit.holding, unit.custody) == ("received", "stock", "store")
    assert (unit.cost_minor, ownership.owner_of(session, unit.id)) == (400_000, None)
    assert [(event.unit_id, event.customer_id) for event in heard] == [(unit.id, owner.id)]
    kinds = [line.kind for line in timeline.of_unit(session, unit.id).items]
    assert kinds[:4] == ["received", "returned", "owner", "data"]
    # and not twice
    with pytest.raises(Conflict):
        transfers.buy_back(session, manager, unit, price=PRICE, data=WIPED)


def test_what_was_bought_back_cheaply_or_in_dollars_is_refused(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit = owned_by(session, store, manager, owner)
    for price in (Money(-1, "EUR"), Money(1, "USD")):
        with pytest.raises(Refused):
            transfers.buy_back(session, manager, unit, price=price, data=WIPED)


def test_owners_at_the_same_time_are_impossible(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit, now = owned_by(session, store, manager, owner), clock.now()
    for since, until in ((now, None), (now - timedelta(days=20), now), (now, now)):
        row = Ownership(unit_id=unit.id, customer_id=owner.id, since=since, until=until)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(row)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.delete(session.scalars(select(Ownership)).one())
    before = Ownership(
        unit_id=unit.id,
        customer_id=owner.id,
        since=now - timedelta(days=20),
        until=now - timedelta(days=10),
    )
    session.add(before)
    session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Ownership).where(Ownership.id == before.id).values(until=now))


# Loans


def test_a_loaner_goes_out_and_comes_back(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit = a_unit(session, store)
    with pytest.raises(Conflict, match="is stock"):
        loans.lend(session, manager, unit, Lending(owner.id))
    loans.hold_as(session, manager, unit, Holding.LOANER, reason="for repairs")
    loan = loans.lend(session, manager, unit, Lending(owner.id, condition="scratch on the left"))
    # only who has it in hand has changed
    assert (unit.custody, unit.holding, unit.state) == ("customer", "loaner", "available")
    assert ownership.owner_of(session, unit.id) is None
    for act in (
        lambda: loans.lend(session, manager, unit, Lending(holder="Fair")),
        lambda: loans.hold_as(session, manager, unit, Holding.STOCK, reason=""),
        lambda: transfers.retire(session, manager, unit, reason="broken"),
        lambda: sellable.require(session, unit),
    ):
        with pytest.raises(OutOnLoan, match="is out"):
            act()
    assert list(checks.breaches(session)) == []
    # when
    loans.take_in(session, manager, unit, condition="as before")
    # then
    assert (unit.custody, loan.in_by) == (Custody.STORE, "Petra Krause")
    sellable.require(session, unit)
    with pytest.raises(Conflict, match="not out"):
        loans.take_in(session, manager, unit, condition="")


def test_the_database_itself_sells_nothing_that_is_out(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    loans.hold_as(session, manager, unit, Holding.DEMO, reason="")
    loans.lend(session, manager, unit, Lending(holder="Fair, hall 3"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Unit).values(state=UnitState.SOLD))


def test_what_is_kept_for_a_sale_is_not_lent(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    loans.hold_as(session, manager, unit, Holding.DEMO, reason="")
    claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    with pytest.raises(Conflict, match="kept for Jana"):
        loans.lend(session, manager, unit, Lending(holder="Fair"))


def test_lending_needs_somebody_a_day_to_come_and_our_own_robot(
    session: Session, store: Store, manager: Actor, owner: Customer
) -> None:
    unit = a_unit(session, store)
    loans.hold_as(session, manager, unit, Holding.RENTAL, reason="")
    yesterday = desk.business_day_of(store) - timedelta(days=1)
    for lending in (
        Lending(),
        Lending(holder="x" * 201),
        Lending(owner.id, due_on=yesterday),
        Lending(owner.id, condition="x" * 2001),
    ):
        with pytest.raises(Refused):
            loans.lend(session, manager, unit, lending)
    with pytest.raises(NotFound):
        loans.lend(session, manager, unit, Lending(10_000))
    with pytest.raises(Refused):
        loans.hold_as(session, manager, unit, Holding.CUSTOMER, reason="")
    theirs = owned_by(session, store, manager, owner)
    with pytest.raises(Conflict, match="not the store"):
        loans.hold_as(session, manager, theirs, Holding.DEMO, reason="")


def test_a_retired_robot_stays_on_record(session: Session, store: Store, manager: Actor) -> None:
    unit = a_unit(session, store)
    with pytest.raises(Refused):
        transfers.retire(session, manager, unit, reason=" ")
    transfers.retire(session, manager, unit, reason="burnt")
    assert unit.state is UnitState.RETIRED
    with pytest.raises(Conflict, match="final"):
        transfers.retire(session, manager, unit, reason="again")


@pytest.fixture(autouse=True)
def _wired() -> None:
    connect()


def test_a_customer_is_meant_by_number_or_name(
    session: Session, manager: Actor, owner: Customer
) -> None:
    def meant(said: str) -> Customer:
        return transfers.customer_meant(session, manager, said)

    a_customer(session, manager, "Erik Zwei")
    assert meant(f"C-{owner.number}") is meant(f" {owner.number} ") is meant("muster") is owner
    with pytest.raises(Refused, match="Several"):
        meant("erik")
    for said in ("", "%", "nobody"):
        with pytest.raises(Refused, match="No customer"):
            meant(said)
    with pytest.raises(NotFound):
        meant("9" * 40)
