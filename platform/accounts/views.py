from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import PreferencesForm, ProfileForm, TokenForm
from accounts.http import SignedIn, keep_language
from accounts.models import ApiToken, Notification, User
from accounts.services import notifications as inbox
from accounts.services import preferences, tokens, unsubscribing
from accounts.zones import is_zone


def _settings_context(request: SignedIn) -> dict[str, object]:
    live = ApiToken.objects.filter(user=request.user, revoked_at=None).order_by("-created_at")
    return {"form": ProfileForm(instance=request.user), "token_form": TokenForm(), "tokens": live}


@login_required
@require_http_methods(["GET", "POST"])
def settings_page(request: SignedIn) -> HttpResponse:
    context = _settings_context(request)
    if request.method == "POST":
        form = ProfileForm(request.POST, instance=request.user)
        if form.is_valid():
            form.save()
            messages.success(request, _("Saved."))
            response = redirect("settings")
            keep_language(response, request.user.language)
            return response
        context["form"] = form
    return render(request, "accounts/settings.html", context)


@login_required
@require_POST
@reauthentication_required(app="accounts")  # type: ignore[untyped-decorator]  # allauth has no types
def create_token(request: SignedIn) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        context = {**_settings_context(request), "token_form": form}
        return render(request, "accounts/settings.html", context, status=422)
    _token, text = tokens.create_token(
        user=request.user, name=form.cleaned_data["name"], scopes=[form.cleaned_data["scope"]]
    )
    return render(request, "accounts/settings.html", {**_settings_context(request), "new_token": text})


@login_required
@require_POST
def revoke_token(request: SignedIn, token_id: UUID) -> HttpResponse:
    tokens.revoke_token(user=request.user, token_id=token_id)
    messages.success(request, _("The token no longer works."))
    return redirect("settings")


@login_required
@require_GET
def notifications(request: SignedIn) -> HttpResponse:
    own = Notification.objects.filter(user=request.user, in_app=True)
    rows = list(own.order_by("-created_at")[:100])
    inbox.mark_all_read(user=request.user)
    return render(request, "accounts/notifications.html", {"notifications": rows})


@login_required
@require_http_methods(["GET", "POST"])
def notification_preferences(request: SignedIn) -> HttpResponse:
    form = PreferencesForm(preferences.wishes_of(request.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        preferences.save_wishes(user=request.user, wishes=form.wishes(), actor=request.user.pk)
        messages.success(request, _("Saved."))
        return redirect("notification-preferences")
    context = {
        "form": form,
        "may_mail": settings.MAIL_REACHES_PEOPLE,
        "address": EmailAddress.objects.filter(user=request.user, verified=True).exists(),
    }
    return render(request, "accounts/notification_preferences.html", context)


# Mail programs send the form of RFC 8058 without a cookie or a page of ours; the link itself says who may.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing, as scanners of mail open every link."""
    _user, topics = unsubscribing.read(token)
    if request.method == "POST":
        unsubscribing.unsubscribe(token=token)
    return render(request, "accounts/unsubscribe.html", {"topics": topics, "done": request.method == "POST"})


@login_required
@require_POST
def save_time_zone(request: SignedIn) -> HttpResponse:
    """What the browser says on the first visit; what was chosen before, here or elsewhere, stays."""
    name = request.POST.get("time_zone", "")
    if is_zone(name):
        User.objects.filter(pk=request.user.pk, time_zone="").update(time_zone=name)
    return HttpResponse(status=204)
