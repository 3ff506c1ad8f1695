"""Money kept on the table by stopping in time, and what other settings would have kept."""

from typing import Any

import pytest

from annotations.models import OverlapStudy
from annotations.services.fitting import refit_project
from tasks_app.models import Item, Project
from tests.annotations.crowd import answer, decide
from tests.factories import client_of, make_items, make_project, make_user


@pytest.fixture
def settled(db: None) -> Project:
    """14 items that three agree on, one that took five: 47 answers where 75 would have been the most."""
    project = make_project(overlap_min=3, overlap_max=5, confidence=0.8)
    people = [make_user() for _ in range(5)]
    for item in make_items(project, 14):
        for person in people[:3]:
            answer(item, person, "refund")
    disputed = make_items(project, slots=5)[0]
    for person, label in zip(people, ["refund", "other", "refund", "refund", "refund"], strict=True):
        answer(disputed, person, label)
    refit_project(project.pk)
    assert set(Item.objects.values_list("state", flat=True)) == {"closed"}
    return project


def savings(project: Project) -> Any:
    return client_of(project.owner).get(f"/api/v1/projects/{project.pk}/quality").json()["savings"]


def test_what_stopping_saved_is_counted_against_the_largest_overlap(settled: Project) -> None:
    found = savings(settled)
    assert (found["settled"], found["answers"], found["saved"]) == (15, 47, 75 - 47)
    assert found["saved_money"] == {"amount_minor": 280, "currency": "USD"} and found["confidence"] == 0.8


def test_gold_and_open_items_do_not_count(settled: Project) -> None:
    gold = make_items(settled, slots=1, gold={"intent": "refund"})[0]
    answer(gold, make_user(), "refund")
    answer(make_items(settled)[0], make_user(), "refund")
    Item.objects.filter(pk=gold.pk).update(state="closed")
    assert savings(settled)["answers"] == 47


def test_other_settings_are_replayed_in_the_order_the_answers_came(settled: Project) -> None:
    found = savings(settled)
    assert found["sample"] == 15
    rows = {(row["confidence"], row["least"]): row for row in found["simulated"]}
    always_one, always_five = rows[None, 1], rows[None, 5]
    assert (always_one["answers"], always_one["saved"]) == (15, 60)
    assert always_one["same"] == 1.0 and always_one["short"] == 0.0
    assert always_five["answers"] == 47 and always_five["short"] == pytest.approx(14 / 15, abs=1e-3)
    strict, loose = rows[0.98, 1], rows[0.7, 1]
    assert loose["answers"] <= strict["answers"] and loose["expected"] <= strict["expected"]
    assert rows[0.8, 3]["answers"] >= 45


def test_the_page_says_it_in_a_sentence(settled: Project, client: Any) -> None:
    client.force_login(settled.owner)
    page = client.get(f"/projects/{settled.pk}/quality/").content.decode()
    assert "28 answers and $2.80 saved at 0.8" in " ".join(page.replace("\xa0", " ").split())
    assert "always 5 answers" in page and "Ran out" in page


def test_a_study_is_made_anew_only_when_answers_have_grown(settled: Project) -> None:
    before = OverlapStudy.objects.get().made_at
    decide(make_items(settled)[0], "refund", "refund", "refund")
    refit_project(settled.pk)
    assert OverlapStudy.objects.get().made_at == before
    for item in make_items(settled, 3):
        decide(item, "refund", "refund", "refund")
    refit_project(settled.pk)
    assert OverlapStudy.objects.get().made_at > before


def test_an_empty_project_has_saved_nothing(db: None) -> None:
    found = savings(make_project())
    assert (found["settled"], found["saved"], found["simulated"], found["suggested"]) == (0, 0, [], None)
