"""Which base model a person may name: a name is anybody's, a folder of the server is not."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import Invalid, Problem
from tasks_app.models import Project
from training.engine.config import STARTER
from training.models import ModelVersion, Recipe


def check_base_model(name: str, *, project: Project, actor: User | None) -> None:
    """Raise Invalid unless `actor` may start from this base model in this project.

    The shipped encoder, the site's own choice, hub names, folders under BASE_MODELS_DIRS, the project's own
    versions, and what a recipe of the whole site names. Any other folder only for an admin of the site: what
    lies there may be another project's. Without an actor (a rule, the command line) it was decided before.
    """
    if actor is None or _is_open(name) or Role.ADMIN in roles.site_roles(actor):
        return
    folder = Path(name).expanduser().resolve()
    if any(folder.is_relative_to(Path(root).resolve()) for root in settings.BASE_MODELS_DIRS):
        return
    own = ModelVersion.objects.filter(model__project=project).exclude(path="")
    if folder in {version.folder.resolve() for version in own.only("path")}:
        return
    if Recipe.objects.filter(project=None, settings__base_model=name).exists():
        return
    detail = _("You may name a hub name, “starter”, a version of this project, or a folder that the site's "
               "admins have set aside for base models.")  # fmt: skip
    raise Invalid(detail, problems=[Problem("/recipe/base_model", "not_allowed", detail)])


def _is_open(name: str) -> bool:
    """Whether it is a name and not a place: a relative path that is there may look like a hub name."""
    if name in (STARTER, settings.BASE_MODEL):
        return True
    looks_like_one = not name.startswith(("/", ".", "~")) and name.count("/") <= 1 and ".." not in name
    return looks_like_one and not Path(name).exists()
