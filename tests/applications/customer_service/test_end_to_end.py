"""From the gallery to the feedback, over REST, with models that are really trained, if on little."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Role
from accounts.roles import grant
from applications.customer_service.kind import KIND
from applications.customer_service.models import Threshold
from applications.customer_service.tasks import predict_answers
from applications.embedding import _describer
from tasks_app.importing import job as work
from tests.applications.conftest import finish
from tests.factories import client_of, make_user
from tests.training.conftest import WORDS
from training.models import Feedback, FeedbackCase, Run

pytestmark = pytest.mark.django_db
SAID = {"refund": "You get it within five days.", "delivery": "It is on the van.", "other": "At nine."}
INTENTS = {"refund": "refund", "delivery": "delivery_time", "other": "product_question"}


@pytest.fixture
def client(tiny_encoder: Any, settings: Settings) -> Iterator[Any]:
    settings.BASE_MODEL = str(tiny_encoder)
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    grant(user, Role.ADMIN)
    yield client_of(user)
    _describer.cache_clear()


def posted(client: Any, path: str, body: Any, **more: Any) -> Any:
    done = client.post(f"/api/v1/{path}", body, **{"format": "json", **more})
    assert done.status_code < 300, done.content
    return done.json()


def lines() -> str:
    rows = []
    for number in range(60):
        kind = list(WORDS)[number % 3]
        asked, said = f"{WORDS[kind]} number {number}", SAID[kind]
        marks = [("question", 0, len(asked)), ("answer", 1, len(said))]
        rows.append({
            "id": f"chat {number}", "group": f"chat {number}",
            "split": "test" if number % 4 == 0 else "train",
            "turns": [{"speaker": "customer", "text": asked}, {"speaker": "agent", "text": said}],
            "approved": {
                "intent": INTENTS[kind], "emotion": [{"turn": 0, "label": "calm"}],
                "qa": [{"turn": turn, "start": 0, "end": end, "label": label} for label, turn, end in marks],
            },
        })  # fmt: skip
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def train(client: Any, project: str, trained: Path) -> None:
    """As a trainer does it, whose training was done once for all tests."""
    frozen = posted(client, "snapshots", {"project": project})["id"]
    for field in KIND.fields:
        run = posted(client, "runs", {"project": project, "field": field, "snapshot": frozen})["id"]
        version = finish(Run.objects.get(pk=run), trained)
        body = {"override": True, "reason": "A test trains on little."}
        posted(client, f"models/{version.model.name}/versions/{version.number}/promote", body)


def test_from_the_gallery_to_the_feedback(client: Any, trained: Path) -> None:
    project = posted(client, "projects", {"template": "customer-service"})["id"]
    service = f"projects/{project}/customer-service"
    job = client.post(
        f"/api/v1/projects/{project}/items:import", lines(), content_type="application/x-ndjson"
    ).json()["job"]["id"]
    work.run(job)
    train(client, project, trained)
    predict_answers()
    known = client.get(f"/api/v1/{service}/pairs").json()
    assert len(known["results"]) == 50 and all(row["indexed"] for row in known["results"])

    assert Threshold.objects.get().questions > 0
    asked = f"{WORDS['delivery']} number 1"
    told = posted(client, f"{service}/ask", {"text": asked, "end_user": "customer 4711"})
    assert told["known"] and told["answer"] == SAID["delivery"]
    assert told["understood"]["intent"]["version"] == 1
    assert told["citations"][0]["answer"] == SAID["delivery"] and told["citations"][0]["item"]

    end = f"{service}/conversations/{told['conversation']}/end"
    assert posted(client, end, {"rating": 1})["rating"] == 1
    kept, case = Feedback.objects.get(), FeedbackCase.objects.get()
    assert kept.rating == 1 and str(kept.prediction_id) == told["understood"]["intent"]["prediction"]
    assert kept.author is None and case.voices == 1 and case.state == "new"
