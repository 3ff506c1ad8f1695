"""The threshold on a project's own dialogues: of what the chat would show, measured on other questions."""

from uuid import UUID

import pytest

from applications.customer_service import calibrating
from applications.customer_service.calibrating import calibrate, calibrate_stale, is_held_out
from applications.customer_service.models import Knowledge, Pair, Threshold
from applications.customer_service.retrieval import find, near_enough
from applications.customer_service.services.indexing import embed_waiting
from applications.customer_service.services.joining import join_approved
from tasks_app.models import Item, Project
from tests.applications.customer_service.conftest import embed
from tests.applications.customer_service.test_following import MARKS
from tests.applications.customer_service.test_service import approve
from tests.factories import make_items

pytestmark = pytest.mark.django_db
TOPICS = {"parcel": "delivery", "refund": "refund"}


@pytest.fixture
def labelled(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """Thirty conversations of each topic; of each four, two are held out."""
    topics = list(TOPICS) * 30
    items: list[Item] = []
    for n, topic in enumerate(topics):
        asked = {"speaker": "customer", "text": f"{topic} {n:05}"}
        turns = [asked, {"speaker": "agent", "text": f"So {n}."}]
        items += make_items(project, slots=0, payloads=[{"turns": turns}])
    held_out = {item.pk for n, item in enumerate(items) if n % 4 > 1}
    monkeypatch.setattr(calibrating, "is_held_out", lambda item: item in held_out)
    for item, topic in zip(items, topics, strict=True):
        approve(item, "qa", MARKS)
        approve(item, "intent", TOPICS[topic])
    join_approved(project)
    embed_waiting(project)
    return items


def test_half_chooses_and_the_other_half_measures(project: Project, labelled: list[Item]) -> None:
    [one] = calibrate(project)
    assert one.questions == 30
    assert one.similarity > 0.9 and (one.precision, one.covered) == (1.0, 1.0)
    [again] = calibrate(project)
    assert (again.similarity, again.precision, again.questions) == (one.similarity, 1.0, one.questions)


def test_which_half_a_dialogue_is_in_hangs_on_its_id() -> None:
    ids = [UUID(int=n) for n in range(400)]
    assert [is_held_out(one) for one in ids] == [is_held_out(one) for one in ids]
    assert 150 < sum(map(is_held_out, ids)) < 250


def test_what_is_tried_is_what_the_chat_looks_at(project: Project, labelled: list[Item]) -> None:
    pair = Pair.objects.order_by("digest").select_related("item")[0]
    tried = calibrating._others(project, pair)
    found = find(
        project=project, text=pair.question, vector=embed([pair.question])[0], language="en", count=20
    )
    shown = near_enough([one for one in found if one.pair.item_id != pair.item_id], 0.9)[0]
    assert pair.item_id not in dict(tried) and tried[0][0] == shown.pair.item_id


def test_it_is_chosen_again_when_pairs_have_changed_and_not_else(
    project: Project, labelled: list[Item]
) -> None:
    assert Knowledge.objects.get().is_stale and len(calibrate_stale(project)) == 1
    Threshold.objects.update(made_at="2026-01-01T00:00:00Z")
    assert calibrate_stale(project) == []
    Knowledge.objects.update(is_stale=True)
    assert len(calibrate_stale(project)) == 1
    Knowledge.objects.update(is_stale=True)
    assert calibrate_stale(project) == [], "not without a rest"
