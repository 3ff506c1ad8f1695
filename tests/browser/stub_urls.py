"""Route names that the base template looks for, so that pages can be drawn without the applications."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path(f"{name}/", nothing, name=name)
    for name in (
        "home", "catalogue", "my-work", "earnings", "projects", "review", "training", "models", "health",
        "settings", "set_language", "privacy-notice",
    )
]  # fmt: skip
urlpatterns.append(path("accounts/", include("allauth.urls")))
