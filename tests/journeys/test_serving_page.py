"""An administrator has a version measured, lets it suggest answers, and tries it on live requests."""

import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.factories import make_items
from tests.journeys.conftest import Visits
from training import choosing_runtimes, shadowing, watching_versions
from training.models import Feedback, ModelVersion, Prediction, Rollout, Run
from training.registration import register

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def candidate(version: ModelVersion, trained: Path) -> ModelVersion:
    """A second version of the same model, of a run with the same weights."""
    run = Run.objects.create(
        project=version.model.project, number=2, field="intent", snapshot=version.snapshot, state="running",
        claim=uuid.uuid4(), queued_at=timezone.now(), started_at=timezone.now(), attempt=1,
    )  # fmt: skip
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.9})
    registered = register(run, cast(uuid.UUID, run.claim))
    assert registered is not None
    return registered


def speak(version: ModelVersion, up: int, down: int) -> None:
    for n in range(up + down):
        row: Any = Prediction.objects.create(
            version=version, payload={"text": f"where is the parcel {n}"}, value="delivery", confidence=0.9
        )
        Feedback.objects.create(prediction=row, end_user=f"{n}", thumbs=1 if n < up else -1)


def test_a_trial_from_the_page(
    visit: Visits, admin: User, version: ModelVersion, candidate: ModelVersion
) -> None:
    production = version
    make_items(production.model.project, 12, slots=0)
    choosing_runtimes.ask_for_missing()
    choosing_runtimes.execute(candidate.pk)
    page = visit(f"/models/{production.model.name}/", admin)
    for kind in ("Shadow", "Canary"):
        page.get_by_label("How", exact=True).select_option(label=kind)
        page.get_by_label("Share of requests in %").fill("50")
        page.get_by_role("button", name="Start the trial").click()
        expect(page.locator("#serving")).to_contain_text(f"{kind}: version {candidate.number} on 50 %")
    page.get_by_role("button", name="Suggest answers with version").click()
    expect(page.locator("#serving")).to_contain_text("suggestions")
    speak(production, up=24, down=4)
    speak(candidate, up=20, down=5)
    Prediction.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    Rollout.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    for rollout_id in shadowing.running():
        shadowing.follow(rollout_id)
    watching_versions.watch(production.model_id)
    page.reload()
    expect(page.locator("#serving")).to_contain_text("80 % satisfied of 25 voices")
    expect(page.locator("#serving")).to_contain_text("equal answers of")
    visit.keep(page, "serving-wide")
    phone = visit(
        f"/models/{production.model.name}/",
        admin,
        width=390,
        height=844,
        color_scheme="dark",
    )
    phone.locator("#serving summary", has_text="Measured on this machine").first.click()
    visit.keep(phone, "serving-phone")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#serving article", has_text="Canary").get_by_role("button", name="Stop").click()
    expect(page.locator("#serving")).to_contain_text("Earlier trials")
