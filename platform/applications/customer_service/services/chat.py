"""A customer's question: understood, looked up, answered with what was approved; and the end of the chat."""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.asking import ask, in_production
from applications.customer_service.calibrating import least_similarity
from applications.customer_service.composing import REPLY, Asker, Composed, compose
from applications.customer_service.customers import hold_customer, is_restricted
from applications.customer_service.drafting import LONGEST
from applications.customer_service.lexical import language_of
from applications.customer_service.models import Conversation, Exchange, Pair
from applications.customer_service.retrieval import LOOKED_AT, Found, find, near_enough
from applications.customer_service.services.unknown import note_unknown
from applications.embedding import embed
from common.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from common.gate import through_gate
from privacy.services.keeping import hold_known
from tasks_app.models import Project
from training.models import Prediction
from training.services.feedback import give_feedback

logger = logging.getLogger(__name__)
UNDERSTOOD = ("intent", "emotion", "qa")
WHOLE = 20.0  # seconds for one question; what is not begun by then, and can be done without, is left out


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
    that has ended, and with the code `subject_erased` for a customer who is erased meanwhile. Models that are
    not in production, or cannot answer within WHOLE seconds, are left out; nobody's are asked about somebody
    who has had the use of their data restricted.
    """
    if not 1 <= len(text.strip()) <= LONGEST:
        detail = _("Give 1 to %d characters.") % LONGEST
        raise Invalid(detail, problems=[Problem("/text", "length", detail)])
    customer = _customer(project, actor, conversation, end_user)
    asker, deadline = Asker(actor, customer), time.monotonic() + WHOLE
    understood = _understand(project, text, asker, deadline)
    question = through_gate(_question(understood.get("qa")) or text)[:LONGEST]
    [vector] = embed([question])
    found = find(
        project=project, text=question, vector=vector, language=language_of(question), count=LOOKED_AT
    )
    cited = near_enough(found, least_similarity(project, language_of(question)))
    composed = (
        compose(project=project, question=question, cited=cited, asker=asker, deadline=deadline)
        if cited else Composed("")
    )  # fmt: skip
    if composed.prediction is not None:
        understood[REPLY] = composed.prediction
    with transaction.atomic():
        chat = _conversation(project, actor, conversation, customer)
        # Whoever restricts the use of their data asks nothing that others are to work on.
        notes = not cited and not is_restricted(chat.subject)
        exchange = Exchange.objects.create(
            conversation=chat, text=text, answer=composed.text, writer=composed.writer,
            unknown=note_unknown(project=project, text=question, vector=vector) if notes else None,
            similarity=max((one.similarity or 0.0 for one in found), default=None),
            cited=[str(one.pair.pk) for one in cited],
            predictions={name: str(one.pk) for name, one in understood.items()},
        )  # fmt: skip
    return Answered(exchange, understood, cited)


@transaction.atomic
def _customer(project: Project, actor: User, conversation: UUID | None, end_user: str) -> UUID | None:
    """Who asks, known before any model is asked: what these keep is found by an erasure from then on."""
    if conversation is not None:
        chat = conversation_of(project, actor, conversation)
        _refuse_ended(chat)
        return chat.subject
    return hold_customer(project.pk, end_user) if end_user.strip() else None


def _understand(project: Project, text: str, asker: Asker, deadline: float) -> dict[str, Prediction]:
    item = {"turns": [{"speaker": "customer", "text": text}]}
    understood: dict[str, Prediction] = {}
    if is_restricted(asker.customer):
        return understood
    for name in UNDERSTOOD:
        if time.monotonic() < deadline and in_production(project, name) is not None:
            try:
                found = ask(
                    project=project, field=name, items=[item], actor=asker.actor, subjects=[asker.customer]
                )  # fmt: skip
            except (Conflict, Unavailable):  # withdrawn or erased this moment, cannot be loaded, or too busy
                logger.warning("Customer service of %s goes on without %s", project.pk, name, exc_info=True)
            else:
                understood[name] = found.predictions[0]
    return understood


def _conversation(project: Project, actor: User, wanted: UUID | None, customer: UUID | None) -> Conversation:
    """Held until the commit: nobody ends it while it is being answered in, and nobody erases the customer."""
    if customer is not None and customer not in hold_known([customer]):
        raise Conflict(_("The data of this customer was erased just now."), code="subject_erased")
    if wanted is None:
        return Conversation.objects.create(project=project, asked_by=actor, subject=customer)
    chat = Conversation.objects.select_for_update().filter(pk=wanted, project=project, asked_by=actor).first()
    if chat is None:
        raise _no_conversation()
    _refuse_ended(chat)
    return chat


def _refuse_ended(chat: Conversation) -> None:
    if chat.ended_at is not None:
        raise Conflict(_("This conversation has ended. Begin a new one."))


def _no_conversation() -> NotFound:
    return NotFound(_("There is no such conversation."))


def conversation_of(project: Project, actor: User, wanted: UUID) -> Conversation:
    chat = Conversation.objects.filter(pk=wanted, project=project, asked_by=actor).first()
    if chat is None:
        raise _no_conversation()
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


@transaction.atomic
def end_conversation(*, conversation: Conversation, rating: int, actor: User) -> Conversation:
    """Close a chat with 1 to 5 stars, which count as feedback on what its last answer rests on: the reply
    that a model wrote, else what the chat was taken to be about. Raises Conflict the second time."""
    if not 1 <= rating <= 5:
        detail = _("Give 1 to 5 stars.")
        raise Invalid(detail, problems=[Problem("/rating", "range", detail)])
    row = Conversation.objects.select_for_update().get(pk=conversation.pk)
    _refuse_ended(row)
    row.rating, row.ended_at = rating, timezone.now()
    row.save(update_fields=["rating", "ended_at"])
    last = row.exchanges.order_by("-id").first()
    said = last.predictions if last else {}
    meant = said.get(REPLY) or said.get("intent")
    prediction = Prediction.objects.filter(pk=meant).first() if meant else None
    if prediction is not None:
        author = None if row.subject else actor
        customer = row.subject.hex if row.subject else ""
        with suppress(Conflict):  # they have said already what they think of it; the stars are kept here
            give_feedback(prediction=prediction, author=author, end_user=customer, rating=rating)
    return row


def pairs_cited(exchange: Exchange) -> list[Pair]:
    """Those that are still there, best first."""
    found = {str(pair.pk): pair for pair in Pair.objects.filter(pk__in=exchange.cited)}
    return [found[one] for one in exchange.cited if one in found]
