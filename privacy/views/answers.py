"""What a request leads to, whoever may have it: the zip and the certificate."""

import json

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from common import audit
from privacy import access, packaging
from privacy.models import AccessPackage, Certificate, SubjectRequest


def package_response(row: SubjectRequest) -> StreamingHttpResponse:
    package = access.package_of(row)
    AccessPackage.objects.filter(pk=package.pk, downloaded_at=None).update(downloaded_at=timezone.now())
    audit.record("package.downloaded", row, actor=row.account)
    headers = {
        "Content-Disposition": f'attachment; filename="my-data-{row.closed_at:%Y-%m-%d}.zip"',
        "Content-Encoding": "identity",  # packed already; the gzip middleware would hold it back
        "Content-Length": str(package.size),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(
        packaging.pieces_of(package), content_type="application/zip", headers=headers
    )


def certificate_response(certificate: Certificate) -> HttpResponse:
    text = json.dumps(certificate.document, ensure_ascii=False, indent=2) + "\n"
    name = f"certificate-{certificate.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="application/json", headers=headers)
