"""What people type: replaced before it is stored, whoever stores it, and the person is told."""

import json
from collections import Counter
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.db import connection, models

from accounts.models import Notification
from accounts.services.notifications import notify
from annotations.models import Answer, Appeal, Measure, Review
from annotations.services.measures import take_measure
from annotations.services.submission import submit_answer
from common import gate
from common.errors import Invalid
from common.gate import json_through_gate
from privacy.services.beside import redact_beside
from rewards.models import Bonus, Transfer
from rewards.services.recognition import set_listing
from tasks_app.models import Assignment, Flag, Item, Project, WorkerProgress
from tasks_app.services.imports import start_import
from tasks_app.services.projects import create_project
from tasks_app.services.qualification import define_qualification
from tests.factories import CHOICE, SPAN, TEXT, client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
SAID = "Ask nolene.smith@gmail.com or 212-555-0143"
CLEAN = "Ask [EMAIL_1] or [PHONE_1]"

# --- every column of text is for typed text, or says why not ---------------------------------------------

# A new column fails the test below until it is a TypedChar or TypedText, or stands here with its reason.
EXCEPTIONS = {
    "accounts.User.email": "the account holder's own, needed to sign in; erased with the account",
    "accounts.User.display_name": "the account holder's own name, shown to nobody but them and managers",
    "rewards.Recognition.nickname": "refused, not replaced, where it looks like personal data",
    "annotations.Review.passage": "word for word out of the instructions, which have passed the gate",
    "rewards.Transfer.memo": "project titles and reasons, through the gate in the services that book",
    "tasks_app.Item.external_id": "pseudonymised by the import",
    "tasks_app.Item.group": "pseudonymised by the import",
    "tasks_app.Item.licence": "the name of a licence, out of the imported file",
    "training.SnapshotItem.group": "copied from the item",
    "training.ModelVersion.card": "made by a program from figures and names of fields",
    "training.Run.log": "printed by the engine, which prints no values (tests/privacy/test_logs.py)",
    "customer_service.Exchange.writer": "the name of a model, out of a setting or the registry",
    "education_grading.Submission.learner": "a keyed digest of who it is (learners.py)",
    "privacy.NoticeDraft.body": "the controller's public notice, which must name them",
    "privacy.NoticeVersion.text": "the controller's public notice, which must name them",
    "privacy.ConsentRecord.statement": "the controller's public words, copied",
    "recommendation.CatalogueItem.external_id": "what the owner's catalogue calls an item",
    "recommendation.CatalogueItem.title": "a public catalogue, which names authors and makers",
    "recommendation.CatalogueItem.text": "a public catalogue, which names authors and makers",
    "recommendation.CatalogueItem.encoder": "a setting, copied",
}
PROGRAMS = {  # columns that only programs fill
    "contact_digest", "data_hash", "file", "id", "item_state", "part", "problem", "stratum",
    "action", "category", "claim_key", "config_hash", "content_hash", "currency", "detector", "device",
    "digest", "encoder", "end_user", "field", "fixed_method", "format", "head", "hint", "idempotency_key",
    "item_group", "key", "key_id", "kind", "language", "method", "metric", "name", "password", "path",
    "prefix", "proof", "provider", "public_key", "reference", "replacement", "request_hash", "sha256",
    "sentiment", "signature", "source", "target", "target_type", "template", "time_zone", "topic",
    "upheld", "url", "version",
}  # fmt: skip
# `reason` of these is what a program says of itself; errors go through `message_of` or are our own words.
PROGRAMS_SAY = {
    "privacy.CanaryEstimate", "privacy.Rescan",
    "tasks_app.ImportJob", "training.Run", "training.CrossFit", "training.ActiveLearning",
    "training.Trial", "training.ServingRuntime", "training.Preannotation", "training.LearningCurve",
    "training.VersionComparison", "training.Analysis", "recommendation.Mixture",
    "education_grading.Calibration",
    "health_triage.Calibration",
    "social_content.Floor",
    "applications.Setup", "applications.Measured",
}  # fmt: skip
OURS = {
    "common", "accounts", "privacy", "rewards", "tasks_app", "annotations", "training", "applications",
    "customer_service", "education_grading", "finance_monitor", "health_triage", "recommendation",
    "social_content",
}  # fmt: skip


