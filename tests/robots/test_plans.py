"""Slots come from robot descriptions, by hardware revision; people decide what may sit in them."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.money import Money
from app.robots import asbuilt, bodies, components, fitting, insides, plans, slots, timeline
from app.robots.arrivals import read_arrival
from app.robots.bodyplan import Side, SlotClass
from app.robots.choosing import Part
from app.robots.insides import Change
from app.robots.models import Maker, RobotModel, Unit
from app.robots.receiving import receive
from app.robots.slot_models import BodyPlan, Control, Slot
from app.robots.slots import SlotChange
from app.robots.urdf import UrdfError, read_urdf
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import an_actor
from tests.robots.urdf_texts import joint, robot

SHARED = Path(os.environ.get("QUATREFOIL_SHARED", Path(__file__).resolve().parents[3] / "shared"))
LEGS = robot(
    joint("left_hip_joint", "pelvis", "thigh"),
    joint("left_knee_joint", "thigh", "shin", xyz="0 0.1 -0.3"),
    links="pelvis thigh shin",
)
MORE_LEGS = robot(
    joint("left_hip_joint", "pelvis", "thigh"),
    joint("left_ankle_joint", "thigh", "foot", xyz="0 0 -0.6"),
    links="pelvis thigh foot",
)


def an_import(
    session: Session, actor: Actor, data: bytes = LEGS, *, revision: str = "", code: str = "G1"
) -> plans.Imported:
    return plans.import_urdf(
        session,
        actor,
        maker="Unitree",
        code=code,
        revision=revision,
        file_name="/home/jana/legs.urdf",
        data=data,
    )


def paths_of(session: Session, plan: BodyPlan) -> list[str]:
    return [slot.path for slot in bodies.slots_of(session, [plan.id])]


@pytest.mark.skipif(not (SHARED / "data/urdf").is_dir(), reason="no robot descriptions here")
def test_every_published_description_becomes_a_model(session: Session, manager: Actor) -> None:
    # given
    files = sorted((SHARED / "data/urdf").glob("*.urdf"))
    # when
    for file in files:
        plans.import_urdf(
            session,
            manager,
            maker="Unitree",
            code=file.stem,
            revision="1.0",
            file_name=file.name,
            data=file.read_bytes(),
        )
    # then the slots are what the file moves and feels with
    models = session.scalars(select(RobotModel)).all()
    assert {model.code for model in models} == {file.stem for file in files} >= {"H2", "R1", "h1"}
    for file in files:
        urdf = read_urdf(file.read_bytes(), name=file.stem)
        model = next(model for model in models if model.code == file.stem)
        (plan,) = bodies.plans_of(session, [model.id])[model.id]
        found = bodies.slots_of(session, [plan.id])
        assert [slot.path for slot in found] == [spec.path for spec in urdf.slots]
        assert [slot.joint_name for slot in found if slot.slot_class is SlotClass.ACTUATOR] == [
            moved.name for moved in urdf.actuated
        ]
        by_id = {slot.id: slot.path for slot in found}
        parents = [by_id[slot.parent_id] if slot.parent_id else None for slot in found]
        assert parents == [spec.parent_path for spec in urdf.slots]
        if file.stem == "g1_29dof_rev_1_0":
            assert (len(urdf.actuated), model.axes) == (29, 29)
    # and they are imported once
    assert (
        an_import(session, manager, files[0].read_bytes(), code=files[0].stem, revision="1.0").added
        == ()
    )


def test_a_broken_file_is_refused_with_its_line_and_makes_nothing(
    session: Session, manager: Actor
) -> None:
    with pytest.raises(UrdfError, match=r"^legs\.urdf: Line 3: <joint> needs") as broken:
        an_import(session, manager, robot("<joint/>", links="a"))
    assert broken.value.line == 3
    assert session.scalars(select(Maker)).all() == []
    with pytest.raises(Refused, match="more than 100 m from the robot’s root"):
        an_import(session, manager, robot(joint("j", "a", "b", xyz="132 0 0"), links="a b"))
    with pytest.raises(Forbidden):
        an_import(session, an_actor_of(manager))


def an_actor_of(manager: Actor) -> Actor:
    return Actor(store_id=manager.store_id, name="Ben", role=Role.TECHNICIAN.value)


def test_each_hardware_revision_has_slots_of_its_own(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    old = an_import(session, manager, revision="A").plan
    new = an_import(session, manager, MORE_LEGS, revision="Ｂ").plan
    unit = a_unit(session, store, model=old_model(session))
    # then a robot follows the plan of its revision
    unit.hardware_revision = "b"
    assert bodies.plan_of(session, unit) is new
    unit.hardware_revision = "C"
    assert bodies.plan_of(session, unit) is None
    everyone = an_import(session, manager, revision="").plan
    assert bodies.plan_of(session, unit) is everyone
    # and once something was fitted, it stays with the plan in which that was done
    unit.hardware_revision = "A"
    fitting.fit(session, manager, unit, "left_knee.actuator", part=Part("AK-80", "1"))
    unit.hardware_revision = "B"
    assert bodies.plan_of(session, unit) is old
    assert bodies.plans_followed(session, [unit]) == {unit.id: old}


def old_model(session: Session) -> RobotModel:
    return session.scalars(select(RobotModel)).one()


def test_another_file_for_a_revision_moves_what_it_can_and_keeps_what_people_decided(
    session: Session, store: Store, manager: Actor
) -> None:
    # given a plan on which people have worked
    plan = an_import(session, manager).plan
    hip = next(slot for slot in bodies.slots_of(session, [plan.id]) if "hip" in slot.path)
    slots.change_slot(
        session, manager, hip, SlotChange(SlotClass.ACTUATOR, Control.LOT, ("M-107", " m-107 "))
    )
    slots.add_slot(
        session,
        manager,
        plan,
        path="battery.1",
        side=Side.CENTER,
        parent_path="",
        change=SlotChange(SlotClass.BATTERY, Control.SERIAL),
    )
    # when
    again = an_import(session, manager, MORE_LEGS)
    # then
    assert again.plan is plan
    assert (again.added, again.removed) == (("left_ankle.actuator",), ("left_knee.actuator",))
    assert paths_of(session, plan) == ["left_hip.actuator", "left_ankle.actuator", "battery.1"]
    assert slots.decided(hip) == {"class": "actuator", "control": "lot", "parts": ["M-107"]}
    # but not over what sits in robots
    unit = a_unit(session, store, model=old_model(session))
    fitting.fit(session, manager, unit, "left_ankle.actuator", part=Part("AK-80", "1"))
    with pytest.raises(Conflict, match=r"fitted in left_ankle\.actuator, so they cannot go"):
        an_import(session, manager, LEGS)


def test_slots_are_added_and_dropped_by_hand(
    session: Session, store: Store, manager: Actor
) -> None:
    plan = a_plan(session, a_model(session), ("left_knee.actuator",))
    plan = bodies.plan_by_id(session, plan.id)
    board = SlotChange(SlotClass.BOARD, Control.SERIAL, ("PC-2",))

    def add(path: str, parent: str = "") -> Slot:
        return slots.add_slot(
            session,
            manager,
            plan,
            path=path,
            side=Side.CENTER,
            parent_path=parent,
            change=board,
        )

    made = add(" Torso.Board ", "left_knee.actuator")
    assert (made.path, made.place, made.parent_id is None) == ("torso.board", 1, False)
    with pytest.raises(Conflict, match=r"a slot torso\.board already"):
        add("torso.board")
    for nonsense in ("", "torso", "torso/board/1", "../x", "тело.1", "a" * 200 + ".1"):
        with pytest.raises(Refused, match="A slot is named"):
            add(nonsense)
    unit = a_unit(session, store)
    fitting.fit(session, manager, unit, "torso.board", part=Part(serial="1"))
    with pytest.raises(Conflict, match="1 robots have something else"):
        slots.change_slot(session, manager, made, SlotChange(SlotClass.SHELL, Control.LOT))
    with pytest.raises(Conflict, match="cannot go"):
        slots.drop_slot(session, manager, made)
    slots.drop_slot(session, manager, add("chest.board"))
    assert paths_of(session, plan) == ["left_knee.actuator", "torso.board"]


# As built


def arrive(session: Session, actor: Actor, serial: str, **components_: str) -> Unit:
    arrival = read_arrival(
        maker="Unitree",
        model="G1",
        serial=serial,
        cost=Money(0, "EUR"),
        components=tuple(components_.items()),
    )
    return receive(session, actor, [arrival])[0]


def test_what_a_delivery_note_names_in_a_slot_is_how_the_robot_was_built(
    session: Session, manager: Actor
) -> None:
    # given
    a_plan(
        session,
        a_model(session),
        ("left_knee.actuator", "right_knee.actuator", "battery.1", "battery.2"),
        allowed={"left_knee.actuator": ("AK-80",)},
    )
    # when
    unit = arrive(
        session, manager, "G1-1", **{"Left Knee": "K1", "right_knee.actuator": "K2", "battery": "B"}
    )
    # then
    seen = insides.view(session, unit)
    held = {
        place.path: (str(components.occupant_label(place.now)), place.change)
        for place in seen.places
        if place.now
    }
    assert held == {
        "left_knee.actuator": ("AK-80 K1", Change.SAME),
        "right_knee.actuator": ("Actuator K2", Change.SAME),
    }
    assert {place.now.since for place in seen.places if place.now} == {unit.received_at}
    assert (seen.known, seen.wanted) == (2, 4)
    assert breaches_of(session) == []


def test_a_robot_that_was_here_first_gets_its_as_built_with_the_plan(
    session: Session, manager: Actor
) -> None:
    a_model(session, maker=a_maker(session))
    unit = arrive(session, manager, "G1-1", left_knee="K1", tail="T1")
    arrive(session, manager, "G1-2", left_knee="K2")
    assert insides.view(session, unit).places == ()
    done = an_import(session, manager)
    assert done.as_built == 2
    (knee,) = (place for place in insides.view(session, unit).places if place.built)
    assert knee.path == "left_knee.actuator"
    # twice changes nothing
    assert asbuilt.take_in_all(session, manager, done.plan) == 0


def test_a_component_that_two_notes_name_is_believed_once_and_told_of(
    session: Session, manager: Actor
) -> None:
    a_plan(session, a_model(session))
    first = arrive(session, manager, "G1-1", left_knee="K1")
    other = arrive(session, manager, "G1-2", left_knee=" k1 ", right_knee="K2")
    assert [place.path for place in insides.view(session, first).places if place.now] == [
        "left_knee.actuator"
    ]
    assert [place.path for place in insides.view(session, other).places if place.now] == [
        "right_knee.actuator"
    ]
    told = [str(line.summary) for line in timeline.of_unit(session, other.id).items]
    assert told[0].startswith("The delivery note names k1 in left knee, but it is on record else")
    assert breaches_of(session) == []


def test_a_component_known_by_its_serial_alone_gets_its_part_number_when_it_is_fitted(
    session: Session, store: Store, manager: Actor
) -> None:
    a_plan(session, a_model(session))
    unit = arrive(session, manager, "G1-1", left_knee="K1")
    fitting.remove(session, manager, unit, "left_knee.actuator")
    fitted = fitting.fit(
        session, manager, unit, "right_knee.actuator", part=Part("AK-80", "K1", firmware="2.0")
    )
    stays = components.stays(session, fitted.component_id or 0)
    assert [stay.slot.path for stay, _ in stays] == ["right_knee.actuator", "left_knee.actuator"]
    assert fitted.component is not None
    assert (fitted.component.part_number, fitted.firmware) == ("AK-80", "2.0")
    assert breaches_of(session) == []
    assert an_actor(store).store_id == unit.store_id
