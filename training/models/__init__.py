"""Snapshots, runs, the registry of models, and what people said about their predictions."""

from training.models.active import ActiveLearning
from training.models.analysis import Analysis, AnalysisFinding, AnalysisResult, CleaningTask
from training.models.cases import FeedbackCase, FeedbackPolicy
from training.models.comparing import VersionComparison
from training.models.curves import LearningCurve
from training.models.erasures import FilesToClear, ModelErasure
from training.models.feedback import Feedback, Prediction
from training.models.registry import Model, ModelVersion
from training.models.retraining import DriftReading, DriftReference, RetrainFiring, RetrainRule
from training.models.runs import CrossFit, MetricPoint, Run
from training.models.search import Recipe, Search, Trial
from training.models.serving import Preannotation, Rollout, ServingRuntime, ShadowPrediction
from training.models.snapshots import Snapshot, SnapshotItem

__all__ = [
    "ActiveLearning",
    "Analysis",
    "AnalysisFinding",
    "AnalysisResult",
    "CleaningTask",
    "CrossFit",
    "DriftReading",
    "DriftReference",
    "Feedback",
    "FilesToClear",
    "LearningCurve",
    "FeedbackCase",
    "FeedbackPolicy",
    "MetricPoint",
    "Model",
    "ModelErasure",
    "ModelVersion",
    "Preannotation",
    "Prediction",
    "Recipe",
    "Rollout",
    "RetrainFiring",
    "RetrainRule",
    "Run",
    "Search",
    "ServingRuntime",
    "ShadowPrediction",
    "Snapshot",
    "SnapshotItem",
    "Trial",
    "VersionComparison",
]
