"""What privacy keeps. Nothing here holds personal data in the clear."""

from privacy.models.certificates import Certificate, SigningKey
from privacy.models.consents import ConsentRecord, NoticeDraft, NoticeVersion, Regime
from privacy.models.findings import (
    CanaryEstimate,
    CheckedText,
    Finding,
    LearnedStamp,
    LearnedValue,
    MissedValue,
    Rescan,
    SampleCheck,
    TrustedReading,
)
from privacy.models.requests import AccessPackage, SharingOptOut, SubjectRequest
from privacy.models.retention import RetentionRule, RetentionRun
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
    "CanaryEstimate",
    "Certificate",
    "CheckedText",
    "ConsentRecord",
    "DataSubject",
    "DestroyedKey",
    "Finding",
    "LearnedStamp",
    "LearnedValue",
    "MissedValue",
    "NoticeDraft",
    "NoticeVersion",
    "Regime",
    "RetentionRule",
    "RetentionRun",
    "Rescan",
    "SampleCheck",
    "SharingOptOut",
    "SigningKey",
    "SiteKey",
    "SubjectItem",
    "SubjectKey",
    "SubjectRequest",
    "TrustedReading",
    "VaultAccess",
    "VaultEntry",
]