def text_columns():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.local_fields:
                if isinstance(field, (models.CharField, models.TextField)) and not field.choices:
                    yield f"{model._meta.label}.{field.name}", model._meta.label, field


def test_no_column_of_text_goes_around_the_gate():
    forgotten = [
        name
        for name, model, field in text_columns()
        if not isinstance(field, gate._Typed)
        and name not in EXCEPTIONS
        and field.name not in PROGRAMS
        and not (field.name == "reason" and model in PROGRAMS_SAY)
    ]
    assert forgotten == [], "use common.gate.TypedChar or TypedText, or say why not in EXCEPTIONS"


def test_the_exceptions_are_still_there():
    assert EXCEPTIONS.keys() <= {name for name, _model, _field in text_columns()}


# --- the columns ------------------------------------------------------------------------------------------


@pytest.fixture
def flag():
    item = make_items(make_project())[0]
    return Flag.objects.create(item=item, worker=make_user(), kind="other", comment=SAID)


def stored(row, column):
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row.pk])  # noqa: S608
        return cursor.fetchone()[0]


def test_every_way_of_writing_a_row_passes_the_gate(flag):
    assert stored(flag, "comment") == flag.comment == CLEAN
    flag.comment = f"{SAID} again"
    flag.save()
    assert stored(flag, "comment") == f"{CLEAN} again"
    Flag.objects.update(comment=SAID)
    assert stored(flag, "comment") == CLEAN
    flag.comment = f"{SAID}!"
    Flag.objects.bulk_update([flag], ["comment"])
    assert stored(flag, "comment") == f"{CLEAN}!"
    [made] = Flag.objects.bulk_create([Flag(item=flag.item, worker=make_user(), kind="other", comment=SAID)])
    assert stored(made, "comment") == CLEAN
    made, _new = Flag.objects.update_or_create(pk=made.pk, defaults={"comment": f"{SAID}?"})
    assert stored(made, "comment") == f"{CLEAN}?"


def test_what_was_typed_finds_the_row_again(flag):
    assert Flag.objects.filter(comment=flag.comment).exists()


def test_the_text_still_fits_its_column(flag):
    flag.comment = "x" * 490 + " a@b.co"
    flag.save()
    assert len(stored(flag, "comment")) <= 500


def test_to_migrations_it_is_the_plain_column():
    assert Flag._meta.get_field("comment").deconstruct()[1] == "django.db.models.CharField"


# --- services ---------------------------------------------------------------------------------------------


