from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.currencies import show_money
from common.errors import Conflict, Forbidden, Invalid, Problem
from rewards.services import ledger
from tasks_app import access, categories, selectors
from tasks_app.fields.problem import Rejected
from tasks_app.fields.schema import fields_to_json, parse_fields
from tasks_app.gallery import catalogue as gallery
from tasks_app.models import Item, Project, SchemaVersion
from tasks_app.protecting import estimating, rescanning
from tasks_app.requiring import check_qualification
from tasks_app.saying import in_words
from tasks_app.services import ranking, refunds, slots

# Changing these after publishing would change the deal for people who are already at work.
FIXED_ONCE_PUBLISHED = {"reward_minor", "currency", "privacy_policy", "privacy_scope"}
MOST_REVIEWERS = 3
_LIVE = {Project.State.PUBLISHED, Project.State.PAUSED}


def refuse(error: Rejected, where: str = "") -> Invalid:
    """A pure core's complaint as a refusal with JSON pointers."""
    problems = [Problem(where + p.pointer, p.code, in_words(p)) for p in error.problems]
    return Invalid(_("Some of what was sent does not fit."), problems=problems)


@transaction.atomic
def create_project(*, owner: User, template: str = "", fields: Any = None, **settings: Any) -> Project:
    """A draft, filled from a gallery template where one is named; what is given overrides the template."""
    if template:
        chosen = _template(template)
        settings = {**settings_of(chosen, owner.language), **settings}
        fields = chosen.fields if fields is None else fields
    project = Project(owner=owner, template=template, **settings)
    _check(project)
    project.save()
    if fields:
        set_fields(project=project, fields=fields, actor=owner)
    audit.record("project.created", project, actor=owner.pk, template=template)
    return project


def _template(name: str) -> gallery.Template:
    try:
        return gallery.template(name)
    except gallery.UnknownTemplate:
        known = ", ".join(t.name for t in gallery.templates())
        detail = _("There is no template “%(name)s”. There are: %(known)s.") % {"name": name, "known": known}
        raise Invalid(detail, problems=[Problem("/template", "unknown", detail)]) from None


def settings_of(chosen: gallery.Template, language: str) -> dict[str, Any]:
    return {
        "title": chosen.title_in(language),
        "instructions": chosen.instructions_in(language),
        "languages": list(chosen.languages),
        "reward_minor": chosen.reward["amount_minor"],
        "currency": chosen.reward["currency"],
        "overlap_min": chosen.overlap["min"],
        "overlap_max": chosen.overlap["max"],
        "confidence": chosen.overlap["confidence"],
        "lease_seconds": chosen.lease_seconds,
        "gold_share": chosen.gold_share,
        "sample_check_share": chosen.sample_check_share,
        "sampling": chosen.sampling,
        "max_per_person": chosen.max_per_person,
        "max_per_group": chosen.max_per_group,
        "reviewers_needed": chosen.reviewers_needed,
    }


def _check(project: Project) -> None:
    problems = []
    if project.overlap_max < project.overlap_min:
        problems.append(Problem("/overlap/max", "too_small", _("The maximum is below the minimum.")))
    if not 0 < project.confidence <= 1:
        problems.append(Problem("/overlap/confidence", "range", _("Give a share above 0 and up to 1.")))
    if not 30 <= project.lease_seconds <= 7 * 24 * 3600:
        problems.append(Problem("/lease_seconds", "range", _("Give between 30 seconds and a week.")))
    if not 1 <= project.reviewers_needed <= MOST_REVIEWERS:
        detail = _("Give 1 to %d reviewers.") % MOST_REVIEWERS
        problems.append(Problem("/reviewers_needed", "range", detail))
    for name in ("max_per_person", "max_per_group"):
        if getattr(project, name) == 0:
            problems.append(Problem(f"/{name}", "range", _("Give at least 1, or nothing for no limit.")))
    if project.erasure_models == Project.ErasureOfModels.KEEP and not project.erasure_ground.strip():
        detail = _("Write down the legal ground on which models may be kept.")
        problems.append(Problem("/erasure_ground", "required", detail))
    project.qualification, found = check_qualification(project.qualification)
    problems += found
    try:
        categories.parse(project.error_categories)
    except Rejected as error:
        problems += [Problem(f"/error_categories{p.pointer}", p.code, in_words(p)) for p in error.problems]
    if problems:
        raise Invalid(_("Some settings do not fit together."), problems=problems)


@transaction.atomic
def set_fields(*, project: Project, fields: Any, actor: User) -> SchemaVersion:
    """Make the next schema version; answers already given keep the version that they were given under."""
    try:
        parsed = parse_fields(fields)
    except Rejected as error:
        raise refuse(error) from None
    Project.objects.select_for_update().get(pk=project.pk)
    canonical = fields_to_json(parsed)
    latest = project.schema_versions.order_by("-number").first()
    if latest is not None and latest.fields == canonical:
        return latest
    number = (project.schema_versions.aggregate(n=Max("number"))["n"] or 0) + 1
    version = SchemaVersion.objects.create(project=project, number=number, fields=canonical)
    audit.record("project.fields_changed", project, actor=actor.pk, version=number)
    return version


