"""The help pages, and putting the first steps away. Help is for everybody, signed in or not."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from accounts.models import Role
from config import help as topics
from config import onboarding


@require_GET
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "config/help.html", {"topics": topics.topics()})


@require_GET
def help_topic(request: HttpRequest, name: str) -> HttpResponse:
    found = topics.topic(name)
    if found is None:
        raise Http404
    context = {"topics": topics.topics(), "topic": found, "longer": topics.LONGER.get(name)}
    return render(request, "config/help.html", context)


@require_GET
def help_document(request: HttpRequest, name: str) -> HttpResponse:
    if name not in topics.LONGER.values() or (found := topics.document(name)) is None:
        raise Http404
    return render(request, "config/help.html", {"topics": topics.topics(), "topic": found, "english": True})


@login_required
@require_POST
def first_steps_away(request: SignedIn, role: str) -> HttpResponse:
    if role not in Role.values:
        raise Http404
    onboarding.put_away(request.user, role)
    back = request.META.get("HTTP_REFERER") or "/"
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if safe else "/")
