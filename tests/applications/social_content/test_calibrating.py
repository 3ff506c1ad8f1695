"""The floor follows the version in production, and says what it cannot promise."""

from typing import Any

import pytest
from pytest_django import Settings

from applications.social_content import access, calibrating, scoring, watching
from applications.social_content.calibrating import calibrate, chooses, in_force
from applications.social_content.models import Floor
from applications.social_content.services.floors import ask_calibration, set_floor
from common.errors import Invalid
from common.models import AuditEvent
from tasks_app.models import Project
from tests.applications.social_content.conftest import Words, hold, version_of
from tests.applications.social_content.test_posts import path_of
from tests.factories import client_of
from training.engine.data import Row, write_arrow
from training.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(project: Project, words: Words, settings: Settings, tmp_path: Any) -> ModelVersion:
    """With 300 held-out posts, a third of them unsafe; the model is doubtful of some safe ones."""
    settings.ARTIFACTS_DIR = tmp_path
    version = version_of(project)
    folder = version.snapshot.folder / "safety"
    folder.mkdir(parents=True)
    write_arrow(folder / "test.arrow", [_row(number) for number in range(300)] + [_row(1)])
    return version


def _row(number: int) -> Row:
    text = f"Please leave, number {number}." if number % 3 == 0 else f"Peas, number {number}."
    text = f"Maybe peas, number {number}." if number % 20 == 1 else text
    label = "harassment" if "leave" in text else "safe"
    turns = [{"speaker": "interests", "text": "peas"}, {"speaker": "post", "text": text}]
    return Row(
        id=f"row {number}", group=f"row {number}", payload={"turns": turns},
        value=[{"turn": 1, "label": label}],
    )  # fmt: skip


def calibrated(project: Project) -> Floor:
    floor = access.floor_of(project)
    ask_calibration(floor=floor, actor=project.owner)
    calibrate(floor.pk)
    floor.refresh_from_db()
    return floor


def test_the_threshold_is_chosen_on_two_thirds_and_measured_on_the_others(
    project: Project, version: ModelVersion
) -> None:
    floor = calibrated(project)
    assert (floor.state, floor.version, len(floor.scores)) == ("done", version, 300)
    choosing, measuring = calibrating.calibration_of(floor), calibrating.measuring_of(floor)
    assert len(choosing) + len(measuring) == 300 and len(choosing) == sum(
        chooses(f"row {number}") for number in range(300)
    )
    assert floor.threshold == 0.5  # nothing unsafe comes near it
    measured = calibrating.measured_of(floor)
    assert measured and measured.precision.value == 1.0 and measured.hidden.value == 0.0
    assert in_force(project) is not None


def test_it_says_how_far_it_is_and_who_asked(
    project: Project, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    score = scoring.score_texts

    def listen(*asked: Any) -> Any:
        told.append(Floor.objects.get().progress)
        return score(*asked)

    monkeypatch.setattr(scoring, "score_texts", listen)
    assert calibrated(project).asked_by == project.owner
    assert told == [0, 21, 42, 64, 85]
    watching.queue_floor(Floor.objects.get())
    assert (Floor.objects.get().asked_by, Floor.objects.get().progress) == (None, 0)


def test_each_post_is_judged_alone_and_without_the_interests(
    project: Project, version: ModelVersion, words: Words
) -> None:
    calibrated(project)
    assert "peas" not in words.asked and "peas, number 2." in words.asked


def test_a_new_version_in_production_gets_a_floor_of_its_own(project: Project, version: ModelVersion) -> None:
    calibrated(project)
    assert watching.floors_due() == []
    newer = version_of(project, number=2)
    assert in_force(project) is None
    watching.floors_due()
    floor = Floor.objects.get()
    assert floor.state == "queued"
    calibrate(floor.pk)
    floor.refresh_from_db()
    assert floor.version == newer and in_force(project) is not None


def test_a_second_worker_finds_nothing_to_do(project: Project, version: ModelVersion, words: Words) -> None:
    floor = calibrated(project)
    asked = len(words.asked)
    calibrate(floor.pk)
    assert len(words.asked) == asked


def test_where_the_held_out_posts_are_gone_there_is_no_floor(project: Project, version: ModelVersion) -> None:
    (version.snapshot.folder / "safety" / "test.arrow").unlink()
    floor = calibrated(project)
    assert floor.state == "failed" and "does not exist" in floor.reason
    assert floor.version is None and in_force(project) is None


def test_a_promise_set_while_the_floor_is_chosen_is_the_one_that_holds(
    project: Project, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = calibrating._score

    def slowly(*args: Any) -> Any:
        set_floor(project=project, wanted=0.99, confidence=0.95, actor=project.owner)
        return real(*args)

    monkeypatch.setattr(calibrating, "_score", slowly)
    floor = calibrated(project)
    assert floor.wanted == 0.99 and floor.threshold is None


def test_over_rest_a_promise_that_cannot_be_kept_says_how_many_posts_are_missing(
    project: Project, version: ModelVersion
) -> None:
    calibrated(project)
    client, path = client_of(project.owner), path_of(project, "floor")
    assert client.get(path).json()["in_force"] is True
    answer = client.put(path, {"wanted": 0.99}, format="json").json()
    assert answer["threshold"] is None and not answer["in_force"]
    assert answer["fewest"] == 408 and 0 < answer["missing"] < 408 and answer["measured"] is None
    assert client.put(path, {"wanted": 0.9}, format="json").json()["in_force"] is True
    assert AuditEvent.objects.filter(action="social.floor_set").count() == 2
    assert "floor" in client.get(path_of(project, "figures")).json()


@pytest.mark.parametrize("wanted", [0.4, 1.0, -1.0, float("nan")])
def test_nobody_can_promise_more_than_nearly_everything(
    project: Project, running: ModelVersion, wanted: float
) -> None:
    before = hold(project, running)
    with pytest.raises(Invalid):
        set_floor(project=project, wanted=wanted, confidence=0.95, actor=project.owner)
    assert Floor.objects.get().wanted == before.wanted


def test_groups_are_drawn_alike_each_time_and_two_thirds_of_them_choose() -> None:
    share = sum(chooses(f"group {number}") for number in range(3000)) / 3000
    assert 0.63 < share < 0.70
