"""From a question over REST to an approved answer, and from what is unknown to one that is known."""

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import Settings

from annotations.models import Consensus
from applications.customer_service.models import Conversation, Exchange, Pair, Unknown
from applications.customer_service.services.indexing import embed_waiting
from applications.customer_service.services.joining import join_approved
from applications.customer_service.services.unknown import note_unknown
from applications.customer_service.tasks import bring_up_to_date
from privacy.holders import Subject, Terms, all_holders
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.customer_service.conftest import embed
from tests.factories import client_of, make_items, make_user

pytestmark = pytest.mark.django_db


def url(project: Project, rest: str) -> str:
    return f"/api/v1/projects/{project.pk}/customer-service/{rest}"


def ask(project: Project, text: str, **more: object):
    body = {"text": text, **more}
    return client_of(project.owner).post(url(project, "ask"), body, format="json").json()


def approve(item: Item, field: str, value: object) -> None:
    Consensus.objects.create(
        project=item.project, item=item, field=field, value=value, confidence=1.0, state="approved"
    )


def test_from_a_question_to_a_cited_answer_and_the_stars(stocked: Project) -> None:
    told = ask(stocked, "where is my parcel")
    assert told["known"] and told["answer"] == "It is on the van." and told["unknown"] is None
    assert told["citations"][0]["question"] == "where is my parcel"
    again = ask(stocked, "what are your hours", conversation=told["conversation"])
    assert again["conversation"] == told["conversation"] and Exchange.objects.count() == 2
    api, place = client_of(stocked.owner), url(stocked, f"conversations/{told['conversation']}/end")
    assert api.post(place, {"rating": 9}, format="json").status_code == 422
    assert api.post(place, {"rating": 4}, format="json").json()["rating"] == 4
    assert api.post(place, {"rating": 5}, format="json").status_code == 409
    late = {"text": "hours", "conversation": told["conversation"]}
    assert api.post(url(stocked, "ask"), late, format="json").status_code == 409


def test_what_nobody_knows_becomes_a_task_and_its_approved_answer_joins(stocked: Project) -> None:
    told = ask(stocked, "is there a warranty")
    assert not told["known"] and told["answer"] is None and told["citations"] == []
    same = ask(stocked, "warranty please")
    assert same["unknown"] == told["unknown"] and Unknown.objects.get().asked == 2
    api = client_of(stocked.owner)
    for _twice in range(2):
        [row] = api.post(
            url(stocked, "unknown"), {"questions": [told["unknown"]]}, format="json"
        ).json()["results"]  # fmt: skip
    assert row["state"] == "making" and ImportJob.objects.count() == 1
    work.run(ImportJob.objects.get().pk)
    [row] = api.get(url(stocked, "unknown")).json()["results"]
    assert row["state"] == "task"
    item = Item.objects.get(external_id=row["item"])
    approve(item, "reply", "Two years.")
    bring_up_to_date(stocked.pk)
    assert ask(stocked, "is there a warranty")["answer"] == "Two years."
    assert Unknown.objects.get().state == "answered" and Unknown.objects.get().pair.item == item
    bring_up_to_date(stocked.pk)
    assert Pair.objects.filter(source="text").count() == 1


def test_approved_spans_become_a_pair_once_and_an_edited_one_does_not_come_back(project: Project) -> None:
    turns = [{"speaker": "customer", "text": "what colour?"}, {"speaker": "agent", "text": "Blue."}]
    [item] = make_items(project, slots=0, payloads=[{"turns": turns}])
    approve(item, "qa", [
        {"turn": 0, "start": 0, "end": 12, "label": "question"},
        {"turn": 1, "start": 0, "end": 5, "label": "answer"},
    ])  # fmt: skip
    assert (join_approved(project), join_approved(project)) == (1, 0) or Pair.objects.count() == 1
    pair = Pair.objects.get()
    assert (pair.question, pair.answer, pair.item) == ("what colour?", "Blue.", item)
    embed_waiting(project)
    place, api = url(project, f"pairs/{pair.pk}"), client_of(project.owner)
    assert api.patch(place, {"answer": "Red."}, format="json").json()["edited"] is True
    pair.refresh_from_db()
    assert pair.encoder == "" and pair.vector is None
    Pair.objects.filter(pk=pair.pk).update(edited=True)
    join_approved(project)
    embed_waiting(project)
    assert Pair.objects.count() == 1 and ask(project, "what colour?")["answer"] == "Red."
    api.patch(place, {"is_on": False}, format="json")
    assert ask(project, "what colour?")["known"] is False


def test_another_encoder_makes_the_vectors_again(stocked: Project, settings: Settings) -> None:
    settings.BASE_MODEL = "another"
    assert embed_waiting(stocked) == 3 and embed_waiting(stocked) == 0
    assert set(Pair.objects.values_list("encoder", flat=True)) == {"another"}


