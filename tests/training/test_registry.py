from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from accounts.models import User
from common.errors import Conflict, Invalid
from common.models import AuditEvent, AuditNote
from tasks_app.models import Project
from tests.factories import client_of, make_project
from training import comparison
from training.engine.evaluation.outcomes import Outcome, write_outcomes
from training.models import Model, ModelVersion, Run
from training.registration import free_name
from training.services.predictions import predict
from training.services.registry import promote_version, roll_back

Make = Callable[..., ModelVersion]


def note_of(action: str) -> str:
    """What was typed; kept beside the event, so that it can be erased."""
    return AuditNote.objects.get(event=AuditEvent.objects.get(action=action).pk).text


def url(version: ModelVersion, verb: str) -> str:
    return f"/api/v1/models/{version.model.name}/versions/{version.number}/{verb}"


def stages() -> list[str]:
    return list(ModelVersion.objects.order_by("number").values_list("stage", flat=True))


def test_the_first_version_is_promoted_without_a_rival(make_version: Make, admin: User) -> None:
    answer = client_of(admin).post(url(make_version(), "promote"))
    assert answer.status_code == 200 and answer.json()["stage"] == "production"
    assert AuditEvent.objects.get(action="model.promoted").data["gate"]["production"] is None


def test_a_better_one_takes_its_place(make_version: Make, admin: User) -> None:
    make_version(test=0.5, stage="production")
    promote_version(version=make_version(test=0.6), actor=admin)
    assert stages() == ["archived", "production"]


def test_a_worse_one_meets_the_gate_with_its_figures(make_version: Make, admin: User) -> None:
    make_version(test=0.6, stage="production")
    worse = make_version(test=0.5)
    answer = client_of(admin).post(url(worse, "promote"))
    assert answer.status_code == 409 and answer.json()["code"] == "gate"
    gate = answer.json()["gate"]
    assert (gate["production"], gate["metric"]) == (1, "accuracy")
    assert (gate["candidate"], gate["current"]) == (0.5, 0.6)
    assert gate["overall"]["value"] < 0 and gate["overall"]["low"] <= gate["overall"]["value"]
    assert "Not better overall: -8.3 points [" in answer.json()["detail"]
    assert stages() == ["production", "candidate"]
    assert not AuditEvent.objects.filter(action="model.promoted").exists()


def test_an_override_needs_a_reason_and_is_kept(make_version: Make, admin: User) -> None:
    make_version(test=0.6, stage="production")
    worse = make_version(test=0.5)
    client = client_of(admin)
    refused = client.post(url(worse, "promote"), {"override": True})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/reason"
    assert client.post(url(worse, "promote"), {"override": True, "reason": "new labels"}).status_code == 200
    assert note_of("model.promoted") == "new labels"


def test_the_same_again_is_not_better(make_version: Make, admin: User) -> None:
    make_version(test=0.6, stage="production")
    with pytest.raises(Conflict, match=r"Not better overall: \+0.0 points \[\+0.0, \+0.0\]"):
        promote_version(version=make_version(test=0.6), actor=admin)


def test_the_first_must_beat_the_rule_that_reads_no_text(make_version: Make, admin: User) -> None:
    version = make_version()
    version.metrics["baseline"] = version.metrics["test"]
    version.save(update_fields=["metrics"])
    with pytest.raises(Conflict, match="a rule that reads no text") as refused:
        promote_version(version=version, actor=admin)
    assert refused.value.extra["gate"]["production"] is None
    promote_version(version=version, actor=admin, override=True, reason="to begin with")


def outcomes_by_speaker(path: Path, right: dict[str, float]) -> None:
    """A hundred units of each speaker, of which a share is right."""
    rows = [
        Outcome(
            id=f"{who}-{n}", turn=0, speaker=who, characters=20, right=float(n < 100 * share),
            truth=("refund",), predicted=("refund" if n < 100 * share else "other",),
            hits=("refund",) if n < 100 * share else (),
        )
        for who, share in right.items()
        for n in range(100)
    ]  # fmt: skip
    write_outcomes(path, rows)


@pytest.fixture
def lopsided(make_version: Make) -> ModelVersion:
    """Better overall than what is in production, but surely worse on what agents say."""
    old, new = make_version(stage="production"), make_version()
    outcomes_by_speaker(old.run.folder / "outcomes.arrow", {"customer": 0.5, "agent": 0.9})
    outcomes_by_speaker(new.run.folder / "outcomes.arrow", {"customer": 0.95, "agent": 0.7})
    return new


def test_better_overall_but_worse_on_a_guarded_slice_is_refused_in_words(
    lopsided: ModelVersion, admin: User
) -> None:
    answer = client_of(admin).post(url(lopsided, "promote"))
    assert answer.status_code == 409
    detail = answer.json()["detail"]
    assert "Better overall: +12.5 points [" in detail and "worse on speaker agent: -20.0 points [" in detail
    assert [(part["kind"], part["name"]) for part in answer.json()["gate"]["worse"]] == [("speaker", "agent")]


def test_what_is_guarded_is_set_for_each_model(lopsided: ModelVersion, admin: User, stranger: User) -> None:
    path = f"/api/v1/models/{lopsided.model.name}/guards"
    assert client_of(stranger).put(path, {"kinds": ["length"]}).status_code == 404
    assert client_of(admin).put(path, {"kinds": ["colour"]}).status_code == 422
    assert client_of(admin).put(path, {"kinds": ["speaker"], "tolerance": 0.4}).status_code == 200
    assert client_of(admin).post(url(lopsided, "promote")).status_code == 200


