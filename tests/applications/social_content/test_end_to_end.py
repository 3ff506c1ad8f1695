"""From the gallery to a feed, over REST alone, with models that are really trained, if on little."""

import json
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.roles import grant
from applications.social_content.calibrating import calibrate
from applications.social_content.kind import KIND
from applications.social_content.models import Floor
from applications.social_content.scoring_round import read_posts
from tasks_app.importing import job as work
from tests.factories import client_of, make_user
from tests.training.conftest import QUICK, WORDS
from training import execution
from training.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Any:
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    grant(user, Role.ADMIN)
    return client_of(user)


def lines() -> str:
    labels = {"refund": "safe", "delivery": "harassment", "other": "safe"}
    rows = []
    for number in range(90):
        kind = list(WORDS)[number % 3]
        turns = [{"speaker": "interests", "text": "a lamp on sunday"},
                 {"speaker": "post", "text": f"{WORDS[kind]} number {number}"}]  # fmt: skip
        approved = {"interest": "yes" if kind == "other" else "no"}
        rows.append({
            "id": f"row {number}", "group": f"row {number}", "turns": turns,
            "split": "test" if number % 4 == 0 else "train",
            "approved": {**approved, "safety": [{"turn": 1, "label": labels[kind]}]},
        })  # fmt: skip
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def posted(client: Any, path: str, body: Any, **more: Any) -> Any:
    answer = client.post(f"/api/v1/{path}", body, **{"format": "json", **more})
    assert answer.status_code < 300, answer.content
    return answer.json()


def test_from_the_gallery_to_the_feed(client: Any, tiny_encoder: Any) -> None:
    project = posted(client, "projects", {"template": "social-content"})["id"]
    job = client.post(
        f"/api/v1/projects/{project}/items:import", lines(), content_type="application/x-ndjson"
    ).json()["job"]["id"]
    work.run(job)
    for field in (*KIND.fields, *KIND.optional):
        recipe = {**QUICK, "base_model": str(tiny_encoder)}
        run = posted(client, "runs", {"project": project, "field": field, "recipe": recipe})["id"]
        execution.execute(run)
        name = ModelVersion.objects.get(run=run).model.name
        body = {"override": True, "reason": "A test trains on little."}
        posted(client, f"models/{name}/versions/1/promote", body)

    base = f"/api/v1/projects/{project}/social-content"
    assert client.put(f"{base}/floor", {"wanted": 0.95}, format="json").json()["in_force"] is False
    calibrate(Floor.objects.get().pk)
    floor = client.get(f"{base}/floor").json()
    # A third of the test posts measures, the rest chooses: far too few for such a promise, and it says so.
    assert floor["version"] == 1 and floor["threshold"] is None and floor["missing"] > 0

    texts = {"lamp": "the lamp is on", "rude": "where is your week"}
    new = [{"id": key, "text": text} for key, text in texts.items()]
    posted(client, f"projects/{project}/social-content/posts", {"posts": new})
    read_posts(project)
    assert posted(client, f"projects/{project}/social-content/feed", {"interests": "lamp"})["results"] == []
    queue = client.get(f"{base}/moderation").json()
    assert queue["count"] == 2
    first = next(one for one in queue["results"] if one["id"] == "lamp")
    said = {"label": "safe", "reason": "A lamp.", "seen": first["seen"]}
    posted(client, f"projects/{project}/social-content/moderation/{first['post']}/decide", said)
    feed = posted(client, f"projects/{project}/social-content/feed", {"interests": "a lamp"})
    [shown] = feed["results"]
    assert shown["id"] == "lamp" and shown["safe_by"] == "person" and feed["match_version"] == 1
    posted(client, f"predictions/{shown['prediction']}/feedback", {"thumbs": "down"})


def test_a_signed_in_annotator_finds_nothing(client: Any) -> None:
    project = posted(client, "projects", {"template": "social-content"})["id"]
    other: User = make_user("annotator")
    assert client_of(other).get(f"/api/v1/projects/{project}/social-content/floor").status_code == 404
