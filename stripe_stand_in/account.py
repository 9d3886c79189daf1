"""The account and its customers: objects that the shop reads but seldom changes."""

from stripe_stand_in import clock
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject
from stripe_stand_in.ids import new_id
from stripe_stand_in.objects import NO_ADDRESS

_CUSTOMER_FIELDS = ("address", "description", "email", "metadata", "name", "phone", "shipping")


def create_account(*, country: str, currency: str) -> StripeObject:
    """Return the one account of this server, ready to take money."""
    account_id = new_id("acct", 16)
    nothing_due: StripeObject = {
        "alternatives": [], "current_deadline": None, "currently_due": [], "disabled_reason": None,
        "errors": [], "eventually_due": [], "past_due": [], "pending_verification": [],
    }  # fmt: skip
    return {
        "id": account_id,
        "object": "account",
        "business_profile": _business_profile(),
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": country,
        "created": clock.stamp(),
        "default_currency": currency,
        "details_submitted": True,
        "email": "shop@example.com",
        "external_accounts": {
            "data": [], "has_more": False, "object": "list",
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": dict(nothing_due),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": dict(nothing_due),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }  # fmt: skip


def show_own(call: Call) -> StripeObject:
    """Return the account that the key belongs to."""
    account: StripeObject = next(call.state.newest_first("account"))
    return account


def create_customer(call: Call) -> StripeObject:
    """Make a customer; only names, addresses and metadata are understood."""
    params = call.params
    params.allow(*_CUSTOMER_FIELDS)
    address = params.group("address")
    address.allow(*NO_ADDRESS)
    return call.state.put(
        {
            "id": new_id("cus", 14),
            "object": "customer",
            "address": {name: address.text(name) for name in NO_ADDRESS} if address.tree else None,
            "balance": 0,
            "created": clock.stamp(),
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": params.text("description"),
            "discount": None,
            "email": params.text("email"),
            "invoice_prefix": new_id("q", 7)[2:].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": params.metadata(),
            "name": params.text("name"),
            "next_invoice_sequence": 1,
            "phone": params.text("phone"),
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )


def _business_profile() -> StripeObject:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": "5734",
        "minority_owned_business_designation": None,
        "name": "Quatrefoil demo shop",
        "product_description": None,
        "support_address": None,
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    }


def _settings() -> StripeObject:
    kana = ("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji")
    prefixes = ("statement_descriptor_prefix_kana", "statement_descriptor_prefix_kanji")
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            **dict.fromkeys(("statement_descriptor_prefix", *prefixes)),
        },
        "dashboard": {"display_name": "Quatrefoil demo shop", "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": dict.fromkeys((*kana, *prefixes)),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
