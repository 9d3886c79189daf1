"""Versions in robots and components, and combinations that keep a robot here."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.text import msg
from app.robots import firmware, firmwarerules, fitting, gate, timeline
from app.robots.choosing import Part
from app.robots.events import FirmwareChanged
from app.robots.firmwarerules import RuleInput
from app.robots.models import Unit
from app.robots.slot_models import VersionOf
from app.robots.versions import UnreadableVersion
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import an_actor

KNEE = "left_knee.actuator"


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


def reasons(session: Session, actor: Actor, unit: Unit) -> list[str]:
    return [str(reason.text) for reason in firmwarerules.release_blockers(session, actor, unit)]


def test_a_version_is_recorded_with_what_it_replaced(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    heard: list[tuple[str, str, str]] = []

    def hear(_session: Session, news: FirmwareChanged) -> None:
        heard.append((news.part, news.before, news.after))

    events.listen(FirmwareChanged, hear)
    # when
    try:
        firmware.record(session, manager, unit, VersionOf.ROBOT, " 4.3.0 ", reference="T-1")
        firmware.record(session, manager, unit, VersionOf.CONTROLLER, "2.1")
        firmware.record(session, manager, unit, VersionOf.CONTROLLER, "2.1")
    finally:
        events._listeners[FirmwareChanged].remove(hear)
    # then
    assert unit.firmware == "4.3.0"
    assert firmware.versions(session, unit) == {
        VersionOf.ROBOT: "4.3.0",
        VersionOf.CONTROLLER: "2.1",
    }
    assert heard == [("robot", "1.4.2", "4.3.0"), ("controller", "", "2.1")]
    assert [(row.version, row.before) for row in firmware.history(session, unit.id)] == [
        ("2.1", "2.1"),
        ("2.1", ""),
        ("4.3.0", "1.4.2"),
    ]
    assert [str(line.summary) for line in timeline.of_unit(session, unit.id).items] == [
        "Controller: – → 2.1",
        "Firmware: 1.4.2 → 4.3.0",
    ]


def test_what_is_no_version_or_comes_before_the_last_is_refused(
    session: Session, manager: Actor, store: Store, unit: Unit
) -> None:
    for nonsense, kind in (("", Refused), ("v" * 65, Refused), ("\x00", Refused)):
        with pytest.raises(kind):
            firmware.record(session, manager, unit, VersionOf.ROBOT, nonsense)
    firmware.record(session, manager, unit, VersionOf.ROBOT, "2")
    earlier, auditor = clock.now() - timedelta(days=1), an_actor(store, Role.AUDITOR)
    with pytest.raises(Refused, match="Only from"):
        firmware.record(session, manager, unit, VersionOf.ROBOT, "1", at=earlier)
    with pytest.raises(Refused, match="recorded with the component"):
        firmware.record(session, manager, unit, VersionOf.COMPONENT, "1")
    with pytest.raises(Forbidden):
        firmware.record(session, auditor, unit, VersionOf.ROBOT, "3")


def test_a_listed_bad_combination_keeps_the_robot_here_until_a_version_changes(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given 4.10 is newer than 4.9, whatever text says
    rule = RuleInput(
        "FW-7", "The knees oscillate.", {"robot": ">=4.10", "actuator": "<2.0", "hand": "  "}
    )
    model = a_model(session)
    firmwarerules.add_rule(session, manager, model, rule)
    firmware.record(session, manager, unit, VersionOf.ROBOT, "4.9")
    fitted = fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1", firmware="1.9"))
    assert reasons(session, manager, unit) == []
    # when
    firmware.record(session, manager, unit, VersionOf.ROBOT, "4.10")
    # then
    assert reasons(session, manager, unit) == [
        "FW-7: The knees oscillate. Installed: actuator 1.9, robot 4.10."
    ]
    assert fitted.component is not None
    firmware.record_in_component(session, manager, fitted.component, "2.0", unit=unit)
    assert reasons(session, manager, unit) == []
    (record,) = firmware.history_of_component(session, fitted.component.id)
    assert (record.before, record.version) == ("1.9", "2.0")


def test_a_version_that_nobody_read_is_no_pass(
    session: Session, manager: Actor, unit: Unit
) -> None:
    model = a_model(session)
    firmwarerules.add_rule(
        session, manager, model, RuleInput("FW-8", "No.", {"controller": "<3", "robot": "*"})
    )
    firmwarerules.add_rule(session, manager, model, RuleInput("FW-9", "No.", {"ai_model": "*"}))
    assert reasons(session, manager, unit) == [
        "FW-8: No. A version that it asks for is not on record: controller, robot."
    ]
    firmware.record(session, manager, unit, VersionOf.CONTROLLER, "3.0")
    assert reasons(session, manager, unit) == []
    firmware.record(session, manager, unit, VersionOf.AI_MODEL, "π0.5")
    assert reasons(session, manager, unit) == ["FW-9: No. Installed: ai_model π0.5."]
    firmwarerules.withdraw_rule(session, manager, model, "fw-9")
    assert reasons(session, manager, unit) == []
    with pytest.raises(NotFound):
        firmwarerules.withdraw_rule(session, manager, model, "fw-9")


def test_rules_that_cannot_be_meant_are_refused(
    session: Session, store: Store, manager: Actor
) -> None:
    model = a_model(session)
    for rule, problem in (
        (RuleInput("", "x", {"robot": "*"}), "fill this in"),
        (RuleInput("A", " ", {"robot": "*"}), "what goes wrong"),
        (RuleInput("A", "x", {}), "between 1 and"),
        (RuleInput("A", "x", {"tail": "*"}), "“tail” carries no version"),
    ):
        with pytest.raises(Refused, match=problem):
            firmwarerules.add_rule(session, manager, model, rule)
    with pytest.raises(UnreadableVersion, match="No version can be in the range"):
        firmwarerules.add_rule(session, manager, model, RuleInput("A", "x", {"robot": ">3,<2"}))
    firmwarerules.add_rule(session, manager, model, RuleInput("A", "x", {"robot": "*"}))
    with pytest.raises(Conflict, match="a rule a for this model"):
        firmwarerules.add_rule(session, manager, model, RuleInput("a", "x", {"robot": "*"}))
    seller = an_actor(store, Role.SALES)
    with pytest.raises(Forbidden):
        firmwarerules.add_rule(session, seller, model, RuleInput("B", "x", {"robot": "*"}))


def test_the_gate_asks_every_question_and_a_robot_without_reasons_passes(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # given
    kept = dict(gate._checkers)
    firmwarerules.add_rule(
        session, manager, a_model(session), RuleInput("FW-1", "No.", {"robot": "1.4.2"})
    )
    # when
    gate.ask("firmware", msg("Versions"), firmwarerules.release_blockers)
    gate.ask("moon", msg("Moon"), lambda *_: [])
    # then
    try:
        found = {
            answer.name: len(answer.reasons) for answer in gate.answers(session, manager, unit)
        }
        assert (found["firmware"], found["moon"]) == (1, 0)
        assert [reason.link for reason in gate.reasons(session, manager, unit)] == [
            "/robots/G1-1/firmware"
        ]
    finally:
        gate._checkers.clear()
        gate._checkers.update(kept)
