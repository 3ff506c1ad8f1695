"""What an application stands on: which version of which model answers, and the data that it learned from."""

from dataclasses import dataclass

from applications.asking import in_production
from applications.kinds import Kind
from tasks_app.models import Project
from training.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """version: None while nothing answers. needed: whether the page is empty without it."""

    field: str
    needed: bool
    version: ModelVersion | None

    @property
    def examples(self) -> int:
        """Items that the version was trained on."""
        return int(self.version.snapshot.counts.get(self.field, {}).get("train", 0)) if self.version else 0


def standing_of(project: Project, kind: Kind) -> list[Standing]:
    return [
        Standing(name, name in kind.fields, in_production(project, name))
        for name in (*kind.fields, *kind.optional)
    ]
