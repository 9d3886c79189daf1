"""The store room of the demo store: parts, bins, what fits where, what replaces what.

Numbers, prices and costs are invented; part numbers of actuators and sensors begin with DEMO-, so
that none of them can be somebody's. GTINs are of the range that every shop may use inside (20).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.demo import assortment
from app.demo.bodies import ACTUATOR
from app.demo.opening import CURRENCY, Crew
from app.kernel import clock
from app.kernel.money import Money
from app.parts import (
    arrivals,
    aside,
    catalogue,
    fitrows,
    numbers,
    places,
    stock,
    substitution,
    supersession,
)
from app.parts.catalogue import Particulars
from app.parts.catalogue_models import NumberKind
from app.parts.fitplaces import Where
from app.parts.fitrows import FitInput
from app.parts.models import Part, Place, PlaceKind
from app.parts.moves import Move
from app.parts.numbers import Numbered
from app.parts.substitution import Approval
from app.robots import makers
from app.robots.bodyplan import SlotClass
from app.robots.makers import ModelInput
from app.robots.slot_models import Control

_UNITREE, _BOOSTER = assortment.G1.maker, assortment.T1.maker
_SERIAL, _LOT, _NONE = Control.SERIAL, Control.LOT, Control.NONE
_DELIVERY = "delivery:4702"
# The actuator that the bench takes from the shelf for a noisy knee.
FOR_THE_KNEE = "DEMO-ACT-0118-24"
OLD_ACTUATOR, ARM_ACTUATOR = "DEMO-AK-70", "DEMO-AK-60"
THIN_TENDON, TENDON = "TEN-081", "TEN-090"
_LEG_SLOTS = ("knee", "hip_pitch", "hip_roll", "hip_yaw", "ankle_pitch", "ankle_roll")
_ARM_SLOTS = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow", "wrist_roll")


@dataclass(frozen=True, slots=True)
class Spare:
    """A part with its bin: how many lie there, at what cost of a piece."""

    number: str
    name: str
    bin: str
    pieces: int
    cost_minor: int
    price_minor: int
    slot_class: SlotClass | None = None
    control: Control = _NONE
    maker: str = _UNITREE
    minimum: int = 0
    maximum: int = 0
    core_days: int | None = None
    lot: str = ""
    serials: tuple[str, ...] = ()


def _serials(stem: str, first: int, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}-{first + place:04}" for place in range(count))


_ACTUATOR, _SHELL = SlotClass.ACTUATOR, SlotClass.SHELL
SPARES = (
    Spare(ACTUATOR, "Actuator AK-80, leg", "C-04-2", 6, 131_000, 198_000, _ACTUATOR, _SERIAL,
          minimum=2, maximum=8, core_days=30,
          serials=(FOR_THE_KNEE, *_serials("DEMO-AK80", 2041, 5))),
    Spare(OLD_ACTUATOR, "Actuator AK-70, leg (until 2024)", "C-04-1", 1, 118_000, 182_000,
          _ACTUATOR, _SERIAL, core_days=30, serials=_serials("DEMO-AK70", 1187, 1)),
    Spare(ARM_ACTUATOR, "Actuator AK-60, arm", "C-04-3", 2, 109_000, 162_000, _ACTUATOR, _SERIAL,
          minimum=3, maximum=6, core_days=30, serials=_serials("DEMO-AK60", 3307, 2)),
    Spare("SBK-80", "Seal and bearing kit AK-80", "C-04-5", 14, 4_120, 7_900,
          minimum=4, maximum=20),
    Spare("DEMO-HND-L", "Hand, five fingers, left", "B-02-1", 1, 214_000, 329_000, SlotClass.HAND,
          _SERIAL, minimum=1, maximum=2, serials=_serials("DEMO-HNDL", 77, 1)),
    Spare("DEMO-HND-R", "Hand, five fingers, right", "B-02-2", 0, 214_000, 329_000,
          SlotClass.HAND, _SERIAL, minimum=1, maximum=2),
    Spare("DEMO-IMU-9", "Inertial sensor, torso", "B-01-1", 2, 21_200, 38_900, SlotClass.IMU,
          _SERIAL, minimum=1, maximum=3, serials=_serials("DEMO-IMU", 501, 2)),
    Spare("DEMO-CAM-H", "Head camera", "B-01-4", 2, 46_800, 74_900, SlotClass.CAMERA, _SERIAL,
          minimum=1, maximum=3, serials=_serials("DEMO-CAM", 912, 2)),
    Spare("DEMO-FTS-T1", "Force-torque sensor, ankle", "B-01-2", 1, 88_000, 139_000,
          SlotClass.FORCE_TORQUE, _SERIAL, _BOOSTER, minimum=1, maximum=2,
          serials=_serials("DEMO-FTS", 60, 1)),
    Spare("DEMO-BRD-C", "Main control board", "B-03-1", 1, 62_000, 98_000, SlotClass.BOARD,
          _SERIAL, minimum=1, maximum=2, core_days=14, serials=_serials("DEMO-BRD", 4410, 1)),
    Spare("KH-14", "Knee harness, 14-pin", "D-03-2", 8, 3_860, 6_900, SlotClass.CABLE_SET,
          minimum=4, maximum=12),
    Spare("CBL-ARM", "Arm harness, shoulder to wrist", "D-03-3", 3, 5_240, 8_900,
          SlotClass.CABLE_SET, minimum=3, maximum=8),
    Spare(TENDON, "Tendon line 0.90 mm, 10 m", "D-05-1", 0, 2_150, 4_200, SlotClass.TENDON, _LOT,
          minimum=2, maximum=6),
    Spare(THIN_TENDON, "Tendon line 0.81 mm, 10 m", "D-05-2", 5, 1_980, 3_900, SlotClass.TENDON,
          _LOT, minimum=2, maximum=6, lot="TL-2608"),
    Spare("KCL-G", "Knee cover, left, graphite", "F-02-4", 3, 6_400, 11_900, _SHELL,
          minimum=1, maximum=4),
    Spare("KCR-G", "Knee cover, right, graphite", "F-02-5", 1, 6_400, 11_900, _SHELL,
          minimum=1, maximum=4),
    Spare("KSB-2", "Knee stop bumper", "F-02-1", 18, 375, 990, minimum=6, maximum=24),
    Spare("TP-14", "Thermal pad, knee", "D-11-1", 40, 210, 590, minimum=20, maximum=80),
    Spare("GR-LT", "Grease, low temperature, 100 g", "H-01-2", 9, 1_890, 3_400, control=_LOT,
          maker="", minimum=3, maximum=12, lot="B-2611"),
    Spare("SC-M4-12", "Screws M4×12, A4, 100 pieces", "H-04-1", 22, 640, 1_290, maker="",
          minimum=5, maximum=30),
    Spare("FUSE-40", "Fuse 40 A, main circuit", "H-04-3", 12, 180, 490, maker="",
          minimum=4, maximum=20),
)  # fmt: skip
# What the shop sells already: bin, reorder levels, kind, number of dangerous goods.
_KNOWN = (
    (assortment.BATTERY_G1.code, "E-01-1", 2, 8, SlotClass.BATTERY, "UN3480"),
    ("FTS-FOOT", "B-01-3", 1, 4, SlotClass.FOOT_SENSOR, ""),
    ("ACT-KNEE-L", "C-05-1", 1, 3, None, ""),
    ("ACT-KNEE-R", "C-05-2", 1, 3, None, ""),
    ("TENDON-KIT", "D-05-3", 3, 10, SlotClass.TENDON, ""),
    ("CABLE-ENC", "D-03-1", 10, 40, SlotClass.CABLE_SET, ""),
    ("CABLE-NECK", "D-03-4", 2, 6, SlotClass.CABLE_SET, ""),
)


def furnish(session: Session, crew: Crew) -> None:
    """Mei takes over the store room: bins with labels, parts with levels, and what lies where."""
    bins = _bins(session, crew)
    made = {spare.number: _add(session, crew, spare, bins[spare.bin]) for spare in SPARES}
    _sort_in(session, crew, bins)
    _name(session, crew, made)
    _fit(session, crew, made)
    supersession.replace(
        session,
        crew.mei,
        made[OLD_ACTUATOR],
        made[ACTUATOR],
        both_ways=False,
        note="New gearbox, same flange and connector",
    )
    substitution.approve(
        session,
        crew.petra,
        made[THIN_TENDON],
        instead_of=made[TENDON],
        approval=Approval(
            "0.81 mm holds 40 N as well (tried on the bench); until 0.90 mm is delivered again.",
            where=Where(slot_class=SlotClass.TENDON),
            until=clock.now().date() + timedelta(days=90),
        ),
    )


def put_aside(session: Session, crew: Crew) -> None:
    """Emre keeps pieces back for the stage robots of the next fair."""
    for number, pieces in ((ARM_ACTUATOR, 2), ("KSB-2", 4)):
        aside.put_aside(
            session,
            crew.emre,
            catalogue.by_number(session, crew.emre, number).id,
            quantity=pieces,
            purpose="Trade fair",
            minutes=21 * 24 * 60,
        )


def _bins(session: Session, crew: Crew) -> dict[str, Place]:
    room = places.add(session, crew.mei, kind=PlaceKind.ROOM, name="Store room")
    codes = sorted({*(spare.bin for spare in SPARES), *(known[1] for known in _KNOWN)})
    return {
        code: places.add(
            session,
            crew.mei,
            kind=PlaceKind.BIN,
            name=f"Rack {code[0]}, shelf {int(code[2:4])}, {code[-1]}",
            code=code,
            parent_id=room.id,
        )
        for code in codes
    }


def _add(session: Session, crew: Crew, spare: Spare, place: Place) -> Part:
    part = catalogue.add_part(
        session,
        crew.mei,
        number=spare.number,
        name=spare.name,
        particulars=Particulars(
            control=spare.control,
            slot_class=spare.slot_class,
            maker=spare.maker,
            price_minor=spare.price_minor,
            minimum=spare.minimum,
            maximum=spare.maximum,
            core_days=spare.core_days,
        ),
    )
    moves = list(_moves(session, crew, spare, part, place))
    if moves:
        stock.book(session, crew.mei, moves, reason="first stock", reference=_DELIVERY)
    return part


def _moves(session: Session, crew: Crew, spare: Spare, part: Part, place: Place) -> Iterator[Move]:
    start = places.standard(session, crew.mei.store_id, PlaceKind.SUPPLIER)
    cost = Money(spare.cost_minor, CURRENCY)
    if spare.control is _SERIAL:
        wanted = [(part, serial, "") for serial in spare.serials]
        for component in arrivals.components(session, crew.mei, wanted).values():
            yield Move(part.id, 1, start, place, component=component, cost=cost)
    elif spare.pieces:
        yield Move(part.id, spare.pieces, start, place, lot=spare.lot, cost=cost)


def _sort_in(session: Session, crew: Crew, bins: dict[str, Place]) -> None:
    """What lay in one heap since the first delivery gets bins, levels and kinds."""
    heap = places.standard(session, crew.mei.store_id, PlaceKind.BIN)
    moves = []
    for number, code, minimum, maximum, slot_class, un_number in _KNOWN:
        part = catalogue.by_number(session, crew.mei, number)
        catalogue.edit_part(
            session,
            crew.mei,
            part,
            number=part.number,
            name=part.name,
            gtin=part.gtin,
            particulars=Particulars(
                slot_class=slot_class, minimum=minimum, maximum=maximum, un_number=un_number
            ),
        )
        there = stock.free(session, part.id)
        if there:
            moves.append(Move(part.id, there, heap, bins[code]))
    stock.book(session, crew.mei, moves, reason="put away", reference="")


def _name(session: Session, crew: Crew, made: dict[str, Part]) -> None:
    """What makers and suppliers call them."""
    for number, kind, further, owner in (
        (ACTUATOR, NumberKind.MAKER, "DEMO-UT-8041-L", _UNITREE),
        (ACTUATOR, NumberKind.SUPPLIER, "MP-20418", "Motus Parts BV"),
        (ARM_ACTUATOR, NumberKind.MAKER, "DEMO-UT-6022-A", _UNITREE),
        ("SBK-80", NumberKind.SUPPLIER, "MP-30080", "Motus Parts BV"),
        ("GR-LT", NumberKind.GTIN, "2000000000015", ""),
        ("SC-M4-12", NumberKind.GTIN, "2000000000022", ""),
    ):
        numbers.add(session, crew.mei, made[number], Numbered(kind, further, owner))


def _fit(session: Session, crew: Crew, made: dict[str, Part]) -> None:
    """Where the parts for robots of this shop work."""
    g1, r1, t1 = (
        _model_id(session, crew, one) for one in (assortment.G1, assortment.R1, assortment.T1)
    )
    legs = [f"{side}_{slot}.actuator" for side in ("left", "right") for slot in _LEG_SLOTS]
    arms = [f"{side}_{slot}.actuator" for side in ("left", "right") for slot in _ARM_SLOTS]
    for number, paths, revisions, firmware in (
        (ACTUATOR, legs, "B..", ">=1.4"),
        (OLD_ACTUATOR, legs, "A..B", ""),
        (ARM_ACTUATOR, arms, "", ""),
        ("DEMO-HND-L", ["left_hand.hand"], "", ""),
        ("DEMO-HND-R", ["right_hand.hand"], "", ""),
    ):
        for path in paths:
            fitrows.add(
                session,
                crew.mei,
                made[number],
                FitInput(g1, Where(path), revisions=revisions, firmware=firmware),
            )
    for number, model_id, slot_class in (
        ("DEMO-IMU-9", g1, SlotClass.IMU),
        ("DEMO-IMU-9", r1, SlotClass.IMU),
        ("DEMO-CAM-H", g1, SlotClass.CAMERA),
        ("DEMO-FTS-T1", t1, SlotClass.FORCE_TORQUE),
        ("DEMO-BRD-C", g1, SlotClass.BOARD),
        ("KH-14", g1, SlotClass.CABLE_SET),
        (TENDON, g1, SlotClass.TENDON),
    ):
        where = Where(slot_class=slot_class)
        fitrows.add(session, crew.mei, made[number], FitInput(model_id, where))


def _model_id(session: Session, crew: Crew, offer: ModelInput) -> int:
    maker = makers.maker_called(session, offer.maker)
    return makers.model(session, crew.mei, maker, offer.code).id
