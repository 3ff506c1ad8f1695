"""Payout batches as files for a bank, its answers, and the bank details of people."""

from pathlib import Path

import pytest
from defusedxml import ElementTree
from django.test import override_settings

from common.errors import Invalid
from rewards.models import PayoutBatch
from rewards.providers import registry
from rewards.services import addresses, batches
from tests.factories import make_user
from tests.rewards.batches.conftest import ask, build, send, states
from tests.rewards.test_ledger import assert_books_balance

VAULT = override_settings(VAULT_KEY="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def folder(tmp_path):
    debtor = {"name": "Manyhands Ltd", "account": "DE02120300000000202051", "bic": "BYLADEM1001"}
    with override_settings(PAYOUT_FOLDER=tmp_path, PAYOUT_DEBTOR=debtor), VAULT:
        yield tmp_path


def names(root) -> list[str]:
    return [node.tag.rpartition("}")[2] for node in root]


def report(folder: Path, batch: PayoutBatch, **lines: str) -> None:
    body = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{key.removeprefix('k')}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        f"<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts>"
        for key, status in lines.items()
    )
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "inbox" / f"{len(list((folder / 'inbox').iterdir()))}.xml").write_text(
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{batch.key}</OrgnlMsgId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts>{body}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )


@pytest.fixture
def filed(people, folder, admin):
    for number, person in enumerate(people[:2]):
        addresses.save_address(user_id=person.pk, holder=f"Ann & Söhne {number}", account=IBAN)
        ask(person)
    ask(people[2])  # without bank details
    return build(admin, provider="iso20022")


def test_a_batch_becomes_a_pain_001_file(filed, folder, admin) -> None:
    assert filed.payouts_count == 2  # who has given no account waits
    send(filed, admin)
    [path] = (folder / "outbox").glob("*.xml")
    assert path.stat().st_mode & 0o007 == 0
    root = ElementTree.parse(path).getroot()
    space = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    header, payment = root[0]
    assert names(header) == ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"]
    assert names(payment)[:5] == ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt"]
    assert names(payment)[5:] == ["Dbtr", "DbtrAcct", "DbtrAgt", "CdtTrfTxInf", "CdtTrfTxInf"]
    line = payment.find("p:CdtTrfTxInf", space)
    assert names(line) == ["PmtId", "Amt", "Cdtr", "CdtrAcct", "RmtInf"]
    assert line.findtext("p:Amt/p:InstdAmt", namespaces=space) == "4.00"
    assert line.findtext("p:CdtrAcct/p:Id/p:IBAN", namespaces=space) == "DE89370400440532013000"
    assert line.findtext("p:Cdtr/p:Nm", namespaces=space) == "Ann & Söhne 0"
    assert header.findtext("p:CtrlSum", namespaces=space) == "8.00"


def test_the_banks_answer_settles_each_line(filed, folder, admin) -> None:
    send(filed, admin)
    first, second = (row.pk.hex for row in filed.payouts.order_by("id"))
    report(folder, filed, **{f"k{first}": "ACSP", f"k{second}": "RJCT"})
    batches.reconcile_batch(batch_id=filed.pk)
    assert states(filed) == {"sent": 1, "failed": 1}
    (folder / "inbox" / "torn.xml").write_text("<Document><Cst")
    report(folder, filed, **{f"k{first}": "ACSC"})
    assert batches.reconcile_batch(batch_id=filed.pk).state == "done"
    assert states(filed) == {"paid": 1, "failed": 1}
    assert_books_balance()


def test_a_bank_may_name_lines_in_its_own_way(filed, folder, admin) -> None:
    send(filed, admin)
    first = filed.payouts.order_by("id").first().pk.hex
    report(folder, filed, **{f"k{first}": "ACSC", "kNOTPROVIDED": "ACSC"})
    batches.reconcile_batch(batch_id=filed.pk)
    assert states(filed) == {"paid": 1, "sent": 1}


def test_a_duplicate_file_refused_is_no_word_about_the_money(filed, folder, admin) -> None:
    send(filed, admin)
    first, second = (row.pk.hex for row in filed.payouts.order_by("id"))
    report(folder, filed, **{f"k{first}": "ACSC"})
    report(folder, filed, **{f"k{first}": "RJCT", f"k{second}": "RJCT"})
    again = folder / "inbox" / "1.xml"
    again.write_text(again.read_text().replace("AC01", "AM05"))
    batches.reconcile_batch(batch_id=filed.pk)
    assert states(filed) == {"paid": 1, "sent": 1}


def test_a_file_that_the_bank_has_fetched_is_not_written_again(filed, folder, admin) -> None:
    send(filed, admin)
    [path] = (folder / "outbox").glob("*.xml")
    path.unlink()
    provider = registry.provider_named("iso20022")
    order = batches.BatchOrder(filed.key, "USD", filed.created_at, batches.orders_of(filed))
    provider.submit(order)
    assert not path.exists() and provider.status(filed.key).known


def test_a_report_with_a_document_type_is_not_read(filed, folder, admin) -> None:
    send(filed, admin)
    first = filed.payouts.first().pk.hex
    report(folder, filed, **{f"k{first}": "ACSC"})
    [path] = (folder / "inbox").iterdir()
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]>' + path.read_text())
    batches.reconcile_batch(batch_id=filed.pk)
    assert states(filed) == {"sent": 2}


def test_an_address_changed_later_does_not_redirect_what_is_on_its_way(filed, folder, people) -> None:
    addresses.save_address(user_id=people[0].pk, holder="Mallory", account="12345678")
    assert {order.address.holder for order in batches.orders_of(filed)} == {"Ann & Söhne 0", "Ann & Söhne 1"}


@VAULT
@pytest.mark.django_db
@pytest.mark.parametrize("account", ["DE89370400440532013001", "12", "no spaces!"])
def test_a_wrong_account_is_refused(account) -> None:
    with pytest.raises(Invalid):
        addresses.save_address(user_id=make_user().pk, holder="Ann", account=account)


@VAULT
@pytest.mark.django_db
def test_bank_details_are_stored_sealed() -> None:
    user = make_user()
    row = addresses.save_address(user_id=user.pk, holder="Ann Example", account=IBAN)
    assert b"Example" not in bytes(row.sealed) and b"0130" not in bytes(row.sealed)
    assert addresses.address_of(user.pk).account == "DE89370400440532013000"


def test_a_name_cannot_become_a_formula(people, folder, admin) -> None:
    from rewards.providers.manual import as_csv

    addresses.save_address(user_id=people[0].pk, holder="=HYPERLINK(1)", account=IBAN)
    ask(people[0])
    batch = build(admin, provider="manual")
    text = as_csv(batches.orders_to_show(batch=batch, actor=admin.pk))
    assert text.splitlines()[0] == "payout,holder,account,bic,amount,currency,reference"
    assert ",'=HYPERLINK(1),DE89370400440532013000,,4.00,USD," in text
