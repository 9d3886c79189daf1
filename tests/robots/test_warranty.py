"""Warranty verdicts, case by case, each with the clause that decides it."""

from dataclasses import dataclass, field, replace

import pytest

from app.robots.warranty import (
    Claim,
    Counters,
    Evidence,
    Replacement,
    StartDates,
    Verdict,
    VerdictKind,
    WarrantyFacts,
    warranty_verdict,
)
from app.robots.warranty_rules import BOOSTER, ONE_X, PUBLISHED, UBTECH_COMMERCIAL, UNITREE
from app.robots.warranty_terms import (
    Exclusion,
    MakerTerms,
)
from tests.robots.warranty_makers import (
    MARCH,
    MAY,
    NEW_TERM,
    SAME_AGAIN,
    WORKS,
    d,
    invoiced,
    received,
)

COVERED, NOT, ASK = VerdictKind.COVERED, VerdictKind.NOT_COVERED, VerdictKind.ASK_MAKER


@dataclass(frozen=True)
class Case:
    name: str
    terms: MakerTerms | None
    on: str
    kind: VerdictKind
    clause: str | None
    ends_on: str | None = None
    starts: StartDates = field(default_factory=StartDates)
    component: str = "robot"
    evidence: tuple[Evidence, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    hours: int | None = None
    cycles: int | None = None
    of_maker: bool = True
    entitlements: tuple[str, ...] = ()
    claim: Claim = field(default_factory=Claim)

    @property
    def facts(self) -> WarrantyFacts:
        return WarrantyFacts(
            self.component,
            starts=self.starts,
            counters=Counters(self.hours, self.cycles),
            replacements=self.replacements,
            evidence=self.evidence,
            entitlements=self.entitlements,
            of_maker=self.of_maker,
            claim=self.claim,
        )

    def verdict(self) -> Verdict:
        return warranty_verdict(self.terms, self.facts, on=d(self.on))


def new_part(day: str, *, hours: int | None = None, bought: bool = False) -> Replacement:
    return Replacement(d(day), under_warranty=not bought, counters=Counters(hours=hours))


def actuator(
    name: str,
    on: str,
    kind: VerdictKind,
    clause: str,
    ends_on: str,
    *,
    hours: int | None = None,
    evidence: tuple[Evidence, ...] = (),
    replacements: tuple[Replacement, ...] = (),
) -> Case:
    """A case of an actuator of Test Works, invoiced on 1 May 2024."""
    return Case(
        name, WORKS, on, kind, clause, ends_on, MAY, "actuator", evidence, replacements, hours
    )


CASES = [
    # Unitree: start by receipt, one year, month ends and leap days
    Case("first day", UNITREE, "2023-03-01", COVERED, "unitree.term", "2024-03-01", MARCH),
    Case("a year over a leap day", UNITREE, "2024-02-29", COVERED, "unitree.term", "2024-03-01",
         MARCH),
    Case("the anniversary is inside", UNITREE, "2024-03-01", COVERED, "unitree.term",
         "2024-03-01", MARCH),
    Case("the day after", UNITREE, "2024-03-02", NOT, "unitree.term", "2024-03-01", MARCH),
    Case("from a leap day", UNITREE, "2025-02-28", COVERED, "unitree.term", "2025-02-28",
         received("2024-02-29")),
    Case("from a leap day, after", UNITREE, "2025-03-01", NOT, "unitree.term", "2025-02-28",
         received("2024-02-29")),
    Case("from a month's end", UNITREE, "2025-01-31", COVERED, "unitree.term", "2025-01-31",
         received("2024-01-31")),
    Case("before receipt", UNITREE, "2023-02-28", ASK, "unitree.start", "2024-03-01", MARCH),
    Case("no receipt on file", UNITREE, "2023-05-01", ASK, "unitree.start", None,
         invoiced("2023-03-01")),
    Case("an invoice does not start it", UNITREE, "2024-02-15", COVERED, "unitree.term",
         "2024-03-01", StartDates(receipt=d("2023-03-01"), invoice=d("2023-02-01"))),
    # What Unitree excludes
    Case("a fall", UNITREE, "2023-06-01", NOT, "unitree.fall", "2024-03-01", MARCH,
         evidence=(Evidence("fall"),)),
    Case("an old fall, another fault", UNITREE, "2023-06-01", COVERED, "unitree.term",
         "2024-03-01", MARCH, evidence=(Evidence("fall", this_fault=False),)),
    Case("perhaps a fall", UNITREE, "2023-06-01", ASK, "unitree.fall", "2024-03-01", MARCH,
         evidence=(Evidence("fall", confirmed=False),)),
    Case("water", UNITREE, "2023-06-01", NOT, "unitree.immersion", "2024-03-01", MARCH,
         evidence=(Evidence("immersion"),)),
    Case("crushed", UNITREE, "2023-06-01", NOT, "unitree.squeezing", "2024-03-01", MARCH,
         evidence=(Evidence("squeezing"),)),
    Case("a foreign battery", UNITREE, "2023-06-01", NOT, "unitree.non_original", "2024-03-01",
         MARCH, component="battery", evidence=(Evidence("non_original_battery"),)),
    Case("rough ground", UNITREE, "2023-06-01", NOT, "unitree.harsh_terrain", "2024-03-01", MARCH,
         evidence=(Evidence("harsh_terrain"),)),
    Case("own repair", UNITREE, "2023-06-01", NOT, "unitree.self_repair", "2024-03-01", MARCH,
         evidence=(Evidence("self_repair"),)),
    Case("opened, long ago", UNITREE, "2023-06-01", NOT, "unitree.opening", "2024-03-01", MARCH,
         evidence=(Evidence("unauthorised_opening", this_fault=False),)),
    Case("modified", UNITREE, "2023-06-01", NOT, "unitree.modification", "2024-03-01", MARCH,
         evidence=(Evidence("unauthorised_modification"),)),
    Case("seal perhaps broken", UNITREE, "2023-06-01", ASK, "unitree.opening", "2024-03-01",
         MARCH, evidence=(Evidence("unauthorised_opening", confirmed=False),)),
    Case("served by a third party", UNITREE, "2023-06-01", ASK, "unitree.third_party",
         "2024-03-01", MARCH, evidence=(Evidence("third_party_service"),)),
    Case("evidence the maker does not exclude", UNITREE, "2023-06-01", COVERED, "unitree.term",
         "2024-03-01", MARCH, evidence=(Evidence("scratched_paint"),)),
    Case("over and fallen: over", UNITREE, "2024-06-01", NOT, "unitree.term", "2024-03-01", MARCH,
         evidence=(Evidence("fall"),)),
    # Unitree: replaced parts keep the rest
    Case("replaced on day 350, day 360", UNITREE, "2024-02-24", COVERED, "unitree.term",
         "2024-03-01", MARCH, "actuator", replacements=(new_part("2024-02-14"),)),
    Case("replaced on day 350, day 400", UNITREE, "2024-04-04", NOT, "unitree.term",
         "2024-03-01", MARCH, "actuator", replacements=(new_part("2024-02-14"),)),
    Case("replaced twice", UNITREE, "2024-03-02", NOT, "unitree.term", "2024-03-01", MARCH,
         "actuator", replacements=(new_part("2023-06-01"), new_part("2024-02-28"))),
    Case("a part the customer bought", UNITREE, "2023-08-01", ASK, None, None, MARCH, "actuator",
         replacements=(new_part("2023-06-01", bought=True),)),
    Case("reported in time, asked later", UNITREE, "2024-05-01", COVERED, "unitree.term",
         "2024-03-01", MARCH, claim=Claim(reported_on=d("2024-02-20"))),
    # UBTECH: precedence of proofs, 90 days after manufacture, parts of others
    Case("by invoice", UBTECH_COMMERCIAL, "2025-01-15", NOT, "ubtech.term", "2025-01-10",
         StartDates(invoice=d("2024-01-10"), warranty_card=d("2024-02-01"),
                    activation=d("2024-03-01"), manufacture=d("2023-10-01"))),
    Case("by card", UBTECH_COMMERCIAL, "2025-01-15", COVERED, "ubtech.term", "2025-02-01",
         StartDates(warranty_card=d("2024-02-01"), activation=d("2024-03-01"))),
    Case("by activation", UBTECH_COMMERCIAL, "2025-03-01", COVERED, "ubtech.term", "2025-03-01",
         StartDates(activation=d("2024-03-01"), manufacture=d("2023-10-01"))),
    Case("by manufacture and 90 days", UBTECH_COMMERCIAL, "2024-12-30", COVERED, "ubtech.term",
         "2024-12-30", StartDates(manufacture=d("2023-10-01"))),
    Case("by manufacture, the day after", UBTECH_COMMERCIAL, "2024-12-31", NOT, "ubtech.term",
         "2024-12-30", StartDates(manufacture=d("2023-10-01"))),
    Case("90 days onto a leap day", UBTECH_COMMERCIAL, "2025-03-01", NOT, "ubtech.term",
         "2025-02-28", StartDates(manufacture=d("2023-12-01"))),
    Case("receipt does not count", UBTECH_COMMERCIAL, "2024-06-01", ASK, "ubtech.start", None,
         received("2024-01-01")),
    Case("a part not UBTECH's", UBTECH_COMMERCIAL, "2024-06-01", NOT, "ubtech.foreign_parts",
         "2025-01-10", invoiced("2024-01-10"), "camera", of_maker=False),
    Case("replaced, terms silent, in time", UBTECH_COMMERCIAL, "2024-06-01", COVERED,
         "ubtech.term", "2025-01-10", invoiced("2024-01-10"), "actuator",
         replacements=(new_part("2024-05-01"),)),
    Case("replaced, terms silent, after", UBTECH_COMMERCIAL, "2025-02-01", ASK, "ubtech.term",
         "2025-01-10", invoiced("2024-01-10"), "actuator", replacements=(new_part("2024-12-01"),)),
    Case("a fall is not in its list", UBTECH_COMMERCIAL, "2024-06-01", COVERED, "ubtech.term",
         "2025-01-10", invoiced("2024-01-10"), evidence=(Evidence("fall"),)),
    # Booster: an item sent late, worn parts
    Case("sent in time", BOOSTER, "2023-07-01", COVERED, "booster.term", "2024-03-01", MARCH,
         claim=Claim(confirmed_on=d("2023-06-01"), agreed_ship_by=d("2023-06-15"),
                     shipped_on=d("2023-06-15"))),
    Case("sent late", BOOSTER, "2023-07-01", NOT, "booster.ship_in_time", "2024-03-01", MARCH,
         claim=Claim(confirmed_on=d("2023-06-01"), agreed_ship_by=d("2023-06-15"),
                     shipped_on=d("2023-06-16"))),
    Case("not sent, time is left", BOOSTER, "2023-06-15", COVERED, "booster.term", "2024-03-01",
         MARCH, claim=Claim(agreed_ship_by=d("2023-06-15"))),
    Case("not sent, time is up", BOOSTER, "2023-06-16", NOT, "booster.ship_in_time",
         "2024-03-01", MARCH, claim=Claim(agreed_ship_by=d("2023-06-15"))),
    Case("confirmed, no day agreed", BOOSTER, "2023-12-16", COVERED, "booster.term",
         "2024-03-01", MARCH, claim=Claim(confirmed_on=d("2023-06-01"))),
    Case("run with worn parts", BOOSTER, "2023-06-16", NOT, "booster.worn_parts", "2024-03-01",
         MARCH, evidence=(Evidence("run_with_worn_parts"),)),
    Case("fallen", BOOSTER, "2023-06-16", NOT, "booster.fall", "2024-03-01", MARCH,
         evidence=(Evidence("fall"),)),
    # 1X: three years for early buyers; when they start is not published
    Case("early access", ONE_X, "2027-06-01", COVERED, "1x.early_access", "2028-02-28",
         received("2025-02-28"), entitlements=("early_access",)),
    Case("three years from a leap day", ONE_X, "2027-02-28", COVERED, "1x.early_access",
         "2027-02-28", received("2024-02-29"), entitlements=("early_access",)),
    Case("another buyer", ONE_X, "2025-06-01", ASK, "1x.early_access", None,
         received("2025-02-28")),
    Case("over by the earliest day", ONE_X, "2028-03-15", ASK, "1x.early_access", "2028-02-28",
         StartDates(receipt=d("2025-04-01"), invoice=d("2025-02-28")),
         entitlements=("early_access",)),
    # A maker with limits of use
    actuator("the longest counts", "2025-12-01", COVERED, "actuator", "2026-05-01", hours=1500),
    actuator("a reading at the limit", "2025-12-01", COVERED, "actuator", "2026-05-01", hours=2000),
    actuator("hours used up, months left", "2025-12-01", NOT, "actuator", "2026-05-01", hours=2001),
    actuator("hours used up, the robot's year runs", "2024-12-01", COVERED, "robot",
             "2025-05-01", hours=2001),
    actuator("counter not read", "2025-12-01", ASK, "actuator", "2026-05-01"),
    actuator("counter not read, the robot's year runs", "2024-12-01", COVERED, "robot",
             "2025-05-01"),
    actuator("counter not read, but overloaded", "2025-12-01", NOT, "overload", "2026-05-01",
             evidence=(Evidence("overload"),)),
    Case("an exclusion for actuators", WORKS, "2024-12-01", COVERED, "battery", "2026-05-01", MAY,
         "battery", evidence=(Evidence("overload"),), cycles=10),
    Case("cycles used up", WORKS, "2025-12-01", NOT, "battery", "2026-05-01", MAY, "battery",
         cycles=301),
    Case("hours alone, years later", replace(WORKS, cover=WORKS.cover[3:]), "2034-12-01", COVERED,
         "cable", None, MAY, "cable", hours=400),
    Case("hours alone, used up", replace(WORKS, cover=WORKS.cover[3:]), "2034-12-01", NOT,
         "cable", None, MAY, "cable", hours=501),
    Case("no cover named", replace(WORKS, cover=WORKS.cover[1:2]), "2024-06-01", ASK, None, None,
         MAY, "hand"),
    actuator("old term or six months, the longer", "2026-08-01", COVERED, "again", "2026-10-15",
             hours=2500, replacements=(new_part("2026-04-15", hours=1900),)),
    actuator("a replacement early on shortens nothing", "2026-04-01", COVERED, "actuator",
             "2026-05-01", hours=1900, replacements=(new_part("2024-06-01", hours=100),)),
    Case("a new term shortens", NEW_TERM, "2024-12-02", NOT, "again", "2024-12-01", MAY,
         "actuator", replacements=(new_part("2024-06-01", hours=100),), hours=500),
    Case("a new term from 31 August", NEW_TERM, "2025-02-28", COVERED, "again", "2025-02-28",
         MAY, "actuator", replacements=(new_part("2024-08-31", hours=100),), hours=500),
    Case("a new term, counter unknown at fitting", NEW_TERM, "2024-10-01", COVERED, "again",
         "2024-12-01", MAY, "actuator", replacements=(new_part("2024-06-01"),), hours=500),
    Case("its cover anew", SAME_AGAIN, "2026-06-01", COVERED, "actuator", "2026-06-01", MAY,
         "actuator", replacements=(new_part("2024-06-01", hours=100),), hours=2100),
    Case("its cover anew, counter unknown at fitting", SAME_AGAIN, "2026-06-01", ASK, "actuator",
         "2026-06-01", MAY, "actuator", replacements=(new_part("2024-06-01"),), hours=2100),
    Case("bought, three months", WORKS, "2024-09-30", COVERED, "bought", "2024-09-30", MAY,
         "actuator", replacements=(new_part("2024-06-30", bought=True),)),
    Case("bought, three months to a short month", WORKS, "2025-03-01", NOT, "bought",
         "2025-02-28", MAY, "actuator", replacements=(new_part("2024-11-30", bought=True),)),
    Case("days to ship from the terms", WORKS, "2024-07-12", NOT, "ship", "2025-05-01", MAY,
         claim=Claim(confirmed_on=d("2024-07-01"))),
    # No terms at all
    Case("a maker without terms", None, "2024-06-01", ASK, None, None, MAY),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_verdict_names_its_clause_and_end(case: Case) -> None:
    verdict = case.verdict()

    assert (verdict.kind, verdict.clause.code if verdict.clause else None) == (
        case.kind,
        case.clause,
    )
    assert verdict.ends_on == (d(case.ends_on) if case.ends_on else None)
    assert "{" not in str(verdict.sentence)


@pytest.mark.parametrize(
    ("terms", "exclusion"),
    [(terms, exclusion) for terms in PUBLISHED.values() for exclusion in terms.exclusions],
    ids=lambda value: getattr(value, "key", None) or value.evidence,
)
def test_every_published_exclusion_decides(terms: MakerTerms, exclusion: Exclusion) -> None:
    facts = WarrantyFacts("robot", starts=MARCH, evidence=(Evidence(exclusion.evidence),))

    verdict = warranty_verdict(terms, facts, on=d("2023-06-01"))

    assert verdict.kind is (NOT if exclusion.clear else ASK)
    assert verdict.clause == terms.clause(exclusion.clause)
    assert verdict.evidence == (exclusion.evidence,)
