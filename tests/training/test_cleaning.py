"""The cleaning report over real rows, and what people decide on what it found."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from annotations.models import Consensus
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from privacy.models import MissedValue
from tasks_app.models import Item, Project
from tests.factories import CHOICE, client_of, make_items, make_project, make_user
from training import analysing, freezing, tasks
from training.models import Analysis, AnalysisFinding, CleaningTask
from training.services.analysis import ask_analysis
from training.services.cleaning import decide_cleaning, send_to_review

LONG = (
    "my new lamp arrived broken in its box and I would like to have my money back please as soon as you can"
)
HELLO = "Hello, how may I help you today?"
TEXTS = {
    "plain": "Where is the parcel that you promised to deliver to my house last week on Monday?",
    "first": LONG,
    "same": LONG.upper() + "  ",
    "near": LONG + " thanks",
    "pinned": LONG + " thank you",
    "german": "Guten Tag, wo ist mein Paket, das Sie mir letzte Woche versprochen haben? Bitte helfen.",
    "short": "ok",
    "damaged": "The cafÃ© on the corner is closed and it is schÃ¶n, so where may I pick the parcel up?",
}


@pytest.fixture
def texts(db: None, settings: Settings, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings.BASE_MODEL = str(tiny_encoder)
    monkeypatch.setattr(tasks.predict_analysis, "apply_async", lambda *_a, **_k: None)
    project = make_project(fields=[CHOICE], funds=0, languages=["en"])
    for name, text in TEXTS.items():
        [item] = make_items(project, slots=0, payloads=[{"text": text}])
        split = {"first": "train", "pinned": "test"}.get(name, "")
        Item.objects.filter(pk=item.pk).update(external_id=name, split=split)
    for number in range(6):
        asks = f"Question number {number} about my order and its price"
        turns = [{"speaker": "agent", "text": HELLO}, {"speaker": "user", "text": asks}]
        make_items(project, slots=0, payloads=[{"turns": turns}])
    return project


def analysed(project: Project, **options: float) -> Analysis:
    wish = ask_analysis(project=project, actor=None, options={"cleaning": {"far": 20.0, **options}})
    while analysing.execute(wish.pk):
        pass
    wish.refresh_from_db()
    assert wish.state == "done", wish.reason
    return wish


def found(wish: Analysis, kind: str) -> set[str]:
    result = analysing.results_of(wish)["cleaning"]
    return set(result.findings.filter(kind=kind).values_list("item__external_id", flat=True))


def test_each_kind_finds_its_own(texts: Project) -> None:
    wish = analysed(texts)
    assert found(wish, "exact") == {"same"}
    # The cluster reaches from train to test: all of it but the first is named as that.
    across = found(wish, "near_across") | found(wish, "near")
    assert {"near", "pinned"} <= across and "plain" not in across
    assert found(wish, "near") == set()
    assert (found(wish, "language"), found(wish, "short")) == ({"german"}, {"short"})
    assert found(wish, "encoding") == {"damaged"}
    assert len(found(wish, "boilerplate")) == 6
    data = analysing.results_of(wish)["cleaning"].data
    assert (data["items"], data["turns"]) == (14, 20) and data["unsure"] >= 1
    assert data["kinds"]["language"] == {"items": 1, "share": 1 / 14}


def test_thresholds_are_the_askers(texts: Project) -> None:
    wish = analysed(texts, short=30, sure=1.0, recurring=1.0, near=1.0)
    assert len(found(wish, "short")) > 10
    assert found(wish, "near") == set() and not found(wish, "near_across") & {"pinned", "near"}
    assert len(found(wish, "boilerplate")) == 6  # all of the conversations begin like this


def findings(wish: Analysis, kind: str) -> list[AnalysisFinding]:
    return list(analysing.results_of(wish)["cleaning"].findings.filter(kind=kind).order_by("pk"))


def test_sending_makes_tasks_and_touches_no_item(texts: Project) -> None:
    wish, owner = analysed(texts), texts.owner
    before = list(Item.objects.order_by("pk").values())
    some = findings(wish, "boilerplate") + findings(wish, "exact")
    assert send_to_review(project=texts, findings=some, actor=owner).sent == 7
    again = send_to_review(project=texts, findings=some, actor=owner)
    assert (again.sent, again.skipped) == (0, 7)
    assert list(Item.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(action="cleaning.sent").count() == 2
    with pytest.raises(Invalid):
        send_to_review(project=texts, findings=[], actor=owner)


def sent(project: Project, kind: str = "exact") -> CleaningTask:
    [one] = findings(analysed(project), kind)
    send_to_review(project=project, findings=[one], actor=project.owner)
    return CleaningTask.objects.get(kind=kind)


def decide(task: CleaningTask, decision: str) -> CleaningTask:
    [row] = decide_cleaning(
        project=task.project, task_ids=[task.pk], decision=decision, actor=task.project.owner
    )
    return row


def test_withdrawing_can_be_taken_back(texts: Project) -> None:
    task = sent(texts)
    before = Item.objects.get(pk=task.item_id)
    for _twice in range(2):
        assert decide(task, "withdrawn").state == "withdrawn"
    assert Item.objects.get(pk=task.item_id).state == "withdrawn"
    decide(task, "open")
    after = Item.objects.get(pk=task.item_id)
    # Nobody had answered it: it waits for money like every new item, with nothing of its content changed.
    assert after.state in ("waiting", "open") and after.payload == before.payload
    names = AuditEvent.objects.filter(action="cleaning.decided").order_by("id").values_list("data", flat=True)
    assert [(one["before"], one["after"]) for one in names] == [("open", "withdrawn"), ("withdrawn", "open")]


def test_an_item_that_was_withdrawn_for_two_reasons_comes_back_with_the_last(texts: Project) -> None:
    first = sent(texts)
    Item.objects.filter(pk=first.item_id).update(state="closed")
    second = CleaningTask.objects.create(project=texts, item_id=first.item_id, kind="short")
    for task in (first, second):
        decide(task, "withdrawn")
    for task, state in ((first, "withdrawn"), (second, "closed")):
        decide(task, "kept")
        assert Item.objects.get(pk=first.item_id).state == state


def test_reported_personal_data_keeps_an_item_away(texts: Project) -> None:
    task = sent(texts)
    decide(task, "withdrawn")
    MissedValue.objects.create(
        item=task.item_id, project=texts.pk, digest="x", source="flag", item_state="open", state="open"
    )
    with pytest.raises(Conflict):
        decide(task, "kept")
    task.refresh_from_db()
    assert task.state == "withdrawn"


def test_what_is_left_out_is_not_learned_from_until_that_is_taken_back(texts: Project) -> None:
    task = sent(texts)
    Consensus.objects.create(project=texts, item_id=task.item_id, field="intent", value="refund",
                             confidence=0.9, state="approved")  # fmt: skip
    learned = freezing.decided(texts, ["intent"])
    assert learned.count() == 1
    decide(task, "left_out")
    assert learned.count() == 0
    decide(task, "kept")
    assert learned.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_leave_one_of_them(settings: Settings) -> None:
    project = make_project(funds=0)
    [item] = make_items(project, slots=0)
    task = CleaningTask.objects.create(project=project, item=item, kind="short")
    start = threading.Barrier(6)

    def work(decision: str) -> None:
        start.wait()
        decide(task, decision)
        connection.close()

    threads = [threading.Thread(target=work, args=[one]) for one in ("withdrawn", "kept") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    task.refresh_from_db()
    away = Item.objects.get(pk=item.pk).state == "withdrawn"
    assert away is (task.state == "withdrawn")
    # The trail is a chain: each decision began where the one before it ended.
    trail = AuditEvent.objects.filter(action="cleaning.decided").order_by("id").values_list("data", flat=True)
    state = "open"
    for one in trail:
        assert one["before"] == state
        state = one["after"]
    assert state == task.state


def test_through_rest(texts: Project) -> None:
    wish = analysed(texts)
    url, owner = f"/api/v1/projects/{texts.pk}/analysis", client_of(texts.owner)
    part = owner.get(f"{url}/cleaning", {"kind": "exact"}).json()
    assert part["count"] == 1 and part["findings"][0]["item"] and part["data"]["kinds"]["short"]["items"] == 1
    body = {"findings": [part["findings"][0]["id"]]}
    assert client_of(make_user()).post(f"{url}/tasks", body, format="json").status_code == 404
    made = owner.post(f"{url}/tasks", body, format="json", headers={"Idempotency-Key": "k"})
    assert (made.status_code, made.json()) == (201, {"sent": 1, "skipped": 0})
    assert (
        owner.post(f"{url}/tasks", body, format="json", headers={"Idempotency-Key": "k"}).json()["sent"] == 1
    )
    # Somebody else's findings are nobody's here.
    other = make_project(funds=0)
    strange = f"/api/v1/projects/{other.pk}/analysis/tasks"
    assert client_of(other.owner).post(strange, body, format="json").status_code == 422
    [task] = owner.get(f"{url}/tasks", {"state": "open"}).json()["results"]
    decided = {"tasks": [task["id"]], "decision": "kept"}
    assert client_of(other.owner).post(f"{strange}/decide", decided, format="json").json()["results"] == []
    assert owner.post(f"{url}/tasks/decide", decided, format="json").json()["results"][0]["state"] == "kept"
    assert owner.post(f"{url}/tasks/decide", {**decided, "decision": "x"}, format="json").status_code >= 400
    assert wish.state == "done"


def test_filters_leave_what_they_name(texts: Project) -> None:
    analysed(texts)
    short = Item.objects.get(external_id="short")
    Consensus.objects.create(project=texts, item=short, field="intent", value="refund", confidence=0.9,
                             state="approved")  # fmt: skip
    url, owner = f"/api/v1/projects/{texts.pk}/analysis/cleaning", client_of(texts.owner)

    def count(**asked: Any) -> int:
        return int(owner.get(url, {"kind": "short", **asked}).json()["count"])

    assert count() == 1 and count(label="refund") == 1 and count(label="delivery") == 0
    assert count(annotator="W-NOBODY") == 0
    assert count(since="2000-01-01") == 1 and count(until="2000-01-01") == 0
    assert owner.get(url, {"since": "soon"}).status_code in (400, 422)


def test_the_pages(texts: Project, client: Any, stranger: User) -> None:
    page = f"/projects/{texts.pk}/analysis/"
    client.force_login(texts.owner)
    assert b"Not analysed yet" in client.get(page).content
    assert client.post(f"{page}cleaning/ask/", {"cleaning.far": "x"}).status_code == 422
    assert client.post(f"{page}cleaning/ask/", {"cleaning.far": "20"}).status_code == 302
    assert b"every 2s" in client.get(page).content
    wish = Analysis.objects.get()
    assert wish.options["cleaning"]["far"] == 20.0
    while analysing.execute(wish.pk):
        pass
    assert client.get(f"{page}cleaning/live/")["HX-Refresh"] == "true"
    shown = client.get(f"{page}cleaning/?kind=encoding").content.decode()
    assert "The café on the corner is closed and it is schön" in shown and "/items/" in shown
    # A kind keeps the filter, and the filter the kind.
    narrowed = client.get(f"{page}cleaning/?label=refund&kind=encoding").content.decode()
    assert "?label=refund&amp;kind=short" in narrowed and 'name="kind" value="encoding"' in narrowed
    assert "The café on the corner" not in narrowed
    [finding] = findings(wish, "encoding")
    sent_all = client.post(f"{page}tasks/send/", {"shown": [finding.pk], "what": "page"}, follow=True)
    assert b"1 item waits for a decision now." in sent_all.content
    task = CleaningTask.objects.get()
    assert "Withdraw" in client.get(f"{page}tasks/").content.decode()
    client.post(f"{page}tasks/decide/", {"task": [task.pk, "nonsense"], "decision": "left_out"})
    assert b"Take the decision back" in client.get(f"{page}tasks/?state=left_out").content
    make_items(texts, 1, slots=0)
    assert b"have changed since" in client.get(page).content
    client.force_login(stranger)
    for path in ("", "cleaning/", "tasks/", "cleaning/live/"):
        assert client.get(page + path).status_code == 404
    for path in ("cleaning/ask/", "cleaning/cancel/", "tasks/send/", "tasks/decide/"):
        assert client.post(page + path).status_code == 404


def test_what_a_restricted_item_says_is_not_shown_beside_what_is_like_it(texts: Project, client: Any) -> None:
    wish = analysed(texts)
    client.force_login(texts.owner)
    page = f"/projects/{texts.pk}/analysis/"
    like = {
        one.evidence["like"] for kind in ("exact", "near")
        for one in AnalysisFinding.objects.filter(result__in=analysing.results_of(wish).values(), kind=kind)
    }  # fmt: skip
    assert (
        f"/items/{min(like)}/"
        in client.get(f"{page}cleaning/?kind=exact").text + client.get(f"{page}cleaning/?kind=near").text
    )
    task = sent(texts)
    Item.objects.filter(pk__in=[*like, task.item_id]).update(restricted=True)
    for kind in ("exact", "near"):
        shown = client.get(f"{page}cleaning/?kind={kind}").text
        assert not any(f"/items/{one}/" in shown for one in like)
    assert f"/items/{task.item_id}/" not in client.get(f"{page}tasks/").text
