"""How a sale is taxed by who buys: the rule, as a table."""

from datetime import UTC, datetime

import pytest

from app.customers.models import Customer, CustomerKind
from app.kernel.tax import PriceMode, TaxCategory, TaxSum
from app.payments import invoiceparts, treatments
from app.payments.treatments import Treatment
from app.stores.models import Store

pytestmark = pytest.mark.only_on("sqlite")


def store(country: str = "DE") -> Store:
    return Store(
        code="LEJ",
        name="Leipzig",
        legal_name="Vierblatt Leipzig GmbH",
        country=country,
        currency="EUR",
        price_mode=PriceMode.GROSS,
    )


def buyer(country: str, vat_id: str = "", kind: CustomerKind = CustomerKind.COMPANY) -> Customer:
    return Customer(
        store_id=1,
        number=1,
        kind=kind,
        name="Robots & Fils",
        name_key="",
        country=country,
        vat_id=vat_id,
        made_at=datetime(2026, 11, 25, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("customer", "at", "wanted"),
    [
        (None, "DE", Treatment.HOME),
        (buyer(""), "DE", Treatment.HOME),
        (buyer("DE", "DE136695976"), "DE", Treatment.HOME),
        (buyer("FR", "FR40303265045"), "DE", Treatment.UNION),
        (buyer("FR"), "DE", Treatment.HOME),
        # check digits that do not fit, and the id of another country
        (buyer("FR", "FR41303265045"), "DE", Treatment.HOME),
        (buyer("FR", "DE136695976"), "DE", Treatment.HOME),
        (buyer("GR", "EL094259216"), "DE", Treatment.UNION),
        (buyer("FR", kind=CustomerKind.PERSON), "DE", Treatment.HOME),
        (buyer("CH", kind=CustomerKind.PERSON), "DE", Treatment.HOME),
        (buyer("CH"), "DE", Treatment.ABROAD),
        (buyer("CN"), "DE", Treatment.ABROAD),
        (buyer("DE", "DE136695976"), "CN", Treatment.ABROAD),
        (buyer("CN"), "CN", Treatment.HOME),
    ],
)
def test_the_rule_of_who_buys(customer: Customer | None, at: str, wanted: Treatment) -> None:
    assert treatments.by_rule(store(at), customer) is wanted
    assert str(treatments.why(store(at), customer))


@pytest.mark.parametrize(
    ("treatment", "goods", "services"),
    [
        (Treatment.HOME, TaxCategory.STANDARD, TaxCategory.STANDARD),
        (Treatment.UNION, TaxCategory.INTRA, TaxCategory.REVERSE),
        (Treatment.ABROAD, TaxCategory.EXPORT, TaxCategory.OUTSIDE),
        (Treatment.REVERSE, TaxCategory.REVERSE, TaxCategory.REVERSE),
        (Treatment.EXEMPT, TaxCategory.EXEMPT, TaxCategory.EXEMPT),
    ],
)
def test_goods_and_services_are_told_apart(
    treatment: Treatment, goods: TaxCategory, services: TaxCategory
) -> None:
    at_home = TaxCategory.STANDARD

    assert treatments.category(treatment, at_home, is_service=False) is goods
    assert treatments.category(treatment, at_home, is_service=True) is services


@pytest.mark.parametrize(
    ("treatment", "customer", "at"),
    [
        (Treatment.UNION, buyer("FR"), "DE"),
        (Treatment.UNION, buyer("FR", "FR40303265045"), "CN"),
        (Treatment.REVERSE, buyer("DE"), "DE"),
        (Treatment.ABROAD, None, "DE"),
    ],
)
def test_a_choice_that_lacks_its_facts_says_which(
    treatment: Treatment, customer: Customer | None, at: str
) -> None:
    assert treatments.lacking(treatment, store(at), customer) is not None


@pytest.mark.parametrize(
    ("category", "words"),
    [
        (TaxCategory.REVERSE, "Steuerschuldnerschaft des Leistungsempfängers"),
        (TaxCategory.INTRA, "innergemeinschaftliche Lieferung"),
        (TaxCategory.EXPORT, "Ausfuhrlieferung"),
        (TaxCategory.MARGIN, "Gebrauchtgegenstände/Sonderregelung"),
    ],
)
def test_a_german_invoice_says_it_in_the_words_of_the_law(
    category: TaxCategory, words: str
) -> None:
    """UStG § 14a (1), (3), (5), (6)."""
    (line,) = invoiceparts.taxes([TaxSum(0, 10_000, 0, category)], "EUR", "de")

    assert words in line.reason
