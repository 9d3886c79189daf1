"""Why a document charges no tax, in the words that the law asks for."""

from app.kernel.tax import TaxCategory
from app.kernel.text import Text, msg

# Council Directive 2006/112/EC, Article 226 (11), (11a) and (14); in German the words of UStG § 14a
REASONS: dict[TaxCategory, Text] = {
    TaxCategory.EXEMPT: msg("Exempt from VAT."),
    TaxCategory.REVERSE: msg("Reverse charge: the customer owes the VAT."),
    TaxCategory.INTRA: msg("VAT-free supply to another EU country."),
    TaxCategory.EXPORT: msg("VAT-free export."),
    TaxCategory.OUTSIDE: msg("Outside the scope of VAT here."),
    TaxCategory.MARGIN: msg("Margin scheme, second-hand goods."),
}
