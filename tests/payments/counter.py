"""What a person at the counter does with the card reader, as the tests tell it."""

from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import bills, cards, checks, stripe_gate, tenders, tills
from app.payments.models import Bill, PaymentAttempt, TillSession
from app.payments.states import AttemptState
from app.settings import Settings
from app.stores.models import Till
from tests.makers.payments import Shop, bill, eur, opened, shop
from tests.stripe_server import StripeStandIn

WEBHOOK_SECRET = "whsec_test"
VISA = "4242424242424242"
LACKING_FUNDS = "4000000000009995"


@dataclass(frozen=True, slots=True)
class Counter:
    """Every verb is a transaction of its own, as in the service."""

    database: Database
    stripe: StripeStandIn
    place: Shop
    reader_id: str

    @property
    def cashier(self) -> Actor:
        return self.place.cashier

    def start(self, minor: int = 10_000) -> int:
        """Begin a card payment; nobody has asked Stripe yet."""
        with self.database.transaction() as session:
            attempt = tenders.start_card(
                session,
                self.cashier,
                self.bill,
                tills.require_open(session, self.place.till.id),
                amount=eur(minor),
                reader_id=self.reader_id,
            )
            return attempt.id

    def at_reader(self, minor: int = 10_000) -> int:
        """Begin a card payment and let the reader ask for the card."""
        attempt_id = self.start(minor)
        assert self.refresh(attempt_id) is AttemptState.PROCESSING
        return attempt_id

    def present(self, number: str = VISA) -> None:
        """The customer presents a card."""
        self.stripe.client().v1.test_helpers.terminal.readers.present_payment_method(
            self.reader_id, {"type": "card_present", "card_present": {"number": number}}
        )

    def refresh(self, attempt_id: int) -> AttemptState:
        return cards.refresh(self.database, attempt_id)

    def attempt(self, attempt_id: int) -> PaymentAttempt:
        with self.database.reading() as session:
            return session.get_one(PaymentAttempt, attempt_id)

    @property
    def bill(self) -> Bill:
        with self.database.reading() as session:
            found = bills.by_reference(session, self.place.store.id, "repair:1")
            assert found is not None
            return found

    @property
    def paid(self) -> Money:
        with self.database.reading() as session:
            return bills.paid(session, self.bill)

    @property
    def audit(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))

    @property
    def breaches(self) -> list[str]:
        with self.database.reading() as session:
            return list(checks.breaches(session))

    def open_till(self) -> TillSession:
        with self.database.transaction() as session:
            return opened(session, self.place)

    def close_till(self) -> TillSession:
        with self.database.transaction() as session:
            till_session = tills.require_open(session, self.place.till.id)
            return tills.close(session, self.cashier, till_session, eur(20_000))


def counter_at(database: Database, settings: Settings, stripe: StripeStandIn) -> Counter:
    stripe_gate.connect(database, settings)
    reader = stripe_gate.gate_of(database).add_simulated_reader("Till 1", country="DE")
    with database.transaction() as session:
        place = shop(session, reader_id=reader.id)
        opened(session, place)
        bill(session, place)
    return Counter(database, stripe, place, reader.id)


def second_till(counter: Counter) -> Till:
    with counter.database.transaction() as session:
        till = Till(store_id=counter.place.store.id, name="Till 2", reader_id=counter.reader_id)
        session.add(till)
        session.flush()
        return till
