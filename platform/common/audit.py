"""Writing the audit log. What stands in an event stays for good, so it holds ids and codes only; what people
typed (reasons) goes into a note beside it, through the gate for free text, and can be erased."""

import logging
import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models

from common.gate import through_gate
from common.models import AuditEvent, AuditNote

logger = logging.getLogger(__name__)
# An id, a number, a code, a file's or a field's name: nothing that a person could be told about in.
_CODE = re.compile(r"[A-Za-z0-9_.:/+\-]{0,120}\Z")
MOST_NOTE = 500


def record(action: str, target: models.Model, *, actor: UUID | None, note: str = "", **data: Any) -> None:
    """Append one event in the caller's transaction.

    data: JSON of ids, numbers and codes. A text raises ValueError with DEBUG=1; otherwise it is left out, as
    no page should fail for it. note: what somebody typed; gated, kept beside the event and never sealed.
    """
    event = AuditEvent.objects.create(
        action=action,
        actor=actor,
        target_type=target._meta.label_lower,
        target=str(target.pk),
        data={name: _code_only(value, f"{action}: {name}") for name, value in data.items()},
    )
    if note.strip():
        AuditNote.objects.create(event=event.pk, text=through_gate(note.strip())[:MOST_NOTE])


def _code_only(value: Any, where: str) -> Any:
    if isinstance(value, str) and not _CODE.match(value):
        if settings.AUDIT_STRICT:
            raise ValueError(f"{where} is text. An audit event holds ids and codes; pass text as `note`.")
        logger.error("%s was left out of the audit log: it is no id and no code.", where)
        return None
    if isinstance(value, dict):
        return {_code_only(str(key), where): _code_only(one, where) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_code_only(one, where) for one in value]
    return value
