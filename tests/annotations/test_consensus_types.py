"""The whole way from answers to a settled consensus, for scales, orders, texts and links."""

from random import Random
from statistics import median
from typing import Any

import pytest

from accounts.models import User
from annotations import consensus
from annotations.models import Answer, Consensus, WorkerSkill
from annotations.services.fitting import refit_project
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from tasks_app.selectors import current_fields
from tests.annotations.crowd import answer, make_reviewer
from tests.factories import SPAN, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
SCALE = {"name": "mood", "type": "scale", "title": "Mood", "min": 1, "max": 7}
RANK = {"name": "order", "type": "rank", "title": "Order"}
TEXT = {"name": "reply", "type": "text", "title": "Reply"}
LINKS = {
    "name": "links",
    "type": "relation",
    "title": "Links",
    "from": "qa",
    "labels": ["answers"],
    "required": True,
}
CHAT = {
    "turns": [{"speaker": "a", "text": "Where is it?"}, {"speaker": "b", "text": "It is on its way now."}]
}
RANKED = {"turns": CHAT["turns"], "candidates": [{"id": key, "text": f"Reply {key}"} for key in "abcd"]}
QUESTION = {"turn": 0, "start": 0, "end": 12, "label": "question"}


def rating(random: Random, truth: int, kind: str) -> dict[str, Any]:
    said = {
        "good": truth + random.choice((0, 0, 0, -1, 1)),
        "high": truth + 2,
        "guess": random.randint(1, 7),
    }[kind]
    return {"mood": min(7, max(1, said))}


def ranking(random: Random, truth: list[str], kind: str) -> dict[str, Any]:
    order = list(truth)
    if kind == "good" and random.random() < 0.4:
        at = random.randrange(3)
        order[at], order[at + 1] = order[at + 1], order[at]
    return {
        "order": random.sample("abcd", 4) if kind == "guess" else sorted("abcd") if kind == "high" else order
    }


def people(*kinds: str) -> dict[User, str]:
    return {make_user(kind): kind for kind in kinds}


def field_of(project: Project) -> Field:
    return current_fields(project)[-1]


def value_of(item: Item, field: str) -> Any:
    return Consensus.objects.get(item=item, field=field).value


def test_a_scale_is_read_through_the_habits_of_people() -> None:
    """Two guess, one always says two more: their median is wrong most of the time, the consensus is not."""
    project = make_project(fields=[SCALE], overlap_min=5, overlap_max=5)
    crowd, random = people("good", "good", "high", "guess", "guess"), Random(3)  # noqa: S311
    items = make_items(project, 40)
    truth = {item: random.randint(1, 5) for item in items}
    said: dict[Item, list[int]] = {item: [] for item in items}
    for item in items:
        for person, kind in crowd.items():
            value = rating(random, truth[item], kind)
            said[item].append(value["mood"])
            answer(item, person, value)
    refit_project(project.pk)
    ours = sum(abs(value_of(item, "mood") - truth[item]) for item in items)
    assert ours < 0.9 * sum(abs(median(said[item]) - truth[item]) for item in items)
    skill = {crowd[row.worker]: row.accuracy for row in WorkerSkill.objects.select_related("worker")}
    assert skill["good"] > 0.85 > skill["guess"] + 0.1
    row = Consensus.objects.filter(item=items[0]).get()
    assert sum(row.posterior["item"].values()) == pytest.approx(1, abs=0.01)
    assert row.confidence == pytest.approx(row.posterior["item"][str(row.value)], abs=0.001)


def test_an_order_is_decided_by_those_who_see() -> None:
    project = make_project(fields=[RANK], overlap_min=4, overlap_max=4)
    crowd, random = people("good", "good", "guess", "high"), Random(4)  # noqa: S311
    items = make_items(project, 30, payloads=[RANKED] * 30)
    truth = {item: random.sample("abcd", 4) for item in items}
    field, voted = field_of(project), 0.0
    for item in items:
        orders = [ranking(random, truth[item], kind) for kind in crowd.values()]
        for person, value in zip(crowd, orders, strict=True):
            answer(item, person, value)
        borda = sorted("abcd", key=lambda one, all_=orders: (sum(o["order"].index(one) for o in all_), one))
        voted += field.distance(borda, truth[item], RANKED)
    refit_project(project.pk)
    assert sum(field.distance(value_of(item, "order"), truth[item], RANKED) for item in items) < 0.7 * voted
    assert set(Consensus.objects.filter(item=items[0]).get().posterior) == {
        "0:1", "0:2", "0:3", "1:2", "1:3", "2:3"
    }  # fmt: skip


@pytest.mark.parametrize(("field", "payload", "say"), [(SCALE, CHAT, rating), (RANK, RANKED, ranking)])
def test_between_fits_an_item_is_decided_with_the_known_habits(field: Any, payload: Any, say: Any) -> None:
    project = make_project(fields=[field], overlap_min=3, overlap_max=3)
    crowd, random = people("good", "good", "guess"), Random(5)  # noqa: S311
    items = make_items(project, 25, payloads=[payload] * 25)
    truths = [random.randint(1, 7) if field is SCALE else random.sample("abcd", 4) for _ in items]
    for item, truth in list(zip(items, truths, strict=True))[:-1]:
        for person, kind in crowd.items():
            answer(item, person, say(random, truth, kind))
    refit_project(project.pk)
    good, other = [person for person, kind in crowd.items() if kind == "good"], make_user("new")
    true = {"mood": 6} if field is SCALE else {"order": list("dbca")}
    false = {"mood": 1} if field is SCALE else {"order": list("acbd")}
    for person, value in ((good[0], true), (good[1], true), (other, false)):
        answer(items[-1], person, value)
    consensus.aggregate_item(items[-1].pk)
    row = Consensus.objects.get(item=items[-1])
    assert row.value == next(iter(true.values())) and 0.2 < row.confidence <= 1


