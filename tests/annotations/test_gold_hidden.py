"""Nothing that is sent, and nothing that it costs, tells gold from the rest."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Answer, Suggestion
from tasks_app.models import Assignment, Item
from tests.factories import client_of, make_items, make_project, make_user

BODY = {"answer": {"intent": "refund"}, "seconds": 3}


@pytest.fixture
def both(db: None) -> Any:
    """A project that is half gold, its texts of one length, a suggestion on each."""
    project = make_project(gold_share=0.5, overlap_min=2, overlap_max=2)
    texts = [{"text": f"Where is parcel {n:03d}?"} for n in range(100, 160)]
    items = make_items(project, 30, payloads=texts[:30], slots=2)
    items += make_items(project, 30, payloads=texts[30:], slots=2, gold={"intent": "refund"})
    Item.objects.update(external_id="")
    Suggestion.objects.bulk_create(
        Suggestion(item=item, field="intent", value="refund", confidence=0.7, source="m/1") for item in items
    )
    return project


def one_pair(client: Any, project: Any) -> tuple[bool, dict[str, Any]]:
    """Claim and submit: whether it was gold, and all that could be seen of it from outside."""
    seen: dict[str, Any] = {}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        claim = client.post(f"/api/v1/projects/{project.pk}/claim", {"count": 1})
    [lent] = claim.json()["assignments"]
    seen["claim"] = (
        len(queries),
        len(claim.content),
        sorted(lent),
        sorted(lent["item"]),
        sorted(claim.headers),
    )
    with CaptureQueriesContext(connection) as queries:
        sent = client.post(f"/api/v1/assignments/{lent['id']}/submit", BODY, format="json")
    seen["submit"] = (len(queries), sent.status_code, sorted(sent.json()), sorted(sent.headers))
    [mine] = client.get("/api/v1/me/assignments").json()["results"][:1]
    seen["mine"] = (sorted(mine), sorted(mine["answer"]), mine["state"], mine["answer"]["state"])
    return Item.objects.get(pk=lent["item"]["id"]).gold is not None, seen


def test_gold_looks_and_costs_like_any_item(both: Any) -> None:
    client = client_of(make_user())
    one_pair(client, both)  # what is cached after the first
    kinds: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for _ in range(16):
        gold, seen = one_pair(client, both)
        kinds[gold].append(seen)
    assert kinds[True] and kinds[False]
    every = [*kinds[True], *kinds[False]]
    assert all(seen == every[0] for seen in every)


def test_item_ids_and_times_of_leases_tell_nothing(both: Any) -> None:
    client = client_of(make_user())
    lent = client.post(f"/api/v1/projects/{both.pk}/claim", {"count": 5}, format="json").json()["assignments"]
    assert len({one["lease_expires_at"] for one in lent}) == 1
    assert {one["item"]["id"][14] for one in lent} == {"4"}  # random, not made in the order of time
    assert len(set(Assignment.objects.values_list("created_at", flat=True))) == 1


def test_nobody_meets_a_gold_item_twice(both: Any) -> None:
    worker = make_user()
    client = client_of(worker)
    while (claim := client.post(f"/api/v1/projects/{both.pk}/claim", {"count": 5}, format="json")).content:
        for one in claim.json()["assignments"]:
            client.post(f"/api/v1/assignments/{one['id']}/submit", BODY, format="json")
    items = Answer.objects.filter(worker=worker).values_list("item_id", flat=True)
    assert len(items) == len(set(items)) >= 30
