"""What a warranty verdict carries besides its kind, and warranty terms as data."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.kernel.errors import Refused
from app.kernel.frozen import freeze
from app.robots.warranty import (
    Claim,
    Contract,
    Counters,
    Evidence,
    Replacement,
    StartDates,
    VerdictKind,
    WarrantyFacts,
    evidence_to_look_for,
    warranty_verdict,
)
from app.robots.warranty_case import PayerKind
from app.robots.warranty_rules import BOOSTER, PUBLISHED, UBTECH_COMMERCIAL, UNITREE
from app.robots.warranty_terms import (
    Clause,
    Cover,
    Duty,
    DutyKind,
    MakerTerms,
    StartBasis,
    StartRule,
    check_terms,
    read_terms,
)
from tests.robots.warranty_makers import MARCH, MAY, WORKS, clause, d, invoiced, received

COVERED, NOT, ASK = VerdictKind.COVERED, VerdictKind.NOT_COVERED, VerdictKind.ASK_MAKER

# What a verdict carries


def test_a_claim_near_the_end_does_not_reset_the_term() -> None:
    """60 days of warranty, a part replaced on day 50: it ends on day 60 still."""
    start = d("2024-01-01")
    terms = replace(UNITREE, cover=(Cover("unitree.term", months=2),))
    facts = WarrantyFacts(
        "actuator",
        starts=StartDates(receipt=start),
        replacements=(Replacement(start + timedelta(days=50)),),
    )

    before = warranty_verdict(terms, facts, on=d("2024-03-01"))
    after = warranty_verdict(terms, facts, on=d("2024-03-02"))

    assert (before.kind, after.kind) == (COVERED, NOT)
    assert before.ends_on == after.ends_on == d("2024-03-01")
    assert [clause.code for clause in before.also] == ["unitree.start", "unitree.replaced"]


def test_the_verdict_changes_by_itself_when_the_day_passes() -> None:
    facts = WarrantyFacts("robot", starts=MARCH)

    kinds = [warranty_verdict(UNITREE, facts, on=d("2024-02-29") + timedelta(days=n)).kind
             for n in range(4)]  # fmt: skip

    assert kinds == [COVERED, COVERED, NOT, NOT]


@pytest.mark.parametrize(
    ("months", "ends_on"),
    [
        (1, "2024-02-29"),
        (2, "2024-03-31"),
        (13, "2025-02-28"),
        (14, "2025-03-31"),
        (49, "2028-02-29"),
    ],
)
def test_months_are_counted_from_the_first_day_and_clamped_once(months: int, ends_on: str) -> None:
    terms = replace(UNITREE, cover=(Cover("unitree.term", months=months),))

    verdict = warranty_verdict(
        terms, WarrantyFacts("robot", starts=received("2024-01-31")), on=d("2024-02-01")
    )

    assert verdict.ends_on == d(ends_on)


def test_a_verdict_says_what_it_was_computed_from() -> None:
    facts = WarrantyFacts("robot", starts=StartDates(manufacture=d("2023-10-01")))

    verdict = warranty_verdict(UBTECH_COMMERCIAL, facts, on=d("2024-06-01"))

    assert [(str(item.label), item.value) for item in verdict.computed_from] == [
        ("Manufacture", d("2023-10-01")),
        ("Days added to it", 90),
        ("Months of cover", 12),
        ("Judged for", d("2024-06-01")),
    ]
    assert verdict.start_basis is StartBasis.MANUFACTURE
    assert verdict.starts_on == d("2023-12-30")
    assert [clause.code for clause in verdict.also] == ["ubtech.start"]


def test_overlapping_periods_cite_that_the_longest_counts() -> None:
    facts = WarrantyFacts("actuator", starts=MAY, counters=Counters(hours=10))

    verdict = warranty_verdict(WORKS, facts, on=d("2024-06-01"))

    assert "longest" in [clause.code for clause in verdict.also]
    assert verdict.ends_at == Counters(hours=2000)
    assert str(verdict.sentence) == ("Covered until 2026-05-01 or 2000 h, whichever comes first.")


def test_counters_are_counted_from_their_reading_at_the_start() -> None:
    facts = WarrantyFacts(
        "cable", starts=MAY, counters=Counters(hours=1400), counters_at_start=Counters(hours=1000)
    )
    terms = replace(WORKS, cover=WORKS.cover[3:])

    verdict = warranty_verdict(terms, facts, on=d("2024-06-01"))

    assert verdict.kind is COVERED
    assert verdict.ends_at.hours == 1500
    assert str(verdict.sentence) == "Covered up to 1500 h."


def test_evidence_is_cited_with_the_maker_s_clause() -> None:
    facts = WarrantyFacts(
        "battery",
        starts=MARCH,
        evidence=(Evidence("non_original_battery"), Evidence("non_original_accessory")),
    )

    verdict = warranty_verdict(UNITREE, facts, on=d("2023-06-01"))

    assert set(verdict.evidence) == {"non_original_accessory", "non_original_battery"}
    assert str(verdict.sentence) == "Damage by foreign accessories or batteries is not covered."
    assert verdict.clause is not None
    assert "unitree.com" in verdict.clause.source


def test_the_intake_checklist_is_the_maker_s_list_of_exclusions() -> None:
    codes = [code for code, _ in evidence_to_look_for(BOOSTER, "actuator")]

    assert {"fall", "immersion", "unauthorised_opening", "run_with_worn_parts"} <= set(codes)
    assert evidence_to_look_for(WORKS, "battery") == ()
    assert evidence_to_look_for(UBTECH_COMMERCIAL, "robot") == ()


def test_duties_show_what_is_due_and_what_is_done() -> None:
    facts = WarrantyFacts(
        "actuator",
        starts=MARCH,
        data_backed_up=True,
        claim=Claim(arrived_on=d("2024-02-10")),
    )

    verdict = warranty_verdict(UNITREE, facts, on=d("2024-02-12"))

    duties = {duty.kind: (duty.due_on, duty.done) for duty in verdict.duties}
    assert duties == {
        DutyKind.BACK_UP_DATA: (None, True),
        DutyKind.RETURN_OLD_PART: (None, False),
        DutyKind.MAKER_SENDS_PART: (d("2024-03-01"), False),
    }


def test_a_deadline_to_ship_is_a_duty_with_a_day() -> None:
    facts = WarrantyFacts("robot", starts=MAY, claim=Claim(confirmed_on=d("2024-07-01")))

    verdict = warranty_verdict(WORKS, facts, on=d("2024-07-02"))

    assert [(duty.due_on, duty.done) for duty in verdict.duties] == [(d("2024-07-11"), False)]


def test_whether_data_is_backed_up_stays_open_until_somebody_says() -> None:
    verdict = warranty_verdict(UNITREE, WarrantyFacts("robot", starts=MARCH), on=d("2023-04-01"))

    backup = next(duty for duty in verdict.duties if duty.kind is DutyKind.BACK_UP_DATA)
    assert backup.done is None


CARE = Contract("SC-7", d("2023-01-01"), d("2025-12-31"), ("actuator",), visits_left=2)


@pytest.mark.parametrize(
    ("on", "contract", "component", "payers"),
    [
        ("2023-06-01", CARE, "actuator", ["maker_warranty", "contract", "customer"]),
        ("2025-12-31", CARE, "actuator", ["contract", "customer"]),
        ("2026-01-01", CARE, "actuator", ["customer"]),
        ("2025-06-01", CARE, "hand", ["customer"]),
        ("2025-06-01", replace(CARE, visits_left=0), "actuator", ["customer"]),
        ("2025-06-01", replace(CARE, component_classes=()), "hand", ["contract", "customer"]),
        ("2030-06-01", replace(CARE, ends_on=None), "actuator", ["contract", "customer"]),
    ],
)
def test_a_contract_pays_what_the_maker_does_not(
    on: str, contract: Contract, component: str, payers: list[str]
) -> None:
    facts = WarrantyFacts(component, starts=MARCH, contracts=(contract,))

    verdict = warranty_verdict(UNITREE, facts, on=d(on))

    assert [payer.kind.value for payer in verdict.payers] == payers


def test_who_sold_a_foreign_part_may_have_to_pay() -> None:
    facts = WarrantyFacts("camera", starts=invoiced("2024-01-10"), of_maker=False)

    verdict = warranty_verdict(UBTECH_COMMERCIAL, facts, on=d("2024-06-01"))

    assert [(payer.kind, payer.certain) for payer in verdict.payers] == [
        (PayerKind.STORE, False),
        (PayerKind.CUSTOMER, True),
    ]


def test_to_ask_the_maker_leaves_it_a_possible_payer() -> None:
    verdict = warranty_verdict(UNITREE, WarrantyFacts("robot"), on=d("2024-06-01"))

    assert (verdict.payers[0].kind, verdict.payers[0].certain) == (PayerKind.MAKER_WARRANTY, False)


# Terms as data


@pytest.mark.parametrize("terms", [*PUBLISHED.values(), WORKS], ids=lambda terms: terms.key)
def test_terms_survive_being_written_down(terms: MakerTerms) -> None:
    assert read_terms(freeze(terms)) == terms


def test_braces_in_a_clause_are_only_braces() -> None:
    assert str(Clause("x", "Covers {parts} and {0.__class__}.", "").text) == (
        "Covers {parts} and {0.__class__}."
    )


@pytest.mark.parametrize(
    "broken",
    [
        replace(WORKS, start_clause="nowhere"),
        replace(WORKS, duties=(Duty(DutyKind.SHIP_ITEM, "nowhere"),)),
        replace(WORKS, cover=(Cover("robot"),)),
        replace(WORKS, cover=(Cover("robot", months=0),)),
        replace(WORKS, cover=(Cover("robot", months=12, hours=-1),)),
        replace(WORKS, cover=(Cover("robot", months=120_000),)),
        replace(WORKS, start=(StartRule(StartBasis.INVOICE, plus_days=-1),)),
        replace(WORKS, replaced_months=0),
        replace(WORKS, clauses=(*WORKS.clauses, clause("robot"))),
    ],
)
def test_terms_that_do_not_hold_together_are_refused(broken: MakerTerms) -> None:
    with pytest.raises(Refused):
        check_terms(broken)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"key": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_terms_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_terms(data)
