"""A customer service with pairs of every state, a chat, and questions on every way."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from applications.customer_service.drafting import Draft
from applications.customer_service.models import Conversation, Exchange, LeftOut, Pair, Threshold, Unknown
from applications.customer_service.services.pairs import add_pairs
from tasks_app.services import projects
from tests.factories import make_items

KNOWN = {
    "Where is my parcel? 我的包裹在哪里？": "It is on the van and comes before six. 今天六点前送达。",
    "When do I get my refund?": "Within five days.",
    "Is there a warranty?": "Two years.",
}
VECTOR = [1.0] + [0.0] * 383


def shop(owner: User, prediction: str = "") -> dict[str, Any]:
    """Ids of the project, a pair that fell, and a chat."""
    project = projects.create_project(owner=owner, template="customer-service", title="Shop 商店")
    drafts = [Draft(question, answer) for question, answer in KNOWN.items()]
    pairs = add_pairs(project=project, drafts=drafts, source="hand", actor=owner)
    Pair.objects.filter(pk=pairs[0].pk).update(encoder="starter")
    Pair.objects.filter(pk=pairs[1].pk).update(stands=False, source="spans", edited=True)
    Pair.objects.filter(pk=pairs[2].pk).update(is_on=False)
    [item] = make_items(project, slots=0)
    LeftOut.objects.create(project=project, item=item, count=2)
    reached = {"similarity": 0.71, "precision": 0.84, "covered": 0.4, "questions": 60}
    for language, values in (("en", reached), ("zh", {"questions": 30})):
        Threshold.objects.create(
            project=project, language=language, encoder="starter", wanted=0.8, **values
        )  # fmt: skip
    rows = [
        Unknown.objects.create(
            project=project, text=f"Do you sell lamps {n}? 有灯吗", state=state, problem=problem, asked=n + 1,
            vector=VECTOR, encoder="starter", pair=pairs[0] if state == "answered" else None,
        )
        for n, (state, problem) in enumerate(
            [("new", ""), ("new", "failed"), ("new", "refused"), ("new", "gone"), ("answered", "")]
        )
    ]  # fmt: skip
    talk = Conversation.objects.create(project=project, asked_by=owner)
    said = {"cited": [str(pairs[0].pk)], "similarity": 0.93, "writer": "tiny-writer"}
    first = next(iter(KNOWN))
    for text, answer, more in (
        (first, KNOWN[first], {**said, "predictions": {"intent": prediction} if prediction else {}}),
        ("Do you sell lamps? 有灯吗", "", {"unknown": rows[0]}),
    ):
        Exchange.objects.create(conversation=talk, text=text, answer=answer, **more)
    ended = Conversation.objects.create(project=project, asked_by=owner, rating=4, ended_at=timezone.now())
    return {"shop": project.pk, "pair": pairs[1].pk, "chat": talk.pk, "ended": ended.pk}
