"""The component page: every token and every component, and templates that are made of components."""

import re

import pytest
from django.dispatch import Signal
from django.template import Template
from django.test import RequestFactory
from django.test.signals import template_rendered

from accounts.models import User
from config import contrast, views
from tests.architecture.test_site import ROOT

COMPONENTS = {f"components/{path.name}" for path in ROOT.glob("templates/components/*.html")}
# The workbench's own elements are driven by its scripts; the others are components themselves.
OWN = ("templates/components/", "templates/allauth/elements/", "templates/tasks_app/workbench", "_workbench_")


@pytest.fixture
def page(db: None, rf: RequestFactory) -> tuple[str, set[str]]:
    """What /design/ says, and the templates that it was made of."""
    drawn: set[str] = set()

    def note(sender: Template, template: Template, **_more: object) -> None:
        drawn.add(str(template.name))

    request = rf.get("/design/")
    request.user = User(email="ada@example.org")
    signal: Signal = template_rendered
    signal.connect(note)
    try:
        return views.design(request).content.decode(), drawn
    finally:
        signal.disconnect(note)


def test_every_component_is_shown(page: tuple[str, set[str]]) -> None:
    assert len(COMPONENTS) > 30
    assert COMPONENTS - page[1] == set()


def test_every_token_is_shown_with_its_values(page: tuple[str, set[str]]) -> None:
    for theme in ("light", "dark"):
        for name, value in contrast.tokens(theme).items():
            assert name in page[0], name
            if value.startswith("#"):
                assert value in page[0], (name, theme)


@pytest.mark.parametrize("state", ["primary", "ghost", "danger", "small", "large", "block", "disabled"])
def test_every_kind_of_button_is_shown(page: tuple[str, set[str]], state: str) -> None:
    assert re.search(rf'class="btn [^"]*\b{state}\b|<button[^>]*class="btn[^>]*{state}', page[0])


@pytest.mark.parametrize("piece", ["progress", "skeleton", "steps", "pagination"])
def test_pieces_are_made_by_their_component_only(piece: str) -> None:
    raw = re.compile(rf'<(div|nav|ol|dialog|section)[^>]*class="{piece}[ "{{]')
    found = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("templates/**/*.html")
        if raw.search(path.read_text()) and not any(own in str(path) for own in OWN)
    ]
    assert found == []
