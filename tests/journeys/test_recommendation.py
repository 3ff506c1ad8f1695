"""From the gallery to lists for people: pairs are labelled, a catalogue comes in, a list is doubted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.roles import grant
from annotations.consensus import aggregate_item
from annotations.models import Answer, Consensus
from applications.recommendation.models import CatalogueItem, Interaction, Mixture
from rewards.services import ledger
from tasks_app.models import Item, Project
from tasks_app.services import imports, projects
from tests.applications.recommendation.conftest import book, put_into_production, trained_pairs, used  # noqa: F401
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.looks import serious, too_wide
from training.models import Feedback, FeedbackCase

pytestmark = pytest.mark.browser


@pytest.fixture
def requester(site: str, tiny_encoder: Path) -> Iterator[User]:
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    with override_settings(BASE_MODEL=str(tiny_encoder)):
        yield user


def test_from_the_gallery_to_a_list(
    visit: Visits,
    requester: User,
    tmp_path: Path,
    trained_pairs: Path,  # noqa: F811
) -> None:
    page = visit("/projects/new/", requester)
    chosen = page.locator(".card", has=page.get_by_role("heading", name="Recommendation", exact=True))
    chosen.get_by_role("button", name="Use this template").click()
    page.wait_for_url("**/design/")
    project = Project.objects.get(owner=requester)
    label_a_pair(visit, project)
    put_into_production(project, trained_pairs)
    page.goto(f"{visit.site}/projects/{project.pk}/recommendation/")
    expect(page.get_by_text("The catalogue is empty")).to_be_visible()
    fill(page, tmp_path)
    learn(page)
    doubt(page, project)
    newcomer(page)
    look(visit, page, requester, project)


def label_a_pair(visit: Visits, project: Project) -> None:
    """A field about pairs: shown, answered and agreed on."""
    ledger.fund_project(
        project_id=project.pk, currency=project.currency, amount_minor=10_000, key="pair",
        actor=project.owner_id,
    )  # fmt: skip
    pair = {"id": "one", "pair": ["Bread; Soup", "Jam. Setting points and clean jars."]}
    imports.start_import(
        project=project, actor=project.owner, chunks=[json.dumps(pair).encode()], format="jsonl"
    )
    projects.publish_project(project=project, actor=project.owner)
    for name in ("Ada", "Ben", "Cleo"):
        page = visit(f"/projects/{project.pk}/label/", make_user(name))
        page.wait_for_selector("[data-item]")
        expect(page.locator("[data-turn]")).to_have_count(2)
        page.locator("[data-field=match] [data-option=yes]").click()
        with page.expect_response("**/submit") as sent:
            page.keyboard.press("Enter")
        assert sent.value.status == 201
    item = Item.objects.get(project=project)
    assert [row.value for row in Answer.objects.filter(item=item)] == [{"match": "yes"}] * 3
    aggregate_item(item.pk)
    assert Consensus.objects.get(item=item).value == "yes"


def fill(page: Page, folder: Path) -> None:
    items = folder / "books.jsonl"
    items.write_text("\n".join(json.dumps(book(number)) for number in range(30)), encoding="utf-8")
    rows = [
        used(f"reader-{one}", one % 3 + 3 * ((one * 7 + step * 2) % 10), 90 - 10 * step - one / 10)
        for one in range(30)
        for step in range(5)
    ]
    table = folder / "what.csv"
    table.write_text(
        "person,item,kind,at\n" + "".join(f"{r['person']},{r['item']},{r['kind']},{r['at']}\n" for r in rows)
    )
    for kind, file in (("Catalogue items", items), ("Interactions", table)):
        page.get_by_label("What it holds").select_option(label=kind)
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Upload").click()
        expect(page.locator(".alert.good")).to_contain_text("New:")
    assert (CatalogueItem.objects.count(), Interaction.objects.count()) == (30, 150)
    assert not CatalogueItem.objects.filter(vector=None).exists()


def learn(page: Page) -> None:
    page.get_by_role("button", name="Learn the weights").click()
    expect(page.locator("#mixture")).to_contain_text("Learned from")
    assert Mixture.objects.get().state == "done"


def doubt(page: Page, project: Project) -> None:
    page.get_by_label("Person", exact=False).first.fill("reader-2")
    page.get_by_role("button", name="Recommend").click()
    listed = page.locator("#recommended li")
    expect(listed).to_have_count(10)
    expect(listed.first).to_contain_text("Because of:")
    listed.first.get_by_role("button", name="Wrong? Not for me").click()
    expect(listed.first).to_contain_text("Thank you.")
    assert Feedback.objects.get().correction == "no"
    assert FeedbackCase.objects.get().model.project == project
    assert Interaction.objects.filter(kind="dismissed").count() == 1


def newcomer(page: Page) -> None:
    page.get_by_label("Person", exact=False).first.fill("")
    page.get_by_label("Or what somebody likes, in their words").fill("where is the parcel")
    page.get_by_role("button", name="Recommend").click()
    expect(page.locator("#recommended li")).to_have_count(10)
    expect(page.locator("#recommended")).not_to_contain_text("Because of:")


def look(visit: Visits, page: Page, requester: User, project: Project) -> None:
    visit.keep(page, "recommendation-wide")
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert too_wide(page) == []
    page.emulate_media(color_scheme="dark")
    visit.keep(page, "recommendation-phone")
