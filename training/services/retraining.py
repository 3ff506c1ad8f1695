"""Rules that start runs by themselves: kept, changed, looked at, and seen through to their runs' ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from accounts.services.notifications import notify
from common import audit
from common.errors import Conflict, DomainError, Invalid, Problem
from common.rounds import each
from tasks_app.models import Project
from training import retraining
from training.base_models import check_base_model, refuse_taught_base
from training.models import ModelVersion, RetrainFiring, RetrainRule, Run
from training.recipes import build_config, resolved
from training.retrain_conditions import checked_condition, next_time
from training.retraining import Look
from training.services.recipes import settings_of
from training.services.registry import promote_version
from training.services.runs import start_run
from training.snapshots import current_fields

Kind, Outcome = RetrainRule.Kind, RetrainFiring.Outcome
MOST_HOURS = 10_000
PAGE = "/training/rules/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All of a rule that a person may set, beside its project, field and kind."""

    condition: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    promote: bool = False
    cooldown_hours: int = 24
    budget_runs: int | None = None
    budget_minutes: int | None = None


@transaction.atomic
def create_rule(*, project: Project, field: str, kind: str, terms: Terms, actor: User | None) -> RetrainRule:
    """Keep a rule; it is looked at from now on. Raises Invalid for terms or a field that cannot work."""
    condition = _check(project, field, kind, terms, actor)
    rule = RetrainRule(project=project, field=field, kind=kind, created_by=actor)
    _set(rule, terms, condition)
    rule.save()
    audit.record("retrain_rule.created", rule, actor=actor.pk if actor else None, kind=kind, field=field)
    return rule


@transaction.atomic
def change_rule(*, rule: RetrainRule, terms: Terms, actor: User | None) -> RetrainRule:
    """Set all terms anew. A schedule begins to count from now."""
    rule = _locked(rule)
    condition = _check(rule.project, rule.field, rule.kind, terms, actor)
    _set(rule, terms, condition)
    rule.save()
    audit.record("retrain_rule.changed", rule, actor=actor.pk if actor else None)
    return rule


@transaction.atomic
def pause_rule(*, rule: RetrainRule, paused: bool, actor: User | None) -> RetrainRule:
    """Stop looking, or look again. A schedule that missed its hour meanwhile waits for the next one."""
    rule = _locked(rule)
    rule.paused = paused
    if not paused and rule.kind == Kind.SCHEDULE:
        rule.next_at = next_time(rule.condition, timezone.now())
    rule.save(update_fields=["paused", "next_at"])
    audit.record("retrain_rule.paused" if paused else "retrain_rule.resumed", rule, actor=_id(actor))
    return rule


@transaction.atomic
def delete_rule(*, rule: RetrainRule, actor: User | None) -> None:
    """Forget a rule and the list of its firings; the runs stay."""
    rule = _locked(rule)
    audit.record("retrain_rule.deleted", rule, actor=_id(actor), kind=rule.kind, field=rule.field)
    rule.delete()


def _id(actor: User | None) -> UUID | None:
    return actor.pk if actor else None


def _locked(rule: RetrainRule) -> RetrainRule:
    found = RetrainRule.objects.select_for_update(of=("self",)).select_related("project").filter(pk=rule.pk)
    if (kept := found.first()) is None:
        raise Conflict(_("This rule was deleted meanwhile."))
    return kept


def _set(rule: RetrainRule, terms: Terms, condition: dict[str, Any]) -> None:
    rule.condition, rule.recipe, rule.promote = condition, dict(terms.recipe), terms.promote
    rule.cooldown_hours = terms.cooldown_hours
    rule.budget_runs, rule.budget_minutes = terms.budget_runs, terms.budget_minutes
    rule.next_at = next_time(condition, timezone.now()) if rule.kind == Kind.SCHEDULE else None


def _check(
    project: Project, name: str, kind: str, terms: Terms, actor: User | None
) -> dict[str, Any]:  # fmt: skip
    """The whole condition. A recipe that cannot work is refused now, not at three in the morning."""
    condition = checked_condition(kind, terms.condition)
    field = next((entry for entry in current_fields(project)[1] if entry.name == name), None)
    problems = []
    if field is None:
        problems.append(Problem("/field", "unknown_field", _("No such field that a model can learn.")))
    else:
        recipe = settings_of(project=project, head=field.type, recipe=terms.recipe)
        config = build_config(field.to_json(), resolved(field.to_json(), recipe, examples=0))
        check_base_model(config.base_model, project=project, actor=actor)
        refuse_taught_base(config, project=project)
    if not 1 <= terms.cooldown_hours <= MOST_HOURS:
        detail = _("From 1 to %d hours.") % MOST_HOURS
        problems.append(Problem("/cooldown_hours", "range", detail))
    for part in ("budget_runs", "budget_minutes"):
        if (value := getattr(terms, part)) is not None and not 1 <= value < 2**31:
            problems.append(Problem(f"/{part}", "range", _("At least 1, or nothing for no limit.")))
    if problems:
        raise Invalid(_("This rule cannot be kept."), problems=problems)
    return condition


# -- looking ----------------------------------------------------------------------------------------------


