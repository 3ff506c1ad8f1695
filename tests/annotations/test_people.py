"""What stands out is shown to people, who decide; and what they decide can be appealed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from accounts.roles import grant
from annotations import watching
from annotations.models import AnomalySignal, Answer, Measure
from tasks_app.models import Assignment, Item, Project, Qualification, WorkerQualification
from tasks_app.pseudonyms import pseudonym
from tasks_app.services.qualification import hold
from tests.annotations.crowd import told
from tests.factories import TEXT, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
LABELS = ("refund", "delivery", "other")
LONG = "We are sorry to hear that; your parcel is on its way and arrives on Monday."


def give(item: Item, worker: Any, value: dict[str, Any], *, took: float = 30.0) -> Answer:
    """As if claimed `took` seconds before it was submitted; the page says that it took a minute."""
    now = timezone.now()
    lease = Assignment.objects.create(
        project=item.project,
        item=item,
        worker=worker,
        schema_version=item.project.schema_versions.latest("number"),
        reward_minor=10,
        state="submitted",
        created_at=now - timedelta(seconds=took),
        lease_expires_at=now,
    )
    return Answer.objects.create(
        assignment=lease,
        project=item.project,
        item=item,
        worker=worker,
        schema_version=lease.schema_version,
        value=value,
        seconds=60,
        created_at=now,
    )


@pytest.fixture
def project() -> Project:
    """Three honest people, one who rushes, and one who says the same to everything."""
    project = make_project(fields=[{**CHOICE_ONLY}], title="Chats")
    items = make_items(project, 40, slots=0)
    people = [make_user(name) for name in ("ann", "bob", "cy", "dash", "mono")]
    for n, item in enumerate(items):
        truth = LABELS[n % 3]
        for k, person in enumerate(people[:3]):
            wrong = LABELS[(n + 1) % 3]
            give(item, person, {"intent": wrong if (n + 7 * k) % 11 == 0 else truth}, took=25 + 5 * k)
        give(item, people[3], {"intent": LABELS[(n * n + n // 3) % 3]}, took=1)
        give(item, people[4], {"intent": "other"}, took=25)
    from tasks_app.models import WorkerProgress

    for person in people:
        WorkerProgress.objects.create(project=project, worker=person, claimed=40)
    watching.watch(project, 200)
    return project


CHOICE_ONLY = {
    "name": "intent",
    "type": "choice",
    "title": "Intent",
    "labels": list(LABELS),
    "scope": "dialogue",
    "required": True,
}


def desk(project: Project, user: Any = None) -> Any:
    return client_of(user or project.owner).get(f"/api/v1/projects/{project.pk}/people")


def named(project: Project, name: str) -> Any:
    from accounts.models import User

    worker = User.objects.get(display_name=name)
    return worker, pseudonym(project.pk, worker.pk)


def measure(project: Project, name: str, kind: str, reason: str = "Please read.", user: Any = None) -> Any:
    _worker, annotator = named(project, name)
    url = f"/api/v1/projects/{project.pk}/people/{annotator}/measures"
    return client_of(user or project.owner).post(url, {"kind": kind, "reason": reason})


def test_whoever_stands_out_comes_first_with_the_evidence(project: Project) -> None:
    results = desk(project).json()["results"]
    shown = {one["annotator"]: {signal["kind"] for signal in one["signals"]} for one in results}
    _, dash = named(project, "dash")
    _, mono = named(project, "mono")
    assert shown.pop(dash) >= {"fast"} and shown.pop(mono) >= {"constant"}
    assert set(map(frozenset, shown.values())) == {frozenset()}
    assert results[0]["signals"] and not results[-1]["signals"]
    [fast] = [s for one in results if one["annotator"] == dash for s in one["signals"] if s["kind"] == "fast"]
    assert fast["evidence"]["median_seconds"] < 3 and fast["evidence"]["times_faster"] > 3
    text = desk(project).content.decode()
    assert "@example.org" not in text and "dash" not in text


def test_nothing_happens_to_anybody_by_itself(project: Project) -> None:
    assert not Measure.objects.exists()
    worker, _ = named(project, "dash")
    assert told(worker) == []


def test_what_is_no_longer_so_fades_and_what_was_cleared_stays(project: Project) -> None:
    assert measure(project, "mono", "clear").status_code == 201
    watching.watch(project, 200)
    worker, _ = named(project, "mono")
    assert set(AnomalySignal.objects.filter(worker=worker).values_list("state", flat=True)) == {"cleared"}
    rushed, _ = named(project, "dash")
    Assignment.objects.filter(worker=rushed).update(created_at=timezone.now() - timedelta(minutes=2))
    watching.watch(project, 200)
    assert not AnomalySignal.objects.filter(worker=rushed, kind="fast", state="open").exists()


def test_retraining_holds_claims_until_the_rules_were_read(project: Project) -> None:
    make_items(project, 3)
    worker, _ = named(project, "dash")
    client = client_of(worker)
    assert measure(project, "dash", "retrain").status_code == 201
    refused = client.post(f"/api/v1/projects/{project.pk}/claim", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "must_retrain")
    [line] = client.get("/api/v1/catalogue").json()["results"]
    assert [one["code"] for one in line["lacking_codes"]] == ["must_retrain"]
    assert told(worker)[-1] == "measure_retrain"
    assert AnomalySignal.objects.filter(worker=worker, state="open").count() == 0
    assert client.post(f"/api/v1/projects/{project.pk}/retrained").status_code == 204
    assert client.post(f"/api/v1/projects/{project.pk}/claim", {}).status_code == 201
    assert Measure.objects.get().ended_at


@pytest.fixture
def passed(project: Project) -> WorkerQualification:
    """The project asks for an exam, which dash has passed; and for a grant: nobody learns that."""
    worker, _ = named(project, "dash")
    exam, granted = (
        Qualification.objects.create(owner=project.owner, title=kind, kind=kind)
        for kind in ("exam", "granted")
    )
    project.qualification = {"requires": [str(exam.pk), str(granted.pk)]}
    project.save(update_fields=["qualification"])
    now = timezone.now()
    held = [
        WorkerQualification.objects.create(qualification=one, worker=worker, source=one.kind, granted_at=now)
        for one in (exam, granted)
    ]
    return held[0]


def test_who_learns_again_passes_the_exam_again(project: Project, passed: WorkerQualification) -> None:
    make_items(project, 1)
    worker, _ = named(project, "dash")
    assert measure(project, "dash", "retrain", "You missed rule 3.").status_code == 201
    passed.refresh_from_db()
    assert passed.revoked_at and (passed.revoked_by, passed.reason) == (None, "You missed rule 3.")
    assert WorkerQualification.objects.filter(worker=worker, revoked_at=None).count() == 1
    client = client_of(worker)
    assert client.post(f"/api/v1/projects/{project.pk}/retrained").status_code == 204
    refused = client.post(f"/api/v1/projects/{project.pk}/claim", {}).json()
    assert refused["code"] == "not_qualified"
    hold(passed.qualification, worker, "exam", score=1.0)  # nobody took it: passing gives it back
    assert client.post(f"/api/v1/projects/{project.pk}/claim", {}).status_code == 201


@pytest.mark.parametrize("finished", [False, True])
def test_a_retraining_that_was_wrong_gives_back_what_it_withdrew(
    finished: bool, project: Project, passed: WorkerQualification
) -> None:
    make_items(project, 1)
    worker, _ = named(project, "dash")
    client, url = client_of(worker), f"/api/v1/measures/{measure(project, 'dash', 'retrain').json()['id']}"
    client.post(f"{url}/appeal", {"text": "I followed rule 3."})
    if finished:
        client.post(f"/api/v1/projects/{project.pk}/retrained")
    body = {"lift": True, "reason": "True."}
    assert client_of(project.owner).post(f"{url}/decide", body).json()["state"] == "lifted"
    passed.refresh_from_db()
    assert (passed.revoked_at, passed.reason) == (None, "")
    assert client.post(f"/api/v1/projects/{project.pk}/claim", {}).status_code == 201


def test_an_appeal_waits_for_nobody_who_may_not_hear_it(project: Project) -> None:
    grant(make_user("reviewer"), Role.REVIEWER, project.pk)
    url = f"/api/v1/measures/{measure(project, 'dash', 'ban').json()['id']}"
    worker, _ = named(project, "dash")
    client_of(worker).post(f"{url}/appeal", {"text": "No."})
    decided = client_of(project.owner).post(f"{url}/decide", {"lift": True, "reason": "Right."})
    assert decided.json().get("state") == "lifted"


def test_a_manager_does_not_lift_a_measure_against_themselves(project: Project) -> None:
    worker, _ = named(project, "dash")
    grant(worker, Role.REQUESTER, project.pk)
    made = measure(project, "dash", "ban").json()
    refused = client_of(worker).post(f"/api/v1/measures/{made['id']}/lift", {"reason": "mine"})
    assert (refused.status_code, refused.json()["code"]) == (403, "own_measure")
    assert Measure.objects.get().state == "in_force"


@pytest.mark.parametrize("page", ["\u00b2", "-1", "x", "99999999999999"])
def test_any_page_number_is_answered(project: Project, page: str) -> None:
    client = client_of(project.owner)
    assert client.get(f"/api/v1/projects/{project.pk}/people", {"page": page}).status_code == 200


def test_a_ban_needs_a_person_and_a_reason_and_can_be_appealed(project: Project) -> None:
    assert measure(project, "dash", "ban", reason=" ").status_code == 422
    made = measure(project, "dash", "ban", reason="Answers without reading.").json()
    worker, _ = named(project, "dash")
    client = client_of(worker)
    assert client.post(f"/api/v1/projects/{project.pk}/claim", {}).json()["code"] == "banned"
    [mine] = client.get("/api/v1/me/measures").json()["results"]
    assert (mine["kind"], mine["reason"], mine["state"]) == ("ban", "Answers without reading.", "in_force")
    url = f"/api/v1/measures/{made['id']}"
    assert client_of(make_user("stranger")).post(f"{url}/appeal", {"text": "x"}).status_code == 404
    assert client.post(f"{url}/appeal", {"text": "I read fast."}).status_code == 201
    assert client.post(f"{url}/appeal", {"text": "again"}).json()["code"] == "appealed"
    decided = client_of(project.owner).post(f"{url}/decide", {"lift": True, "reason": "Right."})
    assert decided.json()["state"] == "lifted"
    make_items(project, 1)
    assert client.post(f"/api/v1/projects/{project.pk}/claim", {}).status_code == 201


def test_whoever_banned_does_not_hear_the_appeal_while_another_can(project: Project) -> None:
    other = make_user("partner")
    grant(other, Role.REQUESTER, project.pk)
    made = measure(project, "dash", "ban").json()
    worker, _ = named(project, "dash")
    url = f"/api/v1/measures/{made['id']}"
    client_of(worker).post(f"{url}/appeal", {"text": "No."})
    body = {"lift": False, "reason": "x"}
    assert client_of(project.owner).post(f"{url}/decide", body).json()["code"] == "other_reviewer"
    assert client_of(other).post(f"{url}/decide", body).json()["state"] == "confirmed"


def test_strangers_and_annotators_find_no_desk(project: Project) -> None:
    worker, _ = named(project, "ann")
    for user in (make_user("stranger"), worker):
        assert desk(project, user).status_code == 404
        assert measure(project, "dash", "ban", user=user).status_code == 404
    url = f"/api/v1/projects/{project.pk}/people/W-NOBODY/measures"
    assert client_of(project.owner).post(url, {"kind": "ban", "reason": "x"}).status_code == 404
    assert not Measure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_ban_at_the_same_moment_ban_once(project: Project) -> None:
    start = threading.Barrier(4)

    def one(_: int) -> int:
        start.wait()
        try:
            return int(measure(project, "dash", "ban").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [201, 409, 409, 409]
    assert Measure.objects.count() == 1


def test_copied_texts_are_found_with_the_paste_that_the_page_saw() -> None:
    project = make_project(fields=[{**TEXT, "required": True}])
    copier, writer = make_user("copier"), make_user("writer")
    paste = [{"at": 1, "action": "paste", "field": "reply", "after": len(LONG)}]
    for n, item in enumerate(make_items(project, 10, slots=0)):
        Answer.objects.filter(pk=give(item, copier, {"reply": LONG}).pk).update(edits=paste)
        give(item, writer, {"reply": f"{LONG} Number {n} is with our driver in street {n * 7}."})
    watching.watch(project, 20)
    [found] = AnomalySignal.objects.all()
    assert (found.worker_id, found.kind) == (copier.pk, "pasted")
    assert found.evidence["times"] == 10 and found.evidence["pasted"] == 10
