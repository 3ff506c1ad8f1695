from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tasks_app.models import Project
from training import comparison
from training.models import Feedback, FeedbackCase, ModelVersion, Prediction, Run
from training.services.feedback import sign_link
from training.services.predictions import predict
from training.services.runs import start_run

Make = Callable[..., ModelVersion]


def browser_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


@pytest.fixture
def run(approved: Project, admin: User) -> Run:
    return start_run(project=approved, field="intent", recipe={}, actor=admin)


def test_the_form_starts_a_run(approved: Project, admin: User) -> None:
    client = browser_of(admin)
    page = client.get("/training/")
    assert page.status_code == 200 and f"{approved.pk}:intent" in page.content.decode()
    form = {
        name: field.initial
        for name, field in page.context["form"].fields.items()
        if field.initial is not None
    }
    sent = {**form, "target": f"{approved.pk}:intent", "class_weights": "none", "epochs": "2"}
    answer = client.post("/training/", sent)
    run = Run.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/training/runs/{run.pk}/"
    assert run.recipe["epochs"] == 2 and run.recipe["base_model"] == "starter"


def test_a_refused_recipe_stands_beside_its_field(approved: Project, admin: User) -> None:
    client = browser_of(admin)
    form = client.get("/training/").context["form"]
    sent = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    answer = client.post(
        "/training/", {**sent, "target": f"{approved.pk}:intent", "class_weights": "none", "epochs": "0"}
    )
    assert answer.status_code == 422 and "epochs" in answer.context["form"].errors
    assert not Run.objects.exists()


def test_a_queued_run_is_asked_for_again_and_an_ended_one_is_not(
    run: Run, admin: User, redis_url: str
) -> None:
    client = browser_of(admin)
    assert b'hx-trigger="every 2s"' in client.get("/training/").content
    page = client.get(f"/training/runs/{run.pk}/")
    assert b'hx-trigger="every 2s"' in page.content and b"No trainer is running." in page.content
    assert "HX-Refresh" not in client.get(f"/training/runs/{run.pk}/live/")
    assert client.post(f"/training/runs/{run.pk}/cancel/").status_code == 302
    live = client.get(f"/training/runs/{run.pk}/live/")
    assert live["HX-Refresh"] == "true" and b"every 2s" not in live.content
    assert client.post(f"/training/runs/{run.pk}/resume/").status_code == 302
    run.refresh_from_db()
    assert run.state == "queued"


def test_an_ended_run_shows_its_report(make_version: Make, admin: User) -> None:
    version = make_version()
    page = browser_of(admin).get(f"/training/runs/{version.run_id}/").content.decode()
    for part in (
        "Classification report",
        "Confusion",
        "refund",
        "baseline F1",
        "Version 1 and its card",
        'id="curves"',
    ):
        assert part in page
    assert "<script>" not in page and 'style="' not in page


