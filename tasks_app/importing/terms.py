"""What a text may be used for, as the file that brings it says. Pure: no Django."""

from dataclasses import dataclass
from typing import Any

# The values of LegalBasis, which this module cannot ask.
BASES = {
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interest",
    "not_personal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line says about its own text. consent None and empty words: as the project says.

    basis: one of BASES.
    """

    consent: bool | None = None
    basis: str = ""
    licence: str = ""

    def over(self, usual: "Terms") -> "Terms":
        """These, and where they say nothing, what holds for the whole file."""
        licence = self.licence or usual.licence
        if self.consent is None and not self.basis:
            return Terms(usual.consent, usual.basis, licence)
        return Terms(self.consent, self.basis, licence)


def consent_of(text: str) -> Any:
    """A cell or a parameter as `consent` is written in a line: yes, no, or the ground that holds."""
    word = text.strip().lower()
    if word in {"true", "yes", "1"}:
        return True
    if word in {"false", "no", "0"}:
        return False
    return {"basis": word} if word else None
