"""What the demo store sells.

Figures of robots are public ones, each with its source, and sources that disagree stand side by
side. Prices, accessories, parts, plans and services are the demo store's own invention.
"""

from dataclasses import dataclass

from app.robots.makers import ModelInput
from app.sales.models import Category, ProductKind

VAT, VAT_REDUCED = "standard", "reduced"
_INVENTED = "This store's price in euros is invented."


@dataclass(frozen=True, slots=True)
class RobotOffer:
    """A model and its price in cents, VAT included; None: not for sale here."""

    model: ModelInput
    price_minor: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """Anything else: a price in cents, VAT included; `stock` pieces on the shelf."""

    code: str
    name: str
    kind: ProductKind
    category: Category
    price_minor: int
    stock: int = 0
    months: int | None = None
    tax_code: str = VAT


G1 = ModelInput(
    maker="Unitree",
    code="G1",
    name="Unitree G1",
    height_mm=1320,
    mass_g=35_000,
    axes=23,
    source=(
        "Axes: 23, EDU editions up to 43 (docs.quadruped.de). Mass: about 35 kg. "
        "Height, in conflict: 132 cm (gitea.opentesla.org/unitree-g1), "
        "127 cm (dongbeigou.com/post/32700). "
        "Battery: 46.8 V, 9,000 mAh, 421.2 Wh, charged in about 1.5 h (battery manual at "
        "manuals.plus); in conflict with 0.96 kWh (qtvue.com). Runtime: about 2 h. "
        f"Price reported: from ¥99,000 (JD, February 2025), from US$13,500. {_INVENTED}"
    ),
)
R1 = ModelInput(
    maker="Unitree",
    code="R1",
    name="Unitree R1",
    height_mm=1200,
    mass_g=25_000,
    source=(
        "Height: about 1.2 m; mass: about 25 kg; runtime: about 1 h (docs.quadruped.de). "
        "Axes, in conflict: 20 or 26 by edition (docs.quadruped.de), 24 to 26 (miragenews.com "
        f"1516937). Price reported: below US$6,000. {_INVENTED}"
    ),
)
H1 = ModelInput(
    maker="Unitree",
    code="H1",
    name="Unitree H1",
    height_mm=1800,
    mass_g=47_000,
    axes=19,
    source=(
        "Axes: 19 (docs.quadruped.de). Height: about 180 cm; mass: about 47 kg (humanoidary.com). "
        "Battery: 864 Wh, exchangeable (canalusb.cubadebate.cu). "
        f"Price reported: ¥650,000 (JD, February 2025; dongbeigou.com). {_INVENTED}"
    ),
)
T1 = ModelInput(
    maker="Booster",
    code="T1",
    name="Booster T1",
    height_mm=1180,
    mass_g=30_000,
    source=(
        "Height: 3 ft 10 in, about 118 cm; mass: about 30 kg; walks about 2 h, stands about 4 h "
        "(el-balad.com 17020110; ibm.com on the RoboLeague). Axes: 23 to 41 by edition. "
        f"Price reported: five figures in US$. {_INVENTED}"
    ),
)
PM01 = ModelInput(
    maker="EngineAI",
    code="PM01",
    name="EngineAI PM01",
    height_mm=1380,
    mass_g=40_000,
    axes=24,
    source=(
        "Height: 138 cm; mass: about 40 kg; runtime: up to 2 h (hypefresh; shopamat; azworldnews). "
        "Axes, in conflict: 24, and 23 in one source. "
        f"Price reported: US$13,700; JD edition about US$27,000. {_INVENTED}"
    ),
)
BUMI = ModelInput(
    maker="Noetix",
    code="Bumi",
    name="Noetix Bumi",
    height_mm=940,
    mass_g=12_000,
    source=(
        "Height: 94 cm; mass: 12 kg; battery: 48 V, 1 to 2 h (robohorizon.de). Axes: not "
        f"published. Price published: ¥9,998 (noetixrobotics.com). {_INVENTED}"
    ),
)
GR3 = ModelInput(
    maker="Fourier",
    code="GR-3",
    name="Fourier GR-3",
    height_mm=1650,
    mass_g=71_000,
    axes=55,
    source=(
        "Axes: 55; height: 165 cm; mass: 71 kg; battery packs swapped while running "
        f"(support.fftai.com, the maker). Price: not published. {_INVENTED}"
    ),
)
NEO = ModelInput(
    maker="1X",
    code="NEO",
    name="1X NEO",
    height_mm=1680,
    mass_g=30_000,
    source=(
        "Height: 5 ft 5 in (168 cm); mass: 66 lb (30 kg); runtime: about 4 h; hand: 22 axes "
        "(humanoidsdaily.com; ui44.com). Axes of the whole robot: not published. Warranty: "
        "3 years for early buyers. Price published: US$20,000, or US$499 a month. "
        f"{_INVENTED}"
    ),
)
WALKER_S2 = ModelInput(
    maker="UBTECH",
    code="Walker S2",
    name="UBTECH Walker S2",
    axes=52,
    source=(
        "Height: 170 to 176 cm; mass: 73 to 77 kg; axes: 52; 2 to 4 h, swaps its own battery in "
        "about 3 min (xonoid.de; gadgetreview.com). In conflict: the press of July 2025 gave "
        "162 cm, 43 kg and 20 axes, which are figures of Tien Kung. Price: to enterprises only."
    ),
)