@transaction.atomic
def update_project(*, project: Project, actor: User, fields: Any = None, **settings: Any) -> Project:
    """Change what is named and nothing else: whatever happens to the row at the same moment stands.

    `project` says which one; what was written into that object, as forms do, is not looked at.
    """
    # Not against foreign keys: while this waits, nobody's claim of an item waits with it.
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    changed = {name: value for name, value in settings.items() if value != getattr(row, name)}
    _refuse_fixed(row, changed)
    _check_who_reveals(row, actor, changed)
    read_anew = _reads_otherwise(row, changed)
    by_priority = row.sampling == Project.Sampling.PRIORITY
    for name, value in changed.items():
        setattr(row, name, value)
    _check(row)
    if changed:
        row.save(update_fields=list(changed))
    if by_priority and row.sampling != Project.Sampling.PRIORITY:
        ranking.forget_priorities(row)
    if fields is not None:
        set_fields(project=row, fields=fields, actor=actor)
    audit.record("project.updated", row, actor=actor.pk, changed=sorted(changed))
    if read_anew:
        rescanning.start_rescan(project=row, actor=actor)
    project.refresh_from_db()
    return project


def _refuse_fixed(project: Project, changed: Collection[str]) -> None:
    fixed = FIXED_ONCE_PUBLISHED.intersection(changed)
    if fixed and project.state != Project.State.DRAFT:
        detail = _("This cannot change once the project was published: %(names)s.") % {
            "names": ", ".join(sorted(fixed))
        }
        raise Conflict(detail, code="published")


def _reads_otherwise(project: Project, changed: Mapping[str, Any]) -> bool:
    """Whether what was imported has to be read again under the new settings."""
    if not {"privacy_policy", "privacy_scope"}.intersection(changed):
        return False
    keeps = changed.get("privacy_policy", project.privacy_policy) == Project.PrivacyPolicy.KEEP
    return not keeps and Item.objects.filter(project=project).exists()


def _check_who_reveals(project: Project, actor: User, changed: Collection[str]) -> None:
    if "may_reveal" in changed and not access.decides_on_originals(actor, project):
        raise Forbidden(_("Only the project's owner and administrators decide who sees originals."))


def fund_project(*, project: Project, amount_minor: int, actor: User, key: str) -> None:
    """Put money into the project's escrow. Waiting items of a published project open as far as it goes."""
    if amount_minor <= 0:
        detail = _("Give an amount above zero, in minor units (cents).")
        raise Invalid(detail, problems=[Problem("/amount_minor", "range", detail)])
    with transaction.atomic():
        ledger.fund_project(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=amount_minor,
            key=key,
            actor=actor.pk,
        )
        audit.record("project.funded", project, actor=actor.pk, amount_minor=amount_minor)
        slots.open_waiting(project_id=project.pk)


def missing_to_publish(project: Project) -> list[Problem]:
    """Everything that stands between a draft and the crowd."""
    missing = []
    if not project.instructions.strip():
        missing.append(
            Problem("/instructions", "empty", _("Write instructions: people need to know what counts."))
        )
    if not selectors.current_fields(project):
        missing.append(Problem("/fields", "empty", _("Add at least one answer field.")))
    if not Item.objects.filter(project=project, gold__isnull=True).exists():
        missing.append(Problem("/items", "empty", _("Import at least one item that is not gold.")))
    elif short := slots.missing_minor(project):
        amount = show_money(short, project.currency)
        text = _("Fund the project with another %(amount)s, so that every answer asked for can be paid.")
        missing.append(Problem("/budget", "insufficient_funds", text % {"amount": amount}))
    return missing + estimating.missing_checks(project)


@transaction.atomic
def publish_project(*, project: Project, actor: User) -> Project:
    # As it stands: another may have ended the project, or its pilot, since it was read.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    project.refresh_from_db()
    if project.state == Project.State.FINISHED:
        raise Conflict(_("A finished project cannot be published again. Make a copy."), code="finished")
    if missing := missing_to_publish(project):
        raise Conflict(
            _("The project cannot be published yet."),
            code="not_ready",
            problems=missing,
            missing_minor=slots.missing_minor(project),
        )
    if project.state != Project.State.PUBLISHED:
        project.state = Project.State.PUBLISHED
        project.published_at = project.published_at or timezone.now()
        project.save(update_fields=["state", "published_at"])
        audit.record("project.published", project, actor=actor.pk)
    slots.open_waiting(project_id=project.pk)
    return project


@transaction.atomic
def pause_project(*, project: Project, actor: User) -> Project:
    changed = Project.objects.filter(pk=project.pk, state=Project.State.PUBLISHED).update(
        state=Project.State.PAUSED, paused_at=timezone.now()
    )
    project.refresh_from_db()
    if not changed and project.state != Project.State.PAUSED:
        raise Conflict(_("Only a published project can be paused."), code="not_published")
    if changed:
        audit.record("project.paused", project, actor=actor.pk)
    return project


@transaction.atomic
def finish_project(*, project: Project, actor: User) -> Project:
    """End for good: nobody is asked any more, and what nobody can be owed goes back to whoever funded it."""
    changed = Project.objects.filter(pk=project.pk, state__in=_LIVE).update(
        state=Project.State.FINISHED, finished_at=timezone.now()
    )
    project.refresh_from_db()
    if not changed:
        if project.state == Project.State.FINISHED:
            return project
        raise Conflict(_("Only a published or paused project can be finished."), code="not_published")
    refunds.refund_unused(project_id=project.pk, actor=actor.pk)
    audit.record("project.finished", project, actor=actor.pk)
    return project
