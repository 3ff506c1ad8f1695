"""For people without an account: asking, showing who they are, getting the answer, all by mailed links."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from privacy import access, limits, links, presenting
from privacy.forms import PersonForm
from privacy.limits import address_of
from privacy.services import requests
from privacy.views import answers
from privacy.views.own import request_context


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The answer is the same for an address that is known here and for one that is not."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.take("request", address_of(request), limit=limits.REQUESTS)
        requests.open_for_address(
            address=form.cleaned_data["email"],
            kind=form.cleaned_data["kind"],
            regime=form.cleaned_data["regime"],
            values=form.values(),
            correction=form.correction(),
        )
        return redirect("privacy-sent")
    return render(request, "privacy/new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/sent.html")


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """A click is asked for: programs that look at mail open links as well."""
    row = links.read(token, links.VERIFY)
    if request.method == "POST":
        requests.verify_by_link(request=row)
        return redirect("privacy-link", links.token_of(row, links.SEE))
    return render(request, "privacy/verify.html", {"one": presenting.shown(row), "row": row})


@require_GET
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    row = links.read(token, links.SEE)
    template = "privacy/_request.html" if _is_htmx(request) else "privacy/request.html"
    return render(request, template, request_context(row, f"/privacy/r/{token}/") | {"crumbs": None})


@require_GET
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    return answers.package_response(links.read(token, links.SEE))


@require_GET
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    found = access.certificate_of(links.read(token, links.SEE))
    context = {"document": found.document, "base": f"/privacy/r/{token}/"}
    return render(request, "privacy/certificate.html", context)


@require_GET
def certificate_file(request: HttpRequest, token: str) -> HttpResponse:
    return answers.certificate_response(access.certificate_of(links.read(token, links.SEE)))


@require_GET
def global_privacy_control(request: HttpRequest) -> JsonResponse:
    """What a site that heeds the signal says of itself (globalprivacycontrol.github.io, §4)."""
    return JsonResponse({"gpc": True, "lastUpdate": "2026-11-28"})


def _is_htmx(request: Any) -> bool:
    return bool(request.htmx)
