import pytest

from common.errors import Conflict, Invalid
from rewards.models import Transfer
from rewards.services import ledger
from tasks_app.models import Item, Project
from tasks_app.services import projects, slots
from tests.tasks_app.conftest import CHOICE, add_items, fund, make_project, post


def test_a_template_fills_the_draft(owner, sign_in):
    response = post(sign_in(owner), "projects", {"template": "customer-service", "title": "Mine"})
    assert response.status_code == 201, response.content
    body = response.json()
    assert body["title"] == "Mine"
    assert [field["name"] for field in body["fields"]] == ["qa", "intent", "emotion"]
    assert body["state"] == "draft"


def test_the_same_key_makes_one_project(owner, sign_in):
    client = sign_in(owner)
    first = post(client, "projects", {"title": "One", "fields": CHOICE}, **{"Idempotency-Key": "a"})
    again = post(client, "projects", {"title": "One", "fields": CHOICE}, **{"Idempotency-Key": "a"})
    other = post(client, "projects", {"title": "Two", "fields": CHOICE}, **{"Idempotency-Key": "a"})
    assert first.json()["id"] == again.json()["id"]
    assert other.status_code == 409
    assert Project.objects.count() == 1


def test_what_counts_as_personal_data_is_the_project_s_choice_until_it_is_published(owner, sign_in):
    client = sign_in(owner)
    body = {"title": "One", "fields": CHOICE, "privacy_scope": "all", "privacy_model": True}
    made = post(client, "projects", body).json()
    assert (made["privacy_scope"], made["privacy_model"]) == ("all", True)
    assert post(client, "projects", {**body, "privacy_scope": "most"}).status_code == 422
    project = Project.objects.get()
    page = client.get(f"/projects/{project.pk}/settings/")
    assert page.context["form"].initial["privacy_scope"] == "all"
    Project.objects.update(state="published")
    with pytest.raises(Conflict):
        projects.update_project(project=project, actor=owner, privacy_scope="direct")


def test_an_annotator_may_not_create_one(annotator, sign_in):
    assert post(sign_in(annotator), "projects", {"title": "x"}).status_code == 403


def test_bad_fields_come_back_with_pointers(owner, sign_in):
    bad = [{"name": "intent", "type": "choice", "scope": "dialogue", "labels": []}]
    response = post(sign_in(owner), "projects", {"title": "x", "fields": bad})
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][0]["pointer"].startswith("/fields/0/labels")
    assert not Project.objects.exists()


def test_publish_lists_everything_that_is_missing(owner):
    project = projects.create_project(owner=owner, title="Empty")
    with pytest.raises(Conflict) as refused:
        projects.publish_project(project=project, actor=owner)
    assert {problem.pointer for problem in refused.value.problems} == {"/instructions", "/fields", "/items"}


def test_publish_needs_the_money_for_every_answer(owner):
    project = make_project(owner)
    add_items(project, 4)
    with pytest.raises(Conflict) as refused:
        projects.publish_project(project=project, actor=owner)
    assert refused.value.extra["missing_minor"] == 4 * 2 * 5
    fund(project, 40)
    projects.publish_project(project=project, actor=owner)
    balances = ledger.balances(project_id=project.pk, currency="USD")
    assert (balances.escrow, balances.reserved) == (0, 40)
    assert set(Item.objects.values_list("slots", flat=True)) == {2}


def test_publishing_twice_reserves_once(live_project, owner):
    projects.publish_project(project=live_project, actor=owner)
    assert ledger.balances(project_id=live_project.pk, currency="USD").reserved == 40


def test_more_money_opens_more_items(owner):
    project = make_project(owner)
    add_items(project, 2)
    fund(project, 20)
    projects.publish_project(project=project, actor=owner)
    add_items(project, 2, start=10)
    assert slots.open_waiting(project_id=project.pk) == 0
    projects.fund_project(project=project, amount_minor=13, actor=owner, key="b")
    assert Item.objects.filter(state=Item.State.OPEN).count() == 3


def test_finish_gives_unused_money_back(live_project, owner):
    projects.finish_project(project=live_project, actor=owner)
    projects.finish_project(project=live_project, actor=owner)
    balances = ledger.balances(project_id=live_project.pk, currency="USD")
    assert (balances.escrow, balances.reserved) == (0, 0)
    assert Transfer.objects.filter(kind="withdraw").count() == 1


def test_the_reward_is_fixed_once_published(live_project, owner):
    with pytest.raises(Conflict):
        projects.update_project(project=live_project, actor=owner, reward_minor=1)


def test_new_fields_make_a_new_version_and_keep_the_old(live_project, owner):
    first = live_project.schema_versions.get()
    more = [*CHOICE, {"name": "note", "type": "text", "scope": "dialogue"}]
    second = projects.set_fields(project=live_project, fields=more, actor=owner)
    assert (first.number, second.number) == (1, 2)
    assert projects.set_fields(project=live_project, fields=more, actor=owner) == second


def test_a_maximum_below_the_minimum_is_refused(owner):
    with pytest.raises(Invalid) as refused:
        make_project(owner, overlap_min=4, overlap_max=2)
    assert refused.value.problems[0].pointer == "/overlap/max"


@pytest.mark.parametrize("path", ["", "/items", "/publish", "/pause", "/finish", "/fund", "/items:import"])
def test_a_stranger_gets_404(live_project, stranger, sign_in, path):
    client = sign_in(stranger)
    address = f"projects/{live_project.pk}{path}"
    get = path in {"", "/items"}
    response = client.get(f"/api/v1/{address}") if get else post(client, address, {"amount_minor": 5})
    assert response.status_code == 404


def test_the_signed_out_get_401(client, live_project):
    response = client.get(f"/api/v1/projects/{live_project.pk}")
    assert response.status_code == 401
    assert response.json()["status"] == 401
