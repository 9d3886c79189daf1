"""A procedure for a gap: as a draft, and released."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.calibration import procedures
from app.calibration.procedure_models import ProcedureVersion, RowSource
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor

GAP = PointInput(
    label="Gap", target="robot", quantity="length", unit="mm", lower="-1", upper="1", readings=3
)


ROW = RowInput("gauge", value="0.1")


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
