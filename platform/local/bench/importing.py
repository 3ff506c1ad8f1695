"""`python -m local.bench.importing FILE`: import it into a new project and print the figures as JSON."""

import json
import resource
import sys
import time
from pathlib import Path
from uuid import uuid4

import django

CHUNK = 1 << 20


def main(path: Path) -> None:
    django.setup()
    print(json.dumps(measure(path)))


def measure(path: Path) -> dict[str, float]:
    # Models can be loaded only after django.setup().
    from django.conf import settings  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from tasks_app.importing import job as work  # noqa: PLC0415
    from tasks_app.models import ImportJob  # noqa: PLC0415
    from tasks_app.services import imports, projects  # noqa: PLC0415

    owner = User.objects.create(email=f"{uuid4()}@example.org")
    field = {"name": "intent", "type": "choice", "scope": "dialogue", "labels": ["refund", "other"]}
    project = projects.create_project(owner=owner, title="Support chats", fields=[field])
    began = time.perf_counter()
    with path.open("rb") as stream:
        job = imports.start_import(
            project=project,
            actor=owner,
            chunks=iter(lambda: stream.read(CHUNK), b""),
            format="jsonl",
        )
    work.run(job.pk)
    seconds = time.perf_counter() - began
    job = ImportJob.objects.get(pk=job.pk)
    if job.state != ImportJob.State.SUCCEEDED:
        sys.exit(f"The import ended as {job.state}: {job.reason}")
    return {
        "seconds": round(seconds, 2),
        "items": job.imported,
        "findings": sum(job.findings.values()),
        "items_per_second": round(job.imported / seconds, 1),
        "peak_mb": round(_peak_mb(settings.IMPORT_PROCESSES), 1),
    }


def _peak_mb(helpers: int) -> float:
    """At most what the import and its helpers took together; of the helpers only the largest is known."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (own + helpers * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
