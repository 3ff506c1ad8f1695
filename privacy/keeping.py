"""What is to be kept of an item about whose it is. Pure, and JSON, so that any process can prepare it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from privacy import blind, sealing


@dataclass(frozen=True, slots=True)
class Kept:
    """`key` is the item's key, not wrapped yet; bytes are in hexadecimal. No `sealed`: no originals.

    kind and ref_digest: of the subject, as in DataSubject. values: digests for the blind index.
    """

    item: str
    subject: str
    kind: str
    ref_digest: str = ""
    key: str = ""
    nonce: str = ""
    sealed: str = ""
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Keeper:
    """Prepares what is kept of one project's items. `index_key` keys digests; it opens nothing."""

    project: UUID
    index_key: bytes
    keeps_originals: bool

    def keep(
        self, item: UUID, *, subject: str, group: str, originals: list[dict[str, Any]], bound: str = ""
    ) -> Kept | None:
        """None for an item that names nobody and in which nothing was found. bound: the subject's own id,
        where that is known and the name is not."""
        wanted = originals if self.keeps_originals else []
        subject = "" if bound else subject
        kind = blind.SUBJECT if subject or bound else blind.GROUP if group else blind.ITEM
        if kind == blind.ITEM and not wanted:
            return None
        ref = subject or ("" if bound else group)
        whose = blind.subject_id(self.index_key, self.project, kind, ref) if ref else UUID(bound or item.hex)
        ref_digest = blind.reference(self.index_key, kind, ref).hex if ref else ""
        if not wanted:
            return Kept(str(item), str(whose), kind, ref_digest)
        sealed = sealing.seal_originals(item, whose, wanted)
        return Kept(
            item=str(item),
            subject=str(whose),
            kind=kind,
            ref_digest=ref_digest,
            key=sealed.key.hex(),
            nonce=sealed.nonce.hex(),
            sealed=sealed.text.hex(),
            values=[digest.hex for digest in blind.digests_of(self.index_key, wanted)],
        )
