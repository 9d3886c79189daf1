"""The few sentences of the payment page, in the languages of the shop."""

from collections.abc import Mapping

_ENGLISH = {
    "title": "Pay {amount}",
    "notice": "This is a simulation. No money moves.",
    "email": "E-mail",
    "card": "Pay by card",
    "bank": "Pay by bank transfer (arrives later)",
    "decline": "Pay with a card that is declined",
    "bank_decline": "Pay by bank transfer that fails later",
    "cancel": "Back to the shop",
    "paid": "This has been paid.",
    "expired": "This page has expired.",
    "unknown": "There is nothing to pay here.",
}
_GERMAN = {
    "title": "{amount} bezahlen",
    "notice": "Dies ist eine Simulation. Es fließt kein Geld.",
    "email": "E-Mail",
    "card": "Mit Karte bezahlen",
    "bank": "Per Überweisung bezahlen (kommt später an)",
    "decline": "Mit einer Karte bezahlen, die abgelehnt wird",
    "bank_decline": "Per Überweisung bezahlen, die später scheitert",
    "cancel": "Zurück zum Geschäft",
    "paid": "Dies ist bezahlt.",
    "expired": "Diese Seite ist abgelaufen.",
    "unknown": "Hier gibt es nichts zu bezahlen.",
}
_CHINESE = {
    "title": "支付 {amount}",
    "notice": "这是模拟支付，不会发生真实扣款。",
    "email": "电子邮箱",
    "card": "刷卡支付",
    "bank": "银行转账支付（稍后到账）",
    "decline": "使用会被拒绝的银行卡支付",
    "bank_decline": "使用稍后会失败的银行转账支付",
    "cancel": "返回商店",
    "paid": "此款项已支付。",
    "expired": "此页面已过期。",
    "unknown": "此处没有待支付的款项。",
}
_LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "zh": _CHINESE}


def language(locale: str | None, accepted: str) -> str:
    """Return `en`, `de` or `zh`: the session's own locale, else the browser's first choice."""
    wishes = [locale] if locale not in (None, "", "auto") else accepted.split(",")
    for wish in wishes:
        code = str(wish).strip()[:2].lower()
        if code in _LANGUAGES:
            return code
    return "en"


def words(code: str) -> Mapping[str, str]:
    """Return the sentences of a language."""
    return _LANGUAGES[code]
