"""Under /api/v1/projects/<uuid:project_id>/customer-service/."""

from django.urls import path

from applications.customer_service import api

urlpatterns = [
    path("ask", api.AskApi.as_view()),
    path("conversations/<uuid:conversation_id>/end", api.EndApi.as_view()),
    path("pairs", api.PairsApi.as_view()),
    path("pairs/<uuid:pair_id>", api.PairApi.as_view()),
    path("unknown", api.UnknownApi.as_view()),
    path("unknown/<uuid:unknown_id>/answer", api.AnswerApi.as_view()),
]
