"""What the columns of an imported file can mean, and what their titles are in the trade."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.kernel.searchkeys import folded
from app.kernel.text import Text, msg
from app.parts.import_models import ImportKind


@dataclass(frozen=True, slots=True)
class Field:
    """What a column can fill. `titles` are how others call it, folded and without signs."""

    name: str
    label: Text
    titles: tuple[str, ...]
    required: bool = False


def _field(name: str, label: Text, titles: str, *, required: bool = False) -> Field:
    """`titles` are separated by bars, in English, German and Chinese."""
    return Field(name, label, tuple(_key(each) for each in titles.split("|")), required)


def _key(title: str) -> str:
    """`Part No.`, `part_no` and `PART-NO` are one title."""
    return "".join(sign for sign in folded(title) if sign.isalnum())


_NUMBER = _field(
    "number",
    msg("Part number"),
    "number|part number|part no|partno|part|sku|item|item number|item no|article|article number|mpn"
    "|teilenummer|teile nr|teilenr|artikelnummer|artikel nr|artikelnr|nummer|sachnummer"
    "|bestellnummer|零件号|零件编号|部件号|料号|物料编码|物料号|编号|货号|件号",
    required=True,
)
_LOT = _field(
    "lot",
    msg("Lot"),
    "lot|lot number|lot no|batch|batch number|charge|chargennummer|los|losnummer|批次|批号|批次号",
)
_COST = _field(
    "cost",
    msg("Cost of a piece"),
    "cost|unit cost|purchase price|buying price|net price|cost price|einkaufspreis|ek|ek preis"
    "|einstandspreis|kosten|nettopreis|成本|单位成本|采购价|进价|采购单价",
)
_PRICE = _field(
    "price",
    msg("Selling price"),
    "price|selling price|sales price|list price|retail price|unit price|preis|verkaufspreis|vk"
    "|vk preis|listenpreis|einzelpreis|价格|售价|单价|销售价|零售价",
)

FIELDS: dict[ImportKind, tuple[Field, ...]] = {
    ImportKind.PARTS: (
        _NUMBER,
        _field(
            "name",
            msg("Name"),
            "name|part name|designation|title|bezeichnung|benennung|teilename|artikelname|名称"
            "|零件名称|品名|物料名称",
        ),
        _field("gtin", msg("GTIN (EAN, UPC)"), "gtin|ean|upc|barcode|strichcode|条码|条形码"),
        _field(
            "control",
            msg("Kept by"),
            "control|tracking|kept by|serial or lot|fuhrung|nachverfolgung|管理方式|追踪方式",
        ),
        _field(
            "slot_class",
            msg("Kind"),
            "kind|class|slot class|category|type|art|klasse|kategorie|bauteilart|类别|种类|类型",
        ),
        _field(
            "maker",
            msg("Maker"),
            "maker|manufacturer|brand|vendor|hersteller|marke|制造商|厂商|厂家|品牌",
        ),
        _field("revision", msg("Revision"), "revision|rev|version|stand|版本|修订"),
        _field(
            "description",
            msg("Description"),
            "description|details|remark|notes|beschreibung|bemerkung|描述|说明|备注",
        ),
        _PRICE,
        _field("tax_code", msg("Tax rate"), "tax|tax code|vat|steuer|steuersatz|mwst|税率|税码"),
        _field(
            "minimum",
            msg("Reorder from"),
            "minimum|min|reorder level|reorder point|minimum stock|mindestbestand|meldebestand"
            "|最低库存|最小库存|安全库存|下限",
        ),
        _field(
            "maximum",
            msg("Fill up to"),
            "maximum|max|maximum stock|hochstbestand|maximalbestand|sollbestand|最高库存|最大库存"
            "|上限",
        ),
        _field(
            "core_days",
            msg("Old part back within days"),
            "core days|core return days|return days|ruckgabe tage|altteil tage|旧件返还天数",
        ),
        _field(
            "un_number",
            msg("UN number"),
            "un number|un no|un|dangerous goods|un nummer|gefahrgut|un编号|危险品编号",
        ),
        _field(
            "successor",
            msg("Replaced by"),
            "successor|replaced by|superseded by|new number|nachfolger|ersetzt durch|替代件"
            "|后续件|被替代为|新件号",
        ),
    ),
    ImportKind.PRICES: (
        _NUMBER,
        _PRICE,
        _field("supplier", msg("Supplier"), "supplier|vendor|lieferant|供应商|供货商"),
        _COST,
        _field(
            "supplier_number",
            msg("Supplier’s number"),
            "supplier number|supplier part number|supplier no|order code|lieferantennummer"
            "|lieferanten artikelnummer|bestellnummer lieferant|供应商料号|供应商编号|订货号",
        ),
        _field(
            "from_quantity",
            msg("From pieces"),
            "from quantity|minimum quantity|moq|min qty|from pieces|ab menge|mindestmenge"
            "|起订量|最小订量",
        ),
        _field(
            "pack",
            msg("Pack"),
            "pack|pack size|packaging unit|packung|verpackungseinheit|ve|包装数",
        ),
        _field("valid_from", msg("Valid from"), "valid from|from date|gultig ab|生效日期|有效期自"),
    ),
    ImportKind.STOCK: (
        _NUMBER,
        _field(
            "quantity",
            msg("Quantity"),
            "quantity|qty|on hand|stock|pieces|count|menge|bestand|stuck|anzahl|数量|库存|库存数量",
        ),
        _field(
            "place",
            msg("Bin"),
            "bin|place|location|shelf|storage bin|bin code|lagerplatz|lagerort|fach|platz|regal"
            "|库位|货位|仓位|储位",
        ),
        _LOT,
        _field(
            "serial",
            msg("Serial number"),
            "serial|serial number|serial no|serials|sn|s n|seriennummer|serien nr|seriennr|序列号"
            "|序号|机身号",
        ),
        _COST,
    ),
}

KIND_LABELS: dict[ImportKind, Text] = {
    ImportKind.PARTS: msg("Parts"),
    ImportKind.PRICES: msg("Prices"),
    ImportKind.STOCK: msg("Opening stock"),
}


def field_of(kind: ImportKind, name: str) -> Field | None:
    return next((field for field in FIELDS[kind] if field.name == name), None)


def guessed(kind: ImportKind, titles: Sequence[str]) -> list[str]:
    """The field of each title, empty for an unknown one; each field once, the best title first."""
    found = [""] * len(titles)
    keys = [_key(title) for title in titles]
    for field in FIELDS[kind]:
        wanted = (_key(field.name), *field.titles)
        candidates = [
            (wanted.index(key), at)
            for at, key in enumerate(keys)
            if key in wanted and not found[at]
        ]
        if candidates:
            found[min(candidates)[1]] = field.name
    return found


def known(kind: ImportKind, titles: Iterable[str]) -> int:
    """How many of these titles mean something."""
    return sum(bool(name) for name in guessed(kind, list(titles)))
