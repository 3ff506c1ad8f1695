"""A library that can recommend something."""

from accounts.models import User
from applications.recommendation.mixing.reading import Line
from applications.recommendation.services.catalogue import push_items
from applications.recommendation.services.interactions import push_interactions
from tasks_app.models import Project
from tasks_app.services import projects


def library(owner: User) -> Project:
    """A catalogue and somebody who used some of it; no model yet."""
    project = projects.create_project(owner=owner, template="recommendation")
    rows = [
        {"id": f"b-{n}", "title": f"Book {n} 书", "text": "About bread.", "published_at": "2026-01-01"}
        for n in range(4)
    ]
    push_items(project=project, lines=[Line(n, row) for n, row in enumerate(rows, 1)], actor=owner)
    used = {"person": "r-1", "item": "b-1", "kind": "used", "at": "2026-02-01"}
    push_interactions(project=project, lines=[Line(1, used)], actor=owner)
    return project
