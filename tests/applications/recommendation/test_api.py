"""What the owner of a project does by REST."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.recommendation import learning, measuring
from applications.recommendation.models import CatalogueItem, Interaction, Mixture, Person
from tests.applications.recommendation.conftest import Library, book, used
from tests.factories import client_of, make_user
from training.models import Feedback, FeedbackCase, Prediction

pytestmark = pytest.mark.django_db


def test_from_the_catalogue_to_a_list_and_back_into_the_loop(matched: Library) -> None:
    """The whole way: items and interactions, weights, a list with reasons, a complaint, tasks, figures."""
    learned = matched.ask("mixture", {})
    assert (learned.status_code, learned.json()["state"]) == (202, "queued")
    learning.execute(matched.project.pk)
    mixture = matched.client.get(f"{matched.path}mixture").json()
    assert mixture["state"] == "done", mixture["reason"]
    assert mixture["choices"] >= learning.LEAST_CHOICES and min(mixture["weights"].values()) >= 0

    answer = matched.ask("recommend", {"person": "reader-1", "count": 5}).json()
    assert len(answer["results"]) == 5 and answer["version"] == 1 and answer["profile"]
    touched = Interaction.objects.filter(item__external_id__in=[x["item"] for x in answer["results"]])
    first = answer["results"][0]
    assert sum(first["shares"].values()) == pytest.approx(1, abs=0.01)
    assert 0 <= first["match"] <= 1 and first["because"][0]["title"]
    assert Prediction.objects.filter(pk=first["prediction"], value__in=["yes", "no"]).exists()
    assert Prediction.objects.count() == 5 and touched.exists()

    wrong = {"person": "reader-1", "item": first["item"], "prediction": first["prediction"]}
    assert matched.ask("dismissals", wrong).status_code == 204
    assert matched.ask("dismissals", wrong).status_code == 204  # said twice
    assert Feedback.objects.get().correction == "no" and FeedbackCase.objects.count() == 1
    assert Interaction.objects.filter(kind="dismissed").count() == 1
    assert first["item"] not in matched.names(person="reader-1", count=50)

    asked = matched.ask("tasks", {"count": 7})
    assert (asked.status_code, asked.json()["pairs"]) == (202, 7)

    figures = {one.key: one for one in measuring.measure(matched.project)}
    assert {"match_accuracy", "ndcg_10", "hit_10", "untouched_hit_10"} <= figures.keys()
    assert figures["ndcg_10"].count == 40 and figures["ndcg_10"].baseline_name
    told = matched.client.get(f"{matched.path}figures").json()
    assert told["mixture"]["learned_at"]


def test_what_was_sent_before_changes_nothing(library: Library) -> None:
    items = [book(number) for number in range(4)]
    assert library.push(items=items)["created"] == 4
    assert library.push(items=items) == {"created": 0, "updated": 0, "unchanged": 4, "errors": []}
    rows = [used("reader-1", 1, 3), used("reader-1", 2, 2), used("reader-1", 1, 3)]
    assert library.push(interactions=rows)["created"] == 2
    before = list(CatalogueItem.objects.order_by("pk").values_list("popularity", flat=True))
    assert library.push(interactions=rows)["created"] == 0
    assert list(CatalogueItem.objects.order_by("pk").values_list("popularity", flat=True)) == before


def test_a_key_repeats_the_answer(library: Library) -> None:
    body = {"items": [book(1)]}
    first = library.ask("items", body, HTTP_IDEMPOTENCY_KEY="monday")
    again = library.ask("items", body, HTTP_IDEMPOTENCY_KEY="monday")
    assert first.json() == again.json() and first.json()["created"] == 1


def test_a_bad_line_is_named_and_left_out_alone(library: Library) -> None:
    lines = [book(1), {"id": "x"}, 7, book(2, published_at="soon"), book(3, active="maybe"), book(4, id="")]
    told = library.push(items=lines)
    assert told["created"] == 1 and [error["line"] for error in told["errors"]] == [2, 3, 4, 5, 6]
    rows = [
        used("r", 1, 1), used("r", 99, 1), used("r", 1, 1, kind="bought"), used("", 1, 1),
        {"person": "r", "item": "b-1"}, used("r", 1, -400),
    ]  # fmt: skip
    told = library.push(interactions=rows)
    assert told["created"] == 1 and [error["line"] for error in told["errors"]] == [2, 3, 4, 5, 6]


def test_a_new_text_gets_a_new_vector_and_a_new_date_does_not(stocked: Library) -> None:
    before = CatalogueItem.objects.get(external_id="b-3")
    stocked.ask("items", {"items": [book(3, published_at="2026-01-01"), book(4, title="other parcel")]})
    after = CatalogueItem.objects.get(external_id="b-3")
    assert list(after.vector) == list(before.vector) and after.published_at != before.published_at
    assert CatalogueItem.objects.get(external_id="b-4").vector is None


def test_what_is_off_or_was_used_is_not_recommended(stocked: Library) -> None:
    stocked.push(items=[book(5, active=False)])
    mine = {row.item.external_id for row in Interaction.objects.select_related("item")
            if row.person_id == Person.objects.get(pk=row.person_id).pk}  # fmt: skip
    names = stocked.names(history=["b-0", "b-3"], count=50)
    assert "b-5" not in names and not {"b-0", "b-3"} & set(names) and mine


def test_somebody_nobody_knows_gets_what_is_popular(stocked: Library) -> None:
    answer = stocked.ask("recommend", {"person": "nobody-yet", "count": 3}).json()
    assert answer["why_no_profile"] == "nobody" and answer["weights"]["match"] == 0
    assert not any(line["because"] for line in answer["results"])
    assert not Person.objects.filter(interactions=None).exists()  # asking stores nobody
    popular = CatalogueItem.objects.order_by("-popularity").values_list("external_id", flat=True)[:12]
    assert answer["results"][0]["item"] in popular


def test_words_alone_are_enough(matched: Library) -> None:
    answer = matched.ask("recommend", {"interests": "where is the parcel", "count": 4}).json()
    assert len(answer["results"]) == 4 and answer["profile"] and answer["results"][0]["prediction"]
    assert Prediction.objects.first().payload["pair"][0] == "where is the parcel"


def test_without_a_model_the_rest_is_mixed(stocked: Library) -> None:
    answer = stocked.ask("recommend", {"person": "reader-1", "count": 3}).json()
    assert answer["version"] is None and len(answer["results"]) == 3
    assert {line["match"] for line in answer["results"]} == {None}
    assert stocked.ask("tasks", {"count": 3}).json()["code"] == "no_version"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"person": "a", "interests": "tea and bread"}, {"history": ["b-404"]}, {"interests": "a"},
        {"person": "a", "count": 0}, {"person": "a", "count": 51}, {"history": []},
    ],
)  # fmt: skip
def test_questions_that_cannot_be_answered(library: Library, body: dict[str, object]) -> None:
    assert library.ask("recommend", body).status_code in {400, 422}


@pytest.mark.parametrize("name", ["items", "interactions", "recommend", "dismissals", "mixture", "tasks"])
def test_strangers_find_nothing(library: Library, name: str) -> None:
    stranger = client_of(make_user("stranger"))
    assert library.ask(name, {"items": []}, client=stranger).status_code == 404
    assert stranger.get(f"{library.path}figures").status_code == 404
    assert library.ask(name, {}, client=client_of(None)).status_code == 401


def test_another_projects_rows_are_not_there(stocked: Library) -> None:
    other = Library(stocked.owner)
    told = other.push(interactions=[used("reader-1", 1, 1)])
    assert told["created"] == 0 and told["errors"]
    assert other.names(person="reader-1") == []
    item = {"item": "b-1"}
    assert other.ask("dismissals", item).status_code == 404


def test_a_list_takes_few_statements(matched: Library) -> None:
    matched.names(person="reader-1")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        matched.names(person="reader-1")
    assert len(seen) <= 45, [query["sql"][:90] for query in seen]


def test_too_little_to_learn_from_is_said(library: Library) -> None:
    library.push(items=[book(1), book(2)], interactions=[used("r", 1, 1)])
    library.ask("mixture", {})
    learning.execute(library.project.pk)
    row = Mixture.objects.get()
    assert row.state == "failed" and "20" in row.reason
    assert library.ask("mixture", {}).json()["state"] == "queued"  # and can be asked for again


def test_diversity_is_set(library: Library) -> None:
    assert (
        library.client.put(f"{library.path}mixture", {"diversity": 0.4}, format="json").json()["diversity"]
        == 0.4
    )
    assert library.client.put(f"{library.path}mixture", {"diversity": 3}, format="json").status_code == 422


def test_an_item_without_a_date_does_not_grow_young_when_it_is_sent_again(library: Library) -> None:
    undated = {"id": "b-undated", "title": "A book without a date"}
    assert library.ask("items", {"items": [undated]}).json()["created"] == 1
    before = CatalogueItem.objects.get(external_id="b-undated").published_at
    again = library.ask("items", {"items": [undated]}).json()
    assert (again["updated"], again["unchanged"]) == (0, 1)
    assert CatalogueItem.objects.get(external_id="b-undated").published_at == before
