"""What a detector reports, and the kinds of personal data there are."""

from dataclasses import dataclass

KINDS = frozenset(
    {
        "ACCOUNT", "ADDRESS", "AGE", "API_KEY", "BIRTH_DATE", "BOOKING", "CARD", "CLAIM",
        "CRYPTO", "EMAIL", "IBAN",
        "IP", "LICENCE", "MAC", "NATIONAL_ID", "NUMBER", "ORDER", "PASSPORT", "PASSWORD",
        "PERSON", "PHONE", "PLATE",
        "POLICY", "POSTCODE", "RECORD", "SSN", "URL", "USERNAME",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data at code points start..end (end exclusive); score 0..1.

    Detector is the name in the registry.
    """

    start: int
    end: int
    kind: str
    score: float
    detector: str
