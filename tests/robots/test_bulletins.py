"""Bulletins: whom they mean, from either side, and when they are settled."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden
from app.robots import (
    bodies,
    bulletins,
    campaignlists,
    campaigns,
    components,
    concerned,
    duty_checks,
    firmware,
    fitting,
    timeline,
)
from app.robots.bulletin_models import Bulletin, Outcome
from app.robots.bulletincriteria import Criterion
from app.robots.campaignlists import Stage
from app.robots.campaigns import Whereabouts
from app.robots.choosing import Part
from app.robots.components import Identity
from app.robots.models import Unit
from app.robots.slot_models import Slot, VersionOf
from app.robots.states import Holding, UnitState
from app.stores.models import Store
from app.wiring import connect
from tests.makers.bulletins import a_bulletin, a_component, lotted, sitting, taken_out
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import a_store, an_actor
from tests.robots.meant import codes, found_by

LOT = Criterion(part_number="AK-80", lot="24-11")


def slot_of(session: Session, unit: Unit, path: str = "left_knee.actuator") -> Slot:
    return bodies.slot_called(session, unit, path)


def waiting_for(session: Session, actor: Actor, bulletin: Bulletin) -> set[int]:
    """Ids on which it waits, as counted, as listed and as the robots themselves say it."""
    listed: dict[Stage | None, list[int]] = {}
    criteria = campaigns.criteria_of(session, [bulletin.id])[bulletin.id]
    for stage in (Stage.OPEN, Stage.DONE, None):
        page = campaignlists.robots(session, actor, bulletin, criteria, stage=stage, most=200)
        listed[stage] = [row.robot.unit.id for row in page.items]
    units = session.scalars(select(Unit).where(Unit.state != UnitState.RETIRED)).all()
    by_robot = {
        unit_id
        for unit_id, concerns in concerned.of_units(session, units).items()
        if any(one.bulletin is bulletin and one.is_open for one in concerns)
    }
    total = campaignlists.one(session, actor, bulletin).progress.total
    assert set(listed[Stage.OPEN]) == by_robot
    assert sorted(listed[Stage.OPEN] + listed[Stage.DONE]) == sorted(listed[None])
    assert (total.open, total.done) == (len(listed[Stage.OPEN]), len(listed[Stage.DONE]))
    return by_robot


@pytest.mark.parametrize(
    ("criterion", "meant"),
    [
        (Criterion(serials="A9..A12"), {"A9", "A10", "A12"}),
        (Criterion(serials="A10.."), {"A10", "A12", "A13", "a099"}),
        (Criterion(serials="..A10"), {"A9", "A10", "A"}),
        (Criterion(serials="A1*"), {"A10", "A12", "A13"}),
        (Criterion(serials="a９"), {"A9"}),
        (Criterion(serials="007A"), {"007A"}),
        (Criterion(serials="7..8", firmware="*"), {"007A", "7"}),
        (Criterion(serials="宇树1..宇树3"), {"宇树2"}),
        (Criterion(serials="A9..A12", firmware=">=4.9,<4.10"), {"A9", "A12"}),
        (Criterion(serials="A9..A12", firmware="<4.9"), {"A12"}),
        (Criterion(serials="A9..A12", firmware=">=4.10"), {"A10", "A12"}),
        (Criterion(serials="A9..A12", revisions="b, C"), {"A10", "A12"}),
    ],
)
def test_serials_firmware_and_revisions_have_their_own_order(
    session: Session, store: Store, manager: Actor, criterion: Criterion, meant: set[str]
) -> None:
    # given: A12 of which firmware and revision are not on record
    built = {"A9": ("4.9.3", "A"), "A10": ("4.10", "B"), "A12": ("", "")}
    for serial in ("A9", "A10", "A12", "A13", "a099", "007A", "7", "宇树2", "A", "B10", "AB10"):
        unit = a_unit(session, store, serial)
        unit.firmware, unit.hardware_revision = built.get(serial, ("5.0", "A"))
    a_unit(session, store, "A11", model=a_model(session, "T1", maker=a_maker(session, "Booster")))
    session.flush()
    # when
    bulletin = a_bulletin(session, manager, a_maker(session), criterion)
    # then
    found = found_by(session, store, bulletin)
    assert set(session.scalars(select(Unit.serial).where(Unit.id.in_(found)))) == meant


def test_both_sides_always_agree(session: Session, store: Store, manager: Actor) -> None:
    # given
    dice = random.Random(20251125)
    models = [a_model(session, code) for code in ("G1", "H2")]
    for model in models:
        a_plan(session, model)
    for number in range(60):
        unit = a_unit(
            session,
            store,
            f"{dice.choice(['S', 'T', 's0'])}{number}",
            model=dice.choice(models),
            state=dice.choice([UnitState.AVAILABLE, UnitState.SOLD, UnitState.RETIRED]),
        )
        unit.firmware = dice.choice(["", "4.9", "4.10", "v4.10-rc1", "2024-03-01"])
        unit.hardware_revision = dice.choice(["", "A", "b", "Ｃ"])
        slot = slot_of(session, unit)
        if number % 3 == 0:
            lot = dice.choice(["24-11", "24-12", ""])
            component = a_component(session, unit, f"K{number}", lot=lot)
            seat = sitting(session, unit, slot, component)
            if number % 2:
                taken_out(session, seat)
        elif number % 3 == 1:
            lotted(session, unit, slot, part_number="AK-80", lot=dice.choice(["24-11", "x"]))
    session.flush()
    # when
    for number in range(25):
        criteria = [
            Criterion(
                model_id=dice.choice([None, models[0].id]),
                serials=dice.choice(["", "S10..S40", "T1..", "s*", "S7"]),
                revisions=dice.choice(["", "B", "a,c"]),
                firmware=dice.choice(["", "<4.10", ">=4.9,<5", "4.10"]),
                part_number=dice.choice(["", "ak-80"]),
                lot=dice.choice(["", "24-11"]),
            )
            for _ in range(dice.choice([1, 2]))
        ]
        wanted = [one for one in criteria if one != Criterion()] or [LOT]
        bulletin = a_bulletin(session, manager, a_maker(session), *wanted, code=f"SB-{number}")
        # then
        found = sorted(found_by(session, store, bulletin))
        assert waiting_for(session, manager, bulletin) == set(found)
        # when: settled on some, of which some run another version later
        for unit_id in dice.sample(found, len(found) // 2):
            unit = session.get_one(Unit, unit_id)
            bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
            if dice.random() < 0.3:
                version = dice.choice(["4.9.1", "4.9.2", "4.10.1", "5.1"])
                firmware.record(session, manager, unit, VersionOf.ROBOT, version)
        # then
        waiting_for(session, manager, bulletin)


def test_a_lot_is_found_wherever_it_sits_and_wherever_the_robot_is(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    model = a_model(session)
    a_plan(session, model)
    stock = a_unit(session, store, "A1", model=model)
    lent = a_unit(session, store, "A2", model=model)
    lent.holding = Holding.LOANER
    sold = a_unit(session, store, "A3", model=model, state=UnitState.HANDED_OVER)
    other_lot = a_unit(session, store, "A4", model=model)
    elsewhere = a_unit(session, a_store(session, "BER"), "A5", model=model)
    for unit in (stock, sold, elsewhere):
        component = a_component(session, unit, f"K{unit.serial}", lot="24-11")
        sitting(session, unit, slot_of(session, unit), component)
    lotted(session, lent, slot_of(session, lent), part_number="ak-80", lot="24-11")
    sitting(
        session,
        other_lot,
        slot_of(session, other_lot),
        a_component(session, other_lot, "K9", lot="24-12"),
    )
    # when
    bulletin = a_bulletin(session, manager, a_maker(session), LOT)
    # then
    assert found_by(session, store, bulletin) == {stock.id, lent.id, sold.id}
    places = campaignlists.one(session, manager, bulletin).progress.by_place
    assert {place: tally.open for place, tally in places.items()} == dict.fromkeys(Whereabouts, 1)
    for unit in (stock, elsewhere):
        (line,) = timeline.of_unit(session, unit.id).items
        assert str(line.summary).startswith("Bulletin SB-25-07 concerns it (Mandatory)")


def test_what_comes_in_tomorrow_is_found_tomorrow_also_where_it_was_settled(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    bulletin = a_bulletin(session, manager, a_maker(session), LOT)
    assert found_by(session, store, bulletin) == set()
    tomorrow = clock.now() + timedelta(days=1)
    with clock.set_to(tomorrow):
        seat = sitting(
            session, unit, slot_of(session, unit), a_component(session, unit, "K1", lot="24-11")
        )
    # then
    assert codes(session, unit) == ["SB-25-07"]
    # when: settled, though the component stays
    with clock.set_to(tomorrow + timedelta(hours=1)):
        bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    # then
    assert codes(session, unit) == []
    assert campaignlists.one(session, manager, bulletin).progress.total.done == 1
    # when: the component is replaced by a good one, and later by another bad one
    with clock.set_to(tomorrow + timedelta(hours=2)):
        taken_out(session, seat)
        assert concerned.of_unit(session, unit) == []
        assert campaignlists.one(session, manager, bulletin).progress.total.done == 1
        assert [one.is_open for one in concerned.whole_story(session, unit, [])] == [False]
    with clock.set_to(tomorrow + timedelta(hours=3)):
        sitting(
            session, unit, slot_of(session, unit), a_component(session, unit, "K2", lot="24-11")
        )
    # then
    assert codes(session, unit) == ["SB-25-07"]
    assert campaignlists.one(session, manager, bulletin).progress.total.open == 1


def test_a_version_that_is_meant_opens_again_what_was_settled(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    connect()
    unit = a_unit(session, store, "A1")
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(firmware="<1.5"))
    bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    now = clock.now()
    for hours, version, waits in ((1, "1.5", []), (2, "1.4.9", ["SB-25-07"])):
        # when
        with clock.set_to(now + timedelta(hours=hours)):
            firmware.record(session, manager, unit, VersionOf.ROBOT, version)
        # then
        assert codes(session, unit) == waits
        assert waiting_for(session, manager, bulletin) == ({unit.id} if waits else set())
    told = [str(line.summary) for line in timeline.of_unit(session, unit.id).items]
    assert told[0].startswith("Bulletin SB-25-07 concerns it")
    # when: it is settled again, and the version is only confirmed
    with clock.set_to(now + timedelta(hours=3)):
        bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    with clock.set_to(now + timedelta(hours=4)):
        firmware.record(session, manager, unit, VersionOf.ROBOT, "1.4.9")
    # then
    assert codes(session, unit) == []


def test_what_comes_in_or_is_corrected_is_told_in_the_timeline(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    connect()
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    a_bulletin(session, manager, a_maker(session), LOT)
    component = a_component(session, unit, "K1")
    fitting.fit(
        session, manager, unit, "left_knee.actuator", part=Part(part_number="AK-80", serial="K1")
    )
    assert codes(session, unit) == []
    # when: somebody reads the lot on it
    seen = Identity("K1", component.slot_class, part_number="AK-80", lot="24-11")
    components.identify(session, manager, component, seen)
    # then
    assert codes(session, unit) == ["SB-25-07"]
    kinds = [line.kind for line in timeline.of_unit(session, unit.id).items]
    assert kinds == ["bulletin", "part"]


def test_what_was_put_right_before_anybody_said_so_may_still_be_settled(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    a_plan(session, a_model(session))
    repaired, updated, earlier = (a_unit(session, store, serial) for serial in ("A1", "A2", "A3"))
    for unit in (repaired, earlier):
        component = a_component(session, unit, f"K-{unit.serial}", lot="24-11")
        seat = sitting(session, unit, slot_of(session, unit), component)
        if unit is earlier:
            taken_out(session, seat)
    tomorrow = clock.now() + timedelta(days=1)
    with clock.set_to(tomorrow):
        by_part = a_bulletin(session, manager, a_maker(session), LOT, code="P")
        by_version = a_bulletin(
            session, manager, a_maker(session), Criterion(firmware="<1.5"), code="V"
        )
    # when: the part is replaced, the version updated, and then it is said
    with clock.set_to(tomorrow + timedelta(hours=1)):
        fitting.remove(session, manager, repaired, "left_knee.actuator")
        firmware.record(session, manager, updated, VersionOf.ROBOT, "1.5")
        left = {
            unit.serial: [
                one.bulletin.code
                for one in concerned.formerly(session, unit, concerned.of_unit(session, unit))
            ]
            for unit in (repaired, updated, earlier)
        }
        bulletins.settle(session, manager, by_part, repaired, outcome=Outcome.DONE)
        bulletins.settle(session, manager, by_version, updated, outcome=Outcome.DONE)
        # then: what was out before it was published was never meant
        with pytest.raises(Conflict, match="does not wait on A3"):
            bulletins.settle(session, manager, by_part, earlier, outcome=Outcome.DONE)
        with pytest.raises(Conflict, match="does not wait on A1"):
            bulletins.settle(session, manager, by_part, repaired, outcome=Outcome.DONE)
    assert left == {"A1": ["P"], "A2": ["V"], "A3": []}
    assert campaignlists.one(session, manager, by_part).progress.total.done == 1
    assert waiting_for(session, manager, by_part) == set()
    assert list(duty_checks.breaches(session)) == []


def test_a_bulletin_is_settled_once_and_only_where_it_waits(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    meant, other = a_unit(session, store, "A1"), a_unit(session, store, "B1")
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    with pytest.raises(Conflict, match="SB-25-07 does not wait on B1"):
        bulletins.settle(session, manager, bulletin, other, outcome=Outcome.DONE)
    with pytest.raises(Forbidden):
        bulletins.settle(
            session, an_actor(store, Role.AUDITOR), bulletin, meant, outcome=Outcome.DONE
        )
    # when
    bulletins.settle(session, manager, bulletin, meant, outcome=Outcome.NOT_AFFECTED)
    # then
    with pytest.raises(Conflict, match="does not wait on A1"):
        bulletins.settle(session, manager, bulletin, meant, outcome=Outcome.DONE)
    line = timeline.of_unit(session, meant.id).items[0]
    assert str(line.summary) == "Bulletin SB-25-07: Looked at, not affected"


def test_what_is_not_on_record_may_be_meant(session: Session, store: Store, manager: Actor) -> None:
    unit = a_unit(session, store, "A1")
    unit.firmware = ""
    a_bulletin(session, manager, a_maker(session), Criterion(firmware="<2"))
    (reason,) = concerned.reasons(session, manager, unit)
    assert str(reason.text) == (
        "Bulletin SB-25-07 may concern it: Knee actuator: check the torque. "
        "Its firmware is not on record."
    )
