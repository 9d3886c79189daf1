"""What the demo store measures by: the starting set, as any store can have it."""

from sqlalchemy.orm import Session

from app.calibration import seeds
from app.demo.opening import Crew


def write_procedures(session: Session, crew: Crew) -> None:
    """Released for every model, and for the models whose slots are drawn."""
    seeds.seed(session, crew.petra.store_id, crew.petra)
