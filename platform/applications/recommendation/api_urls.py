"""Under /api/v1/projects/<uuid:project_id>/recommendation/."""

from django.urls import path

from applications.recommendation import api

urlpatterns = [
    path("items", api.ItemsApi.as_view()),
    path("interactions", api.InteractionsApi.as_view()),
    path("recommend", api.RecommendApi.as_view()),
    path("dismissals", api.DismissalsApi.as_view()),
    path("figures", api.FiguresApi.as_view()),
    path("mixture", api.MixtureApi.as_view()),
    path("tasks", api.TasksApi.as_view()),
]
