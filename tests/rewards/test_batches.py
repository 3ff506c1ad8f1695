"""Payout batches: nobody is paid twice, whatever fails, dies or happens at the same moment."""

import os
from collections import Counter
from pathlib import Path

import pytest
from defusedxml import ElementTree
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone

from common.errors import Conflict, Invalid
from common.turns import turn
from rewards.models import LedgerAccount, Payout, PayoutBatch
from rewards.providers import registry
from rewards.providers.base import LineStatus
from rewards.providers.sandbox import Sandbox
from rewards.services import addresses, batches, ledger, payouts
from rewards.services.ledger import Payment
from tests.factories import make_project, make_user
from tests.rewards.test_ledger import assert_books_balance, balance_of, in_threads

VAULT = override_settings(VAULT_KEY="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def admin(db):
    return make_user("admin")


@pytest.fixture
def people(db):
    project, people = make_project(funds=10_000), [make_user(f"p{n}") for n in range(3)]
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=3000, key="r")
    payments = [Payment(worker_id=p.pk, amount_minor=1000, key=f"a{n}") for n, p in enumerate(people)]
    ledger.pay(project_id=project.pk, currency="USD", payments=payments)
    return people


@pytest.fixture
def bank(tmp_path):
    sandbox = Sandbox(tmp_path / "bank.jsonl")
    registry.register_provider("sandbox", lambda: sandbox)
    yield sandbox
    registry._factories.pop("sandbox")


def ask(person, amount=400, key="k") -> Payout:
    return payouts.request_payout(user_id=person.pk, currency="USD", amount_minor=amount, key=key)


def build(admin, key="b", provider="sandbox") -> PayoutBatch:
    return batches.build_batch(currency="USD", key=key, actor=admin.pk, provider=provider)


def send(batch, admin) -> PayoutBatch:
    return batches.send_batch(batch_id=batch.pk, actor=admin.pk)


def states(batch) -> dict[str, int]:
    return dict(Counter(batch.payouts.values_list("state", flat=True)))


def pots() -> dict[str, int]:
    return {
        kind: sum(LedgerAccount.objects.filter(kind=kind).values_list("balance", flat=True))
        for kind in ("wallet", "payable")
    }


def paid_once(bank, people, amount="4.00") -> None:
    sums = Counter(key for key, _amount in bank.paid())
    assert set(sums.values()) == {1}, "a line was paid twice"
    assert len(sums) == len(people)
    assert {one for _key, one in bank.paid()} == {amount}


@pytest.fixture
def batch(people, bank, admin):
    for person in people:
        ask(person)
    return build(admin)


def test_from_the_request_to_the_bank(batch, bank, people, admin) -> None:
    assert (batch.payouts_count, batch.total_minor, states(batch)) == (3, 1200, {"batched": 3})
    assert pots() == {"wallet": 1800, "payable": 1200}
    assert send(batch, admin).state == "sent"
    assert batches.reconcile_batch(batch_id=batch.pk).state == "done"
    assert states(batch) == {"paid": 3} and pots() == {"wallet": 1800, "payable": 0}
    paid_once(bank, people)
    assert_books_balance()


def test_a_line_that_fails_returns_to_the_wallet_with_the_reason(batch, bank, people, admin) -> None:
    unlucky = batch.payouts.first()
    bank.fails = frozenset({unlucky.pk.hex})
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    unlucky.refresh_from_db()
    assert (unlucky.state, unlucky.reason) == ("failed", "AC04 closed account")
    assert balance_of(unlucky.user) == 1000
    assert_books_balance()


def test_a_refused_batch_can_be_sent_again_or_discarded(batch, bank, people, admin) -> None:
    bank.mood = "refuse"
    refused = send(batch, admin)
    assert (refused.state, refused.problem, states(batch)) == ("open", "closed on Sundays", {"batched": 3})
    batches.discard_batch(batch_id=batch.pk, actor=admin.pk)
    bank.mood = "well"
    again = build(admin, "c")
    send(again, admin)
    assert bank.submissions == 2
    paid_once(bank, people)


