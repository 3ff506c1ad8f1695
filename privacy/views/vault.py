from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role
from privacy import vault_log

PAGE = 50


@login_required
@require_GET
@never_cache
def accesses(request: SignedIn) -> HttpResponse:
    """Who looked at originals anywhere on this site."""
    roles.require_site_role(request.user, Role.ADMIN)
    page = Paginator(vault_log.accesses(), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "looks": vault_log.looks(list(page.object_list)), "current": "privacy"}
    return render(request, "privacy/vault_log.html", context)
