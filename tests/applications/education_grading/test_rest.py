"""From a question to a released and disputed answer, through REST, with models that know nothing."""

import pytest
from django.test import Client

from accounts.models import User
from applications.education_grading.models import Submission
from tests.applications.education_grading.conftest import REFERENCE, Make
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db


def test_the_whole_way(make_graded: Make, teacher: User) -> None:
    project = make_graded(teacher)
    api, base = client_of(teacher), f"/api/v1/projects/{project.pk}/education-grading"
    body = {"title": "Plants", "text": "How do plants eat?", "reference": REFERENCE}
    made = api.post(f"{base}/questions", body, format="json")
    assert made.status_code == 201 and len(made.json()["points"]) == 3
    answers = [{"key": "a", "learner": "Mia", "text": "water"}, {"key": "b", "learner": "Ben", "text": ""}]
    sent = {"question": made.json()["id"], "answers": answers}
    first = api.post(f"{base}/submissions", sent, format="json", headers={"Idempotency-Key": "one"}).json()
    again = api.post(f"{base}/submissions", sent, format="json", headers={"Idempotency-Key": "one"}).json()
    assert first == again and Submission.objects.count() == 2
    assert {one["state"] for one in first["results"]} == {"waiting"}
    assert api.get(f"{base}/queue").json()["count"] == 2

    one = first["results"][0]
    url, change = (
        f"{base}/submissions/{one['id']}",
        {"round": 0, "score": 2, "missing": [1], "feedback": "Light!"},
    )
    done = api.post(f"{url}/decide", change, format="json")
    assert done.json()["state"] == "released" and done.json()["score"] == 2
    late = api.post(f"{url}/decide", change, format="json")
    assert late.status_code == 409 and late.json()["code"] == "already_decided"
    assert [edit["text"] for edit in api.get(url).json()["edits"]][-1] == "Light!"

    page = Client().get(one["link"])
    assert "Light!" in page.content.decode() and "2 / 4" in page.content.decode()
    assert Client().post(one["link"], {"reason": "I said light"}).status_code == 302
    assert api.get(f"{base}/queue").json()["results"][0]["objection"] == "I said light"
    told = api.get(f"{base}/figures").json()["questions"][-1]
    assert (told["title"], told["answers"], told["released"]) == ("Plants", 2, 0)  # both wait for a teacher

    rule = api.get(f"{base}/release").json()
    assert rule["is_on"] is False and rule["held_back"] > 50
    assert api.post(f"{base}/teach").status_code == 409  # what is disputed is not decided


def test_strangers_hear_nothing(make_graded: Make, teacher: User) -> None:
    project = make_graded(teacher)
    stranger = client_of(make_user("stranger"))
    base = f"/api/v1/projects/{project.pk}/education-grading"
    for path in ("questions", "queue", "figures", "release"):
        assert stranger.get(f"{base}/{path}").status_code == 404
    assert client_of(teacher).get(f"/api/v1/projects/{project.pk}/health-triage/abstained").status_code == 404