@pytest.mark.parametrize("mood", ["lose_request", "lose_answer"])
def test_a_timeout_is_not_a_no(mood, batch, bank, people, admin) -> None:
    """Whether the batch was taken or not, everybody is paid once and nothing returns to a wallet before."""
    bank.mood = mood
    doubtful = send(batch, admin)
    assert doubtful.state == "sending" and states(batch) == {"unknown": 3}
    with pytest.raises(Conflict):
        batches.discard_batch(batch_id=batch.pk, actor=admin.pk)
    assert pots()["payable"] == 1200
    bank.mood = "well"
    batches.reconcile_batch(batch_id=batch.pk)
    batches.reconcile_batch(batch_id=batch.pk)
    assert states(batch) == {"paid": 3}
    paid_once(bank, people)


def test_a_refusal_after_a_timeout_is_not_a_no_either(batch, bank, people, admin) -> None:
    """The first try may still be on its way through the network."""
    bank.mood = "lose_request"
    send(batch, admin)
    bank.mood = "refuse"
    assert batches.reconcile_batch(batch_id=batch.pk).state == "sending"
    assert states(batch) == {"unknown": 3}


def test_a_silent_provider_changes_nothing(batch, bank, admin) -> None:
    send(batch, admin)
    bank.mood = "silent"
    batches.reconcile_batch(batch_id=batch.pk)
    assert states(batch) == {"sent": 3} and pots()["payable"] == 1200


def test_what_comes_back_after_it_was_paid_returns_to_the_wallet(batch, bank, admin) -> None:
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    line = batch.payouts.first()
    bank.fails = frozenset({line.pk.hex})
    batches.reconcile_batch(batch_id=batch.pk)
    line.refresh_from_db()
    assert line.state == "failed" and balance_of(line.user) == 1000
    assert_books_balance()


def test_paid_after_failed_is_left_to_a_person(batch, bank, admin) -> None:
    line = batch.payouts.first()
    bank.fails = frozenset({line.pk.hex})
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    bank.fails = frozenset()
    batches.reconcile_batch(batch_id=batch.pk)
    line.refresh_from_db()
    assert (line.state, line.disputed) == ("failed", True)
    assert not payouts.apply_status(payout_id=line.pk, status=LineStatus("paid"))
    assert_books_balance()


def test_money_put_back_by_a_person_is_not_sent_by_the_sweep(batch, bank, people, admin) -> None:
    bank.mood = "lose_request"
    send(batch, admin)
    back = batch.payouts.first()
    batches.mark_line(payout=back, outcome="failed", reason="not on the statement", actor=admin.pk)
    bank.mood = "well"
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    assert bank.paid() == [] and balance_of(back.user) == 1000
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_nobody_sends_while_another_speaks_with_the_bank(people, bank, admin) -> None:
    """A refused try beside one that is taken would let the batch be discarded, and paid again."""
    ask(people[0])
    batch = build(admin)
    with batches._only_sender(batch.pk):
        assert in_threads(2, lambda n: send(batch, admin)) == ["being_sent"] * 2
    assert bank.submissions == 0 and send(batch, admin).state == "sent"


@pytest.mark.django_db(transaction=True)
def test_nobody_marks_a_line_while_the_batch_is_on_its_way(people, bank, admin) -> None:
    bank.mood = "lose_request"
    line = ask(people[0])
    batch = send(build(admin), admin)
    line.refresh_from_db()

    def mark(_n):
        batches.mark_line(payout=line, outcome="failed", reason="not there", actor=admin.pk)

    with batches._only_sender(batch.pk):
        assert in_threads(1, mark) == ["being_sent"]


def test_one_broken_provider_does_not_keep_the_others_waiting(batch, bank, people, admin) -> None:
    class Broken(Sandbox):
        def status(self, key):
            raise ConnectionError("no route")

    registry.register_provider("broken", lambda: Broken(bank.book.with_suffix(".broken")))
    ask(people[0], 100, key="more")
    broken = send(build(admin, key="c", provider="broken"), admin)
    ask(people[0], 100, key="gone")
    gone = send(build(admin, key="d", provider="broken"), admin)
    PayoutBatch.objects.filter(pk=gone.pk).update(provider="removed")
    send(batch, admin)
    batches.reconcile_all()
    registry._factories.pop("broken")
    batch.refresh_from_db()
    broken.refresh_from_db()
    assert (batch.state, broken.state) == ("done", "sent")


