"""The only way from an id in a URL to a row. Whoever may not see it hears that it is not there."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Membership, Role, User
from common.errors import Forbidden, NotFound
from tasks_app.access import project_for
from tasks_app.models import Project
from training import asking
from training.analysing import results_of
from training.analysis_filter import Filter
from training.analysis_parts import part_of
from training.asking import Asked
from training.collected import Collected, read_collected
from training.collected_tables import TABLES, Table
from training.models import (
    ActiveLearning,
    Analysis,
    AnalysisFinding,
    Model,
    ModelVersion,
    Preannotation,
    Prediction,
    Recipe,
    RetrainRule,
    Rollout,
    Run,
    Snapshot,
    VersionComparison,
)


def projects_of_admin(user: User) -> QuerySet[Project]:
    """The projects whose models `user` may train: all for a site's admin, else those named to them."""
    if Role.ADMIN in roles.site_roles(user):
        return Project.objects.all()
    named = Membership.objects.filter(user=user, role=Role.ADMIN, scope__isnull=False).values("scope")
    return Project.objects.filter(pk__in=named)


def require_trainer_desk(user: User) -> None:
    """Let in whoever administers the site or at least one project."""
    if Role.ADMIN not in roles.site_roles(user) and not projects_of_admin(user).exists():
        raise NotFound(_("There is nothing here, or it is not yours to see."))


def project_to_train(user: User, project_id: UUID) -> Project:
    project = projects_of_admin(user).filter(pk=project_id).first()
    if project is None:
        raise NotFound(_("There is no such project."))
    return project


def runs_for(user: User) -> QuerySet[Run]:
    return Run.objects.filter(project__in=projects_of_admin(user)).select_related("project", "snapshot")


def run_for(user: User, run_id: UUID) -> Run:
    run = (
        runs_for(user)
        .select_related("version__model", "search__best", "search__recipe")
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


def recipes_for(user: User) -> QuerySet[Recipe]:
    """Those of the projects whose models `user` may train, and the site's."""
    return Recipe.objects.filter(Q(project__in=projects_of_admin(user)) | Q(project=None))


def recipe_for(user: User, recipe_id: UUID) -> Recipe:
    require_trainer_desk(user)
    recipe = recipes_for(user).filter(pk=recipe_id).first()
    if recipe is None:
        raise NotFound(_("There is no such recipe."))
    return recipe


def rules_for(user: User) -> QuerySet[RetrainRule]:
    return RetrainRule.objects.filter(project__in=projects_of_admin(user)).select_related("project")


def rule_for(user: User, rule_id: UUID) -> RetrainRule:
    rule = rules_for(user).filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("There is no such rule."))
    return rule


def snapshots_for(user: User) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(project__in=projects_of_admin(user)).select_related("project")


def active_learning_of(project: Project) -> ActiveLearning:
    wish = ActiveLearning.objects.filter(project=project).select_related("version__model").first()
    if wish is None:
        raise NotFound(_("Active learning is off in this project."))
    return wish


def require_part(name: str) -> None:
    """A part, or a page that shows one of them in its own way."""
    if part_of(name) is None:
        raise NotFound(_("An analysis has no such part."))


def analysis_of(project: Project) -> Analysis:
    """The latest that was asked for."""
    wish = Analysis.objects.filter(project=project).order_by("-asked_at", "-pk").first()
    if wish is None:
        raise NotFound(_("Nothing has been analysed here yet."))
    return wish


def collected_of(project: Project, wanted: Filter) -> Collected:
    """What the latest analysis kept of the project's turns, filtered."""
    result = results_of(analysis_of(project)).get("topics")
    if result is None:
        raise NotFound(_("This part has not been computed yet."))
    return read_collected(project, result, wanted)


def collected_table(project: Project, name: str, wanted: Filter) -> Table:
    if name not in TABLES:
        raise NotFound(_("There is no such table."))
    return TABLES[name](collected_of(project, wanted))


def findings_of(project: Project, ids: Iterable[str]) -> list[AnalysisFinding]:
    """Those of these ids that are the project's, in their order; words that are no id are nobody's."""
    wanted = [int(one) for one in ids if one.isdecimal() and len(one) < 19]
    rows = AnalysisFinding.objects.filter(result__project=project, pk__in=wanted)
    return list(rows.select_related("result").order_by("pk"))


