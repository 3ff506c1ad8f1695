import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.roles import grant
from accounts.services.tokens import create_token
from common.errors import Conflict, Invalid
from common.models import IdempotencyRecord
from privacy.services.learning import learn_value
from tests.factories import SPAN, client_of, make_user
from tests.training.test_micro_batching import together
from training import redaction, serving
from training.engine.errors import EngineError
from training.micro_batching import Overloaded, Pass
from training.models import Feedback, Model, ModelVersion, Prediction
from training.services import feedback, registry
from training.services.predictions import predict
from training.serving import PredictorCache

Make = Callable[..., ModelVersion]
TEXT = {"text": "please give my money back"}


@pytest.fixture
def serving_version(make_version: Make) -> ModelVersion:
    return make_version(stage="production")


def ask(user: User | None, version: ModelVersion, *items: Any, **more: Any) -> Any:
    return client_of(user).post(
        f"/api/v1/models/{version.model.name}/predict", {"items": list(items), **more}
    )


def test_it_answers_every_item_in_order(serving_version: ModelVersion, admin: User) -> None:
    other = {"turns": [{"speaker": "customer", "text": "where is the parcel that you sent last week"}]}
    answer = ask(admin, serving_version, TEXT, other)
    assert answer.status_code == 200 and answer.json()["version"] == serving_version.number
    assert [one["value"] for one in answer.json()["results"]] == ["refund", "delivery"]
    assert all(0 < one["confidence"] <= 1 for one in answer.json()["results"])
    rows = Prediction.objects.in_bulk(answer.json()["prediction_ids"])
    assert len(rows) == 2 and {row.requested_by for row in rows.values()} == {admin}


def test_personal_data_is_not_stored(serving_version: ModelVersion, admin: User) -> None:
    ask(admin, serving_version, {"text": "please write to maria.weber@mailbox.example about my refund"})
    kept = Prediction.objects.get()
    assert "maria.weber" not in str(kept.payload) and "[EMAIL" in kept.payload["text"]


