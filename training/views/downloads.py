from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from accounts.models import User
from common import audit
from training import access, downloads
from training.models import ModelVersion


@login_required
@require_GET
def model_zip(request: SignedIn, name: str, number: int) -> StreamingHttpResponse:
    return download(access.version_for(request.user, name, number), request.user)


def download(version: ModelVersion, actor: User) -> StreamingHttpResponse:
    audit.record("model.downloaded", version, actor=actor.pk)
    name = f"{version.model.name}-v{version.number}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Encoding": "identity",  # weights do not pack; the gzip middleware would hold them back
    }
    return StreamingHttpResponse(downloads.zipped(version), content_type="application/zip", headers=headers)
