import redis
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from accounts import roles
from accounts.http import SignedIn, keep_language
from accounts.models import Role
from config import health as health_checks
from config.design import sample


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each role's first page; a short introduction for the signed-out."""
    if not request.user.is_authenticated:
        return render(request, "home.html")
    mine = roles.site_roles(request.user)
    if Role.REQUESTER in mine or Role.REVIEWER in mine:
        return redirect("projects")
    return redirect("catalogue")


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process can do its work: database, Redis, migrations."""
    checks = {"database": _database(), "redis": _redis(), "migrations": _migrations()}
    ok = all(value == "ok" for value in checks.values())
    return JsonResponse({"ok": ok, **checks}, status=200 if ok else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return str(error).splitlines()[0]
    return "ok"


def _redis() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        return str(error)
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown"
    return "ok" if not pending else f"{len(pending)} not applied: run `python3 manage.py migrate`"


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for private networks only: a reverse proxy must not pass this path on."""
    if request.META.get("HTTP_X_FORWARDED_FOR"):
        raise Http404
    body = health_checks.prometheus_gauges() + generate_latest()
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


@login_required
@require_GET
def health(request: SignedIn) -> HttpResponse:
    roles.require_site_role(request.user, Role.ADMIN)
    template = "config/_health.html" if request.headers.get("HX-Request") else "config/health.html"
    return render(request, template, {"health": health_checks.overview()})


# Without a token, so that the switch on each page sets no cookie for those who only read. A form on another
# site comes without the session (SameSite=Lax), so the most that it can do is to change a browser's language.
@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the language for this browser and, when signed in, for the account."""
    target = request.POST.get("next") or request.META.get("HTTP_REFERER") or "/"
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(target)
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        response = HttpResponseRedirect(translate_url(target, language))
        keep_language(response, language)
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


@require_GET
def design(request: HttpRequest) -> HttpResponse:
    return render(request, "design.html", {"sample": sample()})
