from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from accounts.models import User
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from tasks_app.models import Project
from tests.factories import client_of, make_project
from training import comparison
from training.models import Model, ModelVersion, Run
from training.registration import free_name
from training.services.registry import promote_version, roll_back

Make = Callable[..., ModelVersion]


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
    assert stages() == ["retired", "production"]


def test_a_worse_one_meets_the_gate_with_its_figures(make_version: Make, admin: User) -> None:
    make_version(test=0.6, stage="production")
    worse = make_version(test=0.5)
    answer = client_of(admin).post(url(worse, "promote"))
    assert answer.status_code == 409 and answer.json()["code"] == "gate"
    assert answer.json()["gate"] == {"production": 1, "metric": "accuracy", "candidate": 0.5, "current": 0.6}
    assert stages() == ["production", "candidate"]
    assert not AuditEvent.objects.filter(action="model.promoted").exists()


def test_an_override_needs_a_reason_and_is_kept(make_version: Make, admin: User) -> None:
    make_version(test=0.6, stage="production")
    worse = make_version(test=0.5)
    client = client_of(admin)
    refused = client.post(url(worse, "promote"), {"override": True})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/reason"
    assert client.post(url(worse, "promote"), {"override": True, "reason": "new labels"}).status_code == 200
    assert AuditEvent.objects.get(action="model.promoted").data["reason"] == "new labels"


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
    for version in (make_version(), make_version(), make_version()):
        promote_version(version=version, actor=admin)
    answer = client_of(admin).post(url(version, "rollback"), {"reason": "wrong labels"})
    assert answer.status_code == 200 and answer.json()["version"] == 2
    assert stages() == ["retired", "production", "retired"]
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
    for verb in ("promote", "rollback"):
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