def evaluate_rules(*, now: datetime | None = None) -> list[RetrainFiring]:
    """Look at every rule that is not paused, and start the runs that are due."""
    rules = RetrainRule.objects.filter(paused=False).order_by("pk").values_list("pk", flat=True)
    found = each(lambda pk: evaluate_rule(rule_id=pk, now=now), list(rules))
    return [firing for firing in found if firing is not None]


@transaction.atomic
def evaluate_rule(*, rule_id: UUID, now: datetime | None = None) -> RetrainFiring | None:
    """Look at one rule; the firing, if it has started a run.

    However many look at the same moment, one of them fires: they take turns by field, and whoever is next
    finds the run at work.
    """
    rule = _in_turn(rule_id)
    if rule is None:
        return None
    now = now or timezone.now()
    look = retraining.look(rule, now)
    firing = None
    if look.verdict == "met":
        look, firing = _fire(rule, look, now)
    elif look.verdict == "over_budget" and rule.last_look.get("verdict") != "over_budget":
        _tell(rule, "retrain_over_budget", url=PAGE)
    rule.last_look, rule.last_looked_at = look.to_json(), now
    rule.save(update_fields=["last_look", "last_looked_at", "last_fired_at", "next_at"])
    return firing


def _in_turn(rule_id: UUID) -> RetrainRule | None:
    """The rule as it is once nobody else looks at one of this field."""
    about = RetrainRule.objects.filter(pk=rule_id).values_list("project", "field").first()
    if about is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ["retrain {} {}".format(*about)])
    rules = RetrainRule.objects.select_for_update(of=("self",)).select_related("project")
    return rules.filter(pk=rule_id, paused=False).first()


def _fire(rule: RetrainRule, met: Look, now: datetime) -> tuple[Look, RetrainFiring | None]:
    try:
        run = start_run(project=rule.project, field=rule.field, recipe=rule.recipe, actor=None)
    except DomainError as refused:
        return Look("refused", {**met.figures, "said": refused.message}), None
    firing = RetrainFiring.objects.create(rule=rule, run=run, figures=met.figures, fired_at=now)
    rule.last_fired_at = now
    if rule.kind == Kind.SCHEDULE:
        rule.next_at = next_time(rule.condition, now)
    audit.record("retrain_rule.fired", rule, actor=None, run=run.number, figures=met.figures)
    _tell(rule, "retrain_fired", url=f"/training/runs/{run.pk}/", run=run.number)
    return Look("fired", {**met.figures, "run": run.number}), firing


def _tell(rule: RetrainRule, kind: str, *, url: str, **data: Any) -> None:
    """Every admin of the site and of the project."""
    named = Membership.objects.filter(Q(scope=None) | Q(scope=rule.project_id), role=Role.ADMIN)
    admins = User.objects.filter(Q(is_superuser=True) | Q(pk__in=named.values("user")), is_active=True)
    for user_id in admins.order_by("pk").values_list("pk", flat=True):
        notify(
            user_id=user_id, kind=kind, url=url, project=rule.project.title, field=rule.field,
            rule=rule.kind, **data,
        )  # fmt: skip


# -- when its run has ended -------------------------------------------------------------------------------


def ended_firings() -> list[UUID]:
    """Firings whose run has ended and of which nothing has come yet."""
    ended = RetrainFiring.objects.filter(outcome="").exclude(run__state__in=retraining.LIVE)
    return list(ended.order_by("fired_at").values_list("pk", flat=True)[:200])


def conclude_firing(*, firing_id: UUID) -> RetrainFiring:
    """Promote, where the rule says so and the gate allows it; write down what came of it and tell the admins.

    Once, however many do it: the outcome is written by the first, and only that one tells.
    """
    firing = RetrainFiring.objects.select_related("rule__project", "run").get(pk=firing_id)
    if firing.outcome or firing.run.is_live:
        return firing
    outcome = _outcome(firing)
    with transaction.atomic():
        # No join: the condition must be on the row itself, to be asked again once a rival has committed.
        if RetrainFiring.objects.filter(pk=firing.pk, outcome="").update(outcome=outcome):
            url = f"/training/runs/{firing.run_id}/"
            _tell(firing.rule, f"retrain_{outcome}", url=url, run=firing.run.number)
    firing.refresh_from_db()
    return firing


def _outcome(firing: RetrainFiring) -> str:
    if firing.run.state != Run.State.SUCCEEDED:
        return Outcome.FAILED
    version = ModelVersion.objects.select_related("model", "run", "snapshot").get(run=firing.run_id)
    if not firing.rule.promote or version.stage == ModelVersion.Stage.ARCHIVED:
        return Outcome.CANDIDATE
    if version.stage == ModelVersion.Stage.PRODUCTION:
        return Outcome.PROMOTED
    try:
        promote_version(version=version, actor=None)
    except Conflict:
        # The gate's no, or somebody who promoted a version at the same moment: perhaps this one.
        version.refresh_from_db()
        in_production = version.stage == ModelVersion.Stage.PRODUCTION
        return Outcome.PROMOTED if in_production else Outcome.REFUSED
    return Outcome.PROMOTED
