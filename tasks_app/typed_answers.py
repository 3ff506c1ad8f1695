"""Answers that are text pass the gate for what people type, before they are stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from privacy.services.beside import redact_beside
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.texts import gate_texts
from tasks_app.models import Item, Project


def gate_answer(
    fields: Sequence[Field], answer: Mapping[str, Any], item: Item, project: Project
) -> dict[str, Any]:
    """The canonical answer about an item of the project, with its texts as others may read them."""

    def clean(text: str) -> str:
        # The policy is read here: without a text it is not asked for, which saves each submit a query.
        texts = turn_texts(item.payload)
        return redact_beside(text, item=item.pk, texts=texts, policy=project.privacy_policy)

    return gate_texts(fields, answer, clean)
