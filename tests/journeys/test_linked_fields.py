"""Scales, ranks and links all the way: imported, answered in the browser, exported, imported again."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.consensus import aggregate_item
from annotations.models import Answer, Consensus
from tasks_app.models import Item, Project
from tasks_app.services import imports
from tests.annotations.crowd import answer, make_reviewer
from tests.annotations.test_linked_fields import ALSO, ARABIC, CHINESE, ENGLISH, FIELDS, PAYLOAD, link
from tests.factories import client_of, make_project, make_user
from tests.journeys.conftest import Visits
from tests.journeys.looks import serious, too_wide

pytestmark = pytest.mark.browser


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def load(project: Project, content: bytes) -> Item:
    """Import by the same job as an upload; its task runs at once here."""
    job = imports.start_import(
        project=project, actor=project.owner, chunks=[content], format="jsonl", options={}
    )
    job.refresh_from_db()
    assert (job.state, job.errors) == ("succeeded", [])
    return Item.objects.get(project=project)


def label(page: Page) -> None:
    """What stands where is known, so each mark is made by the keys that reach it."""
    bench = "document.querySelector('manyhands-workbench').bench"
    for number, span in ((1, ENGLISH), (1, CHINESE), (2, ALSO), (2, ARABIC)):
        page.evaluate(f"(span) => {bench}.select(span)", span)
        page.keyboard.press(str(number))
    # From the first answer to the question behind, from the second one to the question before.
    for source, target in ((ARABIC, CHINESE), (ALSO, ENGLISH)):
        for place in (source, target):
            found = f"{bench}.marksOn(place.turn).find((one) => one.span.start === place.start)"
            page.evaluate(f"(place) => {bench}.pick({found})", place)
            page.keyboard.press("3")
    page.locator("[data-field=tone] [data-option='1']").click()
    page.locator("[data-turn='0'] .who").click()
    page.locator("[data-field=mood] [data-option='2']").click()
    for name in ("c", "a"):
        page.locator(f"[data-field=best] [data-option={name}]").click()


def test_from_a_file_to_a_file(visit: Visits) -> None:
    project = make_project(
        fields=FIELDS, overlap_max=3, confidence=0.5, title="Links 关联", privacy_policy="keep"
    )
    item = load(project, json.dumps({"id": "one", **PAYLOAD}, ensure_ascii=False).encode())
    item.refresh_from_db()
    page = visit(f"/projects/{project.pk}/label/", make_user("Ada"))
    page.wait_for_selector("[data-item]")
    label(page)
    expect(page.locator(".link-chip")).to_have_count(2)
    visit.keep(page, "links-workbench")
    with page.expect_response("**/submit") as sent:
        page.keyboard.press("Enter")
    assert sent.value.status == 201
    said = Answer.objects.get(project=project).value
    assert said == {
        "qa": [ENGLISH, CHINESE, ARABIC, ALSO],
        "links": [link(2, 1), link(3, 0)],
        "tone": 1,
        "mood": [{"turn": 0, "value": 2}],
        "best": ["c", "a", "ب"],
    }
    for _ in range(2):
        answer(item, make_user(), said)
    aggregate_item(item.pk)
    assert dict(Consensus.objects.filter(item=item).values_list("field", "value")) == said
    url = f"/api/v1/projects/{project.pk}/export?format=jsonl&which=all"
    body = client_of(project.owner).get(url, SERVER_NAME="localhost")
    other = make_project(fields=FIELDS, privacy_policy="keep")
    copy = load(other, body.getvalue())
    assert dict(Consensus.objects.filter(item=copy).values_list("field", "value")) == said
    look(visit, project, item)


def look(visit: Visits, project: Project, item: Item) -> None:
    """The pages that show what was said, wide and narrow."""
    Consensus.objects.filter(item=item, field="links").update(state="review", cause="doubt")
    reviewer = make_reviewer(project)
    paths: dict[str, Any] = {
        "links-review": (f"/projects/{project.pk}/review/", reviewer),
        "links-item": (f"/items/{item.pk}/", reviewer),
        "links-settings": (f"/projects/{project.pk}/settings/", project.owner),
        "links-quality": (f"/projects/{project.pk}/quality/", project.owner),
    }
    for name, (path, user) in paths.items():
        for width in (1280, 390):
            page = visit(path, user, width=width)
            if name == "links-settings":
                page.locator(".field-types summary").click()
            assert serious(page) == []
            assert too_wide(page) == []
            visit.keep(page, f"{name}-{width}")
