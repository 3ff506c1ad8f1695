"""Help from docs/: a short page for each topic in both languages, and a link from each page to its own."""

import pytest

from config import help as topics
from config.help import DOCS, LONGER, topic_of

NAMES = sorted(path.stem for path in (DOCS / "help" / "en").glob("*.md"))


def test_every_topic_stands_in_both_languages():
    assert sorted(path.stem for path in (DOCS / "help" / "zh-hans").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_topic_is_shown_in_the_readers_language(client, db, name):
    english = client.get(f"/help/{name}/")
    chinese = client.get(f"/help/{name}/", headers={"Accept-Language": "zh-Hans"})
    assert english.status_code == chinese.status_code == 200
    assert english.context["topic"].title != chinese.context["topic"].title


def test_all_routes_lead_to_topics_that_are_there():
    assert set(topics._ROUTES.values()) <= set(NAMES)
    assert set(LONGER) <= set(NAMES)


@pytest.mark.parametrize(
    ("route", "topic"),
    [
        ("catalogue", "annotating"), ("project", "projects"), ("project-design", "fields"),
        ("project-quality", "quality"), ("project-review", "review"), ("model", "models"),
        ("privacy-desk", "privacy"), ("home", ""), (None, ""),
    ],
)  # fmt: skip
def test_each_page_knows_its_topic(route, topic):
    assert topic_of(route) == topic


def test_longer_documents_are_those_named_and_no_others(client, db):
    for name in LONGER.values():
        assert client.get(f"/help/docs/{name}/").status_code == 200
    assert client.get("/help/docs/deployment/").status_code == 404
    assert client.get("/help/nothing/").status_code == 404


def test_a_page_links_to_its_help(client, db):
    assert 'href="/help/privacy/"' in client.get("/privacy/notice/").text
