"""Files for a bank: pain.001.001.09 (customer credit transfer) into outbox/, pain.002 answers from inbox/.

Banks exchange these over SFTP or EBICS folders. A batch's file has one name for ever and is put there whole,
by a rename, so that a repeated submission finds it (or, once it was fetched, the marker beside it), and no
half file is ever fetched. Killed between the two, we might write a file again that was just fetched: the bank
refuses a second message with the same id as a duplicate.
"""

import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from rewards.providers.base import (
    Address,
    BatchOrder,
    BatchStatus,
    LineState,
    LineStatus,
    PayoutOrder,
    ProviderRefused,
    ProviderUncertain,
)

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# ExternalPaymentTransactionStatus1Code: settled on the debtor's or creditor's account; rejected; the rest is
# on its way. ACSC and ACCC alone say that money has moved.
_STATES: dict[str, LineState] = {"ACSC": "paid", "ACCC": "paid", "RJCT": "failed", "CANC": "failed"}
# ExternalStatusReason1Code for "we have this already": said of a file that we had to write again, it says
# nothing of the money, which the first one may have moved.
_DUPLICATE = {"AM05", "DU01", "DU02", "DU03", "DU04", "DU05"}


class Iso20022Files:
    name = "iso20022"
    needs_address = True
    reports = True

    def __init__(self, folder: Path, debtor: Address) -> None:
        self.outbox, self.inbox = folder / "outbox", folder / "inbox"
        self.debtor = debtor

    def submit(self, batch: BatchOrder) -> str:
        if not (self.debtor.holder and self.debtor.account):
            raise ProviderRefused("PAYOUT_DEBTOR_NAME and PAYOUT_DEBTOR_ACCOUNT are not set")
        target = self._file(batch.key)
        if target.exists() or self._taken(batch.key):
            return batch.key
        try:
            _put(target, pain_001(batch, self.debtor))
        except OSError as error:
            # The rename is the last step; whether it happened is only known by looking.
            if target.exists():
                raise ProviderUncertain(str(error)) from error
            raise ProviderRefused(str(error)) from error
        return batch.key

    def status(self, key: str) -> BatchStatus:
        try:
            answers = sorted(self.inbox.glob("*.xml")) if self.inbox.is_dir() else []
            lines: dict[str, LineStatus] = {}
            for path in answers:
                found = pain_002(path.read_bytes(), key)
                lines.update(
                    (k, line) for k, line in found.items() if k not in lines or line.state != "pending"
                )
        except OSError as error:
            raise ProviderUncertain(str(error)) from error
        # The bank takes files away: one that is gone was fetched.
        return BatchStatus(known=bool(lines) or self._file(key).exists() or self._taken(key), lines=lines)

    def _file(self, key: str) -> Path:
        return self.outbox / f"{key}.pain.001.xml"

    def _taken(self, key: str) -> bool:
        return (self.outbox / f"{key}.sent").exists()


def _put(target: Path, content: bytes) -> None:
    """Readable by us and our group, on disk before it gets its name; a marker stays when it is fetched."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with open(part, "wb", opener=lambda path, flags: os.open(path, flags, 0o640)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)
    (target.parent / f"{target.name.partition('.')[0]}.sent").touch()
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pain_001(batch: BatchOrder, debtor: Address) -> bytes:
    """The batch as one payment instruction; equal to the letter whenever it is made."""
    root = Element("Document", xmlns=_NAMESPACE)
    start = SubElement(root, "CstmrCdtTrfInitn")
    header = SubElement(start, "GrpHdr")
    count, total = str(len(batch.orders)), f"{sum(order.amount for order in batch.orders):f}"
    _text(header, "MsgId", batch.key)
    _text(header, "CreDtTm", batch.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(header, "NbOfTxs", count)
    _text(header, "CtrlSum", total)
    _text(header, "InitgPty/Nm", debtor.holder)
    payment = SubElement(start, "PmtInf")
    _text(payment, "PmtInfId", batch.key)
    _text(payment, "PmtMtd", "TRF")
    _text(payment, "NbOfTxs", count)
    _text(payment, "CtrlSum", total)
    _text(payment, "ReqdExctnDt/Dt", batch.created_at.astimezone(UTC).date().isoformat())
    _text(payment, "Dbtr/Nm", debtor.holder)
    _account(SubElement(payment, "DbtrAcct"), debtor.account)
    _bank(SubElement(payment, "DbtrAgt"), debtor.bic)
    for order in batch.orders:
        _transaction(SubElement(payment, "CdtTrfTxInf"), order)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _transaction(line: Element, order: PayoutOrder) -> None:
    if order.address is None:
        raise ProviderRefused(f"{order.key} has no account to go to")
    _text(line, "PmtId/EndToEndId", order.key)
    amount = SubElement(SubElement(line, "Amt"), "InstdAmt", Ccy=order.currency)
    amount.text = f"{order.amount:f}"
    if order.address.bic:
        _bank(SubElement(line, "CdtrAgt"), order.address.bic)
    _text(line, "Cdtr/Nm", order.address.holder[:70])
    _account(SubElement(line, "CdtrAcct"), order.address.account)
    _text(line, "RmtInf/Ustrd", f"Manyhands {order.key}")


def _text(parent: Element, path: str, text: str) -> None:
    for name in path.split("/"):
        parent = SubElement(parent, name)
    parent.text = text


def _account(parent: Element, account: str) -> None:
    iban = len(account) > 4 and account[:2].isalpha() and account[2:4].isdigit()
    _text(parent, "Id/IBAN" if iban else "Id/Othr/Id", account)


def _bank(parent: Element, bic: str) -> None:
    if bic:
        _text(parent, "FinInstnId/BICFI", bic)
    else:
        _text(parent, "FinInstnId/Othr/Id", "NOTPROVIDED")


def pain_002(content: bytes, message_id: str) -> dict[str, LineStatus]:
    """What a status report says of the message `message_id`: EndToEndId -> state. Any version of pain.002."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        return {}  # not for us, or not whole yet; the next look reads it again
    if _first(root, "OrgnlMsgId") != message_id:
        return {}
    found = {}
    for line in _all(root, "TxInfAndSts"):
        key, status = _first(line, "OrgnlEndToEndId"), _first(line, "TxSts")
        if key:
            code = _first(line, "Cd")
            reason = " ".join(filter(None, [code, _first(line, "AddtlInf")]))
            state = "pending" if code in _DUPLICATE else _STATES.get(status, "pending")
            found[key] = LineStatus(state, reason[:300], _first(line, "AcctSvcrRef"))
    return found


def _all(root: Element, name: str) -> Iterator[Element]:
    return (node for node in root.iter() if node.tag.rpartition("}")[2] == name)


def _first(root: Element, name: str) -> str:
    node = next(_all(root, name), None)
    return (node.text or "").strip() if node is not None else ""
