"""What each project wishes for models that learned from erased data: off, kept or trained again."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from annotations.models import Answer
from privacy.holders import Subject, affected_models
from tasks_app.models import Item, Project
from tests.factories import client_of, make_user
from tests.privacy.subjects import erase, residue
from tests.training.erasure.conftest import Make, Stage, someone
from training.models import (
    ModelErasure,
    ModelVersion,
    Rollout,
    Run,
    Snapshot,
    SnapshotItem,
)
from training.registration import register
from training.services import erasures
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def policy(project: Project, models: str, ground: str = "") -> None:
    Project.objects.filter(pk=project.pk).update(erasure_models=models, erasure_ground=ground)


def test_production_falls_back_to_a_version_that_never_saw_it(
    approved: Project, make_version: Make, admin: User
) -> None:
    old = make_version()
    clean = Snapshot.objects.create(
        project=approved,
        number=99,
        schema_version=old.snapshot.schema_version,
        fields=old.snapshot.fields,
        sha256="clean",
        counts=old.snapshot.counts,
    )
    now = timezone.now()
    ModelVersion.objects.filter(pk=old.pk).update(
        snapshot=clean, stage="archived", promoted_at=now, retired_at=now
    )
    new = make_version(stage="production")
    Rollout.objects.create(model=new.model, version=new, baseline=new, kind="canary", share=0.5)
    subject = someone(approved)
    assert [(one.version, one.action) for one in affected_models(subject)] == [(2, "quarantine")]

    erase(subject)

    new.refresh_from_db()
    old.refresh_from_db()
    assert (new.stage, old.stage) == (Stage.ARCHIVED, Stage.PRODUCTION) and new.quarantined_at
    assert Rollout.objects.get().state == "stopped"
    api = client_of(admin)
    name = new.model.name
    for what in ("promote", "restore"):
        refused = api.post(
            f"/api/v1/models/{name}/versions/2/{what}", {"override": True, "reason": "I want"}, format="json"
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "quarantined"), what
    assert api.get(f"/api/v1/models/{name}/versions/2/download").status_code == 409
    told = api.get(f"/api/v1/models/{name}").json()["versions"][0]
    assert told["quarantined_at"] and [one["action"] for one in told["erasures"]] == ["quarantine"]
    assert "Erasures since" in new.card and "quarantine" in (new.folder / "README.md").read_text()


def test_a_model_without_an_untouched_version_is_off_and_says_so(
    approved: Project, make_version: Make, admin: User
) -> None:
    version = make_version(stage="production")
    erase(someone(approved))
    asked = client_of(admin).post(
        f"/api/v1/models/{version.model.name}/predict",
        {"items": [{"text": "where is my parcel"}]},
        format="json",
    )
    assert (asked.status_code, asked.json()["code"]) == (409, "model_quarantined")


def test_what_was_fine_tuned_from_it_saw_it_too(approved: Project, make_version: Make) -> None:
    first, second = make_version(), make_version()
    other = Snapshot.objects.create(
        project=approved,
        number=99,
        schema_version=first.snapshot.schema_version,
        fields=first.snapshot.fields,
        sha256="other",
        counts=first.snapshot.counts,
    )
    ModelVersion.objects.filter(pk=second.pk).update(snapshot=other)
    Run.objects.filter(pk=second.run_id).update(recipe={"base_model": str(first.folder)}, snapshot=other)
    erase(someone(approved))
    row = ModelErasure.objects.get(version=second)
    assert row.through == first
    second.refresh_from_db()
    assert second.quarantined_at and "fine-tuned from" in second.card


def test_a_kept_version_goes_on_and_names_its_ground(approved: Project, make_version: Make) -> None:
    policy(approved, "keep", "Art. 17(3)(d): statistics that cannot be told apart")
    version = make_version(stage="production")
    erase(someone(approved))
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION and version.quarantined_at is None
    assert "Art. 17(3)(d)" in version.card
    assert not version.snapshot.folder.exists()


def test_keeping_without_a_ground_is_refused(project: Project) -> None:
    owner = client_of(project.owner)
    refused = owner.patch(f"/api/v1/projects/{project.pk}", {"erasure_models": "keep"}, format="json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/erasure_ground"
    taken = owner.patch(
        f"/api/v1/projects/{project.pk}",
        {"erasure_models": "keep", "erasure_ground": "Art. 89", "erasure_answers": "remove"}, format="json",
    ).json()  # fmt: skip
    assert (taken["erasure_models"], taken["erasure_ground"], taken["erasure_answers"]) == (
        "keep", "Art. 89", "remove",
    )  # fmt: skip


def test_retraining_queues_one_run_without_the_data_and_goes_through_the_gate(
    approved: Project, make_version: Make, trained: Path, monkeypatch: Any
) -> None:
    policy(approved, "retrain")
    version = make_version(stage="production")
    erase(someone(approved))
    erase(Subject(items=frozenset([SnapshotItem.objects.filter(erased=False, split="train")[0].item])))
    erasures.follow_retrainings()
    erasures.follow_retrainings()
    run = Run.objects.get(state="queued")
    assert run.snapshot is None
    assert {row.run for row in ModelErasure.objects.filter(version=version, retraining="running")} == {run}

    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    claim = uuid4()
    Run.objects.filter(pk=run.pk).update(snapshot=snapshot, state="running", claim=claim, attempt=1)
    run.refresh_from_db()
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    register(run, claim)
    erasures.follow_retrainings()
    assert set(ModelErasure.objects.filter(run=run).values_list("retraining", flat=True)) == {"promoted"}
    assert ModelVersion.objects.get(run=run).stage == Stage.PRODUCTION


def test_too_little_is_left_to_train_again(approved: Project, make_version: Make) -> None:
    policy(approved, "retrain")
    make_version(stage="production")
    items = Item.objects.filter(project=approved).values_list("pk", flat=True)
    erase(Subject(items=frozenset(items[1:])))
    erasures.follow_retrainings()
    row = ModelErasure.objects.get()
    assert row.retraining == "failed" and "few" in row.reason


def test_a_quarantine_is_ended_on_a_ground_that_is_named(
    approved: Project, make_version: Make, admin: User
) -> None:
    version = make_version()
    erase(someone(approved))
    api, url = client_of(admin), f"/api/v1/models/{version.model.name}/versions/1/keep"
    assert api.post(url, {"legal_ground": "short"}, format="json").status_code == 422
    assert client_of(make_user()).post(url, {"legal_ground": "x" * 20}, format="json").status_code == 404
    kept = api.post(url, {"legal_ground": "Art. 17(3)(e): a legal claim is open"}, format="json").json()
    assert kept["quarantined_at"] is None and kept["erasures"][0]["action"] == "keep"
    assert api.post(url, {"legal_ground": "Art. 17(3)(e) again"}, format="json").status_code == 409
    version.refresh_from_db()
    assert "a legal claim is open" in version.card


def test_the_pages_say_it(approved: Project, make_version: Make, admin: User, client: Any) -> None:
    version = make_version()
    erase(someone(approved))
    client.force_login(admin)
    page = client.get(f"/models/{version.model.name}/").content.decode()
    assert "In quarantine." in page and "1 erasure since it was trained" in page
    assert "Withdrawn." in client.get(reverse("snapshot", args=[version.snapshot_id])).content.decode()
    for named in ("run", "run-errors"):
        assert client.get(reverse(named, args=[version.run_id])).status_code == 200
    done = client.post(f"/models/{version.model.name}/versions/1/keep/", {"legal_ground": "a ground of ours"})
    assert done.status_code == 302
    assert "a ground of ours" in client.get(f"/models/{version.model.name}/").content.decode()


def annotator_of(project: Project) -> User:
    """Somebody whose answer to an item of the project was approved."""
    person = make_user()
    Answer.objects.create(
        project=project,
        item=Item.objects.filter(project=project).first(),
        worker=person,
        value={"intent": "refund"},
        schema_version=project.schema_versions.get(),
        source="imported",
        state="approved",
    )
    return person


def test_an_annotators_models_are_listed_and_left_where_answers_are_anonymised(
    approved: Project, make_version: Make
) -> None:
    person = annotator_of(approved)
    version = make_version(stage="production")
    assert affected_models(Subject(account=person.pk)) == []
    erase(Subject(account=person.pk))
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
    assert ModelErasure.objects.get(version=version).action == "anonymised"


def test_an_annotators_removed_answers_withdraw_what_rests_on_them(
    approved: Project, make_version: Make
) -> None:
    Project.objects.filter(pk=approved.pk).update(erasure_answers="remove")
    person = annotator_of(approved)
    version = make_version(stage="production")
    erase(Subject(account=person.pk))
    version.refresh_from_db()
    assert version.quarantined_at and Snapshot.objects.get().withdrawn_at
    assert residue(Subject(account=person.pk)) == {}
