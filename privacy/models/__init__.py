"""What privacy keeps. Nothing here holds personal data in the clear."""

from privacy.models.consents import ConsentRecord, NoticeDraft, NoticeVersion, Regime
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
    "ConsentRecord",
    "DataSubject",
    "DestroyedKey",
    "Finding",
    "NoticeDraft",
    "NoticeVersion",
    "Regime",
    "SiteKey",
    "SubjectItem",
    "SubjectKey",
    "VaultAccess",
    "VaultEntry",
]
