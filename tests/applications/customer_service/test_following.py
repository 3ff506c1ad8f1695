"""Pairs follow what is approved: what is taken back, corrected or withdrawn answers nobody any more."""

import json

import pytest
from django.test import Client

from annotations.models import Consensus
from applications.customer_service.models import Ground, Knowledge, LeftOut, Pair, Unknown
from applications.customer_service.services.indexing import embed_waiting, waiting_of
from applications.customer_service.services.joining import join_approved, look_again
from applications.customer_service.tasks import predict_answers
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project
from tasks_app.protecting.copies import Change, fix_copies
from tests.applications.customer_service.conftest import QA
from tests.applications.customer_service.test_service import approve, ask, url
from tests.factories import client_of, make_items, make_project

pytestmark = pytest.mark.django_db
MARKS = [
    {"turn": 0, "start": 0, "end": 12, "label": "question"},
    {"turn": 1, "start": 0, "end": 5, "label": "answer"},
]


def talk(project: Project, answer: str = "Blue.", number: int = 1) -> list[Item]:
    turns = [{"speaker": "customer", "text": "what colour?"}, {"speaker": "agent", "text": answer}]
    more = [{"turns": [*turns, {"speaker": "customer", "text": f"thanks {n}"}]} for n in range(number)]
    items = list(make_items(project, number, slots=0, payloads=more))
    for item in items:
        approve(item, "qa", MARKS)
    return items


def bring(project: Project) -> None:
    join_approved(project)
    embed_waiting(project)


def change(item: Item, **values: object) -> None:
    row = Consensus.objects.get(item=item, field="qa")
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def test_what_does_not_fit_is_counted_and_stops_nothing(project: Project) -> None:
    [one, two, three] = make_items(project, 3, slots=0)
    approve(one, "reply", "a" * 5_001)
    approve(two, "reply", "Blue.")
    approve(three, "reply", "")
    Item.objects.filter(pk=two.pk).update(payload={"text": "what colour?"})
    assert join_approved(project) == 1 and Pair.objects.get().answer == "Blue."
    assert LeftOut.objects.get().item == one
    api = client_of(project.owner)
    assert api.get(url(project, "pairs")).json()["left_out"] == 1
    page = Client()
    page.force_login(project.owner)
    html = page.get(f"/projects/{project.pk}/customer-service/pairs/").content.decode()
    assert "1 approved answer is not used" in html
    row = Consensus.objects.get(item=one)
    row.value = "Short."
    row.save()
    assert join_approved(project) == 1 and not LeftOut.objects.exists()


def test_a_mark_around_nothing_is_left_out(project: Project) -> None:
    turns = [{"speaker": "customer", "text": "what colour?"}, {"speaker": "agent", "text": "      "}]
    [item] = make_items(project, slots=0, payloads=[{"turns": turns}])
    approve(item, "qa", MARKS)
    assert join_approved(project) == 0 and LeftOut.objects.get().count == 1


def test_a_corrected_answer_takes_the_place_of_the_old_one(project: Project) -> None:
    [item] = talk(project, "Blue. Red.")
    bring(project)
    assert ask(project, "what colour?")["answer"] == "Blue."
    change(item, value=[MARKS[0], {**MARKS[1], "start": 6, "end": 10}], state="corrected")
    bring(project)
    assert ask(project, "what colour?")["answer"] == "Red."
    assert dict(Pair.objects.values_list("answer", "stands")) == {"Blue.": False, "Red.": True}


@pytest.mark.parametrize("state", ["review", "rejected", "open"])
def test_an_answer_that_is_taken_back_answers_nobody(project: Project, state: str) -> None:
    [item] = talk(project)
    bring(project)
    change(item, state=state)
    assert not ask(project, "what colour?")["known"], "not even before the worker has looked"
    join_approved(project)
    assert not Pair.objects.get().stands
    change(item, state="approved")
    join_approved(project)
    assert Pair.objects.get().stands and ask(project, "what colour?")["known"]


@pytest.mark.parametrize("how", [{"state": "withdrawn"}, {"restricted": True}, {"consent": False}])
def test_an_item_that_may_not_be_used_takes_its_pair_along(project: Project, how: dict[str, object]) -> None:
    [item] = talk(project)
    bring(project)
    Item.objects.filter(pk=item.pk).update(**how)
    assert not ask(project, "what colour?")["known"]
    assert look_again(project) == 1 and not Pair.objects.get().stands
    Item.objects.filter(pk=item.pk).update(state="waiting", restricted=False, consent=None)
    look_again(project)
    assert Pair.objects.get().stands


def test_the_worker_looks_again_without_being_told(project: Project) -> None:
    [item] = talk(project)
    bring(project)
    Item.objects.filter(pk=item.pk).update(state="withdrawn")
    Knowledge.objects.update(looked_at="2026-01-01T00:00:00Z")
    join_approved(project)
    assert not Pair.objects.get().stands


def test_what_two_conversations_say_stands_as_long_as_one_of_them(project: Project) -> None:
    one, two = talk(project, number=2)
    bring(project)
    pair = Pair.objects.get()
    assert pair.grounds.count() == 2
    change(pair.item, state="rejected")
    bring(project)
    other = two if pair.item == one else one
    pair.refresh_from_db()
    assert pair.stands and pair.item == other and ask(project, "what colour?")["known"]
    change(other, state="rejected")
    bring(project)
    assert not ask(project, "what colour?")["known"]


