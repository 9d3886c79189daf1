"""What goes with a battery that is sent: what it is, how it was found, who looked, and when.

General facts of lithium-ion batteries as dangerous goods. Which instructions hold for a parcel is
the carrier's to say.
"""

from dataclasses import dataclass
from datetime import date, datetime

from app.kernel import clock
from app.kernel.text import Text
from app.parts.batteries import CONDITION_LABELS
from app.parts.battery_models import Condition
from app.parts.storage import Kept
from app.stores.models import Store
from app.web.printing import pdf_document

# Packed by themselves; inside of or with equipment it is UN3481.
UN_NUMBER = "UN3480"
HAZARD_CLASS = "9"
# As the regulations of all carriers call them; for other numbers the sheet leaves a gap.
SHIPPING_NAMES = {
    UN_NUMBER: "LITHIUM ION BATTERIES",
    "UN3090": "LITHIUM METAL BATTERIES",
    "UN3551": "SODIUM ION BATTERIES",
}
_LITHIUM_ION = frozenset({UN_NUMBER, "UN3481"})
# Of the rated capacity: what air carriers ask of batteries that are packed by themselves.
MOST_SOC_BY_AIR = 30


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as the head of a document names it."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatterySheet:
    """All that stands on it."""

    language: str
    zone: str
    issued_at: datetime
    number: str
    store: str
    seller: Sender
    serial: str
    part_number: str
    name: str
    un_number: str
    shipping_name: str
    is_lithium_ion: bool
    hazard_class: str
    watt_hours: int | None
    soc_percent: int | None
    cycles: int | None
    condition: Text
    is_sound: bool
    is_low_enough: bool
    most_soc_by_air: int
    checked_at: datetime | None
    checked_by: str
    due_on: date
    is_overdue: bool


def sheet_pdf(one: Kept, store: Store, *, language: str) -> bytes:
    """The sheet of one battery as PDF/A in a language of the house."""
    place = f"{store.postcode} {store.city}".strip()
    battery = one.battery
    checked = battery is not None and bool(battery.checked_by)
    condition = battery.condition if battery is not None else Condition.SOUND
    soc = battery.soc_percent if battery is not None else None
    un_number = (one.part.un_number if one.part is not None else "") or UN_NUMBER
    content = BatterySheet(
        language=language,
        zone=store.zone,
        issued_at=clock.now(),
        number="",
        store=store.name,
        seller=Sender(store.legal_name, tuple(filter(None, (store.street, place)))),
        serial=one.component.serial,
        part_number=one.component.part_number,
        name=one.part.name if one.part is not None else one.component.name,
        un_number=un_number,
        shipping_name=SHIPPING_NAMES.get(un_number, "–"),
        is_lithium_ion=un_number in _LITHIUM_ION,
        hazard_class=HAZARD_CLASS,
        watt_hours=one.keeping.watt_hours,
        soc_percent=soc,
        cycles=battery.cycles if battery is not None else None,
        condition=CONDITION_LABELS[condition],
        is_sound=condition is Condition.SOUND and not one.is_quarantined,
        is_low_enough=soc is not None and soc <= MOST_SOC_BY_AIR,
        most_soc_by_air=MOST_SOC_BY_AIR,
        checked_at=battery.checked_at if battery is not None and checked else None,
        checked_by=battery.checked_by if battery is not None else "",
        due_on=one.due_on,
        is_overdue=one.is_overdue,
    )
    return pdf_document("documents/battery.html", content)
