"""Asking the site's own models for personal data, a part of a batch at a time."""

from collections.abc import Callable, Sequence
from typing import cast

from privacy.pii.finding import Finding, Scope
from privacy.pii.proposals import Proposer
from privacy.services.proposers import current_proposers
from tasks_app.importing.preparing import Propose
from tasks_app.models import ImportJob

_AT_ONCE = 32  # items, between two signs of life


def proposals_for(job: ImportJob, *, beat: Callable[[], None]) -> Propose | None:
    """What asks the models that are there now, and None where there are none. The job says which."""
    models = current_proposers(job.project.owner_id)
    job.options = {**job.options, "asked": [model.name for model in models]}
    job.save(update_fields=["options"])
    scope = cast(Scope, job.project.privacy_scope)
    return (lambda items: _propose(models, items, scope, beat)) if models else None


def _propose(
    models: Sequence[Proposer], items: Sequence[Sequence[str]], scope: Scope, beat: Callable[[], None]
) -> list[list[list[Finding]]]:
    found: list[list[list[Finding]]] = []
    for begin in range(0, len(items), _AT_ONCE):
        part = items[begin : begin + _AT_ONCE]
        answers = [model.propose(part, scope) for model in models]
        found += [
            [[one for texts in of_models for one in texts[at]] for at in range(len(item))]
            for item, *of_models in zip(part, *answers, strict=True)
        ]
        beat()
    return found
