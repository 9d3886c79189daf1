"""Words of customers without what tells who they are, for readers outside of the house.

What is known of the people is taken out first, by every way in which it can be written; then
whatever looks like a name behind a title, a phone number, a mail or web address, a serial number, a
number plate, an account, a postal address. In doubt it goes: a verbatim that lost a word still says
what was wrong with the robot.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

NAME, PHONE, MAIL, LINK = "[name]", "[phone]", "[mail]", "[link]"
NUMBER, SERIAL, PLATE, ADDRESS = "[number]", "[serial]", "[plate]", "[address]"

_HAN = "\u4e00-\u9fff\u3400-\u4dbf"
_IS_HAN = re.compile(f"[{_HAN}]")
# The ends of a word. Chinese has no spaces, so what stands between its signs begins and ends there.
_FROM, _TO = rf"(?<![^\W{_HAN}])", rf"(?![^\W{_HAN}])"
_IS_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LEAST_LETTERS = 3
_LEAST_DIGITS = 5
# Words of companies' and places' names that name nobody by themselves.
_COMMON = """
    gmbh ggmbh mbh ohg ltd inc llc plc sarl the and und für von der die das des dem den van for demo
    robot robots robotik robotics hotel museum schule gymnasium klinik institut institute werkstatt
    shop store service digital team
