"""Asking that a version be put on a model hub."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from privacy import sharing
from tasks_app.models import Item
from training import hub, tasks
from training.models import ModelVersion, SnapshotItem
from training.services.registry import hold_free

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
# What the site says of its own texts where nobody has chosen: they are not for others.
PROPRIETARY = "LicenseRef-Proprietary"
_GIVEN_UP = timedelta(hours=1)  # after which a push that was lost with its worker may be asked for again


@transaction.atomic
def push_version(*, version: ModelVersion, repo: str, actor: User) -> ModelVersion:
    """Queue the upload of a version's folder to `repo`, "owner/name".

    Raises Conflict where no token is set or an upload is under way, Invalid for a name that is none.
    """
    if not settings.HUB_TOKEN:
        raise Conflict(_("No hub token is set on this site, so nothing can be pushed."), code="no_hub_token")
    hold_free(version)
    if not _REPO.fullmatch(repo):
        detail = _("Name a repository such as “owner/name”.")
        raise Invalid(detail, problems=[Problem("/repo", "format", detail)])
    _check_terms(version)
    held = ModelVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if held.hub.get("state") in {hub.QUEUED, hub.RUNNING} and _is_fresh(held.hub["at"]):
        raise Conflict(_("This version is on its way to the hub already."))
    version.hub = {"repo": repo, "state": hub.QUEUED, "reason": "", "at": timezone.now().isoformat()}
    version.save(update_fields=["hub"])
    audit.record("model.pushed", version, actor=actor.pk, repo=repo)
    enqueue_on_commit(tasks.push_to_hub, version.pk)
    return version


def _check_terms(version: ModelVersion) -> None:
    """A model leaves the site with what its texts have taught it: a licence must let them go."""
    project = version.model.project
    learned = SnapshotItem.objects.filter(snapshot=version.snapshot_id).values("item")
    texts = Item.objects.filter(pk__in=learned)
    bare = Q(licence=PROPRIETARY)
    if project.licence in {"", PROPRIETARY}:
        bare |= Q(licence="")
    bare |= Q(legal_basis="") if not project.legal_basis else Q(pk__in=[])
    if texts.filter(bare).exists():
        raise Conflict(
            _("State the licence and the legal basis of this project's texts first, in its settings."),
            code="terms_missing",
        )
    if refused := texts.filter(Q(consent=False) | Q(restricted=True)).count():
        detail = _("This version learned from %(n)s texts that may not be used any more. Train it anew.")
        raise Conflict(detail % {"n": refused}, code="no_consent")
    if held_back := len(sharing.opted_out_items(learned)):
        detail = _("This version learned from %(n)s texts whose people have opted out of sharing. It may be "
                   "used here, and not passed on.")  # fmt: skip
        raise Conflict(detail % {"n": held_back}, code="opted_out")


def _is_fresh(moment: str) -> bool:
    return timezone.now() - datetime.fromisoformat(moment) < _GIVEN_UP
