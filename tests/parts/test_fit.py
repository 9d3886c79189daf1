"""A wrong part is refused by name of what would fit."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Refused
from app.parts import catalogue, fit, fitrows, numbers, substitution, supersession
from app.parts.catalogue import Particulars
from app.parts.catalogue_models import NumberKind, Substitution
from app.parts.fit import DoesNotFit
from app.parts.fitplaces import Where
from app.parts.fitrows import FitInput
from app.parts.models import Part
from app.parts.numbers import Numbered
from app.parts.revisions import covers, read_revisions
from app.parts.substitution import Approval
from app.robots import bodies, choosing, fitting
from app.robots.bodyplan import SlotClass
from app.robots.models import RobotModel, Unit
from app.robots.slot_models import Slot
from app.stores import desk
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.parts.conftest import an_actor

KNEE, OTHER_KNEE = "left_knee.actuator", "right_knee.actuator"


@pytest.fixture
def model(session: Session) -> RobotModel:
    return a_model(session)


@pytest.fixture
def unit(session: Session, store: Store, model: RobotModel) -> Unit:
    """A G1 of hardware revision B with firmware 1.4.2."""
    a_plan(session, model)
    return a_unit(session, store, "G1-1")


def part(session: Session, actor: Actor, number: str, **particulars: object) -> Part:
    facts = Particulars(**{"slot_class": SlotClass.ACTUATOR, **particulars})  # type: ignore[arg-type]
    return catalogue.add_part(session, actor, number=number, name=number, particulars=facts)


def made_for(
    session: Session, actor: Actor, one: Part, model: RobotModel, **conditions: object
) -> None:
    where = conditions.pop("where", Where(KNEE))
    wanted = FitInput(model_id=model.id, where=where, **conditions)  # type: ignore[arg-type]
    fitrows.add(session, actor, one, wanted)


def slot_of(session: Session, unit: Unit, path: str = KNEE) -> Slot:
    return bodies.slot_called(session, unit, path)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ({"where": Where(OTHER_KNEE)}, "it is made for other slots"),
        ({"where": Where(slot_class=SlotClass.BATTERY)}, "it is made for other slots"),
        ({"revisions": "C.."}, "it needs hardware revision C.., and this robot is B"),
        ({"firmware": ">=1.5"}, "it needs firmware >=1.5, and 1.4.2 runs here"),
        ({"part_revisions": "2.."}, "only its revision 2.. fits, and ours is –"),
    ],
)
def test_a_wrong_part_is_refused_with_the_reason_and_what_fits(
    session: Session, manager: Actor, unit: Unit, conditions: dict[str, object], why: str
) -> None:
    model = a_model(session)
    wrong, right = part(session, manager, "WRONG"), part(session, manager, "RIGHT")
    made_for(session, manager, wrong, model, **conditions)
    made_for(session, manager, right, model, revisions="A..B", firmware="<1.5")

    with pytest.raises(DoesNotFit) as refusal:
        fit.require_fits(session, manager, wrong, unit, KNEE)

    assert str(refusal.value) == (f"WRONG does not fit left knee of G1-1: {why}. What fits: RIGHT.")
    fit.require_fits(session, manager, right, unit, KNEE)
    assert fit.candidates(session, unit, slot_of(session, unit)) == [right]


def test_a_part_for_another_model_is_refused(session: Session, manager: Actor, unit: Unit) -> None:
    other = part(session, manager, "H1-KNEE")
    made_for(session, manager, other, a_model(session, "H1"))

    with pytest.raises(DoesNotFit, match=r"not made for Unitree G1\. No part that fits"):
        fit.require_fits(session, manager, other, unit, KNEE)


def test_what_is_not_on_record_of_a_robot_is_asked_for_first(
    session: Session, manager: Actor, unit: Unit, model: RobotModel
) -> None:
    one = part(session, manager, "AK-80")
    made_for(session, manager, one, model, firmware=">=1.0")
    unit.firmware = ""

    with pytest.raises(DoesNotFit, match="firmware is not on record"):
        fit.require_fits(session, manager, one, unit, KNEE)


def test_a_part_without_a_table_fits_by_its_kind_where_no_other_is_made_for_the_slot(
    session: Session, manager: Actor, unit: Unit, model: RobotModel
) -> None:
    plain = part(session, manager, "PLAIN")
    battery = part(session, manager, "BAT", slot_class=SlotClass.BATTERY)

    assert fit.candidates(session, unit, slot_of(session, unit)) == [plain]
    with pytest.raises(DoesNotFit, match="it is no Actuator"):
        fit.require_fits(session, manager, battery, unit, KNEE)
    made_for(session, manager, part(session, manager, "MADE"), model)
    with pytest.raises(DoesNotFit, match="other parts are made for this slot"):
        fit.require_fits(session, manager, plain, unit, KNEE)


def test_a_slots_own_numbers_count_and_a_makers_number_is_one_of_them(
    session: Session, manager: Actor, store: Store
) -> None:
    model = a_model(session, "H2")
    a_plan(session, model, (KNEE,), allowed={KNEE: ("UT-4711",)})
    unit = a_unit(session, store, "H2-1", model=model)
    ours, other = part(session, manager, "AK-80"), part(session, manager, "AK-90")
    numbers.add(session, manager, ours, Numbered(NumberKind.MAKER, "ut 4711", "Unitree"))
    made_for(session, manager, other, model)

    assert fit.candidates(session, unit, slot_of(session, unit)) == [ours]
    with pytest.raises(DoesNotFit, match="its number is not one of the slot’s"):
        fit.require_fits(session, manager, other, unit, KNEE)


def test_a_successor_fits_where_the_old_one_did(
    session: Session, manager: Actor, unit: Unit, model: RobotModel
) -> None:
    old, new = part(session, manager, "AK-80"), part(session, manager, "AK-81")
    made_for(session, manager, old, model)
    assert fit.candidates(session, unit, slot_of(session, unit)) == [old]

    supersession.replace(session, manager, old, new, both_ways=False)

    assert fit.candidates(session, unit, slot_of(session, unit)) == [new, old]


def test_an_approved_substitute_fits_until_its_last_day_in_its_place(
    session: Session, store: Store, manager: Actor, unit: Unit, model: RobotModel
) -> None:
    thin, thick = part(session, manager, "TENDON-81"), part(session, manager, "TENDON-90")
    made_for(session, manager, thick, model, where=Where(slot_class=SlotClass.ACTUATOR))
    today = desk.business_day_of(store)
    approval = Approval("0.81 mm holds 40 N too", model.id, Where(KNEE), until=today)
    approved = substitution.approve(session, manager, thin, instead_of=thick, approval=approval)

    fit.require_fits(session, manager, thin, unit, KNEE)
    with pytest.raises(DoesNotFit):
        fit.require_fits(session, manager, thin, unit, OTHER_KNEE)
    slot = slot_of(session, unit)

    def allowed(at: datetime) -> Substitution | None:
        return substitution.allowed(session, thin, thick, at, unit=unit, slot=slot)

    assert allowed(clock.now()) is approved
    assert substitution.allowed(session, thin, thick, clock.now()) is None
    later = clock.now() + timedelta(days=2)
    assert allowed(later) is None
    substitution.withdraw(session, manager, approved)
    assert allowed(clock.now()) is None


def test_a_substitution_is_approved_by_who_may_and_with_a_reason(
    session: Session, manager: Actor, store: Store
) -> None:
    thin, thick = part(session, manager, "TENDON-81"), part(session, manager, "TENDON-90")

    with pytest.raises(Forbidden):
        substitution.approve(
            session,
            an_actor(store, Role.PARTS),
            thin,
            instead_of=thick,
            approval=Approval("cheaper"),
        )
    yesterday = clock.now().date() - timedelta(days=2)
    for wrong, field in ((Approval(" "), "reason"), (Approval("x", until=yesterday), "until")):
        with pytest.raises(Refused) as refusal:
            substitution.approve(session, manager, thin, instead_of=thick, approval=wrong)
        assert refusal.value.field == field


def test_the_bench_takes_a_successor_that_the_slot_does_not_name_and_no_other(
    session: Session, manager: Actor, store: Store
) -> None:
    choosing.stand_in_by(fit.may_stand_in)
    model = a_model(session, "H2")
    a_plan(session, model, (KNEE,), allowed={KNEE: ("AK-80",)})
    unit = a_unit(session, store, "H2-1", model=model)
    old, new = part(session, manager, "AK-80"), part(session, manager, "AK-81")
    given = choosing.Part(part_number="AK-81", serial="S-1")
    with pytest.raises(Refused, match="AK-81 is not allowed"):
        fitting.fit(session, manager, unit, KNEE, part=given)

    supersession.replace(session, manager, old, new, both_ways=False)

    assert fitting.fit(session, manager, unit, KNEE, part=given).component is not None


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"model_id": None}, "model"),
        ({"where": Where()}, "slot"),
        ({"where": Where(KNEE, SlotClass.HAND)}, "slot"),
        ({"where": Where("knee")}, "slot"),
        ({"revisions": "C..A"}, "revisions"),
        ({"part_revisions": ".."}, "part_revisions"),
        ({"firmware": ">=2,<1"}, "firmware"),
    ],
)
def test_a_row_that_says_nothing_or_cannot_be_is_refused(
    session: Session, manager: Actor, knee: Part, wrong: dict[str, object], field: str
) -> None:
    typed = {"model_id": a_model(session).id, "where": Where(KNEE), **wrong}
    with pytest.raises(Refused) as refusal:
        fitrows.add(session, manager, knee, FitInput(**typed))  # type: ignore[arg-type]
    assert field in getattr(refusal.value, "problems", {refusal.value.field})


@pytest.mark.parametrize(
    ("revisions", "inside", "outside"),
    [
        ("", ["A", ""], []),
        ("B", ["b"], ["A", "C", ""]),
        ("A, C..E", ["A", "C", "D", "E"], ["B", "F", ""]),
        ("C..", ["C", "Z"], ["A", ""]),
        ("..2.9", ["1", "2.9"], ["2.10", "3"]),
    ],
)
def test_revisions_are_named_one_by_one_or_as_ranges(
    revisions: str, inside: list[str], outside: list[str]
) -> None:
    said = read_revisions(revisions)
    assert [one for one in inside if not covers(said, one)] == []
    assert [one for one in outside if covers(said, one)] == []


def test_the_bench_is_refused_a_part_of_the_store_that_does_not_fit(
    session: Session, manager: Actor, unit: Unit
) -> None:
    wiring.connect()
    wrong = part(session, manager, "AK-60")
    made_for(session, manager, wrong, a_model(session), where=Where(OTHER_KNEE))
    given = choosing.Part(part_number="AK-60", serial="S-1")

    with pytest.raises(DoesNotFit, match="it is made for other slots"):
        fitting.fit(session, manager, unit, KNEE, part=given)
    session.rollback()
