"""The four steps of a new project, and the cards of the template gallery."""

from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tasks_app.gallery import catalogue as gallery
from tasks_app.models import Project

_STEPS = (
    ("gallery", "design-gallery"),
    ("fields", "project-design"),
    ("rules", "project-rules"),
    ("check", "project-check"),
)


def steps_of(project: Project | None, current: str) -> list[dict[str, str]]:
    """For components/steps.html; each leads back or on without losing anything."""
    names = [name for name, _route in _STEPS]
    titles = {
        "gallery": _("Template"),
        "fields": _("Fields"),
        "rules": _("Rules and pay"),
        "check": _("Check and publish"),
    }
    at = names.index(current)
    return [
        {
            "title": titles[name],
            "href": reverse(route, args=[project.pk]) if project else "",
            "state": "current" if name == current else "done" if place < at else "",
        }
        for place, (name, route) in enumerate(_STEPS)
    ]


def gallery_cards() -> list[dict[str, Any]]:
    language = get_language() or "en"
    return [
        {
            "name": template.name,
            "title": template.title_in(language),
            "summary": template.summary_in(language),
            "fields": template.field_titles_in(language),
        }
        for template in gallery.templates()
    ]
