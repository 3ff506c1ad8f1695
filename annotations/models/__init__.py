"""What people said about items, what the crowd holds for true, and how people were treated."""

from annotations.models.answers import COUNTED, Answer, WorkerDay
from annotations.models.consensus import Appeal, Consensus, Review
from annotations.models.fits import FieldFit, ModelJudgment, OverlapStudy, WorkerSkill
from annotations.models.oversight import AnomalySignal, Measure, ProjectRecord, SecondReview
from annotations.models.suggestions import Suggestion

__all__ = [
    "COUNTED",
    "AnomalySignal",
    "Answer",
    "Appeal",
    "Consensus",
    "FieldFit",
    "Measure",
    "ModelJudgment",
    "OverlapStudy",
    "ProjectRecord",
    "Review",
    "SecondReview",
    "Suggestion",
    "WorkerDay",
    "WorkerSkill",
]