ROBOTS = (
    RobotOffer(G1, 17_990_00),
    RobotOffer(R1, 6_490_00),
    RobotOffer(BUMI, 1_690_00),
    RobotOffer(PM01, 16_900_00),
    RobotOffer(T1, 32_900_00),
    RobotOffer(NEO, 22_900_00),
    RobotOffer(H1, 89_000_00),
    RobotOffer(GR3, 124_000_00),
    RobotOffer(WALKER_S2, None),
)

_ITEM, _PLAN, _SERVICE = ProductKind.ITEM, ProductKind.PLAN, ProductKind.SERVICE
_ACCESSORY, _PART = Category.ACCESSORIES, Category.PARTS

BATTERY_G1 = Offer("BAT-G1", "Battery for G1, 421.2 Wh", _ITEM, _ACCESSORY, 1_190_00, stock=6)
CASE = Offer("CASE-M", "Transport case, up to 135 cm", _ITEM, _ACCESSORY, 890_00, stock=4)
HANDBOOK = Offer(
    "BOOK-01",
    "Handbook: living with a humanoid",
    _ITEM,
    _ACCESSORY,
    34_90,
    stock=25,
    tax_code=VAT_REDUCED,
)
FINGERTIPS = Offer("PAD-05", "Fingertip pads, set of 5", _ITEM, _ACCESSORY, 24_50, stock=40)
CARE_12 = Offer("CARE-12", "Care plan, 12 months", _PLAN, Category.PLANS, 690_00, months=12)
CARE_36 = Offer("CARE-36", "Care plan, 36 months", _PLAN, Category.PLANS, 1_790_00, months=36)
TRAINING = Offer("TRAIN-1", "Operator training, half a day", _SERVICE, Category.SERVICES, 480_00)
SETUP = Offer(
    "SETUP-1", "Set-up and first steps at your place", _SERVICE, Category.SERVICES, 390_00
)

GIFT_CARD = Offer("GIFT-CARD", "Gift card", ProductKind.GIFT_CARD, Category.SERVICES, 50_00)

OFFERS = (
    BATTERY_G1,
    CASE,
    Offer("STAND-01", "Gantry stand with safety harness", _ITEM, _ACCESSORY, 1_450_00, stock=2),
    Offer("CHG-G1", "Charger for G1 battery", _ITEM, _ACCESSORY, 290_00, stock=5),
    FINGERTIPS,
    HANDBOOK,
    CARE_12,
    CARE_36,
    Offer("FTS-FOOT", "Force-torque sensor, foot", _ITEM, _PART, 2_340_00, stock=3),
    Offer("ACT-KNEE-L", "Knee actuator, left", _ITEM, _PART, 1_980_00, stock=2),
    Offer("ACT-KNEE-R", "Knee actuator, right", _ITEM, _PART, 1_980_00, stock=1),
    Offer("TENDON-KIT", "Hand tendons, kit for one hand", _ITEM, _PART, 186_00, stock=8),
    Offer("CABLE-ENC", "Encoder cable, 300 mm", _ITEM, _PART, 38_00, stock=30),
    Offer("CABLE-NECK", "Neck cable", _ITEM, _PART, 62_00),
    TRAINING,
    SETUP,
    Offer("WIPE-1", "Data wipe with certificate", _SERVICE, Category.SERVICES, 120_00),
    GIFT_CARD,
)

STARTER = Offer("START-G1", "G1 starter bundle", ProductKind.BUNDLE, Category.ROBOTS, 19_900_00)
# The bundle's contents: a G1, and these with their numbers.
STARTER_CONTENTS = ((BATTERY_G1, 1), (CASE, 1), (TRAINING, 1))

# A text that ends in a question mark may be answered "not applicable".
PDI = (
    "Serial number on the plate, in the delivery note and on the screen are the same",
    "Packaging and housing without damage",
    "Emergency stop works, by button and by remote",
    "Stands up, walks ten steps, sits down",
    "Each joint moves through its range without noise",
    "Cameras and distance sensors give a picture",
    "Firmware is the one that the maker recommends",
    "Second battery present and charged?",
)
PDI_G1 = (
    *PDI[:6],
    "Battery charged fully before first use, as its manual asks (46.8 V)",
    "Firmware is the one that the maker recommends",
    "Hands mounted and moving?",
)
TRADE_IN = (
    "Serial number on the plate and on the screen are the same",
    "Emergency stop works, by button and by remote",
    "Stands up, walks ten steps, sits down",
    "Each joint moves through its range without noise",
    "Cameras and distance sensors give a picture",
    "Battery holds its charge, no swelling",
    "Housing closed, no seal broken",
    "Accessories of the delivery note are there?",
)
# grade, share of the new price at the start, and at least, in basis points
TRADE_IN_SHARES = (("a", 7_000, 2_000), ("b", 5_500, 1_500), ("c", 3_500, 800), ("d", 1_200, 300))
HANDOVER = (
    "Safety distance and emergency stop explained and tried by the customer",
    "Charging and storing of the battery explained",
    "Accessories complete as listed",
    "Customer has connected the robot to the own network?",
    "Terms of warranty and exclusions (falls, opening) explained",
)
HANDOVER_G1 = (
    *HANDOVER,
    "Customer has started, led and stopped the G1 once without help",
)
