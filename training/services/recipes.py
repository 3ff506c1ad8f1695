"""Recipes that are kept under a name."""

import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common import audit
from common.errors import Conflict, Forbidden, Invalid, Problem
from tasks_app.models import Project
from training.base_models import check_base_model
from training.models import Recipe
from training.recipes import build_config
from training.snapshots import current_fields


def recipes_of(project: Project) -> QuerySet[Recipe]:
    """The project's own recipes and the site's; of two of one name, the project's own comes first."""
    mine = Recipe.objects.filter(Q(project=project) | Q(project=None))
    return mine.order_by("name", "project_id", "created_at")


def settings_of(*, project: Project, head: str, recipe: object) -> object:
    """What `recipe` stands for: itself, unless it is the name or the id of one that was kept.

    {"kept": NAME, …} takes that one with other settings of its own.
    """
    if isinstance(recipe, Mapping) and isinstance(recipe.get("kept"), str):
        kept = settings_of(project=project, head=head, recipe=recipe["kept"])
        more = {name: value for name, value in recipe.items() if name != "kept"}
        return {**kept, **more} if isinstance(kept, Mapping) else more
    if not isinstance(recipe, str):
        return recipe
    named = Q(name=recipe)
    with contextlib.suppress(ValueError):
        named |= Q(pk=UUID(recipe))
    found = recipes_of(project).filter(named).first()
    if found is None:
        raise _refused("unknown_recipe", _("There is no recipe of this name here."))
    if found.head != head:
        detail = _("This recipe is for fields of the type “%(theirs)s”, and this one is of “%(ours)s”.")
        raise _refused("other_head", detail % {"theirs": found.head, "ours": head})
    return dict(found.settings)


@transaction.atomic
def keep_recipe(
    *, project: Project, field: str, name: str, settings: Any, actor: User, whole_site: bool = False
) -> Recipe:
    """Keep settings, checked for `field`, under a name of the project, or of the whole site.

    Raises Invalid for settings that cannot work, Conflict for a name that is taken, Forbidden for a recipe
    of the site by anybody but its admin.
    """
    if whole_site and Role.ADMIN not in roles.site_roles(actor):
        raise Forbidden(_("Only an admin of the whole site may keep a recipe for all projects."))
    chosen = next((entry for entry in current_fields(project)[1] if entry.name == field), None)
    if chosen is None:
        detail = _("This project has no such field that a model can learn.")
        raise Invalid(detail, problems=[Problem("/field", "unknown_field", detail)])
    config = build_config(chosen.to_json(), settings)
    check_base_model(config.base_model, project=project, actor=actor)
    try:
        with transaction.atomic():
            recipe = Recipe.objects.create(
                project=None if whole_site else project, name=name, head=chosen.type, settings=settings,
                created_by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("There is a recipe of this name already."), code="name_taken") from None
    audit.record("recipe.kept", recipe, actor=actor.pk)
    return recipe


@transaction.atomic
def drop_recipe(*, recipe: Recipe, actor: User) -> None:
    """Forget a recipe; runs that were made with it keep their settings."""
    if recipe.project_id is None and Role.ADMIN not in roles.site_roles(actor):
        raise Forbidden(_("Only an admin of the whole site may drop a recipe of all projects."))
    audit.record("recipe.dropped", recipe, actor=actor.pk)
    recipe.delete()


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, problems=[Problem("/recipe", code, detail)])