def everything_stored():
    """All text that the tables of ours hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
            "AND split_part(table_name, '_', 1) IN "
            "('common', 'accounts', 'privacy', 'rewards', 'tasks', 'annotations', 'training')"
        )
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def nothing_is_left():
    text = everything_stored()
    return "nolene.smith" not in text and "212-555-0143" not in text


@pytest.fixture
def worked():
    """A project with a text field, one item, and somebody who holds it."""
    project = make_project(fields=(CHOICE, {**TEXT, "required": True}))
    item = make_items(project)[0]
    worker = make_user()
    return project, item, worker, lease(item, worker)


def test_an_answer(worked):
    project, item, worker, assignment = worked
    receipt = submit_answer(
        assignment=assignment,
        answer={"intent": "refund", "reply": SAID},
        edits=[{"field": "reply", "to": SAID, "at": 3}],
    )
    answer = Answer.objects.get(pk=receipt.answer_id)
    assert answer.value["reply"] == CLEAN and answer.edits == [{"field": "reply", "to": CLEAN, "at": 3}]
    assert nothing_is_left()


def test_a_flag_a_return_and_a_ban(worked):
    project, item, worker, assignment = worked
    client = client_of(worker)
    client.post(f"/api/v1/assignments/{assignment.pk}/return", {"reason": SAID})
    assert Assignment.objects.get(pk=assignment.pk).reason == CLEAN
    again = lease(make_items(project)[0], worker)
    flagged = client.post(f"/api/v1/assignments/{again.pk}/flag", {"kind": "broken", "comment": SAID})
    assert flagged.status_code < 300, flagged.content
    assert Flag.objects.get().comment == CLEAN
    take_measure(project=project, worker=worker, kind="ban", reason=SAID, actor=project.owner)
    assert Measure.objects.get().reason == WorkerProgress.objects.get().ban_reason == CLEAN
    assert Notification.objects.get(user=worker).data["reason"] == CLEAN
    assert nothing_is_left()


def test_a_review_an_appeal_and_its_decision(worked):
    from annotations import consensus
    from annotations.models import Consensus
    from annotations.services.appeals import appeal_answer, decide_appeal
    from annotations.services.review import reject_answers
    from tests.annotations.crowd import make_reviewer

    project, item, worker, assignment = worked
    submit_answer(assignment=assignment, answer={"intent": "refund", "reply": "ok"})
    for intent in ("delivery", "other"):
        submit_answer(assignment=lease(item, make_user()), answer={"intent": intent, "reply": "no"})
    consensus.aggregate_item(item.pk)
    Consensus.objects.filter(item=item).update(state="review")
    row = Consensus.objects.get(item=item, field="intent")
    reject_answers(consensus=row, reason=SAID, actor=make_reviewer(project))
    answer = Answer.objects.get(item=item, worker=worker)
    assert answer.reason == Review.objects.get().reason == CLEAN
    appeal = appeal_answer(answer=answer, text=SAID, actor=worker)
    decide_appeal(appeal=appeal, uphold=False, reason=SAID, actor=make_reviewer(project))
    assert (Appeal.objects.get().text, Appeal.objects.get().decision) == (CLEAN, CLEAN)
    assert nothing_is_left()


def test_money_and_its_reasons(worked):
    project, item, worker, assignment = worked
    from rewards.services.bonuses import Source, give_bonus

    give_bonus(
        source=Source(project_id=project.pk, title=project.title, currency="USD"),
        worker_id=worker.pk, amount_minor=100, reason=SAID, key="k", actor=project.owner_id,
    )  # fmt: skip
    assert Bonus.objects.get().reason == CLEAN
    assert Transfer.objects.get(kind="bonus").memo == CLEAN
    assert nothing_is_left()


def test_a_project_and_a_test_of_it():
    owner = make_user()
    project = create_project(owner=owner, title=SAID, instructions=SAID)
    assert (project.title, project.instructions) == (CLEAN, CLEAN)
    exam = define_qualification(
        owner=owner, title=SAID, instructions=SAID, fields=[SPAN, TEXT],
        items=[{
            "text": f"Nolene Smith, {SAID} today?", "explanation": SAID,
            "answer": {"qa": [{"turn": 0, "start": 57, "end": 63, "label": "question"}], "reply": SAID},
        }],
    )  # fmt: skip
    question = exam.items.get()
    [mark] = question.answer["qa"]
    assert question.payload["text"][mark["start"] : mark["end"]] == f"Nolene Smith, {SAID} today?"[57:63]
    assert question.explanation == question.answer["reply"] == CLEAN
    assert nothing_is_left()


def test_notifications_and_names():
    person = make_user()
    notify(user_id=person.pk, kind="x", url="/work/", reason=SAID, deep=[{"text": SAID}])
    assert Notification.objects.get().data == {"reason": CLEAN, "deep": [{"text": CLEAN}]}
    with pytest.raises(Invalid, match="Make one up"):
        set_listing(user_id=person.pk, listing="nickname", nickname="a@b.co")


@pytest.mark.django_db(transaction=True)
def test_texts_that_come_with_an_import():
    project = make_project(fields=(CHOICE, TEXT), state=Project.State.DRAFT)
    line = {
        "text": "My name is Nolene Smith, nolene.smith@gmail.com.",
        "gold": {"intent": "refund", "reply": "Dear Nolene Smith, we wrote to nolene.smith@gmail.com"},
    }
    start_import(project=project, actor=project.owner, chunks=[json.dumps(line).encode()], format="jsonl")
    from tasks_app.importing import job
    from tasks_app.models import ImportJob

    job.run(ImportJob.objects.get().pk)
    item = Item.objects.get()
    assert item.payload["text"] == "My name is [PERSON_1], [EMAIL_1]."
    assert item.gold["reply"] == "Dear [PERSON_1], we wrote to [EMAIL_1]"


# --- beside an item ---------------------------------------------------------------------------------------


def test_who_has_a_placeholder_in_the_dialogue_has_it_in_the_answer(worked, monkeypatch):
    _project, item, _worker, _assignment = worked
    texts = ["My name is [PERSON_1]", "and mine is [PERSON_2]"]
    originals = [
        {"turn": 0, "start": 11, "end": 21, "kind": "PERSON", "value": "Nolene Smith"},
        {"turn": 1, "start": 12, "end": 22, "kind": "PERSON", "value": "Ravi Patel"},
    ]
    monkeypatch.setattr("privacy.services.vault.originals_of", lambda _item: originals)
    said = "ravi wants what Nolene Smith has; my name is Peter Kowalski"
    clean = redact_beside(said, item=item.pk, texts=texts, policy="placeholder")
    assert clean == "[PERSON_2] wants what [PERSON_1] has; my name is [PERSON_3]"
    assert redact_beside(said, item=item.pk, texts=texts, policy="keep") == said


def test_an_invented_stand_in_stays(worked, monkeypatch):
    from privacy.models import Finding

    project, item, _worker, _assignment = worked
    Finding.objects.create(
        project=project.pk, item=item.pk, turn=0, start=11, end=26, kind="PERSON", detector="x", score=1,
        replacement="Elowin Kestwell",
    )  # fmt: skip
    said = "Dear Elowin Kestwell, Nolene Smith <nolene.smith@gmail.com> will call"
    clean = redact_beside(said, item=item.pk, texts=["My name is Elowin Kestwell"], policy="surrogate")
    assert clean.startswith("Dear Elowin Kestwell, ") and "nolene" not in clean.lower()


# --- telling ----------------------------------------------------------------------------------------------


def test_a_program_is_told_in_a_header(worked):
    _project, _item, worker, assignment = worked
    answer = client_of(worker).post(f"/api/v1/assignments/{assignment.pk}/return", {"reason": SAID})
    assert answer.headers["Privacy-Replaced"] == "EMAIL=1, PHONE=1"
    assert "e-mail address (1), phone number (1)" in unquote(answer.headers["Privacy-Replaced-Words"])
    again = client_of(worker).get("/api/v1/catalogue")
    assert "Privacy-Replaced" not in again.headers


def test_a_person_is_told_on_the_next_page(client, worked):
    project, _item, worker, assignment = worked
    submit_answer(assignment=assignment, answer={"intent": "refund", "reply": "ok"})
    answer = Answer.objects.get()
    Answer.objects.update(state="rejected", decided_at=answer.created_at)
    client.force_login(worker)
    response = client.post(f"/work/{answer.pk}/appeal/", {"text": SAID})
    assert response.status_code in {302, 303}, response.content[:300]
    said = [str(one) for one in get_messages(response.wsgi_request)]
    assert any("replaced before it was stored: e-mail address (1), phone number (1)" in one for one in said)
    assert Appeal.objects.get().text == CLEAN


def test_what_is_counted_ends_with_its_block():
    with gate.replacements() as kinds:
        gate.through_gate(SAID)
        gate.through_gate(CLEAN)
    gate.through_gate(SAID)
    assert kinds == Counter(EMAIL=1, PHONE=1)


@pytest.mark.parametrize("typed", ["+4915123456789", "4111-1111-1111-1111", "4111111111111111"])
def test_a_number_alone_in_json_is_no_code(typed):
    assert json_through_gate({"to": typed})["to"].startswith("[")


def test_the_currency_of_a_sum_is_nobody():
    user = make_user()
    notify(user_id=user.pk, kind="payout_failed", amount_minor=50_000, currency="USD", reason=SAID)
    data = Notification.objects.get(user=user).data
    assert (data["currency"], data["reason"]) == ("USD", CLEAN)
    assert json_through_gate({"currency": SAID}) == {"currency": CLEAN}


def test_codes_in_json_stay():
    codes = ["refund", "2026-11-28T09:30:00", "2026-11-28", "12.50", "0", "a/b:c", "deadbeef01"]
    assert json_through_gate(codes) == codes
