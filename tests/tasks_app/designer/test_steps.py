"""The four steps of a new project, without a browser: drafts, versions, pilot, tries, estimates."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from accounts.roles import grant
from annotations.models import Answer
from rewards.services import ledger
from tasks_app.models import Assignment, Item, Project, SchemaDraft, TryOut
from tasks_app.services import designing
from tests.factories import CHOICE, client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
GOOD = json.dumps([CHOICE])


@pytest.fixture
def owner():
    user = make_user("olga")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def draft(owner):
    return make_project(owner, state=Project.State.DRAFT)


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


def test_a_template_leads_to_the_fields_and_on(page, owner):
    answer = page.post("/projects/new/", {"template": "customer-service"})
    project = Project.objects.get(owner=owner)
    assert answer.url == f"/projects/{project.pk}/design/"
    text, base = designing.text_of(project, owner)
    answer = page.post(answer.url, {"text": text, "base": base, "go": "next"})
    assert answer.url == f"/projects/{project.pk}/design/rules/"
    assert project.schema_versions.count() == 1


def test_a_text_that_is_wrong_is_kept_and_refused(page, draft):
    answer = page.post(f"/projects/{draft.pk}/design/", {"text": "[{]", "base": 1, "go": "next"})
    assert answer.status_code == 422
    assert SchemaDraft.objects.get(project=draft).text == "[{]"
    assert draft.schema_versions.count() == 1
    assert "[{]" in page.get(f"/projects/{draft.pk}/design/").text
    assert "not saved yet" in page.get(f"/projects/{draft.pk}/design/check/").text


def test_a_draft_is_kept_while_somebody_types_and_gone_once_saved(page, draft, owner):
    assert page.post(f"/projects/{draft.pk}/design/draft/", {"text": "[", "base": 1}).status_code == 204
    assert designing.text_of(draft, owner) == ("[", 1)
    two = json.dumps([CHOICE, {**CHOICE, "name": "other"}])
    page.post(f"/projects/{draft.pk}/design/", {"text": two, "base": 1, "go": ""})
    assert not SchemaDraft.objects.exists()
    assert draft.schema_versions.count() == 2


def test_another_template_replaces_a_draft_and_leaves_the_versions(page, draft):
    page.post(f"/projects/{draft.pk}/design/template/", {"template": "finance-monitor"})
    draft.refresh_from_db()
    assert draft.template == "finance-monitor"
    assert [one.fields[0]["name"] for one in draft.schema_versions.order_by("number")] == ["intent", "topic"]


def test_a_published_project_keeps_its_template(page, owner):
    project = make_project(owner)
    answer = page.post(f"/projects/{project.pk}/design/template/", {"template": "finance-monitor"})
    assert answer.status_code == 409


def test_rules_are_kept_and_the_rest_of_the_settings_stays(page, draft):
    Project.objects.filter(pk=draft.pk).update(error_categories=[], pay_withdrawn_share=0.25)
    form = page.get(f"/projects/{draft.pk}/design/rules/").context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, [])}
    sent |= {"title": "Renamed", "reward": "0.25", "overlap_min": 2, "overlap_max": 4, "go": "next"}
    answer = page.post(f"/projects/{draft.pk}/design/rules/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    draft.refresh_from_db()
    assert (draft.title, draft.reward_minor, draft.overlap_min) == ("Renamed", 25, 2)
    assert draft.pay_withdrawn_share == 0.25
    bad = page.post(f"/projects/{draft.pk}/design/rules/", sent | {"overlap_max": 1, "title": "Typed"})
    assert bad.status_code == 422
    assert "Typed" in bad.text


@pytest.mark.parametrize("end", ["", "template/", "rules/", "check/", "estimate/"])
def test_a_stranger_finds_nothing(client, draft, end):
    client.force_login(make_user("stranger"))
    assert client.get(f"/projects/{draft.pk}/design/{end}").status_code == 404


def test_a_schema_is_checked_over_rest(owner):
    api = client_of(owner)
    found = api.post("/api/v1/schemas:check", {"text": GOOD, "sample": "Hello there"}, format="json").json()
    assert found["ok"]
    assert found["sample"] == {"text": "Hello there"}
    found = api.post("/api/v1/schemas:check", {"text": "[{'name': 1}]"}, format="json").json()
    assert (found["ok"], found["problems"][0]["line"], found["problems"][0]["column"]) == (False, 1, 3)
    rank = json.dumps([{"name": "best", "type": "rank"}])
    found = api.post("/api/v1/schemas:check", {"text": rank, "sample": "Hello"}, format="json").json()
    assert "ranks candidates" in found["misfits"][0]


def test_the_last_step_says_what_is_missing_in_words(page, draft):
    shown = page.get(f"/projects/{draft.pk}/design/check/").text
    assert "Import at least one item that is not gold." in shown
    assert "Problem(" not in shown


# -- the pilot ---------------------------------------------------------------------------------------------


def waiting(project, count):
    items = make_items(project, count, slots=0)
    Item.objects.filter(pk__in=[item.pk for item in items]).update(state=Item.State.WAITING)
    return items


def states(project):
    return sorted(Item.objects.filter(project=project).values_list("state", flat=True))


def test_a_pilot_opens_so_many_items_and_needs_money_for_them_alone(owner):
    project = make_project(owner, state=Project.State.DRAFT, funds=60, gold_share=0.0)
    waiting(project, 6)
    api = client_of(owner)
    refused = api.post(f"/api/v1/projects/{project.pk}/pilot", {"items": 3}, format="json")
    assert refused.status_code == 409  # 3 items of 3 answers at 10 are 90
    project.refresh_from_db()
    assert (project.state, project.pilot_items) == ("draft", None)
    assert api.post(f"/api/v1/projects/{project.pk}/pilot", {"items": 2}, format="json").status_code == 200
    assert states(project) == ["open", "open", "waiting", "waiting", "waiting", "waiting"]


def test_after_the_pilot_all_are_asked_once_the_money_is_there(owner):
    project = make_project(owner, state=Project.State.DRAFT, funds=60, gold_share=0.0)
    waiting(project, 4)
    api = client_of(owner)
    api.post(f"/api/v1/projects/{project.pk}/pilot", {"items": 2}, format="json")
    refused = api.post(f"/api/v1/projects/{project.pk}/pilot/end", format="json")
    assert refused.status_code == 409
    assert refused.json()["missing_minor"] == 60
    ledger.fund_project(project_id=project.pk, currency="USD", amount_minor=60, key="more", actor=owner.pk)
    for _ in range(2):
        assert api.post(f"/api/v1/projects/{project.pk}/pilot/end", format="json").status_code == 200
    assert states(project) == ["open"] * 4


def test_items_imported_during_a_pilot_wait(owner):
    project = make_project(owner, state=Project.State.DRAFT, gold_share=0.0)
    waiting(project, 2)
    designing.start_pilot(project=project, items=2, actor=owner)
    waiting(project, 2)
    designing.slots.open_waiting(project_id=project.pk)
    assert states(project) == ["open", "open", "waiting", "waiting"]


def test_what_came_with_its_labels_takes_no_place_in_a_pilot_and_costs_nothing(owner):
    project = make_project(owner, state=Project.State.DRAFT, gold_share=0.0)
    labelled = waiting(project, 3)
    Item.objects.filter(pk__in=[item.pk for item in labelled]).update(state=Item.State.CLOSED)
    waiting(project, 4)
    found = client_of(owner).get(f"/api/v1/projects/{project.pk}/estimate").json()
    assert found["items"] == 4
    designing.start_pilot(project=project, items=2, actor=owner)
    assert states(project) == ["closed"] * 3 + ["open"] * 2 + ["waiting"] * 2


def test_what_is_missing_after_a_pilot_pays_for_gold_too(owner):
    project = make_project(owner, state=Project.State.DRAFT, funds=80, gold_share=0.2)
    waiting(project, 10)
    golden = [item.pk for item in waiting(project, 2)]
    Item.objects.filter(pk__in=golden).update(gold={"intent": "refund"})
    designing.start_pilot(project=project, items=2, actor=owner)
    gold = Item.objects.filter(pk__in=golden)
    assert list(gold.values_list("slots", flat=True)) == [1, 1]
    refused = client_of(owner).post(f"/api/v1/projects/{project.pk}/pilot/end", format="json")
    # 8 items of 3 answers; and of 30 + 8 answers a fifth are gold's, 4 of each, of which 1 is there.
    assert refused.json()["missing_minor"] == (8 * 3 + 2 * 3) * 10
    ledger.fund_project(project_id=project.pk, currency="USD", amount_minor=300, key="more", actor=owner.pk)
    project.refresh_from_db()
    designing.end_pilot(project=project, actor=owner)
    assert list(gold.values_list("slots", flat=True)) == [4, 4]
    assert ledger.balances(project_id=project.pk, currency="USD").escrow == 0


# -- trying it out -----------------------------------------------------------------------------------------


def test_trying_out_stores_no_work_and_shows_the_export(page, owner):
    project = make_project(owner, state=Project.State.DRAFT)
    make_items(project, 2)
    begun = page.post(f"/projects/{project.pk}/try/")
    row = TryOut.objects.get()
    assert begun.url == f"/tries/{row.pk}/"
    api, head = client_of(owner), f"/api/v1/tries/{row.pk}"
    claimed = api.post(f"{head}/projects/{row.pk}/claim", {"count": 2}, format="json").json()["assignments"]
    for one in claimed:
        body = {"answer": {"intent": "refund"}, "seconds": 12.5}
        for _ in range(2):  # a repeated request changes nothing
            sent = api.post(f"{head}/assignments/{one['id']}/submit", body, format="json")
            assert sent.status_code == 201
    other = {"answer": {"intent": "other"}, "seconds": 1}
    again = api.post(f"{head}/assignments/{claimed[0]['id']}/submit", other, format="json")
    assert again.status_code == 409
    assert not Answer.objects.exists()
    assert not Assignment.objects.exists()
    result = page.get(begun.url)
    line = json.loads(result.context["lines"].splitlines()[0])
    assert line["answers"][0]["value"] == {"intent": "refund"}
    assert line["answers"][0]["seconds"] == 12.5
    assert set(line) == {"id", "text", "confidence", "answers"}


def test_an_empty_project_is_tried_on_samples_that_fit(owner):
    rank = {"name": "best", "type": "rank"}
    project = make_project(owner, state=Project.State.DRAFT, fields=(rank,))
    api = client_of(owner)
    started = api.post(f"/api/v1/projects/{project.pk}/tries", HTTP_IDEMPOTENCY_KEY="k1")
    assert started.status_code == 201
    assert started.json()["items"] == 5
    assert TryOut.objects.get().items[0]["template"] == "rank-replies"


def test_nobody_sees_anothers_try(page, draft):
    page.post(f"/projects/{draft.pk}/try/")
    row = TryOut.objects.get()
    stranger = make_user("stranger")
    assert client_of(stranger).get(f"/api/v1/tries/{row.pk}").status_code == 404
    api = client_of(stranger)
    assert api.post(f"/api/v1/tries/{row.pk}/projects/{row.pk}/claim").status_code == 404


def test_who_has_left_a_project_sees_its_items_no_more_in_a_try(draft):
    make_items(draft, 2)
    helper = make_user("helper")
    grant(helper, Role.REQUESTER, draft.pk)
    api = client_of(helper)
    pk = api.post(f"/api/v1/projects/{draft.pk}/tries").json()["id"]
    assert api.post(f"/api/v1/tries/{pk}/projects/{pk}/claim").status_code == 201
    Membership.objects.filter(user=helper, scope=draft.pk).delete()
    assert api.post(f"/api/v1/tries/{pk}/projects/{pk}/claim").status_code == 404
    client = Client()
    client.force_login(helper)
    assert client.get(f"/tries/{pk}/").status_code == 404


def test_numbers_that_are_none_and_samples_too_deep_are_refused(owner, draft):
    api = client_of(owner)
    pk = api.post(f"/api/v1/projects/{draft.pk}/tries").json()["id"]
    place = f"/api/v1/tries/{pk}/assignments/{pk}-²/submit"
    assert api.post(place, {"answer": {}}, format="json").status_code == 404
    deep = {"text": "[]", "sample": '{"text":' + "[" * 100_000}
    assert "begins like JSON" in api.post("/api/v1/schemas:check", deep, format="json").json()["misfits"][0]


def test_practice_tells_what_is_right(client):
    person = make_user("ada")
    api = client_of(person)
    row = api.post("/api/v1/practice").json()
    assert row["practice"]
    assert api.post("/api/v1/practice").json()["id"] == row["id"]
    head = f"/api/v1/tries/{row['id']}"
    first = api.post(f"{head}/projects/{row['id']}/claim").json()["assignments"][0]
    answer = {"topic": ["earnings"], "sentiment": "negative"}
    sent = api.post(
        f"{head}/assignments/{first['id']}/submit", {"answer": answer, "seconds": 5}, format="json"
    ).json()
    assert sent["feedback"]["answer"] == {"topic": ["earnings"], "sentiment": "positive"}
    assert 0 < sent["feedback"]["score"] < 1


def test_the_sample_project_is_made_once_with_its_items(page, owner, django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = page.post("/projects/sample/")
    project = Project.objects.get(owner=owner)
    assert answer.url == f"/projects/{project.pk}/design/check/"
    assert (project.visibility, project.reward_minor) == ("invited", 0)


# -- estimates ---------------------------------------------------------------------------------------------


def test_the_estimate_is_a_guess_then_a_try_then_the_pilot(owner):
    project = make_project(owner, overlap_min=2, overlap_max=2, gold_share=0.0)
    items = make_items(project, 6)
    api = client_of(owner)

    def estimate(**query):
        return api.get(f"/api/v1/projects/{project.pk}/estimate", query).json()

    assert estimate()["source"] == "guess"
    answers = {"0": {"value": {}, "seconds": 40.0}}
    TryOut.objects.create(project=project, person=owner, fields=[], items=[], answers=answers)
    found = estimate()
    assert (found["source"], found["seconds_per_answer"]["value"]) == ("try", 40)
    began = timezone.now() - timedelta(minutes=10)
    for item in items[:5]:
        row = lease(item, make_user("worker"))
        Assignment.objects.filter(pk=row.pk).update(
            state="submitted", seconds=20, created_at=began, closed_at=began + timedelta(seconds=30)
        )
    found = estimate()
    assert (found["source"], found["people"], found["answers"]["value"]) == ("pilot", 5, 12)
    assert found["seconds"]["value"] == 240
    assert found["cost_minor"]["value"] == 120
    assert estimate(overlap=3, reward_minor=20)["cost_minor"]["value"] == 360


def test_a_browser_that_tells_more_than_passed_is_not_believed(owner):
    project = make_project(owner)
    began = timezone.now() - timedelta(hours=5)
    for item in make_items(project, 5):
        row = lease(item, make_user("worker"))
        Assignment.objects.filter(pk=row.pk).update(
            state="submitted", seconds=9_000, created_at=began, closed_at=began + timedelta(seconds=50)
        )
    found = client_of(owner).get(f"/api/v1/projects/{project.pk}/estimate").json()
    assert found["seconds_per_answer"]["value"] == 50


def test_pay_below_the_floor_is_said(page, draft, settings):
    settings.FAIR_RATE_FLOORS = {"USD": Decimal(12)}
    TryOut.objects.create(
        project=draft, person=draft.owner, fields=[], items=[], answers={"0": {"value": {}, "seconds": 60}}
    )
    shown = page.get(
        f"/projects/{draft.pk}/design/estimate/", {"overlap_min": 3, "overlap_max": 5, "reward": "0.1"}
    )
    assert "below the fair rate of $12.00" in shown.text
    assert "From $0.20 an answer" in shown.text
