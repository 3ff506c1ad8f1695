from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from common.errors import NotFound
from training import access, snapshot_page
from training.models import Snapshot

SHOWN = 100


@login_required
@require_GET
def snapshots(request: SignedIn) -> HttpResponse:
    access.require_trainer_desk(request.user)
    rows = access.snapshots_for(request.user).order_by("-created_at")[:SHOWN]
    return render(request, "training/snapshots.html", {"snapshots": rows})


@login_required
@require_GET
def snapshot(request: SignedIn, snapshot_id: UUID) -> HttpResponse:
    """With `?item=` the answers and people behind that example, too."""
    found = access.snapshot_for(request.user, snapshot_id)
    context: dict[str, object] = {"snapshot": found, "page": snapshot_page.SnapshotPage(found)}
    asked = request.GET.get("item", "").strip()
    if asked:
        context |= {"asked": asked, "example": _example(found, asked)}
    return render(request, "training/snapshot.html", context)


def _example(found: Snapshot, asked: str) -> dict[str, object] | None:
    try:
        return snapshot_page.lineage_json(found, snapshot_page.entry_of(found, UUID(asked)))
    except (ValueError, NotFound):
        return None


@login_required
@require_GET
def card(request: SignedIn, snapshot_id: UUID) -> HttpResponse:
    found = access.snapshot_for(request.user, snapshot_id)
    name = f"snapshot-{found.number}.md"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(
        snapshot_page.card(found), content_type="text/markdown; charset=utf-8", headers=headers
    )