def test_history_asks_the_same_few_questions_however_long(
    make_version: Make, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        make_version()
    client = browser_of(admin)
    with django_assert_max_num_queries(20):
        assert client.get("/training/").content.count(b"/training/runs/") >= 4


def test_models_and_the_page_of_one(make_version: Make, admin: User) -> None:
    version = make_version(stage="production")
    client = browser_of(admin)
    assert version.model.name in client.get("/models/").content.decode()
    page = client.get(f"/models/{version.model.name}/").content.decode()
    assert "version 1 in production" in page and "Evaluation on the frozen test items" in page
    assert "Roll back" not in page


def test_a_closed_gate_offers_the_reason(make_version: Make, admin: User) -> None:
    make_version(test=0.9, stage="production")
    worse = make_version(test=0.4)
    client = browser_of(admin)
    url = f"/models/{worse.model.name}/versions/{worse.number}/promote/"
    refused = client.post(url)
    assert refused.status_code == 409 and b"Promote nevertheless" in refused.content
    assert client.post(url, {"override": "on", "reason": "labels changed"}).status_code == 302
    worse.refresh_from_db()
    assert worse.stage == "production"
    back = client.post(f"/models/{worse.model.name}/versions/{worse.number}/rollback/", {"reason": "no"})
    assert back.status_code == 302
    worse.refresh_from_db()
    assert worse.stage == "archived"


def test_the_playground_answers_and_takes_thumbs(make_version: Make, admin: User) -> None:
    version = make_version()
    client = browser_of(admin)
    answer = client.post(f"/models/{version.model.name}/try/", {"text": "customer: my money back please"})
    assert answer.status_code == 200 and b"refund" in answer.content
    prediction = Prediction.objects.get()
    assert prediction.payload == {"turns": [{"speaker": "customer", "text": "my money back please"}]}
    thanks = client.post(f"/predictions/{prediction.pk}/feedback/", {"thumbs": "1", "comment": "good"})
    assert b"Thank you" in thanks.content and Feedback.objects.get().thumbs == 1
    assert client.post(f"/predictions/{prediction.pk}/feedback/", {"thumbs": "1"}).status_code == 409
    page = client.get(f"/models/{version.model.name}/").content.decode()
    assert "helpful" in page and "my money back please" in page
    kept = Feedback.objects.get()
    assert client.post(f"/models/{version.model.name}/feedback/{kept.pk}/handled/").status_code == 302


def test_an_empty_playground_says_so(make_version: Make, admin: User) -> None:
    version = make_version()
    answer = browser_of(admin).post(f"/models/{version.model.name}/try/", {"text": ""})
    assert answer.status_code == 422 and not Prediction.objects.exists()


def test_an_end_user_opens_the_link_without_an_account(make_version: Make, admin: User) -> None:
    version = make_version(stage="production")
    asked = predict(model=version.model, items=[{"text": "my money back"}], actor=admin)
    url = f"/feedback/{sign_link(asked.predictions[0], 'crm-7')}/"
    client = browser_of(None)
    assert b"Was this answer right?" in client.get(url).content
    assert client.post(url, {"thumbs": "-1", "comment": "wrong"}).status_code == 302
    assert b"has been kept" in client.get(url).content
    assert client.get("/feedback/forged/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/training/", "/training/live/", "/models/", "/models/customer-service-intent/"]
)
def test_a_stranger_gets_404(make_version: Make, stranger: User, path: str) -> None:
    version = make_version()
    client = browser_of(stranger)
    assert client.get(path).status_code == 404
    assert client.get(f"/training/runs/{version.run_id}/").status_code == 404
    assert client.post(f"/training/runs/{version.run_id}/resume/").status_code == 404
    assert client.post(f"/models/{version.model.name}/versions/1/promote/").status_code == 404
    assert client.post(f"/models/{version.model.name}/try/", {"text": "x"}).status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(db: None) -> None:
    assert browser_of(None).get("/training/").status_code == 302


def test_the_gate_is_set_and_a_version_archived_on_the_page(make_version: Make, admin: User) -> None:
    make_version(test=0.4, stage="production")
    version = make_version(test=0.6)
    comparison.compare(version)
    client = browser_of(admin)
    page = f"/models/{version.model.name}/"
    assert client.post(f"{page}guards/", {"kinds": ["speaker"], "points": "1.5"}).status_code == 302
    version.model.refresh_from_db()
    assert version.model.guards == {"kinds": ["speaker"], "tolerance": 0.015, "membership": None}
    shown = client.get(page).content.decode()
    assert "Against version 1 on the same items" in shown and "+16.7" in shown and 'value="1.5"' in shown
    assert client.post(f"{page}guards/", {"points": "-1"}).status_code == 422
    assert client.post(f"{page}versions/2/archive/").status_code == 302
    assert "archived" in client.get(page).content.decode()
    assert client.post(f"{page}versions/2/restore/").status_code == 302


def test_who_asked_says_what_would_have_been_right(make_version: Make, admin: User, stranger: User) -> None:
    """The correction becomes a case in the model's inbox; a second one is not taken."""
    version = make_version(stage="production")
    asked = predict(model=version.model, items=[{"text": "where is the parcel"}], actor=admin)
    page = f"/predictions/{asked.predictions[0].pk}/wrong/"
    client = browser_of(admin)
    assert "What would be right?" in client.get(page).content.decode()
    said = {"thumbs": "-1", "correction": "delivery", "comment": "It asks for the parcel."}
    assert client.post(page, said).status_code == 302
    case = FeedbackCase.objects.get()
    assert case.model == version.model and case.feedback.get().correction == "delivery"
    assert f"/models/{version.model.name}/cases/" in client.get(page).content.decode()
    assert client.post(page, said).status_code == 422
    assert browser_of(stranger).get(page).status_code == 404
    assert browser_of(version.model.project.owner).get(page).status_code == 200  # who runs the project
