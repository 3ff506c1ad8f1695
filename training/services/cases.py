"""Feedback as cases: gathered, ordered, turned into tasks, followed into the version that learned them."""

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from annotations.models import Suggestion
from annotations.services.sending_back import send_back
from common import audit
from common.errors import Invalid, Problem
from tasks_app.fields.payload import PAYLOAD_KEYS
from tasks_app.known_contents import content_hash_in
from tasks_app.models import Item, Project
from tasks_app.services import slots
from tasks_app.services.imports import start_import
from training import access, freezing, satisfaction
from training.models import (
    Feedback,
    FeedbackCase,
    FeedbackPolicy,
    Model,
    ModelVersion,
    Prediction,
    SnapshotItem,
)
from training.triage import digest_of, is_content, priority

MOST_AT_ONCE = 200
LONGEST_IMPORT = timedelta(days=1)
MOST_TEXTS, MOST_ASKED = 20, 5_000  # ways of writing a case's text, and askings of each, that are counted
State = FeedbackCase.State


def file_feedback(feedback: Feedback) -> FeedbackCase:
    """Put one voice to its case, within the caller's transaction."""
    prediction = feedback.prediction
    case, _made = FeedbackCase.objects.get_or_create(
        model_id=prediction.version.model_id, digest=digest_of(prediction.payload),
        defaults=_last_answer(prediction),
    )  # fmt: skip
    # Two voices at once are counted one after the other.
    case = FeedbackCase.objects.select_for_update().get(pk=case.pk)
    feedback.case = case
    feedback.save(update_fields=["case"])
    for name, value in _last_answer(prediction).items():
        setattr(case, name, value)
    _count(case)
    if _said(feedback) is False and not _is_done_since(case, prediction):
        # Somebody is discontent again: what was thought done is not.
        case.state, case.item, case.tasked_at, case.reason = State.NEW, None, None, ""
        case.learned_by = None
    case.save()
    return case


def _is_done_since(case: FeedbackCase, prediction: Prediction) -> bool:
    """Whether a complaint about this answer changes nothing: the case is open anyway, or a later version than
    the one that gave it has learned."""
    if case.state == State.LEARNED and case.learned_by is not None:
        return prediction.version.number < case.learned_by.number
    return case.state in {State.NEW, State.TASK}


def _last_answer(prediction: Prediction) -> dict[str, Any]:
    return {"payload": prediction.payload, "value": prediction.value, "confidence": prediction.confidence}


def _count(case: FeedbackCase) -> None:
    case.voices, said, case.content = satisfaction.of_case(case.pk)
    texts = case.feedback.order_by().values_list("prediction__payload", flat=True).distinct()[:MOST_TEXTS]
    asked = Prediction.objects.filter(version__model=case.model_id)
    # Somebody waits for this, and a text may have been asked a million times.
    case.volume = sum(asked.filter(payload=payload)[:MOST_ASKED].count() for payload in list(texts))
    # Who only commented is neither content nor not, and does not change what is believed of the model.
    case.priority = priority(
        confidence=case.confidence, content=case.content, voices=said, volume=case.volume
    )


def _said(feedback: Feedback) -> bool | None:
    return is_content(
        thumbs=feedback.thumbs, rating=feedback.rating, correction=feedback.correction,
        value=feedback.prediction.value,
    )  # fmt: skip


@transaction.atomic
def make_tasks(*, model: Model, case_ids: Sequence[UUID], actor: User | None) -> list[FeedbackCase]:
    """Ask people what is right: each new case becomes an item of the model's project, through its import.

    The item is pinned to training, as nobody drew it by lot. Cases that are tasks already stay as they are.
    Raises Conflict where the project takes no more items, Invalid for too many at once.
    """
    _check_number(case_ids)
    cases = list(_locked(model, case_ids).filter(state__in=[State.NEW, State.DISMISSED]))
    if cases:
        _import(model.project, cases, actor)
        now = timezone.now()
        FeedbackCase.objects.filter(pk__in=[case.pk for case in cases]).update(
            state=State.TASK, tasked_at=now, reason=""
        )
        for case in cases:
            audit.record("feedback.task_made", case, actor=actor.pk if actor else None)
    return list(model.cases.filter(pk__in=case_ids))


