"""What a point, a row and a version may say, and at which field they are told."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.calibration import procedures
from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.calibration.procedure_models import VersionState
from app.calibration.procedureinputs import PointInput, RowInput, VersionInput
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refused
from tests.calibration.drafts import GAP, ROW, a_draft


def refused_at(session: Session, mei: Actor, point: PointInput, *rows: RowInput) -> set[str]:
    """The fields at which a draft refuses a point; everything stays as it was."""
    draft = a_draft(session, mei)
    with pytest.raises(Invalid) as refusal:
        procedures.add_point(session, mei, draft, point, rows)
    assert procedures.loaded(session, draft.id).points == []
    return set(refusal.value.problems)


def test_limits_that_are_reversed_are_told_at_their_field(session: Session, mei: Actor) -> None:
    assert refused_at(session, mei, replace(GAP, lower="1", upper="-1")) == {"lower"}


def test_a_limit_on_one_side_is_enough(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)

    point = procedures.add_point(session, mei, draft, replace(GAP, lower=""), [ROW])

    assert (point.lower, point.upper) == ("", "1")


def test_figures_take_a_comma_and_no_nonsense(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    point = procedures.add_point(session, mei, draft, replace(GAP, upper="0,5"), [ROW])

    assert point.upper == "0.5"
    for nonsense in ("nan", "inf", "1.234,5", "1e999", "twelve"):
        with pytest.raises(Invalid) as refusal:
            procedures.add_point(session, mei, draft, replace(GAP, upper=nonsense))
        assert "upper" in refusal.value.problems


def test_a_type_a_row_needs_its_degrees_of_freedom(session: Session, mei: Actor) -> None:
    row = replace(
        ROW, evaluation=Evaluation.STATISTICAL, distribution=Distribution.NORMAL, parameter="1"
    )

    assert refused_at(session, mei, GAP, row) == {"row-0-dof"}


def test_a_coverage_factor_belongs_to_an_expanded_uncertainty(session: Session, mei: Actor) -> None:
    normal = replace(ROW, distribution=Distribution.NORMAL)
    twice = replace(ROW, name="twice", parameter="2")

    assert refused_at(session, mei, GAP, normal, twice) == {"row-0-parameter", "row-1-parameter"}


def test_a_sensitivity_has_to_lead_to_the_points_unit(session: Session, mei: Actor) -> None:
    kelvin = RowInput("room", value="2", unit="K", sensitivity="0.01", sensitivity_unit="mm")
    radian = RowInput("tilt", value="1", unit="deg", sensitivity="3", sensitivity_unit="mm/rad")

    found = refused_at(session, mei, GAP, kelvin, radian)

    assert found == {"row-0-sensitivity_unit", "row-1-sensitivity_unit"}


def test_a_unit_that_nobody_knows_is_refused(session: Session, mei: Actor) -> None:
    assert refused_at(session, mei, replace(GAP, unit="furlong")) == {"unit"}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"guard_ratio": "-1"}, "guard_ratio"),
        ({"guard_ratio": "0"}, "guard_ratio"),
        ({"guard_ratio": "50"}, "guard_ratio"),
        ({"coverage": "95.45"}, "coverage"),
        ({"rule": Rule.ISO_14253_1}, "party"),
        ({"party": Party.SUPPLIER}, "party"),
        ({"temperature_from": "30", "temperature_to": "20"}, "temperature_from"),
        ({"valid_months": 0}, "valid_months"),
        ({"title": " "}, "title"),
        ({"model_id": 4711}, "model_id"),
    ],
)
def test_what_a_version_says_is_told_at_its_field(
    session: Session, mei: Actor, said: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        a_draft(session, mei, **said)
    assert set(refusal.value.problems) == {field}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("point", "fields"),
    [
        (replace(GAP, readings=0), {"readings"}),
        (replace(GAP, inputs=(1,)), {"inputs"}),
        (replace(GAP, components=9), {"components"}),
        (replace(GAP, method="guess"), {"method"}),
        (replace(GAP, target="the knee"), {"target"}),
        (replace(GAP, nominal="7"), {"nominal"}),
        (replace(GAP, role="nobody"), {"role"}),
        (replace(GAP, method="angle_mean"), {"unit"}),
        (replace(GAP, method="pose_repeatability", readings=0, inputs=(4,)), {"inputs"}),
        (
            replace(GAP, method="pose_accuracy", readings=1, components=3),
            {"readings", "setting_commanded"},
        ),
    ],
)
def test_a_point_that_cannot_be_is_told_at_its_fields(
    session: Session, mei: Actor, point: PointInput, fields: set[str]
) -> None:
    assert refused_at(session, mei, point) == fields


def test_a_point_that_others_are_computed_from_stays(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    pose = replace(
        GAP,
        method="pose_accuracy",
        components=3,
        readings=5,
        settings={"commanded": "1; 2; 3"},
    )
    procedures.add_point(session, mei, draft, pose, [ROW])
    repeats = replace(GAP, method="pose_repeatability", readings=0, inputs=(1,))
    procedures.add_point(session, mei, draft, repeats, [ROW])

    with pytest.raises(Refused):
        procedures.remove_point(session, mei, draft, 1)
    procedures.remove_point(session, mei, draft, 2)
    procedures.remove_point(session, mei, draft, 1)
    assert procedures.loaded(session, draft.id).points == []


def test_a_point_in_the_wrong_unit_cannot_be_computed_from(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    for unit in ("mm", "m"):
        one = replace(GAP, unit=unit, readings=5, lower="", upper="")
        procedures.add_point(session, mei, draft, one, [replace(ROW, unit=unit)])

    both = replace(GAP, method="backlash", readings=0, inputs=(1, 2))
    with pytest.raises(Invalid) as refusal:
        procedures.add_point(session, mei, draft, both, [ROW])
    assert set(refusal.value.problems) == {"inputs"}


def test_an_empty_draft_is_not_released(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)

    with pytest.raises(Invalid) as refusal:
        procedures.release(session, mei, draft)
    assert set(refusal.value.problems) == {"points"}


def test_limits_without_any_uncertainty_are_not_released(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    procedures.add_point(session, mei, draft, replace(GAP, readings=1))

    with pytest.raises(Invalid) as refusal:
        procedures.release(session, mei, draft)
    assert set(refusal.value.problems) == {"point-1-budget"}


def test_ten_cycles_are_not_iso_9283(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei, standard="ISO 9283")
    pose = replace(
        GAP, method="pose_accuracy", components=3, readings=10, settings={"commanded": "1; 2; 3"}
    )
    procedures.add_point(session, mei, draft, pose, [ROW])

    with pytest.raises(Invalid) as refusal:
        procedures.release(session, mei, draft)
    assert set(refusal.value.problems) == {"standard"}

    said = replace(VersionInput.of(draft), standard="ISO 9283-derived")
    procedures.edit(session, mei, draft, said)
    assert procedures.release(session, mei, draft).state is VersionState.RELEASED


def test_thirty_cycles_may_say_so(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei, standard="ISO 9283")
    pose = replace(
        GAP, method="pose_accuracy", components=3, readings=30, settings={"commanded": "1; 2; 3"}
    )
    procedures.add_point(session, mei, draft, pose, [ROW])

    assert procedures.release(session, mei, draft).state is VersionState.RELEASED
