"""A version tried on live requests: who hears it, what is compared, and when it is taken back by itself."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Notification, User
from common.errors import Conflict
from common.models import AuditEvent, AuditNote
from tests.factories import client_of, make_user
from tests.training.test_micro_batching import together
from training import arms, asking, shadowing, watching_versions
from training.arms import Arm
from training.models import Feedback, ModelVersion, Prediction, Rollout, ShadowPrediction
from training.services import registry, rollouts
from training.services.predictions import predict

Make = Callable[..., ModelVersion]
TEXT = {"text": "please give my money back"}


@pytest.fixture
def production(make_version: Make) -> ModelVersion:
    return make_version(stage="production")


@pytest.fixture
def candidate(make_version: Make, production: ModelVersion) -> ModelVersion:
    return make_version()


def start(version: ModelVersion, kind: str = "canary", share: float = 0.5) -> Rollout:
    return rollouts.start_rollout(version=version, kind=kind, share=share, actor=None)


def speak(version: ModelVersion, up: int, down: int) -> None:
    """Thumbs of as many end users on answers of this version."""
    for n in range(up + down):
        row = Prediction.objects.create(version=version, payload=TEXT, value="refund", confidence=0.9)
        Feedback.objects.create(prediction=row, end_user=f"{n}", thumbs=1 if n < up else -1)


# --- who hears it -----------------------------------------------------------------------------------------


def test_a_caller_hears_the_same_version_throughout(candidate: ModelVersion, admin: User) -> None:
    start(candidate, share=0.5)
    url = f"/api/v1/models/{candidate.model.name}/predict"

    def heard(caller: str) -> int:
        return client_of(admin).post(url, {"items": [TEXT], "end_user": caller}).json()["version"]

    first = [heard(f"crm-{n}") for n in range(20)]
    assert first == [heard(f"crm-{n}") for n in range(20)]
    assert set(first) == {1, 2}


def test_the_share_is_kept_and_another_trial_draws_others(candidate: ModelVersion) -> None:
    found = asking.find_model(candidate.model.project.owner_id, candidate.model.name)
    assert found is not None and found.canary is None
    rollout = start(candidate, share=0.2)
    found = asking.find_model(candidate.model.project.owner_id, candidate.model.name)
    assert found is not None and found.canary is not None and found.canary.id == rollout.pk
    hit = {n for n in range(4000) if found.canary.answers(str(n))}
    assert 680 < len(hit) < 920
    rollouts.end_rollout(rollout=rollout, actor=None)
    again = asking.Canary(start(candidate, share=0.2).pk, 0.2, candidate)
    assert len(hit & {n for n in range(4000) if again.answers(str(n))}) < 300


def test_a_canary_that_cannot_be_loaded_harms_nobody(candidate: ModelVersion, admin: User) -> None:
    start(candidate, share=1.0)
    (candidate.folder / "head.json").unlink()
    answer = client_of(admin).post(f"/api/v1/models/{candidate.model.name}/predict", {"items": [TEXT]})
    assert answer.status_code == 200 and answer.json()["version"] == 1


def test_only_one_of_a_kind_and_only_beside_production(
    candidate: ModelVersion, production: ModelVersion
) -> None:
    start(candidate)
    start(candidate, kind="shadow")
    with pytest.raises(Conflict):
        start(candidate)
    with pytest.raises(Conflict):
        start(production, kind="shadow")
    with pytest.raises(Conflict):
        rollout = Rollout.objects.filter(kind="shadow").get()
        rollouts.end_rollout(rollout=rollout, actor=None)
        rollouts.end_rollout(rollout=rollout, actor=None)


def test_an_archived_version_is_not_tried_and_harms_nobody(candidate: ModelVersion, admin: User) -> None:
    for kind in ("canary", "shadow"):
        start(candidate, kind=kind, share=1.0)
    registry.archive_version(version=candidate, actor=admin)
    answer = client_of(admin).post(f"/api/v1/models/{candidate.model.name}/predict", {"items": [TEXT]})
    assert answer.status_code == 200 and answer.json()["version"] == 1
    watching_versions.watch(candidate.model_id)
    assert set(Rollout.objects.values_list("state", flat=True)) == {"stopped"}
    candidate.refresh_from_db()
    with pytest.raises(Conflict):
        start(candidate)


def test_a_trial_ends_when_its_version_is_promoted_or_what_it_is_compared_with_is_gone(
    make_version: Make, candidate: ModelVersion, admin: User
) -> None:
    start(make_version(), kind="shadow")
    start(candidate)
    registry.promote_version(version=candidate, actor=admin, override=True, reason="newer")
    assert candidate.model_id in watching_versions.models_to_watch()
    watching_versions.watch(candidate.model_id)
    assert dict(Rollout.objects.values_list("kind", "state")) == {"canary": "promoted", "shadow": "stopped"}


# --- the watch --------------------------------------------------------------------------------------------


def test_a_canary_that_satisfies_less_is_taken_back(
    candidate: ModelVersion, production: ModelVersion, admin: User
) -> None:
    rollout = start(candidate)
    root = make_user("root")  # administers by being who it is, without a membership
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    speak(production, up=45, down=5)
    speak(candidate, up=20, down=20)
    watching_versions.watch(rollout.model_id)
    rollout.refresh_from_db()
    assert rollout.state == "rolled_back" and "50% of 40" in rollout.reason
    assert asking.find_model(admin.pk, candidate.model.name).canary is None  # type: ignore[union-attr]
    event = AuditEvent.objects.get(action="rollout.rolled_back")
    assert event.actor is None and event.target == str(rollout.pk)
    assert Notification.objects.get(user=admin).kind == "canary_rolled_back"
    watching_versions.watch(rollout.model_id)
    assert set(Notification.objects.values_list("user", flat=True)) == {admin.pk, root.pk}
    assert Notification.objects.count() == 2


def test_a_thumb_up_with_another_answer_is_a_complaint(
    candidate: ModelVersion, production: ModelVersion
) -> None:
    """As everywhere else: a correction to something else is discontent, the same answer said again is not."""
    rollout = start(candidate)
    speak(production, up=45, down=5)
    speak(candidate, up=40, down=0)
    about = Feedback.objects.filter(prediction__version=candidate)
    about.filter(end_user__in=[str(n) for n in range(20)]).update(correction="delivery")
    about.filter(end_user__in=[str(n) for n in range(20, 30)]).update(correction="refund", thumbs=None)
    watching_versions.watch(rollout.model_id)
    rollout.refresh_from_db()
    assert (rollout.figures["canary"]["satisfied"], rollout.state) == (20, "rolled_back")


@pytest.mark.parametrize(("up", "down"), [(36, 4), (8, 8), (0, 19)])
def test_as_good_as_before_or_too_few_voices_stay(
    candidate: ModelVersion, production: ModelVersion, up: int, down: int
) -> None:
    rollout = start(candidate)
    speak(production, up=45, down=5)
    speak(candidate, up=up, down=down)
    watching_versions.watch(rollout.model_id)
    rollout.refresh_from_db()
    assert rollout.state == "running"
    assert rollout.figures["canary"]["voices"] == up + down
    low, high = rollout.figures["difference"]["low"], rollout.figures["difference"]["high"]
    assert low < rollout.figures["difference"]["value"] < high


def test_a_closed_gate_ends_a_canary(make_version: Make) -> None:
    make_version(stage="production", test=0.9)
    rollout = start(make_version(test=0.7))
    watching_versions.watch(rollout.model_id)
    rollout.refresh_from_db()
    assert rollout.state == "rolled_back" and "0.700" in rollout.reason


def test_words_from_before_the_trial_do_not_count(candidate: ModelVersion, production: ModelVersion) -> None:
    speak(production, up=45, down=5)
    speak(candidate, up=0, down=40)
    Prediction.objects.update(created_at=timezone.now() - timedelta(days=1))
    rollout = start(candidate)
    watching_versions.watch(rollout.model_id)
    rollout.refresh_from_db()
    assert rollout.state == "running" and rollout.figures["canary"]["voices"] == 0


def test_a_promoted_version_that_satisfies_less_is_rolled_back(
    candidate: ModelVersion, production: ModelVersion, admin: User
) -> None:
    speak(production, up=45, down=5)
    registry.promote_version(version=candidate, actor=admin, override=True, reason="newer")
    speak(candidate, up=10, down=30)
    assert candidate.model_id in watching_versions.models_to_watch()
    watching_versions.watch(candidate.model_id)
    production.refresh_from_db()
    candidate.refresh_from_db()
    assert (production.stage, candidate.stage) == ("production", "archived")
    event = AuditEvent.objects.get(action="model.rolled_back")
    assert event.actor is None and "less satisfied" in AuditNote.objects.get(event=event.pk).text
    assert Notification.objects.filter(user=admin, kind="model_rolled_back").count() == 1


def test_after_the_watch_it_is_left_to_people(candidate: ModelVersion, admin: User) -> None:
    registry.promote_version(version=candidate, actor=admin, override=True, reason="newer")
    ModelVersion.objects.filter(pk=candidate.pk).update(promoted_at=timezone.now() - timedelta(days=8))
    assert candidate.model_id not in watching_versions.models_to_watch()


@pytest.mark.django_db(transaction=True)
def test_several_workers_take_a_version_back_once(
    make_version: Make, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    production, candidate = make_version(stage="production"), make_version()
    rollout = start(candidate)
    speak(production, up=45, down=5)
    speak(candidate, up=5, down=35)
    real, inside = watching_versions.watch_canary, []

    def counted(rollout: Rollout) -> None:
        inside.append(threading.get_ident())
        assert len(set(inside)) == 1
        real(rollout)

    monkeypatch.setattr(watching_versions, "watch_canary", counted)

    def watch(_n: int) -> None:
        try:
            watching_versions.watch(rollout.model_id)
        finally:
            connection.close()

    assert together(watch, 6) == [None] * 6
    assert AuditEvent.objects.filter(action="rollout.rolled_back").count() == 1
    assert Notification.objects.filter(user=admin).count() == 1


def test_the_arithmetic_of_two_proportions() -> None:
    """Against values worked out by hand: z = -0.3 / sqrt(0.75 * 0.25 * 0.04) = -3.46."""
    assert arms.is_worse(Arm(50, 30), Arm(50, 45))
    assert not arms.is_worse(Arm(50, 40), Arm(50, 45))  # z = -1.40
    assert not arms.is_worse(Arm(50, 50), Arm(50, 50)) and not arms.is_worse(Arm(50, 45), Arm(50, 30))
    apart = arms.difference(Arm(50, 30), Arm(50, 45))
    assert apart is not None
    assert apart[0] == pytest.approx(-0.3) and -0.46 < apart[1] < apart[0] < apart[2] < -0.11
    assert arms.difference(Arm(0, 0), Arm(5, 5)) is None


# --- shadows ----------------------------------------------------------------------------------------------


def ask_many(production: ModelVersion, number: int) -> None:
    for n in range(number):
        predict(model=production.model, items=[{"text": f"where is the parcel {n}"}], actor=None)
    Prediction.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    Rollout.objects.update(started_at=timezone.now() - timedelta(minutes=2))


def test_a_shadow_is_asked_behind_the_scenes(candidate: ModelVersion, production: ModelVersion) -> None:
    rollout = start(candidate, kind="shadow", share=1.0)
    ask_many(production, 6)
    assert not ShadowPrediction.objects.exists()
    shadowing.follow(rollout.pk)
    shadowing.follow(rollout.pk)
    rollout.refresh_from_db()
    assert ShadowPrediction.objects.count() == 6
    assert (rollout.figures["compared"], rollout.figures["agreement"]) == (6, 1.0)
    assert sum(entry["shadow"] for entry in rollout.figures["labels"]) == 6
    assert {row.version_id for row in Prediction.objects.all()} == {production.pk}


def test_a_sample_is_drawn_and_never_twice(
    candidate: ModelVersion, production: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "CHUNK", 3)
    rollout = start(candidate, kind="shadow", share=0.5)
    ask_many(production, 10)
    drawn = {pk for pk in Prediction.objects.values_list("pk", flat=True) if shadowing.is_drawn(pk, 0.5)}
    shadowing.follow(rollout.pk)
    assert set(ShadowPrediction.objects.values_list("prediction_id", flat=True)) == drawn


def test_what_is_still_being_stored_is_left_for_the_next_round(
    candidate: ModelVersion, production: ModelVersion
) -> None:
    rollout = start(candidate, kind="shadow", share=1.0)
    predict(model=production.model, items=[TEXT], actor=None)
    shadowing.follow(rollout.pk)
    assert not ShadowPrediction.objects.exists()


def test_labels_of_every_kind_of_answer() -> None:
    assert shadowing.labels_in(["a", "b"]) == ["a", "b"]
    assert shadowing.labels_in([{"turn": 0, "labels": ["a"]}, {"turn": 1, "label": "b"}]) == ["a", "b"]
    assert shadowing.labels_in(None) == [] and shadowing.labels_in(4) == ["4"]


# --- REST and page ----------------------------------------------------------------------------------------


def test_over_rest(candidate: ModelVersion, admin: User, stranger: User) -> None:
    url = f"/api/v1/models/{candidate.model.name}/rollouts"
    wanted = {"version": candidate.number, "kind": "canary", "share": 0.1}
    assert client_of(stranger).post(url, wanted).status_code == 404
    assert client_of(admin).post(url, {**wanted, "share": 1.5}).status_code == 422
    first = client_of(admin).post(url, wanted, headers={"Idempotency-Key": "k"})
    assert first.status_code == 201
    again = client_of(admin).post(url, wanted, headers={"Idempotency-Key": "k"})
    assert again.json()["id"] == first.json()["id"] and Rollout.objects.count() == 1
    assert client_of(admin).post(url, wanted).status_code == 409
    one = f"/api/v1/rollouts/{first.json()['id']}"
    assert client_of(stranger).post(f"{one}/stop").status_code == 404
    assert client_of(admin).get(url).json()["results"][0]["state"] == "running"
    assert client_of(admin).post(f"{one}/stop", {"reason": "seen enough"}).json()["state"] == "stopped"
    assert client_of(admin).post(f"{one}/stop").status_code == 409
    second = client_of(admin).post(url, wanted).json()["id"]
    promote = f"/api/v1/rollouts/{second}/promote"
    assert client_of(admin).post(promote, {}).json()["code"] == "gate"  # no better than the one before
    promoted = client_of(admin).post(promote, {"override": True, "reason": "the canary did well"})
    assert promoted.status_code == 200 and promoted.json()["state"] == "promoted"
    candidate.refresh_from_db()
    assert candidate.stage == "production"


def test_on_the_models_page(candidate: ModelVersion, admin: User, stranger: User, client: Any) -> None:
    page = f"/models/{candidate.model.name}/"
    client.force_login(stranger)
    assert client.get(f"{page}serving/").status_code == 404
    client.force_login(admin)
    said = {"version": candidate.number, "kind": "canary", "percent": "20"}
    assert client.post(f"{page}rollouts/", said).status_code == 302
    assert b"Canary: version 2 on 20 % of requests" in client.get(page).content
    assert client.post(f"{page}rollouts/", {**said, "percent": "0"}).status_code == 409
    rollout = Rollout.objects.get()
    assert client.post(f"{page}rollouts/{rollout.pk}/stop/").status_code == 302
    assert b"Earlier trials" in client.get(page).content
