"""Which base model a person may name: a name is anybody's, a folder of the server is not."""

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import Conflict, Invalid, Problem
from tasks_app.models import Project
from training.engine.config import STARTER, FitConfig
from training.models import ModelVersion, Recipe, Run


def check_base_model(name: str, *, project: Project, actor: User | None) -> None:
    """Raise Invalid unless `actor` may start from this base model in this project.

    The shipped encoder, the site's own choice, hub names, folders under BASE_MODELS_DIRS, the project's own
    versions, and what a recipe of the whole site names. Any other folder only for an admin of the site: what
    lies there may be another project's. Without an actor (a rule, the command line) it was decided before.
    """
    if actor is None or is_allowed(name) or Role.ADMIN in roles.site_roles(actor):
        return
    folder = Path(name).expanduser().resolve()
    own = ModelVersion.objects.filter(model__project=project).exclude(path="")
    if folder in {version.folder.resolve() for version in own.only("path")}:
        return
    if Recipe.objects.filter(project=None, settings__base_model=name).exists():
        return
    detail = _("You may name a hub name, “starter”, a version of this project, or a folder that the site's "
               "admins have set aside for base models.")  # fmt: skip
    raise Invalid(detail, problems=[Problem("/recipe/base_model", "not_allowed", detail)])


def is_allowed(name: str) -> bool:
    """Whether it is a hub name, “starter”, the site's own choice, or a folder under BASE_MODELS_DIRS."""
    folder = Path(name).expanduser().resolve()
    roots = [Path(root).resolve() for root in settings.BASE_MODELS_DIRS]
    return _is_open(name) or any(folder.is_relative_to(root) for root in roots)


def refuse_quarantined_base(name: str) -> None:
    """Raises Conflict for a version that learned from erased data, however it is named: what is trained from
    it has learned from them too."""
    if (base := quarantined_base(resolved_base(name))) is not None:
        raise Conflict(
            _("Version %d learned from data that was erased since; nothing can be trained from it.")
            % base.number,
            code="quarantined",
        )


def refuse_taught_base(config: FitConfig, *, project: Project) -> None:
    """A private run cannot start from a version of its own project: that one has seen the conversations, and
    what it spent on them, or that it bounded nothing, would stand on no card."""
    if not config.is_private:
        return
    rows = ModelVersion.objects.filter(model__project=project)
    if _version_at(resolved_base(config.base_model), rows) is not None:
        detail = _("A version of this project has learned from its conversations already, so that no budget "
                   "of privacy would hold. Start from another base model.")  # fmt: skip
        raise Invalid(detail, problems=[Problem("/recipe/base_model", "private", detail)])


def quarantined_base(base: str) -> ModelVersion | None:
    """The version in quarantine that has this (resolved) name or folder."""
    return _version_at(base, ModelVersion.objects.exclude(quarantined_at=None))


def hold_base(run: Run) -> None:
    """Until the caller's transaction ends the version that the run starts from goes into no quarantine: the
    erasure came before and is seen, or comes after and sees what the caller has written."""
    if (base := _version_at(base_of(run), ModelVersion.objects.all())) is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"promote {base.model_id}"])


def _version_at(base: str, rows: QuerySet[ModelVersion]) -> ModelVersion | None:
    found = rows.only("path", "hub", "number", "model") if base and base != STARTER else []
    return next((version for version in found if base in places_of(version)), None)


def base_of(run: Run) -> str:
    """What a run starts from, a folder as its full path; "" where it names nothing."""
    return resolved_base(str(run.recipe.get("base_model") or ""))


def resolved_base(name: str) -> str:
    return str(Path(name).expanduser().resolve()) if name.startswith(("/", ".", "~")) else name


def places_of(version: ModelVersion) -> list[str]:
    """Under what names a version can be a base model: its folder, and where it was pushed to."""
    places = [str(version.folder.resolve()), str(version.folder)]
    return [*places, version.hub["repo"]] if version.hub.get("repo") else places


def _is_open(name: str) -> bool:
    """Whether it is a name and not a place: a relative path that is there may look like a hub name."""
    if name in (STARTER, settings.BASE_MODEL):
        return True
    looks_like_one = not name.startswith(("/", ".", "~")) and name.count("/") <= 1 and ".." not in name
    return looks_like_one and not Path(name).exists()
