"""Replacing personal data in what people write about an item."""

from collections.abc import Sequence
from uuid import UUID

from common.gate import note_replaced
from privacy.models import Finding
from privacy.pii.beside import replace_beside
from privacy.services import vault


def redact_beside(text: str, *, item: UUID, texts: Sequence[str], policy: str) -> str:
    """What somebody wrote about the item, with the placeholders that its people have there.

    texts: the item's own, as people see them. policy: its project's.
    """
    if not text or policy == "keep":
        return text
    made = (
        Finding.objects.filter(item=item).values_list("kind", "replacement") if policy == "surrogate" else ()
    )
    clean, kinds = replace_beside(
        text, texts=texts, originals=vault.originals_of(item), stand_ins=made, policy=policy
    )
    note_replaced(kinds)
    return clean
