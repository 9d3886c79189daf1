"""Procedures: drafts that are edited, releases that never change."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.calibration import gbtemplates, procedure_checks, procedurelists, procedures, seeds
from app.calibration.procedure_models import RowSource, VersionState
from app.calibration.procedureinputs import RowInput, VersionInput
from app.identity.roles import Role
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.calibration.drafts import GAP, ROW, a_draft, a_release, an_actor
from tests.makers.robots import a_model
from tests.makers.stores import a_store


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
