"""What is left after a `kill -9`: everything that was done, nothing that was half done."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stripe import APIConnectionError, StripeClient

from tests.stripe_server import StripeStandIn, eventually, running_stripe_stand_in
from tests.stripe_stand_in.receiver import Receiver


def pay(stripe: StripeClient) -> str:
    return stripe.v1.payment_intents.create(
        {"amount": 20_00, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True},
        {"idempotency_key": "sale-1"},
    ).id


def restart(stand_in: StripeStandIn) -> None:
    stand_in.kill()
    stand_in.start()


def test_a_killed_server_remembers_its_charges_and_its_keys() -> None:
    with running_stripe_stand_in() as stand_in:
        account = stand_in.client().v1.accounts.retrieve_current().id
        stand_in.next("lose_answer")
        with pytest.raises(APIConnectionError):
            pay(stand_in.client())

        restart(stand_in)

        paid = stand_in.client().v1.payment_intents.retrieve(pay(stand_in.client()))
        assert paid.status == "succeeded"
        assert len(stand_in.charges()) == 1
        assert stand_in.client().v1.accounts.retrieve_current().id == account


def test_a_customer_who_was_waiting_still_pays() -> None:
    with running_stripe_stand_in(reader_delay=0.3) as stand_in:
        stripe = stand_in.client()
        reader = stripe.v1.terminal.readers.create({"registration_code": "simulated-wpe"})
        intent = stripe.v1.payment_intents.create(
            {"amount": 500, "currency": "eur", "allowed_payment_method_types": ["card_present"]}
        )
        stripe.v1.terminal.readers.process_payment_intent(reader.id, {"payment_intent": intent.id})

        restart(stand_in)

        after = stand_in.client()
        eventually(lambda: after.v1.payment_intents.retrieve(intent.id).status == "succeeded")
        action: Any = after.v1.terminal.readers.retrieve(reader.id).action
        assert action.status == "succeeded"


def test_messages_that_were_owed_are_still_sent(receiver: Receiver) -> None:
    with running_stripe_stand_in(webhooks={receiver.url: "whsec_a"}) as stand_in:
        stand_in.webhooks(hold=True)
        pay(stand_in.client())

        restart(stand_in)
        assert receiver.messages == []
        stand_in.webhooks(hold=False)

        eventually(lambda: len(receiver.messages) == 3)


def test_a_stopped_server_goes_on_with_the_same_state(tmp_path: Path) -> None:
    state = tmp_path / "stripe.db"
    with running_stripe_stand_in(state=state) as stand_in:
        first = pay(stand_in.client())

    with running_stripe_stand_in(state=state) as stand_in:
        assert pay(stand_in.client()) == first


def test_a_state_belongs_to_one_server_at_a_time(tmp_path: Path) -> None:
    state = tmp_path / "stripe.db"
    with running_stripe_stand_in(state=state):
        second = subprocess.run(
            [sys.executable, "-m", "stripe_stand_in", "--port", "0", "--state", str(state)],
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )

    assert second.returncode == 1
    assert "locked" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_server_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    start = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-m', 'stripe_stand_in', '--port', '0', '--print-port',"
        f"'--exit-with-parent', '--state', {str(tmp_path / 's.db')!r}]);"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline()
        parent.kill()

        # the pipe ends when the last process that holds it is gone
        assert parent.stdout.read() == b""
