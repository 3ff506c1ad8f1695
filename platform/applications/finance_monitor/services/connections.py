"""Where a monitor's texts come from, and where its alerts go."""

import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.finance_monitor.fetching import NotFetched, place_of
from applications.finance_monitor.folders import allowed_folder
from applications.finance_monitor.models import Monitor, Source, Webhook
from applications.finance_monitor.sealing import seal
from common import audit
from common.errors import Conflict, Invalid, Problem

MOST = 50
MINUTES = (1, 24 * 60)


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """secret: shown now and never again."""

    hook: Webhook
    secret: str


def add_source(*, monitor: Monitor, kind: str, url: str, minutes: int, actor: User) -> Source:
    """A feed at a public URL, or a folder that the administrator allows. Raises Invalid, Conflict."""
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        detail = _("Give a number from %(least)d to %(most)d.") % {"least": MINUTES[0], "most": MINUTES[1]}
        raise Invalid(detail, problems=[Problem("/minutes", "range", detail)])
    _refuse_more(monitor.sources.count())
    try:
        place_of(url) if kind == Source.Kind.FEED else allowed_folder(url)
    except NotFetched as error:
        raise Invalid(str(error), problems=[Problem("/url", "refused", str(error))]) from None
    try:
        with transaction.atomic():
            source = Source.objects.create(monitor=monitor, kind=kind, url=url, minutes=minutes)
            audit.record("finance_monitor.source_added", source, actor=actor.pk, kind=kind)
    except IntegrityError:
        raise Conflict(_("This source is there already.")) from None
    return source


@transaction.atomic
def remove_source(*, source: Source, actor: User) -> None:
    """Texts that came from it stay."""
    audit.record("finance_monitor.source_removed", source, actor=actor.pk)
    source.delete()


def add_webhook(*, monitor: Monitor, url: str, actor: User) -> NewWebhook:
    """Have alerts sent to a public URL from now on. Raises Invalid, Conflict."""
    _refuse_more(monitor.webhooks.count())
    try:
        place_of(url)
    except NotFetched as error:
        raise Invalid(str(error), problems=[Problem("/url", "refused", str(error))]) from None
    secret = secrets.token_urlsafe(32)
    hook = Webhook(monitor=monitor, url=url)
    hook.sealed = seal(secret, hook)
    try:
        with transaction.atomic():
            hook.save(force_insert=True)
            audit.record("finance_monitor.webhook_added", hook, actor=actor.pk)
    except IntegrityError:
        raise Conflict(_("This webhook is there already.")) from None
    return NewWebhook(hook, secret)


@transaction.atomic
def remove_webhook(*, hook: Webhook, actor: User) -> None:
    """With its log."""
    audit.record("finance_monitor.webhook_removed", hook, actor=actor.pk)
    hook.delete()


def _refuse_more(count: int) -> None:
    if count >= MOST:
        raise Conflict(_("There are %d already, which is the most.") % MOST)
