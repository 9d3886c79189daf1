"""What a request for a Checkout session says, read and built into Stripe's objects."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from stripe_stand_in import clock
from stripe_stand_in.errors import StripeObject, invalid, missing_parameter, not_found
from stripe_stand_in.forms import Params
from stripe_stand_in.ids import new_id
from stripe_stand_in.money import read_currency
from stripe_stand_in.objects import NO_ADDRESS

_DAY_S = 24 * 3600
_SHORTEST_S = 30 * 60
_CREATE = (
    "allowed_payment_method_types",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer",
    "customer_email",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "submit_type",
    "success_url",
    "ui_mode",
)
_INTENT_TEXTS = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_SUBMIT_TYPES = ("auto", "book", "donate", "pay")
_UNIT_PRICE = ("currency", "product_data", "tax_behavior", "unit_amount")
_NEVER_FILLED = (  # noqa: SIM905 - a word a line would hide the list
    "after_expiration allow_promotion_codes billing_address_collection client_secret "
    "collected_information consent consent_collection currency_conversion customer_account "
    "customer_creation discounts integration_identifier invoice managed_payments origin_context "
    "payment_intent payment_link payment_method_configuration_details permissions recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost "
    "subscription wallet_options"
).split()


def read_line_items(params: Params) -> list[StripeObject]:
    """Return the lines that are to be sold; there must be one at least."""
    lines = [_line_item(item) for item in params.groups("line_items")]
    if not lines:
        raise missing_parameter("line_items")
    return lines


def read_session(params: Params, lines: Sequence[StripeObject]) -> StripeObject:
    """Return the session without its id, its address and its customer."""
    params.allow(*_CREATE)
    params.choice("mode", ("payment",))
    params.choice("ui_mode", ("hosted_page",))
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    total = sum(line["amount_total"] for line in lines)
    email = params.text("customer_email")
    allowed = params.texts("allowed_payment_method_types")
    success_url = _web_address(params, "success_url")
    if success_url is None:
        raise missing_parameter("success_url")
    return _unused() | {
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": _web_address(params, "cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "created": clock.stamp(),
        "currency": currencies.pop(),
        "customer_details": _customer_details(email),
        "customer_email": email,
        "expires_at": _expiry(params),
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "allowed_payment_method_types": allowed or None,
        "payment_method_types": allowed or ["card"],
        "submit_type": params.choice("submit_type", _SUBMIT_TYPES),
        "success_url": success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }


def read_intent_data(params: Params) -> StripeObject:
    """Return what the intent of the session shall carry."""
    data = params.group("payment_intent_data")
    data.allow("capture_method", "metadata", *_INTENT_TEXTS)
    found: StripeObject = {name: data.text(name) for name in _INTENT_TEXTS}
    found["metadata"] = data.metadata()
    found["capture_method"] = (
        data.choice("capture_method", ("automatic", "automatic_async", "manual")) or "automatic"
    )
    return found


def _line_item(item: Params) -> StripeObject:
    item.allow("metadata", "price", "price_data", "quantity")
    if "price" in item:
        raise not_found("price", item.needed_text("price"), param=item.path("price"), status=400)
    price = item.group("price_data")
    price.allow(*_UNIT_PRICE)
    currency = read_currency(price)
    unit_amount = price.needed_whole("unit_amount")
    product = price.group("product_data")
    name = product.needed_text("name")
    given = item.whole("quantity")
    quantity = 1 if given is None else given
    if unit_amount < 0 or quantity < 1:
        raise invalid("Invalid non-negative integer", param=item.path("quantity"))
    amount = unit_amount * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": name,
        "metadata": item.metadata(),
        "price": _price(currency, unit_amount, product.metadata()),
        "quantity": quantity,
    }


def _price(currency: str, unit_amount: int, metadata: dict[str, str]) -> StripeObject:
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": clock.stamp(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": metadata,
        "nickname": None,
        "product": new_id("prod", 14),
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }


def _web_address(params: Params, name: str) -> str | None:
    address = params.text(name)
    if address and urlsplit(address).scheme not in ("http", "https"):
        raise invalid("Not a valid URL", param=name, code="url_invalid")
    return address


def _expiry(params: Params) -> int:
    now = clock.stamp()
    chosen = params.whole("expires_at")
    if chosen is None:
        return now + _DAY_S
    if not now + _SHORTEST_S <= chosen + 1 <= now + _DAY_S + 1:
        raise invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )
    return chosen


def _customer_details(email: str | None) -> StripeObject:
    return {
        "address": dict(NO_ADDRESS),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _unused() -> StripeObject:
    """Return the fields that every session has and that this server never fills otherwise."""
    return dict.fromkeys(_NEVER_FILLED) | {
        "adaptive_pricing": {"enabled": False},
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "invoice_creation": {"enabled": False, "invoice_data": None},
        "livemode": False,
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
    }
