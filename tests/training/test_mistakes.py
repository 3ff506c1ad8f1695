"""What a run got wrong: shown worst first, sent back to people, and never a change to what was frozen."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from annotations.models import Answer, Consensus
from annotations.services.review import approve_consensus, correct_consensus
from annotations.services.sending_back import send_back
from common.models import AuditEvent
from tasks_app.models import Item, Project
from tests.factories import client_of, make_user
from training.freezing import file_sha256
from training.mistakes import Wanted, mistakes_of
from training.models import Run
from training.services.snapshots import freeze_snapshot

State = Consensus.State


def wrong(run: Run) -> list[str]:
    return [row.outcome.id for row in mistakes_of(run, Wanted())[0]]


def url(run: Run, rest: str = "") -> str:
    return f"/api/v1/runs/{run.pk}/errors{rest}"


def test_mistakes_name_truth_answer_and_how_they_differ(judged: Run) -> None:
    rows, count = mistakes_of(judged, Wanted())
    assert count == len(rows) == 2
    assert [row.outcome.loss for row in rows] == sorted((row.outcome.loss for row in rows), reverse=True)
    for row in rows:
        assert row.item is not None and row.text.startswith(("please", "where", "what"))
        assert row.truth != row.predicted and row.found is not None
        assert (row.found.lacking, row.found.extra) != ((), ()) and row.percent > 50


def test_filters_choose_among_them(judged: Run) -> None:
    [first, _second] = mistakes_of(judged, Wanted())[0]
    assert first in mistakes_of(judged, Wanted(label=first.truth, length="41-120", language="en"))[0]
    assert mistakes_of(judged, Wanted(language="zh")) == ([], 0)
    assert mistakes_of(judged, Wanted(speaker="agent")) == ([], 0)


def test_a_withdrawn_or_erased_item_shows_no_text(judged: Run) -> None:
    Answer.objects.all().delete()
    Item.objects.filter(pk__in=wrong(judged)).delete()
    rows, count = mistakes_of(judged, Wanted())
    assert count == 2 and all(row.item is None and row.text == "" for row in rows)


def test_sent_back_they_wait_for_a_reviewer_with_the_reason(judged: Run, admin: User) -> None:
    ids = wrong(judged)
    answer = client_of(admin).post(url(judged, "/send-back"), {"items": ids}, format="json")
    assert answer.status_code == 200 and answer.json() == {"sent": 2, "asked": 0, "skipped": 0}
    rows = Consensus.objects.filter(item__in=ids)
    assert {(row.state, row.cause) for row in rows} == {("review", "model")}
    assert AuditEvent.objects.filter(action="consensus.sent_back", actor=admin.pk).count() == 2
    again = client_of(admin).post(url(judged, "/send-back"), {"items": ids}, format="json")
    assert again.json() == {"sent": 0, "asked": 0, "skipped": 2}
    shown = client_of(admin).get(url(judged)).json()
    assert shown["count"] == 2 and {row["state"] for row in shown["results"]} == {"review"}


def test_the_same_key_sends_once(judged: Run, admin: User) -> None:
    body, client = {"items": wrong(judged)[:1]}, client_of(admin)
    answers = [
        client.post(url(judged, "/send-back"), body, format="json", HTTP_IDEMPOTENCY_KEY="k").json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1] == {"sent": 1, "asked": 0, "skipped": 0}


def test_what_was_right_or_is_of_another_project_is_not_sent(judged: Run, admin: User) -> None:
    right = Consensus.objects.exclude(item__in=wrong(judged)).first()
    assert right is not None
    for item in (right.item_id, uuid4()):
        refused = client_of(admin).post(url(judged, "/send-back"), {"items": [str(item)]}, format="json")
        assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/items/0"
    assert not Consensus.objects.filter(state=State.REVIEW).exists()


@pytest.mark.parametrize("rest", ["", "/send-back"])
def test_strangers_hear_that_there_is_nothing(judged: Run, stranger: User, rest: str) -> None:
    client = client_of(stranger)
    call: Any = client.post if rest else client.get
    assert call(url(judged, rest)).status_code == 404


def test_a_frozen_test_set_stays_what_it_is_and_the_next_one_has_the_new_truth(
    judged: Run, admin: User
) -> None:
    assert judged.snapshot is not None
    path = judged.snapshot.folder / "intent/test.arrow"
    before, report = file_sha256(path), judged.report
    first, second = Consensus.objects.filter(item__in=wrong(judged)).order_by("pk")
    send_back(project=judged.project, field="intent", item_ids=[first.item_id, second.item_id], actor=admin)
    reviewer = make_user("reviewer")
    new = next(label for label in ("refund", "delivery", "other") if label != first.value)
    correct_consensus(consensus=first, value=new, actor=reviewer, reason="the model was right")
    approve_consensus(consensus=second, actor=reviewer)
    judged.refresh_from_db()
    assert file_sha256(path) == before == judged.snapshot.files["intent/test.arrow"]
    assert judged.report == report
    later, is_new = freeze_snapshot(project=judged.project, actor=admin)
    assert is_new and later.pk != judged.snapshot_id
    frozen = set(judged.snapshot.items.filter(split="test").values_list("item", flat=True))
    # What was tested on stays so; splits by label may add to it.
    assert frozen <= set(later.items.filter(split="test").values_list("item", flat=True))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.value, first.state, second.state) == (new, State.CORRECTED, State.APPROVED)


def test_one_more_person_is_asked_where_there_is_money_for_it(judged: Run, admin: User) -> None:
    Project.objects.filter(pk=judged.project_id).update(state="published", reward_minor=0, overlap_max=5)
    [item, *_rest] = wrong(judged)
    done = send_back(
        project=judged.project, field="intent", item_ids=[Item(pk=item).pk], actor=admin, ask_again=True
    )
    assert (done.sent, done.asked) == (1, 1)
    assert Item.objects.get(pk=item).slots == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_send_an_item_once(judged: Run, admin: User) -> None:
    ids, sent = [Item(pk=one).pk for one in wrong(judged)], []
    start = threading.Barrier(2)

    def send() -> None:
        start.wait()
        try:
            done = send_back(project=judged.project, field="intent", item_ids=ids, actor=admin)
            sent.append(done.sent)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [0, 2]
    assert AuditEvent.objects.filter(action="consensus.sent_back").count() == 2


def test_the_page_filters_and_sends_back(judged: Run, admin: User, stranger: User) -> None:
    client, other = Client(), Client()
    client.force_login(admin)
    other.force_login(stranger)
    page = client.get(f"/training/runs/{judged.pk}/errors/")
    assert page.status_code == 200 and page.content.decode().count('name="items"') == 2
    assert b"next snapshot" in page.content
    assert client.get(f"/training/runs/{judged.pk}/errors/?label=nothing").content.count(b'name="items"') == 0
    sent = client.post(f"/training/runs/{judged.pk}/errors/send-back/", {"items": wrong(judged)})
    assert sent.status_code == 302 and Consensus.objects.filter(state=State.REVIEW).count() == 2
    assert client.get(f"/training/runs/{judged.pk}/errors/").content.count(b'name="items"') == 0
    assert client.post(f"/training/runs/{judged.pk}/errors/send-back/").status_code in {302, 422}
    assert other.get(f"/training/runs/{judged.pk}/errors/").status_code == 404
    assert other.post(f"/training/runs/{judged.pk}/errors/send-back/").status_code == 404
