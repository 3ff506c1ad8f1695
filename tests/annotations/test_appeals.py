import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from accounts.roles import grant
from annotations import fitting
from annotations.models import Answer, Appeal, Consensus, Review, SecondReview, WorkerSkill
from annotations.services.review import reject_answers
from tasks_app.models import Item, Project
from tests.annotations.crowd import balance, decide, make_reviewer, told, wallet
from tests.factories import client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000)


@pytest.fixture
def rejecter(project: Project) -> Any:
    return make_reviewer(project)


@pytest.fixture
def rejected(project: Project, rejecter: Any) -> Answer:
    item = make_items(project)[0]
    people = decide(item, "refund", "delivery", "other")
    answer = Answer.objects.get(worker=people[0])
    row = Consensus.objects.get()
    reject_answers(consensus=row, reason="Spam.", actor=rejecter, answer_ids=[answer.pk])
    answer.refresh_from_db()
    return answer


def make_appeal(answer: Answer, text: str = "I did read it.") -> Any:
    return client_of(answer.worker).post(f"/api/v1/answers/{answer.pk}/appeal", {"text": text})


def decide_appeal(client: Any, uphold: bool, appeal: Any = None) -> Any:
    appeal = appeal or Appeal.objects.get()
    return client.post(f"/api/v1/appeals/{appeal.pk}/decide", {"uphold": uphold, "reason": "Right."})


def test_an_upheld_appeal_pays_and_takes_the_slot_back(rejected: Answer) -> None:
    assert make_appeal(rejected).status_code == 201
    judge = client_of(make_reviewer(rejected.project))
    response = decide_appeal(judge, True)
    assert response.status_code == 200 and response.json()["state"] == "upheld"
    rejected.refresh_from_db()
    assert rejected.state == "approved" and wallet(rejected.worker) == 10
    item = Item.objects.get()
    assert (item.slots, item.taken, item.submitted) == (3, 3, 3)
    assert balance(rejected.project) == (970, 20, 10)
    assert told(rejected.worker)[-1:] == ["appeal_upheld"]


def test_when_the_slot_is_gone_the_money_comes_from_the_escrow(rejected: Answer) -> None:
    lease(Item.objects.get(), make_user())
    make_appeal(rejected)
    assert decide_appeal(client_of(make_reviewer(rejected.project)), True).status_code == 200
    assert wallet(rejected.worker) == 10
    assert balance(rejected.project) == (960, 30, 10)


def test_without_money_the_appeal_stays_open(rejected: Answer) -> None:
    from rewards.services import ledger

    lease(Item.objects.get(), make_user())
    ledger.withdraw(project_id=rejected.project_id, currency="USD", amount_minor=970, key="w", actor=None)
    make_appeal(rejected)
    response = decide_appeal(client_of(make_reviewer(rejected.project)), True)
    assert response.status_code == 409 and response.json()["missing_minor"] == 10
    rejected.refresh_from_db()
    assert rejected.state == "rejected" and Appeal.objects.get().state == "open"


def test_a_dismissed_appeal_changes_nothing_else(rejected: Answer) -> None:
    make_appeal(rejected)
    assert decide_appeal(client_of(make_reviewer(rejected.project)), False).json()["state"] == "dismissed"
    rejected.refresh_from_db()
    assert rejected.state == "rejected" and wallet(rejected.worker) == 0
    assert told(rejected.worker)[-1:] == ["appeal_dismissed"]


def test_an_appeal_is_decided_once(rejected: Answer) -> None:
    make_appeal(rejected)
    judge = client_of(make_reviewer(rejected.project))
    assert decide_appeal(judge, True).status_code == 200
    assert decide_appeal(judge, False).status_code == 409
    assert wallet(rejected.worker) == 10


def test_whoever_rejected_does_not_hear_the_appeal(rejected: Answer, rejecter: Any) -> None:
    make_appeal(rejected)
    response = decide_appeal(client_of(rejecter), False)
    assert response.status_code == 403 and response.json()["code"] == "other_reviewer"


def test_a_sole_reviewer_hears_it_all_the_same(project: Project) -> None:
    item = make_items(project)[0]
    people = decide(item, "refund", "delivery", "other")
    reject_answers(consensus=Consensus.objects.get(), reason="Spam.", actor=project.owner)
    make_appeal(Answer.objects.get(worker=people[0]))
    assert decide_appeal(client_of(project.owner), True).status_code == 200


