"""How a warranty verdict is said."""

from app.kernel.text import Text, msg
from app.robots.warranty_case import PayerKind, VerdictKind
from app.robots.warranty_terms import DutyKind

VERDICT_LABELS: dict[VerdictKind, Text] = {
    VerdictKind.COVERED: msg("Covered"),
    VerdictKind.NOT_COVERED: msg("Not covered"),
    VerdictKind.ASK_MAKER: msg("Ask the maker"),
}
VERDICT_TONES: dict[VerdictKind, str] = {
    VerdictKind.COVERED: "ok",
    VerdictKind.NOT_COVERED: "bad",
    VerdictKind.ASK_MAKER: "warn",
}
PAYER_LABELS: dict[PayerKind, Text] = {
    PayerKind.MAKER_WARRANTY: msg("Maker’s warranty"),
    PayerKind.CONTRACT: msg("Service contract"),
    PayerKind.STORE: msg("Seller of the part"),
    PayerKind.CUSTOMER: msg("Customer"),
}
DUTY_LABELS: dict[DutyKind, Text] = {
    DutyKind.SHIP_ITEM: msg("Send the item in"),
    DutyKind.BACK_UP_DATA: msg("Back up the data"),
    DutyKind.RETURN_OLD_PART: msg("Send the old part back"),
    DutyKind.MAKER_SENDS_PART: msg("The maker sends the part"),
}
