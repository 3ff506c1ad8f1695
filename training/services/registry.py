"""Which version answers: promoting through a gate, and going back."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem, Unavailable
from training import comparison
from training.models import ModelVersion

Stage = ModelVersion.Stage


def promote_version(
    *, version: ModelVersion, actor: User | None, override: bool = False, reason: str = ""
) -> ModelVersion:
    """Put a version into production, if on its test items it is not worse than the one there now.

    Raises Conflict with the gate's figures when it is; `override` passes the gate and must give a reason.
    """
    if override and not reason.strip():
        detail = _("Say why the gate is to be passed over; the reason is kept.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    _refuse_present(version)
    # Outside of the transaction: it may take a minute, and holds no lock meanwhile.
    gate = _gate(version, override)
    with transaction.atomic():
        _one_at_a_time(version)
        version.refresh_from_db()
        _refuse_present(version)
        serving = comparison.production_of(version)
        if (serving.number if serving else None) != gate["production"]:
            raise Conflict(_("Another version was promoted meanwhile. Look at the figures and try again."))
        _replace(serving, version)
        audit.record(
            "model.promoted",
            version,
            actor=actor.pk if actor else None,
            gate=gate,
            override=override,
            reason=reason,
        )
    return version


def _gate(version: ModelVersion, override: bool) -> dict[str, Any]:
    """The figures that decide; raises Conflict unless they allow it or `override` is set."""
    try:
        compared = comparison.compare(version)
    except OSError as error:
        if not override:
            raise Unavailable(_("The version in production could not be evaluated: %s") % error) from error
        serving = comparison.production_of(version)
        return {"production": serving.number if serving else None}
    if compared is None:
        return {"production": None, "candidate": version.metrics.get("test")}
    gate = {key: compared[key] for key in ("production", "metric", "candidate", "current")}
    worse = gate["candidate"] is None or gate["current"] is not None and gate["candidate"] < gate["current"]
    if worse and not override:
        raise Conflict(
            _("On the same test items this version reaches %(candidate).3f and version %(production)d in "
              "production %(current).3f (%(metric)s). Promote it nevertheless with a reason.")
            % {**gate, "candidate": gate["candidate"] or 0.0},
            code="gate",
            gate=gate,
        )  # fmt: skip
    return gate


@transaction.atomic
def roll_back(*, version: ModelVersion, actor: User | None, reason: str = "") -> ModelVersion:
    """Take `version` out of production and put back the one that answered before it; returns that one."""
    _one_at_a_time(version)
    version.refresh_from_db()
    if version.stage != Stage.PRODUCTION:
        raise Conflict(_("Version %d is not in production; there is nothing to roll back.") % version.number)
    earlier = (
        ModelVersion.objects.filter(model=version.model_id, stage=Stage.RETIRED, promoted_at__isnull=False)
        .order_by("-retired_at")
        .first()
    )
    if earlier is None:
        raise Conflict(_("There is no earlier version to go back to."))
    _replace(version, earlier)
    # A version that was rolled back is no target of the next rollback.
    ModelVersion.objects.filter(pk=version.pk).update(promoted_at=None)
    audit.record(
        "model.rolled_back", version, actor=actor.pk if actor else None, to=earlier.number, reason=reason
    )
    return earlier


def _replace(old: ModelVersion | None, new: ModelVersion) -> None:
    now = timezone.now()
    if old is not None:
        old.stage, old.retired_at = Stage.RETIRED, now
        old.save(update_fields=["stage", "retired_at"])
    new.stage, new.promoted_at, new.retired_at = Stage.PRODUCTION, now, None
    new.save(update_fields=["stage", "promoted_at", "retired_at"])


def _refuse_present(version: ModelVersion) -> None:
    if version.stage == Stage.PRODUCTION:
        raise Conflict(_("Version %d is in production already.") % version.number)


def _one_at_a_time(version: ModelVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"promote {version.model_id}"])
