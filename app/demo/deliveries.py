"""What makers have sent, and are about to send, to the demo store.

Serial numbers begin with DEMO-, so that none of them can be somebody's robot.
"""

from app.demo import bodies
from app.kernel.money import Money
from app.robots.arrivals import Arrival, read_arrival

# One maker names every actuator of one robot, as all of them should.
_ACTUATORS = "|".join(
    f"{place}=DEMO-ACT-0118-{number:02}"
    for number, place in enumerate(bodies.joints_of_a_g1(), start=1)
)
FIRST_NOTE = f"""\
maker,model,serial,hardware_revision,firmware,cost,component_serials
Unitree,G1,DEMO-G1-25-0117,B,1.4.2,12400.00,battery.1=DEMO-BAT-3301|left_hand=DEMO-HND-118
Unitree,G1,DEMO-G1-25-0118,B,1.4.2,12400.00,battery.1=DEMO-BAT-3302|left_hand=DEMO-HND-119|{_ACTUATORS}
Unitree,G1,DEMO-G1-25-0119,B,1.4.2,12400.00,battery.1=DEMO-BAT-3303
Unitree,G1,DEMO-G1-25-0120,B,1.4.2,12400.00,battery.1=DEMO-BAT-3304
Unitree,R1,DEMO-R1-25-0042,A,1.1.0,4300.00,battery.1=DEMO-BAT-3410
Unitree,R1,DEMO-R1-25-0043,A,1.1.0,4300.00,battery.1=DEMO-BAT-3411
Noetix,Bumi,DEMO-BUMI-00071,,0.9.8,1050.00,
Noetix,Bumi,DEMO-BUMI-00072,,0.9.8,1050.00,
Noetix,Bumi,DEMO-BUMI-00073,,0.9.8,1050.00,
EngineAI,PM01,DEMO-PM01-0009,2,2.0.1,11800.00,
Booster,T1,DEMO-T1-0315,,3.2.0,23600.00,
Booster,T1,DEMO-T1-0316,,3.2.0,23600.00,
"""
SECOND_NOTE = """\
maker;model;serial;hardware_revision;firmware;cost;component_serials
Unitree;G1;DEMO-G1-25-0204;C;1.5.0;12.550,00;battery.1=DEMO-BAT-3391
Unitree;G1;DEMO-G1-25-0205;C;1.5.0;12.550,00;battery.1=DEMO-BAT-3392
Unitree;R1;DEMO-R1-25-0077;A;1.2.0;4.350,00;battery.1=DEMO-BAT-3460
"""

SOLD_AND_GONE = "DEMO-G1-25-0117"
# The store's own for demonstrations, with every actuator known.
LOOKED_AFTER = "DEMO-G1-25-0118"
SOLD_AND_WAITING = "DEMO-BUMI-00071"
QUOTED = "DEMO-PM01-0009"
# Its inspection found a fault, so it waits for the bench.
FAULTY = "DEMO-T1-0315"
FAULT = "Right ankle: the cable of the force-torque sensor has a loose contact."


def announced() -> list[Arrival]:
    """Two robots that their makers have promised."""
    return [
        _promised("Unitree", "H1", "DEMO-H1-0502", cost_minor=64_000_00),
        _promised("Fourier", "GR-3", "DEMO-GR3-0031", cost_minor=91_000_00),
    ]


def _promised(maker: str, model: str, serial: str, *, cost_minor: int) -> Arrival:
    return read_arrival(maker=maker, model=model, serial=serial, cost=Money(cost_minor, "EUR"))
