"""Procedures: drafts that are edited, releases that never change."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.calibration import gbtemplates, procedure_checks, procedurelists, procedures, seeds
from app.calibration.metrology.budget import Distribution, Evaluation
from app.calibration.metrology.decision import Party, Rule
from app.calibration.procedure_models import ProcedureVersion, RowSource, VersionState
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.identity.roles import Role, permissions_of
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from tests.makers.robots import a_model
from tests.makers.stores import a_store

GAP = PointInput(
    label="Gap", target="robot", quantity="length", unit="mm", lower="-1", upper="1", readings=3
)
ROW = RowInput("gauge", value="0.1")


@pytest.fixture
def mei(session: Session) -> Actor:
    return an_actor(a_store(session).id)


def an_actor(store_id: int, role: Role = Role.METROLOGIST) -> Actor:
    return Actor(
        store_id=store_id,
        name="Mei Hoffmann",
        role=role.value,
        permissions=permissions_of(role),
        staff_id=1,
    )


def a_draft(session: Session, mei: Actor, **said: object) -> ProcedureVersion:
    wanted = replace(VersionInput(title="Gap"), **said)  # type: ignore[arg-type]
    return procedures.add(session, mei, code="GAP", wanted=wanted)


def a_release(session: Session, mei: Actor) -> ProcedureVersion:
    draft = a_draft(session, mei)
    procedures.set_needs(session, mei, draft, [NeedInput("gauge", "caliper")])
    row = RowInput("gauge", source=RowSource.REFERENCE, role="gauge")
    procedures.add_point(session, mei, draft, GAP, [row])
    return procedures.release(session, mei, draft)


def refused_at(session: Session, mei: Actor, point: PointInput, *rows: RowInput) -> set[str]:
    """The fields at which a draft refuses a point; everything stays as it was."""
    draft = a_draft(session, mei)
    with pytest.raises(Invalid) as refusal:
        procedures.add_point(session, mei, draft, point, rows)
    assert procedures.loaded(session, draft.id).points == []
    return set(refusal.value.problems)


def test_the_starting_set_is_released_once(session: Session, mei: Actor) -> None:
    first = seeds.seed(session, mei.store_id, mei)
    again = seeds.seed(session, mei.store_id, mei)

    assert {version.procedure.code for version in first} == set(seeds.CODES)
    assert all(version.state is VersionState.RELEASED for version in first)
    assert again == []
    assert seeds.is_seeded(session, mei.store_id)
    assert list(procedure_checks.breaches(session)) == []


def test_the_starting_set_leaves_the_stores_own_codes_alone(session: Session, mei: Actor) -> None:
    wanted = VersionInput(title="Our own stop")
    own = procedures.add(session, mei, code="Stopping", wanted=wanted)

    seeds.seed(session, mei.store_id, mei)

    assert procedures.loaded(session, own.id).title == "Our own stop"
    with pytest.raises(NotFound):
        procedures.released(session, mei.store_id, code="STOPPING")


def test_nothing_in_the_starting_set_claims_a_standard(session: Session, mei: Actor) -> None:
    seeds.seed(session, mei.store_id, mei)

    pose = procedures.released(session, mei.store_id, code="POSE")
    assert "ISO 9283-derived" in pose.title
    for version in procedures.listed(session, mei.store_id):
        assert "accredited" not in f"{version.title} {version.standard} {version.method}".lower()


def test_a_version_for_a_model_goes_before_the_one_for_all(session: Session, mei: Actor) -> None:
    model = a_model(session)
    general = a_release(session, mei)
    own = procedures.new_draft(
        session,
        mei,
        general.procedure,
        of=general,
        wanted=replace(VersionInput.of(general), model_id=model.id),
    )
    own = procedures.release(session, mei, own)

    found = procedures.released(session, mei.store_id, code="gap", model_id=model.id)
    other = procedures.released(session, mei.store_id, code="GAP", model_id=model.id + 1)

    assert (found.id, other.id) == (own.id, general.id)
    assert general.state is VersionState.RELEASED


def test_a_release_retires_the_one_before_it(session: Session, mei: Actor) -> None:
    former = a_release(session, mei)
    draft = procedures.new_draft(session, mei, former.procedure, of=former)

    procedures.release(session, mei, draft)

    assert (draft.number, draft.state) == (2, VersionState.RELEASED)
    assert former.state is VersionState.RETIRED
    assert [p.label for p in draft.points] == ["Gap"]
    assert draft.points[0].budget[0].role == "gauge"
    assert list(procedure_checks.breaches(session)) == []
    assert list(audit.breaches(session)) == []


def test_only_one_draft_of_a_model_stands_at_a_time(session: Session, mei: Actor) -> None:
    version = a_release(session, mei)
    procedures.new_draft(session, mei, version.procedure, of=version)

    with pytest.raises(Conflict):
        procedures.new_draft(session, mei, version.procedure, of=version)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE procedure_versions SET title = 'Other'",
        "UPDATE procedure_versions SET state = 'draft'",
        "UPDATE procedure_versions SET state = 'retired', coverage = '0.5'",
        "DELETE FROM procedure_versions",
        "UPDATE procedure_points SET upper = '9'",
        "DELETE FROM procedure_points",
        "UPDATE budget_lines SET value = '0'",
        "DELETE FROM budget_lines",
        "DELETE FROM equipment_needs",
        "INSERT INTO equipment_needs (version_id, role, kind, largest_expanded, unit) "
        "SELECT id, 'x', 'y', '', '' FROM procedure_versions",
    ],
)
def test_sql_cannot_change_a_released_version(session: Session, mei: Actor, statement: str) -> None:
    version = a_release(session, mei)
    session.commit()

    with pytest.raises(DBAPIError):
        session.execute(text(statement))
    session.rollback()

    whole = procedures.loaded(session, version.id)
    assert procedures.digest(whole) == whole.content_sha256


def test_a_point_of_a_draft_cannot_be_moved_below_a_released_version(
    session: Session, mei: Actor
) -> None:
    version = a_release(session, mei)
    draft = procedures.new_draft(session, mei, version.procedure, of=version)
    session.commit()

    with pytest.raises(DBAPIError):
        session.execute(
            text("UPDATE procedure_points SET version_id = :to, seq = 9 WHERE version_id = :of"),
            {"to": version.id, "of": draft.id},
        )


def test_a_released_version_refuses_every_edit(session: Session, mei: Actor) -> None:
    version = a_release(session, mei)

    for edit in (
        lambda: procedures.edit(session, mei, version, VersionInput.of(version)),
        lambda: procedures.add_point(session, mei, version, GAP),
        lambda: procedures.remove_point(session, mei, version, 1),
        lambda: procedures.set_needs(session, mei, version, []),
        lambda: procedures.release(session, mei, version),
        lambda: procedures.discard(session, mei, version),
    ):
        with pytest.raises(Conflict):
            edit()


def test_a_retired_version_is_measured_by_no_more(session: Session, mei: Actor) -> None:
    version = a_release(session, mei)

    procedures.retire(session, mei, version, reason="Replaced by a jig")

    with pytest.raises(NotFound):
        procedures.released(session, mei.store_id, code="GAP")
    assert list(procedure_checks.breaches(session)) == []


def test_two_editors_of_a_draft_do_not_overwrite_each_other(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    seen = procedures.seen_of(draft)
    procedures.add_point(session, mei, draft, GAP, [ROW], seen=seen)

    with pytest.raises(Conflict):
        procedures.edit(session, mei, draft, VersionInput(title="Other"), seen=seen)


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


def test_a_clause_becomes_a_draft_without_invented_limits(session: Session, mei: Actor) -> None:
    draft = gbtemplates.draft_clause(session, mei, 7)

    assert draft.standard == "GB/T 44251-2024, clause 7"
    assert [(point.lower, point.upper) for point in draft.points] == [("", "")]
    with pytest.raises(Invalid):
        procedures.release(session, mei, draft)


def test_a_discarded_draft_leaves_nothing(session: Session, mei: Actor) -> None:
    draft = a_draft(session, mei)
    procedures.add_point(session, mei, draft, GAP, [ROW])

    procedures.discard(session, mei, draft)

    with pytest.raises(NotFound):
        procedures.by_code(session, mei, "GAP")


def test_a_technician_writes_no_procedures(session: Session, mei: Actor) -> None:
    emre = an_actor(mei.store_id, Role.TECHNICIAN)

    with pytest.raises(Forbidden):
        a_draft(session, emre)
    with pytest.raises(Forbidden):
        seeds.seed(session, emre.store_id, emre)


def test_another_stores_procedure_is_not_found(session: Session, mei: Actor) -> None:
    version = a_release(session, mei)
    stranger = an_actor(a_store(session, "BER").id)

    with pytest.raises(NotFound):
        procedures.version_by_id(session, stranger, version.id)


def test_check_tells_of_a_version_that_was_changed_past_its_triggers(
    session: Session, mei: Actor
) -> None:
    version = a_release(session, mei)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER tr_procedure_points_update"))
    else:
        session.execute(text("DROP TRIGGER tr_procedure_points_update ON procedure_points"))
    session.execute(
        text("UPDATE procedure_points SET upper = '2' WHERE version_id = :id"), {"id": version.id}
    )
    session.expire_all()

    told = list(procedure_checks.breaches(session))

    assert told == ["calibration: procedure GAP version 1 does not say what it was released with"]


def test_what_differs_between_versions_is_told_line_by_line(session: Session, mei: Actor) -> None:
    former = a_release(session, mei)
    draft = procedures.new_draft(session, mei, former.procedure, of=former)
    row = RowInput("gauge", source=RowSource.REFERENCE, role="gauge")
    wider = replace(GAP, upper="2", role="gauge")
    procedures.change_point(session, mei, draft, 1, wider, rows=[row])
    procedures.add_point(session, mei, draft, replace(GAP, label="Second gap"), [ROW])

    told = procedurelists.changes(procedures.loaded(session, former.id), draft)

    assert told == [
        ("point 1, upper", "1", "2"),
        ("point 1, role", "–", "gauge"),
        ("point 2", "–", "Second gap"),
    ]
