"""Receipts and till reports as slips for the counter's printer."""

from collections.abc import Callable

from app.kernel.money import Money
from app.kernel.tax import TaxCategory
from app.payments.documents import DocumentContent, DocumentKind, Line, PaymentLine, TillReport
from app.web.escpos import ReceiptPrinter, Slip, Style
from app.web.i18n import Speech, speech

DEFAULT_PRINTER = ReceiptPrinter()
_WITH_RATE = frozenset({TaxCategory.STANDARD, TaxCategory.ZERO})


def escpos_receipt(
    content: DocumentContent,
    *,
    printer: ReceiptPrinter = DEFAULT_PRINTER,
    cut: bool = True,
    drawer_kick: bool = False,
    copy: bool = False,
) -> bytes:
    """The bytes that print a receipt, X or Z report, in the content's language.

    The drawer opens before the first line, so that change is counted while the slip prints.
    """
    slip = Slip(printer)
    said = speech(content.language, content.zone)
    if drawer_kick:
        slip.kick_drawer()
    _head(slip, said, content, copy=copy)
    if content.till is not None:
        _till_report(slip, said, content, content.till)
    else:
        _sale(slip, said, content)
    _foot(slip, content)
    if cut:
        slip.cut()
    return slip.data


def _head(slip: Slip, said: Speech, content: DocumentContent, *, copy: bool) -> None:
    _ = said.gettext
    slip.text(content.store or content.seller.name, style=Style.LARGE, centred=True)
    if content.store:
        slip.text(content.seller.name, centred=True)
    slip.text(", ".join(content.seller.address), centred=True)
    if content.seller.vat_id:
        slip.text(f"{_('VAT ID')} {content.seller.vat_id}", centred=True)
    if copy:
        slip.text(f"*** {_('COPY')} ***", style=Style.TALL, centred=True)
    slip.rule()
    titles = {
        DocumentKind.CREDIT_NOTE: _("Credit note"),
        DocumentKind.X_REPORT: _("X report"),
        DocumentKind.Z_REPORT: _("Z report"),
    }
    title = titles.get(content.kind, _("Receipt"))
    slip.pair(f"{title} {content.number}", said.datetime(content.issued_at))
    for fact in content.references:
        slip.pair(fact.caption, fact.value)
    if content.buyer is not None:
        slip.pair(_("Customer"), content.buyer.name)
    slip.rule()


def _sale(slip: Slip, said: Speech, content: DocumentContent) -> None:
    _ = said.gettext
    for line in content.lines:
        _line(slip, said, line)
    slip.rule()
    _taxes(slip, said, content)
    if content.totals.rounding:
        slip.pair(_("Rounding"), said.money(content.totals.rounding))
    slip.pair(_("Total"), said.money(content.totals.due), style=Style.TALL)
    slip.rule()
    for payment in content.payments:
        _payment(slip, said, payment)
    if content.change:
        slip.pair(_("Change given"), said.money(content.change))
    if content.open.minor > 0:
        slip.pair(_("Balance due"), said.money(content.open), style=Style.BOLD)
    elif content.open:
        slip.pair(_("Credit balance"), said.money(-content.open), style=Style.BOLD)


def _line(slip: Slip, said: Speech, line: Line) -> None:
    _ = said.gettext
    slip.pair(line.description, said.money(line.amount))
    if line.detail:
        slip.text(line.detail)
    for serial in line.serials:
        slip.text(f"{_('S/N')} {serial}")
    if line.quantity != 1:
        quantity = f"{said.number(line.quantity)} {line.unit}".rstrip()
        slip.text(f"{quantity} × {said.money(line.unit_price)}")
    if line.discount:
        slip.text(f"{_('Discount')} {said.money(-line.discount)}")


def _taxes(slip: Slip, said: Speech, content: DocumentContent) -> None:
    _ = said.gettext
    for tax in content.taxes:
        rate = said.percent(tax.rate_bp)
        if tax.category is TaxCategory.MARGIN:  # the law forbids to show its tax
            slip.pair(_("Margin scheme"), said.money(tax.gross))
        elif tax.rate_bp or tax.category in _WITH_RATE:
            slip.pair(_("Net at %(rate)s") % {"rate": rate}, said.money(tax.net))
            slip.pair(_("VAT %(rate)s") % {"rate": rate}, said.money(tax.tax))
        else:
            slip.pair(_("Without VAT"), said.money(tax.net))
        if tax.reason:
            slip.text(tax.reason)


def _payment(slip: Slip, said: Speech, payment: PaymentLine) -> None:
    _ = said.gettext
    label = payment.label
    if payment.card_last4:
        label = f"{label}, {payment.card_brand} ••{payment.card_last4}"
    slip.pair(label, said.money(payment.amount))
    if payment.auth_ref:
        slip.pair(f"{_('Approval')} {payment.auth_ref}", payment.entry_mode)


def _till_report(slip: Slip, said: Speech, content: DocumentContent, till: TillReport) -> None:
    _ = said.gettext
    slip.pair(_("Till"), till.till)
    slip.pair(_("Till session"), till.session)
    slip.pair(_("Business day"), said.date(content.business_day))
    slip.pair(_("Opened"), f"{said.datetime(till.opened_at)} {till.opened_by}")
    if till.closed_at is not None:
        slip.pair(_("Closed"), f"{said.datetime(till.closed_at)} {till.closed_by}")
    slip.rule()
    for tender in till.tenders:
        slip.pair(f"{tender.label} ({said.number(tender.count)})", said.money(tender.net))
    slip.rule()
    _taxes(slip, said, content)
    slip.pair(_("Gross"), said.money(content.totals.gross), style=Style.TALL)
    slip.rule()
    for movement in till.movements:
        slip.pair(f"{said.time(movement.at)} {movement.reason}", said.money(movement.amount))
    _cash(said.gettext, slip, said.money, till)
    for fact in till.counts:
        slip.pair(fact.caption, fact.value)
    if content.chain_head:
        slip.text(f"{_('Head of the audit chain')} {content.chain_head}")


def _cash(
    _: Callable[[str], str], slip: Slip, money: Callable[[Money], str], till: TillReport
) -> None:
    slip.pair(_("Float at opening"), money(till.float_amount))
    if till.rounding:
        slip.pair(_("Rounding of cash"), money(till.rounding))
    slip.pair(_("Cash expected"), money(till.expected))
    if till.counted is not None and till.difference is not None:
        slip.pair(_("Cash counted"), money(till.counted))
        slip.pair(_("Difference"), money(till.difference), style=Style.TALL)
    for piece in till.pieces:
        slip.pair(f"{piece.pieces} × {money(piece.value)}", money(piece.sum))


def _foot(slip: Slip, content: DocumentContent) -> None:
    slip.rule()
    for note in content.notes:
        slip.text(note)
    if content.qr:
        slip.qr(content.qr)
        slip.text(content.qr_caption, centred=True)
    for row in (*content.fiscal, *content.footer):
        slip.text(row, centred=True)