@pytest.mark.parametrize(
    ("field", "payload", "value"),
    [
        (SCALE, CHAT, {"mood": 6}),
        (RANK, RANKED, {"order": list("cadb")}),
        (TEXT, CHAT, {"reply": "It is on its way."}),
    ],
)
def test_what_all_say_alike_settles_and_a_contradiction_asks_one_more(
    field: Any, payload: Any, value: Any
) -> None:
    project = make_project(fields=[field], overlap_min=3, overlap_max=4, confidence=0.6)
    alike, contrary = make_items(project, 2, payloads=[payload] * 2)
    for _ in range(3):
        answer(alike, make_user(), value)
    name = field["name"]
    others = {
        "mood": [1, 4, 7],
        "order": [list("abcd"), list("dcba"), list("bdac")],
        "reply": ["No.", "Why so?", "In May"],
    }
    for other in others[name]:
        answer(contrary, make_user(), {name: other})
    for item in (alike, contrary):
        consensus.aggregate_item(item.pk)
    assert Consensus.objects.get(item=alike).state == "approved" and value_of(alike, name) == value[name]
    row = Consensus.objects.get(item=contrary)
    assert row.state == "open" and Item.objects.get(pk=contrary.pk).slots == 4
    answer(contrary, make_user(), {name: others[name][0]})
    consensus.aggregate_item(contrary.pk)
    row.refresh_from_db()
    assert (row.state, row.cause) == ("review", "doubt")


def linked(start: int, end: int) -> dict[str, Any]:
    spans = [QUESTION, {"turn": 1, "start": start, "end": end, "label": "answer"}]
    return {"qa": spans, "links": [{"from": 1, "to": 0, "label": "answers"}]}


def test_links_follow_the_spans_that_were_agreed_on() -> None:
    """Everybody marks other ends, one marks the answer only; the stored indexes fit the stored spans."""
    project = make_project(fields=[SPAN, LINKS], overlap_min=4, overlap_max=4, confidence=0.3)
    item = make_items(project, payloads=[CHAT])[0]
    for value in (linked(0, 21), linked(3, 17), linked(0, 17)):
        answer(item, make_user(), value)
    alone = {"turn": 1, "start": 0, "end": 17, "label": "answer"}
    with_two = {"qa": [QUESTION, alone], "links": [{"from": 1, "to": 0, "label": "answers"}]}
    answer(item, make_user(), with_two)
    consensus.aggregate_item(item.pk)
    spans, links = value_of(item, "qa"), value_of(item, "links")
    assert [span["label"] for span in spans] == ["question", "answer"]
    assert links == [{"from": 1, "to": 0, "label": "answers"}]
    assert field_of(project).check(links, CHAT, "/links") == links


@pytest.mark.parametrize(
    ("field", "payload", "gold", "given", "score"),
    [
        (SCALE, CHAT, {"mood": 4}, {"mood": 5}, 5 / 6),
        (RANK, RANKED, {"order": list("abcd")}, {"order": list("bacd")}, 5 / 6),
        (TEXT, CHAT, {"reply": "It is here"}, {"reply": "it is here!"}, 1.0),
    ],
)
def test_gold_scores_how_near_an_answer_is(
    field: Any, payload: Any, gold: Any, given: Any, score: float
) -> None:
    project = make_project(fields=[field])
    item = make_items(project, payloads=[payload], gold=gold)[0]
    said = answer(item, make_user(), given)
    consensus.aggregate_item(item.pk)
    assert Answer.objects.get(pk=said.pk).gold_scores == {field["name"]: pytest.approx(score)}


@pytest.mark.parametrize(
    ("fields", "payload", "values", "words"),
    [
        ([SCALE], CHAT, [{"mood": 2}, {"mood": 6}, {"mood": 4}], ["The whole item"]),
        ([RANK], RANKED, [{"order": list(one)} for one in ("abcd", "dcba", "badc")], ["Better of a and b"]),
        ([TEXT], CHAT, [{"reply": "one"}, {"reply": "two"}, {"reply": "three"}], ["two", "33"]),
        ([SPAN, LINKS], CHAT, [linked(0, 21), linked(0, 21), linked(0, 21) | {"links": []}], ["Where is it"]),
    ],
)  # fmt: skip
def test_the_reviewer_sees_where_it_is_unsure(
    client: Any, fields: Any, payload: Any, values: Any, words: Any
) -> None:
    project = make_project(
        fields=[dict(f, required=False) for f in fields], overlap_min=3, overlap_max=3, confidence=0.999
    )
    item = make_items(project, payloads=[payload])[0]
    for value in values:
        answer(item, make_user(), value)
    consensus.aggregate_item(item.pk)
    Consensus.objects.filter(item=item).exclude(field=fields[-1]["name"]).update(state="approved")
    client.force_login(make_reviewer(project))
    page = client.get(f"/projects/{project.pk}/review/").content.decode()
    assert "Where it is unsure" in page
    assert all(word in page.partition("Where it is unsure")[2] for word in words)
