"""What a budget comes to before anybody measures."""

from dataclasses import replace

import pytest

from app.calibration.metrology.decision import Party, Rule
from app.calibration.previewing import Preview, preview
from app.calibration.procedure_models import EquipmentNeed, ProcedureVersion, RowSource
from app.calibration.procedureinputs import PointInput, RowInput
from app.kernel import clock

GAP = PointInput(
    label="Gap", target="robot", quantity="length", unit="mm", lower="-1", upper="1", readings=1
)
# a half width of 0.1732: u = 0.1 and, with k = 2.000, U = 0.2
ROW = RowInput("gauge", value="0.17320508075688773", unit="mm", sensitivity_unit="1")
REFERENCE = RowInput(
    "reference", source=RowSource.REFERENCE, role="gauge", unit="mm", sensitivity_unit="1"
)


def a_version(rule: Rule = Rule.GUARD_BAND, **said: object) -> ProcedureVersion:
    version = ProcedureVersion(
        procedure_id=1,
        number=1,
        title="Gap",
        rule=rule,
        made_at=clock.now(),
        made_by="Mei Hoffmann",
        **said,  # type: ignore[arg-type]
    )
    version.needs = [
        EquipmentNeed(version_id=1, role="gauge", kind="caliper", largest_expanded="0.4", unit="mm")
    ]
    return version


def notes(found: Preview) -> str:
    return " ".join(map(str, found.notes))


@pytest.mark.parametrize(
    ("version", "upper"),
    [
        (a_version(), 0.8),
        (a_version(guard_ratio="0.5"), 0.9),
        (a_version(Rule.SIMPLE), 1.0),
        (a_version(Rule.ISO_14253_1, party=Party.SUPPLIER), 1 - 0.16449),
    ],
)
def test_each_rule_accepts_its_own_zone(version: ProcedureVersion, upper: float) -> None:
    found = preview(version, GAP, [ROW])

    assert found.uncertainty is not None
    assert found.uncertainty.expanded == pytest.approx(0.2, abs=1e-4)
    assert found.ratio == pytest.approx(5, abs=0.01)
    assert found.upper == pytest.approx(upper, abs=1e-4)
    assert found.lower == pytest.approx(-upper, abs=1e-4)


def test_a_limit_on_one_side_is_accepted_up_to_its_guard_band() -> None:
    found = preview(a_version(), replace(GAP, lower=""), [ROW])

    assert (found.lower, found.ratio) == (None, None)
    assert found.upper == pytest.approx(0.8, abs=1e-4)


def test_a_reference_is_taken_as_bad_as_its_role_allows() -> None:
    found = preview(a_version(), GAP, [REFERENCE])

    assert found.uncertainty is not None
    assert found.uncertainty.standard == pytest.approx(0.2)
    assert found.rows[0].is_assumed


def test_a_reference_in_another_unit_is_not_guessed() -> None:
    found = preview(a_version(), GAP, [replace(REFERENCE, unit="deg")])

    assert found.uncertainty is None
    assert "is not known before the equipment is chosen" in notes(found)


def test_resolution_beside_repeated_readings_is_said() -> None:
    step = RowInput(
        "step", source=RowSource.RESOLUTION, role="gauge", value="0.01", sensitivity_unit="1"
    )

    found = preview(a_version(), replace(GAP, readings=5), [ROW, step])

    assert "Resolution and spread of the readings both count" in notes(found)
    assert "both count" not in notes(preview(a_version(), GAP, [ROW, step]))


def test_an_assumed_spread_joins_with_the_readings_degrees_of_freedom() -> None:
    """s / sqrt(4) = 0.1 beside 0.1 without end: 2^2 x 3 = 12 degrees of freedom."""
    found = preview(a_version(), replace(GAP, readings=4), [ROW], spread=0.2)

    assert found.uncertainty is not None
    assert found.uncertainty.standard == pytest.approx(0.1 * 2**0.5)
    assert found.uncertainty.dof == 12


@pytest.mark.parametrize(
    ("half", "ratio", "told"),
    [
        ("0.15", "1", "U is wider than the tolerance"),
        ("0.35", "1", "less than four times U"),
        ("0.25", "1.5", "The guard band leaves nothing to accept"),
    ],
)
def test_an_uncertainty_too_large_for_the_tolerance_is_told(
    half: str, ratio: str, told: str
) -> None:
    point = replace(GAP, lower=f"-{half}", upper=half)

    assert told in notes(preview(a_version(guard_ratio=ratio), point, [ROW]))


def test_a_budget_of_nothing_is_no_budget() -> None:
    found = preview(a_version(), GAP, [replace(ROW, value="0")])

    assert found.uncertainty is None
    assert "no row contributes" in notes(found)
