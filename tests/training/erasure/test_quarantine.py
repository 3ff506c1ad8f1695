"""A version in quarantine is the base of nothing, is sent nowhere, and comes back by no side door."""

import shutil
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from common.errors import Conflict
from tasks_app.models import Project
from tests.privacy.subjects import erase
from tests.training.erasure.conftest import Make, Stage, someone
from training import hub
from training.erasing_models import quarantine
from training.models import (
    ModelVersion,
    Rollout,
    Run,
    Snapshot,
)
from training.registration import register
from training.services import preannotations, registry, rollouts
from training.services.hub import push_version
from training.services.runs import resume_run, start_run
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


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
