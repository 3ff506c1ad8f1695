"""The applications that this product ships with, each of which registers itself when Django starts.

An application is what a project of one gallery template is good for in the end: models of some of its fields
put to work on a page and a REST endpoint of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Invalid, Problem
from tasks_app.gallery import catalogue
from tasks_app.models import Project


@dataclass(frozen=True, slots=True)
class Figure:
    """How well an application does on frozen test items, beside what needs no model.

    name: translated, such as "Intent, macro F1"; higher is better unless `lower_is_better`.
    baseline_name: what the baseline does, translated, such as "always the most frequent label".
    low, high: 95 % interval of `value`, where it is known. count: test items (or queries) it rests on.
    """

    key: str
    name: str
    value: float
    baseline: float | None
    baseline_name: str = ""
    count: int = 0
    low: float | None = None
    high: float | None = None
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One application.

    template: the gallery's name of it, also its part of URLs. page: name of its page's URL, which takes the
    project's id. name: what it is asked for by, where that is not the template: then it stands on no list of
    applications. most: of each file only the first lines; 0 for all. fields: those whose models it stands
    on. optional: those it can do without.
    data: labelled items to set it up with, as JSON Lines of the import's own shape with `approved` and
    `split`, one file for each language. recipes: what its set-up trains a field with, over the template's
    own recipe. prepare: after models were promoted; builds what the page needs (an index, a threshold). Run
    again, it does nothing twice. first_use: asks it once as a user would, and says in a sentence what it
    answered. measure: its figures on frozen test items, with whatever is in production now.
    """

    template: str
    page: str
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()
    data: tuple[Path, ...]
    recipes: dict[str, dict[str, Any]] = field(default_factory=dict)
    prepare: Callable[[Project], None]
    first_use: Callable[[Project, User], str]
    measure: Callable[[Project], Sequence[Figure]]
    name: str = ""
    most: int = 0

    @property
    def key(self) -> str:
        return self.name or self.template

    @property
    def gallery(self) -> catalogue.Template:
        return catalogue.template(self.template)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind


def all_kinds() -> list[Kind]:
    """Those to choose from, in the order of their names."""
    return [_kinds[name] for name in sorted(_kinds) if not _kinds[name].name]


def find_kind(template: str) -> Kind:
    """Raises Invalid for a name that no application has."""
    if template not in _kinds:
        names = ", ".join(kind.template for kind in all_kinds())
        detail = _("There is no such application. There are: %s.") % names
        raise Invalid(detail, problems=[Problem("/application", "unknown", detail)])
    return _kinds[template]


def kind_of(project: Project) -> Kind | None:
    """That of the template the project was made from; None where it has no application."""
    return _kinds.get(project.template)
