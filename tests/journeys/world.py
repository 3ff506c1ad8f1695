"""One of everything, so that no page is empty."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Notification, Role, User
from accounts.roles import grant
from accounts.services.tokens import create_token
from annotations import consensus, fitting
from annotations.models import AnomalySignal, Answer, Consensus, Measure, Review, SecondReview
from annotations.services.appeals import appeal_answer
from annotations.services.measures import take_measure
from annotations.services.review import reject_answers
from applications.models import Setup
from common.ids import uuid7
from privacy.models import CanaryEstimate, Rescan
from tasks_app.models import Item, Project
from tasks_app.protecting.estimating import draw_sample, finish_text
from tasks_app.protecting.missed import Place, report_missed
from tasks_app.services import imports, projects
from tasks_app.services.qualification import define_qualification, grant_qualification
from tests.annotations.crowd import answer, make_reviewer
from tests.factories import CHOICE, make_items, make_user
from tests.journeys.analysis_rows import analysed
from tests.journeys.feeds import feed_ids
from tests.journeys.grading_rows import grading_ids
from tests.journeys.library_rows import library
from tests.journeys.money import flow
from tests.journeys.monitor_rows import watching
from tests.journeys.privacy_rows import requested
from tests.journeys.rows import dialogues
from tests.journeys.service_rows import shop
from training.models import (
    ActiveLearning,
    DriftReading,
    FeedbackCase,
    ModelErasure,
    ModelVersion,
    Prediction,
    RetrainFiring,
    Run,
    Snapshot,
)
from training.ranking import STARTED
from training.services.active_learning import set_active_learning
from training.services.feedback import give_feedback, sign_link
from training.services.predictions import predict
from training.services.retraining import Terms, create_rule, evaluate_rule

BAD_FILE = b'{"id": "x", "turns": [\n{"id": "y", "text": "Call me on +44 20 7946 0958, Maria Jensen."}\n'
KEEP = {"keep_duplicates": True}


@dataclass(frozen=True)
class World:
    people: dict[str, User | None]
    ids: dict[str, Any]


def make_world(version: ModelVersion) -> World:
    people = make_people()
    requester, annotator = people["requester"], people["annotator"]
    project = dialogues(12, owner=requester, title="Parcels and refunds 包裹", overlap_max=3)
    draft = projects.create_project(owner=requester, template="customer-service")
    label(project, annotator)
    imports.start_import(
        project=project,
        actor=requester,
        chunks=[BAD_FILE],
        format="jsonl",
        options={"keep_duplicates": False},
    )
    rejected = turn_down(project, annotator)
    create_token(user=annotator, name="nightly export")
    Notification.objects.create(user=annotator, kind="appeal_upheld", data={"project": project.title})
    grant(people["reviewer"], Role.REVIEWER, project.pk)
    queued = Run.objects.create(
        project=version.model.project, number=2, field="intent", queued_at=timezone.now()
    )
    ids = {
        "project": project.pk,
        "draft": draft.pk,
        "item": Consensus.objects.filter(project=project, state="review").values_list("item", flat=True)[0],
        "answer": rejected.pk,
        **qualified(requester, annotator, project),
        "measure": watched(project, draft, annotator).pk,
        "run": version.run_id,
        "snapshot": version.snapshot_id,
        "queued": queued.pk,
        "model": version.model.name,
        "batch": flow(project, annotator, people["admin"]).pk,
        "month": f"{timezone.now():%Y-%m}",
        "link": ask(version, people["admin"]),
        "prediction": Prediction.objects.get(version=version, feedback=None).pk,
        "setup": being_set_up(draft, queued).pk,
        "library": library(requester).pk,
        **requested(annotator, people["admin"]),
        "triage": projects.create_project(owner=requester, template="health-triage").pk,
        **feed_ids(requester),
        **grading_ids(requester),
        "social_empty": projects.create_project(owner=requester, template="social-content").pk,
        "library_empty": projects.create_project(owner=requester, template="recommendation").pk,
        "withdrawn": erased_from(version).pk,
        **monitored(requester),
    }
    ids |= shop(requester, str(ids["prediction"]))
    drifting(version, people["admin"])
    complained(version)
    ranked(project, requester)
    analysed(project)
    missing_something(project, annotator)
    return World({**people, "nobody": None}, ids)


def monitored(requester: User) -> dict[str, Any]:
    alert = watching(requester)
    return {"news": alert.monitor_id, "alert": alert.pk}


def being_set_up(draft: Project, run: Run) -> Setup:
    """An application on its way, which has something to say."""
    return Setup.objects.create(
        project=draft, kind="customer-service", step="train", runs={"intent": str(run.pk)},
        notes=["The training of “emotion” ended: The disk is full."], created_by=draft.owner,
    )  # fmt: skip


def erased_from(version: ModelVersion) -> Snapshot:
    """A version before it that learned from what was erased since, and the snapshot that was withdrawn."""
    now, project = timezone.now(), version.model.project
    snapshot = Snapshot.objects.create(
        project=project, number=90, schema_version=version.snapshot.schema_version,
        fields=version.snapshot.fields, counts=version.snapshot.counts, sha256=f"withdrawn-{version.pk.hex}",
        withdrawn_at=now,
    )  # fmt: skip
    run = Run.objects.create(
        project=project, number=90, field="intent", queued_at=now, snapshot=snapshot, state="succeeded",
        report=version.run.report,
    )  # fmt: skip
    gone = ModelVersion.objects.create(
        model=version.model, number=90, run=run, snapshot=snapshot, stage="archived", quarantined_at=now,
        path=version.path, card=version.card, metrics=version.metrics, config_hash=version.config_hash,
    )  # fmt: skip
    ModelErasure.objects.create(
        version=gone, request=uuid7(), action="retrain", items=3, retraining="candidate"
    )
    ModelErasure.objects.create(
        version=version,
        request=uuid7(),
        action="keep",
        items=1,
        through=gone,
        legal_ground="GDPR Art. 17(3)(d): figures for research 研究统计",
    )
    return snapshot


def drifting(version: ModelVersion, admin: User) -> None:
    """A week of readings, and a rule of each kind, one of which has fired and cools down."""
    for day in range(7):
        DriftReading.objects.create(
            version=version, day=timezone.now().date() - timedelta(days=7 - day), source="predictions",
            items=400, embedding=0.05 * day, embedding_chance=0.06, labels=0.02 * day, labels_chance=0.05,
            shares={"refund": [0.4, 0.2], "delivery 配送": [0.6, 0.8]},
        )  # fmt: skip
    conditions = {"approvals": {"every": 12_000}, "schedule": {}, "satisfaction": {"below": 0.7}, "drift": {}}
    for kind, condition in conditions.items():
        rule = create_rule(
            project=version.model.project, field="intent", kind=kind, actor=admin,
            terms=Terms(condition=condition, budget_runs=5, budget_minutes=60, promote=kind == "drift"),
        )  # fmt: skip
        evaluate_rule(rule_id=rule.pk)
    RetrainFiring.objects.create(
        rule=rule, run=version.run, outcome="promoted", fired_at=timezone.now(), figures=FIRED
    )


def complained(version: ModelVersion) -> None:
    """Cases in every state, of several voices, with comments and corrections."""
    for number in range(6):
        for voice in range(1 + number % 3):
            row = Prediction.objects.create(
                version=version, payload={"text": f"Where is parcel {number}? 包裹在哪里"}, value="refund",
                confidence=0.5 + number / 20,
            )  # fmt: skip
            give_feedback(
                prediction=row, end_user=f"{number} {voice}", thumbs=-1, rating=2,
                correction="delivery" if voice else None, comment="It asks for the parcel. 不是退款",
            )  # fmt: skip
    states = ["new", "task", "learned", "dismissed"]
    for case, state in zip(FeedbackCase.objects.order_by("created_at"), states, strict=False):
        case.state, case.learned_by = state, version if state == "learned" else None
        case.reason = "A joke." if state == "dismissed" else ""
        case.save()


def ranked(project: Project, requester: User) -> None:
    """Active learning has chosen what is asked next, one of it begun."""
    wish = set_active_learning(project=project, field="intent", batch=10, lot_share=0.25, actor=requester)
    ActiveLearning.objects.filter(pk=wish.pk).update(
        state="idle", pool=12, chosen=4, by_lot=1, mean_doubt=0.31, ranked_at=timezone.now()
    )
    for place, item in enumerate(Item.objects.filter(project=project, gold=None)[:4]):
        Item.objects.filter(pk=item.pk).update(priority=STARTED if place == 0 else 4.0 - place)


def missing_something(project: Project, annotator: User) -> None:
    """Something was flagged, with a mark and without; how much is found was measured; a sample is read."""
    for item, places in zip(make_items(project, 2), ([Place(0, 0, 5)], []), strict=True):
        report_missed(
            item=item, item_state="open", places=places, kind="PERSON", actor=annotator, source="flag"
        )
    CanaryEstimate.objects.create(
        project=project.pk, seed=1, state="succeeded", done=120, total=120,
        tally={"PERSON": [51, 60], "EMAIL": [60, 60]},
    )  # fmt: skip
    Rescan.objects.create(
        project=project.pk, state="succeeded", done=14, total=14, changed=2, findings={"PERSON": 2}
    )
    check = draw_sample(project=project, actor=project.owner, size=5)
    for row in check.texts.order_by("place")[:3]:
        finish_text(text_id=row.pk, actor=project.owner)


FIRED = {"embedding": 0.31, "labels": 0.12, "items": 400, "day": "2026-11-20"}


def qualified(requester: User, annotator: User, project: Project) -> dict[str, Any]:
    """An exam that the annotator has passed by hand, and a gold item that people fail."""
    exam = define_qualification(
        owner=requester,
        title="Intents of customers 意图",
        instructions="Choose what the customer came for.",
        fields=[CHOICE],
        items=[{"text": "I want my money back.", "answer": {"intent": "refund"}, "explanation": "Money."}],
    )
    grant_qualification(qualification=exam, worker=annotator, actor=requester)
    [gold] = make_items(project, 1, gold={"intent": "refund"}, slots=1)
    return {"qualification": exam.pk, "gold": gold.pk}


def make_people() -> dict[str, User]:
    names = ("newcomer", "annotator", "requester", "reviewer", "admin")
    people = {name: make_user(name, last_login=timezone.now()) for name in names}
    grant(people["requester"], Role.REQUESTER)
    grant(people["admin"], Role.ADMIN)
    return people


def said(item: Item, intent: str, emotion: str) -> dict[str, Any]:
    text = item.payload["turns"][0]["text"]
    return {
        "qa": [{"turn": 0, "start": text.index("Where"), "end": len(text), "label": "question"}],
        "emotion": [{"turn": 0, "label": emotion}, {"turn": 2, "label": "pleased"}],
        "intent": intent,
        "reply": "It arrives tomorrow.",
    }


def label(project: Project, annotator: User) -> None:
    """Ten items answered by three people; on every third item they differ."""
    crowd = [annotator, make_user("Ben"), make_user("Cleo")]
    for number, item in enumerate(Item.objects.filter(project=project).order_by("position")[:10]):
        intents = ("refund", "delivery", "other") if number % 3 == 0 else ("delivery",) * 3
        emotions = ("calm", "annoyed", "calm") if number % 3 == 0 else ("calm",) * 3
        for person, intent, emotion in zip(crowd, intents, emotions, strict=True):
            answer(item, person, said(item, intent, emotion))
        consensus.aggregate_item(item.pk)
    fitting.refit(project.pk, wait=True)


def turn_down(project: Project, annotator: User) -> Answer:
    """Two rejected answers; the annotator has appealed against the one that is not returned."""
    doubtful = (
        Consensus.objects.filter(project=project, state="review").order_by("item_id").distinct("item_id")
    )
    answers = []
    for row in doubtful[:2]:
        mine = Answer.objects.get(item=row.item, worker=annotator)
        reject_answers(
            consensus=row, reason="Read turn 3 again.", actor=make_reviewer(project), answer_ids=[mine.pk]
        )
        mine.refresh_from_db()
        answers.append(mine)
    appeal_answer(answer=answers[1], text="It says tomorrow 明天.", actor=annotator)
    return answers[0]


def watched(project: Project, elsewhere: Project, annotator: User) -> Measure:
    """Something stands out about two people; the annotator is to learn again in another project. A decision
    waits for a second look, and two reviewers differ."""
    requester = project.owner
    other = Answer.objects.filter(project=project).exclude(worker=annotator)[0].worker
    for kind, evidence in SIGNALS.items():
        partner = make_user("Dora") if kind == "collusion" else None
        AnomalySignal.objects.create(
            project=project,
            worker=other,
            partner=partner,
            kind=kind,
            score=1,
            p_value=0.00001,
            evidence=evidence,
        )
    second = Review.objects.filter(consensus__project=project, action="reject").order_by("id")
    for review, state, action in zip(second, ("waiting", "differs"), ("", "approve"), strict=False):
        SecondReview.objects.create(
            project=project,
            review=review,
            state=state,
            action=action,
            value=review.before,
            reviewer=requester,
        )
    return take_measure(
        project=elsewhere,
        worker=annotator,
        kind="retrain",
        reason="Read turn 3 again. 请重读",
        actor=requester,
    )


SIGNALS = {
    "fast": {"median_seconds": 2.1, "usual_seconds": 31.0, "median_chars": 420, "answers": 40},
    "collusion": {
        "common": 60,
        "same": 58,
        "expected": 33.1,
        "wrong_together": 17,
        "either_wrong": 18,
        "field": "intent",
    },
}


def ask(version: ModelVersion, admin: User) -> str:
    """The model is asked twice; the first answer has feedback, the link of the second is returned."""
    texts = ("please give my money back", "where is the parcel")
    asked = predict(model=version.model, items=[{"text": text} for text in texts], actor=admin)
    give_feedback(prediction=asked.predictions[0], author=admin, thumbs=-1, comment="No, 不对")
    return sign_link(asked.predictions[1], "crm-7")
