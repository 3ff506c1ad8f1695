"""How the answers to a field are weighed: by what gold shows, by default, or as the owner says."""

from random import Random
from typing import Any

import pytest

from annotations.aggregation.choosing import LEAST_GOLD, choose_method
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.models import Consensus, FieldFit, WorkerSkill
from annotations.services.fitting import refit_project
from common.models import AuditEvent
from tasks_app.models import Project
from tests.annotations.crowd import answer, decide
from tests.factories import SPAN, TEXT, client_of, make_items, make_project, make_user


def crowd(gold: int, *, always_wrong: int = 0) -> list[Judgment]:
    """Three careful people and a crowd that is `always_wrong` together, on 60 units."""
    dice = Random(3)  # noqa: S311 - a simulation
    judgments = []
    for number in range(60):
        unit, true = f"u{number:02d}", "ab"[number % 2]
        for person in range(3):
            said = true if dice.random() < 0.9 else "ba"[number % 2]
            judgments.append(Judgment(f"w{person}", unit, said))
        judgments += [Judgment(f"x{person}", unit, "ba"[number % 2]) for person in range(always_wrong)]
        if number < gold:
            judgments.append(Judgment(KNOWN, unit, true))
    return judgments


def test_with_little_gold_the_default_weighs() -> None:
    choice = choose_method(crowd(LEAST_GOLD - 1))
    assert (choice.method, choice.by_gold, choice.gold) == ("hierarchical", False, LEAST_GOLD - 1)


def test_with_enough_gold_every_method_is_measured_and_the_default_stays_unless_clearly_beaten() -> None:
    choice = choose_method(crowd(40))
    assert choice.by_gold and choice.method == "hierarchical"
    assert set(choice.scores) == {
        "hierarchical", "majority", "dawid-skene", "one-coin", "glad", "mace", "wawa"
    }  # fmt: skip
    assert all(0.7 < score.accuracy <= 1 for score in choice.scores.values())


def test_gold_is_held_out_while_it_is_predicted() -> None:
    """Four in seven are always wrong together: shown the truth, a model sees through them, a vote cannot."""
    scores = choose_method(crowd(40, always_wrong=4), ["hierarchical", "majority"]).scores
    assert scores["majority"].accuracy == 0.0
    assert scores["hierarchical"].accuracy > 0.9


def test_the_method_that_is_clearly_better_on_gold_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.aggregation.choosing.DEFAULT", "majority")
    assert choose_method(crowd(40, always_wrong=4)).method != "majority"


# -- in a project --------------------------------------------------------------------------------------------


def put(project: Project, method: Any, *, field: str = "intent", user: Any = None) -> Any:
    url = f"/api/v1/projects/{project.pk}/methods/{field}"
    return client_of(user or project.owner).put(url, {"method": method}, format="json")


def weighing(project: Project) -> Any:
    body = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/quality").json()
    return body["fields"][0]["weighing"]


@pytest.fixture
def answered(db: None) -> Project:
    project = make_project(confidence=0.99, overlap_max=3)
    decide(make_items(project)[0], "refund", "refund", "delivery")
    refit_project(project.pk)
    return project


def test_a_fit_says_how_it_weighed_and_why(answered: Project) -> None:
    found = weighing(answered)
    assert found["method"] == "hierarchical" and found["why"] == "default" and found["gold"] == 0


def test_gold_of_a_project_chooses_its_method(db: None) -> None:
    project = make_project()
    people = [make_user() for _ in range(3)]
    for number in range(LEAST_GOLD):
        gold = make_items(project, slots=3, gold={"intent": ["refund", "delivery"][number % 2]})[0]
        for person in people:
            answer(gold, person, ["refund", "delivery"][number % 2])
    refit_project(project.pk)
    found = weighing(project)
    assert (found["why"], found["gold"]) == ("gold", LEAST_GOLD)
    assert {row["method"] for row in found["figures"]} >= {"hierarchical", "majority", "glad", "mace"}


def test_the_owner_may_fix_a_method_and_let_go_again(answered: Project) -> None:
    assert put(answered, "majority").status_code == 204
    refit_project(answered.pk)
    assert (weighing(answered)["method"], weighing(answered)["why"]) == ("majority", "owner")
    row = Consensus.objects.get()
    assert row.confidence == pytest.approx(2 / 3) and row.posterior["item"]["refund"] == 0.6667
    assert AuditEvent.objects.filter(action="consensus.method_fixed").count() == 1
    assert put(answered, "").status_code == 204
    refit_project(answered.pk)
    assert (weighing(answered)["method"], weighing(answered)["why"]) == ("hierarchical", "default")


def test_between_fits_the_fixed_method_weighs_as_well(answered: Project) -> None:
    put(answered, "majority")
    refit_project(answered.pk)
    item = make_items(answered)[0]
    decide(item, "refund", "other", "other")
    assert Consensus.objects.get(item=item).confidence == pytest.approx(2 / 3)


def test_what_cannot_be_fixed_is_refused(answered: Project) -> None:
    assert put(answered, "magic").status_code == 422
    assert put(answered, "wawa", field="nothing").status_code == 404
    fresh = make_project(fields=[TEXT, SPAN])
    assert put(fresh, "wawa", field="reply").status_code == 422
    assert put(make_project(), "wawa").status_code == 409
    assert not FieldFit.objects.exclude(fixed_method="").exists()


def test_a_stranger_learns_nothing_of_it(answered: Project) -> None:
    assert put(answered, "majority", user=make_user("stranger")).status_code == 404


def test_the_page_shows_and_sets_it(answered: Project, client: Any) -> None:
    client.force_login(answered.owner)
    page = client.get(f"/projects/{answered.pk}/quality/").content.decode()
    assert "People in three levels" in page and "weakest" in page
    url = f"/projects/{answered.pk}/quality/intent/method/"
    assert client.post(url, {"method": "wawa"}).status_code == 302
    assert FieldFit.objects.get().fixed_method == "wawa"
    client.force_login(make_user("stranger"))
    assert client.post(url, {"method": "majority"}).status_code == 404


def test_skills_come_with_their_certainty(answered: Project) -> None:
    body = client_of(answered.owner).get(f"/api/v1/projects/{answered.pk}/quality").json()
    for worker in body["workers"]:
        assert worker["low"] < worker["skill"] < worker["high"]
        assert {label["label"] for label in worker["labels"]} == {"refund", "delivery"}
        assert all(label["low"] < label["share"] < label["high"] for label in worker["labels"])
    person = WorkerSkill.objects.first()
    assert person is not None
    mine = client_of(person.worker).get("/api/v1/me/skills").json()["results"][0]
    assert mine["low"] < mine["accuracy"] < mine["high"] and mine["labels"]
