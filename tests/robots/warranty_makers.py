"""A maker that exists only in tests, with every kind of warranty rule, and days to judge by."""

from dataclasses import replace
from datetime import date

from app.robots.warranty import StartDates
from app.robots.warranty_terms import (
    Clause,
    Cover,
    Duty,
    DutyKind,
    Exclusion,
    MakerTerms,
    ReplacedPart,
    StartBasis,
    StartRule,
)


def d(text: str) -> date:
    return date.fromisoformat(text)


def clause(code: str) -> Clause:
    return Clause(code, f"What {code} says.", "made up for tests")


# A maker that exists only here, with every kind of rule.
WORKS = MakerTerms(
    key="works",
    maker="Test Works",
    clauses=tuple(
        clause(code)
        for code in ("robot", "actuator", "battery", "start", "again", "bought", "longest", "ship",
                     "overload", "cable")
    ),
    cover=(
        Cover("robot", months=12),
        Cover("actuator", months=24, hours=2000, component_classes=("actuator",)),
        Cover("battery", months=24, cycles=300, component_classes=("battery",)),
        Cover("cable", hours=500, component_classes=("cable",)),
    ),
    start=(StartRule(StartBasis.INVOICE), StartRule(StartBasis.MANUFACTURE, plus_days=30)),
    start_clause="start",
    exclusions=(Exclusion("overload", "overload", component_classes=("actuator",)),),
    replaced=ReplacedPart.LONGER,
    replaced_clause="again",
    replaced_months=6,
    bought_months=3,
    bought_clause="bought",
    longest_clause="longest",
    duties=(Duty(DutyKind.SHIP_ITEM, "ship", days=10),),
)  # fmt: skip
NEW_TERM = replace(WORKS, replaced=ReplacedPart.NEW_TERM)
SAME_AGAIN = replace(NEW_TERM, replaced_months=None)


def received(day: str) -> StartDates:
    return StartDates(receipt=d(day))


def invoiced(day: str) -> StartDates:
    return StartDates(invoice=d(day))


MARCH = received("2023-03-01")
MAY = invoiced("2024-05-01")
