"""A version's folder on a model hub, where a token is set. Nothing here is called unless a person asks."""

import importlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from training.downloads import SUFFIXES
from training.models import ModelVersion

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"


def push(version_id: UUID) -> None:
    """Upload a version that waits for it. A second delivery finds nothing to claim."""
    version = ModelVersion.objects.select_related("model").get(pk=version_id)
    asked = dict(version.hub)
    # One that was put into quarantine since it was asked for does not leave the site.
    waiting = ModelVersion.objects.filter(pk=version_id, hub__state=QUEUED, quarantined_at=None)
    if not waiting.update(hub={**asked, "state": RUNNING, "at": timezone.now().isoformat()}):
        return
    try:
        outcome: dict[str, Any] = {"state": DONE, "url": _upload(version, asked["repo"]), "reason": ""}
    except Exception as error:  # whatever the hub or the way to it says is for the person to read
        outcome = {"state": FAILED, "reason": f"{type(error).__name__}: {error}"[:500]}
    ended = {**asked, **outcome, "at": timezone.now().isoformat()}
    ModelVersion.objects.filter(pk=version_id).update(hub=ended)


def _upload(version: ModelVersion, repo: str) -> str:
    """The address of the repository. It is made private; opening it is for its owner."""
    api = importlib.import_module("huggingface_hub").HfApi(token=settings.HUB_TOKEN)
    made = api.create_repo(repo, private=True, exist_ok=True)
    api.upload_folder(
        repo_id=repo,
        folder_path=str(version.folder),
        allow_patterns=[f"*{suffix}" for suffix in sorted(SUFFIXES)],
        commit_message=f"{version.model.name} version {version.number}",
    )
    return str(made)
