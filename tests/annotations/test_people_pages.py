"""The desk and what the person concerned sees, as pages."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from annotations.models import AnomalySignal, Answer, Consensus, Measure, SecondReview
from annotations.services.review import approve_consensus, reject_answers
from tasks_app.models import Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym
from tests.annotations.crowd import decide, make_reviewer, wallet
from tests.factories import make_items, make_project, make_user

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000, instructions="Read **to the end**.")


@pytest.fixture
def worker(project: Project) -> User:
    worker = make_user("dash")
    WorkerProgress.objects.create(project=project, worker=worker, claimed=20)
    evidence = {"median_seconds": 1.5, "usual_seconds": 30.0, "median_chars": 300, "answers": 20}
    AnomalySignal.objects.create(project=project, worker=worker, kind="fast", score=5, evidence=evidence)
    return worker


def press(project: Project, worker: User, kind: str, reason: str = "Read it.") -> Any:
    url = f"/projects/{project.pk}/people/{pseudonym(project.pk, worker.pk)}/measure/"
    return browser(project.owner).post(url, {"kind": kind, "reason": reason}, follow=True)


def test_the_desk_shows_the_evidence_under_a_pseudonym(project: Project, worker: User) -> None:
    page = browser(project.owner).get(f"/projects/{project.pk}/people/").content.decode()
    assert pseudonym(project.pk, worker.pk) in page and "Answers in 1.5 s" in page
    assert "dash" not in page and worker.email not in page
    assert browser(make_user("stranger")).get(f"/projects/{project.pk}/people/").status_code == 404


@pytest.mark.parametrize("kind", ["message", "retrain", "ban"])
def test_nothing_is_done_without_a_reason(project: Project, worker: User, kind: str) -> None:
    assert "Say why" in press(project, worker, kind, " ").content.decode()
    assert not Measure.objects.exists()


def test_a_person_learns_again_and_goes_on(project: Project, worker: User) -> None:
    press(project, worker, "retrain", "You missed the last turn.")
    client = browser(worker)
    assert "You missed the last turn." in client.get("/work/").content.decode()
    url = f"/work/measures/{Measure.objects.get().pk}/"
    assert "<strong>to the end</strong>" in client.get(url).content.decode()
    assert browser(make_user("stranger")).get(url).status_code == 404
    client.post(url, {"read": "1"})
    assert WorkerProgress.objects.get().retrain_since is None
    assert "You missed" not in client.get("/work/").content.decode()


def test_a_ban_is_appealed_and_lifted_on_pages(project: Project, worker: User) -> None:
    press(project, worker, "ban", "Nobody reads in a second.")
    row = Measure.objects.get()
    browser(worker).post(f"/work/measures/{row.pk}/", {"text": "I know these chats by heart."})
    desk = browser(project.owner)
    assert "by heart" in desk.get(f"/projects/{project.pk}/people/").content.decode()
    desk.post(f"/measures/{row.pk}/decide/", {"lift": "1", "reason": "Right."})
    row.refresh_from_db()
    assert row.state == "lifted" and WorkerProgress.objects.get().banned_at is None


def test_what_is_cleared_leaves_the_desk(project: Project, worker: User) -> None:
    page = press(project, worker, "clear", "").content.decode()
    assert "Answers in 1.5 s" not in page and AnomalySignal.objects.get().state == "cleared"


def test_decisions_do_not_show_while_a_second_look_waits(project: Project) -> None:
    project.second_review_share = 1.0
    project.save()
    item = make_items(project)[0]
    decide(item, "refund", "delivery", "other")
    first, other = make_reviewer(project), make_reviewer(project)
    reject_answers(consensus=Consensus.objects.get(), category="other", reason="Secret words.", actor=first)
    url = f"/items/{item.pk}/"
    assert "Secret words." in browser(first).get(url).content.decode()
    hidden = browser(other).get(url).content.decode()
    assert "Secret words." not in hidden and "decisions are hidden" in hidden
    page = browser(other).get(f"/projects/{project.pk}/review/second/").content.decode()
    assert "Secret words." not in page
    second = SecondReview.objects.get()
    browser(other).post(f"/second-reviews/{second.pk}/decide/", {"action": "approve"})
    assert (
        "Reviewers differ" in browser(project.owner).get(f"/projects/{project.pk}/review/").content.decode()
    )
    browser(project.owner).post(f"/second-reviews/{second.pk}/resolve/", {"side": "second"})
    assert [wallet(one.worker) for one in Answer.objects.select_related("worker")] == [10, 10, 10]


def test_the_annotator_reads_why_on_one_page(project: Project) -> None:
    people = decide(make_items(project)[0], "refund", "delivery", "other")
    mine = Answer.objects.get(worker=people[0])
    row = Consensus.objects.get()
    reject_answers(
        consensus=row,
        category="guideline",
        passage="Read **to the end**",
        actor=make_reviewer(project),
        answer_ids=[mine.pk],
    )
    Consensus.objects.update(state="review", value="delivery")
    row.refresh_from_db()
    approve_consensus(consensus=row, actor=project.owner)
    page = browser(people[0]).get(f"/work/{mine.pk}/").content.decode()
    for words in ("Instructions were misread", "Read **to the end**", "delivery", "Send the appeal"):
        assert words in page
    assert browser(people[1]).get(f"/work/{mine.pk}/").status_code == 404