def test_what_a_model_writes_is_redacted_wherever_it_is_stored(
    serving_version: ModelVersion, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = SimpleNamespace(value="write to jane.doe@example.com", confidence=0.9, detail={})
    monkeypatch.setattr(serving, "answers_of", lambda *_asked: Pass([said], {}))
    Model.objects.update(head="text")
    url, client = f"/api/v1/models/{serving_version.model.name}/predict", client_of(admin)
    first, again = (client.post(url, {"items": [TEXT]}, headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert "jane.doe" in first.content.decode() and "jane.doe" not in again.content.decode()
    assert first.json()["prediction_ids"] == again.json()["prediction_ids"]
    assert "jane.doe" not in str(IdempotencyRecord.objects.get().body) + str(Prediction.objects.get().value)


def test_bad_items_are_named_and_nothing_is_stored(serving_version: ModelVersion, admin: User) -> None:
    answer = ask(admin, serving_version, TEXT, {"turns": "x"}, 7)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/1/turns", "/items/2"]
    assert ask(admin, serving_version).status_code == 422
    assert not Prediction.objects.exists()


def test_nothing_in_production_is_a_conflict(make_version: Make, admin: User) -> None:
    answer = ask(admin, make_version(), TEXT)
    assert answer.status_code == 409 and answer.json()["code"] == "no_version"


def test_who_may_ask(serving_version: ModelVersion, stranger: User) -> None:
    assert ask(stranger, serving_version, TEXT).status_code == 404
    assert ask(None, serving_version, TEXT).status_code == 401
    requester = make_user("requester")
    grant(requester, Role.REQUESTER)
    assert ask(requester, serving_version, TEXT).status_code == 200
    _token, text = create_token(user=requester, scopes=["predict"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    url = f"/api/v1/models/{serving_version.model.name}/predict"
    assert client.post(url, {"items": [TEXT]}).status_code == 200
    assert client.get("/api/v1/models").status_code == 401


def test_a_project_owner_may_ask_its_model(serving_version: ModelVersion) -> None:
    assert ask(serving_version.model.project.owner, serving_version, TEXT).status_code == 200


def test_a_request_of_a_program_asks_the_database_four_times(
    serving_version: ModelVersion, django_assert_num_queries: Any
) -> None:
    """Token, model, what was learned, and the row."""
    token = create_token(user=serving_version.model.project.owner, scopes=["predict"])[1]
    learn_value(project_id=serving_version.model.project_id, value="Zorvath Quillby", kind="PERSON")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    path, body = f"/api/v1/models/{serving_version.model.name}/predict", {"items": [TEXT]}
    assert client.post(path, body).status_code == 200
    with django_assert_num_queries(4):
        assert client.post(path, body).status_code == 200


def test_offsets_are_carried_to_the_stored_text() -> None:
    payload = {
        "turns": [{"speaker": "customer", "text": "I am at maria.weber@mailbox.example, where is it?"}]
    }
    kept, maps = redaction.redact_payload(payload)
    start = payload["turns"][0]["text"].index("where")
    [moved] = redaction.carry([{"turn": 0, "start": start, "end": start + 12, "label": "question"}], maps)
    assert kept["turns"][0]["text"][moved["start"] : moved["end"]] == "where is it?"
    again = redaction.maps_from_json(redaction.maps_to_json(maps))
    assert again == maps


def test_a_name_in_the_speakers_place_is_replaced_too() -> None:
    kept, _maps = redaction.redact_payload(
        {"turns": [{"speaker": "maria.weber@mailbox.example", "text": "hello"}]}
    )
    assert "maria" not in str(kept)


def test_a_web_process_stays_light_until_the_first_prediction() -> None:
    code = "import sys, django; django.setup(); import config.urls; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, timeout=60).returncode == 0


class Slow:
    """A predictor that says what it was loaded from."""

    loads: list[Path] = []
    memory_bytes = 10

    def __init__(self, folder: Path) -> None:
        self.loads.append(folder)
        self.folder = folder


def test_the_cache_loads_once_and_forgets_the_least_used() -> None:
    Slow.loads = []
    cache = PredictorCache(Slow, capacity=2, budget=1000)
    for name in "aabaca":
        assert cache.get(Path(name)).folder.name == name
    assert [path.name for path in Slow.loads] == ["a", "b", "c"]
    cache.get(Path("b"))
    assert len(Slow.loads) == 4


@pytest.mark.parametrize(("budget", "kept"), [(25, "bc"), (10, "c"), (1, "c")])
def test_the_cache_keeps_to_its_budget(budget: int, kept: str) -> None:
    Slow.loads = []
    cache = PredictorCache(Slow, capacity=10, budget=budget)
    for name in "abc":
        cache.get(Path(name))
    for name in kept:
        cache.get(Path(name))
    assert len(Slow.loads) == 3


def test_many_threads_load_one_model_once() -> None:
    Slow.loads = []
    cache = PredictorCache(Slow, capacity=3, budget=100)
    together(lambda _n: cache.get(Path("a")), 16)
    assert len(Slow.loads) == 1


def test_a_model_that_is_being_loaded_blocks_no_other() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def load(folder: Path) -> Slow:
        if folder.name == "large":
            loading.set()
            assert go_on.wait(10)
        return Slow(folder)

    cache = PredictorCache(load, capacity=3, budget=100)
    thread = threading.Thread(target=cache.get, args=(Path("large"),))
    thread.start()
    assert loading.wait(10)
    assert cache.get(Path("small")).folder.name == "small"
    go_on.set()
    thread.join(10)


def test_a_model_that_cannot_be_loaded_is_tried_again() -> None:
    broken = [EngineError("half written")]

    def load(folder: Path) -> Slow:
        if broken:
            raise broken.pop()
        return Slow(folder)

    cache = PredictorCache(load, capacity=3, budget=100)
    with pytest.raises(EngineError):
        cache.get(Path("a"))
    assert cache.get(Path("a"))


# --- many at once -----------------------------------------------------------------------------------------


class Counting:
    """A predictor that counts its passes."""

    memory_bytes = 1

    def __init__(self) -> None:
        self.passes: list[int] = []

    def predict(self, payloads: Any, *, seconds: dict[str, float]) -> Any:
        self.passes.append(len(payloads))
        time.sleep(0.05)
        if any("broken" in payload["text"] for payload in payloads):
            raise EngineError("This text is none.")
        return [SimpleNamespace(value="refund", confidence=0.9, detail={}) for _ in payloads]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    one = Counting()
    monkeypatch.setattr(serving, "cache", PredictorCache(lambda _folder: one, capacity=1, budget=10))
    monkeypatch.setattr(serving, "lines", serving.Lines())
    return one


def ask_with_token(token: str, version: ModelVersion, text: str, **headers: str) -> Any:
    try:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}", **headers)
        return client.post(f"/api/v1/models/{version.model.name}/predict", {"items": [{"text": text}]})
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_share_passes(make_version: Make, counting: Counting) -> None:
    """Each gets its own answer and its own row, of its own user, although they are stored together."""
    version = make_version(stage="production")
    users = [make_user(f"requester{n}") for n in range(24)]
    for user in users:
        grant(user, Role.REQUESTER)
    tokens = [create_token(user=user, scopes=["predict"])[1] for user in users]
    answers = together(lambda n: ask_with_token(tokens[n], version, f"number {n} please"), 24)
    assert [answer.status_code for answer in answers] == [200] * 24
    assert sum(counting.passes) == 24 and len(counting.passes) <= 12
    for n, answer in enumerate(answers):
        row = Prediction.objects.get(pk=answer.json()["prediction_ids"][0])
        assert (row.requested_by, row.payload["text"]) == (users[n], f"number {n} please")
        assert "forward" in answer.headers["Server-Timing"] or "queue" in answer.headers["Server-Timing"]


@pytest.mark.django_db(transaction=True)
def test_a_bad_text_is_refused_alone(make_version: Make, counting: Counting) -> None:
    version = make_version(stage="production")
    token = create_token(user=version.model.project.owner)[1]
    answers = together(lambda n: ask_with_token(token, version, "broken" if n == 2 else f"number {n}"), 8)
    assert [answer.status_code for answer in answers] == [200, 200, 503, 200, 200, 200, 200, 200]
    assert Prediction.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_a_repeated_key_among_many_is_stored_once(make_version: Make, counting: Counting) -> None:
    version = make_version(stage="production")
    token = create_token(user=version.model.project.owner)[1]
    answers = together(lambda _n: ask_with_token(token, version, "same text", HTTP_IDEMPOTENCY_KEY="once"), 6)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["prediction_ids"][0] for answer in answers}) == 1
    assert Prediction.objects.count() == 1


def test_too_many_are_asked_to_come_back(
    serving_version: ModelVersion, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any) -> None:
        raise Overloaded

    monkeypatch.setattr(serving, "answers_of", refuse)
    answer = ask(admin, serving_version, TEXT)
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert int(answer.headers["Retry-After"]) >= 1
    assert not Prediction.objects.exists()


def test_another_version_in_production_answers_at_once(make_version: Make, admin: User) -> None:
    first, second = make_version(stage="production"), make_version()
    assert ask(admin, first, TEXT).json()["version"] == first.number
    registry.promote_version(version=second, actor=admin, override=True, reason="newer")
    assert ask(admin, first, TEXT).json()["version"] == second.number


# --- feedback ---------------------------------------------------------------------------------------------


@pytest.fixture
def prediction(serving_version: ModelVersion, admin: User) -> Prediction:
    return predict(model=serving_version.model, items=[TEXT], actor=admin).predictions[0]


def say(user: User | None, prediction: Prediction, **said: Any) -> Any:
    return client_of(user).post(f"/api/v1/predictions/{prediction.pk}/feedback", said)


def test_thumbs_once_per_person(prediction: Prediction, admin: User) -> None:
    assert say(admin, prediction, thumbs="up", rating=4).json()["thumbs"] == "up"
    assert say(admin, prediction, thumbs="down").status_code == 409
    assert Feedback.objects.get().rating == 4


def test_a_correction_must_fit_the_field(prediction: Prediction, admin: User) -> None:
    answer = say(admin, prediction, correction="complaint")
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"].startswith("/correction")
    assert not Feedback.objects.exists()
    assert say(admin, prediction, correction="delivery").json()["correction"] == "delivery"


def test_a_comment_is_redacted(prediction: Prediction, admin: User) -> None:
    kept = say(admin, prediction, comment="mail maria.weber@mailbox.example instead").json()["comment"]
    assert "maria" not in kept and "[EMAIL" in kept


@pytest.mark.parametrize("said", [{}, {"comment": "  "}, {"rating": 6}, {"thumbs": "sideways"}])
def test_nothing_or_nonsense_is_refused(prediction: Prediction, admin: User, said: dict[str, Any]) -> None:
    assert say(admin, prediction, **said).status_code == 422
    assert not Feedback.objects.exists()


def test_others_get_404(prediction: Prediction, stranger: User) -> None:
    assert say(stranger, prediction, thumbs="up").status_code == 404
    assert say(None, prediction, thumbs="up").status_code == 404
    assert say(None, prediction, thumbs="up", link="forged").status_code == 404


def test_an_end_user_speaks_through_a_signed_link_once(serving_version: ModelVersion, admin: User) -> None:
    answer = ask(admin, serving_version, TEXT, end_user="crm-1742").json()
    prediction, link = Prediction.objects.get(), answer["feedback_links"][0]
    assert "1742" not in link
    assert say(None, prediction, thumbs="down", link=link).status_code == 201
    assert say(None, prediction, thumbs="up", link=link).status_code == 409
    kept = Feedback.objects.get()
    assert kept.author is None and len(kept.end_user) == 64
    other = predict(model=serving_version.model, items=[TEXT], actor=admin).predictions[0]
    assert say(None, other, thumbs="up", link=link).status_code == 404


def test_feedback_is_dealt_with_once(prediction: Prediction, admin: User) -> None:
    kept = feedback.give_feedback(prediction=prediction, author=admin, thumbs=1)
    feedback.mark_handled(feedback=kept, actor=admin)
    with pytest.raises(Conflict):
        feedback.mark_handled(feedback=kept, actor=admin)


def test_a_span_correction_is_checked_where_it_lies_in_the_stored_text(
    prediction: Prediction, admin: User
) -> None:
    snapshot = prediction.version.snapshot
    snapshot.fields = [{**SPAN, "name": "intent"}]
    snapshot.save(update_fields=["fields"])
    text = "maria.weber@mailbox.example asks: where is it?"
    kept, maps = redaction.redact_payload({"text": text})
    Prediction.objects.filter(pk=prediction.pk).update(payload=kept, shifts=redaction.maps_to_json(maps))
    at = text.index("where")
    mark = {"turn": 0, "start": at, "end": len(text), "label": "question"}
    answer = say(admin, prediction, correction=[mark]).json()
    [moved] = answer["correction"]
    assert kept["text"][moved["start"] : moved["end"]] == "where is it?"
    prediction.refresh_from_db()
    with pytest.raises(Invalid):
        feedback.give_feedback(prediction=prediction, end_user="x", correction=[{**mark, "end": 999}])
