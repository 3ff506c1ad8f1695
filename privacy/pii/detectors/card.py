"""Payment cards: a known issuer prefix, its length, and the Luhn check digit."""

import re

from privacy.pii.detectors.base import PatternDetector
from privacy.pii.detectors.checksums import digits_of, luhn

# ISO/IEC 7812 prefixes: Visa, Mastercard (both ranges), American Express, Diners, JCB, Discover, UnionPay,
# Maestro, and the JCB and UATP ranges that begin with 1.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|(?:2131|1800)\d{11}"
    r"|6(?:011|4[4-9]\d|5\d{2})\d{12}|62\d{14,17}|(?:50|5[6-9]|6[37])\d{10,17}|1\d{14}"
)


def payment_card(value: str) -> bool:
    """Whether the digits are a card number of an issuer in use, check digit included."""
    digits = digits_of(value)
    return len(set(digits)) > 1 and _ISSUERS.fullmatch(digits) is not None and luhn(digits)


CARD = PatternDetector(
    name="card",
    kind="CARD",
    pattern=re.compile(r"(?<![\d.#])(?<!\d[ -])\d(?:[ -]?\d){11,18}(?![ -]?\d)"),
    score=0.97,
    digits=12,
    check=payment_card,
)
