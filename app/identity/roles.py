"""One table: which role may do what. What is not named here is forbidden."""

from enum import StrEnum

from app.kernel.actor import Actor
from app.kernel.text import Text, msg


class Role(StrEnum):
    SALES = "sales"
    TECHNICIAN = "technician"
    PARTS = "parts"
    METROLOGIST = "metrologist"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMIN = "admin"
    DEVICE = "device"


ROLE_LABELS: dict[Role, Text] = {
    Role.SALES: msg("Salesperson"),
    Role.TECHNICIAN: msg("Technician"),
    Role.PARTS: msg("Parts clerk"),
    Role.METROLOGIST: msg("Metrologist"),
    Role.MANAGER: msg("Manager"),
    Role.AUDITOR: msg("Auditor"),
    Role.ADMIN: msg("Administrator"),
    Role.DEVICE: msg("Device"),
}
# Held by a robot or a dock that tells its counters and versions, and by no person.
FOR_PROGRAMS_ALONE = frozenset({Role.DEVICE})

_LOOK = frozenset(
    {
        "robots.view",
        "customers.view",
        "products.view",
        "orders.view",
        "stock.view",
        "service.view",
        "calibration.view",
    }
)
_SELL = frozenset(
    {
        "counter.sell",
        "credit.issue",
        "customers.edit",
        "payments.refund",
        "robots.inspect",
        "robots.handover",
        "robots.lend",
        "robots.record",
        "robots.report",
        "robots.transfer",
        "till.open",
        "till.close",
        "till.cash",
        "till.drawer",
        "till.view",
    }
)
# the workshop: who takes in and plans, who works on robots, who answers for them
_TAKE_IN = frozenset({"service.intake", "service.estimate", "service.plan"})
_REPAIR = _TAKE_IN | {"service.work", "service.check", "service.release"}
_ANSWER = _REPAIR | {"service.override", "service.claims"}
_STORE_ROOM = frozenset(
    {"parts.edit", "purchases.edit", "purchases.receive", "stock.count", "stock.move"}
)
# measurement: who takes readings, who answers for procedures, references and certificates
_MEASURE = frozenset({"calibration.measure"})
_METROLOGY = _MEASURE | {
    "calibration.certify",
    "calibration.equipment",
    "calibration.procedures",
    "calibration.review",
}
_LEAD = (
    _ANSWER
    | _METROLOGY
    | _STORE_ROOM
    | {
        "counter.big_discount",
        "customers.erase",
        "books.view",
        "credit.approve",
        "orders.cancel",
        "orders.tax",
        "payments.reconcile",
        "returns.approve",
        "vouchers.edit",
        "products.edit",
        "robots.receive",
        "robots.edit",
        "robots.fit",
        "settings.edit",
        "settings.view",
        "staff.manage",
        "stock.approve",
        "survey.follow_up",
        "survey.view",
        "terminals.enrol",
        "audit.view",
    }
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.SALES: _LOOK | _SELL | _TAKE_IN | {"robots.receive", "settings.view"},
    Role.TECHNICIAN: _LOOK
    | _MEASURE
    | _REPAIR
    | {
        "robots.fit",
        "robots.inspect",
        "robots.lend",
        "robots.receive",
        "robots.record",
        "robots.report",
        "purchases.receive",
        "stock.move",
    },
    Role.PARTS: _LOOK | _STORE_ROOM | {"robots.receive", "products.edit", "service.claims"},
    Role.METROLOGIST: _LOOK
    | _METROLOGY
    | {"robots.inspect", "robots.record", "robots.report", "service.check"},
    Role.MANAGER: _LOOK | _SELL | _LEAD,
    Role.AUDITOR: _LOOK | {"till.view", "settings.view", "audit.view", "books.view", "survey.view"},
    Role.ADMIN: _LOOK | _SELL | _LEAD,
    Role.DEVICE: frozenset({"robots.view", "robots.report"}),
}

# Basis points of a line's price that a role may take off without a second person.
DISCOUNT_LIMIT_BP: dict[Role, int] = {Role.SALES: 500, Role.MANAGER: 2500, Role.ADMIN: 2500}


def permissions_of(role: Role) -> frozenset[str]:
    return PERMISSIONS[role]


def grantable(actor: Actor) -> list[tuple[Role, Text]]:
    """The roles that this actor may give to people: those that may no more than the actor."""
    return [
        (role, label)
        for role, label in grantable_to_programs(actor)
        if role not in FOR_PROGRAMS_ALONE
    ]


def grantable_to_programs(actor: Actor) -> list[tuple[Role, Text]]:
    """The same for a program's token."""
    return [
        (role, label)
        for role, label in ROLE_LABELS.items()
        if permissions_of(role) <= actor.permissions
    ]