"""
_NOBODY = frozenset(_COMMON.split())
# 百家姓 as far as they are met often, two-character ones first.
_LONG_SURNAMES = "欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|慕容|夏侯|令狐|端木"
_SURNAMES = (
    f"{_LONG_SURNAMES}|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔"
    "向汤温康施文牛樊葛邢安齐庞洪季]"
)
_TITLES = (
    "先生|女士|小姐|太太|夫人|师傅|老师|教授|博士|医生|经理|总监|主任|工程师|同学|阿姨|叔叔|总|工"
)
_CHINESE_NAME = re.compile(
    rf"(?:{_SURNAMES})[{_HAN}]{{0,2}}?(?:{_TITLES})(?![{_HAN}]*(?:部|作|具))"
    rf"|(?<=我叫)(?:{_SURNAMES})[{_HAN}]{{1,2}}|(?<=名叫)(?:{_SURNAMES})[{_HAN}]{{1,2}}"
    rf"|(?<=联系人)[::\s]*(?:{_SURNAMES})[{_HAN}]{{1,2}}"
    rf"|(?<=小|老)(?:{_SURNAMES})(?=[,,。.!!?? 说很帮修不]|$)"
)
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŠŽĆČĐŁŚŹŻĞİ]"
_WESTERN_WORD = rf"{_CAPITAL}[\w'’-]*"
_TITLED = re.compile(
    r"\b(?:Herrn?|Frau|Hr\.|Fr\.|Familie|Mr|Mrs|Ms|Miss|Dr|Prof|Doktor|Professor|Mister)\b\.?"
    rf"(?:\s+(?:Dr|Prof)\.)*(?:\s+{_WESTERN_WORD}){{1,3}}"
)
_INTRODUCED = re.compile(
    r"(?P<by>\b(?:my name is|i am called|this is|ich heiße|ich heisse|mein name ist|"
    r"name:|gez\.|signed|regards,|grüße,|gruß,|grüßen,|grüße|gruß)\s+)"
    rf"(?P<name>(?-i:{_WESTERN_WORD}(?:[ \t]+{_WESTERN_WORD}){{0,2}}))",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\]|\sat\s)\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\]|\sdot\s)\s?[\w-]+){0,5}"
    r"\s?(?:\.|\(dot\)|\[dot\]|\sdot\s)\s?[^\W\d][\w-]*",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.@-])(?:[\w-]+\.)+[a-z]{2,10}/\S+", re.IGNORECASE)
_HANDLE = re.compile(
    r"(?P<by>微信号?|威信|qq号?|wechat|weixin|whatsapp|telegram|instagram|line\s?id|skype)"
    r"(?:\s*(?:id|号))?\s*(?:[::=]|是|is|ist)?\s*(?P<id>@?[a-z0-9][\w.-]{3,})",
    re.IGNORECASE,
)
_AT_HANDLE = re.compile(r"(?<!\w)@[\w.]{3,}")
_IBAN = re.compile(rf"{_FROM}[A-Z]{{2}}\d{{2}}(?:\s?[A-Z0-9]{{2,4}}){{3,8}}{_TO}")
# What the house calls its tickets, customers, sales and requests; and what a network card is.
_OURS = re.compile(rf"{_FROM}[TCSR]-\d{{1,8}}{_TO}(?!-)", re.IGNORECASE)
_NETWORK_CARD = re.compile(r"(?<!\w)(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?!\w)", re.IGNORECASE)
_CHINESE_ID = re.compile(rf"(?<!\d)\d{{17}}[\dXx]{_TO}")
_PHONE = re.compile(
    rf"{_FROM}(?<!\.)(?:\+|00)?\(?\d(?:[\s\-./()\u2010-\u2015]{{0,3}}\d){{6,}}{_TO}"
)
_SERIAL = re.compile(
    rf"{_FROM}(?<!-)(?=[A-Z0-9-]*[A-Z])"
    rf"(?:[A-Z0-9]+-)+(?:[A-Z0-9]*\d[A-Z0-9]*\d[A-Z0-9]*\d[A-Z0-9]*){_TO}(?!-)"
    rf"|{_FROM}(?=[A-Z0-9]*[A-Z])(?=(?:[A-Z]*\d){{5}})[A-Z0-9]{{8,}}{_TO}",
    re.IGNORECASE | re.ASCII,
)
_SERIAL_NAMED = re.compile(
    r"(?P<by>\b(?:s/n|sn|serial(?:\s+(?:no|number|nr))?|seriennummer|serien-nr)|序列号|编号)"
    r"\.?\s*(?:[::#=]|是|is|ist)?\s*(?P<id>[a-z0-9][a-z0-9-]*\d[a-z0-9-]*)",
    re.IGNORECASE,
)
_PLATE = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·.\s-]?[A-Z0-9]{{5,6}}{_TO}"
    rf"|{_FROM}[A-ZÄÖÜ]{{1,3}}[-:\s][A-Z]{{1,2}}[\s-]?\d{{1,4}}[EH]?{_TO}",
)
_STREET = re.compile(
    r"(?<![\w.-])[\w.-]{0,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee)"
    r"\s+\d{1,4}\s?[a-z]?\b(?:,?\s*\d{4,5}\s+[\w-]{1,40})?"
    rf"|(?-i:\b\d{{1,5}}\s+(?:{_WESTERN_WORD}\s+){{1,3}}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Square|Boulevard|Blvd)\b\.?"
    rf"|\b\d{{5}}\s+{_WESTERN_WORD})",
    re.IGNORECASE,
)
_CHINESE_ADDRESS = re.compile(
    rf"[{_HAN}]{{1,8}}(?:路|街|大道|巷|弄|胡同)\s?\d{{1,5}}\s?[号弄](?:[{_HAN}\d\s]{{0,12}}[号室栋楼层座])?"
    rf"|[{_HAN}]{{2,8}}(?:小区|花园|公寓|大厦)\s?(?:\d+\s?[号栋幢座楼]\s?)?"
    r"(?:\d+\s?单元\s?)?(?:\d+\s?[室号])?"
    r"|(?<!\d)\d{1,5}\s?[栋幢座]\s?(?:\d{1,3}\s?单元\s?)?\d{1,5}\s?室"
)
# What stands before one: province, town, district.
_CHINESE_TOWN = re.compile(rf"[{_HAN}]{{1,8}}[省市区县]\s?\[address\]")
_MOST_TOWNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the house knows of the people around one answer, as it is written in its records."""

    names: frozenset[str] = field(default_factory=frozenset)
    phones: frozenset[str] = field(default_factory=frozenset)
    mails: frozenset[str] = field(default_factory=frozenset)
    addresses: frozenset[str] = field(default_factory=frozenset)
    serials: frozenset[str] = field(default_factory=frozenset)
    numbers: frozenset[str] = field(default_factory=frozenset)


def redacted(text: str, known: Known) -> str:
    """A customer's words without what tells who they are; one line, in compatible writing."""
    said = unicodedata.normalize("NFKC", text)
    # what nobody sees must not part a name
    said = "".join(sign for sign in said if unicodedata.category(sign) != "Cf")
    said = _MAIL.sub(MAIL, _URL.sub(LINK, said))  # whole, before a name in it goes
    for mask, wanted in (
        (MAIL, known.mails),
        (ADDRESS, known.addresses),
        (SERIAL, known.serials),
        (NUMBER, known.numbers),
    ):
        said = _without(said, wanted, mask)
    said = _without_phones(said, known.phones)
    said = _without_names(said, known.names)
    said = _without_patterns(said)
    return re.sub(r"\s+", " ", said).strip()


