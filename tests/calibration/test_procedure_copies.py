"""Points from the slots of real robots' descriptions."""

import os
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.calibration import procedures, seeds
from app.calibration.procedureinputs import VersionInput
from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.robots import plans
from app.robots.slot_models import BodyPlan
from tests.makers.robots import a_model
from tests.makers.slots import a_plan
from tests.makers.stores import a_store

SHARED = Path(os.environ.get("QUATREFOIL_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FILES = sorted((SHARED / "data" / "urdf").glob("*.urdf"))


@pytest.fixture
def petra(session: Session) -> Actor:
    return Actor(
        store_id=a_store(session).id,
        name="Petra Krause",
        role=Role.MANAGER.value,
        permissions=permissions_of(Role.MANAGER),
        staff_id=1,
    )


def a_body(session: Session, petra: Actor, path: Path) -> BodyPlan:
    return plans.import_urdf(
        session,
        petra,
        maker="Unitree",
        code=path.stem[:60],
        revision="",
        file_name=path.name,
        data=path.read_bytes(),
    ).plan


@pytest.mark.skipif(not FILES, reason="no robot descriptions here")
@pytest.mark.only_on("sqlite")
def test_every_description_gives_a_zero_for_each_joint(session: Session, petra: Actor) -> None:
    for path in FILES:
        body = a_body(session, petra, path)
        draft = procedures.add(
            session, petra, code=path.stem[:40], wanted=VersionInput(title=path.stem)
        )

        copied = procedures.from_model(session, petra, draft, body)

        zeros = [point for point in copied.points if point.target.startswith("joint:")]
        joints = Counter(point.target for point in zeros)
        assert len(zeros) >= 19, path.name
        assert max(joints.values()) == 1, path.name
        assert {point.nominal for point in zeros} == {"0"}
        assert procedures.release(session, petra, draft).content_sha256, path.name


@pytest.mark.skipif(not FILES, reason="no robot descriptions here")
def test_a_g1_gives_29_zeros_two_inertial_units_and_a_camera(
    session: Session, petra: Actor
) -> None:
    body = a_body(session, petra, SHARED / "data" / "urdf" / "g1_29dof_rev_1_0.urdf")
    draft = procedures.add(session, petra, code="G1", wanted=VersionInput(title="All of a G1"))

    copied = procedures.from_model(session, petra, draft, body)

    kinds = Counter(point.method for point in copied.points)
    assert kinds["angle_mean"] == 29
    assert kinds["vector_length"] == 2 * 6
    assert kinds["six_position_bias"] == 2 * 3
    assert kinds["reprojection_rms"] == 1
    why = {str(one.what): str(one.why) for one in copied.skipped}
    assert why["Force-torque sensor"] == "The body has no such slot."
    assert why["mid360.lidar"] == "No point is made for such a slot."
    assert {need.role for need in procedures.loaded(session, draft.id).needs} == {
        "angle_reference",
        "level",
        "target",
    }


def test_a_second_copy_adds_nothing_and_says_why(session: Session, petra: Actor) -> None:
    body = a_plan(session, a_model(session))
    draft = procedures.add(session, petra, code="KNEES", wanted=VersionInput(title="Knees"))
    first = procedures.from_model(session, petra, draft, body)

    again = procedures.from_model(session, petra, procedures.loaded(session, draft.id), body)

    assert len(first.points) == 2
    assert again.points == ()
    assert str(again.skipped[0].why) == "The draft has a point there already."


def test_the_starting_set_has_a_version_for_each_body(session: Session, petra: Actor) -> None:
    body = a_plan(session, a_model(session))

    seeds.seed(session, petra.store_id, petra)

    own = procedures.released(session, petra.store_id, code="JOINT-ZERO", model_id=body.model_id)
    assert own.model_id == body.model_id
    assert [point.label for point in own.points] == ["Left knee, zero", "Right knee, zero"]
