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


@pytest.mark.parametrize(
    "state", ["primary", "ghost", "danger", "small", "large", "block", "disabled", "aria-busy"]
)
def test_every_kind_of_button_is_shown(page: tuple[str, set[str]], state: str) -> None:
    assert re.search(rf'class="btn [^"]*\b{state}\b|<button[^>]*class="btn[^>]*{state}', page[0])


# Classes that only a component writes; `card`, `row`, `stack` and the like arrange what pages hold.
DRAWN = {
    "alert", "btn", "chip", "crumbs", "dialog", "dialog-head", "empty", "facts", "field", "figure", "icon",
    "page-head", "pagination", "progress", "skeleton", "steps", "table", "table-scroll", "tabs",
    "icon-btn", "talk", "thumbs",
}  # fmt: skip
# What may write one nevertheless.
EXCEPTIONS = {
    # allauth's pages hand their attributes and slots to these: they are the components there.
    "allauth/elements/alert.html": {"alert"},
    "allauth/elements/badge.html": {"chip"},
    "allauth/elements/button.html": {"btn"},
    "allauth/elements/field.html": {"field"},
    "allauth/elements/table.html": {"table", "table-scroll"},
    # Its turns carry forms of their own.
    "customer_service/_talk.html": {"talk"},
    # Empty until js/workbench/notices.js fills it and says how grave it is.
    "tasks_app/workbench.html": {"alert"},
}


def raw_pieces(markup: str) -> set[str]:
    """Classes of components that a template writes itself."""
    plain = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", markup, flags=re.DOTALL)
    written = re.findall(r"""\bclass=(?:"([^"]*)"|'([^']*)')""", plain)
    return DRAWN & {name for double, single in written for name in (double or single).split()}


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ('<button class="btn">x</button>', {"btn"}),
        ('<a href="{% url "models" %}" class="wide btn{% if one %} primary{% endif %}">x</a>', {"btn"}),
        ("<span class='{% if one %}chip{% endif %}'>1</span>", {"chip"}),
        ('<dl class="pad facts"><dt class="table-scroll">', {"facts", "table-scroll"}),
        ('{% button kind="primary" %}{{ alert }}{% endbutton %}<div class="alerts btn-row">', set()),
    ],
)
def test_a_template_that_draws_a_component_itself_is_seen(markup: str, found: set[str]) -> None:
    assert raw_pieces(markup) == found


def test_scripts_know_the_kinds_of_buttons_that_the_component_has() -> None:
    """What scripts make on their own, in the workbench and the designer, looks like what templates make."""
    kinds = {"btn", "primary", "ghost", "danger", "small", "large", "block", "suggested-point"}
    written = [
        name
        for path in ROOT.glob("static/js/**/*.js")
        for quoted in re.findall(r"""["'`](btn\b[^"'`]*)["'`]""", path.read_text(encoding="utf-8"))
        for name in re.sub(r"\$\{[^}]*\}?", " ", quoted).split()
    ]
    assert "btn" in written
    assert set(written) - kinds == set()


def test_templates_are_made_of_components() -> None:
    found = {
        path.relative_to(ROOT / "templates").as_posix(): raw_pieces(path.read_text(encoding="utf-8"))
        for path in ROOT.glob("templates/**/*.html")
        if path.parent.name != "components"
    }
    assert {name: pieces for name, pieces in found.items() if pieces} == EXCEPTIONS
