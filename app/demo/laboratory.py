"""What the demo store measures by: the starting set, as any store can have it."""

from sqlalchemy.orm import Session

from app.calibration import rules, seeds
from app.demo.opening import Crew


def write_procedures(session: Session, crew: Crew) -> None:
    """Released for every model, and for the models whose slots are drawn."""
    seeds.seed(session, crew.petra.store_id, crew.petra)


def write_rules(session: Session, crew: Crew) -> None:
    """Which change asks for which of them, from the day on which the bench is ready to measure."""
    rules.seed(session, crew.petra)
