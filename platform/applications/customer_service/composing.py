"""Putting approved answers into one reply: by the project's own decoder, by the site's, or as they stand."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.models import User
from applications.asking import ask, in_production
from applications.customer_service.customers import is_restricted
from applications.customer_service.decoder import decoder
from applications.customer_service.retrieval import Found
from applications.customer_service.support import is_supported
from common.errors import DomainError
from tasks_app.models import Project
from training.models import Prediction

logger = logging.getLogger(__name__)
REPLY = "reply"  # the text field whose model, in production, puts approved answers into one


@dataclass(frozen=True, slots=True)
class Asker:
    """actor: whose account it is. customer: the DataSubject whom a program asks for, None for nobody."""

    actor: User
    customer: UUID | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """writer: who put it into words; "" for an approved answer as it stands."""

    text: str
    writer: str = ""
    prediction: Prediction | None = None


def compose(
    *, project: Project, question: str, cited: Sequence[Found], asker: Asker, deadline: float
) -> Composed:
    """A reply that says what the cited answers say, or the best of them word for word.

    deadline: in seconds of time.monotonic(); there what is not written is not waited for.
    """
    answers = [one.pair.answer for one in cited]
    for write in (_by_own_model, _by_decoder):
        if time.monotonic() < deadline and (found := write(project, question, cited, asker, deadline)):
            if is_supported(found.text, question=question, answers=answers):
                return found
            logger.info("What %s wrote for %s is not in the approved answers", found.writer, project.pk)
    return Composed(answers[0])


def _by_own_model(
    project: Project, question: str, cited: Sequence[Found], asker: Asker, deadline: float
) -> Composed | None:
    if (version := in_production(project, REPLY)) is None or is_restricted(asker.customer):
        return None
    known = "\n".join(one.pair.answer for one in cited)
    turns = [{"speaker": "agent", "text": known}, {"speaker": "customer", "text": question}]
    try:
        found = ask(
            project=project, field=REPLY, items=[{"turns": turns}], actor=asker.actor,
            subjects=[asker.customer],
        )  # fmt: skip
    except DomainError:
        logger.warning("The replies of %s cannot be written", project.pk, exc_info=True)
        return None
    if not found.wrote:
        return None
    said = found.predictions[0]
    return Composed(str(said.value).strip(), f"{version.model.name} {version.number}", said)


def _by_decoder(
    project: Project, question: str, cited: Sequence[Found], asker: Asker, deadline: float
) -> Composed | None:
    if not (name := settings.ANSWER_DECODER):
        return None
    known = [(one.pair.question, one.pair.answer) for one in cited]
    text = decoder.write(name, question, known, deadline=deadline)
    return Composed(text, Path(name).name) if text else None
