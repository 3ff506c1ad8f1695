"""Suspected labels of real rows, and their way to a reviewer."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from annotations.models import Consensus
from common.errors import Invalid
from tasks_app.models import Item, Project
from tests.factories import CHOICE, SPAN, TEXT, client_of, make_items, make_project
from tests.training.conftest import WORDS, approve
from training import analysing, tasks
from training.models import Analysis, AnalysisFinding, AnalysisResult
from training.services.analysis import ask_analysis
from training.services.label_errors import send_suspects

LABELS = list(WORDS)
BY_TURN = {**CHOICE, "name": "said", "scope": "turn", "required": False}
SEVERAL = {**CHOICE, "name": "about", "multi": True, "required": False}


@pytest.fixture(autouse=True)
def encoder(settings: Settings, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASE_MODEL = str(tiny_encoder)
    monkeypatch.setattr(tasks.predict_analysis, "apply_async", lambda *_a, **_k: None)


def suspected(project: Project) -> AnalysisResult:
    wish = ask_analysis(project=project, actor=None)
    while analysing.missing(wish)[:1] and wish.state != "failed":
        if analysing.results_of(wish).get("label_errors"):
            break
        analysing.execute(wish.pk)
        wish.refresh_from_db()
    return analysing.results_of(wish)["label_errors"]


def plant(rows: list[Consensus]) -> set[Any]:
    for row in rows:
        row.value = LABELS[(LABELS.index(row.value) + 1) % 3]
        row.save()
    return {row.item_id for row in rows}


@pytest.fixture
def planted(project: Project) -> set[Any]:
    items = approve(project, 90)
    for number, item in enumerate(items):
        # Which fold an item is in hangs on its group: the same each time.
        Item.objects.filter(pk=item.pk).update(group=f"dialogue {number}")
    chosen = [items[number].pk for number in (5, 20, 40, 60, 85)]
    return plant(list(Consensus.objects.filter(item__in=chosen).order_by("item__position")))


def test_planted_errors_are_suspected_with_the_label_that_was_there(
    project: Project, planted: set[Any]
) -> None:
    result = suspected(project)
    figures = result.data["fields"]["intent"]
    assert figures["units"] == 90 and 0 < figures["noise"] < 0.2
    found = {one.item_id: one for one in result.findings.all()}
    hits = planted & set(found)
    assert len(hits) >= 4 and len(found) <= 10
    for item in hits:
        evidence = found[item].evidence
        assert LABELS[(LABELS.index(evidence["suggested"]) + 1) % 3] == evidence["given"]
        assert evidence["suggested_share"] > evidence["given_share"]


def test_sent_to_review_with_what_is_suspected(project: Project, planted: set[Any], client: Any) -> None:
    result = suspected(project)
    findings = list(result.findings.filter(item__in=planted))
    sent = send_suspects(project=project, findings=findings, actor=project.owner)
    assert (sent.sent, sent.skipped) == (len(findings), 0)
    assert send_suspects(project=project, findings=findings, actor=project.owner).sent == 0
    row = Consensus.objects.get(item=findings[0].item_id)
    assert (row.state, row.cause) == ("review", "model")
    assert row.suspected == [{"turn": None, **findings[0].evidence}]
    client.force_login(project.owner)
    shown = client.get(f"/projects/{project.pk}/review/").content.decode()
    assert "What models of the other items say" in shown
    others = AnalysisFinding.objects.create(
        result=AnalysisResult.objects.create(
            project=project, part="cleaning", key="x", version=1, options={}, data={}, seconds=0
        ),
        kind="short", item_id=findings[0].item_id, score=1,
    )  # fmt: skip
    for wrong in ([], [others]):
        with pytest.raises(Invalid):
            send_suspects(project=project, findings=wrong, actor=project.owner)


@pytest.fixture
def dialogues(db: None) -> Project:
    """Two turns each, labelled by turn, by several labels and by spans; every tenth of it wrong."""
    project = make_project(fields=[BY_TURN, SEVERAL, SPAN, TEXT], funds=0)
    for number in range(60):
        first, second = LABELS[number % 3], LABELS[(number // 3) % 3]
        turns = [
            {"speaker": "user", "text": f"{WORDS[label]} number {number % 10}"} for label in (first, second)
        ]
        [item] = make_items(project, slots=0, payloads=[{"turns": turns}], group=f"dialogue {number}")
        wrong = LABELS[(LABELS.index(second) + 1) % 3] if number % 10 == 7 else second
        values = {
            "said": [{"turn": 0, "label": first}, {"turn": 1, "label": wrong}],
            "about": sorted({first, second}, key=LABELS.index),
            "qa": [{"turn": 0, "start": 0, "end": 5, "label": "question"}],
            "reply": "yes",
        }
        Consensus.objects.bulk_create(
            Consensus(project=project, item=item, field=name, value=value, confidence=0.9, state="approved")
            for name, value in values.items()
        )
    return project


def test_turns_several_labels_and_spans_are_judged_and_other_types_are_said_to_be_left_out(
    dialogues: Project,
) -> None:
    result = suspected(dialogues)
    fields = result.data["fields"]
    assert fields["said"]["units"] == 120 and fields["about"]["units"] == 60 and fields["qa"]["units"] == 120
    assert fields["reply"] == {"type": "text", "left_out": "type"}
    turns = result.findings.filter(kind="said")
    assert turns.filter(turn=1).count() >= 4 and not turns.filter(turn=None).exists()


def test_too_few_approved_answers_are_said_to_be(project: Project) -> None:
    approve(project, 20)
    assert suspected(project).data["fields"] == {"intent": {"type": "choice", "left_out": "few"}}


def test_page_and_rest(project: Project, planted: set[Any], client: Any, stranger: User) -> None:
    result = suspected(project)
    count = result.findings.count()
    url, page = f"/api/v1/projects/{project.pk}/analysis", f"/projects/{project.pk}/analysis/label_errors/"
    owner = client_of(project.owner)
    found = owner.get(f"{url}/label_errors", {"kind": "intent"}).json()
    assert found["count"] == count and found["findings"][0]["evidence"]["given"] in LABELS
    body = {"findings": [one["id"] for one in found["findings"][:2]]}
    assert client_of(stranger).post(f"{url}/suspects", body, format="json").status_code == 404
    sent = owner.post(f"{url}/suspects", body, format="json", headers={"Idempotency-Key": "k"})
    assert sent.status_code == 201 and sent.json() == {"sent": 2, "asked": 0, "skipped": 0}
    again = owner.post(f"{url}/suspects", body, format="json", headers={"Idempotency-Key": "k"})
    assert again.json() == sent.json()
    client.force_login(project.owner)
    shown = client.get(page).content.decode()
    assert "Suspected" in shown and "waits for a reviewer" in shown
    rest = {"shown": [one["id"] for one in found["findings"]], "what": "page"}
    done = client.post(f"{page}send/".replace("label_errors/send", "suspects/send"), rest, follow=True)
    assert f"{count - 2} " in done.content.decode()
    client.force_login(stranger)
    assert client.get(page).status_code == 404
    assert client.post(f"/projects/{project.pk}/analysis/suspects/send/", rest).status_code == 404
    assert Analysis.objects.count() == 1
