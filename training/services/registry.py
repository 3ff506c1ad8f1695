"""Which version answers: promoting through a gate, and going back."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem, Unavailable
from training import comparison
from training.engine.evaluation.slices import KINDS
from training.gate import Guards, judge
from training.leaks import hundredths, membership_of, refuse_canaries
from training.models import Model, ModelVersion
from training.words import metric_name, state_name, verdict_words

Stage = ModelVersion.Stage


def promote_version(
    *, version: ModelVersion, actor: User | None, override: bool = False, reason: str = ""
) -> ModelVersion:
    """Put a version into production, if on its test items it is better than the one there now and in no
    guarded part of them worse (training.gate).

    Raises Conflict with the gate's figures when not; `override` passes the gate and must give a reason.
    """
    if override and not reason.strip():
        detail = _("Say why the gate is to be passed over; the reason is kept.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    _refuse_present(version)
    refuse_canaries(version)
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
            note=reason,
        )
    return version


def _gate(version: ModelVersion, override: bool) -> dict[str, Any]:
    """The figures that decide; raises Conflict unless they allow it or `override` is set."""
    guards, found = Guards.from_json(version.model.guards), membership_of(version.run.report)
    told = found["auc"] if found else None
    gate = {**_better(version, override), "membership": told}
    if not (guards.allow(told) or override):
        raise Conflict(_told_too_well(told, guards.membership or 0.5), code="gate", gate=gate)
    return gate


def _told_too_well(told: float | None, most: float) -> str:
    if told is None:
        return _("How well members are told was not measured for this version, and the gate asks for it. "
                 "Promote it nevertheless with a reason.")  # fmt: skip
    return _(
        "Who was trained on is told %(told)d of 100 times (50 is a coin); the gate allows %(most)d. Promote "
        "it nevertheless with a reason."
    ) % {"told": hundredths(told), "most": hundredths(most)}


def _better(version: ModelVersion, override: bool) -> dict[str, Any]:
    """Whether its answers are better than those of the version in production."""
    try:
        compared = comparison.compare(version)
    except OSError as error:
        if not override:
            raise Unavailable(_("The version in production could not be evaluated: %s") % error) from error
        serving = comparison.production_of(version)
        return {"production": serving.number if serving else None}
    if compared is None:
        return _first_gate(version, override)
    gate = {key: compared[key] for key in ("production", "metric", "candidate", "current")}
    if not compared["parts"]:
        return _plain_gate(gate, override)
    verdict = judge(compared["parts"], Guards.from_json(version.model.guards))
    gate |= {"overall": dict(verdict.overall), "worse": [dict(part) for part in verdict.worse]}
    if not verdict.open and not override:
        detail = _("%(verdict)s. Promote it nevertheless with a reason.") % {
            "verdict": verdict_words(verdict)
        }
        raise Conflict(detail, code="gate", gate=gate)
    return gate


def _first_gate(version: ModelVersion, override: bool) -> dict[str, Any]:
    """Nothing is in production: then the best rule that reads no text is what must be beaten."""
    tested, ruled = version.metrics.get("test"), version.metrics.get("baseline")
    gate = {
        "production": None, "metric": version.metrics["metric"], "candidate": tested, "baseline": ruled
    }  # fmt: skip
    if tested is not None and ruled is not None and tested <= ruled and not override:
        raise Conflict(
            _("This version reaches %(tested).3f, and a rule that reads no text %(ruled).3f (%(metric)s). "
              "Promote it nevertheless with a reason.")
            % {"tested": tested, "ruled": ruled, "metric": metric_name(gate["metric"])},
            code="gate",
            gate=gate,
        )  # fmt: skip
    return gate


def _plain_gate(gate: dict[str, Any], override: bool) -> dict[str, Any]:
    """Where only the two figures are known: a version without a test figure never passes."""
    better = gate["candidate"] is not None and (
        gate["current"] is None or gate["candidate"] > gate["current"]
    )
    if not better and not override:
        raise Conflict(
            _("On the same test items this version reaches %(candidate).3f and version %(production)d in "
              "production %(current).3f (%(metric)s). Promote it nevertheless with a reason.")
            % {**gate, "candidate": gate["candidate"] or 0.0, "current": gate["current"] or 0.0},
            code="gate",
            gate=gate,
        )  # fmt: skip
    return gate


@transaction.atomic
def archive_version(*, version: ModelVersion, actor: User | None) -> ModelVersion:
    """Take a candidate out of the way: it is kept and can be downloaded, but answers nobody."""
    return _move(version, Stage.CANDIDATE, Stage.ARCHIVED, "model.archived", actor)


@transaction.atomic
def restore_version(*, version: ModelVersion, actor: User | None) -> ModelVersion:
    """Make an archived version a candidate again."""
    refuse_quarantined(version)
    return _move(version, Stage.ARCHIVED, Stage.CANDIDATE, "model.restored", actor)


def _move(version: ModelVersion, old: str, new: str, what: str, actor: User | None) -> ModelVersion:
    if new != Stage.ARCHIVED:
        hold_free(version)
    _one_at_a_time(version)
    changed = ModelVersion.objects.filter(pk=version.pk, stage=old).update(
        stage=new, retired_at=timezone.now() if new == Stage.ARCHIVED else None
    )
    version.refresh_from_db()
    if not changed:
        raise Conflict(
            _("Version %(number)d is %(stage)s; that cannot be done to it.")
            % {"number": version.number, "stage": state_name(version.stage)}
        )
    audit.record(what, version, actor=actor.pk if actor else None)
    return version


@transaction.atomic
def set_guards(
    *, model: Model, kinds: Sequence[str], tolerance: float, actor: User | None,
    membership: float | None = None,
) -> Model:  # fmt: skip
    """Say which parts of the test items the gate guards, how much worse one of them may get, and how well
    members may be told from others at most (an AUC; None asks nothing)."""
    if unknown := sorted(set(kinds) - set(KINDS)):
        detail = _("Unknown: %(unknown)s. There are: %(known)s.") % {
            "unknown": ", ".join(unknown), "known": ", ".join(KINDS),
        }  # fmt: skip
        raise Invalid(detail, problems=[Problem("/kinds", "choice", detail)])
    if not 0 <= tolerance <= 1:
        detail = _("The tolerance is a share from 0 to 1.")
        raise Invalid(detail, problems=[Problem("/tolerance", "range", detail)])
    if membership is not None and not 0.5 <= membership <= 1:
        detail = _("How well members may be told is from 0.5 (a coin) to 1.")
        raise Invalid(detail, problems=[Problem("/membership", "range", detail)])
    model.guards = {
        "kinds": [kind for kind in KINDS if kind in kinds], "tolerance": tolerance, "membership": membership
    }  # fmt: skip
    model.save(update_fields=["guards"])
    audit.record("model.guarded", model, actor=actor.pk if actor else None, guards=model.guards)
    return model


@transaction.atomic
def roll_back(*, version: ModelVersion, actor: User | None, reason: str = "") -> ModelVersion:
    """Take `version` out of production and put back the one that answered before it; returns that one."""
    _one_at_a_time(version)
    version.refresh_from_db()
    if version.stage != Stage.PRODUCTION:
        raise Conflict(_("Version %d is not in production; there is nothing to roll back.") % version.number)
    earlier = (
        ModelVersion.objects.filter(
            model=version.model_id, stage=Stage.ARCHIVED, promoted_at__isnull=False, quarantined_at=None
        )
        .order_by("-retired_at")
        .first()
    )
    if earlier is None:
        raise Conflict(_("There is no earlier version to go back to."))
    _replace(version, earlier)
    # A version that was rolled back is no target of the next rollback.
    ModelVersion.objects.filter(pk=version.pk).update(promoted_at=None)
    audit.record(
        "model.rolled_back", version, actor=actor.pk if actor else None, to=earlier.number, note=reason
    )
    return earlier


def _replace(old: ModelVersion | None, new: ModelVersion) -> None:
    now = timezone.now()
    if old is not None:
        old.stage, old.retired_at = Stage.ARCHIVED, now
        old.save(update_fields=["stage", "retired_at"])
    new.stage, new.promoted_at, new.retired_at = Stage.PRODUCTION, now, None
    new.save(update_fields=["stage", "promoted_at", "retired_at"])


def refuse_quarantined(version: ModelVersion) -> None:
    """Raises Conflict for a version that learned from data which was erased since."""
    if version.quarantined_at is not None:
        raise Conflict(
            _("Version %d learned from data that was erased since; it is in quarantine and answers nobody.")
            % version.number,
            code="quarantined",
        )


def hold_free(version: ModelVersion) -> None:
    """Raises Conflict for a version in quarantine; any other goes into none before the caller commits."""
    _one_at_a_time(version)
    version.refresh_from_db(fields=["quarantined_at", "stage"])
    refuse_quarantined(version)


def _refuse_present(version: ModelVersion) -> None:
    refuse_quarantined(version)
    if version.stage == Stage.PRODUCTION:
        raise Conflict(_("Version %d is in production already.") % version.number)


def _one_at_a_time(version: ModelVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"promote {version.model_id}"])