def _without_patterns(said: str) -> str:
    said = _HANDLE.sub(lambda found: f"{found['by']} {NUMBER}", said)
    said = _AT_HANDLE.sub(NAME, said)
    said = _SERIAL_NAMED.sub(lambda found: f"{found['by']} {SERIAL}", said)
    for numbered in (_NETWORK_CARD, _OURS, _IBAN, _CHINESE_ID):
        said = numbered.sub(NUMBER, said)
    said = _CHINESE_ADDRESS.sub(ADDRESS, _STREET.sub(ADDRESS, said))
    for _ in range(_MOST_TOWNS):
        said = _CHINESE_TOWN.sub(ADDRESS, said)
    said = _PLATE.sub(PLATE, said)
    said = _SERIAL.sub(SERIAL, said)
    said = _PHONE.sub(PHONE, said)
    said = _INTRODUCED.sub(lambda found: f"{found['by']}{NAME}", said)
    return _CHINESE_NAME.sub(NAME, _TITLED.sub(NAME, said))


def _without(said: str, wanted: Iterable[str], mask: str) -> str:
    """Each as it stands in the records, whatever its case, spaces and dashes."""
    for one in _longest_first(wanted):
        signs = [re.escape(sign) for sign in one if sign.isalnum()]
        if len(signs) >= _LEAST_LETTERS:
            pattern = r"[\W_]{0,3}".join(signs)
            said = re.sub(rf"{_FROM}{pattern}{_TO}", mask, said, flags=re.IGNORECASE)
            if _IS_HAN.search(one):
                # Chinese has no spaces around words
                said = re.sub(pattern, mask, said, flags=re.IGNORECASE)
    return said


def _without_phones(said: str, phones: Iterable[str]) -> str:
    """By their last digits, so that it matters not how the beginning was written."""
    for phone in _longest_first(phones):
        digits = re.sub(r"\D", "", phone.replace("(0)", ""))[-9:]
        if len(digits) >= _LEAST_DIGITS:
            pattern = r"[\s\-./()]{0,3}".join(digits)
            said = re.sub(rf"[+\d(][\d\s\-./()+]*{pattern}(?!\d)|{pattern}(?!\d)", PHONE, said)
    return said


def _without_names(said: str, names: Iterable[str]) -> str:
    """Whole names first, then each of their words; of a Chinese one also what follows the surname,
    and the surname before a title.
    """
    whole = _longest_first(names)
    said = _without(said, whole, NAME)
    for name in whole:
        if _IS_HAN.search(name):
            said = _without_chinese_name(said, name)
    words = {
        word
        for name in whole
        for word in _WORDS.findall(name)
        if not _IS_HAN.search(word)
        and len(word) >= _LEAST_LETTERS
        and word.casefold() not in _NOBODY
    }
    for word in _longest_first(words):
        spelled = re.escape(word)
        ending = r"(?:['’]?s)?"
        said = re.sub(rf"{_FROM}{spelled}{ending}{_TO}", NAME, said, flags=re.IGNORECASE)
        for plain in _plain(word) - {word.casefold()}:
            said = re.sub(
                rf"{_FROM}{re.escape(plain)}{ending}{_TO}", NAME, said, flags=re.IGNORECASE
            )
    return said


def _without_chinese_name(said: str, name: str) -> str:
    bare = "".join(sign for sign in name if _IS_HAN.match(sign))
    if not 2 <= len(bare) <= 4:  # noqa: PLR2004 - a company's name is taken out as a whole
        return said
    said = re.sub(r"\s?".join(bare), NAME, said)
    surname = bare[:2] if re.match(_LONG_SURNAMES, bare) else bare[0]
    given = bare[len(surname) :]
    if len(given) >= 2:  # noqa: PLR2004 - one sign alone is a word of its own
        said = said.replace(given, NAME)
    return re.sub(rf"(?:[小老阿]{surname}(?![{_HAN}])|{surname}(?:{_TITLES}))", NAME, said)


def _plain(word: str) -> set[str]:
    """As people write it who have no such letters: Müller is Mueller, or Muller."""
    spelled = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", word.casefold())
        if not unicodedata.combining(sign)
    )
    return {"".join(spelled.get(sign, sign) for sign in word.casefold()), bare}


def _longest_first(wanted: Iterable[str]) -> list[str]:
    cleaned = {unicodedata.normalize("NFKC", one).strip() for one in wanted}
    return sorted((one for one in cleaned if _matters(one)), key=lambda one: (-len(one), one))


def _matters(one: str) -> bool:
    return len(one) >= 2 and bool(_IS_LETTER.search(one) or re.search(r"\d", one))  # noqa: PLR2004
