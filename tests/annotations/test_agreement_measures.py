from random import Random
from typing import Any

import pytest

from annotations.models import Consensus, FieldFit
from annotations.services.fitting import refit_project
from tasks_app.models import Item, Project, SchemaVersion
from tasks_app.pseudonyms import pseudonym
from tests.annotations.crowd import answer, make_reviewer
from tests.factories import CHOICE, SPAN, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
SCALE = {"name": "mood", "type": "scale", "title": "Mood", "min": 1, "max": 5, "scope": "dialogue"}
RANK = {"name": "order", "type": "rank", "title": "Order"}
TEXT = {"name": "reply", "type": "text", "title": "Reply"}
CANDIDATES = [{"id": key, "text": f"Reply {key}"} for key in "abc"]
WORDS = ("we", "send", "you", "the", "money", "back", "today", "or", "tomorrow", "please", "wait", "until")


def crowd_on(project: Project, number: int, say: Any, **extra: Any) -> list[Item]:
    """Three people on every item; `say` gives the answer of one of them, the fourth argument their number."""
    random = Random(5)  # noqa: S311 - a simulation
    people, items = [make_user() for _ in range(3)], make_items(project, number, **extra)
    for n, item in enumerate(items):
        for who, person in enumerate(people):
            answer(item, person, say(random, n, who))
    refit_project(project.pk)
    return items


def agreement(project: Project, field: str) -> dict[str, Any]:
    return dict(FieldFit.objects.get(project=project, field=field).agreement)


def test_a_choice_is_measured_as_a_whole_by_label_by_pair_and_over_time() -> None:
    project = make_project(overlap_max=3)
    labels = ["refund", "delivery", "other"]
    crowd_on(
        project, 30, lambda random, n, who: labels[n % 3] if random.random() < 0.85 else random.choice(labels)
    )
    found = agreement(project, "intent")
    assert 0.4 < found["low"] < found["alpha"] < found["high"] <= 1 and found["measure"] == "nominal"
    assert found["kappa"]["fleiss"] == pytest.approx(found["alpha"], abs=0.02)
    assert found["kappa"]["cohen"] == pytest.approx(found["alpha"], abs=0.05)
    assert set(found["labels"]) == set(labels) and 0.7 < found["labels"]["refund"]["found"] <= 1
    assert sum(row["count"] for row in found["confused"]) == 90
    assert [pair["items"] for pair in found["pairs"]] == [30] * 3
    assert found["step"] == "count" and [part["units"] for part in found["over_time"]] == [10, 10, 10]
    assert all(set(part["labels"]) == set(labels) for part in found["over_time"])
    assert all(0.4 < share <= 1 for part in found["over_time"] for share in part["labels"].values())
    assert found["f1"] == {} and found["levels"] == {}


def test_pairs_go_by_the_names_that_people_have_in_the_project() -> None:
    project = make_project(overlap_max=3)
    crowd_on(project, 6, lambda random, n, who: ["refund", "other"][n % 2])
    names = {pseudonym(project.pk, row.worker_id) for row in project.answers.all()}
    assert {name for pair in agreement(project, "intent")["pairs"] for name in pair["workers"]} == names


def test_a_scale_is_measured_at_three_levels() -> None:
    project = make_project(fields=[SCALE], overlap_max=3)
    crowd_on(
        project, 30, lambda random, n, who: {"mood": min(5, max(1, n % 5 + 1 + random.choice((-1, 0, 0, 1))))}
    )
    found = agreement(project, "mood")
    assert found["measure"] == "ordinal" and found["alpha"] == found["levels"]["ordinal"]["alpha"]
    # Off by one is nearly right: to the nominal figure it is as wrong as anything.
    assert found["levels"]["nominal"]["alpha"] < 0.6 < 0.75 < found["levels"]["interval"]["alpha"]
    assert list(found["labels"]) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0, 1.0, 1.0), (0.4, 0.2, 0.8), (1.0, -0.3, 0.3)])
def test_orders_are_measured_by_their_distance(noise: float, low: float, high: float) -> None:
    project = make_project(fields=[RANK], overlap_max=3)
    payload = {"turns": [{"speaker": "a", "text": "Hello"}], "candidates": CANDIDATES}

    def say(random: Random, n: int, who: int) -> Any:
        order = ["abc", "bca", "cab"][n % 3]
        return {"order": random.sample(order, 3) if random.random() < noise else list(order)}

    crowd_on(project, 24, say, payloads=[payload] * 24)
    found = agreement(project, "order")
    assert found["measure"] == "distance" and low <= found["alpha"] <= high and "kappa" not in found
    assert found["pairs"][0]["items"] == 24 and found["over_time"]


def test_texts_are_measured_by_their_distance() -> None:
    project = make_project(fields=[TEXT], overlap_max=3)

    def say(random: Random, n: int, who: int) -> Any:
        own = Random(n).choices(WORDS, k=6)  # noqa: S311
        return {"reply": " ".join(random.choice(WORDS) if random.random() < 0.2 else word for word in own)}

    crowd_on(project, 12, say)
    assert 0.4 < agreement(project, "reply")["alpha"] < 0.95


def test_spans_have_an_f1_exact_and_by_word() -> None:
    project = make_project(fields=[SPAN], overlap_max=3)
    text = "Where is my parcel? It is on its way."

    def say(random: Random, n: int, who: int) -> Any:
        end = 18 if random.random() < 0.5 else 19  # with or without the question mark
        return {"qa": [{"turn": 0, "start": 0, "end": end, "label": "question"}]}

    crowd_on(project, 12, say, payloads=[{"text": text}] * 12)
    f1 = agreement(project, "qa")["f1"]
    assert f1["exact"]["value"] < 0.75 < 0.85 < f1["token"]["value"] < 1
    assert f1["exact"]["low"] <= f1["exact"]["value"] <= f1["exact"]["high"] and f1["exact"]["items"] == 12


