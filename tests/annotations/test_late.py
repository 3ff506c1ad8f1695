"""Answers that come after their lease: kept, marked extra, never counted, paid by a clear rule."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations import approval, consensus, judging
from annotations.models import Answer, Consensus
from annotations.services.appeals import appeal_answer, decide_appeal
from annotations.services.review import reject_answers
from common.errors import DomainError
from tasks_app.models import Assignment, Item, Project
from tasks_app.services import assignment as work
from tasks_app.services import banning, projects
from tests.annotations.crowd import answer, balance, make_reviewer, wallet
from tests.factories import client_of, lease, make_items, make_project, make_user
from tests.tasks_app.test_claim_concurrency import at_once

REFUND = {"answer": {"intent": "refund"}, "seconds": 4}


def late(assignment: Assignment, **extra: Any) -> Any:
    path = f"/api/v1/assignments/{assignment.pk}/submit"
    headers = {"Idempotency-Key": extra.pop("key")} if "key" in extra else {}
    return client_of(assignment.worker).post(path, {**REFUND, "late": True, **extra}, headers=headers)


@pytest.fixture
def gone(db: None) -> Assignment:
    """A lease that ran out a minute ago, on an item whose only slot has gone to somebody else."""
    item = make_items(make_project(overlap_min=1, overlap_max=1))[0]
    mine = lease(item, make_user(), seconds=-60)
    work.expire_leases()
    answer(item, make_user(), "delivery")
    return mine


def long_ago(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(
        created_at=timezone.now() - timedelta(hours=2), lease_expires_at=timezone.now() - timedelta(hours=1)
    )


def test_a_late_answer_is_kept_and_counts_nowhere(gone: Assignment) -> None:
    before = Item.objects.values("taken", "submitted", "slots").get()
    response = late(gone)
    assert response.status_code == 201
    assert (response.json()["extra"], response.json()["paid"]) == (True, True)
    stored = Answer.objects.get(worker=gone.worker)
    assert stored.extra and stored.value == {"intent": "refund"}
    assert Item.objects.values("taken", "submitted", "slots").get() == before
    gone.refresh_from_db()
    assert gone.state == "late"
    assert [one.worker_id for one in judging.answers_to([gone.item_id])[gone.item_id]] != [gone.worker_id]
    consensus.aggregate_item(gone.item_id)
    row = Consensus.objects.get()
    assert (row.value, row.answers) == ("delivery", 1)


def test_a_late_answer_is_part_of_the_day_s_work(gone: Assignment) -> None:
    first = late(gone).json()["today"]
    other = lease(make_items(gone.project)[0], gone.worker)
    second = client_of(gone.worker).post(f"/api/v1/assignments/{other.pk}/submit", REFUND).json()["today"]
    assert [first["count"], second["count"]] == [1, 2]
    assert second["earned"]["amount_minor"] == first["earned"]["amount_minor"] + other.reward_minor


def test_without_saying_so_a_late_answer_is_refused_and_told_the_way(gone: Assignment) -> None:
    path = f"/api/v1/assignments/{gone.pk}/submit"
    refused = client_of(gone.worker).post(path, REFUND)
    assert refused.status_code == 409
    assert refused.json()["late"] == path
    assert not Answer.objects.filter(worker=gone.worker).exists()


def test_while_the_slot_is_free_the_way_is_to_take_it_back(db: None) -> None:
    mine = lease(make_items(make_project())[0], make_user(), seconds=-60)
    refused = late(mine)
    assert (refused.status_code, refused.json()["code"]) == (409, "lease_expired")
    assert client_of(mine.worker).post(refused.json()["reclaim"]).status_code == 200
    assert late(mine).json().get("extra") is None
    assert not Answer.objects.get().extra


def test_a_repeated_late_submit_is_one_answer(gone: Assignment) -> None:
    first, again = late(gone, key="k"), late(gone, key="k")
    assert first.json() == again.json()
    assert Answer.objects.filter(worker=gone.worker).count() == 1
    assert late(gone, key="k", seconds=9).status_code == 409


def test_in_the_grace_it_is_paid_like_any_answer_that_nobody_objects_to(gone: Assignment) -> None:
    late(gone)
    assert wallet(gone.worker) == 0
    Answer.objects.update(created_at=timezone.now() - timedelta(days=8))
    approval.auto_approve()
    approval.auto_approve()
    assert wallet(gone.worker) == 10


def test_long_after_the_end_it_is_kept_unpaid(gone: Assignment) -> None:
    long_ago(gone)
    money = balance(gone.project)
    assert late(gone).json()["paid"] is False
    assert balance(gone.project) == money
    Answer.objects.update(created_at=timezone.now() - timedelta(days=8))
    approval.auto_approve()
    assert wallet(gone.worker) == 0


@pytest.mark.parametrize("stop", [projects.pause_project, projects.finish_project])
def test_when_the_owner_stopped_the_project_it_is_paid_however_late(db: None, stop: Any) -> None:
    project = make_project(overlap_min=1, overlap_max=1)
    mine = lease(make_items(project)[0], make_user(), seconds=-60)
    long_ago(mine)
    stop(project=project, actor=project.owner)
    response = late(mine)
    assert response.status_code == 201, response.json()
    assert response.json()["paid"] is True
    item = Item.objects.get()
    assert (item.taken, item.submitted) == (0, 0)


def test_without_money_it_is_kept_unpaid(db: None) -> None:
    item = make_items(make_project(overlap_min=1, overlap_max=1, funds=10))[0]
    mine = lease(item, make_user(), seconds=-60)
    work.expire_leases()
    answer(item, make_user(), "delivery")
    assert late(mine).json()["paid"] is False
    assert Answer.objects.get(worker=mine.worker).extra


def test_a_rejected_late_answer_opens_no_slot_and_frees_its_money(gone: Assignment) -> None:
    project = gone.project
    before = balance(project)
    late(gone)
    stored = Answer.objects.get(worker=gone.worker)
    row = Consensus.objects.create(project=project, item=gone.item, field="intent", state="review")
    reviewer = make_reviewer(project)
    found = reject_answers(consensus=row, reason="Random", actor=reviewer, answer_ids=[stored.pk])
    assert found.reopened == 0
    assert balance(project) == before
    appeal = appeal_answer(answer=stored, text="It was right.", actor=gone.worker)
    decide_appeal(appeal=appeal, uphold=True, reason="So it was", actor=project.owner)
    assert wallet(gone.worker) == 10
    assert Item.objects.get().taken == 1


def test_who_was_banned_hands_nothing_in(gone: Assignment) -> None:
    project = gone.project
    banning.ban_worker(project=project, worker=gone.worker, reason="Noise", actor=project.owner)
    assert late(gone).json()["code"] == "banned"


def test_it_shows_in_my_work(gone: Assignment) -> None:
    late(gone)
    [line] = client_of(gone.worker).get("/api/v1/me/assignments").json()["results"]
    assert (line["state"], line["answer"]["extra"]) == ("late", True)


@pytest.mark.django_db(transaction=True)
def test_late_answers_reclaims_and_new_leases_at_once_keep_the_counts_right() -> None:
    project = make_project(overlap_min=1, overlap_max=1)
    items = make_items(project, 12)
    mine = [lease(item, make_user(), seconds=-60) for item in items]
    others = [make_user() for _ in items]

    def quietly(run: Any) -> Any:
        def job() -> None:
            with suppress(DomainError):
                run()

        return job

    jobs = [quietly(lambda row=row: late(row)) for row in mine]
    jobs += [quietly(lambda row=row: work.reclaim_assignment(assignment=row)) for row in mine]
    jobs += [quietly(lambda who=who: work.claim_items(project=project, worker=who)) for who in others]
    jobs += [quietly(work.expire_leases)] * 2
    at_once(jobs)
    for item in Item.objects.all():
        holding = Assignment.objects.filter(item=item, state__in=["leased", "submitted"]).count()
        assert item.taken == holding <= item.slots
    kept = Assignment.objects.filter(state="late").values_list("pk", flat=True)
    assert set(kept) == set(Answer.objects.filter(extra=True).values_list("assignment_id", flat=True))
    assert Project.objects.get().pk == project.pk
