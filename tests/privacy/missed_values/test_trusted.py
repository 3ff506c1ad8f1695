"""What trusted reviewers learn and hold of a missed value, and what an erasure leaves of it."""

import json
from uuid import uuid4

from annotations.models import Consensus
from privacy.findings_holder import FindingsHolder
from privacy.holders import Subject, Terms
from privacy.models import BlindValue, MissedValue, SubjectItem
from privacy.services.subjects import items_of
from tasks_app.models import Item, Project
from tasks_app.protecting.missed import confirm_missed
from tasks_app.protecting.trusted import ask_trusted
from tests.privacy.missed_values.conftest import NAME, PLACE, TEXT_OF, flagged, item_of


def test_a_confirmed_miss_teaches_the_trusted_reviewers_model_without_the_value(project: Project) -> None:
    item_of(project, "Nothing special.")
    reader = ask_trusted(project=project, actor=project.owner, size=10)
    assert ask_trusted(project=project, actor=project.owner, size=10) == reader
    assert (reader.visibility, reader.privacy_policy, reader.template) == (
        "invited",
        "keep",
        "find-personal-data",
    )
    [copied] = Item.objects.filter(project=reader)
    assert copied.payload == {"text": "Nothing special."}
    row = flagged(item_of(project), PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    lesson = Item.objects.get(project=reader, state="closed")
    [span] = Consensus.objects.get(item=lesson, field="personal_data", state="approved").value
    made_up = lesson.payload["text"][span["start"] : span["end"]]
    assert span["label"] == "PERSON" and NAME not in json.dumps(lesson.payload)
    assert lesson.payload["text"] == TEXT_OF.replace(NAME, made_up) and len(made_up.split()) == 2


def test_what_trusted_reviewers_have_is_put_right_and_erased_with_its_item(project: Project) -> None:
    item = item_of(project)
    for other in (item_of(project, "Kept out."), item_of(project, "Held back.")):
        field = {"consent": False} if "Kept" in other.payload["text"] else {"restricted": True}
        Item.objects.filter(pk=other.pk).update(**field)
    subject, digest = uuid4(), uuid4()
    SubjectItem.objects.create(item=item.pk, subject=subject)
    BlindValue.objects.create(item=item.pk, digest=digest)
    reader = ask_trusted(project=project, actor=project.owner, size=10)
    [copied] = Item.objects.filter(project=reader)
    assert SubjectItem.objects.filter(item=copied.pk, subject=subject).exists()
    assert BlindValue.objects.filter(item=copied.pk, digest=digest).exists()
    row = flagged(item, PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    copied.refresh_from_db()
    assert copied.payload == {"text": TEXT_OF.replace(NAME, "[PERSON_1]")}
    held = Item.objects.filter(project=reader).values_list("pk", flat=True)
    assert items_of(subject) == {item.pk, *held} and len(held) == 2  # the example as well


def test_erasing_a_person_takes_digests_places_and_names_of_those_who_reported(project: Project) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    holder, terms = FindingsHolder(), Terms(request=row.pk)
    person = Subject(items=frozenset({item.pk}), values=(NAME.upper(),))
    assert holder.residue(person) == {"findings": 1, "missed_values": 1, "learned_values": 1}
    assert holder.erase(person, terms) == holder.erase(person, terms) | {
        "findings": 1,
        "missed_values": 1,
        "learned_values": 1,
    }
    assert holder.residue(person) == {} and MissedValue.objects.get().state == "confirmed"
    flagger = Subject(account=row.flagged_by_id)
    [held] = holder.holdings(flagger)
    assert [one["state"] for one in held.rows] == ["confirmed"]
    assert holder.erase(flagger, terms) == {"flagged_by": 1} and holder.residue(flagger) == {}
