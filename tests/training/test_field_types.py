"""Each type of field, from what was approved to a model in production that answers, all of it for real."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotations.models import Consensus
from tasks_app.models import Project
from tests.factories import CHOICE, SPAN, TEXT, client_of, make_items, make_project
from tests.training.engine.tiny_decoder import QUICK_REPLIES, make_decoder, reply_rows
from training import execution, showing
from training.engine.data import read_arrow
from training.models import Feedback, Model, ModelVersion, Prediction, Run
from training.services.predictions import predict
from training.services.runs import start_run
from training.services.snapshots import freeze_snapshot
from training.snapshots import current_fields, planned_counts

LINKS = {
    "name": "links", "type": "relation", "title": "Links", "from": "qa", "labels": ["answers"],
    "from_labels": ["answer"], "to_labels": ["question"],
}  # fmt: skip
PASSED = {"override": True, "reason": "a test"}
DIALOGUE = {"turns": [{"speaker": "customer", "text": "where is the parcel"},
                      {"speaker": "agent", "text": "last week"}]}  # fmt: skip
MARKED = [{"turn": 0, "start": 13, "end": 19, "label": "question"},
          {"turn": 1, "start": 0, "end": 9, "label": "answer"}]  # fmt: skip
RANKED = {"text": "where is the parcel", "candidates": [{"id": "a", "text": "last week"},
                                                        {"id": "b", "text": "what hours"}]}  # fmt: skip
# Field, payload, two values in turn, the crowd's posterior, and the figure by which versions are compared.
Case = tuple[dict[str, Any], dict[str, Any], Sequence[Any], dict[str, Any], str]
CASES: dict[str, Case] = {
    "several labels": (
        {**CHOICE, "multi": True}, {"text": "where is the parcel"}, [["refund"], ["refund", "other"]], {},
        "micro_f1",
    ),
    "choice by turn": (
        {**CHOICE, "scope": "turn", "required": False}, DIALOGUE, [[{"turn": 0, "label": "refund"}], []], {},
        "accuracy",
    ),
    "span": (SPAN, DIALOGUE, [MARKED, MARKED[:1]], {}, "micro_f1"),
    "scale": (
        {"name": "tone", "type": "scale", "title": "Tone", "min": -2, "max": 2},
        {"text": "where is the parcel"}, [-2, 0], {"item": {"-2": 0.7, "-1": 0.3}}, "quadratic_kappa",
    ),
    "scale by turn": (
        {"name": "tone", "type": "scale", "title": "Tone", "scope": "turn", "speakers": ["customer"]},
        DIALOGUE, [[{"turn": 0, "value": 4}], [{"turn": 0, "value": 1}]], {"0": {"4": 0.6, "5": 0.4}},
        "quadratic_kappa",
    ),
    "pair": (
        {"name": "near", "type": "scale", "title": "Near", "scope": "pair"},
        {"pair": ["where is the parcel", "last week"]}, [1, 5], {}, "quadratic_kappa",
    ),
    "rank": (
        {"name": "best", "type": "rank", "title": "Best"}, RANKED, [["a", "b"], ["b", "a"]],
        {"0:1": {"first": 0.7, "second": 0.3}}, "pairwise_accuracy",
    ),
    "relation": (
        LINKS, DIALOGUE, [[{"from": 1, "to": 0, "label": "answers"}], []],
        {"1.0.9>0.13.19": {"answers": 0.8, "": 0.2}}, "micro_f1",
    ),
}  # fmt: skip


def numbered(payload: dict[str, Any], n: int) -> dict[str, Any]:
    """The same with a number behind its last text, or all items would be duplicates of one."""
    if "turns" in payload:
        *others, last = payload["turns"]
        return {**payload, "turns": [*others, {**last, "text": f"{last['text']} number {n}"}]}
    if "pair" in payload:
        return {"pair": [payload["pair"][0], f"{payload['pair'][1]} number {n}"]}
    return {**payload, "text": f"{payload['text']} number {n}"}


def approve(project: Project, field: str, payload: dict[str, Any], values: Sequence[Any],
            posterior: dict[str, Any], number: int = 32) -> None:  # fmt: skip
    items = list(project.items.order_by("position")) or make_items(
        project, number, slots=0, payloads=[numbered(payload, n) for n in range(number)]
    )
    Consensus.objects.bulk_create(
        Consensus(
            project=project, item=item, field=field, value=values[index % len(values)], confidence=0.9,
            posterior=posterior, state=Consensus.State.APPROVED,
        )
        for index, item in enumerate(items)
    )  # fmt: skip


@pytest.fixture
def train(admin: User, quick_recipe: dict[str, Any]) -> Callable[..., ModelVersion]:
    def go(project: Project, field: str) -> ModelVersion:
        run = start_run(project=project, field=field, recipe={**quick_recipe, "epochs": 1}, actor=admin)
        execution.execute(run.pk)
        run.refresh_from_db()
        assert run.state == Run.State.SUCCEEDED, run.reason
        return run.version

    return go


@pytest.mark.parametrize("name", [name for name in CASES if name != "relation"])
def test_it_goes_from_approved_answers_to_a_model_that_answers(
    name: str, admin: User, train: Callable[..., ModelVersion]
) -> None:
    field, payload, values, posterior, metric = CASES[name]
    project = make_project(fields=[field], funds=0)
    approve(project, field["name"], payload, values, posterior)
    version = train(project, field["name"])
    assert version.metrics["metric"] == metric and version.metrics["test"] is not None
    assert field["type"] in version.card and "In brackets: the best rule" in version.card
    rows = list(read_arrow(version.snapshot.folder / field["name"] / "train.arrow"))
    assert any(row.soft for row in rows) == bool(posterior)
    _it_answers(version, field, payload, values[0], admin)


def _it_answers(
    version: ModelVersion, field: dict[str, Any], payload: dict[str, Any], correction: Any, admin: User
) -> None:
    """Promoted through REST, asked through REST and on the page, corrected, and shown with its run."""
    client, name = client_of(admin), version.model.name
    # After one epoch a tiny model beats no rule, and the gate says so.
    promoted = client.post(f"/api/v1/models/{name}/versions/1/promote", PASSED, format="json")
    assert promoted.status_code == 200, promoted.json()
    answer = client.post(f"/api/v1/models/{name}/predict", {"items": [payload]}, format="json")
    assert answer.status_code == 200, answer.json()
    [result], [stored] = answer.json()["results"], Prediction.objects.all()
    assert 0 <= result["confidence"] <= 1 and stored.value == result["value"]
    said = client.post(f"/api/v1/predictions/{stored.pk}/feedback", {"correction": correction}, format="json")
    assert said.status_code == 201, said.json()
    browser = Client()
    browser.force_login(admin)
    page = browser.get(f"/training/runs/{version.run_id}/")
    assert page.status_code == 200
    text = "\n".join(f"{turn['speaker']}: {turn['text']}" for turn in payload.get("turns", ())) or (
        "\n".join(payload.get("pair", ())) or payload["text"]
    )
    text += "".join(f"\n- {one['text']}" for one in payload.get("candidates", ()))
    tried = browser.post(f"/models/{name}/try/", {"text": text})
    assert tried.status_code == 200, tried.content.decode()


# -- replies: a decoder writes them, and what it writes is kept without personal data ----------------------


@pytest.mark.slow
def test_replies_go_from_approved_answers_to_a_model_that_writes(
    admin: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(fields=[TEXT], funds=0)
    rows = reply_rows(36)
    items = [make_items(project, slots=0, payloads=[row.payload])[0] for row in rows]
    Consensus.objects.bulk_create(
        Consensus(
            project=project, item=item, field="reply", value=row.value, confidence=0.9,
            state=Consensus.State.APPROVED,
        )
        for item, row in zip(items, rows, strict=True)
    )  # fmt: skip
    recipe = {**QUICK_REPLIES, "base_model": str(make_decoder(tmp_path / "decoder"))}
    run = start_run(project=project, field="reply", recipe=recipe, actor=admin)
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED, run.reason
    version = run.version
    assert version.metrics["metric"] == "rouge_l" and version.metrics["test"] is not None
    payload = reply_rows(1)[0].payload
    _it_answers(version, TEXT, payload, "write to anna@example.org", admin)
    assert isinstance(Prediction.objects.last().value, str)
    assert "anna@" not in Feedback.objects.get().correction
    _answering(monkeypatch, "call anna@example.org")
    predict(model=version.model, items=[payload], actor=admin)
    assert not Prediction.objects.filter(value__icontains="anna@").exists()


# -- relations: their spans are another field's answer ----------------------------------------------------


@pytest.fixture
def linked(admin: User) -> Project:
    project = make_project(fields=[SPAN, LINKS], funds=0)
    approve(project, "qa", DIALOGUE, [MARKED], {})
    _field, payload, values, posterior, _metric = CASES["relation"]
    approve(project, "links", payload, values, posterior)
    return project


def test_links_are_learned_beside_their_spans_and_spans_come_from_their_own_model(
    linked: Project, admin: User, train: Callable[..., ModelVersion]
) -> None:
    version = train(linked, "links")
    row = next(read_arrow(version.snapshot.folder / "links" / "train.arrow"))
    assert row.payload["turns"] in [numbered(DIALOGUE, n)["turns"] for n in range(32)]
    assert row.payload["beside"] == {"qa": MARKED}
    assert row.soft == {"1.0.9>0.13.19": {"answers": 0.8, "": 0.2}}
    assert version.metrics["metric"] == "micro_f1" and "| answers |" in version.card
    ask = f"/api/v1/models/{version.model.name}/predict"
    client = client_of(admin)
    promote = f"/api/v1/models/{version.model.name}/versions/1/promote"
    assert client.post(promote, PASSED, format="json").status_code == 200
    refused = client.post(ask, {"items": [DIALOGUE]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_spans")
    # Once the spans' own model is in production it marks what was sent without spans.
    spans = train(linked, "qa")
    promote = f"/api/v1/models/{spans.model.name}/versions/1/promote"
    assert client.post(promote, PASSED, format="json").status_code == 200
    given = {**DIALOGUE, "beside": {"qa": MARKED[::-1]}}
    answered = client.post(ask, {"items": [given, DIALOGUE]}, format="json").json()["results"]
    assert answered[0]["detail"]["beside"] == {"qa": MARKED}  # in the canonical order, which links go by
    marked = client.post(f"/api/v1/models/{spans.model.name}/predict", {"items": [DIALOGUE]}, format="json")
    assert answered[1]["detail"]["beside"]["qa"] == marked.json()["results"][0]["value"]


@pytest.fixture
def link_version(linked: Project) -> ModelVersion:
    """A version in production as far as the database knows; nothing was trained."""
    snapshot, _new = freeze_snapshot(project=linked, actor=None)
    run = Run.objects.create(
        project=linked,
        number=1,
        field="links",
        snapshot=snapshot,
        state="succeeded",
        queued_at=timezone.now(),
    )
    model = Model.objects.create(project=linked, field="links", head="relation", name="links")
    return ModelVersion.objects.create(
        model=model, number=1, run=run, snapshot=snapshot, stage="production", path="nowhere",
        metrics={"metric": "micro_f1", "dev": 1.0, "test": 1.0, "baseline": 0.0}, config_hash="0" * 64,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "pointer"),
    [
        ([], "/items/1/beside"),
        ({"qa": [{"turn": 9, "start": 0, "end": 1, "label": "answer"}]}, "/items/1/beside/qa/0/turn"),
    ],
)
def test_spans_that_cannot_be_are_pointed_at(
    admin: User, link_version: ModelVersion, beside: Any, pointer: str
) -> None:
    items = [{**DIALOGUE, "beside": {"qa": MARKED}}, {**DIALOGUE, "beside": beside}]
    answer = client_of(admin).post("/api/v1/models/links/predict", {"items": items}, format="json")
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


def _answering(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    found = SimpleNamespace(
        answers=[SimpleNamespace(value=value, confidence=0.9, detail={})], seconds={}, together=1
    )
    monkeypatch.setattr("training.serving.answers_of", lambda version, payloads: found)


def test_what_is_stored_is_redacted_with_its_spans_and_links_are_shown(
    admin: User, link_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "I am at anna@example.org, where is the parcel"
    start = text.index("where")
    spans = [{"turn": 0, "start": start, "end": len(text), "label": "question"}, MARKED[1]]
    _answering(monkeypatch, [{"from": 1, "to": 0, "label": "answers"}])
    turns = [{"speaker": "customer", "text": text}, DIALOGUE["turns"][1]]
    items = [{"turns": turns, "beside": {"qa": spans}}]
    [stored] = predict(model=link_version.model, items=items, actor=admin).predictions
    kept, mark = stored.payload["turns"][0]["text"], stored.payload["beside"]["qa"][0]
    assert "anna@" not in kept and kept[mark["start"] : mark["end"]] == "where is the parcel"
    shown = showing.shown(stored, showing.field_of(link_version))
    assert shown["links"] == [{"from": "last week", "to": "where is the parcel", "label": "answers"}]
    assert [part.get("label") for part in shown["turns"][0]["parts"]] == [None, "question"]


def test_a_link_to_a_span_that_is_gone_is_left_out_and_undecided_spans_are_waited_for(
    linked: Project,
) -> None:
    first, second = linked.consensus.filter(field="links").order_by("item_id")[:2]
    Consensus.objects.filter(pk=first.pk).update(value=[{"from": 7, "to": 0, "label": "answers"}])
    linked.consensus.filter(item=second.item_id, field="qa").update(state=Consensus.State.REVIEW)
    snapshot, _new = freeze_snapshot(project=linked, actor=None)
    files = [snapshot.folder / "links" / f"{split}.arrow" for split in ("train", "dev", "test")]
    rows = {row.id: row for path in files for row in read_arrow(path)}
    assert rows[str(first.item_id)].value == []
    assert str(second.item_id) not in rows and sum(snapshot.counts["links"].values()) == 31
    assert planned_counts(linked, current_fields(linked)[1][1]).total() == 31


def test_a_ranking_without_candidates_is_pointed_at(admin: User, link_version: ModelVersion) -> None:
    Model.objects.filter(pk=link_version.model_id).update(head="rank")
    answer = client_of(admin).post("/api/v1/models/links/predict", {"items": [DIALOGUE]}, format="json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/0/candidates"


def test_candidates_are_redacted_and_shown_in_order(
    admin: User, link_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    Model.objects.filter(pk=link_version.model_id).update(head="rank")
    link_version.model.refresh_from_db()
    _answering(monkeypatch, ["b", "a"])
    offered = [{"id": "a", "text": "Write to anna@example.org."}, {"id": "b", "text": "last week"}]
    items = [{"text": "where is the parcel", "candidates": offered}]
    [stored] = predict(model=link_version.model, items=items, actor=admin).predictions
    best, other = showing.ranked_of(stored)
    assert best == "last week" and "anna@" not in other and other.startswith("Write to ")
