"""What privacy keeps. Nothing here holds personal data in the clear."""

from privacy.models.certificates import Certificate, SigningKey
from privacy.models.consents import ConsentRecord, NoticeDraft, NoticeVersion, Regime
from privacy.models.findings import Finding
from privacy.models.requests import AccessPackage, SharingOptOut, SubjectRequest
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
    "AccessPackage",
    "BlindValue",
    "Certificate",
    "ConsentRecord",
    "DataSubject",
    "DestroyedKey",
    "Finding",
    "NoticeDraft",
    "NoticeVersion",
    "Regime",
    "SharingOptOut",
    "SigningKey",
    "SiteKey",
    "SubjectItem",
    "SubjectKey",
    "SubjectRequest",
    "VaultAccess",
    "VaultEntry",
]
