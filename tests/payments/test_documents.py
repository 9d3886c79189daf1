"""Issued documents: their text is exact, canonical and never changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.payments.documents import (
    Check,
    DocumentContent,
    DocumentKind,
    Fact,
    Handover,
    Line,
    Party,
    PaymentLine,
    Signature,
    TaxLine,
    Totals,
    from_json,
    imbalances,
    to_json,
)
from tests.payments import papers
from tests.payments.papers import eur

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MONEY = st.builds(Money, st.integers(-(10**14), 10**14), st.just("EUR"))
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)
FACTS = st.builds(Fact, TEXT, TEXT)
CHECKS = st.builds(Check, text=TEXT, done=st.booleans(), note=TEXT)
LINES = st.builds(
    Line,
    position=st.integers(1, 999),
    description=TEXT,
    quantity=st.integers(-1000, 1000),
    unit_price=MONEY,
    amount=MONEY,
    tax_bp=st.integers(0, 10_000),
    detail=TEXT,
    serials=st.lists(TEXT, max_size=2).map(tuple),
    discount=st.none() | MONEY,
)
HANDOVERS = st.builds(
    Handover,
    unit=st.lists(FACTS, max_size=2).map(tuple),
    checklist=st.lists(CHECKS, max_size=2).map(tuple),
    signatures=st.lists(
        st.builds(Signature, TEXT, TEXT, MOMENTS, st.binary(max_size=20)), max_size=1
    ).map(tuple),
)
CONTENTS = st.builds(
    DocumentContent,
    kind=st.sampled_from(DocumentKind),
    number=TEXT,
    series=TEXT,
    issued_at=MOMENTS,
    business_day=st.dates(),
    zone=st.just("Europe/Berlin"),
    language=st.sampled_from(["en", "de", "zh"]),
    currency=st.just("EUR"),
    price_mode=st.sampled_from(PriceMode),
    seller=st.builds(Party, name=TEXT, address=st.lists(TEXT, max_size=3).map(tuple)),
    totals=st.builds(Totals, net=MONEY, tax=MONEY, gross=MONEY, rounding=st.none() | MONEY),
    buyer=st.none() | st.builds(Party, name=TEXT, vat_id=TEXT),
    lines=st.lists(LINES, max_size=3).map(tuple),
    payments=st.lists(st.builds(PaymentLine, label=TEXT, amount=MONEY), max_size=2).map(tuple),
    change=st.none() | MONEY,
    due_on=st.none() | st.dates(),
    handover=st.none() | HANDOVERS,
)


@given(CONTENTS)
def test_a_document_comes_back_from_its_text_exactly(content: DocumentContent) -> None:
    text = to_json(content)

    assert from_json(text) == content
    assert to_json(from_json(text)) == text


def test_the_text_is_canonical_and_pinned() -> None:
    content = DocumentContent(
        kind=DocumentKind.RECEIPT,
        number="R-000007",
        series="R",
        issued_at=datetime(2025, 11, 25, 17, 31, 6, tzinfo=timezone(timedelta(hours=8))),
        business_day=date(2025, 11, 25),
        zone="Asia/Shanghai",
        language="zh",
        currency="CNY",
        price_mode=PriceMode.GROSS,
        seller=Party(name="四叶"),
        totals=Totals(net=Money(88, "CNY"), tax=Money(12, "CNY"), gross=Money(100, "CNY")),
    )

    assert to_json(content).decode() == (
        '{"business_day":"2025-11-25","currency":"CNY","issued_at":"2025-11-25T09:31:06+00:00",'
        '"kind":"receipt","language":"zh","number":"R-000007","price_mode":"gross",'
        '"seller":{"name":"四叶"},"series":"R","totals":{"gross":{"amount":100,"currency":"CNY"},'
        '"net":{"amount":88,"currency":"CNY"},"tax":{"amount":12,"currency":"CNY"}},'
        '"zone":"Asia/Shanghai"}'
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b'"net":{"amount":87689.0,', b'"net":{"amount":87689,'),
        (b'"surprise":1,"totals"', b'"totals"'),
        (b'"quantity":true', b'"quantity":1'),
        (b'"currency":"EUR","extra":1}', b'"currency":"EUR"}'),
        (b'"kind":"novel"', b'"kind":"receipt"'),
        (b'"number":10481', b'"number":"10481"'),
    ],
)
def test_a_text_of_another_shape_is_refused(wrong: bytes, right: bytes) -> None:
    text = to_json(papers.receipt())
    assert right in text

    with pytest.raises(ValueError):  # noqa: PT011 - which of its kinds does not matter here
        from_json(text.replace(right, wrong, 1))


def test_a_document_has_one_currency() -> None:
    with pytest.raises(ValueError, match="CNY on a document in EUR"):
        replace(papers.receipt(), change=Money(100, "CNY"))


def test_a_document_without_a_zone_in_its_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        replace(papers.receipt(), issued_at=papers.ISSUED.replace(tzinfo=None))


@pytest.mark.parametrize(
    "content",
    [
        papers.invoice(),
        papers.receipt(),
        papers.chinese_receipt(),
        papers.quote(),
        papers.credit_note(),
        papers.z_report(),
    ],
    ids=lambda content: content.number,
)
def test_a_sound_document_balances(content: DocumentContent) -> None:
    assert imbalances(content) == []


def test_what_does_not_add_up_is_named() -> None:
    sound = papers.receipt()
    first = replace(sound.lines[0], discount=eur(1))

    assert imbalances(replace(sound, lines=(first, *sound.lines[1:]))) == [
        "line 1 is not quantity times price less discount"
    ]
    assert imbalances(replace(sound, lines=sound.lines[1:])) == [
        "the lines do not add up to the total"
    ]
    assert imbalances(replace(sound, change=eur(1))) == [
        "the tenders less change are not the total"
    ]
    tax = TaxLine(rate_bp=1900, net=eur(87_689), tax=eur(16_660), gross=eur(104_350))
    assert imbalances(replace(sound, taxes=(tax,))) == ["the tax sums by rate do not add up"]


def test_what_is_open_counts_change_and_rounding() -> None:
    cash = papers.chinese_receipt()
    assert cash.open == Money(0, "CNY")

    rounded = replace(cash, totals=replace(cash.totals, rounding=Money(-3, "CNY")))
    assert rounded.totals.due == Money(149_997, "CNY")
    assert rounded.open == Money(-3, "CNY")
