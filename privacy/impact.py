"""The impact assessment (GDPR Art. 35, PIPL Art. 55): risks, the measures against each that are really there,
and what is left.

Likelihood and severity are 1 (low) to 3 (high), as the guidelines of supervisory authorities use them. The
likelihood without measures is our judgment; each measure that is there counts the same. With all of them it
is two steps lower, with half of them or more one, with fewer none. That is coarse on purpose: the figure is
to be argued about by people, not believed.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from privacy.register import Safeguard, all_safeguards

LEVELS = {1: lazy("low"), 2: lazy("medium"), 3: lazy("high")}


@dataclass(frozen=True)
class Risk:
    key: str
    title: str
    likelihood: int
    severity: int
    measures: tuple[Safeguard, ...]
    limits: str

    @property
    def residual_likelihood(self) -> int:
        there = sum(one.present for one in self.measures)
        if not there:
            return self.likelihood
        steps = 2 if there == len(self.measures) else int(2 * there >= len(self.measures))
        return max(1, self.likelihood - steps)

    @property
    def residual(self) -> int:
        """1 to 3: of likelihood times severity, up to 2 is low, up to 4 is medium."""
        product = self.residual_likelihood * self.severity
        return 1 if product <= 2 else 2 if product <= 4 else 3

    @property
    def level(self) -> str:
        return str(LEVELS[self.residual])

    @property
    def tone(self) -> str:
        return {1: "good", 2: "warn", 3: "bad"}[self.residual]


def risks() -> list[Risk]:
    """In the order of what is left, the gravest first."""
    there = {one.key: one for one in all_safeguards()}
    found = [
        Risk(key, title, likelihood, severity, tuple(there[name] for name in names if name in there), limits)
        for key, title, likelihood, severity, names, limits in _catalogue()
    ]
    return sorted(found, key=lambda risk: -risk.residual)


def _catalogue() -> list[tuple[str, str, int, int, tuple[str, ...], str]]:
    return [
        (
            "recognised", _("Somebody who occurs in a text is recognised by who reads it"), 3, 2,
            ("replaced", "checked", "flags"),
            _("Detectors miss some names, and what happened to somebody may tell who it was."),
        ),
        (
            "originals", _("Originals get out of the database or a backup"), 2, 3,
            ("vault", "rotated", "database_tls", "few_admins"),
            _("Whoever has both the database and the key can read everything."),
        ),
        (
            "model", _("A model repeats personal data that it learned from"), 2, 3,
            ("replaced", "private_training", "memorisation", "erasure_models"),
            _("Only differential privacy bounds it; the tests find what they look for."),
        ),
        (
            "workers", _("Annotators are judged wrongly or watched too closely"), 2, 2,
            ("humans_decide", "notice", "age"),
            _("Working times and agreement are measured; that is felt as pressure all the same."),
        ),
        (
            "kept", _("Data is kept longer than it is needed"), 3, 1, ("retention", "erasure_models"),
            _("Backups outside of this platform have their own times."),
        ),
        (
            "passed_on", _("Data reaches somebody who should not have it"), 2, 3,
            ("hub_off", "mail_tls", "https", "licence", "logs"),
            _("An exported file is out of reach for good."),
        ),
        (
            "insiders", _("Somebody misuses the access that they have"), 2, 2,
            ("audit", "few_admins", "controller"),
            _("Who administers the server itself can read what is not encrypted."),
        ),
        (
            "accounts", _("An account is taken over"), 2, 2, ("https", "verified_mail"),
            _("Passwords are reused; a second factor is not enforced."),
        ),
    ]  # fmt: skip


def as_json() -> dict[str, Any]:
    return {
        "risks": [
            {
                "key": one.key,
                "title": one.title,
                "likelihood": one.likelihood,
                "severity": one.severity,
                "residual_likelihood": one.residual_likelihood,
                "residual": one.residual,
                "measures": [
                    {"key": each.key, "title": each.title, "present": each.present, "note": each.note}
                    for each in one.measures
                ],
                "limits": one.limits,
            }
            for one in risks()
        ],
        "safeguards_absent": [one.key for one in all_safeguards() if not one.present],
    }
