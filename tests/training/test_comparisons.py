"""Any two versions, held against each other in the background."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notification, User
from common.errors import Invalid
from tests.factories import client_of
from training import background, comparing, tasks
from training.models import ModelVersion, VersionComparison
from training.services.comparisons import compare_versions

Make = Callable[..., ModelVersion]


@pytest.fixture
def pair(make_version: Make, monkeypatch: pytest.MonkeyPatch) -> tuple[ModelVersion, ModelVersion]:
    monkeypatch.setattr(tasks.predict_pair, "apply_async", lambda *_a, **_k: None)
    return make_version(test=1.0), make_version(test=0.5)


def test_two_candidates_are_compared_on_the_same_items(
    pair: tuple[ModelVersion, ModelVersion], admin: User
) -> None:
    better, worse = pair
    wish = compare_versions(version=better, other=worse, actor=admin)
    comparing.execute(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "done", wish.reason
    whole = wish.parts[0]
    assert (whole["kind"], whole["candidate"], whole["current"]) == ("all", 1.0, 0.5)
    assert whole["low"] <= whole["value"] == 0.5 <= whole["high"]
    again = compare_versions(version=better, other=worse, actor=admin)
    assert (again.pk, again.state) == (wish.pk, "done")


def test_it_says_how_far_it_is_and_tells_whoever_asked(
    pair: tuple[ModelVersion, ModelVersion], admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    update = background.update

    def listen(row: Any, **changes: Any) -> None:
        told.extend([changes["progress"]] if "progress" in changes else [])
        update(row, **changes)

    monkeypatch.setattr(background, "update", listen)
    wish = compare_versions(version=pair[0], other=pair[1], actor=admin)
    comparing.execute(wish.pk)
    assert told == sorted(told) and told[:2] == [0, 25] and 50 < told[-1] < 100
    assert Notification.objects.get(kind="work_done").user == admin


def test_what_failed_is_tried_again_and_what_was_lost_is_taken_back(
    pair: tuple[ModelVersion, ModelVersion], admin: User
) -> None:
    first, second = pair
    kept = (second.run.folder / "outcomes.arrow").read_bytes()
    (second.run.folder / "outcomes.arrow").write_bytes(b"broken")
    wish = compare_versions(version=first, other=second, actor=admin)
    comparing.execute(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "failed" and wish.reason
    (second.run.folder / "outcomes.arrow").write_bytes(kept)
    comparing.execute(compare_versions(version=first, other=second, actor=admin).pk)
    wish.refresh_from_db()
    assert (wish.state, wish.reason) == ("done", "")


def test_a_version_against_itself_or_another_model_is_refused(
    pair: tuple[ModelVersion, ModelVersion], admin: User
) -> None:
    version, _other = pair
    with pytest.raises(Invalid):
        compare_versions(version=version, other=version, actor=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionComparison.objects.create(version=version, other=version)


def test_through_rest_and_page(
    pair: tuple[ModelVersion, ModelVersion], admin: User, stranger: User, client: Any
) -> None:
    version, other = pair
    url = f"/api/v1/models/{version.model.name}/versions/{version.number}/comparisons"
    asked = {"other": other.number}
    assert client_of(stranger).get(url).status_code == client_of(stranger).post(url, asked).status_code == 404
    assert client_of(admin).post(url, {"other": 99}).status_code == 404
    answer = client_of(admin).post(url, asked)
    assert answer.status_code == 202 and answer.json()["parts"] is None
    client.force_login(admin)
    page = f"/models/{version.model.name}/comparisons/"
    assert b"every 2s" in client.get(page).content
    comparing.execute(VersionComparison.objects.get().pk)
    assert client_of(admin).get(url).json()["results"][0]["parts"][0]["value"] == 0.5
    seen = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in seen and "+50.0" in seen
    chosen = {"version": str(other.pk), "other": str(version.pk)}
    assert client.post(f"/models/{version.model.name}/compare/", chosen).status_code == 302
    assert VersionComparison.objects.count() == 2
    chosen["other"] = chosen["version"]
    assert client.post(f"/models/{version.model.name}/compare/", chosen).status_code == 422
    client.force_login(stranger)
    assert client.get(page).status_code == 404