def test_nothing_is_measured_until_two_items_were_answered_twice() -> None:
    project = make_project()
    item = make_items(project)[0]
    answer(item, make_user(), "refund")
    refit_project(project.pk)
    assert agreement(project, "intent") == {}
    body = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/quality").json()["fields"][0]
    assert body["agreement"]["alpha"] is None and body["agreement"]["over_time"] == {
        "step": None,
        "parts": [],
    }
    assert body["confusion"] == body["pairs"] == []


def test_rejected_answers_do_not_count() -> None:
    project = make_project(overlap_max=3)
    items = crowd_on(project, 4, lambda random, n, who: ["refund", "other"][(n + who) % 2])
    project.answers.filter(item__in=items).exclude(worker=project.answers.first().worker).update(
        state="rejected"
    )
    project.fits.update(answers=0)
    refit_project(project.pk)
    assert agreement(project, "intent") == {}


def test_rest_tells_all_of_it() -> None:
    project = make_project(fields=[CHOICE, SCALE], overlap_max=3)
    crowd_on(project, 30, lambda random, n, who: {"intent": ["refund", "other"][n % 2], "mood": n % 5 + 1})
    first, second = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/quality").json()["fields"]
    assert first["agreement"]["alpha"] == 1.0 and first["agreement"]["measure"] == "nominal"
    assert first["agreement"]["kappa"]["fleiss"] == pytest.approx(1.0)
    assert {(row["true"], row["said"]) for row in first["confusion"]} == {
        ("refund", "refund"),
        ("other", "other"),
    }
    assert first["labels"][0] | {"share": 0.5} == {
        "label": "refund", "share": 0.5, "agreement": 1.0, "found": 1.0, "right": 1.0
    }  # fmt: skip
    assert len(second["agreement"]["over_time"]["parts"]) == 3 and set(second["agreement"]["levels"]) == {
        "nominal", "ordinal", "interval"
    }  # fmt: skip


def test_the_page_shows_it_and_the_file_has_it(client: Any, django_assert_max_num_queries: Any) -> None:
    project = make_project(fields=[CHOICE, SPAN, SCALE], overlap_max=3)

    def say(random: Random, n: int, who: int) -> Any:
        spans = [{"turn": 0, "start": 0, "end": 5, "label": "question"}]
        return {"intent": random.choice(["refund", "other"]), "qa": spans, "mood": n % 5 + 1}

    crowd_on(project, 30, say)
    client.force_login(project.owner)
    with django_assert_max_num_queries(40):
        page = client.get(f"/projects/{project.pk}/quality/").content.decode()
    for words in (
        "Agreement over time",
        "Consensus and annotators",
        "Annotator to annotator",
        "F1, by word",
        "weak",
    ):
        assert words in page
    assert 'id="agreement-intent"' in page and "style=" not in page
    file = client.get(f"/projects/{project.pk}/quality/agreement.csv")
    lines = file.content.decode().splitlines()
    assert file["Content-Type"].startswith("text/csv") and lines[0].startswith("field,from,to,label,alpha")
    # The whole and three parts of each field: 2 labels of the choice, 1 of the spans and 5 of the scale.
    assert len(lines) == 1 + 4 * (3 + 2 + 1 + 5) and lines[1].startswith("intent,,,,")
    assert lines[2].startswith("intent,,,refund,,,,0.")


def test_an_empty_page_says_so(client: Any) -> None:
    project = make_project()
    client.force_login(project.owner)
    page = client.get(f"/projects/{project.pk}/quality/").content.decode()
    assert "Not enough overlap yet" in page and "agreement.csv" not in page


def test_strangers_get_nothing(client: Any) -> None:
    project = make_project()
    for user, code in ((make_user("stranger"), 404), (make_reviewer(project), 403)):
        client.force_login(user)
        assert client.get(f"/projects/{project.pk}/quality/agreement.csv").status_code == code


def test_a_field_that_was_another_question_before_is_measured_by_its_new_answers() -> None:
    project = make_project(fields=[{**CHOICE, "name": "mood"}], overlap_max=3)
    crowd_on(project, 4, lambda random, n, who: {"mood": "refund"})
    for number, field in enumerate((SCALE, {**RANK, "name": "mood"}, {**TEXT, "name": "mood"}), start=2):
        SchemaVersion.objects.create(project=project, number=number, fields=[field])
        payload = {"turns": [{"speaker": "a", "text": "Hello"}], "candidates": CANDIDATES}
        values = {2: [4, 5], 3: [list("abc"), list("cab")], 4: ["yes", "never"]}[number]
        crowd_on(
            project, 4, lambda random, n, who, said=values: {"mood": said[n % 2]}, payloads=[payload] * 4
        )
        assert agreement(project, "mood")["alpha"] == 1.0


def test_asking_for_a_fit_measures_again_after_a_correction() -> None:
    project = make_project(overlap_max=3)
    items = crowd_on(project, 4, lambda random, n, who: ["refund", "other"][n % 2])
    Consensus.objects.filter(item=items[0]).update(value="delivery", state="corrected")
    refit_project(project.pk)
    rows = {(row["true"], row["said"]): row["count"] for row in agreement(project, "intent")["confused"]}
    assert rows["delivery", "refund"] == 3
