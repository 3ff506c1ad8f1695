"""Models that read along with the crowd: asked for once, trained on other folds only, measured on gold."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from annotations.models import Answer, FieldFit, ModelJudgment
from tasks_app.models import Item, Project
from tests.factories import TEXT, client_of, make_items, make_project, make_user
from tests.training.conftest import QUICK, WORDS, approve, text_of
from training import cross_fitting
from training.engine.errors import EngineError
from training.models import CrossFit
from training.services.cross_fits import ask_cross_fit

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path) -> Project:
    """36 approved items with answers, groups of three, and six gold items that were never approved."""
    monkeypatch.setattr(cross_fitting, "RECIPE", {**QUICK, "base_model": str(tiny_encoder)})
    project = make_project()
    items = approve(project, 36)
    for number, item in enumerate(items):
        Item.objects.filter(pk=item.pk).update(group=f"g{number // 3}")
    gold = [
        make_items(project, slots=0, payloads=[{"text": text_of(label, 90 + n)}], gold={"intent": label})[0]
        for n, label in enumerate(list(WORDS) * 2)
    ]
    schema, person = project.schema_versions.get(), make_user()
    Answer.objects.bulk_create(
        Answer(project=project, item=item, worker=person, schema_version=schema, value={"intent": "refund"})
        for item in [*items, *gold]
    )
    return project


def post(project: Project, user: Any = None, field: str = "intent") -> Any:
    client = client_of(user or project.owner)
    return client.post(
        f"/api/v1/projects/{project.pk}/cross-fits", {"field": field}, format="json", HTTP_IDEMPOTENCY_KEY="k"
    )


@pytest.mark.slow
def test_every_item_is_read_by_a_model_that_never_saw_its_group(
    decided: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: dict[int, set[str]] = {}
    write = cross_fitting.write_arrow

    def spy(path: Any, rows: Any) -> int:
        rows = list(rows)
        if path.name != "test.arrow":
            trained.setdefault(int(path.parent.name), set()).update(row.id for row in rows)
        return write(path, rows)

    monkeypatch.setattr(cross_fitting, "write_arrow", spy)
    wish = ask_cross_fit(project=decided, field="intent", actor=decided.owner)
    cross_fitting.execute(wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.reason, wish.judged, wish.progress) == ("done", "", 42, 99)
    group_of = {str(pk): group or str(pk) for pk, group in Item.objects.values_list("pk", "group")}
    for row in ModelJudgment.objects.all():
        seen = {group_of[item] for item in trained[row.fold]}
        assert group_of[str(row.item_id)] not in seen
        assert sum(row.posterior["item"].values()) == pytest.approx(1, abs=0.01)
    assert not wish.folder.exists()
    assert FieldFit.objects.get().reading["units"] == 42


def test_asked_twice_it_is_one_and_a_repeated_request_gets_the_same_answer(decided: Project) -> None:
    first, again = post(decided), post(decided)
    assert first.status_code == again.status_code == 202 and again.json()["id"] == first.json()["id"]
    other = client_of(decided.owner).post(
        f"/api/v1/projects/{decided.pk}/cross-fits",
        {"field": "intent"},
        format="json",
        HTTP_IDEMPOTENCY_KEY="z",
    )
    assert other.status_code == 409 and CrossFit.objects.count() == 1


def test_what_cannot_be_read_is_refused_and_strangers_learn_nothing(decided: Project) -> None:
    assert post(decided, make_user("stranger")).status_code == 404
    assert post(decided, field="nothing").status_code == 422
    assert post(make_project(fields=[TEXT]), field="reply").status_code == 422
    assert post(make_project()).status_code == 409
    assert not CrossFit.objects.exists()


def test_a_dead_trainers_wish_is_taken_up_again_and_a_live_ones_is_left(decided: Project) -> None:
    wish = ask_cross_fit(project=decided, field="intent", actor=None)
    CrossFit.objects.update(state="running", heartbeat_at=timezone.now())
    assert cross_fitting.take_back_lost() == []
    CrossFit.objects.update(
        heartbeat_at=timezone.now() - 2 * cross_fitting._LOST_AFTER,
        created_at=timezone.now() - 2 * cross_fitting._LOST_AFTER,
    )
    assert cross_fitting.take_back_lost() == [wish.pk]


def test_it_says_how_far_it_is(decided: Project) -> None:
    claim = uuid4()
    wish = ask_cross_fit(project=decided, field="intent", actor=None)
    CrossFit.objects.update(state="running", claim=claim)
    told = []
    for fold, share in ((0, 0.0), (0, 0.8), (1, 0.5), (2, 1.0), (3, 0.0)):
        cross_fitting._beat(wish, claim, fold, share)
        told.append(CrossFit.objects.get().progress)
    assert told == [0, 26, 50, 99, 99]
    with pytest.raises(EngineError):
        cross_fitting._beat(wish, uuid4(), 0, 0.0)


def test_who_lost_the_claim_stores_nothing(decided: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = ask_cross_fit(project=decided, field="intent", actor=None)

    def lose(*_args: Any) -> dict[Any, Any]:
        CrossFit.objects.update(state="queued", claim=None)
        return {}

    monkeypatch.setattr(cross_fitting, "_read_fold", lose)
    cross_fitting.execute(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "queued" and not ModelJudgment.objects.exists()


def test_the_quality_page_asks_for_it(decided: Project, client: Any) -> None:
    client.force_login(decided.owner)
    url = f"/projects/{decided.pk}/quality/intent/read/"
    assert client.post(url).status_code == 302 and CrossFit.objects.get().state == "queued"
    client.force_login(make_user("stranger"))
    assert client.post(url).status_code == 404


def test_probabilities_of_turns_are_units_by_number() -> None:
    detail = {"turns": [{"turn": 2, "confidence": 0.7, "probabilities": {"a": 0.7, "b": 0.3}}]}
    assert cross_fitting.units_of(detail) == {"2": {"a": 0.7, "b": 0.3}}
