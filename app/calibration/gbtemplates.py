"""Clauses of GB/T 44251-2024 (legged robots: performance and test methods) as a list of drafts.

Clause numbers and what they are about are public; counts of trials, limits and pass rules stand in
the standard, which is sold. A draft made here therefore has none: whoever has the text fills them
in.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.calibration import procedures
from app.calibration.procedure_models import ProcedureVersion
from app.calibration.procedureinputs import PointInput, VersionInput
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg

STANDARD = "GB/T 44251-2024"


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, and the quantity and unit that its figure most likely has."""

    number: int
    label: Text
    quantity: str
    unit: str
    method: str = "mean"

    @property
    def code(self) -> str:
        return f"GBT-44251-{self.number}"


CLAUSES: tuple[Clause, ...] = (
    Clause(6, msg("Rated speed"), "speed", "m/s"),
    Clause(7, msg("Longest stopping distance"), "stopping distance", "m", "stopping"),
    Clause(8, msg("Jump height"), "height", "m"),
    Clause(9, msg("Jump length"), "length", "m"),
    Clause(10, msg("Climbing height"), "height", "m"),
    Clause(11, msg("Stairs"), "height of a step", "m"),
    Clause(12, msg("Steepest slope"), "slope", "deg"),
    Clause(13, msg("Resistance to an impulse"), "impulse", "N·s"),
    Clause(14, msg("Resistance to sustained impact"), "impulse", "N·s"),
    Clause(18, msg("Smallest space to turn in"), "width", "m"),
    Clause(20, msg("Terrain"), "height of an obstacle", "m"),
    Clause(21, msg("Following a trajectory"), "deviation", "m", "max_abs"),
)


def draft_clause(session: Session, actor: Actor, number: int) -> ProcedureVersion:
    """A draft with the clause's point and neither trials nor limits; raises NotFound, Conflict."""
    for clause in CLAUSES:
        if clause.number == number:
            break
    else:
        raise NotFound(msg("There is no template of clause {number}.", number=number))
    version = procedures.add(
        session,
        actor,
        code=clause.code,
        wanted=VersionInput(
            title=str(clause.label),
            standard=f"{STANDARD}, clause {number}",
            method="As the clause says. Number of trials, limits and pass rule: fill in its text.",
        ),
    )
    procedures.add_point(
        session,
        actor,
        version,
        PointInput(
            label=str(clause.label),
            target="robot",
            quantity=clause.quantity,
            unit=clause.unit,
            method=clause.method,
        ),
    )
    return version
