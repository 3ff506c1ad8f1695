"""What is held about what a person agreed to. An erasure takes the person out and leaves the proof."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from privacy.holders import Holding, Subject, Terms
from privacy.models import ConsentRecord, NoticeDraft

# GDPR Art. 17(3)(e) with Art. 7(1): that a consent was given has to be shown as long as claims can be made.
GROUND = "GDPR Art. 17(3)(e), 7(1): proof of consent"
_SHOWN = ("purpose", "given", "statement", "number", "regime", "language", "sha256", "how", "at")


def proof_of(email: str) -> str:
    """A consent is found again by this when somebody brings their address; nothing kept leads to it."""
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, b"consent" + email.strip().lower().encode(), hashlib.sha256).hex()


class ConsentsHolder:
    name = "consents"
    rank = 51

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        rows = ConsentRecord.objects.filter(person=subject.account).order_by("at", "id")
        if subject.account is None or not rows.exists():
            return
        yield Holding(
            "consents", _("What you agreed to"), _json(rows), _("To prove and to honour your word.")
        )

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        if subject.account is None:
            return {}
        email = User.objects.filter(pk=subject.account).values_list("email", flat=True).first() or ""
        ground = (terms.legal_ground or GROUND)[:200]
        done = ConsentRecord.objects.filter(person=subject.account).update(
            person=None, proof=proof_of(email), erased_at=timezone.now(), legal_ground=ground
        )
        NoticeDraft.objects.filter(updated_by=subject.account).update(updated_by=None)
        return {"consents_made_anonymous": done} if done else {}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Consents are neither shown, exported nor trained on; keeping them is what the law asks."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = ConsentRecord.objects.filter(person=subject.account).count() if subject.account else 0
        return {"consents": left} if left else {}


def _json(rows: Any) -> Iterator[dict[str, Any]]:
    for row in rows.values(*_SHOWN).iterator():
        yield {**row, "at": row["at"].isoformat()}
