from django.urls import include, path

urlpatterns = [
    path("", include("tasks_app.api_urls")),
    path("", include("annotations.api_urls")),
    path("", include("training.api_urls")),
    path("", include("accounts.api_urls")),
    path("", include("rewards.api_urls")),
    path("", include("applications.api_urls")),
    path("", include("privacy.api_urls")),
]