def _import(project: Project, cases: Sequence[FeedbackCase], actor: User | None) -> None:
    lines = [
        json.dumps(
            {**_shown(case), "id": case.external_id, "group": case.external_id, "split": "train"},
            ensure_ascii=False,
        )
        for case in cases
    ]
    body = "\n".join(lines).encode()
    start_import(
        project=project, actor=actor or project.owner, chunks=[body], format="jsonl",
        options={"subjects": _subjects(cases)},
    )  # fmt: skip


def _subjects(cases: Sequence[FeedbackCase]) -> dict[str, str]:
    """Whose each text is, where whoever asked has said so: an erasure then finds the item as well."""
    said = Feedback.objects.filter(case__in=cases, prediction__subject__isnull=False).order_by("pk")
    known = dict(said.values_list("case", "prediction__subject"))
    return {case.external_id: str(known[case.pk]) for case in cases if case.pk in known}


def _shown(case: FeedbackCase) -> dict[str, Any]:
    """What an item may have of a case: all but the spans that only the model was given."""
    return {key: value for key, value in case.payload.items() if key in PAYLOAD_KEYS}


@transaction.atomic
def dismiss_cases(*, model: Model, case_ids: Sequence[UUID], reason: str, actor: User) -> list[FeedbackCase]:
    """Take new cases out of the queue, with a reason. A further complaint brings one back."""
    if not reason.strip():
        detail = _("Say why nothing is to be done; the reason is kept.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    _check_number(case_ids)
    for case in _locked(model, case_ids).filter(state=State.NEW):
        case.state, case.reason = State.DISMISSED, reason.strip()[:300]
        case.save(update_fields=["state", "reason"])
        audit.record("feedback.dismissed", case, actor=actor.pk, note=case.reason)
    return list(model.cases.filter(pk__in=case_ids))


def _check_number(case_ids: Sequence[UUID]) -> None:
    if not 1 <= len(case_ids) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d cases at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/cases", "length", detail)])


def _locked(model: Model, case_ids: Sequence[UUID]) -> QuerySet[FeedbackCase]:
    return model.cases.select_for_update().filter(pk__in=case_ids).order_by("pk")


# -- by itself ---------------------------------------------------------------------------------------------


def set_policy(*, model: Model, above: float | None, a_day: int = 20, actor: User) -> FeedbackPolicy | None:
    """Have cases become tasks from a priority on, at most so many a day; None turns it off."""
    if above is None:
        FeedbackPolicy.objects.filter(model=model).delete()
    elif not 0 < above < math.inf or not 1 <= a_day <= 10_000:
        detail = _("Give a priority above 0, and 1 to 10,000 tasks a day.")
        raise Invalid(detail, problems=[Problem("/above", "range", detail)])
    else:
        FeedbackPolicy.objects.update_or_create(model=model, defaults={"above": above, "a_day": a_day})
    audit.record("feedback.policy", model, actor=actor.pk, above=above, a_day=a_day)
    return FeedbackPolicy.objects.filter(model=model).first()


def make_due_tasks() -> int:
    """Make the tasks that the policies ask for; how many. Two workers at once make them once."""
    made = 0
    for policy_id in FeedbackPolicy.objects.values_list("pk", flat=True):
        with transaction.atomic():
            policy = (
                FeedbackPolicy.objects.select_for_update().select_related("model__project").get(pk=policy_id)
            )
            left = (
                policy.a_day
                - policy.model.cases.filter(tasked_at__gte=timezone.now() - timedelta(days=1)).count()
            )
            due = policy.model.cases.filter(state=State.NEW, priority__gte=policy.above).order_by("-priority")
            chosen = list(due.values_list("pk", flat=True)[: max(0, min(left, MOST_AT_ONCE))])
            if chosen and policy.model.project.state != Project.State.FINISHED:
                made += len(make_tasks(model=policy.model, case_ids=chosen, actor=None))
    return made


# -- the way back ------------------------------------------------------------------------------------------


def join_items() -> int:
    """Find the items of new tasks and suggest the model's answer there; how many were found.

    A text that the project had already gives no new item: the case then follows that one, and what was
    decided of it before it was asked goes to a reviewer. A case of which no item came is dismissed.
    """
    joined = 0
    waiting = FeedbackCase.objects.filter(state=State.TASK, item=None).select_related("model__project")
    waiting.filter(tasked_at__lt=timezone.now() - LONGEST_IMPORT).update(
        state=State.DISMISSED, reason=_("No item came of it. Look at the project’s imports.")
    )
    for case in waiting.order_by("tasked_at")[:1000]:
        if (item := _item_of(case)) is not None:
            joined += _join(case, item)
    return joined


@transaction.atomic
def _join(case: FeedbackCase, item: Item) -> bool:
    if not FeedbackCase.objects.filter(pk=case.pk, state=State.TASK, item=None).update(item=item):
        return False
    project, field = case.model.project, case.model.field
    Suggestion.objects.get_or_create(
        item=item, field=field,
        defaults={"value": case.value, "confidence": case.confidence, "source": f"{case.model.name}"},
    )  # fmt: skip
    if freezing.decided(project, [field]).filter(item=item, updated_at__lt=case.tasked_at).exists():
        send_back(project=project, field=field, item_ids=[item.pk], actor=project.owner)
    slots.open_waiting(project_id=project.pk)
    return True


def _item_of(case: FeedbackCase) -> Item | None:
    items = Item.objects.filter(project=case.model.project_id).exclude(state=Item.State.WITHDRAWN)
    own = items.filter(external_id=case.external_id).first()
    return own or items.filter(content_hash=content_hash_in(case.model.project_id, _shown(case))).first()


def note_version(version: ModelVersion) -> int:
    """Move on the cases whose answer `version` was made of, and tell who spoke; how many there were.

    What chose the best epoch (dev) was learned from as well; what it was tested on was not.
    """
    model = version.model
    seen = SnapshotItem.objects.filter(snapshot=version.snapshot_id, item=OuterRef("item_id")).exclude(
        split=SnapshotItem.Split.TEST
    )
    decided = freezing.decided(model.project, [model.field]).filter(item=OuterRef("item_id"))
    with transaction.atomic():
        cases = list(
            model.cases.select_for_update(of=("self",)).filter(
                Exists(seen),
                Exists(decided),
                state=State.TASK,
                # What was frozen before anybody was asked says nothing of what they said.
                tasked_at__lt=version.snapshot.created_at,
            )
        )
        for case in cases:
            case.state, case.learned_by = State.LEARNED, version
            case.save(update_fields=["state", "learned_by"])
            _tell(case, version)
    return len(cases)


def _tell(case: FeedbackCase, version: ModelVersion) -> None:
    page = reverse("model", args=[version.model.name])
    authors = case.feedback.filter(author__isnull=False).values("author")
    for author in User.objects.filter(pk__in=authors):
        # Who may ask a model need not administer it, and would find no page there.
        sees = access.models_for(author).filter(pk=version.model_id).exists()
        notify(
            user_id=author.pk, kind="feedback_learned", url=page if sees else "",
            model=version.model.name, version=version.number,
        )  # fmt: skip


def outcome_of(feedback: Feedback) -> tuple[str, int | None]:
    """What became of somebody's words: the state of the case, and the version that learned it."""
    case = feedback.case
    if case is None:
        return State.NEW, None
    return case.state, case.learned_by.number if case.learned_by else None
