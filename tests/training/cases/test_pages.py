"""Cases and satisfaction on pages and over REST."""

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import client_of, make_user
from tests.training.cases.conftest import predict, say
from training import satisfaction
from training.models import Feedback, FeedbackPolicy, ModelVersion

pytestmark = pytest.mark.django_db


def test_personal_data_does_not_reach_a_case(version: ModelVersion, admin: User) -> None:
    answer = client_of(admin).post(
        f"/api/v1/models/{version.model.name}/predict",
        {"items": [{"text": "my lamp, write to jane.doe@example.com"}], "end_user": "c1"}, format="json",
    ).json()  # fmt: skip
    path = f"/api/v1/predictions/{answer['prediction_ids'][0]}/feedback"
    said = client_of(None).post(
        path, {"thumbs": "down", "comment": "call +1 617-555-0149", "link": answer["feedback_links"][0]},
        format="json",
    )  # fmt: skip
    assert said.status_code == 201 and said.json()["state"] == "new"
    listed = client_of(admin).get(f"/api/v1/models/{version.model.name}/cases").content.decode()
    assert "jane.doe" not in listed and "my lamp" in listed
    assert "555" not in Feedback.objects.get().comment


def test_cases_over_rest(version: ModelVersion, admin: User, stranger: User) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    other = say(predict(version, "my parcel"), thumbs=-1).case
    assert case is not None and other is not None
    root, client = f"/api/v1/models/{version.model.name}", client_of(admin)
    made = client.post(
        f"{root}/cases/tasks", {"cases": [str(case.pk)]}, format="json", HTTP_IDEMPOTENCY_KEY="a"
    )
    assert made.status_code == 202 and made.json()["results"][0]["state"] == "task"
    gone = client.post(
        f"{root}/cases/dismiss",
        {"cases": [str(other.pk)], "reason": "no"},
        format="json",
        HTTP_IDEMPOTENCY_KEY="b",
    )
    assert gone.json()["results"][0]["state"] == "dismissed"
    assert [one["state"] for one in client.get(f"{root}/cases", {"state": "task"}).json()["results"]] == [
        "task"
    ]
    assert client.put(f"{root}/feedback-policy", {"above": 1.5}, format="json").json() == {
        "above": 1.5,
        "a_day": 20,
    }
    for wrong in ("nan", "inf", 0):
        put = client.put(f"{root}/feedback-policy", {"above": wrong}, format="json")
        assert put.status_code == 422, wrong
    assert client.get(f"{root}/satisfaction").json()["results"][0]["voices"] == 2
    assert (
        client.post(f"{root}/cases/tasks", {"cases": []}, format="json", HTTP_IDEMPOTENCY_KEY="c").status_code
        == 422
    )
    for path in ("cases", "satisfaction"):
        assert client_of(stranger).get(f"{root}/{path}").status_code == 404


def test_the_inbox_is_worked_off_on_a_page(version: ModelVersion, admin: User, client: Client) -> None:
    case = say(predict(version, "my lamp arrived in parts"), thumbs=-1, comment="it is about delivery").case
    other = say(predict(version, "my parcel"), correction="delivery").case
    assert case is not None and other is not None
    client.force_login(admin)
    page = f"/models/{version.model.name}/cases/"
    shown = client.get(page).content.decode()
    assert "my lamp arrived in parts" in shown and "it is about delivery" in shown and "Satisfaction" in shown
    refused = client.post(f"{page}decide/", {"case": [str(other.pk)], "what": "dismiss"})
    assert refused.status_code == 422 and "Say why" in refused.content.decode()
    assert client.post(f"{page}decide/", {"case": [str(case.pk), "x"], "what": "task"}).status_code == 302
    assert "being asked" in client.get(page, {"state": "all"}).content.decode()
    assert client.post(f"{page}policy/", {"above": "1.2", "a_day": "5"}).status_code == 302
    assert FeedbackPolicy.objects.get().above == 1.2
    client.force_login(make_user())
    assert client.get(page).status_code == 404


def test_satisfaction_by_version_and_week(version: ModelVersion) -> None:
    for number in range(8):
        say(predict(version, f"text {number}"), thumbs=1 if number < 6 else -1)
    say(predict(version, "three stars say nothing"), rating=3)
    [week] = satisfaction.by_week(version.model)
    assert (week.version, week.voices, week.content, week.share) == (1, 8, 6, 0.75)
    low, high = week.interval
    # Wilson's interval for 6 of 8
    assert (round(low, 3), round(high, 3)) == (0.409, 0.929)
