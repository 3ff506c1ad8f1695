"""What a detector reports, and the kinds of personal data there are."""

from dataclasses import dataclass
from typing import Literal, get_args

# direct: what tells by itself who somebody is. all: also what tells it together with other things, about as
# the safe-harbour list of 45 CFR 164.514(b)(2) (HIPAA) has it.
Scope = Literal["direct", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

KINDS = frozenset(
    {
        "ACCOUNT", "ADDRESS", "AGE", "API_KEY", "BIRTH_DATE", "BOOKING", "CARD", "CLAIM",
        "CRYPTO", "EMAIL", "IBAN",
        "IP", "LICENCE", "MAC", "NATIONAL_ID", "NUMBER", "ORDER", "PASSPORT", "PASSWORD",
        "PERSON", "PERSONAL", "PHONE", "PLATE",
        "POLICY", "POSTCODE", "RECORD", "SSN", "URL", "USERNAME",
    }
)  # fmt: skip

# Found only where the scope is "all".
FURTHER_KINDS = frozenset(
    {
        "CONDITION", "DATE_TIME", "LOCATION", "MEDICATION", "NAME", "NATIONALITY", "OCCUPATION",
        "ORGANISATION", "PROCEDURE", "TITLE",
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
