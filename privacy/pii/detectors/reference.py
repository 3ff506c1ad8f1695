"""Order, booking, account, claim, policy and record numbers, known by the words before them."""

import re

from privacy.pii.detectors.base import PatternDetector, words

# A code as people write or type it: "482-11873", "ABX4F9", "dff 434", "a 2 cs 51", "MRN-1003212". Has a
# digit.
_CODE = (
    r"(?P<value>#?(?=[^\s]{0,12}\d|[a-z]{1,5} (?:[a-z]{1,3} )?\d)"
    r"(?:(?!(?:card|no|number|num|ssn|acc|and|is|my|the|for|with|on|to|in|at|of|please|days?|am|pm)\b)"
    r"[a-z0-9]+)"
    r"(?:[-/_.#]?(?=[a-z]*\d)[a-z0-9]+)*(?:-[a-z0-9]+)*"
    r"(?: (?!(?:and|is|my|the|for|with|on|to|in|at|of|please|i|a|days?|am|pm|x)\b)(?=[a-z]{0,3}\d)"
    r"[a-z0-9]{1,12}"
    r"| [a-z](?= \d| [a-z] \d))*)"
)
_LINK = (
    r"[\"']?(?:[ .:#=\"'-]|\b(?:number|numbers|num|numb|no|nos|nr|id|ids|code|ref|reference"
    r"|confirmation|details?|pin"
    r"|is|was|its|as|are|ending|ends|in|with|last|four|digits?|4|of|the)\b)*?"
)
_SHORT_NUMBER = re.compile(r"\d{1,2}|\d{1,2}(?:st|nd|rd|th|am|pm|gb|mb|k|x)|\d+[.:]\d{2}", re.I)


def is_code(value: str) -> bool:
    """Has a digit and is no small count, time, price or size."""
    return any(char.isdigit() for char in value) and not _SHORT_NUMBER.fullmatch(value.strip("# "))


def _order_code(value: str) -> bool:
    """Longer than a quantity: people order 100 of something."""
    return is_code(value) and len(re.sub(r"\W", "", value)) > 3


def _after(cues: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{cues}){_LINK}(?<![\w.$£€-]){_CODE}(?!\w|[.,]\d|%|:\d)", re.I)


def _detector(kind: str, cues: str, first_words: str, score: float = 0.9) -> PatternDetector:
    return PatternDetector(
        name=f"{kind.lower()}-context",
        kind=kind,
        pattern=_after(cues),
        score=score,
        language="en",
        digits=2,
        words=words(first_words),
        check=_order_code if kind == "ORDER" else is_code,
    )


ORDER = _detector(
    "ORDER",
    r"(?:orders?|tracking|shipment|parcel|package|invoice|receipt|return|rma|ticket|case|transaction)"
    r"(?: (?:number|num|no|nr|id|code|ref|reference))?(?=[ :#.\"'=-])(?! (?:[1-9]\d?|for|of|from|and"
    r"|by|at) )",
    "order orders tracking shipment parcel package invoice receipt return rma ticket case transaction",
)
BOOKING = _detector(
    "BOOKING",
    r"booking|reservation|confirmation|conformation|reference|refrence|ref|pnr|record locator|locator",
    "booking reservation confirmation conformation reference refrence ref pnr locator",
)
ACCOUNT = _detector(
    "ACCOUNT",
    r"(?:account|acount|accnt|acct|acc|a/c|customer|member|membership|client|user|loyalty|subscriber"
    r"|employee|emp|staff"
    r"|routing|sort|loan|cust)(?: (?:number|num|no|id|code|pin)|(?=[ :#.\"'=-])(?! (?:is|was) "
    r"(?:\d{1,3}\b)))",
    "account acount accnt acct acc a customer member membership client user loyalty subscriber "
    "employee emp staff "
    "routing sort loan cust",
)
CARD_DIGITS = _detector(
    "ACCOUNT",
    r"(?:card|visa|mastercard|amex|debit|credit)",
    "card visa mastercard amex debit credit",
    0.75,
)
CLAIM = _detector("CLAIM", r"claims?", "claim claims")
POLICY = _detector("POLICY", r"policy|insurance|insured", "policy insurance insured")
RECORD = _detector(
    "RECORD",
    r"mrn|npi|dea|patient id|medical record|health insurance|accession|nid|ein|vin|serial|imei",
    "mrn npi dea patient medical health accession nid ein vin serial imei",
)
PASSPORT = _detector("PASSPORT", r"passport", "passport", 0.92)
LICENCE = _detector(
    "LICENCE", r"driver'?s? ?licen[cs]e|driving licen[cs]e|licen[cs]e|dl", "licence license dl driver driving"
)

# Codes that carry their own label: "MRN-1003212", "EMP-26795", "CLM-2026-730082".
LABELLED_CODE = PatternDetector(
    name="record-labelled",
    kind="RECORD",
    pattern=re.compile(
        r"(?<![\w-])(?:MRN|EMP|CLM|POL|INS|NID|DEA|DL|ORD|INV|CUST|ACC|ACCT|BIO|PAT|TKT|PNR|HIC|MBR|SSN|REF|NH)"
        r"[-#_:](?=[\w-]*\d)[\w-]{4,24}"
    ),
    score=0.88,
    digits=3,
    signs="-_#",
)

CHINESE_REFERENCE = PatternDetector(
    name="order-chinese",
    kind="ORDER",
    pattern=re.compile(
        r"(?:订单|运单|快递|物流|单号|流水|交易|退货|发票|预订|预定|确认|取票|票)(?:编?号码?|单号"
        r"|号|码|代码)?"
        r"(?:尾号)?(?:是|为|[:：])? ?(?P<value>[A-Za-z]{0,6}[-]?\d[A-Za-z0-9-]{3,29})(?![\d元块年月日点分%.])"
    ),
    score=0.88,
    language="zh",
    digits=4,
    han=True,
)

CHINESE_ACCOUNT = PatternDetector(
    name="account-chinese",
    kind="ACCOUNT",
    pattern=re.compile(
        r"(?:账号|帐号|账户|帐户|卡号|会员|客户|银行卡|储蓄卡|信用卡|借记卡|工号|学号|社保|医保|护照|保单|保险|合同|户号)"
        r"(?:编?号码?|单号|号|码)?"
        r"(?:尾号|后四位)?(?:是|为|[:：])? ?(?P<value>[A-Za-z]{0,4}\d[A-Za-z0-9 "
        r"-]{2,26}[A-Za-z0-9])(?![\d元块年月日点分%.])"
    ),
    score=0.86,
    language="zh",
    digits=4,
    han=True,
)
