"""The cleaning report as its page shows it."""

from typing import Any

from django.http import QueryDict

from tasks_app.models import Project
from training.analysis_filter import Filter
from training.models import AnalysisResult


def show(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> dict[str, Any]:
    return {"kinds": result.data["kinds"]}
