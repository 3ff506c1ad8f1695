"""A customer whom a program asks for: nameless in the database, and found by the name they prove."""

import hashlib

import pytest

from applications.customer_service.customers import customer_id
from applications.customer_service.models import Conversation, Exchange, Knowledge, Pair, Unknown
from applications.customer_service.services.chat import end_conversation
from applications.customer_service.services.joining import join_approved
from privacy.holders import Subject, Terms, all_holders
from privacy.models import DataSubject
from privacy.services import subjects
from tasks_app.models import Item, Project
from tests.applications.customer_service.test_following import talk
from tests.applications.customer_service.test_service import ask
from tests.factories import make_items

pytestmark = pytest.mark.django_db
NAME = "customer 4711"


def holder():
    return next(one for one in all_holders() if one.name == "customer_service")


def subject_of(project: Project, name: str = NAME) -> Subject:
    """As a request that proves the name makes it."""
    found = {match.subject.pk for match in subjects.find_subjects(values=[name])}
    assert found == {customer_id(project.pk, name)}
    return Subject(subjects=frozenset(found))


def erase(subject: Subject) -> dict[str, int]:
    done = holder().erase(subject, Terms(request=Pair.objects.model().pk))
    assert holder().residue(subject) == {}
    return done


def test_the_name_is_kept_as_a_keyed_digest(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    row = Conversation.objects.get()
    plain = hashlib.sha256(NAME.encode()).hexdigest()
    assert row.subject == customer_id(stocked.pk, NAME) and row.subject.hex not in plain
    assert DataSubject.objects.filter(pk=row.subject, kind="subject", ref_digest__isnull=False).exists()
    assert row.subject != customer_id(Knowledge.objects.get().pk, "customer 4712")


def test_access_and_erasure_by_the_name_reach_the_chat(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "hours", end_user="somebody else")
    subject = subject_of(stocked)
    held = {one.name: list(one.rows) for one in holder().holdings(subject)}
    assert [row["text"] for row in held["chats"]] == ["is there a warranty"]
    assert holder().residue(subject) == {"conversations": 1}
    assert erase(subject)["unknown_questions"] == 1
    assert Exchange.objects.get().text == "hours" and not Unknown.objects.exists()


def test_whoever_asks_for_others_does_not_get_what_these_asked(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    held = {one.name: list(one.rows) for one in holder().holdings(Subject(account=stocked.owner_id))}
    assert held["chats"] == []


def test_a_question_that_others_asked_too_stays_in_their_words(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "warranty please", end_user="somebody else")
    assert Unknown.objects.get().asked == 2
    erase(subject_of(stocked))
    row = Unknown.objects.get()
    assert (row.text, row.asked) == ("warranty please", 1)
    assert row.encoder == "" and not any(row.vector)  # it was of the first one's words


def test_a_task_made_of_a_question_is_erased_with_whoever_asked_first(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "warranty please", end_user="somebody else")
    row = Unknown.objects.get()
    [item] = make_items(stocked, slots=0, payloads=[{"turns": [{"speaker": "customer", "text": row.text}]}])
    Item.objects.filter(pk=item.pk).update(external_id=row.external_id)
    Unknown.objects.update(state=Unknown.State.TASK)
    holder().erase(subject_of(stocked, "somebody else"), Terms(request=item.pk))
    item.refresh_from_db()
    assert "is there a warranty" in str(item.payload)
    assert erase(subject_of(stocked))["items"] == 1
    item.refresh_from_db()
    assert "warranty" not in str(item.payload) and item.state == Item.State.WITHDRAWN


def test_of_a_restricted_customer_no_question_is_kept_for_others(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    DataSubject.objects.update(restricted=True)
    told = ask(stocked, "is there a warranty", end_user=NAME)
    assert not told["known"] and told["unknown"] is None and not Unknown.objects.exists()


def test_a_customer_can_end_a_chat_more_than_once_asked(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    assert end_conversation(conversation=Conversation.objects.get(), rating=2, actor=stocked.owner).ended_at


def test_a_restriction_that_ends_gives_the_pairs_back(project: Project) -> None:
    [item] = talk(project)
    join_approved(project)
    subject = Subject(items=frozenset({item.pk}))
    Item.objects.filter(pk=item.pk).update(restricted=True)
    assert holder().restrict(subject, restricted=True) == {"answer_pairs": 1}
    assert not Pair.objects.get().stands
    Item.objects.filter(pk=item.pk).update(restricted=False)
    holder().restrict(subject, restricted=False)
    join_approved(project)
    assert Pair.objects.get().stands


def test_what_others_said_as_well_comes_back_from_their_dialogue(project: Project) -> None:
    one, two = talk(project, number=2)
    join_approved(project)
    erase(Subject(items=frozenset({one.pk})))
    one.delete()
    assert not Pair.objects.exists()
    join_approved(project)
    assert Pair.objects.get().item == two
