"""Privacy notices: drafts that administrators edit, and versions that never change once published."""

import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import audit
from common.errors import Conflict, NotFound
from privacy import notice_facts
from privacy.models import NoticeDraft, NoticeVersion, Regime

_TEMPLATES = Path(__file__).resolve().parents[1] / "notice_templates"
_KNOWN_FOR = 5.0  # seconds; every request asks, and another process may publish


@dataclass(frozen=True)
class Text:
    """A notice as somebody reads it. number 0: nothing is published yet, this is what ships."""

    number: int
    regime: str
    language: str
    text: str
    sha256: str


def languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


def regimes() -> list[str]:
    """Those whose notices this site shows; the first one is for whoever lives elsewhere."""
    known = [one for one in settings.PRIVACY_REGIMES if one in Regime.values]
    return known or [Regime.GDPR.value]


@lru_cache
def _shipped(regime: str, language: str) -> str:
    return (_TEMPLATES / f"{regime}.{language}.md").read_text(encoding="utf-8")


def draft_of(regime: str, language: str) -> str:
    """The words of the next version, variables unfilled. Raises NotFound for what this site does not have."""
    if regime not in regimes() or language not in languages():
        raise NotFound(_("There is no such notice."))
    row = NoticeDraft.objects.filter(regime=regime, language=language).first()
    return row.body if row else _shipped(regime, language)


@transaction.atomic
def save_draft(*, regime: str, language: str, body: str, actor: UUID) -> NoticeDraft:
    """Keep the words of the next version. Refuses variables that do not exist."""
    draft_of(regime, language)
    notice_facts.fill(body, language)
    row, _made = NoticeDraft.objects.update_or_create(
        regime=regime, language=language, defaults={"body": body, "updated_by": actor}
    )
    audit.record("notice.drafted", row, actor=actor, regime=regime, language=language)
    return row


@transaction.atomic
def publish_notices(*, actor: UUID, after: int | None = None) -> int:
    """Publish all texts of this site as the next version; returns its number. People are asked again.

    after: the latest number that the publisher saw; with another one in between this is refused, so that two
    administrators do not publish over each other. Raises Conflict when nothing changed or who is responsible
    is not set.
    """
    if unset := notice_facts.missing():
        raise Conflict(
            _("Set %(names)s first: a notice must say who is responsible.") % {"names": ", ".join(unset)},
            code="controller_missing",
        )
    with connection.cursor() as cursor:  # one at a time, so that numbers stay gapless
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('notices'))")
    last = latest_number()
    if after is not None and after != last:
        raise Conflict(
            _("Somebody has published meanwhile. Look at the new version first."), code="overtaken"
        )
    texts = {(r, lang): notice_facts.fill(draft_of(r, lang), lang) for r in regimes() for lang in languages()}
    published = NoticeVersion.objects.filter(number=last)
    if texts == {(row.regime, row.language): row.text for row in published}:
        raise Conflict(_("Nothing has changed since version %(n)s.") % {"n": last}, code="nothing_changed")
    now = timezone.now()
    for (regime, language), text in texts.items():
        row = NoticeVersion.objects.create(
            number=last + 1, regime=regime, language=language, text=text, sha256=digest_of(text),
            published_at=now, published_by=actor,
        )  # fmt: skip
        audit.record("notice.published", row, actor=actor, number=row.number, sha256=row.sha256)
    forget_number()
    # Once more: until the commit others read the old number, and may have remembered it.
    transaction.on_commit(forget_number)
    return last + 1


def digest_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def latest_number() -> int:
    return NoticeVersion.objects.aggregate(last=Max("number"))["last"] or 0


class _Known:
    number, until = 0, 0.0


def known_number() -> int:
    """The latest number, as this process knew it at most five seconds ago."""
    if time.monotonic() >= _Known.until:
        remember_number(latest_number())
    return _Known.number


def remember_number(number: int, *, seconds: float = _KNOWN_FOR) -> None:
    _Known.number, _Known.until = number, time.monotonic() + seconds


def forget_number() -> None:
    _Known.until = 0.0


def current_text(*, regime: str = "", language: str = "") -> Text:
    """The notice in force, or before the first publication the one that ships with what is set filled in."""
    regime = regime if regime in regimes() else regimes()[0]
    language = language if language in languages() else _own_language()
    row = NoticeVersion.objects.filter(regime=regime, language=language).order_by("-number").first()
    if row is None:
        text = notice_facts.fill(draft_of(regime, language), language)
        return Text(0, regime, language, text, digest_of(text))
    return Text(row.number, regime, language, row.text, row.sha256)


def _own_language() -> str:
    language = get_language() or settings.LANGUAGE_CODE
    return language if language in languages() else languages()[0]


def usual_regime(language: str) -> str:
    """What is offered first to somebody who has not said where they live."""
    return Regime.PIPL.value if language == "zh-hans" and Regime.PIPL in regimes() else regimes()[0]
