"""A project that was analysed: something of each kind was found, and somebody has decided on some of it."""

from django.utils import timezone

from tasks_app.models import Item, Project
from training import cleaning
from training.analysis_data import data_hash
from training.models import Analysis, AnalysisFinding, AnalysisResult, CleaningTask

SUSPECT = {"given": "refund", "suggested": "delivery", "given_share": 0.02, "suggested_share": 0.93}
EVIDENCE = {
    cleaning.LANGUAGE: {"language": "de"},
    cleaning.SHORT: {"words": 1},
    cleaning.RECURRING: {"share": 0.4},
    cleaning.DAMAGED: {"damage": "mojibake"},
}


def analysed(project: Project) -> None:
    items = list(Item.objects.filter(project=project).order_by("position")[:9])
    kinds = {kind: {"items": 1, "share": 1 / 12} for kind in cleaning.KINDS}
    found = {
        "cleaning": {"count": 8, "items": 12, "turns": 48, "unsure": 2, "kinds": kinds},
        "label_errors": {
            "count": 1,
            "fields": {
                "intent": {"type": "choice", "units": 60, "found": 1, "noise": 0.04,
                           "pairs": [["refund", "delivery", 1]]},
                "reply": {"type": "text", "left_out": "type"},
            },
        },
    }  # fmt: skip
    keys = {part: part for part in found}
    Analysis.objects.create(
        project=project, data_hash=data_hash(project, None), key="all", keys=keys,
        options={part: {} for part in found}, state="done", share=1.0, finished_at=timezone.now(),
    )  # fmt: skip
    results = {
        part: AnalysisResult.objects.create(
            project=project, part=part, key=part, version=1, options={}, data=data, seconds=2.0
        )
        for part, data in found.items()
    }
    for item, kind in zip(items, cleaning.KINDS, strict=False):
        evidence = EVIDENCE.get(kind, {"like": str(items[-1].pk)} if kind != cleaning.OUTLIER else {})
        AnalysisFinding.objects.create(
            result=results["cleaning"], kind=kind, item=item, score=1, evidence=evidence, turn=0
        )
        CleaningTask.objects.create(project=project, item=item, kind=kind, evidence=evidence)
    AnalysisFinding.objects.create(
        result=results["label_errors"], kind="intent", item=items[0], score=0.98, evidence=SUSPECT
    )
