from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from accounts.models import User
from common import audit
from training import access, downloads
from training.models import ModelVersion
from training.services.hub import push_version
from training.services.registry import refuse_quarantined


@login_required
@require_GET
def model_zip(request: SignedIn, name: str, number: int) -> StreamingHttpResponse:
    return download(access.version_for(request.user, name, number), request.user)


@login_required
@require_POST
def push(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    push_version(version=version, repo=request.POST.get("repo", "").strip(), actor=request.user)
    messages.success(request, _("Version %d is on its way to the hub.") % number)
    return redirect("model", name)


def download(version: ModelVersion, actor: User) -> StreamingHttpResponse:
    refuse_quarantined(version)
    audit.record("model.downloaded", version, actor=actor.pk)
    name = f"{version.model.name}-v{version.number}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Encoding": "identity",  # weights do not pack; the gzip middleware would hold them back
    }
    return StreamingHttpResponse(downloads.zipped(version), content_type="application/zip", headers=headers)
