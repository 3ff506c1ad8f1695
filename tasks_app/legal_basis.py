from django.db import models
from django.utils.translation import gettext_lazy as _


class LegalBasis(models.TextChoices):
    """On what ground texts are processed: GDPR Art. 6(1)(a) to (f), or that they are about nobody."""

    CONSENT = "consent", _("consent of the people concerned")
    CONTRACT = "contract", _("contract with them")
    LEGAL_OBLIGATION = "legal_obligation", _("a legal obligation")
    VITAL_INTERESTS = "vital_interests", _("vital interests")
    PUBLIC_TASK = "public_task", _("a task in the public interest")
    LEGITIMATE_INTEREST = "legitimate_interest", _("a legitimate interest")
    NOT_PERSONAL = "not_personal", _("none needed: no personal data, or published by the people themselves")
