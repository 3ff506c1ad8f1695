"""Which runtime serves a version is measured in the background, once, and shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from common.errors import Conflict
from tests.factories import client_of
from training import choosing_runtimes, serving, tasks
from training.models import ModelVersion, ServingRuntime
from training.services.runtimes import measure_runtime

Make = Callable[..., ModelVersion]


@pytest.fixture
def version(make_version: Make) -> ModelVersion:
    return make_version(stage="production")


def test_each_version_is_measured_once_and_shown(version: ModelVersion, admin: User, client: Any) -> None:
    choosing_runtimes.ask_for_missing()
    choosing_runtimes.ask_for_missing()
    wish = ServingRuntime.objects.get()
    choosing_runtimes.execute(version.pk)
    wish.refresh_from_db()
    assert wish.state == "done", wish.reason
    names = [one["runtime"] for one in wish.choice["measured"]]
    counts = version.snapshot.counts["intent"]
    assert wish.choice["rows"] == counts["dev"] != counts["test"]  # nothing is chosen on test items
    assert names[0] == "torch" and "onnx" in names and wish.choice["chosen"] in names
    assert json.loads((version.folder / "runtime" / "choice.json").read_text()) == wish.choice
    answer = client_of(admin).get(f"/api/v1/models/{version.model.name}/versions/{version.number}/runtime")
    assert answer.json()["choice"]["why"]
    client.force_login(admin)
    assert b"Measured on this machine" in client.get(f"/models/{version.model.name}/").content


def test_a_failure_is_kept_with_its_reason(version: ModelVersion, admin: User) -> None:
    (version.folder / "head.json").write_text("{")
    choosing_runtimes.ask_for_missing()
    choosing_runtimes.execute(version.pk)
    wish = ServingRuntime.objects.get()
    assert wish.state == "failed" and "head.json" in wish.reason


def test_another_choice_is_loaded_without_a_restart(version: ModelVersion) -> None:
    before = serving.Source.of(version)
    choosing_runtimes.ask_for_missing()
    choosing_runtimes.execute(version.pk)
    assert serving.Source.of(version) != before


def test_measuring_again_through_rest_and_page(
    version: ModelVersion, admin: User, stranger: User, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.predict_runtime, "apply_async", lambda *_a, **_k: None)
    url = f"/api/v1/models/{version.model.name}/versions/{version.number}/runtime"
    assert client_of(stranger).get(url).status_code == client_of(stranger).post(url, {}).status_code == 404
    answer = client_of(admin).post(url, {"int8": True})
    assert answer.status_code == 202 and answer.json()["int8"] is True
    with pytest.raises(Conflict):
        measure_runtime(version=version, int8=False, actor=admin)
    ServingRuntime.objects.update(state="done")
    client.force_login(admin)
    page = f"/models/{version.model.name}/versions/{version.number}/measure/"
    assert client.post(page, {}).status_code == 302
    wish = ServingRuntime.objects.get()
    assert (wish.state, wish.int8) == ("queued", False)
