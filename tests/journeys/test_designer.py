"""A new project in four steps, in a real browser: fields by form and by JSON, preview, try it, pilot."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.roles import grant
from rewards.services import ledger
from tasks_app.models import Project, SchemaDraft
from tasks_app.services.projects import create_project
from tests.factories import make_user
from tests.journeys.conftest import Visits

TWO = [
    {"name": "intent", "type": "choice", "title": "Intent", "labels": ["refund", "delivery"]},
    {"name": "qa", "type": "span", "title": "Parts", "labels": ["question", "answer"]},
]


@pytest.fixture
def requester(db: None) -> User:
    user = make_user("rita")
    grant(user, Role.REQUESTER)
    return user


def make_draft(owner: User, fields: object = TWO) -> Project:
    return create_project(owner=owner, title="Talks", instructions="Choose.", fields=fields)


def checked(page: Page) -> None:
    """The server has said what it thinks of what stands in the editor now."""
    page.wait_for_timeout(300)
    page.wait_for_function("document.querySelector('[data-designer]').dataset.checked !== undefined")


def in_preview(page: Page, field: str):
    return page.locator(f"manyhands-preview [data-field={field}]")


def text_of(page: Page) -> list[dict[str, object]]:
    return json.loads(page.locator("#design-text").input_value())


def test_the_form_and_the_json_say_the_same_and_the_preview_follows(visit: Visits, requester: User) -> None:
    project = make_draft(requester)
    page = visit(f"/projects/{project.pk}/design/", requester, width=1440)
    expect(in_preview(page, "intent").get_by_role("radio")).to_have_count(2)
    page.get_by_label("Question", exact=True).first.fill("Why do they write?")
    expect(in_preview(page, "intent").get_by_role("heading")).to_have_text("Why do they write?")
    page.get_by_role("button", name="Add a label").first.click()
    page.keyboard.type("praise")
    expect(in_preview(page, "intent").get_by_role("radio")).to_have_count(3)
    page.locator("[data-type=scale]").click()
    page.keyboard.type("How friendly?")
    expect(in_preview(page, "tone").get_by_role("heading")).to_have_text("How friendly?")
    page.get_by_role("button", name="Move the field Parts up").click()
    page.get_by_role("tab", name="JSON").click()
    found = text_of(page)
    assert [one["name"] for one in found] == ["qa", "intent", "tone"]
    assert found[1]["labels"] == ["refund", "delivery", "praise"]
    visit.keep(page, "designer-json")
    found[0]["title"] = "Where?"
    page.locator("#design-text").fill(json.dumps(found))
    page.get_by_role("tab", name="Form").click()
    expect(page.get_by_label("Question", exact=True).first).to_have_value("Where?")
    page.get_by_role("button", name="Remove the field Why do they write?").click()
    expect(in_preview(page, "intent")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(in_preview(page, "intent")).to_have_count(1)
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="Next: rules and pay").click()
    page.wait_for_url("**/design/rules/")
    assert [one["name"] for one in project.schema_versions.latest("number").fields] == [
        "qa",
        "intent",
        "tone",
    ]


def test_every_type_can_be_added_and_drawn(visit: Visits, requester: User) -> None:
    project = make_draft(requester, fields=None)
    page = visit(f"/projects/{project.pk}/design/", requester)
    for number, kind in enumerate(("choice", "span", "scale", "text", "relation"), start=1):
        page.locator(f"[data-type={kind}]").click()
        expect(page.locator(".field-card")).to_have_count(number)
    expect(page.locator("[data-part=problems]")).to_contain_text("Everything fits.")
    expect(page.locator("manyhands-preview .bench-field")).to_have_count(5)
    page.locator("[data-type=rank]").click()
    page.get_by_text("Try it on your own text").click()
    own = {"text": "Which?", "candidates": ["One", "Two"]}
    page.get_by_label("Your own text").fill(json.dumps(own))
    expect(page.locator("manyhands-preview .bench-field")).to_have_count(6)
    expect(page.locator("manyhands-preview")).to_contain_text("Which?")


def test_what_is_wrong_is_marked_with_line_and_column(visit: Visits, requester: User) -> None:
    project = make_draft(requester)
    page = visit(f"/projects/{project.pk}/design/", requester)
    page.get_by_role("tab", name="JSON").click()
    page.locator("#design-text").fill('[\n  {"name": "intent", "type": "chioce",\n   "labels": ["a"]}\n]')
    problem = page.locator("button.problem")
    expect(problem).to_contain_text("Line 2, column 30")
    expect(problem).to_contain_text("Use one of: choice")
    expect(page.locator(".code-marks mark")).to_have_text('"chioce"')
    visit.keep(page, "designer-wrong")
    problem.click()
    chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert page.locator("#design-text:focus").evaluate(chosen) == '"chioce"'
    page.locator("#design-text").fill("[\n  {name: 'x',}\n]")
    expect(page.locator("button.problem")).to_have_count(3)
    expect(page.locator("button.problem").nth(2)).to_contain_text("Remove this comma")
    page.get_by_role("tab", name="Form").click()
    expect(page.locator("[data-part=broken]")).to_be_visible()
    # The last state that fitted is still drawn, and what was typed outlives the page.
    expect(in_preview(page, "intent")).to_have_count(1)
    expect(page.locator("[data-part=state]")).to_have_text("Draft kept")
    page.reload()
    expect(page.locator("#design-text")).to_have_value("[\n  {name: 'x',}\n]")


_SLOWLY = """() => {
    const send = window.fetch;
    let sent = 0;
    window.waiting = [];
    window.fetch = async (url, options) => {
        if (!String(url).endsWith("/draft/")) return send(url, options);
        document.documentElement.dataset.sent = String((sent += 1));
        await new Promise((done) => window.waiting.push(done));
        return send(url, options);
    };
}"""


def test_what_is_typed_while_a_draft_is_on_its_way_is_kept_too(visit: Visits, requester: User) -> None:
    project = make_draft(requester)
    page = visit(f"/projects/{project.pk}/design/", requester)
    page.evaluate(_SLOWLY)
    page.get_by_role("tab", name="JSON").click()
    page.locator("#design-text").fill("[1")
    expect(page.locator("html")).to_have_attribute("data-sent", "1")
    page.locator("#design-text").fill("[1, 2")
    page.evaluate("window.waiting.forEach((done) => done())")
    expect(page.locator("html")).to_have_attribute("data-sent", "2")
    page.evaluate("window.waiting.forEach((done) => done())")
    expect(page.locator("[data-part=state]")).to_have_text("Draft kept")


def test_names_types_and_labels_are_completed_by_keys(visit: Visits, requester: User) -> None:
    project = make_draft(requester)
    page = visit(f"/projects/{project.pk}/design/", requester)
    page.get_by_role("tab", name="JSON").click()
    area, options = page.locator("#design-text"), page.locator("#design-options [role=option]")

    def put(text: str) -> None:
        """`text` with the caret at the bar."""
        area.fill(text.replace("|", ""))
        area.evaluate("(a, at) => a.setSelectionRange(at, at)", text.index("|"))

    put('[{"name": "a", "type": "|"}]')
    page.keyboard.press("Control+Space")
    expect(options).to_have_count(6)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(area).to_have_value('[{"name": "a", "type": "span"}]')
    put('[{"name": "a", "type": "span", |}]')
    page.keyboard.type('"ov')
    expect(options).to_have_text(["overlapping"])
    visit.keep(page, "designer-completion")
    page.keyboard.press("Tab")
    page.keyboard.type("t")
    page.keyboard.press("Enter")
    expect(area).to_have_value('[{"name": "a", "type": "span", "overlapping": true}]')
    put(
        '[{"name": "qa", "type": "span", "labels": ["question", {"name": "reply"}]},\n'
        ' {"name": "l", "type": "relation", "from": "qa", "from_labels": ["|"], "labels": ["to"]}]'
    )
    page.keyboard.press("Control+Space")
    expect(options).to_have_text(["question", "reply"])
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)


def test_from_fields_to_a_pilot(visit: Visits, requester: User) -> None:
    page = visit("/projects/new/", requester)
    page.locator(".card", has_text="Question-answer links").get_by_role(
        "button", name="Use this template"
    ).click()
    page.get_by_role("button", name="Next: rules and pay").click()
    page.wait_for_url("**/design/rules/")
    project = Project.objects.filter(owner=requester).latest("created_at")
    page.get_by_label("Pay for one item").fill("0.50")
    expect(page.locator("#estimate")).to_contain_text("a guess")
    page.get_by_role("button", name="Next: check and publish").click()
    page.get_by_role("button", name="Take the template's sample items").click()
    page.goto(f"{visit.site}/projects/{project.pk}/design/check/")
    page.get_by_role("button", name="Try it yourself").click()
    answer_all(page)
    page.wait_for_selector(".export-lines")
    line = json.loads(page.locator(".export-lines").inner_text().splitlines()[0])
    assert set(line["answers"][0]["value"]) >= {"qa"}
    visit.keep(page, "designer-tried")
    page.get_by_role("link", name="Back to check and publish").click()
    expect(page.locator("#estimate")).to_contain_text("from trying it out")
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"Cost in all\s*\$\d"))
    ledger.fund_project(
        project_id=project.pk, currency=project.currency, amount_minor=100_000, key=f"k{project.pk}",
        actor=requester.pk,
    )  # fmt: skip
    page.get_by_label("Items in the pilot").fill("4")
    page.get_by_role("button", name="Publish a pilot").click()
    expect(page.locator(".messages")).to_contain_text("The pilot is published.")
    assert project.items.filter(state="open", gold__isnull=True).count() == 4
    visit.keep(page, "designer-pilot")
    page.get_by_role("button", name="Ask all items now").click()
    expect(page.locator(".messages")).to_contain_text("All items are asked now.")
    assert project.items.filter(state="waiting", gold__isnull=True).count() == 0
    assert not SchemaDraft.objects.filter(project=project).exists()


def write(page: Page, text: object) -> None:
    page.get_by_role("tab", name="JSON").click()
    page.locator("#design-text").fill(json.dumps(text))
    expect(page.locator("[data-part=state]")).to_have_text("Draft kept")


def test_two_who_write_at_once_keep_both_texts(visit: Visits, requester: User) -> None:
    project = make_draft(requester)
    other = make_user("otto")
    grant(other, Role.REQUESTER, project.pk)
    hers, his = (visit(f"/projects/{project.pk}/design/", one) for one in (requester, other))
    write(hers, TWO[:1])
    write(his, [*TWO, {"name": "tone", "type": "scale", "title": "Tone"}])
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.locator(".messages")).to_contain_text("Saved.")
    his.get_by_role("button", name="Save", exact=True).click()
    expect(his.get_by_role("heading", name="Version 2 was saved while you wrote")).to_be_visible()
    visit.expect("409")
    visit.keep(his, "designer-two")
    his.set_viewport_size({"width": 390, "height": 800})
    visit.keep(his, "designer-two-narrow")
    his.get_by_role("button", name="Save yours as version 3").click()
    expect(his.locator(".messages")).to_contain_text("Saved.")
    names = [[one["name"] for one in row.fields] for row in project.schema_versions.order_by("number")]
    assert names[1:] == [["intent"], ["intent", "qa", "tone"]]


def answer_all(page: Page) -> None:
    """Blank answers, where the fields allow them, to every item."""
    for number in range(5):
        page.wait_for_selector("[data-item]")
        item = page.locator("manyhands-workbench").get_attribute("data-item")
        page.keyboard.press("Enter")
        if number < 4:
            page.wait_for_function(
                "one => { const now = document.querySelector('manyhands-workbench').dataset.item;"
                " return now && now !== one }",
                arg=item,
            )
