"""Projects, their items, who holds which of them, and what people have to know first."""

from tasks_app.models.assignments import Assignment, WorkerProgress
from tasks_app.models.designing import PutAway, SchemaDraft, TryOut
from tasks_app.models.erased import ErasedText
from tasks_app.models.importing import ImportJob
from tasks_app.models.items import Flag, Item
from tasks_app.models.projects import Project, SchemaVersion
from tasks_app.models.qualifications import (
    Qualification,
    QualificationAttempt,
    QualificationItem,
    WorkerQualification,
)

__all__ = [
    "Assignment",
    "ErasedText",
    "Flag",
    "ImportJob",
    "Item",
    "Project",
    "PutAway",
    "Qualification",
    "QualificationAttempt",
    "QualificationItem",
    "SchemaDraft",
    "SchemaVersion",
    "TryOut",
    "WorkerProgress",
    "WorkerQualification",
]
