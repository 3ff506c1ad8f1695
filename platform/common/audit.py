from typing import Any
from uuid import UUID

from django.db import models

from common.models import AuditEvent


def record(action: str, target: models.Model, *, actor: UUID | None, **data: Any) -> None:
    """Append one audit row in the caller's transaction. `data` holds no item text, no personal data."""
    AuditEvent.objects.create(
        action=action, actor=actor, target_type=target._meta.label_lower, target=str(target.pk), data=data
    )
