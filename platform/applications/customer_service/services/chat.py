"""A customer's question: understood, looked up, answered with what was approved; and the end of the chat."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.asking import ask, in_production
from applications.customer_service.calibrating import threshold_of
from applications.customer_service.lexical import language_of
from applications.customer_service.models import Conversation, Exchange, Pair
from applications.customer_service.retrieval import Found, find
from applications.customer_service.services.unknown import note_unknown
from applications.embedding import embed
from common.errors import Conflict, Invalid, NotFound, Problem
from common.gate import through_gate
from tasks_app.models import Project
from training.models import Prediction
from training.services.feedback import give_feedback

UNDERSTOOD = ("intent", "emotion", "qa")
REPLY = "reply"  # the text field whose model, in production, puts approved answers into one
MOST_CITED = 3
LONGEST = 5_000
# Where no threshold is known to be right often enough only the very same question is known.
SAME_QUESTION = 0.99


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one question. understood: by field. known: whether an approved answer was near enough."""

    exchange: Exchange
    understood: dict[str, Prediction]
    cited: list[Found]

    @property
    def known(self) -> bool:
        return bool(self.cited)


def ask_service(
    *, project: Project, text: str, actor: User, conversation: UUID | None = None, end_user: str = ""
) -> Answered:
    """Answer with approved answers, cited, or note that nobody has approved one.

    Raises Invalid for an empty or too long text, NotFound for somebody else's conversation, Conflict for one
    that has ended. Models that are not in production are left out.
    """
    if not 1 <= len(text.strip()) <= LONGEST:
        detail = _("Give 1 to %d characters.") % LONGEST
        raise Invalid(detail, problems=[Problem("/text", "length", detail)])
    chat = _conversation(project, actor, conversation, end_user)
    item = {"turns": [{"speaker": "customer", "text": text}]}
    understood = {
        name: ask(project=project, field=name, items=[item], actor=actor).predictions[0]
        for name in UNDERSTOOD
        if in_production(project, name) is not None
    }
    question = through_gate(_question(understood.get("qa")) or text)
    [vector] = embed([question])
    language = language_of(question)
    found = find(project=project, text=question, vector=vector, language=language, count=20)
    threshold = threshold_of(project, language)
    least = threshold.similarity if threshold else None
    cited = _near_enough(found, SAME_QUESTION if least is None else least)
    unknown, answer = None, ""
    if cited:
        answer = _compose(project, question, cited, actor, understood)
    else:
        unknown = note_unknown(project=project, text=question, vector=vector)
    exchange = Exchange.objects.create(
        conversation=chat, text=text, answer=answer, unknown=unknown,
        similarity=max((one.similarity or 0.0 for one in found), default=None),
        cited=[str(one.pair.pk) for one in cited],
        predictions={name: str(one.pk) for name, one in understood.items()},
    )  # fmt: skip
    return Answered(exchange, understood, cited)


def _conversation(project: Project, actor: User, wanted: UUID | None, end_user: str) -> Conversation:
    if wanted is None:
        digest = hashlib.sha256(end_user.encode()).hexdigest() if end_user else ""
        return Conversation.objects.create(project=project, asked_by=actor, end_user=digest)
    chat = conversation_of(project, actor, wanted)
    if chat.ended_at is not None:
        raise Conflict(_("This conversation has ended. Begin a new one."))
    return chat


def conversation_of(project: Project, actor: User, wanted: UUID) -> Conversation:
    chat = Conversation.objects.filter(pk=wanted, project=project, asked_by=actor).first()
    if chat is None:
        raise NotFound(_("There is no such conversation."))
    return chat


def _question(marked: Prediction | None) -> str:
    """What the span model marked as asked, in the text as it is kept; "" where it marked nothing."""
    if marked is None or not isinstance(marked.value, list):
        return ""
    turns: list[Any] = marked.payload.get("turns", [])
    parts = [
        turns[one["turn"]]["text"][one["start"] : one["end"]]
        for one in marked.value
        if one.get("label") == "question"
    ]
    return " ".join(parts).strip()


def _near_enough(found: Sequence[Found], least: float) -> list[Found]:
    near = [one for one in found if one.similarity is not None and one.similarity >= least]
    seen: dict[str, Found] = {}
    for one in near:
        seen.setdefault(one.pair.answer, one)
    return list(seen.values())[:MOST_CITED]


def _compose(
    project: Project, question: str, cited: Sequence[Found], actor: User, understood: dict[str, Prediction]
) -> str:
    """The best approved answer word for word; in a decoder's words where one is in production."""
    if in_production(project, REPLY) is None:
        return cited[0].pair.answer
    known = "\n".join(one.pair.answer for one in cited)
    turns = [{"speaker": "agent", "text": known}, {"speaker": "customer", "text": question}]
    found = ask(project=project, field=REPLY, items=[{"turns": turns}], actor=actor)
    if not found.wrote or not str(found.predictions[0].value).strip():
        return cited[0].pair.answer
    understood[REPLY] = found.predictions[0]
    return str(found.predictions[0].value)


@transaction.atomic
def end_conversation(*, conversation: Conversation, rating: int, actor: User) -> Conversation:
    """Close a chat with 1 to 5 stars, which count as feedback on what its last answer rests on: the reply
    that a model wrote, else what the chat was taken to be about. Raises Conflict the second time."""
    if not 1 <= rating <= 5:
        detail = _("Give 1 to 5 stars.")
        raise Invalid(detail, problems=[Problem("/rating", "range", detail)])
    row = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if row.ended_at is not None:
        raise Conflict(_("This conversation has ended. Begin a new one."))
    row.rating, row.ended_at = rating, timezone.now()
    row.save(update_fields=["rating", "ended_at"])
    last = row.exchanges.order_by("-id").first()
    said = last.predictions if last else {}
    meant = said.get(REPLY) or said.get("intent")
    prediction = Prediction.objects.filter(pk=meant).first() if meant else None
    if prediction is not None:
        author = None if row.end_user else actor
        give_feedback(prediction=prediction, author=author, end_user=row.end_user, rating=rating)
    return row


def pairs_cited(exchange: Exchange) -> list[Pair]:
    """Those that are still there, best first."""
    found = {str(pair.pk): pair for pair in Pair.objects.filter(pk__in=exchange.cited)}
    return [found[one] for one in exchange.cited if one in found]
