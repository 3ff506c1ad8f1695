from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedIn
from common.errors import DomainError
from privacy import access, limits
from privacy.forms import CertificateForm
from privacy.limits import address_of
from privacy.services import certificates
from privacy.views import answers


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    form = CertificateForm(request.POST or None, request.FILES or None)
    verdict = None
    if request.method == "POST" and form.is_valid():
        limits.take("certificate", address_of(request), limit=limits.CHECKS)
        try:
            verdict = certificates.verify_certificate(form.cleaned_data["text"])
        except DomainError as refused:
            form.add_error(None, refused.message)
    context = {"form": form, "verdict": verdict}
    return render(request, "privacy/verify_certificate.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def page(request: SignedIn, request_id: UUID) -> HttpResponse:
    found = access.certificate_of(access.request_for(request.user, request_id))
    context = {"document": found.document, "base": f"/privacy/requests/{request_id}/"}
    return render(request, "privacy/certificate.html", context)


@login_required
@require_GET
def file(request: SignedIn, request_id: UUID) -> HttpResponse:
    return answers.certificate_response(access.certificate_of(access.request_for(request.user, request_id)))
