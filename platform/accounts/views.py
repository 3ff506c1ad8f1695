from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import ProfileForm, TokenForm
from accounts.http import SignedIn, keep_language
from accounts.models import ApiToken, Notification
from accounts.services import notifications as inbox
from accounts.services import tokens


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
@reauthentication_required(app="accounts")
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
    rows = list(Notification.objects.filter(user=request.user).order_by("-created_at")[:100])
    inbox.mark_all_read(user=request.user)
    return render(request, "accounts/notifications.html", {"notifications": rows})
