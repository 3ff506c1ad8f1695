"""The notice that everybody may read, and the page on which a person confirms it and decides on the rest."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import NotFound
from privacy import purposes
from privacy.models import NoticeVersion, Regime
from privacy.services import consents, notices

How = consents.How


@require_GET
def notice_page(request: HttpRequest) -> HttpResponse:
    """The notice in force, or an earlier version, in the reader's language; one tab for each law."""
    regime = request.GET.get("regime", "")
    text: notices.Text | NoticeVersion = notices.current_text(regime=regime)
    if "version" in request.GET:
        text = _earlier(request.GET["version"], text)
    context = {
        "notice": text,
        "tabs": _tabs(text.regime),
        "versions": NoticeVersion.objects.filter(regime=text.regime, language=text.language).order_by(
            "-number"
        ),
        "latest": notices.latest_number(),
    }
    return render(request, "privacy/notice.html", context)


def _tabs(current: str) -> list[dict[str, Any]]:
    base = reverse("privacy-notice")
    return [
        {"title": Regime(one).label, "href": f"{base}?regime={one}", "current": one == current}
        for one in notices.regimes()
    ]


def _earlier(number: str, now: notices.Text | NoticeVersion) -> NoticeVersion:
    rows = NoticeVersion.objects.filter(regime=now.regime, language=now.language)
    row = rows.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    if row is None:
        raise NotFound(_("There is no such version."))
    return row


@login_required
@require_http_methods(["GET", "POST"])
def notice_seen(request: SignedIn) -> HttpResponse:
    """Read the new version, confirm it, and go back to where one wanted to go."""
    target = _own_page(request, request.POST.get("next") or request.GET.get("next") or "/")
    number = request.POST.get("number", "")
    if request.method == "POST" and number.isdecimal() and len(number) < 9:
        consents.acknowledge_notice(user=request.user, number=int(number), how=How.PAGE)
        return redirect(target)
    text = notices.current_text(regime=consents.regime_of(request.user.pk))
    context = {"notice": text, "next": target}
    return render(request, "privacy/notice_seen.html", context)


@login_required
@require_POST
def consent(request: SignedIn) -> HttpResponse:
    """Give or take back one consent: the same button, the same effort."""
    purpose, given = request.POST.get("purpose", ""), request.POST.get("given") == "yes"
    if purpose not in purposes.OPTIONAL:
        raise NotFound(_("There is no such consent."))
    consents.record_consent(user=request.user, purpose=purpose, given=given, how=How.PAGE)
    messages.success(request, _("Recorded. You can change it at any time."))
    return redirect(_own_page(request, request.POST.get("next") or reverse("privacy-consents")))


@login_required
@require_GET
def consents_page(request: SignedIn) -> HttpResponse:
    """What I agreed to, when and how, and every word before it."""
    context = {"history": consents.history_of(request.user.pk)[:200]}
    return render(request, "privacy/consents.html", context)


def _own_page(request: HttpRequest, target: str) -> str:
    """Never leads to another host: the address comes from outside."""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if safe else "/"
