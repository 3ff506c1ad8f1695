"""What privacy keeps. Nothing here holds personal data in the clear."""

from privacy.models.findings import Finding
from privacy.models.vault import (
    BlindValue,
    DataSubject,
    DestroyedKey,
    SiteKey,
    SubjectItem,
    SubjectKey,
    VaultAccess,
    VaultEntry,
)

__all__ = [
    "BlindValue",
    "DataSubject",
    "DestroyedKey",
    "Finding",
    "SiteKey",
    "SubjectItem",
    "SubjectKey",
    "VaultAccess",
    "VaultEntry",
]