def test_an_appeal_is_made_once_in_time_and_only_for_ones_own(rejected: Answer) -> None:
    url = f"/api/v1/answers/{rejected.pk}/appeal"
    assert client_of(make_user("stranger")).post(url, {"text": "x"}).status_code == 404
    Answer.objects.filter(pk=rejected.pk).update(decided_at=timezone.now() - timedelta(days=8))
    assert make_appeal(rejected).json()["code"] == "too_late"
    Answer.objects.filter(pk=rejected.pk).update(decided_at=timezone.now())
    assert make_appeal(rejected, "").status_code == 422
    assert make_appeal(rejected).status_code == 201
    assert make_appeal(rejected).json()["code"] == "appealed"
    pending = Answer.objects.filter(state="pending").first()
    assert pending and make_appeal(pending).json()["code"] == "not_rejected"


def test_reviewers_see_open_appeals(rejected: Answer, rejecter: Any) -> None:
    make_appeal(rejected)
    url = f"/api/v1/projects/{rejected.project_id}/appeals"
    entry = client_of(rejecter).get(url).json()["results"][0]
    assert (entry["text"], entry["reason"], entry["value"]) == (
        "I did read it.",
        "Spam.",
        {"intent": "refund"},
    )
    assert client_of(make_user("stranger")).get(url).status_code == 404
    assert decide_appeal(client_of(make_user("stranger")), True).status_code == 404


def test_my_work_shows_what_became_of_an_answer(rejected: Answer) -> None:
    client = client_of(rejected.worker)
    line = client.get("/api/v1/me/assignments").json()["results"][0]
    assert line["state"] == "submitted" and line["reward"] == {"amount_minor": 10, "currency": "USD"}
    assert (line["answer"]["state"], line["answer"]["reason"]) == ("rejected", "Spam.")
    assert line["answer"]["may_appeal_until"] and line["answer"]["appeal"] is None
    make_appeal(rejected)
    line = client.get("/api/v1/me/assignments").json()["results"][0]
    assert line["answer"]["appeal"]["state"] == "open"
    assert client_of(make_user("stranger")).get("/api/v1/me/assignments").json()["results"] == []


def test_nobody_hears_an_appeal_of_their_own(rejected: Answer) -> None:
    grant(rejected.worker, Role.REVIEWER, rejected.project_id)
    make_appeal(rejected)
    response = decide_appeal(client_of(rejected.worker), True)
    assert (response.status_code, response.json()["code"]) == (403, "own_appeal")


def test_a_sole_reviewer_says_so(project: Project) -> None:
    people = decide(make_items(project)[0], "refund", "delivery", "other")
    reject_answers(consensus=Consensus.objects.get(), reason="Spam.", actor=project.owner)
    mine = Answer.objects.get(worker=people[0])
    make_appeal(mine)
    assert decide_appeal(client_of(project.owner), False).json()["heard_by_same_reviewer"] is True
    line = client_of(people[0]).get("/api/v1/me/assignments").json()["results"][0]["answer"]
    assert line["appeal"]["heard_by_same_reviewer"] is True


def test_whoever_confirmed_a_rejection_does_not_hear_it_either(rejected: Answer, rejecter: Any) -> None:
    judge = make_reviewer(rejected.project)
    SecondReview.objects.create(
        project=rejected.project, review=Review.objects.get(), reviewer=judge, action="reject", state="agreed"
    )
    make_appeal(rejected)
    assert decide_appeal(client_of(judge), False).json()["code"] == "other_reviewer"


def test_an_upheld_appeal_is_weighed_in_the_next_fit(rejected: Answer) -> None:
    """Skill was lost with the rejection and comes back, although the number of answers stays the same."""
    fitting.refit(rejected.project_id, wait=True)
    assert not WorkerSkill.objects.filter(worker=rejected.worker).exists()
    make_appeal(rejected)
    decide_appeal(client_of(make_reviewer(rejected.project)), True)
    fitting.refit_due()
    assert WorkerSkill.objects.get(worker=rejected.worker).answers == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_judges_at_once_one_decides(rejected: Answer) -> None:
    make_appeal(rejected)
    judges = [client_of(make_reviewer(rejected.project)) for _ in range(4)]
    start = threading.Barrier(4)

    def one(judge: Any) -> int:
        start.wait()
        try:
            return int(decide_appeal(judge, True).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, judges)) == [200, 409, 409, 409]
    assert wallet(rejected.worker) == 10
