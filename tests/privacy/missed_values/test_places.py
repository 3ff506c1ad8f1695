"""What points into a text goes on pointing at the same words when something in it is replaced."""

from functools import partial
from typing import Any

import pytest

from annotations import consensus
from annotations.models import Answer, Consensus, Suggestion
from annotations.services.submission import submit_answer
from common.errors import DomainError
from tasks_app.models import Assignment, Project
from tasks_app.protecting.finders import LearnedOnly
from tasks_app.protecting.redacting import redact_item
from tests.annotations.crowd import answer
from tests.factories import CHOICE, SPAN, TEXT, lease, make_project, make_user
from tests.privacy.missed_values.conftest import END, NAME, START, TEXT_OF, item_of
from tests.tasks_app.test_claim_concurrency import at_once


def said(start: int = START, end: int = END, reply: str = f"Dear {NAME}, tomorrow.") -> dict[str, Any]:
    spans = [
        {"turn": 0, "start": start, "end": end, "label": "answer"},
        {"turn": 0, "start": TEXT_OF.index("Where"), "end": len(TEXT_OF), "label": "question"},
    ]
    return {"intent": "delivery", "qa": spans, "reply": reply}


def test_answers_gold_consensus_and_suggestions_keep_pointing_at_the_same_words(project: Project) -> None:
    item = item_of(project, gold=None)
    for _ in range(3):
        answer(item, make_user(), said())
    consensus.aggregate_item(item.pk)
    gold = item_of(project, gold=said())
    Suggestion.objects.create(item=item, field="qa", value=said()["qa"], confidence=0.5, source="m v1")
    for one in (item, gold):
        redact_item(
            item_id=one.pk, actor=project.owner, reason="test",
            find=LearnedOnly(learned_of(project)),
        )  # fmt: skip
        one.refresh_from_db()
    text = item.payload["text"]
    rows = [row.value for row in Answer.objects.filter(item=item)] + [gold.gold]
    rows.append({"qa": Consensus.objects.get(item=item, field="qa").value, "reply": ""})
    rows.append({"qa": Suggestion.objects.get().value, "reply": ""})
    assert len(rows) == 6
    for value in rows:
        marked = [text[one["start"] : one["end"]] for one in value["qa"]]
        assert marked == ["[PERSON_1]", "Where is my parcel?"]
        assert NAME not in value["reply"]
    units = Consensus.objects.get(item=item, field="qa").posterior
    assert all(int(unit.split(":")[2]) <= len(text) for unit in units)


def learned_of(project: Project) -> Any:
    from privacy.services import learning

    learning.learn_value(project_id=project.pk, value=NAME, kind="PERSON")
    return learning.learned_by(project.pk)


@pytest.mark.django_db(transaction=True)
def test_whoever_hands_in_while_the_text_changes_either_counts_in_the_new_text_or_hears_of_it() -> None:
    """Fails when the leases are not locked before the item: the answer then points into the text before."""
    project = make_project(fields=[CHOICE, {**SPAN, "required": False}, TEXT])
    finder = LearnedOnly(learned_of(project))
    for _ in range(8):
        item = item_of(project)
        held = lease(item, make_user())
        outcome: list[str] = []

        def submit(held: Assignment = held, outcome: list[str] = outcome) -> None:
            try:
                submit_answer(assignment=held, answer=said(), seconds=3)
                outcome.append("stored")
            except DomainError as refused:
                outcome.append(refused.code)

        again = partial(redact_item, item_id=item.pk, find=finder, actor=project.owner, reason="test")
        at_once([submit, again])
        item.refresh_from_db()
        stored = Answer.objects.filter(item=item).first()
        assert outcome == (["stored"] if stored else ["withdrawn"])
        assert item.state == "open" and NAME not in item.payload["text"]
        if stored:
            marked = [item.payload["text"][one["start"] : one["end"]] for one in stored.value["qa"]]
            assert marked == ["[PERSON_1]", "Where is my parcel?"]