def test_a_pair_that_fell_is_approved_by_hand(project: Project) -> None:
    [item] = talk(project)
    bring(project)
    change(item, state="rejected")
    bring(project)
    api, pair = client_of(project.owner), Pair.objects.get()
    assert api.get(url(project, "pairs")).json()["results"][0]["stands"] is False
    assert api.patch(url(project, f"pairs/{pair.pk}"), {"is_on": True}, format="json").json()["stands"]
    assert ask(project, "what colour?")["known"]
    bring(project)
    look_again(project)
    assert Pair.objects.get().stands and Pair.objects.get().source == "hand"


def test_sending_a_pair_again_approves_it(project: Project) -> None:
    [item] = talk(project)
    bring(project)
    change(item, state="rejected")
    bring(project)
    body = {"pairs": [{"question": "what colour?", "answer": "Blue."}]}
    client_of(project.owner).post(url(project, "pairs"), body, format="json")
    assert ask(project, "what colour?")["answer"] == "Blue." and Pair.objects.count() == 1


def test_a_question_is_open_again_when_its_answer_is_taken_back(project: Project) -> None:
    [item] = make_items(project, slots=0, payloads=[{"text": "is there a warranty"}])
    asked = ask(project, "is there a warranty")["unknown"]
    Item.objects.filter(pk=item.pk).update(external_id=f"unknown-{asked}")
    approve(item, "reply", "Two years.")
    bring(project)
    assert Unknown.objects.get().state == "answered"
    Consensus.objects.get().delete()
    look_again(project)
    assert (Unknown.objects.get().state, Unknown.objects.get().pair) == ("task", None)


def test_replaced_personal_data_leaves_no_old_words(project: Project) -> None:
    [item] = talk(project, "Anna.")
    bring(project)
    fields = parse_fields(project.schema_versions.get().fields)
    payload = json.loads(json.dumps(item.payload).replace("Anna.", "[PERSON_1]"))
    assert fix_copies(Change(project.pk, item.pk, payload, fields, [], str))["answer_pairs"] > 0
    assert not Pair.objects.exists() and Knowledge.objects.get().seen_until is None


def test_links_say_which_answer_belongs_to_which_question(project: Project, owner: object) -> None:
    links = {
        "name": "links", "type": "relation", "title": "Links", "required": False, "from": "qa", "to": "qa",
        "from_labels": ["answer"], "to_labels": ["question"], "labels": ["answers"],
    }  # fmt: skip
    linked = make_project(owner=owner, fields=[QA, links], funds=0, template="customer-service")
    texts = ["why? how?", "So. Thus."]
    turns = [{"speaker": who, "text": text} for who, text in zip(("customer", "agent"), texts, strict=True)]
    [item] = make_items(linked, slots=0, payloads=[{"turns": turns}])
    places = [(0, 0, 4, "question"), (0, 5, 9, "question"), (1, 0, 3, "answer"), (1, 4, 9, "answer")]
    approve(item, "qa", [dict(zip(("turn", "start", "end", "label"), one, strict=True)) for one in places])
    join_approved(linked)
    assert set(Pair.objects.values_list("question", "answer")) == {("why?", "So."), ("how?", "Thus.")}
    crossed = [{"from": 2, "to": 1, "label": "answers"}, {"from": 3, "to": 0, "label": "answers"}]
    approve(item, "links", crossed)
    join_approved(linked)
    standing = Pair.objects.filter(stands=True)
    assert set(standing.values_list("question", "answer", "source")) == {
        ("how?", "So.", "links"), ("why?", "Thus.", "links"),
    }  # fmt: skip


def test_a_project_that_nobody_has_set_up_is_followed_too(project: Project) -> None:
    talk(project)
    assert not Knowledge.objects.exists()
    predict_answers()
    assert Pair.objects.get().encoder and Ground.objects.get().holds


def test_what_waits_is_looked_for_once(project: Project, django_assert_max_num_queries: object) -> None:
    body = {"pairs": [{"question": f"why {n}?", "answer": "So."} for n in range(300)]}
    client_of(project.owner).post(url(project, "pairs"), body, format="json")
    assert waiting_of(project) == 300
    with django_assert_max_num_queries(300 + 3 + 2):  # a write each, a read for each batch, one for all
        assert embed_waiting(project) == 300
    assert waiting_of(project) == 0


def test_the_list_goes_on_from_a_place_and_finds_whole_words(project: Project) -> None:
    body = {"pairs": [{"question": f"why {n}?", "answer": "Because."} for n in range(60)]}
    client_of(project.owner).post(url(project, "pairs"), body, format="json")
    page = Client()
    page.force_login(project.owner)
    home = f"/projects/{project.pk}/customer-service/pairs/"
    first = page.get(home).context["page"]
    second = page.get(f"{home}?before={first.before}").context["page"]
    assert (len(first.rows), len(second.rows), second.before) == (50, 10, "")
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}
    assert [row.question for row in page.get(f"{home}?q=WHY 7").context["page"].rows] == ["why 7?"]
    assert page.get(f"{home}?q=%3F&before=x").context["page"].rows == []
