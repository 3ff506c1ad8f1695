"""International bank account numbers: country, length and check digits, by Presidio."""

import re

from privacy.pii.detectors.presidio import PresidioDetector

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[ -]?[A-Z\d]{4}")

IBAN = PresidioDetector(
    name="iban",
    kind="IBAN",
    recogniser="IbanRecognizer",
    score=0.97,
    need=lambda clues: clues.digits > 7 and _SHAPE.search(clues.text) is not None,
)
