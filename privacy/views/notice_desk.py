"""Where administrators edit notices, look at them as they will be, publish a version and compare two."""

import difflib

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError, NotFound
from privacy import notice_facts
from privacy.desk_access import require_privacy_desk
from privacy.models import NoticeVersion, Regime
from privacy.services import notices

_SIGNS = {"+ ": "added", "- ": "removed", "  ": ""}


class DraftForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Text (Markdown)"), widget=forms.Textarea(attrs={"rows": 24}), max_length=100_000
    )


@login_required
@require_GET
def notice_desk(request: SignedIn) -> HttpResponse:
    require_privacy_desk(request.user)
    latest = notices.latest_number()
    rows = [
        {
            "regime": regime, "label": Regime(regime).label, "language": language,
            "changed": _changed(regime, language, latest),
        }
        for regime in notices.regimes()
        for language in notices.languages()
    ]  # fmt: skip
    context = {
        "rows": rows,
        "latest": latest,
        "missing": notice_facts.missing(),
        "versions": NoticeVersion.objects.order_by("-number", "regime", "language")[:60],
    }
    return render(request, "privacy/notice_desk.html", context)


def _changed(regime: str, language: str, latest: int) -> bool:
    row = NoticeVersion.objects.filter(number=latest, regime=regime, language=language).first()
    return row is None or row.text != notice_facts.fill(notices.draft_of(regime, language), language)


@login_required
@require_http_methods(["GET", "POST"])
def notice_edit(request: SignedIn, regime: str, language: str) -> HttpResponse:
    """A POST with `show` only looks at it; with `keep` it is kept for the next version."""
    require_privacy_desk(request.user)
    body = notices.draft_of(regime, language)
    form = DraftForm(request.POST or None, initial={"body": body})
    preview = ""
    if request.method == "POST" and form.is_valid():
        body = form.cleaned_data["body"]
        try:
            preview = notice_facts.fill(body, language)
            if "keep" in request.POST:
                notices.save_draft(regime=regime, language=language, body=body, actor=request.user.pk)
                messages.success(request, _("Kept for the next version. Nobody sees it before you publish."))
                return redirect("notice-desk")
        except DomainError as refused:
            form.add_error("body", refused.message)
    elif request.method == "GET":
        preview = notice_facts.fill(body, language)
    context = {
        "form": form, "preview": preview, "regime": Regime(regime).label, "language": language,
        "variables": list(notice_facts.VARIABLES),
    }  # fmt: skip
    return render(request, "privacy/notice_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def notice_publish(request: SignedIn) -> HttpResponse:
    require_privacy_desk(request.user)
    after = request.POST.get("after", "")
    try:
        number = notices.publish_notices(
            actor=request.user.pk, after=int(after) if after.isdecimal() and len(after) < 9 else None
        )
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(
            request, _("Version %(n)s is published. Everybody is asked to read it.") % {"n": number}
        )
    return redirect("notice-desk")


@login_required
@require_GET
def notice_compare(request: SignedIn, regime: str, language: str) -> HttpResponse:
    """What one version says otherwise than another: `?from=1&to=2`; without `to`, the draft."""
    require_privacy_desk(request.user)
    old = _text_of(request.GET.get("from", ""), regime, language)
    new = _text_of(request.GET.get("to", ""), regime, language)
    lines = [
        {"kind": _SIGNS[line[:2]], "text": line[2:]}
        for line in difflib.ndiff(old.splitlines(), new.splitlines())
        if line[:2] in _SIGNS
    ]
    numbers = NoticeVersion.objects.filter(regime=regime, language=language).order_by("number")
    context = {
        "lines": lines, "regime": regime, "language": language, "label": Regime(regime).label,
        "numbers": list(numbers.values_list("number", flat=True)),
        "old": request.GET.get("from", ""), "new": request.GET.get("to", ""),
        "same": old == new,
    }  # fmt: skip
    return render(request, "privacy/notice_compare.html", context)


def _text_of(number: str, regime: str, language: str) -> str:
    if not number:
        return notice_facts.fill(notices.draft_of(regime, language), language)
    rows = NoticeVersion.objects.filter(regime=regime, language=language)
    row = rows.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    if row is None:
        raise NotFound(_("There is no such version."))
    return row.text
