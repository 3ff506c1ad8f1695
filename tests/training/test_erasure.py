"""Data is taken back out of snapshots, files and models; what each project wishes for its models follows."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from annotations.models import Answer
from common.errors import Conflict
from privacy.holders import Subject, affected_models
from tasks_app.models import Item, Project
from tests.factories import client_of, make_user
from tests.privacy.subjects import erase, residue, restrict, rows_that_say
from tests.training.test_execution import until
from training import clearing, execution, hub, run_folder
from training.erasing_models import quarantine
from training.models import (
    DriftReference,
    Feedback,
    FeedbackCase,
    FilesToClear,
    LearningCurve,
    ModelErasure,
    ModelVersion,
    Prediction,
    Rollout,
    Run,
    Snapshot,
    SnapshotItem,
)
from training.registration import register
from training.services import erasures, preannotations, registry, rollouts
from training.services.hub import push_version
from training.services.runs import resume_run, start_run
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., ModelVersion]
Stage = ModelVersion.Stage


def someone(project: Project) -> Subject:
    """Whoever speaks in one training item."""
    row = SnapshotItem.objects.filter(snapshot__project=project, split="train").order_by("pk").first()
    assert row is not None
    return Subject(items=frozenset([row.item]))


def policy(project: Project, models: str, ground: str = "") -> None:
    Project.objects.filter(pk=project.pk).update(erasure_models=models, erasure_ground=ground)


def test_a_snapshot_says_that_it_was_withdrawn_and_trains_nobody_again(approved: Project) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    gone = someone(approved)
    erase(gone)
    snapshot.refresh_from_db()
    assert snapshot.withdrawn_at and snapshot.sha256.startswith("withdrawn-")
    assert not snapshot.folder.exists()
    assert not SnapshotItem.objects.filter(item__in=gone.items).exists()
    assert SnapshotItem.objects.get(snapshot=snapshot, erased=True).group == ""
    assert residue(gone) == {}
    with pytest.raises(Conflict, match="was withdrawn"):
        start_run(project=approved, field="intent", recipe={}, actor=None, snapshot=snapshot)
    run = Run.objects.create(
        project=approved, number=1, field="intent", snapshot=snapshot, queued_at=timezone.now()
    )
    with pytest.raises(run_folder.Unusable, match="Freeze a new one"):
        run_folder.prepare(run, snapshot)
    after, new = freeze_snapshot(project=approved, actor=None)
    assert new and sum(after.counts["intent"].values()) == 59
    assert not after.items.filter(item__in=gone.items).exists()


def test_everything_that_holds_its_rows_is_cleared(
    approved: Project, make_version: Make, artifacts: Path
) -> None:
    version = make_version()
    gone, run = someone(approved), version.run
    run_folder_files = ("train.arrow", "dev.arrow", "test.arrow", "outcomes.arrow", "engine.log")
    shutil.copy(version.snapshot.folder / "intent/train.arrow", run.folder / "train.arrow")
    (run.folder / "checkpoints").mkdir(exist_ok=True)
    (run.folder / "engine.log").write_text("what it printed")
    (artifacts / "tokens").mkdir(exist_ok=True)
    (artifacts / "tokens" / "x.arrow").write_bytes(b"tokens")
    tested_on = version.snapshot.files["intent/test.arrow"]
    (artifacts / "outcomes").mkdir(exist_ok=True)
    (artifacts / "outcomes" / f"{tested_on}-{version.pk}.arrow").write_bytes(b"x")
    curve = LearningCurve.objects.create(run=run, metric="accuracy", state="running", claim=uuid4())
    curve.folder.mkdir(parents=True)
    DriftReference.objects.create(version=version, data={})
    Run.objects.filter(pk=run.pk).update(log="a row of the data")
    assert residue(gone)["training"]["files"] >= 2

    erase(gone)

    assert not FilesToClear.objects.exists()
    assert not any((run.folder / name).exists() for name in (*run_folder_files, "checkpoints"))
    assert (version.folder / "head.json").exists()
    assert not (artifacts / "tokens").exists() and not curve.folder.exists()
    assert list((artifacts / "outcomes").iterdir()) == []
    curve.refresh_from_db()
    run.refresh_from_db()
    assert curve.state == "failed" and run.log == "" and not DriftReference.objects.exists()
    assert residue(gone) == {}


def test_what_is_in_use_is_cleared_by_the_sweep(
    approved: Project, make_version: Make, monkeypatch: Any
) -> None:
    version = make_version()
    monkeypatch.setattr(clearing.engine_process, "wait_until_free", lambda *a, **k: False)
    gone = someone(approved)
    erase(gone)
    assert residue(gone)["training"]["files_to_clear"] == 1
    monkeypatch.undo()
    assert clearing.clear_waiting() == 0
    assert {path.name for path in version.run.folder.iterdir()} == {"model"}
    assert residue(gone) == {}


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


def test_an_annotators_models_are_listed_and_left_where_answers_are_anonymised(
    approved: Project, make_version: Make
) -> None:
    person = make_user()
    item = Item.objects.filter(project=approved).first()
    Answer.objects.create(
        project=approved,
        item=item,
        worker=person,
        value={"intent": "refund"},
        schema_version=approved.schema_versions.get(),
        source="imported",
        state="approved",
    )
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
    person = make_user()
    item = Item.objects.filter(project=approved).first()
    Answer.objects.create(
        project=approved,
        item=item,
        worker=person,
        value={"intent": "refund"},
        schema_version=approved.schema_versions.get(),
        source="imported",
        state="approved",
    )
    version = make_version(stage="production")
    erase(Subject(account=person.pk))
    version.refresh_from_db()
    assert version.quarantined_at and Snapshot.objects.get().withdrawn_at
    assert residue(Subject(account=person.pk)) == {}


def test_what_was_asked_of_models_about_it_goes(approved: Project, make_version: Make, admin: User) -> None:
    version = make_version()
    gone = someone(approved)
    payload = Item.objects.get(pk__in=gone.items).payload
    marker = {"text": "call Aino Virtanen at 040 1234567"}
    for asked in (payload, marker):
        row = Prediction.objects.create(
            version=version, payload=asked, value="refund", confidence=1, requested_by=admin
        )
        Feedback.objects.create(prediction=row, author=admin, comment="Aino Virtanen complained", thumbs=-1)
    FeedbackCase.objects.create(model=version.model, digest="d", payload=payload, confidence=1)
    subject = Subject(items=gone.items, values=("Aino Virtanen", "040 1234567"))
    erase(subject)
    assert residue(subject) == {}
    assert rows_that_say("Aino Virtanen", "040 1234567") == []
    assert not Prediction.objects.filter(payload=payload).exists()
    assert FeedbackCase.objects.get().digest != "d"
    erase(Subject(account=admin.pk))
    assert Feedback.objects.filter(thumbs=-1, author=None).count() == 2


def test_a_restricted_item_is_in_no_new_snapshot_until_it_is_lifted(approved: Project) -> None:
    item = Item.objects.filter(project=approved).first()
    assert item is not None
    subject = Subject(items=frozenset([item.pk]))
    restrict(subject, restricted=True)
    first, _new = freeze_snapshot(project=approved, actor=None)
    assert not first.items.filter(item=item.pk).exists()
    restrict(subject, restricted=False)
    second, _new = freeze_snapshot(project=approved, actor=None)
    assert second.items.filter(item=item.pk).exists()


def test_a_running_run_is_stopped_and_registers_nothing(
    approved: Project, make_version: Make, trained: Path
) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    claim = uuid4()
    run = Run.objects.create(
        project=approved,
        number=7,
        field="intent",
        snapshot=snapshot,
        state="running",
        claim=claim,
        queued_at=timezone.now(),
        heartbeat_at=timezone.now(),
    )
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    report = json.loads((run.folder / "report.json").read_text())
    erase(someone(approved))
    run.refresh_from_db()
    assert run.state == "failed" and run.claim is None and "erased" in run.reason
    (run.folder / "model").mkdir(exist_ok=True)
    (run.folder / "report.json").write_text(json.dumps(report))
    shutil.copytree(trained / "model", run.folder / "model", dirs_exist_ok=True)
    assert register(run, claim) is None


# It holds its folder, hears nothing, and writes the data that it has read again and again.
STUBBORN = """
import fcntl, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = sys.argv[1]
handle = open(folder + "/lock", "a")
fcntl.flock(handle, fcntl.LOCK_EX)
data = open(folder + "/train.arrow", "rb").read()
with open(folder + "/metrics.jsonl", "a") as out:
    out.write('{"event": "state", "state": "running", "device": "CPU", "time": 0}\\n')
