"""What the platform adds to a report: slices by language, intervals, and how well one person does."""

import pytest

from annotations.models import Answer, Consensus
from tasks_app.models import Item
from tests.factories import make_user
from training.assessing import assess, figure_of
from training.ceiling import human_ceiling
from training.models import Run


def answer_all(run: Run, *, people: int = 4, wrong_every: int = 5) -> int:
    """Everybody answers every test item; each person is wrong about every fifth item, a different one."""
    workers = [make_user(f"w{n}") for n in range(people)]
    assert run.snapshot is not None
    ids = list(run.snapshot.items.filter(split="test").order_by("item").values_list("item", flat=True))
    labels = ["refund", "delivery", "other"]
    rows = []
    for place, item_id in enumerate(ids):
        truth = Consensus.objects.get(item=item_id).value
        for number, worker in enumerate(workers):
            off = (place + number) % wrong_every == 0
            value = labels[(labels.index(truth) + 1) % 3] if off else truth
            rows.append(Answer(
                project=run.project, item_id=item_id, worker=worker,
                schema_version=run.snapshot.schema_version,
                source="imported", value={"intent": value}, state="approved",
            ))  # fmt: skip
    Answer.objects.bulk_create(rows)
    return len(ids)


def test_a_registered_run_has_slices_and_an_interval(judged: Run) -> None:
    assert judged.report["slices"][0]["kind"] in {"length", "label"}
    assert {part["kind"] for part in judged.report["slices"]} >= {"label"}
    low, high = judged.report["test"]["interval"]
    assert low < judged.report["test"]["accuracy"] < high
    assert judged.report["ceiling"] is None  # nobody's answers are there


def test_languages_are_slices_where_there_are_several(judged: Run) -> None:
    assert not [part for part in judged.report["slices"] if part["kind"] == "language"]
    half = Item.objects.filter(project=judged.project).order_by("pk").values_list("pk", flat=True)[::2]
    Item.objects.filter(pk__in=list(half)).update(language="zh")
    parts = assess(judged, judged.report, "accuracy")["slices"]
    assert {part["name"] for part in parts if part["kind"] == "language"} == {"en", "zh"}


def test_the_ceiling_is_what_one_person_scores_on_the_same_items(judged: Run) -> None:
    items = answer_all(judged)
    found = human_ceiling(judged, figure_of(judged, "accuracy"))
    assert found is not None
    assert (found["items"], found["answers"], found["people"]) == (items, items * 4, 4)
    assert found["truth"]["value"] == pytest.approx(0.8, abs=0.05)
    assert found["truth"]["low"] < found["truth"]["value"] < found["truth"]["high"]
    # Never two of four are wrong at once, so the others always agree on the truth.
    assert found["others"]["value"] == pytest.approx(found["truth"]["value"])


def test_too_few_answers_make_no_ceiling(judged: Run) -> None:
    answer_all(judged, people=2)  # neither of two people is the measure of the other
    assert human_ceiling(judged, figure_of(judged, "accuracy")) is None


def test_rejected_answers_and_unknown_labels_do_not_count(judged: Run) -> None:
    items = answer_all(judged, people=5)
    someone = Answer.objects.order_by("worker_id").values_list("worker_id", flat=True)[0]
    Answer.objects.filter(worker=someone).update(state="rejected")
    found = human_ceiling(judged, figure_of(judged, "accuracy"))
    assert found is not None and found["people"] == 4 and found["answers"] == items * 4


def test_a_run_without_outcomes_is_registered_all_the_same(judged: Run) -> None:
    (judged.folder / "outcomes.arrow").unlink()
    assert assess(judged, {"test": None}, "accuracy") == {"test": None, "slices": [], "ceiling": None}