def test_pairs_come_by_hand_and_by_file_and_are_the_same_once(project: Project) -> None:
    api, place = client_of(project.owner), url(project, "pairs")
    body = {"pairs": [{"question": "Mail anna.kern@example.org?", "answer": "No."}] * 2}
    told = api.post(place, body, format="json")
    assert told.status_code == 201 and len(told.json()["added"]) == 1
    assert "anna.kern" not in json.dumps(list(Pair.objects.values("question", "words")))
    file = SimpleUploadedFile("p.csv", b"question,answer\nwhy?,so.\n")
    assert api.post(place, {"file": file}, format="multipart").status_code == 201
    assert {row["source"] for row in api.get(place).json()["results"]} == {"hand", "file"}
    assert api.post(place, {"pairs": [{"question": " ", "answer": "a"}]}, format="json").status_code == 422


def test_strangers_hear_that_there_is_nothing(stocked: Project) -> None:
    talk, pair = ask(stocked, "hours")["conversation"], Pair.objects.first()
    api = client_of(make_user())
    for place in ("pairs", "unknown"):
        assert api.get(url(stocked, place)).status_code == 404
    assert api.post(url(stocked, "ask"), {"text": "hours"}, format="json").status_code == 404
    assert api.patch(url(stocked, f"pairs/{pair.pk}"), {"is_on": False}, format="json").status_code == 404
    end = url(stocked, f"conversations/{talk}/end")
    assert api.post(end, {"rating": 1}, format="json").status_code == 404


def test_erasure_takes_pairs_and_chats(stocked: Project) -> None:
    [item] = make_items(stocked, slots=0, payloads=[{"text": "what colour?"}])
    approve(item, "reply", "Blue.")
    join_approved(stocked)
    ask(stocked, "hours")
    holder = next(one for one in all_holders() if one.name == "customer_service")
    subject = Subject(account=stocked.owner_id, items=frozenset({item.pk}))
    assert holder.residue(subject) == {"answer_pairs": 1, "conversations": 1}
    assert holder.restrict(subject, restricted=True) == {"answer_pairs": 1}
    holder.erase(subject, Terms(request=item.pk))
    assert holder.residue(subject) == {} and not Conversation.objects.exists()
    assert Pair.objects.count() == 3 and not Pair.objects.filter(created_by=stocked.owner).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_the_same_at_once_one_question_is_kept(stocked: Project) -> None:
    both = threading.Barrier(2)

    def customer() -> None:
        both.wait()
        [vector] = embed(["warranty"])
        note_unknown(project=stocked, text="warranty", vector=vector)
        connection.close()

    threads = [threading.Thread(target=customer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Unknown.objects.get().asked == 2


def test_the_pages(stocked: Project) -> None:
    client = Client()
    client.force_login(stocked.owner)
    home = f"/projects/{stocked.pk}/customer-service/"
    assert "Ask" in client.get(home).content.decode()
    html = client.post(home, {"text": "is there a warranty"}, HTTP_HX_REQUEST="true").content.decode()
    assert "I do not know that." in html
    talk = Conversation.objects.get()
    html = client.post(
        home, {"text": "what are your hours", "conversation": talk.pk}, HTTP_HX_REQUEST="true"
    ).content.decode()
    assert "From nine to five." in html and "Rests on" in html
    client.post(f"{home}conversations/{talk.pk}/end/", {"rating": "5"})
    assert Conversation.objects.get().rating == 5
    assert "is there a warranty" in client.get(f"{home}unknown/").content.decode()
    question = Unknown.objects.get().pk
    client.post(f"{home}unknown/", {"question": question, "answer": "Two years."})
    assert Pair.objects.get(source="unknown").answer == "Two years."
    file = SimpleUploadedFile("p.csv", b"question,answer\nwhy?,so.\n")
    client.post(f"{home}pairs/", {"file": file})
    client.post(f"{home}pairs/", {"question": "who?", "answer": "me."})
    assert "who?" in client.get(f"{home}pairs/?q=who").content.decode()
    pair = Pair.objects.get(source="file")
    assert client.get(f"{home}pairs/{pair.pk}/").status_code == 200
    client.post(f"{home}pairs/{pair.pk}/", {"question": "why?", "answer": "because.", "is_on": "on"})
    assert Pair.objects.get(pk=pair.pk).answer == "because."
    assert client.post(home, {"text": ""}, HTTP_HX_REQUEST="true").status_code == 422


@pytest.mark.parametrize("end", ["", "pairs/", "pairs/{pair}/", "unknown/"])
def test_no_page_is_there_for_a_stranger(stocked: Project, end: str) -> None:
    client = Client()
    client.force_login(make_user())
    place = end.format(pair=Pair.objects.first().pk)
    assert client.get(f"/projects/{stocked.pk}/customer-service/{place}").status_code == 404


def test_a_page_says_what_is_not_set_up(project: Project) -> None:
    client = Client()
    client.force_login(project.owner)
    home = f"/projects/{project.pk}/customer-service/"
    html = client.get(home).content.decode()
    assert "No model of the intent is in production yet" in html and "Nothing is known yet" in html
    assert "No pairs" in client.get(f"{home}pairs/").content.decode()
    assert "has no text field" not in client.get(f"{home}unknown/").content.decode()
