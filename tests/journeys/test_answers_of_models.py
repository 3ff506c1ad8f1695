"""What people see of scales, rankings and links: an answer by its link, and the run that taught it."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.roles import grant
from tasks_app.models import Project
from tests.factories import SPAN, make_project, make_user
from tests.journeys.conftest import Visits
from training.models import Model, ModelVersion, Prediction, Run, Snapshot
from training.services.feedback import sign_link

pytestmark = pytest.mark.browser

LINKS = {"name": "links", "type": "relation", "title": "Links", "from": "qa", "labels": ["answers"]}
TONE = {"name": "tone", "type": "scale", "title": "Tone", "min": -2, "max": 2}
BEST = {"name": "best", "type": "rank", "title": "Best"}
DIALOGUE = {"turns": [{"speaker": "customer", "text": "Where is my parcel? It is late."},
                      {"speaker": "agent", "text": "It arrives tomorrow."}]}  # fmt: skip
SPANS = [{"turn": 0, "start": 0, "end": 19, "label": "question"},
         {"turn": 1, "start": 0, "end": 20, "label": "answer"}]  # fmt: skip
OFFERED = [{"id": "a", "text": "I do not know."}, {"id": "b", "text": "On Monday, and I am sorry."}]
SCALE_REPORT = {
    "labels": {str(n): {"precision": 0.8, "recall": 0.7, "f1": 0.75, "support": 9} for n in range(-2, 3)},
    "micro": {"precision": 0.75, "recall": 0.75, "f1": 0.75, "support": 45},
    "macro": {"precision": 0.8, "recall": 0.7, "f1": 0.75, "support": 45},
    "confusion": {"labels": [str(n) for n in range(-2, 3)], "matrix": [[7, 2, 0, 0, 0]] * 5},
    "accuracy": 0.75, "quadratic_kappa": 0.81, "mean_absolute_error": 0.3, "within_one": 0.97,
    "spearman": 0.8, "loss": 0.4, "units": 45, "rows": 45,
}  # fmt: skip
RANK_REPORT = {
    "labels": {}, "confusion": {"labels": [], "matrix": []}, "units": 40, "pairs": 40, "loss": 0.4,
    "pairwise_accuracy": 0.85, "kendall_tau": 0.7, "top_one": 0.85, "accuracy": 0.85, "rows": 40,
}  # fmt: skip


def version_of(project: Project, field: dict[str, Any], report: dict[str, Any]) -> ModelVersion:
    now, number = timezone.now(), project.runs.count() + 1
    snapshot, _new = Snapshot.objects.get_or_create(
        project=project, number=1,
        defaults={
            "schema_version": project.schema_versions.get(), "fields": [SPAN, LINKS, TONE, BEST],
            "sha256": "0" * 64, "counts": {f["name"]: {"train": 100, "dev": 10, "test": 45}
                                            for f in (LINKS, TONE, BEST)},
        },
    )  # fmt: skip
    run = Run.objects.create(
        project=project, number=number, field=field["name"], snapshot=snapshot, state="succeeded",
        queued_at=now, started_at=now, finished_at=now, attempt=1, progress=1, device="CPU, 2 threads",
        report={"dev": report, "test": report, "baseline": {**report, "name": "a rule", "split": "test"}},
    )  # fmt: skip
    for step in (10, 20):
        run.points.create(
            kind="step", step=step, values={"loss": 1 / step, "tokens_per_second": 900.0, "epoch": 0}
        )
    metric = "quadratic_kappa" if field is TONE else "pairwise_accuracy"
    run.points.create(kind="eval", step=20, values={"metric": metric, "value": 0.8, "report": report})
    model = Model.objects.create(
        project=project, field=field["name"], head=field["type"], name=f"{project.pk}-{field['name']}"
    )
    return ModelVersion.objects.create(
        model=model, number=1, run=run, snapshot=snapshot, stage="production", path="nowhere",
        metrics={"metric": metric, "dev": 0.8, "test": 0.8, "baseline": 0.5}, config_hash="0" * 64,
    )  # fmt: skip


@pytest.fixture
def project(db: None) -> Project:
    project = make_project(fields=[SPAN, LINKS, TONE, BEST], funds=0)
    grant(project.owner, Role.ADMIN)
    return project


def test_answers_of_every_kind_are_shown_as_what_they_are(visit: Visits, project: Project) -> None:
    asker = make_user()
    cases = [
        (LINKS, {**DIALOGUE, "beside": {"qa": SPANS}}, [{"from": 1, "to": 0, "label": "answers"}]),
        (TONE, DIALOGUE, -2), (BEST, {**DIALOGUE, "candidates": OFFERED}, ["b", "a"]),
    ]  # fmt: skip
    found = ["“It arrives tomorrow.”", "-2", "On Monday, and I am sorry."]
    for (field, payload, value), text in zip(cases, found, strict=True):
        stored = Prediction.objects.create(
            version=version_of(project, field, RANK_REPORT), requested_by=asker, payload=payload,
            value=value, confidence=0.8,
        )  # fmt: skip
        for width, scheme in ((1280, "light"), (390, "dark")):
            path = f"/feedback/{sign_link(stored, 'somebody')}/"
            page = visit(path, None, width=width, color_scheme=scheme)
            assert page.get_by_text(text).first.is_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("ol.ranked > li").all_inner_texts() == [
        "On Monday, and I am sorry.",
        "I do not know.",
    ]


@pytest.mark.parametrize(
    ("field", "report", "shown", "hidden"),
    [
        (TONE, SCALE_REPORT, ["quadratic kappa", "at most one step off", "Confusion"], []),
        (BEST, RANK_REPORT, ["pairs in the right order", "Kendall tau"], ["Confusion", "F1 per label"]),
    ],
)  # fmt: skip
def test_a_run_shows_the_figures_of_its_kind(
    visit: Visits, project: Project, field: Any, report: Any, shown: list[str], hidden: list[str]
) -> None:
    version = version_of(project, field, report)
    for width, scheme in ((1280, "light"), (390, "dark")):
        path = f"/training/runs/{version.run_id}/"
        page = visit(path, project.owner, width=width, color_scheme=scheme)
        page.locator(".js-plotly-plot").first.wait_for()
        assert all(page.get_by_text(text).first.is_visible() for text in shown)
        assert not any(page.get_by_text(text, exact=True).count() for text in hidden)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