while True:
    with open(folder + "/checkpoint.arrow", "wb") as out:
        out.write(data)
    time.sleep(0.02)
"""


def test_a_training_that_is_at_work_ends_before_its_folder_is_cleared(
    approved: Project, quick_recipe: dict[str, Any]
) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    run = start_run(project=approved, field="intent", recipe=quick_recipe, actor=None, snapshot=snapshot)
    engines: list[subprocess.Popen[bytes]] = []

    def start(arguments: list[str], *, log: Path) -> subprocess.Popen[bytes]:
        engines.append(subprocess.Popen([sys.executable, "-c", STUBBORN, arguments[1]]))
        return engines[-1]

    def train() -> None:
        execution.execute(run.pk)
        connection.close()

    with patch.object(execution.engine_process, "start", start):
        trainer = threading.Thread(target=train)
        trainer.start()
        until(lambda: (run.folder / "checkpoint.arrow").exists())
        gone = someone(approved)
        erase(gone)
        trainer.join(timeout=30)
    assert not trainer.is_alive() and engines[0].poll() is not None
    run.refresh_from_db()
    assert run.state == "failed" and not hasattr(run, "version")
    assert residue(gone) == {}
    assert list(run.folder.iterdir()) == []


def test_nothing_is_trained_from_a_version_in_quarantine(approved: Project, make_version: Make) -> None:
    version = make_version()
    started = start_run(
        project=approved, field="intent", recipe={"base_model": str(version.folder)}, actor=None
    )
    erase(someone(approved))
    started.refresh_from_db()
    assert (started.state, started.reason) == ("failed", "It learned from data that was erased since.")
    for again in (
        lambda: start_run(
            project=approved, field="intent", recipe={"base_model": str(version.folder)}, actor=None
        ),
        lambda: resume_run(run=started, actor=None),
    ):
        with pytest.raises(Conflict, match="nothing can be trained from it"):
            again()
    with pytest.raises(Conflict, match="was withdrawn"):
        Run.objects.filter(pk=version.run_id).update(state="failed")
        resume_run(run=version.run, actor=None)


def test_what_is_registered_after_its_base_went_into_quarantine_goes_there_too(
    approved: Project, make_version: Make, trained: Path
) -> None:
    base = make_version()
    erase(someone(approved))
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    run = Run.objects.create(
        project=approved, number=9, field="intent", snapshot=snapshot, state="running", claim=uuid4(),
        queued_at=timezone.now(), attempt=1, device="CPU", recipe={"base_model": str(base.folder)},
    )  # fmt: skip
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    version = register(run, run.claim)
    assert version is not None
    version.refresh_from_db()
    assert version.quarantined_at and version.stage == Stage.ARCHIVED
    assert version.erasures.get().through == base and "fine-tuned from" in version.card


def test_registering_waits_for_an_erasure_that_quarantines_its_base(
    approved: Project, make_version: Make, trained: Path
) -> None:
    """Were it not to wait, the version would be there and in no quarantine."""
    base = make_version()
    gone = someone(approved)
    other = Snapshot.objects.create(
        project=approved, number=99, schema_version=base.snapshot.schema_version, sha256="other",
        fields=base.snapshot.fields, counts=base.snapshot.counts,
    )  # fmt: skip
    run = Run.objects.create(
        project=approved, number=9, field="intent", snapshot=other, state="running", claim=uuid4(),
        queued_at=timezone.now(), attempt=1, device="CPU", recipe={"base_model": str(base.folder)},
    )  # fmt: skip
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    made: list[ModelVersion | None] = []
    worker = threading.Thread(target=lambda: (made.append(register(run, run.claim)), connection.close()))
    with transaction.atomic():
        quarantine(base)
        worker.start()
        worker.join(1)
    worker.join(20)
    assert made == [None]  # the run was ended
    assert not ModelVersion.objects.filter(run=run).exists()
    assert erase(gone)["training"]["versions"] == 1


def test_a_queued_push_of_a_version_in_quarantine_sends_nothing(
    approved: Project, make_version: Make, admin: User, settings: Any
) -> None:
    settings.HUB_TOKEN = "token"
    version = make_version()
    push_version(version=version, repo="us/model", actor=admin)
    erase(someone(approved))
    with patch("huggingface_hub.HfApi") as api:
        hub.push(version.pk)
    api.assert_not_called()
    version.refresh_from_db()
    assert version.hub["state"] == "failed"


def test_a_trial_or_a_way_back_that_is_being_asked_for_waits_for_the_erasure(
    approved: Project, make_version: Make, admin: User
) -> None:
    """Who read the version before it went into quarantine would bring it back, or try it in the shadow."""
    make_version(stage="production")
    tried, back = make_version(), make_version()
    registry.archive_version(version=back, actor=admin)
    erase(someone(approved))  # `tried` and `back` are as they were read before
    for ask in (
        lambda: registry.restore_version(version=back, actor=admin),
        lambda: rollouts.start_rollout(version=tried, kind="shadow", share=1, actor=admin),
        lambda: preannotations.start_preannotation(version=tried, actor=admin),
    ):
        with pytest.raises(Conflict, match="quarantine"):
            ask()
    assert not Rollout.objects.exists()
