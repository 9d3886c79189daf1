"""What the bench of the demo store does: reads counters and versions, swaps an actuator."""

from sqlalchemy.orm import Session

from app.demo import assortment, deliveries
from app.demo.bodies import ACTUATOR
from app.demo.opening import Crew
from app.robots import components, counters, firmware, firmwarerules, fitting, makers, registry
from app.robots.choosing import Part
from app.robots.components import Identity
from app.robots.firmwarerules import RuleInput
from app.robots.occupancy import Work
from app.robots.slot_models import Counter, VersionOf

LOT_OF_THE_KNEE = "DEMO-LOT-2611"
_HOUR = counters.SECONDS_PER_HOUR
_RULE = RuleInput(
    code="DEMO-FW-1",
    reason="Invented: with firmware 2 a controller before 1.3 forgets its zero positions.",
    parts={"robot": ">=2.0", "controller": "<1.3"},
)


def first_readings(session: Session, crew: Crew) -> None:
    """Emre looks at two robots; their maker has said which versions do not go together."""
    maker = makers.maker(session, crew.petra, assortment.G1.maker)
    model = makers.model(session, crew.petra, maker, assortment.G1.code)
    firmwarerules.add_rule(session, crew.petra, model, _RULE)
    for serial in (deliveries.SOLD_AND_GONE, deliveries.LOOKED_AFTER):
        unit = registry.by_serial(session, crew.emre, serial)
        firmware.record(session, crew.emre, unit, VersionOf.CONTROLLER, "1.3.1")
        values = {Counter.HOURS: 2 * _HOUR, Counter.STEPS: 6_400, Counter.FALLS: 0}
        counters.read(session, crew.emre, unit, values, reference="PDI")


def swap_a_knee(session: Session, crew: Crew) -> None:
    """After some hours of demonstration a knee is noisy, and gets another actuator."""
    unit = registry.by_serial(session, crew.emre, deliveries.LOOKED_AFTER)
    values = {Counter.HOURS: 31 * _HOUR, Counter.STEPS: 88_200, Counter.FALLS: 1}
    counters.read(session, crew.emre, unit, values)
    fitted = fitting.replace(
        session,
        crew.emre,
        unit,
        "left_knee.actuator",
        part=Part(part_number=ACTUATOR, serial="DEMO-ACT-0118-24", firmware="2.0.4"),
        work=Work(reason="Noise under load"),
    )
    if fitted.component is not None:  # its lot stands on the type plate alone
        known = fitted.component
        read = Identity(
            known.serial, known.slot_class, ACTUATOR, name=known.name, lot=LOT_OF_THE_KNEE
        )
        components.identify(session, crew.emre, known, read)