def test_a_request_can_be_taken_back_until_it_is_prepared(people, bank, admin) -> None:
    first, second = ask(people[0]), ask(people[1])
    payouts.cancel_payout(payout_id=first.pk, actor=people[0].pk)
    payouts.cancel_payout(payout_id=first.pk, actor=people[0].pk)
    assert balance_of(people[0].pk) == 1000
    batch = build(admin)
    assert list(batch.payouts.all()) == [second]
    with pytest.raises(Conflict):
        payouts.cancel_payout(payout_id=second.pk, actor=people[1].pk)


def test_an_empty_batch_is_not_built(people, bank, admin) -> None:
    with pytest.raises(Conflict) as refused:
        build(admin)
    assert refused.value.code == "nothing_waits" and not PayoutBatch.objects.exists()


@pytest.mark.parametrize("key", ["same", None])
@pytest.mark.django_db(transaction=True)
def test_batches_built_at_the_same_moment_share_no_payout(key, people, bank, admin) -> None:
    for person in people:
        ask(person)
    results = in_threads(6, lambda n: build(admin, key or f"b{n}"))
    assert sorted(results) == (["ok"] * 6 if key else ["nothing_waits"] * 5 + ["ok"])
    [batch] = PayoutBatch.objects.all()
    assert (batch.payouts_count, batch.payouts.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_batch_sent_by_many_at_once_reaches_the_bank_once(people, bank, admin) -> None:
    bank.mood = "forget_keys"  # even from a provider that does not keep its promise
    for person in people:
        ask(person)
    batch = build(admin)
    assert set(in_threads(6, lambda n: send(batch, admin))) <= {"ok", "being_sent"}
    paid_once(bank, people)


@pytest.mark.django_db(transaction=True)
def test_payouts_marked_by_many_at_once_move_once(people, bank, admin) -> None:
    payout = ask(people[0])
    batch = build(admin)
    send(batch, admin)

    def work(n: int) -> None:
        if n % 2:
            payouts.mark_paid(payout_id=payout.pk, actor=admin.pk)
        else:
            payouts.mark_failed(payout_id=payout.pk, reason="no such account", actor=admin.pk)

    assert set(in_threads(8, work)) == {"ok", "not_sent"}
    payout.refresh_from_db()
    assert balance_of(people[0].pk) == (600 if payout.state == "paid" else 1000)
    assert_books_balance()


def end_session_of_the_dead(batch):
    """What PostgreSQL does when it notices that a client is gone, which may take it a moment."""
    held = """
        SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
        WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
          AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)
    """
    with connection.cursor() as cursor:
        cursor.execute(held, [f"payout batch {batch.pk}"])
    with turn(f"payout batch {batch.pk}", wait=True):
        pass


@pytest.mark.django_db(transaction=True)
def test_killed_between_the_bank_and_the_commit(people, bank, admin, tmp_path) -> None:
    """A real process, killed when the bank has the money: the sweep finds out, and pays nobody again."""
    for person in people:
        ask(person)
    batch = build(admin)
    connections.close_all()
    child = os.fork()
    if not child:
        bank.mood = "die"
        batches.send_batch(batch_id=batch.pk, actor=admin.pk)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 137
    end_session_of_the_dead(batch)
    batch.refresh_from_db()
    assert batch.state == "sending" and len(bank.paid()) == 3 and pots()["payable"] == 1200
    batches.reconcile_all()  # its sender may still be at it
    assert states(batch) == {"sent": 3}
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    assert states(batch) == {"paid": 3} and bank.submissions == 0
    paid_once(bank, people)
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_killed_before_the_bank_heard_of_it(people, bank, admin) -> None:
    for person in people:
        ask(person)
    batch = build(admin)
    batches._begin(batch)
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    paid_once(bank, people)


# -- the file-based adapter --------------------------------------------------------------------------------


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
