from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.confirming import ConfirmAddress
from config import help_views, views

# Its own form would ask for a password only, and not for a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
handler404 = "common.web.page_not_found"
handler500 = "common.web.server_error"
urlpatterns = [
    # Looked through from the top: what is asked for most stands first, here and in the lists below.
    path("api/v1/", include("config.api_urls")),
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("health/", views.health, name="health"),
    path("help/", help_views.help_index, name="help"),
    path("help/docs/<slug:name>/", help_views.help_document, name="help-document"),
    path("help/<slug:name>/", help_views.help_topic, name="help-topic"),
    path("first-steps/<slug:role>/away/", help_views.first_steps_away, name="first-steps-away"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("settings/", include("accounts.urls")),
    path("accounts/confirm-email/<str:key>/", ConfirmAddress.as_view(), name="account_confirm_email"),
    path("accounts/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # The split view keeps its script in a file of its own, as the Content-Security-Policy wants it.
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("", include("tasks_app.urls")),
    path("", include("rewards.urls")),
    path("", include("annotations.urls")),
    path("", include("training.urls")),
    path("", include("applications.urls")),
    path("", include("privacy.urls")),
    path("django-admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("design/", views.design, name="design"))