def task_ids(ids: Iterable[str]) -> list[UUID]:
    """Words that are no id are left out, like those of tasks that are not there."""
    found = []
    for one in ids:
        with suppress(ValueError):
            found.append(UUID(one))
    return found


def snapshot_for(user: User, snapshot_id: UUID) -> Snapshot:
    snapshot = snapshots_for(user).filter(pk=snapshot_id).first()
    if snapshot is None:
        raise NotFound(_("There is no such snapshot."))
    return snapshot


def snapshot_of(project: Project, snapshot_id: UUID) -> Snapshot:
    """For whoever may see the project."""
    snapshot = Snapshot.objects.filter(project=project, pk=snapshot_id).first()
    if snapshot is None:
        raise NotFound(_("There is no such snapshot."))
    return snapshot


def models_for(user: User) -> QuerySet[Model]:
    return Model.objects.filter(project__in=projects_of_admin(user)).select_related("project")


def model_for(user: User, name: str) -> Model:
    model = models_for(user).filter(name=name).first()
    if model is None:
        raise _no_model()
    return model


def version_for(user: User, name: str, number: int) -> ModelVersion:
    version = (
        ModelVersion.objects.filter(model__in=models_for(user), model__name=name, number=number)
        .select_related("model", "run", "snapshot")
        .first()
    )
    if version is None:
        raise NotFound(_("This model has no such version."))
    return version


def comparisons_of(model: Model) -> QuerySet[VersionComparison]:
    """Newest first; for a model that `model_for` gave."""
    found = VersionComparison.objects.filter(version__model=model).select_related("version", "other")
    return found.order_by("-queued_at", "-pk")


def model_to_ask(user: User, name: str) -> Asked:
    """The model, if `user` may have it predict: requesters and admins of the site or of its project."""
    found = asking.find_model(user.pk, name)
    if found is None:
        raise _no_model()
    return found


def version_to_suggest(user: User, name: str, number: int) -> ModelVersion:
    """A version, if `user` may have it suggest answers: whoever asks for answers in its own project."""
    model = model_to_ask(user, name).model
    if not _is_requester(user, model.project_id):
        raise _no_model()
    found = ModelVersion.objects.filter(model=model, number=number).select_related("model__project").first()
    if found is None:
        raise NotFound(_("This model has no such version."))
    return found


def _is_requester(user: User, project_id: UUID) -> bool:
    """A requester of the site may ask every model, but changes nothing in the projects of others."""
    owns = Project.objects.filter(pk=project_id, owner=user).exists()
    return owns or Role.REQUESTER in roles.roles_in(user, project_id)


def preannotation_for(user: User, wish_id: UUID) -> Preannotation:
    wish = Preannotation.objects.filter(pk=wish_id).select_related("version__model").first()
    if wish is None or not _is_requester(user, wish.project_id):
        raise NotFound(_("There is no such work."))
    return wish


def rollout_for(user: User, rollout_id: UUID) -> Rollout:
    found = Rollout.objects.filter(pk=rollout_id, model__in=models_for(user))
    rollout = found.select_related("version__model", "version__run", "version__snapshot", "baseline").first()
    if rollout is None:
        raise NotFound(_("There is no such trial."))
    return rollout


def prediction_for(user: User, prediction_id: UUID) -> Prediction:
    """The prediction, if it was `user` who asked for it."""
    found = Prediction.objects.filter(pk=prediction_id, requested_by=user).first()
    if found is None:
        raise no_prediction()
    return found


def prediction_to_judge(user: User, prediction_id: UUID) -> Prediction:
    """One that `user` asked for, or that a model of a project they run gave to somebody else."""
    found = Prediction.objects.select_related("version__model").filter(pk=prediction_id).first()
    if found is None or not (found.requested_by_id == user.pk or _runs(user, found)):
        raise no_prediction()
    return found


def _runs(user: User, prediction: Prediction) -> bool:
    try:
        project_for(user, prediction.version.model.project_id)
    except (NotFound, Forbidden):
        return False
    return True


def no_prediction() -> NotFound:
    return NotFound(_("There is no such prediction."))


def _no_model() -> NotFound:
    return NotFound(_("There is no such model."))