def test_two_people_promote_at_once_and_one_version_answers(
    transactional_db: None, make_version: Make, admin: User
) -> None:
    """Each has seen the gate against nothing in production; only one of them may act on it."""
    first, second = make_version(), make_version()
    ready = Barrier(2)
    seen = comparison.compare

    def both_look(version: ModelVersion) -> Any:
        found = seen(version)
        ready.wait(20)
        return found

    def press(version: ModelVersion) -> str:
        try:
            promote_version(version=version, actor=admin)
        except Conflict as refused:
            return refused.message
        finally:
            connection.close()
        return "promoted"

    with patch.object(comparison, "compare", both_look), ThreadPoolExecutor(2) as people:
        said = sorted(people.map(press, [first, second]))
    assert said[1] == "promoted" and "promoted meanwhile" in said[0]
    assert stages().count("production") == 1


def test_archiving_keeps_it_but_nobody_is_answered(make_version: Make, admin: User) -> None:
    version = make_version()
    client = client_of(admin)
    assert client.post(url(version, "archive")).json()["stage"] == "archived"
    assert client.post(url(version, "archive")).status_code == 409
    version.refresh_from_db()
    with pytest.raises(Conflict, match="archived"):
        predict(model=version.model, items=[{"text": "my money"}], actor=admin, version=version)
    assert client.post(url(version, "restore")).json()["stage"] == "candidate"


def test_what_is_in_production_cannot_be_archived(make_version: Make, admin: User) -> None:
    version = make_version(stage="production")
    assert client_of(admin).post(url(version, "archive")).status_code == 409
    assert stages() == ["production"]


def test_promoting_twice_is_refused(make_version: Make, admin: User) -> None:
    version = make_version()
    promote_version(version=version, actor=admin)
    with pytest.raises(Conflict):
        promote_version(version=version, actor=admin)


def test_a_rival_on_another_snapshot_is_tested_on_the_same_items(make_version: Make, admin: User) -> None:
    rival, version = make_version(stage="production"), make_version()
    snapshot = rival.snapshot
    snapshot.pk, snapshot.number, snapshot.sha256, snapshot._state.adding = None, 9, "0" * 64, True
    snapshot.files = {**snapshot.files, "intent/test.arrow": "other"}
    snapshot.save()
    ModelVersion.objects.filter(pk=rival.pk).update(snapshot=snapshot)
    compared = comparison.compare(version)
    assert compared is not None and compared["production"] == rival.number
    assert set(compared["labels"]) == {"refund", "delivery", "other"} and 0 <= compared["current"] <= 1
    assert Run.objects.get(pk=version.run_id).comparison == compared
    with patch.object(comparison, "_report_on_test_of") as again:
        assert comparison.compare(version) == compared
    again.assert_not_called()


def test_rollback_brings_the_earlier_one_back(make_version: Make, admin: User) -> None:
    for version in (make_version(test=0.4), make_version(test=0.6), make_version(test=0.8)):
        promote_version(version=version, actor=admin)
    answer = client_of(admin).post(url(version, "rollback"), {"reason": "wrong labels"})
    assert answer.status_code == 200 and answer.json()["version"] == 2
    assert stages() == ["archived", "production", "archived"]
    assert client_of(admin).post(url(version, "rollback")).status_code == 409
    assert roll_back(version=ModelVersion.objects.get(number=2), actor=admin).number == 1


def test_there_must_be_something_to_go_back_to(make_version: Make, admin: User) -> None:
    version = make_version(stage="production")
    with pytest.raises(Conflict):
        roll_back(version=version, actor=admin)
    assert stages() == ["production"]


def test_override_alone_is_not_a_reason(make_version: Make, admin: User) -> None:
    with pytest.raises(Invalid):
        promote_version(version=make_version(), actor=admin, override=True, reason="  ")


def test_rest_lists_models_and_versions(make_version: Make, admin: User) -> None:
    version = make_version(stage="production")
    client = client_of(admin)
    assert [row["name"] for row in client.get("/api/v1/models").json()["results"]] == [version.model.name]
    shown = client.get(f"/api/v1/models/{version.model.name}").json()
    assert (
        shown["versions"][0]["stage"] == "production"
        and shown["versions"][0]["metrics"]["metric"] == "accuracy"
    )


def test_a_stranger_gets_404(make_version: Make, stranger: User) -> None:
    version = make_version()
    client = client_of(stranger)
    for verb in ("promote", "rollback", "archive", "restore"):
        assert client.post(url(version, verb)).status_code == 404
    assert client.get("/api/v1/models").status_code == 404
    assert client.get(f"/api/v1/models/{version.model.name}").status_code == 404
    assert stages() == ["candidate"]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Customer service", "customer-service-qa"), ("Kundendienst: Größe!", "kundendienst-groe-qa")],
)
def test_names_are_made_of_title_and_field(db: None, title: str, name: str) -> None:
    assert free_name(make_project(title=title, funds=0), "qa") == name


def test_a_taken_name_gets_a_number_and_a_chinese_title_some_name(project: Project) -> None:
    Model.objects.create(project=project, field="qa", head="span", name="customer-service-qa")
    assert free_name(make_project(title="Customer service", funds=0), "qa") == "customer-service-qa-2"
    assert free_name(make_project(title="客服对话", funds=0), "qa").endswith("-qa")


def test_the_card_tells_where_it_comes_from(make_version: Make) -> None:
    data: dict[str, Any] = make_version().card_data
    assert data["snapshot"]["counts"]["test"] >= 5 and data["evaluation"]["test"]["labels"]
    assert data["config_hash"] and data["data_hash"] and data["project"]["title"] == "Customer service"
