"""What privacy keeps. Nothing here holds personal data in the clear."""

from privacy.models.findings import Finding
from privacy.models.vault import VaultEntry

__all__ = ["Finding", "VaultEntry"]
